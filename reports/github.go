package reports

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"pastur/verdict"
)

// What GitHub shows at the most: annotations of a step, and bytes of its
// summary (1 MiB; a longer one is dropped whole).
const (
	MaxAnnotations  = 10
	MaxGitHubBytes  = 1 << 20
	summaryHeadroom = 1 << 10
)

// severity orders results for GitHub: what must be seen first comes first.
func (r *VerdictResult) severity() int {
	switch status := verdict.Status(r.Status); {
	case status == verdict.Errored:
		return 0
	case status == verdict.Fail:
		return 1
	case len(r.Drift) > 0:
		return 2
	case status == verdict.Inconclusive:
		return 3
	}
	return 4
}

func bySeverity(results []VerdictResult) []*VerdictResult {
	var all []*VerdictResult
	for i := range results {
		all = append(all, &results[i])
	}
	slices.SortStableFunc(all, func(a, b *VerdictResult) int { return a.severity() - b.severity() })
	return all
}

// WriteGitHubAnnotations writes a workflow command for each claim that is not a
// clean PASS, errors and failures first, at most [MaxAnnotations] lines: if
// there are more, the last says how many.
func WriteGitHubAnnotations(w io.Writer, results []VerdictResult, strict bool) error {
	var lines []string
	for _, r := range bySeverity(results) {
		level := "error"
		switch r.severity() {
		case 3:
			if !strict {
				level = "warning"
			}
		case 4:
			continue
		}
		title := r.Status + " " + r.ID
		message := r.Statement + "\n" + r.Reason
		if len(r.Drift) > 0 {
			title = "DRIFT " + r.ID
			if r.Status != string(verdict.Pass) {
				title = r.Status + " and drift: " + r.ID
			}
			message += "\ndrift: " + strings.Join(r.Drift, "; ")
		}
		lines = append(lines, workflowCommand(level, title, message+"\nrerun: "+r.Rerun))
	}
	if n := len(lines); n > MaxAnnotations {
		lines = append(lines[:MaxAnnotations-1], workflowCommand("error", "more", fmt.Sprintf("%d more claims did not pass: see the summary", n-MaxAnnotations+1)))
	}
	for _, line := range lines {
		if _, err := io.WriteString(w, line+"\n"); err != nil {
			return err
		}
	}
	return nil
}

// workflowCommand escapes as the runner unescapes: % and line ends in the
// message, colons and commas too in a property.
func workflowCommand(level, title, message string) string {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	return "::" + level + " title=" + property.Replace(title) + "::" + data.Replace(message)
}

var gitHubMarks = map[verdict.Status]string{verdict.Pass: "✅", verdict.Fail: "❌", verdict.Inconclusive: "❔", verdict.Errored: "💥"}

// GitHubSummary returns the run as GitHub-flavoured Markdown of at most the
// given number of bytes, whole lines only: first what did not pass, with reason
// and the command to run it again, then the other claims folded away.
func GitHubSummary(p *Page, notes []string, most int) string {
	const header = "| claim | verdict | estimate | interval | GOOD | BAD | replicates |\n|:--|:--|--:|:--|:--|:--|--:|\n"
	s := &boundedText{room: min(most, MaxGitHubBytes) - summaryHeadroom}
	s.put("## pastur: %s\n\nSuite %s, seed %d, alpha %v in all, beta %v a claim. Run again: %s\n\n", Summary(p.Results), markdownText(p.Suite), p.Seed, p.Alpha, p.Beta, markdownCode(p.Command))
	for _, n := range notes {
		s.put("- %s\n", markdownText(n))
	}
	s.put("\n")
	row := func(r *VerdictResult) {
		estimate, interval := r.shown()
		status := gitHubMarks[verdict.Status(r.Status)] + " " + r.Status
		if len(r.Drift) > 0 {
			status += ", drift"
		}
		good, bad := setTexts(r.Kind, r.Good, r.Bad)
		s.put("| %s | %s | %s | %s | %s | %s | %d |\n", markdownText(r.ID), status, estimate, markdownText(interval), markdownText(good), markdownText(bad), r.Replicates)
	}
	all := bySeverity(p.Results)
	passed := slices.IndexFunc(all, func(r *VerdictResult) bool { return r.severity() == 4 })
	if passed < 0 {
		passed = len(all)
	}
	if passed > 0 {
		s.put(header)
		for _, r := range all[:passed] {
			row(r)
		}
		s.put("\n")
		for _, r := range all[:passed] {
			drift := ""
			for _, d := range r.Drift {
				drift += "drift: " + markdownText(d) + "<br>"
			}
			s.put("**%s %s**: %s<br>%s<br>%s%s\n\n", r.Status, markdownText(r.ID), markdownText(r.Statement), markdownText(r.Reason), drift, markdownCode(r.Rerun))
		}
	}
	if rest := all[passed:]; len(rest) > 0 {
		if s.put("<details><summary>%d that passed</summary>\n\n%s", len(rest), header) {
			for _, r := range rest {
				row(r)
			}
			s.WriteString("\n</details>\n") // of the headroom
		}
	}
	if s.cut > 0 && s.Len() > 0 {
		fmt.Fprintf(s, "\n%d more lines were cut to stay within GitHub's limit.\n", s.cut)
	}
	return s.String()
}

// boundedText takes text while there is room, and counts what there was none
// for; after the first cut it takes no more.
type boundedText struct {
	strings.Builder
	room, cut int
}

func (b *boundedText) put(format string, args ...any) bool {
	text := fmt.Sprintf(format, args...)
	if b.cut > 0 || b.Len()+len(text) > b.room {
		b.cut++
		return false
	}
	b.WriteString(text)
	return true
}

// markdownText escapes what Markdown or HTML would take for markup.
func markdownText(s string) string {
	return strings.NewReplacer(`\`, `\\`, "&", "&amp;", "<", "&lt;", ">", "&gt;", "|", `\|`, "*", `\*`, "_", `\_`, "`", "\\`", "[", `\[`, "\r", " ", "\n", " ").Replace(s)
}

// markdownCode makes a code span, between more backticks than there are in it.
func markdownCode(s string) string {
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 {
		s = " " + s + " " // a space on either side is not part of it
	}
	return fence + s + fence
}
