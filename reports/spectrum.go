package reports

import (
	"fmt"
	"math"
	"strings"

	"pastur/network"
	"pastur/spectra"
)

// SpectrumResult is one row of `pastur spectrum`. The fields that describe a
// network are null for the classical ensemble.
type SpectrumResult struct {
	Model   string  `json:"model"`
	Loss    *string `json:"loss"`
	Block   *string `json:"block"`
	Pair    []int   `json:"pair"` // indices of the block, from 1
	Gamma   Float   `json:"gamma"`
	Classes *int    `json:"classes"`
	Hidden  *int    `json:"hidden"`
	Dim     int     `json:"dim"`
	Samples int     `json:"samples"`
	Data    string  `json:"data"`
	Init    *string `json:"init"`
	// Law says which law each matrix is held against: "limit", "given_v" (the
	// limit given its output weights) or "lambda" (that of its own Lambda).
	Law        string `json:"law"`
	Method     string `json:"method"` // eigenvalues or lanczos
	Steps      *int   `json:"steps"`
	Probes     *int   `json:"probes"`
	Replicates int    `json:"replicates"`

	AtomEmpirical Float      `json:"atom_empirical"`
	AtomPredicted Float      `json:"atom_predicted"`
	Support       [][2]Float `json:"support"` // null if every matrix has its own law

	Distances        Distances     `json:"distances"`
	StieltjesAt      []StieltjesAt `json:"stieltjes_at"`
	MomentsEmpirical []Float       `json:"moments_empirical"` // (1/d) tr H^k from k = 1
	MomentsSE        []Float       `json:"moments_se"`
	MomentsPredicted []Float       `json:"moments_predicted"`
	Confidence       Float         `json:"confidence"`
	Exponents        *Exponents    `json:"exponents"` // over d, of this row's classes; null for one d
	Warnings         []string      `json:"warnings"`
	Seconds          *float64      `json:"seconds,omitempty"` // under --timings only
}

// Distances of the mean spectrum to the law.
type Distances struct {
	Kolmogorov  DistanceResult `json:"kolmogorov"`
	Wasserstein DistanceResult `json:"wasserstein1"`
	Stieltjes   DistanceResult `json:"stieltjes"` // the largest over z
}

// DistanceResult is a distance with its interval; Noise is what the distance
// would be on average if the law were exact.
type DistanceResult struct {
	Value Float `json:"value"`
	Lo    Float `json:"lo"`
	Hi    Float `json:"hi"`
	Noise Float `json:"noise"`
}

// StieltjesAt is the mean of s_H and of the law's transform at one z.
type StieltjesAt struct {
	Z         Complex `json:"z"`
	Empirical Complex `json:"empirical"`
	Predicted Complex `json:"predicted"`
	DistanceResult
}

// Exponents p of distances c d^p, with standard errors; null where none can be
// fitted.
type Exponents struct {
	Kolmogorov  *ExponentResult `json:"kolmogorov"`
	Wasserstein *ExponentResult `json:"wasserstein1"`
	Stieltjes   *ExponentResult `json:"stieltjes"`
}

// ExponentResult is one of them.
type ExponentResult struct {
	Value Float `json:"value"`
	SE    Float `json:"se"`
}

// Spectrum returns the result of an experiment. Exponents are left to
// FitSpectra.
func Spectrum(x *spectra.Experiment, o *spectra.Outcome, warnings []string) (SpectrumResult, error) {
	e := x.Ensemble
	s := &e.Setting
	r := SpectrumResult{
		Model: "mp", Gamma: Float(s.Gamma), Dim: e.Dim(), Samples: e.Samples(), Data: "gaussian",
		Law: "limit", Method: "eigenvalues", Replicates: len(o.Matrices),
		AtomEmpirical: Float(o.ZeroMass), AtomPredicted: Float(o.ZeroMassPredicted),
		Distances:        Distances{distanceResult(o.Kolmogorov), distanceResult(o.Wasserstein), distanceResult(o.Stieltjes)},
		MomentsEmpirical: floats(o.Moments[:]), MomentsSE: floats(o.MomentErrors[:]), MomentsPredicted: floats(o.MomentsPredicted[:]),
		Confidence: 0.95, Warnings: emptyNotNil(warnings), StieltjesAt: []StieltjesAt{},
	}
	if !e.Classical {
		loss, block, init, classes := string(s.Loss), string(s.Block), string(s.Init), s.Classes
		r.Model, r.Loss, r.Block, r.Init, r.Classes = string(s.Model), &loss, &block, &init, &classes
		r.Pair = []int{e.I + 1, e.J + 1}
		if s.Model == network.Hidden {
			hidden := s.Hidden
			r.Hidden = &hidden
		}
	}
	switch {
	case x.OwnLambda:
		r.Law = "lambda"
	case e.GivenWeights():
		r.Law = "given_v"
	default:
		support, err := o.Laws[0].Support()
		if err != nil {
			return r, err
		}
		r.Support = [][2]Float{}
		for _, i := range support {
			r.Support = append(r.Support, [2]Float{Float(i.Lo), Float(i.Hi)})
		}
	}
	if x.Steps > 0 {
		r.Method, r.Steps, r.Probes = "lanczos", &x.Steps, &x.Probes
	}
	for _, g := range o.At {
		r.StieltjesAt = append(r.StieltjesAt, StieltjesAt{ComplexOf(g.Z), ComplexOf(g.Empirical), ComplexOf(g.Predicted), distanceResult(g.Gap)})
	}
	var small []string
	for _, d := range []struct {
		name string
		d    spectra.Distance
	}{{"Kolmogorov", o.Kolmogorov}, {"Wasserstein-1", o.Wasserstein}, {"Stieltjes", o.Stieltjes}} {
		if d.d.Value < 1.5*d.d.Noise {
			small = append(small, fmt.Sprintf("%s %.2g (noise %.2g)", d.name, d.d.Value, d.d.Noise))
		}
	}
	if len(small) > 0 {
		r.Warnings = append(r.Warnings, "as small as sampling noise alone would make them, so bounds rather than measurements: "+strings.Join(small, ", "))
	}
	if len(o.Matrices) < 2 {
		r.Warnings = append(r.Warnings, "one matrix has no interval: want at least 2 replicates")
	}
	return r, nil
}

