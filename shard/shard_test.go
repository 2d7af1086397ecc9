package shard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"pastur/replicate"
	"pastur/verdict"
)

var build = json.RawMessage(`{"test":1}`)

// drawn counts the replicates that claims draws. The one numbered interruptAt calls
// interrupt.
var (
	drawn, interruptAt atomic.Int64
	interrupt          atomic.Pointer[context.CancelFunc]
)

func cell(key string, x float64, first int, value, sd float64) verdict.Cell {
	return verdict.Cell{Key: key, X: x, First: first, Chunk: 32, New: func() (verdict.Sampler, error) {
		return verdict.SamplerFunc(func(s *replicate.Stream) (float64, float64, error) {
			if drawn.Add(1) == interruptAt.Load() {
				(*interrupt.Load())()
			}
			return value * (1 + sd*s.Normal()), 1, nil
		}), nil
	}}
}

// claims returns claims that need one look, several, unequal ones, and all.
func claims() []*verdict.Claim {
	return []*verdict.Claim{
		{ID: "easy", Kind: verdict.Limit, Target: 2, Good: 0.1, Bad: 0.5, Looks: 4, Cells: []verdict.Cell{cell("only", 1, 256, 2, 0.5)}},
		{ID: "bound", Kind: verdict.Bound, Target: 1, Bad: 0.15, Power: 1, Looks: 6, Cells: []verdict.Cell{
			cell("C=1", 1, 256, 0.2, 1), cell("C=2", 2, 256, 0.5, 1), cell("C=3", 3, 288, 0.3, 1)}},
		{ID: "wrong", Kind: verdict.Limit, Target: 1, Good: 0.01, Bad: 0.05, Looks: 5, Cells: []verdict.Cell{cell("only", 1, 256, 1.1, 0.5)}},
		{ID: "open", Kind: verdict.Limit, Target: 1, Good: 0.0001, Bad: 0.0002, Looks: 3, Cells: []verdict.Cell{cell("only", 1, 100, 1, 0.5)}},
		{ID: "exact", Kind: verdict.Exact, Good: 100, Looks: 1, Cells: []verdict.Cell{cell("only", 1, 64, 1, 1)}},
	}
}

