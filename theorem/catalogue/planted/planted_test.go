package planted

import (
	"context"
	"testing"

	"pastur/replicate"
	"pastur/verdict"
	"pastur/verdict/selftest"
)

// Every planted error of the theory dies and every claim without it passes.
// (pastur selftest runs them with more seeds.)
func TestPlantedErrorsDie(t *testing.T) {
	if testing.Short() {
		t.Skip("runs claims of the quick suite")
	}
	deaths, err := selftest.Kill(context.Background(), Mutants(), selftest.Options{Seed: 1, Seeds: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deaths {
		if !d.OK() || d.Killed != 1 || d.Median < 20 {
			t.Errorf("%s, %s: %+v", d.Mutant.Claim, d.Mutant.Name, d)
		}
	}
}

// A mutant is its healthy claim but for what is planted.
func TestMutantsAreMutated(t *testing.T) {
	for _, m := range Mutants() {
		planted, err := m.Planted()
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		healthy, err := m.Healthy()
		if err != nil {
			t.Fatal(err)
		}
		if planted.ID != healthy.ID || planted.Alpha != healthy.Alpha || len(planted.Cells) != len(healthy.Cells) {
			t.Errorf("%s: %+v, %+v", m.Name, planted, healthy)
		}
		same := func(a, b *verdict.Claim) bool {
			for i := range a.Cells {
				sa, err := a.Cells[i].New()
				if err != nil {
					t.Fatal(err)
				}
				sb, err := b.Cells[i].New()
				if err != nil {
					t.Fatal(err)
				}
				numA, denA, _ := sa.Sample(stream())
				numB, denB, _ := sb.Sample(stream())
				if numA != numB || denA != denB {
					return false
				}
			}
			return a.Target == b.Target
		}
		if same(planted, healthy) {
			t.Errorf("%s: nothing is planted", m.Name)
		}
		if again, _ := m.Healthy(); !same(again, healthy) {
			t.Errorf("%s: the healthy claim changes", m.Name)
		}
	}
}

func stream() *replicate.Stream { return replicate.NewStream(1, "mutated", 0) }