func distanceResult(d spectra.Distance) DistanceResult {
	return DistanceResult{Float(d.Value), Float(d.Lo), Float(d.Hi), Float(d.Noise)}
}

func floats(x []float64) []Float {
	out := make([]Float, len(x))
	for k, v := range x {
		out[k] = Float(v)
	}
	return out
}

// FitSpectra fits exponents over d to results that differ in d alone, and
// gives each of them the fit.
func FitSpectra(results []*SpectrumResult) {
	if len(results) < 2 {
		return
	}
	fit := func(of func(*SpectrumResult) DistanceResult) *ExponentResult {
		var dims []float64
		var distances []spectra.Distance
		for _, r := range results {
			d := of(r)
			dims = append(dims, float64(r.Dim))
			distances = append(distances, spectra.Distance{Value: float64(d.Value), Lo: float64(d.Lo), Hi: float64(d.Hi), Noise: float64(d.Noise)})
		}
		e, err := spectra.FitExponent(dims, distances)
		if err != nil {
			return nil
		}
		return &ExponentResult{Float(e.Value), Float(e.Error)}
	}
	exponents := &Exponents{
		Kolmogorov:  fit(func(r *SpectrumResult) DistanceResult { return r.Distances.Kolmogorov }),
		Wasserstein: fit(func(r *SpectrumResult) DistanceResult { return r.Distances.Wasserstein }),
		Stieltjes:   fit(func(r *SpectrumResult) DistanceResult { return r.Distances.Stieltjes }),
	}
	for _, r := range results {
		r.Exponents = exponents
	}
}

