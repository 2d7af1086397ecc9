package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The JSON of gmp has the fields promised and the numbers of an independent
// computation: edges of theory, the atom 1 - 1/gamma, m1 = int tau and m2 = gamma
// int tau^2 + m1^2, and the density of Lambda = I.
func TestGMPDocument(t *testing.T) {
	type result struct {
		Gamma, AtomAtZero float64
		Convention        string
		Support           [][2]float64
		Moments           []float64
		Density           [][2]*float64
		Stieltjes         []struct{ Re, Im float64 }
		Warnings          []string
	}
	get := func(args string) (map[string]any, result) {
		stdout, stderr, code := pastur(strings.Fields(args + " --format json")...)
		if code != 0 {
			t.Fatalf("pastur %s: exit %d: %s", args, code, stderr)
		}
		var loose struct{ Results []map[string]any }
		if err := json.Unmarshal([]byte(stdout), &loose); err != nil {
			t.Fatal(err)
		}
		var strict struct{ Results []result }
		plain := strings.ReplaceAll(stdout, "atom_at_zero", "AtomAtZero")
		if err := json.Unmarshal([]byte(plain), &strict); err != nil {
			t.Fatal(err)
		}
		return loose.Results[0], strict.Results[0]
	}
	near := func(what string, got, want, tolerance float64) {
		t.Helper()
		if !(math.Abs(got-want) <= tolerance) {
			t.Errorf("%s: got %v, want %v", what, got, want)
		}
	}
	loose, r := get("gmp --atoms 1:0.5,8:0.5 --gamma 2 --grid 0.2:40:5 --z 0.1+0.1i,1+1i")
	for _, field := range strings.Fields("gamma convention atom_at_zero support moments density stieltjes warnings") {
		if _, ok := loose[field]; !ok {
			t.Errorf("gmp JSON has no field %s", field)
		}
	}
	if len(loose) != 8 {
		t.Errorf("gmp JSON has %d fields, want 8: %v", len(loose), loose)
	}
	// Edges in the covariance convention, times gamma = 2.
	for i, want := range [][2]float64{{.128237600860, 1.764891894470}, {2.334147501979, 18.272723002691}} {
		near("edge", r.Support[i][0], 2*want[0], 1e-10)
		near("edge", r.Support[i][1], 2*want[1], 1e-10)
	}
	near("atom", r.AtomAtZero, .5, 0)
	near("m1", r.Moments[0], 4.5, 1e-14)
	near("m2", r.Moments[1], 2*32.5+4.5*4.5, 1e-13)
	if len(r.Density) != 5 || len(r.Stieltjes) != 2 || r.Convention != "hessian" {
		t.Errorf("density %v, stieltjes %v, convention %s", r.Density, r.Stieltjes, r.Convention)
	}
	// Without a grid and points their fields are away.
	loose, r = get("gmp --atoms 1:0.5,8:0.5 --gamma 0.5 --convention covariance")
	if loose["density"] != nil || loose["stieltjes"] != nil {
		t.Error("density or stieltjes without being asked for")
	}
	near("edge", r.Support[0][0], .128237600860, 1e-10)
	near("atom", r.AtomAtZero, 0, 0)
	_, r = get("gmp --atoms 1:1 --gamma 3 --convention covariance")
	near("atom of a covariance", r.AtomAtZero, 1-1.0/3, 1e-15)
	// Lambda = I at gamma = 1: sqrt((4-x)/x)/(2 pi), infinite at the hard edge: null.
	_, r = get("gmp --atoms 1:1 --gamma 1 --grid 0:4:5")
	if r.Density[0][1] != nil {
		t.Errorf("density at the hard edge %v, want null", *r.Density[0][1])
	}
	for _, p := range r.Density[1:] {
		near("density", *p[1], math.Sqrt((4-*p[0]) / *p[0])/(2*math.Pi), 1e-14)
	}
	// A file of values is an empirical law.
	file := filepath.Join(t.TempDir(), "values.csv")
	if err := os.WriteFile(file, []byte("1\n8\n\n1\n8\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	_, a := get("gmp --values " + file + " --gamma 2")
	near("edge", a.Support[0][0], 2*.128237600860, 1e-10)
	if len(a.Warnings) != 1 {
		t.Errorf("warnings %v, want one about gaps", a.Warnings)
	}
}

func TestGMPBadInput(t *testing.T) {
	dir := t.TempDir()
	words := filepath.Join(dir, "words.csv")
	if err := os.WriteFile(words, []byte("1\ntwo\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ args, want string }{
		{"gmp", "want one population, --atoms, --values or --population, got 0"},
		{"gmp --atoms 1:1 --values x", "got 2"},
		{"gmp --atoms=", "--atoms is empty"},
		{"gmp --atoms 1:0.5", "must sum to 1 within 1e-09, got 0.5"},
		{"gmp --atoms 1:0.5,2:0.6", "must sum to 1"},
		{"gmp --atoms 1", "item 1 must be VALUE:WEIGHT"},
		{"gmp --atoms 1:1,", "item 2 must be VALUE:WEIGHT"},
		{"gmp --atoms nan:1", "value 1 of the atoms"},
		{"gmp --atoms inf:1", "value 1 of the atoms"},
		{"gmp --atoms 1:-1,2:2", "weight 1 of the atoms must be positive"},
		{"gmp --atoms 1:nan", "weight 1 of the atoms must be positive"},
		{"gmp --atoms 1:1 --gamma 0", "must be a positive number"},
		{"gmp --atoms 1:1 --gamma -1", "must be a positive number"},
		{"gmp --atoms 1:1 --gamma 1e12", "gamma must be from 1e-9 to 1e9"},
		{"gmp --atoms 1:1 --z 1", "--z must lie above the real axis"},
		{"gmp --atoms 1:1 --z 1-1i", "--z must lie above the real axis"},
		{"gmp --atoms 1:1 --z nan+1i", "--z must be finite"},
		{"gmp --atoms 1:1 --z foo", "--z must be a complex number"},
		{"gmp --atoms 1:1 --grid 0:1", "--grid must be LO:HI:n"},
		{"gmp --atoms 1:1 --grid 1:0:5", "--grid must be LO:HI:n"},
		{"gmp --atoms 1:1 --grid 0:1:1", "--grid must be LO:HI:n"},
		{"gmp --atoms 1:1 --grid 0:inf:3", "--grid must be LO:HI:n"},
		{"gmp --atoms 1:1 --grid 0:1:1e3", "--grid must be LO:HI:n"},
		{"gmp --atoms 1:1 --moments 99", "--moments must be from 0 to 64"},
		{"gmp --atoms 1:1 --convention hesse", "unknown convention"},
		{"gmp --atoms -1:0.5,8:0.5 --gamma 0.5 --convention covariance", "must not reach below 0, where T^{1/2} is not real, got -1: want convention hessian, of any sign, at gamma = n/p = 2"},
		{"gmp --population softmax-offdiagonal --convention covariance", "must not reach below 0"},
		{"gmp --atoms 1:1 --kappa 2", "--classes and --kappa belong to --population"},
		{"gmp --population gumbel", "unknown population"},
		{"gmp --population softmax-diagonal --classes 1", "classes must be from 2"},
		{"gmp --population softmax-offdiagonal --kappa 1000", "kappa must be from 0.01 to 20"},
		{"gmp --values missing.csv", "pastur: --values missing.csv: no such file or directory\n"},
		{"gmp --values " + words, "words.csv:2: want a number"},
		{"gmp --atoms 1:1 --format yaml", "unknown format"},
	} {
		stdout, stderr, code := pastur(strings.Fields(c.args)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
}

// The picture's data hold the density over the whole support, gap included, and the
// atom; the same bytes on every run.
func TestGMPPlot(t *testing.T) {
	dir := t.TempDir()
	var pictures [2]string
	for i := range pictures {
		file, data := filepath.Join(dir, "law.svg"), filepath.Join(dir, "law.csv")
		if _, stderr, code := pastur("gmp", "--atoms", "1:0.5,8:0.5", "--gamma", "2", "--plot", file, "--plot-data", data); code != 0 {
			t.Fatalf("exit %d: %s", code, stderr)
		}
		for _, name := range []string{file, data} {
			content, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			pictures[i] += string(content)
		}
	}
	if pictures[0] != pictures[1] {
		t.Error("two runs draw different pictures")
	}
	for _, want := range []string{"<svg", "mass 0.5", "3.5297837889", "atom at"} {
		if !strings.Contains(pictures[0], want) {
			t.Errorf("no %q in the picture and its data", want)
		}
	}
	if _, stderr, code := pastur("gmp", "--atoms", "1:1", "--plot", "law.bmp"); code != 2 || !strings.Contains(stderr, "must end in .svg, .png or .pdf") {
		t.Errorf("exit %d, %s", code, stderr)
	}
}
