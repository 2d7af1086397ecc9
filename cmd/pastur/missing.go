package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"pastur/internal/shell"
	"pastur/reports"
	"pastur/shard"
)

func newMissing() *cobra.Command {
	var shards int
	var plain bool
	var out output
	cmd := &cobra.Command{
		Use:   "missing DIR",
		Short: "Print which shards a merge still waits for",
		Long: `Print the shards that own chunks which undecided claims may still need, as an
array list ready to paste: sbatch --array=5,7-9 sweep.sh. What is missing of
claims that the records decide already is not counted. Files that a merge would
refuse are refused here too. --format takes the shards one by one, with the
chunks that each misses.

Exit codes: 0 nothing is missing (nothing is printed), 3 something is, 2 error.`,
		Example: `  pastur missing sweep
  sbatch $(pastur missing sweep) sweep.sh
  pastur missing sweep --plain | xargs -I{} pastur run plan.json --out sweep --shard {}/16`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(); err != nil {
				return err
			}
			if plain && out.format != "text" {
				return fmt.Errorf("--plain is text: want it without --format %s", out.format)
			}
			work, _, err := openWork(cmd, args)
			if err != nil {
				return err
			}
			if cmd.Flags().Changed("shards") && (shards < 1 || shards > shard.MostParts) {
				return fmt.Errorf("--shards must be from 1 to %d, got %d", shard.MostParts, shards)
			}
			m, err := work.Missing(shards)
			if err != nil {
				return err
			}
			if m.Chunks == 0 {
				fmt.Fprintf(cmd.ErrOrStderr(), "pastur: nothing is missing: pastur merge %s\n", shell.Word(args[0]))
			} else {
				fmt.Fprintf(cmd.ErrOrStderr(), "pastur: %d of %d shards miss %d chunks of looks 1 to %d\n", len(m.Parts), m.Of, m.Chunks, m.Looks)
			}
			if err := writeMissing(cmd, &out, plain, work.Plan, m); err != nil || m.Chunks == 0 {
				return err
			}
			return exitCode(exitInconclusive)
		},
	}
	cmd.Flags().IntVar(&shards, "shards", 0, "the number of shards (default: as the files' names say)")
	cmd.Flags().BoolVar(&plain, "plain", false, "print one index a line")
	out.register(cmd)
	return cmd
}

// missingResult is a shard that is waited for.
type missingResult struct {
	Shard    int      `json:"shard"`
	Chunks   int      `json:"chunks"` // that it has yet to compute
	Warnings []string `json:"warnings"`
}

func writeMissing(cmd *cobra.Command, out *output, plain bool, p *shard.Plan, m *shard.Missing) error {
	if out.format == "text" {
		return out.writeWith(cmd, func(w io.Writer) error {
			text := ""
			switch {
			case m.Chunks == 0:
			case plain:
				for _, part := range m.Parts {
					text += fmt.Sprintln(part)
				}
			default:
				text = "--array=" + shard.Ranges(m.Parts) + "\n"
			}
			_, err := io.WriteString(w, text)
			return err
		})
	}
	plan := statusPlan{Suite: p.Suite.Name, Seed: p.Seed, Hash: p.Hash, Looks: m.Looks, Parts: &m.Of}
	table := &reports.Table{
		Title:   fmt.Sprintf("Suite %s, seed %d, plan %.12s: chunks of looks 1 to %d that shards of %d miss", plan.Suite, plan.Seed, plan.Hash, m.Looks, m.Of),
		Columns: []reports.Column{{Header: "shard", Field: "shard"}, {Header: "chunks", Field: "chunks"}},
	}
	results := []missingResult{}
	for i, part := range m.Parts {
		results = append(results, missingResult{part, m.Lack[i], []string{}})
		table.Rows = append(table.Rows, []reports.Cell{reports.Count(part), reports.Count(m.Lack[i])})
	}
	return out.write(cmd, &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}, table)
}
