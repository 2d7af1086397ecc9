package theorem

import (
	"math"
	"testing"
)

func TestTiltedDot(t *testing.T) {
	for _, m := range []int{1, 2} {
		for _, c := range [][2]float64{{0, 0.3}, {0.1, 0.2}, {0.2, 0.5}} {
			_, want := narrowLaw(m, 18, 60, func(s, t, cos float64) (float64, float64) {
				return 0, math.Exp(c[1]*s*t*cos) * (math.Exp(c[0]*s*s) + math.Exp(c[0]*t*t)) / 2
			})
			if got := tiltedDot(float64(m), c[0], c[1]); math.Abs(got/want-1) > 1e-7 {
				t.Errorf("m=%d: G(%v, %v) is %.9g, want %.9g", m, c[0], c[1], got, want)
			}
		}
	}
}

// The expansion given the features, against the quadrature at large C.
func TestSoftmaxPairExpansion(t *testing.T) {
	const classes = 100_000
	for _, g := range [][3]float64{{0.5, 0.5, 0}, {1, 0.4, 0.3}, {0.7, 1.2, -0.2}, {0.5, 0.5, 0.5}} {
		v, w, c := g[0], g[1], g[2]
		e := math.Exp
		alpha := -4*(e(v+c)-1) - 4*(e(w+c)-1) + 3*(e(v)-1) + 3*(e(w)-1) + 4*(e(c)-1)
		beta := -2*e(v+c) - 2*e(w+c) + e(v) + e(w) + e(c) - 1
		off, diag := newSoftmaxPair(1.3).norms(classes, v, w, c)
		off = (off*math.Pow(classes, 4)/e(2*c) - 1) * classes
		diag = (diag*classes*classes/e(c) - 1) * classes
		// What is left is of order 1/C times the third moments.
		if math.Abs(off-alpha) > 0.01 || math.Abs(diag-beta) > 0.01 {
			t.Errorf("%v: alpha %.4f, want %.4f; beta %.4f, want %.4f", g, off, alpha, diag, beta)
		}
	}
}

func TestHiddenCEVVCorrection(t *testing.T) {
	for _, m := range []int{1, 4} {
		if a, err := HiddenCEVVCorrection(m, 1); err != nil || !math.IsInf(a, -1) {
			t.Errorf("m=%d: %v, %v, want -Inf", m, a, err)
		}
	}
	// The edge is at m = (1 + sqrt 10) kappa = 29.14 at kappa = 7, where
	// m^2 - 2 kappa m - 9 kappa^2 is -6 at m = 29 and 39 at 30.
	if a, err := HiddenCEVVCorrection(29, 7); err != nil || !math.IsInf(a, -1) {
		t.Errorf("m=29, kappa=7: %v, %v, want -Inf", a, err)
	}
	if a, err := HiddenCEVVCorrection(30, 7); err != nil || math.IsInf(a, 0) {
		t.Errorf("m=30, kappa=7: %v, %v, want a finite value", a, err)
	}
	// With wide layers |h|^2/m and h.h'/m concentrate at 1/2 and 1/(2 pi).
	v, c := 0.5, 1/(2*math.Pi)
	e := math.Exp
	want := -8*(e(v+c)-1) + 6*(e(v)-1) + 4*(e(c)-1) - (-4*e(v+c) + 2*e(v) + e(c) - 1)
	if a, err := HiddenCEVVCorrection(1e8, 1); err != nil || math.Abs(a-want) > 1e-6 {
		t.Errorf("m=1e8: %v, %v, want %v", a, err, want)
	}
	for _, m := range []int{5, 8, 16} {
		a, err := HiddenCEVVCorrection(m, 1)
		if err != nil {
			t.Fatal(err)
		}
		k, _ := HiddenCEVVConstant(m, 1)
		t.Logf("m=%d: a = %.4f, C^2 R = %.4f at C = 100, %.4f at 1000", m, a, k*(1+a/100), k*(1+a/1000))
	}
}
