package montecarlo

import (
	"context"
	"fmt"
	"iter"
	"math"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/product"
	"pastur/network"
	"pastur/replicate"
)

// realisation samples by drawing the data and the weights: W, V and then X, so
// that both methods see the same draws from the same stream.
type realisation struct {
	setting Setting
	method  Method
	net     *network.Net
	x       *mat.Dense
	law     law // of the data; nil if they are standard normal or given
}

func (r *realisation) draw(s *replicate.Stream) (*network.State, error) {
	set := &r.setting
	if r.net == nil {
		net, err := network.DrawContext(s.Context(), s, set.Model, set.Init, int(set.Dim), set.Hidden, set.Classes)
		if err != nil {
			return nil, err
		}
		r.net = net
		if err := r.prepareData(); err != nil {
			return nil, err
		}
	} else if err := r.net.RedrawContext(s.Context(), s, set.Init); err != nil {
		return nil, err
	}
	if err := r.drawData(s); err != nil {
		return nil, err
	}
	return network.EvaluateContext(s.Context(), r.net, set.Loss, r.x, nil)
}

// prepareData allocates the data matrix, or reads a given one.
func (r *realisation) prepareData() (err error) {
	set := &r.setting
	if set.Data.Given() {
		r.x, err = set.Data.set.rows.Matrix()
		return err
	}
	r.x = mat.NewDense(int(set.Samples), int(set.Dim), nil)
	r.law, err = set.Data.law(set.Dim)
	return err
}

// drawData draws the data, unless they are given.
func (r *realisation) drawData(s *replicate.Stream) error {
	if r.setting.Data.Given() {
		return nil
	}
	n, _ := r.x.Dims()
	for k := range n {
		if err := s.Context().Err(); err != nil {
			return err
		}
		if row := r.x.RawRowView(k); r.law == nil {
			s.Normals(row)
		} else {
			r.law.fill(s, row, 0, 0)
		}
	}
	return nil
}

// Sample draws one realisation and returns the averages of |H_ij|_F^2 over
// i != j and of |H_ii|_F^2 over i.
func (r *realisation) Sample(s *replicate.Stream) (off, diag float64, err error) {
	state, err := r.draw(s)
	if err != nil {
		return 0, 0, err
	}
	if r.method == Definition {
		off, diag, err = normsByDefinition(s.Context(), state, r.setting.Block)
	} else {
		off, diag, err = normsByGram(s.Context(), state, r.setting.Block)
	}
	if err != nil {
		return 0, 0, err
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a block norm is not finite: off %v, diag %v", off, diag)
	}
	return off, diag, nil
}

// blocks returns how many diagonal blocks there are.
func blocks(state *network.State, block network.Block) int {
	if block == network.WW {
		return state.Net.Hidden()
	}
	return state.Net.Classes()
}

// average turns sums over i < j and over i into averages.
func average(off, diag float64, k int) (float64, float64) {
	return off / float64(k*(k-1)/2), diag / float64(k)
}

// normsByDefinition forms every block and takes its norm.
func normsByDefinition(ctx context.Context, state *network.State, block network.Block) (off, diag float64, err error) {
	k := blocks(state, block)
	for i := range k {
		for j := range i + 1 {
			h, err := state.BlockContext(ctx, block, i, j)
			if err != nil {
				return 0, 0, err
			}
			if i == j {
				diag += network.FrobeniusSquared(h)
			} else {
				off += network.FrobeniusSquared(h)
			}
		}
	}
	off, diag = average(off, diag, k)
	return off, diag, nil
}

// gramBatch is the number of blocks whose weights are held at a time.
const gramBatch = 256

// normsByGram uses |H_ij|_F^2 = lambda' M lambda with M_nm = (phi_n.phi_m)^2/N^2
// and lambda the block's weights: the norms of up to gramBatch blocks are one
// matrix product. For the C(C-1) off-diagonal vv blocks of a softmax the sum
// closes,
//
//	sum_{i!=j} |H_ij|_F^2 = sum_nm M_nm [ (p_n.p_m)^2 - sum_i p_ni^2 p_mi^2 ].
func normsByGram(ctx context.Context, state *network.State, block network.Block) (off, diag float64, err error) {
	m, err := gramSquared(ctx, state, block)
	if err != nil {
		return 0, 0, err
	}
	return normsByWeights(ctx, state, block, m)
}

// normsByWeights is normsByGram for any symmetric matrix M in place of the squared
// inner products.
func normsByWeights(ctx context.Context, state *network.State, block network.Block, m *mat.Dense) (off, diag float64, err error) {
	k := blocks(state, block)
	diag, err = quadraticForms(ctx, state, block, m, k, func(yield func(i, j int) bool) {
		for i := range k {
			if !yield(i, i) {
				return
			}
		}
	})
	if err != nil {
		return 0, 0, err
	}
	if block == network.VV && state.Loss == network.CE {
		off, err = softmaxOff(ctx, state, m)
		off /= 2
	} else {
		off, err = quadraticForms(ctx, state, block, m, k*(k-1)/2, func(yield func(i, j int) bool) {
			for i := range k {
				for j := range i {
					if !yield(i, j) {
						return
					}
				}
			}
		})
	}
	off, diag = average(off, diag, k)
	return off, diag, err
}

// gramSquared returns M, N x N.
func gramSquared(ctx context.Context, state *network.State, block network.Block) (*mat.Dense, error) {
	phi := state.X
	if block == network.VV {
		phi = state.Features
	}
	n := float64(state.Samples())
	m, err := product.MulT(ctx, phi, phi)
	if err != nil {
		return nil, err
	}
	data := m.RawMatrix().Data
	for i, g := range data {
		g /= n
		data[i] = g * g
	}
	return m, nil
}

// quadraticForms returns the sum over the blocks (i,j), of which there are count, of
// lambda' M lambda.
func quadraticForms(ctx context.Context, state *network.State, block network.Block, m *mat.Dense, count int, pairs iter.Seq2[int, int]) (sum float64, err error) {
	n := state.Samples()
	column := make([]float64, n)
	lambda := make([]float64, 0, min(gramBatch, count)*n) // rows of weights
	add := func() error {
		if len(lambda) == 0 {
			return nil
		}
		p, err := product.Mul(ctx, mat.NewDense(len(lambda)/n, n, lambda), m)
		if err != nil {
			return err
		}
		for i, x := range p.RawMatrix().Data {
			sum += lambda[i] * x
		}
		lambda = lambda[:0]
		return nil
	}
	for i, j := range pairs {
		lambda = append(lambda, state.Weights(column, block, i, j)...)
		err := ctx.Err()
		if len(lambda) == cap(lambda) && err == nil {
			err = add()
		}
		if err != nil {
			return 0, err
		}
	}
	err = add()
	return sum, err
}

// softmaxOff returns the sum over i != j by the closed form.
func softmaxOff(ctx context.Context, state *network.State, m *mat.Dense) (sum float64, err error) {
	p := state.Probs
	squares := mat.DenseCopyOf(p)
	data := squares.RawMatrix().Data
	for i, x := range data {
		data[i] = x * x
	}
	inner, err := product.MulT(ctx, p, p)
	if err != nil {
		return 0, err
	}
	innerSquares, err := product.MulT(ctx, squares, squares)
	if err != nil {
		return 0, err
	}
	w, a, b := m.RawMatrix().Data, inner.RawMatrix().Data, innerSquares.RawMatrix().Data
	for i, g := range w {
		sum += g * (a[i]*a[i] - b[i])
	}
	return sum, nil
}
