package verdict

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// sampleOf returns the moments of n draws.
func sampleOf(t testing.TB, s *stream, n int, f SamplerFunc) Moments {
	t.Helper()
	num, den := make([]float64, n), make([]float64, n)
	for i := range num {
		num[i], den[i], _ = f(s)
	}
	m, err := momentsOf(num, den)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The bounds are where Fieller's inequality turns: found by bisection from the
// ratio outwards on brute-force variances.
func TestFiellerSolvesItsInequality(t *testing.T) {
	s := replicate.NewStream(1, "fieller", 0)
	for range 300 {
		n := 20 + int(s.Uint64()%100)
		scale := math.Pow(10, 20*(s.Float64()-0.5))
		slope := s.Normal()
		num, den := make([]float64, n), make([]float64, n)
		for i := range num {
			den[i] = 1 + s.Normal()
			num[i] = scale * (slope*den[i] + 0.3*s.Normal() + 1)
		}
		m, err := momentsOf(num, den)
		if err != nil {
			t.Fatal(err)
		}
		inside := func(r, z float64) bool {
			var sum, square float64
			for i := range num {
				sum += (num[i] - r*den[i]) / scale
			}
			mean := sum / float64(n)
			for i := range num {
				d := (num[i]-r*den[i])/scale - mean
				square += d * d
			}
			return mean*mean <= z*z*square/float64(n-1)/float64(n)
		}
		for _, miss := range []float64{0.1, 0.01, 1e-5} {
			z := studentUpperQuantile(float64(n-1), miss)
			b := m.Bounds(miss, Asymptotic, Everything)
			if significant := m.Den*m.Den > z*z*m.Central.at(0, 2)/float64(n-1); !significant {
				if b != Everything {
					t.Errorf("denominator not significant, yet bounds are %v", b)
				}
				continue
			}
			r := m.Ratio()
			for _, end := range []float64{b.Lo, b.Hi} {
				if width := end - r; !inside(r+width*(1-1e-8), z) || inside(r+width*(1+1e-8), z) {
					t.Errorf("miss %v: end %v of %v does not solve the inequality", miss, end, b)
				}
			}
		}
	}
}

// Intervals by their printed formulas, at sizes at which n and n-1 differ (guards
// against log 1/delta for log 2/delta in Bernstein's, which is then 5 % short, and n
// degrees of freedom in Student's: coverage sees neither).
func TestIntervalsByFormula(t *testing.T) {
	for _, n := range []int{8, 9, 30} {
		m := drawn(t, n, func(s *stream) (float64, float64, error) { return s.Float64(), 1, nil })
		v := m.Central.at(2, 0) * float64(n) / float64(n-1)
		for _, miss := range []float64{0.2, 0.01, 1e-5} {
			// Maurer and Pontil, theorem 4: ln(2/delta), each side on its own.
			l := math.Log(2 / miss)
			half := math.Sqrt(2*v*l/float64(n)) + 7*200*l/(3*float64(n-1))
			b := m.Bounds(miss, Bounded, Interval{-100, 100})
			near(t, "Bernstein's upper bound", b.Hi, math.Min(100, m.Num+half))
			near(t, "Bernstein's lower bound", b.Lo, math.Max(-100, m.Num-half))
			q := distuv.StudentsT{Sigma: 1, Nu: float64(n - 1)}.Quantile(1 - miss)
			k := m.Bounds(miss, NearNormal, Everything)
			if want := 2 * q * math.Sqrt(v/float64(n)); math.Abs(k.Hi-k.Lo-want) > 1e-7*want {
				t.Errorf("Student, n = %d, miss %g: %v, want width %v", n, miss, k, want)
			}
		}
	}
}

// Both ends of the ratio of independent means solve (x - r y)^2 = z^2 (vx/nx + r^2
// vy/ny) (guards against leaving a factor out of the discriminant).
func TestRatioOfMeansSolvesItsEquation(t *testing.T) {
	x, vx, nx, y, vy, ny, z := 3.0, 4.0, 11.0, 2.0, 1.5, 7.0, 2.2
	b := ratioOfMeans(x, vx, nx, y, vy, ny, z)
	for _, r := range []float64{b.Lo, b.Hi} {
		near(t, "(x - r y)^2", (x-r*y)*(x-r*y), z*z*(vx/nx+r*r*vy/ny))
	}
	if !(b.Lo < x/y && x/y < b.Hi) {
		t.Errorf("%v does not contain %v", b, x/y)
	}
}

func TestBoundsOfFew(t *testing.T) {
	one, err := momentsOf([]float64{3}, []float64{1})
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range []Assumption{Asymptotic, NearNormal, Bounded} {
		if b := one.Bounds(0.1, a, Interval{0, 5}); b != Everything {
			t.Errorf("one replicate, %s: %v", a, b)
		}
	}
	if why := one.TailGate(1, Asymptotic); why != "only 1 replicates" {
		t.Error(why)
	}
}

// misses counts how often the bounds miss the truth on either side.
func misses(t *testing.T, runs, n int, truth, miss float64, assume Assumption, scope Interval, f SamplerFunc) (low, high int) {
	t.Helper()
	s := replicate.NewStream(7, "coverage", n)
	for range runs {
		m := sampleOf(t, s, n, f)
		b := m.Bounds(miss, assume, scope)
		if b.Lo > truth {
			low++
		}
		if b.Hi < truth {
			high++
		}
	}
	return low, high
}

// Coverage at the stated miss probability, each side by itself; false alarm
// 1e-6 a count.
func TestCoverage(t *testing.T) {
	const runs = 10000
	pair := func(s *stream) (float64, float64, error) {
		x := s.Normal()
		return 2*(5+x) + float64(0.5*s.Normal()), 5 + x, nil
	}
	for _, c := range []struct {
		name   string
		n      int
		truth  float64
		assume Assumption
		f      SamplerFunc
		sharp  bool // the level is exact, not only a bound
	}{
		{"Fieller, correlated normals", 500, 2, Asymptotic, pair, true},
		{"Student, 8 normals", 8, 1, NearNormal, mean(1, normal), true},
		{"Student, 24 normals", 24, 1, NearNormal, mean(1, normal), true},
		{"Student, 24 of gamma(20)", 24, 1, NearNormal, mean(1, gamma20), false},
		{"Bernstein, coin", 50, 0.5, Bounded, mean(0.5, coin), false},
		{"Bernstein, uniform", 50, 0.5, Bounded, mean(0.5, uniform), false},
		{"Bernstein, rare event", 50, 0.01, Bounded, bernoulli(0.01), false},
	} {
		const miss = 0.05
		limit := miss
		if c.name == "Student, 24 of gamma(20)" {
			limit = 1.5 * miss // near-normal, not normal
		}
		low, high := misses(t, runs, c.n, c.truth, miss, c.assume, Interval{0, 1}, c.f)
		t.Logf("%-28s misses %.4f below, %.4f above, want %v", c.name, float64(low)/runs, float64(high)/runs, miss)
		if tooMany(low, runs, limit) || tooMany(high, runs, limit) {
			t.Errorf("%s: %d and %d misses of %d", c.name, low, high, runs)
		}
		if c.sharp && (tooFew(low, runs, 0.9*miss) || tooFew(high, runs, 0.9*miss)) {
			t.Errorf("%s: too wide: %d and %d misses of %d", c.name, low, high, runs)
		}
	}
	t.Run("wrong intervals are seen", func(t *testing.T) {
		if _, high := misses(t, runs, 50, 0.01, 0.05, Asymptotic, Everything, bernoulli(0.01)); !tooMany(high, runs, 0.05) {
			t.Errorf("central limit theorem for a rare event: %d misses", high)
		}
	})
}

// The quantile is that of a Studentised mean at the levels that are used: a look of a
// claim of a suite has some 1e-5, and the first look of a dear statistic 256
// replicates. The normal quantile, which 10000 runs at 0.05 cannot tell from it, is
// seen to miss too often (1.3 times). False alarm 1e-6 a count.
func TestBoundAtItsLevel(t *testing.T) {
	const runs, n, miss = 10_000_000, 256, 1e-4
	s := replicate.NewStream(5, "level", 0)
	m := Moments{N: n}
	student, gaussian := m.critical(miss), elementary.NormalUpperQuantile(miss)
	var above, aboveGaussian int
	for range runs {
		z := s.Normal() / math.Sqrt(s.ChiSquared(n-1)/(n-1)) // the law of mean/(sd/sqrt n)
		if z > student {
			above++
		}
		if z > gaussian {
			aboveGaussian++
		}
	}
	poisson := elementary.NormalUpperQuantile(falseAlarm) * math.Sqrt(runs*miss)
	if math.Abs(float64(above)-runs*miss) > poisson {
		t.Errorf("%d of %d misses, want %v", above, runs, runs*miss)
	}
	if float64(aboveGaussian)-runs*miss < poisson {
		t.Errorf("the normal quantile: only %d of %d misses", aboveGaussian, runs)
	}
}

func bernoulli(p float64) SamplerFunc {
	return func(s *stream) (num, den float64, err error) {
		if s.Float64() < p {
			num = 1
		}
		return num, 1, nil
	}
}

// At the sizes that matter here, far in the tail. gonum's quantile is wrong for
// many degrees of freedom and small tails, so its distribution function judges.
func TestStudentQuantile(t *testing.T) {
	for _, nu := range []float64{1, 2, 3, 7, 8, 23, 63, 255, 998, 999, 1000, 1001, 5000, 65535, 1e6} {
		d := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: nu}
		for _, miss := range []float64{0.45, 0.2, 0.05, 0.01, 1e-4, 1e-6, 1e-8, 1e-10} {
			q := studentUpperQuantile(nu, miss)
			if back := d.CDF(-q); math.Abs(back/miss-1) > 2e-9 {
				t.Errorf("nu = %v: P(T > %v) = %v, want %v", nu, q, back, miss)
			}
			if got := studentUpperQuantile(nu, 1-miss); math.Abs(got+q) > 1e-6*(1+math.Abs(q)) && miss > 1e-8 {
				t.Errorf("nu = %v: quantiles of %v and its complement: %v, %v", nu, miss, q, got)
			}
		}
	}
	// Table values (Abramowitz and Stegun, table 26.10).
	for _, c := range []struct{ nu, miss, want float64 }{
		{1, 0.025, 12.706}, {5, 0.005, 4.032}, {10, 0.0005, 4.587}, {30, 0.0005, 3.646}, {120, 0.05, 1.658},
	} {
		if got := studentUpperQuantile(c.nu, c.miss); math.Abs(got-c.want) > 5e-4 {
			t.Errorf("t(%v; %v) = %v, want %v", c.nu, c.miss, got, c.want)
		}
	}
	for _, c := range []struct{ nu, miss, want float64 }{{5, 0.5, 0}, {5, 0, math.Inf(1)}, {5, 1, math.Inf(-1)}, {0, 0.1, math.NaN()}, {5, -1, math.NaN()}} {
		if got := studentUpperQuantile(c.nu, c.miss); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("t(%v; %v) = %v, want %v", c.nu, c.miss, got, c.want)
		}
	}
}

