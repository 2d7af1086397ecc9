package elementary

import "math"

const (
	// ln 2 = ln2Hi + ln2Lo; ln2Hi has 32 significant bits, so that k*ln2Hi is
	// exact for every exponent k.
	ln2Hi = 0x1.62e42fefp-1
	ln2Lo = 0x1.473de6af278edp-34

	sqrtHalfBits = 0x3fe6a09e667f3bcd
)

// Log returns the natural logarithm of x.
//
// Error below 1 ulp. Log(0) = -Inf, Log(x < 0) = NaN, Log(+Inf) = +Inf.
//
// Method: x = 2^k (1+f) with 1+f in [sqrt(1/2), sqrt 2), and with
// s = f/(2+f), log(1+f) = f - (f^2/2 - s (f^2/2 + s^2 P(s^2))), which rounds f,
// the largest term, not at all (K. C. Ng, in the FreeBSD library; the
// polynomial is this package's own).
func Log(x float64) float64 {
	k := 0
	ix := math.Float64bits(x)
	if ix-0x0010000000000000 >= 0x7fe0000000000000 {
		switch {
		case x == 0:
			return math.Inf(-1)
		case x < 0:
			return math.NaN()
		case x != x || x > math.MaxFloat64:
			return x
		}
		ix = math.Float64bits(x * 0x1p54) // subnormal
		k = -54
	}
	shifted := ix - sqrtHalfBits
	k += int(int64(shifted) >> 52)
	f := math.Float64frombits(ix-(shifted&(0xfff<<52))) - 1
	return logSum(float64(k), f, 0)
}

// Log1p returns log(1 + x) without the cancellation near 0.
//
// Error below 1 ulp. Log1p(±0) = ±0, Log1p(-1) = -Inf, Log1p(x < -1) = NaN.
func Log1p(x float64) float64 {
	switch {
	case x != x || x > math.MaxFloat64:
		return x
	case x < -1:
		return math.NaN()
	case x == -1:
		return math.Inf(-1)
	case math.Abs(x) < 0x1p-54:
		return x
	case x > -0.29 && x < 0.41:
		return logSum(0, x, 0)
	case x > 0x1p54:
		return Log(x)
	}
	u := 1 + x
	lost := x - (u - 1) // what rounding 1+x dropped, exactly
	if x > 1 {
		lost = 1 - (u - x)
	}
	ix := math.Float64bits(u)
	shifted := ix - sqrtHalfBits
	k := float64(int64(shifted) >> 52)
	f := math.Float64frombits(ix-(shifted&(0xfff<<52))) - 1
	return logSum(k, f, lost/u)
}

// logSum returns k log 2 + log(1+f) + c for 1+f in about [sqrt(1/2), sqrt 2].
func logSum(k, f, c float64) float64 {
	s := f / (2 + f)
	z := float64(s * s)
	// s^2 P(s^2), its even and odd parts in parallel.
	w := float64(z * z)
	even := logPoly[0] + float64(w*(logPoly[2]+float64(w*(logPoly[4]+float64(w*logPoly[6])))))
	odd := logPoly[1] + float64(w*(logPoly[3]+float64(w*(logPoly[5]+float64(w*logPoly[7])))))
	r := float64(z * (even + float64(z*odd)))
	half := float64(0.5 * float64(f*f))
	return float64(k*ln2Hi) - ((half - (float64(s*(half+r)) + (float64(k*ln2Lo) + c))) - f)
}
