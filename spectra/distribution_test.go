package spectra

import (
	"math"
	"testing"
)

// The closed distribution function against the integral of the density, and
// against its own quantiles.
func TestDistribution(t *testing.T) {
	for _, c := range []struct {
		name  string
		atoms []float64
		gamma float64
	}{
		{"two", []float64{1, .5, 8, .5}, 2},
		{"two, one interval", []float64{1, .5, 8, .5}, .5},
		{"atom of nu at zero", []float64{0, .75, 2, .25}, .1},
		{"atom of nu at zero, of H too", []float64{0, .75, 2, .25}, .5},
		{"hard edge", []float64{1, .5, 2, .5}, 1},
		{"hard edge with zero", []float64{0, .5, 1, .5}, .5},
		{"signed", []float64{-1, .4, 2, .6}, .1},
		{"signed, gap at zero", []float64{-1, .4, 2, .6}, 3},
		{"signed, through zero", []float64{-1, .4, 2, .6}, .7},
		{"negative", []float64{-1, .4, -.3, .6}, 1.5},
		{"large gamma", []float64{-1, .25, 1, .25, 5, .5}, 1e3},
		{"small gamma", []float64{-1, .25, 1, .25, 5, .5}, 1e-3},
		{"far atom", []float64{1, 1 - 1e-9, 100, 1e-9}, 1},
	} {
		l := mustSolve(t, mustAtoms(t, c.atoms...), c.gamma)
		companion, err := l.Companion()
		if err != nil {
			t.Fatal(err)
		}
		for name, l := range map[string]*Law{"": l, " (companion)": companion} {
			name = c.name + name
			total, err := l.Expect(func(float64) float64 { return 1 })
			if err != nil {
				t.Error(name, err)
				continue
			}
			near(t, name+": mass", total, 1, 1e-13)
			support, _ := l.Support()
			for _, s := range support {
				for i := range 21 {
					x := s.Lo + (s.Hi-s.Lo)*float64(i)/20
					f, err := l.CDF(x)
					if err != nil {
						t.Fatal(name, err)
					}
					if f > 1e-9 && f < 1-1e-9 && i > 0 && i < 20 {
						q, err := l.Quantile(f)
						if err != nil {
							t.Fatal(name, err)
						}
						d, _ := l.Density(x)
						near(t, name+": quantile of F", q, x, 1e-14*(math.Abs(x)+max(1, l.mass, 1/math.Sqrt(c.gamma))/d))
					}
				}
			}
			lo, _ := l.Quantile(0)
			hi, _ := l.Quantile(1)
			f, _ := l.CDF(hi)
			near(t, name+": F at the top", f, 1, 1e-14)
			f, _ = l.CDF(math.Nextafter(lo, math.Inf(-1)) - 1e-9)
			near(t, name+": F below", f, 0, 1e-14)
		}
	}
}
