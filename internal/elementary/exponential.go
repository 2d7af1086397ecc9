package elementary

import "math"

const (
	// stepsPerLn2 = 128/ln 2. ln 2/128 = stepHi + stepLo, where stepHi has 36
	// significant bits so that k*stepHi is exact for every normal result.
	stepsPerLn2 = 0x1.71547652b82fep+7
	stepHi      = 0x1.62e42fefap-8
	stepLo      = 0x1.cf79abc9e3b3ap-47

	// Adding and taking off 3*2^51 rounds to the nearest integer, which is then
	// also in the low bits of the sum.
	roundShift = 0x1.8p52

	maxExpArgument = 0x1.62e42fefa39efp+9  // log of the largest double
	minExpArgument = -0x1.74910d52d3052p+9 // below it e^x < 2^-1075 rounds to 0
)

// Exp returns e^x.
//
// Error below 0.52 ulp for normal results (measured) and below 1 ulp for
// subnormal ones. Exp(+Inf) = +Inf, Exp(-Inf) = 0, Exp(NaN) = NaN; the result
// overflows to +Inf above 709.78 and underflows to 0 below -745.13.
//
// Method: e^x = 2^(k/128) e^r with |r| <= ln(2)/256, the power from a table of
// 128 entries carried to twice the precision (P. T. P. Tang, Table-driven
// implementation of the exponential function in IEEE floating-point arithmetic,
// ACM Trans. Math. Softw. 15 (1989) 144-157).
func Exp(x float64) float64 {
	if !(x > -708 && x < 709) {
		return expExtreme(x)
	}
	kd := float64(x*stepsPerLn2) + roundShift
	k := math.Float64bits(kd)
	kd -= roundShift
	r := x - float64(kd*stepHi) - float64(kd*stepLo)
	t := &expTable[k&127]
	scale := math.Float64frombits(t.bits + k<<45)
	r2 := float64(r * r)
	// Two short chains instead of one long one: latency is what costs here.
	p := float64(r2*(expPoly[0]+float64(r*expPoly[1]))) +
		float64(float64(r2*r2)*(expPoly[2]+float64(r*expPoly[3])))
	return scale + float64(scale*(t.tail+r+p))
}

// expParts returns e^x = scale (1 + tmp) 2^-bias for finite x in the range
// where e^x is neither 0 nor infinite; bias keeps scale a normal number.
func expParts(x float64, bias int) (scale, tmp float64) {
	kd := float64(x*stepsPerLn2) + roundShift
	k := math.Float64bits(kd)
	kd -= roundShift
	r := x - float64(kd*stepHi) - float64(kd*stepLo)
	t := &expTable[k&127]
	scale = math.Float64frombits(t.bits + k<<45 + uint64(int64(bias)<<52))
	r2 := float64(r * r)
	p := float64(r2*(expPoly[0]+float64(r*expPoly[1]))) +
		float64(float64(r2*r2)*(expPoly[2]+float64(r*expPoly[3])))
	return scale, t.tail + r + p
}

// expExtreme is Exp where the result may overflow, underflow or be NaN.
func expExtreme(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > maxExpArgument:
		return math.Inf(1)
	case x < minExpArgument:
		return 0
	case x > 0:
		scale, tmp := expParts(x, -64)
		return (scale + float64(scale*tmp)) * 0x1p64
	}
	scale, tmp := expParts(x, 128)
	return (scale + float64(scale*tmp)) * 0x1p-128
}

// Expm1 returns e^x - 1 without the cancellation near 0.
//
// Error below 1.5 ulp. Expm1(±0) = ±0, Expm1(-Inf) = -1, Expm1(+Inf) = +Inf.
func Expm1(x float64) float64 {
	switch {
	case x != x || x > 709:
		if x <= maxExpArgument {
			return expExtreme(x)
		}
		return x * math.Inf(1)
	case x < -40:
		return -1
	case math.Abs(x) < 0x1p-54:
		return x
	}
	scale, tmp := expParts(x, 0)
	if scale < 2 {
		// scale - 1 is exact for scale >= 1/2, and for k = 0 it vanishes and
		// leaves the series of e^r - 1, accurate to its last bit.
		return (scale - 1) + float64(scale*tmp)
	}
	return scale + (float64(scale*tmp) - 1)
}
