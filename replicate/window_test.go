package replicate

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"time"
)

// TestRunHandsOutLazily: what a run holds does not depend on how many chunks it has.
func TestRunHandsOutLazily(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var got, want digest
	const chunks = min(1<<50, math.MaxInt) - 2
	endless := sumJob("cell", 0, chunks, &got, nil)
	endless.Stride = 3
	fold := endless.Fold
	endless.Fold = func(chunk int, x float64) error {
		if chunk == 297 {
			cancel()
		}
		if chunk > 297 {
			return nil
		}
		return fold(chunk, x)
	}
	most := 0
	err := Run(ctx, []Job[float64]{sumJob("empty", 0, 0, &got, nil), sumJob("first", 4, 6, &got, nil), endless},
		Options{Seed: 5, Workers: 4, Progress: func(_, total int) { most = total }})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("run returned %v", err)
	}
	strided := sumJob("cell", 0, 298, &want, nil)
	strided.Stride = 3
	mustRun(t, Options{Seed: 5, Workers: 1}, sumJob("first", 4, 6, &want, nil), strided)
	if !slices.Equal(got.values, want.values) {
		t.Error("other records than one by one")
	}
	if tasks := 2 + (chunks+2)/3; most != tasks {
		t.Errorf("progress says %d chunks, want %d", most, tasks)
	}
}

// TestRunAhead: records that wait for an earlier one are bounded in number.
func TestRunAhead(t *testing.T) {
	const workers, chunks = 3, 4 * 3 * window
	var got, want digest
	var computed atomic.Int64
	job := sumJob("cell", 0, chunks, &got, &computed)
	inner := job.New
	job.New = func() (func(context.Context, *Stream) (float64, error), error) {
		compute, err := inner()
		return func(ctx context.Context, s *Stream) (float64, error) {
			first := s.s0 == NewStream(5, "cell", 0).s0
			x, err := compute(ctx, s)
			if first { // wait until nobody goes on
				for n := int64(-1); n != computed.Load(); {
					n = computed.Load()
					time.Sleep(20 * time.Millisecond)
				}
				if n := computed.Load(); n > workers*window {
					t.Errorf("%d chunks computed before the first was folded, want at most %d", n, workers*window)
				}
			}
			return x, err
		}, err
	}
	mustRun(t, Options{Seed: 5, Workers: workers}, job)
	mustRun(t, Options{Seed: 5, Workers: 1}, sumJob("cell", 0, chunks, &want, nil))
	if !slices.Equal(got.values, want.values) {
		t.Error("other records than with one worker")
	}
}

// TestStreamContext: a run binds its context to the streams, which changes no draw.
func TestStreamContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	plain, bound := NewStream(1, "cell", 2), NewStream(9, "other", 0)
	if plain.Context() != context.Background() {
		t.Error("a new stream has a context")
	}
	bound.Bind(ctx)
	bound.Reset(1, "cell", 2)
	for range 100 {
		if x, y := plain.Normal(), bound.Normal(); x != y {
			t.Fatalf("draws %v and %v differ", x, y)
		}
	}
	job := Job[float64]{Key: "cell", ChunkSize: 1, To: 1, New: func() (func(context.Context, *Stream) (float64, error), error) {
		return func(_ context.Context, s *Stream) (float64, error) {
			cancel()
			return 0, s.Context().Err()
		}, nil
	}}
	if err := Run(ctx, []Job[float64]{job}, Options{Workers: 1}); !errors.Is(err, context.Canceled) {
		t.Errorf("run returned %v, want the context's error through the stream", err)
	}
}
