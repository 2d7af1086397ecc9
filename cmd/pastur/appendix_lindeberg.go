package main

import (
	"context"
	"fmt"
	"math"
	"math/cmplx"
	"strings"

	"pastur/lindeberg"
	"pastur/network"
	"pastur/reports"
	"pastur/verdict"
)

// gapCell is a block whose gap is measured, at any size.
type gapCell struct {
	name, flags string
	s           lindeberg.Setting
}

func (c *gapCell) with(classes, samples int, gamma float64) lindeberg.Setting {
	s := c.s
	s.Classes, s.Samples, s.Dim, s.Kappa = classes, samples, int(math.Round(gamma*float64(samples))), network.LeCun.Variance(1)
	s.Outputs, s.Path, s.Coupling = lindeberg.DefaultOutputs, lindeberg.Data, lindeberg.Shared
	return s
}

// appendixLindeberg are the gaps along the Lindeberg interpolation.
func appendixLindeberg(r *appendixRun) []reports.AppendixItem {
	sizes, precise := []int{40, 80, 160, 320}, 0.08
	if r.quick {
		sizes, precise = []int{20, 40, 80, 160}, 0.1
	}
	z := 0.1 + 0.1i
	const classes, hidden = 3, 3
	cells := []gapCell{
		{"linear, $vv$, diagonal", "", lindeberg.Setting{Model: network.Linear, Block: network.VV}},
		{"linear, $vv$, off-diagonal", " --offdiagonal", lindeberg.Setting{Model: network.Linear, Block: network.VV, OffDiagonal: true}},
		{"hidden, $ww$, diagonal", fmt.Sprintf(" --model hidden --hidden %d", hidden), lindeberg.Setting{Model: network.Hidden, Block: network.WW, Hidden: hidden}},
	}
	var commands []string
	for _, c := range cells {
		commands = append(commands, fmt.Sprintf("pastur lindeberg%s --classes %d --z 0.1+0.1i --sizes %s --rel-error %v --seed %d", c.flags, classes, commas(sizes), precise, r.seed))
	}
	return []reports.AppendixItem{{
		ID: "lindeberg", Title: "The gap of the Lindeberg interpolation", Settings: []any{r.gamma, r.seed, sizes, precise, commands},
		Command: strings.Join(commands, "\n"),
		Compute: func(ctx context.Context) (reports.AppendixResult, error) {
			t := &reports.Table{
				Caption: fmt.Sprintf("Gap $δ_N = \\E s_{H'}(z) - \\E s_H(z)$ of the expected Stieltjes transforms, times $N$, at $z = 0.1 + 0.1i$; cross-entropy, $C = %d$, $m = %d$, $γ = %v$; the $ww$ block averaged over %d draws of $V$. In parentheses: half-widths of 95 %% intervals.", classes, hidden, r.gamma, lindeberg.DefaultOutputs),
				Columns: []reports.Column{
					{Header: "block", Field: "block", Left: true}, {Header: "$N$", Field: "samples"}, {Header: "$d$", Field: "dim"},
					{Header: `$N \Re δ_N$`, Field: "n_delta_re"}, {Field: "n_delta_re_half"}, {Header: `$N \Im δ_N$`, Field: "n_delta_im"}, {Field: "n_delta_im_half"},
					{Header: `limit, $\Re$`, Field: "limit_re"}, {Header: `limit, $\Im$`, Field: "limit_im"}, {Header: "replicates", Field: "replicates"}, {Field: "reached"},
				},
			}
			g := reports.GapPlot{Caption: fmt.Sprintf("(a) Gap of the expected Stieltjes transforms against $N$ at $z = 0.1 + 0.1i$, $C = %d$, $m = %d$, $γ = %v$, and $|c|/N$ with the exact $c$. (b) $\\E s(z)$ along the path for the diagonal $vv$ block at $N = %d$, from the independent end $θ = 0$ to the Hessian block at $θ = π/2$. Bars: 95 %% intervals; the points of (b) share their draws.", classes, hidden, r.gamma, sizes[0])}
			var exponents, missed []string
			for _, c := range cells {
				limit, err := lindeberg.NewLimit(c.with(classes, sizes[0], r.gamma), r.gamma)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				constant, _, err := limit.ConstantWithError(z)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				curve := reports.GapCurve{Name: c.name, Constant: cmplx.Abs(constant)}
				var gaps []lindeberg.Gap
				for _, n := range sizes {
					s, err := c.with(classes, n, r.gamma).Complete()
					if err != nil {
						return reports.AppendixResult{}, err
					}
					estimates, err := lindeberg.Estimate(ctx, s, []complex128{z}, verdict.Precision{RelError: precise}, r.options)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					e := estimates[0]
					gaps = append(gaps, e)
					if !e.Reached {
						missed = append(missed, fmt.Sprintf("%s, $N = %d$", c.name, n))
					}
					scale := float64(n)
					re, im := real(constant), imag(constant)
					t.Rows = append(t.Rows, []reports.Cell{
						reports.Text(c.name), reports.Count(n), reports.Count(s.Dim),
						reports.Measured(scale*real(e.Delta), scale*e.Half*e.SERe), {Value: scale * e.Half * e.SERe},
						reports.Measured(scale*imag(e.Delta), scale*e.Half*e.SEIm), {Value: scale * e.Half * e.SEIm},
						reports.Number(&re, 5), reports.Number(&im, 5), reports.Count(e.Replicates), {Value: e.Reached},
					})
					modulus := cmplx.Abs(e.Delta)
					half := e.Half * math.Hypot(real(e.Delta)*e.SERe, imag(e.Delta)*e.SEIm) / modulus
					curve.N, curve.Gap = append(curve.N, scale), append(curve.Gap, modulus)
					curve.Lo, curve.Hi = append(curve.Lo, max(modulus-half, modulus/30)), append(curve.Hi, modulus+half)
				}
				fit := lindeberg.FitExponent(gaps)
				exponents = append(exponents, fmt.Sprintf("$%s$ [$%s$, $%s$] (%s)", reports.Digits(fit.Value, 3), reports.Digits(fit.Lo, 3), reports.Digits(fit.Hi, 3), c.name))
				g.Curves = append(g.Curves, curve)
			}
			first, err := cells[0].with(classes, sizes[0], r.gamma).Complete()
			if err != nil {
				return reports.AppendixResult{}, err
			}
			path, err := lindeberg.AveragePath(ctx, first, z, pathSteps, pathReplicates, r.options)
			if err != nil {
				return reports.AppendixResult{}, err
			}
			g.Path = &reports.GapPath{}
			for _, p := range path {
				const half = 1.959963984540054
				q := g.Path
				q.Theta, q.Re, q.Im = append(q.Theta, p.Theta), append(q.Re, real(p.S)), append(q.Im, imag(p.S))
				q.ReLo, q.ReHi = append(q.ReLo, real(p.S)-half*p.SERe), append(q.ReHi, real(p.S)+half*p.SERe)
				q.ImLo, q.ImHi = append(q.ImLo, imag(p.S)-half*p.SEIm), append(q.ImHi, imag(p.S)+half*p.SEIm)
			}
			for _, m := range missed {
				t.Notes = append(t.Notes, "warning: "+m+": the precision asked for was not reached")
			}
			return reports.AppendixResult{
				Table: t, Picture: reports.GapFigure(g),
				Text: fmt.Sprintf("The proof of [@dong2025] interpolates between $H$ and its independent copy $H'$, whose $Λ$ does not depend on $X$, in the manner of Lindeberg [@chatterjee2006], and bounds the gap by $O(N^{-1/2})$. The gap is of order $1/N$: $N δ_N$ approaches a constant, which is known and stands beside it. Sampling goes on until the 95 %% interval's half-width is %v of $|δ_N|$. Powers of $N$ fitted with a correction in $1/N$, with 95 %% intervals: %s.", precise, strings.Join(exponents, "; ")),
			}, nil
		},
	}}
}
