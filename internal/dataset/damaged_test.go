package dataset

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Numbers of which a bit has flipped are numbers still: only the checksums of archives
// and of compressed files tell, which stand behind the data.
func TestDamagedFiles(t *testing.T) {
	dir := t.TempDir()
	array := mustRead(t, "testdata/float64.npy")
	stored := func(content []byte) []byte {
		var out bytes.Buffer
		w := zip.NewWriter(&out)
		f, err := w.CreateHeader(&zip.FileHeader{Name: "x.npy", Method: zip.Store})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	zipped := func(content []byte) []byte {
		var out bytes.Buffer
		w := gzip.NewWriter(&out)
		if _, err := w.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	flip := func(content []byte, at int) []byte {
		content = bytes.Clone(content)
		content[at] ^= 1
		return content
	}
	last := bytes.Index(stored(array), array) + len(array) - 8 // the lowest bits of the last number
	idx := mustRead(t, "testdata/images-idx3-ubyte")
	for _, c := range []struct {
		name    string
		content []byte
		want    string // "" where the file is whole
	}{
		{"whole.npz", stored(array), ""},
		{"bit.npz", flip(stored(array), last), "checksum"},
		{"long.npz", stored(append(bytes.Clone(array), "junk"...)), "goes on after the numbers its header announces"},
		{"whole.npy.gz", zipped(array), ""},
		{"sum.npy.gz", flip(zipped(array), len(zipped(array))-5), "checksum"},
		{"cut.npy.gz", zipped(array)[:len(zipped(array))-8], "unexpected EOF"},
		{"whole-idx.gz", zipped(idx), ""},
		{"sum-idx.gz", flip(zipped(idx), len(zipped(idx))-5), "checksum"},
	} {
		path := filepath.Join(dir, c.name)
		if err := os.WriteFile(path, c.content, 0o666); err != nil {
			t.Fatal(err)
		}
		readers := map[string]func() error{
			"ReadMatrix": func() error { _, err := ReadMatrix(path); return err },
			"OpenRows": func() error {
				rows, err := OpenRows(path)
				if err == nil {
					err = rows.Close()
				}
				return err
			},
		}
		if strings.HasSuffix(path, ".npz") {
			readers["ReadArrays"] = func() error { _, err := ReadArrays(path); return err }
		}
		for name, read := range readers {
			if err := read(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s of %s: %v, want %q", name, c.name, err, c.want)
			}
		}
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}
