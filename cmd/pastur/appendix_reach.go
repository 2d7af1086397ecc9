package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/reports"
)

// appendixReach are ratios of data that break Assumption 1.
func appendixReach(r *appendixRun) []reports.AppendixItem {
	laws := []string{"gaussian", "rademacher", "uniform", "student:10", "ar1:0.5", "power:0.4", "spiked:5:4"}
	classes := []int{10, 100, 1000}
	if r.quick {
		classes = []int{10, 30, 100}
	}
	const dim = 1000
	var commands []string
	for _, law := range laws {
		commands = append(commands, fmt.Sprintf("pastur ratio --data %s --classes %s --dim %d --rel-error %v --seed %d", law, commas(classes), dim, r.precise, r.seed))
	}
	return []reports.AppendixItem{{
		ID: "reach", Title: "Reach beyond Gaussian data", Settings: []any{r.gamma, r.seed, r.precise, laws, classes, dim},
		Command: strings.Join(commands, "\n"),
		Compute: func(ctx context.Context) (reports.AppendixResult, error) {
			t := &reports.Table{
				Caption: fmt.Sprintf("Measured ratios $R$ of the linear model under cross-entropy for data of other laws, $d = %d$, $γ = %v$, and the exact limit for Gaussian data of the same $\\tr Σ/d$ and $\\tr Σ^2/d$. In parentheses: half-width of the 95 %% interval.", dim, r.gamma),
				Columns: []reports.Column{
					{Header: "data", Field: "data", Left: true}, {Header: "effective rank", Field: "effective_rank"}, {Header: "$C$", Field: "classes"}, {Header: "$R$", Field: "ratio"}, {Field: "ratio_lo"}, {Field: "ratio_hi"},
					{Header: "prediction", Field: "prediction"}, {Header: "quotient", Field: "quotient"}, {Header: "replicates", Field: "replicates"}, {Field: "warnings"},
				},
			}
			f := reports.NewFigure(fmt.Sprintf("Measured ratio over the prediction from $\\tr Σ/d$ and $\\tr Σ^2/d$, for data of several laws, linear model, cross-entropy, $d = %d$, $γ = %v$, with 95 %% intervals. Points of one $C$ are set side by side.", dim, r.gamma),
				reports.Axis{Label: "$C$", Log: true}, reports.Axis{Label: "measured $R$ / prediction"})
			f.Size = reports.TwoColumn
			panel := &f.Sheets[0].Panels[0]
			panel.Aspect = 0.4
			worst := 0.0
			for k, law := range laws {
				data, err := montecarlo.ParseData(law)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				traces, err := data.Traces(dim)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				var settings []montecarlo.Setting
				for _, c := range classes {
					s, err := (montecarlo.Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: c, Dim: dim, Gamma: r.gamma, Init: network.LeCun, Data: data}).Complete()
					if err != nil {
						return reports.AppendixResult{}, err
					}
					settings = append(settings, s)
				}
				results, err := r.measure(ctx, settings)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				series := reports.Series{Name: law, Kind: reports.Points, Colour: reports.Blue + reports.Colour(k)}
				rank := traces.EffectiveRank(dim)
				for i := range results {
					x := &results[i]
					if x.Limit == nil {
						return reports.AppendixResult{}, fmt.Errorf("no prediction for data %s, C = %d", law, x.Classes)
					}
					p := float64(*x.Limit)
					q, half := float64(x.Ratio)/p, float64(x.RatioHi-x.RatioLo)/2
					worst = max(worst, math.Abs(q-1))
					t.Rows = append(t.Rows, []reports.Cell{
						reports.Text(law), reports.Number(&rank, 4), reports.Count(x.Classes), reports.Measured(float64(x.Ratio), half), {Value: float64(x.RatioLo)}, {Value: float64(x.RatioHi)},
						reports.Number(&p, 5), reports.Measured(q, half/p), reports.Count(x.Replicates), {Value: strings.Join(x.Warnings, "; ")},
					})
					for _, w := range x.Warnings {
						t.Notes = append(t.Notes, fmt.Sprintf("warning: %s, $C = %d$: %s", law, x.Classes, w))
					}
					at := float64(x.Classes) * math.Pow(1.07, float64(k)-float64(len(laws)-1)/2)
					series.X, series.Y = append(series.X, at), append(series.Y, q)
					series.Lo, series.Hi = append(series.Lo, float64(x.RatioLo)/p), append(series.Hi, float64(x.RatioHi)/p)
				}
				panel.Series = append(panel.Series, series)
			}
			lo, hi := float64(classes[0])/1.4, float64(classes[len(classes)-1])*1.4
			panel.Series = append(panel.Series, reports.Series{Kind: reports.Guide, X: []float64{lo, hi}, Y: []float64{1, 1}})
			return reports.AppendixResult{
				Table: t, Picture: f,
				Text: fmt.Sprintf("Assumption 1 of [@dong2025] wants independent standard normal entries. With another law of the data, of covariance $Σ$, only $\\tr Σ/d$ (the variance of the logits) and the effective rank $(\\tr Σ)^2/\\tr Σ^2$ (in place of $d$) should enter as $d$ grows. The largest departure of the measured ratio from that prediction is %s %%; part of it is the correction of order $1/d$ that Gaussian data have as well.", reports.Significant(100*worst, 2)),
			}, nil
		},
	}}
}
