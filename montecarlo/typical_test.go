package montecarlo

import (
	"context"
	"math"
	"testing"

	"pastur/network"
	"pastur/replicate"
)

// Ranks from the usual tables (Conover, Practical Nonparametric Statistics): the
// interval of n = 6 is its range, of 10 the 2nd values, of 100 the 40th.
func TestMedianRank(t *testing.T) {
	for n, want := range map[int]int{1: 0, 5: 0, 6: 1, 10: 2, 20: 6, 100: 40} {
		if got := medianRank(n); got != want {
			t.Errorf("n=%d: rank %d, want %d", n, got, want)
		}
	}
}

// In the linear model at large d all networks are alike, and the median is R; the
// result does not depend on the workers.
func TestMeasureTypical(t *testing.T) {
	e := estimator(t, linear(10, 300, 600), TwoPoint)
	measure := func(workers int) Typical {
		got, err := MeasureTypical(context.Background(), e, 40, 200, replicate.Options{Seed: 1, Workers: workers})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	got := measure(2)
	if got != measure(1) {
		t.Error("the result depends on the number of workers")
	}
	r := draw(t, sampler(t, e), "r", 4000, 0)
	if ratio := r.off / r.diag; math.Abs(got.Median/ratio-1) > 0.03 || math.Abs(got.Mean/ratio-1) > 0.03 || got.Top/got.Low > 1.3 {
		t.Errorf("%+v, want %v", got, ratio)
	}
	// One hidden unit: the mean is far above the median.
	e = estimator(t, with(hidden(network.VV, 100, 1, inf, 0), ce, func(s *Setting) { s.Gamma = 0.5 }), TwoPoint)
	narrow, err := MeasureTypical(context.Background(), e, 100, 200, replicate.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if !(narrow.Lo <= narrow.Median && narrow.Median <= narrow.Hi && narrow.Low < narrow.Lo && narrow.Hi < narrow.Top && narrow.Hi < narrow.Mean) {
		t.Errorf("m=1: %+v", narrow)
	}
}
