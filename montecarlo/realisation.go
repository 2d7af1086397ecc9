package montecarlo

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
)

// MaxMemory is how much a definition or gram sampler may hold, in bytes. A
// larger size is refused before anything is allocated.
const MaxMemory = 4 << 30

// realisation samples by drawing the data and the weights: W, V and then X, so
// that both methods see the same draws from the same stream.
type realisation struct {
	setting Setting
	method  Method
	net     *network.Net
	x       *mat.Dense
	law     law // of the data; nil if they are standard normal or given
}

// checkMemory refuses sizes beyond MaxMemory.
func (e *Estimator) checkMemory() error {
	s := &e.Setting
	c, m, d, n := float64(s.Classes), float64(s.Hidden), s.Dim, s.Samples
	numbers := n*d + (c+m)*d + n*(2*c+3*m) // data, weights, features, logits, probabilities
	if e.Method == Gram {
		numbers += 4*n*n + n*gramBatch
	} else {
		numbers += 3 * d * d
	}
	if bytes := 8 * numbers; bytes > MaxMemory {
		other := "twopoint"
		if e.Method == Definition && d > n {
			other = "gram or twopoint"
		}
		return fmt.Errorf("method %s at dim %.0f, samples %.0f, classes %d needs %.1f GiB a worker, more than the %d GiB allowed: want method %s or a smaller size",
			e.Method, s.Dim, s.Samples, s.Classes, bytes/(1<<30), MaxMemory>>30, other)
	}
	return nil
}

func (r *realisation) draw(s *replicate.Stream) (*network.State, error) {
	set := &r.setting
	if r.net == nil {
		net, err := network.Draw(s, set.Model, set.Init, int(set.Dim), set.Hidden, set.Classes)
		if err != nil {
			return nil, err
		}
		r.net = net
		if err := r.prepareData(); err != nil {
			return nil, err
		}
	} else {
		r.net.Redraw(s, set.Init)
	}
	r.drawData(s)
	return network.Evaluate(r.net, set.Loss, r.x, nil)
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
func (r *realisation) drawData(s *replicate.Stream) {
	switch {
	case r.setting.Data.Given():
	case r.law == nil:
		s.Normals(r.x.RawMatrix().Data)
	default:
		n, _ := r.x.Dims()
		for k := range n {
			r.law.fill(s, r.x.RawRowView(k), 0, 0)
		}
	}
}

// Sample draws one realisation and returns the averages of |H_ij|_F^2 over
// i != j and of |H_ii|_F^2 over i.
func (r *realisation) Sample(s *replicate.Stream) (off, diag float64, err error) {
	state, err := r.draw(s)
	if err != nil {
		return 0, 0, err
	}
	if r.method == Definition {
		off, diag = normsByDefinition(state, r.setting.Block)
	} else {
		off, diag = normsByGram(state, r.setting.Block)
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
func normsByDefinition(state *network.State, block network.Block) (off, diag float64) {
	k := blocks(state, block)
	for i := range k {
		for j := range i {
			off += network.FrobeniusSquared(state.Block(block, i, j))
		}
		diag += network.FrobeniusSquared(state.Block(block, i, i))
	}
	return average(off, diag, k)
}

// gramBatch is the number of blocks whose weights are held at a time.
const gramBatch = 256

// normsByGram uses |H_ij|_F^2 = lambda' M lambda with M_nm = (phi_n.phi_m)^2/N^2
// and lambda the block's weights: the norms of up to gramBatch blocks are one
// matrix product. For the C(C-1) off-diagonal vv blocks of a softmax the sum
// closes,
//
//	sum_{i!=j} |H_ij|_F^2 = sum_nm M_nm [ (p_n.p_m)^2 - sum_i p_ni^2 p_mi^2 ].
func normsByGram(state *network.State, block network.Block) (off, diag float64) {
	return normsByWeights(state, block, gramSquared(state, block))
}

// normsByWeights is normsByGram for any symmetric matrix M in place of the squared
// inner products.
func normsByWeights(state *network.State, block network.Block, m *mat.Dense) (off, diag float64) {
	k := blocks(state, block)
	var pairs [][2]int
	for i := range k {
		pairs = append(pairs, [2]int{i, i})
	}
	diag = quadraticForms(state, block, m, pairs)
	if block == network.VV && state.Loss == network.CE {
		off = softmaxOff(state, m) / 2
		return average(off, diag, k)
	}
	pairs = pairs[:0]
	for i := range k {
		for j := range i {
			pairs = append(pairs, [2]int{i, j})
		}
	}
	off = quadraticForms(state, block, m, pairs)
	return average(off, diag, k)
}

// gramSquared returns M, N x N.
func gramSquared(state *network.State, block network.Block) *mat.Dense {
	phi := state.X
	if block == network.VV {
		phi = state.Features
	}
	n := float64(state.Samples())
	m := new(mat.Dense)
	m.Mul(phi, phi.T())
	data := m.RawMatrix().Data
	for i, g := range data {
		g /= n
		data[i] = g * g
	}
	return m
}

// quadraticForms returns the sum over the blocks of lambda' M lambda.
func quadraticForms(state *network.State, block network.Block, m *mat.Dense, pairs [][2]int) (sum float64) {
	n := state.Samples()
	column := make([]float64, n)
	for len(pairs) > 0 {
		batch := pairs[:min(gramBatch, len(pairs))]
		pairs = pairs[len(batch):]
		lambda := mat.NewDense(len(batch), n, nil)
		for b, ij := range batch {
			lambda.SetRow(b, state.Weights(column, block, ij[0], ij[1]))
		}
		var product mat.Dense
		product.Mul(lambda, m)
		l, p := lambda.RawMatrix().Data, product.RawMatrix().Data
		for i := range l {
			sum += l[i] * p[i]
		}
	}
	return sum
}

// softmaxOff returns the sum over i != j by the closed form.
func softmaxOff(state *network.State, m *mat.Dense) (sum float64) {
	p := state.Probs
	squares := mat.DenseCopyOf(p)
	data := squares.RawMatrix().Data
	for i, x := range data {
		data[i] = x * x
	}
	var inner, innerSquares mat.Dense
	inner.Mul(p, p.T())
	innerSquares.Mul(squares, squares.T())
	w, a, b := m.RawMatrix().Data, inner.RawMatrix().Data, innerSquares.RawMatrix().Data
	for i, g := range w {
		sum += g * (a[i]*a[i] - b[i])
	}
	return sum
}
