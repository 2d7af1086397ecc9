package theorem

import (
	"fmt"
	"math"
	"slices"

	"pastur/internal/elementary"
)

// maxDegree bounds the sum of the exponents of a moment: the trapezoid in log s
// loses a digit or so for each unit beyond it.
const maxDegree = 12

// SoftmaxMoments gives the joint moments of p = softmax(z), z ~ N(0, kappa I_C).
type SoftmaxMoments struct {
	classes int
	kappa   float64
	// refine divides both quadrature steps; above 1 only in tests.
	refine int
}

// NewSoftmaxMoments returns the moments for 2 <= classes <= MaxClasses and
// 0 < kappa <= MaxKappa.
func NewSoftmaxMoments(classes int, kappa float64) (*SoftmaxMoments, error) {
	if err := checkClasses(classes, 2); err != nil {
		return nil, err
	}
	if err := checkKappa(kappa, MaxKappa); err != nil {
		return nil, err
	}
	return &SoftmaxMoments{classes, kappa, 1}, nil
}

// Moment returns
//
//	E[p_1^{a_1} p_2^{a_2} ... p_k^{a_k}],
//
// with relative error below 1e-13. Exponents may be zero; their sum may be at
// most 12, and at most C of them may be positive.
func (m *SoftmaxMoments) Moment(a ...int) (float64, error) {
	var p partition
	degree := 0
	for _, e := range a {
		if e < 0 {
			return 0, fmt.Errorf("exponent of a softmax moment must not be negative, got %d", e)
		}
		if e > maxDegree || degree > maxDegree-e {
			return 0, fmt.Errorf("exponents of a softmax moment must sum to at most %d, got %v", maxDegree, a)
		}
		degree += e
		if e > 0 {
			p = append(p, e)
		}
	}
	if len(p) > m.classes {
		return 0, fmt.Errorf("a softmax moment has at most %d positive exponents, one a class, got %d", m.classes, len(p))
	}
	if len(p) == 0 {
		return 1, nil
	}
	return m.moments([]partition{p})[0], nil
}

// A partition lists the positive exponents of a monomial in p_1, p_2, ...; by
// exchangeability their order does not matter.
type partition []int

func (p partition) degree() int {
	sum := 0
	for _, e := range p {
		sum += e
	}
	return sum
}

// moments returns E of each monomial, in one sweep over the quadrature nodes.
//
// With L_k(s) = E[e^{kz} exp(-s e^z)] and 1/S^a = int s^{a-1} e^{-sS} ds / Gamma(a),
//
//	E prod p_r^{a_r} = 1/Gamma(a) int prod M_{a_r}(t) L_0(t)^{C-k} dt,
//	M_k(t) = s^k L_k(s) = E[u^k e^{-u}],  u = e^{t+z},  t = log s,
//
// where nothing overflows because u^k e^{-u} is bounded. Both integrals are over
// the whole line with integrands analytic in a strip, so that the trapezoid rule
// converges geometrically (L. N. Trefethen and J. A. C. Weideman, SIAM Review 56
// (2014) 385-458). The integrand in t is log-concave (Prekopa: each M_k is a
// convolution of log-concave functions), so the sum may walk outwards from a
// peak and stop, for each monomial, once its terms decrease and are negligible.
func (m *SoftmaxMoments) moments(monomials []partition) []float64 {
	most := 3 // the search for the peak needs M_3
	for _, p := range monomials {
		most = max(most, slices.Max(p))
	}
	line := newLaplaceLine(m.kappa, most, m.refine)
	step := 1 / float64(6*m.refine)
	c := float64(m.classes)

	// The peak of the integrand of E p_1^2: d/dt of its logarithm,
	// 2 - M_3/M_2 - (C-1) M_1/L_0, decreases through 0.
	rising := func(i int) bool {
		line.at(float64(i) * step)
		M := line.moments
		return M[0] > 0 && M[2] > 0 && M[3]/M[2]+float64((c-1)*M[1])/M[0] < 2
	}
	lo := -int((elementary.Log(c) + float64(3*m.kappa) + 10) / step)
	hi := int((m.kappa + 10) / step)
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; rising(mid) {
			lo = mid
		} else {
			hi = mid
		}
	}

	sums := make([]float64, len(monomials))
	previous := make([]float64, len(monomials))
	term := make([]float64, len(monomials))
	walk := func(start, direction int) {
		for j := range previous {
			previous[j] = math.Inf(1)
		}
		for i := start; ; i += direction {
			line.at(float64(i) * step)
			done := true
			for j, p := range monomials {
				term[j] = line.integrand(p, m.classes)
				sums[j] += term[j]
				if term[j] > previous[j] || term[j] > float64(1e-18*sums[j]) {
					done = false
				}
			}
			if done {
				return
			}
			copy(previous, term)
		}
	}
	walk(lo, -1)
	walk(lo+1, 1)
	for j, p := range monomials {
		factorial := 1.0
		for k := 2; k < p.degree(); k++ {
			factorial *= float64(k)
		}
		sums[j] *= step / factorial
	}
	return sums
}

