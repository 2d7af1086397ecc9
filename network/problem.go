package network

import (
	"context"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"pastur/internal/elementary"
)

// Problem is an MLP, a loss and data: a function of the weights with a gradient and
// a Hessian. Its methods read the weights the net has when they are called.
//
// Samples are worked on in parts whose number depends on N alone, and the parts
// are added in order: results are the same bits for any number of workers. They
// pass through BLAS, so another build may give other last digits.
//
// A Problem keeps work space; it must not be used by two goroutines at once.
type Problem struct {
	Net     *MLP
	Loss    Loss
	X       *mat.Dense // N x d
	Labels  []int      // in [0,C)
	Workers int        // goroutines, at least 1

	parts      []*part
	transposed []blas64.General // of the weights
}

// NewProblem returns the problem of fitting net to X (N x d, one sample a row) and
// labels y (in [0,C)); it keeps all three. It returns an error if the loss is
// unknown, if shapes or labels do not fit, or if an entry of X is not finite.
func NewProblem(net *MLP, loss Loss, X *mat.Dense, y []int) (*Problem, error) {
	if _, err := ParseLoss(string(loss)); err != nil {
		return nil, err
	}
	if err := net.checkData(X, y); err != nil {
		return nil, err
	}
	return &Problem{Net: net, Loss: loss, X: X, Labels: y, Workers: 1}, nil
}

// Samples returns N.
func (p *Problem) Samples() int { return len(p.Labels) }

// Fit is how well a net fits.
type Fit struct {
	// Loss is the value of the loss.
	Loss float64
	// Gap is the optimality gap,
	//
	//	CE:   (1/N) sum_n (1 - p_{n,y_n}) = (1/N) sum_n |p_n - y_n|_1 / 2
	//	MSE:  the loss itself.
	//
	// It is 0 where every sample is fitted perfectly, and at most Loss.
	Gap float64
	// Accuracy is the share of samples whose largest logit is the label's.
	Accuracy float64
}

// Gradient writes the gradient of the loss by all weights into dst, in their
// order, and returns how well the net fits. A nil dst is not written to. It
// returns an error if a logit is not finite, or if ctx ends.
func (p *Problem) Gradient(ctx context.Context, dst []float64) (Fit, error) {
	if dst != nil {
		sized(dst, p.Net.Parameters(), "gradient")
	}
	if err := p.run(ctx, func(t *part) error { return t.backward(p, dst != nil) }); err != nil {
		return Fit{}, err
	}
	var fit Fit
	for _, t := range p.parts {
		fit.Loss += t.fit.Loss
		fit.Gap += t.fit.Gap
		fit.Accuracy += t.fit.Accuracy
	}
	n := float64(p.Samples())
	fit.Loss, fit.Gap, fit.Accuracy = fit.Loss/n, fit.Gap/n, fit.Accuracy/n
	if dst != nil {
		p.reduce(dst, func(t *part) []blas64.General { return t.gradient })
	}
	return fit, nil
}

