package reports

import (
	"fmt"
	"math"
	"math/cmplx"
	"strings"

	"pastur/lindeberg"
	"pastur/network"
)

// Uncertain complex numbers carry the standard errors of their parts.
type uncertainComplex struct {
	Complex
	SERe Float `json:"se_re"`
	SEIm Float `json:"se_im"`
}

// LindebergResult is what `pastur lindeberg` found at one z; the arrays run over
// the sizes N. Delta is E s_{H~}(z) - E s_H(z), H~ the independent end.
type LindebergResult struct {
	Z              Complex            `json:"z"`
	Path           string             `json:"path"`
	Coupling       string             `json:"coupling"`
	IndependentEnd string             `json:"independent_end"` // always theta = 0
	Model          string             `json:"model"`
	Block          string             `json:"block"`
	OffDiagonal    bool               `json:"off_diagonal"`
	Gamma          Float              `json:"gamma"`
	Classes        int                `json:"classes"`
	Hidden         *int               `json:"hidden"`
	Outputs        *int               `json:"outputs"`
	Kappa          Float              `json:"kappa"`
	Sizes          []int              `json:"sizes"`
	Dims           []int              `json:"dims"`
	Replicates     []int64            `json:"replicates"`
	Delta          []uncertainComplex `json:"delta"`
	NDelta         []Complex          `json:"n_delta"`
	Constant       *Complex           `json:"constant"`
	Exponent       Float              `json:"exponent"`
	ExponentLo     Float              `json:"exponent_lo"`
	ExponentHi     Float              `json:"exponent_hi"`
	// VarianceRatio is the variance of the gap with an independent copy over that
	// with a shared complement, at the largest size; VarianceRatios at all.
	VarianceRatio  *Float  `json:"variance_ratio"`
	VarianceRatios []Float `json:"variance_ratios"`
	// FTCError is the largest error of the fundamental theorem of calculus along
	// the path, over FTCSamples samples, with up to FTCNodes nodes.
	FTCError   Float    `json:"ftc_error"`
	FTCNodes   int      `json:"ftc_nodes"`
	FTCSamples int64    `json:"ftc_samples"`
	RankBound  *Float   `json:"rank_bound"` // largest |s_H~ - s_H| d Im z/(pi k)
	Warnings   []string `json:"warnings"`

	gaps  []lindeberg.Gap
	limit *complex128
}

// Closure is what is known of the closure along the path.
type Closure struct {
	Error   float64
	Nodes   int
	Samples int64
}

// Lindeberg returns the result at one z from the estimates at all sizes. constant
// is nil if it is not known, ratios if there are none.
func Lindeberg(gaps []lindeberg.Gap, gamma float64, constant *complex128, ratios []float64, closure Closure, warnings []string) LindebergResult {
	s := &gaps[0].Setting
	r := LindebergResult{
		Z: ComplexOf(gaps[0].Z), Path: string(s.Path), Coupling: string(s.Coupling), IndependentEnd: "theta = 0",
		Model: string(s.Model), Block: string(s.Block), OffDiagonal: s.OffDiagonal, Gamma: Float(gamma), Classes: s.Classes, Kappa: Float(s.Kappa),
		FTCError: Float(closure.Error), FTCNodes: closure.Nodes, FTCSamples: closure.Samples,
		Warnings: emptyNotNil(warnings), gaps: gaps, limit: constant,
	}
	if s.Model == network.Hidden {
		r.Hidden, r.Outputs = &s.Hidden, &s.Outputs
	}
	rank := math.NaN()
	for i := range gaps {
		g := &gaps[i]
		n := g.Setting.Samples
		r.Sizes, r.Dims, r.Replicates = append(r.Sizes, n), append(r.Dims, g.Setting.Dim), append(r.Replicates, g.Replicates)
		r.Delta = append(r.Delta, uncertainComplex{ComplexOf(g.Delta), Float(g.SERe), Float(g.SEIm)})
		r.NDelta = append(r.NDelta, ComplexOf(g.Delta*complex(float64(n), 0)))
		if !math.IsNaN(g.Rank) && !(g.Rank <= rank) {
			rank = g.Rank
		}
	}
	if !math.IsNaN(rank) {
		r.RankBound = optional(&rank)
	}
	if constant != nil {
		c := ComplexOf(*constant)
		r.Constant = &c
	}
	fit := lindeberg.FitExponent(gaps)
	r.Exponent, r.ExponentLo, r.ExponentHi = Float(fit.Value), Float(fit.Lo), Float(fit.Hi)
	for _, x := range ratios {
		r.VarianceRatios = append(r.VarianceRatios, Float(x))
	}
	if len(ratios) > 0 {
		r.VarianceRatio = &r.VarianceRatios[len(ratios)-1]
	} else {
		r.VarianceRatios = []Float{}
	}
	return r
}