func BenchmarkStudentQuantile(b *testing.B) {
	for b.Loop() {
		studentUpperQuantile(511, 1e-5)
	}
}

// Numerators and denominators that are proportional but for rounding have a
// ratio known to rounding; and a residual just above rounding is not lost.
func TestNearlyProportional(t *testing.T) {
	s := replicate.NewStream(9, "proportional", 0)
	missed := 0
	for _, residual := range []float64{0, 0x1p-30, 0x1p-25, 0x1p-24, 0x1p-23, 0x1p-22, 0x1p-20, 1e-5, 1e-3} {
		for range 400 {
			m := sampleOf(t, s, 512, func(s *stream) (float64, float64, error) {
				b := 1 + s.Normal()
				return b/3 + float64(residual*s.Normal()), b, nil
			})
			b := m.Bounds(1e-7, Asymptotic, Everything)
			if !b.Contains(1.0 / 3) {
				missed++
			}
			if limit := 2*(0x1p-22+3*residual)*6/math.Sqrt(512) + 1e-13; b.Hi-b.Lo > limit {
				t.Fatalf("residual %.2g: width %.3g > %.3g", residual, b.Hi-b.Lo, limit)
			}
			// The gate is open to rounding noise and to honest residuals; in
			// between the fourth moment is lost, and the gate must be closed
			// rather than random.
			open := m.TailGate(3, Asymptotic) == ""
			if want := residual < 0x1p-24 || residual > 1e-4; open != want && residual != 0x1p-23 && residual != 0x1p-24 {
				t.Fatalf("residual %.2g: gate open is %v", residual, open)
			}
		}
	}
	if missed > 0 { // probability 3600 * 2e-7
		t.Errorf("%d intervals miss", missed)
	}
	// Large offsets: the means' rounding exceeds the standard error.
	for range 200 {
		m := sampleOf(t, s, 512, func(s *stream) (float64, float64, error) {
			b := 1e10 + s.Normal()
			return b / 3, b, nil
		})
		if b := m.Bounds(1e-7, Asymptotic, Everything); !b.Contains(1.0/3) || b.Hi-b.Lo > 1e-12 {
			t.Fatalf("offset 1e10: [%.17g, %.17g]", b.Lo, b.Hi)
		}
	}
}

