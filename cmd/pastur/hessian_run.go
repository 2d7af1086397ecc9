package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
	"pastur/network"
	"pastur/reports"
)

// hessianRun is one network on its way through the snapshots.
type hessianRun struct {
	options *hessianOptions
	sizes   []int
	data    string           // words on the data
	problem *network.Problem // the one that is trained
	trainer *network.Trainer // nil without --train
	current *network.Problem // at the snapshot looked at
}

// checkpointEvery is how often a training is written down.
const checkpointEvery = 30 * time.Second

// begin opens the training, and resumes it if there is a state.
func (r *hessianRun) begin(o *hessianOptions) error {
	if o.train == 0 {
		return nil
	}
	var err error
	if r.trainer, err = network.NewTrainer(r.problem, o.training); err != nil {
		return err
	}
	if o.state == "" {
		return nil
	}
	if err := os.MkdirAll(o.state, 0o777); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	file, err := os.Open(r.stateFile())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	defer file.Close()
	if err := r.checkStamp(); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	if err := r.trainer.Read(file); err != nil {
		return fmt.Errorf("--state: %s %w; remove it to train from the start", r.stateFile(), err)
	}
	return nil
}

func (r *hessianRun) stateFile() string {
	return filepath.Join(r.options.state, r.trainer.Key()+".training")
}

func (r *hessianRun) snapshotFile(step int) string {
	return filepath.Join(r.options.state, fmt.Sprintf("%s-step%d.npz", r.trainer.Key(), step))
}

// stampFile says which build trains: another one's steps, through linear algebra,
// differ in their last bits, and training makes much of them.
func (r *hessianRun) stampFile() string {
	return filepath.Join(r.options.state, r.trainer.Key()+".build")
}

func (r *hessianRun) checkStamp() error {
	build, err := buildStamp()
	if err != nil {
		return err
	}
	there, err := os.ReadFile(r.stampFile())
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if !bytes.Equal(bytes.TrimSpace(there), build) {
		return fmt.Errorf("%s: computed by another build (%s, this one is %s): results must come from one; use that build, or remove the file to train from the start",
			r.stateFile(), bytes.TrimSpace(there), build)
	}
	return nil
}

func (r *hessianRun) checkpoint() error {
	if r.options.state == "" {
		return nil
	}
	build, err := buildStamp()
	if err != nil {
		return err
	}
	var training bytes.Buffer
	if err := r.trainer.Write(&training); err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	return reports.WriteFiles([]reports.File{
		{Path: r.stampFile(), Content: append(build, '\n'), Flag: "--state:"},
		{Path: r.stateFile(), Content: training.Bytes(), Flag: "--state:"},
	})
}

// advance brings the weights to the given step: by training, or, where a resumed
// training has passed it, from the snapshot it left.
func (r *hessianRun) advance(ctx context.Context, bar *progress, step int) error {
	r.current = r.problem
	if r.trainer == nil {
		return ctx.Err()
	}
	if r.trainer.Step() > step {
		return r.recall(step)
	}
	bar.start(fmt.Sprintf("training %s", commas(r.sizes)))
	defer bar.end()
	last := time.Now()
	var failed error
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	err := r.trainer.Run(ctx, step, func(done int) {
		bar.update(1, 1, done, r.options.train)
		if time.Since(last) > checkpointEvery {
			last = time.Now()
			if failed = r.checkpoint(); failed != nil {
				cancel()
			}
		}
	})
	if failed != nil {
		return failed
	}
	if kept := r.checkpoint(); kept != nil {
		return kept
	}
	if err != nil {
		return err
	}
	if r.options.state != "" {
		return writeWeights("--state", r.snapshotFile(step), r.problem.Net)
	}
	return nil
}

// recall reads the snapshot that a resumed training left at a step it has passed.
func (r *hessianRun) recall(step int) error {
	file := r.snapshotFile(step)
	arrays, err := dataset.ReadArrays(file)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("--state: the training kept there has passed step %d and kept no snapshot of it: want the --snapshots it was begun with, or another folder", step)
	}
	if err != nil {
		return fmt.Errorf("--state: %w", err)
	}
	net, err := network.FromArrays(r.options.activated, arrays)
	if err == nil {
		r.current, err = network.NewProblem(net, r.problem.Loss, r.problem.X, r.problem.Labels)
	}
	if err != nil {
		return fmt.Errorf("--state: %s: %w", file, err)
	}
	r.current.Workers = r.problem.Workers
	return nil
}

