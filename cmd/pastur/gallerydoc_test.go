package main

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Pictures of docs/gallery.md are what the commands above them write: those of ratio,
// whose samplers change; the others take minutes, and PDF needs poppler.
func TestGallery(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("pixels are drawn in floating-point numbers that other processors may round otherwise")
	}
	checked := 0
	for line := range strings.Lines(mustRead(t, "../../docs/gallery.md")) {
		command, ok := strings.CutPrefix(line, "    pastur ratio ")
		if !ok {
			continue
		}
		args := strings.Fields(command)
		picture := args[len(args)-1]
		drawn := filepath.Join(t.TempDir(), filepath.Base(picture))
		args[len(args)-1] = drawn
		if _, stderr, code := pastur(append([]string{"ratio"}, args...)...); code != 0 {
			t.Fatalf("pastur ratio %s: exit %d: %s", command, code, stderr)
		}
		want, err := os.ReadFile(filepath.Join("../..", picture))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(drawn); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its command draws (%v): draw it again", picture, err)
		}
		checked++
	}
	if checked != 2 {
		t.Errorf("%d pictures, want 2", checked)
	}
}
