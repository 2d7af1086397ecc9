package dataset

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// ReadMatrix returns the matrix in a .npy, .npz (see [Read] for its array's name)
// or .csv file, or the images in an IDX or CIFAR file, one sample a row. The
// file is read whole; its numbers are held once, as float64.
//
// It returns an error, which begins with path, if the file cannot be read, is in
// none of these formats or does not hold what it announces, or if an entry is
// NaN or infinite.
func ReadMatrix(path string) (*mat.Dense, error) {
	set, err := Read(path)
	if err != nil {
		return nil, err
	}
	return set.X, nil
}

// Set is what a file holds.
type Set struct {
	// X is the data, one sample a row.
	X *mat.Dense
	// Labels holds the class of each sample, counted from 0; nil if the format
	// has none.
	Labels []int
	// Classes is the number of classes the format has (10 or 100 for CIFAR), 0 if
	// it does not say.
	Classes int
	// Format names the format: npy, npz, csv, idx, cifar-10 or cifar-100.
	Format string
}

// Read returns what the file at path holds. For an array of a .npz file that
// holds several, path is FILE.npz#name. Errors are those of [ReadMatrix].
func Read(path string) (*Set, error) {
	name, array, named := split(path)
	file, err := os.Open(name)
	if err != nil {
		return nil, openError(name, err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, openError(name, err)
	}
	if info.IsDir() {
		return nil, fmt.Errorf("%s is a folder: want a file", name)
	}
	set, err := read(file, info.Size(), name, array, named)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return set, nil
}

// split cuts FILE.npz#name into the file and the name of the array in it.
func split(path string) (name, array string, named bool) {
	if _, err := os.Stat(path); err == nil {
		return path, "", false // a file may have the mark in its name
	}
	return strings.Cut(path, "#")
}

// openError strips what an error of package os says twice.
func openError(path string, err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		err = at.Err
	}
	return fmt.Errorf("%s: %w", path, err)
}

// The first bytes of formats that have a mark.
var (
	npyMark  = []byte("\x93NUMPY")
	zipMark  = []byte("PK")
	gzipMark = []byte{0x1f, 0x8b}
)

// content is a file being read.
type content struct {
	*bufio.Reader
	size int64  // its bytes, -1 if not known (compressed)
	name string // decides between formats without a mark
}

// input is an open file.
type input interface {
	io.Reader
	io.ReaderAt
}

func read(file input, size int64, name, array string, named bool) (*Set, error) {
	in := &content{bufio.NewReaderSize(file, 1<<16), size, name}
	head, err := in.head(8)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(head, zipMark) {
		return readNPZ(file, size, array)
	}
	if named {
		return nil, fmt.Errorf("only a .npz file holds arrays by name, and this is none: %s", showBytes(head))
	}
	if bytes.HasPrefix(head, gzipMark) {
		plain, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w", err)
		}
		in = &content{bufio.NewReaderSize(plain, 1<<16), -1, strings.TrimSuffix(name, ".gz")}
		if head, err = in.head(8); err != nil {
			return nil, err
		}
	}
	var set *Set
	switch extension := strings.ToLower(filepath.Ext(in.name)); {
	case bytes.HasPrefix(head, npyMark):
		set, err = readNPY(in)
	case extension == ".npy" || extension == ".npz":
		mark := npyMark
		if extension == ".npz" {
			mark = []byte("PK\x03\x04")
		}
		return nil, fmt.Errorf("want a %s file, whose first bytes are %s, got %s", extension, showBytes(mark), showBytes(head))
	case extension == ".csv" || extension == ".tsv" || extension == ".txt":
		set, err = readCSV(in, extension == ".tsv")
	case isIDX(head):
		set, err = readIDX(in)
	case extension == ".bin":
		set, err = readCIFAR(in)
	default:
		return nil, fmt.Errorf("want a .npy, .npz, .csv, IDX or CIFAR (.bin) file, got a file whose first bytes are %s", showBytes(head))
	}
	if err != nil {
		return nil, err
	}
	return set, checkFinite(set.X)
}

// head returns the first n bytes, or fewer if there are not as many.
func (c *content) head(n int) ([]byte, error) {
	head, err := c.Peek(n)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(head) == 0 {
		return nil, errors.New("the file is empty")
	}
	return head, nil
}

// showBytes writes bytes as hexadecimal numbers and, where they are printable,
// as text.
func showBytes(b []byte) string {
	text := ""
	for _, c := range b {
		if c < ' ' || c > '~' {
			return fmt.Sprintf("% x", b)
		}
		text += string(rune(c))
	}
	return fmt.Sprintf("% x (%q)", b, text)
}

// checkFinite refuses entries that are not finite.
func checkFinite(x *mat.Dense) error {
	r, c := x.Dims()
	for i := range r {
		row := x.RawRowView(i)
		for k := range c {
			if math.IsNaN(row[k]) || math.IsInf(row[k], 0) {
				return fmt.Errorf("row %d, column %d is %v: want finite numbers", i+1, k+1, row[k])
			}
		}
	}
	return nil
}

// maxEntries is how many numbers a file may hold: 2^33 of them are 64 GiB. A 32-bit
// machine counts fewer.
const maxEntries = min(1<<33, math.MaxInt)

// area returns the number of entries of a shape as rows and columns, or why it
// cannot be a matrix.
func area(shape []int) (rows, columns int, err error) {
	if len(shape) == 0 {
		return 0, 0, errors.New("holds a single number: want a matrix")
	}
	rows, columns = shape[0], 1
	for _, n := range shape[1:] {
		if n < 0 || n > 0 && columns > maxEntries/n {
			return 0, 0, fmt.Errorf("shape %v is not that of a matrix in memory", shape)
		}
		columns *= n
	}
	if rows < 0 || columns > 0 && rows > maxEntries/columns {
		return 0, 0, fmt.Errorf("shape %v is not that of a matrix in memory", shape)
	}
	if rows == 0 || columns == 0 {
		return 0, 0, fmt.Errorf("shape %v holds no numbers", shape)
	}
	return rows, columns, nil
}

// readEntries decodes rows*columns numbers of width bytes each from r. What a
// truncated file lacks is an error before it has been paid for in memory.
func readEntries(r io.Reader, rows, columns, width int, decode func([]byte) float64) ([]float64, error) {
	count := rows * columns
	data := make([]float64, 0, min(count, 1<<16))
	buffer := make([]byte, min(count, 1<<13)*width)
	for len(data) < count {
		part := buffer[:min(count-len(data), 1<<13)*width]
		n, err := io.ReadFull(r, part)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, fmt.Errorf("is cut short: its header announces %d x %d numbers of %d bytes, and %d bytes of them are there",
				rows, columns, width, len(data)*width+n)
		}
		if err != nil {
			return nil, err
		}
		for ; len(part) > 0; part = part[width:] {
			data = append(data, decode(part))
		}
	}
	return data, nil
}
