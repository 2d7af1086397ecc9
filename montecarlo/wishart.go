package montecarlo

import (
	"math"

	"pastur/replicate"
)

// wishart draws the Gram matrix of n standard normal vectors in R^d through its
// Bartlett factor: A is n x min(n,d), lower trapezoidal, with A_kk^2 ~
// chi^2_{d-k} (k from 0) and standard normals below the diagonal, and A A^T has
// the law of the Gram matrix (Bartlett 1933; for n > d the factor is
// trapezoidal and the Gram matrix singular). The cost does not depend on d.
type wishart struct {
	n, columns int
	dim        float64
	factor     []float64 // n x columns, row-major, zero above the diagonal
	gram       []float64 // n x n, factor factor^T
}

// newWishart prepares for n vectors in R^dim. In the limit dim = +Inf the Gram
// matrix over d is the identity.
func newWishart(n int, dim float64) *wishart {
	w := &wishart{n: n, columns: n, dim: dim}
	if dim < float64(n) {
		w.columns = int(dim)
	}
	w.factor = make([]float64, n*w.columns)
	w.gram = make([]float64, n*n)
	if math.IsInf(dim, 1) {
		for k := range n {
			w.factor[k*n+k], w.gram[k*n+k] = 1, 1
		}
	}
	return w
}

// manyVectors is the number of vectors from which a draw looks at the context:
// one takes n^3/6 multiply-adds.
const manyVectors = 64

// draw replaces factor and gram by a new draw, divided by sqrt(dim) and dim:
// the Gram matrix of x_k/sqrt d, with diagonal near 1. The error is the context's.
func (w *wishart) draw(s *replicate.Stream) error {
	if math.IsInf(w.dim, 1) {
		return nil
	}
	root := math.Sqrt(w.dim)
	for k := range w.n {
		if k >= manyVectors {
			if err := s.Context().Err(); err != nil {
				return err
			}
		}
		row := w.factor[k*w.columns : (k+1)*w.columns]
		for j := range row {
			switch {
			case j < k:
				row[j] = s.Normal() / root
			case j == k:
				row[j] = math.Sqrt(s.ChiSquared(w.dim-float64(k))) / root
			}
		}
		for l := 0; l <= k; l++ {
			other := w.factor[l*w.columns : (l+1)*w.columns]
			sum := 0.0
			for j := 0; j <= l && j < w.columns; j++ {
				sum += float64(row[j] * other[j])
			}
			w.gram[k*w.n+l], w.gram[l*w.n+k] = sum, sum
		}
	}
	return nil
}

// combine overwrites z (n values) by factor xi, the n coordinates of one
// Gaussian functional on the points; xi has columns entries.
func (w *wishart) combine(z, xi []float64) {
	c := w.columns
	for k := range z {
		row := w.factor[k*c : k*c+min(k+1, c)]
		sum := 0.0
		for j, a := range row {
			sum += float64(a * xi[j])
		}
		z[k] = sum
	}
}
