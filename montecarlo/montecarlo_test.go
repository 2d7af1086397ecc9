package montecarlo

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pastur/internal/elementary"
	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
)

var inf = math.Inf(1)

// falseAlarm is the chance that one statistical test here fails though the
// code is right (seeds are fixed: passing once is passing always).
const falseAlarm = 1e-6

func linear(classes int, dim, samples float64) Setting {
	return Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: classes, Dim: dim, Samples: samples, Init: network.LeCun}
}

func hidden(block network.Block, classes, m int, dim, samples float64) Setting {
	return Setting{Model: network.Hidden, Loss: network.MSE, Block: block, Classes: classes, Hidden: m, Dim: dim, Samples: samples, Init: network.LeCun}
}

func with(s Setting, changes ...func(*Setting)) Setting {
	for _, change := range changes {
		change(&s)
	}
	return s
}

func ce(s *Setting) { s.Loss = network.CE }

// small settings, every combination of block and edge: d = 1 and 2 (fewer
// dimensions than points), one sample, d above and below N, m above C.
func smallSettings() []Setting {
	mse := func(s *Setting) { s.Loss = network.MSE }
	he := func(s *Setting) { s.Init = network.He }
	return []Setting{
		linear(2, 3, 5), linear(3, 1, 4), linear(4, 2, 1), linear(5, 12, 24), linear(6, 24, 8),
		with(linear(3, 6, 6), he), with(linear(3, 5, 4), mse),
		hidden(network.WW, 3, 4, 6, 9), hidden(network.WW, 2, 5, 1, 3), hidden(network.WW, 4, 4, 2, 1),
		hidden(network.WW, 6, 3, 20, 10), with(hidden(network.WW, 3, 4, 5, 7), he),
		hidden(network.VV, 3, 4, 6, 9), hidden(network.VV, 2, 1, 2, 5), with(hidden(network.VV, 3, 2, 7, 3), he),
		with(hidden(network.VV, 3, 4, 6, 9), ce), with(hidden(network.VV, 2, 3, 1, 4), ce), with(hidden(network.VV, 4, 2, 10, 5), ce, he),
		with(hidden(network.WW, 3, 4, 6, 9), ce), with(hidden(network.WW, 3, 6, 4, 2), ce), with(hidden(network.WW, 4, 8, 10, 5), ce, he),
	}
}

