package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/theorem/catalogue"
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

func listClaims(cmd *cobra.Command, suite *catalogue.Suite, specs []*catalogue.Spec, out *output, explain bool) error {
	claims, err := claimsOf(cmd.Context(), specs)
	if err != nil {
		return err
	}
	var results []reports.ClaimResult
	for i, c := range claims {
		results = append(results, reports.Claim(c, specs[i].Compares()))
	}
	if explain && out.format == "text" {
		return out.writeWith(cmd, func(w io.Writer) error {
			for i, c := range claims {
				if i > 0 {
					fmt.Fprintln(w)
				}
				if err := reports.ExplainClaim(w, c, specs[i].Compares(), suite.Name); err != nil {
					return err
				}
			}
			return nil
		})
	}
	document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: map[string]string{"suite": suite.Name}, Results: results}
	return out.write(cmd, document, reports.ClaimsTable(results, suite, explain))
}
