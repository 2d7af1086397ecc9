package dataset

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sbinet/npyio/npy"
	"gonum.org/v1/gonum/mat"
)

// header is what a .npy file announces.
type header struct {
	shape   []int
	fortran bool
	width   int // bytes a number
	decode  func([]byte) float64
}

// maxHeader is how long a .npy header may be; numpy's own are 118 bytes.
const maxHeader = 1 << 16

// readHeader reads the header of a .npy file, and leaves r at the first number.
func readHeader(r io.Reader) (h *header, err error) {
	// npyio trusts the header to be well-formed, slices it without looking and
	// allocates as much as it asks for.
	prefix := make([]byte, 10)
	if _, err := io.ReadFull(r, prefix); err != nil {
		return nil, errors.New("is cut short in its .npy header")
	}
	if !bytes.HasPrefix(prefix, npyMark) {
		return nil, fmt.Errorf("want a .npy array, whose first bytes are %s, got %s", showBytes(npyMark), showBytes(prefix[:6]))
	}
	length := int64(binary.LittleEndian.Uint16(prefix[8:]))
	if prefix[6] >= 2 {
		rest := make([]byte, 2)
		if _, err := io.ReadFull(r, rest); err != nil {
			return nil, errors.New("is cut short in its .npy header")
		}
		prefix = append(prefix, rest...)
		length = int64(binary.LittleEndian.Uint32(prefix[8:]))
	}
	if length > maxHeader {
		return nil, fmt.Errorf("its .npy header announces %d bytes, more than the %d any plain array needs", length, maxHeader)
	}
	text := make([]byte, length)
	if _, err := io.ReadFull(r, text); err != nil {
		return nil, errors.New("is cut short in its .npy header")
	}
	bad := fmt.Errorf("its .npy header cannot be read: %q", bytes.TrimSpace(text))
	defer func() {
		if recover() != nil {
			h, err = nil, bad
		}
	}()
	parsed, err := npy.NewReader(bytes.NewReader(append(prefix, text...)))
	if err != nil {
		return nil, bad
	}
	d := parsed.Header.Descr
	width, decode, err := decoder(d.Type)
	if err != nil {
		return nil, err
	}
	return &header{shape: d.Shape, fortran: d.Fortran, width: width, decode: decode}, nil
}

// decoder returns how numbers of a numpy type are stored.
func decoder(kind string) (width int, decode func([]byte) float64, err error) {
	refused := fmt.Errorf("holds numbers of the numpy type %q: want float32, float64, bool or an integer type", kind)
	if len(kind) < 2 {
		return 0, nil, refused
	}
	var order binary.ByteOrder = binary.LittleEndian
	name := kind
	switch kind[0] {
	case '>':
		order = binary.BigEndian
		name = kind[1:]
	case '<', '|', '=':
		name = kind[1:]
	}
	decode = map[string]func([]byte) float64{
		"f4": func(b []byte) float64 { return float64(math.Float32frombits(order.Uint32(b))) },
		"f8": func(b []byte) float64 { return math.Float64frombits(order.Uint64(b)) },
		"b1": func(b []byte) float64 { return float64(b[0]) },
		"u1": func(b []byte) float64 { return float64(b[0]) },
		"i1": func(b []byte) float64 { return float64(int8(b[0])) },
		"u2": func(b []byte) float64 { return float64(order.Uint16(b)) },
		"i2": func(b []byte) float64 { return float64(int16(order.Uint16(b))) },
		"u4": func(b []byte) float64 { return float64(order.Uint32(b)) },
		"i4": func(b []byte) float64 { return float64(int32(order.Uint32(b))) },
		"u8": func(b []byte) float64 { return float64(order.Uint64(b)) },
		"i8": func(b []byte) float64 { return float64(int64(order.Uint64(b))) },
	}[name]
	if decode == nil {
		return 0, nil, refused
	}
	return int(name[1] - '0'), decode, nil
}

// readNPY reads one array.
func readNPY(in *content) (*Set, error) {
	x, err := readArray(in)
	if err != nil {
		return nil, err
	}
	return &Set{X: x, Format: "npy"}, nil
}

// ends reads on to the end, where compressed files and archives have their checksums.
func ends(r io.Reader) error {
	switch _, err := io.ReadFull(r, make([]byte, 1)); {
	case err == nil:
		return errors.New("goes on after the numbers its header announces")
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}

func readArray(r io.Reader) (*mat.Dense, error) {
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	rows, columns, err := area(h.shape)
	if err != nil {
		return nil, err
	}
	if h.fortran && len(h.shape) > 2 {
		return nil, fmt.Errorf("an array of %d dimensions in Fortran order: want C order (numpy.ascontiguousarray)", len(h.shape))
	}
	data, err := readEntries(r, rows, columns, h.width, h.decode)
	if err == nil {
		err = ends(r)
	}
	if err != nil {
		return nil, err
	}
	if h.fortran && columns > 1 {
		return mat.DenseCopyOf(mat.NewDense(columns, rows, data).T()), nil
	}
	return mat.NewDense(rows, columns, data), nil
}

// Array is a matrix with a name.
type Array struct {
	Name string
	X    *mat.Dense
}

// ReadArrays returns all arrays of a .npz file in the order in which they are
// stored, each a matrix as [ReadMatrix] would return it. Errors begin with path.
func ReadArrays(path string) ([]Array, error) {
	archive, err := zip.OpenReader(path)
	if err != nil {
		if errors.Is(err, zip.ErrFormat) {
			head, _ := Head(path, 4)
			return nil, fmt.Errorf("%s: want a .npz file, whose first bytes are %s, got %s", path, showBytes([]byte("PK\x03\x04")), showBytes(head))
		}
		return nil, openError(path, err)
	}
	defer archive.Close()
	var arrays []Array
	for _, f := range archive.File {
		x, err := readEntry(f)
		if err != nil {
			return nil, fmt.Errorf("%s: array %q: %w", path, arrayName(f), err)
		}
		arrays = append(arrays, Array{arrayName(f), x})
	}
	if len(arrays) == 0 {
		return nil, fmt.Errorf("%s: holds no array", path)
	}
	return arrays, nil
}

func arrayName(f *zip.File) string { return strings.TrimSuffix(f.Name, ".npy") }

func readEntry(f *zip.File) (*mat.Dense, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	x, err := readArray(r)
	if err != nil {
		return nil, err
	}
	return x, checkFinite(x)
}

// readNPZ reads one array of a .npz file.
func readNPZ(r io.ReaderAt, size int64, name string) (*Set, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf(".npz: %w", err)
	}
	var names []string
	for _, f := range archive.File {
		names = append(names, arrayName(f))
	}
	k := 0
	switch {
	case len(names) == 0:
		return nil, errors.New("holds no array")
	case name == "" && len(names) > 1:
		return nil, fmt.Errorf("holds %d arrays, %s: name one as FILE.npz#%s", len(names), strings.Join(names, ", "), names[0])
	case name != "":
		if k = slices.Index(names, name); k < 0 {
			return nil, fmt.Errorf("holds no array %q: it has %s", name, strings.Join(names, ", "))
		}
	}
	x, err := readEntry(archive.File[k])
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", names[k], err)
	}
	return &Set{X: x, Format: "npz"}, nil
}
