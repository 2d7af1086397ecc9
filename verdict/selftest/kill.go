package selftest

import (
	"context"
	"fmt"
	"slices"

	"pastur/replicate"
	"pastur/verdict"
)

// Fate is what a planted error should come to.
type Fate string

// The fates. The last is not a hope but a limit of all sampling, listed so that
// nobody overlooks it.
const (
	Dies    Fate = "dies"    // FAILs for nearly every seed, and never passes
	Refused Fate = "refused" // leaves no trace in a sample but never passes
	Unseen  Fate = "unseen"  // passes: no judge of this sample could know better
)

// Mutant is a claim with an error planted in it, beside the same claim without.
type Mutant struct {
	Name    string // what is planted
	Claim   string // where
	Fate    Fate
	Escapes float64 // chance that the error happens to do no harm
	Planted func() (*verdict.Claim, error)
	Healthy func() (*verdict.Claim, error)
}

// Death is what became of a mutant.
type Death struct {
	Mutant   *Mutant
	Seeds    int
	Killed   int   // seeds for which it FAILed
	Refused  int   // seeds without a verdict: INCONCLUSIVE
	Survived int   // seeds for which it PASSed
	Errors   int   // seeds for which the sampler failed
	Median   int64 // replicates a FAIL needed, over all cells; 0 if none
	Most     int64
	Healthy  int // seeds for which the claim without the error PASSed
}

// OK reports whether the mutant met its fate while the healthy claim passed. At
// most one seed in ten may end without a verdict, on either side.
func (d *Death) OK() bool {
	undecided := d.Seeds / 10
	healthy := d.Healthy >= d.Seeds-undecided && d.Errors == 0
	switch escapes := Limit(d.Seeds, d.Mutant.Escapes); d.Mutant.Fate {
	case Dies:
		return healthy && d.Survived <= escapes && d.Killed >= d.Seeds-undecided-escapes
	case Refused:
		return healthy && d.Survived == 0
	}
	return healthy
}

type fate struct {
	Status     verdict.Status `json:"status"`
	Replicates int64          `json:"replicates"`
}

// Kill runs every mutant with Options.Seeds seeds, and with each of them the
// healthy claim. Mutants of one claim share the seeds and the healthy runs.
func Kill(ctx context.Context, mutants []Mutant, opt Options) ([]Death, error) {
	all := make([]Death, len(mutants))
	deaths := make([][]int64, len(mutants))
	claims := map[string][]int{}
	var order []string
	for i := range mutants {
		all[i].Mutant = &mutants[i]
		c := mutants[i].Claim
		if claims[c] == nil {
			order = append(order, c)
		}
		claims[c] = append(claims[c], i)
	}
	var jobs []replicate.Job[[]fate]
	for _, c := range order {
		group := claims[c]
		jobs = append(jobs, replicate.Job[[]fate]{
			Key: "mutants of " + c, ChunkSize: 1, To: opt.Seeds,
			New: func() (func(context.Context, *replicate.Stream) ([]fate, error), error) {
				return func(ctx context.Context, s *replicate.Stream) (fates []fate, err error) {
					seed := s.Uint64()
					run := func(claim func() (*verdict.Claim, error)) error {
						c, err := claim() // anew: a mutant may remember what it drew
						if err != nil {
							return err
						}
						v, err := c.Run(ctx, verdict.Options{Seed: seed, Workers: 1})
						fates = append(fates, fate{v.Status, v.Replicates})
						return err
					}
					if err := run(mutants[group[0]].Healthy); err != nil {
						return nil, err
					}
					for _, i := range group {
						if err := run(mutants[i].Planted); err != nil {
							return nil, fmt.Errorf("mutant %q: %w", mutants[i].Name, err)
						}
					}
					return fates, nil
				}, nil
			},
			Fold: func(_ int, fates []fate) error {
				for k, i := range group {
					if all[i].add(fates[0], fates[k+1]); fates[k+1].Status == verdict.Fail {
						deaths[i] = append(deaths[i], fates[k+1].Replicates)
					}
				}
				return nil
			},
		})
	}
	if err := replicate.Run(ctx, jobs, replicate.Options{Seed: opt.Seed, Workers: opt.Workers, Progress: opt.Progress}); err != nil {
		return nil, err
	}
	for i := range all {
		if n := len(deaths[i]); n > 0 {
			slices.Sort(deaths[i])
			all[i].Median, all[i].Most = deaths[i][n/2], deaths[i][n-1]
		}
	}
	return all, nil
}

func (d *Death) add(healthy, planted fate) {
	d.Seeds++
	if healthy.Status == verdict.Pass {
		d.Healthy++
	}
	switch planted.Status {
	case verdict.Fail:
		d.Killed++
	case verdict.Pass:
		d.Survived++
	case verdict.Inconclusive:
		d.Refused++
	default:
		d.Errors++
	}
}
