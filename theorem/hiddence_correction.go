package theorem

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// HiddenCEVVCorrection returns a in
//
//	C^2 R = constant (1 + a/C + o(1/C)),
//
// the first correction to HiddenCEVVConstant as C -> infinity, after d, N ->
// infinity. Finite iff m^2 - 2 kappa m - 9 kappa^2 > 0, that is m > (1 + sqrt 10)
// kappa (m >= 5 at kappa = 1); otherwise the result is -Inf without an error, and
// the constant is approached more slowly than 1/C. hidden >= 1, kappa in (0, 700].
//
// Given the features of two points let v, w, c be (Var V) times |h|^2, |h'|^2 and
// h.h'. Expanding S = sum_c e^{z_c} about its mean, with classes 1 and 2 tilted by
// their factors in the numerators,
//
//	C^4 E[p_1 p_2 p'_1 p'_2]         = e^{2c} (1 + alpha/C + ...),
//	alpha = -4 (e^{v+c}-1) - 4 (e^{w+c}-1) + 3 (e^v-1) + 3 (e^w-1) + 4 (e^c-1),
//	C^2 E[p_1(1-p_1) p'_1(1-p'_1)]   = e^c (1 + beta/C + ...),
//	beta = -2 e^{v+c} - 2 e^{w+c} + e^v + e^w + e^c - 1.
//
// The means over the features, weighted by (h.h')^2 e^{2c} and (h.h')^2 e^c, are
// values of
//
//	G(a, r) = E[(h.h')^2 e^{a |h|^2 + r h.h'}] = m q_2 q_0^{m-1} + m (m-1) q_1^2 q_0^{m-2},
//	q_0 = 1/4 + A^{-1/2}/4 + 1/4 + A^{-1/2} J(rho),  q_1 = A^{-1} J'(rho),
//	q_2 = A^{-3/2} J''(rho),  A = 1 - 2a,  rho = r A^{-1/2},
//
// with J as for HiddenCEVVConstant, which has a = 0.
func HiddenCEVVCorrection(hidden int, kappa float64) (float64, error) {
	if err := checkHidden(hidden, 1, kappa); err != nil {
		return 0, err
	}
	m := float64(hidden)
	u := kappa / m
	if !(float64(9*float64(u*u)) < 1-float64(2*u)) {
		return math.Inf(-1), nil
	}
	g := func(a, r float64) float64 { return tiltedDot(m, a, r) }
	double, single := g(0, 2*u), g(0, u)
	alpha := (float64(-8*g(u, 3*u))+float64(6*g(u, 2*u))+float64(4*g(0, 3*u)))/double - 2
	beta := (float64(-4*g(u, 2*u))+float64(2*g(u, u))+double)/single - 1
	if math.IsInf(alpha-beta, 0) || math.IsNaN(alpha-beta) {
		return 0, fmt.Errorf("the correction overflows at hidden %d, kappa %v", hidden, kappa)
	}
	return alpha - beta, nil
}

// tiltedDot returns G(a, r).
func tiltedDot(m, a, r float64) float64 {
	root := math.Sqrt(1 - float64(2*a))
	q := newQuadrant(1, r/root)
	// q_0 - 1, small for wide networks: 1/2 (1/root - 1) and what J adds to 1/4.
	excess := (a/(1+root) + q.excess) / root
	q1 := q.first / float64(root*root)
	q2 := q.second / float64(root*float64(root*root))
	power := elementary.Exp(float64((m - 2) * elementary.Log1p(excess)))
	return float64(m*power) * (float64(q2*(1+excess)) + float64((m-1)*float64(q1*q1)))
}
