package reports

import (
	"math"
	"strconv"
)

// Reduce returns a sheet of at most cells x cells entries: a larger matrix keeps
// the largest |entry| of each tile, to five digits. So many lines between blocks that they would
// hide what is between them, over 24 or closer than four entries, are left out.
func (s HeatSheet) Reduce(cells int) HeatSheet {
	rows, columns := s.Matrix.Dims()
	to := func(n int) int { return min(n, cells) }
	values := make(Values, to(rows))
	for a := range values {
		values[a] = make([]float64, to(columns))
	}
	for i := range rows {
		line := values[i*len(values)/rows]
		for j := range columns {
			cell := &line[j*len(line)/columns]
			*cell = max(*cell, math.Abs(s.Matrix.At(i, j)))
		}
	}
	for _, line := range values {
		for j, x := range line {
			// Five digits are more than a colour shows, and halve a file of them.
			line[j], _ = strconv.ParseFloat(strconv.FormatFloat(x, 'g', 5, 64), 64)
		}
	}
	// The first tile that holds nothing from before place i.
	scaled := func(i, size int) int { return (i*to(size) + size - 1) / size }
	lines := func(all []int, size int) (kept []int) {
		if len(all) > 24 {
			return nil
		}
		last := 0
		for _, at := range all {
			at = scaled(at, size)
			if at-last < 4 {
				return nil
			}
			if at < to(size) {
				kept = append(kept, at)
			}
			last = at
		}
		return kept
	}
	r := s
	r.Matrix = values
	r.Rows = lines(s.Rows, rows)
	if s.Columns != nil {
		r.Columns = lines(s.Columns, columns)
	}
	r.Labels = nil
	for _, l := range s.Labels {
		if from, to := scaled(l.From, rows), scaled(l.To, rows); from < to {
			r.Labels = append(r.Labels, HeatLabel{From: from, To: to, Text: l.Text})
		}
	}
	return r
}
