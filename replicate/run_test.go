package replicate

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// digest folds chunk records so that order, repetition and omission all show.
type digest struct{ values []float64 }

func (d *digest) fold(chunk int, x float64) error {
	d.values = append(d.values, float64(chunk), x)
	return nil
}

func sumJob(key string, from, to int, d *digest, computed *atomic.Int64) Job[float64] {
	return Job[float64]{
		Key: key, ChunkSize: 10, From: from, To: to, Fold: d.fold,
		New: func() (func(context.Context, *Stream) (float64, error), error) {
			return func(_ context.Context, s *Stream) (sum float64, _ error) {
				if computed != nil {
					computed.Add(1)
				}
				for range 10 {
					sum += s.Normal()
				}
				return sum, nil
			}, nil
		},
	}
}

func mustRun(t *testing.T, opt Options, jobs ...Job[float64]) {
	t.Helper()
	if err := Run(context.Background(), jobs, opt); err != nil {
		t.Fatal(err)
	}
}

func TestRunSameForAnyWorkersAndSplit(t *testing.T) {
	var want digest
	mustRun(t, Options{Seed: 5, Workers: 1}, sumJob("cell", 0, 60, &want, nil))
	for _, workers := range []int{2, 7, 100} {
		var got digest
		mustRun(t, Options{Seed: 5, Workers: workers}, sumJob("cell", 0, 60, &got, nil))
		if !slices.Equal(got.values, want.values) {
			t.Errorf("%d workers: other records", workers)
		}
	}
	var split digest
	for _, r := range [][2]int{{0, 1}, {1, 33}, {33, 33}, {33, 60}} {
		mustRun(t, Options{Seed: 5, Workers: 3}, sumJob("cell", r[0], r[1], &split, nil))
	}
	if !slices.Equal(split.values, want.values) {
		t.Error("split run: other records")
	}
	var other digest
	mustRun(t, Options{Seed: 6}, sumJob("cell", 0, 60, &other, nil))
	if slices.Equal(other.values, want.values) {
		t.Error("another seed gives the same records")
	}
}

func TestRunResumes(t *testing.T) {
	var want digest
	mustRun(t, Options{Seed: 5}, sumJob("cell", 0, 40, &want, nil))

	dir := t.TempDir()
	var folders []*Folder
	open := func() *Folder {
		f, err := OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		folders = append(folders, f)
		return f
	}
	defer func() {
		for _, f := range folders {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}()
	ctx, cancel := context.WithCancel(context.Background())
	// The 21st chunk to start ends the run: by then 20 are on record.
	var part digest
	var started atomic.Int64
	interrupted := sumJob("cell", 0, 40, &part, nil)
	inner := interrupted.New
	interrupted.New = func() (func(context.Context, *Stream) (float64, error), error) {
		compute, err := inner()
		return func(ctx context.Context, s *Stream) (float64, error) {
			if started.Add(1) > 20 {
				cancel()
				return 0, ctx.Err()
			}
			return compute(ctx, s)
		}, err
	}
	err := Run(ctx, []Job[float64]{interrupted}, Options{Seed: 5, Workers: 2, State: open()})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted run returned %v", err)
	}
	// A kill may tear the last line.
	files, _ := filepath.Glob(filepath.Join(dir, "*.part"))
	if len(files) != 1 {
		t.Fatalf("state files: %v", files)
	}
	data, _ := os.ReadFile(files[0])
	if err := os.WriteFile(files[0], data[:len(data)-9], 0o666); err != nil {
		t.Fatal(err)
	}
	var got digest
	var computed atomic.Int64
	mustRun(t, Options{Seed: 5, Workers: 2, State: open()}, sumJob("cell", 0, 40, &got, &computed))
	if !slices.Equal(got.values, want.values) {
		t.Error("resumed run: other records")
	}
	if n := computed.Load(); n != 21 {
		t.Errorf("resumed run computed %d of 40 chunks, want 20 and the torn one", n)
	}
	computed.Store(0)
	var again digest
	mustRun(t, Options{Seed: 5, State: open()}, sumJob("cell", 0, 40, &again, &computed))
	if computed.Load() != 0 || !slices.Equal(again.values, want.values) {
		t.Errorf("finished run computed %d chunks again", computed.Load())
	}
	var other digest
	mustRun(t, Options{Seed: 6, State: open()}, sumJob("cell", 0, 4, &other, &computed))
	if computed.Load() != 4 {
		t.Error("another seed took this seed's chunks")
	}
}

func TestOpenFolderErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFolder(file); err == nil || !strings.HasPrefix(err.Error(), "state folder: ") {
		t.Errorf("a file as state folder: %v", err)
	}
}

// The earliest failure is reported, whatever the scheduling, and panics are
// failures.
func TestRunReportsEarliestFailure(t *testing.T) {
	boom := errors.New("boom")
	for _, workers := range []int{1, 2, 8} {
		for range 20 {
			var d digest
			job := sumJob("cell", 0, 50, &d, nil)
			inner := job.New
			var calls atomic.Int64
			job.New = func() (func(context.Context, *Stream) (float64, error), error) {
				f, _ := inner()
				return func(ctx context.Context, s *Stream) (float64, error) {
					calls.Add(1)
					x, _ := f(ctx, s)
					// Chunks 9, 21, ... of this seed have a sum above 4.
					if x > 4 {
						return 0, boom
					}
					if x < -7 {
						panic("seven")
					}
					return x, nil
				}, nil
			}
			err := Run(context.Background(), []Job[float64]{job}, Options{Seed: 5, Workers: workers})
			var place *Error
			if !errors.As(err, &place) || !errors.Is(err, boom) {
				t.Fatalf("%d workers: %v", workers, err)
			}
			if place.Chunk != len(d.values)/2 {
				t.Fatalf("failed at chunk %d but folded %d", place.Chunk, len(d.values)/2)
			}
			first := place.Chunk
			if workers == 1 && int(calls.Load()) != first+1 {
				t.Fatalf("computed %d chunks though chunk %d failed", calls.Load(), first)
			}
		}
	}
	job := Job[float64]{Key: "p", ChunkSize: 1, To: 1, New: func() (func(context.Context, *Stream) (float64, error), error) {
		return func(context.Context, *Stream) (float64, error) { panic("ouch") }, nil
	}}
	if err := Run(context.Background(), []Job[float64]{job}, Options{}); err == nil || err.Error() != "p: chunk 0: panic: ouch" {
		t.Errorf("panic became %v", err)
	}
}