func newPlan(t *testing.T, seed uint64) *Plan {
	t.Helper()
	p, err := NewPlan(Source{"toy", "five claims"}, seed, claims())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func create(t *testing.T, dir string, p *Plan, part Part) *Work {
	t.Helper()
	w, err := Create(dir, p, claims(), part, build)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func compute(t *testing.T, dir string, p *Plan, part Part, looks int, opt Options) {
	t.Helper()
	w := create(t, dir, p, part)
	if err := w.Compute(t.Context(), part, looks, opt); err != nil {
		t.Fatal(err)
	}
	if err := w.Folder.Close(); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string) *Work {
	t.Helper()
	w, err := Open(dir, func(*Plan) ([]*verdict.Claim, error) { return claims(), nil })
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// uninterrupted returns the verdicts of Claim.Run, and the replicates drawn.
func uninterrupted(t *testing.T, seed uint64) ([]verdict.Verdict, int64) {
	t.Helper()
	before := drawn.Load()
	var all []verdict.Verdict
	for _, c := range claims() {
		v, err := c.Run(t.Context(), verdict.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all, drawn.Load() - before
}

func same(a, b []verdict.Verdict) bool {
	strip := func(all []verdict.Verdict) []verdict.Verdict {
		all = slices.Clone(all)
		for i := range all {
			all[i].Claim = nil
		}
		return all
	}
	return reflect.DeepEqual(strip(a), strip(b))
}

func TestPlanFile(t *testing.T) {
	p := newPlan(t, 1)
	path := filepath.Join(t.TempDir(), "plan.json")
	if err := p.writeFile(path); err != nil {
		t.Fatal(err)
	}
	back, err := ReadPlan(path)
	if err != nil || !reflect.DeepEqual(back, p) {
		t.Fatalf("%+v, %v, want %+v", back, err, p)
	}
	var again bytes.Buffer
	if err := newPlan(t, 1).Write(&again); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(text, again.Bytes()) {
		t.Error("the same plan, other bytes")
	}
	// Whatever is altered is noticed, except layout.
	for n := range text {
		altered := slices.Clone(text)
		altered[n] ^= 1
		if q, err := parsePlan(altered); err == nil && !reflect.DeepEqual(q, p) {
			t.Fatalf("byte %d (%q) flipped: accepted", n, text[n])
		}
	}
	for _, want := range []struct{ text, message string }{
		{"", "not a plan"}, {"{}", "not a plan"}, {string(text) + "{}", "not a plan"}, {`{"format":"x"}`, "want \"pastur plan\" version 1"},
		{strings.Replace(string(text), `"estimators": `, `"estimators": 9`, 1), "for version 9"},
		{strings.Replace(string(text), `"seed": 1`, `"seed": 2`, 1), "its hash does not match"},
	} {
		if _, err := parsePlan([]byte(want.text)); err == nil || !strings.Contains(err.Error(), want.message) {
			t.Errorf("%.40q: %v, want %q", want.text, err, want.message)
		}
	}
}

// The hash tells apart all that can change a verdict.
func TestPlanHash(t *testing.T) {
	seen := map[string]string{newPlan(t, 1).Hash: "the plan", newPlan(t, 2).Hash: "another seed"}
	for name, change := range map[string]func([]*verdict.Claim){
		"target": func(c []*verdict.Claim) { c[0].Target = 3 }, "good": func(c []*verdict.Claim) { c[0].Good = 0.2 },
		"bad": func(c []*verdict.Claim) { c[0].Bad = 0.6 }, "alpha": func(c []*verdict.Claim) { c[0].Alpha = 0.02 },
		"beta": func(c []*verdict.Claim) { c[0].Beta = 0.02 }, "looks": func(c []*verdict.Claim) { c[0].Looks = 3 },
		"key": func(c []*verdict.Claim) { c[0].Cells[0].Key = "k" }, "chunk": func(c []*verdict.Claim) { c[0].Cells[0].Chunk = 64 },
		"first": func(c []*verdict.Claim) { c[0].Cells[0].First = 512 }, "x": func(c []*verdict.Claim) { c[1].Cells[0].X = 1.5 },
		"order": func(c []*verdict.Claim) { c[0], c[1] = c[1], c[0] },
		"bounded": func(c []*verdict.Claim) {
			c[0].Cells[0].Assume, c[0].Cells[0].Range = verdict.Bounded, verdict.Interval{Lo: 0, Hi: 9}
		},
	} {
		c := claims()
		change(c)
		p, err := NewPlan(Source{"toy", "five claims"}, 1, c)
		if err != nil {
			t.Fatal(name, err)
		}
		if other, ok := seen[p.Hash]; ok {
			t.Errorf("%s and %s have one hash", name, other)
		}
		seen[p.Hash] = name
		if err := newPlan(t, 1).check(c); err == nil || !strings.Contains(err.Error(), "reads claim") {
			t.Errorf("another %s: %v", name, err)
		}
	}
	if err := newPlan(t, 1).check(claims()[:3]); err == nil || !strings.Contains(err.Error(), "5 claims, its text gives 3") {
		t.Error(err)
	}
}

func TestParsePart(t *testing.T) {
	for _, c := range []struct {
		text, environment string
		want              Part
		message           string
	}{
		{text: "0/1", want: Part{0, 1}}, {text: "15/16", want: Part{15, 16}},
		{text: "16/16", message: "index 16 is out of range: want 0 to 15"}, {text: "-1/4", message: "out of range"},
		{text: "3", message: "must be i/n"}, {text: "a/4", message: "must be i/n"}, {text: "1/0", message: "n from 1"}, {text: "1/x", message: "n from 1"},
		{text: "auto/4", environment: "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1", want: Part{3, 4}},
		{text: "auto/4", environment: "JOB_COMPLETION_INDEX=0", want: Part{0, 4}},
		{text: "auto/4", environment: "AWS_BATCH_JOB_ARRAY_INDEX=1", want: Part{1, 4}},
		{text: "auto/4", environment: "PBS_ARRAY_INDEX=2", want: Part{2, 4}},
		{text: "auto/4", environment: "SGE_TASK_ID=1", want: Part{0, 4}},
		{text: "auto/4", environment: "SGE_TASK_ID=4", want: Part{3, 4}},
		{text: "auto/4", environment: "SGE_TASK_ID=undefined", message: "not in an array task"},
		{text: "auto/4", environment: "SGE_TASK_ID=undefined SLURM_ARRAY_TASK_ID=2", want: Part{2, 4}},
		{text: "auto/4", environment: "SGE_TASK_ID=3 SLURM_ARRAY_TASK_ID=2", want: Part{2, 4}},
		{text: "auto/4", environment: "SGE_TASK_ID=2 SLURM_ARRAY_TASK_ID=2", message: "SLURM_ARRAY_TASK_ID says index 2 and SGE_TASK_ID says 1"},
		{text: "auto/4", environment: "SLURM_ARRAY_TASK_ID=4", message: "index 4 (from SLURM_ARRAY_TASK_ID) is out of range: want 0 to 3"},
		{text: "auto/4", environment: "SGE_TASK_ID=0", message: "index -1 (from SGE_TASK_ID)"},
		{text: "auto/4", environment: "PBS_ARRAY_INDEX=x", message: "PBS_ARRAY_INDEX must be a whole number"},
		{text: "auto/4", message: "none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX"},
	} {
		got, err := ParsePart(c.text, func(name string) string {
			for _, pair := range strings.Fields(c.environment) {
				if value, ok := strings.CutPrefix(pair, name+"="); ok {
					return value
				}
			}
			return ""
		})
		if c.message == "" && (err != nil || got != c.want) || c.message != "" && (err == nil || !strings.Contains(err.Error(), c.message)) {
			t.Errorf("%q in %q: %v, %v; want %v, %q", c.text, c.environment, got, err, c.want, c.message)
		}
	}
}

// Every chunk belongs to exactly one part, parts are of equal size to within
// one chunk, and more looks do not move a chunk.
func TestPartsShareTheChunks(t *testing.T) {
	p := newPlan(t, 1)
	for _, n := range []int{1, 2, 3, 7, 40, 5000} {
		owners := map[string]int{}
		for looks := 1; looks <= p.Looks(); looks++ {
			sizes := make([]int, n)
			p.stretches(looks, func(s stretch) {
				for i := range n {
					for chunk := s.first(i, n); chunk < s.to; chunk += n {
						sizes[i]++
						if s.owner(chunk, n) != i {
							t.Fatalf("chunk %d is computed by %d, owned by %d", chunk, i, s.owner(chunk, n))
						}
						key := fmt.Sprint(s.claim, s.cell, chunk)
						if owner, ok := owners[key]; ok && owner != i {
							t.Fatalf("chunk %s moves from %d to %d", key, owner, i)
						}
						owners[key] = i
					}
				}
			})
			if slices.Max(sizes)-slices.Min(sizes) > 1 {
				t.Errorf("%d parts, %d looks: sizes from %d to %d", n, looks, slices.Min(sizes), slices.Max(sizes))
			}
			if len(owners) != p.Chunks(looks) {
				t.Errorf("%d parts, %d looks: %d chunks of %d", n, looks, len(owners), p.Chunks(looks))
			}
		}
	}
}

// Any number of parts, in any order, merges to the verdicts of Run; a run in
// one place stops where Run stops.
func TestMergeIsRun(t *testing.T) {
	// Every part reads what the others wrote, so that many parts are dear: once.
	for seed, parts := range [][]int{{1, 2, 5, 100}, {2, 5}, {1, 7}} {
		seed := uint64(seed)
		p := newPlan(t, seed)
		want, spent := uninterrupted(t, seed)
		for _, n := range parts {
			dir := t.TempDir()
			for i := range n {
				compute(t, dir, p, Part{(i*3 + 1) % n, n}, p.Looks(), Options{Workers: 2})
			}
			w := open(t, dir)
			got, err := w.Merge()
			if err != nil || !same(got, want) {
				t.Errorf("%d parts: %v\n%+v, want\n%+v", n, err, got, want)
			}
			if m, err := w.Missing(n); err != nil || m.Chunks != 0 || m.Parts != nil {
				t.Errorf("missing of a whole: %+v, %v", m, err)
			}
		}
		before := drawn.Load()
		dir := t.TempDir()
		w := create(t, dir, p, Whole)
		got, err := w.Decide(t.Context(), Options{})
		if err != nil || !same(got, want) || drawn.Load()-before != spent {
			t.Errorf("in one place: %v, %d replicates drawn, want %d:\n%+v", err, drawn.Load()-before, spent, got)
		}
		if err := w.Folder.Close(); err != nil {
			t.Fatal(err)
		}
		if got, err = open(t, dir).Merge(); err != nil || !same(got, want) {
			t.Errorf("merged: %v\n%+v", err, got)
		}
	}
}

// Fewer looks than the plan's: the same verdicts once there are enough; until
// then the merge says which look it needs, and going on costs only what is
// undecided.
func TestLooks(t *testing.T) {
	p := newPlan(t, 1)
	want, spent := uninterrupted(t, 1)
	dir := t.TempDir()
	before, undecided := drawn.Load(), len(want)
	for looks := 1; looks <= p.Looks(); looks++ {
		decided, here := undecided == 0, drawn.Load()
		for i := range 3 {
			compute(t, dir, p, Part{i, 3}, looks, Options{})
		}
		w := open(t, dir)
		got, err := w.Merge()
		undecided = 0
		for _, v := range want {
			if v.Looks > looks {
				undecided++
				if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("claim %s is undecided: it needs look %d", v.Claim.ID, looks+1)) {
					t.Errorf("looks %d: %v", looks, err)
				}
			}
		}
		if undecided == 0 {
			if err != nil || !same(got, want) {
				t.Errorf("looks %d: %v", looks, err)
			}
			if n := drawn.Load() - here; decided && n != 0 {
				t.Errorf("looks %d: %d replicates drawn though everything is decided", looks, n)
			}
		} else if m, err := w.Missing(0); err != nil || m.Looks != looks+1 || m.Of != 3 || len(m.Parts) == 0 {
			t.Errorf("looks %d: missing %+v, %v", looks, m, err)
		}
	}
	// Only the bound's cells are doubled unequally in a run, equally here.
	if n := drawn.Load() - before; n < spent || n > 3*spent {
		t.Errorf("%d replicates drawn look by look, %d in one run", n, spent)
	}
}

func TestMissingAndStatus(t *testing.T) {
	p := newPlan(t, 1)
	dir := t.TempDir()
	for _, i := range []int{0, 2, 5} {
		compute(t, dir, p, Part{i, 6}, p.Looks(), Options{Clock: func() float64 { return float64(drawn.Load()) / 32 }, Workers: 1})
	}
	w := open(t, dir)
	m, err := w.Missing(0)
	if err != nil || !slices.Equal(m.Parts, []int{1, 3, 4}) || Ranges(m.Parts) != "1,3-4" || m.Of != 6 {
		t.Fatalf("%+v, %v", m, err)
	}
	if _, err := w.Merge(); err == nil || !strings.Contains(err.Error(), `claim easy is undecided: chunks 1,3-4,7 of "easy: only", which look 1 needs, are missing`) {
		t.Errorf("merge: %v", err)
	}
	s, err := w.Status(0)
	if err != nil || s.Parts != 6 || s.Unfinished != 3 || s.Done+m.Chunks != s.Chunks || s.Looks != p.Looks() {
		t.Errorf("%+v, %v; %d missing", s, err, m.Chunks)
	}
	// Each chunk took 1 second by that clock.
	if s.Seconds != float64(m.Chunks) || s.Slowest < s.Seconds/3 || s.Slowest > s.Seconds/3+2 {
		t.Errorf("work left %v of %d chunks, slowest %v", s.Seconds, m.Chunks, s.Slowest)
	}
	for _, c := range s.Cells {
		if c.Result.Replicates != int64(32*c.Done) || c.Decided != "" {
			t.Errorf("%+v", c)
		}
	}
	for _, i := range []int{1, 3, 4} {
		compute(t, dir, p, Part{i, 6}, p.Looks(), Options{})
	}
	w = open(t, dir)
	if s, err = w.Status(0); err != nil || s.Done != s.Chunks || s.Seconds != 0 || s.Cells[0].Decided != verdict.Pass {
		t.Errorf("%+v, %v", s, err)
	}
	// Other numbers of parts in one folder: the chunks count, not who made them.
	compute(t, dir, p, Part{0, 2}, p.Looks(), Options{})
	other := t.TempDir()
	compute(t, other, p, Part{0, 2}, 1, Options{})
	compute(t, other, p, Part{0, 3}, 1, Options{})
	if _, err := open(t, other).Missing(0); err == nil || !strings.Contains(err.Error(), "--shards") {
		t.Errorf("two numbers of parts: %v", err)
	}
	if m, err := open(t, other).Missing(2); err != nil || !slices.Equal(m.Parts, []int{1}) {
		t.Errorf("%+v, %v", m, err)
	}
}

// The chunks that claims decided early do not need are spared: they count neither
// as computed nor as work.
func TestStatusOfDecidedClaims(t *testing.T) {
	p, dir := newPlan(t, 1), t.TempDir()
	for i := range 3 {
		compute(t, dir, p, Part{i, 3}, 3, Options{})
	}
	s, err := open(t, dir).Status(p.Looks())
	if err != nil {
		t.Fatal(err)
	}
	all, computed, spared := 0, 0, 0
	p.stretches(s.Looks, func(x stretch) { all += x.to - x.from })
	for _, c := range s.Cells {
		computed += int(c.Result.Replicates / 32)
		spared += c.Spared
		if c.Spared > 0 && (c.Decided == "" || c.Done != c.Chunks) {
			t.Errorf("%+v: chunks of an undecided claim are spared", c)
		}
	}
	if s.Looks != p.Looks() || s.Spared == 0 || s.Spared != spared || s.Done != computed || s.Chunks+s.Spared != all {
		t.Errorf("%+v: %d chunks in all, %d computed, %d spared", s, all, computed, spared)
	}
}

func TestRanges(t *testing.T) {
	for want, numbers := range map[string][]int{"": nil, "3": {3}, "0-1": {0, 1}, "5,7-9,11": {5, 7, 8, 9, 11}} {
		if got := Ranges(numbers); got != want {
			t.Errorf("%v: %q, want %q", numbers, got, want)
		}
	}
}

// A resume computes a finished chunk again: a record that is not what its chunk
// gives is found though its hash is right.
func TestRecheck(t *testing.T) {
	p := newPlan(t, 1)
	dir := t.TempDir()
	compute(t, dir, p, Part{0, 2}, 2, Options{})
	before := drawn.Load()
	picked := 0
	compute(t, dir, p, Part{0, 2}, 2, Options{Pick: func(n int) int { picked = n; return n - 1 }})
	if drawn.Load()-before != 32 || picked == 0 {
		t.Errorf("a complete part computes %d replicates again, of %d chunks", drawn.Load()-before, picked)
	}
	// A machine that computed something else.
	bad := t.TempDir()
	w := create(t, bad, p, Part{0, 2})
	log, err := w.Folder.Cell(1, p.Claims[0].Cells[0].Key, 32)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(0, verdict.Record{Moments: verdict.Moments{N: 32, Num: 1.5, Den: 1}}, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.Folder.Close(); err != nil {
		t.Fatal(err)
	}
	w = create(t, bad, p, Part{0, 2})
	err = w.Compute(t.Context(), Part{0, 2}, 1, Options{Pick: func(int) int { return 0 }})
	if err == nil || !strings.Contains(err.Error(), `chunk 0 of "easy: only", computed again, differs`) {
		t.Error(err)
	}
}

// A folder of another plan, of other claims, of another build.
func TestForeign(t *testing.T) {
	dir := t.TempDir()
	one, two := newPlan(t, 1), newPlan(t, 2)
	compute(t, dir, one, Part{0, 2}, 1, Options{})
	for want, err := range map[string]error{
		"holds another plan": second(Create(dir, two, claims(), Whole, build)),
		"another build":      second(Create(dir, one, claims(), Whole, json.RawMessage(`{"test":2}`))),
		"5 claims, its text": second(Create(dir, one, claims()[:1], Whole, build)),
		"holds no plan.json": second(Open(t.TempDir(), nil)),
		"unreadable claims":  second(Open(dir, func(*Plan) ([]*verdict.Claim, error) { return nil, errors.New("unreadable claims") })),
		"its text gives 2":   second(Open(dir, func(*Plan) ([]*verdict.Claim, error) { return claims()[:2], nil })),
		"folder of chunks":   second(Create(filepath.Join(dir, PlanFile, "x"), one, claims(), Whole, build)),
		"not a directory":    second(Create(filepath.Join(dir, PlanFile), one, claims(), Whole, build)),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want an error with %q, got %v", want, err)
		}
	}
	// Files of another plan or build that were copied in.
	for want, source := range map[string]func(dir string){
		"belongs to another plan": func(dir string) { compute(t, dir, two, Part{1, 2}, 1, Options{}) },
		"different builds": func(dir string) {
			w, err := Create(dir, one, claims(), Part{1, 2}, json.RawMessage(`{"test":2}`))
			if err == nil {
				err = errors.Join(w.Compute(t.Context(), Part{1, 2}, 1, Options{}), w.Folder.Close())
			}
			if err != nil {
				t.Fatal(err)
			}
		},
	} {
		other := t.TempDir()
		source(other)
		files, _ := filepath.Glob(filepath.Join(other, "*.jsonl"))
		if len(files) != 1 {
			t.Fatal(files)
		}
		copied := filepath.Join(dir, filepath.Base(files[0]))
		if err := os.Rename(files[0], copied); err != nil {
			t.Fatal(err)
		}
		_, err := Open(dir, func(*Plan) ([]*verdict.Claim, error) { return claims(), nil })
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), copied) {
			t.Errorf("want an error with %q that names %s, got %v", want, copied, err)
		}
		if err := os.Remove(copied); err != nil {
			t.Fatal(err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Stopped after every few chunks, in every part, and with two processes on one
// part: the verdicts of Run, and no chunk computed that was finished.
func TestInterruptions(t *testing.T) {
	p := newPlan(t, 3)
	want, _ := uninterrupted(t, 3)
	dir := t.TempDir()
	stops := 0
	for i := range 2 {
		for done := false; !done; {
			ctx, cancel := context.WithCancel(t.Context())
			w := create(t, dir, p, Part{i, 2})
			interrupt.Store(&cancel)
			interruptAt.Store(drawn.Load() + 10*32 + 16) // in the middle of the eleventh chunk
			err := w.Compute(ctx, Part{i, 2}, p.Looks(), Options{Workers: 2})
			cancel()
			done = err == nil
			if !done {
				stops++
				if !errors.Is(err, context.Canceled) {
					t.Fatal(err)
				}
			}
			if stops%2 == 0 { // else as if killed: the file is left as it is
				if err := w.Folder.Close(); err != nil {
					t.Fatal(err)
				}
			}
		}
		compute(t, dir, p, Part{i, 2}, p.Looks(), Options{Pick: func(n int) int { return n / 2 }})
	}
	if stops < 3 {
		t.Errorf("stopped only %d times", stops)
	}
	got, err := open(t, dir).Merge()
	if err != nil || !same(got, want) {
		t.Errorf("%v:\n%+v, want\n%+v", err, got, want)
	}
	// Two processes that know nothing of each other.
	dir = t.TempDir()
	var pair []*Work
	for range 2 {
		pair = append(pair, create(t, dir, p, Whole))
	}
	for _, w := range pair {
		if err := w.Compute(t.Context(), Whole, p.Looks(), Options{}); err != nil {
			t.Fatal(err)
		}
		if err := w.Folder.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if got, err = open(t, dir).Merge(); err != nil || !same(got, want) {
		t.Errorf("two processes on one part: %v", err)
	}
}

func TestCalibrate(t *testing.T) {
	p := newPlan(t, 1)
	pace, err := Calibrate(t.Context(), p, claims(), func() float64 { return float64(drawn.Load()) / 32 })
	if err != nil {
		t.Fatal(err)
	}
	for i := range p.Claims {
		for j := range p.Claims[i].Cells {
			if pace(i, j) != 1 {
				t.Errorf("claim %d, cell %d: %v s a chunk, want 1", i, j, pace(i, j))
			}
		}
	}
	if got := p.Seconds(3, pace); got != float64(p.Chunks(3)) {
		t.Errorf("%v s for %d chunks of 1 s", got, p.Chunks(3))
	}
}

func FuzzPlan(f *testing.F) {
	p, err := NewPlan(Source{"toy", "five claims"}, 1, claims())
	if err != nil {
		f.Fatal(err)
	}
	text, err := p.bytes()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"format":"pastur plan","version":1}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		q, err := parsePlan(data)
		if err != nil {
			return
		}
		// What is accepted is a plan that hashes to its own hash.
		if hash, err := q.hash(); err != nil || hash != q.Hash {
			t.Errorf("accepted: %v, %s, %s", err, hash, q.Hash)
		}
	})
}
