package reports

import (
	"fmt"
	"io"

	"pastur/internal/shell"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// comparisons say in words what each kind compares, whatever it is about.
var comparisons = map[verdict.Kind]string{
	verdict.Exact:    "largest deviation over the samples",
	verdict.Identity: "quotient of two estimators' means, numerators and denominators apart",
	verdict.Limit:    "the estimate against its target",
	verdict.Rate:     "least-squares slope of the estimates' logarithms",
	verdict.Exponent: "exponent of the distance from the limit, fitted with a correction term",
	verdict.Bound:    "every cell's estimate against the bound",
	verdict.Law:      "mean distance against the bound",
}

// ClaimResult is one claim in `pastur claims`.
type ClaimResult struct {
	ID        string             `json:"id"`
	Statement string             `json:"statement"`
	Source    string             `json:"source"`
	Kind      string             `json:"kind"`
	Compares  string             `json:"compares"` // in words
	Target    Float              `json:"target"`
	Good      verdict.Interval   `json:"good"`
	Bad       []verdict.Interval `json:"bad"`
	Alpha     Float              `json:"alpha"` // null, and beta: kind exact
	Beta      Float              `json:"beta"`
	Looks     int                `json:"looks"`
	Budget    int64              `json:"budget"` // replicates of all looks, over all cells
	Cells     []string           `json:"cells"`
	Warnings  []string           `json:"warnings"`
}

// Claim returns what a claim is; compares says in words what it compares.
func Claim(claim *verdict.Claim, compares string) ClaimResult {
	c := claim.Filled()
	good, _ := c.Sets()
	r := ClaimResult{
		ID: c.ID, Statement: c.Statement, Source: c.Source, Kind: string(c.Kind), Compares: compares, Target: Target(claim), Good: good, Bad: c.BadSet(),
		Alpha: Chance(claim, c.Alpha), Beta: Chance(claim, c.Beta), Looks: c.Looks, Cells: []string{}, Warnings: []string{},
	}
	for i := range c.Cells {
		r.Cells = append(r.Cells, c.Cells[i].Key)
		r.Budget += int64(c.Cells[i].FirstLook()) << (c.Looks - 1)
	}
	return r
}

// ClaimsTable lays out claims of a suite: what they state or, explained, what they
// ask for too.
func ClaimsTable(results []ClaimResult, suite *catalogue.Suite, explain bool) *Table {
	shown := func(header string) string {
		if explain {
			return header
		}
		return ""
	}
	title := "Suite " + suite.Name
	if suite.Title != "" {
		title += ": " + suite.Title
	}
	t := &Table{
		Title: title,
		Columns: []Column{
			{Header: "claim", Field: "id", Left: true}, {Header: "kind", Field: "kind", Left: true},
			{Header: "statement", Field: "statement", Left: true}, {Field: "source"}, {Header: shown("compares"), Field: "compares", Left: true},
			{Header: shown("target"), Field: "target"}, {Header: shown("GOOD"), Left: true}, {Field: "good"}, {Header: shown("BAD"), Left: true}, {Field: "bad"},
			{Header: shown("alpha"), Field: "alpha"}, {Header: shown("beta"), Field: "beta"}, {Header: shown("looks"), Field: "looks"}, {Header: shown("budget"), Field: "budget"},
		},
	}
	for i := range results {
		r := &results[i]
		good, bad := setTexts(r.Kind, r.Good, r.Bad)
		t.Rows = append(t.Rows, []Cell{
			Text(r.ID), Text(r.Kind), Text(r.Statement), Text(r.Source), Text(r.Compares),
			Number((*float64)(&r.Target), 8), {Text: good}, {Value: compactJSON(r.Good)}, {Text: bad}, {Value: compactJSON(r.Bad)},
			Number((*float64)(&r.Alpha), 3), Number((*float64)(&r.Beta), 3), Count(r.Looks), Count(r.Budget),
		})
	}
	of := ""
	if suite.Name != catalogue.Default {
		of = " --suite " + shell.Word(suite.Name)
	}
	t.Notes = []string{fmt.Sprintf("%s; pastur claims ID%s explains one, pastur verify ID%s runs it.", numbered(int64(len(results)), "claim"), of, of)}
	return t
}

// ExplainClaim writes a claim in full: what is stated, sampled and compared.
func ExplainClaim(w io.Writer, claim *verdict.Claim, compares, suite string) error {
	c := claim.Filled()
	good, _ := c.Sets()
	p := &linePrinter{w: w}
	p.line("%s (%s)", c.ID, c.Kind)
	p.line("  claim    %s", c.Statement)
	if c.Source != "" {
		p.line("  source   %s", c.Source)
	}
	p.line("  compares %s", compares)
	p.line("  GOOD     %s", halfLine(good.Lo, good.Hi, 8, Significant))
	for _, b := range c.BadSet() {
		p.line("  BAD      %s", badHalf(string(c.Kind), b, 8))
	}
	if c.Kind == verdict.Exact {
		p.line("  errors   none: every sample is checked")
	} else {
		p.line("  errors   alpha %.3g (a true claim fails), beta %.3g (a BAD one passes)", c.Alpha, c.Beta)
	}
	p.line("  budget   %s, the first of", numbered(int64(c.Looks), "look"))
	for _, cell := range c.Cells {
		p.line("           %6d replicates of %s", cell.FirstLook(), cell.Key)
	}
	p.line("  run      %s", verifyCommand(suite, c.ID))
	return p.err
}

// linePrinter prints lines until the first error.
type linePrinter struct {
	w   io.Writer
	err error
}

func (p *linePrinter) line(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format+"\n", args...)
	}
}
