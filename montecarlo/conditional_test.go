package montecarlo

import (
	"math"
	"strings"
	"testing"

	"pastur/internal/elementary"
	"pastur/network"
)

// Networks' own norms have the mean of all: at finite size, on a given data set,
// and in the limit.
func TestConditionalEqualsTwoPoint(t *testing.T) {
	limit := func(s *Setting) { s.Gamma = 0.5 }
	cases := []Setting{
		linear(4, 5, 4), hidden(network.WW, 3, 4, 4, 5),
		with(hidden(network.VV, 3, 16, 6, 9), ce), with(hidden(network.WW, 3, 16, 4, 2), ce),
		withData(linear(3, 0, 0), fourRows(t)), withData(linear(3, 6, 5), law1(t, "ar1:0.5")),
		with(hidden(network.VV, 4, 16, inf, 0), ce, limit), with(hidden(network.WW, 3, 16, inf, 0), ce, limit),
		with(hidden(network.WW, 3, 4, inf, 0), limit), with(withData(hidden(network.WW, 3, 4, inf, 0), law1(t, "ar1:0.5")), limit),
	}
	z := elementary.NormalUpperQuantile(falseAlarm / 2 / 2 / float64(len(cases)))
	for _, s := range cases {
		e := estimator(t, s, TwoPoint)
		c, err := e.Conditional(7)
		if err != nil {
			t.Fatal(err)
		}
		two := draw(t, sampler(t, e), s.String(), 10_000, 0)
		got := draw(t, c, s.String()+" conditional", 3000, 0)
		for k, x := range [2][4]float64{{two.off, two.offSE, got.off, got.offSE}, {two.diag, two.diagSE, got.diag, got.diagSE}} {
			se := math.Hypot(x[1], x[3])
			if math.Abs(x[0]-x[2]) > z*se {
				t.Errorf("%v: norm %d: twopoint %.5g(%.2g), conditional %.5g(%.2g)", e.Setting, k, x[0], x[1], x[2], x[3])
			}
			if se > 0.15*x[0] {
				t.Errorf("%v: norm %d: standard error %.2g of %.3g is too large to see anything", e.Setting, k, se, x[0])
			}
		}
	}
}

func TestConditionalRefuses(t *testing.T) {
	at := with(linear(4, inf, 0), func(s *Setting) { s.Gamma = 1 })
	for want, c := range map[string]struct {
		s     Setting
		inner int
	}{
		"in the limit all linear networks have the same ratio": {at, 10},
		"inner points must be at least 2, got 1":               {linear(4, 5, 4), 1},
		"GiB a worker":                                         {linear(4, 1e9, 4), 10},
	} {
		if _, err := estimator(t, c.s, TwoPoint).Conditional(c.inner); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
