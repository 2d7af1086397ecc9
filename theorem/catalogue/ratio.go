package catalogue

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pastur/internal/grid"
	"pastur/montecarlo"
	"pastur/network"
	"pastur/theorem"
	"pastur/verdict"
)

// Quantity is what a claim says of a block ratio.
type Quantity string

// The quantities. R is the ratio E|H_ij|^2/E|H_ii|^2 and p the exponent of its
// decay in C: 2 for the linear model under cross-entropy, 1 for hidden MSE ww.
const (
	// Ratio is R.
	Ratio Quantity = "ratio"
	// Scaled is C^p R.
	Scaled Quantity = "scaled"
	// Relative is R over its limit for d, N -> infinity.
	Relative Quantity = "relative"
	// FiniteSize is d (R / limit - 1), which tends to the coefficient of the
	// 1/d correction.
	FiniteSize Quantity = "finite-size"
)

// Check is what a claim of kind exact tests in every sample.
type Check string

// The checks.
const (
	// DefinitionGram: block norms by definition and by Gram matrices agree
	// on the same draws; the statistic is the larger relative difference.
	DefinitionGram Check = "definition-gram"
	// ZeroBlock: off-diagonal blocks, by finite differences of the gradient,
	// are zero; the statistic is |H_ij|_F/|H_ii|_F.
	ZeroBlock Check = "zero-block"
	// Differences: closed-form blocks equal finite differences of the
	// gradient; the statistic is the relative Frobenius distance.
	Differences Check = "finite-differences"
)

// BlockRatio is the subject of claims about R = E|H_ij|^2/E|H_ii|^2 and about
// the code that computes blocks.
type BlockRatio struct {
	Check    Check    // kind exact
	Quantity Quantity // other kinds
	Setting  montecarlo.Setting
	Method   montecarlo.Method
	Against  montecarlo.Method // kind identity
	Classes  []float64
	Dims     []float64
	Target   any     // "exact", "limit", "constant", "corrected" or a number
	Truncate float64 // of off, in units of the quantity; 0 for none
}

func (r *BlockRatio) parse(t *table, s *Spec) {
	set := &r.Setting
	set.Model = network.Model(t.choice("model", "", "linear", "hidden"))
	set.Loss = network.Loss(t.choice("loss", "", "mse", "ce"))
	set.Block = network.Block(t.choice("block", "vv", "vv", "ww", "wv"))
	set.Init = network.Init(t.choice("init", "lecun", "lecun", "he", "pytorch"))
	if text := t.string("data", ""); text != "" {
		var err error
		if set.Data, err = montecarlo.ParseData(text); err != nil {
			t.fail("data", "%v", err)
		}
	}
	if set.Model == network.Hidden {
		set.Hidden = t.integer("hidden", 8, 1, 1<<20)
	}
	r.Classes = t.grid("classes", between(2, theorem.MaxClasses))
	r.Dims = t.grid("dim", grid.Parse)
	if r.Dims == nil {
		r.Dims = []float64{math.Inf(1)}
		switch s.Kind {
		case verdict.Exact:
			t.fail("dim", "dim is missing: kind exact draws the data, want a whole number")
		case verdict.Exponent:
			t.fail("dim", "dim is missing: kind exponent fits a power of it, want a list or range of at least 4 values")
		}
	}
	if t.get("samples") != nil {
		set.Samples = t.whole("samples", 0, 1, 1<<50)
		if t.get("gamma") != nil {
			t.fail("gamma", "gamma (d/N) and samples (N) exclude each other: give one")
		}
	} else {
		set.Gamma = t.number("gamma", 0.5, "a positive number (d/N)", positive)
	}
	r.parseKind(t, s)
	if r.Classes == nil {
		t.fail("classes", "classes is missing: want a number, or a list or range for a rate or bound")
	}
}

