package catalogue

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

// checkFirst is the number of samples an exact claim looks at by default.
const checkFirst = 20

// checkCell returns the cell of an exact claim: one statistic a sample, which
// must never exceed the tolerance.
func (r *BlockRatio) checkCell(set montecarlo.Setting, first int) (verdict.Cell, error) {
	if set.Limit() {
		return verdict.Cell{}, blameOn("dim", "dim must be finite: kind exact draws the data, got inf")
	}
	definition, err := montecarlo.New(set, montecarlo.Definition)
	if err != nil {
		return verdict.Cell{}, err
	}
	set = definition.Setting
	cell := verdict.Cell{Key: string(r.Check) + " " + set.String(), First: first, Chunk: 1}
	if cell.First == 0 {
		cell.First = checkFirst
	}
	switch r.Check {
	case DefinitionGram:
		gram, err := montecarlo.New(set, montecarlo.Gram)
		if err != nil {
			return verdict.Cell{}, err
		}
		cell.New = func() (verdict.Sampler, error) {
			a, err := definition.Sampler()
			if err != nil {
				return nil, err
			}
			b, err := gram.Sampler()
			return sameDraws{a, b}, err
		}
	case ZeroBlock:
		if !isZero(&set) {
			return verdict.Cell{}, fmt.Errorf("check zero-block: off-diagonal blocks of %s are not zero", describeBlock(&set))
		}
		cell.New = func() (verdict.Sampler, error) { return &differences{set: &set, zero: true}, nil }
	case Differences:
		cell.New = func() (verdict.Sampler, error) { return &differences{set: &set}, nil }
	}
	return cell, nil
}

// sameDraws compares two samplers on copies of one stream.
type sameDraws struct{ a, b verdict.Sampler }

func (p sameDraws) Sample(s *replicate.Stream) (num, den float64, err error) {
	copied := *s
	offA, diagA, errA := p.a.Sample(s)
	offB, diagB, errB := p.b.Sample(&copied)
	if err := errors.Join(errA, errB); err != nil {
		return 0, 0, err
	}
	return max(relativeGap(offA, offB), relativeGap(diagA, diagB)), 1, nil
}

func relativeGap(x, y float64) float64 {
	if x == y {
		return 0
	}
	return math.Abs(x-y) / max(math.Abs(x), math.Abs(y))
}

// differences compares blocks with central differences of the gradient: every
// block against its closed form, or every off-diagonal block with zero.
type differences struct {
	set   *montecarlo.Setting
	zero  bool
	spoil func(i, j int, h *mat.Dense) // for tests: damages a closed form, or nil
}

func (t *differences) Sample(s *replicate.Stream) (num, den float64, err error) {
	set := t.set
	net, err := network.Draw(s, set.Model, set.Init, int(set.Dim), set.Hidden, set.Classes)
	if err != nil {
		return 0, 0, err
	}
	x := mat.NewDense(int(set.Samples), int(set.Dim), nil)
	s.Normals(x.RawMatrix().Data)
	labels := make([]int, int(set.Samples))
	for n := range labels {
		labels[n] = int(s.Float64() * float64(set.Classes))
	}
	state, err := network.Evaluate(net, set.Loss, x, labels)
	if err != nil {
		return 0, 0, err
	}
	blocks := set.Classes
	if set.Block == network.WW {
		blocks = set.Hidden
	}
	numeric := func(i, j int) (*mat.Dense, error) {
		return network.DifferenceBlock(net, set.Loss, x, labels, set.Block, i, j, 0)
	}
	// Relative to the largest diagonal block: an off-diagonal one may be tiny, and that
	// of a unit which is active at no sample is zero.
	scale := 0.0
	for i := range blocks {
		scale = max(scale, math.Sqrt(network.FrobeniusSquared(state.Block(set.Block, i, i))))
	}
	if scale == 0 {
		scale = 1 // no unit is active: all blocks are zero
	}
	worst := 0.0
	for i := range blocks {
		for j := range i + 1 {
			if t.zero && i == j {
				continue
			}
			h, err := numeric(i, j)
			if err != nil {
				return 0, 0, err
			}
			if !t.zero {
				closed := state.Block(set.Block, i, j)
				if t.spoil != nil {
					t.spoil(i, j, closed)
				}
				h.Sub(h, closed)
			}
			worst = max(worst, math.Sqrt(network.FrobeniusSquared(h))/scale)
		}
	}
	return worst, 1, nil
}
