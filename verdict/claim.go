package verdict

import (
	"context"
	"fmt"
	"math"

	"pastur/replicate"
)

// Kind says what a claim compares.
type Kind string

// The kinds, with what Claim.Target, Claim.Good and Claim.Bad mean for each.
const (
	// Exact: |statistic| <= Good in every replicate. No statistics: Bad,
	// alpha and beta do not enter.
	Exact Kind = "exact"
	// Identity: the means of numerator and denominator of Cells[0] and
	// Cells[1] agree. GOOD: their quotients within 1 ± Good; BAD: beyond
	// 1 ± Bad.
	Identity Kind = "identity"
	// Limit: the ratio of the one cell. GOOD: within Target (1 ± (Good +
	// |Bias|)); BAD: beyond Target (1 ± Bad).
	Limit Kind = "limit"
	// Rate: the least-squares slope of log(ratio) on log X over the cells,
	// equally weighted. GOOD: slope <= Target + Good; BAD: slope >= Target +
	// Bad. One-sided: decaying faster passes. With AtLeast the inequalities
	// turn round, GOOD: slope >= Target - Good, BAD: <= Target - Bad, and
	// decaying slower passes.
	Rate Kind = "rate"
	// Exponent: p in |ratio - Minus| = c X^p e^{b/X}, fitted by weighted
	// least squares of the logarithm on 1, log X and 1/X. GOOD: |p - Target|
	// <= Good; BAD: >= Bad.
	Exponent Kind = "exponent"
	// Bound: ratio X^Power <= Target in every cell. GOOD: <= Target; BAD: >=
	// Target (1 + Bad) in some cell. With AtLeast the inequalities turn
	// round and BAD is <= Target (1 - Bad).
	Bound Kind = "bound"
	// Law: the mean distance of the one cell. GOOD: <= Target; BAD: >= Bad.
	Law Kind = "law"
)

// Kinds lists all kinds.
var Kinds = []Kind{Exact, Identity, Limit, Rate, Exponent, Bound, Law}

// Sampler draws replicates: numerator and denominator of a ratio of means. For
// the mean of one statistic the denominator is 1. Whatever one replicate offers
// (many pairs, many blocks) is to be averaged first: replicates must be
// independent, and nothing else is assumed of them but a finite variance.
type Sampler interface {
	Sample(s *replicate.Stream) (num, den float64, err error)
}

// SamplerFunc makes a function a Sampler.
type SamplerFunc func(s *replicate.Stream) (num, den float64, err error)

// Sample calls f.
func (f SamplerFunc) Sample(s *replicate.Stream) (num, den float64, err error) { return f(s) }

// Cell is one parameter point of a claim.
type Cell struct {
	// Key identifies the cell's draws: (seed, claim ID, Key, chunk) keys the
	// streams. It should spell out the cell's settings.
	Key string
	// Records, if not empty, tells apart cells of one key that record other
	// statistics of the same draws: a state folder keeps them apart by it.
	Records string
	// X is the abscissa of rates, exponents and bounds: C, d, N, ...
	X float64
	// New makes a sampler; it is called once a worker.
	New func() (Sampler, error)
	// Chunk is the number of replicates in a chunk (default 64): at least
	// about a millisecond of work, so that folding costs nothing.
	Chunk int
	// Memory is how many bytes a sampler holds, if that is much: fewer workers are
	// used where they would hold more than replicate.MaxMemory together.
	Memory int64
	// First is the number of replicates of the first look, rounded up to
	// whole chunks (default 1024); look k has First 2^(k-1).
	First int
	// Assume says which intervals may be believed (default Asymptotic).
	Assume Assumption
	// Range is the statistic's range under Bounded.
	Range Interval
	// Minus is subtracted from the ratio by Exponent: the limit approached.
	Minus float64
}

// Claim is something to be decided.
type Claim struct {
	ID        string // short, unique: it enters the streams' keys
	Statement string // what is claimed, in words
	Source    string // author, year, theorem
	Kind      Kind
	Cells     []Cell

	Target, Good, Bad float64 // see the kinds
	Bias              float64 // declared relative finite-size bias (Limit)
	Power             float64 // see Bound
	AtLeast           bool    // see Bound and Rate

	Alpha float64 // chance that a true claim fails (default 0.01)
	Beta  float64 // chance that a BAD claim passes (default 0.001)
	Looks int     // at most 10 (default 8)
}

