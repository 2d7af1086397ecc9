package main

import (
	"encoding/csv"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/verdict/selftest"
)

// Every --format takes the same values.
func TestFormatsAreTheSame(t *testing.T) {
	var walk func(*cobra.Command)
	walk = func(c *cobra.Command) {
		if f := c.Flags().Lookup("format"); f != nil && !strings.Contains(f.Usage, strings.Join(formats, ", ")) {
			t.Errorf("%s --format: %s", c.CommandPath(), f.Usage)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newRoot())
}

// Whatever lists something lists it in every format: JSON is the document of
// every command, CSV has a row a result.
func TestListsInEveryFormat(t *testing.T) {
	dir := t.TempDir()
	plan, sweep := filepath.Join(dir, "plan.json"), filepath.Join(dir, "sweep")
	for _, args := range []string{"plan testdata/small.toml -o " + plan, "run " + plan + " --out " + sweep + " --shard 0/3 --looks 1"} {
		if _, stderr, code := pastur(strings.Fields(args)...); code != 0 {
			t.Fatal(stderr)
		}
	}
	for _, c := range []struct {
		command string
		code    int
		rows    bool // a row of CSV a result
	}{
		{"version", 0, false}, {"appendix --list", 0, true}, {"missing " + sweep, 3, true}, {"status " + sweep, 0, true},
	} {
		results := 0
		for _, format := range append([]string{"json"}, formats...) {
			stdout, stderr, code := pastur(strings.Fields(c.command + " --format " + format)...)
			if code != c.code || stdout == "" {
				t.Errorf("%s as %s: exit %d, %s", c.command, format, code, stderr)
				continue
			}
			switch format {
			case "json":
				var document map[string]any
				if err := json.Unmarshal([]byte(stdout), &document); err != nil {
					t.Fatal(err)
				}
				all, _ := document["results"].([]any)
				if results = len(all); results == 0 || document["environment"] == nil || document["plan"] == nil || len(document) != 3 {
					t.Errorf("%s: %s", c.command, stdout)
				}
				for _, r := range all {
					if _, ok := r.(map[string]any)["warnings"].([]any); !ok {
						t.Errorf("%s: a result without warnings: %v", c.command, r)
					}
				}
			case "csv":
				rows, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
				if err != nil || len(rows) < 2 || c.rows && len(rows) != results+1 {
					t.Errorf("%s: %v, %d rows for %d results", c.command, err, len(rows), results)
				}
			case "markdown":
				if !strings.Contains(stdout, "\n|") {
					t.Errorf("%s: %s", c.command, stdout)
				}
			case "latex", "latex-plain":
				if !strings.Contains(stdout, "% command: pastur "+strings.Fields(c.command)[0]) || !strings.Contains(stdout, `\bottomrule`) {
					t.Errorf("%s: %s", c.command, stdout)
				}
			}
		}
	}
	for args, want := range map[string]string{
		"missing " + sweep + " --plain --format csv": "--plain is text: want it without --format csv",
		"missing " + sweep + " --format yaml":        `unknown format "yaml"`,
		"appendix --list --format yaml":              `unknown format "yaml"`,
		"appendix --format csv --out " + dir:         "--format is that of --list",
		"version --format yaml":                      `unknown format "yaml"`,
		"selftest --format yaml":                     `unknown format "yaml"`,
	} {
		if stdout, stderr, code := pastur(strings.Fields(args)...); code != 2 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// The two tables of selftest are one in CSV, whose columns all have names.
func TestSelfTestTogether(t *testing.T) {
	case1 := selftest.Calibration{Case: &selftest.Cases()[0]}
	s := reports.NewSelfTest([]selftest.Calibration{case1, case1}, []selftest.Death{{Mutant: &selftest.Mutants()[0], Killed: 1, Median: 7, Most: 9}})
	var out strings.Builder
	if err := s.Together().WriteCSV(&out); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(out.String())).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("%v, %d rows", err, len(rows))
	}
	seen := map[string]int{}
	for i, name := range rows[0] {
		if _, twice := seen[name]; name == "" || twice {
			t.Errorf("column %d is named %q", i, name)
		}
		seen[name] = i
	}
	if r := rows[3]; r[seen["table"]] != "planted errors" || r[seen["median_replicates"]] != "7" || r[seen["kind"]] != "" || rows[1][seen["kind"]] == "" || rows[1][seen["planted"]] != "" {
		t.Errorf("%q", rows)
	}
}
