package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
	"pastur/network"
	"pastur/replicate"
)

// samples is data with words on where it comes from.
type samples struct {
	X                *mat.Dense
	labels           []int
	from, labelsFrom string
}

// runs returns the problems to solve: one, or one for each of --classes.
func (o *hessianOptions) runs(cmd *cobra.Command) ([]*hessianRun, error) {
	file, err := o.readData()
	if err != nil {
		return nil, err
	}
	var given *network.MLP
	var sizes []int
	netFrom := "--layers " + o.layers
	if o.weights != "" {
		arrays, err := dataset.ReadArrays(o.weights)
		if err != nil {
			return nil, err
		}
		if given, err = network.FromArrays(o.activated, arrays); err != nil {
			return nil, fmt.Errorf("%s: %w", o.weights, err)
		}
		netFrom = o.weights
		sizes = given.Sizes()
		if cmd.Flags().Changed("layers") {
			want, err := parseLayers(o.layers)
			if err != nil {
				return nil, err
			}
			if fmt.Sprint(want) != fmt.Sprint(sizes) {
				return nil, fmt.Errorf("--layers %s but %s holds a net of layers %s: want the same, or --layers left out", o.layers, o.weights, commas(sizes))
			}
		}
	} else if sizes, err = parseLayers(o.layers); err != nil {
		return nil, err
	} else if file != nil && !cmd.Flags().Changed("layers") {
		_, d := file.X.Dims()
		return nil, fmt.Errorf("data from a file needs a network: want --layers %d,..,C or --weights", d)
	}
	if len(sizes) < 2 {
		return nil, fmt.Errorf("--layers must be d, hidden widths and C, got %q", o.layers)
	}
	classes := o.classList
	if classes == nil {
		classes = sizes[len(sizes)-1:]
	}
	var runs []*hessianRun
	for _, c := range classes {
		r := &hessianRun{options: o, sizes: append(append([]int(nil), sizes[:len(sizes)-1]...), c)}
		if err := r.prepare(given, file, netFrom); err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	if _, err := runs[0].parts(); err != nil {
		return nil, err
	}
	return runs, nil
}

// readData reads --data and --labels, if they are files.
func (o *hessianOptions) readData() (*samples, error) {
	by, err := dataset.ParseNormalization(o.normalize)
	if err != nil {
		return nil, fmt.Errorf("--normalize: %w", err)
	}
	if _, err := network.ParseSynthetic(o.data); err == nil {
		if o.labels != "" || by != dataset.None {
			return nil, fmt.Errorf("--data %s draws its own labels and needs no normalizing: want --labels and --normalize with a file only", o.data)
		}
		return nil, nil
	} else if !strings.ContainsAny(o.data, "./\\") {
		return nil, fmt.Errorf("%w, or a file", err)
	}
	set, err := dataset.Read(o.data)
	if err != nil {
		return nil, err
	}
	s := &samples{X: set.X, labels: set.Labels, from: o.data, labelsFrom: o.data}
	n, _ := s.X.Dims()
	switch {
	case o.labels == "random":
		s.labels, s.labelsFrom = nil, "random"
	case o.labels != "":
		s.labelsFrom = o.labels
		if s.labels, err = dataset.ReadLabels(o.labels); err != nil {
			return nil, err
		}
		if len(s.labels) != n {
			return nil, fmt.Errorf("%s holds %d samples but %s holds %d labels: want as many", o.data, n, o.labels, len(s.labels))
		}
	case s.labels == nil:
		return nil, fmt.Errorf("%s holds no labels: want --labels FILE, or --labels random", o.data)
	}
	if o.samples > n {
		return nil, fmt.Errorf("--samples %d but %s holds %d", o.samples, o.data, n)
	}
	if o.samples > 0 {
		_, d := s.X.Dims()
		s.X = s.X.Slice(0, o.samples, 0, d).(*mat.Dense)
		if s.labels != nil {
			s.labels = s.labels[:o.samples]
		}
	}
	if err := dataset.Normalize(s.X, by); err != nil {
		return nil, fmt.Errorf("%s %w", o.data, err)
	}
	return s, nil
}

// prepare draws or takes over data and weights.
func (r *hessianRun) prepare(given *network.MLP, file *samples, netFrom string) (err error) {
	o, d, c := r.options, r.sizes[0], r.sizes[len(r.sizes)-1]
	var X *mat.Dense
	var y []int
	if file == nil {
		n := o.samples
		if n == 0 {
			n = 500
		}
		if need := 8 * float64(n) * float64(d); need > network.MaxMemory {
			if d > network.MaxMemory/8 {
				return fmt.Errorf("--layers: a sample of dimension %d needs %.1f GiB, more than the %d GiB allowed: want a smaller d", d, 8*float64(d)/(1<<30), network.MaxMemory>>30)
			}
			return fmt.Errorf("%d samples of dimension %d need %.1f GiB, more than the %d GiB allowed: want --samples %d or fewer", n, d, need/(1<<30), network.MaxMemory>>30, network.MaxMemory/8/d)
		}
		if err := r.checkGram(n); err != nil {
			return err
		}
		r.data = o.data
		stream := replicate.NewStream(o.seed, fmt.Sprintf("hessian data %s C=%d", o.data, c), 0)
		if X, y, err = network.Synthetic(o.data).Draw(stream, n, d, c); err != nil {
			return err
		}
	} else {
		X, y = file.X, file.labels
		n, columns := X.Dims()
		if err := r.checkGram(n); err != nil {
			return err
		}
		r.data = filepath.Base(file.from)
		if o.normalize != string(dataset.None) {
			r.data += ", normalized (" + o.normalize + ")"
		}
		if columns != d {
			return fmt.Errorf("%s holds samples of dimension %d (%d x %d) but %s takes inputs of dimension %d (layers %s)",
				file.from, columns, n, columns, netFrom, d, commas(r.sizes))
		}
		if y == nil {
			r.data += ", random labels"
			stream := replicate.NewStream(o.seed, fmt.Sprintf("hessian labels C=%d", c), 0)
			y = make([]int, n)
			for k := range y {
				y[k] = int(stream.Float64() * float64(c))
			}
		}
		for k, label := range y {
			if label < 0 || label >= c {
				return fmt.Errorf("%s: label of sample %d is %d, but %s has %d classes: want 0 to %d", file.labelsFrom, k+1, label, netFrom, c, c-1)
			}
		}
	}
	net := given
	if net == nil {
		stream := replicate.NewStream(o.seed, fmt.Sprintf("hessian weights %s %s", commas(r.sizes), o.init), 0)
		if net, err = network.DrawMLP(stream, o.activated, network.Init(o.init), r.sizes); err != nil {
			return fmt.Errorf("--layers: %w", err)
		}
	}
	if !o.normsOnly {
		if err := network.CheckMemory(net.Parameters()); err != nil {
			return fmt.Errorf("%w: want --norms-only, which does not form it", err)
		}
	}
	r.problem, err = network.NewProblem(net, o.lossKind, X, y)
	if err != nil {
		return err
	}
	r.problem.Workers = o.workers
	return nil
}

// heads says whether norms are those of a linear model, taken from Gram matrices.
func (r *hessianRun) heads() bool {
	return r.options.normsOnly && r.options.train == 0 && len(r.sizes) == 2
}

// checkGram refuses samples too many for that, before they are drawn.
func (r *hessianRun) checkGram(samples int) error {
	if !r.heads() {
		return nil
	}
	if err := network.CheckGram(samples); err != nil {
		return fmt.Errorf("--norms-only: %w (--samples)", err)
	}
	return nil
}

// parts returns the parts of the Hessian to draw: nil stands for all of it.
func (r *hessianRun) parts() (map[string][]int, error) {
	net := r.problem.Net
	parts := make(map[string][]int)
	var names []string
	for l := range net.Depth() {
		names = append(names, net.LayerName(l))
	}
	for field := range strings.SplitSeq(r.options.show, ",") {
		if field == "all" {
			parts[field] = nil
			continue
		}
		found := false
		for l, name := range names {
			if name == field {
				parts[field], found = []int{l}, true
			}
		}
		if !found {
			return nil, fmt.Errorf("--show must be all or some of the layers %s, got %q", strings.Join(names, ","), field)
		}
	}
	if len(parts) == 0 {
		return nil, errors.New("--show is empty: want all, or layers")
	}
	return parts, nil
}

// commas writes sizes as --layers has them.
func commas(sizes []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(sizes), " ", ","), "[]")
}
