package lindeberg

import (
	"math"
	"testing"

	"pastur/replicate"
)

// exact returns a gap known to be of the given modulus, with the given relative
// errors of its parts and so many degrees of freedom that Student's law is normal.
func exact(n int, modulus, errorRe, errorIm float64) Gap {
	s := linear(3, false)
	s.Samples = n
	return Gap{Setting: s, Delta: complex(0.6*modulus, -0.8*modulus), SERe: errorRe * modulus, SEIm: errorIm * modulus, Half: normalHalf}
}

func TestExponent(t *testing.T) {
	law := func(n int) Gap { x := float64(n); return exact(n, 3*math.Pow(x, -1.25)*math.Exp(2/x), 0.01, 0.01) }
	e := FitExponent([]Gap{law(10), law(20), law(40), law(80), law(160)})
	if math.Abs(e.Value+1.25) > 1e-9 || !e.Corrected || !(e.Lo < e.Value && e.Value < e.Hi) {
		t.Errorf("%+v", e)
	}
	if e = FitExponent([]Gap{exact(10, 1, 0.01, 0.01), exact(20, 0.5, 0.01, 0.01), exact(40, 0.25, 0.01, 0.01), exact(80, 0.1, 0.01, 0.01)}); !e.Corrected {
		t.Error("four sizes: no correction") // guards against asking for five
	}
	if e = FitExponent([]Gap{exact(10, 1, 0.01, 0.01)}); !math.IsNaN(e.Value) {
		t.Errorf("%+v", e)
	}
}

// The error of log|delta| is that of the component along delta (guards against
// exchanging or adding up the parts'), and at few replicates it is as much longer as
// Student's quantile.
func TestExponentError(t *testing.T) {
	a, b := exact(10, 1, 0.05, 0.01), exact(100, 0.1, 0.05, 0.01)
	e := FitExponent([]Gap{a, b})
	// Slope of two points: sqrt(2) times the error over log 10.
	one := math.Hypot(0.6*0.05, 0.8*0.01) / math.Log(10)
	if half := normalHalf * math.Sqrt2 * one; math.Abs(e.Value+1) > 1e-12 || math.Abs(e.Hi-e.Value-half) > 1e-9 || math.Abs(e.Value-e.Lo-half) > 1e-9 || e.Corrected {
		t.Errorf("%+v, want -1 ± %v", e, half)
	}
	a.Half = 3.182446305284263 // t_{0.975, 3}
	e = FitExponent([]Gap{a, b})
	if half := math.Hypot(3.182446305284263, normalHalf) * one; math.Abs(e.Hi-e.Value-half) > 1e-9 {
		t.Errorf("%+v, want ± %v", e, half)
	}
	a.Half = math.NaN() // one replicate
	if e = FitExponent([]Gap{a, b}); !math.IsNaN(e.Value) {
		t.Errorf("no error known: %+v", e)
	}
}

// The 95 % interval covers 95 % at any number of replicates; with the normal quantile
// for all of them 61 % at two and 91 % at eight. False alarm 1e-6 a case: 4.75
// binomial deviations.
func TestExponentCovers(t *testing.T) {
	const runs = 2000
	sizes := []int{40, 60, 80, 120, 160, 320}
	for _, c := range []struct {
		replicates int
		error      float64
	}{{2, 0.03}, {8, 0.03}, {8, 0.2}, {32, 0.03}} {
		s := replicate.NewStream(1, "exponent", c.replicates)
		covered, normal := 0, 0
		gaps := make([]Gap, len(sizes))
		for range runs {
			for i, size := range sizes {
				var m gapMoments
				sd := c.error / float64(size) * math.Sqrt(float64(c.replicates))
				for range c.replicates {
					m.add(complex(1/float64(size)+sd*s.Normal(), sd*s.Normal()))
				}
				set := Setting{Samples: size}
				gaps[i] = set.gap(testPoint, &m)
			}
			if e := FitExponent(gaps); e.Lo <= -1 && -1 <= e.Hi {
				covered++
			}
			for i := range gaps {
				gaps[i].Half = normalHalf
			}
			if e := FitExponent(gaps); e.Lo <= -1 && -1 <= e.Hi {
				normal++
			}
		}
		t.Logf("%d replicates, error %v: covered %.3f, with the normal quantile %.3f", c.replicates, c.error, float64(covered)/runs, float64(normal)/runs)
		least := 0.95 - 4.75*math.Sqrt(0.95*0.05/runs)
		if float64(covered)/runs < least {
			t.Errorf("%d replicates, error %v: covered %d of %d", c.replicates, c.error, covered, runs)
		}
		if c.replicates <= 8 && c.error < 0.1 && float64(normal)/runs > least {
			t.Errorf("%d replicates: the normal quantile covers %d of %d: the test shows nothing", c.replicates, normal, runs)
		}
	}
}
