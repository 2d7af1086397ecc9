package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pastur/replicate"
	"pastur/reports"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

func newVerify() *cobra.Command {
	var out output
	var o verifyOptions
	cmd := &cobra.Command{
		Use:   "verify [ID...]",
		Short: "Run claims and print verdicts",
		Long: `Run the claims of a suite, or those named, and print a verdict for each:

  PASS          the interval excludes the BAD set
  FAIL          the interval excludes the GOOD set
  INCONCLUSIVE  both (the truth lies in the gap) or neither (budget spent)
  ERROR         a sampler failed

The chance that any true claim fails is the suite's alpha (0.01 in all), the
chance that a claim in its BAD set passes its beta (0.001). A claim's share of
alpha is fixed by the suite, so running it alone gives the same verdict.

On GitHub (GITHUB_ACTIONS, GITHUB_STEP_SUMMARY) what did not pass is annotated
and the job gets a summary. docs/ci.md says how to run claims in CI.

Suites: paper (the default, under a minute), quick (seconds), full, or a file of
one's own: --print-suite paper shows the format, docs/suites.md explains it.`,
		Example: `  pastur verify
  pastur verify --quick
  pastur verify linear-ce-c10 --seed 7
  pastur verify --suite mine.toml --junit verdicts.xml --html verdicts.html
  pastur verify --baseline baseline.json`,
		RunE: func(cmd *cobra.Command, ids []string) error { return verify(cmd, ids, &out, &o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.suite, "suite", catalogue.Default, "built-in suite ("+strings.Join(catalogue.Names(), ", ")+") or a .toml file")
	flags.BoolVar(&o.quick, "quick", false, "short for --suite quick")
	flags.StringVar(&o.print, "print-suite", "", "print a built-in suite as TOML and stop")
	flags.BoolVar(&o.dryRun, "dry-run", false, "print what would run, the replicates needed and the discrepancy detectable")
	flags.StringVar(&o.junit, "junit", "", "also write the verdicts as JUnit XML to this file")
	flags.StringVar(&o.html, "html", "", "also write the verdicts as one self-contained HTML page to this file")
	flags.StringVar(&o.baseline, "baseline", "", "compare with this earlier --format json output; drift exits 1")
	flags.BoolVar(&o.updateBaseline, "update-baseline", false, "write the --baseline file instead of comparing with it")
	flags.BoolVar(&o.strict, "strict", false, "INCONCLUSIVE is a failure in JUnit, and exits 1")
	o.register(cmd)
	out.register(cmd)
	return cmd
}

type verifyOptions struct {
	samplingFlags
	suite, print, junit   string
	html, baseline        string
	updateBaseline        bool
	quick, dryRun, strict bool
}

// load returns the suite and the claims named.
func (o *verifyOptions) load(cmd *cobra.Command, ids []string) (*catalogue.Suite, []*catalogue.Spec, error) {
	if o.quick {
		if cmd.Flags().Changed("suite") && o.suite != "quick" {
			return nil, nil, errors.New("--quick and --suite exclude each other: give one")
		}
		o.suite = "quick"
	}
	suite, err := catalogue.Load(o.suite)
	if err != nil {
		return nil, nil, err
	}
	specs, err := suite.Find(ids)
	return suite, specs, err
}

func (o *verifyOptions) checkAll(out *output) error {
	if err := out.check(); err != nil {
		return err
	}
	written := []struct{ flag, file string }{{"--junit", o.junit}, {"--html", o.html}}
	if o.updateBaseline {
		if o.baseline == "" {
			return errors.New("--update-baseline needs --baseline FILE: the file to write")
		}
		written = append(written, struct{ flag, file string }{"--baseline", o.baseline})
	}
	for _, f := range written {
		if f.file != "" {
			if err := reports.CheckWritable(f.file); err != nil {
				return fmt.Errorf("%s %w", f.flag, err)
			}
		}
	}
	return o.check()
}

// verifyPlan is the plan of the canonical JSON.
type verifyPlan struct {
	Suite  string   `json:"suite"`
	Seed   uint64   `json:"seed"`
	Alpha  float64  `json:"alpha"`
	Beta   float64  `json:"beta"`
	Hash   string   `json:"hash"`
	Claims []string `json:"claims"`
}

func verify(cmd *cobra.Command, ids []string, out *output, o *verifyOptions) (err error) {
	if cmd.Flags().Changed("print-suite") {
		return o.printSuite(cmd, ids, out)
	}
	if err := o.checkAll(out); err != nil {
		return err
	}
	if o.dryRun {
		for _, name := range []string{"junit", "html", "baseline", "update-baseline", "strict", "state", "timings"} {
			if cmd.Flags().Changed(name) {
				return fmt.Errorf("--dry-run runs no claim: --%s does not apply", name)
			}
		}
	}
	suite, specs, err := o.load(cmd, ids)
	if err != nil {
		return err
	}
	base, err := o.readBaseline(suite, ids)
	if err != nil {
		return err
	}
	plan := verifyPlan{Suite: suite.Name, Seed: o.seed, Alpha: suite.Alpha, Beta: suite.Beta}
	whole := replicate.Plan{Seed: o.seed}
	claims, err := claimsOf(cmd.Context(), specs)
	if err != nil {
		return err
	}
	for _, claim := range claims {
		plan.Claims = append(plan.Claims, claim.ID)
		whole.Cells = append(whole.Cells, claim.Plan(o.seed).Cells...)
	}
	if err := whole.Validate(); err != nil {
		return err
	}
	plan.Hash = whole.Hash()
	options, err := o.options()
	if err != nil {
		return err
	}
	defer o.closeState(&err)
	if o.dryRun {
		return dryRun(cmd, suite, claims, out, options, plan)
	}
	results, err := runClaims(cmd, suite, claims, o, options)
	if err != nil {
		return err
	}
	notes := base.compare(results, o.seed)
	page := &reports.Page{
		Suite: suite.Name, Seed: o.seed, Alpha: suite.Alpha, Beta: suite.Beta, Hash: plan.Hash, Environment: reports.ThisEnvironment(),
		Command: reports.Rerun(suite.Name, o.seed, ids...), Results: results,
	}
	title := fmt.Sprintf("Suite %s, seed %d, alpha %v in all, beta %v a claim", suite.Name, o.seed, suite.Alpha, suite.Beta)
	document := &reports.Document{Environment: page.Environment, Plan: plan, Results: results}
	refused, err := o.addFiles(out, document, page)
	if err != nil {
		return err
	}
	out.also = func() { gitHub(cmd.ErrOrStderr(), page, notes, o.strict) }
	if err := out.write(cmd, document, reports.VerdictTable(results, title, o.timings, notes...)); err != nil {
		return err
	}
	if refused != nil {
		return refused
	}
	return verdictExit(results, o.strict)
}

// printSuite prints a built-in suite, and nothing else is done.
func (o *verifyOptions) printSuite(cmd *cobra.Command, ids []string, out *output) error {
	given := ""
	if len(ids) > 0 {
		given = fmt.Sprintf("the argument %q", ids[0])
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name != "print-suite" && f.Name != "out" {
			given = "--" + f.Name
		}
	})
	if given != "" {
		return fmt.Errorf("--print-suite runs nothing and goes with --out only, got %s", given)
	}
	if err := out.check(); err != nil {
		return err
	}
	text, err := catalogue.Source(o.print)
	if err != nil {
		return fmt.Errorf("--print-suite: unknown suite %q: want %s", o.print, strings.Join(catalogue.Names(), ", "))
	}
	return out.writeWith(cmd, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// addFiles adds the files asked for to what is written with the results. A
// refused baseline keeps none of the others from being written.
func (o *verifyOptions) addFiles(out *output, document *reports.Document, page *reports.Page) (refused, err error) {
	baseline := ""
	if o.updateBaseline {
		if refused = noBaseline(o.baseline, page.Results); refused == nil {
			baseline = o.baseline
		}
	}
	return refused, errors.Join(
		out.add("--junit", o.junit, func(w io.Writer) error { return reports.WriteJUnit(w, page.Suite, page.Results, o.strict) }),
		out.add("--html", o.html, func(w io.Writer) error { return reports.WriteHTML(w, page) }),
		out.add("--baseline", baseline, document.Write),
	)
}

// verdictExit turns verdicts into the exit code. An ERROR outranks a FAIL: what
// could not be computed must not look decided.
func verdictExit(results []reports.VerdictResult, strict bool) error {
	code := exitPass
	for _, r := range results {
		switch status := verdict.Status(r.Status); {
		case status == verdict.Errored:
			return exitCode(exitUsage)
		case status == verdict.Fail, status == verdict.Inconclusive && strict, len(r.Drift) > 0:
			code = exitFail
		case status == verdict.Inconclusive && code == exitPass:
			code = exitInconclusive
		}
	}
	if code == exitPass {
		return nil
	}
	return exitCode(code)
}

func runClaims(cmd *cobra.Command, suite *catalogue.Suite, claims []*verdict.Claim, o *verifyOptions, options verdict.Options) ([]reports.VerdictResult, error) {
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	var results []reports.VerdictResult
	for i, claim := range claims {
		start := time.Now()
		bar.start(fmt.Sprintf("%d/%d %s", i+1, len(claims), claim.ID))
		options.Progress = bar.update
		v, err := claim.Run(cmd.Context(), options)
		if err != nil {
			return nil, err
		}
		r := reports.Verdict(v, reports.Rerun(suite.Name, o.seed, claim.ID))
		r.Compares = specOf(suite, claim.ID).Compares()
		if o.timings {
			seconds := time.Since(start).Seconds()
			r.Seconds = &seconds
		}
		results = append(results, r)
	}
	return results, nil
}
