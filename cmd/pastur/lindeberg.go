package main

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"github.com/spf13/cobra"

	"pastur/internal/grid"
	"pastur/lindeberg"
	"pastur/network"
	"pastur/reports"
	"pastur/verdict"
)

func newLindeberg() *cobra.Command {
	var out output
	var o lindebergOptions
	cmd := &cobra.Command{
		Use:   "lindeberg",
		Short: "Measure the gap between a Hessian block and its independent copy",
		Long: `Measure delta_N(z) = E s_H~(z) - E s_H(z), the gap of expected Stieltjes
transforms that the Lindeberg interpolation of the source bounds by O(N^-1/2), at
the sizes N, d = gamma N, and compare N delta_N(z) with its exact limit.

H = X Lambda(X) X^T/N is a cross-entropy Hessian block at Gaussian data and
weights: linear vv, or hidden ww averaged over a few fixed draws of V. H~ has its
Lambda and X independent. X(theta) = sin(theta) X + cos(theta) X~ leads from H~,
theta = 0, to H, theta = pi/2. Path data moves the data, X(theta) Lambda(X)
X(theta)^T; path weights moves the weights, X Lambda(X(theta)) X^T. Coupling shared
draws of the copy X~ only the directions that Lambda sees, which is as good in law
and fluctuates less.

Sampling goes on until the half-width of the 95 % interval over |delta| is
--rel-error at every size and point, or for --replicates, whichever is given; with
both, --replicates is the most to be spent at a size. The exit code is 3 if a
precision was asked for, by --rel-error or by neither flag, and was not reached.`,
		Example: `  pastur lindeberg --classes 3 --gamma 0.5 --z 0.1+0.1i --sizes 40,80,160,320
  pastur lindeberg --classes 10 --offdiagonal --z 0.1+0.1i,0.05+0.2i --format json
  pastur lindeberg --model hidden --hidden 3 --z 0.1+0.1i --sizes 40,80 --plot gap.svg`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := checkHidden(cmd, o.model); err != nil {
				return err
			}
			return runLindeberg(cmd, &out, &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.model, "model", "linear", "linear (f = V x) or hidden (f = V relu(W x))")
	flags.StringVar(&o.block, "block", "", "vv (linear, its default) or ww (hidden, its default)")
	flags.BoolVar(&o.off, "offdiagonal", false, "an off-diagonal block instead of a diagonal one")
	flags.IntVar(&o.classes, "classes", 3, "C")
	flags.IntVar(&o.hidden, "hidden", 3, "m, the width of the hidden layer")
	flags.IntVar(&o.outputs, "outputs", lindeberg.DefaultOutputs, "draws of V that hidden blocks are averaged over")
	flags.StringVar(&o.init, "init", "lecun", "lecun or he")
	numberFlag(flags, &o.gamma, "gamma", 0.5, "gamma = d/N", "a positive number", positive)
	flags.StringVar(&o.points, "z", "0.1+0.1i", "points in the upper half-plane, separated by commas")
	flags.StringVar(&o.sizes, "sizes", "40,80,160,320", "N: a value, a list, or a range 40:640:log5")
	flags.StringVar(&o.path, "path", "data", "what moves: data or weights")
	flags.StringVar(&o.coupling, "coupling", "shared", "the copy of the data: shared (complement) or independent")
	numberFlag(flags, &o.relError, "rel-error", 0.05, "half-width of the 95 % interval over |delta|", "a number between 0 and 1", func(x float64) bool { return x > 0 && x < 1 })
	numberFlag(flags, &o.replicates, "replicates", 0, "replicates to draw at each size (rounded up to whole chunks)", "a whole number from 1 to 2^50", whole)
	o.register(cmd)
	o.plot.register(cmd)
	out.register(cmd)
	return cmd
}

type lindebergOptions struct {
	samplingFlags
	plot                                              plotFlags
	model, block, init, points, sizes, path, coupling string
	off                                               bool
	classes, hidden, outputs                          int
	gamma, relError, replicates                       float64
}

// lindebergPlan is the plan of the canonical JSON.
type lindebergPlan struct {
	Seed       uint64            `json:"seed"`
	RelError   *float64          `json:"rel_error"`
	Replicates *int64            `json:"replicates"`
	Points     []reports.Complex `json:"points"`
	Cells      []string          `json:"cells"`
}

// settings returns a setting for each size, and warnings where gamma had to be
// rounded.
func (o *lindebergOptions) settings() (all []lindeberg.Setting, warnings []string, err error) {
	model, err := network.ParseModel(o.model)
	if err != nil {
		return nil, nil, err
	}
	if o.block == "" {
		o.block = map[network.Model]string{network.Linear: "vv", network.Hidden: "ww"}[model]
	}
	block, err := network.ParseBlock(o.block)
	if err != nil {
		return nil, nil, fmt.Errorf("unknown block %q: want vv or ww", o.block)
	}
	init, err := network.ParseInit(o.init)
	if err != nil {
		return nil, nil, err
	}
	if !init.Gaussian() {
		return nil, nil, fmt.Errorf("init %s is not Gaussian, which the coordinates of the data along the weights need: want lecun or he", init)
	}
	if o.outputs < 1 || o.outputs > 1000 {
		return nil, nil, fmt.Errorf("--outputs must be from 1 to 1000, got %d", o.outputs)
	}
	if o.classes < 2 {
		return nil, nil, fmt.Errorf("--classes must be at least 2, got %d", o.classes)
	}
	sizes, err := grid.Between(o.sizes, 1, 1<<20)
	if err != nil {
		return nil, nil, fmt.Errorf("--sizes %w", err)
	}
	for _, n := range sizes {
		d := math.Round(o.gamma * n)
		if d > 1<<20 {
			return nil, nil, fmt.Errorf("d = gamma N must be at most 1048576, got %v", d)
		}
		s, err := lindeberg.Setting{
			Model: model, Block: block, OffDiagonal: o.off, Classes: o.classes, Hidden: o.hidden, Samples: int(n), Dim: int(d),
			Kappa: init.Variance(1), Outputs: o.outputs, Path: lindeberg.Path(o.path), Coupling: lindeberg.Coupling(o.coupling),
		}.Complete()
		if err != nil {
			return nil, nil, err
		}
		if math.Abs(s.Gamma()/o.gamma-1) > 1e-12 {
			warnings = append(warnings, fmt.Sprintf("d is whole: at N = %d, d = %d gamma is %.6g, not %v", s.Samples, s.Dim, s.Gamma(), o.gamma))
		}
		all = append(all, s)
	}
	return all, warnings, nil
}

// Pilots: replicates with the other coupling for the variance ratio, draws whose
// closure is checked where that takes eigendecompositions, and the picture's path.
const (
	variancePilot  = 128
	closureDraws   = 4
	closureMaxDim  = 60
	pathSteps      = 12
	pathReplicates = 2048
)

func runLindeberg(cmd *cobra.Command, out *output, o *lindebergOptions) (err error) {
	if err := errors.Join(out.check(), o.check(), o.plot.check()); err != nil {
		return err
	}
	points, err := parsePoints(o.points)
	if err != nil {
		return err
	}
	settings, rounded, err := o.settings()
	if err != nil {
		return err
	}
	precision := verdict.Precision{RelError: o.relError, Replicates: int64(o.replicates)}
	plan := lindebergPlan{Seed: o.seed}
	if o.replicates > 0 {
		plan.Replicates = &precision.Replicates
		if !cmd.Flags().Changed("rel-error") {
			precision.RelError = 0
		}
	}
	if precision.RelError > 0 {
		plan.RelError = &precision.RelError
	}
	for _, z := range points {
		plan.Points = append(plan.Points, reports.ComplexOf(z))
	}
	for _, s := range settings {
		plan.Cells = append(plan.Cells, s.String())
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	defer o.closeState(&err)
	constants, warning := lindebergConstants(settings[0], o.gamma, points)
	if warning != "" {
		rounded = append(rounded, warning)
	}
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	options.Progress = bar.update
	gaps := make([][]lindeberg.Gap, len(points)) // by point, then size
	ratios := make([][]float64, len(points))
	for _, s := range settings {
		bar.start(s.String())
		estimates, err := lindeberg.Estimate(cmd.Context(), s, points, precision, options)
		if err != nil {
			return err
		}
		var other []lindeberg.Gap
		if s.Path == lindeberg.Data {
			if other, err = lindeberg.Estimate(cmd.Context(), otherCoupling(s), points, verdict.Precision{Replicates: variancePilot}, options); err != nil {
				return err
			}
		}
		for k := range points {
			gaps[k] = append(gaps[k], estimates[k])
			if other != nil {
				ratio := other[k].Variance / estimates[k].Variance
				if s.Coupling == lindeberg.Independent {
					ratio = 1 / ratio
				}
				ratios[k] = append(ratios[k], ratio)
			}
		}
	}
	bar.start("closure")
	closures, err := lindebergClosures(cmd, settings, points, gaps, options)
	if err != nil {
		return err
	}
	var results []reports.LindebergResult
	reached := true
	for k := range points {
		warnings := append([]string(nil), rounded...)
		for i := range gaps[k] {
			g := &gaps[k][i]
			if g.Replicates < 2 {
				warnings = append(warnings, fmt.Sprintf("N = %d: one replicate has no interval: want at least 2 replicates", g.Setting.Samples))
			}
			if !g.Reached {
				reached = false
				warnings = append(warnings, fmt.Sprintf("N = %d: the relative error asked for, %v, was not reached", g.Setting.Samples, precision.RelError))
			}
		}
		if len(settings) < 4 {
			warnings = append(warnings, "fewer than four sizes: the exponent is fitted without a correction term, and its interval leaves that bias out")
		}
		var constant *complex128
		if constants != nil {
			constant = &constants[k]
		}
		results = append(results, reports.Lindeberg(gaps[k], o.gamma, constant, ratios[k], closures[k], warnings))
	}
	if o.plot.wanted() {
		s := settings[0]
		bar.start("path")
		path, err := lindeberg.AveragePath(cmd.Context(), s, points[0], pathSteps, pathReplicates, options)
		if err != nil {
			return err
		}
		if err := o.plot.draw(reports.LindebergFigure(results, path, s.Samples), out); err != nil {
			return err
		}
	}
	bar.close()
	document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}
	if err := out.write(cmd, document, reports.LindebergTable(results)); err != nil {
		return err
	}
	if !reached {
		return exitCode(exitInconclusive)
	}
	return nil
}

// lindebergConstants returns the exact limits at all points, or why one is not
// known, and what is to be said about them.
func lindebergConstants(s lindeberg.Setting, gamma float64, points []complex128) (constants []complex128, warning string) {
	limit, err := lindeberg.NewLimit(s, gamma)
	if err != nil {
		return nil, err.Error()
	}
	for _, z := range points {
		c, se, err := limit.ConstantWithError(z)
		if err != nil {
			return nil, err.Error()
		}
		if se > 0 {
			warning = fmt.Sprintf("the limit is a quasi-Monte Carlo average with a relative standard error of %.1g", se/cmplx.Abs(c))
		}
		constants = append(constants, c)
	}
	return constants, warning
}

func otherCoupling(s lindeberg.Setting) lindeberg.Setting {
	if s.Coupling == lindeberg.Shared {
		s.Coupling = lindeberg.Independent
	} else {
		s.Coupling = lindeberg.Shared
	}
	return s
}

// lindebergClosures returns the closure at each point: over all samples on the
// shared data path, elsewhere over a few at the smallest size.
func lindebergClosures(cmd *cobra.Command, settings []lindeberg.Setting, points []complex128, gaps [][]lindeberg.Gap, options verdict.Options) ([]reports.Closure, error) {
	all := make([]reports.Closure, len(points))
	s := settings[0]
	if s.Path == lindeberg.Data && s.Coupling == lindeberg.Shared {
		for k := range all {
			for i := range gaps[k] {
				g := &gaps[k][i]
				all[k].Error = max(all[k].Error, g.Closure) // NaN if one is
				all[k].Nodes = max(all[k].Nodes, g.Nodes)
				all[k].Samples += g.Replicates
			}
		}
		return all, nil
	}
	if s.Dim > closureMaxDim {
		for k := range all {
			all[k] = reports.Closure{Error: math.NaN()}
		}
		return all, nil
	}
	errs, nodes, err := lindeberg.Closures(cmd.Context(), s, points, closureDraws, options)
	if err != nil {
		return nil, err
	}
	for k := range all {
		all[k] = reports.Closure{Error: errs[k], Nodes: nodes[k], Samples: closureDraws}
	}
	return all, nil
}
