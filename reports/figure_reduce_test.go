package reports

import (
	"image"
	"image/color"
	"slices"
	"testing"
)

func TestReduce(t *testing.T) {
	const size = 10
	m := make(Values, size)
	for i := range m {
		m[i] = make([]float64, size)
	}
	m[0][1], m[9][0], m[5][5] = -3, 7.1234567, 2
	s := HeatSheet{Matrix: m, Rows: []int{4}, Labels: []HeatLabel{{From: 0, To: 4, Text: "a"}, {From: 4, To: 10, Text: "b"}}}
	r := s.Reduce(5)
	want := map[[2]int]float64{{0, 0}: 3, {4, 0}: 7.1235, {2, 2}: 2}
	for i := range 5 {
		for j := range 5 {
			if got := r.Matrix.At(i, j); got != want[[2]int{i, j}] {
				t.Errorf("tile %d,%d is %v, want %v", i, j, got, want[[2]int{i, j}])
			}
		}
	}
	if len(r.Rows) != 0 { // two tiles from the edge: too close
		t.Errorf("lines at %v, want none", r.Rows)
	}
	if got := s.Reduce(10); !slices.Equal(got.Rows, []int{4}) || got.Matrix.At(9, 0) != 7.1235 {
		t.Errorf("a sheet that fits: lines %v, entry %v", got.Rows, got.Matrix.At(9, 0))
	}
	if r.Labels[0].To != 2 || r.Labels[1].From != 2 || r.Labels[1].To != 5 {
		t.Errorf("labels %v", r.Labels)
	}
}

func TestUpsideDown(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 2, 3))
	img.Set(1, 0, color.White)
	if turned := upsideDown(img); turned.At(1, 2) != (color.RGBA{255, 255, 255, 255}) || turned.At(1, 0) == turned.At(1, 2) {
		t.Error("the first row is not the last")
	}
}
