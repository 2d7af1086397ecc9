package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/sbinet/npyio"
	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"pastur/internal/grid"
	"pastur/replicate"
	"pastur/reports"
	"pastur/spectra"
)

func newSpectrum() *cobra.Command {
	var f settingFlags
	var out output
	var o spectrumOptions
	cmd := &cobra.Command{
		Use:   "spectrum",
		Short: "Hold eigenvalues of Hessian blocks against the generalized Marchenko-Pastur law",
		Long: `Draw data and weights, compute the spectrum of one Hessian block a replicate,
H = (1/N) X^T diag(lambda) X of size d x d, and compare the mean of the spectra
with the generalized Marchenko-Pastur law of the limit law of lambda at
gamma = d/N. There is one for vv blocks of the linear model and for ww blocks of
the hidden one, where the law is that given the output weights V, and each
matrix is compared with its own. --model mp is the classical case lambda = 1.

The replicate is the matrix: intervals (95 %) are over matrices, and hold for
the distance of the EXPECTED spectrum at this d. The zeros of a matrix of rank
below d are counted exactly. With several d the distances' exponents are fitted.

Without --lanczos all eigenvalues are computed, for min(d, N) up to 4000: a
matrix of that size takes about half a minute. With --lanczos, d may be up to
20000: nothing of size d x d is formed, and data beyond 2 GiB are drawn again in
every step. An interrupt ends the command at once; --state keeps the matrices
that are finished.`,
		Example: `  pastur spectrum --classes 10 --dim 200,400,800
  pastur spectrum --classes 10 --pair 1,2 --gamma 2 --z 0.1+0.1i
  pastur spectrum --model hidden --block ww --hidden 8 --dim 400
  pastur spectrum --model mp --dim 300 --samples 50 --replicates 1000`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return spectrum(cmd, &f, &out, &o) },
	}
	f.register(cmd, "400")
	flags := cmd.Flags()
	flags.Lookup("model").Usage = "linear (f = V x), hidden (f = V relu(W x)) or mp (lambda = 1)"
	flags.Lookup("dim").Usage = "d: a value, a list or a range"
	flags.StringVar(&o.init, "init", "lecun", "lecun, he (both Gaussian) or pytorch (uniform)")
	flags.StringVar(&o.pair, "pair", "", "indices i,j of the block, from 1 (default 1,1)")
	flags.BoolVar(&o.offDiagonal, "offdiagonal", false, "the same as --pair 1,2")
	numberFlag(flags, &o.replicates, "replicates", 20, "matrices to draw", "a whole number from 1 to 1000000", func(x float64) bool { return whole(x) && x <= 1e6 })
	flags.StringVar(&o.z, "z", "", "points above the real axis for the Stieltjes transform, like 0.1+0.1i,1+0.5i (default: the mean of the law + i its deviation, or (1+i) Var V for ww blocks, times 2 C or 2 sqrt C under mse)")
	flags.StringVar(&o.law, "law", "limit", "limit, or lambda: hold each matrix against the law of its own lambda")
	flags.IntVar(&o.steps, "lanczos", 0, "steps of stochastic Lanczos quadrature instead of eigenvalues")
	flags.IntVar(&o.probes, "probes", 4, "random vectors a matrix, with --lanczos")
	flags.StringVar(&o.eigenvalues, "eigenvalues", "", "FILE.npy for the eigenvalues, one row a matrix")
	o.plot.register(cmd)
	o.register(cmd)
	out.register(cmd)
	return cmd
}

type spectrumOptions struct {
	samplingFlags
	plot                            plotFlags
	init, pair, z, law, eigenvalues string
	offDiagonal                     bool
	steps, probes                   int
	replicates                      float64
}

// spectrumPlan is the plan of the canonical JSON.
type spectrumPlan struct {
	Seed       uint64            `json:"seed"`
	Replicates int               `json:"replicates"`
	Z          []reports.Complex `json:"z"` // empty: chosen for each cell
	Cells      []string          `json:"cells"`
}

