package replicate

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fullDisk is a file on a disk with room for some bytes more: a write beyond them
// is torn, as a real one is.
type fullDisk struct {
	*os.File
	room int64
	torn bool // what was torn cannot be cut off either
}

var errFull = errors.New("no space left on device")

func (d *fullDisk) Write(p []byte) (int, error) {
	fits := min(int64(len(p)), d.room)
	n, err := d.File.Write(p[:fits])
	d.room -= int64(n)
	if err == nil && n < len(p) {
		err = &fs.PathError{Op: "write", Path: d.Name(), Err: errFull}
	}
	return n, err
}

func (d *fullDisk) Truncate(size int64) error {
	if d.torn {
		return errFull
	}
	return d.File.Truncate(size)
}

// onFullDisk returns a folder whose file has room for room bytes, header included.
func onFullDisk(t *testing.T, room int64, torn bool) (*Folder, *fullDisk) {
	t.Helper()
	f := NewFolder(t.TempDir(), FolderOptions{})
	file, err := os.Create(filepath.Join(f.dir, "chunks-1"+partSuffix))
	if err != nil {
		t.Fatal(err)
	}
	disk := &fullDisk{file, room, torn}
	if f.journal, err = startJournal(file.Name(), disk, f.opt); err != nil {
		t.Fatal(err)
	}
	return f, disk
}

// held lists the chunks that a reader of the folder finds.
func held(t *testing.T, f *Folder) (chunks int) {
	t.Helper()
	g := NewFolder(f.dir, f.opt)
	if err := g.Load(); err != nil {
		t.Error(err)
	}
	return len(g.chunks[Cell{5, "cell", 10}])
}

// A disk that fills: the write that fails is an error that names the file, what was
// written before stays good, and nothing more is written, not even when there is
// room again: behind a torn line it would damage the file.
func TestFullDisk(t *testing.T) {
	for _, torn := range []bool{false, true} {
		f, disk := onFullDisk(t, 700, torn)
		log, err := f.Cell(5, "cell", 10)
		if err != nil {
			t.Fatal(err)
		}
		good := 0
		for ; err == nil; good++ {
			err = log.Append(good, float64(good)/3, 0)
		}
		good--
		path := f.journal.path
		if want := "chunk file " + path + ": no space left on device"; err.Error() != want || good < 2 {
			t.Fatalf("after %d chunks: %v, want %s", good, err, want)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if whole := strings.HasSuffix(string(data), "}\n"); whole == torn || strings.Count(string(data), "\n") != good+1 {
			t.Errorf("torn %v: the file after %d chunks is\n%s", torn, good, data)
		}
		if n := held(t, f); n != good {
			t.Errorf("torn %v: %d of %d chunks are held", torn, n, good)
		}
		disk.room = 1e6
		if err := log.Append(good+1, 1.0, 0); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("torn %v: an append to a broken file: %v", torn, err)
		}
		if err := f.Close(); err != nil {
			t.Errorf("torn %v: close after the error was returned: %v", torn, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Errorf("torn %v: the file is not left as a kill leaves it: %v", torn, err)
		}
		if after, err := os.ReadFile(path); err != nil || string(after) != string(data) {
			t.Errorf("torn %v: written to after it broke: %v\n%s", torn, err, after)
		}
		if n := held(t, f); n != good {
			t.Errorf("torn %v: closed, %d of %d chunks are held", torn, n, good)
		}
	}
}

// A disk that fills under the footer: an error, and the file keeps its name.
func TestFullDiskAtTheFooter(t *testing.T) {
	f, disk := onFullDisk(t, 1e6, false)
	log, err := f.Cell(5, "cell", 10)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(0, 1.0, 0); err != nil {
		t.Fatal(err)
	}
	disk.room = 20
	if err := f.Close(); err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("close: %v", err)
	}
	if files, _ := filepath.Glob(filepath.Join(f.dir, "*")); len(files) != 1 || !strings.HasSuffix(files[0], partSuffix) || held(t, f) != 1 {
		t.Errorf("left: %v, %d chunks held", files, held(t, f))
	}
}

// A disk that fills under the header: nothing is left.
func TestFullDiskAtTheHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "chunks-1"+partSuffix)
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := startJournal(path, &fullDisk{File: file, room: 10}, FolderOptions{}); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("header: %v", err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("left behind: %v", err)
	}
}

// A run on a disk that fills ends with the error.
func TestRunOnFullDisk(t *testing.T) {
	f, _ := onFullDisk(t, 2000, false)
	var d digest
	err := Run(context.Background(), []Job[float64]{sumJob("cell", 0, 1000, &d, nil)}, Options{Seed: 5, Workers: 2, State: f})
	if err == nil || !strings.Contains(err.Error(), "no space left on device") {
		t.Errorf("run: %v", err)
	}
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	if n := held(t, f); n < 5 || n < len(d.values)/2 {
		t.Errorf("%d chunks held, %d folded", n, len(d.values)/2)
	}
}
