package newfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCreate(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for range 50 {
		f, err := Create(dir, "run-", ".part", 0o666)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(f.Name())
		if filepath.Dir(f.Name()) != dir || !strings.HasPrefix(name, "run-") || !strings.HasSuffix(name, ".part") || seen[name] {
			t.Errorf("%s after %d others", f.Name(), len(seen))
		}
		seen[name] = true
		if _, err := f.WriteString("text"); err != nil {
			t.Error(err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 50 {
		t.Errorf("%d files, %v, want 50", len(entries), err)
	}
	if _, err := Create(filepath.Join(dir, "missing"), "run-", ".part", 0o666); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("in a missing folder: %v", err)
	}
}
