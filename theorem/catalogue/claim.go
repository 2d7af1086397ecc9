package catalogue

import (
	"fmt"
	"slices"

	"pastur/montecarlo"
	"pastur/replicate"
	"pastur/verdict"
)

// chunkWork is the work of a chunk in elementary steps: some milliseconds, so
// that workers share a look evenly and cancellation is prompt.
const chunkWork = 1 << 18

// dearWork is the work of a replicate from which the first look is smaller.
const dearWork = 1 << 16

// Claim returns the claim ready to be run, with its share of the suite's
// alpha. Nothing is sampled yet.
func (s *Spec) Claim() (*verdict.Claim, error) {
	s.once.Do(func() { s.built, s.buildErr = s.build() })
	if s.buildErr != nil {
		return nil, s.buildErr
	}
	c := *s.built
	c.Cells = slices.Clone(c.Cells)
	c.Alpha, c.Beta = s.alpha, s.beta
	return &c, c.Validate()
}

// build makes the claim without its share of alpha. Exact targets may cost
// tenths of a second, so it is done once a spec.
func (s *Spec) build() (*verdict.Claim, error) {
	c := &verdict.Claim{
		ID: s.ID, Statement: s.Statement, Source: s.Source, Kind: s.Kind,
		Good: s.Good, Bad: s.Bad, AtLeast: s.AtLeast,
		Looks: s.Looks,
	}
	switch s.Kind {
	case verdict.Exact:
		c.Looks = 1
	case verdict.Rate, verdict.Exponent:
		c.Target = -s.Power
	case verdict.Law:
		c.Target, c.Good = s.Good, 0
	}
	if err := s.About.build(s, c); err != nil {
		return nil, err
	}
	for i := range c.Cells {
		c.Cells[i].Records = s.records()
		if s.Assume != "" {
			c.Cells[i].Assume = s.Assume
		}
	}
	if (s.Kind == verdict.Limit || s.Kind == verdict.Bound) && c.Target == 0 {
		key := "target"
		if s.Kind == verdict.Bound {
			key = "at_most"
			if s.AtLeast {
				key = "at_least"
			}
		}
		return nil, fmt.Errorf("%s is 0, and tolerances are relative to it: want kind exact, check zero-block", key)
	}
	return c, nil
}

// Subject is what a claim is about. It reads its own keys of a claim's table
// and, for the claim to be run, adds the cells to draw and the target known.
type Subject interface {
	parse(t *table, s *Spec)
	build(s *Spec, c *verdict.Claim) error
	portable() bool                // no number passes through BLAS or LAPACK
	words(kind verdict.Kind) words // of what is compared
}

// Portable reports whether the claim's numbers are the same bits in every
// build, not only in runs of one.
func (s *Spec) Portable() bool { return s.About.portable() }

// subjects are the values of the key about.
var subjects = map[string]func() Subject{
	"ratio":     func() Subject { return new(BlockRatio) },
	"spectrum":  func() Subject { return new(Spectrum) },
	"lindeberg": func() Subject { return new(Interpolation) },
	"network":   func() Subject { return new(Network) },
}

// EstimatorCell wraps an estimator as a cell, which is near-normal where theory has
// the same ratio in every sample. transform, if not nil, maps (off, diag) of each
// replicate linearly to numerator and denominator.
func EstimatorCell(e *montecarlo.Estimator, transform func(off, diag float64) (num, den float64)) verdict.Cell {
	first := verdict.DefaultFirst
	if e.Work() > dearWork {
		first = 256 // the tail gate never opens before 200
	}
	assume := verdict.Asymptotic
	if isZero(&e.Setting) || isTwoClasses(&e.Setting) {
		assume = verdict.NearNormal // the ratio is 0, or 1, in every sample
	}
	return verdict.Cell{
		Assume: assume,
		Key:    e.Key(),
		Chunk:  int(max(1, min(4096, chunkWork/e.Work()))),
		First:  first,
		Memory: e.Memory(),
		New: func() (verdict.Sampler, error) {
			sampler, err := e.Sampler()
			if err != nil || transform == nil {
				return sampler, err
			}
			return transformed{sampler, transform}, nil
		},
	}
}

type transformed struct {
	verdict.Sampler
	by func(off, diag float64) (num, den float64)
}

func (t transformed) Sample(s *replicate.Stream) (num, den float64, err error) {
	off, diag, err := t.Sampler.Sample(s)
	if err != nil {
		return 0, 0, err
	}
	num, den = t.by(off, diag)
	return num, den, nil
}
