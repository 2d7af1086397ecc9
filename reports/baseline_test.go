package reports

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pastur/internal/elementary"
	"pastur/replicate"
	"pastur/verdict"
)

// runSuite runs claims about known means and returns their results. offset moves
// the truth of every cell by so many standard deviations.
func runSuite(t testing.TB, seed uint64, offset float64) []VerdictResult {
	t.Helper()
	var results []VerdictResult
	for _, id := range []string{"a", "b"} {
		c := verdict.Claim{ID: id, Statement: id, Kind: verdict.Limit, Target: 10, Good: 0.05, Bad: 0.1,
			Cells: []verdict.Cell{{Key: "cell", New: func() (verdict.Sampler, error) {
				return verdict.SamplerFunc(func(s *replicate.Stream) (num, den float64, err error) { return 10 + offset + s.Normal(), 1, nil }), nil
			}}}}
		v, err := c.Run(t.Context(), verdict.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, Verdict(v, "pastur verify "+id))
	}
	return results
}

func writeBaseline(t testing.TB, seed uint64, results []VerdictResult) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "baseline.json")
	document := &Document{Environment: ThisEnvironment(), Plan: map[string]any{"seed": seed}, Results: results}
	if err := WriteFile(file, document.Write); err != nil {
		t.Fatal(err)
	}
	return file
}

func compare(t testing.TB, file string, results []VerdictResult, seed uint64, portable bool) (Comparison, string) {
	t.Helper()
	b, err := ReadBaseline(file)
	if err != nil {
		t.Fatal(err)
	}
	c := b.Compare(results, seed, func(string) bool { return portable })
	return c, strings.Join(c.Lines(b, results), "\n")
}

func TestBaseline(t *testing.T) {
	file := writeBaseline(t, 1, runSuite(t, 1, 0))
	for _, c := range []struct {
		name     string
		seed     uint64
		portable bool
		change   func(r []VerdictResult) []VerdictResult
		drifted  int
		want     string
	}{
		{"the same", 1, true, nil, 0, "2 claims compared (same seed: equal numbers wanted), no drift"},
		{"the last bit", 1, true, func(r []VerdictResult) []VerdictResult {
			r[0].Cells[0].Estimate = Float(math.Nextafter(float64(r[0].Cells[0].Estimate), 0))
			return r
		}, 1, "DRIFT a: cell: the estimate was "},
		{"the last bit, through BLAS", 1, false, func(r []VerdictResult) []VerdictResult {
			r[0].Estimate = Float(math.Nextafter(float64(r[0].Estimate), 0))
			return r
		}, 0, "no drift"},
		{"a millionth, through BLAS", 1, false, func(r []VerdictResult) []VerdictResult { r[1].Estimate *= 1 + 1e-6; return r }, 1, "DRIFT b: the estimate was "},
		{"1e-8, through BLAS", 1, false, func(r []VerdictResult) []VerdictResult { r[1].Estimate *= 1 + 1e-8; return r }, 1, "must be equal to 1e-09"},
		{"1e-10, through BLAS", 1, false, func(r []VerdictResult) []VerdictResult { r[1].Estimate *= 1 + 1e-10; return r }, 0, "no drift"},
		{"another number of replicates", 1, false, func(r []VerdictResult) []VerdictResult { r[1].Cells[0].Replicates++; return r }, 1, "replicates"},
		{"another verdict", 1, true, func(r []VerdictResult) []VerdictResult { r[0].Status = "INCONCLUSIVE"; return r }, 1, "DRIFT a: the verdict was PASS, is INCONCLUSIVE"},
		{"another claim", 1, true, func(r []VerdictResult) []VerdictResult { r[0].Good.Hi = 11; return r }, 1, "DRIFT a: the claim changed: GOOD was [9.5,10.5], is [9.5,11]"},
		{"other cells", 1, true, func(r []VerdictResult) []VerdictResult { r[0].Cells[0].Cell = "C=2"; return r }, 1, `the list of cells was ["cell"], is ["C=2"]`},
		{"a new claim", 1, true, func(r []VerdictResult) []VerdictResult {
			n := r[0]
			n.ID = "c"
			return append(r, n)
		}, 0, "new c: not in the baseline, not compared"},
		{"one not run", 1, true, func(r []VerdictResult) []VerdictResult { return r[:1] }, 0, "1 claim compared (same seed: equal numbers wanted), no drift, 1 of the baseline not run"},
		{"another seed", 2, true, nil, 0, "its seed was 1: 5.03 standard errors allowed, false alarm 0.0001 in all), no drift"},
	} {
		t.Run(c.name, func(t *testing.T) {
			results := runSuite(t, c.seed, 0)
			if c.change != nil {
				results = c.change(results)
			}
			got, lines := compare(t, file, results, c.seed, c.portable)
			if got.Drifted != c.drifted || !strings.Contains(lines, c.want) {
				t.Errorf("%d drifted, want %d and %q in\n%s", got.Drifted, c.drifted, c.want, lines)
			}
		})
	}
}

