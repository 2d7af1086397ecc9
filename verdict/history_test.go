package verdict

import (
	"strings"
	"testing"

	"pastur/replicate"
)

// The history has one entry a look; replicates grow, the last entry is the
// verdict, and a component decided early does not hide the open one.
func TestHistory(t *testing.T) {
	sampler := mean(1, exponential)
	c := &Claim{ID: "history", Kind: Limit, Target: 1, Good: 0.001, Bad: 0.02, Looks: 10, Cells: []Cell{newCell("cell", 1, 256, sampler)}}
	v := run(t, c, Options{Seed: 3})
	if v.Looks < 3 || len(v.History) != v.Looks {
		t.Fatalf("%d looks, %d in the history: %v", v.Looks, len(v.History), v)
	}
	last := v.History[len(v.History)-1]
	if last.Estimate != v.Estimate || last.Bounds != v.Bounds || last.Replicates != v.Replicates || last.Outcome != v.Reason || last.Confidence != v.Confidence {
		t.Errorf("the last look is not the verdict: %+v, %v", last, v)
	}
	for i, l := range v.History {
		if l.Look != i+1 || l.Replicates != 256<<i {
			t.Errorf("look %d: %+v", i+1, l)
		}
		if i+1 < v.Looks && (l.Outcome == v.Reason || l.Bounds.Inside(v.Safe)) {
			t.Errorf("look %d looks decided: %+v", i+1, l)
		}
	}
	exact := &Claim{ID: "exact", Kind: Exact, Good: 1, Looks: 3, Cells: []Cell{newCell("cell", 1, 8, func(s *replicate.Stream) (float64, float64, error) { return s.Float64(), 1, nil })}}
	if v := run(t, exact, Options{}); v.Status != Pass || len(v.History) != 3 || v.History[0].Replicates != 8 {
		t.Errorf("exact: %v %+v", v, v.History)
	}
	broken := &Claim{ID: "broken", Kind: Exact, Good: 1, Cells: []Cell{newCell("cell", 1, 8, func(*replicate.Stream) (float64, float64, error) { panic("no") })}}
	if v := run(t, broken, Options{}); v.Status != Errored || len(v.History) != 0 {
		t.Errorf("error: %v %+v", v, v.History)
	}
}

func TestVerdictString(t *testing.T) {
	limit := func(target float64) *Claim {
		return &Claim{ID: "mean", Kind: Limit, Target: target, Good: 0.01, Bad: 0.03, Cells: []Cell{newCell("cell", 1, 1024, mean(1, normal))}}
	}
	for _, c := range []struct {
		claim *Claim
		want  []string
	}{
		{limit(1), []string{"PASS mean: ", "; GOOD [0.99, 1.01], BAD [-inf, 0.97] or [1.03, inf]; ", " replicates, ", "interval excludes BAD"}},
		{limit(2), []string{"FAIL mean: ", "1024 replicates, 1 look: ", "excludes GOOD [1.98, 2.02]"}},
		{&Claim{ID: "broken", Kind: Exact, Good: 1, Cells: []Cell{newCell("cell", 1, 8, func(*replicate.Stream) (float64, float64, error) { panic("no") })}},
			[]string{"ERROR broken: broken: cell: chunk 0: panic: no"}},
	} {
		got := run(t, c.claim, Options{Seed: 1}).String()
		for _, want := range c.want {
			if !strings.Contains(got, want) {
				t.Errorf("no %q in %q", want, got)
			}
		}
		if strings.Contains(got, "\n") {
			t.Errorf("more than a line: %q", got)
		}
	}
}
