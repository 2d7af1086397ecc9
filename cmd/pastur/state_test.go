package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pastur/replicate"
)

// chunkFiles counts the files of a state folder that are closed and that are not.
func chunkFiles(t *testing.T, dir string) (closed, open int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		switch filepath.Ext(e.Name()) {
		case ".jsonl":
			closed++
		case ".part":
			open++
		default:
			t.Errorf("%s in the state folder", e.Name())
		}
	}
	return closed, open
}

// Every command that samples closes its chunk file when it ends, resumes from
// it to the same bytes without writing another, and extends it by one.
func TestStateIsClosed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ first, more string }{
		{"ratio --classes 10 --replicates 1000", "ratio --classes 10 --replicates 4000"},
		{"ratio --typical --model hidden --hidden 3 --dim inf --replicates 30 --inner 64", ""},
		{"verify linear-ce-c10", "verify linear-ce-c10 linear-ce-c100"},
		{"spectrum --dim 20 --replicates 20", "spectrum --dim 20 --replicates 40"},
		{"lindeberg --sizes 10,20 --replicates 256 --z 1i", "lindeberg --sizes 10,20 --replicates 1024 --z 1i"},
	} {
		dir := filepath.Join(t.TempDir(), "state")
		files := 0
		for _, command := range []string{c.first, c.more} {
			if command == "" {
				continue
			}
			files++
			want, stderr, code := pastur(strings.Fields(command + " --format json")...)
			if code == 2 {
				t.Fatalf("pastur %s: %s", command, stderr)
			}
			for _, how := range []string{"", " resumed"} {
				got, stderr, again := pastur(strings.Fields(command + " --format json --state " + dir)...)
				if got != want || again != code {
					t.Errorf("pastur %s%s: exit %d, %s: %s", command, how, again, stderr, difference(want, got))
				}
				if closed, open := chunkFiles(t, dir); closed != files || open != 0 {
					t.Errorf("pastur %s%s: %d files closed and %d not, want %d and none", command, how, closed, open, files)
				}
			}
		}
	}
}

// Chunks of another build, or of one that is not known, are refused by name before
// anything is computed, as pastur run refuses them: BLAS may have given them other
// last bits, and JSON names one build.
func TestStateOfAnotherBuild(t *testing.T) {
	t.Parallel()
	for _, build := range []string{`{"pastur":"0.1.0","goamd64":"v9"}`, "null"} {
		dir := t.TempDir()
		other := replicate.NewFolder(dir, replicate.FolderOptions{Build: json.RawMessage(build)})
		log, err := other.Cell(1, "some cell", 64)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(log.Append(0, 1.0, 0), other.Close()); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, args := range []string{
			"ratio --replicates 64", "ratio --typical --model hidden --dim inf", "verify linear-ce-blocks", "spectrum --dim 10 --replicates 4", "lindeberg --sizes 10",
			"appendix --quick --only exact-limits --out " + filepath.Join(t.TempDir(), "appendix"),
		} {
			stdout, stderr, code := pastur(strings.Fields(args + " --state " + dir)...)
			want := "pastur: --state: chunk file " + files[0] + ": computed by another build (" + build + ", this one is {"
			if code != 2 || stdout != "" || !strings.HasPrefix(stderr, want) || !strings.HasSuffix(stderr, "): results must come from one; use that build, or remove the file\n") || strings.Count(stderr, "\n") != 1 {
				t.Errorf("pastur %s: exit %d, %q, want %s...", args, code, stderr, want)
			}
		}
		if after, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != 1 || len(after) != 1 {
			t.Errorf("%v became %v", files, after)
		}
	}
}

// A folder into which no chunk can be written is the fault of --state.
func TestStateThatCannotBeWritten(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("no /proc: ", err)
	}
	for _, args := range []string{"ratio", "verify linear-ce-blocks", "hessian --layers 3,2 --train 1"} {
		stdout, stderr, code := pastur(strings.Fields(args + " --state /proc")...)
		if code != 2 || stdout != "" || !strings.HasPrefix(stderr, "pastur: --state: ") || !strings.Contains(stderr, "nothing can be created in /proc: ") {
			t.Errorf("pastur %s: exit %d, %q, %q", args, code, stdout, stderr)
		}
	}
}

// An interruption closes the file too, with the chunks that were finished.
func TestInterruptedStateIsClosed(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "state")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			files, _ := filepath.Glob(filepath.Join(dir, "*.part"))
			for _, file := range files {
				if text, _ := os.ReadFile(file); bytes.Count(text, []byte("\n")) > 1 {
					cancel()
				}
			}
			time.Sleep(time.Millisecond)
		}
	}()
	var stdout, stderr bytes.Buffer
	code := run(ctx, &stdout, &stderr, strings.Fields("ratio --classes 1000 --rel-error 0.00001 --state "+dir))
	if code != exitInterrupted || !strings.HasPrefix(stderr.String(), "pastur: interrupted; what was finished is kept in "+dir) {
		t.Errorf("exit %d, %s", code, &stderr)
	}
	if closed, open := chunkFiles(t, dir); closed != 1 || open != 0 {
		t.Errorf("%d files closed and %d not, want 1 and none", closed, open)
	}
}

// Chunks that cannot be kept are said to be lost, whatever the exit code was to
// be.
func TestStateThatCannotBeClosed(t *testing.T) {
	for _, before := range []error{nil, exitCode(exitFail), errors.New("no such claim")} {
		dir := filepath.Join(t.TempDir(), "state")
		folder, err := replicate.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		log, err := folder.Cell(1, "cell", 10)
		if err != nil {
			t.Fatal(err)
		}
		if err := log.Append(0, 1.0, 0); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		f := samplingFlags{folder: folder}
		after := before
		f.closeState(&after)
		var code exitCode
		if after == nil || errors.As(after, &code) || !strings.Contains(after.Error(), "--state: chunk file "+dir) {
			t.Errorf("%v became %v", before, after)
		}
		if before != nil && !errors.As(before, &code) && !errors.Is(after, before) {
			t.Errorf("%v was lost: %v", before, after)
		}
	}
}
