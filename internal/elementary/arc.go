package elementary

import "math"

const (
	halfPi   = 0x1.921fb54442d18p+0
	halfPiLo = 0x1.1a62633145c07p-54
)

// Asin returns the arc sine of x in radians, in [-pi/2, pi/2].
//
// Error below 1 ulp. Asin(±0) = ±0, Asin(|x| > 1) = NaN.
//
// Method: a polynomial in x^2 for |x| <= 1/2, and above it
// asin x = pi/2 - 2 asin(sqrt((1-x)/2)) with pi/2 and the root to twice the
// precision.
func Asin(x float64) float64 {
	a := math.Abs(x)
	if a <= 0.5 {
		if a < 0x1p-27 {
			return x
		}
		t := float64(x * x)
		return x + float64(x*float64(t*horner(asinPoly[:], t)))
	}
	if !(a <= 1) {
		return math.NaN()
	}
	t := float64((1 - a) / 2) // exact
	s := math.Sqrt(t)
	// s = head + rest with head*head exact, so that rest is what sqrt rounded off too.
	head := math.Float64frombits(math.Float64bits(s) &^ (1<<32 - 1))
	rest := 0.0
	if s > 0 {
		rest = (t - float64(head*head)) / (s + head)
	}
	tail := halfPiLo - float64(2*(rest+float64(s*float64(t*horner(asinPoly[:], t)))))
	return math.Copysign((halfPi-float64(2*head))+tail, x)
}

// Atan returns the arc tangent of x in radians, in [-pi/2, pi/2].
//
// Error below 1.5 ulp. Atan(±0) = ±0, Atan(±Inf) = ±pi/2.
//
// Method: atan x = atan(j/8) + atan((x - j/8)/(1 + x j/8)) with the nearest j,
// after atan x = pi/2 - atan(1/x) for |x| > 1.
func Atan(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || a < 0x1p-27:
		return x
	case a > 1:
		hi, lo := atanUnit(1 / a)
		return math.Copysign((halfPi-hi)+(halfPiLo-lo), x)
	}
	hi, lo := atanUnit(a)
	return math.Copysign(hi+lo, x)
}

// atanUnit returns atan x = hi + lo for 0 <= x <= 1, hi the leading part.
func atanUnit(x float64) (hi, lo float64) {
	j := int(float64(8*x) + 0.5)
	c := float64(float64(j) / 8) // the compiler multiplies by 1/8, and would fuse
	u := (x - c) / (1 + float64(x*c))
	v := float64(u * u)
	series := float64(u * float64(v*horner(atanPoly[:], v)))
	if j == 0 {
		return u, series
	}
	return atanTable[j].hi, u + (series + atanTable[j].lo)
}