func writeWeights(flag, file string, net *network.MLP) error {
	err := reports.WriteFile(file, func(w io.Writer) error { return dataset.WriteArrays(w, net.Arrays()) })
	if err != nil {
		return fmt.Errorf("%s %w", flag, err)
	}
	return nil
}

// named inserts into a file's name what tells this network and step from others.
func (r *hessianRun) named(file string, step int) string {
	tag := ""
	if len(r.options.classList) > 1 {
		tag += fmt.Sprintf("-c%d", r.sizes[len(r.sizes)-1])
	}
	if len(r.options.percents) > 1 && step >= 0 {
		tag += fmt.Sprintf("-step%d", step)
	}
	return tagged(file, tag)
}

func tagged(file, tag string) string {
	extension := filepath.Ext(file)
	return strings.TrimSuffix(file, extension) + tag + extension
}

// look computes norms and whatever else is asked for at the present weights.
func (r *hessianRun) look(ctx context.Context, bar *progress, percent float64, sheets map[string][]hessianSheet) (*reports.HessianResult, error) {
	o, net, step := r.options, r.current.Net, r.options.stepAt(percent)
	result := &reports.HessianResult{
		Layers: r.sizes, Activation: string(net.Activation()), Loss: string(r.current.Loss), Data: r.data,
		Samples: r.current.Samples(), Parameters: net.Parameters(), Step: step, Percent: reports.Float(percent), Warnings: []string{},
	}
	if o.saveWeights != "" {
		file := r.named(o.saveWeights, step)
		if err := writeWeights("--save-weights", file, net); err != nil {
			return nil, err
		}
		o.written = append(o.written, file)
	}
	bar.start(fmt.Sprintf("Hessian %s", commas(r.sizes)))
	defer bar.end()
	update := func(done, total int) { bar.update(1, 1, done, total) }
	if r.heads() {
		norms, fit, err := net.HeadNorms(ctx, r.current.Loss, r.current.X, r.current.Labels, update)
		if err != nil {
			return nil, err
		}
		r.report(result, net, norms, fit)
		return result, nil
	}
	c, err := r.current.Curvature(ctx)
	if err != nil && r.trainer != nil && ctx.Err() == nil {
		return nil, fmt.Errorf("at step %d: %w: want a smaller rate than %v", step, err, o.rate)
	}
	if err != nil {
		return nil, err
	}
	if bound, ok := c.CrossBound(); ok && net.Depth() > 1 {
		b := reports.Float(bound)
		result.WVBound = &b
	}
	if o.normsOnly {
		norms, err := c.Norms(ctx, update)
		if err != nil {
			return nil, err
		}
		r.report(result, net, norms, c.Fit())
		return result, nil
	}
	h, err := c.Hessian(ctx, nil, update)
	if err != nil {
		return nil, err
	}
	norms, err := c.NormsOf(h, nil)
	if err != nil {
		return nil, err
	}
	r.report(result, net, norms, c.Fit())
	if o.hessian != "" {
		file := r.named(o.hessian, step)
		err := reports.WriteFile(file, func(w io.Writer) error { return dataset.WriteMatrix(w, h) })
		if err != nil {
			return nil, fmt.Errorf("--hessian %w", err)
		}
		o.written = append(o.written, file)
	}
	return result, r.sheets(h, net, percent, sheets)
}

// report fills in what is known of the norms, and what to beware of.
func (r *hessianRun) report(result *reports.HessianResult, net *network.MLP, norms *network.Norms, fit network.Fit) {
	result.SetNorms(net, norms)
	result.LossValue, result.OptimalityGap, result.Accuracy = reports.Float(fit.Loss), reports.Float(fit.Gap), reports.Float(fit.Accuracy)
	if !norms.Complete {
		result.Warnings = append(result.Warnings, fmt.Sprintf("of %d blocks only those on the diagonal are listed", len(norms.Groups)*(len(norms.Groups)+1)/2))
	}
	if r.current.Loss == network.MSE && net.Depth() > 1 {
		result.Warnings = append(result.Warnings, "under squared error the blocks between layers do not vanish with the gap")
	}
}

