package lindeberg

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	lapack64 "gonum.org/v1/gonum/lapack"
	lapack "gonum.org/v1/gonum/lapack/gonum"
	"gonum.org/v1/gonum/mat"
)

// denseScratch computes s(theta) and its derivative from the whole matrix, by
// definition: for paths on which the matrix changes by full rank, and to check
// the reduction.
type denseScratch struct {
	x, rate    *mat.Dense // X(theta) and dX/dtheta, or dLambda/dtheta times X; d x N
	xq         *mat.Dense // Q^T X, d x N
	rateQ      *mat.Dense
	lambda     []float64
	slope      *mat.Dense // gradient of lambda by the inner coordinates, k x N
	lambdaRate []float64
	moved      *mat.Dense // inner coordinates at theta

	ends  [2]*tridiagonal // the matrices at theta = 0 and pi/2
	stale bool            // ends are not those of the present draw

	vectors, values, work []float64
	weights               []float64    // q^T dH/dtheta q for every eigenvector q
	inverse               []complex128 // 1/(h - z), of Stein
}

func newDenseScratch(s *Setting) *denseScratch {
	d, n, k := s.Dim, s.Samples, s.Directions()
	return &denseScratch{
		x: mat.NewDense(d, n, nil), lambda: make([]float64, n), moved: mat.NewDense(k, n, nil),
		ends: [2]*tridiagonal{newTridiagonal(d, n), newTridiagonal(d, n)},
	}
}

// forDerivatives allocates what only derivatives along the path need.
func (w *denseScratch) forDerivatives(s *Setting) {
	if w.vectors != nil {
		return
	}
	d, n := s.Dim, s.Samples
	w.rate, w.xq, w.rateQ = mat.NewDense(d, n, nil), mat.NewDense(d, n, nil), mat.NewDense(d, n, nil)
	w.slope, w.lambdaRate = mat.NewDense(s.Directions(), n, nil), make([]float64, n)
	w.vectors, w.values, w.weights = make([]float64, d*d), make([]float64, d), make([]float64, d)
	query := make([]float64, 1)
	lapack.Implementation{}.Dsyev(lapack64.EVCompute, blas.Lower, d, w.vectors, d, w.values, query, -1)
	w.work = make([]float64, max(int(query[0]), 3*d))
}

// place writes X(theta) and Lambda(theta) into the scratch.
func (r *Realisation) place(theta float64) {
	w := r.dense
	sin, cos := math.Sincos(theta)
	for i := range r.set.Dim {
		dst, from, other := w.x.RawRowView(i), r.coordinate(i), r.coordinateCopy(i)
		if r.set.Path == Weights || other == nil {
			copy(dst, from)
			continue
		}
		for n := range dst {
			dst[n] = sin*from[n] + cos*other[n]
		}
	}
	if r.set.Path == Data {
		copy(w.lambda, r.lambda)
		return
	}
	r.moveInner(sin, cos)
	r.weights(w.lambda, nil, w.moved)
}

// moveInner writes sin G + cos G~.
func (r *Realisation) moveInner(sin, cos float64) {
	for i := range r.k {
		dst, from, other := r.dense.moved.RawRowView(i), r.inner.RawRowView(i), r.innerCopy.RawRowView(i)
		for n := range dst {
			dst[n] = sin*from[n] + cos*other[n]
		}
	}
}

// coordinate returns coordinate i of all data points.
func (r *Realisation) coordinate(i int) []float64 {
	if i < r.k {
		return r.inner.RawRowView(i)
	}
	return r.outer.RawRowView(i - r.k)
}

// coordinateCopy returns coordinate i of the copies, nil if they share it.
func (r *Realisation) coordinateCopy(i int) []float64 {
	switch {
	case i < r.k:
		return r.innerCopy.RawRowView(i)
	case r.outerCopy != nil:
		return r.outerCopy.RawRowView(i - r.k)
	}
	return nil
}

// denseEnd returns s at theta = 0 (end 0) or pi/2 (end 1) by reducing the whole
// matrix, once a draw.
func (r *Realisation) denseEnd(end int, z complex128) complex128 {
	w := r.dense
	if w.stale {
		for e, theta := range []float64{0, math.Pi / 2} {
			r.place(theta)
			w.ends[e].gram(w.x, w.lambda)
		}
		w.stale = false
	}
	return w.ends[end].resolventTrace(z) / complex(float64(r.set.Dim), 0)
}

// denseAlong diagonalises H(theta) = Q diag(h) Q^T and computes q^T (dH/dtheta) q
// for each eigenvector,
//
//	data:     (2/N) sum_n lambda_n (q.x_n)(q.dx_n/dtheta)
//	weights:  (1/N) sum_n (dlambda_n/dtheta) (q.x_n)^2
//
// from which s and ds/dtheta follow at any z. It costs an eigendecomposition,
// about 9 d^3 flops, and two products of 2 d^2 N.
func (r *Realisation) denseAlong(theta float64) {
	if r.dense == nil {
		r.dense = newDenseScratch(&r.set)
		r.dense.stale = true
	}
	w := r.dense
	w.forDerivatives(&r.set)
	r.place(theta)
	d, samples := r.set.Dim, float64(r.set.Samples)
	t := w.ends[0]
	t.assemble(w.x, w.lambda)
	w.stale = true // ends[0] was borrowed
	copy(w.vectors, t.a)
	if ok := (lapack.Implementation{}).Dsyev(lapack64.EVCompute, blas.Lower, d, w.vectors, d, w.values, w.work, len(w.work)); !ok {
		panic("lindeberg: a symmetric eigenvalue problem did not converge")
	}
	q := blas64.General{Rows: d, Cols: d, Stride: d, Data: w.vectors}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, q, w.x.RawMatrix(), 0, w.xq.RawMatrix())
	sin, cos := math.Sincos(theta)
	if r.set.Path == Weights {
		r.moveInner(sin, cos)
		r.weights(w.lambda, w.slope, w.moved)
		clear(w.lambdaRate)
		for i := range r.k {
			by, from, other := w.slope.RawRowView(i), r.inner.RawRowView(i), r.innerCopy.RawRowView(i)
			for n := range by {
				w.lambdaRate[n] += by[n] * (cos*from[n] - sin*other[n])
			}
		}
		for i := range w.weights {
			sum := 0.0
			for n, x := range w.xq.RawRowView(i) {
				sum += w.lambdaRate[n] * (x * x)
			}
			w.weights[i] = sum / samples
		}
		return
	}
	for i := range d {
		dst, from, other := w.rate.RawRowView(i), r.coordinate(i), r.coordinateCopy(i)
		if other == nil {
			clear(dst)
			continue
		}
		for n := range dst {
			dst[n] = cos*from[n] - sin*other[n]
		}
	}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, q, w.rate.RawMatrix(), 0, w.rateQ.RawMatrix())
	for i := range w.weights {
		sum, rate := 0.0, w.rateQ.RawRowView(i)
		for n, x := range w.xq.RawRowView(i) {
			sum += w.lambda[n] * x * rate[n]
		}
		w.weights[i] = 2 * sum / samples
	}
}

// denseStieltjes returns s and ds/dtheta = -(1/d) tr[(H-z)^{-2} dH/dtheta] at the
// theta of the last denseAlong.
func (r *Realisation) denseStieltjes(z complex128) (value, derivative complex128) {
	for i, h := range r.dense.values {
		inverse := 1 / (complex(h, 0) - z)
		value += inverse
		derivative -= inverse * inverse * complex(r.dense.weights[i], 0)
	}
	d := complex(float64(r.set.Dim), 0)
	return value / d, derivative / d
}
