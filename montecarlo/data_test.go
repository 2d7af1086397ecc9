package montecarlo

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
	"pastur/internal/elementary"
	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
)

func law1(t testing.TB, text string) Data {
	t.Helper()
	d, err := ParseData(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func withData(s Setting, d Data) Setting {
	s.Data = d
	return s
}

var allLaws = []string{"rademacher", "uniform", "student:10", "student:4.5", "ar1:0.5", "ar1:-0.9", "spiked:1:6", "spiked:3:0", "power:0.3", "power:1"}

// fourRows is a data set as unlike Gaussian data as four rows can be: of unequal
// lengths, two of them nearly parallel.
func fourRows(t testing.TB) Data {
	t.Helper()
	d, err := MatrixData(mat.NewDense(4, 3, []float64{1, 2, 0, 1.1, 1.9, 0.1, -2, 0.5, 1, 0, 0, -0.4}))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// By definition, by Gram matrices and from a few points: the same expectations,
// whatever the law and the block, on a given data set too.
func TestTwoPointEqualsGramOnOtherData(t *testing.T) {
	var cases []Setting
	for _, text := range allLaws {
		if text == "student:4.5" {
			continue // |x|^4 has no variance
		}
		cases = append(cases, withData(linear(4, 5, 4), law1(t, text)), withData(hidden(network.WW, 3, 4, 4, 5), law1(t, text)))
	}
	for _, s := range []Setting{
		with(hidden(network.VV, 3, 4, 6, 9), ce), with(hidden(network.WW, 3, 6, 4, 2), ce),
		hidden(network.VV, 3, 4, 6, 9), with(linear(3, 5, 4), func(s *Setting) { s.Loss = network.MSE }),
	} {
		cases = append(cases, withData(s, law1(t, "rademacher")), withData(s, law1(t, "ar1:0.5")))
	}
	given := fourRows(t)
	for _, s := range []Setting{
		linear(3, 0, 0), hidden(network.WW, 3, 4, 0, 0), hidden(network.VV, 3, 4, 0, 0),
		with(hidden(network.VV, 3, 4, 0, 0), ce), with(hidden(network.WW, 3, 6, 0, 0), ce),
	} {
		cases = append(cases, withData(s, given))
	}
	z := elementary.NormalUpperQuantile(falseAlarm / 2 / 2 / float64(len(cases)))
	for _, s := range cases {
		e := estimator(t, s, TwoPoint)
		const n = 10_000
		two := draw(t, sampler(t, e), s.String()+" twopoint", n, 0)
		gram := draw(t, sampler(t, estimator(t, s, Gram)), s.String()+" gram", n/2, 0)
		compare := func(name string, x, sx, y, sy float64) {
			se := math.Hypot(sx, sy)
			if math.Abs(x-y) > z*se+1e-12*y {
				t.Errorf("%v: %s: twopoint %.6g(%.2g), gram %.6g(%.2g): %.1f standard errors", e.Setting, name, x, sx, y, sy, (x-y)/se)
			}
			if se > 0.15*math.Abs(y) {
				t.Errorf("%v: %s: standard error %.2g of %.3g is too large to see anything", e.Setting, name, se, y)
			}
		}
		compare("off", two.off, two.offSE, gram.off, gram.offSE)
		compare("diag", two.diag, two.diagSE, gram.diag, gram.diagSE)
	}
}

func TestDefinitionEqualsGramOnOtherData(t *testing.T) {
	datas := []Data{fourRows(t)}
	for _, text := range allLaws {
		datas = append(datas, law1(t, text))
	}
	for _, d := range datas {
		s := withData(hidden(network.VV, 3, 4, 6, 9), d)
		if d.Given() {
			s.Dim, s.Samples = 0, 0
		}
		definition, gram := sampler(t, estimator(t, s, Definition)), sampler(t, estimator(t, s, Gram))
		for chunk := range 3 {
			o1, d1, err1 := definition.Sample(replicate.NewStream(1, s.String(), chunk))
			o2, d2, err2 := gram.Sample(replicate.NewStream(1, s.String(), chunk))
			if err1 != nil || err2 != nil || math.Abs(o1-o2) > 1e-11*o1 || math.Abs(d1-d2) > 1e-11*d1 {
				t.Errorf("%v, draw %d: definition (%v, %v), gram (%v, %v): %v %v", s, chunk, o1, d1, o2, d2, err1, err2)
			}
		}
	}
}

// The expectation given four rows, by brute force over all pairs; picking pairs
// with replacement, as one would from a law, is wrong by more than half.
func TestPairsWithoutReplacement(t *testing.T) {
	s := estimator(t, withData(linear(3, 0, 0), fourRows(t)), TwoPoint).Setting
	x, err := s.Data.set.rows.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	const weights, c = 40_000, 3
	stream := replicate.NewStream(7, "brute force", 0)
	var right, rightSquare, wrong float64
	v := make([]float64, c*3)
	var p [4][c]float64
	for range weights {
		stream.Normals(v)
		for n := range p {
			total := 0.0
			for i := range p[n] {
				p[n][i] = math.Exp(dot(x.RawRowView(n), v[3*i:3*i+3]) / math.Sqrt(3))
				total += p[n][i]
			}
			for i := range p[n] {
				p[n][i] /= total
			}
		}
		var sum, self float64 // of (H_01)^2 terms over n, m and over n = m
		for n := range p {
			for m := range p {
				g := dot(x.RawRowView(n), x.RawRowView(m))
				term := p[n][0] * p[n][1] * p[m][0] * p[m][1] * g * g
				sum += term
				if n == m {
					self += term
				}
			}
		}
		norm := sum / 16 // |H_01|^2 itself
		right += norm
		rightSquare += norm * norm
		wrong += self/4/4 + (1-1.0/4)*sum/16
	}
	mean := right / weights
	se := math.Sqrt((rightSquare/weights - mean*mean) / weights)
	two := draw(t, sampler(t, estimator(t, s, TwoPoint)), "given", 40_000, 0)
	if z := (two.off - mean) / math.Hypot(se, two.offSE); math.Abs(z) > 5 {
		t.Errorf("twopoint %.5g(%.2g), brute force %.5g(%.2g): %.1f standard errors", two.off, two.offSE, mean, se, z)
	}
	if wrong/weights < 1.2*mean {
		t.Errorf("pairs with replacement give %.5g for %.5g: the test would not see them", wrong/weights, mean)
	}
	t.Logf("brute force %.5f, twopoint %.5f, with replacement %.5f", mean, two.off, wrong/weights)
}

// Coordinates have variance 1 (or their trace moments), and Gram matrices the
// moments of the rows that definition draws.
func TestTraceMoments(t *testing.T) {
	z := elementary.NormalUpperQuantile(falseAlarm / 50)
	for _, text := range append(allLaws, "gaussian", "student:30") {
		d := law1(t, text)
		for _, dim := range []float64{1, 7, 300} {
			if d.count > int(dim) || dim == 1 && text == "spiked:3:0" {
				continue
			}
			want, err := d.Traces(dim)
			if err != nil {
				t.Fatal(err)
			}
			set := withData(linear(3, dim, 5), d)
			set.Init = network.LeCun
			p := newPoints(3, &set)
			stream := replicate.NewStream(11, text, int(dim))
			const n = 6000
			var sum, square [2]float64
			for range n {
				if err := p.draw(stream); err != nil {
					t.Fatal(err)
				}
				for k, x := range [2]float64{p.gram[0], dim * p.gram[5] * p.gram[5]} {
					sum[k] += x
					square[k] += x * x
				}
				for i := range 3 {
					for j := range 3 {
						g := 0.0
						for c := range p.columns {
							g += p.factor[i*p.columns+c] * p.factor[j*p.columns+c]
						}
						if math.Abs(g-p.gram[3*i+j]) > 1e-6*math.Sqrt(p.gram[4*i]*p.gram[4*j])+1e-300 {
							t.Fatalf("%s d=%v: factor gives %v, gram is %v", text, dim, g, p.gram[3*i+j])
						}
					}
				}
			}
			for k, want := range [2]float64{want.First, want.Second} {
				mean := sum[k] / n
				se := math.Sqrt(math.Max(0, square[k]/n-mean*mean) / n)
				if math.Abs(mean-want) > z*se+1e-12 {
					t.Errorf("%s d=%v: moment %d is %.5g(%.2g), want %.5g", text, dim, k+1, mean, se, want)
				}
			}
		}
	}
}

// At large d the ratio is that of Gaussian data with the effective gamma: exactly
// the claim of theorem.TraceMoments, and nothing is left of the law itself.
func TestRatioAtLeadingOrder(t *testing.T) {
	for _, text := range []string{"rademacher", "uniform", "student:10", "ar1:0.5", "power:0.3", "spiked:3:5"} {
		const dim = 1000
		s := withData(with(linear(10, dim, 0), func(s *Setting) { s.Gamma = 0.5 }), law1(t, text))
		trace, err := s.Traces()
		if err != nil {
			t.Fatal(err)
		}
		second := trace.Second
		gamma, kappa := trace.EffectiveGamma(0.5), trace.EffectiveKappa(1)
		want, err := theorem.LinearCERatio(10, gamma, kappa)
		if err != nil {
			t.Fatal(err)
		}
		got := draw(t, sampler(t, estimator(t, s, TwoPoint)), text, 2000, want)
		if z := got.gap / got.gapSE; math.Abs(z) > 5.5 && math.Abs(got.gap) > 0.01*got.off {
			t.Errorf("%s: R = %.5g, want %.5g: %.1f standard errors", text, got.off/got.diag, want, z)
		}
		if got.gapSE > 0.01*got.off {
			t.Errorf("%s: relative standard error %.2g", text, got.gapSE/got.off)
		}
		// In the limit itself, with E|H|^2/d in units of tr Sigma^2/d.
		limit := with(s, func(s *Setting) { s.Dim = inf })
		if trace, err = limit.Traces(); err != nil {
			t.Fatal(err)
		}
		if want, err = theorem.LinearCERatio(10, trace.EffectiveGamma(0.5), 1); err != nil {
			t.Fatal(err)
		}
		at := draw(t, sampler(t, estimator(t, limit, TwoPoint)), text, 10_000, want)
		if z := at.gap / at.gapSE; math.Abs(z) > 5.5 {
			t.Errorf("%s, d = inf: R = %.5g, want %.5g: %.1f standard errors", text, at.off/at.diag, want, z)
		}
		if rise := trace.Second; math.Abs(at.diag/(got.diag/dim)*second/rise-1) > 0.04 {
			t.Errorf("%s: E|H_ii|^2/d = %.4g at d = inf, %.4g at d = %v", text, at.diag, got.diag/dim, dim)
		}
	}
}

// Data whose trace is not d scale the logits: with half of the eigenvalues 3 the
// variance kappa tr Sigma/d of a logit is 2, and the effective rank 0.8 d. At d = 1000
// the ratio is 0.3 % above its limit. Limit and interval of 4.9 standard errors.
func TestEffectiveKappa(t *testing.T) {
	s := estimator(t, withData(with(linear(10, 1000, 0), func(s *Setting) { s.Gamma = 0.5 }), law1(t, "spiked:500:3")), TwoPoint).Setting
	trace, err := s.Traces()
	if err != nil {
		t.Fatal(err)
	}
	ratio := func(gamma, kappa float64) float64 {
		r, err := theorem.LinearCERatio(10, gamma, kappa)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	want := ratio(trace.EffectiveGamma(0.5), trace.EffectiveKappa(1))
	got := draw(t, sampler(t, estimator(t, s, TwoPoint)), "effective kappa", 3000, want)
	r, limit := got.off/got.diag, 4.9*got.gapSE/got.diag+0.005*want
	if math.Abs(r-want) > limit {
		t.Errorf("R = %.5g, want %.5g ± %.2g", r, want, limit)
	}
	for name, wrong := range map[string]float64{"kappa for kappa tr Sigma/d": ratio(0.4, 1), "gamma for the effective gamma": ratio(0.5, 2)} {
		if math.Abs(r-wrong) <= limit {
			t.Errorf("planted error survives: %s gives %.5g for %.5g ± %.2g", name, wrong, r, limit)
		}
	}
}

func TestParseData(t *testing.T) {
	for _, text := range append(allLaws, "gaussian") {
		if d := law1(t, text); d.String() != text {
			t.Errorf("%q is spelt %q", text, d)
		}
	}
	for text, want := range map[string]string{
		"":             `unknown data "": want gaussian`,
		"cauchy":       `unknown data "cauchy": want gaussian, rademacher`,
		"uniform:2":    `unknown data "uniform:2"`,
		"student":      `unknown data "student"`,
		"student:4":    "student data need more than 4 degrees of freedom",
		"student:NaN":  `"NaN" is not a number`,
		"student:+Inf": "student data need more than 4 degrees of freedom",
		"ar1:1":        "rho must lie between -1 and 1, got 1",
		"ar1:x":        `"x" is not a number`,
		"spiked:0:3":   "the number of spikes must be between 1 and dim, got 0",
		"spiked:2:-1":  "the strength of a spike must be finite and at least 0, got -1",
		"spiked:1.5:2": "the number of spikes must be a whole number",
		"power:-1":     "the exponent of a power law must be finite and at least 0, got -1",
	} {
		if _, err := ParseData(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
	good := linear(10, 40, 80)
	for _, c := range []struct {
		s    Setting
		want string
	}{
		{withData(with(good, func(s *Setting) { s.Dim, s.Samples, s.Gamma = inf, 0, 1 }), law1(t, "power:0.5")), "diverges as d -> infinity"},
		{withData(with(good, func(s *Setting) { s.Dim = 1e8 }), law1(t, "uniform")), "every coordinate is drawn, so dim must be at most 1e+07"},
		{withData(with(good, func(s *Setting) { s.Dim = 2 }), law1(t, "spiked:3:2")), "the number of spikes must be between 1 and dim, got 3"},
		{withData(good, fourRows(t)), "the data set has 4 rows and 3 columns"},
	} {
		if _, err := New(c.s, TwoPoint); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: error %v, want one with %q", c.s, err, c.want)
		}
	}
}

func TestOpenData(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	d, err := OpenData(write("good.csv", "a,b,c\n1,2,0\n1.1,1.9,0.1\n-2,0.5,1\n0,0,-0.4\n"))
	if err != nil {
		t.Fatal(err)
	}
	if same := fourRows(t); d.String() != same.String() {
		t.Errorf("%s and %s are the same numbers", d, same)
	}
	// One of the arrays of a .npz file.
	rows, err := d.set.rows.Matrix()
	if err != nil {
		t.Fatal(err)
	}
	var archive bytes.Buffer
	if err := dataset.WriteArrays(&archive, []dataset.Array{{Name: "a", X: rows}, {Name: "b", X: mat.NewDense(1, 2, nil)}}); err != nil {
		t.Fatal(err)
	}
	npz := write("two.npz", archive.String())
	if named, err := OpenData(npz + "#a"); err != nil || named.String() != d.String() {
		t.Errorf("two.npz#a: %v, %v, want %v", named, err, d)
	}
	for path, want := range map[string]string{
		npz: "two.npz: holds 2 arrays, a, b: name one as FILE.npz#a", npz + "#c": `two.npz#c: holds no array "c": it has a, b`,
		npz + "#b": "two.npz#b: pairs of points need at least 2 rows, got 1 x 2",
	} {
		if _, err := OpenData(path); err == nil || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
	got, err := d.Traces(0)
	if err != nil {
		t.Fatal(err)
	}
	// |x|^2 = 5, 4.83, 5.25, 0.16; the six inner products by hand.
	first := (5 + 4.83 + 5.25 + 0.16) / 4 / 3
	second := 2 * (4.9*4.9 + 1 + 0 + 1.15*1.15 + 0.04*0.04 + 0.4*0.4) / 12 / 3
	if math.Abs(got.First-first) > 1e-12 || math.Abs(got.Second-second) > 1e-12 {
		t.Errorf("traces %+v, want %v and %v", got, first, second)
	}
	for name, c := range map[string][2]string{
		"one row": {"1,2,3\n", "pairs of points need at least 2 rows, got 1 x 3"},
		"nan":     {"1,2\n3,nan\n", "row 2, column 2 is NaN"},
	} {
		path := write(strings.ReplaceAll(name, " ", "")+".csv", c[0])
		if _, err := OpenData(path); err == nil || !strings.Contains(err.Error(), c[1]) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error %v, want one with %q", name, err, c[1])
		}
	}
	zero, err := OpenData(write("zero.csv", "0,0\n0,0\n"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := zero.Traces(0); err == nil || !strings.Contains(err.Error(), "all entries of the data set are 0") {
		t.Errorf("all zero: %v", err)
	}
}

// By hand: all rows while N d min(N, d) is at most 4e9, then sqrt(4e9/d), and never
// fewer than the two of a pair.
func TestTraceRows(t *testing.T) {
	for _, c := range []struct{ n, d, want int }{
		{4, 3, 4}, {1000, 4000, 1000}, {1001, 4000, 1000}, {2000, 1000, 2000}, {4000, 1000, 4000}, {4001, 1000, 2000},
		{50_000, 3072, 1141}, {10, 1 << 30, 2}, {2, 1 << 30, 2}, {1 << 30, 1, 1 << 30}, {40, 50_000_000, 8},
	} {
		if got := traceRows(c.n, c.d); got != c.want {
			t.Errorf("%d rows in dimension %d: %d are used, want %d", c.n, c.d, got, c.want)
		}
	}
	if n := law1(t, "uniform").TraceRows() + fourRows(t).TraceRows(); n != 4 {
		t.Errorf("a law and four rows use %d", n)
	}
}

// A coordinate of Student data is z/sqrt(chi^2_nu/(nu-2)), draw for draw: of variance 1,
// as E 1/chi^2_nu = 1/(nu-2). Heavy tails hide an error of 0.3 % from 10^7 draws.
func TestStudentLaw(t *testing.T) {
	const freedom = 10
	x := make([]float64, 1000)
	studentLaw{freedom}.fill(replicate.NewStream(4, "student", 0), x, 0, 0)
	twin := replicate.NewStream(4, "student", 0)
	for k, v := range x {
		z := twin.Normal()
		chi2 := twin.ChiSquared(freedom)
		if got := v * v / (z * z) * chi2; math.Abs(got/(freedom-2)-1) > 1e-13 || v*z < 0 {
			t.Fatalf("coordinate %d is %v: squared over z^2/chi^2 it is %v, want %v", k, v, got, freedom-2)
		}
	}
}

// The bits of replicates of other data are the same in every build.
func TestDataBits(t *testing.T) {
	want := map[string]string{
		"set:f83b4ac3caaa": "997b68b25723d479",
		"rademacher":       "6d7fbc4f3c7c485b",
		"uniform":          "04fc5df787cadd22",
		"student:10":       "9ef0e220e544e74a",
		"student:4.5":      "c6c9bf364236ed13",
		"ar1:0.5":          "a4ebbc06873e598b",
		"ar1:-0.9":         "c17964ebb3046e11",
		"spiked:1:6":       "9b3e5755fd0c2599",
		"spiked:3:0":       "0a29a7fad6576146",
		"power:0.3":        "ee47ea88d755d3c2",
		"power:1":          "08bb092a0fa58be2",
	}
	datas := []Data{fourRows(t)}
	for _, text := range allLaws {
		datas = append(datas, law1(t, text))
	}
	for _, d := range datas {
		s := withData(linear(7, 300, 500), d)
		if d.Given() {
			s.Dim, s.Samples = 0, 0
		}
		e := estimator(t, s, TwoPoint)
		draws := sampler(t, e)
		checkBits(t, d.String(), want[d.String()], draws, 50)
		stream := replicate.NewStream(9, "alloc", 0)
		if n := testing.AllocsPerRun(20, func() { draws.Sample(stream) }); n != 0 {
			t.Errorf("%s: %v allocations a replicate", d, n)
		}
	}
}
