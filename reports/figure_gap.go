package reports

import "math"

// GapPlot is what GapFigure shows: the gap delta_N(z) of expected Stieltjes
// transforms against N, and s(z) along the interpolation's path.
type GapPlot struct {
	Caption string
	Size    Size // of a figure without a path; with one it is TwoColumn
	Curves  []GapCurve
	Path    *GapPath // nil: none
}

// GapCurve is |delta_N| at one z or in one setting.
type GapCurve struct {
	Name           string
	N, Gap, Lo, Hi []float64
	Constant       float64 // |c| where delta_N ~ c/N; 0: not known
}

// GapPath is E s(z) along the path X(theta) = sin(theta) X + cos(theta) X~.
type GapPath struct {
	Theta                  []float64 // from 0 (independent) to pi/2
	Re, Im                 []float64
	ReLo, ReHi, ImLo, ImHi []float64 // intervals; nil: none
}

// GapFigure shows the gap against N, both axes logarithmic, with the slopes -1/2
// (the bound that is stated) and -1 (the true rate) and, where the constant is
// known, the asymptote; beside it s(theta).
func GapFigure(g GapPlot) *Figure {
	left := Sheet{X: Axis{Label: "$N$", Log: true}, Panels: []Panel{{Y: Axis{Label: "$|δ_N(z)|$", Log: true}}}}
	p := &left.Panels[0]
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, c := range g.Curves {
		for _, n := range c.N {
			lo, hi = math.Min(lo, n), math.Max(hi, n)
		}
	}
	for k, c := range g.Curves {
		colour := Blue + Colour(k)%(Black-Blue)
		name := c.Name
		if name == "" {
			name = "measured"
		}
		p.Series = append(p.Series, Series{Name: name, Kind: Points, X: c.N, Y: c.Gap, Lo: c.Lo, Hi: c.Hi, Colour: colour, Joined: c.Constant == 0})
		if c.Constant > 0 {
			p.Series = append(p.Series, Series{Name: "asymptote $|c|/N$", Kind: Line, X: []float64{lo, hi}, Y: []float64{c.Constant / lo, c.Constant / hi}, Colour: colour})
		}
	}
	if lo < hi {
		for _, slope := range []float64{0.5, 1} {
			if slope == 1 && g.anyConstant() {
				continue // the asymptote shows it
			}
			at := g.Curves[0].Gap[0]
			n0 := g.Curves[0].N[0]
			name := "slope $N^{-1/2}$"
			if slope == 1 {
				name = "slope $N^{-1}$"
			}
			p.Series = append(p.Series, Series{Name: name, Kind: Guide, X: []float64{lo, hi}, Y: []float64{at * math.Pow(lo/n0, -slope), at * math.Pow(hi/n0, -slope)}})
		}
	}
	f := &Figure{Caption: g.Caption, Size: g.Size, Sheets: []Sheet{left}}
	if q := g.Path; q != nil {
		f.Size = TwoColumn
		f.Sheets[0].Name = "(a)"
		f.Sheets = append(f.Sheets, Sheet{
			Name: "(b)", X: Axis{Label: "$θ$", Min: -0.05, Max: math.Pi/2 + 0.05},
			Panels: []Panel{
				{Y: Axis{Label: `$\Re \E s(z)$`}, Aspect: 0.32, Series: []Series{{Kind: Points, X: q.Theta, Y: q.Re, Lo: q.ReLo, Hi: q.ReHi, Colour: Blue, Joined: true}}},
				{Y: Axis{Label: `$\Im \E s(z)$`}, Aspect: 0.32, Series: []Series{{Kind: Points, X: q.Theta, Y: q.Im, Lo: q.ImLo, Hi: q.ImHi, Colour: Vermillion, Joined: true}}},
			},
		})
	}
	return f
}

func (g *GapPlot) anyConstant() bool {
	for _, c := range g.Curves {
		if c.Constant > 0 {
			return true
		}
	}
	return false
}
