package atomicfile

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestWriteIsAtomic(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out.txt")
	write := func(text string, err error) error {
		return Write(path, func(w io.Writer) error {
			io.WriteString(w, text)
			return err
		})
	}
	if err := write("first", nil); err != nil {
		t.Fatal(err)
	}
	if err := write("half of the sec", errors.New("boom")); err == nil {
		t.Error("a failing writer is no error")
	}
	if data, _ := os.ReadFile(path); string(data) != "first" {
		t.Errorf("the file holds %q after a failed write", data)
	}
	if err := write("second", nil); err != nil {
		t.Fatal(err)
	}
	if data, _ := os.ReadFile(path); string(data) != "second" {
		t.Errorf("the file holds %q", data)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// If one of several files cannot be written, none is.
func TestWriteAllIsAllOrNothing(t *testing.T) {
	dir := t.TempDir()
	first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
	if err := os.WriteFile(first, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	content := func(path string) string {
		data, _ := os.ReadFile(path)
		return string(data)
	}
	missing := filepath.Join(dir, "none", "third")
	err := WriteAll([]File{{Path: first, Content: []byte("new")}, {Path: second, Content: []byte("new")}, {Path: missing, Flag: "--third"}})
	if err == nil || !strings.HasPrefix(err.Error(), "--third "+missing) {
		t.Errorf("%v, want an error that names --third and %s", err, missing)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || content(first) != "old" {
		t.Errorf("after an error: %v, %q", entries, content(first))
	}
	if err := WriteAll([]File{{Path: first, Content: []byte("new")}, {Path: second, Content: []byte("two")}}); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 2 || content(first) != "new" || content(second) != "two" {
		t.Errorf("%v, %q, %q", entries, content(first), content(second))
	}
	if info, _ := os.Stat(first); info.Mode().Perm() != 0o600 {
		t.Errorf("an existing file's mode became %v", info.Mode())
	}
}
