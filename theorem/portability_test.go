package theorem

import (
	"math"
	"testing"
)

// Every value folded into one word, the same on every machine or the package
// has failed its promise.
func TestBitsAreFixed(t *testing.T) {
	fold := uint64(14695981039346656037)
	add := func(v float64, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		fold = (fold ^ math.Float64bits(v)) * 1099511628211
	}
	for _, c := range []int{2, 3, 10, 1000, 50257, MaxClasses} {
		for _, kappa := range []float64{0.05, 1. / 3, 1, 2, 10} {
			add(LinearCERatio(c, 0.5, kappa))
			add(LinearCEFiniteSize(c, 0.5, kappa))
		}
		for _, d := range []float64{1, 2, 3, 40, 1000, 1e6, 1e12} {
			add(HiddenMSEWWRatioFinite(c, d, 2*d))
		}
	}
	for m := 2; m < 5000; m = m*5/4 + 1 {
		for _, kappa := range []float64{0.9, 1, 4} {
			add(HiddenCEVVConstant(m, kappa))
			add(HiddenCEWWConstant(m, 0.5, kappa))
			add(LinearCEConstant(0.5, kappa))
		}
	}
	if want := uint64(0x7ac3a32ee25c5c76); fold != want {
		t.Errorf("folded bits %#x, want %#x", fold, want)
	}
}
