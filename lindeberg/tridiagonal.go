package lindeberg

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	lapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"
)

// tridiagonal is a symmetric matrix A = Q T Q^T with T tridiagonal. One
// reduction, (4/3) n^3 flops, serves any number of points z: there the trace of
// the resolvent costs O(n), and so does a solve, so eigenvalues and eigenvectors
// are never needed.
type tridiagonal struct {
	n             int
	a             []float64 // n x n, lower triangle; then the reflectors that make up Q
	diagonal, off []float64 // of T
	tau, work     []float64
	pivots        []complex128 // of T - z, set by resolventTrace
	scaled        []float64    // n x N, columns of the data times sqrt|lambda|
	order         []int
	roots         []float64
}

func newTridiagonal(n, samples int) *tridiagonal {
	t := &tridiagonal{
		n: n, a: make([]float64, n*n), diagonal: make([]float64, n), off: make([]float64, n-1), tau: make([]float64, n-1),
		pivots: make([]complex128, n), scaled: make([]float64, n*samples), order: make([]int, 0, samples), roots: make([]float64, samples),
	}
	query := make([]float64, 1)
	lapack.Implementation{}.Dsytrd(blas.Lower, n, t.a, n, t.diagonal, t.off, t.tau, query, -1)
	t.work = make([]float64, max(int(query[0]), n))
	return t
}

// gram overwrites the matrix by (1/N) Y diag(lambda) Y^T and reduces it.
func (t *tridiagonal) gram(y *mat.Dense, lambda []float64) {
	t.assemble(y, lambda)
	lapack.Implementation{}.Dsytrd(blas.Lower, t.n, t.a, t.n, t.diagonal, t.off, t.tau, t.work, len(t.work))
}

// assemble overwrites the lower triangle of a by (1/N) Y diag(lambda) Y^T, for Y
// with n rows and N columns. Samples of positive and of negative weight are
// summed apart, scaled by sqrt|lambda|, because a symmetric product has half the
// work of a general one; samples of weight 0 have none.
func (t *tridiagonal) assemble(y *mat.Dense, lambda []float64) {
	order := t.order[:0]
	for _, sign := range []float64{1, -1} {
		for n, l := range lambda {
			if sign*l > 0 {
				t.roots[len(order)] = math.Sqrt(sign * l)
				order = append(order, n)
			}
		}
	}
	positive := 0
	for positive < len(order) && lambda[order[positive]] > 0 {
		positive++
	}
	cols := len(order)
	raw := y.RawMatrix()
	for i := range t.n {
		from, to := raw.Data[i*raw.Stride:i*raw.Stride+raw.Cols], t.scaled[i*cols:(i+1)*cols]
		for k, n := range order {
			to[k] = t.roots[k] * from[n]
		}
	}
	clear(t.a)
	sum := blas64.Symmetric{N: t.n, Stride: t.n, Data: t.a, Uplo: blas.Lower}
	scale := 1 / float64(len(lambda))
	if positive > 0 {
		blas64.Syrk(blas.NoTrans, scale, blas64.General{Rows: t.n, Cols: positive, Stride: cols, Data: t.scaled}, 1, sum)
	}
	if positive < cols {
		blas64.Syrk(blas.NoTrans, -scale, blas64.General{Rows: t.n, Cols: cols - positive, Stride: cols, Data: t.scaled[positive:]}, 1, sum)
	}
	t.order = order[:0]
}

// rotate overwrites the columns of w (n rows) by Q^T w.
func (t *tridiagonal) rotate(w *mat.Dense) {
	if t.n < 2 {
		return
	}
	raw := w.RawMatrix()
	// Q = H_0 ... H_{n-2} leaves the first coordinate alone; the reflectors
	// below the subdiagonal are those of a QR factorisation one row down.
	lapack.Implementation{}.Dorm2r(blas.Left, blas.Trans, t.n-1, raw.Cols, t.n-1, t.a[t.n:], t.n, t.tau, raw.Data[raw.Stride:], raw.Stride, t.work)
}

// resolventTrace returns tr (A - z)^{-1} and keeps the pivots for solve. With
// the pivots p_1 = a_1 - z, p_k = a_k - z - b_{k-1}^2/p_{k-1} of T - z, whose
// product is the determinant,
//
//	tr (A - z)^{-1} = - d/dz log det (A - z) = - sum p_k'/p_k.
//
// Every Im p_k <= -Im z, so there is nothing to pivot for in the upper half-plane.
func (t *tridiagonal) resolventTrace(z complex128) complex128 {
	var trace, slope complex128
	p := t.pivots
	for k, a := range t.diagonal {
		next, by := complex(a, 0)-z, complex(-1, 0)
		if k > 0 {
			ratio := complex(t.off[k-1], 0) / p[k-1]
			next -= complex(t.off[k-1], 0) * ratio
			by += ratio * ratio * slope
		}
		p[k], slope = next, by
		trace -= by / next
	}
	return trace
}

// solve overwrites dst by (T - z)^{-1} times column j of w, for the z of the last
// resolventTrace.
func (t *tridiagonal) solve(dst []complex128, w *mat.Dense, j int) {
	raw := w.RawMatrix()
	for k := range dst {
		dst[k] = complex(raw.Data[k*raw.Stride+j], 0)
		if k > 0 {
			dst[k] -= complex(t.off[k-1], 0) / t.pivots[k-1] * dst[k-1]
		}
	}
	for k := t.n - 1; k >= 0; k-- {
		if k < t.n-1 {
			dst[k] -= complex(t.off[k], 0) * dst[k+1]
		}
		dst[k] /= t.pivots[k]
	}
}
