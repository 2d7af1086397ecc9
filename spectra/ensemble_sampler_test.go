package spectra

import (
	"context"
	"flag"
	"math"
	"testing"
	"time"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/theorem"
	"pastur/verdict"
)

var long = flag.Bool("long", false, "decide the costly claims too: a few minutes")

// claim is a claim about one statistic of an experiment, as the catalogue
// states them.
type claim struct {
	id        string
	x         *Experiment
	statistic Statistic
	kind      verdict.Kind
	target    float64
	good, bad float64
	first     int
}

func (c claim) run(t testing.TB) verdict.Verdict {
	t.Helper()
	v := verdict.Claim{
		ID: c.id, Kind: c.kind, Target: c.target, Good: c.good, Bad: c.bad, Looks: 2,
		Cells: []verdict.Cell{{
			Key: c.x.Key() + " " + c.statistic.Name, Chunk: 4, First: c.first, Assume: verdict.NearNormal,
			New: func() (verdict.Sampler, error) { return c.x.Sampler(c.statistic) },
		}},
	}
	if c.kind == verdict.Exact {
		v.Looks = 1
	}
	result, err := v.Run(context.Background(), verdict.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func classical(t testing.TB, d, n int) *Ensemble {
	t.Helper()
	e, err := NewClassical(d, n)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func linear(t testing.TB, d, n, classes, j int) *Ensemble {
	return ensemble(t, network.Linear, network.CE, network.VV, d, n, classes, 0, j)
}

func hidden(t testing.TB, loss network.Loss, d, n, classes, m, j int) *Ensemble {
	t.Helper()
	e, err := NewEnsemble(montecarlo.Setting{
		Model: network.Hidden, Loss: loss, Block: network.WW, Classes: classes, Hidden: m,
		Dim: float64(d), Samples: float64(n), Init: network.LeCun,
	}, 0, j)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// The claims wished for in the catalogue, at these sizes.
func claims(t testing.TB) []claim {
	atomic := classical(t, 300, 50)
	return []claim{
		{"classical-atom", &Experiment{Ensemble: atomic, Full: true}, ExcessZeros(), verdict.Exact, 0, 1e-9, 0, 20},
		{"classical-bulk", &Experiment{Ensemble: atomic}, KolmogorovDistance(), verdict.Law, 0.008, 0, 0.015, 200},
		{"classical-stieltjes", &Experiment{Ensemble: atomic}, StieltjesImag(4 + 2i), verdict.Limit, 1, 0.005, 0.02, 200},
		{"linear-ce-c2", &Experiment{Ensemble: linear(t, 100, 200, 2, 0)}, KolmogorovDistance(), verdict.Law, 0.04, 0, 0.06, 256},
		{"linear-ce-c10", &Experiment{Ensemble: linear(t, 100, 200, 10, 0)}, KolmogorovDistance(), verdict.Law, 0.045, 0, 0.065, 256},
		{"linear-ce-c100", &Experiment{Ensemble: linear(t, 100, 200, 100, 0)}, KolmogorovDistance(), verdict.Law, 0.065, 0, 0.09, 256},
		{"linear-ce-off", &Experiment{Ensemble: linear(t, 100, 200, 10, 1)}, KolmogorovDistance(), verdict.Law, 0.055, 0, 0.08, 256},
		{"linear-ce-own", &Experiment{Ensemble: linear(t, 100, 200, 10, 0), OwnLambda: true}, KolmogorovDistance(), verdict.Law, 0.028, 0, 0.034, 256},
		{"hidden-mse-off", &Experiment{Ensemble: hidden(t, network.MSE, 100, 200, 10, 8, 1)}, KolmogorovDistance(), verdict.Law, 0.07, 0, 0.1, 256},
		{"hidden-ce-diag", &Experiment{Ensemble: hidden(t, network.CE, 100, 200, 10, 8, 0)}, StieltjesImag(0.06 + 0.06i), verdict.Limit, 1, 0.02, 0.05, 40},
		{"hidden-ce-off", &Experiment{Ensemble: hidden(t, network.CE, 100, 200, 10, 8, 1)}, StieltjesImag(0.01 + 0.01i), verdict.Limit, 1, 0.02, 0.06, 128},
	}
}

// longClaims take a minute or so.
func longClaims(t testing.TB) []claim {
	return []claim{
		{"classical-atom-1000", &Experiment{Ensemble: classical(t, 300, 50), Full: true}, ExcessZeros(), verdict.Exact, 0, 1e-9, 0, 1000},
		{"linear-ce-d400", &Experiment{Ensemble: linear(t, 400, 800, 10, 0)}, KolmogorovDistance(), verdict.Law, 0.025, 0, 0.035, 256},
		{"linear-ce-own-d400", &Experiment{Ensemble: linear(t, 400, 800, 10, 0), OwnLambda: true}, KolmogorovDistance(), verdict.Law, 0.008, 0, 0.011, 256},
		{"hidden-ce-diag-law", &Experiment{Ensemble: hidden(t, network.CE, 100, 200, 10, 8, 0)}, KolmogorovDistance(), verdict.Law, 0.07, 0, 0.1, 256},
		{"hidden-ce-off-law", &Experiment{Ensemble: hidden(t, network.CE, 100, 200, 10, 8, 1)}, KolmogorovDistance(), verdict.Law, 0.09, 0, 0.13, 256},
		{"hidden-ce-diag-moment", &Experiment{Ensemble: hidden(t, network.CE, 100, 200, 10, 8, 0)}, RelativeMoment(2), verdict.Limit, 1, 0.05, 0.2, 128},
		{"hidden-ce-off-moment", &Experiment{Ensemble: hidden(t, network.CE, 100, 200, 10, 8, 1)}, RelativeMoment(2), verdict.Limit, 1, 0.05, 0.3, 256},
	}
}

// The claims pass.
func TestClaimsPass(t *testing.T) {
	all := claims(t)
	if *long {
		all = append(all, longClaims(t)...)
	}
	for _, c := range all {
		start := time.Now()
		v := c.run(t)
		t.Logf("%-20s %s %.4g %v in %d, %v", c.id, v.Status, v.Estimate, v.Bounds, v.Replicates, time.Since(start).Round(time.Millisecond))
		if v.Status != verdict.Pass {
			t.Errorf("%s: %s: %s", c.id, v.Status, v.Reason)
		}
	}
}

// secondMoment returns gamma E lambda^2 + (E lambda)^2 of a linear
// cross-entropy block by package theorem.
func secondMoment(t testing.TB, classes, j int, gamma float64) float64 {
	t.Helper()
	p, err := theorem.NewSoftmaxMoments(classes, 1)
	if err != nil {
		t.Fatal(err)
	}
	moment := func(a ...int) float64 {
		m, err := p.Moment(a...)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	if j == 0 { // p - p^2
		mean := moment(1) - moment(2)
		return gamma*(moment(2)-2*moment(3)+moment(4)) + mean*mean
	}
	return gamma*moment(2, 2) + moment(1, 1)*moment(1, 1)
}

// Two packages, one number: the second moment of the law of a block is the
// limit of E|H|_F^2/d that theorem computes by another route; and matrices have
// it.
func TestSecondMoment(t *testing.T) {
	for _, c := range []struct{ classes, j int }{{2, 0}, {10, 0}, {100, 0}, {10, 1}} {
		e := linear(t, 100, 200, c.classes, c.j)
		x := &Experiment{Ensemble: e}
		law, err := x.Law()
		if err != nil {
			t.Fatal(err)
		}
		got, err := law.Moment(2)
		want := secondMoment(t, c.classes, c.j, 0.5)
		if err != nil || math.Abs(got/want-1) > 1e-9 {
			t.Errorf("C=%d j=%d: second moment of the law %v, %v; theorem %v", c.classes, c.j, got, err, want)
		}
		if c.classes == 2 || c.classes == 100 {
			continue
		}
		// 1/N is what the limit neglects, with a modest constant.
		v := claim{"second-moment", x, SpectralMoment(2), verdict.Limit, want, 0.1, 0.4, 200}.run(t)
		t.Logf("C=%d j=%d: %s %v %v, theorem %v", c.classes, c.j, v.Status, v.Estimate, v.Bounds, want)
		if v.Status != verdict.Pass {
			t.Errorf("C=%d j=%d: %s: %s", c.classes, c.j, v.Status, v.Reason)
		}
	}
}

// plant gives a copy of the experiment another law.
func plant(t testing.TB, x *Experiment, p Population, err error, gamma float64, change func(*Table)) *Experiment {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	r, err := newReference(p, gamma, 1e-6)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(r.table)
	}
	return &Experiment{Ensemble: x.Ensemble, Full: x.Full, common: r}
}

// forget drops the atom and gives its mass to the bulk.
func forget(table *Table) {
	for k := range table.Pieces {
		for i := range table.Pieces[k].Values {
			table.Pieces[k].Values[i] /= 1 - table.Atom
		}
	}
	table.Atom = 0
}

// Each error that could be made is found, by the claims as they stand.
func TestPlantedErrors(t *testing.T) {
	byID := map[string]claim{}
	for _, c := range claims(t) {
		byID[c.id] = c
	}
	one, oneErr := Atoms([]float64{1}, []float64{1})
	softmax := func(classes int) (Population, error) { return SoftmaxDiagonal(classes, 1) }
	fails := func(name, id string, spoiled func(x *Experiment) *Experiment) {
		c := byID[id]
		c.x = spoiled(c.x)
		if v := c.run(t); v.Status != verdict.Fail {
			t.Errorf("%s: %s is %s (%s), want FAIL", name, id, v.Status, v.Reason)
		} else {
			t.Logf("%s: %s %.4g in %d", name, id, v.Estimate, v.Replicates)
		}
	}
	fails("gamma inverted", "classical-atom", func(x *Experiment) *Experiment { return plant(t, x, one, oneErr, 1/x.Ensemble.Setting.Gamma, nil) })
	fails("gamma inverted", "classical-bulk", func(x *Experiment) *Experiment { return plant(t, x, one, oneErr, 1/x.Ensemble.Setting.Gamma, nil) })
	fails("gamma inverted", "classical-stieltjes", func(x *Experiment) *Experiment { return plant(t, x, one, oneErr, 1/x.Ensemble.Setting.Gamma, nil) })
	fails("atom forgotten", "classical-atom", func(x *Experiment) *Experiment {
		return plant(t, x, one, oneErr, x.Ensemble.Setting.Gamma, forget)
	})
	fails("atom forgotten", "classical-bulk", func(x *Experiment) *Experiment {
		return plant(t, x, one, oneErr, x.Ensemble.Setting.Gamma, forget)
	})
	for id, other := range map[string]int{"linear-ce-c2": 4, "linear-ce-c10": 12, "linear-ce-c100": 150} {
		fails("Lambda of another C", id, func(x *Experiment) *Experiment {
			p, err := softmax(other)
			return plant(t, x, p, err, x.Ensemble.Setting.Gamma, nil)
		})
	}
	fails("gamma inverted", "linear-ce-c10", func(x *Experiment) *Experiment {
		p, err := softmax(x.Ensemble.Setting.Classes)
		return plant(t, x, p, err, 1/x.Ensemble.Setting.Gamma, nil)
	})
	fails("sign dropped", "linear-ce-off", func(x *Experiment) *Experiment {
		p, err := softmax(10)
		return plant(t, x, p, err, x.Ensemble.Setting.Gamma, nil)
	})
	fails("Lambda of another C", "linear-ce-off", func(x *Experiment) *Experiment {
		p, err := SoftmaxOffDiagonal(12, 1)
		return plant(t, x, p, err, x.Ensemble.Setting.Gamma, nil)
	})
}
