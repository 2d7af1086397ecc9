package selftest

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
	"pastur/verdict"
)

// Case is a claim whose truth can be put anywhere between GOOD and BAD.
type Case struct {
	Kind       verdict.Kind
	Variant    string // side, assumption or looks, "" if there is only one
	Population Population
	Looks      int // 0 means the Looks of every case
	// Claim returns the claim with its truth at the given place: 0 is the edge
	// of GOOD, 1 the edge of BAD, beyond 1 deeper in BAD. ID, Alpha, Beta and
	// Looks are the caller's to set.
	Claim func(place float64) *verdict.Claim
}

// Name identifies the case: "rate, at least: normal".
func (c *Case) Name() string {
	name := string(c.Kind)
	if c.Variant != "" {
		name += ", " + c.Variant
	}
	return name + ": " + c.Population.Name
}

// firstLook is the size of a first look: below it the tail gate is closed to
// normal samples.
const firstLook = 256

// Cases returns every kind of claim with samples from every population, and
// the assumptions that need fewer samples with those they are made for.
func Cases() []Case {
	var all []Case
	add := func(kind verdict.Kind, variant string, populations []Population, claim func(p Population, place float64) *verdict.Claim) {
		for _, p := range populations {
			all = append(all, Case{Kind: kind, Variant: variant, Population: p, Claim: func(place float64) *verdict.Claim {
				c := claim(p, place)
				c.Kind = kind
				return c
			}})
		}
	}
	everyone := []Population{Normal, Exponential, Lognormal}
	add(verdict.Exact, "", everyone, exact)
	add(verdict.Identity, "", everyone, identity)
	add(verdict.Limit, "", everyone, limit)
	add(verdict.Rate, "at most", everyone, rate)
	add(verdict.Rate, "at least", everyone, rateAtLeast)
	add(verdict.Exponent, "", everyone, exponent)
	add(verdict.Bound, "at most", everyone, bound)
	add(verdict.Bound, "at least", everyone, boundAtLeast)
	add(verdict.Law, "", everyone, law)
	add(verdict.Law, "near-normal", []Population{Normal, Gamma20}, lawNearNormal)
	add(verdict.Law, "bounded", []Population{Uniform, Coin}, lawBounded)
	// With one look nothing passes before it could alarm: alpha and beta are
	// spent in full, and the limits are close.
	for _, c := range []Case{
		{Kind: verdict.Limit, Claim: func(place float64) *verdict.Claim { return limit(Normal, place) }},
		{Kind: verdict.Law, Claim: func(place float64) *verdict.Claim { return lawNoisy(Normal, place) }},
	} {
		claim := c.Claim
		all = append(all, Case{Kind: c.Kind, Variant: "one look", Population: Normal, Looks: 1, Claim: func(place float64) *verdict.Claim {
			k := claim(place)
			k.Kind = c.Kind
			return k
		}})
	}
	return all
}

// cell returns a cell whose chunk is the whole first look.
func cell(key string, x float64, first int, f verdict.SamplerFunc) verdict.Cell {
	return verdict.Cell{Key: key, X: x, First: first, Chunk: first, New: func() (verdict.Sampler, error) { return f, nil }}
}

// mean samples scale times the population, over 1.
func mean(scale float64, p Population) verdict.SamplerFunc {
	return func(s *replicate.Stream) (num, den float64, err error) { return scale * p.Draw(s), 1, nil }
}

// quotient samples scale times the population over another draw of it.
func quotient(scale float64, p Population) verdict.SamplerFunc {
	return func(s *replicate.Stream) (num, den float64, err error) { return scale * p.Draw(s), p.Draw(s), nil }
}

// exact: deviations x/(1+x) fill the interval up to the tolerance 1; in BAD one
// replicate in 64 goes beyond it.
func exact(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Good: 1, Cells: []verdict.Cell{cell("cell", 1, firstLook, func(s *replicate.Stream) (float64, float64, error) {
		x := math.Abs(p.Draw(s))
		if place > 0 && s.Uint64()%64 == 0 {
			return 1 + x, 1, nil
		}
		return x / (1 + x), 1, nil
	})}}
}

