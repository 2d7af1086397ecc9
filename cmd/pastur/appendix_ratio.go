package main

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/reports"
	"pastur/theorem/catalogue"
)

// appendixRatio are the measured ratios.
func appendixRatio(r *appendixRun) []reports.AppendixItem {
	blocks := []struct {
		name  string
		model network.Model
		loss  network.Loss
		block network.Block
		m     int
		power float64
	}{
		{"linear, CE, $vv$", network.Linear, network.CE, network.VV, 0, 2},
		{"hidden, CE, $vv$", network.Hidden, network.CE, network.VV, 8, 2},
		{"hidden, CE, $ww$", network.Hidden, network.CE, network.WW, 8, 1},
		{"hidden, MSE, $ww$", network.Hidden, network.MSE, network.WW, 8, 1},
	}
	classes := []int{2, 5, 10, 20, 50, 100, 200, 500, 1000}
	dims := []int{10, 20, 50, 100, 200, 500, 1000, 10000}
	if r.quick {
		classes = []int{2, 5, 10, 30, 100, 300}
	}
	return []reports.AppendixItem{
		{
			ID: "ratio-classes", Title: "Ratio against the number of classes", Settings: []any{r.gamma, r.seed, r.precise, classes, 8},
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				t := &reports.Table{
					Caption: fmt.Sprintf("Measured ratios $R$ and exact limits, $d, N → ∞$, $γ = %v$, $m = 8$; $p = 2$ for $vv$ and 1 for $ww$ blocks. In parentheses: half-width of the 95 %% interval.", r.gamma),
					Columns: []reports.Column{
						{Header: "model, loss, block", Field: "block", Left: true}, {Header: "$C$", Field: "classes"}, {Header: "$R$", Field: "ratio"}, {Field: "ratio_lo"}, {Field: "ratio_hi"},
						{Header: "exact $R$", Field: "limit"}, {Header: "$C^p R$", Field: "scaled"}, {Header: "replicates", Field: "replicates"}, {Field: "warnings"},
					},
				}
				var curves []reports.RatioCurve
				known, within := 0, 0
				for _, b := range blocks {
					var settings []montecarlo.Setting
					for _, c := range classes {
						settings = append(settings, montecarlo.Setting{Model: b.model, Loss: b.loss, Block: b.block, Classes: c, Hidden: b.m, Dim: math.Inf(1), Gamma: r.gamma, Init: network.LeCun})
					}
					results, err := r.measure(ctx, settings)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					for _, x := range results {
						half := float64(x.RatioHi-x.RatioLo) / 2
						scale := math.Pow(float64(x.Classes), b.power)
						exact := reports.Cell{Text: "-"}
						if x.Limit != nil {
							exact = reports.Number((*float64)(x.Limit), 6)
						}
						// No interval can miss what is the same in every sample.
						constant := x.Classes == 2 && b.loss == network.CE && b.block == network.VV
						if x.Limit != nil && !constant {
							known++
							if x.RatioLo <= *x.Limit && *x.Limit <= x.RatioHi {
								within++
							}
						}
						t.Rows = append(t.Rows, []reports.Cell{
							reports.Text(b.name), reports.Count(x.Classes), reports.Measured(float64(x.Ratio), half), {Value: float64(x.RatioLo)}, {Value: float64(x.RatioHi)},
							exact, reports.Measured(scale*float64(x.Ratio), scale*half), reports.Count(x.Replicates), {Value: fmt.Sprint(x.Warnings)},
						})
						for _, w := range x.Warnings {
							t.Notes = append(t.Notes, fmt.Sprintf("warning: %s, $C = %d$: %s", b.name, x.Classes, w))
						}
					}
					c := ratioColumns(results, func(x *reports.RatioResult) float64 { return float64(x.Classes) })
					c.Name = b.name
					c.Joined = slices.ContainsFunc(results, func(x reports.RatioResult) bool { return x.Limit == nil })
					if !c.Joined {
						for _, n := range wholeRange(float64(classes[0]), float64(classes[len(classes)-1]), 40) {
							s := settings[0]
							s.Classes = n
							v, err := catalogue.Limit(ctx, &s)
							if err != nil {
								return reports.AppendixResult{}, err
							}
							c.ExactX, c.ExactR = append(c.ExactX, float64(n)), append(c.ExactR, v)
						}
					}
					curves = append(curves, c)
				}
				f := reports.RatioFigure(reports.RatioPlot{
					Caption: fmt.Sprintf("Ratio $R$ against the number of classes, $d, N → ∞$, $γ = %v$, $m = 8$: measured with 95 %% intervals, and exact where that is known.", r.gamma),
					Against: "$C$", Size: reports.TwoColumn, Curves: curves, Guides: []float64{2}, Heuristic: true,
				})
				f.Sheets[0].Panels[0].Aspect = 0.5
				return reports.AppendixResult{
					Table: t, Picture: f,
					Text: fmt.Sprintf("Theorems 1 and 2 of [@dong2025] state that the output blocks decay like $1/C^2$ under cross-entropy and the hidden blocks like $1/C$ under the squared loss; the $ww$ blocks under cross-entropy are not listed there. If so, $C^p R$ stays bounded. Where the ratio is known exactly, and is not the same in every sample, %d of %d intervals of level 95 %% contain it.", within, known),
				}, nil
			},
		},
		{
			ID: "ratio-dim", Title: "Approach to the limit in $d$", Settings: []any{r.gamma, r.seed, r.precise, dims},
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				var settings []montecarlo.Setting
				for _, d := range dims {
					s, err := montecarlo.Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: 10, Dim: float64(d), Gamma: r.gamma, Init: network.LeCun}.Complete()
					if err != nil {
						return reports.AppendixResult{}, err
					}
					settings = append(settings, s)
				}
				results, err := r.measure(ctx, settings)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				f, err := reports.RatioResultsFigure(results, nil, r.seed)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				var within []string
				for i := range results {
					if x := &results[i]; x.Limit != nil && x.RatioLo <= *x.Limit && *x.Limit <= x.RatioHi {
						within = append(within, fmt.Sprintf("%.0f", float64(x.Dim)))
					}
				}
				text := "The ratio of the linear model under cross-entropy at finite $d$ against its limit. "
				if len(within) > 0 {
					text += "The 95 % interval contains the limit at $d$ = " + strings.Join(within, ", ") + "."
				} else {
					text += "No interval contains the limit."
				}
				return reports.AppendixResult{Picture: f, Text: text}, nil
			},
		},
	}
}
