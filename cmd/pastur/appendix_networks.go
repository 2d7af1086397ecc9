package main

import (
	"context"
	"fmt"
	"math"

	"github.com/spf13/cobra"
	"gonum.org/v1/gonum/stat/distuv"

	"pastur/network"
	"pastur/reports"
)

// networkLooks are Hessians as pastur hessian computes them, with the sheets to
// draw: computed once, however many items show them.
type networkLooks struct {
	options hessianOptions
	command string // with --show and --plot left to the item
	results []reports.HessianResult
	runs    []*hessianRun
	sheets  map[string][]hessianSheet
}

// heatCells is the side of the heat maps of the appendix in entries: about what a
// quarter of a page's width can show, and a CSV file of a few megabytes.
const heatCells = 240

// newLooks returns looks at networks of the given layers, and of several classes
// or along a training.
func (r *appendixRun) newLooks(layers []int, classes []int, samples, train int, rate float64, show string) *networkLooks {
	o := hessianOptions{
		samplingFlags: samplingFlags{seed: r.seed, workers: r.options.Workers},
		layers:        commas(layers), loss: string(network.CE), activation: string(network.ReLU), data: "gaussian", normalize: "none",
		samples: samples, init: string(network.LeCun), optimizer: string(network.Adam), train: train, rate: rate,
		show: show, clip: "max/10", plot: "unused.png",
		lossKind: network.CE, activated: network.ReLU, clipAt: reports.Clip{Fraction: 1. / 10}, classList: classes, percents: []float64{0},
	}
	command := fmt.Sprintf("pastur hessian --layers %s --samples %d --seed %d", o.layers, samples, r.seed)
	if classes != nil {
		command += " --classes " + commas(classes)
	}
	if train > 0 {
		o.training = network.Training{Optimizer: network.Adam, Rate: rate, Steps: train}
		o.percents = []float64{0, 1, 50, 100}
		command += fmt.Sprintf(" --train %d --lr %v", train, rate)
	}
	return &networkLooks{options: o, command: command}
}

// compute fills in results and sheets, once.
func (l *networkLooks) compute(ctx context.Context, bar *progress) error {
	if l.results != nil {
		return nil
	}
	o := &l.options
	runs, err := o.runs(&cobra.Command{})
	if err != nil {
		return err
	}
	var results []reports.HessianResult
	sheets := map[string][]hessianSheet{}
	for _, run := range runs {
		if err := run.begin(o); err != nil {
			return err
		}
		for _, percent := range o.percents {
			if err := run.advance(ctx, bar, o.stepAt(percent)); err != nil {
				return err
			}
			result, err := run.look(ctx, bar, percent, sheets)
			if err != nil {
				return err
			}
			results = append(results, *result)
			for _, list := range sheets { // the full matrices need not be kept
				last := &list[len(list)-1]
				last.HeatSheet = last.HeatSheet.Reduce(heatCells)
			}
		}
	}
	l.results, l.runs, l.sheets = results, runs, sheets
	return nil
}

// picture puts the sheets of a part side by side.
func (l *networkLooks) picture(part, caption string) (*reports.HeatMap, error) {
	var sheets []reports.HeatSheet
	var clips []float64
	for k, s := range l.sheets[part] {
		s.HeatSheet.Name = fmt.Sprintf("(%c) ", 'a'+k) + s.HeatSheet.Name
		sheets, clips = append(sheets, s.HeatSheet), append(clips, s.clip)
	}
	return reports.HessianPicture(caption, sheets, clips)
}

