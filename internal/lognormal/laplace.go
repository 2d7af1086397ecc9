package lognormal

import (
	"math"
	"math/cmplx"
)

// A laplace evaluates L_k(s) = E[e^{kz} exp(-s e^z)], z ~ N(0, kappa), for complex s
// off the negative real axis.
type laplace struct {
	kappa, sigma float64
	refine       float64 // divides the step; above 1 only in tests
}

// reach is how many standard deviations the sums go: e^{-reach^2/2} = 2e-20.
const reach = 9.5

// at returns log L_0(s) and the ratios L_1/L_0 and L_2/L_0.
//
// The integrand exp(-z^2/(2 kappa) + kz - s e^z) has its saddle for k = 0 where z +
// kappa s e^z = 0, at z = -W(kappa s), W Lambert's function. The trapezoid rule runs
// through the saddle horizontally, which is what continues L_k analytically and
// cancels least; further right the path bends smoothly to Im z = -arg s, where
// s e^z is positive and e^{-s e^z} falls at last. Near s = 0, 1 - L_0 is summed
// instead, because L_0^n needs log L_0 to an absolute error of 1/n roundings.
func (l *laplace) at(s complex128) (logL0, r1, r2 complex128) {
	if imag(s) < 0 {
		logL0, r1, r2 = l.at(cmplx.Conj(s))
		return cmplx.Conj(logL0), cmplx.Conj(r1), cmplx.Conj(r2)
	}
	kappa := l.kappa
	w := lambert(complex(kappa, 0) * s)
	center, saddle := -real(w), imag(w) // z = center - i saddle
	h := min(0.35*math.Sqrt(kappa/cmplx.Abs(1+w)), 0.125) / l.refine
	small := cmplx.Abs(s)*math.Exp(kappa/2) < 0.5
	bend := cmplx.Phase(s) - saddle
	// Leftwards only the Gaussian falls, from its value at the saddle.
	from := -math.Sqrt(center*center + reach*reach*kappa)
	to := center + reach*l.sigma + 2*kappa
	n := int(math.Ceil((to-from)/h)) + 1
	var l0, l1, l2, complement, top complex128
	if !small { // the common factor exp(top) keeps everything in range
		z := complex(center, -saddle)
		top = -z*z/complex(2*kappa, 0) - s*cmplx.Exp(z)
	}
	growth := math.Exp(h)
	expY := math.Exp(from)
	// The bend is a logistic function of slope 2 about center + bendAt.
	q := math.Exp(-2 * (from - center - bendAt))
	decay := math.Exp(-2 * h)
	for j := range n {
		y := from + float64(j)*h
		logistic := 1 / (1 + q)
		psi := saddle + bend*logistic
		dz := complex(1, -2*bend*logistic*(1-logistic))
		sin, cos := math.Sincos(psi)
		e := complex(expY*cos, -expY*sin)
		z := complex(y, -psi)
		g := -z * z / complex(2*kappa, 0)
		se := s * e
		var f complex128
		if small {
			phi := cmplx.Exp(g) * dz
			m := expm1(-se)
			complement -= phi * m
			f = phi * (1 + m)
		} else {
			g -= se + top
			f = cmplx.Exp(g) * dz
			if real(g) < -50 && y > center+2*kappa+1 {
				break
			}
		}
		l0 += f
		f *= e
		l1 += f
		l2 += f * e
		expY *= growth
		q *= decay
	}
	r1, r2 = l1/l0, l2/l0
	norm := h / math.Sqrt(2*math.Pi*kappa)
	if small {
		return log1p(-complement * complex(norm, 0)), r1, r2
	}
	return cmplx.Log(l0*complex(norm, 0)) + top, r1, r2
}

// bendAt is how far right of the saddle the path bends: where the Gaussian has
// fallen enough to pay for the bend, which costs e^{psi^2/(2 kappa)}, |psi| < 2.
const bendAt = 2.5

// expm1 returns e^w - 1 without cancelling.
func expm1(w complex128) complex128 {
	a, b := real(w), imag(w)
	m := math.Expm1(a)
	sin, cos := math.Sincos(b)
	half := math.Sin(b / 2)
	// e^a cos b - 1 = (e^a - 1) cos b - 2 sin^2(b/2)
	return complex(m*cos-2*half*half, (m+1)*sin)
}

// log1p returns log(1 + w) without cancelling.
func log1p(w complex128) complex128 {
	a, b := real(w), imag(w)
	return complex(0.5*math.Log1p(a*(2+a)+b*b), math.Atan2(b, 1+a))
}

// lambert returns W(v), W e^W = v, on the principal branch, for v off the negative
// axis; Newton's method on w + log w = log v, near 0 on w = v e^{-w}. A rough value is
// enough.
func lambert(v complex128) complex128 {
	if cmplx.Abs(v) < 0.3 {
		w := v / (1 + v)
		for range 4 {
			e := cmplx.Exp(-w)
			w -= (w - v*e) / (1 + v*e)
		}
		return w
	}
	logV := cmplx.Log(v)
	w := cmplx.Log(1 + v)
	for range 20 {
		d := (w + cmplx.Log(w) - logV) / (1 + 1/w)
		w -= d
		if cmplx.Abs(d) < 1e-8*cmplx.Abs(w) {
			break
		}
	}
	return w
}