// Defaults of Claim and Cell.
const (
	DefaultAlpha = 0.01
	DefaultBeta  = 0.001
	DefaultLooks = 8
	DefaultFirst = 1024
	DefaultChunk = 64
	maxLooks     = 10
)

// withDefaults returns a copy with defaults filled in, or what is wrong.
func (c Claim) withDefaults() (Claim, error) {
	fail := func(format string, args ...any) (Claim, error) {
		return c, fmt.Errorf("claim %s: %s", c.ID, fmt.Sprintf(format, args...))
	}
	if c.Alpha == 0 {
		c.Alpha = DefaultAlpha
	}
	if c.Beta == 0 {
		c.Beta = DefaultBeta
	}
	if c.Looks == 0 {
		c.Looks = DefaultLooks
	}
	c.Cells = append([]Cell(nil), c.Cells...)
	keys := make(map[string]bool, len(c.Cells))
	for i := range c.Cells {
		cell := &c.Cells[i]
		if cell.Chunk == 0 {
			cell.Chunk = DefaultChunk
		}
		if cell.First == 0 {
			cell.First = DefaultFirst
		}
		if cell.Assume == "" {
			cell.Assume = Asymptotic
		}
		if keys[cell.Key] {
			return fail("cell key %q appears twice; keys must differ or the cells would share their draws", cell.Key)
		}
		keys[cell.Key] = true
		switch {
		case cell.New == nil:
			return fail("cell %q has no sampler", cell.Key)
		case cell.Chunk < 1 || cell.First < 1:
			return fail("cell %q: chunk and first must be at least 1, got %d and %d", cell.Key, cell.Chunk, cell.First)
		case cell.Assume == Bounded && !(cell.Range.Lo < cell.Range.Hi && !math.IsInf(cell.Range.Hi-cell.Range.Lo, 0)):
			return fail("cell %q: a bounded statistic needs a finite range, got %v", cell.Key, cell.Range)
		case cell.Assume != Asymptotic && cell.Assume != NearNormal && cell.Assume != Bounded:
			return fail("cell %q: unknown assumption %q: want asymptotic, near-normal or bounded", cell.Key, cell.Assume)
		}
	}
	switch {
	case c.ID == "":
		return fail("needs an ID")
	case !(c.Alpha > 0 && c.Alpha < 1) || !(c.Beta > 0 && c.Beta < 1):
		return fail("alpha and beta must lie in (0,1), got %v and %v", c.Alpha, c.Beta)
	case c.Looks < 1 || c.Looks > maxLooks:
		return fail("looks must lie in 1..%d, got %d", maxLooks, c.Looks)
	case math.IsNaN(c.Target) || math.IsInf(c.Target, 0):
		return fail("target must be finite, got %v", c.Target)
	case !(c.Good >= 0) || math.IsInf(c.Good, 0):
		return fail("good must be a tolerance >= 0, got %v", c.Good)
	}
	want := 1
	switch c.Kind {
	case Identity:
		want = 2
	case Rate, Bound, Exponent:
		want = len(c.Cells)
		abscissas := make(map[float64]bool, want)
		for _, cell := range c.Cells {
			if !(cell.X > 0) || math.IsInf(cell.X, 0) {
				return fail("cell %q: X must be positive and finite, got %v", cell.Key, cell.X)
			}
			abscissas[cell.X] = true
		}
		least := map[Kind]int{Rate: 2, Bound: 1, Exponent: 4}[c.Kind]
		if want < least {
			return fail("a claim of kind %s needs at least %d cells, got %d", c.Kind, least, want)
		}
		if c.Kind != Bound && len(abscissas) < least {
			return fail("a claim of kind %s needs at least %d different X, got %d", c.Kind, least, len(abscissas))
		}
	case Exact, Limit, Law:
	default:
		return fail("unknown kind %q: want one of %v", c.Kind, Kinds)
	}
	if len(c.Cells) != want {
		return fail("a claim of kind %s needs %d cells, got %d", c.Kind, want, len(c.Cells))
	}
	if c.Kind != Exact {
		good, safe := c.Sets()
		if !good.Inside(safe) {
			return fail("the BAD set must lie a gap away from GOOD %v: bad must be larger than %v, got %v", good, c.Good+math.Abs(c.Bias), c.Bad)
		}
	}
	return c, nil
}

