package catalogue

import (
	"maps"
	"math"
	"slices"
	"strings"
	"sync"

	"pastur/verdict"
)

// Spec is a claim as a suite file states it.
type Spec struct {
	ID        string
	Statement string
	Source    string
	Kind      verdict.Kind
	About     Subject // what is sampled, and what is known of it
	Power     float64 // kinds rate and exponent
	Good, Bad float64
	AtLeast   bool
	Assume    verdict.Assumption // "": as the subject has it
	First     int
	Looks     int
	Share     float64 // of the suite's alpha, relative to the other claims'

	alpha, beta float64

	once     sync.Once
	built    *verdict.Claim
	buildErr error
}

// weight is the claim's weight in the split of alpha. Claims of kind exact take
// none: nothing is estimated, so a true one never fails.
func (s *Spec) weight() float64 {
	if s.Kind == verdict.Exact {
		return 0
	}
	return s.Share
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

func parseSpec(t *table) (*Spec, error) {
	s := &Spec{
		ID:        t.string("id", ""),
		Statement: t.string("statement", ""),
		Source:    t.string("source", ""),
	}
	switch {
	case t.values["id"] == nil:
		t.fail("id", "id is missing: want words of small letters and digits joined by hyphens")
	case !idPattern.MatchString(s.ID):
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
	about := t.string("about", "ratio")
	subject, ok := subjects[about]
	if !ok {
		t.fail("about", "unknown about %q: want one of %s", about, strings.Join(slices.Sorted(maps.Keys(subjects)), ", "))
		return nil, t.err
	}
	s.About = subject()
	s.About.parse(t, s)
	t.parseTolerances(s)
	s.First = t.integer("first", 0, 1, 1<<30)
	if s.Kind != verdict.Exact {
		s.Looks = t.integer("looks", 0, 1, 10)
		if t.get("assume") != nil {
			s.Assume = verdict.Assumption(t.choice("assume", "", string(verdict.Asymptotic), string(verdict.NearNormal)))
		}
	}
	s.Share = t.number("share", 1, "a positive number", positive)
	return s, t.finish()
}

// parseTolerances reads the keys that say how far from its target a claim may
// be, whatever it is about.
func (t *table) parseTolerances(s *Spec) {
	tolerance := func(key string, fallback float64) float64 {
		return t.number(key, fallback, "a tolerance of at least 0", func(x float64) bool { return x >= 0 && !math.IsInf(x, 1) })
	}
	// below1 reads a tolerance relative to a number: from 1 on BAD would leave out
	// everything between that number and 0.
	below1 := func(key string, fallback float64) float64 {
		return t.number(key, fallback, "a tolerance of at least 0 and below 1", func(x float64) bool { return x >= 0 && x < 1 })
	}
	switch s.Kind {
	case verdict.Exact:
		s.Good = t.number("tolerance", 0, "a positive number", positive)
		if s.Good == 0 {
			t.fail("tolerance", "tolerance is missing: the largest deviation allowed in any sample")
		}
	case verdict.Identity:
		s.Bad = below1("gap", 0.05)
	case verdict.Limit:
		s.Good, s.Bad = below1("good", 0.01), below1("bad", 0.03)
	case verdict.Rate:
		s.AtLeast = t.boolean("slower")
		s.Good, s.Bad = tolerance("good", 0.10), tolerance("bad", 0.20)
	case verdict.Exponent:
		s.Good, s.Bad = tolerance("good", 0.10), tolerance("bad", 0.25)
	case verdict.Bound:
		if s.AtLeast {
			s.Bad = below1("bad", 0.10)
		} else {
			s.Bad = tolerance("bad", 0.10)
		}
	case verdict.Law:
		s.Good = t.number("at_most", 0, "a positive number", positive)
		s.Bad = t.number("bad", 0, "a positive number", positive)
		if s.Good == 0 || s.Bad == 0 {
			t.fail("at_most", "kind law needs at_most (GOOD: a mean distance up to it) and bad (BAD: from there on)")
		}
		if s.Bad <= s.Good {
			t.fail("bad", "bad must be larger than at_most, %v, got %v", s.Good, s.Bad)
		}
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
