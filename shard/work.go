package shard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"pastur/internal/atomicfile"
	"pastur/replicate"
	"pastur/verdict"
)

// PlanFile is the plan's name in the folder of its chunks.
const PlanFile = "plan.json"

// Work is a plan, the claims it describes and the folder of its chunks.
type Work struct {
	Plan   *Plan
	Claims []*verdict.Claim
	Folder *replicate.Folder

	logs map[string]*replicate.Log
}

// Options says how to compute; nothing in it changes a result.
type Options struct {
	Workers  int
	Progress func(label string, look, looks, done, total int)
	// Clock, if not nil, returns seconds since some moment; then the time that
	// each chunk takes is kept for Status.
	Clock func() float64
	// Pick chooses one of n finished chunks to be computed again and compared;
	// nil chooses none.
	Pick func(n int) int
}

// Create makes the folder ready for the chunks of a plan that part of it will
// be computed into. build is what computes them: files of another build are
// refused. claims are those made from the plan's text.
func Create(dir string, plan *Plan, claims []*verdict.Claim, part Part, build json.RawMessage) (*Work, error) {
	if err := plan.check(claims); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, fmt.Errorf("folder of chunks: %w", err)
	}
	path := filepath.Join(dir, PlanFile)
	there, err := ReadPlan(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if err := plan.writeFile(path); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, err
	case there.Hash != plan.Hash:
		return nil, fmt.Errorf("folder %s holds another plan (%.12s, this one is %.12s): give another folder", dir, there.Hash, plan.Hash)
	}
	opt := replicate.FolderOptions{Run: plan.Hash, Build: build, Name: "run"}
	if part.Of > 1 {
		opt.Name = part.fileName()
	}
	w := &Work{Plan: plan, Claims: claims, Folder: replicate.NewFolder(dir, opt)}
	return w, w.open()
}

// writeFile writes the plan whole or not at all; several parts may do so at the
// same time.
func (p *Plan) writeFile(path string) error {
	text, err := p.bytes()
	if err != nil {
		return err
	}
	if err := atomicfile.WriteAll([]atomicfile.File{{Path: path, Content: text}}); err != nil {
		return fmt.Errorf("folder of chunks: %w", err)
	}
	return nil
}

// Open opens a folder of chunks for reading. claims makes the plan's claims
// from its text.
func Open(dir string, claims func(*Plan) ([]*verdict.Claim, error)) (*Work, error) {
	plan, err := ReadPlan(filepath.Join(dir, PlanFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("folder %s holds no %s: want a folder that pastur run wrote, or put the plan there", dir, PlanFile)
	}
	if err != nil {
		return nil, err
	}
	w := &Work{Plan: plan, Folder: replicate.NewFolder(dir, replicate.FolderOptions{Run: plan.Hash})}
	if w.Claims, err = claims(plan); err != nil {
		return nil, err
	}
	if err := plan.check(w.Claims); err != nil {
		return nil, err
	}
	if err := w.open(); err != nil {
		return nil, err
	}
	if stamps, files := w.Folder.Builds(); len(stamps) > 1 {
		return nil, fmt.Errorf("computed by different builds, whose last bits may differ: %s by %s, %s by %s: remove the files of one and compute their chunks again",
			files[0], stamps[0], files[1], stamps[1])
	}
	return w, nil
}

// Build returns the stamp of the build that computed the chunks, or nil if
// there are none.
func (w *Work) Build() json.RawMessage {
	if stamps, _ := w.Folder.Builds(); len(stamps) > 0 {
		return stamps[0]
	}
	return nil
}

func (w *Work) open() error {
	if err := w.Folder.Load(); err != nil {
		return err
	}
	w.logs = make(map[string]*replicate.Log)
	for i := range w.Plan.Claims {
		for _, cell := range w.Plan.Claims[i].Cells {
			log, err := w.Folder.Cell(w.Plan.Seed, cell.Key, cell.ChunkSize)
			if err != nil {
				return err
			}
			w.logs[cell.Key] = log
		}
	}
	return nil
}

// lookup is the verdict.Lookup of the folder.
func (w *Work) lookup(key string, chunk int) (r verdict.Record, ok bool, err error) {
	raw, ok := w.logs[key].Record(chunk)
	if !ok {
		return r, false, nil
	}
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, false, fmt.Errorf("chunk file %s: chunk %d of %q: %w", w.logs[key].File(chunk), chunk, key, err)
	}
	return r, true, nil
}

func (w *Work) has(key string, chunk int) bool {
	_, ok := w.logs[key].Record(chunk)
	return ok
}

