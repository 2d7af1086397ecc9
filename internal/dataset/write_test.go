package dataset

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// What is written is byte for byte what numpy writes, and reads back.
func TestWrite(t *testing.T) {
	var out bytes.Buffer
	if err := WriteMatrix(&out, want()); err != nil {
		t.Fatal(err)
	}
	if numpy, err := os.ReadFile(in("float64.npy")); err != nil || !bytes.Equal(out.Bytes(), numpy) {
		t.Errorf("other bytes than numpy's (%v)", err)
	}
	out.Reset()
	arrays := []Array{{"fc1.weight", want()}, {"fc2.weight", mat.NewDense(1, 1, []float64{7})}}
	if err := WriteArrays(&out, arrays); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "net.npz")
	if err := os.WriteFile(path, out.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	back, err := ReadArrays(path)
	if err != nil || len(back) != 2 {
		t.Fatal(back, err)
	}
	for k, a := range back {
		if a.Name != arrays[k].Name || !mat.Equal(a.X, arrays[k].X) {
			t.Errorf("%s came back as %s, %v", arrays[k].Name, a.Name, a.X)
		}
	}
}
