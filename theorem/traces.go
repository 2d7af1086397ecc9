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
//	Second = (1+q)/(1-q) - 2 q (1-q^d)/(d (1-q)^2).
//
// dim is a whole number, or +Inf.
func ARTraces(rho, dim float64) (TraceMoments, error) {
	if !(rho > -1 && rho < 1) {
		return TraceMoments{}, fmt.Errorf("rho must lie between -1 and 1, got %v", rho)
	}
	q := float64(rho * rho)
	second := (1 + q) / (1 - q)
	if !math.IsInf(dim, 1) {
		if err := checkWhole("dim", dim); err != nil {
			return TraceMoments{}, err
		}
		if dim <= 10_000 { // the closed form cancels as rho -> 1
			sum, power := 1.0, 1.0
			for k := 1.0; k < dim; k++ {
				power *= q
				sum += float64(float64(2*(1-k/dim)) * power)
			}
			return TraceMoments{1, sum}, nil
		}
		power := 0.0
		if q > 0 {
			power = elementary.Exp(float64(dim * elementary.Log(q)))
		}
		second -= float64(float64(2*q)*(1-power)) / float64(dim*float64((1-q)*(1-q)))
	}
	return TraceMoments{1, second}, nil
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

// maxPowerDim bounds the sums of PowerTraces.
const maxPowerDim = 1e8

// PowerTraces returns the moments of eigenvalues proportional to k^-alpha, k =
// 1..d, scaled to trace d, alpha >= 0: First = 1 and
//
//	Second = d sum_k k^{-2 alpha} / (sum_k k^-alpha)^2 -> (1-alpha)^2/(1-2 alpha)
//
// as d -> infinity, for alpha < 1/2; beyond it diverges and the limit is an error.
// dim is a whole number of at most 1e8, or +Inf.
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
	if dim > maxPowerDim {
		return TraceMoments{}, fmt.Errorf("dim must be at most %.0g for a power law, got %v", float64(maxPowerDim), dim)
	}
	var first, second float64
	for k := dim; k >= 1; k-- { // small terms first
		e := elementary.Exp(-float64(alpha * elementary.Log(k)))
		first += e
		second += float64(e * e)
	}
	return TraceMoments{1, dim / first * (second / first)}, nil
}
