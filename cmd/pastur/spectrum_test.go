package main

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sbinet/npyio"
	"gonum.org/v1/gonum/mat"
)

// Bad input to pastur spectrum: one line on standard error, exit 2, nothing on
// standard output, and before any work.
func TestSpectrumBadInput(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ args, want string }{
		{"--dim inf", "--dim must be finite, got inf"},
		{"--dim 5000", "want a smaller size, or Lanczos quadrature up to dim 20000"},
		{"--dim 30000 --lanczos 50", "dim must be at most 20000 for lanczos quadrature, got 30000"},
		{"--dim 20000 --lanczos 20000 --probes 10", "more than the 4 GiB allowed"},
		{"--dim 3000 --gamma 0.001", "more than the 4 GiB allowed"},
		{"--model mp --dim 1000000000 --samples 1000000000", "are beyond any memory"},
		{"--dim 100 --lanczos 1", "--lanczos must be at least 2 steps"},
		{"--dim 100 --lanczos 50 --probes 0", "--probes at least 1 vector"},
		{"--dim 100 --probes 2", "--probes is for --lanczos"},
		{"--pair 1", "--pair must be two whole numbers from 1 like 1,2"},
		{"--pair 0,1", "--pair must be two whole numbers from 1 like 1,2"},
		{"--pair 1,11", "block (1,11) does not exist: block vv has indices from 1 to 10"},
		{"--pair 1,2 --offdiagonal", "exclude each other"},
		{"--z 1", "--z must lie above the real axis"},
		{"--z 1-1i", "--z must lie above the real axis"},
		{"--z 1+1i,,", "--z must be a complex number"},
		{"--z nan+1i", "--z must be finite"},
		{"--model hidden", "block vv of model hidden is 8 x 8 at any dim, so it has no limit law: want ww"},
		{"--model hidden --block wv", "block wv is not symmetric"},
		{"--loss mse --offdiagonal", "off-diagonal blocks vv under loss mse are exactly 0"},
		{"--model mp --classes 10", "--classes is about a network"},
		{"--model mp --pair 1,2", "--pair is about a network"},
		{"--model deep", `unknown model "deep"`},
		{"--law other", `unknown law "other": want limit or lambda`},
		{"--replicates 0", "must be a whole number from 1 to 1000000"},
		{"--replicates 2.5", "must be a whole number from 1 to 1000000"},
		{"--gamma -1", "must be a positive number"},
		{"--dim 50,100 --eigenvalues " + filepath.Join(dir, "x.npy"), "--eigenvalues is one array"},
		{"--dim 50 --lanczos 10 --eigenvalues " + filepath.Join(dir, "x.npy"), "--lanczos computes no eigenvalues"},
		{"--dim 50 --eigenvalues " + filepath.Join(dir, "missing", "x.npy"), "does not exist"},
	} {
		stdout, stderr, code := pastur(append([]string{"spectrum"}, strings.Fields(c.args)...)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "pastur: ") || !strings.Contains(stderr, c.want) {
			t.Errorf("pastur spectrum %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("files were left behind: %v", left)
	}
}

// The same bytes for any number of workers and from a state folder, in every
// format; another seed gives others.
func TestSpectrumReproducible(t *testing.T) {
	state := t.TempDir()
	for _, args := range []string{
		"spectrum --classes 3 --dim 20,40 --replicates 5 --format json",
		"spectrum --classes 3 --dim 20 --gamma 2 --offdiagonal --replicates 5 --law lambda --format csv",
		"spectrum --model hidden --block ww --hidden 3 --loss mse --dim 30 --replicates 5 --pair 1,2",
		"spectrum --model mp --dim 40 --gamma 2 --replicates 3 --lanczos 20 --format json",
	} {
		want, stderr, code := pastur(append(strings.Fields(args), "--workers", "1")...)
		if code != 0 {
			t.Errorf("pastur %s: exit %d: %s", args, code, stderr)
		}
		for _, more := range []string{"--workers 2", "--workers 7", "--state " + state, "--workers 2 --state " + state} {
			if got, _, _ := pastur(append(strings.Fields(args), strings.Fields(more)...)...); got != want {
				t.Errorf("pastur %s: other bytes with %s: %s", args, more, difference(want, got))
			}
		}
		if got, _, _ := pastur(append(strings.Fields(args), "--seed", "2")...); got == want {
			t.Errorf("pastur %s: seed 2 gives the bytes of seed 1", args)
		}
	}
}

func TestSpectrumJSON(t *testing.T) {
	stdout, stderr, code := pastur(strings.Fields("spectrum --classes 3 --dim 20,40 --gamma 2 --replicates 6 --z 0.5+0.5i,1+0.5i --format json")...)
	if code != 0 {
		t.Fatal(stderr)
	}
	var document struct {
		Plan    map[string]any
		Results []map[string]any
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	if len(document.Results) != 2 {
		t.Fatalf("%d results, want 2", len(document.Results))
	}
	r := document.Results[1]
	for _, field := range strings.Fields(`model loss block pair gamma classes hidden dim samples data init law method steps probes replicates
		atom_empirical atom_predicted support distances stieltjes_at moments_empirical moments_se moments_predicted confidence exponents warnings`) {
		if _, ok := r[field]; !ok {
			t.Errorf("no field %s", field)
		}
	}
	distances := r["distances"].(map[string]any)
	for _, name := range []string{"kolmogorov", "wasserstein1", "stieltjes"} {
		d := distances[name].(map[string]any)
		value, lo, hi := d["value"].(float64), d["lo"].(float64), d["hi"].(float64)
		if !(0 <= lo && lo <= value && value <= hi) {
			t.Errorf("%s: %v", name, d)
		}
		if _, ok := r["exponents"].(map[string]any)[name].(map[string]any)["value"].(float64); !ok {
			t.Errorf("no exponent of %s", name)
		}
	}
	if r["atom_empirical"] != 0.5 || r["atom_predicted"] != 0.5 {
		t.Errorf("atoms %v and %v, want 1/2", r["atom_empirical"], r["atom_predicted"])
	}
	if at := r["stieltjes_at"].([]any); len(at) != 2 {
		t.Errorf("stieltjes_at has %d entries, want 2", len(at))
	}
	// One matrix has no interval: null, and a warning.
	stdout, _, _ = pastur(strings.Fields("spectrum --model mp --dim 20 --replicates 1 --format json")...)
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	r = document.Results[0]
	d := r["distances"].(map[string]any)["kolmogorov"].(map[string]any)
	if d["lo"] != nil || d["value"] == nil || len(r["warnings"].([]any)) != 1 || r["loss"] != nil || r["exponents"] != nil {
		t.Errorf("%v", r)
	}
}

// The eigenvalues written are those of the moments printed, zeros included.
func TestSpectrumEigenvalues(t *testing.T) {
	file := filepath.Join(t.TempDir(), "eigenvalues.npy")
	stdout, stderr, code := pastur("spectrum", "--model", "mp", "--dim", "30", "--gamma", "2", "--replicates", "4", "--format", "json", "--eigenvalues", file)
	if code != 0 {
		t.Fatal(stderr)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var array mat.Dense
	if err := npyio.Read(bytes.NewReader(data), &array); err != nil {
		t.Fatal(err)
	}
	rows, columns := array.Dims()
	if rows != 4 || columns != 30 {
		t.Fatalf("shape (%d, %d), want (4, 30)", rows, columns)
	}
	mean, zeros := 0.0, 0
	for _, x := range array.RawMatrix().Data {
		mean += x / 120
		if x == 0 {
			zeros++
		}
	}
	var document struct {
		Results []struct {
			Moments []float64 `json:"moments_empirical"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil {
		t.Fatal(err)
	}
	if got := document.Results[0].Moments[0]; math.Abs(got/mean-1) > 1e-12 || zeros != 60 {
		t.Errorf("mean %v in the file, %v printed; %d zeros, want 60", mean, got, zeros)
	}
}

// An interrupt ends a long eigenvalue solve at once, with exit 130 and nothing
// on standard output.
func TestSpectrumInterrupt(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	var out, errs bytes.Buffer
	code := run(ctx, &out, &errs, strings.Fields("spectrum --model mp --dim 1500 --gamma 1 --replicates 100"))
	if code != 130 || out.Len() != 0 || errs.String() != "pastur: interrupted\n" {
		t.Errorf("exit %d, stdout %q, stderr %q", code, out.String(), errs.String())
	}
}
