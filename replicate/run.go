package replicate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"sort"
	"sync"
)

// Job asks for the chunks [From, To) of one cell. S is the chunk's record: what
// the chunk leaves behind, encodable as JSON without loss.
type Job[S any] struct {
	Key       string // the cell's key
	Records   string // what the records hold, if Key does not say; keys no draws
	ChunkSize int    // replicates a chunk; part of the cell's identity
	From, To  int    // chunk indices, To exclusive
	Stride    int    // computes the chunks From, From + Stride, ... only; 0 means 1
	Memory    int64  // bytes that the function New returns holds, 0 if they are few

	// New returns a function that computes one chunk from its stream. It is
	// called once a worker, so the function may own scratch memory.
	New func() (func(ctx context.Context, s *Stream) (S, error), error)

	// Fold receives the records in chunk order, one at a time. A nil Fold
	// drops them.
	Fold func(chunk int, record S) error
}

// cell names the job's records in a state folder.
func (j *Job[S]) cell() string {
	if j.Records == "" {
		return j.Key
	}
	return j.Key + "\nrecords: " + j.Records
}

// Options says how to run jobs. Nothing in it changes a result.
type Options struct {
	Seed    uint64
	Workers int     // 0 means runtime.GOMAXPROCS(0)
	State   *Folder // nil keeps nothing
	// Clock, if not nil, returns seconds since some moment: the time that each
	// chunk took is then kept beside its record.
	Clock func() float64
	// Progress, if not nil, is called after each folded chunk, never
	// concurrently.
	Progress func(done, total int)
}

// MaxMemory is how many bytes the workers of one Run hold together, as far as
// Job.Memory tells: fewer work where each needs more, one at least.
const MaxMemory = 8 << 30

