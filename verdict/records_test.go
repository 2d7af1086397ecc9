package verdict

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pastur/replicate"
)

// recorded computes the records of a claim's first so many looks, through JSON
// as they go through files.
func recorded(t *testing.T, c *Claim, seed uint64, looks int) map[string]map[int]Record {
	t.Helper()
	records := map[string]map[int]Record{}
	for look := 1; look <= looks; look++ {
		var jobs []replicate.Job[Record]
		for i := range c.Cells {
			from, to := c.Look(i, look)
			for part := range 3 {
				job := c.RecordJob(i, min(from+part, to), to, 3)
				job.Fold = func(chunk int, r Record) error {
					text, err := json.Marshal(r)
					if err != nil {
						return err
					}
					var back Record
					if err := json.Unmarshal(text, &back); err != nil {
						return err
					}
					if records[job.Key] == nil {
						records[job.Key] = map[int]Record{}
					}
					records[job.Key][chunk] = back
					return nil
				}
				jobs = append(jobs, job)
			}
		}
		if err := replicate.Run(t.Context(), jobs, replicate.Options{Seed: seed, Workers: 2}); err != nil {
			t.Fatal(err)
		}
	}
	return records
}

func from(records map[string]map[int]Record) Lookup {
	return func(key string, chunk int) (Record, bool, error) {
		r, ok := records[key][chunk]
		return r, ok, nil
	}
}

// troubled claims end in every way, also by errors of every origin.
func troubled() map[string]*Claim {
	at := func(bad func(s *stream) (float64, float64, error)) *Claim {
		c := uneven()
		for i := range c.Cells[1:] {
			inner := c.Cells[i+1].New
			c.Cells[i+1].New = func() (Sampler, error) {
				f, err := inner()
				return SamplerFunc(func(s *stream) (float64, float64, error) {
					if s.Float64() < 0.0004 {
						return bad(s)
					}
					return f.Sample(s)
				}), err
			}
		}
		return c
	}
	claims := map[string]*Claim{
		"uneven": uneven(),
		"NaN":    at(func(*stream) (float64, float64, error) { return math.NaN(), 1, nil }),
		"error":  at(func(*stream) (float64, float64, error) { return 0, 0, errors.New("boom") }),
		"panic":  at(func(*stream) (float64, float64, error) { panic("ouch") }),
		"limit":  {ID: "limit", Kind: Limit, Target: 1, Good: 0.01, Bad: 0.03, Looks: 6, Cells: []Cell{newCell("cell", 1, 256, mean(1, normal))}},
		"fail":   {ID: "fail", Kind: Limit, Target: 1.2, Good: 0.01, Bad: 0.03, Looks: 6, Cells: []Cell{newCell("cell", 1, 256, mean(1, normal))}},
		"budget": {ID: "budget", Kind: Limit, Target: 1, Good: 0.0001, Bad: 0.0002, Looks: 4, Cells: []Cell{newCell("cell", 1, 64, mean(1, normal))}},
		"exact":  {ID: "exact", Kind: Exact, Good: 10, Looks: 3, Cells: []Cell{newCell("cell", 1, 64, mean(1, normal))}},
		"new":    {ID: "new", Kind: Limit, Target: 1, Bad: 1, Cells: []Cell{{Key: "cell", First: 128, Chunk: 32, New: func() (Sampler, error) { return nil, errors.New("none") }}}},
	}
	beyond := newCell("cell", 1, 64, func(s *stream) (float64, float64, error) { return 0.5 + 0.13*s.Normal(), 1, nil })
	beyond.Assume, beyond.Range, beyond.Chunk = Bounded, Interval{0, 1}, 16
	claims["range"] = &Claim{ID: "range", Kind: Bound, Target: 0.5, Bad: 0.001, Looks: 6, Cells: []Cell{beyond}}
	rate := &Claim{ID: "rate", Kind: Rate, Target: -1, Good: 0, Bad: 0.02, Looks: 4}
	for i, sd := range []float64{0.01, 0.3, 1} {
		x := float64(int(1) << i)
		rate.Cells = append(rate.Cells, newCell(fmt.Sprint(x), x, 256, func(s *stream) (float64, float64, error) {
			return (1 + sd*s.Normal()) / x, 1, nil
		}))
	}
	claims["rate"] = rate
	return claims
}

// A replay gives the verdict of Run in every detail, from the budget's records,
// and asks for the chunks that Run draws and for no others.
func TestReplayIsRun(t *testing.T) {
	statuses := map[Status]int{}
	for name, c := range troubled() {
		for seed := range uint64(4) {
			want := run(t, c, Options{Seed: seed, Workers: 2})
			statuses[want.Status]++
			looks := c.Filled().Looks
			if name == "new" {
				looks = 1
			}
			records := recorded(t, c, seed, looks)
			asked := int64(0)
			lookup := func(key string, chunk int) (Record, bool, error) {
				r, ok := records[key][chunk]
				asked += r.N
				return r, ok, nil
			}
			got, gaps, err := c.Replay(lookup)
			if err != nil || gaps != nil || !equalVerdicts(got, want) {
				t.Errorf("%s, seed %d: %v, gaps %v:\n%+v, want\n%+v", name, seed, err, gaps, got, want)
			}
			if want.Status != Errored && asked != want.Replicates {
				t.Errorf("%s, seed %d: asked for %d replicates of %d", name, seed, asked, want.Replicates)
			}
		}
	}
	for _, s := range []Status{Pass, Fail, Inconclusive, Errored} {
		if statuses[s] == 0 {
			t.Errorf("no claim ends with %s: %v", s, statuses)
		}
	}
}

