package reports

import (
	"fmt"
	"io"

	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// comparisons say in words what each kind compares.
var comparisons = map[verdict.Kind]string{
	verdict.Exact:    "largest deviation over the samples",
	verdict.Identity: "quotient of two estimators' means, numerators and denominators apart",
	verdict.Limit:    "the estimate against its target",
	verdict.Rate:     "least-squares slope of log R on log C",
	verdict.Exponent: "exponent of |R/limit - 1| in d, fitted with a correction term",
	verdict.Bound:    "every cell's estimate against the bound",
	verdict.Law:      "mean distance against the bound",
}

// ExplainClaim writes a claim in full: what is stated, sampled and compared.
func ExplainClaim(w io.Writer, id, statement, source string, spec *catalogue.Spec, suite string) error {
	claim, err := spec.Claim()
	if err != nil {
		return err
	}
	c := claim.Filled()
	good, _ := c.Sets()
	p := &linePrinter{w: w}
	p.line("%s (%s)", id, c.Kind)
	p.line("  claim    %s", statement)
	p.line("  source   %s", source)
	p.line("  compares %s", comparisons[c.Kind])
	p.line("  GOOD     %s", halfLine(good.Lo, good.Hi, 8, Significant))
	for _, b := range c.BadSet() {
		p.line("  BAD      %s", halfLine(b.Lo, b.Hi, 8, Significant))
	}
	if c.Kind == verdict.Exact {
		p.line("  errors   none: every sample is checked")
	} else {
		p.line("  errors   alpha %.3g (a true claim fails), beta %.3g (a BAD one passes)", c.Alpha, c.Beta)
	}
	looks := "looks"
	if c.Looks == 1 {
		looks = "look"
	}
	p.line("  budget   %d %s, the first of", c.Looks, looks)
	for _, cell := range c.Cells {
		p.line("           %6d replicates of %s", cell.FirstLook(), cell.Key)
	}
	p.line("  run      %s", verifyCommand(suite, id))
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
