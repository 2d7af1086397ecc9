package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLindebergBadInput(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--z 0.1", "--z must lie above the real axis, Im z > 0, got 0.1"},
		{"--z 0.1-0.1i", "--z must lie above the real axis"},
		{"--z 0.1+0.1i,0.1+0.1i", "--z repeats"},
		{"--z here", "--z must be a complex number such as 0.1+0.1i"},
		{"--z inf+0.1i", "--z must be finite"},
		{"--sizes 4", "dim must be larger than C = 3"},
		{"--sizes 40,40", "--sizes repeats 40"},
		{"--sizes inf", `--sizes must be a whole number from 1 to 1048576 (or a list, or a range like 10:1000:log5), got "inf"`},
		{"--sizes 0", `--sizes must be a whole number from 1 to 1048576 (or a list, or a range like 10:1000:log5), got "0"`},
		{"--classes 1", "--classes must be at least 2, got 1"},
		{"--sizes 1000000", "GiB"},
		{"--gamma 0", "--gamma"},
		{"--gamma 1e9", "d = gamma N must be at most"},
		{"--classes 1", "classes must be at least 2, got 1"},
		{"--block ww", "model linear has no block ww: want vv"},
		{"--model hidden --block vv", "obey a law of large numbers"},
		{"--model hidden --block wv", "block wv is not of the form X Lambda X^T / N"},
		{"--model hidden --path weights", "path weights is not defined for ReLU blocks: Lambda jumps when an indicator flips"},
		{"--model hidden --hidden 20", "dim must be larger than m = 20"},
		{"--model hidden --hidden 1 --offdiagonal", "hidden must be at least 2 for an off-diagonal ww block"},
		{"--model hidden --outputs 0", "--outputs must be from 1 to 1000, got 0"},
		{"--model deep", `unknown model "deep"`},
		{"--path up", `unknown path "up": want data or weights`},
		{"--coupling none", `unknown coupling "none": want shared or independent`},
		{"--init pytorch", "init pytorch is not Gaussian"},
		{"--rel-error 2", "must be a number between 0 and 1"},
		{"--replicates 0", "must be a whole number"},
		{"--plot x.jpg", "--plot: plot file must end in"},
		{"--format yaml", "unknown format"},
		{"more", "takes flags only"},
	} {
		stdout, stderr, code := pastur(append([]string{"lindeberg"}, strings.Fields(c.args)...)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "pastur: ") || !strings.Contains(stderr, c.want) {
			t.Errorf("pastur lindeberg %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
}

func TestLindebergJSON(t *testing.T) {
	args := strings.Fields("lindeberg --sizes 10,20 --z 0.1+0.1i,0.2i --replicates 64 --format json")
	want, stderr, code := pastur(append(args, "--workers", "1")...)
	if code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	if got, _, _ := pastur(append(args, "--workers", "3")...); got != want {
		t.Errorf("other bytes with 3 workers: %s", difference(want, got))
	}
	var document struct{ Results []map[string]any }
	if err := json.Unmarshal([]byte(want), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Results) != 2 {
		t.Fatalf("%d results, want one a point", len(document.Results))
	}
	for _, field := range strings.Fields("z path coupling sizes delta n_delta constant exponent exponent_lo exponent_hi variance_ratio ftc_error warnings") {
		if _, ok := document.Results[0][field]; !ok {
			t.Errorf("no field %s", field)
		}
	}
	if delta := document.Results[1]["delta"].([]any); len(delta) != 2 || len(delta[0].(map[string]any)) != 4 {
		t.Errorf("delta is %v", delta)
	}
}

func TestLindebergPlot(t *testing.T) {
	dir := t.TempDir()
	file, data := filepath.Join(dir, "gap.svg"), filepath.Join(dir, "gap.csv")
	if _, stderr, code := pastur(append(strings.Fields("lindeberg --sizes 10,20 --replicates 64"), "--plot", file, "--plot-data", data)...); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	for name, want := range map[string]string{file: "<svg", data: "asymptote"} {
		if got, err := os.ReadFile(name); err != nil || !strings.Contains(string(got), want) {
			t.Errorf("%s holds no %q (%v)", name, want, err)
		}
	}
}