func identity(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Good: 0.1, Bad: 0.2, Cells: []verdict.Cell{
		cell("a", 1, firstLook, mean(3*(1.1+float64(0.1*place)), p)), cell("b", 1, firstLook, mean(3, p)),
	}}
}

func limit(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Target: 2, Good: 0.05, Bias: 0.05, Bad: 0.2,
		Cells: []verdict.Cell{cell("cell", 1, firstLook, quotient(2*(1.1+float64(0.1*place)), p))}}
}

// power returns x^p, portably to the bit.
func power(x, p float64) float64 { return elementary.Exp(p * elementary.Log(x)) }

func rateCells(p Population, exponent float64) (cells []verdict.Cell) {
	for _, x := range []float64{2, 4, 8, 16} {
		cells = append(cells, cell(fmt.Sprint(x), x, firstLook, mean(power(x, exponent), p)))
	}
	return cells
}

func rate(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Target: -1, Good: 0.1, Bad: 0.2, Cells: rateCells(p, -0.9+float64(0.1*place))}
}

func rateAtLeast(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Target: -1, Good: 0.1, Bad: 0.2, AtLeast: true, Cells: rateCells(p, -1.1-float64(0.1*place))}
}

// exponent samples 1 + 2 x^p e^(1/x): the correction is of the fitted form.
func exponent(p Population, place float64) *verdict.Claim {
	c := &verdict.Claim{Target: -1, Good: 0.1, Bad: 0.4}
	for _, x := range []float64{4, 8, 16, 32, 64} {
		value := 2 * power(x, -0.9+float64(0.3*place)) * elementary.Exp(1/x)
		k := cell(fmt.Sprint(x), x, firstLook, func(s *replicate.Stream) (float64, float64, error) {
			return 1 + float64(value*p.Draw(s)), 1, nil
		})
		k.Minus = 1
		c.Cells = append(c.Cells, k)
	}
	return c
}

// boundCells has all cells at the edge of GOOD, the hardest null; in BAD, one
// suffices.
func boundCells(p Population, place, towards, power float64) (cells []verdict.Cell) {
	for i, x := range []float64{1, 3, 10} {
		value := 3 * (1 + float64(towards*place))
		if place > 0 && i > 0 {
			value = 3 * (1 - float64(2*towards))
		}
		if power > 0 {
			value /= x
		} else {
			value *= x
		}
		cells = append(cells, cell(fmt.Sprint(x), x, firstLook, mean(value, p)))
	}
	return cells
}

func bound(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Target: 3, Bad: 0.1, Power: 1, Cells: boundCells(p, place, 0.1, 1)}
}

func boundAtLeast(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Target: 3, Bad: 0.1, Power: -1, AtLeast: true, Cells: boundCells(p, place, -0.1, -1)}
}

func law(p Population, place float64) *verdict.Claim {
	return &verdict.Claim{Target: 0.5, Bad: 0.6, Cells: []verdict.Cell{cell("cell", 1, firstLook, mean(0.5+float64(0.1*place), p))}}
}

// lawNoisy has a standard error of the size of its gap.
func lawNoisy(p Population, place float64) *verdict.Claim {
	c := law(p, place)
	c.Cells = []verdict.Cell{cell("cell", 1, firstLook, func(s *replicate.Stream) (float64, float64, error) {
		return 0.5 + float64(0.1*place) + float64(4*(p.Draw(s)-1)), 1, nil
	})}
	return c
}

func lawNearNormal(p Population, place float64) *verdict.Claim {
	k := cell("cell", 1, 24, mean(0.5+float64(0.1*place), p))
	k.Assume = verdict.NearNormal
	return &verdict.Claim{Target: 0.5, Bad: 0.6, Cells: []verdict.Cell{k}}
}

func lawBounded(p Population, place float64) *verdict.Claim {
	k := cell("cell", 1, firstLook, mean(0.3+float64(0.1*place), p))
	k.Assume, k.Range = verdict.Bounded, verdict.Interval{Lo: 0, Hi: 1}
	return &verdict.Claim{Target: 0.3, Bad: 0.4, Cells: []verdict.Cell{k}}
}
