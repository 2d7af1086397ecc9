package catalogue

import (
	"math"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/verdict"
)

// Quantity is what a claim is about.
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

// Spec is a claim as a suite file states it.
type Spec struct {
	ID        string
	Statement string
	Source    string
	Kind      verdict.Kind
	Check     Check    // kind exact
	Quantity  Quantity // other kinds
	Setting   montecarlo.Setting
	Method    montecarlo.Method
	Against   montecarlo.Method // kind identity
	Classes   []float64
	Dims      []float64
	Target    any // "exact", "limit", "constant", "corrected" or a number
	Power     float64
	Good, Bad float64
	AtLeast   bool
	Truncate  float64 // of off, in units of the quantity; 0 for none
	First     int
	Looks     int
	Share     float64 // of the suite's alpha, relative to the other claims'

	alpha, beta float64
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

func parseSpec(t *table) (*Spec, error) {
	s := &Spec{
		ID:        t.string("id", ""),
		Statement: t.string("statement", ""),
		Source:    t.string("source", ""),
	}
	if !idPattern.MatchString(s.ID) {
		t.fail("id", "id must be words of small letters and digits joined by hyphens, got %q", s.ID)
	}
	if s.Statement == "" {
		t.fail("statement", "statement is missing: say in one sentence what is claimed")
	}
	kinds := make([]string, len(verdict.Kinds))
	for i, k := range verdict.Kinds {
		kinds[i] = string(k)
	}
	s.Kind = verdict.Kind(t.choice("kind", "", kinds...))
	set := &s.Setting
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
	s.Classes = t.grid("classes")
	s.Dims = t.grid("dim")
	if s.Dims == nil {
		s.Dims = []float64{math.Inf(1)}
	}
	if t.get("samples") != nil {
		set.Samples = float64(t.integer("samples", 0, 1, 1<<50))
		if t.get("gamma") != nil {
			t.fail("gamma", "gamma (d/N) and samples (N) exclude each other: give one")
		}
	} else {
		set.Gamma = t.number("gamma", 0.5, "a positive number (d/N)", positive)
	}
	t.parseKind(s)
	s.First = t.integer("first", 0, 1, 1<<30)
	if s.Kind != verdict.Exact {
		s.Looks = t.integer("looks", 0, 1, 10)
	}
	s.Share = t.number("share", 1, "a positive number", positive)
	if s.Classes == nil {
		t.fail("classes", "classes is missing: want a number, or a list or range for a rate or bound")
	}
	return s, t.finish()
}

// parseKind reads the keys that only some kinds have, so that a key of another
// kind is reported as unknown.
func (t *table) parseKind(s *Spec) {
	tolerance := func(key string, fallback float64) float64 {
		return t.number(key, fallback, "a tolerance of at least 0", func(x float64) bool { return x >= 0 && !math.IsInf(x, 1) })
	}
	if s.Kind == verdict.Exact {
		s.Check = Check(t.choice("check", "", string(DefinitionGram), string(ZeroBlock), string(Differences)))
		s.Good = t.number("tolerance", 0, "a positive number", positive)
		if s.Good == 0 {
			t.fail("tolerance", "tolerance is missing: the largest deviation allowed in any sample")
		}
		return
	}
	methods := []string{string(montecarlo.Definition), string(montecarlo.Gram), string(montecarlo.TwoPoint)}
	s.Method = montecarlo.Method(t.choice("method", string(montecarlo.TwoPoint), methods...))
	s.Quantity = Ratio
	switch s.Kind {
	case verdict.Identity:
		s.Against = montecarlo.Method(t.choice("against", "", methods...))
		s.Bad = tolerance("gap", 0.05)
	case verdict.Limit:
		s.Quantity = Quantity(t.choice("quantity", string(Ratio), string(Ratio), string(Scaled), string(FiniteSize)))
		s.Target = t.get("target")
		switch v := s.Target.(type) {
		case nil:
			t.fail("target", `target is missing: want "exact", "limit", "constant" or a number`)
		case string:
			t.choice("target", "", "exact", "limit", "constant", "corrected")
			if (v == "constant" || v == "corrected") != (s.Quantity == Scaled) {
				t.fail("target", `target "constant" (of C^p R) and quantity "scaled" go together`)
			}
		default:
			s.Target = t.number("target", 0, `"exact", "limit", "constant" or a finite number`, finite)
		}
		s.Good, s.Bad = tolerance("good", 0.01), tolerance("bad", 0.03)
	case verdict.Rate:
		s.Power = t.power("p in R = O(C^-p)")
		s.AtLeast = t.boolean("slower")
		s.Good, s.Bad = tolerance("good", 0.10), tolerance("bad", 0.20)
	case verdict.Exponent:
		s.Quantity = Quantity(t.choice("quantity", string(Relative), string(Relative)))
		s.Power = t.power("p in R(d)/R - 1 ~ d^-p")
		s.Good, s.Bad = tolerance("good", 0.10), tolerance("bad", 0.25)
	case verdict.Bound:
		s.Quantity = Quantity(t.choice("quantity", string(Ratio), string(Ratio), string(Scaled)))
		most, least := t.get("at_most"), t.get("at_least")
		switch {
		case (most == nil) == (least == nil):
			t.fail("at_most", "a bound needs exactly one of at_most and at_least")
		case most == "constant":
			s.Target = most
			if s.Quantity != Scaled {
				t.fail("at_most", `at_most "constant" (of C^p R) and quantity "scaled" go together`)
			}
		case most != nil:
			s.Target = t.number("at_most", 0, `a finite number or "constant"`, finite)
		default:
			s.Target, s.AtLeast = t.number("at_least", 0, "a finite number", finite), true
			s.Truncate = t.number("truncate", 0, "a positive number, in units of the quantity", positive)
		}
		s.Bad = tolerance("bad", 0.10)
	case verdict.Law:
		t.fail("kind", "kind law needs a distance between spectra, which suites cannot name yet: want another kind")
	}
}

// power reads the power of a decay, which has no default: a rate of power 0
// would claim nothing.
func (t *table) power(meaning string) float64 {
	if t.values["power"] == nil {
		t.fail("power", "power is missing: %s", meaning)
	}
	return t.number("power", 0, "a finite number", finite)
}
