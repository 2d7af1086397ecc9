package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/spf13/cobra"

	"pastur/montecarlo"
	"pastur/reports"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

func newRatio() *cobra.Command {
	var f settingFlags
	var out output
	var o ratioOptions
	cmd := &cobra.Command{
		Use:   "ratio",
		Short: "Estimate one ratio, or a grid of them, by any method",
		Long: `Estimate R = E|H_ij|_F^2/E|H_ii|_F^2 (i != j) at random initialisation, and
compare it with its exact limit where that is known.

Data are standard normal, of another law, or given in a file whose rows are the
samples: then N and d are its size and expectations are over the weights alone.
The limit is that of Gaussian data with the same tr Sigma and tr Sigma^2.

Methods: definition forms the blocks of drawn networks; gram takes their norms
from Gram matrices; twopoint needs a few data points only and costs the same at
any d and N, each up to 2^50 = 1.1e15, and inf. All three have the same
expectation at every size.
What needs more than 4 GiB a worker, or by definition or gram more than 10^14
multiply-adds a replicate (hours), is refused.

Sampling goes on until the half-width of the 95 % interval over the ratio is
--rel-error and the sample's tails allow the interval to be believed, or for
--replicates, whichever is given; with both, --replicates is the most to be
spent. Without, at most 64 times the replicates that reach the precision are
spent on the tails. The exit code is 3 if a precision was asked for, by --rel-error
or by neither flag, and was not reached, or if its interval cannot be believed.
With --replicates alone no precision is asked for: the exit code is 0, and what
speaks against the interval is a warning in the result.

With --typical networks are drawn, and each one's own ratio is computed with the
data averaged over: its median over the weights and two quantiles stand beside the
ratio of the means, which a few heavy networks may carry.`,
		Example: `  pastur ratio --classes 1000 --dim 1000000000 --rel-error 0.001
  pastur ratio --classes 10:1000:log5 --dim inf --format csv
  pastur ratio --classes 10:1000:log5 --dim inf --plot ratio.svg --plot-data ratio.csv
  pastur ratio --data ar1:0.5 --classes 100 --dim 10000
  pastur ratio --data images.npy --classes 10
  pastur ratio --typical --model hidden --hidden 3 --classes 100 --dim inf
  pastur ratio --model hidden --loss mse --block ww --dim 40 --samples 80 --method gram`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return ratio(cmd, &f, &out, &o) },
	}
	f.register(cmd, "1000")
	flags := cmd.Flags()
	flags.StringVar(&o.method, "method", "twopoint", "definition, gram or twopoint")
	flags.StringVar(&o.init, "init", "lecun", "lecun, he (both Gaussian) or pytorch (uniform)")
	flags.StringVar(&f.data, "data", "gaussian", "gaussian, rademacher, uniform, student:NU, ar1:RHO, spiked:K:STRENGTH, power:ALPHA, or a .npy or .csv FILE (rows are samples)")
	numberFlag(flags, &o.relError, "rel-error", 0.01, "half-width of the 95 % interval over the ratio", "a number between 0 and 1", func(x float64) bool { return x > 0 && x < 1 })
	numberFlag(flags, &o.replicates, "replicates", 0, "replicates to draw (rounded up to whole chunks)", "a whole number from 1 to 2^50", whole)
	flags.BoolVar(&o.typical, "typical", false, "instead, the law over the weights of a network's own ratio; --replicates networks (400)")
	flags.IntVar(&o.inner, "inner", 512, "data points a network, with --typical")
	o.register(cmd)
	o.plot.register(cmd)
	out.register(cmd)
	return cmd
}

type ratioOptions struct {
	samplingFlags
	method, init         string
	relError, replicates float64
	plot                 plotFlags
	typical              bool
	inner                int
}

// ratioPlan is the plan of the canonical JSON.
type ratioPlan struct {
	Seed       uint64   `json:"seed"`
	RelError   *float64 `json:"rel_error"`
	Replicates *int64   `json:"replicates"`
	Cells      []string `json:"cells"`
}