// equalVerdicts is sameVerdict where estimates may be NaN.
func equalVerdicts(a, b Verdict) bool {
	if math.IsNaN(a.Estimate) && math.IsNaN(b.Estimate) {
		a.Estimate, b.Estimate = 0, 0
	}
	return sameVerdict(a, b)
}

// Filling the gaps of one replay after another ends with the verdict of Run,
// and computes as many replicates.
func TestReplayByGaps(t *testing.T) {
	for name, c := range troubled() {
		want := run(t, c, Options{Seed: 1})
		all := recorded(t, c, 1, map[bool]int{true: 1, false: c.Filled().Looks}[name == "new"])
		have := map[string]map[int]Record{}
		for key := range all {
			have[key] = map[int]Record{}
		}
		for round := 1; ; round++ {
			v, gaps, err := c.Replay(from(have))
			if err != nil {
				t.Fatal(name, err)
			}
			if gaps == nil {
				if !equalVerdicts(v, want) || round != want.Looks+1 {
					t.Errorf("%s: after %d rounds: %+v, want %+v", name, round, v, want)
				}
				break
			}
			for _, gap := range gaps {
				if gap.Look != round || len(gap.Chunks) != gap.To-gap.From || gap.Chunks[0] != gap.From {
					t.Fatalf("%s: round %d: %+v", name, round, gap)
				}
				for _, chunk := range gap.Chunks {
					have[gap.Key][chunk] = all[gap.Key][chunk]
				}
			}
		}
	}
}

// Without any one chunk that it asks for there is no verdict but that gap;
// without one it does not ask for, the verdict.
func TestReplayRefusesGaps(t *testing.T) {
	c := uneven()
	want := run(t, c, Options{Seed: 1})
	records := recorded(t, c, 1, c.Looks)
	asked := map[string]map[int]bool{}
	lookup := from(records)
	_, _, err := c.Replay(func(key string, chunk int) (Record, bool, error) {
		if asked[key] == nil {
			asked[key] = map[int]bool{}
		}
		asked[key][chunk] = true
		return lookup(key, chunk)
	})
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	refused := 0
	for key, chunks := range records {
		for chunk := range chunks {
			if r.IntN(20) > 0 {
				continue
			}
			kept := chunks[chunk]
			delete(chunks, chunk)
			v, gaps, err := c.Replay(lookup)
			switch {
			case err != nil:
				t.Fatal(err)
			case asked[key][chunk]:
				refused++
				if len(gaps) != 1 || gaps[0].Key != key || !slices.Equal(gaps[0].Chunks, []int{chunk}) || v.Status != "" {
					t.Errorf("without chunk %d of %s: %s, %+v", chunk, key, v.Status, gaps)
				}
			case gaps != nil || !equalVerdicts(v, want):
				t.Errorf("without chunk %d of %s, which nobody needs: %+v", chunk, key, gaps)
			}
			chunks[chunk] = kept
		}
	}
	if refused == 0 {
		t.Error("no gap was tried")
	}
}

// The failure that Run reports is the earliest: a gap before it hides it, a gap
// after it does not.
func TestReplayFailuresAndGaps(t *testing.T) {
	c := troubled()["error"]
	seed, want := uint64(0), Verdict{}
	for want.Status != Errored {
		seed++
		want = run(t, c, Options{Seed: seed})
	}
	records := recorded(t, c, seed, c.Looks)
	last := c.key(&c.Cells[2])
	if v, gaps, err := c.Replay(from(records)); err != nil || gaps != nil || v.Reason != want.Reason {
		t.Fatal(v.Reason, gaps, err)
	}
	kept := records[last]
	delete(records, last)
	v, gaps, err := c.Replay(from(records))
	inSecond := v.Status == Errored
	if err != nil || inSecond == (gaps != nil) {
		t.Errorf("%s, %+v, %v", v.Status, gaps, err)
	}
	records[last] = kept
	delete(records[c.key(&c.Cells[0])], 0)
	if v, gaps, err = c.Replay(from(records)); err != nil || len(gaps) == 0 || gaps[0].Chunks[0] != 0 || v.Status != "" {
		t.Errorf("a gap before the failure: %s, %+v, %v", v.Status, gaps, err)
	}
	boom := errors.New("unreadable")
	if _, _, err := c.Replay(func(string, int) (Record, bool, error) { return Record{}, false, boom }); !errors.Is(err, boom) {
		t.Errorf("lookup's error: %v", err)
	}
}

// A chunk that is cancelled leaves no record of a failure.
func TestRecordJobCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &Claim{ID: "c", Kind: Limit, Target: 1, Bad: 1, Cells: []Cell{newCell("cell", 1, 64, func(*stream) (float64, float64, error) {
		cancel()
		return 0, 0, errors.New("cut short")
	})}}
	job := c.RecordJob(0, 0, 2, 1)
	job.Fold = func(chunk int, r Record) error { return fmt.Errorf("chunk %d left %+v", chunk, r) }
	if err := replicate.Run(ctx, []replicate.Job[Record]{job}, replicate.Options{Workers: 1}); err == nil || !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestEstimates(t *testing.T) {
	c := uneven()
	want := run(t, c, Options{Seed: 1})
	records := recorded(t, c, 1, c.Looks)
	got, err := c.Estimates(1, from(records))
	if err != nil || len(got) != 3 {
		t.Fatal(got, err)
	}
	if got[0] != want.Cells[0] { // the easy cell has one look only
		t.Errorf("%+v, want %+v", got[0], want.Cells[0])
	}
	delete(records, c.key(&c.Cells[1]))
	if got, err = c.Estimates(c.Looks, from(records)); err != nil || len(got) != 2 || got[1].Key != "C=3" {
		t.Errorf("%+v, %v", got, err)
	}
}