func estimator(t testing.TB, s Setting, method Method) *Estimator {
	t.Helper()
	e, err := New(s, method)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func sampler(t testing.TB, e *Estimator) Sampler {
	t.Helper()
	s, err := e.Sampler()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// sums draws n replicates: the means of off, diag and off - r diag with their
// standard errors.
type sums struct{ off, offSE, diag, diagSE, gap, gapSE float64 }

func draw(t testing.TB, sampler Sampler, key string, n int, r float64) sums {
	t.Helper()
	stream := replicate.NewStream(1, key, 0)
	var sum, square [3]float64
	for range n {
		off, diag, err := sampler.Sample(stream)
		if err != nil {
			t.Fatal(err)
		}
		for k, x := range [3]float64{off, diag, off - r*diag} {
			sum[k] += x
			square[k] += x * x
		}
	}
	se := func(k int) float64 {
		mean := sum[k] / float64(n)
		return math.Sqrt(max(0, square[k]/float64(n)-mean*mean) / float64(n))
	}
	return sums{sum[0] / float64(n), se(0), sum[1] / float64(n), se(1), sum[2] / float64(n), se(2)}
}

func TestDefinitionEqualsGram(t *testing.T) {
	settings := smallSettings()
	for _, s := range smallSettings() {
		settings = append(settings, with(s, func(s *Setting) { s.Init = network.PyTorch }))
	}
	for _, s := range settings {
		definition, gram := sampler(t, estimator(t, s, Definition)), sampler(t, estimator(t, s, Gram))
		for chunk := range 5 {
			o1, d1, err1 := definition.Sample(replicate.NewStream(1, s.String(), chunk))
			o2, d2, err2 := gram.Sample(replicate.NewStream(1, s.String(), chunk))
			if err1 != nil || err2 != nil {
				t.Fatal(err1, err2)
			}
			if math.Abs(o1-o2) > 1e-11*o1 || math.Abs(d1-d2) > 1e-11*d1 {
				t.Errorf("%v, draw %d: definition (%v, %v), gram (%v, %v)", s, chunk, o1, d1, o2, d2)
			}
		}
	}
}

// The expectations of gram and two-point are equal at every finite size.
func TestTwoPointEqualsGram(t *testing.T) {
	settings := smallSettings()
	z := elementary.NormalUpperQuantile(falseAlarm / 2 / 2)
	for _, s := range settings {
		e := estimator(t, s, TwoPoint)
		const n = 32_000
		two := draw(t, sampler(t, e), s.String()+" twopoint", n, 0)
		gram := draw(t, sampler(t, estimator(t, s, Gram)), s.String()+" gram", n/2, 0)
		compare := func(name string, x, sx, y, sy float64) {
			se := math.Hypot(sx, sy)
			if math.Abs(x-y) > z*se {
				t.Errorf("%v: %s: twopoint %.6g(%.2g), gram %.6g(%.2g): %.1f standard errors", e.Setting, name, x, sx, y, sy, (x-y)/se)
			}
			if se > 0.06*math.Abs(y) {
				t.Errorf("%v: %s: standard error %.2g of %.3g is too large to see anything", e.Setting, name, se, y)
			}
		}
		compare("off", two.off, two.offSE, gram.off, gram.offSE)
		compare("diag", two.diag, two.diagSE, gram.diag, gram.diagSE)
	}
}

// The controls change the variance, not the mean.
func TestControlsAreUnbiased(t *testing.T) {
	z := elementary.NormalUpperQuantile(falseAlarm / 2 / 6)
	for _, s := range []Setting{linear(3, 2, 4), linear(10, 40, 80), with(linear(30, inf, 0), func(s *Setting) { s.Gamma = 2 }), with(linear(5, 9, 3), func(s *Setting) { s.Init = network.He }), hidden(network.WW, 3, 4, 6, 9)} {
		e := estimator(t, s, TwoPoint)
		r := e.raw()
		control := make([]float64, r.controls())
		sum, square := make([]float64, len(control)), make([]float64, len(control))
		stream := replicate.NewStream(2, s.String(), 0)
		const n = 200_000
		for range n {
			if _, _, err := r.sample(stream, control); err != nil {
				t.Fatal(err)
			}
			for k, x := range control {
				sum[k] += x
				square[k] += x * x
			}
		}
		for k := range control {
			se := math.Sqrt(square[k]/n) / math.Sqrt(n)
			if math.Abs(sum[k]/n) > z*se {
				t.Errorf("%v: control %d has mean %.3g, %.1f standard errors from 0", s, k, sum[k]/n, sum[k]/n/se)
			}
		}
	}
}

func TestTwoPointAgainstExactValues(t *testing.T) {
	type row struct {
		s    Setting
		want float64
		n    int
	}
	limit := func(c int, gamma float64) Setting {
		return with(linear(c, inf, 0), func(s *Setting) { s.Gamma = gamma })
	}
	ratio := func(c int, gamma, kappa float64) float64 {
		r, err := theorem.LinearCERatio(c, gamma, kappa)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	finite := func(c int, d, n float64) float64 {
		r, err := theorem.HiddenMSEWWRatioFinite(c, d, n)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	rows := []row{
		{limit(2, 0.5), 1, 1000},
		{limit(3, 0.5), ratio(3, 0.5, 1), 40_000},
		{limit(10, 3), ratio(10, 3, 1), 40_000},
		{limit(100, 0.5), ratio(100, 0.5, 1), 20_000},
		{limit(1000, 0.1), ratio(1000, 0.1, 1), 4000},
		{with(limit(20, 0.5), func(s *Setting) { s.Init = network.He }), ratio(20, 0.5, 2), 40_000},
		{linear(100, 1e12, 2e12), ratio(100, 0.5, 1), 10_000},
		{hidden(network.WW, 10, 8, 40, 80), finite(10, 40, 80), 200_000},
		{hidden(network.WW, 3, 5, 1, 2), finite(3, 1, 2), 200_000},
		{hidden(network.WW, 7, 130, 3, 1), finite(7, 3, 1), 2000},
		{with(hidden(network.WW, 10, 8, inf, 0), func(s *Setting) { s.Gamma = 0.5 }), 0.03125, 200_000},
	}
	// Skewed populations: the normal tail at 1e-6 is taken at 7 instead of
	// 4.9 standard errors.
	const z = 7
	for _, r := range rows {
		e := estimator(t, r.s, TwoPoint)
		got := draw(t, sampler(t, e), r.s.String(), r.n, r.want)
		if math.Abs(got.gap) > z*got.gapSE+1e-14*got.off {
			t.Errorf("%v: ratio %.6g, want %.6g: %.1f standard errors", e.Setting, got.off/got.diag, r.want, got.gap/got.gapSE)
		}
		if got.gapSE > 0.01*got.off {
			t.Errorf("%v: relative standard error %.2g: the test sees nothing", e.Setting, got.gapSE/got.off)
		}
	}
	t.Run("planted errors are seen", func(t *testing.T) {
		for _, plant := range []row{
			{limit(10, 0.5), ratio(10, 2, 1), 40_000},                                    // gamma inverted
			{limit(100, 0.5), ratio(99, 0.5, 1), 20_000},                                 // C-1 for C
			{hidden(network.WW, 10, 8, 40, 80), finite(10, 80, 40), 200_000},             // d and N swapped
			{hidden(network.WW, 10, 8, 40, 80), finite(10, 40, 80) * 12 / 11.5, 200_000}, // C+1.5 for C+2
		} {
			got := draw(t, sampler(t, estimator(t, plant.s, TwoPoint)), plant.s.String(), plant.n, plant.want)
			if math.Abs(got.gap) <= z*got.gapSE {
				t.Errorf("%v: the wrong value %v is within %.1f standard errors", plant.s, plant.want, got.gap/got.gapSE)
			}
		}
	})
}

// E|H_ii|^2 and E|H_ij|^2 themselves, not only their ratio.
func TestHiddenMSENorms(t *testing.T) {
	s := hidden(network.WW, 5, 4, 10, 30)
	off, diag, err := theorem.HiddenMSEWWNorms(5, 10, 30, 1.0/4)
	if err != nil {
		t.Fatal(err)
	}
	for method, n := range map[Method]int{TwoPoint: 40_000, Gram: 10_000, Definition: 5_000} {
		got := draw(t, sampler(t, estimator(t, s, method)), "norms", n, 0)
		if math.Abs(got.off-off) > 7*got.offSE || math.Abs(got.diag-diag) > 7*got.diagSE {
			t.Errorf("%s: off %.5g(%.2g), diag %.5g(%.2g), want %.5g, %.5g", method, got.off, got.offSE, got.diag, got.diagSE, off, diag)
		}
	}
}

func TestExactZeros(t *testing.T) {
	for _, s := range []Setting{with(linear(4, 5, 6), func(s *Setting) { s.Loss = network.MSE }), hidden(network.VV, 4, 3, 5, 6)} {
		for _, method := range []Method{Definition, Gram, TwoPoint} {
			off, diag, err := sampler(t, estimator(t, s, method)).Sample(replicate.NewStream(1, "zero", 0))
			if err != nil || off != 0 || !(diag > 0) {
				t.Errorf("%v by %s: off %v, diag %v, %v", s, method, off, diag, err)
			}
		}
	}
}

func TestBadSettings(t *testing.T) {
	good := linear(10, 40, 80)
	cases := []struct {
		s      Setting
		method Method
		want   string
	}{
		{good, "magic", `unknown method "magic": want definition, gram or twopoint`},
		{with(good, func(s *Setting) { s.Model = "deep" }), Gram, `unknown model "deep"`},
		{with(good, func(s *Setting) { s.Loss = "hinge" }), Gram, `unknown loss "hinge"`},
		{with(good, func(s *Setting) { s.Block = "ww" }), Gram, "model linear has no block ww"},
		{with(good, func(s *Setting) { s.Init = "zero" }), Gram, `unknown init "zero"`},
		{with(good, func(s *Setting) { s.Init = network.PyTorch }), TwoPoint, "method twopoint needs Gaussian weights"},
		{with(good, func(s *Setting) { s.Classes = 1 }), Gram, "classes must be at least 2, got 1"},
		{with(good, func(s *Setting) { s.Dim = 0 }), Gram, "dim must be a whole number"},
		{with(good, func(s *Setting) { s.Dim = 2.5 }), Gram, "dim must be a whole number"},
		{with(good, func(s *Setting) { s.Dim = math.NaN() }), Gram, "dim must be a whole number"},
		{with(good, func(s *Setting) { s.Samples = -3 }), Gram, "samples must be a whole number"},
		{with(good, func(s *Setting) { s.Samples = 0 }), Gram, "gamma must be positive and finite, got 0"},
		{with(good, func(s *Setting) { s.Samples, s.Gamma = 0, inf }), Gram, "gamma must be positive and finite, got +Inf"},
		{with(good, func(s *Setting) { s.Samples, s.Gamma, s.Dim = 0, 100, 3 }), Gram, "has no samples"},
		{with(good, func(s *Setting) { s.Dim, s.Samples, s.Gamma = inf, 0, 0.5 }), Definition, "dim must be finite"},
		{with(good, func(s *Setting) { s.Dim = inf }), TwoPoint, "samples cannot be given at dim inf"},
		{with(good, func(s *Setting) { s.Dim, s.Samples = 1e6, 1e6 }), Definition, "needs 29802.5 GiB a worker, more than the 4 GiB allowed"},
		{hidden(network.WW, 3, 0, 5, 5), Gram, "hidden must be at least 1, got 0"},
		{hidden(network.WW, 3, 1, 5, 5), Gram, "hidden must be at least 2"},
		{hidden(network.WV, 3, 2, 5, 5), Gram, "block wv has no diagonal blocks"},
	}
	for _, c := range cases {
		_, err := New(c.s, c.method)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v by %s: error %v, want one with %q", c.s, c.method, err, c.want)
		}
	}
}

func TestCompleteRoundsSamples(t *testing.T) {
	// 100/0.3 = 333.33 and 100/0.6 = 166.67: to the nearest whole number.
	for gamma, want := range map[float64]float64{0.3: 333, 0.6: 167, 100: 1, 150: 1} {
		s, err := with(linear(3, 100, 0), func(s *Setting) { s.Gamma = gamma }).Complete()
		if err != nil || s.Samples != want || s.Gamma != 100/want {
			t.Errorf("gamma %v: completed to N=%v gamma=%v, %v", gamma, s.Samples, s.Gamma, err)
		}
	}
}

func TestSamplersDoNotAllocate(t *testing.T) {
	for _, s := range []Setting{linear(100, 40, 80), with(linear(100, inf, 0), func(s *Setting) { s.Gamma = 1 }), hidden(network.WW, 10, 8, 40, 80), hidden(network.VV, 10, 8, 40, 80), with(hidden(network.WW, 10, 8, 40, 80), ce), with(hidden(network.VV, 10, 8, 40, 80), ce)} {
		draws := sampler(t, estimator(t, s, TwoPoint))
		stream := replicate.NewStream(1, "alloc", 0)
		if n := testing.AllocsPerRun(20, func() { draws.Sample(stream) }); n != 0 {
			t.Errorf("%v: %v allocations a replicate", s, n)
		}
	}
}

// checkBits holds the bits of replicates against a table: they are the same in every
// build of one replicate.Version, and other bits are another version.
func checkBits(t *testing.T, key, want string, draws Sampler, n int) {
	t.Helper()
	const version = 2 // of the tables
	if replicate.Version != version {
		t.Fatalf("the bits are those of version %d, not %d: renew the tables with it", version, replicate.Version)
	}
	stream := replicate.NewStream(9, "bits", 0)
	var bits uint64
	for range n {
		off, diag, err := draws.Sample(stream)
		if err != nil {
			t.Fatal(err)
		}
		bits = bits*1099511628211 ^ math.Float64bits(off)
		bits = bits*1099511628211 ^ math.Float64bits(diag)
	}
	if got := fmt.Sprintf("%016x", bits); got != want {
		t.Errorf("%q: %q, other bits than version %d has: raise replicate.Version", key, got, version)
	}
}

func TestTwoPointBits(t *testing.T) {
	want := map[string]string{
		"linear ce vv C=7 d=3 N=5 lecun twopoint points=4":                     "a5e39a5fa15e3675",
		"linear ce vv C=500 d=1000000000 N=2000000000 lecun twopoint points=4": "ad6b014ca5fd3320",
		"linear ce vv C=12 d=inf gamma=2 lecun twopoint points=4":              "73a6da21a75858b3",
		"hidden ce vv C=9 m=3 d=7 N=5 lecun twopoint points=2 tilted":          "17c4cf02737c69a9",
		"hidden ce ww C=9 m=3 d=7 N=5 lecun twopoint points=2 tilted":          "98b5b19f0314cd26",
		"hidden mse ww C=4 m=6 d=9 N=5 lecun twopoint points=4":                "6ac7bfa50f7b5cfa",
		"hidden mse vv C=4 m=6 d=9 N=5 lecun twopoint points=4":                "6dee67135c792fbb",
	}
	for _, s := range []Setting{linear(7, 3, 5), linear(500, 1e9, 2e9), with(linear(12, inf, 0), func(s *Setting) { s.Gamma = 2 }), hidden(network.WW, 4, 6, 9, 5), hidden(network.VV, 4, 6, 9, 5), with(hidden(network.VV, 9, 3, 7, 5), ce), with(hidden(network.WW, 9, 3, 7, 5), ce)} {
		e := estimator(t, s, TwoPoint)
		checkBits(t, e.Key(), want[e.Key()], sampler(t, e), 200)
	}
}

func run(b *testing.B, e *Estimator) {
	b.Helper()
	draws := sampler(b, e)
	stream := replicate.NewStream(1, "bench", 0)
	if _, _, err := draws.Sample(stream); err != nil { // with the pilot
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := draws.Sample(stream); err != nil {
			b.Fatal(err)
		}
	}
	perReplicate := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
	b.ReportMetric(perReplicate/float64(e.Points*max(e.Setting.Classes, 1)), "ns/class/point")
}

// Cost is flat in d.
func BenchmarkDim(b *testing.B) {
	for _, d := range []float64{1e2, 1e4, 1e6, 1e9, 1e12, inf} {
		b.Run(fmt.Sprintf("d=%g", d), func(b *testing.B) {
			run(b, estimator(b, with(linear(1000, d, 0), func(s *Setting) { s.Gamma = 0.5 }), TwoPoint))
		})
	}
}

// Cost is linear in C.
func BenchmarkClasses(b *testing.B) {
	for _, c := range []int{10, 100, 1000, 10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprintf("C=%d", c), func(b *testing.B) {
			run(b, estimator(b, with(linear(c, 1e9, 0), func(s *Setting) { s.Gamma = 0.5 }), TwoPoint))
		})
	}
}

// What each variance reduction buys: "work" is the variance of off - R diag
// over the square of the mean, times the nanoseconds of a replicate, relative
// to two points without controls (smaller is better).
func BenchmarkReduction(b *testing.B) {
	for _, c := range []int{10, 100, 1000, 10_000} {
		for _, controls := range []bool{false, true} {
			for _, n := range []int{2, 4, 8} {
				b.Run(fmt.Sprintf("C=%d/controls=%v/points=%d", c, controls, n), func(b *testing.B) {
					e := estimator(b, with(linear(c, 1e4, 0), func(s *Setting) { s.Gamma = 0.5 }), TwoPoint)
					e.Points = n
					if _, _, err := e.pilot(b.Context(), e.raw()); err != nil {
						b.Fatal(err)
					}
					if !controls {
						clear(e.beta.off)
						clear(e.beta.diag)
					}
					run(b, e)
					replicates := 2000
					r, err := theorem.LinearCERatio(c, 0.5, 1)
					if err != nil {
						b.Fatal(err)
					}
					got := draw(b, sampler(b, e), "reduction", replicates, r)
					variance := got.gapSE * got.gapSE * float64(replicates) / (got.off * got.off)
					b.ReportMetric(variance, "relvar")
				})
			}
		}
	}
}

func BenchmarkHiddenMSEWW(b *testing.B) {
	for _, m := range []int{3, 8, 64} {
		b.Run(fmt.Sprintf("m=%d", m), func(b *testing.B) {
			run(b, estimator(b, hidden(network.WW, 1000, m, 1e6, 2e6), TwoPoint))
		})
	}
}

// ExampleNew estimates one ratio at d = 10^9, where drawing the data would take
// ten exabytes.
func ExampleNew() {
	e, err := New(Setting{
		Model: network.Linear, Loss: network.CE, Block: network.VV,
		Classes: 100, Gamma: 0.5, Dim: 1e9, Init: network.LeCun,
	}, TwoPoint)
	if err != nil {
		fmt.Println(err)
		return
	}
	sampler, err := e.Sampler()
	if err != nil {
		fmt.Println(err)
		return
	}
	stream := replicate.NewStream(1, e.Key(), 0)
	var off, diag float64
	for range 20_000 {
		o, d, err := sampler.Sample(stream)
		if err != nil {
			fmt.Println(err)
			return
		}
		off, diag = off+o, diag+d
	}
	exact, _ := theorem.LinearCERatio(100, 0.5, 1)
	fmt.Printf("%.2g, exact limit %.2g\n", off/diag, exact)
	// Output: 0.00018, exact limit 0.00018
}
