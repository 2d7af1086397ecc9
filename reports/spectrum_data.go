package reports

import (
	"fmt"
	"math"
	"slices"

	"pastur/spectra"
)

// SpectrumData is what a figure of a spectrum draws: a histogram of the
// eigenvalues other than 0, the law's density over it, the atom at 0 as a mass
// of its own, and for a residual panel what the law puts into each bin.
type SpectrumData struct {
	// Edges are the n+1 ends of the bins, ascending. 0 is no bin's business:
	// the zero eigenvalues are in Atom.
	Edges []float64
	// Histogram is the mean density of the eigenvalues in each bin: its
	// integral is 1 - AtomEmpirical less the share Outside.
	Histogram []float64
	// Errors are its standard errors over the matrices; NaN for one matrix.
	Errors []float64
	// Predicted is the law's mean density over each bin.
	Predicted []float64
	// Xs and Density are the law's density as a curve. A new interval of the
	// support starts where Density is 0 twice in a row.
	Xs, Density []float64
	// AtomEmpirical and AtomPredicted are the masses at 0.
	AtomEmpirical, AtomPredicted float64
	// Support is that of the law but for the atom; nil where matrices have
	// laws of their own, of which Density is the mean.
	Support [][2]float64
	// Outside is the mass outside of the bins.
	Outside float64

	// Parts of a caption.
	Ensemble                     string
	Gamma                        float64
	Dim, Samples, Replicates     int
	Kolmogorov, Wasserstein      float64
	KolmogorovLo, KolmogorovHi   float64
	WassersteinLo, WassersteinHi float64
}

