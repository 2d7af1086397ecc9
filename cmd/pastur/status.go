package main

import (
	"fmt"
	"math"

	"github.com/spf13/cobra"

	"pastur/internal/shell"
	"pastur/reports"
	"pastur/shard"
	"pastur/verdict"
)

func newStatus() *cobra.Command {
	var out output
	var looks int
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "Print how far a plan has come: chunks, estimates so far, time left",
		Long: `Print, for every cell of a plan that is being computed into a folder, the
chunks computed of those needed, the chunks that are not needed any more as the
records decide the claim without them, the estimate so far with its 95 %
interval, and the verdict where the records decide it already. The estimates are
from whatever chunks are there; the intervals are those of one look, not of a
verdict. The time left is the work of the missing chunks of the looks that were
begun (or of --looks), at the mean time of the finished ones.`,
		Example: `  pastur status sweep
  pastur status sweep --format csv`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(); err != nil {
				return err
			}
			work, _, err := openWork(cmd, args)
			if err != nil {
				return err
			}
			if looks, err = checkLooks(cmd, looks, work.Plan); err != nil {
				return err
			}
			if !cmd.Flags().Changed("looks") {
				looks = 0
			}
			s, err := work.Status(looks)
			if err != nil {
				return err
			}
			return writeStatus(cmd, &out, work, s)
		},
	}
	cmd.Flags().IntVar(&looks, "looks", 0, "the looks that are to be computed (default: those of which there are chunks)")
	out.register(cmd)
	return cmd
}

// statusPlan is the plan of the canonical JSON of `pastur status`.
type statusPlan struct {
	Suite string `json:"suite"`
	Seed  uint64 `json:"seed"`
	Hash  string `json:"hash"` // of the plan file
	Looks int    `json:"looks"`
	Parts *int   `json:"shards"`
}

// statusResult is the state of one cell.
type statusResult struct {
	Claim      string           `json:"claim"`
	Cell       string           `json:"cell"`
	Status     *verdict.Status  `json:"status"`     // null while undecided
	Done       int              `json:"done"`       // chunks computed
	Chunks     int              `json:"chunks"`     // and those with the ones still needed
	NotNeeded  int              `json:"not_needed"` // the other chunks of these looks: the claim is decided
	Replicates int64            `json:"replicates"`
	Estimate   *reports.Float   `json:"estimate"`
	Interval   verdict.Interval `json:"interval"`
	Warnings   []string         `json:"warnings"`
}

func writeStatus(cmd *cobra.Command, out *output, work *shard.Work, s *shard.Status) error {
	plan := statusPlan{Suite: work.Plan.Suite.Name, Seed: work.Plan.Seed, Hash: work.Plan.Hash, Looks: s.Looks}
	table := &reports.Table{
		Title: fmt.Sprintf("Suite %s, seed %d, plan %.12s: looks 1 to %d", plan.Suite, plan.Seed, plan.Hash, s.Looks),
		Columns: []reports.Column{
			{Header: "claim", Field: "claim", Left: true}, {Header: "cell", Field: "cell", Left: true}, {Header: "chunks", Field: ""}, {Field: "done"}, {Field: "chunks"}, {Header: "not needed", Field: "not_needed"},
			{Header: "replicates", Field: "replicates"}, {Header: "estimate", Field: "estimate"}, {Header: "95 % interval", Field: "", Left: true},
			{Field: "lo"}, {Field: "hi"}, {Header: "decided", Field: "status", Left: true},
		},
	}
	if s.Parts > 0 {
		plan.Parts = &s.Parts
	}
	results := []statusResult{}
	undecided := map[string]bool{}
	for _, c := range s.Cells {
		r := statusResult{
			Claim: c.Claim, Cell: c.Result.Key, Done: c.Done, Chunks: c.Chunks, NotNeeded: c.Spared, Replicates: c.Result.Replicates, Interval: verdict.Everything, Warnings: []string{},
		}
		if c.Decided != "" {
			r.Status = &c.Decided
		} else {
			undecided[c.Claim] = true
		}
		estimate, interval, lo, hi := reports.Cell{Text: "-"}, "", reports.Cell{}, reports.Cell{}
		if r.Replicates > 0 {
			value := reports.Float(c.Result.Estimate)
			r.Estimate, r.Interval = &value, c.Result.Bounds
			estimate = reports.Number(&c.Result.Estimate, 6)
			if !math.IsInf(r.Interval.Lo, 0) && !math.IsInf(r.Interval.Hi, 0) {
				interval = fmt.Sprintf("[%s, %s]", reports.Digits(r.Interval.Lo, 6), reports.Digits(r.Interval.Hi, 6))
				lo, hi = reports.Number(&r.Interval.Lo, 6), reports.Number(&r.Interval.Hi, 6)
			}
			if c.Result.Warning != "" {
				r.Warnings = append(r.Warnings, c.Result.Warning)
			}
		}
		results = append(results, r)
		table.Rows = append(table.Rows, []reports.Cell{
			reports.Text(r.Claim), reports.Text(r.Cell), {Text: fmt.Sprintf("%d/%d", r.Done, r.Chunks)}, {Value: r.Done}, {Value: r.Chunks}, reports.Count(r.NotNeeded),
			reports.Count(r.Replicates), estimate, {Text: interval}, lo, hi, reports.Text(string(c.Decided)),
		})
	}
	table.Notes = append(table.Notes, "chunks: computed/needed; not needed: not computed, as the claim is decided without them.",
		fmt.Sprintf("%d of %d needed chunks of looks 1 to %d computed; %d others not needed", s.Done, s.Chunks, s.Looks, s.Spared))
	if s.Done < s.Chunks {
		left := fmt.Sprintf("work left: %s on one core", clock(s.Seconds))
		if s.Parts > 0 {
			left += fmt.Sprintf("; %s if the %d unfinished of %d shards run at once, a core each", clock(s.Slowest), s.Unfinished, s.Parts)
		}
		table.Notes = append(table.Notes, left)
	}
	dir := work.Folder.Dir()
	if len(undecided) == 0 {
		table.Notes = append(table.Notes, "every claim is decided: pastur merge "+shell.Word(dir))
	} else {
		claims := "claims are"
		if len(undecided) == 1 {
			claims = "claim is"
		}
		table.Notes = append(table.Notes, fmt.Sprintf("%d %s undecided: pastur missing %s", len(undecided), claims, shell.Word(dir)))
	}
	return out.write(cmd, &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}, table)
}
