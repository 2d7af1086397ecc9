package dataset

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// want is the matrix testdata/make.py writes.
func want() *mat.Dense {
	x := mat.NewDense(3, 4, nil)
	for i := range 3 {
		for k := range 4 {
			x.Set(i, k, float64(i)+0.25*float64(k)-1)
		}
	}
	return x
}

func in(name string) string { return filepath.Join("testdata", name) }

func TestReadMatrix(t *testing.T) {
	for _, name := range []string{"float64.npy", "fortran.npy", "float32.npy", "bigendian.npy", "cube.npy",
		"one.npz", "one.npz#x", "two.npz#x", "plain.csv", "header.csv", "float.idx"} {
		if x, err := ReadMatrix(in(name)); err != nil || !mat.Equal(x, want()) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
	for _, name := range strings.Fields("int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool") {
		if x, err := ReadMatrix(in(name + ".npy")); err != nil || !mat.Equal(x, mat.NewDense(3, 2, []float64{0, 1, 1, 0, 0, 0})) {
			t.Errorf("%s: %v, %v", name, x, err)
		}
	}
	if x, err := ReadMatrix(in("vector.npy")); err != nil || !mat.Equal(x, mat.NewDense(3, 1, []float64{-1, 0, 1})) {
		t.Errorf("vector: %v, %v", x, err)
	}
	arrays, err := ReadArrays(in("two.npz"))
	if err != nil || len(arrays) != 2 || arrays[0].Name != "x" || arrays[1].Name != "y" || !mat.Equal(arrays[0].X, want()) {
		t.Errorf("two.npz: %v, %v", arrays, err)
	}
}

func TestImages(t *testing.T) {
	for name, size := range map[string]int{"images-idx3-ubyte": 4, "images-idx3-ubyte.gz": 4, "cifar10.bin.gz": 3072, "cifar100.bin.gz": 3072} {
		set, err := Read(in(name))
		if err != nil {
			t.Error(err)
			continue
		}
		rows, columns := set.X.Dims()
		if columns != size {
			t.Errorf("%s: %d columns, want %d", name, columns, size)
		}
		for i := range rows {
			for k := range columns {
				if x := float64((7*i+k)%256) / 255; set.X.At(i, k) != x {
					t.Fatalf("%s: entry %d, %d is %v, want %v", name, i, k, set.X.At(i, k), x)
				}
			}
		}
		labels, classes := []int(nil), 0
		switch set.Format {
		case "cifar-10":
			labels, classes = []int{9, 8}, 10
		case "cifar-100":
			labels, classes = []int{99, 98}, 100
		}
		if !slices.Equal(set.Labels, labels) || set.Classes != classes {
			t.Errorf("%s: labels %v of %d classes", name, set.Labels, set.Classes)
		}
	}
}

func TestReadLabels(t *testing.T) {
	for _, name := range []string{"labels.npy", "two.npz#y", "labels-idx1-ubyte"} {
		if y, err := ReadLabels(in(name)); err != nil || !slices.Equal(y, []int{2, 0, 1}) {
			t.Errorf("%s: %v, %v", name, y, err)
		}
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	npy, err := os.ReadFile(in("float64.npy"))
	if err != nil {
		t.Fatal(err)
	}
	idx, err := os.ReadFile(in("images-idx3-ubyte"))
	if err != nil {
		t.Fatal(err)
	}
	one := func(_ any, err error) error { return err }
	for _, test := range []struct {
		err  error
		want string
	}{
		{one(ReadMatrix(in("missing.npy"))), "testdata/missing.npy: no such file"},
		{one(ReadMatrix(dir)), "is a folder: want a file"},
		{one(ReadMatrix(write("empty.npy", ""))), "empty.npy: the file is empty"},
		{one(ReadMatrix(in("nan.npy"))), "nan.npy: row 2, column 3 is NaN: want finite numbers"},
		{one(ReadMatrix(in("float16.npy"))), `holds numbers of the numpy type "<f2": want float32, float64`},
		{one(ReadMatrix(in("scalar.npy"))), "holds a single number: want a matrix"},
		{one(ReadMatrix(in("empty.npy"))), "shape [0 4] holds no numbers"},
		{one(ReadMatrix(write("short.npy", string(npy[:len(npy)-5])))), "is cut short: its header announces 3 x 4 numbers of 8 bytes, and 91 bytes of them are there"},
		{one(ReadMatrix(write("long.npy", string(npy)+"x"))), "goes on after the numbers its header announces"},
		{one(ReadMatrix(write("header.npy", string(npy[:50])))), "is cut short in its .npy header"},
		{one(ReadMatrix(write("garbled.npy", strings.Replace(string(npy), "shape", "shope", 1)))), "its .npy header cannot be read"},
		{one(ReadMatrix(write("huge.npy", strings.Replace(string(npy), "(3, 4), }            ", "(3123456789123, 4), }", 1)))), "is not that of a matrix in memory"},
		{one(ReadMatrix(write("false.npy", "1,2\n"))), `want a .npy file, whose first bytes are 93 4e 55 4d 50 59, got 31 2c 32 0a`},
		{one(ReadMatrix(write("false.npz", "1,2,3,4"))), `want a .npz file, whose first bytes are 50 4b 03 04, got 31 2c 32 2c 33 2c 34 ("1,2,3,4")`},
		{one(ReadArrays(in("plain.csv"))), `want a .npz file, whose first bytes are 50 4b 03 04, got 2d 31 2e 30 ("-1.0")`},
		{one(ReadMatrix(in("two.npz"))), "holds 2 arrays, x, y: name one as FILE.npz#x"},
		{one(ReadMatrix(in("two.npz#z"))), `holds no array "z": it has x, y`},
		{one(ReadMatrix(in("plain.csv#x"))), "only a .npz file holds arrays by name"},
		{one(ReadMatrix(write("x.csv", "a,b\n1,2\n3,x\n"))), `line 3, column 2: want a number, got "x"`},
		{one(ReadMatrix(write("ragged.csv", "1,2\n3\n"))), "line 2 has 1 fields, the lines before it 2"},
		{one(ReadMatrix(write("inf.csv", "1,2\n3,1e999\n"))), "row 2, column 2 is +Inf: want finite numbers"},
		{one(ReadMatrix(write("names.csv", "a,b\n"))), "holds no line of numbers"},
		{one(ReadMatrix(write("x.dat", "hello"))), `want a .npy, .npz, .csv, IDX or CIFAR (.bin) file, got a file whose first bytes are 68 65 6c 6c 6f ("hello")`},
		{one(ReadMatrix(write("x.bin", "hello"))), "want a binary CIFAR file: not CIFAR-10 as 5 bytes are no multiple of 3073; not CIFAR-100 as 5 bytes are no multiple of 3074; its first bytes are 68 65 6c 6c 6f"},
		{one(ReadMatrix(write("y.bin", strings.Repeat("\x0a", 3073)))), "not CIFAR-10 as record 1 has label 10, not below 10"},
		{one(ReadMatrix(write("idx", string(idx[:20])))), "is cut short: its header announces 3 x 4 numbers of 1 bytes, and 4 bytes of them are there"},
		{one(ReadMatrix(write("idy", string(idx)+"x"))), "goes on after the 3 x 4 numbers"},
		{one(ReadLabels(in("float64.npy"))), "want labels, one number a sample, got a matrix 3 x 4"},
		{one(ReadLabels(write("half.csv", "1\n0.5\n"))), "label of sample 2 must be a whole number, got 0.5"},
		{one(ParseNormalization("l2")), `unknown normalization "l2": want none, global or feature`},
		{Normalize(mat.NewDense(2, 1, []float64{3, 3}), Global), "cannot be normalized: every entry is 3"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.want) {
			t.Errorf("error = %v, want %q", test.err, test.want)
		}
	}
}

func TestNormalize(t *testing.T) {
	x := mat.NewDense(2, 3, []float64{1, 5, 0.1, 3, 5, 0.1})
	if err := Normalize(x, Feature); err != nil || !mat.Equal(x, mat.NewDense(2, 3, []float64{-1, 0, 0, 1, 0, 0})) {
		t.Errorf("feature: %v, %v", x, err)
	}
	x = mat.NewDense(1, 2, []float64{1, 3})
	if err := Normalize(x, Global); err != nil || !mat.Equal(x, mat.NewDense(1, 2, []float64{-1, 1})) {
		t.Errorf("global: %v, %v", x, err)
	}
	x = want()
	if err := Normalize(x, None); err != nil || !mat.Equal(x, want()) {
		t.Errorf("none: %v, %v", x, err)
	}
}

// FuzzRead feeds bytes under the names of all formats: an error or finite
// numbers, never a panic nor more memory than the file pays for.
func FuzzRead(f *testing.F) {
	files, _ := os.ReadDir("testdata")
	for _, file := range files {
		if data, err := os.ReadFile(in(file.Name())); err == nil {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, name := range []string{"x", "x.csv", "x.tsv", "x.npy", "x.bin"} {
			set, err := read(bytes.NewReader(data), int64(len(data)), name, "", false)
			if err == nil && checkFinite(set.X) != nil {
				t.Error("not finite")
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("an error of several lines: %q", err)
			}
		}
	})
}

func ExampleReadMatrix() {
	x, err := ReadMatrix("testdata/header.csv")
	if err != nil {
		panic(err)
	}
	fmt.Println(mat.Formatted(x))
	// Output:
	// ⎡   -1  -0.75   -0.5  -0.25⎤
	// ⎢    0   0.25    0.5   0.75⎥
	// ⎣    1   1.25    1.5   1.75⎦
}

func BenchmarkReadNPY(b *testing.B) {
	var npy bytes.Buffer
	fmt.Fprintf(&npy, "\x93NUMPY\x01\x00\x76\x00%-117s\n", "{'descr': '<f8', 'fortran_order': False, 'shape': (1000, 1000), }")
	npy.Write(make([]byte, 8_000_000))
	path := filepath.Join(b.TempDir(), "x.npy")
	if err := os.WriteFile(path, npy.Bytes(), 0o666); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(8_000_000)
	for b.Loop() {
		if _, err := ReadMatrix(path); err != nil {
			b.Fatal(err)
		}
	}
}
