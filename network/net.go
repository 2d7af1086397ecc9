package network

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// Net is a network with its weights.
//
// Here and throughout, d is the dimension of the data, m the hidden width, C the
// number of classes, N the number of samples; w_i is row i of W, v_i row i of V.
type Net struct {
	// Model is the architecture.
	Model Model
	// W is the hidden layer, m x d; nil if Model is Linear.
	W *mat.Dense
	// V is the output layer, C x d if Model is Linear and C x m if it is Hidden.
	V *mat.Dense
}

// NewNet returns a net with the given weights, which it keeps and does not copy.
// W must be nil for Linear; for Hidden its row count must be V's column count. V
// must have at least 2 rows, and all weights must be finite.
func NewNet(model Model, W, V *mat.Dense) (*Net, error) {
	if _, err := ParseModel(string(model)); err != nil {
		return nil, err
	}
	if V == nil || V.IsEmpty() {
		return nil, errors.New("output weights V are missing")
	}
	classes, width := V.Dims()
	if classes < 2 {
		return nil, fmt.Errorf("classes must be at least 2, got %d", classes)
	}
	if model == Linear && W != nil {
		return nil, errors.New("model linear has no hidden weights W: want nil")
	}
	if model == Hidden {
		if W == nil || W.IsEmpty() {
			return nil, errors.New("hidden weights W are missing")
		}
		if m, _ := W.Dims(); m != width {
			return nil, fmt.Errorf("output weights must have as many columns as hidden weights have rows, got %d and %d", width, m)
		}
		if i, k, ok := finite(W); !ok {
			return nil, fmt.Errorf("weight w[%d,%d] is %v", i, k, W.At(i, k))
		}
	}
	if i, k, ok := finite(V); !ok {
		return nil, fmt.Errorf("weight v[%d,%d] is %v", i, k, V.At(i, k))
	}
	return &Net{Model: model, W: W, V: V}, nil
}

// Draw returns a net with random weights: W first, row by row, then V, row by row,
// each entry one call of src. Sizes: dim >= 1, classes >= 2, and hidden >= 1,
// which Linear ignores. The fan-in is dim for W and for a linear V, hidden for a
// hidden V.
func Draw(src Source, model Model, init Init, dim, hidden, classes int) (*Net, error) {
	return DrawContext(context.Background(), src, model, init, dim, hidden, classes)
}

// DrawContext is [Draw] that ends with the context's error soon after ctx does:
// a net of 10^8 weights takes seconds.
func DrawContext(ctx context.Context, src Source, model Model, init Init, dim, hidden, classes int) (*Net, error) {
	if _, err := ParseModel(string(model)); err != nil {
		return nil, err
	}
	if _, err := ParseInit(string(init)); err != nil {
		return nil, err
	}
	if dim < 1 {
		return nil, fmt.Errorf("dim must be at least 1, got %d", dim)
	}
	if classes < 2 {
		return nil, fmt.Errorf("classes must be at least 2, got %d", classes)
	}
	net := &Net{Model: model}
	if model == Hidden {
		if hidden < 1 {
			return nil, fmt.Errorf("hidden must be at least 1, got %d", hidden)
		}
		net.W = mat.NewDense(hidden, dim, nil)
		net.V = mat.NewDense(classes, hidden, nil)
	} else {
		net.V = mat.NewDense(classes, dim, nil)
	}
	if err := net.RedrawContext(ctx, src, init); err != nil {
		return nil, err
	}
	return net, nil
}

// weightsALook is how many weights are drawn between two looks at the context.
const weightsALook = 1 << 14

// Redraw overwrites all weights with fresh ones, as [Draw] would have drawn them,
// without allocating. It panics if init is unknown.
func (net *Net) Redraw(src Source, init Init) {
	if err := net.RedrawContext(context.Background(), src, init); err != nil {
		panic("network: the background context ended: " + err.Error())
	}
}

// RedrawContext is [Net.Redraw] that ends with the context's error soon after ctx
// does. The weights are then neither the old ones nor new ones.
func (net *Net) RedrawContext(ctx context.Context, src Source, init Init) error {
	since := weightsALook
	for _, layer := range net.layers() {
		rows, fanIn := layer.Dims()
		for i := range rows {
			for row := layer.RawRowView(i); len(row) > 0; {
				if since >= weightsALook {
					if err := ctx.Err(); err != nil {
						return err
					}
					since = 0
				}
				n := min(len(row), weightsALook)
				init.Fill(src, fanIn, row[:n])
				row, since = row[n:], since+n
			}
		}
	}
	return nil
}

// Dim returns d, the dimension of the data.
func (net *Net) Dim() int {
	_, d := net.layers()[0].Dims()
	return d
}

// Hidden returns m, the hidden width; 0 if the model is linear.
func (net *Net) Hidden() int {
	if net.Model != Hidden {
		return 0
	}
	m, _ := net.W.Dims()
	return m
}

