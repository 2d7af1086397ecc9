package verdict

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pastur/replicate"
)

// Record is what a chunk leaves behind when chunks are computed in one place
// and judged in another: its moments, or why there are none.
type Record struct {
	Moments
	Failure string `json:"failure,omitempty"`
}

// Look returns the chunks of the claim's cell that look k (from 1) adds for a
// cell that takes part in every look: [from, to). A cell that a look passes
// over takes the stretch at a later one, so the chunks of looks 1 to k are all
// that k looks can ask for.
func (c *Claim) Look(cell, k int) (from, to int) {
	filled := c.Filled()
	to = filled.Cells[cell].chunks(k)
	if k > 1 {
		from = filled.Cells[cell].chunks(k - 1)
	}
	return from, to
}

// RecordJob returns the job that computes records of a cell: of every
// stride-th chunk in [from, to). A chunk that fails leaves a record that says
// so, which Replay turns into the verdict that Run would have given.
func (c *Claim) RecordJob(cell, from, to, stride int) replicate.Job[Record] {
	filled := c.Filled()
	inner := filled.job(&filled.Cells[cell], from, to, nil)
	return replicate.Job[Record]{
		Key: inner.Key, ChunkSize: inner.ChunkSize, From: from, To: to, Stride: stride, Memory: inner.Memory,
		New: func() (func(context.Context, *replicate.Stream) (Record, error), error) {
			// Made at the first chunk, so that a failure has a chunk to
			// belong to.
			var compute func(context.Context, *replicate.Stream) (Moments, error)
			return func(ctx context.Context, s *replicate.Stream) (r Record, err error) {
				defer func() {
					p := recover()
					if p != nil {
						err = fmt.Errorf("panic: %v", p) // as replicate.Run words it
					}
					if err == nil {
						return
					}
					compute = nil // its scratch memory may be in any state
					if stop := ctx.Err(); stop != nil {
						r, err = Record{}, stop // perhaps no failure but the stop
						return
					}
					r, err = Record{Failure: err.Error()}, nil
				}()
				if compute == nil {
					if compute, err = inner.New(); err != nil {
						return r, err
					}
				}
				r.Moments, err = compute(ctx, s)
				return r, err
			}, nil
		},
	}
}

// Gap is a set of chunks that a replay needs and does not have.
type Gap struct {
	Cell     int    // index into Claim.Cells
	Key      string // of the cell's draws
	Look     int    // at which they are needed
	From, To int    // the chunks that the look adds to the cell are [From, To)
	Chunks   []int  // those of them that are missing, ascending
}

// Lookup finds the record of a chunk of the cell whose draws have the given
// key; ok is false if there is none.
type Lookup func(key string, chunk int) (r Record, ok bool, err error)

// Replay judges the claim on records, look by look, as Run judges it on the
// chunks it draws: from complete records it returns the verdict that Run would
// return, and it asks for no chunk that Run would not draw. If chunks that the
// decision needs are missing, there is no verdict but the gaps, of one look.
func (c *Claim) Replay(lookup Lookup) (Verdict, []Gap, error) {
	t, err := c.trial(Options{})
	if err != nil {
		return Verdict{}, nil, err
	}
	for look := 1; look <= t.Looks; look++ {
		gaps, err := t.fold(look, lookup)
		var place *replicate.Error
		switch {
		case errors.As(err, &place):
			return t.verdict(Errored, look, component{estimate: math.NaN()}, Everything, 0, err.Error()), nil, nil
		case err != nil, gaps != nil:
			return Verdict{}, gaps, err
		}
		if v, done := t.judge(look); done {
			return v, nil, nil
		}
	}
	panic("unreachable: the last look decides")
}

// fold adds to each cell the chunks that sample would draw, in its order. A
// failed chunk is an *replicate.Error, unless chunks before it are missing:
// the earliest failure is the one that counts.
func (t *trial) fold(look int, lookup Lookup) (gaps []Gap, err error) {
	for i := range t.Cells {
		if look > 1 && !slices.Contains(t.wanting, i) {
			continue
		}
		cell, from := &t.Cells[i], 0
		if t.levels[i] > 0 {
			from = cell.chunks(t.levels[i])
		}
		t.levels[i]++
		gap := Gap{Cell: i, Key: t.key(cell), Look: look, From: from, To: cell.chunks(t.levels[i])}
		job := t.job(cell, 0, 0, &t.moments[i])
		for chunk := gap.From; chunk < gap.To; chunk++ {
			r, ok, err := lookup(gap.Key, chunk)
			switch {
			case err != nil:
				return nil, err
			case !ok:
				gap.Chunks = append(gap.Chunks, chunk)
			case gaps != nil || gap.Chunks != nil:
				// Nothing can be decided any more; go on collecting gaps.
			case r.Failure != "":
				return nil, &replicate.Error{Cell: gap.Key, Chunk: chunk, Err: errors.New(r.Failure)}
			default:
				if err := job.Fold(chunk, r.Moments); err != nil {
					return nil, err
				}
			}
		}
		if gap.Chunks != nil {
			gaps = append(gaps, gap)
		}
	}
	return gaps, nil
}

// Estimates returns the estimates of the claim's cells, with their intervals,
// from whatever records of the first looks there are: the state of a run that
// goes on. Cells without any are left out.
func (c *Claim) Estimates(looks int, lookup Lookup) ([]CellResult, error) {
	t, err := c.trial(Options{})
	if err != nil {
		return nil, err
	}
	for i := range t.Cells {
		cell := &t.Cells[i]
		for chunk := range cell.chunks(min(looks, t.Looks)) {
			r, ok, err := lookup(t.key(cell), chunk)
			if err != nil {
				return nil, err
			}
			if ok && r.Failure == "" {
				t.moments[i].Merge(r.Moments)
			}
		}
	}
	return t.verdict("", 0, component{}, Everything, 0, "").Cells, nil
}
