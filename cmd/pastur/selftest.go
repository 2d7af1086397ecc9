package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/theorem/catalogue/planted"
	"pastur/verdict/selftest"
)

func newSelftest() *cobra.Command {
	var out output
	var f samplingFlags
	var quick bool
	cmd := &cobra.Command{
		Use:   "selftest",
		Short: "Put the judge on trial: its error rates, and the errors it kills",
		Long: `Measure how often verdicts are wrong, and how many samples planted errors need
to die.

For every kind of claim and for normal, skewed and lognormal samples the truth is
put at the edge of GOOD and of BAD, thousands of times at an inflated alpha: false
alarms and misses must stay within binomial limits. Then claims with an error
planted in them (C-1 for C, gamma inverted, a reused stream, a dropped chunk, ...)
run with many seeds, beside the claims without: the former must FAIL, the latter
PASS. Minutes; --quick takes seconds. docs/verdicts.md explains the tables.`,
		Example: `  pastur selftest --quick
  pastur selftest --format markdown --out selftest.md`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSelftest(cmd, &out, &f, quick) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&quick, "quick", false, fmt.Sprintf("%d runs and %d seeds instead of %d and %d", selftest.QuickRuns, selftest.QuickSeeds, selftest.DefaultRuns, selftest.DefaultSeeds))
	f.register(cmd)
	for _, name := range []string{"state", "timings"} {
		flags.Lookup(name).Hidden = true
	}
	out.register(cmd)
	return cmd
}

// selftestPlan is the plan of the canonical JSON.
type selftestPlan struct {
	Seed  uint64  `json:"seed"`
	Runs  int     `json:"runs"`
	Seeds int     `json:"seeds"`
	Alpha float64 `json:"alpha"`
	Beta  float64 `json:"beta"`
	Looks int     `json:"looks"`
}

func runSelftest(cmd *cobra.Command, out *output, f *samplingFlags, quick bool) error {
	if f.state != "" || f.timings {
		return errors.New("selftest has no --state and no --timings")
	}
	if err := errors.Join(out.check(), f.check()); err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	options := selftest.Options{
		Seed: f.seed, Workers: f.workers, Runs: selftest.DefaultRuns, Seeds: selftest.DefaultSeeds,
		Progress: func(done, total int) { bar.update(1, 1, done, total) },
	}
	if quick {
		options.Runs, options.Seeds = selftest.QuickRuns, selftest.QuickSeeds
	}
	bar.start("error rates")
	rates, err := selftest.Calibrate(cmd.Context(), selftest.Cases(), options)
	if err != nil {
		return err
	}
	bar.start("planted errors")
	deaths, err := selftest.Kill(cmd.Context(), append(selftest.Mutants(), planted.Mutants()...), options)
	if err != nil {
		return err
	}
	bar.close()
	s := reports.NewSelfTest(rates, deaths)
	document := &reports.Document{
		Environment: reports.ThisEnvironment(),
		Plan:        selftestPlan{f.seed, options.Runs, options.Seeds, selftest.Level, selftest.Level, selftest.Looks},
		Results:     s.Results,
	}
	tables := s.Tables[:]
	if out.format == "csv" {
		tables = []*reports.Table{s.Together()}
	}
	if err := out.write(cmd, document, tables...); err != nil {
		return err
	}
	if s.Broken > 0 {
		return exitCode(exitFail)
	}
	return nil
}