// HessianVector writes into dst the product of the Hessian of the loss with v, a
// vector of P numbers in the order of the weights, and returns it; a nil dst is
// allocated. Its cost is about that of two gradients, in time and memory.
//
// Forward over reverse (B. A. Pearlmutter, "Fast exact multiplication by the
// Hessian", Neural Computation 6, 1994): with R the derivative along v and
// delta_l that of a sample's loss by z_l,
//
//	R z_l     = W_l R a_{l-1} + V_l a_{l-1}
//	R delta_L = A R z_L       (A: 2 I under MSE, diag(p) - p p^T under CE)
//	R delta_l = 1(z_l > 0) (W_{l+1}^T R delta_{l+1} + V_{l+1}^T delta_{l+1})
//	R G_l     = R delta_l a_{l-1}^T + delta_l R a_{l-1}^T
//
// It returns an error if a logit is not finite, or if ctx ends.
func (p *Problem) HessianVector(ctx context.Context, dst, v []float64) ([]float64, error) {
	dst = sized(dst, p.Net.Parameters(), "Hessian-vector product")
	sized(v, p.Net.Parameters(), "vector")
	direction := make([]blas64.General, p.Net.Depth())
	for l := range direction {
		at, rows, columns := p.Net.offset(l), p.Net.sizes[l+1], p.Net.sizes[l]
		direction[l] = blas64.General{Rows: rows, Cols: columns, Stride: columns, Data: v[at : at+rows*columns]}
	}
	err := p.run(ctx, func(t *part) error {
		if err := t.backward(p, true); err != nil {
			return err
		}
		t.along(p, direction)
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.reduce(dst, func(t *part) []blas64.General { return t.rGradient })
	return dst, nil
}

// run prepares the parts and runs f on each, in parallel.
func (p *Problem) run(ctx context.Context, f func(*part) error) error {
	p.prepare()
	workers := max(1, min(p.Workers, len(p.parts)))
	if workers == 1 {
		for _, t := range p.parts {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := f(t); err != nil {
				return err
			}
		}
		return nil
	}
	var wait sync.WaitGroup
	errs := make([]error, len(p.parts))
	for w := range workers {
		wait.Go(func() {
			for k := w; k < len(p.parts); k += workers {
				if errs[k] = ctx.Err(); errs[k] == nil {
					errs[k] = f(p.parts[k])
				}
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// reduce adds up the layers of all parts, in order, over N.
func (p *Problem) reduce(dst []float64, of func(*part) []blas64.General) {
	scale := 1 / float64(p.Samples())
	for l, size := range p.Net.sizes[:p.Net.Depth()] {
		out := dst[p.Net.offset(l):][:size*p.Net.sizes[l+1]]
		clear(out)
		if !p.wide(l) {
			for _, t := range p.parts {
				for k, g := range of(t)[l].Data {
					out[k] += g
				}
			}
		} else {
			for _, t := range p.parts {
				from := of(t)[l]
				for k := range from.Rows {
					for i, g := range from.Data[k*from.Stride:][:from.Cols] {
						out[i*size+k] += g
					}
				}
			}
		}
		for k := range out {
			out[k] *= scale
		}
	}
}

// wide reports whether layer l has more outputs than inputs. The gradient of such a
// layer is held transposed, and forward products use the transposed weights: BLAS
// is fast along rows, and these are then the long ones.
func (p *Problem) wide(l int) bool { return p.Net.sizes[l+1] > p.Net.sizes[l] }

// A part has at least partSamples samples, enough to make a product of matrices
// worth its overhead, and there are at most maxParts of them, as each holds a
// gradient.
const (
	partSamples = 128
	maxParts    = 64
)

// part is the work space of some of the samples, one a row.
type part struct {
	from, to int
	fit      Fit
	// a[l] is a_l, of which a[0] is the data; a[L] are the logits, and p their
	// softmax (CE). delta[l] is the derivative of each sample's loss by z_l.
	a, delta   []blas64.General
	p          blas64.General
	gradient   []blas64.General // summed over the samples
	ra, rdelta []blas64.General // derivatives along a direction
	rGradient  []blas64.General
}

func general(rows, columns int) blas64.General {
	return blas64.General{Rows: rows, Cols: columns, Stride: max(1, columns), Data: make([]float64, rows*columns)}
}

// prepare allocates the parts once, and transposes the weights, which may have
// changed.
func (p *Problem) prepare() {
	net := p.Net
	if p.parts == nil {
		count := min(maxParts, (p.Samples()+partSamples-1)/partSamples)
		for k := range count {
			t := &part{from: k * p.Samples() / count, to: (k + 1) * p.Samples() / count}
			rows := t.to - t.from
			raw := p.X.RawMatrix()
			t.a = []blas64.General{{Rows: rows, Cols: raw.Cols, Stride: raw.Stride, Data: raw.Data[t.from*raw.Stride:]}}
			t.delta = []blas64.General{{}}
			for l, n := range net.sizes[1:] {
				t.a = append(t.a, general(rows, n))
				t.delta = append(t.delta, general(rows, n))
				t.gradient = append(t.gradient, p.gradientOf(l))
			}
			if p.Loss == CE {
				t.p = general(rows, net.Classes())
			}
			p.parts = append(p.parts, t)
		}
		for l := range net.layers {
			p.transposed = append(p.transposed, general(net.sizes[l], net.sizes[l+1]))
		}
	}
	for l, w := range net.layers {
		transpose(p.transposed[l], w.RawMatrix())
	}
}

// gradientOf allocates room for the gradient of layer l.
func (p *Problem) gradientOf(l int) blas64.General {
	if p.wide(l) {
		return general(p.Net.sizes[l], p.Net.sizes[l+1])
	}
	return general(p.Net.sizes[l+1], p.Net.sizes[l])
}

func transpose(dst, src blas64.General) {
	for i := range src.Rows {
		for k, x := range src.Data[i*src.Stride:][:src.Cols] {
			dst.Data[k*dst.Stride+i] = x
		}
	}
}

// forwardProduct computes out = a W^T + beta out for weights of layer l, given also
// transposed.
func (p *Problem) forwardProduct(l int, a, w, wt blas64.General, beta float64, out blas64.General) {
	if p.wide(l) {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, a, wt, beta, out)
	} else {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, a, w, beta, out)
	}
}

// backwardProduct computes out = delta W + beta out.
func (p *Problem) backwardProduct(l int, delta, w, wt blas64.General, beta float64, out blas64.General) {
	if p.wide(l) {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, delta, wt, beta, out)
	} else {
		blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, delta, w, beta, out)
	}
}

// gradientProduct computes out = delta^T a + beta out, transposed if the layer is
// wide.
func (p *Problem) gradientProduct(l int, delta, a blas64.General, beta float64, out blas64.General) {
	if p.wide(l) {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, a, delta, beta, out)
	} else {
		blas64.Gemm(blas.Trans, blas.NoTrans, 1, delta, a, beta, out)
	}
}

// backward evaluates the part's samples, and their gradients if asked for.
func (t *part) backward(p *Problem, gradients bool) error {
	net, last := p.Net, p.Net.Depth()
	for l, w := range net.layers {
		p.forwardProduct(l, t.a[l], w.RawMatrix(), p.transposed[l], 0, t.a[l+1])
		if l+1 < last && net.activation == ReLU {
			for k, z := range t.a[l+1].Data {
				// Not max(z, 0): a NaN must survive to be reported.
				if z <= 0 {
					t.a[l+1].Data[k] = 0
				}
			}
		}
	}
	if err := t.residuals(p); err != nil || !gradients {
		return err
	}
	for l := last - 1; l >= 0; l-- {
		p.gradientProduct(l, t.delta[l+1], t.a[l], 0, t.gradient[l])
		if l > 0 {
			p.backwardProduct(l, t.delta[l+1], net.layers[l].RawMatrix(), p.transposed[l], 0, t.delta[l])
			t.mask(p, l, t.delta[l])
		}
	}
	return nil
}

// mask sets to 0 the entries of units of layer l that are off.
func (t *part) mask(p *Problem, l int, x blas64.General) {
	if p.Net.activation != ReLU {
		return
	}
	for k, a := range t.a[l].Data {
		if a == 0 {
			x.Data[k] = 0
		}
	}
}

// residuals sets the last delta to each sample's derivative by its logits, and
// fit to sums over the samples.
func (t *part) residuals(p *Problem) error {
	t.fit = Fit{}
	z, g := t.a[len(t.a)-1], t.delta[len(t.delta)-1]
	for n := range z.Rows {
		y := p.Labels[t.from+n]
		row, out := z.Data[n*z.Stride:][:z.Cols], g.Data[n*g.Stride:][:g.Cols]
		top, argmax := row[0], 0
		for c, x := range row {
			if x > top {
				top, argmax = x, c
			}
		}
		if argmax == y {
			t.fit.Accuracy++
		}
		sum := 0.0
		if p.Loss == CE {
			probs := t.p.Data[n*t.p.Stride:][:t.p.Cols]
			for c, x := range row {
				e := elementary.Exp(x - top)
				probs[c] = e
				sum += e
			}
			scale := 1 / sum
			for c := range probs {
				probs[c] *= scale
			}
			copy(out, probs)
			out[y]--
			t.fit.Gap += 1 - probs[y]
			sum = math.Log(sum) + (top - row[y])
		} else {
			for c, f := range row {
				if c == y {
					f--
				}
				out[c] = 2 * f
				sum += f * f
			}
			t.fit.Gap += sum
		}
		// A NaN fails every comparison, so top need not show it; sum does.
		if math.IsNaN(sum) || math.IsInf(sum, 0) {
			return fmt.Errorf("loss of sample %d is %v: its logits are not finite", t.from+n, sum)
		}
		t.fit.Loss += sum
	}
	return nil
}

// along differentiates the gradient along a direction; backward must have been
// called.
func (t *part) along(p *Problem, direction []blas64.General) {
	net, last := p.Net, p.Net.Depth()
	if t.ra == nil {
		t.ra, t.rdelta = []blas64.General{{}}, []blas64.General{{}}
		for l, n := range net.sizes[1:] {
			t.ra = append(t.ra, general(t.a[0].Rows, n))
			t.rdelta = append(t.rdelta, general(t.a[0].Rows, n))
			t.rGradient = append(t.rGradient, p.gradientOf(l))
		}
	}
	for l, w := range net.layers {
		blas64.Gemm(blas.NoTrans, blas.Trans, 1, t.a[l], direction[l], 0, t.ra[l+1])
		if l > 0 {
			p.forwardProduct(l, t.ra[l], w.RawMatrix(), p.transposed[l], 1, t.ra[l+1])
		}
		if l+1 < last {
			t.mask(p, l+1, t.ra[l+1])
		}
	}
	t.curve(p, t.ra[last], t.rdelta[last])
	for l := last - 1; l >= 0; l-- {
		p.gradientProduct(l, t.rdelta[l+1], t.a[l], 0, t.rGradient[l])
		if l > 0 {
			p.gradientProduct(l, t.delta[l+1], t.ra[l], 1, t.rGradient[l])
			p.backwardProduct(l, t.rdelta[l+1], net.layers[l].RawMatrix(), p.transposed[l], 0, t.rdelta[l])
			blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, t.delta[l+1], direction[l], 1, t.rdelta[l])
			t.mask(p, l, t.rdelta[l])
		}
	}
}

// curve sets out to A z, row by row.
func (t *part) curve(p *Problem, z, out blas64.General) {
	for n := range z.Rows {
		row, to := z.Data[n*z.Stride:][:z.Cols], out.Data[n*out.Stride:][:z.Cols]
		if p.Loss == MSE {
			for c, x := range row {
				to[c] = 2 * x
			}
			continue
		}
		probs, mean := t.p.Data[n*t.p.Stride:][:z.Cols], 0.0
		for c, x := range row {
			mean += probs[c] * x
		}
		for c, x := range row {
			to[c] = probs[c] * (x - mean)
		}
	}
}
