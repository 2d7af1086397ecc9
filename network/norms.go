package network

import (
	"context"
	"fmt"
	"math"
	"sort"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// BlockNorm is the Frobenius norm |H_ij|_F (not squared) of one block.
type BlockNorm struct {
	I, J int // indices of groups, I <= J
	Norm float64
}

// PairNorms sums up the blocks of a pair of layers.
type PairNorms struct {
	A, B int // layers from 0, A <= B
	// Diagonal is the mean of |H_ii|_F^2 over the rows i of the layer if A = B, and
	// else the geometric mean of those of A and of B.
	Diagonal float64
	// Off is the mean of |H_ij|_F^2 over i != j if A = B, and else over all i of A
	// and j of B. It is NaN if there is no such block.
	Off float64
	// Total is the Frobenius norm (not squared) of the pair's whole part of H.
	Total float64
}

// Ratio returns Off/Diagonal: a ratio of squared norms.
func (p PairNorms) Ratio() float64 { return p.Off / p.Diagonal }

// Norms are the Frobenius norms of the blocks of a Hessian: true norms, the root of
// the sum of the squares of the entries, not means of entries.
type Norms struct {
	Groups []Group
	// Blocks holds the blocks on and above the diagonal, in the order of I and J:
	// all of them, or, if they are more than [MaxListed], those on it.
	Blocks   []BlockNorm
	Complete bool // Blocks has all of them
	Pairs    []PairNorms
}

// MaxListed is how many blocks [Norms] lists one by one.
const MaxListed = 25_000

// Cross returns the Frobenius norm of all blocks between different layers, of
// H_wv for a 1-hidden-layer net.
func (n *Norms) Cross() float64 {
	sum := 0.0
	for _, p := range n.Pairs {
		if p.A != p.B {
			sum += p.Total * p.Total
		}
	}
	return math.Sqrt(sum)
}

// Of returns the norms of the pair of layers a <= b.
func (n *Norms) Of(a, b int) (PairNorms, bool) {
	for _, p := range n.Pairs {
		if p.A == a && p.B == b {
			return p, true
		}
	}
	return PairNorms{}, false
}

// tally gathers squared norms of blocks.
type tally struct {
	mu     sync.Mutex
	groups []Group
	listed bool
	blocks []BlockNorm // squared
	sums   map[[2]int]*pairSum
}

type pairSum struct{ diagonal, off float64 }

func newTally(groups []Group) *tally {
	g := len(groups)
	return &tally{groups: groups, listed: g*(g+1)/2 <= MaxListed, sums: make(map[[2]int]*pairSum)}
}

// row adds the squared norms of blocks (i, from), (i, from+1), ...: all of one pair
// of layers. Calls must come in the same order for the sums to have the same bits,
// so they are kept apart until result.
func (t *tally) row(i, from int, squared []float64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for k, x := range squared {
		t.blocks = append(t.blocks, BlockNorm{i, from + k, x})
	}
}

// more adds blocks off the diagonal of layer l that are not listed.
func (t *tally) more(l int, squared float64) { t.sum(l, l).off += squared }

func (t *tally) sum(a, b int) *pairSum {
	s := t.sums[[2]int{a, b}]
	if s == nil {
		s = new(pairSum)
		t.sums[[2]int{a, b}] = s
	}
	return s
}

func (t *tally) result() *Norms {
	sort.Slice(t.blocks, func(a, b int) bool {
		x, y := t.blocks[a], t.blocks[b]
		return x.I < y.I || x.I == y.I && x.J < y.J
	})
	n := &Norms{Groups: t.groups, Complete: t.listed}
	count := make(map[int]int) // rows of a layer
	var layers []int
	for _, g := range t.groups {
		if count[g.Layer]++; count[g.Layer] == 1 {
			layers = append(layers, g.Layer)
		}
	}
	for _, b := range t.blocks {
		s := t.sum(t.groups[b.I].Layer, t.groups[b.J].Layer)
		if b.I == b.J {
			s.diagonal += b.Norm
		} else {
			s.off += b.Norm
		}
		if t.listed || b.I == b.J {
			n.Blocks = append(n.Blocks, BlockNorm{b.I, b.J, math.Sqrt(b.Norm)})
		}
	}
	for k, a := range layers {
		for _, b := range layers[k:] {
			s, p := t.sum(a, b), PairNorms{A: a, B: b}
			if a == b {
				pairs := float64(count[a]) * float64(count[a]-1) / 2
				p.Diagonal, p.Off = s.diagonal/float64(count[a]), s.off/pairs // NaN for a single row
				p.Total = math.Sqrt(s.diagonal + 2*s.off)
			} else {
				p.Off = s.off / (float64(count[a]) * float64(count[b]))
				p.Diagonal = math.Sqrt(t.sum(a, a).diagonal/float64(count[a])) * math.Sqrt(t.sum(b, b).diagonal/float64(count[b]))
				p.Total = math.Sqrt(s.off)
			}
			n.Pairs = append(n.Pairs, p)
		}
	}
	return n
}

// NormsOf returns the norms of the blocks of a Hessian that [Curvature.Hessian]
// returned for the same layers.
func (c *Curvature) NormsOf(h *mat.Dense, layers []int) (*Norms, error) {
	groups, err := c.groups(layers)
	if err != nil {
		return nil, err
	}
	t := newTally(groups)
	raw := h.RawMatrix()
	squared := make([]float64, len(groups))
	for i, g := range groups {
		clear(squared)
		for r := g.From; r < g.To; r++ {
			line := raw.Data[r*raw.Stride:][:raw.Cols]
			for j := i; j < len(groups); j++ {
				squared[j] += sumOfSquares(line[groups[j].From:groups[j].To])
			}
		}
		t.row(i, i, squared[i:])
	}
	return t.result(), nil
}

func sumOfSquares(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return sum
}

// Norms returns the norms of all blocks without forming the Hessian. Within a
// layer they come from the Gram identity
//
//	|(1/N) sum_n c_n a_n a_n^T|_F^2 = c^T M c,  M_nm = (a_n.a_m)^2 / N^2,
//
// at N^2 operations a block, where that is cheaper than forming blocks one by one;
// the output layer of more than 64 classes under CE has its off-diagonal blocks
// summed in closed form (see [HeadNorms]) and not listed. Blocks between layers are
// formed one row at a time and dropped.
//
// Memory: 24 N^2 bytes and a few times N (C + sum of widths). progress is called as
// by [Curvature.Hessian].
func (c *Curvature) Norms(ctx context.Context, progress func(done, total int)) (*Norms, error) {
	groups := c.net.Groups()
	t := newTally(groups)
	last := c.net.Depth() - 1
	closed := c.net.Classes() > maxSingly || !t.listed
	t.listed = t.listed && !closed
	grams := make([]blas64.General, last+1)
	for l := range grams {
		width := c.net.sizes[l]
		if c.samples < width*width && c.samples <= MaxGram && !(l == last && closed) {
			grams[l] = c.gramSquared(l)
		}
	}
	start := make([]int, last+2) // index of a layer's first group
	for l := range last + 1 {
		start[l+1] = start[l] + c.net.sizes[l+1]
	}
	sweeps := groups
	before, each := 0, 1 // of what is reported: the head counts as much as the sweeps
	if closed {
		sweeps = groups[:start[last]]
		before = 2 * c.net.Classes()
		each = before
		report := progress
		if progress != nil && len(sweeps) > 0 {
			report = func(done, total int) { progress(done*len(sweeps), 2*total*len(sweeps)) }
		}
		head, err := HeadNorms(ctx, c.loss, c.net.layers[last], dense(c.a[last]), nil, report)
		if err != nil {
			return nil, err
		}
		for r, x := range head.Diagonal {
			t.row(start[last]+r, start[last]+r, []float64{x})
		}
		t.more(last, head.Off/2)
	}
	before *= len(sweeps)
	done := make(chan struct{}, len(sweeps))
	err := c.each(ctx, sweeps, func(w *sweep, g Group) error {
		i := start[g.Layer] + g.Row
		for l := g.Layer; l <= last; l++ {
			from := 0
			if l == g.Layer {
				from = g.Row
			}
			if err := c.rowNorms(ctx, w, t, grams[l], i, l, from, start[l]); err != nil {
				return err
			}
		}
		done <- struct{}{}
		if progress != nil {
			progress(before+each*len(done), before+each*len(sweeps))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return t.result(), nil
}

// maxSingly is the number of classes beyond which off-diagonal blocks of the
// output layer are summed, not listed.
const maxSingly = 64

// MaxGram is the number of samples beyond which a Gram matrix (3.2 GB) is too
// large. The norms of a linear model need one; deeper nets do without.
const MaxGram = 20_000

// CheckGram returns nil if the norms of a linear model can be had at that many
// samples, and otherwise how large their Gram matrix is.
func CheckGram(samples int) error {
	if n := float64(samples); samples > MaxGram {
		return fmt.Errorf("%d samples need a Gram matrix of %.1f GiB, more than the %.1f allowed: want at most %d samples",
			samples, 8*n*n/(1<<30), 8.*MaxGram*MaxGram/(1<<30), MaxGram)
	}
	return nil
}

// rowNorms adds the norms of the blocks of the sweep's row with rows from.. of
// layer l.
func (c *Curvature) rowNorms(ctx context.Context, w *sweep, t *tally, gram blas64.General, i, l, from, start int) error {
	rows := c.net.sizes[l+1]
	squared := make([]float64, rows-from)
	if l == w.group.Layer && gram.Data != nil {
		c.quadratic(w, gram, l, from, squared)
		t.row(i, start+from, squared)
		return nil
	}
	height, width := w.group.To-w.group.From, c.net.sizes[l]
	batch := max(1, batchEntries/(height*width))
	for s := from; s < rows; s += batch {
		if err := ctx.Err(); err != nil {
			return err
		}
		count := min(batch, rows-s)
		out := general(height, count*width)
		c.strip(w, l, s, s+count, out)
		for r := range height {
			line := row(out, r)
			for b := range count {
				squared[s-from+b] += sumOfSquares(line[b*width : (b+1)*width])
			}
		}
	}
	t.row(i, start+from, squared)
	return nil
}

// quadratic writes c^T M c for the blocks with rows from.. of the sweep's layer.
func (c *Curvature) quadratic(w *sweep, gram blas64.General, l, from int, squared []float64) {
	const batch = 256
	for s := 0; s < len(squared); s += batch {
		weights := general(min(batch, len(squared)-s), c.samples)
		for b := range weights.Rows {
			curve, out := row(w.rho[l+1], from+s+b), row(weights, b)
			for k, n := range w.active {
				out[n] = curve[k]
			}
		}
		product := general(weights.Rows, c.samples)
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, weights, gram, 0, product)
		for b := range weights.Rows {
			squared[s+b] = max(0, dot(row(weights, b), row(product, b)))
		}
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for k := range x {
		sum += x[k] * y[k]
	}
	return sum
}

// gramSquared returns M for the inputs of layer l.
func (c *Curvature) gramSquared(l int) blas64.General {
	m := general(c.samples, c.samples)
	blas64.Gemm(blas.Trans, blas.NoTrans, 1/float64(c.samples), c.a[l], c.a[l], 0, m)
	for k, g := range m.Data {
		m.Data[k] = g * g
	}
	return m
}

// dense returns the transpose, one sample a row.
func dense(a blas64.General) *mat.Dense {
	out := mat.NewDense(a.Cols, a.Rows, nil)
	transpose(out.RawMatrix(), a)
	return out
}
