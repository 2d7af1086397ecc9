package reports

import (
	"fmt"
	"math"
	"strings"

	"pastur/montecarlo"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// RatioResult is one row of `pastur ratio`. Off and Diag are the expected
// squared Frobenius norms of an off-diagonal and a diagonal block (over d when
// dim is null, that is in the limit), with their standard errors.
type RatioResult struct {
	Model      string   `json:"model"`
	Loss       string   `json:"loss"`
	Block      string   `json:"block"`
	Gamma      Float    `json:"gamma"`
	Classes    int      `json:"classes"`
	Hidden     *int     `json:"hidden"`
	Dim        Float    `json:"dim"`
	Samples    Float    `json:"samples"`
	Method     string   `json:"method"`
	Data       string   `json:"data"`
	Init       string   `json:"init"`
	Replicates int64    `json:"replicates"`
	Off        Float    `json:"off"`
	OffSE      Float    `json:"off_se"`
	Diag       Float    `json:"diag"`
	DiagSE     Float    `json:"diag_se"`
	Ratio      Float    `json:"ratio"`
	RatioLo    Float    `json:"ratio_lo"`
	RatioHi    Float    `json:"ratio_hi"`
	Confidence Float    `json:"confidence"`
	Limit      *Float   `json:"limit"`
	Trace      *Trace   `json:"trace,omitempty"` // of other data than Gaussian
	Note       *string  `json:"note"`            // null if there is nothing to say
	Warnings   []string `json:"warnings"`
	Seconds    *float64 `json:"seconds,omitempty"` // under --timings only

	// Finite is a note to a table: what is known at the finite size, where Limit
	// is not in the interval.
	Finite string `json:"-"`
}

// Trace says what the leading order sees of the data: tr Sigma/d, tr Sigma^2/d and
// the effective rank (tr Sigma)^2/tr Sigma^2, which takes the place of d; of a given
// data set their estimates over Rows rows. Limit is that of Gaussian data with these
// moments.
type Trace struct {
	First  Float `json:"first"`
	Second Float `json:"second"`
	Rank   Float `json:"effective_rank"` // null in the limit
	Rows   *int  `json:"rows"`
}

func traceOf(s *montecarlo.Setting) *Trace {
	t, err := s.Traces()
	if s.Data.Gaussian() || err != nil {
		return nil
	}
	r := &Trace{First: Float(t.First), Second: Float(t.Second), Rank: Float(t.EffectiveRank(s.Dim))}
	if n := s.Data.TraceRows(); n > 0 {
		r.Rows = &n
	}
	return r
}

// Ratio returns the result of a measurement; limit is the exact value for d, N
// -> infinity, nil if none is known.
func Ratio(e *montecarlo.Estimator, m verdict.Measurement, limit *float64, warnings []string) RatioResult {
	s := &e.Setting
	r := RatioResult{
		Model: string(s.Model), Loss: string(s.Loss), Block: string(s.Block),
		Gamma: Float(s.Gamma), Classes: s.Classes, Dim: Float(s.Dim), Samples: Float(s.Samples),
		Method: string(e.Method), Data: s.Data.String(), Init: string(s.Init), Replicates: m.N,
		Off: Float(m.Num), OffSE: Float(m.NumError()), Diag: Float(m.Den), DiagSE: Float(m.DenError()),
		Ratio: Float(m.Ratio()), RatioLo: Float(m.Bounds.Lo), RatioHi: Float(m.Bounds.Hi), Confidence: 0.95,
		Limit: optional(limit), Trace: traceOf(s), Warnings: emptyNotNil(warnings),
	}
	if s.Hidden > 0 {
		r.Hidden = &s.Hidden
	}
	if s.Limit() {
		note := overDim
		r.Note = &note
	}
	return r
}

// overDim is in which units the norms of the limit are, where they would be
// infinite.
const overDim = "off and diag are over d"

// RatioTable lays out measurements.
func RatioTable(results []RatioResult, timings bool) *Table {
	first := &results[0]
	width := ""
	if first.Hidden != nil {
		width = fmt.Sprintf("m = %d, ", *first.Hidden)
	}
	data := ""
	if first.Trace != nil {
		data = ", data " + first.Data
	}
	t := &Table{
		Title: fmt.Sprintf("E|H_ij|^2/E|H_ii|^2: %s model, %s loss, %s blocks, %s%s init, method %s%s",
			first.Model, strings.ToUpper(first.Loss), first.Block, width, first.Init, first.Method, data),
		Columns: []Column{
			{Header: "C", Field: "classes"}, {Header: "d", Field: "dim"}, {Header: "N", Field: "samples"}, {Header: "gamma", Field: "gamma"},
			{Header: "ratio", Field: "ratio"}, {Header: "95 % interval"}, {Field: "ratio_lo"}, {Field: "ratio_hi"},
			{Header: "limit", Field: "limit"}, {Header: "off", Field: "off"}, {Field: "off_se"},
			{Header: "diag", Field: "diag"}, {Field: "diag_se"}, {Header: "replicates", Field: "replicates"},
			{Field: "model"}, {Field: "loss"}, {Field: "block"}, {Field: "hidden"}, {Field: "method"}, {Field: "data"}, {Field: "init"}, {Field: "confidence"}, {Field: "note"}, {Field: "warnings"},
		},
	}
	if timings {
		t.Columns = append(t.Columns, Column{Header: "seconds", Field: "seconds"})
	}
	limit, finiteSize, zero := false, false, false
	for i := range results {
		r := &results[i]
		half := float64(r.RatioHi-r.RatioLo) / 2
		hidden, note := Cell{"-", nil}, Cell{}
		if r.Hidden != nil {
			hidden = Count(*r.Hidden)
		}
		if r.Note != nil {
			note = Text(*r.Note)
		}
		exact := Cell{"-", nil}
		if r.Limit != nil {
			exact = Number((*float64)(r.Limit), 6)
		}
		lo, hi := float64(r.RatioLo), float64(r.RatioHi)
		bracket := "-" // an interval that is the whole line says nothing
		if !math.IsInf(lo, -1) || !math.IsInf(hi, 1) {
			digits := intervalDigits(lo, hi)
			bracket = "[" + Digits(lo, digits) + ", " + Digits(hi, digits) + "]"
		}
		row := []Cell{
			Count(r.Classes), Count(float64(r.Dim)), Count(float64(r.Samples)), {Significant(float64(r.Gamma), 6), float64(r.Gamma)},
			{Uncertain(float64(r.Ratio), half), float64(r.Ratio)},
			{Text: bracket}, {Value: finite(lo)}, {Value: finite(hi)},
			exact, {Uncertain(float64(r.Off), float64(r.OffSE)), float64(r.Off)}, {Value: finite(float64(r.OffSE))},
			{Uncertain(float64(r.Diag), float64(r.DiagSE)), float64(r.Diag)}, {Value: finite(float64(r.DiagSE))}, Count(r.Replicates),
			Text(r.Model), Text(r.Loss), Text(r.Block), hidden, Text(r.Method), Text(r.Data), Text(r.Init), {Value: float64(r.Confidence)}, note, Text(strings.Join(r.Warnings, "; ")),
		}
		if timings {
			row = append(row, Number(r.Seconds, 3))
		}
		t.Rows = append(t.Rows, row)
		limit = limit || math.IsInf(float64(r.Dim), 1)
		if r.Limit != nil && *r.Limit == 0 {
			zero = true // at every size
		} else if r.Limit != nil && !math.IsInf(float64(r.Dim), 1) {
			finiteSize = true
		}
		if r.Finite != "" {
			t.Notes = append(t.Notes, fmt.Sprintf("note: C = %d, d = %s: %s", r.Classes, Count(float64(r.Dim)).Text, r.Finite))
		}
		if x := r.Trace; x != nil && (i == 0 || r.Dim != results[i-1].Dim) {
			t.Notes = append(t.Notes, x.note(r))
		}
		for _, w := range r.Warnings {
			t.Notes = append(t.Notes, fmt.Sprintf("warning: C = %d, d = %s: %s", r.Classes, Count(float64(r.Dim)).Text, w))
		}
	}
	notes := []string{
		"off = E|H_ij|_F^2 (i != j), diag = E|H_ii|_F^2, ratio = off/diag. Digits in parentheses: the half-width",
		"of the 95 % interval for the ratio, the standard error for off and diag.",
	}
	if limit {
		notes[1] += " At d = inf both are over d."
	}
	if finiteSize {
		notes = append(notes, "limit: R for d, N -> inf at this gamma; at finite d it differs.")
	}
	if zero {
		notes = append(notes, "note: "+catalogue.ExactZero)
	}
	t.Notes = append(notes, t.Notes...)
	return t
}

// note says in words what the data's trace moments are.
func (x *Trace) note(r *RatioResult) string {
	rank := ""
	if !math.IsInf(float64(r.Dim), 1) {
		rank = fmt.Sprintf(", effective rank %s of d = %s", Significant(float64(x.Rank), 5), Count(float64(r.Dim)).Text)
	}
	note := fmt.Sprintf("data %s: tr Sigma/d = %s, tr Sigma^2/d = %s%s", r.Data, Significant(float64(x.First), 5), Significant(float64(x.Second), 5), rank)
	if x.Rows != nil {
		note = fmt.Sprintf("data %s, given: mean |x|^2/d = %s, mean over pairs of (x.x')^2/d = %s (from %d rows)%s",
			r.Data, Significant(float64(x.First), 5), Significant(float64(x.Second), 5), *x.Rows, rank)
	}
	if r.Limit != nil {
		note += "; limit is that of Gaussian data with these moments"
	}
	return note + "."
}

func finite(x float64) any {
	if math.IsInf(x, 0) || math.IsNaN(x) {
		return nil
	}
	return x
}

// intervalDigits returns how many significant digits tell lo from hi with two
// digits to spare.
func intervalDigits(lo, hi float64) int {
	size, width := math.Max(math.Abs(lo), math.Abs(hi)), hi-lo
	if !(width > 0) || math.IsInf(width, 0) || size == 0 {
		return 6
	}
	return max(3, min(9, 3+int(math.Ceil(math.Log10(size/width)))))
}