// Classes returns C, the number of logits.
func (net *Net) Classes() int {
	c, _ := net.V.Dims()
	return c
}

// Parameters returns the number of weights: C d if linear, m d + C m if hidden.
func (net *Net) Parameters() int {
	total := 0
	for _, layer := range net.layers() {
		r, c := layer.Dims()
		total += r * c
	}
	return total
}

// Clone returns a net with the same weights that shares no memory with net.
func (net *Net) Clone() *Net {
	out := &Net{Model: net.Model, V: mat.DenseCopyOf(net.V)}
	if net.W != nil {
		out.W = mat.DenseCopyOf(net.W)
	}
	return out
}

// Flat writes all weights into dst in the order w_1 .. w_m, v_1 .. v_C, the order
// of [State.Gradient], and returns it. A nil dst is allocated; it panics if dst has
// another length than [Net.Parameters].
func (net *Net) Flat(dst []float64) []float64 {
	dst = sized(dst, net.Parameters(), "flat weights")
	at := 0
	for _, layer := range net.layers() {
		rows, _ := layer.Dims()
		for i := range rows {
			at += copy(dst[at:], layer.RawRowView(i))
		}
	}
	return dst
}

// SetFlat overwrites all weights from src, the inverse of [Net.Flat]. It panics if
// src has another length than [Net.Parameters].
func (net *Net) SetFlat(src []float64) {
	if len(src) != net.Parameters() {
		panic(fmt.Sprintf("network: flat weights must have length %d, got %d", net.Parameters(), len(src)))
	}
	for _, layer := range net.layers() {
		rows, _ := layer.Dims()
		for i := range rows {
			src = src[copy(layer.RawRowView(i), src):]
		}
	}
}

// Preactivations returns X W^T, N x m with entry (n,i) = w_i.x_n, for data X of
// shape N x d with row n = x_n; nil if the model is linear. It panics if X does not
// have d columns.
func (net *Net) Preactivations(X *mat.Dense) *mat.Dense {
	if net.Model != Hidden {
		return nil
	}
	out := new(mat.Dense)
	out.Mul(X, net.W.T())
	return out
}

// Features returns what the output layer sees, N rows phi_n: X itself (not a copy)
// if the model is linear, h = relu(X W^T), N x m, if it is hidden. It panics if X
// does not have d columns.
func (net *Net) Features(X *mat.Dense) *mat.Dense {
	return net.features(X, net.Preactivations(X))
}

// Logits returns f(x_n) in row n, N x C, for data X of shape N x d. It panics if X
// does not have d columns.
func (net *Net) Logits(X *mat.Dense) *mat.Dense {
	out := new(mat.Dense)
	out.Mul(net.Features(X), net.V.T())
	return out
}

// features is Features for pre-activations that are already there.
func (net *Net) features(X, pre *mat.Dense) *mat.Dense {
	if pre == nil {
		return X
	}
	h := mat.DenseCopyOf(pre)
	for _, row := range rows(h) {
		for i, g := range row {
			// Not max(g, 0): a NaN must survive to be reported.
			if g <= 0 {
				row[i] = 0
			}
		}
	}
	return h
}

// layers returns the weight matrices in the order in which they are drawn and
// flattened.
func (net *Net) layers() []*mat.Dense {
	if net.Model == Hidden {
		return []*mat.Dense{net.W, net.V}
	}
	return []*mat.Dense{net.V}
}

// Softmax returns the matrix whose row n is softmax of row n of logits,
//
//	p_c = e^{z_c - max z} / sum_b e^{z_b - max z}.
//
// Subtracting the maximum leaves p unchanged and keeps it finite for all finite
// logits.
func Softmax(logits *mat.Dense) *mat.Dense {
	p := mat.DenseCopyOf(logits)
	for _, row := range rows(p) {
		top, sum := row[0], 0.0
		for _, z := range row[1:] {
			top = max(top, z)
		}
		for c, z := range row {
			row[c] = math.Exp(z - top)
			sum += row[c]
		}
		for c := range row {
			row[c] /= sum
		}
	}
	return p
}

// rows iterates over the rows of a, as slices of its memory.
func rows(a *mat.Dense) func(yield func(int, []float64) bool) {
	return func(yield func(int, []float64) bool) {
		r, _ := a.Dims()
		for i := range r {
			if !yield(i, a.RawRowView(i)) {
				return
			}
		}
	}
}

// finite reports whether all entries are finite, and if not where the first is
// that is not.
func finite(a *mat.Dense) (i, k int, ok bool) {
	for i, row := range rows(a) {
		for k, x := range row {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return i, k, false
			}
		}
	}
	return 0, 0, true
}

// sized returns dst if it has length n, a new slice if it is nil, and panics
// otherwise.
func sized(dst []float64, n int, what string) []float64 {
	if dst == nil {
		return make([]float64, n)
	}
	if len(dst) != n {
		panic(fmt.Sprintf("network: %s must have length %d, got %d", what, n, len(dst)))
	}
	return dst
}
