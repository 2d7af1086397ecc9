package montecarlo

import (
	"context"
	"fmt"
	"math"
	"slices"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// Typical is the law of a network's own ratio over the weights: that of |H_ij|_F^2
// (averaged over i != j) and |H_ii|_F^2 (over i), both in expectation over the data
// given the weights. R is the quotient of their means over the weights, which heavy
// tails may carry far from the median.
type Typical struct {
	Networks int     // how many were drawn
	Inner    int     // data points a network
	Median   float64 // of the networks' ratios
	Lo, Hi   float64 // 95 % interval for the median, free of their law; NaN below 6 networks
	Low, Top float64 // the 10 % and 90 % quantiles
	Mean     float64 // mean of off over mean of diag, an estimate of R
}

// medianMiss is the chance that a median's interval misses it, on each side.
const medianMiss = 0.025

// MeasureTypical draws networks, each with inner data points, and summarises their
// ratios. A network's ratio has a bias of order 1/inner.
func MeasureTypical(ctx context.Context, e *Estimator, networks, inner int, opt replicate.Options) (Typical, error) {
	if networks < 1 {
		return Typical{}, fmt.Errorf("networks must be at least 1, got %d", networks)
	}
	if _, err := e.Conditional(inner); err != nil {
		return Typical{}, err
	}
	var ratios []float64
	var off, diag float64
	job := replicate.Job[[2]float64]{
		Key: fmt.Sprintf("%s typical inner=%d", e.Setting, inner), ChunkSize: 1, To: networks, Memory: int64(e.Setting.conditionalMemory(inner)),
		New: func() (func(context.Context, *replicate.Stream) ([2]float64, error), error) {
			sampler, err := e.Conditional(inner)
			return func(_ context.Context, s *replicate.Stream) ([2]float64, error) {
				o, d, err := sampler.Sample(s)
				return [2]float64{o, d}, err
			}, err
		},
		Fold: func(chunk int, norms [2]float64) error {
			if !(norms[1] > 0) {
				return fmt.Errorf("network %d: the mean of |H_ii|^2 is estimated as %v: want more inner points", chunk+1, norms[1])
			}
			ratios = append(ratios, norms[0]/norms[1])
			off += norms[0]
			diag += norms[1]
			return nil
		},
	}
	if err := replicate.Run(ctx, []replicate.Job[[2]float64]{job}, opt); err != nil {
		return Typical{}, err
	}
	slices.Sort(ratios)
	t := Typical{
		Networks: networks, Inner: inner, Mean: off / diag,
		Median: quantile(ratios, 0.5), Low: quantile(ratios, 0.1), Top: quantile(ratios, 0.9),
		Lo: math.NaN(), Hi: math.NaN(),
	}
	if k := medianRank(networks); k > 0 {
		t.Lo, t.Hi = ratios[k-1], ratios[networks-k]
	}
	return t, nil
}

// medianRank returns the largest k for which the k-th smallest and k-th largest of n
// values enclose the median of their law: P(Bin(n, 1/2) < k) <= medianMiss. 0 if
// there is none.
func medianRank(n int) (k int) {
	log := -float64(n) * math.Ln2 // of the binomial probability of k
	sum := 0.0
	for ; k < n; k++ {
		if sum += elementary.Exp(log); sum > medianMiss {
			return k
		}
		log += elementary.Log(float64(n-k) / float64(k+1))
	}
	return k
}

// quantile interpolates between order statistics.
func quantile(sorted []float64, p float64) float64 {
	at := float64(p * float64(len(sorted)-1))
	k := int(at)
	if k+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[k] + float64((at-float64(k))*(sorted[k+1]-sorted[k]))
}
