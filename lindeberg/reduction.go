package lindeberg

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// reduction is the whole shared-complement path in k x k matrices.
//
// With x = (g, y), B = (1/N) Y Lambda Y^T and R = (B - z)^{-1}, the block of the
// data (g(theta), y) has the Schur complement
//
//	K(theta) = (1/N) G Lambda G^T - z - (1/N^2) G Lambda Y^T R Y Lambda G^T,  G = sin G + cos G~,
//
// and from det(H - z) = det(B - z) det K and tr (H-z)^{-1} = -d/dz log det(H-z)
//
//	d s(theta) = tr R - tr K^{-1} dK/dz.
//
// B does not move. So one tridiagonal reduction of B serves every theta and every
// z; K is quadratic in (sin, cos) with 2k x 2k coefficients that cost 2k solves a
// point z, and a step along theta costs O(k^3).
type reduction struct {
	dim, k     int // dim = d - k
	b          *tridiagonal
	cross      *mat.Dense // Q^T (1/N) Y Lambda [G; G~]^T, dim x 2k
	base       *mat.Dense // (1/N) [G; G~] Lambda [G; G~]^T, 2k x 2k
	both, half *mat.Dense // [G; G~], 2k x N, and the same times Lambda/N

	// Set by at(z).
	z       complex128
	trace   complex128   // tr R
	form    []complex128 // base - cross^T R cross, 2k x 2k
	slope   []complex128 // its derivative in z, -cross^T R^2 cross
	columns []complex128 // R cross, 2k rows of dim
	kMatrix []complex128 // K(theta), k x k
	right   []complex128 // [K_z | K_theta | K_{z theta}], k x 3k
}

func newReduction(dim, k, samples int) *reduction {
	square := func(n int) []complex128 { return make([]complex128, n*n) }
	return &reduction{
		dim: dim, k: k, b: newTridiagonal(dim, samples),
		cross: mat.NewDense(dim, 2*k, nil), base: mat.NewDense(2*k, 2*k, nil),
		both: mat.NewDense(2*k, samples, nil), half: mat.NewDense(2*k, samples, nil),
		form: square(2 * k), slope: square(2 * k), columns: make([]complex128, 2*k*dim),
		kMatrix: square(k), right: make([]complex128, 3*k*k),
	}
}

// factorise prepares the path between the inner coordinates and their copy.
// Flops: N dim^2 for B, (4/3) dim^3 for its reduction, 4 k N dim + 8 k dim^2 for
// the cross terms.
func (r *reduction) factorise(outer, inner, innerCopy *mat.Dense, lambda []float64) {
	r.b.gram(outer, lambda)
	for i := range r.k {
		copy(r.both.RawRowView(i), inner.RawRowView(i))
		copy(r.both.RawRowView(r.k+i), innerCopy.RawRowView(i))
	}
	for i := range 2 * r.k {
		from, to := r.both.RawRowView(i), r.half.RawRowView(i)
		for n, l := range lambda {
			to[n] = from[n] * (l / float64(len(lambda)))
		}
	}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, outer.RawMatrix(), r.half.RawMatrix(), 0, r.cross.RawMatrix())
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, r.both.RawMatrix(), r.half.RawMatrix(), 0, r.base.RawMatrix())
	r.b.rotate(r.cross)
}

// at moves to the point z: 2k solves and inner products, O(k dim + k^2 dim).
func (r *reduction) at(z complex128) {
	r.z = z
	r.trace = r.b.resolventTrace(z)
	n := 2 * r.k
	for j := range n {
		r.b.solve(r.columns[j*r.dim:(j+1)*r.dim], r.cross, j)
	}
	for i := range n {
		ci := r.columns[i*r.dim : (i+1)*r.dim]
		for j := range i + 1 {
			cj := r.columns[j*r.dim : (j+1)*r.dim]
			var once, twice complex128
			for l, x := range cj {
				once += complex(r.cross.At(l, i), 0) * x
				twice += ci[l] * x
			}
			f := complex(r.base.At(i, j), 0) - once
			r.form[i*n+j], r.form[j*n+i] = f, f
			r.slope[i*n+j], r.slope[j*n+i] = -twice, -twice
		}
	}
}

// stieltjes returns s(theta) and ds/dtheta at the point of the last at:
//
//	d s = tr R - tr K^{-1} K_z,
//	d ds/dtheta = tr K^{-1} K_theta K^{-1} K_z - tr K^{-1} K_{z theta}.
func (r *reduction) stieltjes(theta float64) (value, derivative complex128) {
	sin, cos := math.Sincos(theta)
	k, n := r.k, 2*r.k
	ss, sc, cc := complex(sin*sin, 0), complex(sin*cos, 0), complex(cos*cos, 0)
	ds, dc := complex(2*sin*cos, 0), complex(cos*cos-sin*sin, 0)
	for i := range k {
		for j := range k {
			entry := func(m []complex128) (at, by complex128) {
				gg, mixed, copies := m[i*n+j], m[i*n+k+j]+m[(k+i)*n+j], m[(k+i)*n+k+j]
				return ss*gg + sc*mixed + cc*copies, ds*(gg-copies) + dc*mixed
			}
			row := r.right[3*k*i : 3*k*(i+1)]
			r.kMatrix[i*k+j], row[k+j] = entry(r.form)
			row[j], row[2*k+j] = entry(r.slope)
			if i == j {
				r.kMatrix[i*k+j] -= r.z
				row[j]--
			}
		}
	}
	solveComplex(r.kMatrix, k, r.right, 3*k)
	var first, mixed, product complex128
	for i := range k {
		row := r.right[3*k*i : 3*k*(i+1)]
		first += row[i]
		mixed += row[2*k+i]
		for j := range k {
			product += row[k+j] * r.right[3*k*j+i]
		}
	}
	d := complex(float64(r.dim+k), 0)
	return (r.trace - first) / d, (product - mixed) / d
}
