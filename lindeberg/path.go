package lindeberg

import (
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"
)

// Ends returns the Stieltjes transforms s = (1/d) tr (H - z)^{-1} at both ends of
// the path: independent, of H~ (theta = 0), whose Lambda is independent of the
// data, and original, of H (theta = pi/2).
func (r *Realisation) Ends(z complex128) (independent, original complex128) {
	if r.reduced != nil {
		r.reduced.at(z)
		independent, _ = r.reduced.stieltjes(0)
		original, _ = r.reduced.stieltjes(math.Pi / 2)
		return independent, original
	}
	return r.denseEnd(0, z), r.denseEnd(1, z)
}

// Gap returns s_{H~}(z) - s_H(z), whose expectation is delta_N(z).
func (r *Realisation) Gap(z complex128) complex128 {
	independent, original := r.Ends(z)
	return independent - original
}

// Along returns s(theta) and ds/dtheta = -(1/d) tr[(H-z)^{-2} dH/dtheta], with
// X(theta) = sin(theta) X + cos(theta) X~. On the shared-complement data path
// both come from k x k matrices, otherwise from an eigendecomposition of
// H(theta).
func (r *Realisation) Along(theta float64, z complex128) (value, derivative complex128) {
	if r.reduced != nil {
		if r.reduced.z != z {
			r.reduced.at(z)
		}
		return r.reduced.stieltjes(theta)
	}
	return r.AlongByDefinition(theta, z)
}

// AlongByDefinition is Along from the whole matrix H(theta), whatever the path.
func (r *Realisation) AlongByDefinition(theta float64, z complex128) (value, derivative complex128) {
	r.denseAlong(theta)
	return r.denseStieltjes(z)
}

// Matrix returns H(theta) in the coordinates of the realisation, an orthogonal
// conjugate of the Hessian block. It allocates.
func (r *Realisation) Matrix(theta float64) *mat.SymDense {
	r.denseAlong(theta)
	h, t := mat.NewSymDense(r.set.Dim, nil), r.dense.ends[0]
	for i := range r.set.Dim {
		for j := range i + 1 {
			h.SetSym(i, j, t.a[i*t.n+j])
		}
	}
	return h
}

// Integral is the integral of ds/dtheta over [0, pi/2].
type Integral struct {
	Value complex128
	Nodes int     // Gauss-Legendre nodes of the last rule
	Error float64 // its estimated error
}

// maxNodes is the largest rule tried.
const maxNodes = 4096

// Integrate integrates ds/dtheta along the path by Gauss-Legendre rules to an
// absolute error tol, for the present draw. Minus the value is the gap: the
// fundamental theorem of calculus, sample by sample.
//
// The integrand is analytic, with singularities where an eigenvalue of the
// complexified path meets z, at a distance of order Im z from the real axis: the
// first rule has 2.4/Im z nodes, at least 12 and at most 512. Rules are then
// doubled. Convergence is geometric, so the error of the last rule is about the
// square of the difference to the one before; the estimate here is the power 3/2
// of the difference, which errs on the safe side. An error says that 4096 nodes
// do not do.
func (r *Realisation) Integrate(z complex128, tol float64) (Integral, error) {
	nodes := int(math.Ceil(min(512, max(12, 2.4/imag(z)))))
	previous := r.rule(nodes, z)
	for nodes *= 2; nodes <= maxNodes; nodes *= 2 {
		value := r.rule(nodes, z)
		if gap := cmplx.Abs(value - previous); gap < 0.1 {
			if estimate := gap * math.Sqrt(gap); estimate <= tol {
				return Integral{value, nodes, estimate}, nil
			}
		}
		previous = value
	}
	return Integral{}, fmt.Errorf("the integral along the path does not converge to %.0e with %d nodes at z = %s: want a larger imaginary part", tol, maxNodes, formatPoint(z))
}

// rule applies the Gauss-Legendre rule with so many nodes.
func (r *Realisation) rule(nodes int, z complex128) (sum complex128) {
	for k := range nodes {
		theta, weight := quad.Legendre{}.FixedLocationSingle(nodes, k, 0, math.Pi/2)
		_, derivative := r.Along(theta, z)
		sum += complex(weight, 0) * derivative
	}
	return sum
}

// DifferenceAlong returns ds/dtheta by central differences of s(theta), to a
// relative error of about 1e-9: six points at multiples of Im z/20, so that the
// truncation error is small against the distance to the singularities.
func (r *Realisation) DifferenceAlong(theta float64, z complex128) complex128 {
	h := min(imag(z), 0.5) / 20
	sum := complex128(0)
	for k, weight := range []float64{45. / 60, -9. / 60, 1. / 60} {
		step := float64(k+1) * h
		up, _ := r.Along(theta+step, z)
		down, _ := r.Along(theta-step, z)
		sum += complex(weight/h, 0) * (up - down)
	}
	return sum
}