// A fold that fails ends the run with its error: the chunks not yet begun are not
// computed, and no worker waits for ever for one to be folded.
func TestRunStopsWhenAFoldFails(t *testing.T) {
	boom := errors.New("boom")
	for _, workers := range []int{1, 4} {
		var d digest
		var computed atomic.Int64
		job := sumJob("cell", 0, 100_000, &d, &computed)
		job.Fold = func(chunk int, x float64) error {
			if chunk == 7 {
				return boom
			}
			return d.fold(chunk, x)
		}
		returned := make(chan error, 1)
		go func() {
			returned <- Run(context.Background(), []Job[float64]{job}, Options{Seed: 5, Workers: workers})
		}()
		select {
		case err := <-returned:
			if !errors.Is(err, boom) {
				t.Errorf("%d workers: %v", workers, err)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d workers: the run goes on", workers)
		}
		if n := computed.Load(); n > int64(window*workers)+7 || len(d.values) != 14 {
			t.Errorf("%d workers: %d chunks computed, %d folded though the 8th fold failed", workers, n, len(d.values)/2)
		}
	}
}

func TestRunRefusesRanges(t *testing.T) {
	for _, c := range []struct{ from, to, size, stride int }{{-1, 5, 10, 1}, {5, 4, 10, 1}, {0, 5, 0, 1}, {0, 5, 10, -1}} {
		var d digest
		job := sumJob("cell", c.from, c.to, &d, nil)
		job.ChunkSize, job.Stride = c.size, c.stride
		err := Run(context.Background(), []Job[float64]{job}, Options{Seed: 5})
		if err == nil || !strings.Contains(err.Error(), "invalid chunk range") || len(d.values) > 0 {
			t.Errorf("%+v: %v, %d chunks folded", c, err, len(d.values)/2)
		}
	}
}

// A record that JSON cannot hold must be an error, not a silently lost chunk.
func TestStateRefusesNonFinite(t *testing.T) {
	f, err := OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	job := Job[float64]{Key: "nan", ChunkSize: 1, To: 1, New: func() (func(context.Context, *Stream) (float64, error), error) {
		return func(context.Context, *Stream) (float64, error) { return math.NaN(), nil }, nil
	}}
	if err := Run(context.Background(), []Job[float64]{job}, Options{State: f}); err == nil {
		t.Error("a NaN record was stored")
	}
}

func TestPlan(t *testing.T) {
	p := Plan{Seed: 1, Cells: []PlanCell{{"a", 10, 4}, {"b", 10, 4}}}
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	hash := p.Hash()
	seen := map[string]string{hash: "the plan"}
	for name, q := range map[string]Plan{
		"seed":   {2, p.Cells},
		"order":  {1, []PlanCell{{"b", 10, 4}, {"a", 10, 4}}},
		"chunks": {1, []PlanCell{{"a", 10, 4}, {"b", 10, 5}}},
		"size":   {1, []PlanCell{{"a", 10, 4}, {"b", 11, 4}}},
		"key":    {1, []PlanCell{{"a", 10, 4}, {"c", 10, 4}}},
	} {
		if other, ok := seen[q.Hash()]; ok {
			t.Errorf("plans with another %s and %s have one hash", name, other)
		}
		seen[q.Hash()] = name
	}
	for _, bad := range []Plan{
		{1, []PlanCell{{"", 1, 1}}}, {1, []PlanCell{{"a", 1, 1}, {"a", 1, 1}}},
		{1, []PlanCell{{"a", 0, 1}}}, {1, []PlanCell{{"a", 1, 0}}},
	} {
		if bad.Validate() == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

// Workers that would hold more than there is are not begun, one excepted; which
// changes no record.
func TestRunWithinMemory(t *testing.T) {
	var want digest
	mustRun(t, Options{Seed: 5, Workers: 1}, sumJob("cell", 0, 60, &want, nil))
	for _, c := range []struct {
		memory int64 // of a worker
		most   int64 // workers
	}{{0, 5}, {1, 5}, {MaxMemory / 2, 2}, {MaxMemory/2 + 1, 1}, {2 * MaxMemory, 1}} {
		var got digest
		var begun atomic.Int64
		job := sumJob("cell", 0, 60, &got, nil)
		inner := job.New
		job.Memory = c.memory
		job.New = func() (func(context.Context, *Stream) (float64, error), error) {
			begun.Add(1)
			return inner()
		}
		mustRun(t, Options{Seed: 5, Workers: 5}, sumJob("small", 0, 5, new(digest), nil), job)
		if begun.Load() > c.most {
			t.Errorf("%d bytes a worker: %d workers, want at most %d", c.memory, begun.Load(), c.most)
		}
		if !slices.Equal(got.values, want.values) {
			t.Errorf("%d bytes a worker: other records", c.memory)
		}
	}
}
