package reports

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"pastur/internal/atomicfile"
	"pastur/internal/elementary"
	"pastur/verdict"
)

// BaselineAlarm is the chance that a comparison with a baseline of another seed
// finds drift where there is none, over all cells compared, as far as their
// intervals can be trusted.
const BaselineAlarm = 1e-4

// baselineLooks bounds the looks at which either of two estimates may have
// stopped. Stopping depends on the estimates, so each pair of looks counts.
const baselineLooks = 10

// baselineTolerance is the relative difference allowed, under the same seed, to
// results that pass through BLAS: another build rounds otherwise.
const baselineTolerance = 1e-9

// Baseline is an earlier `pastur verify --format json`.
type Baseline struct {
	Path  string
	Seed  uint64
	order []string
	claim map[string]*baselineClaim
}

type baselineClaim struct {
	ID       string             `json:"id"`
	Kind     string             `json:"kind"`
	Status   string             `json:"status"`
	Estimate *float64           `json:"estimate"`
	Target   *float64           `json:"target"`
	Good     *verdict.Interval  `json:"good"`
	Bad      []verdict.Interval `json:"bad"`
	Alpha    *float64           `json:"alpha"`
	Cells    []baselineCell     `json:"cells"`
}

type baselineCell struct {
	Cell       string            `json:"cell"`
	Estimate   *float64          `json:"estimate"`
	Interval   *verdict.Interval `json:"interval"`
	Replicates int64             `json:"replicates"`
}

// ReadBaseline reads a baseline. Anything but a whole document of this version
// is an error that says what is wrong with it.
func ReadBaseline(path string) (*Baseline, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, atomicfile.Reason(err))
	}
	fail := func(format string, args ...any) (*Baseline, error) {
		return nil, fmt.Errorf("%s: %s; --update-baseline writes a new one", path, fmt.Sprintf(format, args...))
	}
	var document struct {
		Environment struct {
			Pastur string `json:"pastur"`
		} `json:"environment"`
		Plan struct {
			Seed *uint64 `json:"seed"`
		} `json:"plan"`
		Results []*baselineClaim `json:"results"`
	}
	decoder := json.NewDecoder(strings.NewReader(string(data)))
	if err := decoder.Decode(&document); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return fail("the file is truncated after %d bytes", len(data))
		}
		var odd *json.UnmarshalTypeError
		switch {
		case errors.As(err, &odd) && odd.Field == "":
			return fail("not the JSON of pastur verify, which is one object: got %s", odd.Value)
		case errors.As(err, &odd):
			return fail("not the JSON of pastur verify: %s cannot be %s", odd.Field, odd.Value)
		}
		return fail("not the JSON of pastur verify: %v", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return fail("there is something after the JSON document")
	}
	switch {
	case document.Environment.Pastur == "" || document.Plan.Seed == nil || len(document.Results) == 0:
		return fail("not the output of pastur verify --format json: environment, plan.seed or results are missing")
	case document.Environment.Pastur != Version:
		return fail("written by pastur %s, this is %s", document.Environment.Pastur, Version)
	}
	b := &Baseline{Path: path, Seed: *document.Plan.Seed, claim: map[string]*baselineClaim{}}
	for i, c := range document.Results {
		switch {
		case c == nil || c.ID == "" || c.Good == nil || c.Target == nil || c.Alpha == nil && c.Kind != string(verdict.Exact):
			return fail("result %d is not a verdict", i+1)
		case !slices.Contains(statuses, verdict.Status(c.Status)):
			return fail("claim %s: unknown status %q", c.ID, c.Status)
		case b.claim[c.ID] != nil:
			return fail("claim %s appears twice", c.ID)
		}
		b.order = append(b.order, c.ID)
		b.claim[c.ID] = c
	}
	return b, nil
}

// Check reports the first claim of the baseline that the suite does not know.
func (b *Baseline) Check(suite string, known func(id string) bool) error {
	for _, id := range b.order {
		if !known(id) {
			return fmt.Errorf("%s: unknown claim %q: suite %s has none; --update-baseline writes a new one", b.Path, id, suite)
		}
	}
	return nil
}

// Comparison is the outcome of comparing results with a baseline.
type Comparison struct {
	Compared  int      // claims
	Drifted   int      // claims
	New       []string // claims that the baseline does not have
	NotRun    int      // claims of the baseline that were not run
	Threshold float64  // standard errors allowed, 0 under the same seed
}

// Compare looks for drift and names it in the results. Under the seed of the
// baseline, claims that are portable must be equal to the bit and others within
// a relative 1e-9 (of exact claims only the verdict is compared: the largest
// rounding error of another build is another one). Under another seed, each
// cell's estimates may differ by as many standard errors as leave a false-alarm
// rate of [BaselineAlarm] over all. Verdicts must be the same under any seed,
// and so must what is claimed.
func (b *Baseline) Compare(results []VerdictResult, seed uint64, portable func(id string) bool) Comparison {
	c := Comparison{NotRun: len(b.order)}
	cells := 0
	for i := range results {
		if b.claim[results[i].ID] != nil {
			cells += len(results[i].Cells)
		}
	}
	if seed != b.Seed {
		c.Threshold = elementary.NormalUpperQuantile(BaselineAlarm / float64(2*baselineLooks*baselineLooks*max(1, cells)))
	}
	for i := range results {
		r := &results[i]
		old := b.claim[r.ID]
		if old == nil {
			c.New = append(c.New, r.ID)
			continue
		}
		c.Compared++
		c.NotRun--
		if r.Drift = old.changed(r); r.Drift == nil {
			r.Drift = old.drift(r, c.Threshold, portable(r.ID))
		}
		if r.Drift != nil {
			c.Drifted++
		}
	}
	return c
}

