package spectra

import (
	"fmt"
	"math"
	"math/cmplx"
	"slices"

	"pastur/internal/lognormal"
)

// SoftmaxDiagonal returns the law of p_1 (1 - p_1), p = softmax(z), z ~ N(0, kappa
// I_C): the weights of the diagonal vv blocks of the linear model under
// cross-entropy in the limit (kappa = d Var V_ij), for 2 <= C <= 1e6 and 0.01 <= kappa <= 20.
//
// It is the law of a function of w = logit p_1, whose density is analytic:
// integrals over it are trapezoid sums in w, plus the residue of the pole of
// tau/(u - gamma tau) where that is near (density there by sinc interpolation), so
// that nothing is lost as u approaches the support. Absolute accuracy of z(u): about 1e-14.
func SoftmaxDiagonal(classes int, kappa float64) (Population, error) {
	one, err := lognormal.NewOne(classes, kappa)
	if err != nil {
		return nil, err
	}
	fine := one.Line(1)
	p := &softmax{
		name: fmt.Sprintf("p(1-p), softmax of C = %d, kappa = %g", classes, kappa),
		pole: diagonalPole,
	}
	// tau is even in w: so may the density be. Nodes are multiples of the step.
	n := len(fine.At)
	index := func(j int) int { return int(math.Round(fine.At[j] / fine.Step)) }
	most := max(-index(0), index(n-1))
	p.step = fine.Step
	p.first = -most
	p.tau, p.weight = make([]float64, 2*most+1), make([]float64, 2*most+1)
	for j, w := range fine.Weight {
		p.weight[index(j)+most] += w / 2
		p.weight[most-index(j)] += w / 2
	}
	for i := range p.tau {
		e := math.Exp(-math.Abs(float64(i-most) * p.step))
		p.tau[i] = e / ((1 + e) * (1 + e))
	}
	p.peak = slices.Max(p.weight)
	return p, nil
}

// SoftmaxOffDiagonal returns the law of -p_1 p_2, p = softmax(z), z ~ N(0, kappa
// I_C): the weights of the off-diagonal vv blocks of the linear model under
// cross-entropy in the limit, for 2 <= C <= 1e6 and 0.01 <= kappa <= 20.
//
// With a, b = (z_1 +- z_2)/2 independent, p_1 p_2 = 1/(2 + e^{-w})^2 where
// e^{-w} = 4 sinh^2(b/2) + e^{log S_{C-2} - a}; the density in w is analytic in
// |Im w| < pi/2 and computed by quadrature over b. Accuracy as for
// [SoftmaxDiagonal]. For two classes it is the law of -p_1 (1 - p_1).
func SoftmaxOffDiagonal(classes int, kappa float64) (Population, error) {
	if classes == 2 {
		p, err := SoftmaxDiagonal(classes, kappa)
		if err != nil {
			return nil, err
		}
		return mirrored{p}, nil
	}
	two, err := lognormal.NewTwo(classes, kappa)
	if err != nil {
		return nil, err
	}
	p := &softmax{
		name: fmt.Sprintf("p1 p2, softmax of C = %d, kappa = %g", classes, kappa),
		pole: offDiagonalPole,
	}
	if err := p.product(two); err != nil {
		return nil, err
	}
	p.peak = slices.Max(p.weight)
	return mirrored{p}, nil
}

// A softmax population is the law of tau(w) >= 0 for a real variable w, as
// trapezoid nodes w_j = (first + j) step.
type softmax struct {
	name        string
	first       int
	step        float64
	tau, weight []float64
	peak        float64 // largest weight
	// pole returns w_0(u), the solution of gamma tau(w) = u in the upper half-plane
	// next to the real axis, dw_0/du, minus the residue factor
	// c(u) = -sum over such poles of tau/(gamma tau') and dc/du.
	pole func(gamma float64, u complex128) (w, dw, c, dc complex128)
}

func (p *softmax) MassAtZero() float64     { return 0 }
func (p *softmax) Range() (lo, hi float64) { return 0, 0.25 }
func (p *softmax) String() string          { return p.name }
func (p *softmax) Moment(k int) float64 {
	if k < 0 {
		panic("spectra: the order of a moment must not be negative")
	}
	if k == 0 {
		return 1
	}
	sum := 0.0
	for i, t := range p.tau {
		sum += p.weight[i] * power(t, k)
	}
	return sum
}

// diagonalPole is for tau = p(1-p), p = logistic(w): p = (1 - r)/2, r = sqrt(1 - 4u/gamma),
// and its mirror image p = (1 + r)/2 in the lower half-plane, which for an
// even density doubles c.
func diagonalPole(gamma float64, u complex128) (w, dw, c, dc complex128) {
	v := u * complex(4/gamma, 0)
	r := cmplx.Sqrt(1 - v)
	if imag(r) > 0 { // u real: the limit from above
		r = cmplx.Conj(r)
	}
	w = cmplx.Log(v) - 2*cmplx.Log(1+r)
	c = complex(-2/gamma, 0) / r
	return w, 1 / (u * r), c, c * complex(2/gamma, 0) / (r * r)
}

// offDiagonalPole is for tau = 1/(2 + e^{-w})^2: e^{-w} = r - 2, r = sqrt(gamma/u). The
// other root, -r - 2, lies at |Im w| > pi/2.
func offDiagonalPole(gamma float64, u complex128) (w, dw, c, dc complex128) {
	r := cmplx.Sqrt(complex(gamma, 0) / u)
	if imag(r) > 0 {
		r = cmplx.Conj(r)
	}
	s := r - 2
	l := cmplx.Log(s)
	if imag(l) > 0 { // s < 0: the limit from below
		l = cmplx.Conj(l)
	}
	c = -r / (complex(2*gamma, 0) * s)
	return -l, r / (2 * u * s), c, c / (u * s)
}

