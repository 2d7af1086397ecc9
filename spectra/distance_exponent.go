package spectra

import (
	"fmt"
	"math"
)

// Exponent is p in distance = c d^p, with its standard error.
type Exponent struct{ Value, Error float64 }

// FitExponent fits log distance = log c + p log d by weighted least squares,
// each distance with the standard error that its interval implies, (Hi -
// Value)/1.96 over Value. At least two different d are needed, and positive
// distances with intervals.
//
// Distances of mean spectra of the same number of matrices fall as their
// noise, d^{-1/2} where the weights are random, until their bias towards the
// law, expected to fall as d^{-1}, exceeds it: the exponent says which is seen.
func FitExponent(dims []float64, distances []Distance) (Exponent, error) {
	if len(dims) != len(distances) {
		return Exponent{}, fmt.Errorf("%d sizes for %d distances", len(dims), len(distances))
	}
	const normal = 1.959963984540054 // 97.5 % quantile
	var sw, sx, sy, sxx, sxy float64
	for k, d := range distances {
		x, y, sigma := math.Log(dims[k]), math.Log(d.Value), (d.Hi-d.Value)/(normal*d.Value)
		if math.IsNaN(x+y) || math.IsInf(x+y, 0) || !(sigma > 0) || math.IsInf(sigma, 1) {
			return Exponent{}, fmt.Errorf("no exponent can be fitted through the distance %v with upper end %v at d = %v", d.Value, d.Hi, dims[k])
		}
		w := 1 / (sigma * sigma)
		sw += w
		sx += w * x
		sy += w * y
		sxx += w * x * x
		sxy += w * x * y
	}
	spread := sxx - sx*sx/sw
	if !(spread > 1e-12*sxx) {
		return Exponent{}, fmt.Errorf("an exponent needs at least two different d, got %v", dims)
	}
	return Exponent{(sxy - sx*sy/sw) / spread, 1 / math.Sqrt(spread)}, nil
}
