package spectra

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/replicate"
)

func testV(classes, m int) *mat.Dense {
	s := replicate.NewStream(1, "relu test", 0)
	v := mat.NewDense(classes, m, nil)
	for c := range classes {
		for k := range m {
			v.Set(c, k, s.Normal()/math.Sqrt(float64(m)))
		}
	}
	return v
}

// The quasi-random law against plain sampling with other code, and against fewer
// points of its own.
func TestReLUConverges(t *testing.T) {
	v := testV(10, 8)
	for _, j := range []int{0, 1} {
		p, err := ReLUCrossEntropy(v, 0, j, 1)
		if err != nil {
			t.Fatal(err)
		}
		want := []float64{.5, .75}[j]
		if p.MassAtZero() != want {
			t.Errorf("mass at zero %v, want %v", p.MassAtZero(), want)
		}
		// Plain Monte Carlo of the first two moments.
		s := replicate.NewStream(2, "relu test", j)
		const draws = 40000
		var sum, square, fourth float64
		for range draws {
			var h [8]float64
			for k := range h {
				h[k] = max(0, s.Normal())
			}
			var q [10]float64
			total := 0.0
			for c := range q {
				x := 0.0
				for k := range h {
					x += v.At(c, k) * h[k]
				}
				q[c] = math.Exp(x)
				total += q[c]
			}
			tau := 0.0
			if h[0] > 0 && h[j] > 0 {
				var a, b float64
				for c := range q {
					tau += q[c] / total * v.At(c, 0) * v.At(c, j)
					a += q[c] / total * v.At(c, 0)
					b += q[c] / total * v.At(c, j)
				}
				tau -= a * b
			}
			sum += tau
			square += tau * tau
			fourth += tau * tau * tau * tau
		}
		m1, m2, m4 := sum/draws, square/draws, fourth/draws
		// Six standard errors: a false alarm below 1e-8.
		near(t, "E tau", p.Moment(1), m1, 6*math.Sqrt((m2-m1*m1)/draws))
		near(t, "E tau^2", p.Moment(2), m2, 6*math.Sqrt((m4-m2*m2)/draws))
		half, err := reluCrossEntropy(v, 0, j, 1, reluPoints/2)
		if err != nil {
			t.Fatal(err)
		}
		scale := math.Sqrt(p.Moment(2))
		near(t, "E tau, half the points", half.Moment(1)/scale, p.Moment(1)/scale, 1e-3)
		near(t, "E tau^2, half the points", half.Moment(2)/p.Moment(2), 1, 2e-3)
		a, b := mustSolve(t, p, .5), mustSolve(t, half, .5)
		z := complex(p.Moment(1), scale)
		sa, err := a.Stieltjes(z)
		if err != nil {
			t.Fatal(err)
		}
		sb, err := b.Stieltjes(z)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "s, half the points", abs(sa-sb)/abs(sa), 0, 1e-3)
		support, err := a.Support()
		if err != nil {
			t.Fatal(err)
		}
		if signed := support[0].Lo < 0; signed != (j == 1) {
			t.Errorf("support %v for j = %d", support, j)
		}
	}
}

func TestReLUBadInput(t *testing.T) {
	v := testV(3, 4)
	if _, err := ReLUCrossEntropy(v, 0, 4, 1); err == nil {
		t.Error("index 4 of 4: no error")
	}
	if _, err := ReLUCrossEntropy(v, 0, 1, 0); err == nil {
		t.Error("kappa 0: no error")
	}
	v.Set(1, 1, math.NaN())
	if _, err := ReLUCrossEntropy(v, 0, 1, 1); err == nil {
		t.Error("NaN in V: no error")
	}
}
