package network

import (
	"math"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// CrossBound returns a bound on [Norms.Cross], the norm of all blocks between
// different layers, that is a multiple of the optimality gap: under cross entropy
//
//	|H_{lk}|_F <= (1/N) sum_n K_n (1 - p_{n,y_n}) <= max K_n * Gap <= max K_n * Loss,
//	K_n = |a_{l-1}| S_k ( 2 S_l |a_{k-1}| + sqrt(2 q) |W_{l+1}| .. |W_{k-1}| ),
//
// for layers l < k, |W| the largest singular value, S_l = |W_{l+1}| .. |W_L|, and q
// the smallest of n_l .. n_{k-1}; pairs of layers are added in quadrature. With one
// hidden layer
//
//	K_n = |x_n| ( 2 |V| |h_n| + sqrt(2 m) ).
//
// Proof. In the closed form of [Curvature], c = J_l^T A J_k with |J_l| <= S_l, and A =
// diag(p) - p p^T is positive semidefinite, so |A|_F <= tr A = 1 - |p|^2 <= 1 - p_y^2 <=
// 2 (1 - p_y). The residual has |p - y| <= sqrt 2 (1 - p_y), delta_k = J_k^T (p - y), and
// |D|_F <= sqrt q |W_{l+1}| .. |W_{k-1}|. Last, 1 - p_y <= -log p_y.
//
// So between layers the Hessian vanishes with the loss, whatever the data and the
// weights as long as they stay bounded. Under squared error it does not, as A = 2 I
// does not: there is no such bound, and ok is false.
func (c *Curvature) CrossBound() (bound float64, ok bool) {
	if c.loss != CE {
		return math.NaN(), false
	}
	depth := c.net.Depth()
	spectral := make([]float64, depth)
	for l := 1; l < depth; l++ { // the first is not needed
		spectral[l] = spectralNorm(c.net.layers[l])
	}
	after := make([]float64, depth+1) // S_{l+1} for layer l
	after[depth-1] = 1
	for l := depth - 2; l >= 0; l-- {
		after[l] = after[l+1] * spectral[l+1]
	}
	gap := make([]float64, c.samples)
	for n := range gap {
		// 1 - p_y is the residual of the label: the only negative one.
		for s := range c.net.Classes() {
			gap[n] = max(gap[n], -row(c.delta[depth], s)[n])
		}
	}
	lengths := make([][]float64, depth)
	for l := range lengths {
		lengths[l] = columnLengths(c.a[l])
	}
	total := 0.0
	for l := range depth {
		between, q := 1.0, c.net.sizes[l+1]
		for k := l + 1; k < depth; k++ {
			if k > l+1 {
				between *= spectral[k-1]
				q = min(q, c.net.sizes[k])
			}
			sum := 0.0
			for n, e := range gap {
				sum += lengths[l][n] * after[k] * (2*after[l]*lengths[k][n] + math.Sqrt(2*float64(q))*between) * e
			}
			sum /= float64(c.samples)
			total += sum * sum
		}
	}
	return math.Sqrt(total), true
}

// columnLengths returns the Euclidean norms of the columns.
func columnLengths(a blas64.General) []float64 {
	out := make([]float64, a.Cols)
	for i := range a.Rows {
		for n, x := range row(a, i) {
			out[n] += x * x
		}
	}
	for n, x := range out {
		out[n] = math.Sqrt(x)
	}
	return out
}

// spectralNorm returns the largest singular value, from the smaller of the two
// Gram matrices.
func spectralNorm(w *mat.Dense) float64 {
	r, c := w.Dims()
	size := min(r, c)
	gram := mat.NewSymDense(size, nil)
	if r <= c {
		gram.SymOuterK(1, w)
	} else {
		gram.SymOuterK(1, w.T())
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(gram, false) {
		return mat.Norm(w, 2) // the Frobenius norm is a bound too
	}
	return math.Sqrt(max(0, eigen.Values(nil)[size-1]))
}
