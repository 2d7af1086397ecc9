package dataset

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"gonum.org/v1/gonum/mat"
)

// idxTypes are the numbers an IDX file may hold, by the third byte of its mark
// (Y. LeCun, C. Cortes, C. Burges, The MNIST database, "file formats").
var idxTypes = map[byte]struct {
	width  int
	decode func([]byte) float64
}{
	0x08: {1, func(b []byte) float64 { return float64(b[0]) }},
	0x09: {1, func(b []byte) float64 { return float64(int8(b[0])) }},
	0x0b: {2, func(b []byte) float64 { return float64(int16(binary.BigEndian.Uint16(b))) }},
	0x0c: {4, func(b []byte) float64 { return float64(int32(binary.BigEndian.Uint32(b))) }},
	0x0d: {4, func(b []byte) float64 { return float64(math.Float32frombits(binary.BigEndian.Uint32(b))) }},
	0x0e: {8, func(b []byte) float64 { return math.Float64frombits(binary.BigEndian.Uint64(b)) }},
}

// isIDX reports whether a file begins like IDX: two zeros, a type, and a number
// of dimensions.
func isIDX(head []byte) bool {
	if len(head) < 4 || head[0] != 0 || head[1] != 0 || head[3] == 0 || head[3] > 8 {
		return false
	}
	_, ok := idxTypes[head[2]]
	return ok
}

// readIDX reads an IDX file. Images of bytes (more than one dimension) are
// divided by 255; labels (one dimension) and other types are taken as they are.
func readIDX(in *content) (*Set, error) {
	var mark [4]byte
	if _, err := io.ReadFull(in, mark[:]); err != nil {
		return nil, err
	}
	kind, shape := idxTypes[mark[2]], make([]int, mark[3])
	for k := range shape {
		var n uint32
		if err := binary.Read(in, binary.BigEndian, &n); err != nil {
			return nil, errors.New("is cut short in its IDX header")
		}
		shape[k] = int(n)
	}
	rows, columns, err := area(shape)
	if err != nil {
		return nil, err
	}
	decode := kind.decode
	if mark[2] == 0x08 && len(shape) > 1 {
		decode = pixel
	}
	data, err := readEntries(in, rows, columns, kind.width, decode)
	if err != nil {
		return nil, err
	}
	switch _, err := in.ReadByte(); {
	case err == nil:
		return nil, fmt.Errorf("goes on after the %d x %d numbers its IDX header announces", rows, columns)
	case !errors.Is(err, io.EOF):
		return nil, err // the checksum of a compressed file
	}
	return &Set{X: mat.NewDense(rows, columns, data), Format: "idx"}, nil
}

// pixel maps a byte to [0,1].
func pixel(b []byte) float64 { return float64(b[0]) / 255 }
