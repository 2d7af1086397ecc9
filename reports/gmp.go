package reports

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"pastur/spectra"
)

// GMPResult is the result of `pastur gmp`.
type GMPResult struct {
	Gamma      Float      `json:"gamma"`
	Convention string     `json:"convention"`
	AtomAtZero Float      `json:"atom_at_zero"`
	Support    [][2]Float `json:"support"`
	Moments    []Float    `json:"moments"` // from order 1
	Density    [][2]Float `json:"density,omitempty"`
	Stieltjes  []Complex  `json:"stieltjes,omitempty"`
	Warnings   []string   `json:"warnings"`

	masses []float64 // of the intervals of the support
	z      []complex128
	law    *spectra.Law
}

// gmpStep is the number of densities solved between two looks at the context.
const gmpStep = 4096

// GMP evaluates a law: its support, the atom at 0, moments of orders 1 to moments,
// the density at xs and the Stieltjes transform at z.
func GMP(ctx context.Context, law *spectra.Law, moments int, xs []float64, z []complex128, warnings []string) (*GMPResult, error) {
	support, err := law.Support()
	if err != nil {
		return nil, err
	}
	r := &GMPResult{
		Gamma: Float(law.Gamma()), Convention: string(law.Convention()), AtomAtZero: Float(law.AtomAtZero()),
		Support: [][2]Float{}, Moments: []Float{}, Warnings: emptyNotNil(warnings), z: z, law: law,
	}
	masses, err := law.Masses()
	if err != nil {
		return nil, err
	}
	r.masses = masses
	for _, s := range support {
		r.Support = append(r.Support, [2]Float{Float(s.Lo), Float(s.Hi)})
	}
	for k := 1; k <= moments; k++ {
		m, err := law.Moment(k)
		if err != nil {
			return nil, err
		}
		r.Moments = append(r.Moments, Float(m))
	}
	density := make([]float64, len(xs))
	for from := 0; from < len(xs); from += gmpStep { // so that an interruption waits for a step
		to := min(from+gmpStep, len(xs))
		if err := errors.Join(ctx.Err(), law.Densities(density[from:to], xs[from:to])); err != nil {
			return nil, err
		}
	}
	for i, x := range xs {
		r.Density = append(r.Density, [2]Float{Float(x), Float(density[i])})
	}
	for _, z := range z {
		s, err := law.Stieltjes(z)
		if err != nil {
			return nil, err
		}
		r.Stieltjes = append(r.Stieltjes, ComplexOf(s))
	}
	return r, nil
}

// matrices says what the law of a convention is of.
var matrices = map[spectra.Convention]string{
	spectra.Hessian:          "H = (1/N) X Lambda X^T, d x d, gamma = d/N",
	spectra.CovarianceMatrix: "S = (1/n) T^{1/2} Z Z^T T^{1/2}, p x p, gamma = p/n",
}

// matricesLaTeX are the same for captions, up to the value of gamma.
var matricesLaTeX = map[spectra.Convention]string{
	spectra.Hessian:          `$H = N^{-1} X Λ X^T$, $d × d$, $γ = d/N`,
	spectra.CovarianceMatrix: `$S = n^{-1} T^{1/2} Z Z^T T^{1/2}$, $p × p$, $γ = p/n`,
}

