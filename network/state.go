package network

import (
	"context"
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/product"
)

// State is a net evaluated on data under a loss: all that its Hessian blocks are
// made of. It is not changed after [Evaluate] returns, so that any number of
// goroutines may read blocks off it; it holds on to the net, the data and the
// labels it was given, which must not be changed meanwhile.
type State struct {
	// Net is the net that was evaluated.
	Net *Net
	// Loss is the loss it was evaluated under.
	Loss Loss
	// X is the data, N x d, row n = x_n.
	X *mat.Dense
	// Labels holds the class of each sample, in [0,C); nil if it was not given,
	// which suffices for the vv and ww blocks.
	Labels []int
	// Pre is X W^T, N x m; nil if the model is linear.
	Pre *mat.Dense
	// Features is what the output layer sees: X itself if linear, relu(Pre) if hidden.
	Features *mat.Dense
	// Logits is f(x_n) in row n, N x C.
	Logits *mat.Dense
	// Probs is the row-wise softmax of Logits, N x C; nil under MSE, which has no
	// use for it.
	Probs *mat.Dense

	// mean is Probs V, N x m: entry (n,i) is the mean of v_{c,i} over c under p_n.
	// Hidden CE only.
	mean *mat.Dense
}

// Evaluate runs the net on data X (N x d, row n = x_n) with labels y (length N,
// each in [0,C)). The vv and ww blocks do not depend on labels, so y may be nil; the
// loss, its gradient and the wv blocks then panic.
//
// It returns an error if the loss is unknown, if shapes or labels do not fit, or if
// an entry of X or a logit is not finite.
func Evaluate(net *Net, loss Loss, X *mat.Dense, y []int) (*State, error) {
	return EvaluateContext(context.Background(), net, loss, X, y)
}

// EvaluateContext is [Evaluate], with the same bits, for large nets: it returns the
// context's error soon after the context ends.
func EvaluateContext(ctx context.Context, net *Net, loss Loss, X *mat.Dense, y []int) (_ *State, err error) {
	if _, err := ParseLoss(string(loss)); err != nil {
		return nil, err
	}
	if X == nil || X.IsEmpty() {
		return nil, errors.New("data X is empty: want one sample a row")
	}
	samples, dim := X.Dims()
	if dim != net.Dim() {
		return nil, fmt.Errorf("data X must have %d columns, one for each input of the net, got %d", net.Dim(), dim)
	}
	// An infinite entry can hide behind a unit that is off, so the logits do not show it.
	if n, k, ok := finite(X); !ok {
		return nil, fmt.Errorf("data entry [%d,%d] is %v", n, k, X.At(n, k))
	}
	if y != nil && len(y) != samples {
		return nil, fmt.Errorf("labels must be as many as samples, got %d and %d", len(y), samples)
	}
	for n, c := range y {
		if c < 0 || c >= net.Classes() {
			return nil, fmt.Errorf("label of sample %d must be in [0,%d), got %d", n, net.Classes(), c)
		}
	}
	s := &State{Net: net, Loss: loss, X: X, Labels: y}
	if net.Model == Hidden {
		if s.Pre, err = product.MulT(ctx, X, net.W); err != nil {
			return nil, err
		}
	}
	s.Features = net.features(X, s.Pre)
	if s.Logits, err = product.MulT(ctx, s.Features, net.V); err != nil {
		return nil, err
	}
	if n, c, ok := finite(s.Logits); !ok {
		return nil, fmt.Errorf("logit of sample %d, class %d is %v", n, c, s.Logits.At(n, c))
	}
	if loss == CE {
		s.Probs = Softmax(s.Logits)
		if net.Model == Hidden {
			if s.mean, err = product.Mul(ctx, s.Probs, net.V); err != nil {
				return nil, err
			}
		}
	}
	return s, nil
}

// Samples returns N.
func (s *State) Samples() int {
	n, _ := s.X.Dims()
	return n
}

// Active reports whether hidden unit i is on at sample n, 1(w_i.x_n > 0); the
// derivative of relu at 0 is taken to be 0. It panics if the model is linear.
func (s *State) Active(n, i int) bool { return s.Pre.At(n, i) > 0 }

// label returns the class of sample n.
func (s *State) label(n int) int {
	if s.Labels == nil {
		panic("network: labels are needed for the loss, its gradient and wv blocks, but Evaluate was given none")
	}
	return s.Labels[n]
}
