package network_test

import (
	"context"
	"strings"
	"testing"

	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

// fitted can fit its random labels (320 weights, 30 samples), crowded cannot.
func fitted() network.Trajectory {
	return network.Trajectory{Sizes: []int{20, 8, 20}, Activation: network.ReLU, Loss: network.CE, Init: network.LeCun,
		Data: network.Gaussian, Samples: 30, Training: network.Training{Optimizer: network.Adam, Rate: 0.03, Steps: 150}}
}

func crowded() network.Trajectory {
	t := fitted()
	t.Samples, t.Training.Steps = 120, 100
	return t
}

// decide runs a claim as a suite would.
func decide(t *testing.T, tr network.Trajectory, force network.Force, kind verdict.Kind, target float64, first int) verdict.Status {
	t.Helper()
	claim := &verdict.Claim{ID: string(force), Kind: kind, Target: target, Bad: 0.5, Looks: 1, Cells: []verdict.Cell{{
		Key: string(force), X: 1, First: first, Chunk: 4, Assume: verdict.NearNormal,
		New: func() (verdict.Sampler, error) {
			return verdict.SamplerFunc(func(s *replicate.Stream) (float64, float64, error) { return tr.Statistic(s, force) }), nil
		},
	}}}
	if kind == verdict.Exact {
		claim.Good = target
	}
	v, err := claim.Run(context.Background(), verdict.Options{Seed: 1, Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s %v", force, v.Status, v.Reason)
	return v.Status
}

// The forces of the source, and what must fail: each claim at a target that is not
// met, the fall of |H_wv| where labels cannot be fitted.
func TestForces(t *testing.T) {
	for _, test := range []struct {
		tr     network.Trajectory
		force  network.Force
		kind   verdict.Kind
		target float64
		first  int
		want   verdict.Status
	}{
		{fitted(), network.Dynamic, verdict.Exact, 0.5, 8, verdict.Pass},
		{crowded(), network.Dynamic, verdict.Exact, 0.5, 4, verdict.Fail},
		{crowded(), network.Relative, verdict.Exact, 0.5, 4, verdict.Pass},
		{fitted(), network.Bound, verdict.Exact, 1, 8, verdict.Pass},
		{fitted(), network.Bound, verdict.Exact, 0.01, 4, verdict.Fail},
		{fitted(), network.StaticHidden, verdict.Exact, 0.25, 8, verdict.Pass},
		{fitted(), network.StaticOutput, verdict.Exact, 0.1, 8, verdict.Pass},
		{fitted(), network.StaticOutput, verdict.Exact, 0.01, 4, verdict.Fail},
	} {
		if got := decide(t, test.tr, test.force, test.kind, test.target, test.first); got != test.want {
			t.Errorf("%s at %v, N = %d: %s, want %s", test.force, test.target, test.tr.Samples, got, test.want)
		}
	}
}

func TestTrajectoryErrors(t *testing.T) {
	stream := replicate.NewStream(1, "trajectory", 0)
	mse, linear := fitted(), fitted()
	mse.Loss = network.MSE
	linear.Sizes = []int{3, 4}
	for want, f := range map[string]func() error{
		"bounded by the gap under loss ce only": func() error { _, _, err := mse.Statistic(stream, network.Bound); return err },
		"has no blocks between layers":          func() error { _, _, err := linear.Statistic(stream, network.Dynamic); return err },
		`unknown force "x"`:                     func() error { _, _, err := mse.Statistic(stream, "x"); return err },
		"percent of a training must be from":    func() error { _, err := mse.Draw(context.Background(), stream, 101); return err },
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
