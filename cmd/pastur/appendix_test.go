package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAppendix(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, c := range []struct{ args, want string }{
		{"appendix", "--out is missing"},
		{"appendix --out " + in("a/b"), "does not exist"},
		{"appendix --out " + in("a") + " --only nope", `unknown item "nope": want exact-limits`},
		{"appendix x", `takes flags only`},
	} {
		stdout, stderr, code := pastur(strings.Fields(c.args)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, c.want) {
			t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	for _, workers := range []string{"1", "2"} {
		args := "appendix --quick --only exact-limits,row-mass,sharpness,ratio-classes,ratio-dim,spectrum-mp,hessian-linear --workers " + workers + " --out " + in(workers)
		if stdout, stderr, code := pastur(strings.Fields(args)...); code != 0 || stdout != "" {
			t.Fatalf("exit %d: %s%s", code, stdout, stderr)
		}
	}
	entries, err := os.ReadDir(in("1"))
	if err != nil || len(entries) != 27 {
		t.Fatalf("%d files, %v: %v", len(entries), err, entries)
	}
	for _, e := range entries {
		one, err := os.ReadFile(filepath.Join(in("1"), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if two, _ := os.ReadFile(filepath.Join(in("2"), e.Name())); string(one) != string(two) {
			t.Errorf("1 and 2 workers give different %s", e.Name())
		}
	}
	program, err := exec.LookPath("pdflatex")
	if err != nil {
		if os.Getenv("PASTUR_REQUIRE_PDFLATEX") == "1" {
			t.Fatal("PASTUR_REQUIRE_PDFLATEX=1, but there is no pdflatex")
		}
		t.Skip("no pdflatex: the document is not compiled")
	}
	var output []byte
	for range 2 {
		command := exec.Command(program, "-interaction=nonstopmode", "-halt-on-error", "appendix.tex")
		command.Dir = in("1")
		if output, err = command.CombinedOutput(); err != nil {
			t.Fatalf("pdflatex: %v\n%s", err, output)
		}
	}
	for _, fault := range []string{"Overfull", "undefined", "Missing character", "Float too large"} {
		if strings.Contains(string(output), fault) {
			t.Errorf("%s:\n%s", fault, output)
		}
	}
}

// TestAppendixCommands runs commands that the appendix prints: they compute the
// numbers that it shows.
func TestAppendixCommands(t *testing.T) {
	dir := t.TempDir()
	if _, stderr, code := pastur("appendix", "--quick", "--only", "spectrum-mp", "--out", dir); code != 0 {
		t.Fatal(stderr)
	}
	printed, err := os.ReadFile(filepath.Join(dir, "spectrum-mp.csv"))
	if err != nil {
		t.Fatal(err)
	}
	document, err := os.ReadFile(filepath.Join(dir, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	command := "spectrum --model mp --dim 300 --samples 50 --replicates 1000 --seed 1"
	if !strings.Contains(string(document), "`pastur "+command) {
		t.Fatalf("README.md does not print pastur %s:\n%s", command, document)
	}
	again := filepath.Join(dir, "again.csv")
	if _, stderr, code := pastur(append(strings.Fields(command), "--plot-data", again)...); code != 0 {
		t.Fatal(stderr)
	}
	if data, err := os.ReadFile(again); err != nil || string(data) != string(printed) {
		t.Errorf("the command writes other data than the appendix: %v", err)
	}
}
