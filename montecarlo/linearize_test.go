package montecarlo

import (
	"math"
	"slices"
	"testing"

	"pastur/replicate"
)

// The coefficients to leading order leave about as much variance in the norms as a
// regression on the same draws does, for data whose tr Sigma/d is far from 1 too. With
// wrong ones, say 2 tr Sigma/d where d log g^2/dg is 2 over it, the norms keep their
// means and lose precision: no other test sees it.
//
// Coefficients are not compared one by one: three of the controls are sums over the same
// classes and stand in for one another. Were the leading order exact, the draws' own
// regression would leave less by a factor of about 1 + chi^2_5/300, above the limit with
// probability 1e-17.
func TestLinearizeIsRegression(t *testing.T) {
	const draws, limit = 300, 1.3
	for _, text := range []string{"gaussian", "spiked:600:0.25"} {
		e := estimator(t, withData(linear(leadingOrder, 1000, 500), law1(t, text)), TwoPoint)
		r := e.raw()
		leading, ok := r.(linearizer).linearize()
		if !ok {
			t.Fatal("no leading order")
		}
		k := r.controls()
		stream := replicate.NewStream(5, e.Key(), 0)
		rows := make([][]float64, draws)
		for i := range rows {
			row := make([]float64, k+2)
			off, diag, err := r.sample(stream, row[:k])
			if err != nil {
				t.Fatal(err)
			}
			row[k], row[k+1] = off, diag
			rows[i] = row
		}
		cov := covariance(rows)
		// left is the variance of norm y that coefficients leave over.
		left := func(c []float64, y int) float64 {
			full := make([]float64, k+2)
			for j, x := range c {
				full[j] = -x
			}
			full[y] = 1
			sum := 0.0
			for i, a := range full {
				for j, b := range full {
					sum += a * cov[i][j] * b
				}
			}
			return sum
		}
		for _, norm := range []struct {
			name string
			c    []float64
			y    int
		}{{"off", leading.off, k}, {"diag", leading.diag, k + 1}} {
			best := left(regress(cov, k, norm.y), norm.y)
			if x := left(norm.c, norm.y) / best; x > limit {
				t.Errorf("%s: %s: %.3g times the variance that regression leaves", text, norm.name, x)
			}
			for j := range k {
				if j == 2 {
					continue // sum e e' explains a per cent of what is left
				}
				planted := slices.Clone(norm.c)
				planted[j] *= 2
				if x := left(planted, norm.y) / best; x <= limit {
					t.Errorf("%s: %s: planted error survives: twice the coefficient of control %d leaves %.3g times the variance", text, norm.name, j, x)
				}
			}
		}
	}
}

// Full coefficients would leave the rare deviations by themselves, whose kurtosis takes
// more replicates to believe than the variance they remove. Here off is 1 plus a tenth
// of a normal control, noise of 0.01 where there is no tail, and a deviation of either
// sign in one draw of a hundred; diag is 1. Replicates needed, in thousands, by hand:
//
//	deviation    all taken off    0.9    0.8    0.7
//	0                      0.4    0.8    2      4
//	0.02                    26    0.4    1.6    3.6
//	0.1                     26    6.5    2.0    4.0
//
// A pilot too small to see tails says nothing: then it is 0.9.
func TestShrink(t *testing.T) {
	for _, c := range []struct {
		draws           int
		deviation, want float64
	}{{1000, 0, 1}, {1000, 0.02, 0.9}, {1000, 0.1, 0.8}, {200, 0, 0.9}} {
		s := replicate.NewStream(6, "shrink", 0)
		rows := make([][]float64, c.draws)
		for i := range rows {
			x, off := s.Normal(), 1.0
			if c.deviation == 0 {
				off += 0.01 * s.Normal()
			} else if i%100 == 0 {
				off += c.deviation * s.Sign()
			}
			rows[i] = []float64{x, off + 0.1*x, 1}
		}
		got := coefficients{off: []float64{0.1}, diag: []float64{0}}
		if got.shrink(rows); math.Abs(got.off[0]/0.1-c.want) > 1e-12 {
			t.Errorf("%d draws, deviation %v: coefficients are scaled by %v, want %v", c.draws, c.deviation, got.off[0]/0.1, c.want)
		}
	}
}
