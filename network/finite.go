package network

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
)

// DefaultStep is the step of [DifferenceBlock] when it may choose: near the cube
// root of the rounding unit, which balances truncation, of order step^2, against
// rounding, of order 1e-16/step.
const DefaultStep = 1e-5

// KinkStep returns a bound below which no change of a single entry of w_i turns
// hidden unit i on or off at any sample,
//
//	min_n |w_i.x_n| / max_k |x_{n,k}|,
//
// samples with x_n = 0 aside. Within it the loss is smooth in that entry. It is
// +Inf if the model is linear, and of order 1/N for normal data: the nearest of N
// samples decides. It panics if i is out of range.
func (s *State) KinkStep(i int) float64 {
	step := math.Inf(1)
	if s.Pre == nil {
		return step
	}
	for n, x := range rows(s.X) {
		reach := 0.0
		for _, xk := range x {
			reach = max(reach, math.Abs(xk))
		}
		if reach > 0 {
			step = min(step, math.Abs(s.Pre.At(n, i))/reach)
		}
	}
	return step
}

// DifferenceBlock returns the Hessian block of the family at (i,j) (indices from 0,
// shapes as for [State.Block]) by central differences of the gradient,
//
//	H e_k  ~  (grad_i(b_j + step e_k) - grad_i(b_j - step e_k)) / (2 step),
//
// where grad_i is the part of [State.Gradient] by w_i or v_i and b_j is w_j or v_j.
// It uses no formula for second derivatives, and so checks them. It costs two gradients a column, and
// does not change net.
//
// For a ww block the gradient jumps where a unit turns on or off, and a step across
// such a kink gives a jump divided by the step instead of a derivative: a step not
// below half of [State.KinkStep] for unit j is refused. The vv and wv blocks
// differentiate by V, in which the loss is smooth. A step of 0 chooses
// [DefaultStep], or a quarter of the KinkStep where that is smaller.
//
// Accuracy at the default step is about 1e-11 of the largest entry of the gradient,
// for weights and data of order 1, and so is worse relative to blocks that are small
// (in proportion also where a kink forces a smaller step): allow 1e-6 of the largest
// entry of the block.
//
// It returns an error if [Evaluate] would, if y is nil, if the net has no such
// block, or if the step is negative, not finite, too small for the weights or too
// close to a kink.
func DifferenceBlock(net *Net, loss Loss, X *mat.Dense, y []int, block Block, i, j int, step float64) (*mat.Dense, error) {
	if err := net.checkBlock(block, i, j); err != nil {
		return nil, err
	}
	if y == nil {
		return nil, fmt.Errorf("differences of the gradient need labels, got none")
	}
	state, err := Evaluate(net, loss, X, y)
	if err != nil {
		return nil, err
	}
	if step < 0 || math.IsNaN(step) || math.IsInf(step, 0) {
		return nil, fmt.Errorf("step must be positive, or 0 to choose one, got %v", step)
	}
	kink := math.Inf(1)
	if block == WW {
		if kink = state.KinkStep(j); kink == 0 {
			return nil, fmt.Errorf("unit %d is at its kink at some sample: the loss has no second derivative there", j)
		}
	}
	if step == 0 {
		step = min(DefaultStep, kink/4)
	}
	if step >= kink/2 {
		return nil, fmt.Errorf("step must be below %.3g, half the way to where unit %d turns on or off, got %.3g", kink/2, j, step)
	}
	return differences(net, loss, X, y, net.group(block[:1], i), net.group(block[1:], j), step)
}

// span is a range of the flat weights.
type span struct{ from, to int }

// group returns where row i of a layer, "w" or "v", lies among the flat weights.
func (net *Net) group(layer Block, i int) span {
	if layer == "w" {
		return span{i * net.Dim(), (i + 1) * net.Dim()}
	}
	classes, width := net.V.Dims()
	start := net.Parameters() - classes*width
	return span{start + i*width, start + (i+1)*width}
}

// differences returns the second derivatives by the weights in of (rows) and in by
// (columns).
func differences(net *Net, loss Loss, X *mat.Dense, y []int, of, by span, step float64) (*mat.Dense, error) {
	work := net.Clone()
	theta := net.Flat(nil)
	gradient := func(k int, value float64) ([]float64, error) {
		old := theta[k]
		theta[k] = value
		work.SetFlat(theta)
		theta[k] = old
		s, err := Evaluate(work, loss, X, y)
		if err != nil {
			return nil, err
		}
		return s.Gradient(nil)[of.from:of.to], nil
	}
	H := mat.NewDense(of.to-of.from, by.to-by.from, nil)
	for k := by.from; k < by.to; k++ {
		// The step that was taken, which rounding makes other than the one asked for.
		above, below := theta[k]+step, theta[k]-step
		if above == below {
			return nil, fmt.Errorf("step %.3g is lost in a weight of size %.3g", step, math.Abs(theta[k]))
		}
		up, err := gradient(k, above)
		if err != nil {
			return nil, err
		}
		down, err := gradient(k, below)
		if err != nil {
			return nil, err
		}
		for r := range up {
			H.Set(r, k-by.from, (up[r]-down[r])/(above-below))
		}
	}
	return H, nil
}
