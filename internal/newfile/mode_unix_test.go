//go:build unix

package newfile

import (
	"io/fs"
	"syscall"
	"testing"
)

// The umask decides who may read, as for any other file.
func TestMode(t *testing.T) {
	for umask, want := range map[int]fs.FileMode{0: 0o666, 0o022: 0o644, 0o027: 0o640, 0o077: 0o600} {
		old := syscall.Umask(umask)
		f, err := Create(t.TempDir(), "a", "z", 0o666)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if info, err := f.Stat(); err != nil || info.Mode().Perm() != want {
			t.Errorf("umask %03o: mode %v, %v, want %v", umask, info.Mode().Perm(), err, want)
		}
	}
}
