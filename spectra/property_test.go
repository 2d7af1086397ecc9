package spectra

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pastur/replicate"
)

// check verifies the invariants of a law that hold for any population, and
// returns what is broken.
func check(p Population, gamma float64) error {
	l, err := Solve(p, gamma)
	if err != nil {
		return err
	}
	nonzero := 1 - p.MassAtZero()
	if want := max(0, 1-nonzero/gamma); math.Abs(l.AtomAtZero()-want) > 1e-12 {
		return fmt.Errorf("atom %v, want %v", l.AtomAtZero(), want)
	}
	support, err := l.Support()
	if err != nil {
		return err
	}
	t1, t2, t3 := p.Moment(1), p.Moment(2), p.Moment(3)
	moments := []float64{1, t1, gamma*t2 + t1*t1, gamma*gamma*t3 + 3*gamma*t1*t2 + t1*t1*t1}
	// Sizes of the terms, for what signed moments cancel.
	edge := 0.0
	for _, s := range support {
		edge = max(edge, math.Abs(s.Lo), math.Abs(s.Hi))
	}
	for k, want := range moments {
		m, err := l.Moment(k)
		if err != nil {
			return err
		}
		if math.Abs(m-want) > 1e-12*power(edge, k) {
			return fmt.Errorf("moment %d from cumulants %v, want %v", k, m, want)
		}
		got, err := l.Expect(func(x float64) float64 { return power(x, k) })
		if err != nil {
			return err
		}
		if math.Abs(got-want) > 1e-10*power(edge, k) {
			return fmt.Errorf("moment %d of the density %v, want %v", k, got, want)
		}
	}
	// The equation itself, written in s and not in u, with the sum over atoms; at
	// points of the half-plane, and on the real line inside the support.
	a, ok := p.(*atoms)
	if !ok {
		return fmt.Errorf("want atoms")
	}
	residual := func(z, s complex128) float64 {
		sum, size := -z, abs(z)
		for i, tau := range a.tau {
			term := complex(a.weight[i]*tau, 0) / (1 + complex(gamma*tau, 0)*s)
			sum += term
			size += abs(term)
		}
		return abs(s*sum-1) / (1 + abs(s)*size)
	}
	companion, err := l.Companion()
	if err != nil {
		return err
	}
	scaled := make([]float64, len(a.tau))
	for i := range scaled {
		scaled[i] = -3 * a.tau[i]
	}
	values, weights := append([]float64{}, scaled...), append([]float64{}, a.weight...)
	if a.zero > 0 {
		values, weights = append(values, 0), append(weights, a.zero)
	}
	q, err := Atoms(values, weights)
	if err != nil {
		return err
	}
	other, err := Solve(q, gamma)
	if err != nil {
		return err
	}
	for i := range 8 {
		z := complex(edge*(float64(i)/3.5-1), edge*math.Pow(10, -float64(i)))
		s, err := l.Stieltjes(z)
		if err != nil {
			return err
		}
		if !(imag(s) > 0) {
			return fmt.Errorf("s(%v) = %v is not in the upper half-plane", z, s)
		}
		if r := residual(z, s); r > 1e-12 {
			return fmt.Errorf("residual %.3g at z = %v", r, z)
		}
		sc, err := companion.Stieltjes(z)
		if err != nil {
			return err
		}
		if d := sc - (complex(gamma, 0)*s - complex(1-gamma, 0)/z); abs(d) > 1e-13*abs(sc) {
			return fmt.Errorf("companion identity off by %.3g at z = %v", abs(d), z)
		}
		// The law of -3 Lambda is that of -3 H: s(z) = -conj(s(-3 conj z))... at -3 z
		// reflected into the upper half-plane.
		r, err := other.Stieltjes(complex(-3*real(z), 3*imag(z)))
		if err != nil {
			return err
		}
		if d := complex(-real(r), imag(r))*3 - s; abs(d) > 1e-10*abs(s) {
			return fmt.Errorf("scaling identity off by %.3g at z = %v", abs(d), z)
		}
	}
	last := 0.0
	for _, s := range support {
		for i := range 9 {
			x := s.Lo + (s.Hi-s.Lo)*(float64(i)+0.5)/9
			b, err := l.Boundary(x)
			if err != nil {
				return err
			}
			f, err := l.Density(x)
			if err != nil {
				return err
			}
			if !(f >= 0) || math.Abs(f-imag(b)/math.Pi) > 1e-10*(f+1e-300) {
				return fmt.Errorf("density %v at %v, boundary value %v", f, x, b)
			}
			if r := residual(complex(x, 0), b); r > 1e-12 {
				return fmt.Errorf("residual %.3g at x = %v", r, x)
			}
			cdf, err := l.CDF(x)
			if err != nil {
				return err
			}
			if cdf < last-1e-12 {
				return fmt.Errorf("F decreases to %v at %v", cdf, x)
			}
			last = cdf
		}
	}
	return nil
}

// randomPopulation draws 1 to 6 atoms of either sign over several decades, at times
// one at 0 and at times a far one of tiny weight.
func randomPopulation(s *replicate.Stream) (values, weights []float64) {
	n := 1 + int(6*s.Float64())
	sum := 0.0
	for range n {
		v := math.Pow(10, 2*s.Float64()-1)
		if s.Float64() < 0.4 {
			v = -v
		}
		if s.Float64() < 0.15 {
			v = 0
		}
		w := s.Float64() + 0.01
		if s.Float64() < 0.1 {
			v, w = 50*v, 1e-6
		}
		values, weights = append(values, v), append(weights, w)
		sum += w
	}
	for i := range weights {
		weights[i] /= sum
	}
	return values, weights
}

