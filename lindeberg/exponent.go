package lindeberg

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"
)

// Exponent is the fitted p in |delta_N| = c N^p e^{b/N}, with a 95 % interval. From
// four sizes on the correction term b/N is fitted too; with two or three sizes b = 0.
type Exponent struct {
	Value, Lo, Hi float64
	Corrected     bool
}

// normalHalf is the normal law's quantile of a two-sided 95 % interval.
const normalHalf = 1.959963984540054

// FitExponent fits log|delta_N| on 1, log N and (from four sizes) 1/N by least
// squares weighted by the errors, the error of log|delta| being that of the
// component along delta, times Half/1.96: as long as Student's quantile makes it at
// so few replicates. With fewer than two sizes, or an error that is not known (one
// replicate), everything is NaN.
func FitExponent(gaps []Gap) Exponent {
	columns := 2
	if len(gaps) >= 4 {
		columns = 3
	}
	nan := Exponent{math.NaN(), math.NaN(), math.NaN(), columns == 3}
	if len(gaps) < 2 {
		return nan
	}
	normal, right := mat.NewDense(columns, columns, nil), mat.NewVecDense(columns, nil)
	for i := range gaps {
		g := &gaps[i]
		modulus := cmplx.Abs(g.Delta)
		re, im := real(g.Delta)/modulus, imag(g.Delta)/modulus
		se := math.Hypot(re*g.SERe, im*g.SEIm) / modulus * g.Half / normalHalf
		if !(se > 0) {
			return nan
		}
		row := []float64{1, math.Log(float64(g.Setting.Samples)), 1 / float64(g.Setting.Samples)}[:columns]
		for a, x := range row {
			for b, y := range row {
				normal.Set(a, b, normal.At(a, b)+x*y/(se*se))
			}
			right.SetVec(a, right.AtVec(a)+x*math.Log(modulus)/(se*se))
		}
	}
	var inverse mat.Dense
	if err := inverse.Inverse(normal); err != nil {
		if _, ill := err.(mat.Condition); !ill || math.IsInf(float64(err.(mat.Condition)), 1) {
			return nan
		}
	}
	var fit mat.VecDense
	fit.MulVec(&inverse, right)
	half := normalHalf * math.Sqrt(inverse.At(1, 1))
	return Exponent{fit.AtVec(1), fit.AtVec(1) - half, fit.AtVec(1) + half, columns == 3}
}
