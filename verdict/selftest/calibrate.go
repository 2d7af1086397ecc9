package selftest

import (
	"context"
	"math"
	"strings"

	"pastur/replicate"
	"pastur/verdict"
)

// Level is the inflated alpha and beta of a calibration, and Looks how many
// looks share them.
const (
	Level = 0.2
	Looks = 6
)

// Options says how much to run; Workers and Progress change no result.
type Options struct {
	Seed     uint64
	Runs     int // of a case at each edge (Calibrate)
	Seeds    int // of a mutant (Kill)
	Workers  int
	Progress func(done, total int)
}

// Defaults of Options, for a full self-test and a quick one.
const (
	DefaultRuns  = 10000
	DefaultSeeds = 20
	QuickRuns    = 200
	QuickSeeds   = 2
)

// Counts says what became of many runs of one claim.
type Counts struct {
	Runs         int `json:"runs"`
	Pass         int `json:"pass"`
	Fail         int `json:"fail"`
	Gap          int `json:"gap"`           // INCONCLUSIVE: GOOD and BAD both excluded
	Gate         int `json:"gate"`          // INCONCLUSIVE: the tail gate refused the sample
	Budget       int `json:"budget"`        // INCONCLUSIVE: neither excluded
	Errors       int `json:"errors"`        // there should be none
	Replicates   int `json:"replicates"`    // drawn, over all runs
	ExcludesGood int `json:"excludes_good"` // FAIL or gap
	ExcludesBad  int `json:"excludes_bad"`  // PASS or gap
}

func (c *Counts) add(v *verdict.Verdict) {
	c.Runs++
	c.Replicates += int(v.Replicates)
	switch {
	case v.Status == verdict.Pass:
		c.Pass++
	case v.Status == verdict.Fail:
		c.Fail++
	case v.Status == verdict.Errored:
		c.Errors++
	case strings.HasPrefix(v.Reason, "in the gap"):
		c.Gap++
	case strings.HasPrefix(v.Reason, "tail gate"):
		c.Gate++
	default:
		c.Budget++
	}
	c.ExcludesGood, c.ExcludesBad = c.Fail+c.Gap, c.Pass+c.Gap
}

func (c *Counts) merge(o Counts) {
	c.Runs += o.Runs
	c.Pass += o.Pass
	c.Fail += o.Fail
	c.Gap += o.Gap
	c.Gate += o.Gate
	c.Budget += o.Budget
	c.Errors += o.Errors
	c.Replicates += o.Replicates
	c.ExcludesGood += o.ExcludesGood
	c.ExcludesBad += o.ExcludesBad
}

// Calibration is what a case showed at its two edges.
type Calibration struct {
	Case *Case
	// Null has the truth at the edge of GOOD: ExcludesGood counts false alarms,
	// allowed with probability AlarmLevel, so at most AlarmLimit times.
	Null       Counts
	AlarmLevel float64
	AlarmLimit int
	// Edge has the truth at the edge of BAD: ExcludesBad counts misses, allowed
	// with probability MissLevel, so at most MissLimit times; Fail and Gap are
	// the power.
	Edge      Counts
	MissLevel float64
	MissLimit int
}

// OK reports whether both counts are within their limits and nothing broke.
func (c *Calibration) OK() bool {
	return c.Null.ExcludesGood <= c.AlarmLimit && c.Edge.ExcludesBad <= c.MissLimit && c.Null.Errors+c.Edge.Errors == 0
}

// Calibrate runs every case Options.Runs times at each edge.
func Calibrate(ctx context.Context, cases []Case, opt Options) ([]Calibration, error) {
	all := make([]Calibration, len(cases))
	var jobs []replicate.Job[Counts]
	for i := range cases {
		all[i].Case = &cases[i]
		for edge, into := range []*Counts{&all[i].Null, &all[i].Edge} {
			jobs = append(jobs, trials(cases[i].Name()+[]string{", edge of GOOD", ", edge of BAD"}[edge], opt.Runs, func() *verdict.Claim {
				c := cases[i].Claim(float64(edge))
				c.ID, c.Alpha, c.Beta, c.Looks = "selftest", Level, Level, Looks
				if n := cases[i].Looks; n > 0 {
					c.Looks = n
				}
				return c
			}, into))
		}
	}
	if err := replicate.Run(ctx, jobs, replicate.Options{Seed: opt.Seed, Workers: opt.Workers, Progress: opt.Progress}); err != nil {
		return nil, err
	}
	for i := range all {
		k := &all[i]
		c := k.Case.Claim(0)
		k.AlarmLevel, k.MissLevel = Level, Level
		if good, _ := c.Sets(); !math.IsInf(good.Lo, 0) && !math.IsInf(good.Hi, 0) {
			k.AlarmLevel = Level / 2 // at one edge of a two-sided GOOD half of alpha can strike
		}
		if c.Kind == verdict.Exact {
			k.AlarmLevel = 0
			// Passes if none of the largest look's replicates deviates.
			n := firstLook << (Looks - 1)
			k.MissLevel = math.Pow(1-1.0/64, float64(n))
		}
		k.AlarmLimit, k.MissLimit = Limit(k.Null.Runs, k.AlarmLevel), Limit(k.Edge.Runs, k.MissLevel)
	}
	return all, nil
}

// batch is how many runs share a stream that draws their seeds.
const batch = 25

// trials returns the job that runs a claim many times, each with its own seed.
func trials(key string, runs int, claim func() *verdict.Claim, into *Counts) replicate.Job[Counts] {
	return replicate.Job[Counts]{
		Key: key, ChunkSize: batch, To: (runs + batch - 1) / batch,
		New: func() (func(context.Context, *replicate.Stream) (Counts, error), error) {
			c := claim()
			return func(ctx context.Context, s *replicate.Stream) (n Counts, err error) {
				for range batch {
					v, err := c.Run(ctx, verdict.Options{Seed: s.Uint64(), Workers: 1})
					if err != nil {
						return n, err
					}
					n.add(&v)
				}
				return n, nil
			}, nil
		},
		Fold: func(_ int, n Counts) error {
			into.merge(n)
			return nil
		},
	}
}
