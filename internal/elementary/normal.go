package elementary

import "math"

// tailShift is K in the map t = (x-K)/(x+K) of [0, inf) onto [-1, 1).
const tailShift = 5.25

// NormalCDF returns Phi(x) = P(Z <= x) for standard normal Z.
//
// Relative error below 2e-15 in both tails for as long as the result is a
// normal number (x > -37.5); 0 below -38.6. P(Z > x) is NormalCDF(-x).
func NormalCDF(x float64) float64 {
	if x <= 0 {
		return normalTail(-x)
	}
	return 1 - normalTail(x) // NaN lands here too
}

// normalTail returns Q(x) for x >= 0 as e^{-x^2/2} F(t)/(x+K), F a Chebyshev
// series (M. M. Shepherd and J. G. Laframboise, Chebyshev approximation of
// (1+2x)exp(x^2)erfc x in 0 <= x < inf, Math. Comp. 36 (1981) 249-253; the
// coefficients are recomputed for the normal tail).
func normalTail(x float64) float64 {
	if x > 39 {
		return 0
	}
	d := x + tailShift
	f := clenshaw(tailChebyshev[:], (x-tailShift)/d)
	// e^{-x^2/2} in two factors: rounding x^2 itself would cost x^2/2 ulp.
	head := float64(math.Floor(float64(16*x)) / 16) // the compiler multiplies by 1/16, and would fuse
	rest := float64((x - head) * (x + head))
	return float64(f/d*Exp(-0.5*rest)) * Exp(-0.5*float64(head*head))
}

// clenshaw evaluates the Chebyshev series sum_j c[j] T_j(t).
func clenshaw(c []float64, t float64) float64 {
	b1, b2 := 0.0, 0.0
	for j := len(c) - 1; j > 0; j-- {
		b1, b2 = float64(float64(2*t)*b1)-b2+c[j], b1
	}
	return float64(t*b1) - b2 + c[0]
}

// NormalQuantile returns the x with Phi(x) = p.
//
// Relative error below 2e-15 for p in [1e-308, 1); what is lost beyond that
// near p = 1 is in p itself: for small upper tails call NormalUpperQuantile.
// NormalQuantile(0) = -Inf, NormalQuantile(1) = +Inf, and NaN outside [0, 1].
//
// Method: algorithm AS 241, PPND16 (M. J. Wichura, The percentage points of the
// normal distribution, Applied Statistics 37 (1988) 477-484).
func NormalQuantile(p float64) float64 {
	if !(p >= 0 && p <= 1) {
		return math.NaN()
	}
	q := p - 0.5
	if math.Abs(q) <= 0.425 {
		r := 0.180625 - float64(q*q)
		return q * horner(centreNumerator[:], r) / horner(centreDenominator[:], r)
	}
	if q < 0 {
		return -upperTailQuantile(p)
	}
	return upperTailQuantile(1 - p)
}

// NormalUpperQuantile returns the x with P(Z > x) = q, accurate for q down to
// the smallest normal double, 2.2e-308: relative error below 2e-15.
// NormalUpperQuantile(0) = +Inf, NormalUpperQuantile(1) = -Inf.
func NormalUpperQuantile(q float64) float64 { return -NormalQuantile(q) }

// upperTailQuantile returns the x with P(Z > x) = q for 0 <= q <= 0.075.
func upperTailQuantile(q float64) float64 {
	if q == 0 {
		return math.Inf(1)
	}
	r := math.Sqrt(-Log(q))
	if r <= 5 {
		r -= 1.6
		return horner(middleNumerator[:], r) / horner(middleDenominator[:], r)
	}
	r -= 5
	return horner(farNumerator[:], r) / horner(farDenominator[:], r)
}

// The coefficients of PPND16, Wichura (1988).
var (
	centreNumerator = [...]float64{
		3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
		4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3,
	}
	centreDenominator = [...]float64{
		1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
		2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3,
	}
	middleNumerator = [...]float64{
		1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
	}
	middleDenominator = [...]float64{
		1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
	}
	farNumerator = [...]float64{
		6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
		2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
	}
	farDenominator = [...]float64{
		1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
	}
)
