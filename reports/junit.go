package reports

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"pastur/verdict"
)

type junitSuites struct {
	XMLName  xml.Name   `xml:"testsuites"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Suite    junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	Classname string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr,omitempty"`
	Failure   *junitOutcome `xml:"failure"`
	Error     *junitOutcome `xml:"error"`
	Skipped   *junitOutcome `xml:"skipped"`
	Output    string        `xml:"system-out,omitempty"`
}

type junitOutcome struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes verdicts as JUnit XML, as Jenkins' junit-10.xsd has it: FAIL
// and drift from a baseline are failures, ERROR an error, INCONCLUSIVE skipped,
// or a failure if strict.
func WriteJUnit(w io.Writer, suite string, results []VerdictResult, strict bool) error {
	out := junitSuites{Name: "pastur", Suite: junitSuite{Name: suite}}
	for i := range results {
		r := &results[i]
		c := junitCase{Name: r.ID, Classname: "pastur." + strings.TrimSuffix(suite, ".toml")}
		if r.Seconds != nil {
			c.Time = fmt.Sprintf("%.3f", *r.Seconds)
		}
		outcome := &junitOutcome{Message: r.Reason, Type: r.Status, Text: r.describe()}
		switch status := verdict.Status(r.Status); {
		case status == verdict.Pass && len(r.Drift) > 0:
			outcome.Type, outcome.Message = "DRIFT", r.Drift[0]
			c.Failure = outcome
			out.Failures++
		case status == verdict.Pass:
		case status == verdict.Errored:
			c.Error = outcome
			out.Errors++
		case status == verdict.Fail || strict:
			c.Failure = outcome
			out.Failures++
		default:
			c.Skipped = &junitOutcome{Message: r.Reason}
			out.Suite.Skipped++
		}
		if c.Failure == nil && c.Error == nil { // which say it themselves
			c.Output = r.describe()
		}
		out.Suite.Cases = append(out.Suite.Cases, c)
	}
	out.Tests = len(results)
	out.Suite.Tests, out.Suite.Failures, out.Suite.Errors = out.Tests, out.Failures, out.Errors
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(out); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// describe says in a few lines what was claimed and found.
func (r *VerdictResult) describe() string {
	lines := []string{r.Status + ": " + r.Statement}
	if r.Source != "" {
		lines = append(lines, "source: "+r.Source)
	}
	if r.Replicates > 0 {
		lines = append(lines, fmt.Sprintf("estimate %.6g, interval %s, GOOD %s, %s, %s", float64(r.Estimate),
			halfLine(float64(r.Lo), float64(r.Hi), 6, Significant), halfLine(r.Good.Lo, r.Good.Hi, 6, Significant),
			numbered(r.Replicates, "replicate"), numbered(int64(r.Looks), "look")))
	}
	if r.Reason != "" {
		lines = append(lines, r.Reason)
	}
	for _, d := range r.Drift {
		lines = append(lines, "drift: "+d)
	}
	return strings.Join(append(lines, "rerun: "+r.Rerun), "\n") + "\n"
}

// numbered is "1 look", "2 looks".
func numbered(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
