package reports

import (
	"fmt"
	"math"
	"strings"

	"pastur/network"
)

// HessianResult is one row of `pastur hessian`: a network at one step.
type HessianResult struct {
	Layers        []int          `json:"layers"`
	Activation    string         `json:"activation"`
	Loss          string         `json:"loss"`
	Data          string         `json:"data"`
	Samples       int            `json:"samples"`
	Parameters    int            `json:"parameters"`
	Step          int            `json:"step"`
	Percent       Float          `json:"percent"`
	LossValue     Float          `json:"loss_value"`
	OptimalityGap Float          `json:"optimality_gap"` // mean of 1 - p_y (CE), the loss (MSE)
	Accuracy      Float          `json:"accuracy"`
	Ratios        []HessianRatio `json:"ratios"`
	WVNorm        *Float         `json:"wv_norm"`  // of all blocks between layers; null if there is one layer
	WVBound       *Float         `json:"wv_bound"` // a multiple of the gap that wv_norm cannot exceed; null under MSE
	Blocks        []HessianBlock `json:"blocks"`
	AllBlocks     bool           `json:"all_blocks"` // false: blocks has only those on the diagonal
	Warnings      []string       `json:"warnings"`
	Seconds       *float64       `json:"seconds,omitempty"` // under --timings only
}

// HessianRatio sums up a pair of layers. Diag and Off are means of squared norms.
type HessianRatio struct {
	LayerPair string `json:"layer_pair"`
	Diag      Float  `json:"diag"`
	Off       Float  `json:"off"`
	Ratio     Float  `json:"ratio"`
	Norm      Float  `json:"norm"` // of the pair's whole part of the Hessian
}

// HessianBlock is one block: the weights from Rows[0] to Rows[1]-1 by those from
// Cols[0] to Cols[1]-1, counted from 0 in the order layer, row, column.
type HessianBlock struct {
	Rows      [2]int `json:"rows"`
	Cols      [2]int `json:"cols"`
	LayerPair string `json:"layer_pair"`
	Norm      Float  `json:"norm"`
}

// SetNorms fills in what norms say; net names its layers.
func (r *HessianResult) SetNorms(net *network.MLP, norms *network.Norms) {
	pair := func(a, b int) string { return net.LayerName(a) + " " + net.LayerName(b) }
	r.Ratios, r.Blocks = nil, nil
	for _, p := range norms.Pairs {
		r.Ratios = append(r.Ratios, HessianRatio{pair(p.A, p.B), Float(p.Diagonal), Float(p.Off), Float(p.Ratio()), Float(p.Total)})
	}
	for _, b := range norms.Blocks {
		i, j := norms.Groups[b.I], norms.Groups[b.J]
		r.Blocks = append(r.Blocks, HessianBlock{[2]int{i.From, i.To}, [2]int{j.From, j.To}, pair(i.Layer, j.Layer), Float(b.Norm)})
	}
	r.AllBlocks = norms.Complete
	if net.Depth() > 1 {
		cross := Float(norms.Cross())
		r.WVNorm = &cross
	}
}

