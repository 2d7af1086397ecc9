package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pastur/network"
	"pastur/reports"
)

func newHessian() *cobra.Command {
	var o hessianOptions
	cmd := &cobra.Command{
		Use:   "hessian",
		Short: "A network's Hessian: picture and block norms, at initialisation or along training",
		Long: `Compute the Hessian of the loss of a multilayer perceptron without biases, on
synthetic or real data, at initialisation, along training or for given weights,
and print the Frobenius norms of its blocks. A block belongs to two rows of
weight matrices: w_i feeds hidden unit i, v_c the logit of class c. Squared
error is (1/N) sum |f - onehot|^2, without 1/2 and without 1/C.

--layers is d, the hidden widths and C: 500,8,500; 30,10 is a linear model.
--data is gaussian (N(0,I), labels independent of it), clusters (a Gaussian a
class) or a file: .npy, .npz, .csv, IDX (MNIST's, gzipped or not) or binary CIFAR.
Bytes of images are divided by 255; --normalize does more. --weights reads a
state_dict saved by numpy.savez: fc1.weight, fc2.weight, ... each (out, in).

The Hessian takes 8 P^2 bytes for P parameters, at most 4 GiB (P = 23 170);
--norms-only takes norms without forming it, for a linear model of any number of
classes at a cost of 6 N^2 C operations.

--train is full batch, with a cosine schedule; snapshots are percents of it. With
--state a killed training resumes, to the same bytes; without, --save-weights
keeps the weights of every snapshot that was reached.

Pictures show |H|, cut off at --clip; of a Hessian of over 1200 parameters, the
largest entry of each of 1200 x 1200 tiles. They are written at the end, all or
none; --save-weights, --hessian and --loss-curve write as soon as they can, and an
interruption names what they have written.`,
		Example: `  pastur hessian --layers 20,8,100 --samples 500 --plot hessian.png
  pastur hessian --layers 100,8,10 --classes 10,50,100,1000 --show w,v --plot sheet.png
  pastur hessian --layers 20,8,20 --samples 400 --train 2000 --lr 0.01 --snapshots 0,1,50,100
  pastur hessian --weights net.npz --data x.npy --labels y.npy --norms-only --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return hessian(cmd, &o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.layers, "layers", "20,8,10", "d, hidden widths, C")
	flags.StringVar(&o.classes, "classes", "", "several C in place of that of --layers: a list 10,100")
	flags.StringVar(&o.loss, "loss", "ce", "ce (cross-entropy) or mse (squared)")
	flags.StringVar(&o.activation, "activation", "relu", "relu or identity")
	flags.StringVar(&o.data, "data", "gaussian", "gaussian, clusters, or a file (FILE.npz#name for one of several arrays)")
	flags.StringVar(&o.labels, "labels", "", "file of labels 0 .. C-1, or random; needed if the data file has none")
	flags.StringVar(&o.normalize, "normalize", "none", "of data from a file: none, global (mean 0, variance 1 over all entries) or feature (in each column)")
	flags.IntVar(&o.samples, "samples", 0, "N; from a file the first N (default: 500, or all of the file)")
	flags.StringVar(&o.init, "init", "lecun", "lecun, he (both Gaussian) or pytorch (uniform)")
	flags.StringVar(&o.weights, "weights", "", "weights from this .npz file, in place of --layers and --init")
	flags.StringVar(&o.saveWeights, "save-weights", "", "write the weights at each snapshot to this .npz file")
	flags.IntVar(&o.train, "train", 0, "steps of training")
	flags.StringVar(&o.optimizer, "optimizer", "adam", "adam or sgd, both on all samples")
	numberFlag(flags, &o.rate, "lr", network.DefaultRate, "learning rate at step 0, cosine to 0", "a positive number", positive)
	flags.StringVar(&o.snapshots, "snapshots", "", "percents of the training at which to look (default 0,1,50,100)")
	flags.StringVar(&o.curve, "loss-curve", "", "write the loss before each step to this file: .csv, or a picture")
	flags.BoolVar(&o.normsOnly, "norms-only", false, "do not form the Hessian")
	flags.StringVar(&o.hessian, "hessian", "", "write the Hessian to this .npy file, weights in the order layer, row, column")
	flags.StringVar(&o.plot, "plot", "", "draw |H| into this file: .svg, .png or .pdf")
	flags.StringVar(&o.show, "show", "all", "what to draw: all, or layers (w,v; w1,w2,v), each into a file of its own")
	flags.StringVar(&o.clip, "clip", "max/10", "where colours end: a part of the maximum, or a quantile (0.99) of what is shown")
	o.register(cmd)
	o.out.register(cmd)
	return cmd
}

type hessianOptions struct {
	samplingFlags
	out output

	layers, classes, loss, activation string
	data, labels, normalize           string
	samples, train                    int
	init, weights, saveWeights        string
	optimizer, snapshots, curve       string
	rate                              float64
	normsOnly                         bool
	hessian, plot, show, clip         string

	// Parsed.
	lossKind  network.Loss
	activated network.Activation
	clipAt    reports.Clip
	training  network.Training
	percents  []float64
	classList []int

	written []string // files, so far
}

// hessianPlan is the plan of the canonical JSON.
type hessianPlan struct {
	Seed       uint64            `json:"seed"`
	Layers     string            `json:"layers"`
	Classes    []int             `json:"classes"`
	Loss       string            `json:"loss"`
	Activation string            `json:"activation"`
	Data       string            `json:"data"`
	Labels     string            `json:"labels"`
	Normalize  string            `json:"normalize"`
	Samples    int               `json:"samples"`
	Init       string            `json:"init"`
	Weights    string            `json:"weights"`
	Training   *network.Training `json:"training"`
	Snapshots  []float64         `json:"snapshots"`
	NormsOnly  bool              `json:"norms_only"`
}

// parse checks all flags before any file is read.
func (o *hessianOptions) parse(cmd *cobra.Command) (err error) {
	changed := cmd.Flags().Changed
	if o.lossKind, err = network.ParseLoss(o.loss); err != nil {
		return err
	}
	if o.activated, err = network.ParseActivation(o.activation); err != nil {
		return err
	}
	if o.clipAt, err = reports.ParseClip(o.clip); err != nil {
		return fmt.Errorf("--%w", err)
	}
	if _, err := network.ParseInit(o.init); err != nil {
		return err
	}
	optimizer, err := network.ParseOptimizer(o.optimizer)
	if err != nil {
		return err
	}
	if o.samples < 0 || changed("samples") && o.samples == 0 {
		return fmt.Errorf("--samples must be at least 1, got %d", o.samples)
	}
	if o.train < 0 {
		return fmt.Errorf("--train must be a number of steps, got %d", o.train)
	}
	o.training = network.Training{Optimizer: optimizer, Rate: o.rate, Steps: o.train}
	if o.weights != "" && (changed("init") || changed("classes")) {
		return errors.New("--weights fixes the network: want it without --init and --classes")
	}
	if o.classes != "" {
		if o.classList, err = wholeNumbers("classes", o.classes, 2, "10,100"); err != nil {
			return err
		}
	}
	if err := o.parseSnapshots(); err != nil {
		return err
	}
	if o.train == 0 {
		for _, name := range []string{"optimizer", "lr", "snapshots", "loss-curve", "state"} {
			if changed(name) {
				return fmt.Errorf("--%s is about training: want --train STEPS with it", name)
			}
		}
	}
	if o.normsOnly && (o.plot != "" || o.hessian != "") {
		return errors.New("--norms-only does not form the Hessian: want it without --plot and --hessian")
	}
	return o.checkFiles()
}

func (o *hessianOptions) parseSnapshots() error {
	if o.train == 0 {
		o.percents = []float64{0}
		return nil
	}
	text := o.snapshots
	if text == "" {
		text = "0,1,50,100"
	}
	for field := range strings.SplitSeq(text, ",") {
		x, err := strconv.ParseFloat(field, 64)
		if err != nil || !(x >= 0 && x <= 100) {
			return fmt.Errorf("--snapshots must be percents from 0 to 100, got %q", field)
		}
		if k := len(o.percents); k > 0 && x <= o.percents[k-1] {
			return fmt.Errorf("--snapshots must rise, got %v after %v", x, o.percents[k-1])
		}
		o.percents = append(o.percents, x)
	}
	return nil
}

// stepAt returns the step of a percent of the training.
func (o *hessianOptions) stepAt(percent float64) int {
	return int(math.Round(percent / 100 * float64(o.train)))
}

// checkFiles refuses what could not be written.
func (o *hessianOptions) checkFiles() error {
	if err := errors.Join(o.out.check(), o.check()); err != nil {
		return err
	}
	for _, f := range []struct{ flag, file string }{{"save-weights", o.saveWeights}, {"hessian", o.hessian}, {"loss-curve", o.curve}} {
		if f.file != "" {
			if err := reports.CheckWritable(f.file); err != nil {
				return fmt.Errorf("--%s %w", f.flag, err)
			}
		}
	}
	if o.plot != "" {
		if err := reports.CheckPlotFile(o.plot); err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
	}
	if o.curve != "" && !strings.HasSuffix(o.curve, ".csv") {
		if err := reports.CheckPlotFile(o.curve); err != nil {
			return fmt.Errorf("--loss-curve: want a .csv file or a picture: %w", err)
		}
	}
	for flag, file := range map[string]string{"save-weights .npz": o.saveWeights, "hessian .npy": o.hessian} {
		name, extension, _ := strings.Cut(flag, " ")
		if file != "" && !strings.HasSuffix(file, extension) {
			return fmt.Errorf("--%s must name a %s file, got %q", name, extension, file)
		}
	}
	return nil
}

// wholeNumbers reads a list of numbers of at least so much.
func wholeNumbers(flag, text string, least int, such string) ([]int, error) {
	var list []int
	for field := range strings.SplitSeq(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(field))
		if err != nil || n < least {
			return nil, fmt.Errorf("--%s must be whole numbers from %d such as %s, got %q", flag, least, such, field)
		}
		list = append(list, n)
	}
	return list, nil
}

// parseLayers reads d, hidden widths and C.
func parseLayers(text string) ([]int, error) {
	sizes, err := wholeNumbers("layers", text, 1, "20,8,10")
	fields := strings.Split(text, ",")
	if last := fields[len(fields)-1]; len(fields) > 1 {
		if c, notANumber := strconv.Atoi(strings.TrimSpace(last)); notANumber == nil && c < 2 {
			return nil, fmt.Errorf("--layers must end in C, the number of classes, of at least 2, got %q in %q", last, text)
		}
	}
	return sizes, err
}

// hessianSheet is a part of a Hessian to be drawn.
type hessianSheet struct {
	reports.HeatSheet
	clip    float64
	reduced bool
}

func hessian(cmd *cobra.Command, o *hessianOptions) (err error) {
	if err := o.parse(cmd); err != nil {
		return err
	}
	runs, err := o.runs(cmd)
	if err != nil {
		return err
	}
	defer func() {
		if len(o.written) > 0 && err != nil && cmd.Context().Err() != nil {
			fmt.Fprintf(cmd.ErrOrStderr(), "pastur: written before the interruption: %s\n", strings.Join(o.written, ", "))
		}
	}()
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	var results []reports.HessianResult
	sheets := make(map[string][]hessianSheet)
	for _, r := range runs {
		if err := r.begin(o); err != nil {
			return err
		}
		for _, percent := range o.percents {
			start := time.Now()
			if err := r.advance(cmd.Context(), bar, o.stepAt(percent)); err != nil {
				return err
			}
			result, err := r.look(cmd.Context(), bar, percent, sheets)
			if err != nil {
				return err
			}
			if o.timings {
				seconds := time.Since(start).Seconds()
				result.Seconds = &seconds
			}
			results = append(results, *result)
		}
		if err := r.end(); err != nil {
			return err
		}
	}
	if err := o.draw(cmd.Context(), runs[0], sheets); err != nil {
		return err
	}
	bar.close()
	plan := hessianPlan{
		Seed: o.seed, Layers: o.layers, Classes: o.classList, Loss: o.loss, Activation: o.activation,
		Data: o.data, Labels: o.labels, Normalize: o.normalize, Samples: runs[0].problem.Samples(),
		Init: o.init, Weights: o.weights, Snapshots: o.percents, NormsOnly: o.normsOnly,
	}
	if o.weights != "" {
		plan.Layers, plan.Init = "", ""
	}
	if plan.Classes == nil {
		plan.Classes = []int{runs[0].problem.Net.Classes()}
	}
	if o.train > 0 {
		plan.Training = &o.training
	}
	document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}
	return o.out.write(cmd, document, reports.HessianTable(results, o.timings))
}
