package replicate

import (
	"fmt"
	"math"
	"testing"

	"pastur/internal/elementary"
)

// erlang returns P(G > x) for a gamma variate G of whole shape.
func erlang(shape int, x float64) float64 {
	term, sum := 1.0, 1.0
	for k := 1; k < shape; k++ {
		term *= x / float64(k)
		sum += term
	}
	return math.Exp(-x) * sum
}

// The distribution at small shapes, where the squeeze is tight and a rejection too
// few shows close to 0: the count of every bin within its binomial limits. False
// alarm 1e-6 in all.
func TestGammaDistribution(t *testing.T) {
	const n = 500_000
	cuts := []float64{1e-4, 1e-3, 0.003, 0.01, 0.03, 0.1, 0.2, 0.5, 1, 1.5, 2, 3, 4, 6, 8, 10, 13}
	shapes := []int{1, 2, 3}
	z := elementary.NormalUpperQuantile(1e-6 / 2 / float64(len(shapes)*len(cuts)))
	worst := func(shape int, draw func(*Stream) float64) (most float64) {
		s := NewStream(4, fmt.Sprint("gamma ", shape), 0)
		below := make([]float64, len(cuts))
		for range n {
			x := draw(s)
			for i, cut := range cuts {
				if x < cut {
					below[i]++
				}
			}
		}
		for i, cut := range cuts {
			p := 1 - erlang(shape, cut)
			if cut < 0.1 { // without cancellation
				p = 0
				term := math.Pow(cut, float64(shape)) / math.Gamma(float64(shape)+1) * math.Exp(-cut)
				for k := shape + 1; term > 1e-18; k++ {
					p += term
					term *= cut / float64(k)
				}
			}
			mean := n * p
			// Bernstein's inequality: valid for rare bins too.
			most = max(most, math.Abs(below[i]-mean)/(z*math.Sqrt(mean*(1-p))+z*z/3))
		}
		return most
	}
	for _, shape := range shapes {
		if x := worst(shape, func(s *Stream) float64 { return s.Gamma(float64(shape)) }); x > 1 {
			t.Errorf("shape %d: a count is %.1f times its limit from its mean", shape, x)
		}
	}
	// A squeeze that accepts where the density says not to, and a shape off by 1 %.
	if x := worst(1, func(s *Stream) float64 { return marsagliaTsang(s, 1, 0.0281) }); x <= 1 {
		t.Errorf("planted error survives: a squeeze of 0.0281 is at %.2f of the limit", x)
	}
	if x := worst(2, func(s *Stream) float64 { return s.Gamma(2.02) }); x <= 1 {
		t.Errorf("planted error survives: a shape of 2.02 for 2 is at %.2f of the limit", x)
	}
}

// marsagliaTsang is the method as printed, with any squeeze constant.
func marsagliaTsang(s *Stream, shape, squeeze float64) float64 {
	d := shape - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := s.Normal()
		v := math.Pow(1+c*x, 3)
		if v <= 0 {
			continue
		}
		u := s.open()
		if u < 1-squeeze*x*x*x*x || math.Log(u) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v
		}
	}
}

// A gamma variate is the paper's transformation of a normal one, draw for draw: a
// shape off by 7e-4 everywhere, as for 0.334 instead of 1/3, would take 10^8 draws to
// show in the moments.
func TestGammaIsMarsagliaTsangs(t *testing.T) {
	for _, shape := range []float64{1, 1.5, 2, 19.5, 1e4, 5e11} {
		a, b := NewStream(4, "gamma", 0), NewStream(4, "gamma", 0)
		for k := range 10_000 {
			if got, want := a.Gamma(shape), marsagliaTsang(b, shape, 0.0331); math.Abs(got/want-1) > 1e-13 {
				t.Fatalf("shape %v, draw %d: %v, want %v", shape, k, got, want)
			}
		}
		if got, want := marsagliaTsang(a, shape-1.0/1500, 0.0331), marsagliaTsang(b, shape, 0.0331); shape < 100 && math.Abs(got/want-1) < 1e-6 {
			t.Errorf("planted error survives: shape %v less 1/1500", shape)
		}
	}
}
