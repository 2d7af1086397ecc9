package network

import (
	"context"
	"fmt"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
)

// Curvature is a Problem prepared for its Hessian blocks. They have a closed form
// at any depth, as a ReLU net is linear in W_l where no unit switches. For rows r
// of W_l and s of W_k, l <= k, the block of the second derivatives is
//
//	H_{(l,r),(k,s)} = (1/N) sum_n a_{l-1} u^T,  u = c_rs a_{k-1} + [l < k] delta_{k,s} D_r
//
// of shape n_{l-1} x n_{k-1}, where for each sample
//
//	D_r     = d a_{k-1} / d z_{l,r}                 (units after unit r)
//	c_rs    = (d z_L / d z_{l,r})^T A (d z_L / d z_{k,s})
//	delta_k = d loss / d z_k
//
// so that one pass forwards from a unit r and back gives D_r and all c_rs at once.
// With one hidden layer D_r is e_r where unit r is on: delta_{2,s} a_0 then stands
// in column r alone, which is the stripe of H_{w_r v_s}.
//
// A Curvature is a copy: it does not follow later changes of the weights, and any
// number of goroutines may read it.
type Curvature struct {
	net     *MLP
	loss    Loss
	samples int
	// One unit a row, one sample a column: products run along samples.
	a, delta []blas64.General // index l holds layer l's output, l = 0 .. L
	p        blas64.General
	fit      Fit
	workers  int
}

// Curvature evaluates the problem at the net's present weights.
func (p *Problem) Curvature(ctx context.Context) (*Curvature, error) {
	// The hidden deltas need the gradient pass.
	fit, err := p.Gradient(ctx, make([]float64, p.Net.Parameters()))
	if err != nil {
		return nil, err
	}
	net := p.Net.Clone()
	c := &Curvature{net: net, loss: p.Loss, samples: p.Samples(), fit: fit, workers: max(1, p.Workers)}
	for _, size := range net.sizes {
		c.a = append(c.a, general(size, c.samples))
		c.delta = append(c.delta, general(size, c.samples))
	}
	if p.Loss == CE {
		c.p = general(net.Classes(), c.samples)
	}
	for _, t := range p.parts {
		part := func(whole blas64.General) blas64.General {
			whole.Data = whole.Data[t.from:]
			return whole
		}
		for l := range c.a {
			transpose(part(c.a[l]), t.a[l])
			if l > 0 {
				transpose(part(c.delta[l]), t.delta[l])
			}
		}
		if p.Loss == CE {
			transpose(part(c.p), t.p)
		}
	}
	return c, nil
}

// Fit returns how well the net fits.
func (c *Curvature) Fit() Fit { return c.fit }

// sweep is the work space for the blocks of one row of weights.
type sweep struct {
	group  Group
	active []int            // the samples at which the unit is on
	d, rho []blas64.General // index l: d a_l/d z_r and c_r., over the active samples
	a      []blas64.General // a_l at the active samples
	delta  []blas64.General
	p      blas64.General
	u      blas64.General // a batch of u, one a row
}

func (c *Curvature) newSweep() *sweep {
	w := new(sweep)
	for _, size := range c.net.sizes {
		w.d = append(w.d, general(size, c.samples))
		w.rho = append(w.rho, general(size, c.samples))
		w.a = append(w.a, general(size, c.samples))
		w.delta = append(w.delta, general(size, c.samples))
	}
	w.p = general(c.net.Classes(), c.samples)
	w.u = blas64.General{Data: make([]float64, max(1, batchEntries/c.samples)*c.samples)}
	return w
}

// batchEntries is how many entries of u are held at a time: 8 MB, so that products
// are large and several workers stay within memory.
const batchEntries = 1 << 20

func row(g blas64.General, i int) []float64 { return g.Data[i*g.Stride:][:g.Cols] }

// gather copies the columns of src at the active samples.
func (w *sweep) gather(dst *blas64.General, src blas64.General) {
	dst.Cols, dst.Stride = len(w.active), max(1, len(w.active))
	for i := range src.Rows {
		from, to := row(src, i), row(*dst, i)
		for k, n := range w.active {
			to[k] = from[n]
		}
	}
}

// begin passes forwards and back from the unit of group g.
func (c *Curvature) begin(w *sweep, g Group) {
	last := c.net.Depth()
	w.group = g
	w.active = w.active[:0]
	out := row(c.a[g.Layer+1], g.Row)
	for n := range c.samples {
		if g.Layer+1 == last || c.net.activation == Identity || out[n] > 0 {
			w.active = append(w.active, n)
		}
	}
	k := len(w.active)
	w.gather(&w.a[g.Layer], c.a[g.Layer])
	for l := g.Layer + 1; l <= last; l++ {
		w.gather(&w.a[l], c.a[l])
		w.gather(&w.delta[l], c.delta[l])
		w.d[l].Cols, w.d[l].Stride = k, max(1, k)
		w.rho[l].Cols, w.rho[l].Stride = k, max(1, k)
	}
	if c.loss == CE {
		w.gather(&w.p, c.p)
	}
	if k == 0 {
		return
	}
	first := w.d[g.Layer+1]
	clear(first.Data[:first.Rows*k])
	for n := range row(first, g.Row) {
		row(first, g.Row)[n] = 1
	}
	for l := g.Layer + 1; l < last; l++ {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, c.net.layers[l].RawMatrix(), w.d[l], 0, w.d[l+1])
		if l+1 < last {
			c.mask(w, l+1, w.d[l+1])
		}
	}
	c.curve(w, w.d[last], w.rho[last])
	for l := last - 1; l > g.Layer; l-- {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, c.net.layers[l].RawMatrix(), w.rho[l+1], 0, w.rho[l])
		c.mask(w, l, w.rho[l])
	}
}

