package catalogue

import (
	"fmt"
	"math"
	"strconv"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/spectra"
	"pastur/theorem"
	"pastur/verdict"
)

// Spectrum is the subject of claims that hold eigenvalues of Hessian blocks
// against their generalized Marchenko-Pastur law. A replicate is a matrix.
type Spectrum struct {
	Classical   bool // Lambda = I
	Setting     montecarlo.Setting
	OffDiagonal bool
	OwnLambda   bool   // the law of the Lambda drawn, not the limit law
	Statistic   string // see statistics
	Point       complex128
}

// The statistics of spectra, by the kinds that take them.
var statistics = map[verdict.Kind][]string{
	verdict.Exact: {"zeros"},
	verdict.Law:   {"kolmogorov", "wasserstein1"},
	verdict.Limit: {"second-moment", "relative-second-moment", "stieltjes-real", "stieltjes-imag"},
}

// spectrumFirst is the number of matrices of a first look by default, enough
// for the gates of skewed distances.
const spectrumFirst = 256

func (p *Spectrum) portable() bool { return false }

func (p *Spectrum) parse(t *table, s *Spec) {
	set := &p.Setting
	model := t.choice("model", "", "classical", "linear", "hidden")
	p.Classical = model == "classical"
	if !p.Classical {
		set.Model = network.Model(model)
		set.Loss = network.Loss(t.choice("loss", "ce", "mse", "ce"))
		set.Init = network.Init(t.choice("init", "lecun", "lecun", "he", "pytorch"))
		set.Block = network.VV
		if set.Model == network.Hidden {
			set.Block = network.WW
			set.Hidden = t.integer("hidden", 8, 1, 1<<20)
		}
		set.Classes = t.integer("classes", 0, 2, 1<<20)
		p.OffDiagonal = t.boolean("offdiagonal")
		if set.Classes == 0 {
			t.fail("classes", "classes is missing: want a whole number of at least 2")
		}
	}
	p.OwnLambda = t.choice("law", "limit", "limit", "lambda") == "lambda"
	set.Dim = float64(t.integer("dim", 0, 1, 1<<20))
	set.Samples = float64(t.integer("samples", 0, 1, 1<<20))
	if set.Dim == 0 || set.Samples == 0 {
		t.fail("dim", "dim (d) and samples (N) are both needed: a spectrum is that of a matrix")
	}
	allowed := statistics[s.Kind]
	if allowed == nil {
		t.fail("kind", "kind %s says nothing about a spectrum: want exact, law or limit", s.Kind)
		return
	}
	p.Statistic = t.choice("statistic", "", allowed...)
	switch p.Statistic {
	case "stieltjes-real", "stieltjes-imag":
		text := t.string("z", "")
		var err error
		if p.Point, err = strconv.ParseComplex(text, 128); err != nil || !(imag(p.Point) > 0) {
			t.fail("z", "z must be a complex number above the real axis such as \"0.1+0.1i\", got %q", text)
		}
	}
}

func (p *Spectrum) build(s *Spec, c *verdict.Claim) error {
	ensemble, err := p.ensemble()
	if err != nil {
		return err
	}
	x := &spectra.Experiment{Ensemble: ensemble, OwnLambda: p.OwnLambda, Full: p.Statistic == "zeros"}
	if err := x.Check(); err != nil {
		return err
	}
	statistic, target, err := p.statistic()
	if err != nil {
		return err
	}
	first := s.First
	switch {
	case first > 0:
	case s.Kind == verdict.Exact:
		first = checkFirst
	default:
		first = spectrumFirst
	}
	c.Cells = []verdict.Cell{{
		Key: x.Key() + " " + statistic.Name, Chunk: 4, First: first, Assume: verdict.NearNormal, Memory: x.Memory(),
		New: func() (verdict.Sampler, error) { return x.Sampler(statistic) },
	}}
	if s.Kind == verdict.Limit {
		c.Target = target
	}
	return nil
}

func (p *Spectrum) ensemble() (*spectra.Ensemble, error) {
	if p.Classical {
		return spectra.NewClassical(int(p.Setting.Dim), int(p.Setting.Samples))
	}
	j := 0
	if p.OffDiagonal {
		j = 1
	}
	return spectra.NewEnsemble(p.Setting, 0, j)
}

// statistic returns what a matrix yields, and a limit claim's target.
func (p *Spectrum) statistic() (spectra.Statistic, float64, error) {
	switch p.Statistic {
	case "zeros":
		return spectra.ExcessZeros(), 0, nil
	case "kolmogorov":
		return spectra.KolmogorovDistance(), 0, nil
	case "wasserstein1":
		return spectra.WassersteinDistance(), 0, nil
	case "stieltjes-real":
		return spectra.StieltjesReal(p.Point), 1, nil
	case "stieltjes-imag":
		return spectra.StieltjesImag(p.Point), 1, nil
	case "relative-second-moment":
		return spectra.RelativeMoment(2), 1, nil
	case "second-moment":
		target, err := p.secondMoment()
		return spectra.SpectralMoment(2), target, err
	}
	panic("catalogue: unknown statistic " + p.Statistic)
}

// secondMoment returns lim E|H|_F^2/d = gamma E lambda^2 + (E lambda)^2 of a
// linear cross-entropy block, by package theorem: another route than the law's.
func (p *Spectrum) secondMoment() (float64, error) {
	set := &p.Setting
	if p.Classical || set.Model != network.Linear || set.Loss != network.CE {
		return 0, fmt.Errorf("statistic second-moment has an exact target for the linear model under ce only: want relative-second-moment")
	}
	softmax, err := theorem.NewSoftmaxMoments(set.Classes, set.Init.Kappa(set.Model))
	if err != nil {
		return 0, err
	}
	moment := func(powers ...int) float64 {
		m, e := softmax.Moment(powers...)
		if e != nil {
			err = e
		}
		return m
	}
	gamma := set.Dim / set.Samples
	mean, square := moment(1, 1), moment(2, 2) // of p_1 p_2
	if !p.OffDiagonal {
		mean, square = moment(1)-moment(2), moment(2)-2*moment(3)+moment(4) // of p_1 (1 - p_1)
	}
	value := gamma*square + mean*mean
	if err == nil && math.IsNaN(value) {
		err = fmt.Errorf("second moment at classes %d is not a number", set.Classes)
	}
	return value, err
}
