//go:build unix

package replicate

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// A file that its process closes after the folder was listed has another name when
// its turn comes. The listing is held up by a pipe, read before it, that opens only
// when the file has been renamed.
func TestFileClosedWhileListing(t *testing.T) {
	dir := t.TempDir()
	closed := filled(t, dir, FolderOptions{Name: "b"}, 0, 3)
	part := strings.TrimSuffix(closed, closedSuffix) + partSuffix
	if err := os.Rename(closed, part); err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "a"+partSuffix)
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	done := make(chan error)
	go func() {
		w, err := os.OpenFile(pipe, os.O_WRONLY, 0) // returns once the reader is there
		if err == nil {
			err = os.Rename(part, closed)
			w.Close()
		}
		done <- err
	}()
	f := NewFolder(dir, FolderOptions{})
	if err := f.Load(); err != nil {
		t.Error(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n := len(f.chunks[Cell{5, "cell <&>", 10}]); n != 3 {
		t.Errorf("%d of 3 chunks found", n)
	}
}

// The files are as readable as the umask lets new files be.
func TestFileMode(t *testing.T) {
	dir := t.TempDir()
	defer syscall.Umask(syscall.Umask(0o027))
	path := filled(t, dir, FolderOptions{}, 0, 1)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o640 {
		t.Errorf("mode %v under umask 027, want 0640", mode)
	}
}
