package main

import (
	"context"
	"fmt"

	"pastur/reports"
	"pastur/theorem/catalogue"
)

// appendixVerdicts is the table of the claims' verdicts.
func appendixVerdicts(r *appendixRun) []reports.AppendixItem {
	name := "paper"
	if r.quick {
		name = "quick"
	}
	return []reports.AppendixItem{{
		ID: "verdicts", Title: "Verdicts", Settings: []any{r.seed, name}, Command: reports.Rerun(name, r.seed),
		Compute: func(ctx context.Context) (reports.AppendixResult, error) {
			suite, err := catalogue.Load(name)
			if err != nil {
				return reports.AppendixResult{}, err
			}
			specs, err := suite.Find(nil)
			if err != nil {
				return reports.AppendixResult{}, err
			}
			var results []reports.VerdictResult
			for _, spec := range specs {
				claim, err := spec.Claim()
				if err != nil {
					return reports.AppendixResult{}, err
				}
				v, err := claim.Run(ctx, r.options)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				results = append(results, reports.Verdict(v, reports.Rerun(name, r.seed, claim.ID)))
			}
			t := reports.VerdictTable(results, fmt.Sprintf("Verdicts of suite %s, seed %d", name, r.seed), false)
			return reports.AppendixResult{
				Table: t,
				Text: fmt.Sprintf("Each claim is decided by sequential looks at growing samples: PASS if the interval excludes every value that would make it false by a stated margin, FAIL if it excludes every value that would make it true, INCONCLUSIVE if neither after the last look. Over the suite a true claim fails with probability at most %v, and each false one passes with at most %v. %s.",
					suite.Alpha, suite.Beta, reports.Summary(results)),
			}, nil
		},
	}}
}
