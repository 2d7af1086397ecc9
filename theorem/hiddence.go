package theorem

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// HiddenCEVVConstant returns lim C^2 R as C -> infinity, after d, N -> infinity,
// for the output-weight blocks (vv) of a one-hidden-layer ReLU network of width m
// under cross-entropy. It is free of gamma: the h h^T blocks concentrate.
//
//	C^2 R -> G(2r)/G(r),  r = kappa/m,
//	G(r) = m q_2 q_0^{m-1} + m(m-1) q_1^2 q_0^{m-2},
//	q_0 = 3/4 + J(r),  q_1 = J'(r),  q_2 = J''(r),
//	J(r) = E[1(g>0) 1(g'>0) e^{r g g'}] = (1/4 + asin(r)/(2 pi)) / sqrt(1-r^2).
//
// The constant is finite iff m > 2 kappa; otherwise the result is +Inf, without an
// error. At LeCun's initialisation (kappa = 1) that is the hypothesis m >= 3 of
// Theorem 2 in Dong et al. (2025). Relative error below 1e-13 (1 + 1/(1 - 2 kappa/m)).
// hidden >= 1, kappa in (0, 700]. That the limits in C and the expectation
// exchange is supported by simulation, not proved here.
func HiddenCEVVConstant(hidden int, kappa float64) (float64, error) {
	if err := checkHidden(hidden, 1, kappa); err != nil {
		return 0, err
	}
	m := float64(hidden)
	if m <= float64(2*kappa) {
		return math.Inf(1), nil
	}
	// G without its factor m q_0^{m-2}, which is one exponential for the ratio.
	g := func(q quadrant) float64 {
		q0 := 1 + q.excess
		return float64(q.second*q0) + float64((m-1)*float64(q.first*q.first))
	}
	double, single := newQuadrant(m, float64(2*kappa)), newQuadrant(m, kappa)
	power := elementary.Exp(float64((m - 2) * (elementary.Log1p(double.excess) - elementary.Log1p(single.excess))))
	return float64(power*g(double)) / g(single), nil
}

// HiddenCEWWConstant returns lim C R as C -> infinity, after d, N -> infinity with
// d/N -> gamma, for the hidden-weight blocks (ww) under cross-entropy:
//
//	C R -> [gamma a_1^2 a_0^{m-2} + b_1^2 b_0^{m-2}] / (gamma/2 + 1/4),
//	a_0 = (1+t)/2,  a_1 = t/2 + r t^3/2,  t = (1-2r)^{-1/2},  r = kappa/m,
//	b_0 = 3/4 + J(r),  b_1 = J(r) + r J'(r),
//
// J as for HiddenCEVVConstant. +Inf, without an error, unless m > 2 kappa; hidden
// >= 2 (one neuron has no off-diagonal block), kappa in (0, 700], gamma positive
// and finite. Relative error below 1e-13 (1 + 1/(1 - 2 kappa/m)).
//
// The weighted covariance of v_ci and v_cj over classes vanishes as C -> infinity,
// and its fluctuation is of order C^{-1/2}: under the tilt e^{z} the rows v_c are
// Gaussian about (kappa_V/m) h, which gives the Gaussian integrals a and b; the
// diagonal tends to the variance kappa_V/m itself.
func HiddenCEWWConstant(hidden int, gamma, kappa float64) (float64, error) {
	if err := checkHidden(hidden, 2, kappa); err != nil {
		return 0, err
	}
	if err := checkGamma(gamma); err != nil {
		return 0, err
	}
	m := float64(hidden)
	if m <= float64(2*kappa) {
		return math.Inf(1), nil
	}
	r := kappa / m
	root := math.Sqrt((m - float64(2*kappa)) / m)
	t := 1 / root
	a0 := r / float64(root*(1+root)) // (t-1)/2 without the cancellation
	a1 := float64(0.5*t) + float64(float64(0.5*r)*float64(t*float64(t*t)))
	q := newQuadrant(m, kappa)
	b1 := q.value + float64(r*q.first)

	self := float64(float64(a1*a1) * elementary.Exp(float64((m-2)*elementary.Log1p(a0))))
	pair := float64(float64(b1*b1) * elementary.Exp(float64((m-2)*elementary.Log1p(q.excess))))
	if gamma > 1 {
		return (self + pair/gamma) / (0.5 + 0.25/gamma), nil
	}
	return (float64(gamma*self) + pair) / (float64(gamma/2) + 0.25), nil
}

func checkHidden(hidden, least int, kappa float64) error {
	if hidden < least || hidden > MaxClasses {
		return fmt.Errorf("hidden must be between %d and %d, got %d", least, MaxClasses, hidden)
	}
	return checkKappa(kappa, maxConstantKappa)
}

// quadrant holds J and its first two derivatives at r, and q_0 - 1 = J(r) -
// 1/4, which is small for wide networks and is raised to a power of order m.
type quadrant struct{ value, first, second, excess float64 }

// newQuadrant evaluates J at r = kappa/m < 1.
func newQuadrant(m, kappa float64) quadrant {
	r := kappa / m
	s2 := float64((m - kappa) / m * (1 + r)) // 1 - r^2, accurate as r -> 1
	s := math.Sqrt(s2)
	arc := elementary.Asin(r) / (2 * math.Pi)
	excess := (float64(r*r)/float64(4*(1+s)) + arc) / s
	value := (0.25 + arc) / s
	first := (1/(2*math.Pi) + float64(r*value)) / s2
	second := (value + float64(float64(3*r)*first)) / s2
	return quadrant{value, first, second, excess}
}
