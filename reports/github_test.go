package reports

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func annotations(t *testing.T, results []VerdictResult, strict bool) []string {
	t.Helper()
	var out bytes.Buffer
	if err := WriteGitHubAnnotations(&out, results, strict); err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
}

func TestAnnotations(t *testing.T) {
	results := []VerdictResult{
		{ID: "passes", Status: "PASS"},
		{ID: "open", Status: "INCONCLUSIVE", Statement: "R is 2 % off", Reason: "budget", Rerun: "pastur verify open"},
		{ID: "drifts", Status: "PASS", Drift: []string{"the estimate was 1, is 2"}},
		{ID: "fails", Status: "FAIL", Statement: "a: b, c\r\n::error::d", Reason: "excludes 100 %"},
		{ID: "breaks", Status: "ERROR"},
	}
	want := []string{
		`::error title=ERROR breaks::%0A%0Arerun: `,
		`::error title=FAIL fails::a: b, c%0D%0A::error::d%0Aexcludes 100 %25%0Arerun: `,
		`::error title=DRIFT drifts::%0A%0Adrift: the estimate was 1, is 2%0Arerun: `,
		`::warning title=INCONCLUSIVE open::R is 2 %25 off%0Abudget%0Arerun: pastur verify open`,
	}
	got := annotations(t, results, false)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if strict := annotations(t, results, true); !strings.HasPrefix(strict[3], "::error title=INCONCLUSIVE open") {
		t.Errorf("strict: %s", strict[3])
	}
	if got := workflowCommand("error", "a:b,c%\n", "m"); got != "::error title=a%3Ab%2Cc%25%0A::m" {
		t.Errorf("property: %s", got)
	}
	if got := annotations(t, results[:1], false); len(got) != 1 || got[0] != "" {
		t.Errorf("a pass is annotated: %q", got)
	}
	// At most ten, the failures first, the rest counted.
	var many []VerdictResult
	for i := range 30 {
		many = append(many, VerdictResult{ID: fmt.Sprint("open-", i), Status: "INCONCLUSIVE"})
	}
	for i := range 4 {
		many = append(many, VerdictResult{ID: fmt.Sprint("fails-", i), Status: "FAIL"})
	}
	got = annotations(t, many, false)
	if len(got) != MaxAnnotations || !strings.Contains(got[3], "FAIL fails-3") || !strings.Contains(got[4], "open-0") || !strings.Contains(got[9], "25 more claims did not pass") {
		t.Errorf("%d annotations:\n%s", len(got), strings.Join(got, "\n"))
	}
	if exactly := annotations(t, many[:10], false); len(exactly) != 10 || strings.Contains(exactly[9], "more claims") {
		t.Errorf("ten of ten: %v", exactly)
	}
}

func TestGitHubSummary(t *testing.T) {
	p := samplePage()
	text := GitHubSummary(p, []string{"baseline <b>: 1 drifted"}, MaxGitHubBytes)
	for _, want := range []string{
		"## pastur: 5 claims: 2 PASS, 1 FAIL, 1 INCONCLUSIVE, 1 ERROR\n", "- baseline &lt;b&gt;: 1 drifted\n", "seed 7", "❌ FAIL, drift", "drift: the verdict was PASS, is FAIL<br>",
		"&lt;/script&gt;", "`pastur verify fails`", "<details><summary>2 that passed</summary>", "\n</details>\n", "| exact-zero | ✅ PASS | 0 |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Index(text, "breaks") > strings.Index(text, "fails") || strings.Index(text, "| fails") > strings.Index(text, "| open") {
		t.Error("not the worst first")
	}
	if strings.Contains(text, "<script") || strings.Contains(text, "cut to stay") {
		t.Errorf("markup or a cut: %s", text)
	}
	// Every table row has the header's number of cells.
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "|") {
			if n := len(regexp.MustCompile(`(^|[^\\])\|`).FindAllString(line, -1)); n != 8 {
				t.Errorf("%d bars in %q", n, line)
			}
		}
	}
	// Too much: whole lines, valid UTF-8, within the limit, closed, and it says so.
	p.Results[1].Reason = strings.Repeat("long ", 2000)
	for range 8 {
		p.Results = append(p.Results, p.Results...)
	}
	for _, most := range []int{MaxGitHubBytes, 1 << 30, 50000, 3000, 1500} {
		text := GitHubSummary(p, nil, most)
		if len(text) > min(most, MaxGitHubBytes) || !utf8.ValidString(text) || !strings.HasSuffix(text, "\n") {
			t.Errorf("at most %d: %d bytes", most, len(text))
		}
		if !strings.Contains(text, "more lines were cut") || strings.Count(text, "<details>") != strings.Count(text, "</details>") {
			t.Errorf("at most %d: the cut is not said, or the details are left open", most)
		}
	}
	if text := GitHubSummary(p, nil, 100); text != "" {
		t.Errorf("no room: %q", text)
	}
}
