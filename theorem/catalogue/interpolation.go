package catalogue

import (
	"fmt"
	"math"
	"math/cmplx"
	"strconv"

	"pastur/lindeberg"
	"pastur/network"
	"pastur/verdict"
)

// Interpolation is the subject of claims about the gap of expected Stieltjes
// transforms delta_N(z) = E s_{H~}(z) - E s_H(z) and about the path between its
// ends.
type Interpolation struct {
	Check   lindeberg.Check // kind exact
	Stein   bool            // kind limit: Stein's identity, not the gap
	Setting lindeberg.Setting
	Gamma   float64
	Sizes   []float64 // N
	Point   complex128
	Part    lindeberg.Part
}

// steinTheta is where along the path Stein's identity is tested: in the middle.
const steinTheta = math.Pi / 4

func (p *Interpolation) portable() bool { return false }

func (p *Interpolation) parse(t *table, s *Spec) {
	set := &p.Setting
	set.Model = network.Model(t.choice("model", "linear", "linear", "hidden"))
	set.Block = network.VV
	if set.Model == network.Hidden {
		set.Block = network.WW
		set.Hidden = t.integer("hidden", 8, 1, 1<<20)
	}
	set.OffDiagonal = t.boolean("offdiagonal")
	set.Classes = t.integer("classes", 0, 2, 1<<20)
	set.Path = lindeberg.Path(t.choice("path", string(lindeberg.Data), string(lindeberg.Data), string(lindeberg.Weights)))
	set.Coupling = lindeberg.Coupling(t.choice("coupling", string(lindeberg.Shared), string(lindeberg.Shared), string(lindeberg.Independent)))
	p.Gamma = t.number("gamma", 0.5, "a positive number (d/N)", positive)
	p.Sizes = t.grid("sizes", between(1, 1<<20))
	text := t.string("z", "0.1+0.1i")
	var err error
	if p.Point, err = strconv.ParseComplex(text, 128); err != nil {
		t.fail("z", "z must be a complex number such as \"0.1+0.1i\", got %q", text)
	} else if err := lindeberg.CheckPoint(p.Point); err != nil {
		t.fail("z", "%v", err)
	}
	p.parseKind(t, s)
	switch {
	case set.Classes == 0:
		t.fail("classes", "classes is missing: want a whole number of at least 2")
	case p.Sizes == nil:
		t.fail("sizes", "sizes is missing: want a number of samples N, or a list or range of them for a rate or exponent")
	}
}

func (p *Interpolation) parseKind(t *table, s *Spec) {
	part := func() {
		p.Part = lindeberg.Part(t.choice("part", string(lindeberg.Along), string(lindeberg.Along), string(lindeberg.Across)))
	}
	switch s.Kind {
	case verdict.Exact:
		names := make([]string, len(lindeberg.Checks))
		for i, c := range lindeberg.Checks {
			names[i] = string(c)
		}
		p.Check = lindeberg.Check(t.choice("check", "", names...))
		if p.Check == lindeberg.Reduction || p.Check == lindeberg.Rank {
			p.demand(t, "check "+string(p.Check), lindeberg.Shared)
		}
	case verdict.Limit:
		p.Stein = t.choice("quantity", "gap", "gap", "stein") == "stein"
		if p.Stein {
			p.demand(t, "quantity stein", lindeberg.Independent)
			if p.Setting.Model != network.Linear {
				t.fail("model", "model must be linear for quantity stein, got %s", p.Setting.Model)
			}
		} else {
			part()
		}
	case verdict.Rate, verdict.Exponent:
		s.Power = t.power("p in |delta_N| = O(N^-p)")
	default:
		t.fail("kind", "kind %s says nothing about an interpolation: want exact, limit, rate or exponent", s.Kind)
	}
}

// demand refuses another path than that of the data and another coupling than the
// one that what needs.
func (p *Interpolation) demand(t *table, what string, coupling lindeberg.Coupling) {
	if p.Setting.Path != lindeberg.Data {
		t.fail("path", "path must be data for %s, got %s", what, p.Setting.Path)
	}
	if p.Setting.Coupling != coupling {
		t.fail("coupling", "coupling must be %s for %s, got %s", coupling, what, p.Setting.Coupling)
	}
}

// build adds a cell a size. The gap is measured relative to its exact
// asymptote, constant/N, so that a limit's target is 1; a rate or exponent
// measures it along the direction of the constant.
func (p *Interpolation) build(s *Spec, c *verdict.Claim) error {
	if len(p.Sizes) > 1 != (s.Kind == verdict.Rate || s.Kind == verdict.Exponent) {
		return fmt.Errorf("sizes must be a single value for kinds exact and limit, and a list or range for kinds rate and exponent, got %d", len(p.Sizes))
	}
	for _, n := range p.Sizes {
		set := p.Setting
		set.Samples, set.Dim = int(n), int(math.Round(p.Gamma*n))
		set, err := set.Complete()
		if err != nil {
			return err
		}
		cell := verdict.Cell{Key: fmt.Sprintf("lindeberg %s z=%v", set, p.Point), X: n, First: s.First, Chunk: interpolationChunk(&set), Memory: set.Memory()}
		sampler, err := p.sampler(s.Kind, set)
		if err != nil {
			return err
		}
		switch {
		case s.Kind == verdict.Exact:
			cell.Key = fmt.Sprintf("%s of %s", p.Check, cell.Key)
			cell.Chunk = 1
			if cell.First == 0 {
				cell.First = checkFirst
			}
		case p.Stein:
			cell.Key = "stein of " + cell.Key
		case p.Part == lindeberg.Across:
			cell.Key += " across"
		}
		cell.New = sampler
		c.Cells = append(c.Cells, cell)
	}
	if s.Kind == verdict.Limit {
		c.Target = 1
	}
	return nil
}

// interpolationChunk is the number of replicates, of about d^2 N steps each,
// that make some tens of milliseconds.
func interpolationChunk(set *lindeberg.Setting) int {
	d, n := float64(set.Dim), float64(set.Samples)
	return int(min(256, max(1, 1<<25/(d*d*n))))
}

func (p *Interpolation) sampler(kind verdict.Kind, set lindeberg.Setting) (func() (verdict.Sampler, error), error) {
	if kind == verdict.Exact {
		return func() (verdict.Sampler, error) { return lindeberg.NewCheckSampler(set, p.Point, p.Check) }, nil
	}
	constant, err := lindeberg.Constant(set, p.Gamma, p.Point)
	if err != nil {
		return nil, err
	}
	if p.Stein {
		return func() (verdict.Sampler, error) { return lindeberg.NewSteinSampler(set, steinTheta, p.Point, constant) }, nil
	}
	reference, part := constant/complex(float64(set.Samples), 0), p.Part
	if kind != verdict.Limit {
		reference, part = constant/complex(cmplx.Abs(constant), 0), lindeberg.Along
	}
	return func() (verdict.Sampler, error) { return lindeberg.NewGapSampler(set, p.Point, reference, part) }, nil
}