// Error is the failure of one chunk, with its place.
type Error struct {
	Cell  string
	Chunk int
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: chunk %d: %v", e.Cell, e.Chunk, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// Run computes the jobs' chunks on Options.Workers goroutines and folds each
// job's records in chunk order. The folds see the same records in the same
// order for any number of workers, and after any interruption when a state
// folder is given: chunks found there are folded without being recomputed.
//
// Run returns the error of the earliest failing chunk (in job, then chunk
// order) as an *Error whatever the scheduling, a panic in a sampler included,
// or ctx.Err() if the context ended first.
func Run[S any](ctx context.Context, jobs []Job[S], opt Options) error {
	if opt.Workers <= 0 {
		opt.Workers = runtime.GOMAXPROCS(0)
	}
	r := &runner[S]{jobs: jobs, opt: opt, ctx: ctx}
	for _, j := range jobs {
		if j.From < 0 || j.To < j.From || j.ChunkSize < 1 || j.Stride < 0 {
			return fmt.Errorf("replicate: job %q: invalid chunk range [%d,%d) of size %d", j.Key, j.From, j.To, j.ChunkSize)
		}
		var log *Log
		if opt.State != nil {
			var err error
			if log, err = opt.State.Cell(opt.Seed, j.cell(), j.ChunkSize); err != nil {
				return err
			}
		}
		r.logs = append(r.logs, log)
		if j.Memory > 0 {
			r.opt.Workers = max(1, min(r.opt.Workers, int(MaxMemory/j.Memory)))
		}
		stride := max(1, j.Stride)
		r.total += (j.To - j.From + stride - 1) / stride
		r.ends = append(r.ends, r.total)
	}
	return r.run()
}

// task is one chunk of one job. Tasks are numbered by job, then chunk.
type task struct{ job, chunk int }

type outcome[S any] struct {
	record S
	err    error
	ready  bool
}

type runner[S any] struct {
	ctx   context.Context
	jobs  []Job[S]
	logs  []*Log
	ends  []int // the number of tasks of the jobs up to each
	total int   // tasks of all jobs
	opt   Options

	mu      sync.Mutex
	room    sync.Cond    // signalled when a task is folded or all is over
	next    int          // next task to hand out
	folded  int          // tasks folded so far, from the first
	results []outcome[S] // of the tasks [folded, folded + len), task i at i mod len
	err     error        // of the earliest failing task folded or reached
	stopped bool
}

// window is how many tasks may be ahead of the first unfolded one, a worker:
// records wait for those before them, and that they fit in memory must not
// depend on how many chunks there are.
const window = 256

// task returns the task of that number.
func (r *runner[S]) task(i int) task {
	job := sort.SearchInts(r.ends, i+1)
	if job > 0 {
		i -= r.ends[job-1]
	}
	return task{job, r.jobs[job].From + i*max(1, r.jobs[job].Stride)}
}

func (r *runner[S]) run() error {
	r.room.L = &r.mu
	workers := min(r.opt.Workers, r.total)
	r.results = make([]outcome[S], min(r.total, window*workers))
	var wg sync.WaitGroup
	for range workers {
		wg.Go(r.work)
	}
	wg.Wait()
	if r.err != nil {
		return r.err
	}
	if r.folded < r.total {
		return r.ctx.Err()
	}
	return nil
}

func (r *runner[S]) work() {
	var stream Stream
	stream.Bind(r.ctx)
	chunkOf := make([]func(context.Context, *Stream) (S, error), len(r.jobs))
	for {
		i, ok := r.take()
		if !ok {
			return
		}
		record, err := r.compute(r.task(i), &stream, chunkOf)
		r.put(i, record, err)
	}
}

// take hands out tasks in order, so that when one fails every earlier one has
// been started and the earliest failure is always the one reported. The earliest
// unfolded task is never waited for here: some worker has it.
func (r *runner[S]) take() (int, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for r.next-r.folded == len(r.results) && r.next < r.total && !r.stopped {
		r.room.Wait()
	}
	if r.stopped || r.next == r.total || r.ctx.Err() != nil {
		return 0, false
	}
	r.next++
	return r.next - 1, true
}

func (r *runner[S]) compute(t task, stream *Stream, chunkOf []func(context.Context, *Stream) (S, error)) (record S, err error) {
	job := &r.jobs[t.job]
	if log := r.logs[t.job]; log != nil {
		if raw, ok := log.Record(t.chunk); ok {
			if err := json.Unmarshal(raw, &record); err != nil {
				return record, fmt.Errorf("chunk file %s: chunk %d of %q: %w", log.File(t.chunk), t.chunk, job.Key, err)
			}
			return record, nil
		}
	}
	defer func() {
		if p := recover(); p != nil {
			err = &Error{job.Key, t.chunk, fmt.Errorf("panic: %v", p)}
		}
	}()
	if chunkOf[t.job] == nil {
		if chunkOf[t.job], err = job.New(); err != nil {
			return record, &Error{job.Key, t.chunk, err}
		}
	}
	var start, seconds float64
	if r.opt.Clock != nil {
		start = r.opt.Clock()
	}
	stream.Reset(r.opt.Seed, job.Key, t.chunk)
	if record, err = chunkOf[t.job](r.ctx, stream); err != nil {
		if r.ctx.Err() != nil && errors.Is(err, r.ctx.Err()) {
			return record, err
		}
		return record, &Error{job.Key, t.chunk, err}
	}
	if log := r.logs[t.job]; log != nil {
		if r.opt.Clock != nil {
			seconds = r.opt.Clock() - start
		}
		err = log.Append(t.chunk, record, seconds)
	}
	return record, err
}

// put stores a result and folds whatever is complete from the first on.
func (r *runner[S]) put(i int, record S, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	defer r.room.Broadcast()
	at := func(i int) *outcome[S] { return &r.results[i%len(r.results)] }
	*at(i) = outcome[S]{record, err, true}
	if err != nil {
		r.stopped = true
	}
	for r.folded < r.total && at(r.folded).ready && r.err == nil {
		t, done := r.task(r.folded), at(r.folded)
		if done.err != nil {
			r.err = done.err
			return
		}
		if fold := r.jobs[t.job].Fold; fold != nil {
			if err := fold(t.chunk, done.record); err != nil {
				r.err, r.stopped = err, true
				return
			}
		}
		*done = outcome[S]{}
		r.folded++
		if r.opt.Progress != nil {
			r.opt.Progress(r.folded, r.total)
		}
	}
}
