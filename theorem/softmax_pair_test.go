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

func BenchmarkSoftmaxPair(b *testing.B) {
	p := newSoftmaxPair(1)
	b.ReportAllocs()
	for b.Loop() {
		p.norms(1000, 4, 3, 3)
	}
}
