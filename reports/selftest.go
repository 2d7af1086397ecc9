package reports

import (
	"fmt"

	"pastur/theorem/catalogue/planted"
	"pastur/verdict"
	"pastur/verdict/selftest"
)

// ErrorRateResult is what one case of the self-test showed at its two edges.
type ErrorRateResult struct {
	Table      string          `json:"table"` // "error rates"
	Kind       string          `json:"kind"`
	Variant    string          `json:"variant,omitempty"`
	Samples    string          `json:"samples"`
	Null       selftest.Counts `json:"edge_of_good"`
	AlarmLevel float64         `json:"alarm_level"`
	AlarmLimit int             `json:"alarm_limit"`
	Edge       selftest.Counts `json:"edge_of_bad"`
	MissLevel  float64         `json:"miss_level"`
	MissLimit  int             `json:"miss_limit"`
	OK         bool            `json:"ok"`
	Warnings   []string        `json:"warnings"`
}

// KillResult is what became of one planted error.
type KillResult struct {
	Table    string   `json:"table"` // "planted errors"
	Planted  string   `json:"planted"`
	Claim    string   `json:"claim"`
	Fate     string   `json:"fate"`
	Seeds    int      `json:"seeds"`
	Killed   int      `json:"killed"`
	Refused  int      `json:"refused"`
	Survived int      `json:"survived"`
	Errors   int      `json:"errors"`
	Median   *int64   `json:"median_replicates"`
	Most     *int64   `json:"most_replicates"`
	Healthy  int      `json:"healthy_passes"`
	OK       bool     `json:"ok"`
	Warnings []string `json:"warnings"`
}

// SelfTest is the outcome of a self-test, as results and as tables.
type SelfTest struct {
	Results []any
	Tables  [2]*Table
	Broken  int // rows that are not OK
}

// NewSelfTest lays out what was measured.
func NewSelfTest(rates []selftest.Calibration, deaths []selftest.Death) *SelfTest {
	s := &SelfTest{}
	s.Tables[0], s.Tables[1] = s.errorRates(rates), s.kills(deaths)
	last := fmt.Sprintf("%d rows: all ok", len(s.Results))
	if s.Broken > 0 {
		last = fmt.Sprintf("%d rows: %d BROKEN", len(s.Results), s.Broken)
	}
	s.Tables[1].Notes = append(s.Tables[1].Notes, "", last)
	return s
}

// Together returns both tables as one, for CSV: the first column says which a row
// is of, and the columns of the other are empty.
func (s *SelfTest) Together() *Table {
	all := &Table{Columns: []Column{left("table", "table")}}
	for k, name := range []string{"error rates", "planted errors"} {
		t, from := s.Tables[k], len(all.Columns)
		all.Columns = append(all.Columns, t.Columns...)
		for _, cells := range t.Rows {
			row := append([]Cell{Text(name)}, make([]Cell, from-1)...)
			all.Rows = append(all.Rows, append(row, cells...))
		}
	}
	for i, row := range all.Rows {
		all.Rows[i] = append(row, make([]Cell, len(all.Columns)-len(row))...)
	}
	return all
}

func left(header, field string) Column  { return Column{Header: header, Field: field, Left: true} }
func right(header, field string) Column { return Column{Header: header, Field: field} }

// state says whether a row is as it should be, and counts those that are not.
func (s *SelfTest) state(ok bool) Cell {
	if ok {
		return Text("ok")
	}
	s.Broken++
	return Text("BROKEN")
}

