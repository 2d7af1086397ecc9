package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// closedPipe is a standard output that nobody reads any more. It notes which files
// there are when results come.
type closedPipe struct {
	dir   string
	found []string
}

func (p *closedPipe) Write([]byte) (int, error) {
	p.found = p.found[:0]
	entries, err := os.ReadDir(p.dir)
	for _, e := range entries {
		p.found = append(p.found, e.Name())
	}
	return 0, errors.Join(errors.New("the pipe is closed"), err)
}

// Standard output comes last: files asked for beside the results are there even if
// nobody reads it to the end.
func TestFilesComeBeforeStandardOutput(t *testing.T) {
	dir := t.TempDir()
	suite, plan, sweep := filepath.Join(dir, "mine.toml"), filepath.Join(dir, "plan.json"), filepath.Join(dir, "sweep")
	mustWrite(t, suite, smallSuite+wrongClaim)
	for _, args := range []string{"plan testdata/small.toml -o " + plan, "run " + plan + " --out " + sweep} {
		if _, stderr, code := pastur(strings.Fields(args)...); code == 2 {
			t.Fatal(stderr)
		}
	}
	for command, want := range map[string]string{
		"verify --suite " + suite + " --junit j.xml --html h.html --baseline b.json --update-baseline": "b.json h.html j.xml summary",
		"merge " + sweep + " --junit j.xml":                                                   "j.xml summary",
		"run " + plan + " --out " + sweep + " --junit j.xml":                                  "j.xml summary",
		"ratio --replicates 64 --plot p.svg --plot-data p.csv":                                "p.csv p.svg summary",
		"gmp --atoms 1:1 --plot p.svg --plot-data p.csv":                                      "p.csv p.svg summary",
		"spectrum --dim 10 --replicates 4 --plot p.svg --plot-data p.csv --eigenvalues e.npy": "e.npy p.csv p.svg summary",
		"lindeberg --sizes 8,16 --replicates 64 --z 1i --plot p.svg --plot-data p.csv":        "p.csv p.svg summary",
		"hessian --layers 3,2 --samples 10 --plot p.svg":                                      "p.svg summary",
	} {
		into := t.TempDir()
		summary := filepath.Join(into, "summary")
		mustWrite(t, summary, "")
		t.Setenv("GITHUB_STEP_SUMMARY", summary)
		args := strings.Fields(command)
		for i := range args {
			if ext := filepath.Ext(args[i]); len(ext) > 1 && !strings.Contains(args[i], "/") {
				args[i] = filepath.Join(into, args[i])
			}
		}
		pipe := &closedPipe{dir: into}
		var stderr bytes.Buffer
		code := run(context.Background(), pipe, &stderr, args)
		if code != 2 || stderr.String() != "pastur: the pipe is closed\n" || strings.Join(pipe.found, " ") != want {
			t.Errorf("pastur %s: exit %d, %s with the files %v there, want %s", command, code, &stderr, pipe.found, want)
		}
		if isVerify := args[0] == "verify"; isVerify != (mustRead(t, summary) != "") {
			t.Errorf("pastur %s: the job's summary has %d bytes", command, len(mustRead(t, summary)))
		}
	}
}

// Of the files written with the results all are written or none, and no results if
// one is not.
func TestFilesAllOrNone(t *testing.T) {
	full := "/dev/full"
	if file, err := os.OpenFile(full, os.O_WRONLY, 0); err != nil {
		t.Skip("no /dev/full: ", err)
	} else {
		file.Close()
	}
	dir := t.TempDir()
	suite, out, junit := filepath.Join(dir, "mine.toml"), filepath.Join(dir, "out.json"), filepath.Join(dir, "j.xml")
	mustWrite(t, suite, smallSuite)
	mustWrite(t, out, "old")
	link := filepath.Join(dir, "full.html") // should the device be replaced, the link would be
	if err := os.Symlink(full, link); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"--out", out}, nil} {
		stdout, stderr, code := pastur(append([]string{"verify", "fine", "--suite", suite, "--junit", junit, "--html", link}, args...)...)
		if code != 2 || stdout != "" || stderr != "pastur: --html "+link+": no space left on device\n" {
			t.Errorf("%v: exit %d, %q, %q", args, code, stdout, stderr)
		}
		if _, err := os.Stat(junit); err == nil || mustRead(t, out) != "old" {
			t.Errorf("%v: some of the files were written", args)
		}
	}
}

// countdown is a context that ends when it is asked for the n-th time.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left > 0 {
		return nil
	}
	return context.Canceled
}

// What computes without sampling looks out for an interruption too, between one
// result and the next and before anything is written.
func TestInterruptWithoutSampling(t *testing.T) {
	dir := t.TempDir()
	plan, sweep, out := filepath.Join(dir, "plan.json"), filepath.Join(dir, "sweep"), filepath.Join(dir, "out")
	for _, args := range []string{"plan testdata/small.toml -o " + plan, "run " + plan + " --out " + sweep} {
		if _, stderr, code := pastur(strings.Fields(args)...); code == 2 {
			t.Fatal(stderr)
		}
	}
	interrupted := func(ctx context.Context, args string) {
		t.Helper()
		for _, file := range []string{"-", out} {
			var stdout, stderr bytes.Buffer
			line := strings.Fields(args)
			if !slices.Contains(line, "-o") {
				line = append(line, "--out", file)
			}
			code := run(ctx, &stdout, &stderr, line)
			if code != exitInterrupted || stdout.Len() != 0 || !strings.HasSuffix(stderr.String(), "pastur: interrupted\n") {
				t.Errorf("pastur %s: exit %d, %q, %q", args, code, &stdout, &stderr)
			}
			if _, err := os.Stat(out); err == nil {
				t.Fatalf("pastur %s writes its file all the same", args)
			}
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for _, args := range []string{
		"limit", "claims", "claims linear-ce-c2", "claims --format json", "gmp --atoms 1:1", "version", "version --format json", "plan quick", "verify --print-suite quick",
		"missing " + sweep, "status " + sweep, "merge " + sweep, "emit parallel " + plan + " --shards 2",
	} {
		interrupted(ended, args)
	}
	for _, args := range []string{"limit --classes 2,3,4,5,6,7,8", "claims --suite quick", "plan quick", "verify --quick --dry-run", "gmp --atoms 1:1 --grid 0:5:40000"} {
		interrupted(&countdown{context.Background(), 5}, args)
	}
}
