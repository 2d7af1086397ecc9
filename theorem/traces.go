package theorem

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// TraceMoments are all that the leading order sees of the covariance Sigma of
// the data, x = Sigma^{1/2} y with independent y of mean 0 and variance 1:
//
//	First = tr Sigma / d,  Second = tr Sigma^2 / d.
//
// The two-point reduction of a d x d block is (1/N) E[lambda^2 |x|^4] + (1-1/N)
// E[lambda lambda' (x.x')^2]. As tr Sigma^2/(tr Sigma)^2 -> 0, |x|^2/tr Sigma -> 1
// and x.x'/tr Sigma -> 0, so that the logits of the two points become independent
// of variance kappa First, and
//
//	E|H|_F^2/d -> Second [ gamma' E lambda^2 + (E lambda)^2 ],  gamma' = gamma First^2/Second:
//
// every limit for isotropic data holds with gamma' and kappa First in place of
// gamma and kappa. gamma' N is the effective rank (tr Sigma)^2/tr Sigma^2 of the
// data, which takes the place of d; corrections are of relative order 1/(effective
// rank). Isotropic data have moments 1 and 1.
type TraceMoments struct{ First, Second float64 }

// EffectiveGamma returns gamma First^2/Second = (effective rank)/N.
func (t TraceMoments) EffectiveGamma(gamma float64) float64 {
	return float64(gamma*t.First) * t.First / t.Second
}

// EffectiveKappa returns kappa First: the variance of a logit in the linear
// model. With a hidden layer kappa_W First takes the place of kappa_W.
func (t TraceMoments) EffectiveKappa(kappa float64) float64 { return kappa * t.First }

// EffectiveRank returns (tr Sigma)^2/tr Sigma^2, at most d.
func (t TraceMoments) EffectiveRank(dim float64) float64 {
	return float64(dim*t.First) * t.First / t.Second
}

// Isotropic are the moments of Sigma = I.
var Isotropic = TraceMoments{1, 1}

// ARTraces returns the moments of the stationary autoregression Sigma_jk =
// rho^|j-k|, -1 < rho < 1: First = 1 and, with q = rho^2,
//
//	Second = (1+q)/(1-q) - 2 q (1-q^d)/(d (1-q)^2),
//
// with a relative error below 3e-15 for every rho, however close to -1 or 1.
// dim is a whole number from 1 to 2^50, or +Inf.
//
// The two terms cancel where d (1-q) is small, and Second is near d. With h =
// -log|rho| and x = 2 d h they are coth h and (1-e^{-x})/(2 d sinh^2 h); without
// their poles in h,
//
//	Second = 2 d (e^{-x}-1+x)/x^2 + (coth h - 1/h) + (1-e^{-x}) (1/h^2 - 1/sinh^2 h)/(2d),
//
// which has no negative term.
func ARTraces(rho, dim float64) (TraceMoments, error) {
	if !(rho > -1 && rho < 1) {
		return TraceMoments{}, fmt.Errorf("rho must lie between -1 and 1, got %v", rho)
	}
	a := math.Abs(rho)
	q, complement := float64(a*a), float64((1-a)*(1+a))
	if math.IsInf(dim, 1) {
		return TraceMoments{1, (1 + q) / complement}, nil
	}
	if err := checkWhole("dim", dim); err != nil {
		return TraceMoments{}, err
	}
	if a == 0 || dim == 1 {
		return Isotropic, nil
	}
	h := -elementary.Log1p(a - 1) // a-1 is exact where that matters
	x := float64(float64(2*h) * dim)
	cothLess, cschLess := hyperbolic(h, q, complement)
	second := float64(2*dim*expRemainder(x)) + cothLess - float64(elementary.Expm1(-x)*cschLess)/(2*dim)
	return TraceMoments{1, second}, nil
}

// expRemainder returns (e^{-x}-1+x)/x^2 for x > 0.
func expRemainder(x float64) float64 {
	if x >= 1 {
		return (elementary.Expm1(-x) + x) / x / x
	}
	sum := 0.0
	for k := 18.0; k >= 2; k-- { // Horner's rule for sum_k (-x)^{k-2}/k!
		sum = (1 - float64(x*sum)) / k
	}
	return sum
}

// hyperbolic returns coth h - 1/h and 1/h^2 - 1/sinh^2 h, its derivative, for h =
// -log(q)/2 > 0 and complement = 1-q.
func hyperbolic(h, q, complement float64) (cothLess, cschLess float64) {
	if h >= 0.25 {
		return (1+q)/complement - 1/h, 1/h/h - 4*q/complement/complement
	}
	// The power series of coth h - 1/h: h/3 - h^3/45 + ...
	series := [...]float64{1.0 / 3, -1.0 / 45, 2.0 / 945, -1.0 / 4725, 2.0 / 93555, -1382.0 / 638512875, 4.0 / 18243225}
	y := float64(h * h)
	for k := len(series) - 1; k >= 0; k-- {
		cothLess = series[k] + float64(y*cothLess)
		cschLess = float64(float64(2*k+1)*series[k]) + float64(y*cschLess)
	}
	return float64(h * cothLess), cschLess
}

