package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"pastur/verdict"
)

// samplePage has a result of every status, with everything that may be missing
// or hostile.
func samplePage() *Page {
	inf := math.Inf(1)
	good := verdict.Interval{Lo: 0.99, Hi: 1.01}
	bad := []verdict.Interval{{Lo: -inf, Hi: 0.97}, {Lo: 1.03, Hi: inf}}
	look := func(n int, lo, e, hi float64, outcome string) LookResult {
		return LookResult{Look: n, Replicates: 1024 << (n - 1), Estimate: Float(e), Interval: verdict.Interval{Lo: lo, Hi: hi}, Confidence: 0.999, Outcome: outcome}
	}
	return &Page{
		Suite: `a "suite" <b>.toml`, Seed: 7, Alpha: 0.01, Beta: 0.001, Hash: "00ff", Environment: ThisEnvironment(), Command: "pastur verify --seed 7",
		Results: []VerdictResult{
			{ID: "passes", Statement: "R = 1 at C = 2", Source: "p_1 + p_2 = 1", Kind: "limit", Status: "PASS", Estimate: 1, Lo: 0.995, Hi: 1.005, Confidence: 0.999, Good: good, Bad: bad, Replicates: 2048, Looks: 2,
				Reason: "interval excludes BAD", Rerun: "pastur verify passes", History: []LookResult{look(1, 0.9, 1.04, 1.2, "neither"), look(2, 0.995, 1, 1.005, "interval excludes BAD")}},
			{ID: "fails", Statement: "</script><script>alert('xyz')</script>", Kind: "bound", Status: "FAIL", Estimate: 2, Lo: 1.9, Hi: Float(inf), Confidence: 0.99, Good: verdict.Interval{Lo: -inf, Hi: 1}, Bad: []verdict.Interval{{Lo: 1.1, Hi: inf}},
				Reason: "excludes GOOD", Warnings: []string{"a <warning>"}, Drift: []string{"the verdict was PASS, is FAIL"}, Rerun: "pastur verify fails", History: []LookResult{look(1, 1.9, 2, inf, "excludes GOOD")},
				Cells: []CellResult{{"C=1", 2, verdict.Interval{Lo: 1.9, Hi: 2.1}, 10}, {"C=2", Float(math.NaN()), verdict.Everything, 10}}},
			{ID: "open", Statement: "x", Kind: "law", Status: "INCONCLUSIVE", Estimate: 0.5, Lo: Float(-inf), Hi: Float(inf), Good: verdict.Interval{Lo: -inf, Hi: 0.4}, Bad: []verdict.Interval{{Lo: 0.6, Hi: inf}}, Reason: "budget",
				History: []LookResult{look(1, -inf, 0.5, inf, "budget")}},
			{ID: "breaks", Statement: "x", Kind: "rate", Status: "ERROR", Estimate: Float(math.NaN()), Lo: Float(-inf), Hi: Float(inf), Good: verdict.Interval{Lo: -inf, Hi: -1}, Reason: "numerator is NaN"},
			{ID: "exact-zero", Statement: "H_ij = 0", Kind: "exact", Status: "PASS", Estimate: 0, Lo: 0, Hi: 0, Good: verdict.Interval{Lo: -inf, Hi: 1e-12}, Bad: []verdict.Interval{{Lo: 1e-12, Hi: inf}}, Reason: "within",
				History: []LookResult{look(1, 0, 0, 0, "within")}},
		},
	}
}

func page(t testing.TB, p *Page) string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteHTML(&out, p); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestWriteHTML(t *testing.T) {
	text := page(t, samplePage())
	if page(t, samplePage()) != text {
		t.Error("the same results give other bytes")
	}
	for _, want := range []string{
		`<html lang="en">`, "5 claims: 2 PASS, 1 FAIL, 1 INCONCLUSIVE, 1 ERROR", `<math alttext="R = 1">`, `aria-live="polite"`, `<label for="status">`, `<label for="text">`,
		`<th scope="row"><a href="#claim-fails">`, "a &lt;warning&gt;", "the verdict was PASS, is FAIL", `<code>pastur verify fails</code>`, `role="img" aria-label="passes, after 2 looks: estimate 1, interval [0.995, 1.005]; GOOD [0.99, 1.01]; BAD &lt;= 0.97 or &gt;= 1.03."`,
		"every cell&#39;s estimate against the bound", ">INCONCLUSIVE (1)<", "prefers-color-scheme: dark", "@media print", "<td class=\"number\">2048</td>",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(text, "<script>alert") || strings.Count(text, "<script>") != 1 {
		t.Error("a statement became a script")
	}
	if regexp.MustCompile(`(?i)\b(src|href|url|action)\s*[=(]\s*["']?\s*(https?:|//|data:)`).MatchString(text) || strings.Contains(text, "@import") {
		t.Error("the page points outside")
	}
	// html/template must not have touched style and script: the policy hashes them.
	for _, source := range []string{pageCSS, pageJS} {
		if !strings.Contains(text, ">"+source+"<") || !strings.Contains(text, strings.ReplaceAll(sourceHash(source), "+", "&#43;")) {
			t.Error("style or script is not what the content security policy allows")
		}
	}
	if strings.Contains(text, "ZgotmplZ") {
		t.Error("the template refused something")
	}
	// Every id is unique and every link leads somewhere.
	ids := map[string]int{}
	for _, m := range regexp.MustCompile(` id="([^"]*)"`).FindAllStringSubmatch(text, -1) {
		ids[m[1]]++
	}
	for id, n := range ids {
		if n != 1 {
			t.Errorf("id %s appears %d times", id, n)
		}
	}
	for _, m := range regexp.MustCompile(`(?:href|aria-labelledby|for)="#?([^"]*)"`).FindAllStringSubmatch(text, -1) {
		for _, id := range strings.Fields(m[1]) {
			if ids[id] == 0 {
				t.Errorf("nothing has the id %s", id)
			}
		}
	}
}

// Figures are well-formed SVG, inside their frame, and numbers are finite.
func TestIntervalFigure(t *testing.T) {
	for _, r := range samplePage().Results {
		figure := string(IntervalFigure(&r))
		if r.History == nil {
			if figure != "" {
				t.Errorf("%s: a figure of nothing", r.ID)
			}
			continue
		}
		if strings.Contains(figure, "NaN") || strings.Contains(figure, `="-`) || strings.Contains(figure, "x=\"+Inf") {
			t.Errorf("%s: %s", r.ID, figure)
		}
		decoder := xml.NewDecoder(strings.NewReader(figure))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v\n%s", r.ID, err, figure)
			}
		}
		if got := strings.Count(figure, "look "); got != len(r.History) {
			t.Errorf("%s: %d rows", r.ID, got)
		}
	}
	// An interval that leaves the picture has arrows, one inside has bars.
	r := samplePage().Results[0]
	if f := string(IntervalFigure(&r)); strings.Count(f, `class="arrow"`) != 2 || strings.Count(f, `class="dot"`) != 2 {
		t.Errorf("arrows and dots: %s", f)
	}
	// The estimate stands where it should: 1 in the middle of the symmetric sets.
	r.History = r.History[1:]
	if f := string(IntervalFigure(&r)); !strings.Contains(f, `<circle class="dot" cx="427" `) {
		t.Errorf("the estimate is not in the middle of %v..%v: %s", figureLeft, figureWidth-figureRight, f)
	}
}
