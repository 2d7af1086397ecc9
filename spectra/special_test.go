package spectra

import (
	"math"
	"testing"

	"pastur/replicate"
)

// E log x of the classical law, gamma <= 1: -1 + (1-1/gamma) log(1-gamma)
// (covariance convention), and -1 at gamma = 1, where the density is infinite and log is too.
func TestLogarithm(t *testing.T) {
	for _, gamma := range []float64{.01, .3, .9, .999, 1} {
		want := -1.0
		if gamma < 1 {
			want = -1 - (1/gamma-1)*math.Log1p(-gamma)
		}
		got, err := mustCovariance(t, mustAtoms(t, 1, 1), gamma).Expect(math.Log)
		if err != nil {
			t.Fatal(gamma, err)
		}
		near(t, "E log x", got, want, 1e-12)
	}
}

// A sample at large gamma has an island for each atom; at small gamma one interval.
func TestIslands(t *testing.T) {
	s := replicate.NewStream(4, "islands", 0)
	values := make([]float64, 300)
	for i := range values {
		values[i] = 1 + (float64(i)+0.5*s.Float64())/300
	}
	p, err := Empirical(values)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		gamma    float64
		from, to int
	}{{1e-2, 1, 1}, {1, 1, 1}, {6e3, 2, 300}, {1e6, 300, 300}} {
		support, err := mustSolve(t, p, c.gamma).Support()
		if err != nil {
			t.Fatal(c.gamma, err)
		}
		if len(support) < c.from || len(support) > c.to {
			t.Errorf("gamma = %v: %d intervals, want %d to %d", c.gamma, len(support), c.from, c.to)
		}
	}
}

// At the closing of the gap between atoms the number of intervals changes once, and the
// law stays whole right through.
func TestClosingGap(t *testing.T) {
	intervals := func(gamma float64) int {
		l := mustCovariance(t, mustAtoms(t, 1, .5, 5, .5), gamma)
		support, err := l.Support()
		if err != nil {
			t.Fatal(gamma, err)
		}
		return len(support)
	}
	lo, hi := 0.5, 0.6
	if intervals(lo) != 2 || intervals(hi) != 1 {
		t.Fatal("the gap does not close between 0.5 and 0.6")
	}
	for hi-lo > 1e-13 {
		if mid := (lo + hi) / 2; intervals(mid) == 2 {
			lo = mid
		} else {
			hi = mid
		}
	}
	for _, gamma := range []float64{lo - 1e-6, lo - 1e-10, lo, hi, hi + 1e-10, hi + 1e-6} {
		l := mustCovariance(t, mustAtoms(t, 1, .5, 5, .5), gamma)
		for k, want := range []float64{1, 3, 13 + 9*gamma} {
			got, err := l.Expect(func(x float64) float64 { return power(x, k) })
			if err != nil {
				t.Fatal(gamma, err)
			}
			near(t, "moment at the closing gap", got, want, 1e-11*want)
		}
	}
}

// The atom and the hard edge of a signed law with mass at zero.
func TestAtomAtZero(t *testing.T) {
	p := mustAtoms(t, -2, .2, 0, .5, 1, .3)
	for _, c := range []struct{ gamma, atom, companion float64 }{{.1, 0, .9}, {.5, 0, .5}, {2, .75, .5}} {
		l := mustSolve(t, p, c.gamma)
		near(t, "atom", l.AtomAtZero(), c.atom, 1e-15)
		companion, err := l.Companion()
		if err != nil {
			t.Fatal(err)
		}
		near(t, "atom of the companion", companion.AtomAtZero(), c.companion, 1e-15)
		below, err := l.CDF(-1e-9)
		if err != nil {
			t.Fatal(err)
		}
		above, err := l.CDF(1e-9)
		if err != nil {
			t.Fatal(err)
		}
		if c.atom > 0 {
			near(t, "jump of F at 0", above-below, c.atom, 1e-14)
			q, err := l.Quantile(below + c.atom/2)
			if err != nil || q != 0 {
				t.Errorf("quantile inside the atom %v, want 0 (%v)", q, err)
			}
		}
	}
}
