package reports

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// What a claim aims at lies in its GOOD set, or where that ends.
func TestTargetsAreGood(t *testing.T) {
	n := 0
	for _, name := range []string{"full", "quick"} { // full includes paper
		suite, err := catalogue.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range suite.Specs {
			c, err := spec.Claim()
			if err != nil {
				t.Fatal(err)
			}
			good, _ := c.Sets()
			if x := float64(Target(c)); math.IsNaN(x) || !(x >= good.Lo && x <= good.Hi) {
				t.Errorf("suite %s: %s (%s) aims at %v, GOOD is %v", name, c.ID, c.Kind, x, good)
			}
			n++
		}
	}
	if n < 50 {
		t.Errorf("%d claims", n)
	}
}

func TestSetTexts(t *testing.T) {
	inf := math.Inf(1)
	below := func(x float64) verdict.Interval { return verdict.Interval{Lo: -inf, Hi: x} }
	above := func(x float64) verdict.Interval { return verdict.Interval{Lo: x, Hi: inf} }
	for _, c := range []struct {
		kind      verdict.Kind
		good      verdict.Interval
		bad       []verdict.Interval
		text, not string
	}{
		{verdict.Limit, verdict.Interval{Lo: 0.98, Hi: 1.02}, []verdict.Interval{below(0.65), above(1.35)}, "[0.98, 1.02]", "outside (0.65, 1.35)"},
		{verdict.Limit, verdict.Interval{Lo: 0.00018177657, Hi: 0.00018544882}, []verdict.Interval{below(0.00017810431), above(0.00018912108)}, "[0.00018178, 0.00018545]", "outside (0.0001781, 0.0001891)"},
		// GOOD and BAD must not look as if they met.
		{verdict.Limit, verdict.Interval{Lo: 0.9999999, Hi: 1.0000001}, []verdict.Interval{below(0.9999997), above(1.0000003)}, "[0.9999999, 1.0000001]", "outside (0.9999997, 1.0000003)"},
		{verdict.Identity, verdict.Interval{Lo: 1, Hi: 1}, []verdict.Interval{below(0.95), above(1.05)}, "= 1", "outside (0.95, 1.05)"},
		{verdict.Rate, below(-1.9), []verdict.Interval{above(-1.8)}, "<= -1.9", ">= -1.8"},
		{verdict.Rate, above(-2), []verdict.Interval{below(-2.1)}, ">= -2", "<= -2.1"},
		{verdict.Exact, below(1e-9), []verdict.Interval{above(1e-9)}, "<= 1e-09", "> 1e-09"},
	} {
		if good, bad := setTexts(string(c.kind), c.good, c.bad); good != c.text || bad != c.not {
			t.Errorf("%s: GOOD %s, BAD %s, want %s and %s", c.kind, good, bad, c.text, c.not)
		}
	}
}

// What stands below a table of verdicts is Markdown there: a list, with nothing in
// a statement taken for markup.
func TestVerdictTableAsMarkdown(t *testing.T) {
	good := verdict.Interval{Lo: math.Inf(-1), Hi: 1}
	table := VerdictTable([]VerdictResult{
		{ID: "fine", Kind: "bound", Status: "PASS", Statement: "x", Good: good},
		{ID: "wrong", Kind: "bound", Status: "FAIL", Statement: "E|H_ij|^2 <b> * 2 `x` [a](b)", Reason: "[2, 3] excludes GOOD <= 1", Rerun: "pastur verify wrong --suite 'a `b`.toml'", Good: good},
	}, "A title", false, "DRIFT fine: the [estimate]")
	var out bytes.Buffer
	if err := table.WriteMarkdown(&out); err != nil {
		t.Fatal(err)
	}
	want := `
- **FAIL** wrong: E\|H\_ij\|^2 &lt;b&gt; \* 2 ` + "\\`x\\`" + ` \[a](b)
  - reason: \[2, 3] excludes GOOD &lt;= 1
  - rerun: ` + "`` pastur verify wrong --suite 'a `b`.toml' ``" + `
- DRIFT fine: the \[estimate]

2 claims: 1 PASS, 1 FAIL
`
	if !strings.HasSuffix(out.String(), "|\n"+want) {
		t.Errorf("%s\nwant it to end in %s", out.String(), want)
	}
	out.Reset()
	if err := table.WriteText(&out); err != nil || !strings.Contains(out.String(), "\nFAIL wrong: E|H_ij|^2 <b> * 2 `x` [a](b)\n  reason: [2, 3] excludes GOOD <= 1\n  rerun:  pastur verify wrong") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
