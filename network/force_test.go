package network

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func cross(t testing.TB, p *Problem) (norm, bound float64, ok bool, fit Fit) {
	t.Helper()
	c, err := p.Curvature(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	n, err := c.Norms(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	bound, ok = c.CrossBound()
	return n.Cross(), bound, ok, c.Fit()
}

// The bound holds over random shapes, at initialisation and at weights scaled up
// until a class dominates; and it is not idle: a constant 30 times smaller fails.
func TestCrossBound(t *testing.T) {
	src := newSource(11).Rand
	tightest := math.Inf(1)
	for trial := range 200 {
		sizes, n := shapes(src)
		if len(sizes) < 3 {
			continue
		}
		p := deep(t, uint64(trial), []Activation{ReLU, Identity}[trial%2], CE, n, sizes...)
		for k := range p.Net.theta {
			p.Net.theta[k] *= []float64{0.2, 1, 4}[trial%3]
		}
		norm, bound, ok, fit := cross(t, p)
		if !ok || !(norm <= bound) {
			t.Errorf("%v: norm %v exceeds the bound %v", sizes, norm, bound)
		}
		if !(fit.Gap <= fit.Loss) {
			t.Errorf("gap %v exceeds the loss %v", fit.Gap, fit.Loss)
		}
		if norm > 0 {
			tightest = math.Min(tightest, bound/norm)
		}
	}
	if !(tightest < 30) {
		t.Errorf("the bound is idle: nowhere within a factor %.3g", tightest)
	}
	p := deep(t, 1, ReLU, MSE, 9, 3, 2, 2)
	if _, _, ok, _ := cross(t, p); ok {
		t.Error("a bound under MSE")
	}
}

// The bound is the number that its formula says, from singular values and a forward
// pass of its own: TestCrossBound leaves room for sqrt q in place of sqrt(2q), S_l in
// place of 2 S_l, or the largest width between two layers in place of the smallest.
func TestCrossBoundByFormula(t *testing.T) {
	for seed, sizes := range [][]int{{4, 6, 3}, {4, 5, 9, 3}, {4, 9, 5, 3}, {6, 5, 9, 7, 3}} {
		p := deep(t, uint64(seed), ReLU, CE, 9, sizes...)
		_, bound, ok, _ := cross(t, p)
		depth := p.Net.Depth()
		spectral := make([]float64, depth+1) // index l: |W_l|, layers from 1
		for l := 1; l <= depth; l++ {
			var svd mat.SVD
			if !svd.Factorize(p.Net.Layer(l-1), mat.SVDNone) {
				t.Fatal("no singular values")
			}
			spectral[l] = svd.Values(nil)[0]
		}
		product := func(from, to int) (out float64) {
			out = 1
			for l := from; l <= to; l++ {
				out *= spectral[l]
			}
			return out
		}
		samples, _ := p.X.Dims()
		lengths, gaps := make([][]float64, samples), make([]float64, samples)
		for n := range samples {
			a := mat.VecDenseCopyOf(p.X.RowView(n))
			for l := range depth {
				lengths[n] = append(lengths[n], mat.Norm(a, 2))
				var z mat.VecDense
				z.MulVec(p.Net.Layer(l), a)
				if l < depth-1 {
					for i := range z.Len() {
						z.SetVec(i, math.Max(0, z.AtVec(i)))
					}
				}
				a = &z
			}
			sum := 0.0
			for c := range a.Len() {
				sum += math.Exp(a.AtVec(c))
			}
			gaps[n] = 1 - math.Exp(a.AtVec(p.Labels[n]))/sum
		}
		total := 0.0
		for k := 2; k <= depth; k++ {
			for l := 1; l < k; l++ {
				sum := 0.0
				for n, gap := range gaps {
					first := 2 * product(l+1, depth) * lengths[n][k-1]
					second := math.Sqrt(2*float64(slices.Min(sizes[l:k]))) * product(l+1, k-1)
					sum += lengths[n][l-1] * product(k+1, depth) * (first + second) * gap / float64(samples)
				}
				total += sum * sum
			}
		}
		if want := math.Sqrt(total); !ok || math.Abs(bound/want-1) > 1e-12 {
			t.Errorf("%v: bound %v, want %v", sizes, bound, want)
		}
	}
}

// Fitted perfectly, a net has no Hessian between layers under CE, and has one under
// MSE: H_wv = O(gap) is a statement on CE.
func TestCrossBlocksAtZeroGap(t *testing.T) {
	for _, loss := range []Loss{CE, MSE} {
		p := deep(t, 2, ReLU, loss, 6, 30, 12, 3)
		start, _, _, _ := cross(t, p)
		rate := map[Loss]float64{CE: 0.1, MSE: 0.03}[loss]
		if err := train(t, p, Training{Adam, rate, 1500}).Run(context.Background(), 1500, nil); err != nil {
			t.Fatal(err)
		}
		end, _, _, fit := cross(t, p)
		if fit.Gap > 1e-4 {
			t.Fatalf("%s: gap %v after training", loss, fit.Gap)
		}
		if (end < 0.01*start) != (loss == CE) {
			t.Errorf("%s: |H_wv| went from %v to %v at gap %.2g", loss, start, end, fit.Gap)
		}
	}
}

func TestStripe(t *testing.T) {
	for _, loss := range []Loss{CE, MSE} {
		for seed := range uint64(5) {
			right, err := StripeDeviation(newSource(seed), loss, Residual, 20, 6, 4, 5)
			if err != nil || right > 1e-8 {
				t.Errorf("%s: the stripe is off by %v (%v)", loss, right, err)
			}
			printed, err := StripeDeviation(newSource(seed), loss, Printed, 20, 6, 4, 5)
			if err != nil || printed < 0.1 {
				t.Errorf("%s: planted error survives: the printed stripe is off by %v only (%v)", loss, printed, err)
			}
		}
	}
	if _, err := StripeDeviation(newSource(1), CE, "x", 1, 1, 1, 2); err == nil {
		t.Error("no error")
	}
}

// The printed stripe is off by (1/N) sum_n (p_j - y_j) 1_i x_n less the gradient of w_i,
// in one column of the block, and the deviation is the largest such length over the
// ROOT MEAN SQUARE of the blocks' norms, not over the norm of all blocks together.
func TestStripeDeviationByFormula(t *testing.T) {
	const samples, dim, hidden, classes = 20, 6, 4, 5
	for _, loss := range []Loss{CE, MSE} {
		got, err := StripeDeviation(newSource(3), loss, Printed, samples, dim, hidden, classes)
		if err != nil {
			t.Fatal(err)
		}
		src := newSource(3)
		net, err := Draw(src, Hidden, LeCun, dim, hidden, classes)
		if err != nil {
			t.Fatal(err)
		}
		X, y, err := Gaussian.Draw(src, samples, dim, classes)
		if err != nil {
			t.Fatal(err)
		}
		state := evaluate(t, net, loss, X, y)
		z := net.Logits(X)
		p := Softmax(z)
		worst, total := 0.0, 0.0
		for i := range hidden {
			for j := range classes {
				total += FrobeniusSquared(state.Block(WV, i, j))
				off := mat.NewVecDense(dim, nil)
				for n := range samples {
					if mat.Dot(net.W.RowView(i), X.RowView(n)) <= 0 {
						continue
					}
					residual := func(c int) float64 {
						e := p.At(n, c)
						if loss == MSE {
							e = 2 * z.At(n, c)
						}
						if c == y[n] {
							e -= map[Loss]float64{CE: 1, MSE: 2}[loss]
						}
						return e
					}
					weight := residual(j)
					for c := range classes {
						weight -= residual(c) * net.V.At(c, i)
					}
					off.AddScaledVec(off, weight/samples, X.RowView(n))
				}
				worst = math.Max(worst, mat.Dot(off, off))
			}
		}
		// 1e-6: the deviation comes from differences.
		if want := math.Sqrt(worst / (total / (hidden * classes))); math.Abs(got/want-1) > 1e-6 {
			t.Errorf("%s: the printed stripe is off by %v, want %v", loss, got, want)
		}
	}
}

// Zeros predicted from the graph are those that differentiation finds, at generic
// weights; both examples of the source, random graphs, and a deep linear net.
func TestGraph(t *testing.T) {
	src := newSource(3)
	check := func(name string, g *Graph) {
		weights := make([]float64, len(g.edges))
		for k := range weights {
			weights[k] = src.Normal()
		}
		h := g.Hessian(weights)
		for i, line := range g.MayDiffer() {
			for k, may := range line {
				if (h.At(i, k) != 0) != may {
					t.Errorf("%s: entry %s, %s is %v, predicted to differ from 0: %v", name, g.edges[i].Name, g.edges[k].Name, h.At(i, k), may)
				}
			}
		}
	}
	check("two paths", TwoPaths())
	check("shared layer", SharedLayer())
	for trial := range 30 {
		var edges []Edge
		nodes := 3 + src.IntN(6)
		for to := 1; to < nodes; to++ {
			for from := range to {
				if src.IntN(3) == 0 {
					edges = append(edges, Edge{from, to, fmt.Sprint(from, ">", to)})
				}
			}
		}
		if g, err := NewGraph(edges); err == nil {
			check(fmt.Sprint("random ", trial), g)
		}
	}
	// By hand: 1/2 (w1 v1)^2 + 1/2 (w2 v2)^2.
	h := TwoPaths().Hessian([]float64{2, 3, 5, 7})
	want := mat.NewSymDense(4, []float64{
		25, 0, 20, 0,
		0, 49, 0, 42,
		20, 0, 4, 0,
		0, 42, 0, 9})
	if !mat.Equal(h, want) {
		t.Errorf("two paths: %v", mat.Formatted(h))
	}
	for want, edges := range map[string][]Edge{
		"needs at least one edge": nil,
		"leads from 1 to 0":       {{1, 0, "x"}},
	} {
		if _, err := NewGraph(edges); err == nil {
			t.Errorf("no error, want %q", want)
		}
	}
}

// An identity MLP under squared error on the one sample x = 1 is a graph: the graph
// predicts where its Hessian is 0 (with y taken off, which moves no zero of the
// Gauss-Newton part; at f = y elsewhere it would).
func TestGraphPredictsHessian(t *testing.T) {
	p := deep(t, 8, Identity, MSE, 1, 1, 3, 2)
	p.X.Set(0, 0, 1)
	h := hessian(t, p)
	g := mustGraph(Edge{0, 1, "w1"}, Edge{0, 2, "w2"}, Edge{0, 3, "w3"},
		Edge{1, 4, "v11"}, Edge{2, 4, "v12"}, Edge{3, 4, "v13"}, Edge{1, 5, "v21"}, Edge{2, 5, "v22"}, Edge{3, 5, "v23"})
	for i, line := range g.MayDiffer() {
		for k, may := range line {
			if (h.At(i, k) != 0) != may {
				t.Errorf("entry %d, %d is %v, predicted to differ from 0: %v", i, k, h.At(i, k), may)
			}
		}
	}
}

// The second example of the source: the output weights of different classes
// never meet, w1 and w2 do, on no common path.
func ExampleSharedLayer() {
	g := SharedLayer()
	h := g.Hessian([]float64{2, 3, 5, 7, 11, 13})
	for i, line := range g.MayDiffer() {
		fmt.Printf("%-3s", g.Edges()[i].Name)
		for k, may := range line {
			entry := "."
			if may {
				entry = fmt.Sprint(h.At(i, k))
			}
			fmt.Printf(" %4s", entry)
		}
		fmt.Println()
	}
	// Output:
	// w1   146  178   41   15   83   33
	// w2   178  218   14   52   26  100
	// v11   41   14    4    6    .    .
	// v12   15   52    6    9    .    .
	// v21   83   26    .    .    4    6
	// v22   33  100    .    .    6    9
}
