package reports

import (
	"fmt"
	"math"
	"strings"

	"pastur/montecarlo"
)

// TypicalResult is one row of `pastur ratio --typical`: the law of a network's own
// ratio over the weights, see montecarlo.Typical.
type TypicalResult struct {
	Model    string   `json:"model"`
	Loss     string   `json:"loss"`
	Block    string   `json:"block"`
	Gamma    Float    `json:"gamma"`
	Classes  int      `json:"classes"`
	Hidden   *int     `json:"hidden"`
	Dim      Float    `json:"dim"`
	Samples  Float    `json:"samples"`
	Data     string   `json:"data"`
	Init     string   `json:"init"`
	Networks int      `json:"networks"`
	Inner    int      `json:"inner"`
	Median   Float    `json:"median"`
	MedianLo *Float   `json:"median_lo"`
	MedianHi *Float   `json:"median_hi"`
	Low      Float    `json:"quantile_10"`
	Top      Float    `json:"quantile_90"`
	Mean     Float    `json:"mean_ratio"`
	Warnings []string `json:"warnings"`
}

// Typical returns the result of a measurement.
func Typical(e *montecarlo.Estimator, t montecarlo.Typical, warnings []string) TypicalResult {
	s := &e.Setting
	r := TypicalResult{
		Model: string(s.Model), Loss: string(s.Loss), Block: string(s.Block), Gamma: Float(s.Gamma), Classes: s.Classes,
		Dim: Float(s.Dim), Samples: Float(s.Samples), Data: s.Data.String(), Init: string(s.Init),
		Networks: t.Networks, Inner: t.Inner, Median: Float(t.Median), Low: Float(t.Low), Top: Float(t.Top), Mean: Float(t.Mean),
		Warnings: emptyNotNil(warnings),
	}
	if s.Hidden > 0 {
		r.Hidden = &s.Hidden
	}
	if math.IsNaN(t.Lo) {
		r.Warnings = append(r.Warnings, "too few networks for an interval: want at least 6")
	} else {
		r.MedianLo, r.MedianHi = optional(&t.Lo), optional(&t.Hi)
	}
	return r
}

// TypicalTable lays out such measurements.
func TypicalTable(results []TypicalResult) *Table {
	first := &results[0]
	width := ""
	if first.Hidden != nil {
		width = fmt.Sprintf("m = %d, ", *first.Hidden)
	}
	t := &Table{
		Title: fmt.Sprintf("A network's own |H_ij|^2/|H_ii|^2: %s model, %s loss, %s blocks, %s%s init, data %s",
			first.Model, strings.ToUpper(first.Loss), first.Block, width, first.Init, first.Data),
		Columns: []Column{
			{Header: "C", Field: "classes"}, {Header: "d", Field: "dim"}, {Header: "N", Field: "samples"}, {Header: "gamma", Field: "gamma"},
			{Header: "median", Field: "median"}, {Header: "95 % interval"}, {Field: "median_lo"}, {Field: "median_hi"},
			{Header: "10 %", Field: "quantile_10"}, {Header: "90 %", Field: "quantile_90"}, {Header: "mean ratio", Field: "mean_ratio"},
			{Header: "networks", Field: "networks"}, {Header: "points", Field: "inner"},
			{Field: "model"}, {Field: "loss"}, {Field: "block"}, {Field: "hidden"}, {Field: "data"}, {Field: "init"}, {Field: "warnings"},
		},
	}
	for i := range results {
		r := &results[i]
		number := func(x Float) Cell { return Cell{Significant(float64(x), 4), float64(x)} }
		interval, lo, hi, hidden := Cell{Text: "-"}, Cell{}, Cell{}, Cell{"-", nil}
		if r.MedianLo != nil {
			a, b := float64(*r.MedianLo), float64(*r.MedianHi)
			digits := intervalDigits(a, b)
			interval = Cell{Text: "[" + Digits(a, digits) + ", " + Digits(b, digits) + "]"}
			lo, hi = Cell{Value: a}, Cell{Value: b}
		}
		if r.Hidden != nil {
			hidden = Count(*r.Hidden)
		}
		t.Rows = append(t.Rows, []Cell{
			Count(r.Classes), Count(float64(r.Dim)), Count(float64(r.Samples)), {Significant(float64(r.Gamma), 6), float64(r.Gamma)},
			number(r.Median), interval, lo, hi, number(r.Low), number(r.Top), number(r.Mean), Count(r.Networks), Count(r.Inner),
			Text(r.Model), Text(r.Loss), Text(r.Block), hidden, Text(r.Data), Text(r.Init), Text(strings.Join(r.Warnings, "; ")),
		})
		for _, w := range r.Warnings {
			t.Notes = append(t.Notes, fmt.Sprintf("warning: C = %d, d = %s: %s", r.Classes, Count(float64(r.Dim)).Text, w))
		}
	}
	t.Notes = append([]string{
		"median, 10 % and 90 %: over networks, of |H_ij|_F^2 (averaged over i != j) over |H_ii|_F^2 (over i), both in",
		"expectation over the data. mean ratio: the quotient of their means over the networks drawn.",
	}, t.Notes...)
	return t
}