// mask sets to 0 what belongs to units of layer l that are off.
func (c *Curvature) mask(w *sweep, l int, x blas64.General) {
	if c.net.activation != ReLU {
		return
	}
	for k, a := range w.a[l].Data[:x.Rows*x.Cols] {
		if a == 0 {
			x.Data[k] = 0
		}
	}
}

// curve sets out to A z at every active sample.
func (c *Curvature) curve(w *sweep, z, out blas64.General) {
	size := z.Rows * z.Cols
	if c.loss == MSE {
		for k, x := range z.Data[:size] {
			out.Data[k] = 2 * x
		}
		return
	}
	mean := make([]float64, z.Cols)
	for i := range z.Rows {
		z, p := row(z, i), row(w.p, i)
		for n := range mean {
			mean[n] += p[n] * z[n]
		}
	}
	for i := range z.Rows {
		z, p, out := row(z, i), row(w.p, i), row(out, i)
		for n := range mean {
			out[n] = p[n] * (z[n] - mean[n])
		}
	}
}

// strip writes the blocks of the sweep's row with rows from..to-1 of layer l into
// out, side by side: n x (to-from) n_l numbers. The layer is the sweep's own or a
// later one.
func (c *Curvature) strip(w *sweep, l, from, to int, out blas64.General) {
	width := c.net.sizes[l]
	k := len(w.active)
	if k == 0 {
		for i := range out.Rows {
			clear(row(out, i))
		}
		return
	}
	batch := max(1, len(w.u.Data)/(k*width))
	left := w.a[w.group.Layer]
	for s := from; s < to; s += batch {
		count := min(batch, to-s)
		u := blas64.General{Rows: count * width, Cols: k, Stride: k, Data: w.u.Data}
		if len(u.Data) < u.Rows*k {
			w.u.Data = make([]float64, u.Rows*k) // one row of units is larger than a batch
			u.Data = w.u.Data
		}
		for b := range count {
			c.factor(w, l, s+b, blas64.General{Rows: width, Cols: k, Stride: k, Data: u.Data[b*width*k:]})
		}
		target := blas64.General{Rows: out.Rows, Cols: u.Rows, Stride: out.Stride, Data: out.Data[(s-from)*width:]}
		blas64.Gemm(blas.NoTrans, blas.Trans, 1/float64(c.samples), left, u, 0, target)
	}
}

// factor writes u of the block with row s of layer l.
func (c *Curvature) factor(w *sweep, l, s int, u blas64.General) {
	curve := row(w.rho[l+1], s)
	if l == w.group.Layer {
		for j := range u.Rows {
			a, out := row(w.a[l], j), row(u, j)
			for n, x := range curve {
				out[n] = x * a[n]
			}
		}
		return
	}
	slope := row(w.delta[l+1], s)
	for j := range u.Rows {
		a, d, out := row(w.a[l], j), row(w.d[l], j), row(u, j)
		for n, x := range curve {
			out[n] = x*a[n] + slope[n]*d[n]
		}
	}
}

// zero reports whether the blocks of the sweep's row with other rows of its own
// layer vanish: the output layer under squared error.
func (c *Curvature) zero(g Group, l, s int) bool {
	return c.loss == MSE && g.Layer == l && l == c.net.Depth()-1 && g.Row != s
}

// each runs f on every group, by several workers with a sweep each.
func (c *Curvature) each(ctx context.Context, groups []Group, f func(*sweep, Group) error) error {
	workers := max(1, min(c.workers, len(groups)))
	next := make(chan Group)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wait sync.WaitGroup
	for range workers {
		wait.Go(func() {
			w := c.newSweep()
			for g := range next {
				c.begin(w, g)
				if err := f(w, g); err != nil {
					cancel(err)
				}
			}
		})
	}
send:
	for _, g := range groups {
		select {
		case next <- g:
		case <-ctx.Done():
			break send
		}
	}
	close(next)
	wait.Wait()
	return context.Cause(ctx)
}

// MaxMemory is how much a Hessian may hold, in bytes. A larger one is refused
// before anything is allocated.
const MaxMemory = 4 << 30

// CheckMemory returns nil if the Hessian of that many parameters fits into
// [MaxMemory], and otherwise how large it is.
func CheckMemory(parameters int) error {
	if bytes := 8 * float64(parameters) * float64(parameters); bytes > MaxMemory {
		return fmt.Errorf("the Hessian of %d parameters needs %.1f GiB, more than the %d GiB allowed (%d parameters)",
			parameters, bytes/(1<<30), MaxMemory>>30, 23170)
	}
	return nil
}
