package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// pilotReplicates is the size of a dry run's pilot, a cell: enough for a
// standard error, and seconds for a whole suite.
const pilotReplicates = 64

// forecastResult is one row of `verify --dry-run`.
type forecastResult struct {
	ID         string        `json:"id"`
	Kind       string        `json:"kind"`
	Cells      int           `json:"cells"`
	First      int64         `json:"first"`
	Budget     int64         `json:"budget"`
	Needed     *int64        `json:"needed"`
	Detectable reports.Float `json:"detectable"`
	Gap        reports.Float `json:"gap"`
	Warnings   []string      `json:"warnings"`
}

func dryRun(cmd *cobra.Command, suite *catalogue.Suite, claims []*verdict.Claim, out *output, options verdict.Options, plan verifyPlan) error {
	table := &reports.Table{
		Title: fmt.Sprintf("Suite %s, seed %d: what would run", suite.Name, plan.Seed),
		Columns: []reports.Column{
			{Header: "claim", Field: "id", Left: true}, {Header: "kind", Field: "kind", Left: true}, {Header: "cells", Field: "cells"},
			{Header: "first look", Field: "first"}, {Header: "budget", Field: "budget"}, {Header: "needed", Field: "needed"},
			{Header: "detectable", Field: "detectable"}, {Header: "gap", Field: "gap"},
		},
		Notes: []string{
			"Replicates over all cells: of the first look, at the most, and needed to pass with probability 0.95 if the truth is",
			"in the middle of GOOD (of a one-sided one: at the estimate, but in GOOD), extrapolated from a pilot of at most",
			fmt.Sprintf("%d replicates a cell. Detectable: the smallest distance from GOOD that fails with probability 0.95 at the budget;", pilotReplicates),
			"gap: the distance from GOOD to BAD, in the same units. Nothing is decided before the first look, however few",
			"replicates are needed.",
		},
	}
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	var results []forecastResult
	for i, claim := range claims {
		bar.start(fmt.Sprintf("%d/%d %s", i+1, len(claims), claim.ID))
		f, err := claim.Forecast(cmd.Context(), pilotReplicates, options)
		if err != nil {
			return err
		}
		r := forecastResult{
			ID: claim.ID, Kind: string(claim.Kind), Cells: f.Cells, First: f.First, Budget: f.Budget,
			Detectable: reports.Float(f.Detectable), Gap: reports.Float(f.Gap), Warnings: []string{},
		}
		needed := reports.Cell{Text: "never", Value: nil}
		if f.Needed < math.MaxInt64 {
			r.Needed = &f.Needed
			needed = reports.Count(f.Needed)
		}
		if f.Needed > f.Budget {
			r.Warnings = append(r.Warnings, "the budget is smaller than what is needed to pass")
			table.Notes = append(table.Notes, fmt.Sprintf("warning: %s: %s", claim.ID, r.Warnings[0]))
		}
		gap := reports.Number(&f.Gap, 3)
		if claim.Kind == verdict.Exact {
			gap = reports.Cell{Text: "-"}
		}
		results = append(results, r)
		table.Rows = append(table.Rows, []reports.Cell{
			reports.Text(r.ID), reports.Text(r.Kind), reports.Count(r.Cells), reports.Count(r.First), reports.Count(r.Budget), needed,
			reports.Number(&f.Detectable, 3), gap,
		})
	}
	bar.close()
	return out.write(cmd, &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}, table)
}
