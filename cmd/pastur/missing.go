package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pastur/shard"
)

func newMissing() *cobra.Command {
	var shards int
	var plain bool
	cmd := &cobra.Command{
		Use:   "missing DIR",
		Short: "Print which shards a merge still waits for",
		Long: `Print the shards that own chunks which undecided claims may still need, as an
array list ready to paste: sbatch --array=5,7-9 sweep.sh. What is missing of
claims that the records decide already is not counted. Files that a merge would
refuse are refused here too.

Exit codes: 0 nothing is missing (nothing is printed), 3 something is, 2 error.`,
		Example: `  pastur missing sweep
  sbatch $(pastur missing sweep) sweep.sh
  pastur missing sweep --plain | xargs -I{} pastur run plan.json --out sweep --shard {}/16`,
		RunE: func(cmd *cobra.Command, args []string) error {
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
				fmt.Fprintf(cmd.ErrOrStderr(), "pastur: nothing is missing: pastur merge %s\n", args[0])
				return nil
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "pastur: %d of %d shards miss %d chunks of looks 1 to %d\n", len(m.Parts), m.Of, m.Chunks, m.Looks)
			out := cmd.OutOrStdout()
			if plain {
				for _, part := range m.Parts {
					fmt.Fprintln(out, part)
				}
			} else {
				fmt.Fprintln(out, "--array="+shard.Ranges(m.Parts))
			}
			return exitCode(exitInconclusive)
		},
	}
	cmd.Flags().IntVar(&shards, "shards", 0, "the number of shards (default: as the files' names say)")
	cmd.Flags().BoolVar(&plain, "plain", false, "print one index a line")
	return cmd
}
