package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fourRowsFile writes a data set of four rows.
func fourRowsFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "four.csv")
	if err := os.WriteFile(path, []byte("1,2,0\n1.1,1.9,0.1\n-2,0.5,1\n0,0,-0.4\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// N and d come from the file, whose name leaves no trace in the output.
func TestRatioOnFile(t *testing.T) {
	path := fourRowsFile(t)
	stdout, stderr, code := pastur("ratio", "--data", path, "--classes", "3", "--replicates", "2000", "--format", "json")
	if code != 0 {
		t.Fatal(code, stderr)
	}
	if strings.Contains(stdout, "four.csv") {
		t.Error("the path of the data is in the output")
	}
	var doc struct {
		Results []struct {
			Dim, Samples, Ratio, Limit float64
			Data                       string
			Trace                      struct {
				First, Second float64
				Rank          float64 `json:"effective_rank"`
				Rows          int
			}
		}
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	// 0.3287(15) by the Gram method.
	if r := doc.Results[0]; r.Dim != 3 || r.Samples != 4 || r.Ratio < 0.31 || r.Ratio > 0.35 || r.Trace.Rows != 4 || r.Trace.First < 1.26 || r.Trace.First > 1.28 || !strings.HasPrefix(r.Data, "set:") {
		t.Errorf("%+v", r)
	}
}

func TestDataFlags(t *testing.T) {
	path := fourRowsFile(t)
	for args, want := range map[string]string{
		"--data cauchy":              `--data: unknown data "cauchy": want gaussian, rademacher, uniform`,
		"--data student:4":           "student data need more than 4 degrees of freedom",
		"--data none.npy":            "none.npy: no such file or directory",
		"--data FILE --dim 5":        "--dim: the file fixes N = 4, its rows, and d = 3, its columns: leave it out",
		"--data FILE --gamma 1":      "--gamma: the file fixes",
		"--typical --dim inf":        "in the limit all linear networks have the same ratio",
		"--typical --inner 1":        "inner points must be at least 2, got 1",
		"--typical --method gram":    "--typical averages over data points given the weights: --method does not apply",
		"--data power:0.7 --dim inf": "tr Sigma^2/d diverges",
	} {
		words := append([]string{"ratio"}, strings.Fields(strings.ReplaceAll(args, "FILE", path))...)
		stdout, stderr, code := pastur(words...)
		if code != 2 || !strings.Contains(stderr, want) || stdout != "" || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%s: code %d, %q, want %q", args, code, stderr, want)
		}
	}
}

func TestTypicalCommand(t *testing.T) {
	args := []string{"ratio", "--typical", "--model", "hidden", "--hidden", "2", "--classes", "10", "--dim", "inf", "--replicates", "30", "--inner", "64"}
	text, stderr, code := pastur(args...)
	if code != 0 || !strings.Contains(text, "median") {
		t.Fatal(code, stderr)
	}
	one, _, _ := pastur(append(args, "--format", "json", "--workers", "1")...)
	two, _, _ := pastur(append(args, "--format", "json", "--workers", "3")...)
	if one != two || !strings.Contains(one, `"median_lo"`) {
		t.Errorf("results depend on the workers:\n%s\n%s", one, two)
	}
}
