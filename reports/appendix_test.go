package reports

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// counted is an appendix of two items that counts what is computed.
func counted(counts map[string]int, setting int) []AppendixItem {
	item := func(id string, result AppendixResult) AppendixItem {
		return AppendixItem{ID: id, Title: "Item $" + id + "_1$", Settings: setting, Compute: func(ctx context.Context) (AppendixResult, error) {
			counts[id]++
			return result, ctx.Err()
		}}
	}
	return []AppendixItem{
		item("one", AppendixResult{Text: "A table of [@dong2025].", Table: &Table{Title: "x", Columns: []Column{{Header: "a", Field: "a"}}, Rows: [][]Cell{{Count(setting)}}}}),
		item("two", AppendixResult{Text: "A figure & more.", Picture: NewFigure("Caption of $x^2$.", Axis{}, Axis{}, Series{Kind: Line, X: []float64{1, 2}, Y: []float64{3, 4}})}),
	}
}

var testOptions = AppendixOptions{
	Title: "An appendix", Preface: "Words.", Version: "1", Comments: []string{"pastur"},
	Works: []Work{{Key: "dong2025", Type: "misc", Fields: [][2]string{{"title", "T"}}, Line: "T."}},
	Rerun: func(id string) string { return "pastur appendix --only " + id },
}

func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = string(data)
	}
	return all
}

func TestAppendixResumes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made")
	counts := map[string]int{}
	run := func(ctx context.Context, setting int, o AppendixOptions) error {
		return WriteAppendix(ctx, dir, counted(counts, setting), o)
	}
	// An interruption in the second item keeps the first.
	ctx, cancel := context.WithCancel(context.Background())
	o := testOptions
	o.Begin = func(id string, _ int) {
		if id == "two" {
			cancel()
		}
	}
	if err := run(ctx, 1, o); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := run(context.Background(), 1, testOptions); err != nil {
		t.Fatal(err)
	}
	if counts["one"] != 1 {
		t.Errorf("item one was computed %d times: the interruption lost it", counts["one"])
	}
	first := contents(t, dir)
	for _, name := range []string{"one.tex", "one.csv", "two.tex", "two.csv", "two.pdf", "appendix.tex", "appendix.bbl", "pastur.bib", "README.md", "manifest.json"} {
		if first[name] == "" {
			t.Errorf("no %s", name)
		}
	}
	for name, text := range first {
		if strings.HasSuffix(name, ".tex") {
			// The definition that sets floats in place is TeX, not text.
			if err := sound(strings.ReplaceAll(text, inPlace, "")); err != nil && !strings.Contains(err.Error(), "raw ~") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	// Nothing has changed: nothing is computed, no byte differs.
	before := counts["one"] + counts["two"]
	if err := run(context.Background(), 1, testOptions); err != nil {
		t.Fatal(err)
	}
	if counts["one"]+counts["two"] != before {
		t.Error("finished items were computed again")
	}
	for name, text := range contents(t, dir) {
		if text != first[name] {
			t.Errorf("%s changed", name)
		}
	}
	// A setting has changed: computed again; with Only the other is left.
	o = testOptions
	o.Only = []string{"two"}
	if err := run(context.Background(), 2, o); err != nil {
		t.Fatal(err)
	}
	if counts["one"] != 1 || contents(t, dir)["one.csv"] != first["one.csv"] {
		t.Error("--only touched another item")
	}
	if err := run(context.Background(), 2, testOptions); err != nil || counts["one"] != 2 || contents(t, dir)["one.csv"] == first["one.csv"] {
		t.Errorf("a new setting was not computed: %v", err)
	}
}

func TestAppendixKeepsForeignFiles(t *testing.T) {
	dir := t.TempDir()
	counts := map[string]int{}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(o AppendixOptions, want string) {
		t.Helper()
		before := contents(t, dir)
		err := WriteAppendix(context.Background(), dir, counted(counts, 1), o)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
		for name, text := range contents(t, dir) {
			if before[name] != text {
				t.Errorf("%s was touched", name)
			}
		}
	}
	write("one.tex", "mine")
	write("notes.txt", "mine too")
	refused(testOptions, "one.tex was not written by pastur appendix")
	o := testOptions
	o.Only = []string{"three"}
	refused(o, `unknown item "three": want one, two`)
	o = testOptions
	o.Force = true
	if err := WriteAppendix(context.Background(), dir, counted(counts, 1), o); err != nil {
		t.Fatal(err)
	}
	if all := contents(t, dir); all["notes.txt"] != "mine too" || all["one.tex"] == "mine" {
		t.Error("--force overwrites what is in the way, and nothing else")
	}
	write("appendix.tex", "changed by hand")
	refused(testOptions, "appendix.tex was changed since")
	if err := WriteAppendix(context.Background(), filepath.Join(dir, "no", "such"), counted(counts, 1), testOptions); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Error(err)
	}
	if err := WriteAppendix(context.Background(), filepath.Join(dir, "notes.txt"), counted(counts, 1), testOptions); err == nil || !strings.Contains(err.Error(), "is a file") {
		t.Error(err)
	}
}
