package network

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// tolerance of closed forms against differences, relative to the largest entry.
// Differences are good to about 1e-11 of the gradient, and the cases below have
// blocks down to 1e-4 of it: the largest difference seen is 3e-8.
const tolerance = 1e-6

// cases are shapes on every side of every comparison: d < N, d > N, m < C, m > C.
var cases = []struct {
	seed       uint64
	init       Init
	n, d, m, c int
}{
	{1, LeCun, 12, 5, 4, 3},
	{2, He, 5, 9, 6, 2},
	{3, PyTorch, 20, 3, 3, 7},
	{4, He, 1, 4, 2, 5},
	{5, LeCun, 30, 6, 1, 4},
}

// everyBlock calls f for every case, model, loss, family and (i,j).
func everyBlock(t *testing.T, f func(t *testing.T, s *State, block Block, i, j int)) {
	for _, k := range cases {
		for _, model := range []Model{Linear, Hidden} {
			for _, loss := range []Loss{MSE, CE} {
				net, X, y := problem(t, k.seed, model, k.init, k.n, k.d, k.m, k.c)
				s := evaluate(t, net, loss, X, y)
				for _, block := range model.Blocks() {
					t.Run(fmt.Sprintf("%s/%s/%s/%d", model, loss, block, k.seed), func(t *testing.T) {
						for i := range 9 {
							for j := range 9 {
								if net.checkBlock(block, i, j) == nil {
									f(t, s, block, i, j)
								}
							}
						}
					})
				}
			}
		}
	}
}

func differenceOf(t *testing.T, s *State, block Block, i, j int) *mat.Dense {
	t.Helper()
	H, err := DifferenceBlock(s.Net, s.Loss, s.X, s.Labels, block, i, j, 0)
	if err != nil {
		t.Fatal(err)
	}
	return H
}

func TestBlocksAgainstDifferences(t *testing.T) {
	worst := 0.0
	everyBlock(t, func(t *testing.T, s *State, block Block, i, j int) {
		H, D := s.Block(block, i, j), differenceOf(t, s, block, i, j)
		d := distance(H, D)
		worst = math.Max(worst, d)
		if d > tolerance {
			t.Errorf("(%d,%d): off by %.1e", i, j, d)
		}
		if s.Loss == MSE && block == VV && i != j && (mat.Max(D) != 0 || mat.Min(D) != 0) {
			t.Errorf("(%d,%d): differences of an MSE off-diagonal block are not exactly 0", i, j)
		}
		if s.Loss == MSE && block == VV && i != j && FrobeniusSquared(H) != 0 {
			t.Errorf("(%d,%d): an MSE off-diagonal block is not exactly 0", i, j)
		}
	})
	t.Logf("largest relative difference %.1e", worst)
}

// TestCrossTransposed differentiates the gradient of v_j by w_i, the opposite order
// of DifferenceBlock, which for wv differentiates by v_j.
func TestCrossTransposed(t *testing.T) {
	everyBlock(t, func(t *testing.T, s *State, block Block, i, j int) {
		if block != WV {
			return
		}
		step := math.Min(DefaultStep, s.KinkStep(i)/4)
		D, err := differences(s.Net, s.Loss, s.X, s.Labels, s.Net.group("v", j), s.Net.group("w", i), step)
		if err != nil {
			t.Fatal(err)
		}
		if d := distance(s.Block(WV, i, j), mat.DenseCopyOf(D.T())); d > tolerance {
			t.Errorf("(%d,%d): off by %.1e", i, j, d)
		}
	})
}

// TestAveragedGram sums by definition, over several chunks and both signs.
func TestAveragedGram(t *testing.T) {
	src := newSource(8)
	const n, d = 3*gramChunk + 17, 4
	phi := mat.NewDense(n, d, nil)
	LeCun.Fill(src, 1, phi.RawMatrix().Data)
	for name, draw := range map[string]func() float64{
		"positive": src.Float64,
		"signed":   src.Normal,
		"sparse":   func() float64 { return math.Max(0, src.Normal()) },
		"zero":     func() float64 { return 0 },
	} {
		lambda := make([]float64, n)
		want := mat.NewDense(d, d, nil)
		for k := range lambda {
			lambda[k] = draw()
			for a := range d {
				for b := range d {
					want.Set(a, b, want.At(a, b)+lambda[k]*phi.At(k, a)*phi.At(k, b)/n)
				}
			}
		}
		// 1e-12: rounding of 785 terms, of both signs.
		if e := distance(mustGram(phi, lambda), want); e > 1e-12 {
			t.Errorf("%s: off by %.1e", name, e)
		}
	}
}

func TestBlocksSymmetric(t *testing.T) {
	everyBlock(t, func(t *testing.T, s *State, block Block, i, j int) {
		if block == WV {
			return
		}
		if !mat.Equal(s.Block(block, i, j), s.Block(block, j, i).T()) {
			t.Errorf("H_%d%d and the transpose of H_%d%d differ", i, j, j, i)
		}
	})
}

