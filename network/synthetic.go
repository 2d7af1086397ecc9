package network

import (
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Synthetic names a law of data.
type Synthetic string

const (
	// Gaussian is N(0, I) data with labels that are uniform on the classes and
	// independent of it: the setting of the theorems, and of the source material's
	// training runs.
	Gaussian Synthetic = "gaussian"
	// Clusters is a mixture: class c, uniform, has mean mu_c ~ N(0, I), the same
	// for all its samples, and x = mu_c + N(0, I): labels can be learnt.
	Clusters Synthetic = "clusters"
)

// ParseSynthetic returns the law called s: "gaussian" or "clusters".
func ParseSynthetic(s string) (Synthetic, error) { return parse("data", s, Gaussian, Clusters) }

// Draw returns N samples of dimension d, one a row, and labels of C classes. It draws
// the labels first, then the means (if any), then the data row by row.
func (s Synthetic) Draw(src Source, samples, dim, classes int) (*mat.Dense, []int, error) {
	if _, err := ParseSynthetic(string(s)); err != nil {
		return nil, nil, err
	}
	for _, n := range []struct {
		what         string
		value, least int
	}{{"samples", samples, 1}, {"dim", dim, 1}, {"classes", classes, 1}} {
		if n.value < n.least {
			return nil, nil, fmt.Errorf("%s must be at least %d, got %d", n.what, n.least, n.value)
		}
	}
	y := make([]int, samples)
	for n := range y {
		y[n] = int(src.Float64() * float64(classes))
	}
	var means []float64
	if s == Clusters {
		means = make([]float64, classes*dim)
		for k := range means {
			means[k] = src.Normal()
		}
	}
	X := mat.NewDense(samples, dim, nil)
	for n, row := range rows(X) {
		for k := range row {
			row[k] = src.Normal()
			if means != nil {
				row[k] += means[y[n]*dim+k]
			}
		}
	}
	return X, y, nil
}
