package network

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Activation names what is applied to every hidden unit.
type Activation string

const (
	// ReLU is max(z, 0); its derivative at 0 is taken to be 0.
	ReLU Activation = "relu"
	// Identity is z itself: a deep linear net.
	Identity Activation = "identity"
)

// ParseActivation returns the activation called s: "relu" or "identity".
func ParseActivation(s string) (Activation, error) { return parse("activation", s, ReLU, Identity) }

// MLP is a multilayer perceptron without biases,
//
//	a_0 = x,  z_l = W_l a_{l-1},  a_l = sigma(z_l),  f(x) = z_L,
//
// with W_l of shape n_l x n_{l-1}, l = 1 .. L; d = n_0 and C = n_L. It is linear
// for L = 1, and the 1-hidden-layer net of [Net] for L = 2.
//
// Its weights, in the order layer, row, column, are one vector of P = sum n_l
// n_{l-1} numbers. Row i of W_l is the group of weights that feed one unit; pairs
// of groups are the blocks of the Hessian.
type MLP struct {
	activation Activation
	sizes      []int
	theta      []float64
	layers     []*mat.Dense // views of theta
}

// checkSizes returns why there is no MLP of these sizes.
func checkSizes(sizes []int) error {
	if len(sizes) < 2 {
		return fmt.Errorf("layers must be at least 2 sizes, d and C, got %d", len(sizes))
	}
	parameters := int64(0)
	for l, n := range sizes {
		if n < 1 {
			return fmt.Errorf("layer size %d must be at least 1, got %d", l, n)
		}
		if l > 0 {
			if int64(n) > (1<<40)/int64(sizes[l-1]) {
				return fmt.Errorf("layer %d of %d x %d weights is too large", l, n, sizes[l-1])
			}
			parameters += int64(n) * int64(sizes[l-1])
		}
	}
	if c := sizes[len(sizes)-1]; c < 2 {
		return fmt.Errorf("classes must be at least 2, got %d", c)
	}
	if parameters > 1<<32 {
		return fmt.Errorf("a net of %d weights is too large", parameters)
	}
	return nil
}

// newMLP returns a net of the given sizes with weights 0.
func newMLP(activation Activation, sizes []int) (*MLP, error) {
	if _, err := ParseActivation(string(activation)); err != nil {
		return nil, err
	}
	if err := checkSizes(sizes); err != nil {
		return nil, err
	}
	net := &MLP{activation: activation, sizes: append([]int(nil), sizes...)}
	total := 0
	for l := 1; l < len(sizes); l++ {
		total += sizes[l] * sizes[l-1]
	}
	net.theta = make([]float64, total)
	at := 0
	for l := 1; l < len(sizes); l++ {
		n := sizes[l] * sizes[l-1]
		net.layers = append(net.layers, mat.NewDense(sizes[l], sizes[l-1], net.theta[at:at+n]))
		at += n
	}
	return net, nil
}

// NewMLP returns a net with copies of the given weights, W_l of shape n_l x
// n_{l-1}. The shapes must chain, the last must have at least 2 rows, and all
// weights must be finite.
func NewMLP(activation Activation, layers ...*mat.Dense) (*MLP, error) {
	if len(layers) == 0 {
		return nil, errors.New("a net needs at least one layer of weights")
	}
	var sizes []int
	for l, w := range layers {
		if w == nil || w.IsEmpty() {
			return nil, fmt.Errorf("weights of layer %d are missing", l+1)
		}
		rows, columns := w.Dims()
		if l == 0 {
			sizes = append(sizes, columns)
		} else if columns != sizes[l] {
			return nil, fmt.Errorf("layer %d is %d x %d but layer %d has %d rows: want as many columns as the layer before has rows",
				l+1, rows, columns, l, sizes[l])
		}
		sizes = append(sizes, rows)
		if i, k, ok := finite(w); !ok {
			return nil, fmt.Errorf("weight [%d,%d] of layer %d is %v", i, k, l+1, w.At(i, k))
		}
	}
	net, err := newMLP(activation, sizes)
	if err != nil {
		return nil, err
	}
	for l, w := range layers {
		net.layers[l].Copy(w)
	}
	return net, nil
}