// HessianTable lays out results, a row for each pair of layers.
func HessianTable(results []HessianResult, timings bool) *Table {
	first := &results[0]
	activation := ""
	if len(first.Layers) > 2 { // a linear model has no hidden unit
		activation = first.Activation + " activation, "
	}
	t := &Table{
		Title: fmt.Sprintf("Hessian blocks: %s loss, %s%s data", strings.ToUpper(first.Loss), activation, first.Data),
		Columns: []Column{
			{Header: "layers", Field: "layers"}, {Header: "N", Field: "samples"}, {Header: "step", Field: "step"},
			{Header: "loss", Field: "loss_value"}, {Header: "gap", Field: "optimality_gap"}, {Field: "accuracy"},
			{Header: "pair", Field: "layer_pair"}, {Header: "diag", Field: "diag"}, {Header: "off", Field: "off"},
			{Header: "off/diag", Field: "ratio"}, {Header: "norm", Field: "norm"}, {Header: "bound", Field: "wv_bound"},
			{Field: "loss"}, {Field: "activation"}, {Field: "data"}, {Field: "parameters"}, {Field: "percent"}, {Field: "warnings"},
		},
	}
	if timings {
		t.Columns = append(t.Columns, Column{Header: "seconds", Field: "seconds"})
	}
	bounded := false
	for k := range results {
		r := &results[k]
		layers := strings.Trim(strings.ReplaceAll(fmt.Sprint(r.Layers), " ", ","), "[]")
		number := func(x Float) Cell {
			v := float64(x)
			return Number(&v, 4)
		}
		var crosses []int
		for i, p := range r.Ratios {
			if a, b, _ := strings.Cut(p.LayerPair, " "); a != b {
				crosses = append(crosses, i)
			}
		}
		for i, p := range r.Ratios {
			bound := Cell{"", nil}
			// The bound is on all blocks between layers together: it stands beside
			// them if they are those of one pair.
			if r.WVBound != nil && len(crosses) == 1 && i == crosses[0] {
				bound = number(*r.WVBound)
				bounded = true
			}
			row := []Cell{
				Text(layers), Count(r.Samples), Count(r.Step), number(r.LossValue), number(r.OptimalityGap), number(r.Accuracy),
				Text(p.LayerPair), number(p.Diag), number(p.Off), number(p.Ratio), number(p.Norm), bound,
				Text(r.Loss), Text(r.Activation), Text(r.Data), Count(r.Parameters), {Value: float64(r.Percent)}, Text(strings.Join(r.Warnings, "; ")),
			}
			if timings {
				row = append(row, Number(r.Seconds, 3))
			}
			t.Rows = append(t.Rows, row)
		}
		if len(crosses) > 1 {
			note := fmt.Sprintf("step %d: all blocks between layers together have norm %s", r.Step, Significant(float64(*r.WVNorm), 4))
			if r.WVBound != nil {
				note += ", bound " + Significant(float64(*r.WVBound), 4)
			}
			t.Notes = append(t.Notes, note+".")
		}
	}
	notes := []string{
		"diag, off: means of |H_ij|_F^2 over i = j and over i != j of a layer; between layers, off is the mean over all",
		"blocks and diag the geometric mean of both layers'. norm: |.|_F of the pair's whole part of the Hessian.",
	}
	if first.Loss == string(network.CE) {
		notes = append(notes, "gap: mean of 1 - p_y, at most the loss.")
	} else {
		notes = append(notes, "gap: the loss, whose least value is 0 at best.")
	}
	if bounded {
		notes[len(notes)-1] += " bound: a multiple of the gap that the norm of the blocks between layers cannot exceed."
	}
	t.Notes = append(notes, t.Notes...)
	for k := range results {
		for _, w := range results[k].Warnings {
			t.Notes = append(t.Notes, fmt.Sprintf("warning: layers %s, step %d: %s",
				strings.Trim(strings.ReplaceAll(fmt.Sprint(results[k].Layers), " ", ","), "[]"), results[k].Step, w))
		}
	}
	return t
}

// LossCurve draws the loss before each step.
func LossCurve(caption, label string, losses []float64) *Figure {
	// More points than dots across the figure would only make the file large: of
	// each stretch the first is drawn, and the last of all.
	stride := max(1, len(losses)/2000)
	s := Series{Kind: Line, Name: label}
	for k := 0; k < len(losses); k += stride {
		s.X, s.Y = append(s.X, float64(k)), append(s.Y, losses[k])
	}
	if last := len(losses) - 1; last%stride != 0 {
		s.X, s.Y = append(s.X, float64(last)), append(s.Y, losses[last])
	}
	top, bottom := math.Inf(-1), math.Inf(1)
	for _, y := range losses {
		top, bottom = math.Max(top, y), math.Min(bottom, y)
	}
	return &Figure{Caption: caption, Sheets: []Sheet{{
		X:      Axis{Label: "step"},
		Panels: []Panel{{Y: Axis{Label: "loss", Log: bottom > 0 && top > 10*bottom}, Series: []Series{s}}},
	}}}
}