// parseKind reads the keys that only some kinds have, so that a key of another
// kind is reported as unknown.
func (r *BlockRatio) parseKind(t *table, s *Spec) {
	if s.Kind == verdict.Exact {
		r.Check = Check(t.choice("check", "", string(DefinitionGram), string(ZeroBlock), string(Differences)))
		return
	}
	methods := []string{string(montecarlo.Definition), string(montecarlo.Gram), string(montecarlo.TwoPoint)}
	r.Method = montecarlo.Method(t.choice("method", string(montecarlo.TwoPoint), methods...))
	r.Quantity = Ratio
	switch s.Kind {
	case verdict.Identity:
		r.Against = montecarlo.Method(t.choice("against", "", methods...))
	case verdict.Limit:
		r.Quantity = Quantity(t.choice("quantity", string(Ratio), string(Ratio), string(Scaled), string(FiniteSize)))
		r.Target = t.get("target")
		switch v := r.Target.(type) {
		case nil:
			t.fail("target", `target is missing: want "exact", "limit", "constant", "corrected" or a number`)
		case string:
			t.choice("target", "", "exact", "limit", "constant", "corrected")
			if (v == "constant" || v == "corrected") != (r.Quantity == Scaled) {
				t.fail("target", `target "constant" (of C^p R) and quantity "scaled" go together`)
			}
		default:
			r.Target = t.number("target", 0, `"exact", "limit", "constant" or a finite number`, finite)
		}
	case verdict.Rate:
		s.Power = t.power("p in R = O(C^-p)")
	case verdict.Exponent:
		r.Quantity = Quantity(t.choice("quantity", string(Relative), string(Relative)))
		s.Power = t.power("p in R(d)/R - 1 ~ d^-p")
	case verdict.Bound:
		r.Quantity = Quantity(t.choice("quantity", string(Ratio), string(Ratio), string(Scaled)))
		most, least := t.get("at_most"), t.get("at_least")
		switch {
		case (most == nil) == (least == nil):
			t.fail("at_most", "a bound needs exactly one of at_most and at_least")
		case most == "constant":
			r.Target = most
			if r.Quantity != Scaled {
				t.fail("at_most", `at_most "constant" (of C^p R) and quantity "scaled" go together`)
			}
		case most != nil:
			r.Target = t.number("at_most", 0, `a finite number or "constant"`, finite)
		default:
			r.Target, s.AtLeast = t.number("at_least", 0, "a finite number", finite), true
			r.Truncate = t.number("truncate", 0, "a positive number, in units of the quantity", positive)
			if r.Truncate > 0 && r.Method != montecarlo.TwoPoint {
				t.fail("truncate", "truncate goes with method twopoint only, got method %s", r.Method)
			}
		}
	case verdict.Law:
		t.fail("kind", "kind law needs a distance between spectra: want another kind, or about = \"spectrum\"")
	}
}

// portable: only the two-point method avoids BLAS.
func (r *BlockRatio) portable() bool {
	return r.Method == montecarlo.TwoPoint && (r.Against == "" || r.Against == montecarlo.TwoPoint)
}

// build adds a cell a size (two for an identity) and sets the target.
func (r *BlockRatio) build(s *Spec, c *verdict.Claim) error {
	if len(r.Classes) > 1 && len(r.Dims) > 1 {
		return errors.New("dim and classes cannot both be lists")
	}
	if err := r.checkPoints(s.Kind); err != nil {
		return err
	}
	if _, named := r.Target.(string); isZero(&r.Setting) && s.Kind != verdict.Exact && !(s.Kind == verdict.Limit && named) {
		return blameOn("kind", "kind %s says nothing about block %s: %s; want kind exact, check zero-block", s.Kind, describeBlock(&r.Setting), ExactZero)
	}
	for _, classes := range r.Classes {
		for _, dim := range r.Dims {
			set := r.Setting
			set.Classes, set.Dim = int(classes), dim
			x := classes
			if len(r.Dims) > 1 {
				x = dim
			}
			if err := r.addCells(c, set, x, s); err != nil {
				return err
			}
		}
	}
	switch s.Kind {
	case verdict.Exponent:
		for i := range c.Cells {
			c.Cells[i].Minus = 1
		}
	case verdict.Bound:
		if name, ok := r.Target.(string); ok {
			if err := r.boundByConstant(c, name); err != nil {
				return err
			}
		} else {
			c.Target = r.Target.(float64)
		}
	}
	return nil
}

