package catalogue

import (
	"context"
	"math"
	"testing"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/verdict"
)

// At m = 3 plain sampling has infinite variance in the limit: the tail gate
// must stay closed on it, and open on tilted sampling of the same size.
func TestTailGateOnHiddenCE(t *testing.T) {
	measure := func(tilted bool) verdict.Measurement {
		e, err := montecarlo.New(montecarlo.Setting{
			Model: network.Hidden, Loss: network.CE, Block: network.VV, Classes: 100, Hidden: 3,
			Gamma: 0.5, Dim: math.Inf(1), Init: network.LeCun,
		}, montecarlo.TwoPoint)
		if err != nil {
			t.Fatal(err)
		}
		e.Tilted = tilted
		m, err := verdict.Measure(context.Background(), EstimatorCell(e, nil), verdict.Precision{Replicates: 60_000}, verdict.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if m := measure(false); m.Warning == "" {
		t.Errorf("the gate is open on plain sampling: C^2 R in [%.3f, %.3f]", 1e4*m.Bounds.Lo, 1e4*m.Bounds.Hi)
	}
	// 2.887(7) by an independent program.
	if m := measure(true); m.Warning != "" || !(1e4*m.Bounds.Lo < 2.90 && 1e4*m.Bounds.Hi > 2.87) {
		t.Errorf("tilted: C^2 R in [%.3f, %.3f], gate %q", 1e4*m.Bounds.Lo, 1e4*m.Bounds.Hi, m.Warning)
	}
}
