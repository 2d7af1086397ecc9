package main

import (
	"context"
	"fmt"
	"math"
	"strings"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
	"pastur/reports"
	"pastur/spectra"
)

// spectraPlan is what the items on spectra draw.
type spectraPlan struct {
	dim, matrices int // of the pictures
	dims          []int
	repeated      int // matrices at each of dims
	classical     int // matrices of the classical ensemble
}

// appendixSpectra hold eigenvalues against the generalized Marchenko-Pastur law.
func appendixSpectra(r *appendixRun) []reports.AppendixItem {
	plan := spectraPlan{dim: 400, matrices: 50, dims: []int{100, 200, 400, 800}, repeated: 50, classical: 1000}
	if r.quick {
		plan = spectraPlan{dim: 200, matrices: 20, dims: []int{50, 100, 200}, repeated: 20, classical: 1000}
	}
	linear := func(c, d, j int) (*spectra.Experiment, error) {
		s, err := (montecarlo.Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: c, Dim: float64(d), Gamma: r.gamma, Init: network.LeCun}).Complete()
		if err != nil {
			return nil, err
		}
		e, err := spectra.NewEnsemble(s, 0, j)
		return &spectra.Experiment{Ensemble: e}, err
	}
	pictures := func(id, title, what, flag string, j int, classes []int, text string) reports.AppendixItem {
		return reports.AppendixItem{
			ID: id, Title: title, Settings: []any{r.gamma, r.seed, classes, plan.dim, plan.matrices},
			Command: fmt.Sprintf("pastur spectrum --classes %s%s --dim %d --replicates %d --seed %d", commas(classes), flag, plan.dim, plan.matrices, r.seed),
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				var results []reports.SpectrumResult
				picture := &reports.Figure{Size: reports.TwoColumn, Caption: fmt.Sprintf(
					"Eigenvalues of %s blocks of the linear model under cross-entropy for $C$ = %s classes, $d = %d$, $γ = %v$, %d matrices each, and the density of the generalized Marchenko-Pastur law. Below: histogram less the law's mean density over the bin, with two standard errors over matrices. The hundredth of the eigenvalues that is farthest from 0 is cut off.",
					what, strings.ReplaceAll(commas(classes), ",", ", "), plan.dim, r.gamma, plan.matrices)}
				for k, c := range classes {
					x, err := linear(c, plan.dim, j)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					result, data, err := r.spectrum(ctx, x, plan.matrices)
					if err != nil {
						return reports.AppendixResult{}, err
					}
					results = append(results, result)
					sheet := data.Figure().Sheets[0]
					sheet.Name = fmt.Sprintf("(%c) $C = %d$", 'a'+k, c)
					sheet.Panels[0].Aspect = 0.85
					sheet.X.Min, sheet.X.Max = bulkOf(data)
					if k > 0 { // one legend is enough for all
						for s := range sheet.Panels[0].Series {
							sheet.Panels[0].Series[s].Name = ""
						}
						sheet.Panels[0].Y.Label = ""
						sheet.Panels[1].Y.Label = ""
					}
					picture.Sheets = append(picture.Sheets, sheet)
				}
				t := spectrumTable(results)
				t.Caption = fmt.Sprintf("Distances of the mean spectrum of %s blocks from the generalized Marchenko-Pastur law: linear model, cross-entropy, $γ = %v$, %d matrices each; intervals of 95 %%. Noise is the Kolmogorov distance that sampling alone would give.", what, r.gamma, plan.matrices)
				return reports.AppendixResult{Table: t, Picture: picture, Text: text}, nil
			},
		}
	}
	return []reports.AppendixItem{
		{
			ID: "spectrum-mp", Title: "The Marchenko-Pastur law", Settings: []any{r.seed, 300, 50, plan.classical},
			Command: fmt.Sprintf("pastur spectrum --model mp --dim 300 --samples 50 --replicates %d --seed %d --plot spectrum.pdf", plan.classical, r.seed),
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				e, err := spectra.NewClassical(300, 50)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				result, data, err := r.spectrum(ctx, &spectra.Experiment{Ensemble: e}, plan.classical)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				f := data.Figure()
				f.Caption = fmt.Sprintf("Eigenvalues of $X X^T/N$, $d = 300$, $N = 50$, %d matrices, and the law of Marchenko and Pastur. Below: histogram less the law's mean density over the bin, with two standard errors over matrices.", plan.classical)
				k := result.Distances.Kolmogorov
				return reports.AppendixResult{
					Picture: f,
					Text: fmt.Sprintf("With $Λ = I$, $N = 50$ and $d = 300$ the matrix $H = X Λ X^T/N$ has rank 50: the law of Marchenko and Pastur [@marchenko1967] has an atom of mass $1 - N/d = 5/6$ at 0, and %s of the eigenvalues counted are exactly 0. The mean of %d spectra has Kolmogorov distance %s from the law.",
						reports.Significant(float64(result.AtomEmpirical), 6), plan.classical, distanceWords(k)),
				}, nil
			},
		},
		pictures("spectrum-diagonal", "Spectra of diagonal blocks", "diagonal", "", 0, []int{2, 10, 100},
			"Although $Λ$ depends on $X$ the spectrum of a diagonal block follows the law of Silverstein and Bai [@silverstein1995] for an independent $Λ$ of the same limit law, as [@dong2025] derives by a Lindeberg interpolation. The replicate is the matrix: no interval treats the eigenvalues of one matrix as a sample."),
		pictures("spectrum-offdiagonal", "Spectra of off-diagonal blocks", "off-diagonal", " --offdiagonal", 1, []int{2, 5, 10},
			"Off-diagonal blocks are negative semidefinite, with $λ_n = -p_{n,i} p_{n,j}$. Their eigenvalues, too, follow the law of an independent $Λ$. Compare the scale of the axes with that of the diagonal blocks: with two classes the two are mirror images, as the ratio 1 wants, with more classes the off-diagonal block is smaller by far."),
		{
			ID: "spectrum-dim", Title: "Convergence of spectra in $d$", Settings: []any{r.gamma, r.seed, plan.dims, plan.repeated},
			Command: fmt.Sprintf("pastur spectrum --classes 10 --dim %s --replicates %d --seed %d", commas(plan.dims), plan.repeated, r.seed) +
				fmt.Sprintf("\npastur spectrum --classes 10 --law lambda --dim %s --replicates %d --seed %d", commas(plan.dims), plan.repeated, r.seed),
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				var results []reports.SpectrumResult
				f := reports.NewFigure("", reports.Axis{Label: "$d$", Log: true}, reports.Axis{Label: "Kolmogorov distance", Log: true})
				f.Caption = fmt.Sprintf("Kolmogorov distance of the mean of %d spectra of diagonal blocks from the law, linear model, cross-entropy, $C = 10$, $γ = %v$, with 95 %% intervals.", plan.repeated, r.gamma)
				var exponents []string
				for _, own := range []bool{false, true} {
					var group []*reports.SpectrumResult
					s := reports.Series{Kind: reports.Points, Joined: true, Name: "law of the limit of $λ$"}
					exponent := "limit law"
					if own {
						s.Name, exponent = "law of the matrix's own $λ$", "own $λ$"
					}
					for _, d := range plan.dims {
						x, err := linear(10, d, 0)
						if err != nil {
							return reports.AppendixResult{}, err
						}
						x.OwnLambda = own
						result, _, err := r.spectrum(ctx, x, plan.repeated)
						if err != nil {
							return reports.AppendixResult{}, err
						}
						group = append(group, &result)
						k := result.Distances.Kolmogorov
						s.X, s.Y = append(s.X, float64(d)), append(s.Y, float64(k.Value))
						s.Lo, s.Hi = append(s.Lo, max(float64(k.Lo), float64(k.Value)/30)), append(s.Hi, float64(k.Hi))
					}
					reports.FitSpectra(group)
					if e := group[0].Exponents; e != nil && e.Kolmogorov != nil {
						exponents = append(exponents, fmt.Sprintf("$%s$ (%s)", reports.Uncertain(float64(e.Kolmogorov.Value), float64(e.Kolmogorov.SE)), exponent))
					}
					for _, g := range group {
						results = append(results, *g)
					}
					f.Sheets[0].Panels[0].Series = append(f.Sheets[0].Panels[0].Series, s)
				}
				t := spectrumTable(results)
				t.Caption = fmt.Sprintf("Distances of the mean spectrum of diagonal blocks from the law, linear model, cross-entropy, $C = 10$, $γ = %v$, %d matrices each; intervals of 95 %%. Noise is the Kolmogorov distance that sampling alone would give.", r.gamma, plan.repeated)
				text := "Each mean spectrum is held against the law of the limit of $λ$, and against the mean of the laws of the $λ_1, …, λ_N$ drawn, which leaves out that these fluctuate. "
				if len(exponents) > 0 {
					text += "Fitted powers of $d$ of the Kolmogorov distance, with standard errors: " + strings.Join(exponents, ", ") + "."
				}
				return reports.AppendixResult{Table: t, Picture: f, Text: text}, nil
			},
		},
	}
}