// checkPoints reports a list of points where the kind takes one, or too few
// points to fit a slope through.
func (r *BlockRatio) checkPoints(kind verdict.Kind) error {
	key, points := "classes", len(r.Classes)
	if len(r.Dims) > 1 || kind == verdict.Exponent {
		key, points = "dim", len(r.Dims)
	}
	least, many := map[verdict.Kind]int{verdict.Bound: 1, verdict.Rate: 2, verdict.Exponent: 4}[kind]
	switch {
	case !many && points > 1:
		return blameOn(key, "%s must be a single value for kind %s", key, kind)
	case many && key == "dim" && slices.Contains(r.Dims, math.Inf(1)):
		return blameOn(key, "dim must be finite for kind %s, which compares values at several, got inf", kind)
	case points < least:
		return blameOn(key, "%s must be a list or range of at least %d values for kind %s, got %d", key, least, kind, points)
	case kind == verdict.Exponent && len(r.Classes) > 1:
		return blameOn("classes", "classes must be a single value for kind exponent, which fits a power of dim")
	}
	return nil
}

// boundByConstant sets the target of a bound on C^p R to its limit, which must
// be finite.
func (r *BlockRatio) boundByConstant(c *verdict.Claim, name string) error {
	set := r.Setting
	set.Classes, set.Dim = int(r.Classes[0]), r.Dims[0]
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
func (r *BlockRatio) addCells(c *verdict.Claim, set montecarlo.Setting, x float64, s *Spec) error {
	if s.Kind == verdict.Exact {
		cell, err := r.checkCell(set, s.First)
		if err != nil {
			return err
		}
		c.Cells = append(c.Cells, cell)
		return nil
	}
	methods := []montecarlo.Method{r.Method}
	if s.Kind == verdict.Identity {
		if r.Against == r.Method {
			return fmt.Errorf("against must be another method than %s", r.Method)
		}
		methods = append(methods, r.Against)
	}
	var completed montecarlo.Setting
	for _, method := range methods {
		e, err := montecarlo.New(set, method)
		if err != nil {
			return err
		}
		completed = e.Setting
		if e.Truncate, err = r.truncation(&completed); err != nil {
			return err
		}
		transform, err := r.transform(&completed)
		if err != nil {
			return err
		}
		cell := EstimatorCell(e, transform)
		cell.X = x
		cell.Assume = verdict.Asymptotic // a claim says itself what it takes for granted
		if s.First > 0 {
			cell.First = s.First
		}
		c.Cells = append(c.Cells, cell)
	}
	if s.Kind == verdict.Limit {
		return r.aim(c, &completed)
	}
	return nil
}

// truncation returns where off is truncated, in units of diag.
func (r *BlockRatio) truncation(set *montecarlo.Setting) (float64, error) {
	if r.Truncate == 0 || r.Quantity != Scaled {
		return r.Truncate, nil
	}
	p, err := decayPower(set)
	return r.Truncate / math.Pow(float64(set.Classes), p), err
}

// transform returns what turns (off, diag) into the quantity.
func (r *BlockRatio) transform(set *montecarlo.Setting) (func(off, diag float64) (num, den float64), error) {
	switch r.Quantity {
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
		limit, err := Limit(context.Background(), set)
		if err != nil {
			return nil, err
		}
		if limit == 0 {
			return nil, fmt.Errorf("quantity %s divides by the limit, which is 0 here", r.Quantity)
		}
		if r.Quantity == Relative {
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
func (r *BlockRatio) aim(c *verdict.Claim, set *montecarlo.Setting) (err error) {
	name, isName := r.Target.(string)
	if !isName {
		c.Target = r.Target.(float64)
		return nil
	}
	switch {
	case name == "constant":
		c.Target, err = Constant(set)
	case name == "corrected":
		c.Target, err = Corrected(set)
	case r.Quantity == FiniteSize:
		c.Target, err = FiniteSizeCoefficient(set)
	case name == "limit":
		if c.Target, err = Limit(context.Background(), set); err == nil && !set.Limit() && set.Init.Gaussian() && set.Data.Gaussian() {
			var a float64
			if a, err = FiniteSizeCoefficient(set); err == nil {
				c.Bias = math.Abs(a) / set.Dim
			}
		}
	default:
		c.Target, err = Exact(context.Background(), set)
	}
	if err == nil && math.IsInf(c.Target, 1) {
		return blameOn("target", "target %q is infinite, as hidden must exceed 2 kappa = %v", name, 2*set.Init.Kappa(set.Model))
	}
	return err
}
