package spectra

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/elementary"
)

// reluPoints is the number of quasi-random points of ReLUCrossEntropy.
const reluPoints = 1 << 14

// ReLUCrossEntropy returns the law, given the output weights V (C x m), of the weight of
// the hidden ww block (i, j), indices from 0, under cross-entropy,
//
//	tau = (sum_c p_c v_ci v_cj - (sum_c p_c v_ci)(sum_c p_c v_cj)) 1(g_i > 0) 1(g_j > 0),
//	p = softmax(V relu(g)),   g ~ N(0, kappaW I_m),
//
// kappaW = d Var W, 1 for LeCun's initialisation and 2 for He's. The mass at 0 is
// exact, 1/2 for i = j and 3/4 otherwise; on the rest tau >= 0 for i = j and of either sign
// otherwise.
//
// The rest is a quasi-random sample of 2^14 points of equal weight (Kronecker's
// sequence of the square roots of the first m primes, 1 <= m <= 100, mapped by the normal quantile), always the
// same. So it is an approximation: moments, transforms at Im z of order one and
// outer edges are good to about 1e-3 relative at m = 8 (TestReLUConverges), and where the atoms
// stand apart from each other, gamma times their distance exceeding sqrt(gamma/2^14)
// of their size, the density has islands that the law has not. [Law.Support] shows them.
func ReLUCrossEntropy(v *mat.Dense, i, j int, kappaW float64) (Population, error) {
	return reluCrossEntropy(v, i, j, kappaW, reluPoints)
}

func reluCrossEntropy(v *mat.Dense, i, j int, kappaW float64, points int) (Population, error) {
	classes, m := v.Dims()
	if m > 100 {
		return nil, fmt.Errorf("hidden width must be at most 100, got %d", m)
	}
	if i < 0 || i >= m || j < 0 || j >= m {
		return nil, fmt.Errorf("block indices must be in [0, %d), got %d and %d", m, i, j)
	}
	if !(kappaW > 0) || math.IsInf(kappaW, 1) {
		return nil, fmt.Errorf("kappa of the hidden weights must be positive, got %v", kappaW)
	}
	for r := range classes {
		for c := range m {
			if x := v.At(r, c); math.IsNaN(x) || math.IsInf(x, 0) {
				return nil, fmt.Errorf("entry (%d, %d) of V must be finite, got %v", r, c, x)
			}
		}
	}
	roots := make([]float64, 0, m)
	for n := 2; len(roots) < m; n++ {
		if prime(n) {
			roots = append(roots, math.Sqrt(float64(n)))
		}
	}
	atZero := 0.5
	if i != j {
		atZero = 0.75
	}
	deviation := math.Sqrt(kappaW)
	h, z := make([]float64, m), make([]float64, classes)
	values, weights := []float64{0}, []float64{atZero}
	for n := range points {
		for k := range h {
			_, u := math.Modf((float64(n) + 0.5) * roots[k])
			if k == i || k == j {
				u = 0.5 + u/2 // given that it is positive
			}
			h[k] = 0
			if u > 0.5 {
				h[k] = deviation * elementary.NormalQuantile(min(u, 1-1e-16))
			}
		}
		top := math.Inf(-1)
		for c := range z {
			z[c] = 0
			for k, x := range h {
				z[c] += v.At(c, k) * x
			}
			top = max(top, z[c])
		}
		var sum, vi, vj float64
		for c := range z {
			z[c] = math.Exp(z[c] - top)
			sum += z[c]
			vi += z[c] * v.At(c, i)
			vj += z[c] * v.At(c, j)
		}
		vi, vj = vi/sum, vj/sum
		tau := 0.0
		for c := range z {
			tau += z[c] / sum * ((v.At(c, i) - vi) * (v.At(c, j) - vj))
		}
		if math.Abs(tau) < minAtom {
			tau = 0
		}
		values, weights = append(values, tau), append(weights, (1-atZero)/float64(points))
	}
	p, err := Atoms(values, weights)
	if err != nil {
		return nil, fmt.Errorf("weights of the ww block (%d, %d): %w", i, j, err)
	}
	a := p.(*atoms)
	a.name = fmt.Sprintf("hidden cross-entropy weight (%d, %d) given V of %d classes, %d points", i, j, classes, points)
	return p, nil
}

func prime(n int) bool {
	for d := 2; d*d <= n; d++ {
		if n%d == 0 {
			return false
		}
	}
	return true
}