// spectrum runs an experiment as pastur spectrum does.
func (r *appendixRun) spectrum(ctx context.Context, x *spectra.Experiment, matrices int) (reports.SpectrumResult, *reports.SpectrumData, error) {
	point, err := x.DefaultPoint()
	if err != nil {
		return reports.SpectrumResult{}, nil, err
	}
	o, err := x.Run(ctx, matrices, []complex128{point}, replicate.Options{
		Seed: r.options.Seed, Workers: r.options.Workers, State: r.options.State,
		Progress: func(done, total int) { r.progress.update(1, 1, done, total) },
	})
	if err != nil {
		return reports.SpectrumResult{}, nil, err
	}
	result, err := reports.Spectrum(x, o, nil)
	if err != nil || x.OwnLambda {
		return result, nil, err
	}
	data, err := reports.NewSpectrumData(x, o, 0)
	return result, data, err
}

// bulkOf is the range from 0 that holds all but the hundredth of the mass beyond.
func bulkOf(d *reports.SpectrumData) (lo, hi float64) {
	n := len(d.Histogram)
	total := 0.0
	for k, h := range d.Histogram {
		total += h * (d.Edges[k+1] - d.Edges[k])
	}
	lo, hi = min(0, d.Edges[0]), max(0, d.Edges[n])
	cut := func(k int, mass *float64) bool {
		*mass += d.Histogram[k] * (d.Edges[k+1] - d.Edges[k])
		return *mass > 0.01*total
	}
	mass := 0.0
	for k := n - 1; k >= 0 && d.Edges[k] > 0 && !cut(k, &mass); k-- {
		hi = d.Edges[k]
	}
	mass = 0
	for k := 0; k < n && d.Edges[k+1] < 0 && !cut(k, &mass); k++ {
		lo = d.Edges[k+1]
	}
	room := (hi - lo) / 30
	return lo - room, hi + room
}

