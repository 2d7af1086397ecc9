package lindeberg

import (
	"context"
	"fmt"
	"math"

	"pastur/replicate"
	"pastur/verdict"
)

// PathPoint is E s(theta) at one point of the path, with standard errors.
type PathPoint struct {
	Theta      float64
	S          complex128
	SERe, SEIm float64
}

// AveragePath estimates E s(z) at steps+1 equally spaced theta from 0 to pi/2, from
// the given number of replicates (rounded up to whole chunks), which all theta share.
func AveragePath(ctx context.Context, s Setting, z complex128, steps int, replicates int64, opt verdict.Options) ([]PathPoint, error) {
	s, err := s.Complete()
	if err != nil {
		return nil, err
	}
	if err := CheckPoint(z); err != nil {
		return nil, err
	}
	if steps < 1 || replicates < 2 {
		return nil, fmt.Errorf("the path needs at least 1 step and 2 replicates, got %d and %d", steps, replicates)
	}
	size := min(replicates, s.chunk())
	total := make([]gapMoments, steps+1)
	at := func(k int) float64 { return math.Pi / 2 * float64(k) / float64(steps) }
	job := replicate.Job[[]gapMoments]{
		Key: fmt.Sprintf("lindeberg path %s z=%v steps=%d chunk=%d", s, z, steps, size), ChunkSize: int(size), To: int((replicates-1)/size + 1), Memory: s.Memory(),
		New: func() (func(context.Context, *replicate.Stream) ([]gapMoments, error), error) {
			r, err := New(s)
			return func(ctx context.Context, stream *replicate.Stream) ([]gapMoments, error) {
				record := make([]gapMoments, steps+1)
				for range size {
					r.Draw(stream)
					for k := range record {
						if err := ctx.Err(); err != nil {
							return nil, err
						}
						value, _ := r.Along(at(k), z)
						record[k].add(value)
					}
				}
				return record, nil
			}, err
		},
		Fold: func(_ int, record []gapMoments) error {
			for k := range total {
				total[k].merge(record[k])
			}
			return nil
		},
	}
	options := replicate.Options{Seed: opt.Seed, Workers: opt.Workers, State: opt.State}
	if err := replicate.Run(ctx, []replicate.Job[[]gapMoments]{job}, options); err != nil {
		return nil, err
	}
	points := make([]PathPoint, len(total))
	for k := range points {
		m := &total[k]
		n := float64(m.N)
		points[k] = PathPoint{at(k), complex(m.Re, m.Im), math.Sqrt(m.SqRe / (n * (n - 1))), math.Sqrt(m.SqIm / (n * (n - 1)))}
	}
	return points, nil
}