// LindebergTable lays the results out, a row a point and size.
func LindebergTable(results []LindebergResult) *Table {
	first := &results[0]
	block, width := "diagonal", ""
	if first.OffDiagonal {
		block = "off-diagonal"
	}
	if first.Hidden != nil {
		width = fmt.Sprintf(", m = %d, %d draws of V", *first.Hidden, *first.Outputs)
	}
	t := &Table{
		Title: fmt.Sprintf("delta_N(z) = E s_H~(z) - E s_H(z): %s model, CE, %s %s block, C = %d%s, gamma = %s, path %s, coupling %s",
			first.Model, block, first.Block, first.Classes, width, Significant(float64(first.Gamma), 6), first.Path, first.Coupling),
		Caption: fmt.Sprintf(`$δ_N(z) = E s_{H'}(z) - E s_H(z)$, $H'$ the independent end: %s model, CE, %s %s block, C = %d%s, gamma = %s, path %s, coupling %s`,
			first.Model, block, first.Block, first.Classes, width, Significant(float64(first.Gamma), 6), first.Path, first.Coupling),
		Columns: []Column{
			{Header: "z"}, {Field: "z_re"}, {Field: "z_im"}, {Header: "N", Field: "samples"}, {Header: "d", Field: "dim"},
			{Header: "Re delta", Field: "delta_re"}, {Field: "delta_se_re"}, {Header: "Im delta", Field: "delta_im"}, {Field: "delta_se_im"},
			{Header: "N delta"}, {Field: "n_delta_re"}, {Field: "n_delta_im"},
			{Header: "limit"}, {Field: "constant_re"}, {Field: "constant_im"},
			{Header: "replicates", Field: "replicates"}, {Field: "exponent"}, {Field: "exponent_lo"}, {Field: "exponent_hi"}, {Field: "variance_ratio"}, {Field: "ftc_error"},
			{Field: "model"}, {Field: "block"}, {Field: "off_diagonal"}, {Field: "path"}, {Field: "coupling"}, {Field: "gamma"}, {Field: "classes"}, {Field: "hidden"}, {Field: "warnings"},
		},
	}
	t.Notes = []string{
		"H~ is the independent end (theta = 0), H the Hessian block (theta = pi/2). Digits in parentheses: the half-width",
		"of the 95 % interval of each part. limit = lim N delta_N(z).",
	}
	for i := range results {
		r := &results[i]
		z := pointText(r.gaps[0].Z)
		limit, limitRe, limitIm := "-", Cell{}, Cell{}
		if r.limit != nil {
			limit = complexText(*r.limit, 5)
			limitRe, limitIm = Cell{Value: real(*r.limit)}, Cell{Value: imag(*r.limit)}
		}
		hidden := Cell{}
		if r.Hidden != nil {
			hidden = Count(*r.Hidden)
		}
		for k := range r.gaps {
			g := &r.gaps[k]
			n := float64(g.Setting.Samples)
			scaled := g.Delta * complex(n, 0)
			ratio := Cell{}
			if k < len(r.VarianceRatios) {
				ratio = Cell{Value: finite(float64(r.VarianceRatios[k]))}
			}
			t.Rows = append(t.Rows, []Cell{
				{Text: z}, {Value: real(g.Z)}, {Value: imag(g.Z)}, Count(g.Setting.Samples), Count(g.Setting.Dim),
				{Uncertain(real(g.Delta), g.Half*g.SERe), real(g.Delta)}, {Value: valueOf(g.SERe)}, {Uncertain(imag(g.Delta), g.Half*g.SEIm), imag(g.Delta)}, {Value: valueOf(g.SEIm)},
				{Text: Uncertain(real(scaled), n*g.Half*g.SERe) + imaginary(Uncertain(imag(scaled), n*g.Half*g.SEIm))}, {Value: real(scaled)}, {Value: imag(scaled)},
				{Text: limit}, limitRe, limitIm,
				Count(g.Replicates), {Value: valueOf(float64(r.Exponent))}, {Value: valueOf(float64(r.ExponentLo))}, {Value: valueOf(float64(r.ExponentHi))}, ratio, {Value: valueOf(float64(r.FTCError))},
				Text(r.Model), Text(r.Block), {Value: r.OffDiagonal}, Text(r.Path), Text(r.Coupling), {Value: float64(r.Gamma)}, {Value: r.Classes}, hidden, Text(strings.Join(r.Warnings, "; ")),
			})
		}
		t.Notes = append(t.Notes, r.notes(z)...)
	}
	return t
}

