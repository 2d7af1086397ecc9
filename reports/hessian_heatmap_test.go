package reports

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
)

func zeroNet(t *testing.T, sizes ...int) *network.MLP {
	t.Helper()
	var layers []*mat.Dense
	for l := 1; l < len(sizes); l++ {
		layers = append(layers, mat.NewDense(sizes[l], sizes[l-1], nil))
	}
	net, err := network.NewMLP(network.ReLU, layers...)
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// Lines stand between layers, and between those blocks alone that are large enough
// not to be hidden by them.
func TestHessianSheetLines(t *testing.T) {
	for _, c := range []struct {
		sizes, layers []int
		want          []int
	}{
		{[]int{4, 2, 3}, nil, []int{4, 8, 10, 12}},
		{[]int{4, 2, 3}, []int{1}, []int{2, 4}},
		{[]int{20, 8, 20}, nil, []int{20, 40, 60, 80, 100, 120, 140, 160}}, // 8 of 320 is too small
		{[]int{8, 50}, nil, nil},
		{[]int{50, 50, 50}, nil, []int{600}}, // 5000 parameters in 1200 cells
	} {
		net := zeroNet(t, c.sizes...)
		size := 0
		for l := range net.Depth() {
			if from, to := net.Span(l); c.layers == nil || slices.Contains(c.layers, l) {
				size += to - from
			}
		}
		sheet, reduced := HessianSheet(net, c.layers, mat.NewDense(size, size, nil))
		if !slices.Equal(sheet.Rows, c.want) || reduced != (size > maxCells) {
			t.Errorf("layers %v of %v: lines %v, reduced %v; want %v", c.layers, c.sizes, sheet.Rows, reduced, c.want)
		}
	}
}

// A cell holds the largest absolute value of its tile, wherever in it that is.
func TestHessianSheetReduced(t *testing.T) {
	net := zeroNet(t, 50, 50, 50)
	h := mat.NewDense(5000, 5000, nil)
	h.Set(4999, 0, -3)
	h.Set(2502, 17, 2)
	h.Set(2503, 17, 1)
	sheet, reduced := HessianSheet(net, nil, h)
	sum := 0.0
	for i := range maxCells {
		for j := range maxCells {
			sum += sheet.Matrix.At(i, j)
		}
	}
	if !reduced || sheet.Matrix.At(1199, 0) != 3 || sheet.Matrix.At(600, 4) != 2 || sum != 5 {
		t.Errorf("reduced %v, corner %v, middle %v, sum %v", reduced, sheet.Matrix.At(1199, 0), sheet.Matrix.At(600, 4), sum)
	}
}

func TestClip(t *testing.T) {
	sheet := HeatSheet{Matrix: Values{{-10, 1}, {2, 3}}}
	for text, want := range map[string]float64{"max/10": 1, "max/100": 0.1, "max/1": 10, "1": 10, "0.75": 3, "0.5": 2, "0.51": 3, "0.01": 1} {
		clip, err := ParseClip(text)
		if got := clip.Value(sheet); err != nil || math.Abs(got-want) > 1e-15 {
			t.Errorf("clip %s is %v, %v; want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "0", "2", "-1", "max", "max/0", "max/0.5", "max/NaN", "max/Inf", "NaN"} {
		if _, err := ParseClip(text); err == nil || !strings.Contains(err.Error(), "clip must be a quantile") {
			t.Errorf("clip %q: error %v", text, err)
		}
	}
}