// The gate opens to normal data at about 200 replicates: kurtosis 3 makes the
// relative variance of the variance 2/n. To lognormals with sigma = 2 (kurtosis
// 9 million) it stays closed.
func TestTailGate(t *testing.T) {
	open := func(n, runs int, p population, z float64, a Assumption) (k int) {
		s := replicate.NewStream(11, "gate "+p.name, n)
		for range runs {
			m := sampleOf(t, s, n, mean(1, p))
			if m.TailGate(z, a) == "" {
				k++
			}
		}
		return k
	}
	heavy := population{"lognormal 2", logNormal(2)}
	for _, c := range []struct {
		n        int
		p        population
		z        float64
		a        Assumption
		min, max int // of 100
	}{
		{100, normal, 3, Asymptotic, 0, 2},
		{200, normal, 3, Asymptotic, 20, 95},
		{400, normal, 3, Asymptotic, 98, 100},
		{50, normal, 2, NearNormal, 95, 100},
		{7, normal, 2, NearNormal, 0, 0},
		{50, normal, 4, NearNormal, 10, 90},
		{100, exponential, 3, NearNormal, 0, 20},
		{4000, exponential, 3, Asymptotic, 95, 100},
		{4000, exponential, 5, Asymptotic, 0, 5}, // 2 * 125 / (6 * 63) = 0.66
		{100, heavy, 3, Asymptotic, 0, 0},
		{10000, heavy, 3, Asymptotic, 0, 0},
		{2, heavy, 3, Bounded, 100, 100},
	} {
		k := open(c.n, 100, c.p, c.z, c.a)
		t.Logf("%-12s n = %5d, z = %v, %s: open to %d of 100", c.p.name, c.n, c.z, c.a, k)
		if k < c.min || k > c.max {
			t.Errorf("%s, n = %d, z = %v, %s: open to %d of 100, want %d..%d", c.p.name, c.n, c.z, c.a, k, c.min, c.max)
		}
	}
}

