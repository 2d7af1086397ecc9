package montecarlo

import (
	"math"
	"testing"

	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
)

// offCentre is a sampler whose controls have mean by, as if centred at a wrong moment.
type offCentre struct {
	raw
	by float64
}

func (o offCentre) sample(s *replicate.Stream, control []float64) (off, diag float64, err error) {
	off, diag, err = o.raw.sample(s, control)
	control[len(control)-1] += o.by
	return off, diag, err
}

// worstControl returns the largest |t| of the means of the sampler's controls over n
// replicates. A control that is constant, as |x|^2/d of signs, must be 0 to rounding.
func worstControl(t *testing.T, key string, r raw, n int) (worst float64) {
	t.Helper()
	k := r.controls()
	sum, square, control := make([]float64, k), make([]float64, k), make([]float64, k)
	stream := replicate.NewStream(3, key, 0)
	for range n {
		if _, _, err := r.sample(stream, control); err != nil {
			t.Fatal(err)
		}
		for j, x := range control {
			sum[j] += x
			square[j] += x * x
		}
	}
	for j := range k {
		mean := sum[j] / float64(n)
		se := math.Sqrt(max(0, square[j]/float64(n)-mean*mean) / float64(n))
		worst = max(worst, math.Abs(mean)/max(se, 1e-13))
	}
	return worst
}

// Whatever the law of the data and the model, every control has mean 0: one centred
// at the wrong trace moment, tr Sigma/d for tr Sigma^2/d, biases both norms by more
// than their intervals, and comparisons of methods at isotropic data do not see it.
//
// |t| <= 7 for some 130 controls: 3e-10 in all under a normal law; the controls are
// skewed, and still well below 1e-6.
func TestControlsHaveMeanZero(t *testing.T) {
	const limit = 7
	settings := func(dim float64) []Setting {
		return []Setting{linear(4, dim, 10), hidden(network.WW, 3, 4, dim, 10), with(hidden(network.WW, 3, 6, dim, 10), ce)}
	}
	seen := 0
	for _, text := range append([]string{"gaussian", "ar1:0.9", "power:0.4", "spiked:2:5"}, allLaws...) {
		if text == "student:4.5" {
			continue // |x|^4 has no variance
		}
		all := settings(20)
		if text == "ar1:0.9" {
			all = append(all, settings(50)...)
		}
		for _, s := range all {
			e := estimator(t, withData(s, law1(t, text)), TwoPoint)
			r := e.raw()
			if r.controls() == 0 {
				continue
			}
			seen += r.controls()
			if x := worstControl(t, e.Key(), r, 5000); x > limit {
				t.Errorf("%s: a control has a mean %.1f standard errors from 0", e.Key(), x)
			}
			if text != "ar1:0.9" {
				continue
			}
			trace, err := e.Setting.Traces()
			if err != nil {
				t.Fatal(err)
			}
			if x := worstControl(t, e.Key(), offCentre{r, trace.Second - trace.First}, 5000); x <= limit {
				t.Errorf("%s: planted error survives: tr Sigma/d for tr Sigma^2/d is %.1f standard errors off", e.Key(), x)
			}
		}
	}
	if seen < 100 {
		t.Errorf("only %d controls seen", seen)
	}
	// Coordinates come in blocks of 256: a process that starts anew in each has a
	// tr Sigma^2/d a fifth too small here.
	e := estimator(t, withData(linear(2, 600, 10), law1(t, "ar1:0.99")), TwoPoint)
	if x := worstControl(t, e.Key(), e.raw(), 10_000); x > limit {
		t.Errorf("%s: a control has a mean %.1f standard errors from 0", e.Key(), x)
	}
	whole, err := theorem.ARTraces(0.99, 600)
	if err != nil {
		t.Fatal(err)
	}
	block, err := theorem.ARTraces(0.99, coordinates)
	if err != nil {
		t.Fatal(err)
	}
	if x := worstControl(t, e.Key(), offCentre{e.raw(), block.Second - whole.Second}, 10_000); x <= limit {
		t.Errorf("planted error survives: blocks of their own are %.1f standard errors off", x)
	}
}
