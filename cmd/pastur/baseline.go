package main

import (
	"errors"
	"fmt"
	"slices"

	"pastur/reports"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// comparedBaseline is the baseline of a run; nil compares nothing.
type comparedBaseline struct {
	*reports.Baseline
	suite *catalogue.Suite
}

// readBaseline reads the file of --baseline, before anything is run.
func (o *verifyOptions) readBaseline(suite *catalogue.Suite, ids []string) (*comparedBaseline, error) {
	switch {
	case o.baseline == "":
		return nil, nil
	case o.dryRun:
		return nil, errors.New("--baseline and --dry-run exclude each other: a dry run has no verdicts")
	case o.updateBaseline && len(ids) > 0:
		return nil, errors.New("--update-baseline writes the whole suite: give no claims, or leave it out to compare some")
	case o.updateBaseline:
		return nil, nil
	}
	b, err := reports.ReadBaseline(o.baseline)
	if err == nil {
		err = b.Check(suite.Name, func(id string) bool { return specOf(suite, id) != nil })
	}
	if err != nil {
		return nil, fmt.Errorf("--baseline %w", err)
	}
	return &comparedBaseline{b, suite}, nil
}

// compare marks drift in the results and says what was found.
func (b *comparedBaseline) compare(results []reports.VerdictResult, seed uint64) []string {
	if b == nil {
		return nil
	}
	c := b.Compare(results, seed, func(id string) bool {
		s := specOf(b.suite, id)
		return s != nil && s.Portable()
	})
	return c.Lines(b.Baseline, results)
}

func specOf(suite *catalogue.Suite, id string) *catalogue.Spec {
	if i := slices.IndexFunc(suite.Specs, func(s *catalogue.Spec) bool { return s.ID == id }); i >= 0 {
		return suite.Specs[i]
	}
	return nil
}

// noBaseline says why results are none: what could not be computed is no
// baseline.
func noBaseline(file string, results []reports.VerdictResult) error {
	for i := range results {
		if results[i].Status == string(verdict.Errored) {
			return fmt.Errorf("--update-baseline: claim %s ended in ERROR: %s is left as it was", results[i].ID, file)
		}
	}
	return nil
}
