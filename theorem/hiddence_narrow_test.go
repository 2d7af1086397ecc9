package theorem

import (
	"math"
	"testing"
)

// The law of the pair's Gram entries against closed forms: moments, and E[(h.h')^2
// e^{r h.h'}], which is G(r) of HiddenCEVVConstant.
func TestNarrowLaw(t *testing.T) {
	for _, m := range []int{1, 2} {
		one, dot := narrowLaw(m, 12, 40, func(s, t, cos float64) (float64, float64) { return 1, s * t * cos })
		_, norms := narrowLaw(m, 12, 40, func(s, t, cos float64) (float64, float64) { return 0, s * s * t * t })
		wantOne, wantDot, wantNorms := 0.25, 2/math.Pi, 9.0/4
		if m == 2 {
			// E(h.h')^2 = 2/4 + 2 (1/2pi)^2, and so on: sums over the units of products of
			// E h^2 = 1/2, E h = 1/sqrt(2 pi), E h^3 = 2/sqrt(2 pi), E h^4 = 3/2.
			wantOne = 0.5 + 2/(4*math.Pi*math.Pi)
			wantDot = 2*2/math.Pi + 6*0.25/(2*math.Pi)
			h3h := 2 / (2 * math.Pi) // E h_1^3 h_2
			wantNorms = 2*(1.5+0.25)*(1.5+0.25) + 2*(2*h3h)*(2*h3h)
		}
		for _, x := range [][2]float64{{one, wantOne}, {dot, wantDot}, {norms, wantNorms}} {
			if math.Abs(x[0]/x[1]-1) > 1e-8 {
				t.Errorf("m=%d: %.9g, want %.9g", m, x[0], x[1])
			}
		}
		for _, r := range []float64{0.1, 0.5} {
			_, got := narrowLaw(m, 14, 48, func(s, t, cos float64) (float64, float64) { return 0, math.Exp(r * s * t * cos) })
			q := newQuadrant(1, r)
			k := float64(m)
			want := k*q.second*math.Pow(1+q.excess, k-1) + k*(k-1)*q.first*q.first*math.Pow(1+q.excess, k-2)
			if math.Abs(got/want-1) > 1e-7 {
				t.Errorf("m=%d: G(%v) is %.9g, want %.9g", m, r, got, want)
			}
		}
	}
}

func TestLegendre(t *testing.T) {
	for _, n := range []int{5, 20, 61} {
		x, w := legendre(n)
		for k := range 2 * n {
			sum := 0.0
			for i := range x {
				sum += w[i] * math.Pow(x[i], float64(k))
			}
			if math.Abs(sum*float64(k+1)-1) > 1e-12 {
				t.Errorf("n=%d: the integral of x^%d is %v, want %v", n, k, sum, 1/float64(k+1))
			}
		}
	}
}

// Against values by tilted sampling in an independent program, with its standard
// errors.
func TestHiddenCEVVRatio(t *testing.T) {
	for _, c := range []struct {
		m, classes int
		scaled, se float64
	}{
		{1, 10, 2.978, 0.002}, {1, 100, 7.35, 0.02}, {1, 1000, 24.9, 0.1}, {1, 10_000, 96, 2},
	} {
		r, err := HiddenCEVVRatio(c.classes, c.m, 1)
		if err != nil {
			t.Fatal(err)
		}
		scaled := r * float64(c.classes) * float64(c.classes)
		t.Logf("m=%d C=%d: C^2 R = %.6f", c.m, c.classes, scaled)
		if math.Abs(scaled-c.scaled) > 5*c.se {
			t.Errorf("m=%d C=%d: C^2 R = %.6f, simulated %v(%v)", c.m, c.classes, scaled, c.scaled, c.se)
		}
	}
}
