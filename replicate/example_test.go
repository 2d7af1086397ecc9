package replicate_test

import (
	"context"
	"fmt"

	"pastur/replicate"
)

// The mean of 8 chunks of 1000 squared normals: the same digits for any number
// of workers.
func ExampleRun() {
	var sum float64
	job := replicate.Job[float64]{
		Key: "mean square", ChunkSize: 1000, From: 0, To: 8,
		New: func() (func(context.Context, *replicate.Stream) (float64, error), error) {
			return func(_ context.Context, s *replicate.Stream) (total float64, _ error) {
				for range 1000 {
					x := s.Normal()
					total += float64(x * x)
				}
				return total, nil
			}, nil
		},
		Fold: func(_ int, total float64) error { sum += total; return nil },
	}
	if err := replicate.Run(context.Background(), []replicate.Job[float64]{job}, replicate.Options{Seed: 1}); err != nil {
		fmt.Println(err)
	}
	fmt.Printf("%.3f\n", sum/8000)
	// Output: 0.989
}
