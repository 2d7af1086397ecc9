package lindeberg

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

// Stein returns, at the present draw, a variable whose expectation is that of
// ds/dtheta on the data path of the linear model, by Gaussian integration by parts.
//
// With x = sin a + cos b and y = dx/dtheta = cos a - sin b (a and b a data point and
// its copy), x and y are independent standard normal vectors, and
//
//	ds/dtheta = -(2/(d N)) sum_n lambda_n x_n' R^2 y_n,   R = (H - z)^{-1}.
//
// Stein's lemma in y_n (C. Stein, Estimation of the mean of a multivariate normal
// distribution, Ann. Statist. 9 (1981) 1135-1151) meets y_n in lambda_n directly and,
// the leakage through Lambda, in R: with w_n the gradient of lambda_n at a_n,
//
//	-(2 cos(theta)/(d N)) sum_n { w' R^2 x - (lambda/N) [ (x' R^2 x)(w' R x) + (x' R x)(w' R^2 x) ] }
//	= -(2 cos(theta)/(d N)) d/dz sum_n (w' R x)(1 - (lambda/N) x' R x).
//
// withLeakage false leaves the bracket out, which is wrong, to show that the
// difference is seen. It panics unless the setting is the linear model's data path
// with an independent copy: with a shared complement y_n is not standard normal.
func (r *Realisation) Stein(theta float64, z complex128, withLeakage bool) complex128 {
	if !r.set.steinApplies() {
		panic("lindeberg: Stein's identity needs the linear model, path data and coupling independent")
	}
	r.denseAlong(theta)
	return r.steinAtLast(theta, z, withLeakage)
}

func (s *Setting) steinApplies() bool {
	return s.Model == network.Linear && s.Path == Data && s.Coupling == Independent
}

// steinAtLast is Stein at the theta of the last denseAlong.
func (r *Realisation) steinAtLast(theta float64, z complex128, withLeakage bool) complex128 {
	w, d, samples := r.dense, r.set.Dim, r.set.Samples
	r.weights(w.lambda, w.slope, r.inner)
	// rateQ = Q^T w; w has inner coordinates only.
	q := blas64.General{Rows: r.k, Cols: d, Stride: d, Data: w.vectors[:r.k*d]}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, q, w.slope.RawMatrix(), 0, w.rateQ.RawMatrix())
	if w.inverse == nil {
		w.inverse = make([]complex128, d)
	}
	for i, h := range w.values {
		w.inverse[i] = 1 / (complex(h, 0) - z)
	}
	var sum complex128
	for n := range samples {
		wx, wxx, xx, xxx := bilinear(w.inverse, w.rateQ, w.xq, n)
		sum += wxx
		if withLeakage {
			sum -= complex(w.lambda[n]/float64(samples), 0) * (xxx*wx + xx*wxx)
		}
	}
	return sum * complex(-2*math.Cos(theta)/float64(d*samples), 0)
}

// bilinear returns w'Rx, w'R^2x, x'Rx and x'R^2x for column n of Q^T w and Q^T x.
func bilinear(inverse []complex128, wq, xq *mat.Dense, n int) (wx, wxx, xx, xxx complex128) {
	w, x := wq.RawMatrix(), xq.RawMatrix()
	for i, r := range inverse {
		xi, wi := x.Data[i*x.Stride+n], w.Data[i*w.Stride+n]
		r2 := r * r
		wx += complex(wi*xi, 0) * r
		wxx += complex(wi*xi, 0) * r2
		xx += complex(xi*xi, 0) * r
		xxx += complex(xi*xi, 0) * r2
	}
	return wx, wxx, xx, xxx
}

// NewSteinSampler samples the pair (direct, by parts): parts along the reference of
// ds/dtheta by its definition and of [Realisation.Stein], on the same draws. The
// ratio of their means is exactly 1 at every size.
func NewSteinSampler(s Setting, theta float64, z, reference complex128) (verdict.Sampler, error) {
	return newSteinSampler(s, theta, z, reference, true)
}

func newSteinSampler(s Setting, theta float64, z, reference complex128, withLeakage bool) (verdict.Sampler, error) {
	if err := CheckPoint(z); err != nil {
		return nil, err
	}
	if err := checkReference(reference); err != nil {
		return nil, err
	}
	r, err := New(s)
	if err != nil {
		return nil, err
	}
	if !r.set.steinApplies() {
		return nil, fmt.Errorf("the integration by parts needs the linear model, path data and coupling independent (a shared complement is not standard normal along the path, ReLU weights jump), got %s, %s, %s", r.set.Model, r.set.Path, r.set.Coupling)
	}
	if !(theta >= 0 && theta < math.Pi/2) {
		return nil, fmt.Errorf("theta must lie in [0, pi/2), where the expectation is not 0, got %v", theta)
	}
	return verdict.SamplerFunc(func(stream *replicate.Stream) (num, den float64, err error) {
		r.Draw(stream)
		for range 2 {
			_, direct := r.AlongByDefinition(theta, z)
			num += Along.of(direct, reference) / 2
			den += Along.of(r.steinAtLast(theta, z, withLeakage), reference) / 2
			r.reflect(theta)
		}
		return num, den, nil
	}), nil
}

// reflect replaces (x, y) = (X(theta), dX/dtheta) by (x, -y), which has the same
// law: what of ds/dtheta is odd in y, most of its noise, changes sign.
func (r *Realisation) reflect(theta float64) {
	sin, cos := math.Sincos(theta)
	for i := range r.set.Dim {
		a, b := r.coordinate(i), r.coordinateCopy(i)
		for n := range a {
			x, y := sin*a[n]+cos*b[n], cos*a[n]-sin*b[n]
			a[n], b[n] = sin*x-cos*y, cos*x+sin*y
		}
	}
	r.prepare()
}
