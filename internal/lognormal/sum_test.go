package lognormal

import (
	"fmt"
	"math"
	"testing"

	"pastur/theorem"
)

func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.17g, want %.17g, differ by %.3g > %.3g", what, got, want, got-want, tolerance)
	}
}

var kappas = []float64{0.05, 1.0 / 3, 1, 2}

// Moments E S = n e^{kappa/2}, E S^-1 against one Laplace integral, and E of
// sum e^{2z}.
func TestSumMoments(t *testing.T) {
	for _, kappa := range kappas {
		terms := []int{1, 2, 3, 9, 99, 1000, 100_000}
		if kappa > 1 { // dear: a fifth of a second each
			terms = []int{2, 99, 100_000}
		}
		for _, n := range terms {
			s, err := NewSum(n, kappa)
			if err != nil {
				t.Fatal(err)
			}
			var mass, mean, square float64
			for j, y := range s.Y {
				mass += s.Weight[j]
				mean += s.Weight[j] * math.Exp(y)
				square += s.Square[j] * math.Exp(2*y)
			}
			name := fmt.Sprintf("n = %d, kappa = %v: ", n, kappa)
			// log L_0^n is known to a relative sqrt(n) roundings; powers of S are
			// unbounded, and the last 1e-16 of the upper tail is not kept.
			near(t, name+"mass", mass, 1, 2e-12)
			near(t, name+"E S", mean/(float64(n)*math.Exp(kappa/2)), 1, 1e-11)
			near(t, name+"E sum e^2z", square/(float64(n)*math.Exp(2*kappa)), 1, 1e-7)
		}
	}
}

// Moments of p_1, and of (p_1, p_2), against theorem.SoftmaxMoments, which never inverts a
// Laplace transform.
func TestSoftmaxMoments(t *testing.T) {
	for _, kappa := range kappas {
		all := []int{2, 3, 4, 10, 100, 1000, 100_000}
		if kappa >= 1 {
			all = []int{3, 10, 100_000}
		}
		for _, classes := range all {
			m, err := theorem.NewSoftmaxMoments(classes, kappa)
			if err != nil {
				t.Fatal(err)
			}
			c := float64(classes)
			moment := func(a ...int) float64 {
				if len(a) > classes {
					return 0
				}
				x, err := m.Moment(a...)
				if err != nil {
					t.Fatal(err)
				}
				return x
			}
			one, err := NewOne(classes, kappa)
			if err != nil {
				t.Fatal(err)
			}
			two, err := NewTwo(classes, kappa)
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("C = %d, kappa = %v: ", classes, kappa)
			check := func(what string, got complex128, err error, want float64) {
				t.Helper()
				if err != nil {
					t.Fatal(name, what, err)
				}
				near(t, name+what, real(got)/want, 1, 5e-12)
			}
			got, err := one.mean(func(p, q float64) complex128 { return complex(p*q, 0) })
			check("E p q", got, err, moment(1)-moment(2))
			got, err = one.mean(func(p, q float64) complex128 { return complex(p*p*p, 0) })
			check("E p^3", got, err, moment(3))
			got, err = one.meanSquares(func(p, q float64) complex128 { return complex(p*p, 0) })
			check("E p^2 sum", got, err, (c-1)*moment(2, 2))
			got, err = two.mean(func(p1, p2 float64) complex128 { return complex(p1*p2*p2, 0) })
			check("E p1 p2^2", got, err, moment(1, 2))
			got, err = two.mean(func(p1, p2 float64) complex128 { return complex(p1*p2, 0) })
			check("E p1 p2", got, err, moment(1, 1))
			got, err = two.meanSquares(func(p1, p2 float64) complex128 { return complex(p1*p2, 0) })
			if classes == 2 {
				if err != nil || got != 0 {
					t.Error("two classes have no third", got, err)
				}
				continue
			}
			check("E p1 p2 sum", got, err, (c-2)*moment(1, 1, 2))
		}
	}
}