// Under other seeds a baseline is quiet, and sees a shift well beyond its
// threshold: 0.3 standard deviations are 6.8 standard errors of a difference of
// two means of 1024.
func TestBaselineOfAnotherSeed(t *testing.T) {
	file := writeBaseline(t, 1, runSuite(t, 1, 0))
	for seed := uint64(2); seed < 60; seed++ {
		if c, lines := compare(t, file, runSuite(t, seed, 0), seed, true); c.Drifted > 0 {
			t.Errorf("seed %d: %s", seed, lines)
		}
	}
	if c, lines := compare(t, file, runSuite(t, 60, 0.3), 60, true); c.Drifted != 2 || !strings.Contains(lines, "DRIFT a: cell: the estimate was") || !strings.Contains(lines, "standard errors apart, 5.0 allowed") {
		t.Errorf("a shift of 0.3 is not seen: %s", lines)
	}
}

// Under another seed a difference counts in standard errors of the difference: those of
// the baseline and of the new run enter alike, whichever is the larger.
func TestBaselineCountsBothErrors(t *testing.T) {
	set := func(r []VerdictResult, estimate, se float64) []VerdictResult {
		c := &r[0].Cells[0]
		c.Estimate = Float(estimate)
		c.Interval = verdict.Interval{Lo: estimate - 1.959963984540054*se, Hi: estimate + 1.959963984540054*se}
		return r
	}
	results := runSuite(t, 1, 0)
	for _, se := range [][2]float64{{0.02, 0.02}, {0.03, 0.01}, {0.01, 0.03}, {0.03, 0.0001}} {
		file := writeBaseline(t, 1, set(results, 10, se[0]))
		for _, of := range []float64{-1.01, -0.99, 0.99, 1.01} {
			threshold := elementary.NormalUpperQuantile(BaselineAlarm / (2 * baselineLooks * baselineLooks * 2)) // 2 cells
			got, lines := compare(t, file, set(results, 10+of*threshold*math.Hypot(se[0], se[1]), se[1]), 2, true)
			if want := math.Abs(of) > 1; (got.Drifted == 1) != want {
				t.Errorf("errors %v, %v of the threshold: %d drifted\n%s", se, of, got.Drifted, lines)
			}
		}
	}
}

