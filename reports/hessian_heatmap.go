package reports

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
)

// Clip says where the colours of a heat map end, in terms of what it shows: the
// entries of |H|, or the largest of each tile.
type Clip struct {
	Quantile float64 // of what is shown, in (0, 1]; 0 if Fraction is used
	Fraction float64 // of the maximum
}

// ParseClip reads a quantile, 0.99, or max/100.
func ParseClip(s string) (Clip, error) {
	if by, ok := strings.CutPrefix(s, "max/"); ok {
		if x, err := strconv.ParseFloat(by, 64); err == nil && x >= 1 && !math.IsInf(x, 0) {
			return Clip{Fraction: 1 / x}, nil
		}
	} else if x, err := strconv.ParseFloat(s, 64); err == nil && x > 0 && x <= 1 {
		return Clip{Quantile: x}, nil
	}
	return Clip{}, fmt.Errorf("clip must be a quantile such as 0.99 or a part of the maximum such as max/100, got %q", s)
}

// String says where, in words.
func (c Clip) String() string {
	if c.Quantile > 0 {
		return fmt.Sprintf("the quantile %v", c.Quantile)
	}
	return fmt.Sprintf("the maximum over %.6g", 1/c.Fraction)
}

// Value returns where the colours of the sheet end. It is 0 if so much of the
// sheet is.
func (c Clip) Value(sheet HeatSheet) float64 {
	rows, columns := sheet.Matrix.Dims()
	values := make([]float64, 0, rows*columns)
	for i := range rows {
		for j := range columns {
			values = append(values, math.Abs(sheet.Matrix.At(i, j)))
		}
	}
	slices.Sort(values)
	if c.Quantile > 0 {
		// The least value that a share of the entries does not exceed.
		return values[max(0, int(math.Ceil(c.Quantile*float64(len(values))))-1)]
	}
	return values[len(values)-1] * c.Fraction
}

// eachRow calls f on every row of h, without copying where h allows it.
func eachRow(h mat.Matrix, f func(i int, row []float64)) {
	rows, columns := h.Dims()
	view, ok := h.(mat.RawRowViewer)
	buffer := make([]float64, columns)
	for i := range rows {
		if ok {
			f(i, view.RawRowView(i))
		} else {
			f(i, mat.Row(buffer, i, h))
		}
	}
}

// maxCells is the number of rows of a Hessian beyond which a heat map keeps the
// largest entry of each of maxCells x maxCells tiles.
const maxCells = 1200

// minBlock is the least part of a picture that a block must take up for lines to be
// drawn between the blocks of its layer: lines around smaller ones would hide them,
// and look like the stripes between layers.
const minBlock = 1. / 32

// HessianSheet returns the heat map of |h|, the Hessian by the weights of the given
// layers of net (all if nil). It holds no more than 1200 x 1200 numbers: a larger
// h is reduced to the largest |entry| of each tile, and reduced says so. Lines
// separate layers and, where they are at least 1/32 of the picture, blocks.
func HessianSheet(net *network.MLP, layers []int, h mat.Matrix) (sheet HeatSheet, reduced bool) {
	size, _ := h.Dims()
	cells := min(size, maxCells)
	values := make(Values, cells)
	for a := range values {
		values[a] = make([]float64, cells)
	}
	// Tile a holds the rows i with i*cells/size = a.
	eachRow(h, func(i int, row []float64) {
		line := values[i*cells/size]
		for j, x := range row {
			cell := &line[j*cells/size]
			*cell = max(*cell, math.Abs(x))
		}
	})
	sheet.Matrix = values
	scaled := func(i int) int { return (i*cells + size - 1) / size }
	at := 0
	var lines []int
	start := map[int]int{}
	var order []int
	for _, g := range net.Groups() {
		if layers != nil && !slices.Contains(layers, g.Layer) {
			continue
		}
		if _, ok := start[g.Layer]; !ok {
			start[g.Layer] = at
			order = append(order, g.Layer)
		}
		large := float64(g.To-g.From) >= minBlock*float64(size)
		if s := scaled(at); s > 0 && s < cells && (large || start[g.Layer] == at) {
			lines = append(lines, s)
		}
		at += g.To - g.From
	}
	sheet.Rows = lines
	for k, l := range order {
		to := size
		if k+1 < len(order) {
			to = start[order[k+1]]
		}
		if from, to := scaled(start[l]), scaled(to); from < to {
			sheet.Labels = append(sheet.Labels, HeatLabel{From: from, To: to, Text: LayerLabel(net.LayerName(l))})
		}
	}
	return sheet, cells < size
}

// LayerLabel writes the name of a layer for captions and axes: w2 as W_2.
func LayerLabel(name string) string {
	label := strings.ToUpper(name[:1])
	if len(name) > 1 {
		label += "_{" + name[1:] + "}"
	}
	return "$" + label + "$"
}

// HessianPicture puts sheets side by side. values holds the clip of each: one sheet
// is drawn in its own units, several are each divided by their clip, as Hessians
// of other sizes or steps have other scales, and their names say by what.
func HessianPicture(caption string, sheets []HeatSheet, values []float64) (*HeatMap, error) {
	if len(sheets) == 0 || len(sheets) != len(values) {
		return nil, errors.New("heat map of Hessians: want as many clips as sheets")
	}
	h := &HeatMap{Caption: caption, Size: TwoColumn, Sheets: sheets}
	if len(sheets) == 1 {
		h.Size = OneColumn
		h.Clip = values[0]
		return h, nil
	}
	h.Bar = "$|H|$ / panel's clip"
	h.Clip = 1
	for k, v := range values {
		if v > 0 {
			sheets[k].Divisor = v
		}
		sheets[k].Name += fmt.Sprintf(", clip $%s$", mathNumber(v, 2))
	}
	return h, nil
}
