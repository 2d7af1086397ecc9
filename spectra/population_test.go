package spectra

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
)

// The limit law of lambda has the moments that package network's lambda has at weights
// with orthogonal rows of the init's variance: Gaussian data then make logits, or
// pre-activations, independent and normal at any dim, as all weights do in the limit.
// With init He it matters whose variance enters: a law at that of LeCun, or at the
// product of both layers', passes for LeCun.
//
// |t| <= 6 for 36 means: false alarm 7e-8.
func TestPopulationMoments(t *testing.T) {
	const samples, limit = 40_000, 6
	type problem struct {
		set montecarlo.Setting
		net *network.Net
	}
	// draw returns the setting and a net with such weights.
	draw := func(model network.Model, loss network.Loss, init network.Init, s *replicate.Stream) problem {
		const classes, width = 3, 2
		set := montecarlo.Setting{Model: model, Loss: loss, Block: network.WW, Classes: classes, Hidden: width, Init: init, Dim: width, Samples: samples}
		if model == network.Linear {
			set.Block, set.Dim = network.VV, classes
		}
		rows := mat.NewDense(int(set.Dim), int(set.Dim), nil)
		for i := range int(set.Dim) {
			rows.Set(i, i, math.Sqrt(init.Variance(1)))
		}
		net := &network.Net{Model: model, V: rows}
		if model == network.Hidden {
			net.W, net.V = rows, mat.NewDense(classes, width, nil)
			init.Fill(s, width, net.V.RawMatrix().Data)
		}
		return problem{set, net}
	}
	// worst returns the largest |t| of mean, second moment and mass at 0, the draws being
	// those of p and the law that of init claimed.
	worst := func(t *testing.T, p problem, claimed network.Init, i, j int, s *replicate.Stream) float64 {
		t.Helper()
		set := p.set
		set.Init = claimed
		e, err := NewEnsemble(set, i, j)
		if err != nil {
			t.Fatal(err)
		}
		law, err := e.Population(p.net.V)
		if err != nil {
			t.Fatal(err)
		}
		x := mat.NewDense(samples, int(set.Dim), nil)
		s.Normals(x.RawMatrix().Data)
		lambda, err := e.lambda(t.Context(), p.net, x)
		if err != nil {
			t.Fatal(err)
		}
		var mean, square, zero float64
		for _, l := range lambda {
			mean += l / samples
			square += l * l / samples
			if l == 0 {
				zero += 1. / samples
			}
		}
		out := 0.0
		for _, c := range [][3]float64{
			{mean, law.Moment(1), law.Moment(2) - math.Pow(law.Moment(1), 2)},
			{square, law.Moment(2), law.Moment(4) - math.Pow(law.Moment(2), 2)},
			{zero, law.MassAtZero(), law.MassAtZero() * (1 - law.MassAtZero())},
		} {
			out = max(out, math.Abs(c[0]-c[1])/math.Sqrt(max(c[2], 1e-20)/samples))
		}
		return out
	}
	for k, c := range []struct {
		model network.Model
		loss  network.Loss
	}{{network.Linear, network.CE}, {network.Hidden, network.MSE}, {network.Hidden, network.CE}} {
		for _, j := range []int{0, 1} {
			for _, init := range []network.Init{network.LeCun, network.He} {
				s := replicate.NewStream(1, string(init)+" population", 2*k+j)
				p := draw(c.model, c.loss, init, s)
				if x := worst(t, p, init, 0, j, s); x > limit {
					t.Errorf("%s %s %s, block 1,%d: a moment is %.1f standard errors off", c.model, c.loss, init, j+1, x)
				}
				if init == network.LeCun || c.loss == network.MSE {
					continue
				}
				if x := worst(t, p, network.LeCun, 0, j, s); x <= limit {
					t.Errorf("%s %s, block 1,%d: planted error survives: the law of init lecun is %.1f standard errors off", c.model, c.loss, j+1, x)
				}
			}
		}
	}
}

// Exactly a half of the samples see one unit of a block, and a quarter both of two.
func TestActiveFraction(t *testing.T) {
	for j, want := range []struct{ active, inner float64 }{{0.5, 1 + 9}, {0.25, 2 + 12}} {
		e, err := NewEnsemble(montecarlo.Setting{
			Model: network.Hidden, Loss: network.MSE, Block: network.WW, Classes: 2, Hidden: 2, Init: network.LeCun, Dim: 4, Gamma: 1,
		}, 0, j)
		if err != nil {
			t.Fatal(err)
		}
		p, err := e.Population(mat.NewDense(2, 2, []float64{1, 2, 3, 4}))
		if err != nil {
			t.Fatal(err)
		}
		if p.MassAtZero() != 1-want.active || math.Abs(p.Moment(1)-2*want.active*want.inner) > 1e-14 {
			t.Errorf("block 1,%d: mass %v at 0 and mean %v, want %v and %v", j+1, p.MassAtZero(), p.Moment(1), 1-want.active, 2*want.active*want.inner)
		}
	}
}
