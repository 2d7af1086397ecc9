package reports

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pastur/theorem/catalogue"
)

// LimitResult is one row of `pastur limit`. Numbers that do not exist or are
// not known are null, and note says why.
type LimitResult struct {
	Model     string   `json:"model"`
	Loss      string   `json:"loss"`
	Block     string   `json:"block"`
	Gamma     Float    `json:"gamma"`
	Classes   int      `json:"classes"`
	Hidden    *int     `json:"hidden"`
	Dim       Float    `json:"dim"`     // null in the limit
	Samples   Float    `json:"samples"` // null in the limit
	Kappa     Float    `json:"kappa"`
	Ratio     *Float   `json:"ratio"`
	Rate      *Float   `json:"rate"`
	Scaled    *Float   `json:"scaled"`
	Constant  *Float   `json:"constant"`
	NormRatio *Float   `json:"norm_ratio"`
	RowMass   *Float   `json:"row_mass"`
	Heuristic *Float   `json:"heuristic"`
	Note      *string  `json:"note"` // null if there is nothing to say
	Warnings  []string `json:"warnings"`
}

// Limit returns the result of a look-up.
func Limit(k *catalogue.Known, warnings []string) LimitResult {
	s := &k.Setting
	r := LimitResult{
		Model: string(s.Model), Loss: string(s.Loss), Block: string(s.Block),
		Gamma: Float(s.Gamma), Classes: s.Classes, Dim: Float(s.Dim), Samples: Float(s.Samples), Kappa: Float(k.Kappa),
		Ratio: optional(k.Ratio), Rate: optional(k.Rate), Scaled: optional(k.Scaled), Constant: optional(k.Constant),
		NormRatio: optional(k.NormRatio), RowMass: optional(k.RowMass), Heuristic: optional(k.Heuristic),
		Warnings: emptyNotNil(warnings),
	}
	if len(k.Notes) > 0 {
		note := strings.Join(k.Notes, "; ")
		r.Note = &note
	}
	if s.Hidden > 0 {
		r.Hidden = &s.Hidden
	}
	return r
}

func emptyNotNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// LimitTable lays out look-ups of one block, each with its warnings.
func LimitTable(known []*catalogue.Known, warnings [][]string) *Table {
	s := &known[0].Setting
	width := ""
	if s.Hidden > 0 {
		width = fmt.Sprintf("m = %d, ", s.Hidden)
	}
	sizes := sizeText(s.Gamma, s.Dim, s.Samples) + ", "
	manySizes := false
	for _, k := range known {
		if k.Setting.Dim != s.Dim {
			manySizes, sizes = true, ""
		}
	}
	if manySizes && !slices.ContainsFunc(known, func(k *catalogue.Known) bool { return k.Setting.Gamma != s.Gamma }) {
		sizes = fmt.Sprintf("gamma = d/N = %.6g, ", s.Gamma)
	}
	t := &Table{
		Title: fmt.Sprintf("Exact E|H_ij|^2/E|H_ii|^2: %s model, %s loss, %s blocks, %s%skappa = %.6g",
			s.Model, strings.ToUpper(string(s.Loss)), s.Block, width, sizes, known[0].Kappa),
		Columns: []Column{
			{Header: "C", Field: "classes"}, {Header: "d", Field: "dim"}, {Header: "N", Field: "samples"}, {Header: "R", Field: "ratio"}, {Header: "rate p", Field: "rate"}, {Header: "C^p R", Field: "scaled"},
			{Header: "lim C^p R", Field: "constant"}, {Header: "norm ratio", Field: "norm_ratio"}, {Header: "row mass", Field: "row_mass"}, {Header: "1/(C-1)", Field: "heuristic"},
			{Field: "model"}, {Field: "loss"}, {Field: "block"}, {Field: "gamma"}, {Field: "hidden"}, {Field: "kappa"}, {Field: "note"}, {Field: "warnings"},
		},
	}
	if !manySizes {
		t.Columns[1].Header, t.Columns[2].Header = "", "" // in the title
	}
	seen := map[string]bool{}
	for i, k := range known {
		set := &k.Setting
		digits := 10
		if k.RelError > 0 {
			digits = int(-math.Log10(k.RelError))
		}
		hidden := Cell{"-", nil}
		if set.Hidden > 0 {
			hidden = Count(set.Hidden)
		}
		t.Rows = append(t.Rows, []Cell{
			Count(set.Classes), Count(set.Dim), Count(set.Samples), Number(k.Ratio, digits), Number(k.Rate, 3), Number(k.Scaled, min(digits, 8)), Number(k.Constant, 8),
			Number(k.NormRatio, min(digits, 6)), Number(k.RowMass, min(digits, 6)), Number(k.Heuristic, 6),
			Text(string(set.Model)), Text(string(set.Loss)), Text(string(set.Block)), Number(&set.Gamma, -1), hidden, Number(&k.Kappa, -1), Text(strings.Join(k.Notes, "; ")), Text(strings.Join(warnings[i], "; ")),
		})
		for _, note := range k.Notes {
			if !seen[note] {
				t.Notes = append(t.Notes, "note: "+note)
			}
			seen[note] = true
		}
	}
	for _, own := range warnings {
		for _, w := range own {
			if !seen[w] {
				t.Notes = append(t.Notes, "warning: "+w)
			}
			seen[w] = true
		}
	}
	return t
}

// sizeText says at which size: "gamma = d/N = 0.5, d, N -> inf".
func sizeText(gamma, dim, samples float64) string {
	if c := Count(dim); c.Text != "inf" {
		return fmt.Sprintf("d = %s, N = %s, gamma = d/N = %.6g", c.Text, Count(samples).Text, gamma)
	}
	return fmt.Sprintf("gamma = d/N = %.6g, d, N -> inf", gamma)
}
