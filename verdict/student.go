package verdict

import (
	"math"

	"pastur/internal/elementary"
)

// studentExpands is the number of degrees of freedom from which the expansion
// about the normal quantile is used: there its error is below 1e-10 for any
// upper tail down to 1e-12.
const studentExpands = 1000

// studentUpperQuantile returns the t with P(T > t) = miss for Student's t with
// nu degrees of freedom, a positive integer, in portable arithmetic. (The
// quantile of gonum returns 66 for 65535 degrees and 1e-8, and its bits differ
// between machines.)
func studentUpperQuantile(nu, miss float64) float64 {
	switch {
	case !(nu >= 1) || !(miss >= 0 && miss <= 1):
		return math.NaN()
	case miss > 0.5:
		return -studentUpperQuantile(nu, 1-miss)
	case miss == 0.5:
		return 0
	case miss == 0:
		return math.Inf(1)
	case nu >= studentExpands:
		return studentExpansion(nu, elementary.NormalUpperQuantile(miss))
	}
	// Newton's method for log P(T > e^u) = log miss. The left side is concave
	// in u, so after the first step the iterates decrease to the root.
	normalise := studentNormaliser(nu)
	target := elementary.Log(miss)
	t := elementary.NormalUpperQuantile(miss)
	if nu >= 8 {
		t = studentExpansion(nu, t)
	}
	u := elementary.Log(t)
	for range 200 {
		t := elementary.Exp(u)
		tail, density := studentTail(nu, t, normalise)
		step := (elementary.Log(tail) - target) * tail / float64(t*density)
		u += step
		if !(math.Abs(step) > 1e-15*(1+math.Abs(u))) {
			break
		}
	}
	return elementary.Exp(u)
}

// studentExpansion is the Cornish-Fisher expansion of Student's quantile at the
// normal quantile z (Abramowitz and Stegun, Handbook of Mathematical
// Functions, 26.7.5).
func studentExpansion(nu, z float64) float64 {
	z2 := float64(z * z)
	polynomial := func(c ...float64) (sum float64) {
		for _, k := range c {
			sum = float64(sum*z2) + k
		}
		return float64(sum * z)
	}
	g1 := float64(polynomial(1, 1) / 4) // the compiler multiplies by 1/4, and would fuse
	g2 := polynomial(5, 16, 3) / 96
	g3 := polynomial(3, 19, 17, -15) / 384
	g4 := polynomial(79, 776, 1482, -1920, -945) / 92160
	return z + (g1+(g2+(g3+g4/nu)/nu)/nu)/nu
}

// studentNormaliser returns Gamma((nu+1)/2) / Gamma(nu/2), 1/B(nu/2, 1/2)
// times the root of pi.
func studentNormaliser(nu float64) float64 {
	ratio, from := 1/math.Sqrt(math.Pi), 1.0
	if math.Mod(nu, 2) == 0 {
		ratio, from = math.Sqrt(math.Pi)/2, 2
	}
	for k := from; k < nu; k += 2 {
		ratio *= (k + 1) / k
	}
	return ratio
}

// studentTail returns P(T > t) and the density at t > 0. The tail is half the
// regularised incomplete beta function I_x(nu/2, 1/2) at x = nu/(nu+t^2).
func studentTail(nu, t, normalise float64) (tail, density float64) {
	t2 := float64(t * t)
	// x^(nu/2)
	power := elementary.Exp(-0.5 * float64(nu*elementary.Log1p(t2/nu)))
	density = normalise / math.Sqrt(math.Pi*nu) * power / math.Sqrt(1+t2/nu)
	x, y := nu/(nu+t2), t2/(nu+t2)
	front := normalise / math.Sqrt(math.Pi) * power * math.Sqrt(y) // x^a y^b / B(a, b)
	if t2 > 3 {
		return front * betaFraction(nu/2, 0.5, x) / nu, density
	}
	return 0.5 - float64(front*betaFraction(0.5, nu/2, y)), density
}

// betaFraction is the continued fraction of the incomplete beta function:
// I_x(a, b) = x^a (1-x)^b / (a B(a, b)) times it (Abramowitz and Stegun,
// 26.5.8), by the modified Lentz method.
func betaFraction(a, b, x float64) float64 {
	const tiny = 1e-300
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c := 1.0
	d := 1 / away(1-float64((a+b)*x)/(a+1))
	h := d
	for m := 1.0; m < 10000; m++ {
		even := float64(m*(b-m)*x) / float64((a+2*m-1)*(a+2*m))
		d = 1 / away(1+float64(even*d))
		c = away(1 + even/c)
		h *= float64(d * c)
		odd := -float64((a+m)*(a+b+m)*x) / float64((a+2*m)*(a+2*m+1))
		d = 1 / away(1+float64(odd*d))
		c = away(1 + odd/c)
		factor := float64(d * c)
		h *= factor
		if math.Abs(factor-1) < 1e-16 {
			break
		}
	}
	return h
}
