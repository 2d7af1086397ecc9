package verdict

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The slope and its standard error against weighted least squares in the textbook's
// form, (A'PA)^-1 A'P y, of the logarithms freed of their bias -se^2/2 (guards against
// other weights than 1 for a rate and 1/se^2 for an exponent, and other columns).
func TestSlopeByNormalEquations(t *testing.T) {
	xs, sds := []float64{2, 3, 5, 9, 20}, []float64{0.1, 0.5, 0.2, 0.9, 0.3}
	for _, kind := range []Kind{Rate, Exponent} {
		c := Claim{Kind: kind, Target: -1, Bad: 1}
		var m []Moments
		columns := map[Kind]int{Rate: 2, Exponent: 3}[kind]
		a, p, y := mat.NewDense(len(xs), columns, nil), mat.NewDense(len(xs), len(xs), nil), mat.NewVecDense(len(xs), nil)
		se := make([]float64, len(xs))
		for i, x := range xs {
			k := newCell("", x, 64, nil)
			k.Minus = 0.25
			c.Cells = append(c.Cells, k)
			m = append(m, drawn(t, 300+i, func(s *stream) (float64, float64, error) { return 0.25 + (1+sds[i]*s.Normal())/x, 1, nil }))
			for j, v := range []float64{1, math.Log(x), 1 / x}[:columns] {
				a.Set(i, j, v)
			}
			se[i] = m[i].NumError() / (m[i].Num - 0.25)
			y.SetVec(i, math.Log(m[i].Num-0.25)+se[i]*se[i]/2)
			p.Set(i, i, 1)
			if kind == Exponent {
				p.Set(i, i, 1/(se[i]*se[i]))
			}
		}
		var ap, normal, inverse, w mat.Dense
		ap.Mul(a.T(), p)
		normal.Mul(&ap, a)
		if err := inverse.Inverse(&normal); err != nil {
			t.Fatal(err)
		}
		w.Mul(&inverse, &ap)
		slope, variance := 0.0, 0.0
		for i := range xs {
			slope += w.At(1, i) * y.AtVec(i)
			variance += math.Pow(w.At(1, i)*se[i], 2)
		}
		k := c.slope(m, Everything, Everything)
		if math.Abs(k.estimate-slope) > 1e-10 || math.Abs(k.se/math.Sqrt(variance)-1) > 1e-9 {
			t.Errorf("%s: slope %v ± %v, want %v ± %v", kind, k.estimate, k.se, slope, math.Sqrt(variance))
		}
	}
}

// The standard errors of an identity's quotients are made of both sides' (guards
// against leaving one out, which only forecasts would show).
func TestIdentityErrors(t *testing.T) {
	a := drawn(t, 400, func(s *stream) (float64, float64, error) { return 2 + s.Normal(), 3 + s.Normal(), nil })
	b := drawn(t, 500, func(s *stream) (float64, float64, error) { return 1 + s.Normal(), 3 + 2*s.Normal(), nil })
	c := Claim{Kind: Identity, Good: 0.1, Bad: 0.2, Cells: []Cell{newCell("a", 1, 64, nil), newCell("b", 1, 64, nil)}}
	for i, k := range c.identity([]Moments{a, b}, Everything, Everything) {
		x, ex, y, ey := a.Num, a.NumError(), b.Num, b.NumError()
		if i == 1 {
			x, ex, y, ey = a.Den, a.DenError(), b.Den, b.DenError()
		}
		near(t, "standard error of "+k.name, k.se, x/y*math.Hypot(ex/x, ey/y))
	}
}

// A difference from the limit that changes its sign between cells follows no power
// law, though its modulus may (guards against fitting the modulus).
func TestSignChange(t *testing.T) {
	c := Claim{ID: "sign", Kind: Exponent, Target: -1, Good: 0.5, Bad: 1, Looks: 2}
	for i, x := range []float64{2, 4, 8, 16, 32} {
		sign := 1.0
		if i == 4 {
			sign = -1
		}
		k := newCell(string(rune('a'+i)), x, 1024, func(s *stream) (float64, float64, error) { return 1 + sign*(1+0.1*s.Normal())/x, 1, nil })
		k.Minus = 1
		c.Cells = append(c.Cells, k)
	}
	if v := run(t, &c, Options{Seed: 1}); v.Status != Inconclusive || !strings.Contains(v.Reason, "sign changes") {
		t.Errorf("%s: %s", v.Status, v.Reason)
	}
}