// changed says how the claim itself differs: its estimates then say nothing.
func (c *baselineClaim) changed(r *VerdictResult) (changes []string) {
	differs := func(what string, before, now any) {
		if a, b := compactJSON(before), compactJSON(now); a != b {
			changes = append(changes, fmt.Sprintf("the claim changed: %s was %s, is %s", what, a, b))
		}
	}
	differs("kind", c.Kind, r.Kind)
	if c.Kind != string(verdict.Identity) { // always 1, and once written as 0
		differs("target", *c.Target, float64(r.Target))
	}
	differs("GOOD", c.Good, r.Good)
	differs("BAD", c.Bad, r.Bad)
	if c.Kind != string(verdict.Exact) { // takes none, and once wrote one
		differs("alpha", *c.Alpha, float64(r.Alpha))
	}
	var before, now []string
	for _, k := range c.Cells {
		before = append(before, k.Cell)
	}
	for _, k := range r.Cells {
		now = append(now, k.Cell)
	}
	if c.Status != string(verdict.Errored) && r.Status != string(verdict.Errored) {
		differs("the list of cells", before, now)
	}
	return changes
}

// drift says how verdict and numbers differ. A threshold of 0 asks for equal
// numbers.
func (c *baselineClaim) drift(r *VerdictResult, threshold float64, portable bool) (drift []string) {
	if c.Status != r.Status {
		drift = append(drift, fmt.Sprintf("the verdict was %s, is %s", c.Status, r.Status))
	}
	if r.Kind == string(verdict.Exact) || len(c.Cells) != len(r.Cells) {
		return drift
	}
	equal := func(what string, before *float64, now float64) {
		old := math.NaN()
		if before != nil {
			old = *before
		}
		switch {
		case old == now || math.IsNaN(old) && (math.IsNaN(now) || math.IsInf(now, 0)):
		case portable:
			drift = append(drift, fmt.Sprintf("%s was %v, is %v: under the same seed it must be equal to the bit", what, old, now))
		case !(math.Abs(now-old) <= baselineTolerance*math.Abs(old)):
			drift = append(drift, fmt.Sprintf("%s was %v, is %v: under the same seed it must be equal to %g", what, old, now, baselineTolerance))
		}
	}
	if threshold == 0 {
		equal("the estimate", c.Estimate, float64(r.Estimate))
		for i, k := range c.Cells {
			equal(k.Cell+": the estimate", k.Estimate, float64(r.Cells[i].Estimate))
			if k.Replicates != r.Cells[i].Replicates {
				drift = append(drift, fmt.Sprintf("%s: there were %d replicates, there are %d", k.Cell, k.Replicates, r.Cells[i].Replicates))
			}
		}
		return drift
	}
	for i, k := range c.Cells {
		now := &r.Cells[i]
		if k.Estimate == nil || k.Interval == nil {
			continue // there was no number
		}
		e := math.Hypot(standardError(*k.Interval), standardError(now.Interval))
		if z := math.Abs(float64(now.Estimate)-*k.Estimate) / e; z > threshold {
			drift = append(drift, fmt.Sprintf("%s: the estimate was %.6g, is %.6g: %.1f standard errors apart, %.1f allowed", k.Cell, *k.Estimate, float64(now.Estimate), z, threshold))
		}
	}
	return drift
}

// standardError returns that of an estimate with this 95 % interval; of a wider
// kind of interval (Student's, Bernstein's) a larger one.
func standardError(i verdict.Interval) float64 {
	return (i.Hi - i.Lo) / (2 * 1.959963984540054)
}

// Lines says in lines of text what the comparison found.
func (c *Comparison) Lines(b *Baseline, results []VerdictResult) (lines []string) {
	for i := range results {
		for _, d := range results[i].Drift {
			lines = append(lines, fmt.Sprintf("DRIFT %s: %s", results[i].ID, d))
		}
	}
	for _, id := range c.New {
		lines = append(lines, fmt.Sprintf("new %s: not in the baseline, not compared", id))
	}
	how := "same seed: equal numbers wanted"
	if c.Threshold > 0 {
		how = fmt.Sprintf("its seed was %d: %.2f standard errors allowed, false alarm %g in all", b.Seed, c.Threshold, BaselineAlarm)
	}
	found := "no drift"
	if c.Drifted > 0 {
		found = fmt.Sprintf("%d drifted", c.Drifted)
	}
	notRun := ""
	if c.NotRun > 0 {
		notRun = fmt.Sprintf(", %d of the baseline not run", c.NotRun)
	}
	claims := "claims"
	if c.Compared == 1 {
		claims = "claim"
	}
	return append(lines, fmt.Sprintf("baseline %s: %d %s compared (%s), %s%s", b.Path, c.Compared, claims, how, found, notRun))
}