// TestBlocksWithoutLabels: vv and ww do not depend on labels.
func TestBlocksWithoutLabels(t *testing.T) {
	everyBlock(t, func(t *testing.T, s *State, block Block, i, j int) {
		if block == WV {
			return
		}
		bare := evaluate(t, s.Net, s.Loss, s.X, nil)
		if !mat.Equal(s.Block(block, i, j), bare.Block(block, i, j)) {
			t.Errorf("(%d,%d): differs without labels", i, j)
		}
	})
}

func TestGradientAgainstDifferences(t *testing.T) {
	for _, k := range cases {
		for _, model := range []Model{Linear, Hidden} {
			for _, loss := range []Loss{MSE, CE} {
				net, X, y := problem(t, k.seed, model, k.init, k.n, k.d, k.m, k.c)
				s := evaluate(t, net, loss, X, y)
				step := DefaultStep
				for i := range net.Hidden() {
					step = math.Min(step, s.KinkStep(i)/4)
				}
				g, theta := s.Gradient(nil), net.Flat(nil)
				want := make([]float64, len(g))
				at := func(k int, w float64) float64 {
					old := theta[k]
					theta[k] = w
					net.SetFlat(theta)
					theta[k] = old
					return evaluate(t, net, loss, X, y).Value()
				}
				for k, w := range theta {
					want[k] = (at(k, w+step) - at(k, w-step)) / ((w + step) - (w - step))
				}
				if d := distance(mat.NewDense(1, len(g), g), mat.NewDense(1, len(g), want)); d > tolerance {
					t.Errorf("%s/%s/%d: gradient off by %.1e", model, loss, k.seed, d)
				}
			}
		}
	}
}

// TestValue checks the loss where it is known: all weights 0 give p = 1/C, f = 0.
// And where p underflows it must not become infinite.
func TestValue(t *testing.T) {
	net, X, y := problem(t, 1, Hidden, LeCun, 6, 4, 3, 5)
	net.SetFlat(make([]float64, net.Parameters()))
	if v := evaluate(t, net, MSE, X, y).Value(); v != 1 {
		t.Errorf("mse = %v, want 1", v)
	}
	if v := evaluate(t, net, CE, X, y).Value(); math.Abs(v-math.Log(5)) > 1e-15 {
		t.Errorf("ce = %v, want log 5", v)
	}
	far, err := NewNet(Linear, nil, mat.NewDense(2, 1, []float64{1000, -1000}))
	if err != nil {
		t.Fatal(err)
	}
	if v := evaluate(t, far, CE, mat.NewDense(1, 1, []float64{1}), []int{1}).Value(); v != 2000 {
		t.Errorf("ce = %v, want 2000", v)
	}
}

// TestCovarianceAccuracy: where one class dominates, p = (1 - e, e) up to e^2, the
// ww weight is e (v_0i - v_1i)(v_0j - v_1j), many digits below the products whose
// difference it is.
func TestCovarianceAccuracy(t *testing.T) {
	net, err := NewNet(Hidden, mat.NewDense(2, 1, []float64{1, 1}), mat.NewDense(2, 2, []float64{20, 10, 2, 1}))
	if err != nil {
		t.Fatal(err)
	}
	s := evaluate(t, net, CE, mat.NewDense(1, 1, []float64{1}), nil)
	want := math.Exp(-27) * 18 * 9
	// 1e-10: e^2/e = 2e-12, and e itself is rounded relative to z.
	if got := s.Weights(nil, WW, 0, 1)[0]; math.Abs(got/want-1) > 1e-10 {
		t.Errorf("lambda = %v, want %v", got, want)
	}
}

