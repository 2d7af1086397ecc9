package network

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
)

// deep draws a problem for an MLP with normal data and uniform labels.
func deep(t testing.TB, seed uint64, activation Activation, loss Loss, n int, sizes ...int) *Problem {
	t.Helper()
	src := newSource(seed)
	net, err := DrawMLP(src, activation, LeCun, sizes)
	if err != nil {
		t.Fatal(err)
	}
	X := mat.NewDense(n, sizes[0], nil)
	LeCun.Fill(src, 1, X.RawMatrix().Data)
	y := make([]int, n)
	for k := range y {
		y[k] = src.IntN(net.Classes())
	}
	p, err := NewProblem(net, loss, X, y)
	if err != nil {
		t.Fatal(err)
	}
	p.Workers = 2
	return p
}

func hessian(t testing.TB, p *Problem, layers ...int) *mat.Dense {
	t.Helper()
	c, err := p.Curvature(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	h, err := c.Hessian(context.Background(), layers, nil)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// shapes returns random sizes of 1 to 4 layers, wide and narrow ones.
func shapes(src *rand.Rand) (sizes []int, n int) {
	for range 2 + src.IntN(4) {
		sizes = append(sizes, 1+src.IntN(7))
	}
	sizes[len(sizes)-1]++
	return sizes, 1 + src.IntN(300)
}

// The Hessian by the closed form, by Hessian-vector products, and by central
// differences of the gradient, which are themselves checked against differences of
// the loss, over random shapes.
func TestHessianThreeWays(t *testing.T) {
	src := newSource(7).Rand
	ctx := context.Background()
	for trial := range 60 {
		sizes, n := shapes(src)
		activation := []Activation{ReLU, Identity}[trial%2]
		loss := []Loss{MSE, CE}[trial/2%2]
		p := deep(t, uint64(100+trial), activation, loss, n, sizes...)
		h := hessian(t, p)
		total := p.Net.Parameters()

		byProduct := mat.NewDense(total, total, nil)
		unit := make([]float64, total)
		for k := range total {
			unit[k] = 1
			column, err := p.HessianVector(ctx, nil, unit)
			if err != nil {
				t.Fatal(err)
			}
			byProduct.SetCol(k, column)
			unit[k] = 0
		}
		if d := distance(byProduct, h); d > 1e-12 {
			t.Fatalf("%v %s %s N=%d: Hessian-vector products are off by %.2g", sizes, activation, loss, n, d)
		}
		for i := range total {
			for k := range i {
				if h.At(i, k) != h.At(k, i) {
					t.Fatalf("%v: not symmetric at %d, %d", sizes, i, k)
				}
			}
		}

		gradient := func(dst, x []float64) {
			copy(p.Net.theta, x)
			if _, err := p.Gradient(ctx, dst); err != nil {
				t.Fatal(err)
			}
		}
		theta := append([]float64(nil), p.Net.theta...)
		value := func(x []float64) float64 {
			copy(p.Net.theta, x)
			fit, err := p.Gradient(ctx, nil)
			if err != nil {
				t.Fatal(err)
			}
			return fit.Loss
		}
		// A kink between two points would give a jump over the step: with ReLU only
		// nets are compared none of whose units switches nearby.
		const step = 1e-6
		if activation == ReLU && !smooth(p, 10*step) {
			continue
		}
		g := make([]float64, total)
		gradient(g, theta)
		numeric := fd.Gradient(nil, value, theta, &fd.Settings{Formula: fd.Central, Step: step})
		for k := range g {
			if math.Abs(numeric[k]-g[k]) > 1e-7*(1+math.Abs(g[k])) {
				t.Fatalf("%v %s %s: gradient %d is %v, by differences %v", sizes, activation, loss, k, g[k], numeric[k])
			}
		}
		differences := mat.NewDense(total, total, nil)
		fd.Jacobian(differences, gradient, theta, &fd.JacobianSettings{Formula: fd.Central, Step: step})
		if d := distance(differences, h); d > 1e-6 {
			t.Fatalf("%v %s %s N=%d: differences are off by %.2g", sizes, activation, loss, n, d)
		}
	}
}

// smooth reports whether no pre-activation is within reach of the kink.
func smooth(p *Problem, reach float64) bool {
	z := mat.DenseCopyOf(p.X)
	for l := range p.Net.Depth() - 1 {
		var next mat.Dense
		next.Mul(z, p.Net.Layer(l).T())
		raw := next.RawMatrix().Data
		for k := range raw {
			if math.Abs(raw[k]) < reach*20 {
				return false
			}
			raw[k] = math.Max(0, raw[k])
		}
		z = &next
	}
	return true
}

// An MLP of two layers is the net of [State.Block]: blocks, gradient and loss.
func TestHessianIsThatOfNet(t *testing.T) {
	for trial := range 24 {
		model := []Model{Linear, Hidden}[trial%2]
		loss := []Loss{MSE, CE}[trial/2%2]
		d, m, c, n := 3+trial%5, 2+trial%4, 2+trial%6, 1+13*trial
		net, X, y := problem(t, uint64(trial), model, He, n, d, m, c)
		s := evaluate(t, net, loss, X, y)
		p, err := NewProblem(net.MLP(), loss, X, y)
		if err != nil {
			t.Fatal(err)
		}
		g := make([]float64, p.Net.Parameters())
		fit, err := p.Gradient(context.Background(), g)
		if err != nil {
			t.Fatal(err)
		}
		if v := s.Value(); math.Abs(fit.Loss-v) > 1e-13*v {
			t.Errorf("loss %v, want %v", fit.Loss, v)
		}
		want := mat.NewDense(1, len(g), s.Gradient(nil))
		if d := distance(mat.NewDense(1, len(g), g), want); d > 1e-13 {
			t.Errorf("gradient is off by %v", d)
		}
		h := hessian(t, p)
		groups := p.Net.Groups()
		for i, a := range groups {
			for _, b := range groups[i:] {
				block := VV
				switch {
				case model == Hidden && b.Layer == 0:
					block = WW
				case model == Hidden && a.Layer == 0:
					block = WV
				}
				want := s.Block(block, a.Row, b.Row)
				got := mat.DenseCopyOf(h.Slice(a.From, a.To, b.From, b.To))
				got.Sub(got, want)
				// Relative to the whole: single blocks may vanish.
				if d, size := mat.Norm(got, 2), mat.Norm(h, 2); d > 1e-13*size {
					t.Fatalf("%s %s block %s %d %d is off by %.2g", model, loss, block, a.Row, b.Row, d/size)
				}
			}
		}
		// Layers alone are the corresponding parts.
		if model == Hidden {
			at := m * d
			if !mat.Equal(hessian(t, p, 1), h.Slice(at, len(g), at, len(g))) || !mat.Equal(hessian(t, p, 0), h.Slice(0, at, 0, at)) {
				t.Error("the Hessian of one layer is not the part of the whole")
			}
		}
	}
}

// The same bits for any number of workers.
func TestWorkersChangeNothing(t *testing.T) {
	var h *mat.Dense
	var g, v []float64
	ctx := context.Background()
	for _, workers := range []int{1, 2, 7} {
		p := deep(t, 5, ReLU, CE, 700, 20, 9, 30)
		p.Workers = workers
		gradient := make([]float64, p.Net.Parameters())
		if _, err := p.Gradient(ctx, gradient); err != nil {
			t.Fatal(err)
		}
		product, err := p.HessianVector(ctx, nil, gradient)
		if err != nil {
			t.Fatal(err)
		}
		full := hessian(t, p)
		if h == nil {
			h, g, v = full, gradient, product
			continue
		}
		for k := range g {
			if gradient[k] != g[k] || product[k] != v[k] {
				t.Fatalf("%d workers: entry %d differs", workers, k)
			}
		}
		if !mat.Equal(full, h) {
			t.Fatalf("%d workers: another Hessian", workers)
		}
	}
}

// The 4-layer net of the source material has 10 000 parameters.
func BenchmarkHessianDeep(b *testing.B) {
	p := deep(b, 1, ReLU, CE, 500, 50, 50, 50, 50, 50)
	for b.Loop() {
		hessian(b, p)
	}
}

func BenchmarkHessianVector(b *testing.B) {
	p := deep(b, 1, ReLU, CE, 500, 50, 50, 50, 50, 50)
	v := make([]float64, p.Net.Parameters())
	v[17] = 1
	out := make([]float64, len(v))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.HessianVector(context.Background(), out, v); err != nil {
			b.Fatal(err)
		}
	}
}

// One step of the training run of the source material.
func BenchmarkGradient(b *testing.B) {
	p := deep(b, 1, ReLU, CE, 5000, 500, 8, 500)
	out := make([]float64, p.Net.Parameters())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := p.Gradient(context.Background(), out); err != nil {
			b.Fatal(err)
		}
	}
}
