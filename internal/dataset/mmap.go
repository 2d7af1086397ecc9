package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"

	"golang.org/x/exp/mmap"
	"gonum.org/v1/gonum/mat"
)

// Rows is a data set whose rows are read on demand. A plain .npy file is mapped
// into memory, so that one of 10 GB costs no more than the rows looked at; any
// other file is read whole. The file must not change while it is in use.
type Rows struct {
	path          string
	rows, columns int
	dense         *mat.Dense // nil when mapped
	file          *mmap.ReaderAt
	header        *header
	offset        int64 // of the first number
}

// scanned is how many numbers are looked at when a file is opened: below it, all
// of them.
const scanned = 1 << 26

// OpenRows opens the file at path, see [Read] for the formats. Errors begin
// with path. Entries that are not finite are reported here if there are fewer
// than 2^26 of them in all, otherwise when their row is read.
func OpenRows(path string) (*Rows, error) {
	name, _, named := split(path)
	head, err := Head(name, len(npyMark))
	if err != nil {
		return nil, openError(name, err)
	}
	r := &Rows{path: path}
	if named || string(head) != string(npyMark) {
		if r.dense, err = ReadMatrix(path); err != nil {
			return nil, err
		}
		r.rows, r.columns = r.dense.Dims()
		return r, nil
	}
	if r.file, err = mmap.Open(path); err != nil {
		return nil, openError(path, err)
	}
	if err := r.readHeader(); err != nil {
		r.file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if r.rows*r.columns <= scanned {
		cursor := r.Cursor()
		for n := range r.rows {
			if _, err := cursor.Row(n); err != nil {
				r.file.Close()
				return nil, err
			}
		}
	}
	return r, nil
}

func (r *Rows) readHeader() error {
	section := io.NewSectionReader(r.file, 0, int64(r.file.Len()))
	h, err := readHeader(section)
	if err != nil {
		return err
	}
	if r.offset, err = section.Seek(0, io.SeekCurrent); err != nil {
		return err
	}
	if r.rows, r.columns, err = area(h.shape); err != nil {
		return err
	}
	if h.fortran && len(h.shape) > 2 {
		return fmt.Errorf("an array of %d dimensions in Fortran order: want C order (numpy.ascontiguousarray)", len(h.shape))
	}
	r.header = h
	want, have := int64(r.rows)*int64(r.columns)*int64(h.width), int64(r.file.Len())-r.offset
	switch {
	case have < want:
		return fmt.Errorf("is cut short: its header announces %d x %d numbers of %d bytes, and %d bytes of them are there", r.rows, r.columns, h.width, have)
	case have > want:
		return errors.New("goes on after the numbers its header announces")
	}
	return nil
}

// Dims returns the number of rows and of columns.
func (r *Rows) Dims() (rows, columns int) { return r.rows, r.columns }

// Dims returns the number of rows and of columns.
func (c *Cursor) Dims() (rows, columns int) { return c.from.Dims() }

// Close unmaps the file; no row may be read afterwards.
func (r *Rows) Close() error {
	if r.file == nil {
		return nil
	}
	return r.file.Close()
}

// Digest identifies the numbers, whatever the name and the format of the file:
// the first 12 hexadecimal digits of the SHA-256 of the shape and of all rows, or,
// of a matrix of more than 2^26 numbers, of as many rows as hold that many,
// equally spaced.
func (r *Rows) Digest() (string, error) {
	hash := sha256.New()
	fmt.Fprintf(hash, "%d %d\n", r.rows, r.columns)
	step := 1
	if total := r.rows * r.columns; total > scanned {
		step = (total-1)/scanned + 1
	}
	cursor := r.Cursor()
	var word [8]byte
	for n := 0; n < r.rows; n += step {
		row, err := cursor.Row(n)
		if err != nil {
			return "", err
		}
		for _, x := range row {
			binary.LittleEndian.PutUint64(word[:], math.Float64bits(x))
			hash.Write(word[:])
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:12], nil
}

// Cursor returns a reader of rows. Several may read one Rows at a time.
func (r *Rows) Cursor() *Cursor {
	c := &Cursor{from: r}
	if r.dense == nil {
		c.row = make([]float64, r.columns)
		c.bytes = make([]byte, r.columns*r.header.width)
	}
	return c
}

// Cursor reads single rows. It owns scratch memory and is not safe for
// concurrent use.
type Cursor struct {
	from  *Rows
	row   []float64
	bytes []byte
}

// Row returns row n, counted from 0; it is valid until the next call and must not
// be changed. It returns an error if the file cannot be read or an entry is not
// finite, and panics if there is no such row.
func (c *Cursor) Row(n int) ([]float64, error) {
	r := c.from
	if n < 0 || n >= r.rows {
		panic(fmt.Sprintf("dataset: row %d of %d", n, r.rows))
	}
	if r.dense != nil {
		return r.dense.RawRowView(n), nil
	}
	h := r.header
	if h.fortran {
		for k := range r.columns {
			at := c.bytes[k*h.width : (k+1)*h.width]
			if err := r.read(at, int64(k)*int64(r.rows)+int64(n)); err != nil {
				return nil, err
			}
		}
	} else if err := r.read(c.bytes, int64(n)*int64(r.columns)); err != nil {
		return nil, err
	}
	for k := range c.row {
		x := h.decode(c.bytes[k*h.width:])
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return nil, fmt.Errorf("%s: row %d, column %d is %v: want finite numbers", r.path, n+1, k+1, x)
		}
		c.row[k] = x
	}
	return c.row, nil
}

// read fills buffer from the number-th number on.
func (r *Rows) read(buffer []byte, number int64) error {
	if _, err := r.file.ReadAt(buffer, r.offset+number*int64(r.header.width)); err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	return nil
}

// Matrix returns all rows as one matrix in memory.
func (r *Rows) Matrix() (*mat.Dense, error) {
	if r.dense != nil {
		return r.dense, nil
	}
	x := mat.NewDense(r.rows, r.columns, nil)
	cursor := r.Cursor()
	for n := range r.rows {
		row, err := cursor.Row(n)
		if err != nil {
			return nil, err
		}
		x.SetRow(n, row)
	}
	return x, nil
}

// FromMatrix returns the rows of x, which must be finite and must not be changed
// afterwards.
func FromMatrix(x *mat.Dense) (*Rows, error) {
	if err := checkFinite(x); err != nil {
		return nil, err
	}
	rows, columns := x.Dims()
	return &Rows{rows: rows, columns: columns, dense: x}, nil
}
