package spectra

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
)

func ensemble(t testing.TB, model network.Model, loss network.Loss, block network.Block, dim, samples, classes, i, j int) *Ensemble {
	t.Helper()
	e, err := NewEnsemble(montecarlo.Setting{
		Model: model, Loss: loss, Block: block, Classes: classes, Hidden: 4,
		Dim: float64(dim), Samples: float64(samples), Init: network.LeCun,
	}, i, j)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Every route to the eigenvalues, against those of the block that package
// network forms: more or fewer samples than dimensions, one sign or two, and
// samples of weight 0.
func TestEigenvaluesAreTheBlocks(t *testing.T) {
	ctx := context.Background()
	for _, c := range []struct {
		name string
		e    *Ensemble
	}{
		{"d < N", ensemble(t, network.Linear, network.CE, network.VV, 20, 50, 3, 0, 0)},
		{"d > N", ensemble(t, network.Linear, network.CE, network.VV, 50, 20, 3, 1, 1)},
		{"negative, d < N", ensemble(t, network.Linear, network.CE, network.VV, 20, 50, 3, 0, 1)},
		{"negative, d > N", ensemble(t, network.Linear, network.CE, network.VV, 50, 20, 3, 0, 2)},
		{"mse", ensemble(t, network.Linear, network.MSE, network.VV, 20, 30, 3, 0, 0)},
		{"relu, d < n", ensemble(t, network.Hidden, network.CE, network.WW, 20, 90, 3, 1, 1)},
		{"relu, n < d < N", ensemble(t, network.Hidden, network.CE, network.WW, 40, 60, 3, 1, 1)},
		{"signed, d < n", ensemble(t, network.Hidden, network.CE, network.WW, 20, 200, 5, 0, 2)},
		{"signed, n < d", ensemble(t, network.Hidden, network.CE, network.WW, 60, 90, 5, 0, 2)},
		{"hidden mse", ensemble(t, network.Hidden, network.MSE, network.WW, 60, 90, 5, 0, 2)},
	} {
		var draw *sample
		var chunk int
		for ; ; chunk++ {
			var err error
			if draw, err = c.e.draw(ctx, replicate.NewStream(1, c.name, chunk)); err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(c.name, "signed") || slices.Min(draw.lambda) < 0 && slices.Max(draw.lambda) > 0 {
				break
			}
		}
		// The same stream draws the same net and data for package network.
		s := replicate.NewStream(1, c.name, chunk)
		set := c.e.Setting
		net, err := network.Draw(s, set.Model, set.Init, c.e.Dim(), set.Hidden, set.Classes)
		if err != nil {
			t.Fatal(err)
		}
		x := mat.NewDense(c.e.Samples(), c.e.Dim(), nil)
		s.Normals(x.RawMatrix().Data)
		state, err := network.Evaluate(net, set.Loss, x, nil)
		if err != nil {
			t.Fatal(err)
		}
		h := state.Block(set.Block, c.e.I, c.e.J)
		var eigen mat.EigenSym
		eigen.Factorize(mat.NewSymDense(c.e.Dim(), h.RawMatrix().Data), false)
		want := eigen.Values(nil)
		size := max(math.Abs(want[0]), math.Abs(want[len(want)-1]))
		for _, full := range []bool{false, true} {
			got, err := draw.eigenvalues(ctx, full)
			if err != nil {
				t.Errorf("%s, full %v: %v", c.name, full, err)
				continue
			}
			all := append(make([]float64, got.Dim-got.Rank), got.Values...)
			slices.Sort(all)
			for k := range want {
				if math.Abs(all[k]-want[k]) > 1e-12*size {
					t.Errorf("%s, full %v: eigenvalue %d is %v, want %v", c.name, full, k, all[k], want[k])
				}
			}
			active := 0
			for _, l := range state.Weights(nil, set.Block, c.e.I, c.e.J) {
				if l != 0 {
					active++
				}
			}
			if got.Rank != min(c.e.Dim(), active) || len(got.Values) != got.Rank {
				t.Errorf("%s, full %v: rank %d with %d values, want %d", c.name, full, got.Rank, len(got.Values), min(c.e.Dim(), active))
			}
		}
	}
}

// Matrix-free products of regenerated, kept and formed data agree: the first
// two to the last bit.
func TestOperator(t *testing.T) {
	ctx := context.Background()
	e := ensemble(t, network.Hidden, network.CE, network.WW, 30, 600, 5, 0, 2)
	vectors := func(s *replicate.Stream) [][]float64 { return randomStarts(s, 2, 30) }
	var results [2][][]float64
	for i, limit := range []float64{KeepLimit, 0} {
		s := replicate.NewStream(3, "operator", 0)
		op, v, trace, err := e.newOperator(ctx, s, limit)
		if err != nil {
			t.Fatal(err)
		}
		if (op.kept == nil) != (limit == 0) {
			t.Errorf("limit %v: data kept: %v", limit, op.kept != nil)
		}
		if r, c := v.Dims(); r != 5 || c != 4 {
			t.Errorf("V is %d x %d", r, c)
		}
		src := vectors(s)
		dst := vectors(s)
		if err := op.Multiply(ctx, dst, src); err != nil {
			t.Fatal(err)
		}
		results[i] = dst
		x := mat.NewDense(600, 30, nil)
		if err := op.each(ctx, func(first int, rows *mat.Dense) error {
			n, _ := rows.Dims()
			x.Slice(first, first+n, 0, 30).(*mat.Dense).Copy(rows)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		h, err := (&sample{x: x, lambda: op.lambda}).outer(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := trace, mat.Trace(h)/600/30; math.Abs(got-want) > 1e-13*math.Abs(want) {
			t.Errorf("trace %v, want %v", got, want)
		}
		for k := range src {
			var want mat.VecDense
			want.MulVec(h, mat.NewVecDense(30, src[k]))
			for r, got := range dst[k] {
				if math.Abs(got-want.AtVec(r)/600) > 1e-14 {
					t.Errorf("product %d entry %d: %v, want %v", k, r, got, want.AtVec(r)/600)
				}
			}
		}
	}
	for k := range results[0] {
		if !slices.Equal(results[0][k], results[1][k]) {
			t.Error("kept and regenerated data give different bits")
		}
	}
}

func TestEnsembleErrors(t *testing.T) {
	base := montecarlo.Setting{Model: network.Hidden, Loss: network.MSE, Block: network.WW, Classes: 3, Hidden: 4, Dim: 10, Samples: 20, Init: network.LeCun}
	for _, c := range []struct {
		change func(s *montecarlo.Setting)
		i, j   int
		want   string
	}{
		{func(s *montecarlo.Setting) { s.Dim, s.Samples, s.Gamma = math.Inf(1), 0, 1 }, 0, 0, "a spectrum is that of a matrix, so dim must be finite, got inf"},
		{func(s *montecarlo.Setting) { s.Block = network.WV }, 0, 0, "block wv is not symmetric: want vv or ww"},
		{func(s *montecarlo.Setting) { s.Block = network.VV }, 0, 0, "block vv of model hidden is 4 x 4 at any dim, so it has no limit law: want ww"},
		{func(s *montecarlo.Setting) {}, 0, 4, "block (1,5) does not exist: block ww has indices from 1 to 4"},
		{func(s *montecarlo.Setting) { s.Model, s.Block = network.Linear, network.VV }, 0, 1, "off-diagonal blocks vv under loss mse are exactly 0: want a diagonal one, or loss ce"},
	} {
		s := base
		c.change(&s)
		if _, err := NewEnsemble(s, c.i, c.j); err == nil || err.Error() != c.want {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
	if _, err := NewClassical(0, 5); err == nil {
		t.Error("a classical ensemble of dim 0")
	}
	x := &Experiment{Ensemble: ensemble(t, network.Linear, network.CE, network.VV, 4001, 8002, 2, 0, 0)}
	if err := x.Check(); err == nil {
		t.Error("eigenvalues of size 4001 were not refused")
	}
	x.Steps, x.Probes = 50, 2
	if err := x.Check(); err != nil {
		t.Error(err)
	}
	x.Probes = 100000
	if err := x.Check(); err == nil {
		t.Error("a basis beyond memory was not refused")
	}
}

// A cancelled context ends a long solve at once.
func TestInterruptedSolve(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	h := mat.NewSymDense(longSolve, nil)
	for i := range longSolve {
		h.SetSym(i, i, float64(i))
	}
	cancel()
	if _, err := symmetricEigenvalues(ctx, h); err != context.Canceled {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
