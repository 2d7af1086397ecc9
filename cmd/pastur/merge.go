package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pastur/internal/shell"
	"pastur/replicate"
	"pastur/reports"
	"pastur/shard"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

func newMerge() *cobra.Command {
	var out verdictOutput
	cmd := &cobra.Command{
		Use:   "merge DIR",
		Short: "Print the verdicts of a plan that was computed in parts",
		Long: `Judge the claims of a plan on the chunk records in a folder, and print the
verdicts: the same bytes as pastur verify prints for the same suite and seed in
one uninterrupted run. Exits as verify does.

Nothing is printed, and the exit code is 2, if a chunk that a verdict needs is
missing, if a file belongs to another plan, has been altered or cut, if two
files differ on a chunk, or if they come from different builds; every such file
or claim is named. pastur missing DIR says which shards to submit again.`,
		Example: `  pastur merge sweep
  pastur merge sweep --format json --out verdicts.json --junit verdicts.xml`,
		RunE: func(cmd *cobra.Command, args []string) error { return merge(cmd, args, &out) },
	}
	out.register(cmd)
	return cmd
}

func merge(cmd *cobra.Command, args []string, out *verdictOutput) error {
	if err := out.check(); err != nil {
		return err
	}
	work, suite, err := openWork(cmd, args)
	if err != nil {
		return err
	}
	verdicts, err := work.Merge()
	if err != nil {
		return fmt.Errorf("not merged: %w", err)
	}
	// The environment is that of the build which computed the chunks.
	var environment reports.Environment
	if err := json.Unmarshal(work.Build(), &environment); err != nil {
		return fmt.Errorf("folder %s: the build of its files: %w", args[0], err)
	}
	return out.write(cmd, suite, work.Plan, verdicts, environment)
}

// openWork opens the folder that is a command's only argument.
func openWork(cmd *cobra.Command, args []string) (*shard.Work, *catalogue.Suite, error) {
	if len(args) != 1 {
		return nil, nil, fmt.Errorf("%s needs one folder (that pastur run wrote), got %d arguments", cmd.Name(), len(args))
	}
	var suite *catalogue.Suite
	work, err := shard.Open(args[0], func(p *shard.Plan) (claims []*verdict.Claim, err error) {
		suite, claims, err = planClaims(cmd.Context(), p)
		return claims, err
	})
	return work, suite, err
}

// verdictOutput is how verdicts are written, as by verify.
type verdictOutput struct {
	output
	junit  string
	strict bool
}

// verdictFlags are the flags of verdictOutput, but for --out.
var verdictFlags = []string{"format", "report", "junit", "strict"}

func (o *verdictOutput) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	if flags.Lookup("out") == nil {
		o.output.register(cmd)
	} else { // --out is the folder of a run
		o.flag = "--report"
		flags.StringVar(&o.format, "format", "text", "of the verdicts: "+strings.Join(formats, ", "))
		flags.StringVar(&o.file, "report", "-", "file to write the verdicts to; - is standard output")
	}
	flags.StringVar(&o.junit, "junit", "", "also write the verdicts as JUnit XML to this file")
	flags.BoolVar(&o.strict, "strict", false, "INCONCLUSIVE is a failure in JUnit, and exits 1")
}

func (o *verdictOutput) check() error {
	if err := o.output.check(); err != nil {
		return err
	}
	if o.junit != "" {
		if err := reports.CheckWritable(o.junit); err != nil {
			return fmt.Errorf("--junit %w", err)
		}
	}
	return nil
}

// write prints what verify prints for the suite and seed of the plan.
func (o *verdictOutput) write(cmd *cobra.Command, suite *catalogue.Suite, p *shard.Plan, verdicts []verdict.Verdict, environment reports.Environment) error {
	plan := verifyPlan{Suite: suite.Name, Seed: p.Seed, Alpha: suite.Alpha, Beta: suite.Beta}
	whole := replicate.Plan{Seed: p.Seed}
	var results []reports.VerdictResult
	for _, v := range verdicts {
		plan.Claims = append(plan.Claims, v.Claim.ID)
		whole.Cells = append(whole.Cells, v.Claim.Plan(p.Seed).Cells...)
		results = append(results, reports.Verdict(v, reports.Rerun(suite.Name, p.Seed, v.Claim.ID)))
	}
	plan.Hash = whole.Hash()
	o.same = &sameAs{name: "verify", seed: p.Seed, line: "pastur verify"}
	if p.Seed != defaultSeed {
		o.same.line += fmt.Sprintf(" --seed %d", p.Seed)
	}
	o.same.line += " --suite " + shell.Word(suite.Name)
	if len(verdicts) < len(suite.Specs) { // a plan of some claims
		ids := ""
		for _, v := range verdicts {
			ids += " " + v.Claim.ID
		}
		o.same.line = strings.Replace(o.same.line, "pastur verify", "pastur verify"+ids, 1)
	}
	title := fmt.Sprintf("Suite %s, seed %d, alpha %v in all, beta %v a claim", suite.Name, p.Seed, suite.Alpha, suite.Beta)
	document := &reports.Document{Environment: environment, Plan: plan, Results: results}
	err := o.add("--junit", o.junit, func(w io.Writer) error { return reports.WriteJUnit(w, suite.Name, results, o.strict) })
	if err != nil {
		return err
	}
	if err := o.output.write(cmd, document, reports.VerdictTable(results, title, false)); err != nil {
		return err
	}
	return verdictExit(results, o.strict)
}