func (s *SelfTest) errorRates(rates []selftest.Calibration) *Table {
	t := &Table{
		Columns: []Column{
			left("claim", "kind"), left("samples", "samples"),
			right("alarms", "alarms"), right("limit", "alarm_limit"), right("PASS", "good_pass"), right("FAIL", "good_fail"), right("INCONCL.", "good_inconclusive"),
			right("misses", "misses"), right("limit", "miss_limit"), right("FAIL", "bad_fail"), right("PASS", "bad_pass"), right("INCONCL.", "bad_inconclusive"),
			left("state", "state"),
		},
		Notes: []string{
			"With the truth at the edge of GOOD (left half) and of BAD (right half). Alarms: an interval excluded GOOD (FAIL, or",
			"INCONCLUSIVE in the gap); misses: an interval excluded BAD (PASS, or in the gap). Chance takes either beyond its limit",
			fmt.Sprintf("with probability %g. Other INCONCLUSIVE: the tail gate refused the sample, or the budget was spent.", selftest.FalseAlarm),
		},
	}
	runs := 0
	for i := range rates {
		c := &rates[i]
		runs = c.Null.Runs
		percent := func(n int) Cell {
			return Cell{fmt.Sprintf("%.1f %%", 100*float64(n)/float64(runs)), float64(n) / float64(runs)}
		}
		inconclusive := func(k *selftest.Counts) Cell { return percent(k.Gap + k.Gate + k.Budget) }
		name := string(c.Case.Kind)
		if c.Case.Variant != "" {
			name += ", " + c.Case.Variant
		}
		t.Rows = append(t.Rows, []Cell{
			Text(name), Text(c.Case.Population.Name), Count(c.Null.ExcludesGood), Count(c.AlarmLimit), percent(c.Null.Pass), percent(c.Null.Fail), inconclusive(&c.Null),
			Count(c.Edge.ExcludesBad), Count(c.MissLimit), percent(c.Edge.Fail), percent(c.Edge.Pass), inconclusive(&c.Edge), s.state(c.OK()),
		})
		s.Results = append(s.Results, ErrorRateResult{
			"error rates", string(c.Case.Kind), c.Case.Variant, c.Case.Population.Name, c.Null, c.AlarmLevel, c.AlarmLimit, c.Edge, c.MissLevel, c.MissLimit, c.OK(), []string{},
		})
	}
	t.Title = fmt.Sprintf("Error rates: %d runs at each edge, alpha = beta = %v, %d looks", runs, selftest.Level, selftest.Looks)
	return t
}

func (s *SelfTest) kills(deaths []selftest.Death) *Table {
	t := &Table{
		Columns: []Column{
			left("planted error", "planted"), left("in the claim", "claim"), right("killed", "killed"), right("median", "median_replicates"), right("most", "most_replicates"),
			right("refused", "refused"), right("survived", "survived"), right("healthy PASS", "healthy_passes"), left("state", "fate"),
		},
		Notes: []string{
			"Killed: FAIL, after so many replicates over all cells (median and most); refused: INCONCLUSIVE; survived: PASS. Healthy:",
			"how often the same claim without the error PASSes, with the same seeds.",
		},
	}
	seeds := 0
	for i := range deaths {
		d := &deaths[i]
		seeds = d.Seeds
		r := KillResult{"planted errors", d.Mutant.Name, d.Mutant.Claim, string(d.Mutant.Fate), d.Seeds, d.Killed, d.Refused, d.Survived, d.Errors, nil, nil, d.Healthy, d.OK(), []string{}}
		median, most := Cell{Text: "-"}, Cell{Text: "-"}
		if d.Killed > 0 {
			r.Median, r.Most = &d.Median, &d.Most
			median, most = Count(d.Median), Count(d.Most)
		}
		state := s.state(d.OK())
		if d.Mutant.Fate != selftest.Dies && d.OK() {
			state = Text("ok: " + string(d.Mutant.Fate))
		}
		s.Results = append(s.Results, r)
		t.Rows = append(t.Rows, []Cell{
			Text(d.Mutant.Name), Text(d.Mutant.Claim), Count(d.Killed), median, most, Count(d.Refused), Count(d.Survived), Count(d.Healthy), state,
		})
	}
	t.Title = fmt.Sprintf("Planted errors: %d seeds each, alpha %v (%v in claims of suite %s), beta %v", seeds, verdict.DefaultAlpha, planted.Alpha, planted.Suite, verdict.DefaultBeta)
	return t
}
