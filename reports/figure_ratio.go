package reports

import (
	"fmt"
	"math"
)

// RatioCurve is one ratio against C, d or m: measured points with intervals,
// the exact curve, or both.
type RatioCurve struct {
	Name           string    // of the measurements, for example $vv$, hidden, CE
	X, R           []float64 // measured ratios
	Lo, Hi         []float64 // ends of their intervals
	Exact          string    // name of the exact curve; empty: "exact" and the name
	ExactX, ExactR []float64 // the exact curve
	Colour         Colour
	Joined         bool // join the measured points
}

// RatioPlot is what RatioFigure shows.
type RatioPlot struct {
	Caption   string
	Size      Size
	Against   string // label of the horizontal axis: $C$, $d$ or $m$
	Y         string // label of the vertical axis; empty: the squared ratio
	Curves    []RatioCurve
	Guides    []float64 // exponents p: lines C^-p through the first curve's last point
	Heuristic bool      // against C: 1/(C-1)^2, what p = 1/C gives for the squared ratio
}

// RatioLabel is the squared ratio as a label.
const RatioLabel = `$R = \E|H_{ij}|_F^2 / \E|H_{ii}|_F^2$`

// RatioFigure shows ratios against C or another size, both axes logarithmic:
// points with error bars, exact curves, lines of slope -p and the heuristic
// 1/(C-1)^2.
func RatioFigure(r RatioPlot) *Figure {
	label := r.Y
	if label == "" {
		label = RatioLabel
	}
	var series []Series
	lo, hi := math.Inf(1), math.Inf(-1)
	var anchorX, anchorY float64
	for k, c := range r.Curves {
		colour := c.Colour
		if colour == Auto {
			colour = Blue + Colour(k)%(Black-Blue)
		}
		for _, x := range [][]float64{c.X, c.ExactX} {
			for _, v := range x {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
		if len(c.ExactX) > 0 {
			ink := colour
			if len(r.Curves) == 1 {
				ink = Black
			}
			name := c.Exact
			if name == "" {
				name = "exact"
				if len(r.Curves) > 1 && c.Name != "" {
					name = c.Name + ", exact"
				}
			}
			series = append(series, Series{Name: name, Kind: Line, X: c.ExactX, Y: c.ExactR, Colour: ink})
		}
		if len(c.X) > 0 {
			name := c.Name
			if name == "" {
				name = "measured"
			}
			series = append(series, Series{Name: name, Kind: Points, X: c.X, Y: c.R, Lo: c.Lo, Hi: c.Hi, Colour: colour, Joined: c.Joined})
		}
		if anchorX == 0 {
			if n := len(c.ExactX); n > 0 {
				anchorX, anchorY = c.ExactX[n-1], c.ExactR[n-1]
			} else if n := len(c.X); n > 0 {
				anchorX, anchorY = c.X[n-1], c.R[n-1]
			}
		}
	}
	for _, p := range r.Guides {
		// Through the last point, lowered so as not to hide it.
		at := func(x float64) float64 { return 0.35 * anchorY * math.Pow(x/anchorX, -p) }
		series = append(series, Series{Name: "slope $" + bare(r.Against) + "^{" + Significant(-p, 6) + "}$", Kind: Guide, X: []float64{lo, hi}, Y: []float64{at(lo), at(hi)}})
	}
	if r.Heuristic && lo < hi {
		s := Series{Name: "heuristic $1/(C - 1)^2$", Kind: Guide}
		for _, x := range logSpaced(lo, hi, 100) {
			if x > 1 {
				s.X, s.Y = append(s.X, x), append(s.Y, 1/((x-1)*(x-1)))
			}
		}
		series = append(series, s)
	}
	f := NewFigure(r.Caption, Axis{Label: r.Against, Log: true}, Axis{Label: label, Log: true}, series...)
	f.Size = r.Size
	return f
}

// bare is a label without its dollar signs, to be put into mathematics.
func bare(label string) string { return plainText(label) }

// logSpaced returns n points from lo to hi, evenly spaced on a logarithmic
// axis.
func logSpaced(lo, hi float64, n int) []float64 {
	all := make([]float64, n)
	for i := range all {
		all[i] = lo * math.Pow(hi/lo, float64(i)/float64(n-1))
	}
	all[n-1] = hi
	return all
}

// RatioResultsFigure shows the results of `pastur ratio` against C, or against
// d where only d varies. What varies beside is told apart by colour. Exact
// limits are drawn as lines; exact gives them at further C (nil: at the
// results' alone).
func RatioResultsFigure(results []RatioResult, exact func(classes int) (float64, bool), seed uint64) (*Figure, error) {
	if len(results) == 0 {
		return nil, fmt.Errorf("no results to plot")
	}
	first := &results[0]
	manyClasses, manyDims := false, false
	for i := range results {
		r := &results[i]
		manyClasses = manyClasses || r.Classes != first.Classes
		manyDims = manyDims || r.Dim != first.Dim
		if !(float64(r.Ratio) > 0) || math.IsInf(float64(r.RatioHi-r.RatioLo), 0) {
			return nil, fmt.Errorf("at C = %d, d = %s: ratio %v in [%v, %v] has no place on a logarithmic axis: want a positive ratio with an interval", r.Classes, Count(float64(r.Dim)).Text, r.Ratio, r.RatioLo, r.RatioHi)
		}
	}
	againstDim := manyDims && !manyClasses
	p := RatioPlot{Against: "$C$", Heuristic: !againstDim && manyClasses && first.Block == "vv"}
	if againstDim {
		p.Against = "$d$"
	} else if manyClasses {
		p.Guides = []float64{2}
		if first.Block == "ww" {
			p.Guides = []float64{1}
		}
	}
	curves := map[string]*RatioCurve{}
	var order []string
	for i := range results {
		r := &results[i]
		key := ""
		if !againstDim && manyDims {
			key = "$d = " + mathCount(float64(r.Dim)) + "$"
		}
		c := curves[key]
		if c == nil {
			c = &RatioCurve{Name: key}
			curves[key] = c
			order = append(order, key)
		}
		x := float64(r.Classes)
		if againstDim {
			x = float64(r.Dim)
			if math.IsInf(x, 1) {
				continue
			}
		}
		c.X, c.R = append(c.X, x), append(c.R, float64(r.Ratio))
		c.Lo, c.Hi = append(c.Lo, float64(r.RatioLo)), append(c.Hi, float64(r.RatioHi))
	}
	var limit RatioCurve
	limit.Colour, limit.Exact = Black, `exact limit, $d, N → ∞$`
	if againstDim {
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, c := range curves {
			for _, x := range c.X {
				lo, hi = math.Min(lo, x), math.Max(hi, x)
			}
		}
		if first.Limit != nil && lo < hi {
			limit.ExactX, limit.ExactR = []float64{lo, hi}, []float64{float64(*first.Limit), float64(*first.Limit)}
		}
	} else {
		limit.ExactX, limit.ExactR = limitCurve(results, exact)
	}
	for _, key := range order {
		p.Curves = append(p.Curves, *curves[key])
	}
	if len(p.Curves) == 1 && p.Curves[0].Name == "" {
		p.Curves[0].Name = "measured, 95 % intervals"
	}
	for i := range p.Curves {
		p.Curves[i].Joined = againstDim || len(limit.ExactX) == 0
	}
	if len(limit.ExactX) > 0 {
		p.Curves = append(p.Curves, limit)
	}
	p.Caption = ratioCaption(results, againstDim, manyDims, seed)
	return RatioFigure(p), nil
}

// limitCurve is the exact limit over the range of C.
func limitCurve(results []RatioResult, exact func(int) (float64, bool)) (x, y []float64) {
	lo, hi := results[0].Classes, results[0].Classes
	for _, r := range results {
		lo, hi = min(lo, r.Classes), max(hi, r.Classes)
	}
	if exact == nil || lo == hi {
		return nil, nil
	}
	last := 0
	for _, v := range logSpaced(float64(lo), float64(hi), 41) {
		c := int(math.Round(v))
		if c == last {
			continue
		}
		last = c
		r, ok := exact(c)
		if !ok {
			return nil, nil
		}
		x, y = append(x, float64(c)), append(y, r)
	}
	return x, y
}

var (
	initNames   = map[string]string{"lecun": "LeCun", "he": "He", "pytorch": "PyTorch"}
	methodNames = map[string]string{"twopoint": "two-point method", "gram": "Gram matrices", "definition": "by definition"}
)

func ratioCaption(results []RatioResult, againstDim, manyDims bool, seed uint64) string {
	first := &results[0]
	where := first.Model + " model"
	if first.Hidden != nil {
		where += fmt.Sprintf(" ($m = %d$)", *first.Hidden)
	}
	loss := map[string]string{"ce": "cross-entropy", "mse": "squared loss"}[first.Loss]
	text := fmt.Sprintf("Ratio of the expected squared Frobenius norms of off-diagonal and diagonal $%s$ blocks, %s, %s, %s initialisation", first.Block, where, loss, initNames[first.Init])
	if againstDim {
		text += fmt.Sprintf(", $C = %d$", first.Classes)
	} else if math.IsInf(float64(first.Dim), 1) && !manyDims {
		text += ", $d, N → ∞$"
	} else if !manyDims {
		text += ", $d = " + mathCount(float64(first.Dim)) + "$"
	}
	text += fmt.Sprintf(", $γ = d/N = %s$.", Significant(float64(first.Gamma), 6))
	return text + fmt.Sprintf(" Bars: 95 %% intervals; %s, seed %d.", methodNames[first.Method], seed)
}

// mathCount is a whole number in mathematics.
func mathCount(x float64) string {
	if math.IsInf(x, 1) {
		return "∞"
	}
	if x >= 1e5 && math.Log10(x) == math.Round(math.Log10(x)) {
		return fmt.Sprintf("10^{%.0f}", math.Log10(x))
	}
	return Count(x).Text
}