// What the gate is for: claims about the mean of a skewed population, an
// estimate too low being the danger. Without the gate the interval at 0.005
// lies below the truth many times too often; with it, never more than stated.
// False alarm 1e-6 a population.
func TestTailGateStopsSkewedAlarms(t *testing.T) {
	const runs, n, miss = 4000, 512, 0.005
	for _, p := range []population{{"lognormal 1", logNormal(1)}, {"lognormal 1.5", logNormal(1.5)}, {"lognormal 2", logNormal(2)}, {"product of 4 chi-squared", func(s *stream) float64 {
		x := s.Normal() * s.Normal() * s.Normal() * s.Normal()
		return x * x
	}}} {
		s := replicate.NewStream(12, p.name, 0)
		without, with, opened := 0, 0, 0
		for range runs {
			m := sampleOf(t, s, n, mean(1, p))
			below := m.Bounds(miss, Asymptotic, Everything).Hi < 1
			open := m.TailGate(elementary.NormalUpperQuantile(miss), Asymptotic) == ""
			if below {
				without++
			}
			if open {
				opened++
			}
			if below && open {
				with++
			}
		}
		t.Logf("%-25s alarms: %4.0f times the stated rate without the gate, %.1f with it (open to %.3f)", p.name, float64(without)/runs/miss, float64(with)/runs/miss, float64(opened)/runs)
		if !tooMany(without, runs, 2*miss) {
			t.Errorf("%s: only %d alarms of %d without the gate: the test shows nothing", p.name, without, runs)
		}
		if tooMany(with, runs, miss) {
			t.Errorf("%s: %d alarms of %d with the gate", p.name, with, runs)
		}
	}
}

