package montecarlo

import (
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