func TestRandomPopulations(t *testing.T) {
	s := replicate.NewStream(1, "random populations", 0)
	failures := 0
	for trial := range 400 {
		values, weights := randomPopulation(s)
		gamma := math.Pow(10, 6*s.Float64()-3)
		if trial%10 == 0 {
			gamma = 1
		}
		p, err := Atoms(values, weights)
		if err != nil {
			t.Fatal(err)
		}
		if lo, hi := p.Range(); lo == 0 && hi == 0 {
			continue
		}
		if err := check(p, gamma); err != nil {
			t.Errorf("trial %d: values %v, weights %v, gamma %v: %v", trial, values, weights, gamma, err)
			if failures++; failures > 5 {
				t.FailNow()
			}
		}
	}
}

// A wrong law breaks the invariants: the checks can fail.
func TestCheckCanFail(t *testing.T) {
	p := mustAtoms(t, 1, .5, 8, .5)
	a := p.(*atoms)
	a.weight[1] = 0.49 // mass lost
	if err := check(p, 0.7); err == nil {
		t.Error("a population of mass 0.99 passes")
	}
}

func FuzzSolve(f *testing.F) {
	f.Add(1.0, 0.5, 8.0, 0.0, 2.0)
	f.Add(-1.0, 0.5, 1.0, 0.2, 0.8)
	f.Add(1.0, 0.999, 100.0, 0.0, 1.0)
	f.Add(3.0, 0.5, 3.0, 0.5, 0.5)
	f.Fuzz(func(t *testing.T, v1, w1, v2, zero, gamma float64) {
		p, err := Atoms([]float64{v1, v2, 0}, []float64{w1 * (1 - zero), (1 - w1) * (1 - zero), zero})
		if err != nil {
			return
		}
		ratio := math.Abs(v1 / v2)
		if v1 == 0 || v2 == 0 || !(ratio > 1e-4 && ratio < 1e4) || !(math.Abs(v1) > 1e-6 && math.Abs(v1) < 1e6) || w1 < 1e-6 || w1 > 1-1e-6 || gamma < 1e-3 || gamma > 1e3 {
			return // the range that is claimed
		}
		if err := check(p, gamma); err != nil {
			t.Error(err)
		}
	})
}

// The mean of a sample has the mean of the law: six standard errors.
func TestSample(t *testing.T) {
	l := mustSolve(t, mustAtoms(t, -1, .3, 2, .7), 1.5)
	s := replicate.NewStream(3, "sample", 0)
	const n = 20000
	var sum float64
	zeros := 0
	for range n {
		x := l.Sample(s)
		sum += x
		if x == 0 {
			zeros++
		}
	}
	m1, _ := l.Moment(1)
	m2, _ := l.Moment(2)
	near(t, "mean of a sample", sum/n, m1, 6*math.Sqrt((m2-m1*m1)/n))
	atom := l.AtomAtZero()
	near(t, "zeros of a sample", float64(zeros)/n, atom, 6*math.Sqrt(atom*(1-atom)/n))
}

func TestBadInput(t *testing.T) {
	one := mustAtoms(t, 1, 1)
	for want, err := range map[string]error{
		"atoms are empty":         second(Atoms(nil, nil)),
		"one weight a value":      second(Atoms([]float64{1, 2}, []float64{1})),
		"sum to 1 within":         second(Atoms([]float64{1, 2}, []float64{.5, .6})),
		"weight 2 of the atoms":   second(Atoms([]float64{1, 2}, []float64{1, 0})),
		"value 1 of the atoms":    second(Atoms([]float64{math.NaN()}, []float64{1})),
		"sample is empty":         second(Empirical(nil)),
		"gamma must be positive":  second(Solve(one, 0)),
		"gamma must be positive,": second(Solve(one, math.NaN())),
		"from 1e-9 to 1e9":        second(Solve(one, 1e10)),
		"must be positive, got -": second(Covariance(one, -1)),
		"population is missing":   second(Solve(nil, 1)),
		"above the real axis":     second(mustSolve(t, one, 1).Stieltjes(1)),
		"x must be finite":        second(mustSolve(t, one, 1).Density(math.Inf(1))),
		"no finite boundary":      second(mustSolve(t, one, 2).Boundary(0)),
		"from 0 to 1":             second(mustSolve(t, one, 2).Quantile(1.5)),
		"order of a moment":       second(mustSolve(t, one, 2).Moment(-1)),
		"is +Inf at x = 0":        second(mustSolve(t, one, 2).Expect(func(x float64) float64 { return 1 / x })),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
}

// T^{1/2} asks for T >= 0, which includes zeros; Z^T T Z does not.
func TestCovarianceNeedsAPositivePopulation(t *testing.T) {
	signed := mustAtoms(t, -1, .25, 3, .75)
	off, err := SoftmaxOffDiagonal(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for want, err := range map[string]error{
		"population is missing": second(Covariance(nil, 1)),
		"below 0, where T^{1/2} is not real, got -1: want convention hessian, of any sign, at gamma = n/p = 4": second(Covariance(signed, .25)),
		"got -0.25": second(Covariance(off, 1)),
		"":          errors.Join(second(Covariance(mustAtoms(t, 0, .5, 3, .5), .25)), second(Solve(signed, 4))),
	} {
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