func TestBadBaseline(t *testing.T) {
	file := writeBaseline(t, 1, runSuite(t, 1, 0))
	good, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, c := range []struct{ name, content, want string }{
		{"empty", "", "is truncated after 0 bytes"},
		{"truncated", string(good[:len(good)-200]), "is truncated after"},
		{"no JSON", "seed = 1", "not the JSON of pastur verify"},
		{"twice", string(good) + string(good), "something after"},
		{"other version", strings.Replace(string(good), Version, "0.0.9", 1), "written by pastur 0.0.9, this is " + Version},
		{"other command", `{"environment": {"pastur": "` + Version + `"}, "plan": {}, "results": [{}]}`, "not the output of pastur verify"},
		{"no results", `{"environment": {"pastur": "` + Version + `"}, "plan": {"seed": 1}, "results": []}`, "not the output of pastur verify"},
		{"no verdict", `{"environment": {"pastur": "` + Version + `"}, "plan": {"seed": 1}, "results": [{"id": "a"}]}`, "result 1 is not a verdict"},
		{"null", `{"environment": {"pastur": "` + Version + `"}, "plan": {"seed": 1}, "results": [null]}`, "result 1 is not a verdict"},
		{"odd status", strings.Replace(string(good), `"PASS"`, `"MAYBE"`, 1), `unknown status "MAYBE"`},
		{"one twice", strings.Replace(string(good), `"id": "b"`, `"id": "a"`, 1), "claim a appears twice"},
		{"type", strings.Replace(string(good), `"status": "PASS"`, `"status": 1`, 1), "not the JSON of pastur verify: results.status cannot be number;"},
		{"a list", "[]", "not the JSON of pastur verify, which is one object: got array;"},
		{"a number", "3", "not the JSON of pastur verify, which is one object: got number;"},
		{"an interval that is none", strings.Replace(string(good), `"good": [`, `"good": "x", "goods": [`, 1), "not the JSON of pastur verify: "},
	} {
		path := filepath.Join(dir, "bad.json")
		if err := os.WriteFile(path, []byte(c.content), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := ReadBaseline(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path+": ") || strings.ContainsAny(err.Error(), "\n{") || strings.Contains(err.Error(), "Go ") {
			t.Errorf("%s: error %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ReadBaseline(filepath.Join(dir, "missing.json")); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing: %v", err)
	}
	b, err := ReadBaseline(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Check("mine", func(id string) bool { return id == "a" }); err == nil || !strings.Contains(err.Error(), `unknown claim "b": suite mine has none`) {
		t.Errorf("unknown claim: %v", err)
	}
}

// Whatever a baseline file holds, reading it ends in an error or in something
// that can be compared.
func FuzzReadBaseline(f *testing.F) {
	results := runSuite(f, 1, 0)
	var good bytes.Buffer
	document := &Document{Environment: ThisEnvironment(), Plan: map[string]any{"seed": 1}, Results: results}
	if err := document.Write(&good); err != nil {
		f.Fatal(err)
	}
	f.Add(good.Bytes())
	f.Add([]byte(`{"environment": {"pastur": "` + Version + `"}, "plan": {"seed": 1}, "results": [{"id":"a","kind":"limit","status":"PASS","target":1,"good":[1,2],"alpha":0.1,"cells":[{"cell":"cell"}]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		file := filepath.Join(t.TempDir(), "b.json")
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		b, err := ReadBaseline(file)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("more than a line: %q", err)
			}
			return
		}
		for _, seed := range []uint64{b.Seed, b.Seed + 1} {
			mine := append([]VerdictResult(nil), results...)
			c := b.Compare(mine, seed, func(string) bool { return true })
			c.Lines(b, mine)
		}
	})
}

// Claims of kind exact have no alpha and identities a target of 1; baselines from
// when they were written with an alpha and with 0 are read as well.
func TestBaselineOfAnEarlierForm(t *testing.T) {
	same := verdict.Cell{Key: "x", First: 8, New: func() (verdict.Sampler, error) {
		return verdict.SamplerFunc(func(s *replicate.Stream) (num, den float64, err error) { return 10 + s.Normal(), 10 + s.Normal(), nil }), nil
	}}
	zero, other := same, same
	zero.New = func() (verdict.Sampler, error) {
		return verdict.SamplerFunc(func(*replicate.Stream) (num, den float64, err error) { return 0, 1, nil }), nil
	}
	other.Key = "y"
	var results []VerdictResult
	for _, c := range []verdict.Claim{
		{ID: "exact", Kind: verdict.Exact, Good: 1e-9, Looks: 1, Cells: []verdict.Cell{zero}},
		{ID: "identity", Kind: verdict.Identity, Bad: 0.1, Cells: []verdict.Cell{same, other}},
	} {
		v, err := c.Run(t.Context(), verdict.Options{Seed: 1})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, Verdict(v, ""))
	}
	file := writeBaseline(t, 1, results)
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(data); strings.Count(got, `"target": 1,`) != 1 || strings.Count(got, `"alpha": null,`) != 1 {
		t.Fatalf("want one target of 1 and one alpha that is null:\n%s", got)
	}
	old := strings.Replace(strings.Replace(string(data), `"target": 1,`, `"target": 0,`, 1), `"alpha": null,`, `"alpha": 0.01,`, 1)
	for name, text := range map[string]string{"new": string(data), "old": old} {
		if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if c, lines := compare(t, file, results, 1, true); c.Drifted > 0 {
			t.Errorf("%s: %s", name, lines)
		}
	}
	broken := strings.Replace(string(data), `"alpha": 0.01,`, `"alpha": null,`, 1)
	if err := os.WriteFile(file, []byte(broken), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadBaseline(file); broken == string(data) || err == nil {
		t.Error("a baseline with an identity of no alpha is read")
	}
}