// DrawMLP returns a net of sizes d, n_1, .., C with random weights, drawn in the
// order layer, row, column, each one call of src; the fan-in of W_l is n_{l-1}.
func DrawMLP(src Source, activation Activation, init Init, sizes []int) (*MLP, error) {
	if _, err := ParseInit(string(init)); err != nil {
		return nil, err
	}
	net, err := newMLP(activation, sizes)
	if err != nil {
		return nil, err
	}
	for l, w := range net.layers {
		init.Fill(src, sizes[l], w.RawMatrix().Data)
	}
	return net, nil
}

// MLP returns the same net as an MLP, with copied weights.
func (net *Net) MLP() *MLP {
	out, err := NewMLP(ReLU, net.layers()...)
	if err != nil {
		panic("network: " + err.Error()) // NewNet checked as much
	}
	return out
}

// Activation returns the activation of the hidden units.
func (net *MLP) Activation() Activation { return net.activation }

// Sizes returns n_0 = d, n_1, .., n_L = C.
func (net *MLP) Sizes() []int { return append([]int(nil), net.sizes...) }

// Depth returns L, the number of weight matrices.
func (net *MLP) Depth() int { return len(net.layers) }

// Layer returns W_{l+1}, l from 0. It shares memory with the net.
func (net *MLP) Layer(l int) *mat.Dense { return net.layers[l] }

// Dim returns d, the dimension of the data.
func (net *MLP) Dim() int { return net.sizes[0] }

// Classes returns C, the number of logits.
func (net *MLP) Classes() int { return net.sizes[len(net.sizes)-1] }

// Parameters returns P, the number of weights.
func (net *MLP) Parameters() int { return len(net.theta) }

// Theta returns all weights in the order layer, row, column. It shares memory with
// the net.
func (net *MLP) Theta() []float64 { return net.theta }

// Clone returns a net with the same weights that shares no memory with net.
func (net *MLP) Clone() *MLP {
	out, err := newMLP(net.activation, net.sizes)
	if err != nil {
		panic("network: " + err.Error())
	}
	copy(out.theta, net.theta)
	return out
}

// LayerName returns what tables call layer l, from 0: v for the last, w for the one
// hidden layer, w1, w2, .. for several.
func (net *MLP) LayerName(l int) string {
	switch {
	case l == len(net.layers)-1:
		return "v"
	case len(net.layers) == 2:
		return "w"
	}
	return fmt.Sprintf("w%d", l+1)
}

// Group is a row of a weight matrix.
type Group struct {
	Layer, Row int // from 0
	From, To   int // the weights theta[From:To]
}

// Groups returns all rows of all layers, in the order of the weights.
func (net *MLP) Groups() []Group {
	var groups []Group
	at := 0
	for l := range net.layers {
		for i := range net.sizes[l+1] {
			groups = append(groups, Group{l, i, at, at + net.sizes[l]})
			at += net.sizes[l]
		}
	}
	return groups
}

// Span returns the weights theta[from:to] of layer l, from 0.
func (net *MLP) Span(l int) (from, to int) {
	from = net.offset(l)
	return from, from + net.sizes[l]*net.sizes[l+1]
}

// offset returns where the weights of layer l begin.
func (net *MLP) offset(l int) int {
	at := 0
	for k := range l {
		at += net.sizes[k] * net.sizes[k+1]
	}
	return at
}

// checkData returns why X and y are not data for the net.
func (net *MLP) checkData(X *mat.Dense, y []int) error {
	if X == nil || X.IsEmpty() {
		return errors.New("data X is empty: want one sample a row")
	}
	samples, dim := X.Dims()
	if dim != net.Dim() {
		return fmt.Errorf("data X is %d x %d: want %d columns, one for each input of the net", samples, dim, net.Dim())
	}
	if n, k, ok := finite(X); !ok {
		return fmt.Errorf("data entry [%d,%d] is %v", n, k, X.At(n, k))
	}
	if len(y) != samples {
		return fmt.Errorf("labels must be as many as samples, got %d and %d", len(y), samples)
	}
	for n, c := range y {
		if c < 0 || c >= net.Classes() {
			return fmt.Errorf("label of sample %d must be in [0,%d), got %d", n, net.Classes(), c)
		}
	}
	return nil
}