func spectrum(cmd *cobra.Command, f *settingFlags, out *output, o *spectrumOptions) (err error) {
	if err := errors.Join(out.check(), o.check(), o.plot.check()); err != nil {
		return err
	}
	z, err := parsePoints(o.z)
	if err != nil {
		return err
	}
	experiments, rounded, err := o.experiments(cmd, f)
	if err != nil {
		return err
	}
	// Everything is checked before anything is drawn.
	plan := spectrumPlan{Seed: o.seed, Replicates: int(o.replicates), Z: []reports.Complex{}}
	for _, z := range z {
		plan.Z = append(plan.Z, reports.ComplexOf(z))
	}
	for _, x := range experiments {
		if err := x.Check(); err != nil {
			return err
		}
		plan.Cells = append(plan.Cells, x.Key())
	}
	if o.plot.wanted() && len(experiments) > 1 {
		return errors.New("--plot draws one spectrum, so --dim and --classes must be single values")
	}
	if o.eigenvalues != "" {
		switch {
		case len(experiments) > 1:
			return errors.New("--eigenvalues is one array, so --dim and --classes must be single values")
		case o.steps > 0:
			return errors.New("--lanczos computes no eigenvalues: --eigenvalues needs a dim up to 4000 without it")
		}
		if err := reports.CheckWritable(o.eigenvalues); err != nil {
			return fmt.Errorf("--eigenvalues %w", err)
		}
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	defer o.closeState(&err)
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	results := make([]reports.SpectrumResult, len(experiments))
	groups := map[int][]*reports.SpectrumResult{}
	for i, x := range experiments {
		start := time.Now()
		bar.start(x.Ensemble.String())
		points := z
		if len(points) == 0 {
			point, err := x.DefaultPoint()
			if err != nil {
				return err
			}
			points = []complex128{point}
		}
		outcome, err := x.Run(cmd.Context(), plan.Replicates, points, replicate.Options{
			Seed: options.Seed, Workers: options.Workers, State: options.State,
			Progress: func(done, total int) { bar.update(1, 1, done, total) },
		})
		if err != nil {
			return err
		}
		if results[i], err = reports.Spectrum(x, outcome, rounded[i]); err != nil {
			return err
		}
		if o.timings {
			seconds := time.Since(start).Seconds()
			results[i].Seconds = &seconds
		}
		classes := x.Ensemble.Setting.Classes
		groups[classes] = append(groups[classes], &results[i])
		if o.plot.wanted() {
			data, err := reports.NewSpectrumData(x, outcome, 0)
			if err != nil {
				return err
			}
			if err := o.plot.draw(data.Figure(), out); err != nil {
				return err
			}
		}
		if o.eigenvalues != "" {
			err := out.add("--eigenvalues", o.eigenvalues, func(w io.Writer) error { return writeEigenvalues(w, outcome) })
			if err != nil {
				return err
			}
		}
	}
	bar.close()
	for _, group := range groups {
		reports.FitSpectra(group)
	}
	document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}
	return out.write(cmd, document, reports.SpectrumTable(results, o.timings))
}

// experiments returns the grid's experiments, and the warnings of each where gamma had to
// be rounded.
func (o *spectrumOptions) experiments(cmd *cobra.Command, f *settingFlags) (all []*spectra.Experiment, warnings [][]string, err error) {
	changed := cmd.Flags().Changed
	i, j, err := o.block(changed)
	if err != nil {
		return nil, nil, err
	}
	classical := f.model == "mp"
	if classical {
		for _, name := range []string{"loss", "block", "classes", "hidden", "init", "pair", "offdiagonal", "law"} {
			if changed(name) {
				return nil, nil, fmt.Errorf("--%s is about a network: --model mp has lambda = 1 and takes --dim and --gamma or --samples only", name)
			}
		}
		// The sizes are completed as those of a network are.
		f.model, f.loss, f.block = "linear", "mse", "vv"
	}
	if o.law != "limit" && o.law != "lambda" {
		return nil, nil, fmt.Errorf("unknown law %q: want limit or lambda", o.law)
	}
	if !changed("lanczos") {
		if changed("probes") {
			return nil, nil, errors.New("--probes is for --lanczos: give that too")
		}
		o.probes = 0
	} else if o.steps < 2 || o.probes < 1 {
		return nil, nil, fmt.Errorf("--lanczos must be at least 2 steps and --probes at least 1 vector, got %d and %d", o.steps, o.probes)
	}
	// dim inf is refused in this command's words.
	if dims, err := grid.Parse(f.dim); err == nil && math.IsInf(dims[len(dims)-1], 1) {
		return nil, nil, errors.New("a spectrum is that of a matrix, so --dim must be finite, got inf")
	}
	settings, warnings, err := f.settings(cmd, o.init)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range settings {
		var e *spectra.Ensemble
		if classical {
			if s.Dim*s.Samples > math.MaxInt32*1e3 { // far beyond memory, but not beyond int
				return nil, nil, fmt.Errorf("dim %.0f and samples %.0f are beyond any memory: want a smaller size", s.Dim, s.Samples)
			}
			e, err = spectra.NewClassical(int(s.Dim), int(s.Samples))
		} else {
			e, err = spectra.NewEnsemble(s, i, j)
		}
		if err != nil {
			return nil, nil, err
		}
		all = append(all, &spectra.Experiment{Ensemble: e, Steps: o.steps, Probes: o.probes, OwnLambda: o.law == "lambda"})
	}
	return all, warnings, nil
}

// block returns the block's indices, from 0.
func (o *spectrumOptions) block(changed func(string) bool) (i, j int, err error) {
	switch {
	case o.offDiagonal && changed("pair"):
		return 0, 0, errors.New("--offdiagonal (--pair 1,2) and --pair exclude each other: give one")
	case o.offDiagonal:
		return 0, 1, nil
	case !changed("pair"):
		return 0, 0, nil
	}
	first, second, ok := strings.Cut(o.pair, ",")
	i, err1 := strconv.Atoi(strings.TrimSpace(first))
	j, err2 := strconv.Atoi(strings.TrimSpace(second))
	if !ok || err1 != nil || err2 != nil || i < 1 || j < 1 {
		return 0, 0, fmt.Errorf("--pair must be two whole numbers from 1 like 1,2, got %q", o.pair)
	}
	return i - 1, j - 1, nil
}

// writeEigenvalues writes an array of one row a matrix, zeros included, each
// row ascending.
func writeEigenvalues(w io.Writer, o *spectra.Outcome) error {
	d := o.Matrices[0].Spectrum.Dim
	array := mat.NewDense(len(o.Matrices), d, nil)
	for i := range o.Matrices {
		array.SetRow(i, o.Matrices[i].Spectrum.Eigenvalues())
	}
	return npyio.Write(w, array)
}
