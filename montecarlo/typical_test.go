package montecarlo

import (
	"context"
	"math"
	"slices"
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

// On a given data set each network has rows of its own, drawn from all of them: an
// order of rows that outlives a replicate makes the next one depend on the worker.
func TestMeasureTypicalOfGivenData(t *testing.T) {
	for _, s := range []Setting{linear(3, 0, 0), with(hidden(network.VV, 3, 12, 0, 0), ce)} {
		var got [2]Typical
		for k, workers := range []int{1, 3} {
			var err error
			e := estimator(t, withData(s, fourRows(t)), TwoPoint)
			if got[k], err = MeasureTypical(context.Background(), e, 30, 2, replicate.Options{Seed: 1, Workers: workers}); err != nil {
				t.Fatal(err)
			}
		}
		if got[0] != got[1] {
			t.Errorf("%s: the result depends on the number of workers: %+v and %+v", s, got[0], got[1])
		}
		// However the workers share the networks: a used sampler is a new one.
		e := estimator(t, withData(s, fourRows(t)), TwoPoint)
		var norms [2][2]float64
		for used := range 2 {
			c, err := e.Conditional(2)
			if err != nil {
				t.Fatal(err)
			}
			for k := 1 - used; k < 2; k++ {
				off, diag, err := c.Sample(replicate.NewStream(1, "order", k))
				if err != nil {
					t.Fatal(err)
				}
				norms[used] = [2]float64{off, diag}
			}
		}
		if norms[0] != norms[1] {
			t.Errorf("%s: the second network has norms %v, alone %v", s, norms[1], norms[0])
		}
	}
}

// Every number of a Typical from the networks' own ratios, drawn again from the same
// streams: an interval one rank too narrow, or a quantile of another level, passes all
// inequalities between them.
func TestTypicalNumbers(t *testing.T) {
	const networks, inner = 25, 20
	e := estimator(t, with(hidden(network.VV, 5, 3, inf, 0), ce, func(s *Setting) { s.Gamma = 0.5 }), TwoPoint)
	got, err := MeasureTypical(context.Background(), e, networks, inner, replicate.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	var ratios []float64
	var off, diag float64
	for k := range networks {
		s, err := e.Conditional(inner)
		if err != nil {
			t.Fatal(err)
		}
		o, d, err := s.Sample(replicate.NewStream(7, e.Setting.String()+" typical inner=20", k))
		if err != nil {
			t.Fatal(err)
		}
		ratios, off, diag = append(ratios, o/d), off+o, diag+d
	}
	slices.Sort(ratios)
	// Of 25 values the 13th is the median; the quantiles 0.1 and 0.9 lie at 1 + 24 p =
	// 3.4 and 22.6; P(Bin(25, 1/2) <= 7) = 0.0216 <= 0.025 < P(<= 8): ranks 8 and 18.
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"median", got.Median, ratios[12]}, {"mean", got.Mean, off / diag}, {"lo", got.Lo, ratios[7]}, {"hi", got.Hi, ratios[17]},
		{"10 %", got.Low, 0.6*ratios[2] + 0.4*ratios[3]}, {"90 %", got.Top, 0.4*ratios[21] + 0.6*ratios[22]},
	} {
		if math.Abs(c.got-c.want) > 1e-12*c.want {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
}
