package dataset

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// writeNPY writes a .npy file as numpy does.
func writeNPY(t *testing.T, name, kind string, fortran bool, shape string, data []byte) string {
	t.Helper()
	order := "False"
	if fortran {
		order = "True"
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }", kind, order, shape)
	header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
	file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), byte(len(header)>>8))
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, append(append(file, header...), data...), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func doubles(x ...float64) (out []byte) {
	for _, v := range x {
		out = binary.LittleEndian.AppendUint64(out, math.Float64bits(v))
	}
	return out
}

// Rows on demand are those of the matrix read whole, and named alike.
func TestRows(t *testing.T) {
	csv := filepath.Join(t.TempDir(), "x.csv")
	if err := os.WriteFile(csv, []byte("1,2,3\n4,5,6\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	want := mat.NewDense(2, 3, []float64{1, 2, 3, 4, 5, 6})
	arrays := filepath.Join(t.TempDir(), "both.npz")
	file, err := os.Create(arrays)
	if err != nil {
		t.Fatal(err)
	}
	if err := WriteArrays(file, []Array{{"y", mat.NewDense(1, 1, []float64{7})}, {"x", want}}); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	// A file may have the mark of an array's name in its own.
	marked := writeNPY(t, "a#b.npy", "<f8", false, "(2, 3)", doubles(1, 2, 3, 4, 5, 6))
	for _, path := range []string{
		csv, arrays + "#x", marked,
		writeNPY(t, "c.npy", "<f8", false, "(2, 3)", doubles(1, 2, 3, 4, 5, 6)),
		writeNPY(t, "f.npy", "<f8", true, "(2, 3)", doubles(1, 4, 2, 5, 3, 6)),
		writeNPY(t, "bytes.npy", "|u1", false, "(2, 3)", []byte{1, 2, 3, 4, 5, 6}),
		writeNPY(t, "cube.npy", "|u1", false, "(2, 3, 1)", []byte{1, 2, 3, 4, 5, 6}),
	} {
		rows, err := OpenRows(path)
		if err != nil {
			t.Fatal(err)
		}
		x, err := rows.Matrix()
		if err != nil || !mat.Equal(x, want) {
			t.Errorf("%s: %v, %v", filepath.Base(path), x, err)
		}
		whole, err := ReadMatrix(path)
		if err != nil || !mat.Equal(x, whole) {
			t.Errorf("%s: differs from ReadMatrix: %v", filepath.Base(path), err)
		}
		cursor := rows.Cursor()
		if row, err := cursor.Row(1); err != nil || fmt.Sprint(row) != "[4 5 6]" {
			t.Errorf("%s: row 1 is %v, %v", filepath.Base(path), row, err)
		}
		if digest, err := rows.Digest(); err != nil || digest != "5285d8d57a56" {
			t.Errorf("%s: digest %s, %v", filepath.Base(path), digest, err)
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestRowsRefuse(t *testing.T) {
	if _, err := OpenRows(filepath.Join(t.TempDir(), "none.npz#x")); err == nil || !strings.Contains(err.Error(), "none.npz: no such file") {
		t.Errorf("an array of a missing file: %v", err)
	}
	for _, c := range []struct{ path, want string }{
		{filepath.Join(t.TempDir(), "none.npy"), "no such file"},
		{writeNPY(t, "plain.npy", "<f8", false, "(1, 1)", doubles(1)) + "#x", "only a .npz file holds arrays by name"},
		{writeNPY(t, "nan.npy", "<f8", false, "(2, 2)", doubles(1, 2, 3, math.NaN())), "row 2, column 2 is NaN: want finite numbers"},
		{writeNPY(t, "short.npy", "<f8", false, "(2, 2)", doubles(1, 2, 3)), "is cut short: its header announces 2 x 2 numbers of 8 bytes, and 24 bytes of them are there"},
		{writeNPY(t, "long.npy", "<f8", false, "(2, 2)", doubles(1, 2, 3, 4, 5)), "goes on after the numbers"},
		{writeNPY(t, "object.npy", "|O", false, "(2, 2)", doubles(1, 2, 3, 4)), `numpy type "|O": want float32`},
		{writeNPY(t, "empty.npy", "<f8", false, "(0, 2)", nil), "holds no numbers"},
		{writeNPY(t, "huge.npy", "<f8", false, "(4294967296, 4294967296)", nil), "is not that of a matrix in memory"},
	} {
		if _, err := OpenRows(c.path); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), c.path) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one with %q", filepath.Base(c.path), err, c.want)
		}
	}
}

// BenchmarkRow shows that a row costs what it holds, whatever the file holds.
func BenchmarkRow(b *testing.B) {
	for _, n := range []int{1000, 30_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			const d = 1000
			path := filepath.Join(b.TempDir(), "x.npy")
			header := fmt.Sprintf("{'descr': '|u1', 'fortran_order': False, 'shape': (%d, %d), }", n, d)
			header += strings.Repeat(" ", 63-(10+len(header))%64) + "\n"
			file := append([]byte("\x93NUMPY\x01\x00"), byte(len(header)), 0)
			file = append(file, header...)
			if err := os.WriteFile(path, append(file, make([]byte, n*d)...), 0o666); err != nil {
				b.Fatal(err)
			}
			rows, err := OpenRows(path)
			if err != nil {
				b.Fatal(err)
			}
			defer rows.Close()
			cursor := rows.Cursor()
			b.ReportAllocs()
			k := 0
			for b.Loop() {
				if _, err := cursor.Row(k * 7919 % n); err != nil {
					b.Fatal(err)
				}
				k++
			}
		})
	}
}
