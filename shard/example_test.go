package shard_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"pastur/replicate"
	"pastur/shard"
	"pastur/verdict"
)

// Is the mean of the squares of a fair die 91/6? Three processes draw, a fourth
// decides.
func Example() {
	die := &verdict.Claim{
		ID: "die", Kind: verdict.Limit, Target: 91.0 / 6, Good: 0.01, Bad: 0.03,
		Cells: []verdict.Cell{{Key: "fair die", New: func() (verdict.Sampler, error) {
			return verdict.SamplerFunc(func(s *replicate.Stream) (num, den float64, err error) {
				x := float64(1 + int(6*s.Float64()))
				return float64(x * x), 1, nil
			}), nil
		}}},
	}
	claims := []*verdict.Claim{die}
	plan, err := shard.NewPlan(shard.Source{Name: "dice"}, 1, claims)
	if err != nil {
		log.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "dice")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	for i := range 3 {
		part := shard.Part{Index: i, Of: 3}
		work, err := shard.Create(dir, plan, claims, part, nil)
		if err != nil {
			log.Fatal(err)
		}
		if err := work.Compute(context.Background(), part, plan.Looks(), shard.Options{}); err != nil {
			log.Fatal(err)
		}
		if err := work.Folder.Close(); err != nil {
			log.Fatal(err)
		}
	}

	work, err := shard.Open(dir, func(*shard.Plan) ([]*verdict.Claim, error) { return claims, nil })
	if err != nil {
		log.Fatal(err)
	}
	verdicts, err := work.Merge()
	if err != nil {
		log.Fatal(err)
	}
	alone, err := die.Run(context.Background(), verdict.Options{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(verdicts[0].Status, verdicts[0].Replicates, verdicts[0].Estimate == alone.Estimate)
	// Output: PASS 32768 true
}
