package dataset

import (
	"errors"
	"fmt"
	"io"

	"gonum.org/v1/gonum/mat"
)

// cifarPixels is the size of an image: 32 x 32 red, then green, then blue.
const cifarPixels = 3 * 32 * 32

// readCIFAR reads the binary version of CIFAR-10 (a record is a label byte and an
// image) or CIFAR-100 (coarse label, fine label, image; the fine one is kept), by
// A. Krizhevsky, "Learning multiple layers of features from tiny images", 2009.
// The files have no mark: which one it is follows from the size, and from the
// labels where both sizes fit.
func readCIFAR(in io.Reader) (*Set, error) {
	data, err := io.ReadAll(in)
	if err != nil {
		return nil, err
	}
	if len(data) == 0 {
		return nil, errors.New("the file is empty")
	}
	fits10 := fitsCIFAR(data, cifarPixels+1, 10)
	fits100 := fitsCIFAR(data, cifarPixels+2, 20, 100)
	switch {
	case fits10 == nil && fits100 != nil:
		return cifar(data, 1, 10), nil
	case fits100 == nil && fits10 != nil:
		return cifar(data, 2, 100), nil
	case fits10 == nil:
		return nil, errors.New("could be CIFAR-10 and CIFAR-100: cut it to fewer images")
	}
	return nil, fmt.Errorf("want a binary CIFAR file: not CIFAR-10 as %w; not CIFAR-100 as %w; its first bytes are %s",
		fits10, fits100, showBytes(data[:min(8, len(data))]))
}

// fitsCIFAR returns why data is not made of such records, whose first bytes are
// labels below the limits.
func fitsCIFAR(data []byte, record int, limits ...byte) error {
	if len(data)%record != 0 {
		return fmt.Errorf("%d bytes are no multiple of %d", len(data), record)
	}
	for n := range len(data) / record {
		for k, limit := range limits {
			if label := data[n*record+k]; label >= limit {
				return fmt.Errorf("record %d has label %d, not below %d", n+1, label, limit)
			}
		}
	}
	return nil
}

func cifar(data []byte, labels, classes int) *Set {
	record := labels + cifarPixels
	n := len(data) / record
	set := &Set{X: mat.NewDense(n, cifarPixels, nil), Labels: make([]int, n), Classes: classes, Format: fmt.Sprintf("cifar-%d", classes)}
	for k := range n {
		from := data[k*record : (k+1)*record]
		set.Labels[k] = int(from[labels-1])
		row := set.X.RawRowView(k)
		for i := range row {
			row[i] = pixel(from[labels+i:])
		}
	}
	return set
}
