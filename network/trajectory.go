package network

import (
	"context"
	"errors"
	"fmt"
	"math"
)

// Trajectory is a training run to be repeated with fresh weights and data: the
// replicate of claims about training.
type Trajectory struct {
	Sizes      []int // d, hidden widths, C
	Activation Activation
	Loss       Loss
	Init       Init
	Data       Synthetic
	Samples    int
	Training   Training
}

// Snapshot is what is known of a net at one step of its training.
type Snapshot struct {
	Step  int
	Fit   Fit
	Norms *Norms
	// Bound is the multiple of the optimality gap that Norms.Cross cannot exceed (see
	// [Curvature.CrossBound]); NaN under squared error.
	Bound float64
}

// Draw draws weights and data, in this order, trains, and looks at the given
// percents of the training (rising, from 0 to 100).
func (t Trajectory) Draw(ctx context.Context, src Source, percents ...float64) ([]Snapshot, error) {
	net, err := DrawMLP(src, t.Activation, t.Init, t.Sizes)
	if err != nil {
		return nil, err
	}
	X, y, err := t.Data.Draw(src, t.Samples, net.Dim(), net.Classes())
	if err != nil {
		return nil, err
	}
	p, err := NewProblem(net, t.Loss, X, y)
	if err != nil {
		return nil, err
	}
	trainer, err := NewTrainer(p, t.Training)
	if err != nil {
		return nil, err
	}
	var snapshots []Snapshot
	for _, percent := range percents {
		if !(percent >= 0 && percent <= 100) {
			return nil, fmt.Errorf("percent of a training must be from 0 to 100, got %v", percent)
		}
		step := int(math.Round(percent / 100 * float64(t.Training.Steps)))
		if err := trainer.Run(ctx, step, nil); err != nil {
			return nil, err
		}
		c, err := p.Curvature(ctx)
		if err != nil {
			return nil, err
		}
		norms, err := c.Norms(ctx, nil)
		if err != nil {
			return nil, err
		}
		bound, _ := c.CrossBound()
		snapshots = append(snapshots, Snapshot{step, c.Fit(), norms, bound})
	}
	return snapshots, nil
}

// Force names a statistic of a trajectory, in the words of the source: a dynamic
// force makes the blocks between layers vanish in training, a static one keeps those
// within a layer block-diagonal throughout.
type Force string

const (
	// Dynamic is |H_wv|_F at the end of the training over that at its beginning, all
	// blocks between layers taken together. It is small where the data can be
	// fitted, and may well exceed 1 where it cannot.
	Dynamic Force = "dynamic"
	// Relative is the same for the mean of |H_{w_i v_j}|_F^2 over the geometric mean
	// of the diagonal blocks', of the first layer and the last. It falls in both cases.
	Relative Force = "relative"
	// Bound is the largest of |H_wv|_F over its bound along the training: at most 1,
	// in every sample.
	Bound Force = "bound"
	// StaticHidden is the mean of |H_ij|_F^2 over i != j over that over i = j, of the
	// first layer, at the step where it is largest of 0, 1, 10, 50 and 100 %.
	StaticHidden Force = "static-hidden"
	// StaticOutput is the same of the last layer.
	StaticOutput Force = "static-output"
)

// Forces lists all of them.
var Forces = []Force{Dynamic, Relative, Bound, StaticHidden, StaticOutput}

// Statistic draws a trajectory and returns the statistic, and 1: numerator and
// denominator of a claim's sample.
func (t Trajectory) Statistic(src Source, force Force) (num, den float64, err error) {
	if _, err := parse("force", string(force), Forces...); err != nil {
		return 0, 0, err
	}
	if len(t.Sizes) < 3 {
		return 0, 0, fmt.Errorf("a net of layers %v has no blocks between layers: want at least one hidden layer", t.Sizes)
	}
	if force == Bound && t.Loss != CE {
		return 0, 0, errors.New("blocks between layers are bounded by the gap under loss ce only")
	}
	percents := []float64{0, 1, 10, 50, 100}
	if force == Dynamic || force == Relative {
		percents = []float64{0, 100}
	}
	all, err := t.Draw(context.Background(), src, percents...)
	if err != nil {
		return 0, 0, err
	}
	first, last, depth := all[0], all[len(all)-1], len(t.Sizes)-2
	ratio := func(s Snapshot, a, b int) float64 {
		p, _ := s.Norms.Of(a, b)
		return p.Ratio()
	}
	switch force {
	case Dynamic:
		num = last.Norms.Cross() / first.Norms.Cross()
	case Relative:
		num = ratio(last, 0, depth) / ratio(first, 0, depth)
	case Bound:
		for _, s := range all {
			num = max(num, s.Norms.Cross()/s.Bound)
		}
	default:
		layer := 0
		if force == StaticOutput {
			layer = depth
		}
		for _, s := range all {
			num = max(num, ratio(s, layer, layer))
		}
	}
	if !(num >= 0) || math.IsInf(num, 0) {
		return 0, 0, fmt.Errorf("statistic %s is %v", force, num)
	}
	return num, 1, nil
}
