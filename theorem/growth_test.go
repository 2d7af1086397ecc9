package theorem

import (
	"math"
	"testing"
)

// The growth laws of docs/estimators.md at numbers of classes that only quadrature
// reaches. With -slow: minutes.
func TestGrowthLaws(t *testing.T) {
	if !*slow {
		t.Skip("takes minutes: run with -slow")
	}
	scaled := func(m int, c float64) (ratio, diag float64) {
		off, diag := narrowNorms(t.Context(), newSoftmaxPair(1), c, m, 1, narrowNodes(c))
		return c * c * off / diag, c * c * diag
	}
	t.Run("width 1", func(t *testing.T) {
		// The local exponent nears 3 - sqrt 5 = 0.764 from below, as that of the power
		// times (log C)^-2 does, and is past 2/3, what R ~ C^{-4/3} would give.
		low, _ := scaled(1, 1e8)
		high, _ := scaled(1, 1e16)
		slope := math.Log(high/low) / math.Log(1e8)
		law := 3 - math.Sqrt(5) - 2*math.Ln2/math.Log(1e8)
		t.Logf("C^2 R ~ C^%.4f over [1e8, 1e16], law with its logarithm %.4f", slope, law)
		if !(slope > 2.0/3 && slope < 3-math.Sqrt(5)) || math.Abs(slope-law) > 0.02 {
			t.Errorf("local exponent %.4f, law %.4f", slope, law)
		}
	})
	t.Run("width 2", func(t *testing.T) {
		// C^2 R/(log C)^3 rises to (8/81)/G(1/2), and C^2 E|H_ii|^2 to G(1/2).
		q := newQuadrant(2, 1)
		g := 2*q.second*(1+q.excess) + 2*q.first*q.first
		constant := 8.0 / 81 / g
		previous, previousDiag := 0.0, 0.0
		for _, c := range []float64{1e5, 1e7, 1e10} {
			ratio, diag := scaled(2, c)
			l := math.Log(c)
			got := ratio / (l * l * l)
			t.Logf("C=%g: C^2 R/(log C)^3 = %.5f, limit %.5f; C^2 diag = %.4f, limit %.4f", c, got, constant, diag, g)
			if !(got > previous && got < constant && diag > previousDiag && diag < g) {
				t.Errorf("C=%g: %.5f after %.5f and %.4f after %.4f, want them to rise to %.5f and %.4f", c, got, previous, diag, previousDiag, constant, g)
			}
			previous, previousDiag = got, diag
		}
		if math.Abs(previousDiag/g-1) > 0.01 {
			t.Errorf("C^2 diag = %.4f, want %.4f", previousDiag, g)
		}
	})
}
