package verdict

import (
	"math"
	"testing"

	"pastur/internal/elementary"
)

// The gate of a component is that of the least of its error shares, whose quantile is
// the furthest out: skewed samples whose Edgeworth term lies between the thresholds of
// two shares (guards against asking at the larger share, and at twice a share in the
// cells of a slope).
func TestGateIsAtTheFurthestQuantile(t *testing.T) {
	const n = 2000
	m := drawn(t, n, func(s *stream) (float64, float64, error) { return s.Gamma(1), 1, nil })
	m2, m3, _ := m.residual(m.Ratio())
	z := math.Cbrt(maxSkewEffect * 6 * math.Sqrt(n) / (m3 / math.Pow(m2, 1.5))) // the gate closes here
	edge := elementary.NormalCDF(-z)
	for _, kind := range []Kind{Law, Rate} {
		c := Claim{Kind: kind, Target: 1, Bad: 2, Cells: []Cell{newCell("a", 1, 64, nil), newCell("b", 2, 64, nil)}}
		k := c.ratio(0, []Moments{m}, Interval{math.Inf(-1), 1}, Interval{math.Inf(-1), 2})
		if kind == Rate {
			k = c.slope([]Moments{m, m}, Interval{math.Inf(-1), 1}, Interval{math.Inf(-1), 2})
		}
		for _, share := range []struct {
			alpha, beta float64
			open        bool
		}{{1.1 * edge, 1.1 * edge, true}, {0.9 * edge, 0.9 * edge, false}, {0.4, 0.9 * edge, false}, {0.9 * edge, 0.4, false}, {0.4, 1.1 * edge, true}} {
			if j := judge(k, share.alpha, share.beta); (j.closed == "") != share.open {
				t.Errorf("%s at alpha %.3g, beta %.3g: closed %q, want open %v", kind, share.alpha, share.beta, j.closed, share.open)
			}
		}
	}
}

// The component shown is the one deepest towards BAD in units of its gap (guards
// against plain distance, which would show cells of large values).
func TestWorstIsInUnitsOfTheGap(t *testing.T) {
	up := func(name string, estimate, good, safe float64) judged {
		return judged{component: component{name: name, estimate: estimate, good: Interval{Everything.Lo, good}, safe: Interval{Everything.Lo, safe}}}
	}
	if w := worst([]judged{up("far", 103, 100, 110), up("deep", 1.9, 1, 2)}); w.name != "deep" {
		t.Error("worst is", w.name)
	}
}