// GMPTable lays out the density if a grid was asked for, else the Stieltjes
// transform if points were, else the support; the rest are notes.
func GMPTable(r *GMPResult) *Table {
	number := func(x float64, digits int) Cell { return Number(&x, digits) }
	t := &Table{
		Title: fmt.Sprintf("Marchenko-Pastur law, %s convention: %s = %.6g\nPopulation: %s",
			r.Convention, matrices[spectra.Convention(r.Convention)], float64(r.Gamma), r.law.Population()),
		Caption: fmt.Sprintf("Marchenko-Pastur law, %s convention: %s = %.6g$. Population: %s",
			r.Convention, matricesLaTeX[spectra.Convention(r.Convention)], float64(r.Gamma), r.law.Population()),
	}
	intervals := make([]string, len(r.Support))
	for i, s := range r.Support {
		intervals[i] = fmt.Sprintf("[%s, %s] of mass %s", Significant(float64(s[0]), 13), Significant(float64(s[1]), 13), Significant(r.masses[i], 6))
	}
	values := make([]string, len(r.Stieltjes))
	for i, s := range r.Stieltjes {
		values[i] = fmt.Sprintf("s(%s) = %s", pointText(r.z[i]), complexText(complex(float64(s.Re), float64(s.Im)), 12))
	}
	switch {
	case len(r.Density) > 0:
		t.Columns = []Column{{Header: "x", Field: "x"}, {Header: "density", Field: "density"}}
		for _, p := range r.Density {
			t.Rows = append(t.Rows, []Cell{number(float64(p[0]), 8), number(float64(p[1]), 12)})
		}
	case len(r.Stieltjes) > 0:
		t.Columns = []Column{{Header: "Re z", Field: "z_re"}, {Header: "Im z", Field: "z_im"}, {Header: "Re s", Field: "s_re"}, {Header: "Im s", Field: "s_im"}}
		for i, s := range r.Stieltjes {
			t.Rows = append(t.Rows, []Cell{number(real(r.z[i]), 8), number(imag(r.z[i]), 8), number(float64(s.Re), 12), number(float64(s.Im), 12)})
		}
		values = nil
	default:
		t.Columns = []Column{{Header: "interval", Field: "interval"}, {Header: "from", Field: "lo"}, {Header: "to", Field: "hi"}, {Header: "mass", Field: "mass"}}
		for i, s := range r.Support {
			t.Rows = append(t.Rows, []Cell{Count(i + 1), number(float64(s[0]), 13), number(float64(s[1]), 13), number(r.masses[i], 10)})
		}
		intervals = nil
	}
	if intervals != nil {
		t.Notes = append(t.Notes, "support: "+strings.Join(intervals, ", "))
	}
	t.Notes = append(t.Notes, "atom at 0: "+Significant(float64(r.AtomAtZero), 10))
	moments := make([]string, len(r.Moments))
	for i, m := range r.Moments {
		moments[i] = Significant(float64(m), 10)
	}
	if len(moments) > 0 {
		t.Notes = append(t.Notes, "moments from order 1: "+strings.Join(moments, ", "))
	}
	t.Notes = append(t.Notes, values...)
	for _, w := range r.Warnings {
		t.Notes = append(t.Notes, "warning: "+w)
	}
	return t
}

// GMPFigure shows the density, on the grid if one was asked for, else over the whole
// support, and the atom at 0.
func GMPFigure(r *GMPResult) (*Figure, error) {
	var x, y []float64
	for _, p := range r.Density {
		x, y = append(x, float64(p[0])), append(y, float64(p[1]))
	}
	if len(x) == 0 && len(r.Support) > 0 {
		// Nodes crowd at the edges, where the density is a square root; 0 between.
		each := max(8, 800/len(r.Support))
		for _, s := range r.Support {
			lo, hi := float64(s[0]), float64(s[1])
			for i := range each + 1 {
				x = append(x, (lo+hi)/2-(hi-lo)/2*math.Cos(math.Pi*float64(i)/float64(each)))
			}
			x[len(x)-each-1], x[len(x)-1] = lo, hi
		}
		y = make([]float64, len(x))
		if err := r.law.Densities(y, x); err != nil {
			return nil, err
		}
	}
	plot := SpectrumPlot{Law: "density", X: "$x$"}
	for i := range x {
		if !math.IsInf(y[i], 1) { // a hard edge
			plot.DensityX, plot.Density = append(plot.DensityX, x[i]), append(plot.Density, y[i])
		}
	}
	if r.AtomAtZero > 0 {
		plot.Atoms = []Atom{{At: 0, Mass: float64(r.AtomAtZero), Counted: math.NaN()}}
	}
	matrix := map[spectra.Convention]string{
		spectra.Hessian:          "$H = N^{-1} X Λ X^T$, $γ = d/N",
		spectra.CovarianceMatrix: "$S = n^{-1} T^{1/2} Z Z^T T^{1/2}$, $γ = p/n",
	}[spectra.Convention(r.Convention)]
	plot.Caption = fmt.Sprintf("Marchenko-Pastur law of %s = %s$. Population: %s.", matrix, Significant(float64(r.Gamma), 6), r.law.Population())
	return SpectrumFigure(plot), nil
}
