package catalogue

import (
	"fmt"

	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

// Network is the subject of claims that hold in every draw of a network: the
// form of the blocks between layers, and the forces of the source along a
// training on random labels.
type Network struct {
	Check      string // "stripe" or a network.Force
	Trajectory network.Trajectory
}

// trainingFirst is the number of networks a claim about training trains by
// default: each costs tenths of a second.
const trainingFirst = 8

func (p *Network) portable() bool { return false }

func (p *Network) parse(t *table, s *Spec) {
	if s.Kind != verdict.Exact {
		t.fail("kind", "claims about networks hold in every sample: want kind exact, got %s", s.Kind)
	}
	checks := []string{"stripe"}
	for _, f := range network.Forces {
		checks = append(checks, string(f))
	}
	p.Check = t.choice("check", "", checks...)
	tr := &p.Trajectory
	tr.Loss = network.Loss(t.choice("loss", "ce", "mse", "ce"))
	tr.Activation, tr.Init, tr.Data = network.ReLU, network.LeCun, network.Gaussian
	tr.Sizes = []int{t.integer("dim", 0, 1, 1<<16), t.integer("hidden", 8, 1, 1<<16), t.integer("classes", 0, 2, 1<<16)}
	tr.Samples = t.integer("samples", 0, 1, 1<<20)
	if tr.Sizes[0] == 0 || tr.Sizes[2] == 0 || tr.Samples == 0 {
		t.fail("dim", "dim (d), classes (C) and samples (N) are all needed: a claim about networks draws whole ones")
	}
	if p.Check == "stripe" {
		return
	}
	tr.Training = network.Training{
		Optimizer: network.Optimizer(t.choice("optimizer", string(network.Adam), string(network.Adam), string(network.SGD))),
		Rate:      t.number("rate", 0, "a positive number", positive),
		Steps:     t.integer("steps", 0, 1, 1<<30),
	}
	if tr.Training.Rate == 0 || tr.Training.Steps == 0 {
		t.fail("steps", "steps and rate are both needed: the training's length and first learning rate")
	}
}

// memory returns about how many bytes a sample takes, and refuses what would not fit,
// as the command does: the data, activations and what is propagated back of a training
// and of the blocks' norms, some copies of the weights, and the norms.
func (p *Network) memory() (int64, error) {
	tr := &p.Trajectory
	d, m, classes, n := float64(tr.Sizes[0]), float64(tr.Sizes[1]), float64(tr.Sizes[2]), float64(tr.Samples)
	bytes := 8 * (5*n*(d+m+classes) + 8*m*(d+classes) + (m+classes)*(m+classes))
	if bytes > network.MaxMemory {
		return 0, blameOn("dim", "dim %.0f, hidden %.0f, classes %.0f and samples %.0f need about %.1f GiB a worker, more than the %d GiB allowed: want a smaller network or fewer samples",
			d, m, classes, n, bytes/(1<<30), network.MaxMemory>>30)
	}
	return int64(bytes), nil
}

func (p *Network) build(s *Spec, c *verdict.Claim) error {
	memory, err := p.memory()
	if err != nil {
		return err
	}
	tr := p.Trajectory
	first, key := checkFirst, fmt.Sprintf("network %s %s %v N=%d", p.Check, tr.Loss, tr.Sizes, tr.Samples)
	sample := func(stream *replicate.Stream) (num, den float64, err error) {
		d, m, classes := tr.Sizes[0], tr.Sizes[1], tr.Sizes[2]
		num, err = network.StripeDeviation(stream, tr.Loss, network.Residual, tr.Samples, d, m, classes)
		return num, 1, err
	}
	if p.Check != "stripe" {
		first = trainingFirst
		key += fmt.Sprintf(" %s rate=%v steps=%d", tr.Training.Optimizer, tr.Training.Rate, tr.Training.Steps)
		sample = func(stream *replicate.Stream) (num, den float64, err error) {
			return tr.Statistic(stream, network.Force(p.Check))
		}
	}
	if s.First > 0 {
		first = s.First
	}
	c.Cells = []verdict.Cell{{
		Key: key, First: first, Chunk: 1, Memory: memory,
		New: func() (verdict.Sampler, error) { return verdict.SamplerFunc(sample), nil },
	}}
	return nil
}