// A line is the transform of a softmax population.
type line struct {
	p     *softmax
	gamma float64
}

func (p *softmax) transform(gamma float64) transform { return &line{p, gamma} }

func (l *line) at(u complex128) (z, dz complex128) {
	q, dq := l.mean(u)
	return u * (1 + q), 1 + q + u*dq
}

// mean returns q(u) = int tau/(u - gamma tau) dnu and q'(u).
//
// The trapezoid rule of step h = 2 step on the even or on the odd nodes, whichever
// keep away from the pole w_0. With it the rule is off by 2 pi i c phi(w_0)/(1 - e^{-2 pi i (w_0-a)/h}),
// a its first node (Trefethen and Weideman 2014, Section 5); with phi(w_0) from its samples,
// phi(w_0) = sum phi(w_j) sinc((w_0 - w_j)/h), the sine cancels against the
// denominator, and what is left,
//
//	c h e^{i pi (w_0-a)/h} sum_j (-1)^j phi(w_j)/(w_0 - w_j),
//
// is as stable in the tails and far from the axis as on it.
func (l *line) mean(u complex128) (q, dq complex128) {
	p := l.p
	h := 2 * p.step
	near := false
	parity := 0
	var w0, dw, c, dc complex128
	if cmplx.Abs(u) > 1e-290 {
		w0, dw, c, dc = p.pole(l.gamma, u)
		if near = imag(w0)*math.Pi/h < 40; near {
			if d := real(w0) / h; math.Abs(d-math.Round(d)) < 0.25 {
				parity = 1
			}
			// In the tails the correction is less than its own rounding.
			near = p.dense(real(w0))
		}
	}
	ur, ui := real(u), imag(u)
	var qr, qi, dr, di float64
	begin := (parity - p.first) & 1 // index of the first node of that parity
	for i := begin; i < len(p.tau); i += 2 {
		t := p.tau[i]
		x := ur - l.gamma*t
		d := 1 / (x*x + ui*ui)
		rr, ri := x*d, -ui*d
		a := 2 * p.weight[i] * t
		cr, ci := a*rr, a*ri
		qr += cr
		qi += ci
		dr -= cr*rr - ci*ri
		di -= cr*ri + ci*rr
	}
	q, dq = complex(qr, qi), complex(dr, di)
	if !near {
		return q, dq
	}
	var sr, si, tr, ti float64 // sum and minus its derivative
	wr, wi := real(w0), imag(w0)
	sign := 1.0
	if ((p.first+begin-parity)/2)&1 == 1 {
		sign = -1
	}
	for i := begin; i < len(p.tau); i += 2 {
		x := wr - float64(p.first+i)*p.step
		d := 1 / (x*x + wi*wi)
		rr, ri := x*d, -wi*d
		a := 2 * sign * p.weight[i]
		cr, ci := a*rr, a*ri
		sr += cr
		si += ci
		tr += cr*rr - ci*ri
		ti += cr*ri + ci*rr
		sign = -sign
	}
	s, ds := complex(sr, si), -complex(tr, ti)
	e := cmplx.Exp(complex(0, math.Pi/h) * (w0 - complex(float64(parity)*p.step, 0)))
	q += c * e * s
	dq += e * (dc*s + c*dw*(complex(0, math.Pi/h)*s+ds))
	return q, dq
}

// dense reports whether the density at w is worth anything: at least 1e-18 of its
// peak. Off the axis it grows, but by less than the correction falls.
func (p *softmax) dense(w float64) bool {
	j := int(math.Floor(w/p.step)) - p.first
	return j >= 0 && j+1 < len(p.weight) && max(p.weight[j], p.weight[j+1]) > 1e-18*p.peak
}

// bands ends a few roundings beyond gamma/4, where z(u) has a singularity.
func (l *line) bands() []Interval { return []Interval{{0, l.gamma / 4 * (1 + 8e-16)}} }
func (l *line) least(int) float64 { panic("spectra: one band has no gap") }
func (l *line) twist(complex128) (angle, imag float64, ok bool) {
	return 0, 0, false
}

// mirrored is the law of -tau. Its transform is -z(-u), which for a real law is
// minus the conjugate of z at minus the conjugate of u.
type mirrored struct{ Population }

func (p mirrored) Range() (lo, hi float64) {
	lo, hi = p.Population.Range()
	return -hi, -lo
}
func (p mirrored) String() string { return "minus " + p.Population.String() }
func (p mirrored) Moment(k int) float64 {
	if k%2 == 1 {
		return -p.Population.Moment(k)
	}
	return p.Population.Moment(k)
}
func (p mirrored) transform(gamma float64) transform {
	return mirrorTransform{p.Population.transform(gamma)}
}

type mirrorTransform struct{ transform }

func (m mirrorTransform) at(u complex128) (z, dz complex128) {
	z, dz = m.transform.at(complex(-real(u), imag(u)))
	return complex(-real(z), imag(z)), cmplx.Conj(dz)
}
func (m mirrorTransform) bands() []Interval {
	b := m.transform.bands()
	out := make([]Interval, len(b))
	for i, s := range b {
		out[len(b)-1-i] = Interval{-s.Hi, -s.Lo}
	}
	return out
}
func (m mirrorTransform) least(k int) float64 {
	return m.transform.least(len(m.transform.bands()) - k)
}
