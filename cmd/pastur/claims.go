package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

func newClaims() *cobra.Command {
	var out output
	var suiteName string
	cmd := &cobra.Command{
		Use:   "claims [ID...]",
		Short: "List the claims of a suite, or explain some",
		Long: `List the claims of a suite. With IDs, explain them: statement, source, what is
sampled, the GOOD and BAD sets, error shares and budget.`,
		Example: `  pastur claims
  pastur claims linear-ce-rate
  pastur claims --suite full --format markdown`,
		RunE: func(cmd *cobra.Command, ids []string) error {
			if err := out.check(); err != nil {
				return err
			}
			suite, err := catalogue.Load(suiteName)
			if err != nil {
				return err
			}
			specs, err := suite.Find(ids)
			if err != nil {
				return err
			}
			return listClaims(cmd, suite, specs, &out, len(ids) > 0)
		},
	}
	cmd.Flags().StringVar(&suiteName, "suite", catalogue.Default, "built-in suite ("+strings.Join(catalogue.Names(), ", ")+") or a .toml file")
	out.register(cmd)
	return cmd
}

// claimResult is one claim in `claims --format json`.
type claimResult struct {
	ID        string             `json:"id"`
	Statement string             `json:"statement"`
	Source    string             `json:"source"`
	Kind      string             `json:"kind"`
	Target    reports.Float      `json:"target"`
	Good      verdict.Interval   `json:"good"`
	Bad       []verdict.Interval `json:"bad"`
	Alpha     reports.Float      `json:"alpha"` // null, and beta: kind exact
	Beta      reports.Float      `json:"beta"`
	Looks     int                `json:"looks"`
	Cells     []string           `json:"cells"`
	Warnings  []string           `json:"warnings"`
}

func listClaims(cmd *cobra.Command, suite *catalogue.Suite, specs []*catalogue.Spec, out *output, explain bool) error {
	table := &reports.Table{
		Title: fmt.Sprintf("Suite %s: %s", suite.Name, suite.Title),
		Columns: []reports.Column{
			{Header: "claim", Field: "id", Left: true}, {Header: "kind", Field: "kind", Left: true},
			{Header: "statement", Field: "statement", Left: true}, {Field: "source"},
		},
		Notes: []string{fmt.Sprintf("%d claims; pastur claims ID explains one, pastur verify ID runs it.", len(specs))},
	}
	var results []claimResult
	claims, err := claimsOf(cmd.Context(), specs)
	if err != nil {
		return err
	}
	for _, c := range claims {
		good, _ := c.Sets()
		full := c.Filled()
		r := claimResult{
			ID: c.ID, Statement: c.Statement, Source: c.Source, Kind: string(c.Kind), Target: reports.Target(c),
			Good: good, Bad: c.BadSet(), Alpha: reports.Chance(c, full.Alpha), Beta: reports.Chance(c, full.Beta), Looks: full.Looks, Warnings: []string{},
		}
		for _, cell := range c.Cells {
			r.Cells = append(r.Cells, cell.Key)
		}
		results = append(results, r)
		table.Rows = append(table.Rows, []reports.Cell{reports.Text(c.ID), reports.Text(string(c.Kind)), reports.Text(c.Statement), reports.Text(c.Source)})
	}
	if explain && out.format == "text" {
		return out.writeWith(cmd, func(w io.Writer) error {
			for i, r := range results {
				if i > 0 {
					fmt.Fprintln(w)
				}
				if err := reports.ExplainClaim(w, r.ID, r.Statement, r.Source, specs[i], suite.Name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return out.write(cmd, &reports.Document{Environment: reports.ThisEnvironment(), Plan: map[string]string{"suite": suite.Name}, Results: results}, table)
}