// sheets adds the parts to be drawn.
func (r *hessianRun) sheets(h *mat.Dense, net *network.MLP, percent float64, sheets map[string][]hessianSheet) error {
	o := r.options
	if o.plot == "" {
		return nil
	}
	parts, err := r.parts()
	if err != nil {
		return err
	}
	for name, layers := range parts {
		part := mat.Matrix(h)
		if layers != nil {
			from, to := net.Span(layers[0])
			part = h.Slice(from, to, from, to)
		}
		sheet, reduced := reports.HessianSheet(net, layers, part)
		var words []string
		if len(o.classList) > 1 {
			words = append(words, fmt.Sprintf("$C = %d$", net.Classes()))
		}
		if len(o.percents) > 1 {
			words = append(words, strconv.FormatFloat(percent, 'g', -1, 64)+" %")
		}
		sheet.Name = strings.Join(words, ", ")
		sheets[name] = append(sheets[name], hessianSheet{sheet, o.clipAt.Value(sheet), reduced})
	}
	return nil
}

// draw adds the pictures to what is written with the results.
func (o *hessianOptions) draw(ctx context.Context, r *hessianRun, sheets map[string][]hessianSheet) error {
	for _, name := range slices.Sorted(maps.Keys(sheets)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := o.plot
		if len(sheets) > 1 {
			file = tagged(file, "-"+name)
		}
		var all []reports.HeatSheet
		var clips []float64
		reduced := false
		for _, s := range sheets[name] {
			all, clips, reduced = append(all, s.HeatSheet), append(clips, s.clip), reduced || s.reduced
		}
		picture, err := reports.HessianPicture(r.caption(name, reduced), all, clips)
		if err != nil {
			return err
		}
		drawn, err := picture.File(file)
		if err != nil {
			return fmt.Errorf("--plot: %w", err)
		}
		drawn.Flag = "--plot"
		o.out.beside = append(o.out.beside, drawn)
	}
	return nil
}

// caption says what a picture shows.
func (r *hessianRun) caption(part string, reduced bool) string {
	o := r.options
	what := "Hessian"
	if part != "all" {
		what = "Hessian by the weights of layer " + reports.LayerLabel(part)
	}
	layers := commas(r.sizes)
	if len(o.classList) > 1 {
		layers = commas(r.sizes[:len(r.sizes)-1]) + ",$C$"
	}
	activation := map[network.Activation]string{network.ReLU: "ReLU, ", network.Identity: "identity, "}[r.problem.Net.Activation()]
	if r.problem.Net.Depth() == 1 {
		activation = "" // there is no hidden unit
	}
	data := r.data
	if data == string(network.Gaussian) {
		data = "Gaussian"
	}
	text := fmt.Sprintf("%s of a network of layers %s (%s%s loss), %d samples of %s data.", what, layers,
		activation, strings.ToUpper(string(r.problem.Loss)), r.problem.Samples(), data)
	if o.train > 0 {
		text += fmt.Sprintf(" Full-batch %s, %d steps, rate %v, cosine.", optimizerName(o.training.Optimizer), o.train, o.rate)
	}
	text += fmt.Sprintf(" Colours end at %s.", o.clipAt)
	if reduced {
		text += " Each pixel is the largest entry of its tile of $H$."
	}
	return text
}

// optimizerName is how captions write an optimizer.
func optimizerName(o network.Optimizer) string {
	return map[network.Optimizer]string{network.Adam: "Adam", network.SGD: "SGD"}[o]
}

// end writes the loss curve.
func (r *hessianRun) end() error {
	o := r.options
	if r.trainer == nil || o.curve == "" {
		return nil
	}
	file, losses := r.named(o.curve, -1), r.trainer.Losses()
	var err error
	if strings.HasSuffix(file, ".csv") {
		err = reports.WriteFile(file, func(w io.Writer) error {
			out := csv.NewWriter(w)
			out.Write([]string{"step", "loss"})
			for k, l := range losses {
				out.Write([]string{strconv.Itoa(k), strconv.FormatFloat(l, 'g', -1, 64)})
			}
			out.Flush()
			return out.Error()
		})
	} else {
		caption := fmt.Sprintf("Loss before each step: layers %s, full-batch %s, rate %v, cosine.", commas(r.sizes), optimizerName(o.training.Optimizer), o.rate)
		err = reports.LossCurve(caption, strings.ToUpper(string(r.problem.Loss)), losses).Write(file)
	}
	if err != nil {
		return fmt.Errorf("--loss-curve %w", err)
	}
	o.written = append(o.written, file)
	return nil
}
