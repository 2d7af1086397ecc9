package theorem

import (
	"math"
	"testing"
)

func TestSoftmaxPairNorms(t *testing.T) {
	// Independent points of equal variance: products of softmax moments.
	for _, c := range []int{2, 3, 10, 1000, 1_000_000} {
		for _, v := range []float64{0.01, 1, 4} {
			m, err := NewSoftmaxMoments(c, v)
			if err != nil {
				t.Fatal(err)
			}
			p12, _ := m.Moment(1, 1)
			p2, _ := m.Moment(2)
			off, diag, err := SoftmaxPairNorms(c, v, v, 0)
			if err != nil {
				t.Fatal(err)
			}
			d := (1/float64(c) - p2) * (1/float64(c) - p2)
			if math.Abs(off/(p12*p12)-1) > 1e-7 || math.Abs(diag/d-1) > 1e-7 {
				t.Errorf("C=%d v=%v independent: off %.3g off, diag %.3g off", c, v, off/(p12*p12)-1, diag/d-1)
			}
			// One point twice: fourth moments of a single softmax.
			p22, _ := m.Moment(2, 2)
			p3, _ := m.Moment(3)
			p4, _ := m.Moment(4)
			off, diag, err = SoftmaxPairNorms(c, v, v, v)
			if err != nil {
				t.Fatal(err)
			}
			if c == 2 {
				p22 = p2 - 2*p3 + p4
			}
			if d := p2 - 2*p3 + p4; math.Abs(off/p22-1) > 1e-7 || math.Abs(diag/d-1) > 1e-7 {
				t.Errorf("C=%d v=%v equal: off %.3g off, diag %.3g off", c, v, off/p22-1, diag/d-1)
			}
		}
	}
	// Two classes: p_1 p_2 = 1/(4 cosh^2 (D/2)), D = z_1 - z_2, and both norms are
	// E[p_1 p_2 p'_1 p'_2], a plain integral over (D, D'). Large normalisers are not rare
	// here: with lines that end where they are at many classes the norms were 4e-4 off at
	// variance 400.
	for _, g := range [][3]float64{{1, 1, 0.3}, {25, 1, 0}, {50, 50, 0}, {100, 20, -40}, {200, 1, 5}, {400, 1, 0}, {1, 200, 9}, {30, 40, 34}} {
		want := twoClasses(g[0], g[1], g[2])
		off, diag, err := SoftmaxPairNorms(2, g[0], g[1], g[2])
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(off/want-1) > 1e-7 || math.Abs(diag/want-1) > 1e-7 {
			t.Errorf("2 classes, %v: off %.2g off, diag %.2g off", g, off/want-1, diag/want-1)
		}
	}
	// Larger variances of both points, at which the normaliser wanders.
	m, err := NewSoftmaxMoments(1000, MaxKappa)
	if err != nil {
		t.Fatal(err)
	}
	p12, _ := m.Moment(1, 1)
	if off, _, err := SoftmaxPairNorms(1000, MaxKappa, MaxKappa, 0); err != nil || math.Abs(off/(p12*p12)-1) > 1e-7 {
		t.Errorf("C=1000, variance %d: off %.2g off, %v", MaxKappa, off/(p12*p12)-1, err)
	}
	// And where the largest normaliser decides among many classes, so that the nodes of
	// either logit must reach far: independent points, one of small variance to be cheap.
	// With at most 512 nodes of the second, 10^9 classes were 0.6 % off.
	for _, c := range []int{3, 10, 1_000_000, MaxClasses} {
		norms := func(v float64) (off, diag float64) {
			m := &SoftmaxMoments{c, v, 1}
			p2, _ := m.Moment(2)
			p12 := (1/float64(c) - p2) / float64(c-1)
			return p12, 1/float64(c) - p2
		}
		off1, diag1 := norms(1)
		off2, diag2 := norms(400)
		if c == 10 { // so far beyond MaxKappa the moments converge as well
			if fine, _ := (&SoftmaxMoments{c, 400, 2}).Moment(1, 1); math.Abs(off2/fine-1) > 1e-12 {
				t.Errorf("C=%d: moment %v, with half the steps %v", c, off2, fine)
			}
		}
		for _, g := range [][2]float64{{1, 400}, {400, 1}} {
			off, diag, err := SoftmaxPairNorms(c, g[0], g[1], 0)
			if off, diag = off/(off1*off2)-1, diag/(diag1*diag2)-1; err != nil || !(math.Abs(off) <= 1e-7 && math.Abs(diag) <= 1e-7) {
				t.Errorf("C=%d, variances %v: off %.2g off, diag %.2g off, %v", c, g, off, diag, err)
			}
		}
	}
	// Finer steps change nothing.
	for _, g := range [][3]float64{{1, 2, 0.7}, {4, 3, 3.4}, {9, 8, 8.4}, {0.3, 5, -0.2}, {20, 15, 10}} {
		for _, c := range []float64{5, 1e4} {
			off, diag := newSoftmaxPair(1).norms(c, g[0], g[1], g[2])
			off2, diag2 := newSoftmaxPair(1.7).norms(c, g[0], g[1], g[2])
			if math.Abs(off/off2-1) > 1e-7 || math.Abs(diag/diag2-1) > 1e-7 {
				t.Errorf("C=%v, %v: finer steps change off by %.2g, diag by %.2g", c, g, off/off2-1, diag/diag2-1)
			}
		}
	}
}

// twoClasses returns E[f(D) f(D')], f(x) = 1/(4 cosh^2 (x/2)), for normal (D, D') of
// variances 2v and 2w and covariance 2 cov, by a trapezoid rule.
func twoClasses(v, w, cov float64) (sum float64) {
	const h, reach = 0.25, 45
	f := func(x float64) float64 { c := math.Cosh(x / 2); return 1 / (4 * c * c) }
	det := 4 * (v*w - cov*cov)
	for x := -float64(reach); x <= reach; x += h {
		for y := -float64(reach); y <= reach; y += h {
			q := (2*w*x*x - 4*cov*x*y + 2*v*y*y) / det
			sum += f(x) * f(y) * math.Exp(-q/2)
		}
	}
	return sum * h * h / (2 * math.Pi * math.Sqrt(det))
}

func BenchmarkSoftmaxPair(b *testing.B) {
	p := newSoftmaxPair(1)
	b.ReportAllocs()
	for b.Loop() {
		p.norms(1000, 4, 3, 3)
	}
}

// A softmaxPair that has been used allocates nothing, at large variances too.
func TestSoftmaxPairAllocatesOnce(t *testing.T) {
	p := newSoftmaxPair(1)
	p.whole = true
	p.norms(1e6, 1, 400, 0)
	if n := testing.AllocsPerRun(1, func() { p.norms(1e6, 1, 400, 0) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