// A rare event that did not happen must not decide anything: every interval has
// width zero then.
func TestFrozenSampleDecidesNothing(t *testing.T) {
	for _, c := range []*Claim{
		{ID: "true", Kind: Limit, Target: 1e-3, Good: 0.1, Bad: 0.5},
		{ID: "bad", Kind: Bound, Target: 1e-4, Bad: 1},
	} {
		c.Looks = 2
		c.Cells = []Cell{newCell("rare", 1, 256, bernoulli(1e-3))}
		if o := runMany(t, 200, func() *Claim { return c }); o.notGood+o.notBad > 0 {
			t.Errorf("%s: %v", c.ID, o)
		}
	}
	constant := newCell("constant", 1, 64, func(*stream) (float64, float64, error) { return 0.1, 1, nil })
	c := &Claim{ID: "constant", Kind: Limit, Target: 0.1, Bad: 0.01, Looks: 2, Cells: []Cell{constant}}
	if v := run(t, c, Options{}); v.Status != Inconclusive || !strings.Contains(v.Reason, "same numerator") {
		t.Errorf("constant: %s: %s", v.Status, v.Reason)
	}
	c.Cells[0].Assume = NearNormal
	if v := run(t, c, Options{}); v.Status != Pass {
		t.Errorf("constant declared near-normal: %s: %s", v.Status, v.Reason)
	}
}

