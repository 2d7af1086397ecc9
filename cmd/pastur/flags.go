package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pastur/internal/grid"
	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
	"pastur/reports"
	"pastur/theorem"
	"pastur/verdict"
)

// number is a flag that holds a number, with an error of our own.
type number struct {
	value *float64
	want  string
	ok    func(float64) bool
}

func (n number) String() string {
	if n.value == nil {
		return ""
	}
	return strconv.FormatFloat(*n.value, 'g', -1, 64)
}
func (n number) Type() string { return "number" }
func (n number) Set(text string) error {
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || !n.ok(x) {
		return errors.New("must be " + n.want)
	}
	*n.value = x
	return nil
}

func numberFlag(flags *pflag.FlagSet, value *float64, name string, fallback float64, usage, want string, ok func(float64) bool) {
	*value = fallback
	flags.Var(number{value, want, ok}, name, usage)
}

func positive(x float64) bool { return x > 0 && !math.IsInf(x, 1) }

func whole(x float64) bool { return x >= 1 && x <= 1<<50 && x == math.Floor(x) }

// settingFlags are the flags that say which block at which size, the same for
// every command.
type settingFlags struct {
	model, loss, block string
	classes, dim       string
	gamma, samples     float64
	hidden             int
	data               string // only where a command registers it
}

func (f *settingFlags) register(cmd *cobra.Command, defaultDim string) {
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", "linear", "linear (f = V x) or hidden (f = V relu(W x))")
	flags.StringVar(&f.loss, "loss", "ce", "ce (cross-entropy) or mse (squared)")
	flags.StringVar(&f.block, "block", "vv", "vv (output weights) or ww (hidden weights)")
	flags.StringVar(&f.classes, "classes", "10", "C: a value, a list 10,100 or a range 10:1000:log5")
	flags.StringVar(&f.dim, "dim", defaultDim, "d: a value, a list, a range, or inf for the limit d, N -> inf")
	numberFlag(flags, &f.gamma, "gamma", 0.5, "gamma = d/N", "a positive number", positive)
	numberFlag(flags, &f.samples, "samples", 0, "N, instead of --gamma", "a whole number from 1 to 2^50", whole)
	flags.IntVar(&f.hidden, "hidden", 8, "m, the width of the hidden layer")
}

// settings returns the settings of the grid, classes varying fastest, each
// completed, and for each the warnings that are its own: that gamma had to be
// rounded.
func (f *settingFlags) settings(cmd *cobra.Command, init string) (all []montecarlo.Setting, warnings [][]string, err error) {
	model, err := network.ParseModel(f.model)
	if err != nil {
		return nil, nil, err
	}
	loss, err := network.ParseLoss(f.loss)
	if err != nil {
		return nil, nil, err
	}
	block, err := network.ParseBlock(f.block)
	if err != nil { // wv is known, and refused in other words
		return nil, nil, fmt.Errorf("unknown block %q: want vv or ww", f.block)
	}
	law, err := network.ParseInit(init)
	if err != nil {
		return nil, nil, err
	}
	if cmd.Flags().Changed("gamma") && cmd.Flags().Changed("samples") {
		return nil, nil, errors.New("--gamma (d/N) and --samples (N) exclude each other: give one")
	}
	if err := checkHidden(cmd, f.model); err != nil {
		return nil, nil, err
	}
	classes, err := grid.Between(f.classes, 2, theorem.MaxClasses)
	if err != nil {
		return nil, nil, fmt.Errorf("--classes %w", err)
	}
	dims, err := grid.Parse(f.dim)
	if err != nil {
		return nil, nil, fmt.Errorf("--dim %w", err)
	}
	data, err := f.parseData()
	if err != nil {
		return nil, nil, err
	}
	if data.Given() {
		for _, name := range []string{"dim", "gamma", "samples"} {
			if cmd.Flags().Changed(name) {
				n, d := data.Dims()
				return nil, nil, fmt.Errorf("--%s: the file fixes N = %d, its rows, and d = %d, its columns: leave it out", name, n, d)
			}
		}
		dims = []float64{0}
	}
	for _, d := range dims {
		for _, c := range classes {
			s := montecarlo.Setting{
				Model: model, Loss: loss, Block: block, Classes: int(c), Hidden: f.hidden,
				Dim: d, Gamma: f.gamma, Samples: f.samples, Init: law, Data: data,
			}
			if f.samples != 0 {
				s.Gamma = 0
			}
			done, err := s.Complete()
			if err != nil && strings.HasPrefix(err.Error(), "hidden must") {
				return nil, nil, fmt.Errorf("--%w", err)
			}
			if err != nil {
				return nil, nil, err
			}
			var own []string
			if f.samples == 0 && !data.Given() && math.Abs(done.Gamma/f.gamma-1) > 1e-12 {
				own = append(own, fmt.Sprintf("N is whole: at d = %.0f, N = %.0f gamma is %.6g, not %v", d, done.Samples, done.Gamma, f.gamma))
			}
			all, warnings = append(all, done), append(warnings, own)
		}
	}
	return all, warnings, nil
}

