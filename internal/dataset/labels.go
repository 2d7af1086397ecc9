package dataset

import (
	"fmt"
	"io"
	"math"
	"os"
)

// ReadLabels returns the labels in a file: whole numbers, one a sample, as a
// vector or a matrix with one column or one row, in any format [Read] knows.
func ReadLabels(path string) ([]int, error) {
	set, err := Read(path)
	if err != nil {
		return nil, err
	}
	if set.Labels != nil {
		return set.Labels, nil
	}
	rows, columns := set.X.Dims()
	if rows > 1 && columns > 1 {
		return nil, fmt.Errorf("%s: want labels, one number a sample, got a matrix %d x %d", path, rows, columns)
	}
	labels := make([]int, rows*columns)
	for n := range labels {
		x := set.X.At(n%rows, n/rows)
		if x != math.Floor(x) || math.Abs(x) > 1<<31 {
			return nil, fmt.Errorf("%s: label of sample %d must be a whole number, got %v", path, n+1, x)
		}
		labels[n] = int(x)
	}
	return labels, nil
}

// Head returns the first n bytes of a file, or fewer if it has not as many.
func Head(path string, n int) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	head := make([]byte, n)
	k, err := io.ReadFull(file, head)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return head[:k], err
}
