package montecarlo

import (
	"fmt"
	"math"
	"testing"

	"pastur/internal/elementary"
	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
)

// Tilted draws with their weights have the expectations of plain normal draws:
// the weight itself has mean 1, and so on for moments of h.h', for pairs of any
// covariance.
func TestPairTiltIsExact(t *testing.T) {
	const n, m = 200_000, 3
	z := elementary.NormalUpperQuantile(falseAlarm / 24)
	for _, c := range []struct{ v, w, cov, theta float64 }{
		{1, 1, 0, 0.6}, {1, 1, 0, 5}, {2, 0.7, 0.5, 0.3}, {0.8, 1.3, -0.6, 0.7}, {1, 1, 0.97, 0.5}, {1, 4, 2, 0.9},
	} {
		tilt := pairTilt{most: pairTiltCap(m)}
		tilt.prepare(c.v, c.w, c.cov, c.theta)
		if !(tilt.theta >= 0 && tilt.theta <= c.theta) {
			t.Errorf("%+v: tilt %v", c, tilt.theta)
		}
		stream := replicate.NewStream(3, fmt.Sprint("tilt ", c), 0)
		plain := factor(c.v, c.w, c.cov)
		h, k := make([]float64, m), make([]float64, m)
		// Tests a bounded, a linear and a quadratic function of h.h'.
		functions := []func(s float64) float64{
			func(float64) float64 { return 1 },
			func(s float64) float64 { return s },
			func(s float64) float64 { return s * s },
			func(s float64) float64 { return math.Exp(-s) },
		}
		for f, function := range functions {
			var sum, square, sumPlain, squarePlain float64
			for range n {
				dot, logWeight := tilt.draw(stream, h, k)
				x := function(dot) * math.Exp(logWeight)
				sum += x
				square += x * x
				dot = 0
				for range m {
					a, b := plain.draw(stream)
					dot += max(a, 0) * max(b, 0)
				}
				x = function(dot)
				sumPlain += x
				squarePlain += x * x
			}
			se := math.Sqrt(square+squarePlain) / n
			if math.Abs(sum-sumPlain)/n > z*se {
				t.Errorf("%+v: function %d: tilted %.5g, plain %.5g, %.1f standard errors", c, f, sum/n, sumPlain/n, (sum-sumPlain)/n/se)
			}
		}
	}
	t.Run("a wrong weight is seen", func(t *testing.T) {
		tilt := pairTilt{most: pairTiltCap(m)}
		tilt.prepare(1, 1, 0, 0.6)
		tilt.q0 *= 1.01
		stream := replicate.NewStream(4, "wrong weight", 0)
		h, k := make([]float64, m), make([]float64, m)
		var sum, square float64
		for range n {
			_, logWeight := tilt.draw(stream, h, k)
			w := math.Exp(logWeight)
			sum += w
			square += w * w
		}
		if se := math.Sqrt(square) / n; math.Abs(sum/n-1) < z*se {
			t.Errorf("mean weight %.4f ± %.4f", sum/n, se)
		}
	})
}

func TestPointTiltIsExact(t *testing.T) {
	const n, m = 200_000, 4
	z := elementary.NormalUpperQuantile(falseAlarm / 6)
	for _, theta := range []float64{0, 0.1, 0.24, 3} {
		tilt := pointTilt{most: pointTiltCap(m)}
		tilt.prepare(1.5, theta)
		stream := replicate.NewStream(5, fmt.Sprint("point ", theta), 0)
		h := make([]float64, m)
		// E|h|^2 = m v/2 and E|h|^4 = m (3/2 v^2) + m (m-1) (v/2)^2.
		want := [3]float64{1, m * 0.75, m*1.5*2.25 + m*(m-1)*0.75*0.75}
		var sum, square [3]float64
		for range n {
			s, logWeight := tilt.draw(stream, h)
			w := math.Exp(logWeight)
			for k, x := range [3]float64{w, w * s, w * s * s} {
				sum[k] += x
				square[k] += x * x
			}
		}
		for k := range want {
			se := math.Sqrt(square[k]/n) / math.Sqrt(n)
			if math.Abs(sum[k]/n-want[k]) > z*se {
				t.Errorf("theta %v, moment %d: %.5g, want %.5g ± %.2g", theta, k, sum[k]/n, want[k], se)
			}
		}
	}
}

