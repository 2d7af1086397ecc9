package montecarlo

import (
	"runtime"
	"testing"

	"pastur/network"
	"pastur/replicate"
)

// What a sampler holds and how many multiply-adds it takes, by hand: sizes that are
// refused are so far apart that a factor of 3 in either refuses the same ones.
func TestNumbersAndProducts(t *testing.T) {
	const d, n, c, m = 10, 20, 7, 3
	mse := func(s *Setting) { s.Loss = network.MSE }
	given := with(linear(3, 0, 0), func(s *Setting) { s.Data = fourRows(t) }) // 4 x 3
	for _, x := range []struct {
		s                 Setting
		method            Method
		numbers, products float64
	}{
		// Data, V, logits and probabilities of all points, four n x n matrices, the
		// weights of a batch of blocks; X X^T, and three products of C columns.
		{linear(c, d, n), Gram, 200 + 70 + 2*140 + 4*400 + 20*gramBatch, 400 * (10 + 21)},
		// Two d x d blocks and a product; C (C+1)/2 blocks of N outer products.
		{linear(c, d, n), Definition, 200 + 70 + 2*140 + 3*100, 20 * 100 * 28},
		// W and V, features, pre-activations and indicators.
		{hidden(network.WW, c, m, d, n), Gram, 200 + 30 + 21 + 2*140 + 3*60 + 4*400 + 20*gramBatch, 400 * (10 + 6)},
		{hidden(network.WW, c, m, d, n), Definition, 200 + 30 + 21 + 2*140 + 3*60 + 3*100, 20 * 100 * 6},
		{with(hidden(network.WW, c, m, d, n), ce), Gram, 200 + 30 + 21 + 2*140 + 3*60 + 4*400 + 20*gramBatch, 400 * (10 + 21)},
		// Blocks of output weights are m x m.
		{with(hidden(network.VV, c, m, d, n), ce), Definition, 200 + 30 + 21 + 2*140 + 3*60 + 3*9, 20 * 9 * 28},
		{with(hidden(network.VV, c, m, d, n), ce), Gram, 200 + 30 + 21 + 2*140 + 3*60 + 4*400 + 20*gramBatch, 400 * (3 + 21)},
		// From a few points: what grows with the sizes. Eigenvalues, the rows picked,
		// features, Bartlett's factor.
		{linear(c, 1e9, 2e9), TwoPoint, 0, -1},
		{withData(linear(c, d, n), law1(t, "power:0.3")), TwoPoint, d, -1},
		{given, TwoPoint, 4 * 3, -1},
		{with(hidden(network.WW, c, 1000, 1e9, 2e9), ce), TwoPoint, 5000, -1},
		{hidden(network.VV, c, 1000, d, n), TwoPoint, 4000, -1},
		{with(hidden(network.WW, c, 1000, d, n), mse), TwoPoint, 7000 + 1e6 + 62.5, -1},
	} {
		e := estimator(t, x.s, x.method)
		if got := e.numbers(); got != x.numbers {
			t.Errorf("%s holds %v numbers, want %v", e.Key(), got, x.numbers)
		}
		if x.products < 0 {
			continue
		}
		if got := e.products(); got != x.products {
			t.Errorf("%s takes %v multiply-adds, want %v", e.Key(), got, x.products)
		}
	}
}

// A replicate of gram allocates about as much as it is said to hold: matrices of N x N
// most of all.
func TestGramHoldsWhatItSays(t *testing.T) {
	for _, s := range []Setting{linear(20, 50, 700), with(hidden(network.WW, 10, 30, 10, 700), ce)} {
		e := estimator(t, s, Gram)
		draws := sampler(t, e)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, _, err := draws.Sample(replicate.NewStream(1, "held", 0)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		if share := float64(after.TotalAlloc-before.TotalAlloc) / (8 * e.numbers()); !(share > 0.3 && share < 1.1) {
			t.Errorf("%s allocates %.2f of what it is said to hold", e.Key(), share)
		}
	}
}

// gamma or 1/N for a point with itself, 1-1/N for two; and the factor from what is
// computed to what is reported.
func TestWeights(t *testing.T) {
	limit := func(s *Setting) { s.Gamma = 0.3 }
	for _, c := range []struct {
		s                    Setting
		single, pair, factor float64
	}{
		{linear(3, 10, 40), 0.25, 0.975, 10},
		{with(linear(3, inf, 0), limit), 0.3, 1, 1},
		{hidden(network.WW, 3, 4, 10, 40), 0.25, 0.975, 10},
		{with(hidden(network.WW, 3, 4, 10, 40), ce), 0.25, 0.975, 10},
		{with(hidden(network.WW, 3, 4, inf, 0), ce, limit), 0.3, 1, 1},
		{hidden(network.VV, 3, 4, 10, 40), 0.025, 0.975, 1},
		{with(hidden(network.VV, 3, 4, 10, 40), ce), 0.025, 0.975, 1},
		{with(hidden(network.VV, 3, 4, inf, 0), ce, limit), 0, 1, 1},
		// tr Sigma^2/d = (1+q)/(1-q) = 5/3 in the limit, and the effective gamma 3/5 of gamma.
		{withData(with(linear(3, inf, 0), limit), law1(t, "ar1:0.5")), 0.18, 1, 5.0 / 3},
		{withData(with(hidden(network.VV, 3, 4, inf, 0), ce, limit), law1(t, "ar1:0.5")), 0, 1, 1},
	} {
		s := estimator(t, c.s, TwoPoint).Setting
		single, pair := s.weights()
		factor := s.unit()
		for _, x := range [][2]float64{{single, c.single}, {pair, c.pair}, {factor, c.factor}} {
			if d := x[0] - x[1]; !(d < 1e-15 && d > -1e-15) {
				t.Errorf("%s: weights %v and %v, unit %v, want %v, %v and %v", s, single, pair, factor, c.single, c.pair, c.factor)
				break
			}
		}
	}
}
