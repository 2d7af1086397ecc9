package network

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Stripe names a formula for column i of H_{w_i v_j}.
type Stripe string

const (
	// Residual is the correct one, (1/N) sum_n (p_j - y_j) 1_i x_n under CE (twice f_j
	// - y_j under MSE), beside the term of rank one a sample: [State.CrossFactor].
	Residual Stripe = "residual"
	// Printed is what the slides of the source print there: the gradient of w_i,
	// (1/N) sum_n sum_c (p_c - y_c) v_{c,i} 1_i x_n, which does not depend on j.
	Printed Stripe = "printed"
)

// StripeDeviation draws a 1-hidden-layer net (LeCun), normal data and uniform
// labels, and returns the largest of |difference - formula|_F / |H_wv|_F over all
// blocks w_i v_j, where the differences are central ones of the gradient and
// |H_wv|_F is the root mean square of the blocks' norms. It is rounding and
// truncation, below 1e-8, for [Residual]; and of order 1 for [Printed].
//
// As a claim of kind exact, the statistic of one sample.
func StripeDeviation(src Source, loss Loss, formula Stripe, samples, dim, hidden, classes int) (float64, error) {
	if _, err := parse("stripe", string(formula), Residual, Printed); err != nil {
		return 0, err
	}
	net, err := Draw(src, Hidden, LeCun, dim, hidden, classes)
	if err != nil {
		return 0, err
	}
	X, y, err := Gaussian.Draw(src, samples, dim, classes)
	if err != nil {
		return 0, err
	}
	state, err := Evaluate(net, loss, X, y)
	if err != nil {
		return 0, err
	}
	gradient := state.Gradient(nil)
	worst, total := 0.0, 0.0
	for i := range hidden {
		for j := range classes {
			h, err := DifferenceBlock(net, loss, X, y, WV, i, j, 0)
			if err != nil {
				return 0, err
			}
			total += FrobeniusSquared(h)
			block := state.Block(WV, i, j)
			if formula == Printed {
				own := mat.NewVecDense(dim, nil)
				for n, x := range rows(X) {
					if state.Active(n, i) {
						own.AddScaledVec(own, state.residual(n, j)/float64(samples), mat.NewVecDense(dim, x))
					}
				}
				for k := range dim {
					block.Set(k, i, block.At(k, i)-own.AtVec(k)+gradient[i*dim+k])
				}
			}
			h.Sub(h, block)
			worst = math.Max(worst, FrobeniusSquared(h))
		}
	}
	return math.Sqrt(worst / (total / float64(hidden*classes))), nil
}
