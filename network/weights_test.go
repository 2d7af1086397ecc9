package network

import (
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
)

func TestFromArrays(t *testing.T) {
	sizes := []int{2, 3, 4, 5, 2, 3, 2, 2, 2, 2, 2, 4}
	p := deep(t, 1, ReLU, CE, 3, sizes...)
	arrays := p.Net.Arrays()
	// A dictionary sorted as text has fc10 and fc11 before fc2.
	shuffled := append(append([]dataset.Array{arrays[0]}, arrays[9:]...), arrays[1:9]...)
	net, err := FromArrays(ReLU, shuffled)
	if err != nil {
		t.Fatal(err)
	}
	if !mat.Equal(mat.NewVecDense(net.Parameters(), net.Theta()), mat.NewVecDense(net.Parameters(), p.Net.Theta())) {
		t.Error("the net came back other than it was")
	}
	one := mat.NewDense(3, 2, nil)
	for want, bad := range map[string][]dataset.Array{
		"there are no weights":                                nil,
		`array "fc1.bias" is a bias: nets here have none`:     {{Name: "fc1.weight", X: one}, {Name: "fc1.bias", X: one}},
		`array "epoch" is neither a weight nor a bias`:        {{Name: "epoch", X: one}},
		"fc2.weight is 3 x 2 (out, in) but fc1.weight before": {{Name: "fc1.weight", X: one}, {Name: "fc2.weight", X: one}},
	} {
		if _, err := FromArrays(ReLU, bad); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