// TestPlantedErrors: a formula with one thing wrong must disagree with differences,
// by far more than the tolerance.
func TestPlantedErrors(t *testing.T) {
	net, X, y := problem(t, 1, Hidden, LeCun, 12, 5, 4, 3)
	lin, Z, w := problem(t, 2, Linear, LeCun, 12, 5, 0, 3)
	s, l := evaluate(t, net, CE, X, y), evaluate(t, lin, CE, Z, w)
	sm := evaluate(t, net, MSE, X, y)
	const i, j = 1, 2

	// weighted is H_ij with each weight replaced by f(n, weight).
	weighted := func(s *State, block Block, f func(n int, lambda float64) float64) *mat.Dense {
		phi := s.Features
		if block == WW {
			phi = s.X
		}
		lambda := s.Weights(nil, block, i, j)
		for n := range lambda {
			lambda[n] = f(n, lambda[n])
		}
		return mustGram(phi, lambda)
	}
	// printed is H_{w_i v_j} with the gradient of w_i in column i, as on the slides.
	printed := func(s *State) *mat.Dense {
		u := s.CrossFactor(i, j)
		for n := range s.Samples() {
			if !s.Active(n, i) {
				continue
			}
			slope := 0.0
			for c := range s.Net.Classes() {
				slope += s.residual(n, c) * s.Net.V.At(c, i)
			}
			u.Set(n, i, u.At(n, i)-s.residual(n, j)+slope)
		}
		H := new(mat.Dense)
		H.Mul(s.X.T(), u)
		H.Scale(1/float64(s.Samples()), H)
		return H
	}
	for _, test := range []struct {
		name  string
		s     *State
		block Block
		wrong *mat.Dense
	}{
		{"linear ce vv: +p_i p_j", l, VV, weighted(l, VV, func(_ int, x float64) float64 { return -x })},
		{"linear ce vv: p_i (1 - p_j)", l, VV, weighted(l, VV, func(n int, x float64) float64 { return l.Probs.At(n, i) + x })},
		{"hidden ce ww: covariance not centred", s, WW, weighted(s, WW, func(n int, x float64) float64 {
			if x == 0 {
				return 0
			}
			return x + s.mean.At(n, i)*s.mean.At(n, j)
		})},
		{"hidden mse ww: loss with 1/2", sm, WW, weighted(sm, WW, func(_ int, x float64) float64 { return x / 2 })},
		{"hidden mse ww: no indicators", sm, WW, weighted(sm, WW, func(int, float64) float64 {
			return 2 * mat.Dot(sm.Net.V.ColView(i), sm.Net.V.ColView(j))
		})},
		{"hidden ce wv: printed column", s, WV, printed(s)},
		{"hidden mse wv: printed column", sm, WV, printed(sm)},
	} {
		right := differenceOf(t, test.s, test.block, i, j)
		if d := distance(test.s.Block(test.block, i, j), right); d > tolerance {
			t.Errorf("%s: the right formula is off by %.1e", test.name, d)
		}
		if d := distance(test.wrong, right); d < 0.01 {
			t.Errorf("%s: planted error survives, off by only %.1e", test.name, d)
		}
	}
}

// TestKinkStep: just below it no unit flips, just above it one does.
func TestKinkStep(t *testing.T) {
	net, X, _ := problem(t, 7, Hidden, LeCun, 15, 4, 3, 2)
	s := evaluate(t, net, CE, X, nil)
	for i := range 3 {
		flips := func(step float64) bool {
			for k := range 4 {
				for _, sign := range []float64{-1, 1} {
					moved := net.Clone()
					moved.W.Set(i, k, moved.W.At(i, k)+sign*step)
					m := evaluate(t, moved, CE, X, nil)
					for n := range 15 {
						if m.Active(n, i) != s.Active(n, i) {
							return true
						}
					}
				}
			}
			return false
		}
		step := s.KinkStep(i)
		if flips(step*(1-1e-9)) || !flips(step*(1+1e-9)) {
			t.Errorf("unit %d does not flip at %v", i, step)
		}
	}
}

func TestFrobeniusSquared(t *testing.T) {
	a := mat.NewDense(2, 3, []float64{1, -2, 9, 3, 4, 9}).Slice(0, 2, 0, 2).(*mat.Dense)
	if f := FrobeniusSquared(a); f != 30 {
		t.Errorf("|a|^2 = %v, want 30", f)
	}
}

func BenchmarkEvaluate(b *testing.B) {
	net, X, y := problem(b, 1, Hidden, LeCun, 400, 200, 8, 10)
	b.ReportAllocs()
	for b.Loop() {
		evaluate(b, net, CE, X, y)
	}
}

func BenchmarkBlock(b *testing.B) {
	for _, k := range []struct {
		model Model
		block Block
	}{{Linear, VV}, {Hidden, VV}, {Hidden, WW}, {Hidden, WV}} {
		b.Run(fmt.Sprintf("%s/%s", k.model, k.block), func(b *testing.B) {
			net, X, y := problem(b, 1, k.model, LeCun, 400, 200, 8, 10)
			s := evaluate(b, net, CE, X, y)
			b.ReportAllocs()
			for b.Loop() {
				s.Block(k.block, 1, 2)
			}
		})
	}
}

func mustGram(phi *mat.Dense, lambda []float64) *mat.Dense {
	H, err := averagedGram(context.Background(), phi, lambda)
	if err != nil {
		panic(err)
	}
	return H
}

// TestContext: a context that has ended ends evaluations and blocks.
func TestContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	net, X, y := problem(t, 1, Hidden, He, 3*gramChunk, 5, 4, 3)
	s, err := EvaluateContext(ctx, net, CE, X, y)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := EvaluateContext(ctx, net, CE, X, y); !errors.Is(err, context.Canceled) {
		t.Errorf("EvaluateContext returned %v", err)
	}
	for _, block := range Hidden.Blocks() {
		if _, err := s.BlockContext(ctx, block, 1, 0); !errors.Is(err, context.Canceled) {
			t.Errorf("BlockContext of %s returned %v", block, err)
		}
	}
}