// appendixNetworks are pictures and norms of whole networks' Hessians.
func appendixNetworks(r *appendixRun) []reports.AppendixItem {
	const hidden = 8
	dim, samples := 40, 500
	classes := []int{10, 50, 100, 1000}
	linearDim := 20
	trainLayers, trainSamples, steps, rate := []int{50, hidden, 50}, 200, 3000, 0.01
	networks := 20
	normClasses := []int{10, 50, 100, 500}
	if r.quick {
		dim, samples, classes = 20, 200, []int{10, 50, 100}
		trainLayers, trainSamples, steps, rate = []int{20, hidden, 20}, 80, 1000, 0.01
		networks, normClasses = 12, []int{10, 30, 100}
	}
	looks := r.newLooks([]int{dim, hidden, classes[0]}, classes, samples, 0, 0, "w,v")
	linear := r.newLooks([]int{linearDim, 2}, []int{2, 10, 100}, samples, 0, 0, "all")
	training := r.newLooks(trainLayers, nil, trainSamples, steps, rate, "all")
	const tiles = " Colours end at a tenth of the largest entry of each Hessian, the clip. Each pixel is the largest entry of its tile."
	drawn := func(id, title string, l *networkLooks, part, caption, text string, table bool) reports.AppendixItem {
		return reports.AppendixItem{
			ID: id, Title: title, Settings: []any{l.command, part, heatCells},
			Command: l.command + " --show " + part + " --plot hessian.pdf",
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				if err := l.compute(ctx, r.progress); err != nil {
					return reports.AppendixResult{}, err
				}
				picture, err := l.picture(part, caption+tiles)
				if err != nil {
					return reports.AppendixResult{}, err
				}
				result := reports.AppendixResult{Picture: picture, Text: text}
				if table {
					result.Table = trainingTable(l.results)
					result.Table.Caption = "Along the training of the figure above: loss, gap (mean of $1 - p_y$), ratio $R$ of each layer's blocks, and the norm of the blocks between the layers with its bound, a multiple of the gap."
					first, last := l.results[0], l.results[len(l.results)-1]
					result.Text += fmt.Sprintf(" Here the gap goes from %.3f to %.3f and the norm from %.3f to %.3f.", float64(first.OptimalityGap), float64(last.OptimalityGap), float64(*first.WVNorm), float64(*last.WVNorm))
				}
				return result, nil
			},
		}
	}
	setting := fmt.Sprintf("of one network with one hidden layer at initialisation, cross-entropy, $d = %d$, $m = %d$, $N = %d$", dim, hidden, samples)
	return []reports.AppendixItem{
		drawn("hessian-hidden", "Pictures of the hidden blocks", looks, "w", "Hidden weights' part $H_{ww}$ of $|H|$ "+setting+".",
			"One draw of data and weights at each number of classes. The hidden blocks separate slowly, like $C^{-1/2}$ in norm.", false),
		drawn("hessian-output", "Pictures of the output blocks", looks, "v", "Output weights' part $H_{vv}$ of $|H|$ "+setting+".",
			"The output blocks of the same networks separate like $1/C$ in norm. Lines between blocks are left out where they would hide the blocks.", false),
		drawn("hessian-linear", "Pictures of the linear model", linear, "all", fmt.Sprintf("$|H|$ of one linear model at initialisation, cross-entropy, $d = %d$, $N = %d$.", linearDim, samples),
			"With two classes all four blocks have the same norm, as $p_1 (1 - p_1) = p_1 p_2$: there is no structure. With a hundred the diagonal blocks are all that is seen.", false),
		drawn("hessian-training", "Along training", training, "all",
			fmt.Sprintf("$|H|$ of one network with $d = %d$, $m = %d$, $C = %d$ and $N = %d$ samples with random labels, at 0, 1, 50 and 100 %% of %d steps of full-batch Adam (rate %v, cosine to 0).", trainLayers[0], hidden, trainLayers[2], trainSamples, steps, rate),
			"The blocks between the layers, $H_{wv}$, vanish with the optimality gap: their norm cannot exceed the multiple of it in the table. The structure within a layer, in contrast, is there before the first step. One training of one network: there is no interval.", true),
		{
			ID: "block-norms", Title: "Block norms over networks", Settings: []any{r.seed, networks, normClasses, dim, samples},
			Compute: func(ctx context.Context) (reports.AppendixResult, error) {
				t := &reports.Table{
					Caption: fmt.Sprintf("Ratios of mean squared block norms of networks with one hidden layer at initialisation, cross-entropy, $d = %d$, $m = %d$, $N = %d$: quotient of the means over %d networks with data of their own. In parentheses: half-width of the 95 %% interval (jackknife over networks).", dim, hidden, samples, networks),
					Columns: []reports.Column{
						{Header: "$C$", Field: "classes"}, {Header: "$R$, $ww$", Field: "ratio_ww"}, {Field: "half_ww"}, {Header: "$R$, $vv$", Field: "ratio_vv"}, {Field: "half_vv"},
						{Header: "$C R$, $ww$", Field: "scaled_ww"}, {Header: "$C^2 R$, $vv$", Field: "scaled_vv"}, {Header: "networks", Field: "networks"},
					},
				}
				for _, c := range normClasses {
					off, diag := map[string][]float64{}, map[string][]float64{}
					for k := range networks {
						one := r.newLooks([]int{dim, hidden, c}, nil, samples, 0, 0, "all")
						one.options.normsOnly, one.options.plot, one.options.seed = true, "", r.seed+uint64(k)
						if err := one.compute(ctx, r.progress); err != nil {
							return reports.AppendixResult{}, err
						}
						for _, p := range one.results[0].Ratios {
							off[p.LayerPair], diag[p.LayerPair] = append(off[p.LayerPair], float64(p.Off)), append(diag[p.LayerPair], float64(p.Diag))
						}
					}
					ww, wwHalf := jackknifeRatio(off["w w"], diag["w w"])
					vv, vvHalf := jackknifeRatio(off["v v"], diag["v v"])
					n := float64(c)
					t.Rows = append(t.Rows, []reports.Cell{
						reports.Count(c), reports.Measured(ww, wwHalf), {Value: wwHalf}, reports.Measured(vv, vvHalf), {Value: vvHalf},
						reports.Measured(n*ww, n*wwHalf), reports.Measured(n*n*vv, n*n*vvHalf), reports.Count(networks),
					})
				}
				return reports.AppendixResult{Table: t, Text: fmt.Sprintf("The same by whole networks and data sets, without the two-point method: block norms of the networks that seeds %d to %d draw, as pastur hessian with --norms-only prints them for one.", r.seed, r.seed+uint64(networks)-1)}, nil
			},
		},
	}
}

