package reports

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"

	"pastur/verdict"
)

// VerdictResult is one claim's outcome in `pastur verify`.
type VerdictResult struct {
	ID         string             `json:"id"`
	Statement  string             `json:"statement"`
	Source     string             `json:"source"`
	Kind       string             `json:"kind"`
	Status     string             `json:"status"`
	Estimate   Float              `json:"estimate"`
	Lo         Float              `json:"lo"` // null: open
	Hi         Float              `json:"hi"`
	Confidence Float              `json:"confidence"`
	Target     Float              `json:"target"`
	Good       verdict.Interval   `json:"good"`
	Bad        []verdict.Interval `json:"bad"`
	Replicates int64              `json:"replicates"`
	Looks      int                `json:"looks"`
	Alpha      Float              `json:"alpha"` // null: kind exact
	Reason     string             `json:"reason"`
	Warnings   []string           `json:"warnings"`
	Cells      []CellResult       `json:"cells"`
	History    []LookResult       `json:"history"`
	Drift      []string           `json:"drift,omitempty"` // under --baseline only
	Rerun      string             `json:"rerun"`
	Seconds    *float64           `json:"seconds,omitempty"` // under --timings only

	// Compares says in words what is held against GOOD and BAD, for the page; if it
	// is empty, the kind's words are taken.
	Compares string `json:"-"`
}

// CellResult is the estimate of one cell of a claim with its 95 % interval.
type CellResult struct {
	Cell       string           `json:"cell"`
	Estimate   Float            `json:"estimate"`
	Interval   verdict.Interval `json:"interval"`
	Replicates int64            `json:"replicates"`
}

// LookResult is what one look showed: the component that kept the claim open,
// or the one that decided.
type LookResult struct {
	Look       int              `json:"look"`
	Replicates int64            `json:"replicates"`
	Component  string           `json:"component,omitempty"` // of a claim with several cells
	Estimate   Float            `json:"estimate"`
	Interval   verdict.Interval `json:"interval"`
	Confidence Float            `json:"confidence"`
	Outcome    string           `json:"outcome"`
}

// Target returns the number that a claim aims at, in the units of GOOD: 1 where
// quotients of two estimators are compared, 0 where deviations are.
func Target(c *verdict.Claim) Float {
	switch c.Kind {
	case verdict.Exact:
		return 0
	case verdict.Identity:
		return 1
	}
	return Float(c.Target)
}

// Chance returns a claim's alpha or beta, or null: a claim of kind exact takes no
// share of either, as nothing is estimated.
func Chance(c *verdict.Claim, chance float64) Float {
	if c.Kind == verdict.Exact {
		return Float(math.NaN())
	}
	return Float(chance)
}

// Verdict returns the result of a verdict; rerun is the command for the claim
// alone.
func Verdict(v verdict.Verdict, rerun string) VerdictResult {
	c := v.Claim
	r := VerdictResult{
		ID: c.ID, Statement: c.Statement, Source: c.Source, Kind: string(c.Kind), Status: string(v.Status),
		Estimate: Float(v.Estimate), Lo: Float(v.Bounds.Lo), Hi: Float(v.Bounds.Hi), Confidence: Float(v.Confidence),
		Target: Target(c), Good: v.Good, Bad: c.BadSet(), Replicates: v.Replicates, Looks: v.Looks,
		Alpha: Chance(c, c.Alpha), Reason: v.Reason, Warnings: emptyNotNil(v.Warnings), Cells: []CellResult{}, History: []LookResult{}, Rerun: rerun,
	}
	for _, cell := range v.Cells {
		r.Cells = append(r.Cells, CellResult{cell.Key, Float(cell.Estimate), cell.Bounds, cell.Replicates})
	}
	for _, l := range v.History {
		r.History = append(r.History, LookResult{l.Look, l.Replicates, l.Component, Float(l.Estimate), l.Bounds, Float(l.Confidence), l.Outcome})
	}
	return r
}