// The strongest tilts make the largest weight q_0^m the stated one, for any width.
func TestTiltCaps(t *testing.T) {
	for _, m := range []int{1, 2, 3, 8, 100} {
		tilt := pairTilt{most: pairTiltCap(m)}
		tilt.prepare(1, 1, 0, 1e9) // more than there is
		if w := math.Pow(tilt.q0, float64(m)); math.Abs(w/maxTiltWeight-1) > 1e-10 {
			t.Errorf("m=%d: the largest weight of a pair is %v, want %v", m, w, maxTiltWeight)
		}
		// q_0 = 3/4 + J of theory: J(c) = (1/4 + asin(c)/(2 pi))/sqrt(1-c^2).
		c := tilt.most
		if q0 := 0.75 + (0.25+math.Asin(c)/(2*math.Pi))/math.Sqrt(1-c*c); math.Abs(tilt.q0/q0-1) > 1e-12 {
			t.Errorf("m=%d: q_0 is %v, want %v", m, tilt.q0, q0)
		}
		point := pointTilt{most: pointTiltCap(m)}
		point.prepare(1, 1e9)
		if w := math.Pow(point.q0, float64(m)); math.Abs(w/maxTiltWeight-1) > 1e-10 {
			t.Errorf("m=%d: the largest weight of a point is %v, want %v", m, w, maxTiltWeight)
		}
	}
}

func hiddenCE(block network.Block, classes, m int) Setting {
	return with(hidden(block, classes, m, inf, 0), ce, func(s *Setting) { s.Gamma = 0.5 })
}

// The ratio in the limit d, N -> inf against values computed by tilted sampling
// in an independent program (their standard errors in parentheses).
func TestHiddenCEAgainstIndependentSimulation(t *testing.T) {
	for _, c := range []struct {
		block      network.Block
		m, classes int
		scaled, se float64
		n          int
	}{
		{network.VV, 1, 10, 2.978, 0.002, 100_000}, {network.VV, 2, 10, 2.325, 0.001, 100_000},
		{network.VV, 3, 10, 2.060, 0.001, 100_000}, {network.VV, 4, 10, 1.913, 0.001, 100_000},
		{network.VV, 8, 10, 1.6708, 0.0008, 100_000}, {network.VV, 3, 100, 2.887, 0.007, 40_000},
		{network.VV, 8, 100, 1.707, 0.004, 40_000}, {network.VV, 4, 1000, 3.07, 0.03, 8000},
		{network.WW, 8, 10, 0.4385, 0.0002, 60_000}, {network.WW, 8, 100, 0.709, 0.004, 10_000},
	} {
		power := 2.0
		if c.block == network.WW {
			power = 1
		}
		e := estimator(t, hiddenCE(c.block, c.classes, c.m), TwoPoint)
		scale := math.Pow(float64(c.classes), power)
		got := draw(t, sampler(t, e), e.Key(), c.n, c.scaled/scale)
		se := math.Hypot(got.gapSE/got.diag*scale, c.se)
		if z := (got.off/got.diag*scale - c.scaled) / se; math.Abs(z) > 6 {
			t.Errorf("%s: C^p R = %.4f, want %.4f: %.1f standard errors", e.Key(), got.off/got.diag*scale, c.scaled, z)
		}
		if se > 0.06*c.scaled {
			t.Errorf("%s: standard error %.2g of %.3g: the test sees little", e.Key(), se, c.scaled)
		}
	}
}

// At many hidden units and classes the ratio is at its limit.
func TestHiddenCEConstants(t *testing.T) {
	vv, err := theorem.HiddenCEVVConstant(16, 1)
	if err != nil {
		t.Fatal(err)
	}
	const c = 1000
	e := estimator(t, hiddenCE(network.VV, c, 16), TwoPoint)
	got := draw(t, sampler(t, e), e.Key(), 15_000, vv/(c*c))
	if scaled := got.off / got.diag * c * c; math.Abs(scaled-vv) > 0.03*vv {
		t.Errorf("vv: C^2 R = %.4f(%.4f), constant %.4f", scaled, got.gapSE/got.diag*c*c, vv)
	}
}

// BenchmarkTilt shows what the tilt buys for m = 1..16: relvar is the variance
// of off - R diag over the squared mean, kurtosis what the tail gate sees.
func BenchmarkTilt(b *testing.B) {
	for _, m := range []int{1, 2, 3, 4, 8, 16} {
		for _, tilted := range []bool{false, true} {
			b.Run(fmt.Sprintf("m=%d/tilted=%v", m, tilted), func(b *testing.B) {
				e := estimator(b, hiddenCE(network.VV, 100, m), TwoPoint)
				e.Tilted = tilted
				run(b, e)
				const n = 100_000
				first := draw(b, sampler(b, e), "tilt", n, 0)
				got := draw(b, sampler(b, e), "tilt", n, first.off/first.diag)
				b.ReportMetric(got.gapSE*got.gapSE*n/(got.off*got.off), "relvar")
			})
		}
	}
}
