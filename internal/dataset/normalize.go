package dataset

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Normalization says how data is shifted and scaled before use.
type Normalization string

const (
	// None leaves the data as the file has it (bytes of images over 255).
	None Normalization = "none"
	// Global subtracts the mean of all entries and divides by their standard
	// deviation.
	Global Normalization = "global"
	// Feature does so in each column; a constant column becomes 0.
	Feature Normalization = "feature"
)

// ParseNormalization returns the normalization called s.
func ParseNormalization(s string) (Normalization, error) {
	switch n := Normalization(s); n {
	case None, Global, Feature:
		return n, nil
	}
	return "", fmt.Errorf("unknown normalization %q: want none, global or feature", s)
}

// Normalize changes x in place. Standard deviations are those of the entries
// given, with divisor n. It returns an error if Global finds a constant matrix.
func Normalize(x *mat.Dense, by Normalization) error {
	rows, columns := x.Dims()
	switch by {
	case Global:
		mean, deviation := moments(x, 0, columns)
		if deviation == 0 {
			return fmt.Errorf("cannot be normalized: every entry is %v", mean)
		}
		for i := range rows {
			for k, v := range x.RawRowView(i) {
				x.Set(i, k, (v-mean)/deviation)
			}
		}
	case Feature:
		for k := range columns {
			mean, deviation := moments(x, k, k+1)
			for i := range rows {
				v := 0.0
				if deviation > 0 {
					v = (x.At(i, k) - mean) / deviation
				}
				x.Set(i, k, v)
			}
		}
	}
	return nil
}

// moments returns mean and standard deviation of the columns from..to-1. Equal
// entries have deviation exactly 0: the mean is taken about the first.
func moments(x *mat.Dense, from, to int) (mean, deviation float64) {
	rows, _ := x.Dims()
	base, n := x.At(0, from), float64(rows*(to-from))
	sum, squares := 0.0, 0.0
	for i := range rows {
		for _, v := range x.RawRowView(i)[from:to] {
			sum += v - base
		}
	}
	shift := sum / n
	for i := range rows {
		for _, v := range x.RawRowView(i)[from:to] {
			squares += (v - base - shift) * (v - base - shift)
		}
	}
	return base + shift, math.Sqrt(squares / n)
}
