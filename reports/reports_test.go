package reports

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"

	"pastur/verdict"
)

func TestUncertain(t *testing.T) {
	for _, c := range []struct {
		x, half float64
		want    string
	}{
		{1.98993, 0.0012, "1.9899(12)"},
		{0.0166076, 0.000058, "0.016608(58)"},
		{1.9676e-6, 1.9e-9, "1.9676(19)e-06"},
		{2323.41, 2.04, "2323.4(20)"},
		{-3.14159, 0.25, "-3.14(25)"},
		{0, 0.013, "0.000(13)"},
		{12345, 678, "12345(678)"},
		{0.5, 0.0996, "0.50(10)"},
		{1, 0, "1"},
		{1, math.Inf(1), "1"},
		{math.Inf(1), 1, "inf"},
	} {
		if got := Uncertain(c.x, c.half); got != c.want {
			t.Errorf("Uncertain(%v, %v) = %s, want %s", c.x, c.half, got, c.want)
		}
	}
}

func TestDigits(t *testing.T) {
	for _, c := range []struct {
		x      float64
		digits int
		want   string
	}{
		{1.93e-6, 5, "1.9300e-06"}, {0.01655, 6, "0.0165500"}, {1, 4, "1.000"}, {-1.98, 3, "-1.98"},
		{0.99999, 3, "1.00"}, {1234.5, 6, "1234.50"}, {0, 6, "0"}, {math.Inf(-1), 3, "-inf"}, {123456789, 9, "123456789"},
	} {
		if got := Digits(c.x, c.digits); got != c.want {
			t.Errorf("Digits(%v, %d) = %s, want %s", c.x, c.digits, got, c.want)
		}
	}
}

func TestTable(t *testing.T) {
	x := 0.016596347597513935
	table := Table{
		Title:   "A title",
		Columns: []Column{{Header: "C^2 R", Field: "scaled"}, {Header: "name", Field: "name", Left: true}, {Field: "hidden_field"}},
		Rows: [][]Cell{
			{Number(&x, 4), Text("a|b"), {Value: 3}},
			{Number(nil, 4), Text("longer name"), {Value: nil}},
		},
		Notes: []string{"a note"},
	}
	for _, c := range []struct {
		name  string
		write func(io.Writer) error
		want  string
	}{
		{"text", table.WriteText, "A title\n\n  C^2 R  name\n---------------------\n 0.0166  a|b\n      -  longer name\n\na note\n"},
		{"markdown", table.WriteMarkdown, "A title\n\n|  C^2 R | name        |\n|-------:|:------------|\n| 0.0166 | a\\|b        |\n|      - | longer name |\n\na note\n"},
		{"csv", table.WriteCSV, "scaled,name,hidden_field\n0.016596347597513935,a|b,3\n,longer name,\n"},
	} {
		var out bytes.Buffer
		if err := c.write(&out); err != nil || out.String() != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", c.name, err, out.String(), c.want)
		}
	}
}

// Two failures and one error, at both levels: counts that are swapped show.
func TestJUnit(t *testing.T) {
	results := []VerdictResult{
		{ID: "a", Status: "PASS"}, {ID: "b", Status: "FAIL", Reason: "x < y & \"z\""},
		{ID: "c", Status: "INCONCLUSIVE"}, {ID: "d", Status: "ERROR"}, {ID: "e", Status: "FAIL"},
	}
	for _, strict := range []bool{false, true} {
		var out bytes.Buffer
		if err := WriteJUnit(&out, "suite", results, strict); err != nil {
			t.Fatal(err)
		}
		var got junitSuites
		if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
			t.Fatal(err)
		}
		failures, skipped := 2, 1
		if strict {
			failures, skipped = 3, 0
		}
		if got.Tests != 5 || got.Failures != failures || got.Errors != 1 {
			t.Errorf("strict %v: %+v", strict, got)
		}
		if s := got.Suite; s.Tests != 5 || s.Failures != failures || s.Errors != 1 || s.Skipped != skipped {
			t.Errorf("strict %v: suite %+v", strict, s)
		}
		counts := [3]int{}
		for _, c := range got.Suite.Cases {
			for k, outcome := range []*junitOutcome{c.Failure, c.Error, c.Skipped} {
				if outcome != nil {
					counts[k]++
				}
			}
		}
		if want := [3]int{failures, 1, skipped}; counts != want {
			t.Errorf("strict %v: %v failures, errors and skipped among the cases, want %v", strict, counts, want)
		}
		if got.Suite.Cases[1].Failure == nil || got.Suite.Cases[1].Failure.Message != results[1].Reason || got.Suite.Cases[0].Failure != nil {
			t.Errorf("cases: %+v", got.Suite.Cases)
		}
	}
}

// What a case says: each thing once, and nothing that is not there.
func TestJUnitWords(t *testing.T) {
	results := []VerdictResult{
		{ID: "a", Status: "PASS", Statement: "s", Source: "who", Estimate: 0.5, Lo: Float(math.Inf(-1)), Hi: 0.6, Good: verdict.Interval{Lo: math.Inf(-1), Hi: 1}, Replicates: 4096, Looks: 1, Reason: "why", Rerun: "again"},
		{ID: "b", Status: "FAIL", Statement: "s", Estimate: 2, Lo: 1.5, Hi: 2.5, Good: verdict.Interval{Lo: 0.9, Hi: 1.1}, Replicates: 1, Looks: 2, Reason: "why", Rerun: "again"},
		{ID: "c", Status: "ERROR", Statement: "s", Estimate: Float(math.NaN()), Reason: "boom", Rerun: "again"},
	}
	var out bytes.Buffer
	if err := WriteJUnit(&out, "suite", results, false); err != nil {
		t.Fatal(err)
	}
	var got junitSuites
	if err := xml.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	cases := got.Suite.Cases
	for what, pair := range map[string][2]string{
		"output of PASS":  {cases[0].Output, "PASS: s\nsource: who\nestimate 0.5, interval <= 0.6, GOOD <= 1, 4096 replicates, 1 look\nwhy\nrerun: again\n"},
		"text of FAIL":    {cases[1].Failure.Text, "FAIL: s\nestimate 2, interval [1.5, 2.5], GOOD [0.9, 1.1], 1 replicate, 2 looks\nwhy\nrerun: again\n"},
		"output of FAIL":  {cases[1].Output, ""},
		"text of ERROR":   {cases[2].Error.Text, "ERROR: s\nboom\nrerun: again\n"},
		"output of ERROR": {cases[2].Output, ""},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %q, want %q", what, pair[0], pair[1])
		}
	}
}

func TestSummary(t *testing.T) {
	if got := Summary([]VerdictResult{{Status: "PASS"}}); got != "1 claim: all PASS" {
		t.Error(got)
	}
	got := Summary([]VerdictResult{{Status: "ERROR"}, {Status: "PASS"}, {Status: "INCONCLUSIVE"}, {Status: "FAIL"}, {Status: "PASS"}})
	if want := "5 claims: 2 PASS, 1 FAIL, 1 INCONCLUSIVE, 1 ERROR"; got != want {
		t.Error(got)
	}
}

func TestFloatJSON(t *testing.T) {
	for x, want := range map[float64]string{math.Inf(1): "null", 0.1: "0.1"} {
		if got, err := Float(x).MarshalJSON(); err != nil || string(got) != want {
			t.Errorf("%v: %s, %v", x, got, err)
		}
	}
	if s := strings.TrimSpace(ThisEnvironment().Pastur); s != Version {
		t.Error(s)
	}
}
