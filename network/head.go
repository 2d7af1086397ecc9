package network

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"pastur/internal/elementary"
)

// Head holds the squared Frobenius norms of the vv blocks of an output layer.
type Head struct {
	// Diagonal is |H_ii|_F^2 for each class i.
	Diagonal []float64
	// Off is the sum of |H_ij|_F^2 over all i != j (both orders).
	Off float64
	// Fit is how well the layer fits; zero if there were no labels.
	Fit Fit
}

// Ratio returns the mean of |H_ij|_F^2 over i != j over that of |H_ii|_F^2.
func (h *Head) Ratio() float64 {
	sum, c := 0.0, float64(len(h.Diagonal))
	for _, x := range h.Diagonal {
		sum += x
	}
	return h.Off / (c - 1) / sum
}

// headBatch is the number of classes whose probabilities are held at a time.
const headBatch = 512

// HeadNorms returns the norms of all C^2 blocks of an output layer V (C x d) that
// sees features phi (N x d, one sample a row), for any weights and any features: a
// trained language model's C = 50257 classes included. No block is formed. With
// M_nm = (phi_n.phi_m)^2/N^2 and p_n = softmax(V phi_n),
//
//	|H_ii|_F^2            = lambda^T M lambda,  lambda_n = p_ni (1 - p_ni)
//	sum_{i!=j} |H_ij|_F^2 = sum_nm M_nm [ (p_n.p_m)^2 - sum_i p_ni^2 p_mi^2 ]
//
// (MSE: 4 sum_nm M_nm, and 0). Two passes over the rows of V, a few hundred at a
// time, keep the memory at 24 N^2 + 8192 N bytes (at most) beside V and phi;
// the time is 6 N^2 C + 4 N d C operations.
//
// The difference in the second line loses digits where one class dominates at
// most pairs of samples: its relative error is about 1e-16/(1 - p_max).
//
// y may be nil, for no Fit. It returns an error if the loss is unknown, if shapes or
// labels do not fit, if a logit is not finite, or if ctx ends. progress, if not nil,
// is told how many of how many classes (twice, for the two passes) are done.
func HeadNorms(ctx context.Context, loss Loss, V, phi *mat.Dense, y []int, progress func(done, total int)) (*Head, error) {
	if _, err := ParseLoss(string(loss)); err != nil {
		return nil, err
	}
	if V == nil || phi == nil || V.IsEmpty() || phi.IsEmpty() {
		return nil, errors.New("weights or features are empty")
	}
	classes, d := V.Dims()
	n, columns := phi.Dims()
	if columns != d {
		return nil, fmt.Errorf("features are %d x %d but weights %d x %d: want as many columns", n, columns, classes, d)
	}
	if err := CheckGram(n); err != nil {
		return nil, err
	}
	if y != nil && len(y) != n {
		return nil, fmt.Errorf("labels must be as many as samples, got %d and %d", len(y), n)
	}
	for k, c := range y {
		if c < 0 || c >= classes {
			return nil, fmt.Errorf("label of sample %d must be in [0,%d), got %d", k, classes, c)
		}
	}
	h := &headWork{V: V.RawMatrix(), phi: phi.RawMatrix(), y: y, top: make([]float64, n), sum: make([]float64, n), own: make([]float64, n)}
	h.gram = general(n, n)
	blas64.Gemm(blas.NoTrans, blas.Trans, 1/float64(n), h.phi, h.phi, 0, h.gram)
	for k, g := range h.gram.Data {
		h.gram.Data[k] = g * g
	}
	out := &Head{Diagonal: make([]float64, classes)}
	step := func(done int) error {
		if progress != nil {
			progress(done, 2*classes)
		}
		return ctx.Err()
	}
	h.logits = general(min(headBatch, classes), n)
	for c := 0; c < classes; c += headBatch {
		if err := step(c); err != nil {
			return nil, err
		}
		if err := h.firstPass(c, loss); err != nil {
			return nil, err
		}
	}
	if y != nil {
		out.Fit = h.fit(loss)
	}
	if loss == MSE {
		total := 0.0
		for _, g := range h.gram.Data {
			total += 4 * g
		}
		for c := range out.Diagonal {
			out.Diagonal[c] = total
		}
		return out, nil
	}
	h.inner, h.squares, h.product = general(n, n), general(n, n), general(min(headBatch, classes), n)
	for c := 0; c < classes; c += headBatch {
		if err := step(classes + c); err != nil {
			return nil, err
		}
		h.secondPass(c, out.Diagonal)
	}
	for k, g := range h.gram.Data {
		a := h.inner.Data[k]
		out.Off += g * (a*a - h.squares.Data[k])
	}
	out.Off = max(0, out.Off)
	return out, nil
}

