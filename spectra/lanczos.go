package spectra

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/lapack"
	lapackimpl "gonum.org/v1/gonum/lapack/gonum"

	"pastur/replicate"
)

// A SymmetricOperator is a symmetric matrix known by its products.
type SymmetricOperator interface {
	// Dim returns d.
	Dim() int
	// Multiply overwrites dst[k] with H src[k] for every k. All have length d.
	Multiply(ctx context.Context, dst, src [][]float64) error
}

// Quadrature is what Lanczos finds out about one start vector v, |v| = 1: the
// Gauss quadrature of the measure mu(A) = v' 1_A(H) v, exact for polynomials of
// degree below 2 len(Nodes). Weights are positive and sum to 1.
type Quadrature struct{ Nodes, Weights []float64 }

// Moment returns sum_k Weights[k] Nodes[k]^p, which is v' H^p v for p < 2
// len(Nodes).
func (q *Quadrature) Moment(p int) float64 {
	sum := 0.0
	for k, x := range q.Nodes {
		sum += q.Weights[k] * math.Pow(x, float64(p))
	}
	return sum
}

// Lanczos runs the given number of Lanczos steps from each start vector, side
// by side so that one pass over H serves all, with full reorthogonalisation
// (twice, against all previous vectors): without, converged eigenvalues come
// back as ghosts and carry weight that is not theirs. It keeps
// len(starts) * steps vectors of length d. A start vector whose Krylov space is
// exhausted ends early with exact nodes. Start vectors need not be normalised.
//
// G. H. Golub and J. H. Welsch, Math. Comp. 23 (1969) 221-230; G. H. Golub and
// G. Meurant, Matrices, Moments and Quadrature with Applications (2010).
func Lanczos(ctx context.Context, h SymmetricOperator, starts [][]float64, steps int) ([]Quadrature, error) {
	d := h.Dim()
	if steps < 1 {
		return nil, fmt.Errorf("lanczos steps must be at least 1, got %d", steps)
	}
	runs := make([]*lanczosRun, len(starts))
	for i, start := range starts {
		norm := floats.Norm(start, 2)
		if len(start) != d || !(norm > 0) || math.IsInf(norm, 1) {
			return nil, fmt.Errorf("start vector %d must have length %d and a positive finite norm, got length %d and norm %v", i, d, len(start), norm)
		}
		v := slices.Clone(start)
		floats.Scale(1/norm, v)
		runs[i] = &lanczosRun{basis: [][]float64{v}}
	}
	products := make([][]float64, len(starts))
	for i := range products {
		products[i] = make([]float64, d)
	}
	for range min(steps, d) {
		var dst, src [][]float64
		var active []*lanczosRun
		for _, r := range runs {
			if !r.done {
				src = append(src, r.basis[len(r.basis)-1])
				dst = append(dst, products[len(dst)])
				active = append(active, r)
			}
		}
		if len(active) == 0 {
			break
		}
		if err := h.Multiply(ctx, dst, src); err != nil {
			return nil, err
		}
		for i, r := range active {
			if err := r.step(dst[i]); err != nil {
				return nil, err
			}
		}
	}
	out := make([]Quadrature, len(runs))
	for i, r := range runs {
		var err error
		if out[i], err = r.quadrature(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// lanczosRun is the recurrence of one start vector.
type lanczosRun struct {
	basis       [][]float64
	alpha, beta []float64
	scale       float64 // the largest coefficient: the size of H
	done        bool
}

// step takes w = H v_k, the last basis vector, and appends the next; w is
// overwritten.
func (r *lanczosRun) step(w []float64) error {
	v := r.basis[len(r.basis)-1]
	alpha := floats.Dot(v, w)
	if math.IsNaN(alpha) || math.IsInf(alpha, 0) {
		return fmt.Errorf("lanczos step %d: coefficient is %v", len(r.alpha), alpha)
	}
	r.alpha = append(r.alpha, alpha)
	for range 2 {
		for _, u := range r.basis {
			floats.AddScaled(w, -floats.Dot(u, w), u)
		}
	}
	beta := floats.Norm(w, 2)
	r.scale = max(r.scale, math.Abs(alpha), beta)
	// What is left after exact exhaustion is rounding.
	if beta <= float64(len(w))*0x1p-52*r.scale {
		r.done = true
		return nil
	}
	r.beta = append(r.beta, beta)
	next := slices.Clone(w)
	floats.Scale(1/beta, next)
	r.basis = append(r.basis, next)
	return nil
}

// quadrature returns the eigenvalues of the Jacobi matrix and the squared
// first components of its eigenvectors.
func (r *lanczosRun) quadrature() (Quadrature, error) {
	n := len(r.alpha)
	nodes := slices.Clone(r.alpha)
	off := make([]float64, n)
	copy(off, r.beta)
	z := make([]float64, n*n)
	if !(lapackimpl.Implementation{}).Dsteqr(lapack.EVTridiag, n, nodes, off[:max(n-1, 0)], z, n, make([]float64, max(1, 2*n-2))) {
		return Quadrature{}, fmt.Errorf("the eigenvalues of a Jacobi matrix of size %d did not converge", n)
	}
	weights := make([]float64, n)
	total := 0.0
	for k := range weights {
		weights[k] = z[k] * z[k] // row 0
		total += weights[k]
	}
	if math.Abs(total-1) > 1e-10 {
		return Quadrature{}, fmt.Errorf("the weights of a Lanczos quadrature sum to %v, not 1", total)
	}
	return Quadrature{nodes, weights}, nil
}

// randomStarts returns vectors with independent N(0,1) entries: uniform on the
// sphere once normalised, so that E v' f(H) v = (1/d) tr f(H).
func randomStarts(s *replicate.Stream, count, d int) [][]float64 {
	starts := make([][]float64, count)
	for i := range starts {
		starts[i] = make([]float64, d)
		s.Normals(starts[i])
	}
	return starts
}

// refinement is the number of pieces that the mass between two nodes is cut
// into by spread.
const refinement = 8

// withoutZeros returns the quadratures with the node that stands for the zero
// eigenvalues dropped and the others' weights rescaled to sum to rank/d each:
// in every quadrature of a matrix of rank < d the node nearest 0 is one within
// rounding of it, and its exact weight is 1 - rank/d in the mean.
func withoutZeros(quadratures []Quadrature, d, rank int) ([]Quadrature, error) {
	out := make([]Quadrature, len(quadratures))
	for i, q := range quadratures {
		nodes, weights := slices.Clone(q.Nodes), slices.Clone(q.Weights)
		if rank < d {
			nearest, size := 0, 0.0
			for k, x := range nodes {
				size = max(size, math.Abs(x))
				if math.Abs(x) < math.Abs(nodes[nearest]) {
					nearest = k
				}
			}
			if math.Abs(nodes[nearest]) > 1e-8*size {
				return nil, fmt.Errorf("lanczos has not found the %d zero eigenvalues after %d steps (nearest node %.3g): want more steps", d-rank, len(nodes), nodes[nearest])
			}
			nodes, weights = slices.Delete(nodes, nearest, nearest+1), slices.Delete(weights, nearest, nearest+1)
		}
		total := floats.Sum(weights)
		if len(nodes) == 0 || !(total > 0) {
			return nil, fmt.Errorf("lanczos has found no eigenvalue but 0 in %d steps", len(q.Nodes))
		}
		floats.Scale(float64(rank)/float64(d)/total, weights)
		out[i] = Quadrature{nodes, weights}
	}
	return out, nil
}

// gather makes a spectrum of the mean of quadratures without zeros, as they
// are: what moments and Stieltjes transforms are taken from.
func gather(quadratures []Quadrature, d, rank int) (Spectrum, error) {
	var atoms [][2]float64
	for _, q := range quadratures {
		for k, x := range q.Nodes {
			atoms = append(atoms, [2]float64{x, q.Weights[k]})
		}
	}
	return atomic(atoms, len(quadratures), d, rank)
}

// spread makes a spectrum of the same as a continuous distribution: what
// distribution functions are compared by. The mass up to and including half of
// a node's own is exact to second order in the spacing (by the
// Chebyshev-Markov-Stieltjes inequalities the full steps bracket it), so the
// mass between the middles of two neighbours is spread evenly between them.
func spread(quadratures []Quadrature, d, rank int) (Spectrum, error) {
	var atoms [][2]float64
	for _, q := range quadratures {
		x, w, last := q.Nodes, q.Weights, len(q.Nodes)-1
		atoms = append(atoms, [2]float64{x[0], w[0] / 2}, [2]float64{x[last], w[last] / 2})
		for k := range last {
			share := (w[k] + w[k+1]) / 2 / refinement
			for j := range refinement {
				atoms = append(atoms, [2]float64{x[k] + (x[k+1]-x[k])*(float64(j)+0.5)/refinement, share})
			}
		}
	}
	return atomic(atoms, len(quadratures), d, rank)
}

func atomic(atoms [][2]float64, count, d, rank int) (Spectrum, error) {
	slices.SortStableFunc(atoms, func(a, b [2]float64) int { return cmp.Compare(a[0], b[0]) })
	s := Spectrum{Dim: d, Rank: rank}
	for _, a := range atoms {
		s.Values = append(s.Values, a[0])
		s.Weights = append(s.Weights, a[1]/float64(count))
	}
	return s, s.check()
}