// SpectrumTable lays out spectra, one a row.
func SpectrumTable(results []SpectrumResult, timings bool) *Table {
	first := &results[0]
	title := "Eigenvalues against the generalized Marchenko-Pastur law: "
	if first.Model == "mp" {
		title += "classical, Lambda = I"
	} else {
		title += fmt.Sprintf("%s model, %s loss, block %s (%d,%d), ", first.Model, strings.ToUpper(*first.Loss), *first.Block, first.Pair[0], first.Pair[1])
		if first.Hidden != nil {
			title += fmt.Sprintf("m = %d, ", *first.Hidden)
		}
		title += *first.Init + " init"
	}
	t := &Table{
		Title: title,
		Columns: []Column{
			{Header: "C", Field: "classes"}, {Header: "d", Field: "dim"}, {Header: "N", Field: "samples"}, {Header: "gamma", Field: "gamma"},
			{Header: "Kolmogorov"}, {Header: "Wasserstein-1"}, {Header: "Stieltjes"},
			{Header: "atom", Field: "atom_empirical"}, {Header: "law", Field: "atom_predicted"},
			{Header: "tr H/d"}, {Header: "law"}, {Header: "tr H^2/d"}, {Header: "law"},
			{Header: "replicates", Field: "replicates"},
		},
	}
	for _, name := range []string{"kolmogorov", "wasserstein1", "stieltjes"} {
		for _, end := range []string{"", "_lo", "_hi", "_noise"} {
			t.Columns = append(t.Columns, Column{Field: name + end})
		}
		t.Columns = append(t.Columns, Column{Field: name + "_exponent"}, Column{Field: name + "_exponent_se"})
	}
	for k := range first.MomentsEmpirical {
		for _, what := range []string{"", "_se", "_predicted"} {
			t.Columns = append(t.Columns, Column{Field: fmt.Sprintf("moment%d%s", k+1, what)})
		}
	}
	for _, field := range []string{"model", "loss", "block", "pair", "hidden", "init", "law", "method", "confidence", "warnings"} {
		t.Columns = append(t.Columns, Column{Field: field})
	}
	if timings {
		t.Columns = append(t.Columns, Column{Header: "seconds", Field: "seconds"})
	}
	one, fitted, own := false, map[*Exponents]bool{}, false
	for i := range results {
		r := &results[i]
		distances := []DistanceResult{r.Distances.Kolmogorov, r.Distances.Wasserstein, r.Distances.Stieltjes}
		row := []Cell{wholeOrDash(r.Classes), Count(r.Dim), Count(r.Samples), {Significant(float64(r.Gamma), 6), float64(r.Gamma)}}
		for _, d := range distances {
			row = append(row, Cell{Text: distanceText(d)})
			one = one || math.IsNaN(float64(d.Hi))
		}
		row = append(row, Cell{Significant(float64(r.AtomEmpirical), 6), float64(r.AtomEmpirical)}, Cell{Significant(float64(r.AtomPredicted), 6), float64(r.AtomPredicted)})
		for k := range 2 {
			row = append(row, Cell{Text: Uncertain(float64(r.MomentsEmpirical[k]), float64(r.MomentsSE[k]))}, Cell{Text: Significant(float64(r.MomentsPredicted[k]), 5)})
		}
		row = append(row, Count(r.Replicates))
		for k, d := range distances {
			row = append(row, optionalValue(d.Value), optionalValue(d.Lo), optionalValue(d.Hi), optionalValue(d.Noise))
			exponent := []Cell{{}, {}}
			if e := r.exponent(k); e != nil {
				exponent = []Cell{optionalValue(e.Value), optionalValue(e.SE)}
			}
			row = append(row, exponent...)
		}
		for k := range r.MomentsEmpirical {
			row = append(row, optionalValue(r.MomentsEmpirical[k]), optionalValue(r.MomentsSE[k]), optionalValue(r.MomentsPredicted[k]))
		}
		pair := ""
		if r.Pair != nil {
			pair = fmt.Sprintf("%d,%d", r.Pair[0], r.Pair[1])
		}
		row = append(row, Text(r.Model), optionalText(r.Loss), optionalText(r.Block), Text(pair), wholeOrDash(r.Hidden), optionalText(r.Init),
			Text(r.Law), Text(r.Method), Cell{Value: float64(r.Confidence)}, Text(strings.Join(r.Warnings, "; ")))
		if timings {
			row = append(row, Number(r.Seconds, 3))
		}
		t.Rows = append(t.Rows, row)
		own = own || r.Law != "limit"
	}
	t.Notes = []string{
		"Distances of the mean spectrum to the law, largest |F_H - F|, int |F_H - F| dx and largest |s_H(z) - s(z)| over z,",
		"with 95 % intervals for the distance of the expected spectrum; in parentheses the standard errors of the moments less the law's.",
	}
	if one {
		t.Notes[1] = "without intervals, as these need more than one matrix."
	}
	if own {
		t.Notes = append(t.Notes, "Each matrix has a law of its own: the distances are of the mean spectrum to the mean law.")
	}
	for i := range results {
		r := &results[i]
		if r.Exponents == nil || fitted[r.Exponents] {
			continue
		}
		fitted[r.Exponents] = true
		var parts []string
		for k, name := range []string{"Kolmogorov", "Wasserstein-1", "Stieltjes"} {
			if e := r.exponent(k); e != nil {
				parts = append(parts, name+" "+Uncertain(float64(e.Value), float64(e.SE)))
			}
		}
		where := ""
		if r.Classes != nil {
			where = fmt.Sprintf(", C = %d", *r.Classes)
		}
		if len(parts) > 0 {
			t.Notes = append(t.Notes, "Exponents over d"+where+": "+strings.Join(parts, ", ")+".")
		}
	}
	for i := range results {
		for _, w := range results[i].Warnings {
			where := fmt.Sprintf("d = %d", results[i].Dim)
			if results[i].Classes != nil {
				where = fmt.Sprintf("C = %d, ", *results[i].Classes) + where
			}
			t.Notes = append(t.Notes, "warning: "+where+": "+w)
		}
	}
	return t
}

func (r *SpectrumResult) exponent(k int) *ExponentResult {
	if r.Exponents == nil {
		return nil
	}
	return []*ExponentResult{r.Exponents.Kolmogorov, r.Exponents.Wasserstein, r.Exponents.Stieltjes}[k]
}

// distanceText writes 0.0123 [0.0100, 0.0146].
func distanceText(d DistanceResult) string {
	lo, hi := float64(d.Lo), float64(d.Hi)
	if math.IsNaN(hi) {
		return Significant(float64(d.Value), 3)
	}
	return Significant(float64(d.Value), 3) + " [" + Significant(lo, 2) + ", " + Significant(hi, 2) + "]"
}

func wholeOrDash(n *int) Cell {
	if n == nil {
		return Cell{"-", nil}
	}
	return Count(*n)
}

func optionalText(s *string) Cell {
	if s == nil {
		return Cell{}
	}
	return Text(*s)
}

func optionalValue(x Float) Cell {
	if f := float64(x); !math.IsNaN(f) && !math.IsInf(f, 0) {
		return Cell{Value: f}
	}
	return Cell{}
}