// Nor does a sample decide anything of which only rounding is left in proportion
// to the denominators, or on one side of an identity, whatever the kind: n
// replicates do not see an event of probability 1/n. All claims here are BAD (or
// stuck), and passed in up to three quarters of the runs while equal numerators
// alone were refused.
func TestProportionalSamplesDecideNothing(t *testing.T) {
	rarely := func(s *stream) float64 { // mean 1.1
		if s.Float64() < 1e-3 {
			return 101
		}
		return 1
	}
	proportional := func(s *stream) (float64, float64, error) {
		b := s.Gamma(20)
		return rarely(s) * b, b, nil
	}
	rounded := func(s *stream) (float64, float64, error) { return rarely(s) * (1 + 1e-15*s.Normal()), 1, nil }
	single := func(s *stream) (float64, float64, error) { return rarely(s), 1, nil }
	constant := func(v float64) SamplerFunc { return func(*stream) (float64, float64, error) { return v, 1, nil } }
	swapped := func(f SamplerFunc) SamplerFunc {
		return func(s *stream) (float64, float64, error) { a, b, err := f(s); return b, a, err }
	}
	noisy := mean(1, gamma20)
	over := func(den float64, f SamplerFunc) SamplerFunc {
		return func(s *stream) (float64, float64, error) { a, _, err := f(s); return a, den, err }
	}
	cells := func(f ...SamplerFunc) (all []Cell) {
		for i, f := range f {
			all = append(all, newCell(string(rune('a'+i)), math.Exp2(float64(i)), 256, f))
		}
		return all
	}
	for _, c := range []*Claim{
		{ID: "limit", Kind: Limit, Target: 1, Good: 0.01, Bad: 0.05, Cells: cells(proportional)},
		{ID: "limit, rounded", Kind: Limit, Target: 1, Good: 0.01, Bad: 0.05, Cells: cells(rounded)},
		{ID: "bound", Kind: Bound, Target: 1, Bad: 0.05, Cells: cells(noisy, proportional)},
		{ID: "identity, against a constant", Kind: Identity, Good: 0.01, Bad: 0.05, Cells: cells(single, constant(1))},
		{ID: "identity, against noise", Kind: Identity, Good: 0.01, Bad: 0.05, Cells: cells(single, noisy)},
		{ID: "identity, denominators", Kind: Identity, Good: 0.01, Bad: 0.05, Cells: cells(swapped(single), constant(1))},
		{ID: "identity, beside noise", Kind: Identity, Good: 0.1, Bad: 0.2, Cells: cells(over(2, noisy), over(1, noisy))},
		{ID: "identity, stuck", Kind: Identity, Good: 0.01, Bad: 0.05, Cells: cells(constant(1), constant(1))},
		{ID: "rate", Kind: Rate, Good: 0, Bad: 0.03, Cells: cells(constant(1), constant(1), proportional, proportional)},
		{ID: "rate, at least", Kind: Rate, AtLeast: true, Good: 0, Bad: 0.03, Cells: cells(proportional, proportional, noisy, noisy)},
		{ID: "exponent", Kind: Exponent, Good: 0.05, Bad: 0.1, Cells: cells(noisy, noisy, noisy, proportional)},
	} {
		c.Looks = 1
		if o := runMany(t, 200, func() *Claim { return c }); o.pass+o.fail+o.gap > 0 && c.Kind != Bound || o.pass > 0 {
			t.Errorf("%s: %v", c.ID, o)
		}
	}
	// The same, declared and without the event, passes.
	for _, c := range []*Claim{
		{ID: "limit", Kind: Limit, Target: 1, Good: 0.01, Bad: 0.05, Cells: cells(func(s *stream) (float64, float64, error) { b := s.Gamma(20); return b, b, nil })},
		{ID: "identity", Kind: Identity, Good: 0.1, Bad: 0.2, Cells: cells(constant(1), noisy)},
	} {
		c.Cells[0].Assume = NearNormal
		if v := run(t, c, Options{Seed: 1}); v.Status != Pass {
			t.Errorf("%s, declared: %s: %s", c.ID, v.Status, v.Reason)
		}
	}
}

// What the skewness gate lets through at its threshold, as its documentation
// says: exponential samples (skewness 2) of the size at which |skewness| z^3 /
// (6 sqrt n) = 0.5 at z = 2.5 have the mean's lower tail 3.05 times too heavy.
// The window is 5 binomial deviations on either side; normal samples of that
// size, which the term does not concern, are far below it.
func TestTailGateAtItsThreshold(t *testing.T) {
	const z = 2.5
	const n = 108 // (2 z^3 / (6 maxSkewEffect))^2
	excess := func(runs int, draw func(*stream) float64) float64 {
		s := replicate.NewStream(1, "threshold", 0)
		low := 0
		for range runs {
			var sum, square float64
			for range n {
				x := draw(s)
				sum += x
				square += x * x
			}
			mean := sum / n
			if mean < -z*math.Sqrt((square/n-mean*mean)/(n-1)) {
				low++
			}
		}
		return float64(low) / float64(runs) / (math.Erfc(z/math.Sqrt2) / 2)
	}
	if got := excess(100000, func(s *stream) float64 { return -math.Log(1-s.Float64()) - 1 }); !(got > 2.7 && got < 3.4) {
		t.Errorf("exponential samples at the gate's threshold: the tail is %.3g times its share, want 3.05 within 0.35", got)
	}
	if got := excess(50000, (*stream).Normal); !(got < 2) {
		t.Errorf("normal samples: the tail is %.3g times its share, want less than 2", got)
	}
}
