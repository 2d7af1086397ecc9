package network

import (
	"fmt"
	"slices"
	"strings"
)

// Model names an architecture. Neither has biases.
type Model string

const (
	// Linear is f(x) = V x with V in R^{C x d}.
	Linear Model = "linear"
	// Hidden is f(x) = V relu(W x) with W in R^{m x d} and V in R^{C x m}.
	Hidden Model = "hidden"
)

// Loss names a loss, always the mean over the N samples.
type Loss string

const (
	// MSE is (1/N) sum_n |f(x_n) - y_n|^2 with one-hot y_n: no factor 1/2, and no
	// division by C (PyTorch's MSELoss divides by N C).
	MSE Loss = "mse"
	// CE is -(1/N) sum_n log p_{n,y_n} with p_n = softmax(f(x_n)).
	CE Loss = "ce"
)

// Block names a family of Hessian blocks by the two groups of weights that are
// differentiated. A group is one row of W (w_i, length d) or one row of V (v_i,
// length d if linear and m if hidden).
type Block string

const (
	// VV is the family H_{v_i v_j}, 0 <= i, j < C.
	VV Block = "vv"
	// WW is the family H_{w_i w_j}, 0 <= i, j < m; hidden only.
	WW Block = "ww"
	// WV is the family H_{w_i v_j} (d x m), 0 <= i < m, 0 <= j < C; hidden only.
	WV Block = "wv"
)

// ParseModel returns the model called s: "linear" or "hidden".
func ParseModel(s string) (Model, error) { return parse("model", s, Linear, Hidden) }

// ParseLoss returns the loss called s: "mse" or "ce".
func ParseLoss(s string) (Loss, error) { return parse("loss", s, MSE, CE) }

// ParseBlock returns the family of blocks called s: "vv", "ww" or "wv".
// Whether a model has it is for [Model.Supports] to say.
func ParseBlock(s string) (Block, error) { return parse("block", s, VV, WW, WV) }

// Blocks returns the families of blocks the model has: vv for Linear; vv, ww and
// wv for Hidden; none for a model that does not exist.
func (m Model) Blocks() []Block {
	switch m {
	case Linear:
		return []Block{VV}
	case Hidden:
		return []Block{VV, WW, WV}
	}
	return nil
}

// Supports returns nil if the model has this family of blocks, and otherwise an
// error that says which it has. The linear model has only vv.
func (m Model) Supports(block Block) error {
	if _, err := ParseModel(string(m)); err != nil {
		return err
	}
	if _, err := ParseBlock(string(block)); err != nil {
		return err
	}
	if has := m.Blocks(); !slices.Contains(has, block) {
		return fmt.Errorf("model %s has no block %s: want %s", m, block, alternatives(has))
	}
	return nil
}

// parse finds s among the allowed names; kind is what the error calls it.
func parse[T ~string](kind, s string, allowed ...T) (T, error) {
	if t := T(s); slices.Contains(allowed, t) {
		return t, nil
	}
	return "", fmt.Errorf("unknown %s %q: want %s", kind, s, alternatives(allowed))
}

// alternatives writes names as "a", "a or b", "a, b or c".
func alternatives[T ~string](names []T) string {
	var b strings.Builder
	for k, name := range names {
		switch {
		case k == 0:
		case k == len(names)-1:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		b.WriteString(string(name))
	}
	return b.String()
}
