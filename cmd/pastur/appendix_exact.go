package main

import (
	"context"
	"fmt"
	"math"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/reports"
	"pastur/theorem/catalogue"
)

// appendixExact are the items that need no sampling.
func appendixExact(r *appendixRun) []reports.AppendixItem {
	limit := func(ctx context.Context, model network.Model, loss network.Loss, block network.Block, hidden, classes int) (*catalogue.Known, error) {
		s, err := (montecarlo.Setting{Model: model, Loss: loss, Block: block, Classes: classes, Hidden: hidden, Dim: math.Inf(1), Gamma: r.gamma, Init: network.LeCun}).Complete()
		if err != nil {
			return nil, err
		}
		s.Samples = 0
		return catalogue.Lookup(ctx, s, 1)
	}
	classes := []int{2, 3, 5, 10, 20, 50, 100, 1000, 50257}
	widths := []int{3, 4, 5, 6, 8, 12, 16, 32, 64}
	return []reports.AppendixItem{
		{
			ID: "exact-limits", Title: "Exact ratios of the linear model under cross-entropy", Settings: []any{r.gamma, classes},
			Command: "pastur limit --classes 2,3,5,10,20,50,100,1000,50257",
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				t := &reports.Table{
					Caption: fmt.Sprintf("Exact ratio $R$ of the linear model under cross-entropy as $d, N → ∞$, $γ = %v$, by quadrature.", r.gamma),
					Columns: []reports.Column{
						{Header: "$C$", Field: "classes"}, {Header: "$R$", Field: "ratio"}, {Header: "$C^2 R$", Field: "scaled"},
						{Header: "$R^{1/2}$", Field: "norm_ratio"}, {Header: "$1/(C - 1)$", Field: "heuristic"}, {Header: "$(C - 1) R$", Field: "row_mass"},
					},
				}
				var constant float64
				for _, c := range classes {
					k, err := limit(ctx, network.Linear, network.CE, network.VV, 0, c)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					constant = *k.Constant
					t.Rows = append(t.Rows, []reports.Cell{reports.Count(c), reports.Number(k.Ratio, 8), reports.Number(k.Scaled, 7), reports.Number(k.NormRatio, 5), reports.Number(k.Heuristic, 5), reports.Number(k.RowMass, 5)})
				}
				return reports.AppendixResult{Table: t, Text: fmt.Sprintf("For two classes the ratio is 1: there is no structure. As $C$ grows $C^2 R$ rises to its limit %.7f, so that the rate $O(1/C^2)$ of Theorem 1 of [@dong2025] is exact in order, and the ratio of norms, $R^{1/2}$, approaches 1.41 times the heuristic $1/(C - 1)$ that setting all probabilities to $1/C$ gives. All off-diagonal blocks of a row together, $(C - 1) R$, vanish like $1/C$.", constant)}, nil
			},
		},
		{
			ID: "row-mass", Title: "All off-diagonal blocks of a row together", Settings: []any{r.gamma, "2..10^4"},
			Command: "pastur limit --classes 2:10000:log40",
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				var curves []reports.RatioCurve
				for _, b := range []struct {
					name  string
					model network.Model
					loss  network.Loss
					block network.Block
					m     int
				}{
					{"linear, CE, $(C - 1) R$", network.Linear, network.CE, network.VV, 0},
					{"hidden, MSE, $ww$, $(m - 1) R$", network.Hidden, network.MSE, network.WW, 8},
				} {
					c := reports.RatioCurve{Exact: b.name}
					for _, n := range wholeRange(2, 10000, 60) {
						k, err := limit(ctx, b.model, b.loss, b.block, b.m, n)
						if err != nil {
							return reports.AppendixResult{}, err
						}
						c.ExactX, c.ExactR = append(c.ExactX, float64(n)), append(c.ExactR, *k.RowMass)
					}
					curves = append(curves, c)
				}
				return reports.AppendixResult{
					Text: "A row of the Hessian has many off-diagonal blocks, and their number grows with $C$ for the output weights. Even together they carry a vanishing part of the diagonal block's squared norm: the row mass decays like $1/C$.",
					Picture: reports.RatioFigure(reports.RatioPlot{
						Caption: fmt.Sprintf("Squared norms of all off-diagonal blocks of a row over that of the diagonal block, exact, $d, N → ∞$, $γ = %v$, $m = 8$.", r.gamma),
						Against: "$C$", Y: "row mass", Curves: curves, Guides: []float64{1},
					}),
				}, nil
			},
		},
		{
			ID: "sharpness", Title: "Sharpness of the condition $m ≥ 3$", Settings: []any{r.gamma, widths},
			Command: "pastur limit --model hidden --loss ce --block vv --hidden 3",
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				t := &reports.Table{
					Caption: fmt.Sprintf("Exact constants of a network with one hidden layer of width $m$ under cross-entropy, $γ = %v$.", r.gamma),
					Columns: []reports.Column{{Header: "$m$", Field: "hidden"}, {Header: `$vv$: $\lim C^2 R$`, Field: "vv"}, {Header: `$ww$: $\lim C R$`, Field: "ww"}},
				}
				var vv, ww reports.RatioCurve
				vv.Exact, ww.Exact = `$vv$: $\lim C^2 R$`, `$ww$: $\lim C R$`
				for _, m := range widths {
					a, err := limit(ctx, network.Hidden, network.CE, network.VV, m, 10)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					b, err := limit(ctx, network.Hidden, network.CE, network.WW, m, 10)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					t.Rows = append(t.Rows, []reports.Cell{reports.Count(m), reports.Number(a.Constant, 9), reports.Number(b.Constant, 9)})
					vv.ExactX, vv.ExactR = append(vv.ExactX, float64(m)), append(vv.ExactR, *a.Constant)
					ww.ExactX, ww.ExactR = append(ww.ExactX, float64(m)), append(ww.ExactR, *b.Constant)
				}
				return reports.AppendixResult{
					Table: t,
					Text:  "The constants are finite exactly for $m ≥ 3$, the hypothesis of Theorem 2 of [@dong2025]: they grow without bound as $m$ comes down to 2, where the expectations diverge, and fall to those of wide networks as $m$ grows.",
					Picture: reports.RatioFigure(reports.RatioPlot{
						Caption: fmt.Sprintf("Exact constants against the hidden width $m$, cross-entropy, $γ = %v$. Both diverge as $m → 2$.", r.gamma),
						Against: "$m$", Y: "constant", Curves: []reports.RatioCurve{vv, ww},
					}),
				}, nil
			},
		},
	}
}
