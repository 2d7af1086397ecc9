package network

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Weights writes into dst, and returns, the N signed numbers lambda_n that make up
// a vv or ww block,
//
//	H_ij = (1/N) sum_n lambda_n phi_n phi_n^T,
//
// where phi_n = x_n for a linear net and for ww, and h_n = relu(W x_n) for a hidden
// net's vv:
//
//	linear or hidden MSE, vv:  2 if i = j, else exactly 0
//	linear or hidden CE, vv:   p_i (1 - p_i) if i = j, else -p_i p_j
//	hidden MSE, ww:  2 (sum_c v_{c,i} v_{c,j}) 1_i 1_j
//	hidden CE, ww:   (sum_c p_c v_{c,i} v_{c,j} - (sum_c p_c v_{c,i})(sum_c p_c v_{c,j})) 1_i 1_j
//
// with 1_i = 1(w_i.x_n > 0). The last is a covariance under p and is computed as
// one, about the means: the difference as written loses its digits once one class
// dominates.
//
// Exchanging i and j gives the same bits. Cost: O(N) for vv, O(N + C) for ww under
// MSE, O(N C) for ww under CE. A nil dst is allocated. Indices count from 0. It
// panics if dst has another length than N, if the model lacks the block, if an
// index is out of range, or for wv, whose blocks are not of this form (see
// [State.CrossFactor]).
func (s *State) Weights(dst []float64, block Block, i, j int) []float64 {
	s.check(block, i, j)
	dst = sized(dst, s.Samples(), "block weights")
	switch block {
	case VV:
		for n := range dst {
			dst[n] = s.curvature(n, i, j)
		}
	case WW:
		s.hiddenWeights(dst, i, j)
	default:
		panic(fmt.Sprintf("network: block %s is not a sum of lambda phi phi^T", block))
	}
	return dst
}

// curvature returns A_ij, the second derivative of the loss of sample n by its
// logits i and j.
func (s *State) curvature(n, i, j int) float64 {
	switch {
	case s.Loss == MSE && i == j:
		return 2
	case s.Loss == MSE:
		return 0
	}
	p := s.Probs.RawRowView(n)
	if i == j {
		return p[i] * (1 - p[i])
	}
	return -(p[i] * p[j])
}

// hiddenWeights is Weights for ww.
func (s *State) hiddenWeights(dst []float64, i, j int) {
	inner := 0.0
	if s.Loss == MSE {
		for _, v := range rows(s.Net.V) {
			inner += v[i] * v[j]
		}
	}
	for n := range dst {
		switch {
		case !s.Active(n, i) || !s.Active(n, j):
			dst[n] = 0
		case s.Loss == MSE:
			dst[n] = 2 * inner
		default:
			dst[n] = s.covariance(n, i, j)
		}
	}
}

// covariance returns the covariance of v_{c,i} and v_{c,j} over c under p_n.
func (s *State) covariance(n, i, j int) float64 {
	p, mean := s.Probs.RawRowView(n), s.mean.RawRowView(n)
	sum := 0.0
	for c, v := range rows(s.Net.V) {
		// The inner product of the deviations first: it is what makes the result
		// symmetric in i and j to the last bit.
		sum += p[c] * ((v[i] - mean[i]) * (v[j] - mean[j]))
	}
	return sum
}

// CrossFactor returns the N x m matrix U with rows u_n that makes up a wv block,
//
//	H_{w_i v_j} = (1/N) sum_n x_n u_n^T = X^T U / N    (d x m),
//
//	MSE:  u = 1_i [ 2 v_{j,i} h                           + 2 (f_j - y_j) e_i ]
//	CE:   u = 1_i [ p_j (v_{j,i} - sum_c p_c v_{c,i}) h   + (p_j - y_j) e_i   ]
//
// with e_i the i-th unit vector of R^m: v_{j,i} multiplies h_i, so that
// differentiating the gradient of w_i by it also leaves the residual of class j, and
// that in column i alone. Published slides of this result print in that column the
// gradient of w_i, (1/N) sum_n sum_c (p_c - y_c) v_{c,i} 1_i x, which does not depend
// on j; finite differences side with the formula here.
//
// Indices count from 0. It panics if the model is linear, if an index is out of
// range, or if the state has no labels.
func (s *State) CrossFactor(i, j int) *mat.Dense {
	s.check(WV, i, j)
	u := mat.NewDense(s.Samples(), s.Net.Hidden(), nil)
	for n, row := range rows(u) {
		if !s.Active(n, i) {
			continue
		}
		slope := 2 * s.Net.V.At(j, i)
		if s.Loss == CE {
			slope = s.Probs.At(n, j) * (s.Net.V.At(j, i) - s.mean.At(n, i))
		}
		for k, h := range s.Features.RawRowView(n) {
			row[k] = slope * h
		}
		row[i] += s.residual(n, j)
	}
	return u
}

