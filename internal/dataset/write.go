package dataset

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"
)

// WriteMatrix writes x as a .npy array of float64 in C order, as numpy.save would.
// (npyio would build the whole file in memory; a Hessian may have gigabytes.)
func WriteMatrix(w io.Writer, x *mat.Dense) error {
	rows, columns := x.Dims()
	text := fmt.Sprintf("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, %d), }", rows, columns)
	// The header's length, mark and all, is a multiple of 64.
	padding := 63 - (10+len(text))%64
	header := append([]byte(nil), npyMark...)
	header = append(header, 1, 0)
	header = binary.LittleEndian.AppendUint16(header, uint16(len(text)+padding+1))
	header = append(header, fmt.Sprintf("%s%*s\n", text, padding, "")...)
	if _, err := w.Write(header); err != nil {
		return err
	}
	buffer := make([]byte, 0, 8*columns)
	for i := range rows {
		buffer = buffer[:0]
		for _, v := range x.RawRowView(i) {
			buffer = binary.LittleEndian.AppendUint64(buffer, math.Float64bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

// WriteArrays writes a .npz file, uncompressed and without times, so that equal
// arrays are equal bytes.
func WriteArrays(w io.Writer, arrays []Array) error {
	archive := zip.NewWriter(w)
	for _, a := range arrays {
		entry, err := archive.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		if err := WriteMatrix(entry, a.X); err != nil {
			return err
		}
	}
	return archive.Close()
}
