package dataset

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"
)

// readCSV reads a table of numbers. A first line in which nothing is a number
// is taken for the names of the columns.
func readCSV(in io.Reader, tabs bool) (*Set, error) {
	r := csv.NewReader(in)
	r.ReuseRecord = true
	r.TrimLeadingSpace = true
	r.Comment = '#'
	r.FieldsPerRecord = -1 // an error of our own says more
	if tabs {
		r.Comma = '\t'
		r.TrimLeadingSpace = false
	}
	var data []float64
	rows, columns := 0, 0
	for first := true; ; first = false {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if first && names(record) {
			columns = len(record)
			continue
		}
		if columns == 0 {
			columns = len(record)
		}
		if len(record) != columns {
			return nil, fmt.Errorf("line %d has %d fields, the lines before it %d", line, len(record), columns)
		}
		for k, field := range record {
			x, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
			if err != nil && !errors.Is(err, strconv.ErrRange) {
				return nil, fmt.Errorf("line %d, column %d: want a number, got %q", line, k+1, field)
			}
			data = append(data, x) // beyond the range it is infinite, and refused as such
		}
		rows++
	}
	if rows == 0 {
		return nil, errors.New("holds no line of numbers")
	}
	return &Set{X: mat.NewDense(rows, columns, data), Format: "csv"}, nil
}

// names reports whether no field is a number.
func names(record []string) bool {
	for _, field := range record {
		if _, err := strconv.ParseFloat(strings.TrimSpace(field), 64); err == nil {
			return false
		}
	}
	return true
}
