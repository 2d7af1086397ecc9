package lindeberg

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

// at returns the setting at N samples, d = gamma N.
func at(s Setting, samples int, gamma float64) Setting {
	s.Samples, s.Dim = samples, int(math.Round(gamma*float64(samples)))
	return s
}

func decide(t *testing.T, c *verdict.Claim, seed uint64) verdict.Verdict {
	t.Helper()
	v, err := c.Run(context.Background(), verdict.Options{Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func expect(t *testing.T, c *verdict.Claim, want verdict.Status) {
	t.Helper()
	if v := decide(t, c, 1); v.Status != want {
		t.Errorf("%s: %s (estimate %v in %v, %d replicates): %s; want %s", c.ID, v.Status, v.Estimate, v.Bounds, v.Replicates, v.Reason, want)
	}
}

func cell(key string, first int, sampler func() (verdict.Sampler, error)) verdict.Cell {
	return verdict.Cell{Key: key, X: 1, First: first, Chunk: 32, New: sampler}
}

const testPoint = 0.1 + 0.1i

func limitClaim(id string, sampler func() (verdict.Sampler, error)) *verdict.Claim {
	return &verdict.Claim{ID: id, Kind: verdict.Limit, Target: 1, Good: 0.05, Bad: 0.25, Looks: 4, Cells: []verdict.Cell{cell("cell", 2048, sampler)}}
}

// N delta_N against the constant at N = 80, both parts, and three planted errors.
// A true claim fails with probability at most 0.01 (the seed is fixed: it does not); a
// planted error passes with probability at most 0.001.
func TestGapClaim(t *testing.T) {
	s := at(linear(3, false), 80, 0.5)
	c, err := Constant(s, 0.5, testPoint)
	if err != nil {
		t.Fatal(err)
	}
	reference := c / 80
	for _, part := range []Part{Along, Across} {
		expect(t, limitClaim("gap "+string(part), func() (verdict.Sampler, error) { return NewGapSampler(s, testPoint, reference, part) }), verdict.Pass)
	}
	expect(t, limitClaim("1/gamma forgotten", func() (verdict.Sampler, error) { return NewGapSampler(s, testPoint, reference*0.5, Along) }), verdict.Fail)
	planted := func(gap func(r *Realisation) complex128) func() (verdict.Sampler, error) {
		return func() (verdict.Sampler, error) {
			r, err := New(s)
			return verdict.SamplerFunc(func(stream *replicate.Stream) (num, den float64, err error) {
				r.Draw(stream)
				return Along.of(gap(r), reference), 1, nil
			}), err
		}
	}
	expect(t, limitClaim("ends swapped", planted(func(r *Realisation) complex128 { return -r.Gap(testPoint) })), verdict.Fail)
	expect(t, limitClaim("Lambda frozen", planted(func(r *Realisation) complex128 {
		// Lambda of data that neither end sees: both ends are independent ones.
		r.weights(r.lambda, nil, freshInner(r))
		r.reduced.factorise(r.outer, r.inner, r.innerCopy, r.lambda)
		return r.Gap(testPoint)
	})), verdict.Fail)
}

// freshInner returns inner coordinates independent of both ends: those of the
// samples in reverse order.
func freshInner(r *Realisation) *mat.Dense {
	out := mat.NewDense(r.k, r.set.Samples, nil)
	for i := range r.k {
		row, from := out.RawRowView(i), r.inner.RawRowView(i)
		for n := range row {
			row[n] = from[len(from)-1-n]
		}
	}
	return out
}

// The published rate, one-sided, and what would break it: a gap that does not decay.
func TestRateClaim(t *testing.T) {
	c, err := Constant(linear(3, false), 0.5, testPoint)
	if err != nil {
		t.Fatal(err)
	}
	direction := c / complex(cmplx.Abs(c), 0)
	claim := func(id string, by func(n int) float64) *verdict.Claim {
		k := &verdict.Claim{ID: id, Kind: verdict.Rate, Target: -0.5, Good: 0.1, Bad: 0.2, Looks: 3}
		for _, n := range []int{20, 40, 80} {
			s := at(linear(3, false), n, 0.5)
			e := cell(fmt.Sprint("N=", n), 2048, func() (verdict.Sampler, error) {
				return NewGapSampler(s, testPoint, direction/complex(by(n), 0), Along)
			})
			e.X = float64(n)
			k.Cells = append(k.Cells, e)
		}
		return k
	}
	expect(t, claim("rate", func(int) float64 { return 1 }), verdict.Pass)
	expect(t, claim("constant gap", func(n int) float64 { return float64(n) }), verdict.Fail)
}

func TestChecksAsClaims(t *testing.T) {
	tolerance := map[Check]float64{Closure: 1e-9, Derivative: 1e-7, Reduction: 1e-9, Resolvent: 1, Rank: 1}
	for _, s := range settings() {
		for _, check := range Checks {
			if (check == Rank || check == Reduction) && (s.Path != Data || s.Coupling != Shared) {
				if _, err := NewCheckSampler(s, testPoint, check); err == nil {
					t.Errorf("check %s of %s is not refused", check, s)
				}
				continue
			}
			k := cell("cell", 8, func() (verdict.Sampler, error) { return NewCheckSampler(s, testPoint, check) })
			k.Chunk = 8
			expect(t, &verdict.Claim{ID: fmt.Sprintf("%s %s", check, s), Kind: verdict.Exact, Good: tolerance[check], Looks: 1, Cells: []verdict.Cell{k}}, verdict.Pass)
		}
	}
	// Planted: the ends swapped, and Lambda frozen along the weights path.
	r := drawn(t, settings()[0], 0)
	integral, err := r.Integrate(testPoint, 1e-10)
	if err != nil {
		t.Fatal(err)
	}
	if swapped := cmplx.Abs(-r.Gap(testPoint) + integral.Value); swapped < 1e-4 {
		t.Errorf("closure with the ends swapped is %v", swapped)
	}
	w := linear(3, false)
	w.Path = Weights
	r = drawn(t, at(w, 24, 0.5), 0)
	if frozen := cmplx.Abs(r.Gap(testPoint)); frozen < 1e-4 {
		t.Errorf("closure with Lambda frozen is %v", frozen)
	}
}

// The rank bound is attained to a fair part, so that it could fail.
func TestRankBoundIsNotEmpty(t *testing.T) {
	s := Setting{Model: network.Linear, Block: network.VV, Classes: 2, Samples: 3, Dim: 3}
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for k := range 4000 {
		r.Draw(replicate.NewStream(1, "rank", k))
		for _, z := range []complex128{0.1 + 0.02i, 0.2 + 0.02i, 0.05 + 0.005i} {
			worst = max(worst, cmplx.Abs(r.Gap(z))/r.RankBound(z))
		}
	}
	if worst > 1 || worst < 0.25 {
		t.Errorf("largest gap over its bound is %v", worst)
	}
}

// Stein's identity, and without its leakage term, which at d = N is most of it.
func TestSteinClaim(t *testing.T) {
	s := Setting{Model: network.Linear, Block: network.VV, Classes: 3, Samples: 8, Dim: 8, Coupling: Independent}
	c, err := Constant(s, 1, testPoint)
	if err != nil {
		t.Fatal(err)
	}
	claim := func(id string, s Setting, leakage bool) *verdict.Claim {
		return &verdict.Claim{ID: id, Kind: verdict.Limit, Target: 1, Good: 0.02, Bad: 0.35, Looks: 4, Cells: []verdict.Cell{cell("cell", 4096, func() (verdict.Sampler, error) {
			return newSteinSampler(s, math.Pi/4, testPoint, c, leakage)
		})}}
	}
	expect(t, claim("stein", s, true), verdict.Pass)
	expect(t, claim("no leakage", s, false), verdict.Fail)
	s.OffDiagonal = true
	expect(t, claim("stein off-diagonal", s, true), verdict.Pass)
	for _, bad := range []Setting{at(linear(3, false), 20, 0.5), {Model: network.Hidden, Block: network.WW, Classes: 3, Hidden: 2, Samples: 20, Dim: 10, Coupling: Independent}} {
		if _, err := NewSteinSampler(bad, 1, testPoint, 1); err == nil || !strings.Contains(err.Error(), "integration by parts") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// The two forms of the by-parts variable in the doc of Stein are one: the second is
// differentiated in z here.
func TestSteinIsADerivative(t *testing.T) {
	s := Setting{Model: network.Linear, Block: network.VV, Classes: 3, Samples: 12, Dim: 8, Coupling: Independent}
	r := drawn(t, s, 0)
	const theta, z = 0.7, testPoint
	got := r.Stein(theta, z, true)
	potential := func(z complex128) (sum complex128) {
		inverse := make([]complex128, s.Dim)
		for i, h := range r.dense.values {
			inverse[i] = 1 / (complex(h, 0) - z)
		}
		for n := range s.Samples {
			wx, _, xx, _ := bilinear(inverse, r.dense.rateQ, r.dense.xq, n)
			sum += wx * (1 - complex(r.lambda[n]/float64(s.Samples), 0)*xx)
		}
		return sum
	}
	const h = 1e-3
	slope := (8*(potential(z+h)-potential(z-h)) - (potential(z+2*h) - potential(z-2*h))) / (12 * h)
	want := slope * complex(-2*math.Cos(theta)/float64(s.Dim*s.Samples), 0)
	if cmplx.Abs(got-want) > 1e-7*cmplx.Abs(want) {
		t.Errorf("%v, by differences %v", got, want)
	}
}

// The control on the weights path has mean zero: with and without it the estimates
// agree, and its variance is what it takes away.
func TestControlHasMeanZero(t *testing.T) {
	s := linear(3, false)
	s.Path = Weights
	s = at(s, 60, 0.5)
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := newControl(r, testPoint)
	if err != nil {
		t.Fatal(err)
	}
	var with, without, controls gapMoments
	for k := range 1500 {
		r.Draw(replicate.NewStream(1, "control", k))
		g := r.Gap(testPoint)
		without.add(g)
		with.add(g - c.at(r))
		controls.add(c.at(r))
	}
	if ratio := without.variance() / with.variance(); ratio < 3 {
		t.Errorf("the control divides the variance by %v", ratio)
	}
	// 5 standard errors: 6e-7.
	n := float64(controls.N)
	if math.Abs(controls.Re) > 5*math.Sqrt(controls.SqRe)/n || math.Abs(controls.Im) > 5*math.Sqrt(controls.SqIm)/n {
		t.Errorf("mean of the control: %+v", controls)
	}
}