// notes are the lines below the table about one z.
func (r *LindebergResult) notes(z string) []string {
	var notes []string
	add := func(format string, args ...any) { notes = append(notes, fmt.Sprintf("z = "+z+": "+format, args...)) }
	if !math.IsNaN(float64(r.Exponent)) {
		correction := ""
		if len(r.gaps) >= 4 {
			correction = " e^{b/N}"
		}
		add("|delta_N| = c N^p%s fitted with p = %s, 95 %% interval [%s, %s]", correction, Digits(float64(r.Exponent), 3), Digits(float64(r.ExponentLo), 3), Digits(float64(r.ExponentHi), 3))
	}
	if math.IsNaN(float64(r.FTCError)) {
		add("the integral along the path was not computed to %.0e", lindeberg.ClosureTolerance)
	} else {
		// Rounding errors differ between builds: only their size is printed.
		size := "exceeds"
		if float64(r.FTCError) <= lindeberg.ClosureTolerance {
			size = "closes to"
		}
		add("the integral along the path %s %.0e in each of %d samples, with up to %d nodes", size, lindeberg.ClosureTolerance, r.FTCSamples, r.FTCNodes)
	}
	if r.RankBound != nil {
		add("largest |s_H~ - s_H| is %s of its bound pi k/(d Im z)", Digits(float64(*r.RankBound), 3))
	}
	if r.VarianceRatio != nil {
		var ratios []string
		known := false
		for _, x := range r.VarianceRatios {
			ratio := "-" // one replicate has no variance
			if !math.IsNaN(float64(x)) {
				ratio, known = Digits(float64(x), 2), true
			}
			ratios = append(ratios, ratio)
		}
		if known {
			add("variance with an independent copy over that with a shared complement: %s", strings.Join(ratios, ", "))
		}
	}
	for _, w := range r.Warnings {
		notes = append(notes, "warning: z = "+z+": "+w)
	}
	return notes
}

// LindebergFigure shows the gap against N, and s(theta) along the path if given.
func LindebergFigure(results []LindebergResult, path []lindeberg.PathPoint, pathSamples int) *Figure {
	first := &results[0]
	block := "diagonal"
	if first.OffDiagonal {
		block = "off-diagonal"
	}
	g := GapPlot{Caption: fmt.Sprintf("Gap of the expected Stieltjes transforms, %s model, cross-entropy, $C = %d$, $γ = %s$, %s $%s$ block, path %s: (a) against $N$", first.Model, first.Classes, Significant(float64(first.Gamma), 6), block, first.Block, first.Path)}
	if path != nil {
		g.Caption += fmt.Sprintf(", (b) along the path at $N = %d$, $z = %s$, from the independent end $θ = 0$ to the Hessian block", pathSamples, pointText(first.gaps[0].Z))
	}
	g.Caption += ". Bars: 95 % intervals."
	if path != nil {
		g.Caption += " All points of (b) share their draws."
	}
	for i := range results {
		r := &results[i]
		c := GapCurve{Name: "$z = " + pointText(r.gaps[0].Z) + "$"}
		if r.limit != nil {
			c.Constant = cmplx.Abs(*r.limit)
		}
		for k := range r.gaps {
			e := &r.gaps[k]
			modulus := cmplx.Abs(e.Delta)
			half := e.Half * math.Hypot(real(e.Delta)*e.SERe, imag(e.Delta)*e.SEIm) / modulus
			if !(half >= 0) {
				half = 0
			}
			c.N, c.Gap = append(c.N, float64(e.Setting.Samples)), append(c.Gap, modulus)
			c.Lo, c.Hi = append(c.Lo, max(modulus-half, modulus/30)), append(c.Hi, modulus+half)
		}
		g.Curves = append(g.Curves, c)
	}
	if path != nil {
		const half = 1.959963984540054
		g.Path = &GapPath{}
		for _, p := range path {
			q := g.Path
			q.Theta, q.Re, q.Im = append(q.Theta, p.Theta), append(q.Re, real(p.S)), append(q.Im, imag(p.S))
			q.ReLo, q.ReHi = append(q.ReLo, real(p.S)-half*p.SERe), append(q.ReHi, real(p.S)+half*p.SERe)
			q.ImLo, q.ImHi = append(q.ImLo, imag(p.S)-half*p.SEIm), append(q.ImHi, imag(p.S)+half*p.SEIm)
		}
	}
	return GapFigure(g)
}

// pointText writes a complex number in full: 0.1+0.1i.
func pointText(z complex128) string {
	return Significant(real(z), -1) + imaginary(Significant(imag(z), -1))
}

// complexText writes a complex number with the given number of digits.
func complexText(z complex128, digits int) string {
	return Significant(real(z), digits) + imaginary(Significant(imag(z), digits))
}

// imaginary writes text i with its sign.
func imaginary(text string) string {
	if !strings.HasPrefix(text, "-") {
		text = "+" + text
	}
	return text + "i"
}

// valueOf returns x for CSV, nil if it does not exist.
func valueOf(x float64) any {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return x
}
