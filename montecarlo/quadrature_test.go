package montecarlo

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"pastur/internal/elementary"
	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
)

// Given the Gram entries of the pair, sums over classes have the exact conditional
// means: no law of features, no tilt and no theory in between.
func TestConditionalSumsAgainstQuadrature(t *testing.T) {
	z := elementary.NormalUpperQuantile(falseAlarm / 50)
	for _, classes := range []int{10, 100, 1000} {
		for _, g := range [][3]float64{{4, 4, 0}, {4, 6, 1.5}, {8, 5, 4}, {3, 3, 3}, {12, 10, 10}} {
			s := hiddenCE(network.VV, classes, 8)
			s, err := s.Complete()
			if err != nil {
				t.Fatal(err)
			}
			h := newHiddenCEVV(s, true)
			stream := replicate.NewStream(21, "conditional", classes)
			n := 2_000_000 / classes / 4
			var sum, square [2]float64
			for range n {
				weight, err := h.draw(stream, g[0], g[1], g[2], 2)
				if err != nil {
					t.Fatal(err)
				}
				off, diag := h.sums.pairNorms(0, 1, classes)
				for k, x := range [2]float64{weight * off, weight * diag} {
					sum[k] += x
					square[k] += x * x
				}
			}
			off, diag, err := theorem.SoftmaxPairNorms(classes, g[0]/8, g[1]/8, g[2]/8)
			if err != nil {
				t.Fatal(err)
			}
			for k, want := range [2]float64{off, diag} {
				mean := sum[k] / float64(n)
				se := math.Sqrt((square[k]/float64(n) - mean*mean) / float64(n))
				if math.Abs(mean-want) > z*se {
					t.Errorf("C=%d, %v: norm %d is %.5g(%.2g), exactly %.5g", classes, g, k, mean, se, want)
				}
				if se > 0.08*want {
					t.Errorf("C=%d, %v: standard error %.2g of %.3g is too large to see anything", classes, g, se, want)
				}
			}
		}
	}
}

// Widths 1 and 2, where the heavy tails are at their worst, against the ratios
// computed without sampling (theorem.HiddenCEVVRatio, whose table this is).
func TestHiddenCEAgainstQuadrature(t *testing.T) {
	data, err := os.ReadFile("../theorem/testdata/narrow.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Hidden, Classes int
		Scaled          float64
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if row.Classes > 1000 {
			continue
		}
		e := estimator(t, hiddenCE(network.VV, row.Classes, row.Hidden), TwoPoint)
		c2 := float64(row.Classes) * float64(row.Classes)
		got := draw(t, sampler(t, e), e.Key(), 12_000_000/(row.Classes+100), row.Scaled/c2)
		if z := got.gap / got.gapSE; math.Abs(z) > 6 {
			t.Errorf("m=%d C=%d: C^2 R = %.4f, exactly %.4f: %.1f standard errors", row.Hidden, row.Classes, c2*got.off/got.diag, row.Scaled, z)
		}
		if got.gapSE > 0.06*got.off {
			t.Errorf("m=%d C=%d: relative standard error %.2g: the test sees little", row.Hidden, row.Classes, got.gapSE/got.off)
		}
	}
}

// Truncation lowers the mean and bounds the statistic, by the stated multiple of the
// mean of diag: at 64 units a pilot's mean is known to 0.5 %.
func TestTruncate(t *testing.T) {
	const truncate = 1.8e-4
	e := estimator(t, hiddenCE(network.VV, 100, 64), TwoPoint)
	e.Truncate = truncate
	plain := estimator(t, hiddenCE(network.VV, 100, 64), TwoPoint)
	other := estimator(t, hiddenCE(network.VV, 100, 64), TwoPoint)
	other.Truncate = 2 * truncate
	if e.Key() == plain.Key() || e.Key() == other.Key() {
		t.Error("the key does not say where off is truncated")
	}
	s, p := sampler(t, e), sampler(t, plain)
	var capped, sum, most, diag float64
	const n = 5000
	for chunk := range n {
		off, d, err := s.Sample(replicate.NewStream(1, "truncate", chunk))
		off2, d2, err2 := p.Sample(replicate.NewStream(1, "truncate", chunk))
		if err != nil || err2 != nil || off != min(off2, e.cap) || d != d2 {
			t.Fatal(off, off2, e.cap, d, d2, err, err2)
		}
		capped += off
		sum += off2
		diag += d
		most = max(most, off)
	}
	if most != e.cap || !(capped < 0.99*sum && capped > 0.5*sum) {
		t.Errorf("means %v and %v, largest %v, truncated at %v", capped/n, sum/n, most, e.cap)
	}
	if x := e.cap / (truncate * diag / n); math.Abs(x-1) > 0.03 {
		t.Errorf("off is truncated at %.3f times what is asked for", x)
	}
}
