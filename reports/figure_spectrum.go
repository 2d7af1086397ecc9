package reports

import (
	"fmt"
	"math"
	"slices"
)

// SpectrumPlot is what SpectrumFigure shows: a histogram of eigenvalues with
// the exact density on top.
type SpectrumPlot struct {
	Caption string // gamma, the sizes, the number of matrices; the seed
	Size    Size
	X       string // label of the horizontal axis; empty: eigenvalue λ

	// The histogram, normalised so that its area is the fraction of the
	// eigenvalues in it: with an atom, less than 1. Errors are standard errors
	// over matrices (nil: none).
	Edges, Heights, Errors []float64
	// ExactBins is the exact density averaged over each bin, for the residuals
	// Heights - ExactBins (nil: no residual panel).
	ExactBins []float64

	// The exact density as a curve, and its name (empty: "exact density").
	DensityX, Density []float64
	Law               string

	Atoms []Atom
}

// Atom is a point mass: where, how much by the exact law, and the fraction of
// eigenvalues counted there (not-a-number: not counted).
type Atom struct {
	At, Mass, Counted float64
}

// SpectrumFigure shows a normalised histogram, the exact density on top, atoms
// as stems with their mass, and the residuals in a panel below.
func SpectrumFigure(s SpectrumPlot) *Figure {
	label := s.X
	if label == "" {
		label = "eigenvalue $λ$"
	}
	law := s.Law
	if law == "" {
		law = "exact density"
	}
	main := Panel{Y: Axis{Label: "density"}}
	top := 0.0
	for _, h := range s.Heights {
		top = math.Max(top, h)
	}
	// Beside a hard edge the density has no bound: the histogram sets the scale,
	// or, without one, the bulk of the curve.
	if len(s.Heights) == 0 {
		top = bulk(s.Density)
	} else {
		top = math.Max(top, math.Min(bulk(s.Density), 1.5*top))
	}
	if top == 0 {
		top = 1
	}
	main.Y.Max = 1.12 * top
	if len(s.Heights) > 0 {
		main.Series = append(main.Series, Series{Name: "eigenvalues", Kind: Steps, X: s.Edges, Y: s.Heights, Colour: Sky})
	}
	if len(s.DensityX) > 0 {
		main.Series = append(main.Series, Series{Name: law, Kind: Line, X: s.DensityX, Y: s.Density, Colour: Black})
	}
	for _, a := range s.Atoms {
		text := fmt.Sprintf("mass %s", Significant(a.Mass, 4))
		if !math.IsNaN(a.Counted) {
			text += fmt.Sprintf(" (counted %s)", Significant(a.Counted, 4))
		}
		// Its height says nothing: an atom has no density.
		main.Series = append(main.Series, Series{
			Name: fmt.Sprintf("atom at $%s$", Significant(a.At, 4)), Kind: Stem,
			X: []float64{a.At}, Y: []float64{1.03 * top}, Colour: Vermillion, Text: text,
		})
	}
	sheet := Sheet{X: Axis{Label: label}, Panels: []Panel{main}}
	if s.ExactBins != nil {
		residual := Series{Kind: Points, Colour: Blue}
		for i, h := range s.Heights {
			r := h - s.ExactBins[i]
			residual.X = append(residual.X, (s.Edges[i]+s.Edges[i+1])/2)
			residual.Y = append(residual.Y, r)
			if s.Errors != nil {
				residual.Lo = append(residual.Lo, r-2*s.Errors[i])
				residual.Hi = append(residual.Hi, r+2*s.Errors[i])
			}
		}
		// About 0, so that the line of zero is always in the picture.
		most := 0.0
		for i, r := range residual.Y {
			most = math.Max(most, math.Abs(r))
			if s.Errors != nil {
				most = math.Max(most, math.Max(-residual.Lo[i], residual.Hi[i]))
			}
		}
		if most == 0 {
			most = 1
		}
		sheet.Panels = append(sheet.Panels, Panel{Y: Axis{Label: "residual", Min: -1.1 * most, Max: 1.1 * most}, Series: []Series{residual}})
	}
	return &Figure{Caption: s.Caption, Size: s.Size, Sheets: []Sheet{sheet}}
}

// bulk is the scale of a curve without its spikes: the largest value left when
// the hundredth part is taken off the top, but not less than a third of it.
func bulk(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	last := sorted[len(sorted)-1]
	cut := sorted[(len(sorted)-1)*98/100]
	if last <= 3*cut {
		return last
	}
	return 1.5 * cut
}

// DensityCurve is one density of DensityFigure.
type DensityCurve struct {
	Name  string // for example $γ = 0.5$
	X, F  []float64
	Atoms []Atom
}

// DensityFigure shows densities of the generalized Marchenko-Pastur law,
// without data.
func DensityFigure(caption string, curves ...DensityCurve) *Figure {
	top := 0.0
	for _, c := range curves {
		top = math.Max(top, bulk(c.F))
	}
	if top == 0 {
		top = 1
	}
	p := Panel{Y: Axis{Label: "density $f(λ)$", Max: 1.12 * top}}
	for k, c := range curves {
		colour := Blue + Colour(k)%(Black-Blue)
		name := c.Name
		if name == "" && len(c.Atoms) > 0 {
			name = "density"
		}
		p.Series = append(p.Series, Series{Name: name, Kind: Line, X: c.X, Y: c.F, Colour: colour})
		for _, a := range c.Atoms {
			p.Series = append(p.Series, Series{
				Name: fmt.Sprintf("atom at $%s$", Significant(a.At, 4)), Kind: Stem, X: []float64{a.At}, Y: []float64{1.03 * top}, Colour: colour,
				Text: fmt.Sprintf("mass %s", Significant(a.Mass, 4)),
			})
		}
	}
	return &Figure{Caption: caption, Sheets: []Sheet{{X: Axis{Label: "$λ$"}, Panels: []Panel{p}}}}
}