// A laplaceLine evaluates M_k(t) = E[u^k e^{-u}], u = e^{t+z}, z ~ N(0, kappa),
// at one t at a time, for k = 0..most.
type laplaceLine struct {
	kappa, sigma float64
	perSigma     float64 // trapezoid step in units of sigma
	norm         float64
	// Gaussian weight and e^z at z = j step, for j >= 0 and for j < 0 (at -1-j).
	up, down []node

	t       float64
	moments []float64
	logL0   float64
}

type node struct{ weight, expZ float64 }

func newLaplaceLine(kappa float64, most, refine int) *laplaceLine {
	sigma := math.Sqrt(kappa)
	perSigma := min(0.5, 0.25/sigma) / float64(refine)
	return &laplaceLine{
		kappa: kappa, sigma: sigma, perSigma: perSigma,
		norm:    perSigma / math.Sqrt(2*math.Pi),
		moments: make([]float64, most+1),
	}
}

func (l *laplaceLine) node(j int) node {
	side, i, sign := &l.up, j, 1.0
	if j < 0 {
		side, i, sign = &l.down, -1-j, -1
	}
	for n := len(*side); n <= i; n++ {
		at := float64(n)
		if sign < 0 {
			at = -float64(n + 1)
		}
		x := float64(at * l.perSigma) // z/sigma: z^2/kappa could underflow
		*side = append(*side, node{l.norm * elementary.Exp(-0.5*float64(x*x)), elementary.Exp(float64(x * l.sigma))})
	}
	return (*side)[i]
}

// The integrand exp(-z^2/(2 kappa) + k(t+z) - e^{t+z}) is log-concave with
// curvature at least 1/kappa: beyond its peak by 9 sigma it has fallen by e^-40.
const reach = 9

func (l *laplaceLine) at(t float64) {
	l.t = t
	most := len(l.moments) - 1
	from := (peak(t, l.kappa)-t)/l.sigma - reach
	to := (peak(t+float64(float64(most)*l.kappa), l.kappa)-t)/l.sigma + reach
	first, last := int(math.Floor(from/l.perSigma)), int(math.Ceil(to/l.perSigma))
	expT := elementary.Exp(t)
	clear(l.moments)
	complement := 0.0 // 1 - L_0
	for j := first; j <= last; j++ {
		n := l.node(j)
		u := float64(expT * n.expZ)
		if u > 700 {
			// Nothing is left of e^-u, but 1 - L_0 still needs the weight.
			complement += n.weight
			continue
		}
		e := elementary.Exp(-u)
		if u < 0.7 {
			complement -= float64(n.weight * elementary.Expm1(-u))
		} else {
			complement += float64(n.weight * (1 - e))
		}
		f := float64(n.weight * e)
		for k := range l.moments {
			l.moments[k] += f
			f = float64(f * u)
		}
	}
	if l.moments[0] > 0.5 {
		l.logL0 = elementary.Log1p(-complement)
	} else {
		l.logL0 = elementary.Log(l.moments[0])
	}
}

// integrand returns prod M_{a_r} L_0^{C-k} at the current t.
func (l *laplaceLine) integrand(p partition, classes int) float64 {
	f := 1.0
	for _, a := range p {
		f = float64(f * l.moments[a])
	}
	if rest := classes - len(p); rest > 0 {
		f = float64(f * elementary.Exp(float64(float64(rest)*l.logL0)))
	}
	return f
}

// peak solves y + kappa e^y = c by Newton's method: the left side is convex and
// increasing, so that from a start at or beyond the root the iterates decrease
// to it. A peak within a step or so is enough.
func peak(c, kappa float64) float64 {
	y := min(c, 0)
	if c > kappa {
		y = min(c, elementary.Log(c/kappa))
	}
	for range 60 {
		ke := float64(kappa * elementary.Exp(y))
		move := (y + ke - c) / (1 + ke)
		y -= move
		if math.Abs(move) < 1e-3 {
			break
		}
	}
	return y
}
