package replicate

import (
	"math"

	"pastur/internal/elementary"
)

// Gamma returns a gamma variate of the given shape >= 1 and unit scale, by
// Marsaglia and Tsang (A Simple Method for Generating Gamma Variables, ACM
// TOMS 26, 2000): a transformed normal accepted with probability above 0.95
// for every shape, so the cost does not depend on the shape. It panics if the
// shape is below 1 or not finite.
func (s *Stream) Gamma(shape float64) float64 {
	if !(shape >= 1) || math.IsInf(shape, 1) {
		panic("replicate: gamma shape must be at least 1 and finite")
	}
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.Normal()
		root := 1 + float64(c*x)
		if root <= 0 {
			continue
		}
		v := float64(float64(root*root) * root)
		u := s.open()
		x2 := float64(x * x)
		// 0.0331 is the paper's squeeze constant: below it no logarithm.
		if u < 1-float64(0.0331*float64(x2*x2)) {
			return float64(d * v)
		}
		if elementary.Log(u) < float64(0.5*x2)+float64(d*(1-v+elementary.Log(v))) {
			return float64(d * v)
		}
	}
}

// ChiSquared returns a chi-squared variate with k degrees of freedom, k a
// positive integer given as float64 so that 10^12 and beyond are no special
// case. It panics if k < 1.
func (s *Stream) ChiSquared(k float64) float64 {
	switch {
	case k == 1:
		x := s.Normal()
		return float64(x * x)
	case k >= 2:
		return 2 * s.Gamma(k/2)
	default:
		panic("replicate: chi-squared needs at least 1 degree of freedom")
	}
}