// Summary counts statuses: "22 claims: 20 PASS, 1 FAIL, 1 INCONCLUSIVE", or
// "22 claims: all PASS".
func Summary(results []VerdictResult) string {
	counts := map[string]int{}
	for _, r := range results {
		counts[r.Status]++
	}
	claims := "claims"
	if len(results) == 1 {
		claims = "claim"
	}
	if counts[string(verdict.Pass)] == len(results) {
		return fmt.Sprintf("%d %s: all PASS", len(results), claims)
	}
	var parts []string
	for _, status := range []verdict.Status{verdict.Pass, verdict.Fail, verdict.Inconclusive, verdict.Errored} {
		if n := counts[string(status)]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	return fmt.Sprintf("%d %s: %s", len(results), claims, strings.Join(parts, ", "))
}

// VerdictTable lays out verdicts; title says suite and seed, notes go before the
// summary.
func VerdictTable(results []VerdictResult, title string, timings bool, notes ...string) *Table {
	t := &Table{
		Title: title,
		Columns: []Column{
			{Header: "claim", Field: "id", Left: true}, {Header: "kind", Field: "kind", Left: true}, {Header: "verdict", Field: "status", Left: true}, {Header: "estimate", Field: "estimate"},
			{Header: "interval", Left: true}, {Field: "lo"}, {Field: "hi"}, {Field: "confidence"}, {Field: "target"},
			{Header: "GOOD", Left: true}, {Field: "good"}, {Header: "BAD", Left: true}, {Field: "bad"},
			{Header: "replicates", Field: "replicates"}, {Field: "looks"}, {Field: "reason"}, {Field: "statement"}, {Field: "source"}, {Field: "rerun"},
		},
	}
	if timings {
		t.Columns = append(t.Columns, Column{Header: "seconds", Field: "seconds"})
	}
	for i := range results {
		r := &results[i]
		lo, hi := float64(r.Lo), float64(r.Hi)
		text, interval := r.shown()
		estimate := Cell{text, float64(r.Estimate)}
		good, bad := setTexts(r.Kind, r.Good, r.Bad)
		if math.IsNaN(float64(r.Estimate)) {
			estimate.Value = nil
		}
		row := []Cell{
			Text(r.ID), Text(r.Kind), Text(r.Status), estimate,
			{Text: interval}, {Value: finite(lo)}, {Value: finite(hi)}, {Value: float64(r.Confidence)}, {Value: float64(r.Target)},
			{Text: good}, {Value: compactJSON(r.Good)}, {Text: bad}, {Value: compactJSON(r.Bad)},
			Count(r.Replicates), Count(r.Looks), Text(r.Reason), Text(r.Statement), Text(r.Source), Text(r.Rerun),
		}
		if timings {
			row = append(row, Number(r.Seconds, 3))
		}
		t.Rows = append(t.Rows, row)
	}
	for _, r := range results {
		if r.Status != string(verdict.Pass) {
			t.Notes = append(t.Notes, fmt.Sprintf("%s %s: %s", r.Status, r.ID, r.Statement), "  reason: "+r.Reason, "  rerun:  "+r.Rerun)
			t.MarkdownNotes = append(t.MarkdownNotes, fmt.Sprintf("- **%s** %s: %s", r.Status, r.ID, markdownText(spoken(r.Statement))),
				"  - reason: "+markdownText(spoken(r.Reason)), "  - rerun: "+markdownCode(r.Rerun))
		}
	}
	for _, note := range notes {
		t.Notes = append(t.Notes, note)
		t.MarkdownNotes = append(t.MarkdownNotes, "- "+markdownText(note))
	}
	if t.Notes != nil {
		t.Notes, t.MarkdownNotes = append(t.Notes, ""), append(t.MarkdownNotes, "")
	}
	t.Notes, t.MarkdownNotes = append(t.Notes, Summary(results)), append(t.MarkdownNotes, Summary(results))
	return t
}

// halfLine formats an interval: [lo, hi], <= hi, >= lo, or = x for a point, its
// ends by format.
func halfLine(lo, hi float64, digits int, format func(float64, int) string) string {
	switch {
	case lo == hi:
		return "= " + Significant(lo, digits)
	case math.IsInf(lo, -1) && math.IsInf(hi, 1):
		return "any"
	case math.IsInf(lo, -1):
		return "<= " + format(hi, digits)
	case math.IsInf(hi, 1):
		return ">= " + format(lo, digits)
	}
	return "[" + format(lo, digits) + ", " + format(hi, digits) + "]"
}

// setTexts returns GOOD and BAD as tables show them, BAD with fewer digits: but for
// what tells it from GOOD, its ends need not be exact.
func setTexts(kind string, good verdict.Interval, bad []verdict.Interval) (goodText, badText string) {
	digits := 0
	for _, b := range bad {
		for _, ends := range [][2]float64{{b.Hi, good.Lo}, {good.Hi, b.Lo}} {
			if gap, size := ends[1]-ends[0], max(math.Abs(ends[0]), math.Abs(ends[1])); gap > 0 && !math.IsInf(gap, 1) {
				digits = max(digits, min(15, 2+int(math.Ceil(math.Log10(size/gap)))))
			}
		}
	}
	goodText = halfLine(good.Lo, good.Hi, max(digits, 5), Significant)
	if digits = max(digits, 4); len(bad) == 2 && math.IsInf(bad[0].Lo, -1) && math.IsInf(bad[1].Hi, 1) {
		return goodText, "outside (" + Significant(bad[0].Hi, digits) + ", " + Significant(bad[1].Lo, digits) + ")"
	}
	var parts []string
	for _, b := range bad {
		parts = append(parts, badHalf(kind, b, digits))
	}
	return goodText, strings.Join(parts, " or ")
}

// badHalf writes a half-line of BAD. That of an exact claim is all that is not GOOD.
func badHalf(kind string, b verdict.Interval, digits int) string {
	text := halfLine(b.Lo, b.Hi, digits, Significant)
	if kind == string(verdict.Exact) {
		text = strings.Replace(text, ">=", ">", 1)
	}
	return text
}

func compactJSON(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // intervals are always encodable
	}
	return string(text)
}
