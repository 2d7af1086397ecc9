package replicate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// filled writes the chunks [from, to) of one cell and closes the folder.
func filled(t *testing.T, dir string, opt FolderOptions, from, to int) (file string) {
	t.Helper()
	f := NewFolder(dir, opt)
	log, err := f.Cell(5, "cell <&>", 10)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := from; chunk < to; chunk++ {
		if err := log.Append(chunk, float64(chunk)/3, 0.5); err != nil {
			t.Fatal(err)
		}
	}
	file = log.File(from)
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSuffix(file, partSuffix) + closedSuffix
}

// Whatever is done to a file: either it is refused by name, or what it holds is
// what was written. Every byte is flipped in turn, and every length cut.
func TestEveryAlterationOfAFileIsHarmless(t *testing.T) {
	opt := FolderOptions{Run: "abc", Build: json.RawMessage(`{"go":"x"}`)}
	dir := t.TempDir()
	path := filled(t, dir, opt, 0, 4)
	original, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(path string, data []byte, what string) (held int, refused bool) {
		t.Helper()
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		f := NewFolder(dir, opt)
		err := f.Load()
		if err != nil {
			if !strings.Contains(err.Error(), path) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %v", what, err)
			}
			return 0, true
		}
		for cell, chunks := range f.chunks {
			held += len(chunks)
			for chunk, s := range chunks {
				want, _ := json.Marshal(float64(chunk) / 3)
				if (cell != Cell{5, "cell <&>", 10}) || chunk < 0 || chunk > 3 || string(s.record) != string(want) {
					t.Errorf("%s: %v: chunk %d: %s", what, cell, chunk, s.record)
				}
			}
		}
		return held, false
	}
	if held, refused := check(path, original, "untouched"); refused || held != 4 {
		t.Fatalf("the file as it was written: refused %v, %d of 4 chunks", refused, held)
	}
	for n := range original {
		if _, refused := check(path, original[:n], fmt.Sprintf("cut to %d bytes", n)); !refused {
			t.Errorf("a closed file cut to %d of %d bytes is accepted", n, len(original))
		}
		flipped := append([]byte(nil), original...)
		flipped[n] ^= 1
		if _, refused := check(path, flipped, fmt.Sprintf("byte %d flipped", n)); !refused {
			t.Errorf("byte %d (%q) flipped is accepted", n, original[n])
		}
	}
	lines := strings.SplitAfter(string(original), "\n")
	if _, refused := check(path, []byte(lines[0]+lines[2]+lines[1]+strings.Join(lines[3:], "")), "lines exchanged"); !refused {
		t.Error("exchanged lines are accepted")
	}
	if _, refused := check(path, []byte(string(original)+lines[1]), "line added"); !refused {
		t.Error("a line after the footer is accepted")
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	// The same lines in a file that a kill left, at the latest between the footer and
	// the new name: every complete line counts.
	path = strings.TrimSuffix(path, closedSuffix) + partSuffix
	for n := range len(original) + 1 {
		complete := min(4, max(0, strings.Count(string(original[:n]), "\n")-1))
		if held, refused := check(path, original[:n], fmt.Sprintf("part cut to %d bytes", n)); refused || held != complete {
			t.Errorf("part cut to %d of %d bytes: refused %v, %d of %d chunks", n, len(original), refused, held, complete)
		}
		if n < len(original) {
			flipped := append([]byte(nil), original...)
			flipped[n] ^= 1
			check(path, flipped, fmt.Sprintf("part, byte %d flipped", n))
		}
	}
}

func TestFolderRefusesOthersFiles(t *testing.T) {
	build := json.RawMessage(`{"go":"x"}`)
	for want, opt := range map[string]FolderOptions{
		"belongs to another plan": {Run: "def", Build: build},
		"another build":           {Run: "abc", Build: json.RawMessage(`{"go":"y"}`)},
	} {
		dir := t.TempDir()
		foreign := filled(t, dir, opt, 0, 1)
		again := filled(t, t.TempDir(), opt, 0, 1)
		data, err := os.ReadFile(again)
		if err != nil {
			t.Fatal(err)
		}
		second := filepath.Join(dir, "second.jsonl")
		if err := os.WriteFile(second, data, 0o666); err != nil {
			t.Fatal(err)
		}
		err = NewFolder(dir, FolderOptions{Run: "abc", Build: build}).Load()
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), foreign) || !strings.Contains(err.Error(), second) {
			t.Errorf("want an error that says %q and names %s and %s, got %v", want, foreign, second, err)
		}
	}
	header := `{"format":"pastur chunks","version":%d,"run":"","build":null}` + "\n"
	now := fileVersion<<16 | Version
	for text, want := range map[string]string{
		fmt.Sprintf(header, 1): "another version of pastur", fmt.Sprintf(header, now+1): "another version of pastur",
		fmt.Sprintf(header, now): "", "hello\n": "not the header", "{}\n": "not the header",
	} {
		for _, suffix := range []string{partSuffix, closedSuffix} {
			dir := t.TempDir()
			old := filepath.Join(dir, "old"+suffix)
			if err := os.WriteFile(old, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			if want == "" && suffix == closedSuffix {
				want = "without its footer"
			}
			err := NewFolder(dir, FolderOptions{}).Load()
			if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), old) || !strings.Contains(err.Error(), want)) {
				t.Errorf("%q in %s: %v, want %q", text, old, err, want)
			}
		}
	}
}

