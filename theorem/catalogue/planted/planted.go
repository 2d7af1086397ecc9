// Package planted holds errors that must not survive: claims of the built-in
// suites with one thing wrong, as it goes wrong in practice (C for C-1, gamma
// inverted, the other initialisation, a reused stream). Package
// verdict/selftest runs them and counts the samples each needs to die.
package planted

import (
	"fmt"
	"math"
	"sync"

	"pastur/replicate"
	"pastur/theorem"
	"pastur/theorem/catalogue"
	"pastur/verdict"
	"pastur/verdict/selftest"
)

// Suite is the suite whose claims are damaged.
const Suite = "quick"

// Alpha is what each claim gets: less than its share in any built-in suite, so
// that no error dies more slowly there, and the same whatever else a suite holds.
const Alpha = 1e-4

var suite = sync.OnceValues(func() (*catalogue.Suite, error) { return catalogue.Load(Suite) })

// Mutants returns the damaged claims.
func Mutants() []selftest.Mutant {
	var all []selftest.Mutant
	plant := func(claim, name string, damage func(*catalogue.Spec, *verdict.Claim) error) {
		load := func(damage func(*catalogue.Spec, *verdict.Claim) error) func() (*verdict.Claim, error) {
			return func() (*verdict.Claim, error) {
				s, err := suite()
				if err != nil {
					return nil, err
				}
				specs, err := s.Find([]string{claim})
				if err != nil {
					return nil, err
				}
				c, err := specs[0].Claim()
				if err != nil {
					return nil, err
				}
				c.Alpha = Alpha
				if damage != nil {
					err = damage(specs[0], c)
				}
				return c, err
			}
		}
		all = append(all, selftest.Mutant{Name: name, Claim: claim, Fate: selftest.Dies, Planted: load(damage), Healthy: load(nil)})
	}
	// target replaces the number a claim is held against.
	target := func(value func(s *catalogue.Spec, healthy float64) (float64, error)) func(*catalogue.Spec, *verdict.Claim) error {
		return func(s *catalogue.Spec, c *verdict.Claim) (err error) {
			healthy := c.Target
			if c.Target, err = value(s, healthy); err == nil && c.Target == healthy {
				err = fmt.Errorf("nothing is planted: the target is still %v", healthy)
			}
			return err
		}
	}
	times := func(factor float64) func(*catalogue.Spec, float64) (float64, error) {
		return func(_ *catalogue.Spec, healthy float64) (float64, error) { return factor * healthy, nil }
	}
	exactly := func(x float64) func(*catalogue.Spec, float64) (float64, error) {
		return func(*catalogue.Spec, float64) (float64, error) { return x, nil }
	}
	linear := func(classes int, gamma, kappa float64) func(*catalogue.Spec, float64) (float64, error) {
		return func(*catalogue.Spec, float64) (float64, error) {
			return theorem.LinearCERatio(classes, gamma, kappa)
		}
	}
	plant("linear-ce-c10", "constant off by the BAD edge, 3 %", target(times(1/1.03)))
	plant("linear-ce-c10", "C-1 for C", target(linear(9, 0.5, 1)))
	plant("linear-ce-c10", "gamma inverted: N/d for d/N", target(linear(10, 2, 1)))
	plant("linear-ce-c10", "He's kappa = 2 for LeCun's 1", target(linear(10, 0.5, 2)))
	plant("linear-ce-c10", "all probabilities 1/C: R = (C-1)^-2", target(exactly(1.0/81)))
	plant("linear-ce-c10", "norms for squared norms", target(func(_ *catalogue.Spec, healthy float64) (float64, error) {
		return math.Sqrt(healthy), nil
	}))
	plant("linear-ce-c10", "a sum over C blocks divided by C-1", samplers(10.0/9))
	plant("linear-ce-rate-short", "R = O(C^-3) claimed", target(exactly(-3)))
	plant("linear-ce-finite-size", "1/sqrt d claimed for 1/d", target(exactly(-0.5)))
	plant("linear-ce-twopoint", "off-diagonal norms 10 % too large", func(_ *catalogue.Spec, c *verdict.Claim) error {
		scale(&c.Cells[0], 1.1)
		return nil
	})
	plant("linear-ce-gram", "one sample's norms off by 10^-10", func(_ *catalogue.Spec, c *verdict.Claim) error {
		offset(&c.Cells[0], 1e-10)
		return nil
	})
	plant("hidden-mse-finite", "C+1 for C+2", target(times(12.0/11)))
	plant("hidden-mse-limit", "1 + 2 gamma for 1 + 4 gamma", target(times(2.0/3)))
	plant("hidden-mse-rate", "R = O(C^-2) claimed, as for output weights", target(exactly(-2)))
	corrected := func(hidden int, kappa float64) func(*catalogue.Spec, float64) (float64, error) {
		return func(*catalogue.Spec, float64) (float64, error) {
			constant, err := theorem.HiddenCEVVConstant(hidden, kappa)
			if err != nil {
				return 0, err
			}
			a, err := theorem.HiddenCEVVCorrection(hidden, kappa)
			return constant * (1 + a/1000), err
		}
	}
	plant("hidden-ce-vv-m16-correction", "the constant of m = 17", target(corrected(17, 1)))
	plant("hidden-ce-vv-m16-correction", "the constant of m = 15", target(corrected(15, 1)))
	plant("hidden-ce-vv-m16-correction", "kappa 1.1 for 1", target(corrected(16, 1.1)))
	plant("hidden-ce-vv-m16-correction", "constant off by the BAD edge, 1 %", target(times(1.01)))
	plant("hidden-ce-ww-m32", "gamma inverted: N/d for d/N", target(func(*catalogue.Spec, float64) (float64, error) {
		return theorem.HiddenCEWWConstant(32, 2, 1)
	}))
	plant("hidden-ce-ww-m32", "the constant of m = 16", target(func(*catalogue.Spec, float64) (float64, error) {
		return theorem.HiddenCEWWConstant(16, 0.5, 1)
	}))
	// C R that stays the same is not C R that increases.
	plant("hidden-ce-ww-increasing", "C R is constant", func(_ *catalogue.Spec, c *verdict.Claim) error {
		const slope = -0.9003 // of R over these C, as measured
		for i := range c.Cells {
			scale(&c.Cells[i], math.Pow(c.Cells[i].X/c.Cells[0].X, -1-slope))
		}
		return nil
	})
	return all
}

// samplers multiplies every replicate's numerator in every cell.
func samplers(factor float64) func(*catalogue.Spec, *verdict.Claim) error {
	return func(_ *catalogue.Spec, c *verdict.Claim) error {
		for i := range c.Cells {
			scale(&c.Cells[i], factor)
		}
		return nil
	}
}

func scale(cell *verdict.Cell, factor float64) {
	damage(cell, func(num float64) float64 { return factor * num })
}

func offset(cell *verdict.Cell, by float64) {
	damage(cell, func(num float64) float64 { return num + by })
}

func damage(cell *verdict.Cell, numerator func(float64) float64) {
	inner := cell.New
	cell.New = func() (verdict.Sampler, error) {
		sampler, err := inner()
		return verdict.SamplerFunc(func(s *replicate.Stream) (num, den float64, err error) {
			num, den, err = sampler.Sample(s)
			return numerator(num), den, err
		}), err
	}
}