// NewSpectrumData bins an experiment's spectra into about the given number of
// bins (0: chosen by the number of eigenvalues, 20 to 120) and evaluates the
// density.
func NewSpectrumData(x *spectra.Experiment, o *spectra.Outcome, bins int) (*SpectrumData, error) {
	if bins < 0 || bins > 10000 {
		return nil, fmt.Errorf("bins must be from 0 to 10000, got %d", bins)
	}
	e := x.Ensemble
	data := &SpectrumData{
		AtomEmpirical: o.ZeroMass, AtomPredicted: o.ZeroMassPredicted,
		Ensemble: e.String(), Gamma: e.Setting.Gamma, Dim: e.Dim(), Samples: e.Samples(), Replicates: len(o.Matrices),
		Kolmogorov: o.Kolmogorov.Value, KolmogorovLo: o.Kolmogorov.Lo, KolmogorovHi: o.Kolmogorov.Hi,
		Wasserstein: o.Wasserstein.Value, WassersteinLo: o.Wasserstein.Lo, WassersteinHi: o.Wasserstein.Hi,
	}
	var all []spectra.Interval
	count := 0
	for _, law := range o.Laws {
		support, err := law.Support()
		if err != nil {
			return nil, err
		}
		all = append(all, support...)
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, i := range all {
		lo, hi = math.Min(lo, i.Lo), math.Max(hi, i.Hi)
	}
	for i := range o.Matrices {
		count += len(o.Matrices[i].Spectrum.Values)
	}
	if !(lo < hi) {
		return nil, fmt.Errorf("the law of %s has no continuous part to draw", data.Ensemble)
	}
	if len(o.Laws) == 1 {
		data.Support = [][2]float64{}
		for _, i := range all {
			data.Support = append(data.Support, [2]float64{i.Lo, i.Hi})
		}
	}
	if bins == 0 {
		bins = int(max(20, min(120, 2*math.Cbrt(float64(count)))))
	}
	for k := range bins + 1 {
		data.Edges = append(data.Edges, lo+(hi-lo)*float64(k)/float64(bins))
	}
	data.histogram(o)
	return data, data.curve(o.Laws)
}

// Figure returns the spectrum as a figure.
func (d *SpectrumData) Figure() *Figure {
	plot := SpectrumPlot{
		Caption: fmt.Sprintf("%s, γ = %s, %d matrices; Kolmogorov distance of their mean %s [%s, %s]", d.Ensemble,
			Significant(d.Gamma, 4), d.Replicates, Significant(d.Kolmogorov, 2), Significant(d.KolmogorovLo, 2), Significant(d.KolmogorovHi, 2)),
		Edges: d.Edges, Heights: d.Histogram, ExactBins: d.Predicted,
		DensityX: d.Xs, Density: d.Density, Law: "Marchenko-Pastur",
	}
	if d.Replicates > 1 {
		plot.Errors = d.Errors
	} else {
		plot.Caption = fmt.Sprintf("%s, γ = %s, 1 matrix; Kolmogorov distance %s", d.Ensemble, Significant(d.Gamma, 4), Significant(d.Kolmogorov, 2))
	}
	if d.AtomEmpirical > 0 || d.AtomPredicted > 0 {
		plot.Atoms = []Atom{{At: 0, Mass: d.AtomPredicted, Counted: d.AtomEmpirical}}
	}
	return SpectrumFigure(plot)
}

// histogram fills in the bins.
func (d *SpectrumData) histogram(o *spectra.Outcome) {
	bins := len(d.Edges) - 1
	sums, squares := make([]float64, bins), make([]float64, bins)
	r := float64(len(o.Matrices))
	for i := range o.Matrices {
		s := &o.Matrices[i].Spectrum
		if o.Matrices[i].Smooth != nil {
			s = o.Matrices[i].Smooth
		}
		one := make([]float64, bins)
		for k, x := range s.Values {
			bin := int(float64(bins) * (x - d.Edges[0]) / (d.Edges[bins] - d.Edges[0]))
			if x < d.Edges[0] || bin < 0 || bin >= bins {
				d.Outside += s.Weight(k) / r
				continue
			}
			one[bin] += s.Weight(k) / (d.Edges[bin+1] - d.Edges[bin])
		}
		for k, x := range one {
			sums[k] += x
			squares[k] += x * x
		}
	}
	for k := range sums {
		mean := sums[k] / r
		d.Histogram = append(d.Histogram, mean)
		d.Errors = append(d.Errors, math.Sqrt(max(0, squares[k]/r-mean*mean)/(r-1)))
	}
}

// pointsPerInterval is the number of points of the curve on an interval.
const pointsPerInterval = 400

// curve evaluates the mean of the laws' densities, on points that crowd at the
// edges as the density does.
func (d *SpectrumData) curve(laws []*spectra.Law) error {
	var at []float64
	for k, law := range laws {
		support, err := law.Support()
		if err != nil {
			return err
		}
		if k == 8 {
			break // of many laws, the edges of the first few will do
		}
		for _, i := range support {
			n := pointsPerInterval
			if len(laws) > 1 {
				n = pointsPerInterval / 4
			}
			for j := range n + 1 {
				// Half a step inside at the ends, where a hard edge has an infinite density.
				theta := math.Pi * (float64(j) + 0.5) / float64(n+1)
				at = append(at, (i.Lo+i.Hi)/2-(i.Hi-i.Lo)/2*math.Cos(theta))
			}
			at = append(at, i.Lo-1e-9*(i.Hi-i.Lo), i.Hi+1e-9*(i.Hi-i.Lo))
		}
	}
	slices.Sort(at)
	d.Xs = slices.Compact(at)
	d.Density = make([]float64, len(d.Xs))
	d.Predicted = make([]float64, len(d.Edges)-1)
	one := make([]float64, len(d.Xs))
	for _, law := range laws {
		if err := law.Densities(one, d.Xs); err != nil {
			return err
		}
		for k, f := range one {
			d.Density[k] += f / float64(len(laws))
		}
		below := 0.0
		for k, edge := range d.Edges {
			f, err := law.CDF(edge)
			if err != nil {
				return err
			}
			if edge >= 0 {
				f -= law.AtomAtZero()
			}
			if k > 0 {
				d.Predicted[k-1] += (f - below) / (edge - d.Edges[k-1]) / float64(len(laws))
			}
			below = f
		}
	}
	return nil
}