// Sets returns the GOOD set and the complement of the BAD set, which contains
// it, in units of what the claim compares.
func (c *Claim) Sets() (good, safe Interval) {
	inf := math.Inf(1)
	switch c.Kind {
	case Exact:
		return Interval{-inf, c.Good}, Interval{-inf, c.Good}
	case Identity:
		return Around(1, c.Good), Around(1, c.Bad)
	case Limit:
		size := math.Abs(c.Target)
		return Around(c.Target, float64(size*(c.Good+math.Abs(c.Bias)))), Around(c.Target, float64(size*c.Bad))
	case Rate:
		if c.AtLeast {
			return Interval{c.Target - c.Good, inf}, Interval{c.Target - c.Bad, inf}
		}
		return Interval{-inf, c.Target + c.Good}, Interval{-inf, c.Target + c.Bad}
	case Exponent:
		return Around(c.Target, c.Good), Around(c.Target, c.Bad)
	case Bound:
		if c.AtLeast {
			return Interval{c.Target, inf}, Interval{c.Target - float64(c.Bad*math.Abs(c.Target)), inf}
		}
		return Interval{-inf, c.Target}, Interval{-inf, c.Target + float64(c.Bad*math.Abs(c.Target))}
	case Law:
		return Interval{-inf, c.Target}, Interval{-inf, c.Bad}
	}
	return Everything, Everything
}

// BadSet returns the BAD set as the one or two half-lines it consists of.
func (c *Claim) BadSet() []Interval {
	var bad []Interval
	_, safe := c.Sets()
	if !math.IsInf(safe.Lo, -1) {
		bad = append(bad, Interval{math.Inf(-1), safe.Lo})
	}
	if !math.IsInf(safe.Hi, 1) {
		bad = append(bad, Interval{safe.Hi, math.Inf(1)})
	}
	return bad
}

// key identifies the draws of a cell.
func (c *Claim) key(cell *Cell) string { return c.ID + ": " + cell.Key }

// chunks returns how many chunks of the cell look k (from 1) comprises.
func (cell *Cell) chunks(look int) int {
	first := (cell.First + cell.Chunk - 1) / cell.Chunk
	return first << (look - 1)
}

// job computes the chunks [from, to) of a cell into its moments.
func (c *Claim) job(cell *Cell, from, to int, into *Moments) replicate.Job[Moments] {
	return replicate.Job[Moments]{
		Key: c.key(cell), Records: cell.Records, ChunkSize: cell.Chunk, From: from, To: to, Memory: cell.Memory,
		New: func() (func(context.Context, *replicate.Stream) (Moments, error), error) {
			sampler, err := cell.New()
			if err != nil {
				return nil, err
			}
			num, den := make([]float64, cell.Chunk), make([]float64, cell.Chunk)
			return func(ctx context.Context, s *replicate.Stream) (Moments, error) {
				for i := range num {
					if err := ctx.Err(); err != nil {
						return Moments{}, err
					}
					if num[i], den[i], err = sampler.Sample(s); err != nil {
						return Moments{}, fmt.Errorf("replicate %d: %w", i, err)
					}
				}
				return momentsOf(num, den)
			}, nil
		},
		Fold: func(chunk int, m Moments) error {
			if err := cell.check(&m); err != nil {
				return &replicate.Error{Cell: c.key(cell), Chunk: chunk, Err: err}
			}
			into.Merge(m)
			return nil
		},
	}
}

// check reports a chunk that breaks what was stated of a Bounded statistic.
func (cell *Cell) check(m *Moments) error {
	if cell.Assume != Bounded {
		return nil
	}
	slack := float64(0x1p-40 * (cell.Range.Hi - cell.Range.Lo)) // for rounding
	switch {
	case m.NumRange[0] < cell.Range.Lo-slack || m.NumRange[1] > cell.Range.Hi+slack:
		return fmt.Errorf("numerators reach over [%v, %v], beyond the declared range %v", m.NumRange[0], m.NumRange[1], cell.Range)
	case m.Den != 1 || m.Central.at(0, 2) != 0:
		return fmt.Errorf("a bounded statistic needs denominator 1, got mean %v and variance %.3g", m.Den, m.Central.at(0, 2))
	}
	return nil
}

// Validate reports what is wrong with the claim, if anything: Run would return
// the same error.
func (c *Claim) Validate() error {
	_, err := c.withDefaults()
	return err
}