// Block returns the Hessian block of the family at (i,j), indices from 0:
//
//	linear vv  d x d      hidden vv  m x m      ww  d x d      wv  d x m
//
// by [State.Weights] or [State.CrossFactor] and one matrix product, at a cost of
// O(N d^2) or less: samples with lambda_n = 0 are left out. A vv or ww block is
// symmetric to the last bit and has the same bits at (j,i); for its eigenvalues,
// mat.NewSymDense(d, H.RawMatrix().Data) needs no copy. The off-diagonal vv blocks
// under MSE are exactly zero.
//
// It panics if the model lacks the block, if an index is out of range, or for wv if
// the state has no labels.
func (s *State) Block(block Block, i, j int) *mat.Dense {
	H, err := s.BlockContext(context.Background(), block, i, j)
	if err != nil {
		panic("network: " + err.Error()) // the background never ends
	}
	return H
}

// BlockContext is [State.Block], with the same bits, for large blocks: it returns
// the context's error soon after the context ends.
func (s *State) BlockContext(ctx context.Context, block Block, i, j int) (*mat.Dense, error) {
	s.check(block, i, j)
	if block == WV {
		H := new(mat.Dense)
		H.Mul(s.X.T(), s.CrossFactor(i, j))
		H.Scale(1/float64(s.Samples()), H)
		return H, ctx.Err()
	}
	phi := s.Features
	if block == WW {
		phi = s.X
	}
	return averagedGram(ctx, phi, s.Weights(nil, block, i, j))
}

// gramChunk is the number of samples that averagedGram gathers at a time: enough
// for long inner products, few enough that the copies of them stay in cache.
const gramChunk = 256

// averagedGram returns (1/N) phi^T diag(lambda) phi.
//
// Samples of positive and of negative weight are summed apart, each scaled by
// sqrt|lambda|: a symmetric product has half the work of a general one, which is
// what scaling one factor by lambda would need, and samples of weight 0 have none.
// The samples are gathered as columns because gonum multiplies rows by rows fastest.
func averagedGram(ctx context.Context, phi *mat.Dense, lambda []float64) (*mat.Dense, error) {
	_, width := phi.Dims()
	H := mat.NewDense(width, width, nil)
	raw := H.RawMatrix()
	upper := blas64.Symmetric{N: width, Stride: raw.Stride, Data: raw.Data, Uplo: blas.Upper}
	columns := blas64.General{Rows: width, Stride: gramChunk, Data: make([]float64, width*gramChunk)}
	for _, sign := range []float64{1, -1} {
		flush := func() {
			if columns.Cols > 0 {
				blas64.Syrk(blas.NoTrans, sign/float64(len(lambda)), columns, 1, upper)
			}
			columns.Cols = 0
		}
		for n, row := range rows(phi) {
			if !(sign*lambda[n] > 0) {
				continue
			}
			root := math.Sqrt(sign * lambda[n])
			for k, x := range row {
				columns.Data[k*gramChunk+columns.Cols] = root * x
			}
			if columns.Cols++; columns.Cols == gramChunk {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				flush()
			}
		}
		flush()
	}
	for k := range width {
		for l := range k {
			H.Set(k, l, H.At(l, k))
		}
	}
	return H, ctx.Err()
}

// FrobeniusSquared returns |a|_F^2, the sum of the squares of the entries of a.
func FrobeniusSquared(a *mat.Dense) float64 {
	sum := 0.0
	for _, row := range rows(a) {
		for _, x := range row {
			sum += x * x
		}
	}
	return sum
}

// check panics unless the net has a block of this family at (i,j).
func (s *State) check(block Block, i, j int) {
	if err := s.Net.checkBlock(block, i, j); err != nil {
		panic("network: " + err.Error())
	}
}

// checkBlock returns an error unless the net has a block of this family at (i,j).
func (net *Net) checkBlock(block Block, i, j int) error {
	if err := net.Model.Supports(block); err != nil {
		return err
	}
	m, c := net.Hidden(), net.Classes()
	grid := map[Block][2]int{VV: {c, c}, WW: {m, m}, WV: {m, c}}[block]
	if i < 0 || i >= grid[0] || j < 0 || j >= grid[1] {
		return fmt.Errorf("block %s has indices in [0,%d) and [0,%d), got %d and %d", block, grid[0], grid[1], i, j)
	}
	return nil
}
