package verdict_test

import (
	"context"
	"fmt"

	"pastur/replicate"
	"pastur/verdict"
)

// The mean of a squared standard normal is 1, to within 1 %; 3 % would be wrong.
func Example() {
	square := verdict.SamplerFunc(func(s *replicate.Stream) (num, den float64, err error) {
		x := s.Normal()
		return x * x, 1, nil
	})
	claim := verdict.Claim{
		ID: "chi-squared", Statement: "E Z^2 = 1", Kind: verdict.Limit, Target: 1, Good: 0.01, Bad: 0.03,
		Cells: []verdict.Cell{{Key: "Z", New: func() (verdict.Sampler, error) { return square, nil }}},
	}
	v, err := claim.Run(context.Background(), verdict.Options{Seed: 1})
	fmt.Println(v.Status, err)
	// Output: PASS <nil>
}
