package network

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// source is a Source for tests.
type source struct{ *rand.Rand }

func (s source) Normal() float64 { return s.NormFloat64() }

func newSource(seed uint64) source { return source{rand.New(rand.NewPCG(seed, 2505_02809))} }

// problem draws a net and normal data with uniform labels.
func problem(t testing.TB, seed uint64, model Model, init Init, n, d, m, c int) (*Net, *mat.Dense, []int) {
	t.Helper()
	src := newSource(seed)
	net, err := Draw(src, model, init, d, m, c)
	if err != nil {
		t.Fatal(err)
	}
	X := mat.NewDense(n, d, nil)
	LeCun.Fill(src, 1, X.RawMatrix().Data)
	y := make([]int, n)
	for k := range y {
		y[k] = src.IntN(c)
	}
	return net, X, y
}

func evaluate(t testing.TB, net *Net, loss Loss, X *mat.Dense, y []int) *State {
	t.Helper()
	s, err := Evaluate(net, loss, X, y)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// distance returns max |a - b|, relative to max |b| if that is not 0.
func distance(a, b *mat.Dense) float64 {
	ra, ca := a.Dims()
	if rb, cb := b.Dims(); ra != rb || ca != cb {
		return math.Inf(1)
	}
	diff, size := 0.0, 0.0
	for i := range ra {
		for k := range ca {
			diff = math.Max(diff, math.Abs(a.At(i, k)-b.At(i, k)))
			size = math.Max(size, math.Abs(b.At(i, k)))
		}
	}
	if size == 0 {
		return diff
	}
	return diff / size
}

func TestParse(t *testing.T) {
	for _, name := range []string{"linear", "hidden"} {
		if m, err := ParseModel(name); err != nil || string(m) != name {
			t.Errorf("ParseModel(%q) = %q, %v", name, m, err)
		}
	}
	for _, name := range []string{"mse", "ce"} {
		if l, err := ParseLoss(name); err != nil || string(l) != name {
			t.Errorf("ParseLoss(%q) = %q, %v", name, l, err)
		}
	}
	for _, name := range []string{"vv", "ww", "wv"} {
		if b, err := ParseBlock(name); err != nil || string(b) != name {
			t.Errorf("ParseBlock(%q) = %q, %v", name, b, err)
		}
	}
	for _, name := range []string{"lecun", "he", "pytorch"} {
		if i, err := ParseInit(name); err != nil || string(i) != name {
			t.Errorf("ParseInit(%q) = %q, %v", name, i, err)
		}
	}
}

func TestErrors(t *testing.T) {
	one := func(v any, err error) error { return err }
	src := newSource(1)
	net, X, y := problem(t, 1, Hidden, LeCun, 4, 3, 2, 3)
	nan := mat.NewDense(4, 3, nil)
	nan.Set(2, 1, math.Inf(-1))
	huge := net.Clone()
	huge.V.Set(1, 0, math.MaxFloat64)
	huge.W.Scale(1e200, huge.W)
	kink := evaluate(t, net, CE, X, y).KinkStep(1)
	flat := net.Clone()
	flat.W.Zero()
	diff := func(b Block, i, j int, step float64) error {
		return one(DifferenceBlock(net, CE, X, y, b, i, j, step))
	}
	for _, test := range []struct {
		err  error
		want string
	}{
		{one(ParseModel("foo")), `unknown model "foo": want linear or hidden`},
		{one(ParseLoss("CE")), `unknown loss "CE": want mse or ce`},
		{one(ParseBlock("")), `unknown block "": want vv, ww or wv`},
		{one(ParseInit("xavier")), `unknown init "xavier": want lecun, he or pytorch`},
		{Linear.Supports(WW), `model linear has no block ww: want vv`},
		{Linear.Supports(WV), `model linear has no block wv: want vv`},
		{Linear.Supports("uu"), `unknown block "uu": want vv, ww or wv`},
		{Model("deep").Supports(VV), `unknown model "deep": want linear or hidden`},
		{Linear.Supports(VV), ``},
		{Hidden.Supports(WV), ``},
		{one(Draw(src, Linear, LeCun, 5, 0, 1)), `classes must be at least 2, got 1`},
		{one(Draw(src, Linear, LeCun, 0, 0, 2)), `dim must be at least 1, got 0`},
		{one(Draw(src, Hidden, LeCun, 5, 0, 2)), `hidden must be at least 1, got 0`},
		{one(Draw(src, Linear, "", 5, 0, 2)), `unknown init "": want lecun, he or pytorch`},
		{one(Draw(src, Linear, He, 5, 0, 2)), ``},
		{one(NewNet(Linear, net.W, net.V)), `model linear has no hidden weights W: want nil`},
		{one(NewNet(Hidden, nil, net.V)), `hidden weights W are missing`},
		{one(NewNet(Hidden, net.W, nil)), `output weights V are missing`},
		{one(NewNet(Hidden, X, net.V)), `output weights must have as many columns as hidden weights have rows, got 2 and 4`},
		{one(NewNet(Linear, nil, nan)), `weight v[2,1] is -Inf`},
		{one(NewNet(Hidden, net.W, net.V)), ``},
		{one(Evaluate(net, "l1", X, y)), `unknown loss "l1": want mse or ce`},
		{one(Evaluate(net, CE, net.V, y)), `data X must have 3 columns, one for each input of the net, got 2`},
		{one(Evaluate(net, CE, X, y[:2])), `labels must be as many as samples, got 2 and 4`},
		{one(Evaluate(net, CE, X, []int{0, 1, 3, 2})), `label of sample 2 must be in [0,3), got 3`},
		{one(Evaluate(net, CE, nan, y)), `data entry [2,1] is -Inf`},
		{one(Evaluate(net, CE, nil, y)), `data X is empty: want one sample a row`},
		{one(Evaluate(huge, CE, X, y)), `logit of sample `},
		{diff(WW, 0, 2, 0), `block ww has indices in [0,2) and [0,2), got 0 and 2`},
		{diff(VV, 0, 1, -1), `step must be positive, or 0 to choose one, got -1`},
		{diff(VV, 0, 1, 1e-30), `step 1e-30 is lost in a weight of size `},
		{diff(WW, 0, 1, kink), `step must be below `},
		{diff(WW, 0, 1, kink/4), ``},
		{one(DifferenceBlock(flat, CE, X, y, WW, 0, 1, 0)), `unit 1 is at its kink at some sample`},
		{one(DifferenceBlock(net, CE, X, nil, VV, 0, 0, 0)), `differences of the gradient need labels, got none`},
	} {
		switch {
		case test.want == "" && test.err != nil:
			t.Errorf("unexpected error %q", test.err)
		case test.want != "" && (test.err == nil || !strings.HasPrefix(test.err.Error(), test.want)):
			t.Errorf("error = %v, want %q", test.err, test.want)
		}
	}
}

func TestPanics(t *testing.T) {
	net, X, _ := problem(t, 1, Hidden, LeCun, 4, 3, 2, 3)
	s := evaluate(t, net, CE, X, nil)
	lin, Z, _ := problem(t, 1, Linear, LeCun, 4, 3, 0, 3)
	l := evaluate(t, lin, CE, Z, nil)
	for name, f := range map[string]func(){
		"labels for the loss":     func() { s.Value() },
		"labels for the gradient": func() { s.Gradient(nil) },
		"labels for wv":           func() { s.Block(WV, 0, 0) },
		"weights of wv":           func() { s.Weights(nil, WV, 0, 0) },
		"ww of a linear net":      func() { l.Block(WW, 0, 0) },
		"index":                   func() { s.Block(VV, 3, 0) },
		"length":                  func() { s.Weights(make([]float64, 3), VV, 0, 0) },
		"flat length":             func() { net.SetFlat(nil) },
		"unknown init":            func() { Init("").Gaussian() },
		"fan-in":                  func() { LeCun.Variance(0) },
		"model of kappa":          func() { LeCun.Kappa("") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestNet(t *testing.T) {
	for _, test := range []struct {
		model                  Model
		d, m, c, hidden, total int
	}{
		{Linear, 5, 7, 3, 0, 15},
		{Hidden, 5, 7, 3, 7, 56},
	} {
		net, X, _ := problem(t, 3, test.model, He, 4, test.d, test.m, test.c)
		if net.Dim() != test.d || net.Hidden() != test.hidden || net.Classes() != test.c || net.Parameters() != test.total {
			t.Errorf("%s: sizes %d %d %d %d", test.model, net.Dim(), net.Hidden(), net.Classes(), net.Parameters())
		}
		// The flat order is the order of drawing.
		src, flat := newSource(3), net.Flat(nil)
		for k := range flat {
			fanIn := test.d
			if test.model == Hidden && k >= test.m*test.d {
				fanIn = test.m
			}
			if want := math.Sqrt(2/float64(fanIn)) * src.Normal(); flat[k] != want {
				t.Fatalf("%s: weight %d = %v, want %v", test.model, k, flat[k], want)
			}
		}
		clone := net.Clone()
		net.Redraw(newSource(4), He)
		if net.V.At(0, 0) == clone.V.At(0, 0) {
			t.Errorf("%s: the clone shares memory", test.model)
		}
		net.SetFlat(flat)
		if !mat.Equal(net.V, clone.V) || (net.W != nil && !mat.Equal(net.W, clone.W)) {
			t.Errorf("%s: SetFlat does not undo Redraw", test.model)
		}
		// The forward pass against the definition, entry by entry; 1e-14 is rounding.
		z, phi := net.Logits(X), net.Features(X)
		for n := range 4 {
			for c := range test.c {
				want := 0.0
				for k := range phi.RawRowView(n) {
					f := X.At(n, k%test.d)
					if net.W != nil {
						f = math.Max(0, mat.Dot(net.W.RowView(k), X.RowView(n)))
					}
					want += net.V.At(c, k) * f
				}
				if math.Abs(z.At(n, c)-want) > 1e-14 {
					t.Errorf("%s: logit %d,%d = %v, want %v", test.model, n, c, z.At(n, c), want)
				}
			}
		}
	}
}

func TestSoftmax(t *testing.T) {
	z := mat.NewDense(4, 3, []float64{0, 0, 0, 1000, 0, -1000, -800, -800, math.Log(2) - 800, 1, 2, 3})
	p := Softmax(z)
	want := mat.NewDense(4, 3, []float64{1. / 3, 1. / 3, 1. / 3, 1, 0, 0, .25, .25, .5,
		0.0900305731703805, 0.2447284710547976, 0.6652409557748219})
	// 1e-13: log(2) - 800 is rounded to 2^-44.
	if d := distance(p, want); d > 1e-13 {
		t.Errorf("softmax is off by %v", d)
	}
	net, X, _ := problem(t, 5, Hidden, He, 50, 10, 8, 1000)
	for n, row := range rows(Softmax(net.Logits(X))) {
		sum := 0.0
		for _, p := range row {
			sum += p
		}
		if math.Abs(sum-1) > 1e-14 {
			t.Errorf("row %d sums to 1%+.1e", n, sum-1)
		}
	}
}

func TestInit(t *testing.T) {
	for _, test := range []struct {
		init                    Init
		gaussian                bool
		variance, linear, twice float64
	}{
		{LeCun, true, 1. / 50, 1, 1},
		{He, true, 2. / 50, 2, 4},
		{PyTorch, false, 1. / 150, 1. / 3, 1. / 9},
	} {
		if test.init.Gaussian() != test.gaussian || test.init.Variance(50) != test.variance ||
			test.init.Kappa(Linear) != test.linear || test.init.Kappa(Hidden) != test.twice {
			t.Errorf("%s: %v %v %v %v", test.init, test.init.Gaussian(), test.init.Variance(50),
				test.init.Kappa(Linear), test.init.Kappa(Hidden))
		}
	}
}

// TestFillVariance tests mean and second moment of 200 000 weights at 4.89 standard
// errors, a false alarm of 1e-6 two-sided for each. A variance off by 2.6 % (1.6 %
// for PyTorch) is missed with probability below 1e-3.
func TestFillVariance(t *testing.T) {
	const n, fanIn, z = 200_000, 30, 4.892
	draw := func(init Init, seed uint64) (mean, second float64) {
		w := make([]float64, n)
		init.Fill(newSource(seed), fanIn, w)
		for _, x := range w {
			mean += x / n
			second += x * x / n
		}
		return mean, second
	}
	// passes tests draws of one law against the variance of another.
	passes := func(init, claimed Init, seed uint64) bool {
		mean, second := draw(init, seed)
		v := claimed.Variance(fanIn)
		kurtosis := 3.0
		if !claimed.Gaussian() {
			kurtosis = 1.8
		}
		return math.Abs(mean) <= z*math.Sqrt(v/n) &&
			math.Abs(second-v) <= z*v*math.Sqrt((kurtosis-1)/n)
	}
	for k, init := range []Init{LeCun, He, PyTorch} {
		if !passes(init, init, uint64(10+k)) {
			t.Errorf("%s: mean or variance is off", init)
		}
		for _, other := range []Init{LeCun, He, PyTorch} {
			if other != init && passes(init, other, uint64(10+k)) {
				t.Errorf("planted error survives: %s passes for %s", init, other)
			}
		}
	}
	w := make([]float64, n)
	PyTorch.Fill(newSource(20), fanIn, w)
	half := math.Sqrt(1. / fanIn)
	for _, x := range w {
		// 1e-15 for the rounding of the half-width.
		if math.Abs(x) > half*(1+1e-15) {
			t.Fatalf("pytorch weight %v is outside +-%v", x, half)
		}
	}
}

// countdown cancels a context after so many draws, and counts on.
type countdown struct {
	source
	cancel context.CancelFunc
	after  int
	drawn  int
}

func (s *countdown) Normal() float64 {
	if s.drawn++; s.drawn == s.after {
		s.cancel()
	}
	return s.source.Normal()
}

// Drawing weights ends soon after the context does, in long rows and in short ones,
// and a net that was not interrupted has the weights of one call a row.
func TestDrawContext(t *testing.T) {
	for _, shape := range [][3]int{{1 << 20, 1, 2}, {4, 1 << 18, 2}, {2, 2, 1 << 19}} {
		ctx, cancel := context.WithCancel(t.Context())
		src := &countdown{source: newSource(1), cancel: cancel, after: 1 << 18}
		_, err := DrawContext(ctx, src, Hidden, LeCun, shape[0], shape[1], shape[2])
		if !errors.Is(err, context.Canceled) {
			t.Errorf("shape %v: %v, want the context's error", shape, err)
		}
		if src.drawn > src.after+2*weightsALook {
			t.Errorf("shape %v: %d draws after the context ended", shape, src.drawn-src.after)
		}
	}
	const d, m = 3*weightsALook + 5, 2
	net, err := Draw(newSource(2), Hidden, PyTorch, d, m, 3)
	if err != nil {
		t.Fatal(err)
	}
	src, row := newSource(2), make([]float64, d)
	for i := range m {
		PyTorch.Fill(src, d, row)
		for k, w := range row {
			if net.W.At(i, k) != w {
				t.Fatalf("weight %d of row %d is %v, want %v", k, i, net.W.At(i, k), w)
			}
		}
	}
}