// HeadNorms returns the norms of the blocks of a net of one layer, a linear model or a
// head trained on features X, as the function [HeadNorms] does: without the
// work space of a [Problem], which holds N C numbers several times.
func (net *MLP) HeadNorms(ctx context.Context, loss Loss, X *mat.Dense, y []int, progress func(done, total int)) (*Norms, Fit, error) {
	if net.Depth() != 1 {
		return nil, Fit{}, fmt.Errorf("a net of %d layers is no head: want one", net.Depth())
	}
	if err := net.checkData(X, y); err != nil {
		return nil, Fit{}, err
	}
	head, err := HeadNorms(ctx, loss, net.layers[0], X, y, progress)
	if err != nil {
		return nil, Fit{}, err
	}
	t := newTally(net.Groups())
	t.listed = false
	for r, x := range head.Diagonal {
		t.row(r, r, []float64{x})
	}
	t.more(0, head.Off/2)
	return t.result(), head.Fit, nil
}

// headWork is the work space of HeadNorms.
type headWork struct {
	V, phi, gram           blas64.General
	logits, product        blas64.General // one class a row, one sample a column
	inner, squares         blas64.General // P P^T and its like of squares, N x N
	y                      []int
	top, sum, own, squared []float64 // running maximum, sum of e^{z - top}, own logit
	right                  []bool
}

// batch computes the logits of classes from c on.
func (h *headWork) batch(c int) blas64.General {
	z := h.logits
	z.Rows = min(headBatch, h.V.Rows-c)
	v := blas64.General{Rows: z.Rows, Cols: h.V.Cols, Stride: h.V.Stride, Data: h.V.Data[c*h.V.Stride:]}
	blas64.Gemm(blas.NoTrans, blas.Trans, 1, v, h.phi, 0, z)
	return z
}

// firstPass updates the running sums.
func (h *headWork) firstPass(c int, loss Loss) error {
	z := h.batch(c)
	if c == 0 {
		for n := range h.top {
			h.top[n] = math.Inf(-1)
		}
		h.squared, h.right = make([]float64, len(h.top)), make([]bool, len(h.top))
	}
	for i := range z.Rows {
		for n, x := range row(z, i) {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("logit of sample %d, class %d is %v", n, c+i, x)
			}
			mine := h.y != nil && h.y[n] == c+i
			if mine {
				h.own[n] = x
			}
			if loss == MSE {
				f := x
				if mine {
					f--
				}
				h.squared[n] += f * f
			}
			if x > h.top[n] {
				h.sum[n] = h.sum[n]*elementary.Exp(h.top[n]-x) + 1
				h.top[n], h.right[n] = x, mine
			} else {
				h.sum[n] += elementary.Exp(x - h.top[n])
			}
		}
	}
	return nil
}

// fit sums up the samples.
func (h *headWork) fit(loss Loss) (f Fit) {
	for n := range h.top {
		if h.right[n] {
			f.Accuracy++
		}
		if loss == MSE {
			f.Loss += h.squared[n]
			f.Gap += h.squared[n]
			continue
		}
		f.Loss += math.Log(h.sum[n]) + (h.top[n] - h.own[n])
		f.Gap += 1 - elementary.Exp(h.own[n]-h.top[n])/h.sum[n]
	}
	n := float64(len(h.top))
	return Fit{f.Loss / n, f.Gap / n, f.Accuracy / n}
}

// secondPass turns logits into probabilities, adds them to the inner products and
// takes the norms of the diagonal blocks.
func (h *headWork) secondPass(c int, diagonal []float64) {
	p := h.batch(c)
	for i := range p.Rows {
		line := row(p, i)
		for n, z := range line {
			line[n] = elementary.Exp(z-h.top[n]) / h.sum[n]
		}
	}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, p, p, 1, h.inner)
	lambda := h.product
	lambda.Rows = p.Rows
	for k, x := range p.Data[:p.Rows*p.Stride] {
		lambda.Data[k] = x * (1 - x)
		p.Data[k] = x * x
	}
	blas64.Gemm(blas.Trans, blas.NoTrans, 1, p, p, 1, h.squares)
	// p is free: it takes lambda M.
	blas64.Gemm(blas.NoTrans, blas.NoTrans, 1, lambda, h.gram, 0, p)
	for i := range p.Rows {
		diagonal[c+i] = dot(row(lambda, i), row(p, i))
	}
}
