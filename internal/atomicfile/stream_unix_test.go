//go:build unix

package atomicfile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func get(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(data)
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// write checks and writes, as commands do, and fails the test if it takes long.
func write(t *testing.T, path, content string) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		err := Check(path)
		if err == nil {
			err = WriteAll([]File{{Path: path, Content: []byte(content)}})
		}
		ended <- err
	}()
	select {
	case err := <-ended:
		return err
	case <-time.After(20 * time.Second):
		t.Fatalf("writing %s waits for something", path)
		return nil
	}
}

// A link stays a link: what it leads to is written, there or not, through links
// in folders and relative to them.
func TestLinksStay(t *testing.T) {
	dir := t.TempDir()
	real, sub := filepath.Join(dir, "real"), filepath.Join(dir, "sub")
	put(t, real, "old")
	if err := os.Mkdir(sub, 0o777); err != nil {
		t.Fatal(err)
	}
	link(t, sub, filepath.Join(dir, "folder"))
	link(t, "real", filepath.Join(dir, "relative"))
	link(t, real, filepath.Join(dir, "absolute"))
	link(t, "absolute", filepath.Join(dir, "twice"))
	link(t, "sub/new", filepath.Join(dir, "dangling"))
	link(t, "../fresh", filepath.Join(sub, "up")) // ".." of sub, not of folder
	link(t, "loop", filepath.Join(dir, "loop"))
	link(t, "none/file", filepath.Join(dir, "nowhere"))
	for name, target := range map[string]string{
		"relative": real, "absolute": real, "twice": real,
		"dangling": filepath.Join(sub, "new"), "folder/up": filepath.Join(dir, "fresh"),
	} {
		name = filepath.Join(dir, name)
		if err := write(t, name, name); err != nil {
			t.Error(err)
			continue
		}
		if info, err := os.Lstat(name); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no longer a link: %v, %v", name, info, err)
		}
		if info, err := os.Lstat(target); err != nil || !info.Mode().IsRegular() || get(t, target) != name {
			t.Errorf("%s: %v, %v, holds %q", target, info, err, get(t, target))
		}
		if a, b := Real(name), Real(target); a != b {
			t.Errorf("%s and %s are one file, not %s and %s", name, target, a, b)
		}
	}
	for name, want := range map[string]string{"loop": "links in a row", "nowhere": "does not exist: create it first"} {
		if err := write(t, filepath.Join(dir, name), "x"); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, name)+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	leftBehind(t, dir)
	leftBehind(t, sub)
}

func leftBehind(t *testing.T, dir string) {
	t.Helper()
	if files, _ := filepath.Glob(filepath.Join(dir, ".pastur-*")); files != nil {
		t.Errorf("left behind: %v", files)
	}
}

// A FIFO is written into once it has a reader, and checked without one.
func TestFIFO(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := unix.Mkfifo(fifo, 0o600); err != nil {
		t.Skip("no named pipes here: ", err)
	}
	checked := make(chan error, 1)
	go func() { checked <- Check(fifo) }()
	select {
	case err := <-checked:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the check waits for a reader")
	}
	read := make(chan string, 1)
	go func() { read <- get(t, fifo) }()
	if err := write(t, fifo, "through"); err != nil {
		t.Error(err)
	}
	if got := <-read; got != "through" {
		t.Errorf("read %q", got)
	}
	if info, err := os.Lstat(fifo); err != nil || info.Mode()&fs.ModeNamedPipe == 0 {
		t.Errorf("the FIFO became %v, %v", info, err)
	}
	leftBehind(t, dir)
}

// Devices stay devices. One that fails takes the files written with it along.
func TestDevices(t *testing.T) {
	dir := t.TempDir()
	null, full, beside := filepath.Join(dir, "null"), filepath.Join(dir, "full"), filepath.Join(dir, "beside")
	for path, minor := range map[string]uint32{null: 3, full: 7} { // as Linux numbers them
		if err := unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, minor))); err != nil {
			t.Skipf("mknod: %v", err)
		}
		if file, err := os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			t.Skipf("devices cannot be opened here: %v", err)
		} else {
			file.Close()
		}
	}
	put(t, beside, "old")
	if err := write(t, null, "away"); err != nil {
		t.Error(err)
	}
	if err := Check(full); err != nil {
		t.Error(err)
	}
	err := WriteAll([]File{{Path: beside, Content: []byte("new")}, {Path: full, Content: []byte("too much")}})
	if !errors.Is(err, unix.ENOSPC) || !strings.HasPrefix(err.Error(), full+": ") {
		t.Errorf("a full device: %v", err)
	}
	if got := get(t, beside); got != "old" {
		t.Errorf("the file beside a device that failed holds %q", got)
	}
	for _, path := range []string{null, full} {
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeCharDevice == 0 {
			t.Errorf("%s became %v, %v", path, info, err)
		}
	}
	leftBehind(t, dir)
}

// A name of an open descriptor is that descriptor, as a shell's >> has opened it:
// what the file holds stays, and what is written later follows.
func TestDescriptors(t *testing.T) {
	if _, err := os.Stat("/dev/fd/1"); err != nil {
		t.Skip("no /dev/fd: ", err)
	}
	path := filepath.Join(t.TempDir(), "log")
	put(t, path, "before\n")
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.Seek(0, 2); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(filepath.Dir(path), "name")
	link(t, fmt.Sprintf("/dev/fd/%d", file.Fd()), name)
	if err := write(t, name, "result\n"); err != nil {
		t.Error(err)
	}
	if _, err := file.WriteString("after\n"); err != nil { // still open
		t.Error(err)
	}
	if got := get(t, path); got != "before\nresult\nafter\n" {
		t.Errorf("%q", got)
	}
	if err := Check("/dev/fd/987654"); err == nil {
		t.Error("a descriptor that is not open can be written")
	}
	leftBehind(t, filepath.Dir(path))
}

// The umask decides the mode of a new file, an existing one keeps its own.
func TestModes(t *testing.T) {
	for _, umask := range []int{0o022, 0o077, 0o002} {
		dir := t.TempDir()
		old := filepath.Join(dir, "old")
		put(t, old, "old")
		if err := os.Chmod(old, 0o664); err != nil {
			t.Fatal(err)
		}
		before := unix.Umask(umask)
		err := WriteAll([]File{{Path: filepath.Join(dir, "new"), Content: nil}, {Path: old, Content: []byte("new")}})
		unix.Umask(before)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]fs.FileMode{"new": 0o666 &^ fs.FileMode(umask), "old": 0o664} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode() != want {
				t.Errorf("umask %o: %s has mode %v, want %v (%v)", umask, name, info.Mode(), want, err)
			}
		}
	}
}