// distanceWords writes 0.0123 [0.0100, 0.0146].
func distanceWords(d reports.DistanceResult) string {
	return fmt.Sprintf("%s [%s, %s]", reports.Digits(float64(d.Value), 3), reports.Digits(max(0, float64(d.Lo)), 3), reports.Digits(float64(d.Hi), 3))
}

// spectrumTable lays out distances, a matrix size a row.
func spectrumTable(results []reports.SpectrumResult) *reports.Table {
	t := &reports.Table{Columns: []reports.Column{
		{Header: "$C$", Field: "classes"}, {Header: "$d$", Field: "dim"}, {Header: "$N$", Field: "samples"}, {Header: "law of", Field: "law", Left: true},
		{Header: "Kolmogorov [95 %]"}, {Header: "noise"}, {Field: "kolmogorov"}, {Field: "kolmogorov_lo"}, {Field: "kolmogorov_hi"}, {Field: "kolmogorov_noise"},
		{Header: "Wasserstein-1 [95 %]"}, {Field: "wasserstein1"}, {Field: "wasserstein1_lo"}, {Field: "wasserstein1_hi"}, {Field: "wasserstein1_noise"},
		{Header: `$\tr H/d$`, Field: "moment1"}, {Field: "moment1_se"}, {Header: "law", Field: "moment1_predicted"},
		{Field: "atom"}, {Field: "atom_predicted"}, {Field: "matrices"}, {Field: "warnings"},
	}}
	for i := range results {
		x := &results[i]
		k, w := x.Distances.Kolmogorov, x.Distances.Wasserstein
		classes := reports.Cell{Text: "-"}
		if x.Classes != nil {
			classes = reports.Count(*x.Classes)
		}
		law := reports.Cell{Text: "limit", Value: x.Law}
		if x.Law == "lambda" {
			law.Text = "own $λ$"
		}
		value := func(v reports.Float) reports.Cell {
			if math.IsNaN(float64(v)) {
				return reports.Cell{}
			}
			return reports.Cell{Value: float64(v)}
		}
		predicted := float64(x.MomentsPredicted[0])
		t.Rows = append(t.Rows, []reports.Cell{
			classes, reports.Count(x.Dim), reports.Count(x.Samples), law,
			{Text: distanceWords(k)}, {Text: reports.Digits(float64(k.Noise), 2)}, value(k.Value), value(k.Lo), value(k.Hi), value(k.Noise),
			{Text: distanceWords(w)}, value(w.Value), value(w.Lo), value(w.Hi), value(w.Noise),
			reports.Measured(float64(x.MomentsEmpirical[0]), 2*float64(x.MomentsSE[0])), value(x.MomentsSE[0]), reports.Number(&predicted, 5),
			value(x.AtomEmpirical), value(x.AtomPredicted), reports.Count(x.Replicates), {Value: strings.Join(x.Warnings, "; ")},
		})
	}
	t.Notes = []string{"The uncertainty in parentheses is two standard errors of the difference of the moments."}
	return t
}