// SpikedTraces returns the moments of Sigma with count eigenvalues equal to
// strength and all others 1; nothing is normalised. In the limit a fixed number
// of spikes leaves no trace. count is from 1 to dim, strength finite and at least 0,
// dim a whole number from 1 to 2^50 or +Inf; anything else is an error.
func SpikedTraces(count int, strength, dim float64) (TraceMoments, error) {
	k := float64(count)
	if count < 1 || k > dim {
		return TraceMoments{}, fmt.Errorf("the number of spikes must be between 1 and dim, got %d", count)
	}
	if !(strength >= 0) || math.IsInf(strength, 1) {
		return TraceMoments{}, fmt.Errorf("the strength of a spike must be finite and at least 0, got %v", strength)
	}
	if math.IsInf(dim, 1) {
		return Isotropic, nil
	}
	if err := checkWhole("dim", dim); err != nil {
		return TraceMoments{}, err
	}
	first := 1 + float64(k*(strength-1))/dim
	second := 1 + float64(k*(float64(strength*strength)-1))/dim
	if second == 0 {
		return TraceMoments{}, fmt.Errorf("all eigenvalues are 0: want fewer spikes than dim, or a strength above 0")
	}
	return TraceMoments{first, second}, nil
}

// PowerTraces returns the moments of eigenvalues proportional to k^-alpha, k =
// 1..d, scaled to trace d, alpha >= 0: First = 1 and
//
//	Second = d sum_k k^{-2 alpha} / (sum_k k^-alpha)^2 -> (1-alpha)^2/(1-2 alpha)
//
// as d -> infinity, for alpha < 1/2; beyond it diverges and the limit is an error.
// Relative error below 3e-15. dim is a whole number from 1 to 2^50, or +Inf.
func PowerTraces(alpha, dim float64) (TraceMoments, error) {
	if !(alpha >= 0) || math.IsInf(alpha, 1) {
		return TraceMoments{}, fmt.Errorf("the exponent of a power law must be finite and at least 0, got %v", alpha)
	}
	if math.IsInf(dim, 1) {
		if alpha >= 0.5 {
			return TraceMoments{}, fmt.Errorf("tr Sigma^2/d diverges as d -> infinity for eigenvalues k^-%v: want a finite dim, or an exponent below 1/2", alpha)
		}
		return TraceMoments{1, float64((1-alpha)*(1-alpha)) / (1 - float64(2*alpha))}, nil
	}
	if err := checkWhole("dim", dim); err != nil {
		return TraceMoments{}, err
	}
	first := powerSum(alpha, dim)
	return TraceMoments{1, dim / first * (powerSum(float64(2*alpha), dim) / first)}, nil
}

// powerSumHead is the number of terms that powerSum adds up one by one.
const powerSumHead = 16

// powerSum returns sum_{k=1}^n k^-a: its first terms, and the rest by the
// Euler-Maclaurin formula, whose next correction is below 1e-16 for every a.
func powerSum(a, n float64) float64 {
	power := func(k float64) float64 { return elementary.Exp(-float64(a * elementary.Log(k))) }
	sum := 0.0
	if n > powerSumHead && a < 16 { // beyond, what is left is below 1e-18
		// The integral of x^-a from N to n is N^{1-a} L (e^u - 1)/u, L = log(n/N), u = (1-a) L.
		const first = powerSumHead
		low, high := power(first), power(n)
		l := elementary.Log(n / first)
		u := float64((1 - a) * l)
		mean := 1.0
		if u != 0 {
			mean = elementary.Expm1(u) / u
		}
		sum = float64(float64(low*first)*float64(l*mean)) + float64(0.5*(high-low))
		// B_2j/(2j)! times the differences of the derivatives of order 2j-1.
		bernoulli := [...]float64{1.0 / 12, -1.0 / 720, 1.0 / 30240, -1.0 / 1209600, 1.0 / 47900160}
		atLow, atHigh := float64(a*low)/first, float64(a*high)/n
		for j, b := range bernoulli {
			sum += float64(b * (atLow - atHigh))
			rising := float64((a + float64(2*j+1)) * (a + float64(2*j+2)))
			atLow, atHigh = float64(atLow*rising)/(first*first), float64(atHigh*rising)/float64(n*n)
		}
	}
	for k := min(n, powerSumHead); k >= 1; k-- { // small terms first
		sum += power(k)
	}
	return sum
}
