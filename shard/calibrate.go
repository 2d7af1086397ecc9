package shard

import (
	"context"
	"fmt"

	"pastur/replicate"
	"pastur/verdict"
)

// Calibrate computes the second chunk of every cell, one after the other, and
// returns how many seconds each takes by the given clock. (The first chunk pays
// for what a sampler prepares once.)
func Calibrate(ctx context.Context, p *Plan, claims []*verdict.Claim, clock func() float64) (pace func(claim, cell int) float64, err error) {
	seconds := make([][]float64, len(claims))
	for i, c := range claims {
		for j := range c.Cells {
			job := c.RecordJob(j, 0, 2, 1)
			start, took := clock(), 0.0
			job.Fold = func(chunk int, r verdict.Record) error {
				if r.Failure != "" {
					return fmt.Errorf("%s: chunk %d: %s", job.Key, chunk, r.Failure)
				}
				took = clock() - start
				start = clock()
				return nil
			}
			if err := replicate.Run(ctx, []replicate.Job[verdict.Record]{job}, replicate.Options{Seed: p.Seed, Workers: 1}); err != nil {
				return nil, err
			}
			seconds[i] = append(seconds[i], took)
		}
	}
	return func(claim, cell int) float64 { return seconds[claim][cell] }, nil
}
