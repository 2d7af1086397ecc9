package reports

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
)

// A Hessian too large to be drawn entry by entry keeps the largest entry of each
// tile, and its layers keep their places.
func TestHessianSheet(t *testing.T) {
	for _, size := range []int{40, 3000} {
		net, err := network.NewMLP(network.ReLU, mat.NewDense(size/10, 8, nil), mat.NewDense(2, size/10, nil))
		if err != nil {
			t.Fatal(err)
		}
		h := mat.NewDense(size, size, nil)
		spikes := [][2]int{{0, 0}, {size - 1, size - 1}, {size / 3, size / 2}, {size - 2, 5}}
		for k, s := range spikes {
			h.Set(s[0], s[1], -float64(k+1))
		}
		sheet, reduced := HessianSheet(net, nil, h)
		cells, _ := sheet.Matrix.Dims()
		if reduced != (size > maxCells) || cells != min(size, maxCells) {
			t.Fatalf("%d: reduced %v to %d", size, reduced, cells)
		}
		sum := 0.0
		for i := range cells {
			for j := range cells {
				sum += sheet.Matrix.At(i, j)
			}
		}
		if sum != 10 {
			t.Errorf("%d: entries add up to %v, want 10", size, sum)
		}
		for k, s := range spikes {
			if x := sheet.Matrix.At(s[0]*cells/size, s[1]*cells/size); x != float64(k+1) {
				t.Errorf("%d: entry %v is shown as %v, want %v", size, s, x, k+1)
			}
		}
		split := sheet.Labels[0].To
		if from := size * 8 / 10; split*size/cells < from || (split-1)*size/cells >= from {
			t.Errorf("%d: the layers part at %d of %d, want at weight %d of %d", size, split, cells, from, size)
		}
	}
}