// Many bad files: the error names the first ones and counts the rest.
func TestFolderNamesSomeProblems(t *testing.T) {
	for _, bad := range []int{mostProblems, mostProblems + 3} {
		dir := t.TempDir()
		for k := range bad {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d%s", k, closedSuffix)), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
		err := NewFolder(dir, FolderOptions{}).Load()
		if err == nil {
			t.Fatal("empty files are accepted")
		}
		lines := strings.Split(err.Error(), "\n")
		if more := bad - mostProblems; more > 0 {
			if last := lines[len(lines)-1]; last != fmt.Sprintf("and %d more files", more) {
				t.Errorf("the last line is %q", last)
			}
			lines = lines[:len(lines)-1]
		}
		for k, line := range lines {
			if !strings.Contains(line, fmt.Sprintf("%02d%s: line 1", k, closedSuffix)) {
				t.Errorf("line %d: %s", k, line)
			}
		}
		if len(lines) != mostProblems {
			t.Errorf("%d of %d files are named, want %d", len(lines), bad, mostProblems)
		}
	}
}

// Two processes on the same chunks: both files are good, and a difference
// between them is an error.
func TestFolderComparesOverlaps(t *testing.T) {
	dir := t.TempDir()
	filled(t, dir, FolderOptions{}, 0, 4)
	filled(t, dir, FolderOptions{}, 2, 6)
	f := NewFolder(dir, FolderOptions{})
	log, err := f.Cell(5, "cell <&>", 10)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := range 6 {
		if r, ok := log.Record(chunk); !ok || string(r) != fmt.Sprint(float64(chunk)/3) || log.Seconds(chunk) != 0.5 {
			t.Errorf("chunk %d: %s", chunk, r)
		}
	}
	g := NewFolder(t.TempDir(), FolderOptions{})
	log, err = g.Cell(5, "cell <&>", 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(3, 7.0, 0); err != nil {
		t.Fatal(err)
	}
	if err := log.Append(3, 8.0, 0); err == nil {
		t.Error("two records of one chunk are accepted")
	}
	if err := g.Close(); err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(g.dir, "*.jsonl"))
	if len(files) != 1 {
		t.Fatal(files)
	}
	if err := os.Rename(files[0], filepath.Join(dir, "zzz.jsonl")); err != nil {
		t.Fatal(err)
	}
	err = NewFolder(dir, FolderOptions{}).Load()
	if err == nil || !strings.Contains(err.Error(), "chunk 3") || !strings.Contains(err.Error(), "zzz.jsonl") || !strings.Contains(err.Error(), "/chunks-") {
		t.Errorf("two files that differ: %v", err)
	}
}

// A folder that was not written to leaves no file, and one that cannot be
// written says so before any work.
func TestFolderWithoutWork(t *testing.T) {
	dir := t.TempDir()
	f := NewFolder(dir, FolderOptions{})
	if err := f.Writable(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := NewFolder(filepath.Join(dir, "missing"), FolderOptions{}).Writable(); err == nil {
		t.Error("a missing folder is writable")
	}
	if err := (*Folder)(nil).Close(); err != nil {
		t.Error(err)
	}
	if err := NewFolder(filepath.Join(dir, "missing"), FolderOptions{}).Load(); err == nil {
		t.Error("a missing folder is read")
	}
}

// Every Stride-th chunk, and the time each took.
func TestRunStrideAndClock(t *testing.T) {
	dir := t.TempDir()
	f, err := OpenFolder(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all, third digest
	mustRun(t, Options{Seed: 5}, sumJob("cell", 0, 10, &all, nil))
	job := sumJob("cell", 1, 10, &third, nil)
	job.Stride = 3
	now := 0.0
	mustRun(t, Options{Seed: 5, Workers: 1, State: f, Clock: func() float64 { now += 0.25; return now }}, job)
	if len(third.values) != 6 {
		t.Fatalf("chunks 1, 4, 7: %v", third.values)
	}
	log, err := f.Cell(5, "cell", 10)
	if err != nil {
		t.Fatal(err)
	}
	for i, chunk := range []int{1, 4, 7} {
		if third.values[2*i] != float64(chunk) || third.values[2*i+1] != all.values[2*chunk+1] || log.Seconds(chunk) != 0.25 {
			t.Errorf("chunk %d: %v, %v s", chunk, third.values[2*i:2*i+2], log.Seconds(chunk))
		}
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	job.Stride = -1
	if Run(context.Background(), []Job[float64]{job}, Options{}) == nil {
		t.Error("a negative stride is accepted")
	}
}

func FuzzFolder(f *testing.F) {
	f.Add([]byte("{}\n"), true)
	f.Add([]byte(`{"format":"pastur chunks","version":131073,"run":"","build":null}`+"\n"+`{"seed":5,"cell":"cell","chunk_size":10,"chunk":0,"sum":"x","record":1}`+"\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, closed bool) {
		dir := t.TempDir()
		path := filepath.Join(dir, "x"+partSuffix)
		if closed {
			path = filepath.Join(dir, "x"+closedSuffix)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		// Whatever the file holds: an error, or chunks that were written
		// with their checksum; never a panic.
		folder := NewFolder(dir, FolderOptions{})
		if folder.Load() != nil {
			return
		}
		for cell, chunks := range folder.chunks {
			for chunk, s := range chunks {
				l := fileLine{Seed: cell.Seed, Cell: cell.Key, ChunkSize: cell.ChunkSize, Chunk: chunk, Record: s.record}
				if !strings.Contains(string(data), l.sum()) {
					t.Errorf("chunk %d has no checksum in the file", chunk)
				}
			}
		}
	})
}
