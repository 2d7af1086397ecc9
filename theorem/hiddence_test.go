package theorem

import (
	"math"
	"math/rand/v2"
	"testing"
)

// J by drawing the pair (g, g'), with both derivatives under the expectation: each at
// 4.9 standard errors, a false alarm in about 10^6 runs each under other seeds.
// r < 1/4 keeps the fourth moments of e^{r g g'} finite.
func TestQuadrantBySimulation(t *testing.T) {
	rng := rand.New(rand.NewPCG(20250509, 5))
	const replicates = 500_000
	for _, r := range []float64{0.05, 0.125} {
		var sum, sum2 [3]float64
		for range replicates {
			// The fraction of the plane where both are positive is exactly 1/4.
			s := math.Abs(rng.NormFloat64()) * math.Abs(rng.NormFloat64())
			for k, x := range []float64{1, s, s * s} {
				x *= 0.25 * math.Exp(r*s)
				sum[k] += x
				sum2[k] += x * x
			}
		}
		q := newQuadrant(1, r)
		for k, want := range []float64{q.value, q.first, q.second} {
			mean := sum[k] / replicates
			se := math.Sqrt((sum2[k]/replicates - mean*mean) / replicates)
			if !(math.Abs(mean-want) < 4.9*se) {
				t.Errorf("r=%v derivative %d: simulated %v +- %v, exact %v", r, k, mean, se, want)
			}
		}
		if math.Abs(q.excess-(q.value-0.25)) > 1e-16 {
			t.Errorf("r=%v: excess %v, want %v", r, q.excess, q.value-0.25)
		}
	}
}

// Wider networks have lighter tails: both constants decrease in m to a limit,
// e^{kappa/2pi} for vv and with e^{kappa/2}/4, e^{kappa/2pi}/16 in place of the
// powers for ww, which the formulas must still resolve at m = 10^9.
func TestHiddenCEConstantsDecreaseInWidth(t *testing.T) {
	for _, kappa := range []float64{0.3, 1, 4} {
		vv, ww := math.Inf(1), math.Inf(1)
		for m := 2; m < MaxClasses; m = m*3/2 + 1 {
			a, err := HiddenCEVVConstant(m, kappa)
			if err != nil {
				t.Fatal(err)
			}
			b, err := HiddenCEWWConstant(m, 0.5, kappa)
			if err != nil {
				t.Fatal(err)
			}
			if math.IsInf(a, 1) != (float64(m) <= 2*kappa) || math.IsInf(b, 1) != (float64(m) <= 2*kappa) {
				t.Errorf("kappa=%v m=%d: %v, %v, want +Inf exactly while m <= 2 kappa", kappa, m, a, b)
			}
			if a > vv*(1+1e-14) || b > ww*(1+1e-14) {
				t.Errorf("kappa=%v m=%d: constants rise to %v, %v from %v, %v", kappa, m, a, b, vv, ww)
			}
			vv, ww = a, b
		}
		const gamma = 0.5
		wide := math.Exp(kappa / (2 * math.Pi))
		if e := math.Abs(vv/wide - 1); !(e < 1e-7) {
			t.Errorf("kappa=%v: vv tends to %v, want %v", kappa, vv, wide)
		}
		wide = (gamma*math.Exp(kappa/2)/4 + wide/16) / (gamma/2 + 0.25)
		if e := math.Abs(ww/wide - 1); !(e < 1e-7) {
			t.Errorf("kappa=%v: ww tends to %v, want %v", kappa, ww, wide)
		}
	}
}