// Resolvent-like functions, with a pole close to the real axis, against plain
// quadrature over all three logits.
func TestThreeClassesDirectly(t *testing.T) {
	const kappa, h = 1.0, 0.2
	for _, pole := range []complex128{complex(0.3, 2), complex(-5, 0.5)} {
		kernel := func(tau float64) complex128 { return complex(tau, 0) / (1 + 0.5*pole*complex(tau, 0)) }
		var want [4]complex128
		const n = 45
		var density [2*n + 1]float64
		for i := range density {
			z := float64(i-n) * h
			density[i] = h * math.Exp(-z*z/(2*kappa)) / math.Sqrt(2*math.Pi*kappa)
		}
		for i := range density {
			for j := range density {
				for k := range density {
					weight := complex(density[i]*density[j]*density[k], 0)
					e1, e2, e3 := math.Exp(float64(i-n)*h), math.Exp(float64(j-n)*h), math.Exp(float64(k-n)*h)
					s := e1 + e2 + e3
					p1, p2, p3 := e1/s, e2/s, e3/s
					diagonal, off := kernel(p1*(p2+p3)), kernel(-p1*p2)
					want[0] += weight * diagonal
					want[1] += weight * diagonal * complex(p2*p2+p3*p3, 0)
					want[2] += weight * off
					want[3] += weight * off * complex(p3*p3, 0)
				}
			}
		}
		one, err := NewOne(3, kappa)
		if err != nil {
			t.Fatal(err)
		}
		two, err := NewTwo(3, kappa)
		if err != nil {
			t.Fatal(err)
		}
		diagonal := func(p, q float64) complex128 { return kernel(p * q) }
		off := func(p1, p2 float64) complex128 { return kernel(-p1 * p2) }
		for i, mean := range []func() (complex128, error){
			func() (complex128, error) { return one.mean(diagonal) },
			func() (complex128, error) { return one.meanSquares(diagonal) },
			func() (complex128, error) { return two.mean(off) },
			func() (complex128, error) { return two.meanSquares(off) },
		} {
			got, err := mean()
			if err != nil {
				t.Fatal(err)
			}
			near(t, fmt.Sprintf("mean %d, real part", i), real(got), real(want[i]), 1e-12)
			near(t, fmt.Sprintf("mean %d, imaginary part", i), imag(got), imag(want[i]), 1e-12)
		}
	}
}

// Halving every step changes nothing; leaving out a class does.
func TestRefinement(t *testing.T) {
	for _, kappa := range []float64{1.0 / 3, 1} {
		laplaceMean := func(s *Sum) (sum float64) {
			for j, y := range s.Y {
				sum += s.Weight[j] / (1 + math.Exp(y))
			}
			return sum
		}
		coarse, err := newSum(9, kappa, 1)
		if err != nil {
			t.Fatal(err)
		}
		fine, err := newSum(9, kappa, 2)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "E 1/(1+S)", laplaceMean(coarse), laplaceMean(fine), 1e-14)
		planted, err := newSum(8, kappa, 1)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(laplaceMean(planted)/laplaceMean(fine)-1) < 0.05 {
			t.Error("eight terms look like nine")
		}
	}
}

func TestBadInput(t *testing.T) {
	for _, c := range []struct {
		classes int
		kappa   float64
	}{{1, 1}, {MaxClasses + 1, 1}, {3, 0}, {3, -1}, {3, math.NaN()}, {3, math.Inf(1)}, {2, 0}} {
		if _, err := NewOne(c.classes, c.kappa); err == nil {
			t.Errorf("NewOne(%d, %v): no error", c.classes, c.kappa)
		}
		if _, err := NewTwo(c.classes, c.kappa); err == nil {
			t.Errorf("NewTwo(%d, %v): no error", c.classes, c.kappa)
		}
	}
}

func BenchmarkNewOne(b *testing.B) {
	for _, classes := range []int{3, 10, 1000} {
		b.Run(fmt.Sprintf("C=%d", classes), func(b *testing.B) {
			for b.Loop() {
				if _, err := NewOne(classes, 1); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
