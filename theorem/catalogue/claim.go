package catalogue

import (
	"errors"
	"fmt"
	"math"

	"pastur/montecarlo"
	"pastur/replicate"
	"pastur/theorem"
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
	c := &verdict.Claim{
		ID: s.ID, Statement: s.Statement, Source: s.Source, Kind: s.Kind,
		Good: s.Good, Bad: s.Bad, AtLeast: s.AtLeast,
		Alpha: s.alpha, Beta: s.beta, Looks: s.Looks,
	}
	if len(s.Classes) > 1 && len(s.Dims) > 1 {
		return nil, errors.New("dim and classes cannot both be lists")
	}
	if err := s.checkPoints(); err != nil {
		return nil, err
	}
	for _, classes := range s.Classes {
		for _, dim := range s.Dims {
			set := s.Setting
			if math.IsInf(classes, 1) || classes > theorem.MaxClasses {
				return nil, fmt.Errorf("classes must be between 2 and %d, got %v", theorem.MaxClasses, classes)
			}
			set.Classes, set.Dim = int(classes), dim
			x := classes
			if len(s.Dims) > 1 {
				x = dim
			}
			if err := s.addCells(c, set, x); err != nil {
				return nil, err
			}
		}
	}
	switch s.Kind {
	case verdict.Exact:
		c.Looks = 1
	case verdict.Rate:
		c.Target = -s.Power
	case verdict.Exponent:
		c.Target = -s.Power
		for i := range c.Cells {
			c.Cells[i].Minus = 1
		}
	case verdict.Bound:
		if name, ok := s.Target.(string); ok {
			if err := s.boundByConstant(c, name); err != nil {
				return nil, err
			}
		} else {
			c.Target = s.Target.(float64)
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
	return c, c.Validate()
}

// checkPoints reports a list of points where the kind takes one, or too few
// points to fit a slope through.
func (s *Spec) checkPoints() error {
	key, points := "classes", len(s.Classes)
	if len(s.Dims) > 1 || s.Kind == verdict.Exponent && points == 1 {
		key, points = "dim", len(s.Dims)
	}
	least, many := map[verdict.Kind]int{verdict.Bound: 1, verdict.Rate: 2, verdict.Exponent: 4}[s.Kind]
	switch {
	case !many && points > 1:
		return fmt.Errorf("%s must be a single value for kind %s", key, s.Kind)
	case points < least:
		return fmt.Errorf("%s must be a list or range of at least %d values for kind %s, got %d", key, least, s.Kind, points)
	}
	return nil
}

// boundByConstant sets the target of a bound on C^p R to its limit, which must
// be finite.
func (s *Spec) boundByConstant(c *verdict.Claim, name string) error {
	set := s.Setting
	set.Classes, set.Dim = int(s.Classes[0]), s.Dims[0]
	set, err := set.Complete()
	if err != nil {
		return err
	}
	constant, err := Constant(&set)
	if err == nil && math.IsInf(constant, 1) {
		err = fmt.Errorf("at_most %q: it is infinite, as hidden must exceed 2 kappa = %v", name, 2*set.Init.Kappa(set.Model))
	}
	c.Target = constant
	return err
}

// addCells adds the cell (two for an identity) of one setting, and for a limit
// its target.
func (s *Spec) addCells(c *verdict.Claim, set montecarlo.Setting, x float64) error {
	if s.Kind == verdict.Exact {
		cell, err := s.checkCell(set)
		if err != nil {
			return err
		}
		c.Cells = append(c.Cells, cell)
		return nil
	}
	methods := []montecarlo.Method{s.Method}
	if s.Kind == verdict.Identity {
		if s.Against == s.Method {
			return fmt.Errorf("against must be another method than %s", s.Method)
		}
		methods = append(methods, s.Against)
	}
	var completed montecarlo.Setting
	for _, method := range methods {
		e, err := montecarlo.New(set, method)
		if err != nil {
			return err
		}
		completed = e.Setting
		if e.Truncate, err = s.truncation(&completed); err != nil {
			return err
		}
		transform, err := s.transform(&completed)
		if err != nil {
			return err
		}
		cell := EstimatorCell(e, transform)
		cell.X = x
		if s.First > 0 {
			cell.First = s.First
		}
		c.Cells = append(c.Cells, cell)
	}
	if s.Kind == verdict.Limit {
		return s.aim(c, &completed)
	}
	return nil
}

// truncation returns where off is truncated, in units of diag.
func (s *Spec) truncation(set *montecarlo.Setting) (float64, error) {
	if s.Truncate == 0 || s.Quantity != Scaled {
		return s.Truncate, nil
	}
	p, err := decayPower(set)
	return s.Truncate / math.Pow(float64(set.Classes), p), err
}

// EstimatorCell wraps an estimator as a cell. transform, if not nil, maps
// (off, diag) of each replicate linearly to numerator and denominator.
func EstimatorCell(e *montecarlo.Estimator, transform func(off, diag float64) (num, den float64)) verdict.Cell {
	first := verdict.DefaultFirst
	if e.Work() > dearWork {
		first = 256 // the tail gate never opens before 200
	}
	return verdict.Cell{
		Key:   e.Key(),
		Chunk: int(max(1, min(4096, chunkWork/e.Work()))),
		First: first,
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

// transform returns what turns (off, diag) into the quantity.
func (s *Spec) transform(set *montecarlo.Setting) (func(off, diag float64) (num, den float64), error) {
	switch s.Quantity {
	case Scaled:
		p, err := decayPower(set)
		if err != nil {
			return nil, err
		}
		scale := float64(set.Classes)
		if p == 2 {
			scale *= scale
		}
		return func(off, diag float64) (float64, float64) { return scale * off, diag }, nil
	case Relative, FiniteSize:
		limit, err := Limit(set)
		if err != nil {
			return nil, err
		}
		if limit == 0 {
			return nil, fmt.Errorf("quantity %s divides by the limit, which is 0 here", s.Quantity)
		}
		if s.Quantity == Relative {
			return func(off, diag float64) (float64, float64) { return off / limit, diag }, nil
		}
		if set.Limit() {
			return nil, errors.New("dim must be finite for quantity finite-size")
		}
		d := set.Dim
		return func(off, diag float64) (float64, float64) { return d * (float64(off/limit) - diag), diag }, nil
	}
	return nil, nil
}

// aim sets the target of a limit claim, and the declared finite-size bias.
func (s *Spec) aim(c *verdict.Claim, set *montecarlo.Setting) (err error) {
	name, isName := s.Target.(string)
	if !isName {
		c.Target = s.Target.(float64)
		return nil
	}
	switch {
	case name == "constant":
		c.Target, err = Constant(set)
	case name == "corrected":
		c.Target, err = Corrected(set)
	case s.Quantity == FiniteSize:
		c.Target, err = finiteSizeCoefficient(set)
	case name == "limit":
		if c.Target, err = Limit(set); err == nil && !set.Limit() && set.Init.Gaussian() && set.Data.Gaussian() {
			var a float64
			if a, err = finiteSizeCoefficient(set); err == nil {
				c.Bias = math.Abs(a) / set.Dim
			}
		}
	default:
		c.Target, err = Exact(set)
	}
	return err
}