// parseData reads --data: a law, or a file.
func (f *settingFlags) parseData() (montecarlo.Data, error) {
	switch info, err := os.Stat(f.data); {
	case f.data == "":
		return montecarlo.Data{}, nil
	case err == nil && !info.IsDir():
		return montecarlo.OpenData(f.data)
	}
	data, err := montecarlo.ParseData(f.data)
	if err != nil {
		name, _, _ := strings.Cut(f.data, "#")
		if filepath.Ext(name) != "" && !strings.Contains(f.data, ":") || strings.ContainsRune(f.data, '/') {
			return montecarlo.OpenData(f.data) // says what is wrong with the file
		}
		switch {
		case strings.HasPrefix(err.Error(), "unknown data"):
			err = fmt.Errorf("--data: %w, or a .npy or .csv file", err)
		case strings.HasPrefix(err.Error(), "data "):
			err = fmt.Errorf("--%w", err)
		default:
			err = fmt.Errorf("--data: %w", err)
		}
		return data, err
	}
	return data, nil
}

// defaultSeed is the seed where none is given, the same on every machine.
const defaultSeed = 1

// samplingFlags are the flags of every command that samples. None but the seed
// changes a result.
type samplingFlags struct {
	seed    uint64
	workers int
	state   string
	timings bool

	folder *replicate.Folder // of --state, once it is open
}

func (f *samplingFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Uint64Var(&f.seed, "seed", defaultSeed, "seed of all randomness")
	flags.IntVar(&f.workers, "workers", runtime.NumCPU(), "goroutines that sample; changes no result")
	flags.Lookup("workers").DefValue = "one a processor"
	flags.StringVar(&f.state, "state", "", "folder that keeps finished chunks, to resume from")
	flags.BoolVar(&f.timings, "timings", false, "add seconds to the results")
}

func (f *samplingFlags) check() error {
	if f.workers < 1 || f.workers > 4096 {
		return fmt.Errorf("--workers must be from 1 to 4096, got %d", f.workers)
	}
	return nil
}

// options opens the state folder, if one is named. Its chunks must be those of
// this build: results that pass through linear algebra differ in their last bits
// between builds, and JSON names the one that computed them.
func (f *samplingFlags) options() (verdict.Options, error) {
	o := verdict.Options{Seed: f.seed, Workers: f.workers}
	if f.state == "" {
		return o, nil
	}
	build, err := buildStamp()
	if err != nil {
		return o, err
	}
	folder, err := replicate.CreateFolder(f.state, replicate.FolderOptions{Build: build})
	if err == nil {
		err = folder.Load()
	}
	if err != nil {
		return o, fmt.Errorf("--state: %w", err)
	}
	o.State, f.folder = folder, folder
	return o, nil
}

// buildStamp is what the files of chunks bear of the build that computes them.
func buildStamp() (json.RawMessage, error) { return json.Marshal(reports.ThisEnvironment()) }

// closeState gives the chunk file of --state its footer and final name, however
// the command ended: what was finished before an error or an interruption is
// kept as well. Results whose chunks could not be kept are an error.
func (f *samplingFlags) closeState(err *error) {
	var state *replicate.FolderError
	if errors.As(*err, &state) {
		*err = fmt.Errorf("--state: %w", *err)
	}
	closed := f.folder.Close()
	kept := f.folder != nil
	f.folder = nil
	if closed == nil {
		if kept && (errors.Is(*err, context.Canceled) || errors.Is(*err, context.DeadlineExceeded)) {
			*err = &keptError{*err, f.state}
		}
		return
	}
	var code exitCode
	if errors.As(*err, &code) {
		*err = nil // it would say nothing
	}
	*err = errors.Join(*err, fmt.Errorf("--state: %w", closed))
}

// keptError is an interruption after which finished chunks are there.
type keptError struct {
	error
	folder string
}

func (e *keptError) Unwrap() error { return e.error }

// checkHidden refuses a width that the model does not have: who gives one and
// forgets --model hidden would read the linear model's numbers.
func checkHidden(cmd *cobra.Command, model string) error {
	if model == string(network.Linear) && cmd.Flags().Changed("hidden") {
		return errors.New("--hidden is the width of a hidden layer, which model linear has not: want --model hidden")
	}
	return nil
}
