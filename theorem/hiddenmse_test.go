package theorem

import (
	"math"
	"math/rand/v2"
	"testing"
)

// The blocks themselves, drawn from the definition of the network: no two-point
// reduction, no angle. Each of the 2 x 4 comparisons is at 4.9 standard errors:
// a false alarm in about 10^6 runs each under other seeds.
func TestHiddenMSEWWNormsBySimulation(t *testing.T) {
	rng := rand.New(rand.NewPCG(20250509, 3))
	for _, size := range []struct{ classes, dim, samples int }{{3, 1, 1}, {2, 1, 3}, {3, 2, 4}, {2, 5, 3}} {
		const replicates = 400_000
		const varV = 0.7
		d := size.dim
		x := make([]float64, size.samples*d)
		on := make([][2]bool, size.samples)
		var w [2][]float64
		w[0], w[1] = make([]float64, d), make([]float64, d)
		var sum, sum2 [2]float64
		for range replicates {
			cross, square := 0.0, 0.0
			for range size.classes {
				v0, v1 := math.Sqrt(varV)*rng.NormFloat64(), math.Sqrt(varV)*rng.NormFloat64()
				cross += v0 * v1
				square += v0 * v0
			}
			for i := range x {
				x[i] = rng.NormFloat64()
			}
			for k := range w {
				for i := range w[k] {
					w[k][i] = rng.NormFloat64()
				}
			}
			for n := range on {
				for k := range w {
					g := 0.0
					for i := range d {
						g += w[k][i] * x[n*d+i]
					}
					on[n][k] = g > 0
				}
			}
			var norm [2]float64
			for i := range d {
				for j := range d {
					var entry [2]float64
					for n := range on {
						if on[n][0] {
							xx := x[n*d+i] * x[n*d+j]
							entry[1] += square * xx
							if on[n][1] {
								entry[0] += cross * xx
							}
						}
					}
					for k := range entry {
						h := 2 / float64(size.samples) * entry[k]
						norm[k] += h * h
					}
				}
			}
			for k := range norm {
				sum[k] += norm[k]
				sum2[k] += norm[k] * norm[k]
			}
		}
		off, diag, err := HiddenMSEWWNorms(size.classes, float64(d), float64(size.samples), varV)
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range []float64{off, diag} {
			mean := sum[k] / replicates
			se := math.Sqrt((sum2[k]/replicates - mean*mean) / replicates)
			if !(math.Abs(mean-want) < 4.9*se) {
				t.Errorf("%+v block %d: simulated %v +- %v, exact %v", size, k, mean, se, want)
			}
			if !(se < 0.03*want) {
				t.Errorf("%+v block %d: relative standard error %v too large to test anything", size, k, se/want)
			}
		}
		r, err := HiddenMSEWWRatioFinite(size.classes, float64(d), float64(size.samples))
		if err != nil || math.Abs(r/(off/diag)-1) > 1e-14 {
			t.Errorf("%+v: ratio %v, %v, norms give %v", size, r, err, off/diag)
		}
	}
}

// The finite-size ratio tends to the limit as 1/d along d/N = gamma.
func TestHiddenMSEWWRatioIsTheLimit(t *testing.T) {
	for _, gamma := range []float64{0.25, 0.5, 2} {
		limit, err := HiddenMSEWWRatio(10, gamma)
		if err != nil {
			t.Fatal(err)
		}
		previous := 0.0
		for _, d := range []float64{1 << 10, 1 << 20, 1 << 30, 1 << 40} {
			r, err := HiddenMSEWWRatioFinite(10, d, d/gamma)
			if err != nil {
				t.Fatal(err)
			}
			a := d * (r/limit - 1)
			if !(math.Abs(r/limit-1) < 3/d+1e-14) {
				t.Errorf("gamma=%v d=%v: R = %v, limit %v", gamma, d, r, limit)
			}
			if previous != 0 && d <= 1<<20 && math.Abs(a/previous-1) > 0.01 {
				t.Errorf("gamma=%v d=%v: d (R/R_inf - 1) = %v, was %v", gamma, d, a, previous)
			}
			previous = a
		}
	}
}

func TestHiddenMSEWWConstantBounds(t *testing.T) {
	for _, gamma := range []float64{1e-300, 1e-3, 0.5, 1, 2, 1e300} {
		c, err := HiddenMSEWWConstant(gamma)
		if want := (1/gamma + 4) / (4 * (1/gamma + 2)); err != nil || !(c >= 0.25 && c <= 0.5) || (gamma > 1e-200 && math.Abs(c/want-1) > 1e-15) {
			t.Errorf("gamma=%v: %v, %v", gamma, c, err)
		}
	}
}
