package montecarlo

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"pastur/network"
	"pastur/replicate"
)

// TestCancelled: a replicate of hours ends soon after its context does.
func TestCancelled(t *testing.T) {
	linear := Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Gamma: 0.5, Init: network.LeCun}
	hidden := linear
	hidden.Model = network.Hidden
	with := func(s Setting, block network.Block, loss network.Loss, classes, hidden int, dim float64) Setting {
		s.Block, s.Loss, s.Classes, s.Hidden, s.Dim = block, loss, classes, hidden, dim
		return s
	}
	for name, c := range map[string]struct {
		set    Setting
		method Method
		inner  int // of a network, if not 0
		after  time.Duration
	}{
		"definition":      {with(linear, network.VV, network.CE, 1000, 0, 300), Definition, 0, 50 * time.Millisecond},
		"definition, ww":  {with(hidden, network.WW, network.CE, 100, 100, 500), Definition, 0, 50 * time.Millisecond},
		"gram":            {with(linear, network.VV, network.CE, 100, 0, 2000), Gram, 0, 50 * time.Millisecond},
		"gram, later":     {with(linear, network.VV, network.CE, 100, 0, 2000), Gram, 0, 700 * time.Millisecond},
		"gram, ww":        {with(hidden, network.WW, network.CE, 1000, 400, 800), Gram, 0, 700 * time.Millisecond},
		"linear ce":       {with(linear, network.VV, network.CE, 1e9, 0, 1e9), TwoPoint, 0, 50 * time.Millisecond},
		"linear ce limit": {with(linear, network.VV, network.CE, 1e9, 0, math.Inf(1)), TwoPoint, 0, 50 * time.Millisecond},
		"hidden ce vv":    {with(hidden, network.VV, network.CE, 1e9, 8, 1e9), TwoPoint, 0, 50 * time.Millisecond},
		"hidden ce ww":    {with(hidden, network.WW, network.CE, 1e9, 8, 1e9), TwoPoint, 0, 50 * time.Millisecond},
		"hidden mse ww":   {with(hidden, network.WW, network.MSE, 1e9, 4000, math.Inf(1)), TwoPoint, 0, 50 * time.Millisecond},
		"a network":       {with(hidden, network.WW, network.CE, 1000, 400, 800), TwoPoint, 2000, 700 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := New(c.set, c.method)
			if err != nil {
				t.Fatal(err)
			}
			job := replicate.Job[[2]float64]{Key: "cell", ChunkSize: 1, To: 1, New: func() (func(context.Context, *replicate.Stream) ([2]float64, error), error) {
				sampler, err := e.Sampler()
				if c.inner > 0 {
					sampler, err = e.Conditional(c.inner)
				}
				return func(_ context.Context, s *replicate.Stream) (norms [2]float64, err error) {
					norms[0], norms[1], err = sampler.Sample(s)
					return norms, err
				}, err
			}}
			ctx, cancel := context.WithTimeout(context.Background(), c.after)
			defer cancel()
			returned := make(chan error, 1)
			go func() {
				returned <- replicate.Run(ctx, []replicate.Job[[2]float64]{job}, replicate.Options{Workers: 1})
			}()
			select {
			case err := <-returned:
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the replicate ended with %v, want the context's error", err)
				}
			case <-time.After(20 * time.Second):
				t.Fatal("the replicate goes on")
			}
		})
	}
}

// TestRefusedSizes: what does not fit, and what would take days, is refused before
// it begins, in one line.
func TestRefusedSizes(t *testing.T) {
	for _, c := range []struct {
		set    Setting
		method Method
		want   string
	}{
		{Setting{Model: network.Hidden, Loss: network.CE, Block: network.VV, Classes: 10, Hidden: 1e9, Dim: 1000, Gamma: 0.5},
			TwoPoint, "method twopoint at dim 1000, samples 2000, classes 10, hidden 1000000000 needs 37.3 GiB a worker, more than the 4 GiB allowed: want a smaller hidden layer"},
		{Setting{Model: network.Hidden, Loss: network.CE, Block: network.WW, Classes: 10, Hidden: 1e9, Dim: math.Inf(1), Gamma: 0.5},
			TwoPoint, "method twopoint at classes 10, hidden 1000000000 needs 37.3 GiB a worker, more than the 4 GiB allowed: want a smaller hidden layer"},
		{Setting{Model: network.Hidden, Loss: network.MSE, Block: network.WW, Classes: 100_000, Hidden: 100_000, Dim: 1000, Gamma: 0.5},
			TwoPoint, "needs 149.0 GiB a worker"},
		{Setting{Model: network.Hidden, Loss: network.MSE, Block: network.VV, Classes: 10, Hidden: 1e9, Dim: 1000, Gamma: 0.5},
			TwoPoint, "needs 29.8 GiB a worker"},
		{Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: 100_000, Dim: 100, Gamma: 0.5},
			Definition, "one replicate of method definition at dim 100, samples 200, classes 100000 takes about 1e+16 multiply-adds, more than the 1e+14 allowed: want method gram or twopoint, or a smaller size"},
		{Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: 100_000, Dim: 100, Gamma: 0.5, Init: network.PyTorch},
			Definition, "want method gram or a smaller size"},
		{Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: 1000, Dim: 1e6, Gamma: 0.5},
			Definition, "GiB a worker, more than the 4 GiB allowed: want method twopoint or a smaller size"},
		// V is C x m, whatever d; blocks of output weights are m x m.
		{Setting{Model: network.Hidden, Loss: network.CE, Block: network.VV, Classes: 1_000_000, Hidden: 2000, Dim: 10, Samples: 10},
			Gram, "needs 15.1 GiB a worker"},
		{Setting{Model: network.Hidden, Loss: network.MSE, Block: network.WW, Classes: 1_000_000, Hidden: 800, Dim: 10, Samples: 10},
			Definition, "needs 6.1 GiB a worker"},
		{Setting{Model: network.Hidden, Loss: network.CE, Block: network.VV, Classes: 2, Hidden: 40_000, Dim: 2, Samples: 2},
			Definition, "needs 35.8 GiB a worker"},
	} {
		if c.set.Init == "" {
			c.set.Init = network.LeCun
		}
		_, err := New(c.set, c.method)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %s: %v\nwant %s", c.method, c.set, err, c.want)
		}
	}
}

// TestConditionalRefusesMemory: a network's weights count, the C x m ones too.
func TestConditionalRefusesMemory(t *testing.T) {
	s := Setting{Model: network.Hidden, Loss: network.CE, Block: network.VV, Classes: 1_000_000, Hidden: 10_000, Dim: 10, Samples: 20, Init: network.LeCun}
	if _, err := estimator(t, s, TwoPoint).Conditional(2); err == nil || !strings.Contains(err.Error(), "need 74.5 GiB a worker") {
		t.Errorf("a network of 75 GiB: %v", err)
	}
}