// trainingTable lays out a training, a snapshot a row.
func trainingTable(results []reports.HessianResult) *reports.Table {
	t := &reports.Table{Columns: []reports.Column{
		{Header: "step", Field: "step"}, {Header: "loss", Field: "loss"}, {Header: "gap", Field: "gap"}, {Header: "accuracy", Field: "accuracy"},
		{Header: "$R$, $ww$", Field: "ratio_ww"}, {Header: "$R$, $vv$", Field: "ratio_vv"}, {Header: "$|H_{wv}|_F$", Field: "norm_wv"}, {Header: "bound", Field: "bound_wv"},
	}}
	for i := range results {
		x := &results[i]
		number := func(v reports.Float) reports.Cell {
			f := float64(v)
			return reports.Number(&f, 4)
		}
		ratio := func(pair string) reports.Cell {
			for _, p := range x.Ratios {
				if p.LayerPair == pair {
					return number(p.Ratio)
				}
			}
			return reports.Cell{Text: "-"}
		}
		optional := func(v *reports.Float) reports.Cell {
			if v == nil {
				return reports.Cell{Text: "-"}
			}
			return number(*v)
		}
		t.Rows = append(t.Rows, []reports.Cell{
			reports.Count(x.Step), number(x.LossValue), number(x.OptimalityGap), number(x.Accuracy), ratio("w w"), ratio("v v"), optional(x.WVNorm), optional(x.WVBound),
		})
	}
	return t
}

// jackknifeRatio returns sum off / sum diag and the half-width of its 95 %
// interval: Student's quantile times the jackknife's standard error.
func jackknifeRatio(off, diag []float64) (ratio, half float64) {
	n := float64(len(off))
	a, b := 0.0, 0.0
	for k := range off {
		a, b = a+off[k], b+diag[k]
	}
	ratio = a / b
	mean, squares := 0.0, 0.0
	for k := range off {
		mean += (a - off[k]) / (b - diag[k]) / n
	}
	for k := range off {
		d := (a-off[k])/(b-diag[k]) - mean
		squares += d * d
	}
	return ratio, distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975) * math.Sqrt((n-1)/n*squares)
}