func ratio(cmd *cobra.Command, f *settingFlags, out *output, o *ratioOptions) (err error) {
	if err := errors.Join(out.check(), o.check(), o.plot.check()); err != nil {
		return err
	}
	method, err := montecarlo.ParseMethod(o.method)
	if err != nil {
		return err
	}
	settings, rounded, err := f.settings(cmd, o.init)
	if err != nil {
		return err
	}
	if o.typical {
		return typical(cmd, settings, rounded, out, o)
	}
	if cmd.Flags().Changed("inner") {
		return errors.New("--inner is the number of data points a network, with --typical: give that too")
	}
	precision := verdict.Precision{RelError: o.relError, Replicates: int64(o.replicates)}
	plan := ratioPlan{Seed: o.seed}
	if o.replicates > 0 {
		plan.Replicates = &precision.Replicates
		if !cmd.Flags().Changed("rel-error") {
			precision.RelError = 0
		}
	}
	if precision.RelError > 0 {
		plan.RelError = &precision.RelError
	}
	// Every setting is checked before the first is sampled.
	var estimators []*montecarlo.Estimator
	for _, s := range settings {
		if s.Limit() {
			s.Samples = 0
		}
		e, err := montecarlo.New(s, method)
		if err != nil {
			return err
		}
		estimators = append(estimators, e)
		plan.Cells = append(plan.Cells, e.Key())
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	defer o.closeState(&err)
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	options.Progress = bar.update
	var results []reports.RatioResult
	reached := true
	for i, e := range estimators {
		start := time.Now()
		bar.start(e.Key())
		m, err := verdict.Measure(cmd.Context(), catalogue.EstimatorCell(e, nil), precision, options)
		if err != nil {
			return err
		}
		var limit *float64
		if r, err := catalogue.Limit(cmd.Context(), &e.Setting); err == nil {
			limit = &r
		}
		warnings := append([]string(nil), rounded[i]...)
		switch {
		case m.N < 2:
			warnings = append(warnings, "one replicate has no interval: want at least 2 replicates")
		case m.Warning != "":
			warnings = append(warnings, "the interval must not be trusted yet, tail gate closed: "+m.Warning)
		}
		if m.N >= 2 && math.IsInf(m.Bounds.Hi-m.Bounds.Lo, 1) {
			warnings = append(warnings, "too few replicates for an interval")
		}
		if !m.Reached {
			reached = false
		}
		if half := (m.Bounds.Hi - m.Bounds.Lo) / 2; !m.Reached && !(half <= precision.RelError*math.Abs(m.Ratio())) {
			warnings = append(warnings, fmt.Sprintf("the relative error asked for, %v, was not reached", precision.RelError))
		}
		r := reports.Ratio(e, m, limit, warnings)
		r.Finite = finiteNote(cmd.Context(), &e.Setting, &r)
		if o.timings {
			seconds := time.Since(start).Seconds()
			r.Seconds = &seconds
		}
		results = append(results, r)
	}
	bar.close()
	if o.plot.wanted() {
		figure, err := reports.RatioResultsFigure(results, limitAt(cmd.Context(), estimators), o.seed)
		if err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
		if err := o.plot.draw(figure, out); err != nil {
			return err
		}
	}
	document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}
	if err := out.write(cmd, document, reports.RatioTable(results, o.timings)); err != nil {
		return err
	}
	if !reached {
		return exitCode(exitInconclusive)
	}
	return nil
}

// finiteNote says what is known exactly at the finite size of a result, where the
// limit is not in its interval.
func finiteNote(ctx context.Context, s *montecarlo.Setting, r *reports.RatioResult) string {
	if s.Limit() || r.Limit == nil || *r.Limit >= r.RatioLo && *r.Limit <= r.RatioHi {
		return ""
	}
	if exact, err := catalogue.Exact(ctx, s); err == nil {
		return fmt.Sprintf("at this size it is %s exactly", reports.Digits(exact, 6))
	}
	if a, err := catalogue.FiniteSizeCoefficient(s); err == nil {
		return fmt.Sprintf("limit (1 + a/d) = %s, with a = %s of theorem.LinearCEFiniteSize", reports.Digits(float64(*r.Limit)*(1+a/s.Dim), 6), reports.Digits(a, 5))
	}
	return "the limit, of d, N -> inf, is not in the interval"
}

// limitAt returns the exact limit of the settings at any number of classes.
func limitAt(ctx context.Context, estimators []*montecarlo.Estimator) func(int) (float64, bool) {
	return func(classes int) (float64, bool) {
		s := estimators[0].Setting
		s.Classes = classes
		r, err := catalogue.Limit(ctx, &s)
		return r, err == nil
	}
}
