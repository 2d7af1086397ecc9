package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"testing"

	"pastur/reports"
	"pastur/theorem/catalogue/planted"
	"pastur/verdict"
	"pastur/verdict/selftest"
)

// squeezed returns the rows of Markdown tables without their padding.
func squeezed(text string) (rows []string) {
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") && !strings.HasPrefix(line, "|:") {
			rows = append(rows, regexp.MustCompile(` +`).ReplaceAllString(strings.TrimSpace(line), " "))
		}
	}
	return rows
}

func markdownRows(t *testing.T, s *reports.SelfTest) []string {
	t.Helper()
	var out bytes.Buffer
	for _, table := range s.Tables {
		if err := table.WriteMarkdown(&out); err != nil {
			t.Fatal(err)
		}
	}
	return squeezed(out.String())
}

// docs/verdicts.md shows the tables of pastur selftest: a row for every case and
// mutant there is, all of them ok, and, for those that take a second, the very
// numbers. (The whole command takes minutes: who changes the judge runs it again.)
func TestVerdictsDocument(t *testing.T) {
	data, err := os.ReadFile("../../docs/verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	_, text, _ := strings.Cut(string(data), "<!-- pastur selftest --format markdown -->\n")
	text, _, found := strings.Cut(text, "<!-- end -->")
	documented := squeezed(text)
	cases, mutants := selftest.Cases(), append(selftest.Mutants(), planted.Mutants()...)
	if !found || len(documented) != len(cases)+len(mutants)+2 || !strings.Contains(text, "rows: all ok") || strings.Contains(text, "BROKEN") {
		t.Fatalf("%d rows, want %d cases, %d mutants and 2 headers, all ok", len(documented), len(cases), len(mutants))
	}
	first := func(row string, n int) string { return strings.Join(strings.Split(row, " | ")[:n], " | ") }
	for i, c := range cases {
		name := string(c.Kind)
		if c.Variant != "" {
			name += ", " + c.Variant
		}
		if want := "| " + name + " | " + c.Population.Name; first(documented[i+1], 2) != want {
			t.Errorf("row %d is %q, want %q", i+1, first(documented[i+1], 2), want)
		}
	}
	for i, m := range mutants {
		row := documented[len(cases)+2+i]
		if want := "| " + m.Name + " | " + m.Claim; first(row, 2) != want {
			t.Errorf("%q, want %q", first(row, 2), want)
		}
	}
	if testing.Short() {
		t.Skip("runs part of the self-test")
	}
	var quick []selftest.Case
	for _, c := range cases {
		if c.Looks == 1 || c.Variant == "near-normal" {
			quick = append(quick, c)
		}
	}
	options := selftest.Options{Seed: 1, Runs: selftest.DefaultRuns, Seeds: selftest.DefaultSeeds}
	rates, err := selftest.Calibrate(context.Background(), quick, options)
	if err != nil {
		t.Fatal(err)
	}
	deaths, err := selftest.Kill(context.Background(), selftest.Mutants(), options)
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, row := range markdownRows(t, reports.NewSelfTest(rates, deaths)) {
		n++
		if !strings.Contains(strings.Join(documented, "\n"), row) {
			t.Errorf("not in docs/verdicts.md: %s", row)
		}
	}
	if n != len(quick)+len(deaths)+2 || len(quick) != 4 {
		t.Errorf("%d rows", n)
	}
}

// A judge that is broken ends in exit 1: its row says BROKEN and is counted.
func TestSelftestSaysBroken(t *testing.T) {
	var wrong []selftest.Case
	for _, c := range selftest.Cases() {
		if c.Kind == verdict.Law && c.Variant == "near-normal" {
			right := c.Claim
			c.Claim = func(place float64) *verdict.Claim { return right(0.4*place + 0.6) }
			wrong = append(wrong, c)
		}
	}
	rates, err := selftest.Calibrate(context.Background(), wrong[:1], selftest.Options{Seed: 1, Runs: 300})
	if err != nil {
		t.Fatal(err)
	}
	s := reports.NewSelfTest(rates, nil)
	if rows := markdownRows(t, s); s.Broken != 1 || !strings.Contains(rows[1], "| BROKEN |") {
		t.Errorf("%d broken: %v", s.Broken, rows)
	}
}
