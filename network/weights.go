package network

import (
	"errors"
	"fmt"
	"strings"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
)

// FromArrays returns the net whose weights are the arrays of a PyTorch state_dict:
// fc1.weight, fc2.weight, ... each (out, in), taken in the natural order of their
// names (fc2 before fc10). A bias (a name that ends in bias) is refused, as is any
// other array: it would mean that the net computes something else.
func FromArrays(activation Activation, arrays []dataset.Array) (*MLP, error) {
	if len(arrays) == 0 {
		return nil, errors.New("there are no weights")
	}
	sorted := append([]dataset.Array(nil), arrays...)
	dataset.SortNaturally(sorted)
	net := make([]*mat.Dense, 0, len(sorted))
	var names []string
	for _, a := range sorted {
		switch {
		case strings.HasSuffix(a.Name, "bias"):
			return nil, fmt.Errorf("array %q is a bias: nets here have none; want one trained with bias=False", a.Name)
		case !strings.HasSuffix(a.Name, "weight"):
			return nil, fmt.Errorf("array %q is neither a weight nor a bias: want fc1.weight, fc2.weight and so on", a.Name)
		}
		if rows, columns := a.X.Dims(); len(net) > 0 {
			before, _ := net[len(net)-1].Dims()
			if columns != before {
				return nil, fmt.Errorf("%s is %d x %d (out, in) but %s before it has %d outputs: want as many inputs",
					a.Name, rows, columns, names[len(names)-1], before)
			}
		}
		net = append(net, a.X)
		names = append(names, a.Name)
	}
	return NewMLP(activation, net...)
}

// Arrays returns the weights as FromArrays takes them: fc1.weight, fc2.weight, ...
// They share memory with the net.
func (net *MLP) Arrays() []dataset.Array {
	var arrays []dataset.Array
	for l, w := range net.layers {
		arrays = append(arrays, dataset.Array{Name: fmt.Sprintf("fc%d.weight", l+1), X: w})
	}
	return arrays
}