// Compute computes what is still to be done of the part's chunks of the first
// so many looks. Claims that the folder's records decide already are passed
// over: a verdict cannot change any more, so that going on with more looks costs
// only what is undecided. One of the chunks that are done already, chosen by
// Options.Pick, is computed again: it is an error if it differs.
func (w *Work) Compute(ctx context.Context, part Part, looks int, opt Options) error {
	decided := make([]bool, len(w.Claims))
	for i, c := range w.Claims {
		_, gaps, err := c.Replay(w.lookup)
		if err != nil {
			return err
		}
		decided[i] = gaps == nil
	}
	var jobs []replicate.Job[verdict.Record]
	var done []chunkOf
	todo := false
	w.Plan.stretches(looks, func(s stretch) {
		first := s.first(part.Index, part.Of)
		if first >= s.to {
			return
		}
		key := w.Plan.Claims[s.claim].Cells[s.cell].Key
		for chunk := first; chunk < s.to; chunk += part.Of {
			if w.has(key, chunk) {
				done = append(done, chunkOf{s.claim, s.cell, chunk})
			} else if !decided[s.claim] {
				todo = true
			}
		}
		if decided[s.claim] {
			return
		}
		jobs = append(jobs, w.Claims[s.claim].RecordJob(s.cell, first, s.to, part.Of))
	})
	if err := w.recheck(ctx, done, opt); err != nil {
		return err
	}
	if !todo {
		return nil
	}
	if err := w.Folder.Writable(); err != nil {
		return err
	}
	return w.run(ctx, jobs, "part "+part.String(), 1, 1, opt)
}

func (w *Work) run(ctx context.Context, jobs []replicate.Job[verdict.Record], label string, look, looks int, opt Options) error {
	options := replicate.Options{Seed: w.Plan.Seed, Workers: opt.Workers, State: w.Folder, Clock: opt.Clock}
	if opt.Progress != nil {
		options.Progress = func(done, total int) { opt.Progress(label, look, looks, done, total) }
	}
	return replicate.Run(ctx, jobs, options)
}

type chunkOf struct{ claim, cell, chunk int }

// recheck computes one finished chunk again and compares.
func (w *Work) recheck(ctx context.Context, done []chunkOf, opt Options) error {
	if opt.Pick == nil || len(done) == 0 {
		return nil
	}
	k := done[opt.Pick(len(done))]
	log := w.logs[w.Plan.Claims[k.claim].Cells[k.cell].Key]
	job := w.Claims[k.claim].RecordJob(k.cell, k.chunk, k.chunk+1, 1)
	job.Fold = func(_ int, r verdict.Record) error {
		again, err := json.Marshal(r)
		if err != nil {
			return err
		}
		if stored, _ := log.Record(k.chunk); !slices.Equal(stored, again) {
			return fmt.Errorf("chunk file %s: chunk %d of %q, computed again, differs: its machine or this one is at fault, or the builds differ; remove the file to compute its chunks again",
				log.File(k.chunk), k.chunk, job.Key)
		}
		return nil
	}
	return replicate.Run(ctx, []replicate.Job[verdict.Record]{job}, replicate.Options{Seed: w.Plan.Seed, Workers: 1})
}

// Decide computes what the verdicts need and the folder does not have, and
// returns them in the plan's order: a run in one place, which can be ended and
// begun again at any moment.
func (w *Work) Decide(ctx context.Context, opt Options) ([]verdict.Verdict, error) {
	var done []chunkOf
	w.Plan.stretches(w.Plan.Looks(), func(s stretch) {
		for chunk := s.from; chunk < s.to; chunk++ {
			if w.has(w.Plan.Claims[s.claim].Cells[s.cell].Key, chunk) {
				done = append(done, chunkOf{s.claim, s.cell, chunk})
			}
		}
	})
	if err := w.recheck(ctx, done, opt); err != nil {
		return nil, err
	}
	var verdicts []verdict.Verdict
	for i, c := range w.Claims {
		label := fmt.Sprintf("%d/%d %s", i+1, len(w.Claims), c.ID)
		for {
			v, gaps, err := c.Replay(w.lookup)
			if err != nil {
				return nil, err
			}
			if gaps == nil {
				verdicts = append(verdicts, v)
				break
			}
			if err := w.Folder.Writable(); err != nil {
				return nil, err
			}
			if err := w.run(ctx, jobsOf(c, gaps), label, gaps[0].Look, w.Plan.Claims[i].Looks, opt); err != nil {
				return nil, err
			}
		}
	}
	return verdicts, nil
}

// jobsOf returns the jobs that fill gaps.
func jobsOf(c *verdict.Claim, gaps []verdict.Gap) []replicate.Job[verdict.Record] {
	var jobs []replicate.Job[verdict.Record]
	for _, gap := range gaps {
		for start := 0; start < len(gap.Chunks); {
			end := start + 1
			for end < len(gap.Chunks) && gap.Chunks[end] == gap.Chunks[end-1]+1 {
				end++
			}
			jobs = append(jobs, c.RecordJob(gap.Cell, gap.Chunks[start], gap.Chunks[end-1]+1, 1))
			start = end
		}
	}
	return jobs
}
