package replicate

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"testing"

	"pastur/internal/elementary"
)

// falseAlarm is the chance that one statistical test of this package fails
// though the code is right. The seeds are fixed, so a test that passes once
// passes always; the level says how surprising a failure would have been.
const falseAlarm = 1e-7

// normalChecks tests a supposed standard normal sample against the exact law:
// the count of every bin (cut at quantiles in the bulk, at points in the tails)
// within its binomial limits, and the moments to order 8 within their exact
// standard errors. The level falseAlarm is shared by all of them.
func normalChecks(n int, draw func() float64) error {
	var cuts []float64
	for i := 1; i < 128; i++ {
		cuts = append(cuts, elementary.NormalQuantile(float64(i)/128))
	}
	for _, tail := range []float64{3, 3.5, zigguratR, 3.8, 4, 4.5, 5} {
		cuts = append(cuts, -tail, tail)
	}
	slices.Sort(cuts)
	counts := make([]int, len(cuts)+1)
	var moments [9]float64
	for range n {
		x := draw()
		bin, _ := slices.BinarySearch(cuts, x)
		counts[bin]++
		power := 1.0
		for k := 1; k <= 8; k++ {
			power *= x
			moments[k] += power
		}
	}
	tests := float64(len(counts) + 8)
	z := elementary.NormalUpperQuantile(falseAlarm / tests / 2)
	lower := 0.0
	for bin, count := range counts {
		upper := 1.0
		if bin < len(cuts) {
			upper = elementary.NormalCDF(cuts[bin])
		}
		p := upper - lower
		if bin >= len(counts)/2 && bin > 0 { // by symmetry, without cancellation
			right := 0.0
			if bin < len(cuts) {
				right = elementary.NormalCDF(-cuts[bin])
			}
			p = elementary.NormalCDF(-cuts[bin-1]) - right
		}
		lower = upper
		mean := float64(n) * p
		// Bernstein's inequality: valid for rare bins too.
		limit := z*math.Sqrt(mean) + z*z/3
		if math.Abs(float64(count)-mean) > limit {
			return fmt.Errorf("bin %d below %.4g: %d draws, want %.1f ± %.1f", bin, upper, count, mean, limit)
		}
	}
	// E x^k = (k-1)!! for even k; Var x^k = E x^2k - (E x^k)^2.
	doubleFactorial := func(k int) float64 {
		f := 1.0
		for ; k > 1; k -= 2 {
			f *= float64(k)
		}
		return f
	}
	for k := 1; k <= 8; k++ {
		want := 0.0
		if k%2 == 0 {
			want = doubleFactorial(k - 1)
		}
		se := math.Sqrt((doubleFactorial(2*k-1) - want*want) / float64(n))
		// Powers of a normal are skewed: allow the first Edgeworth term.
		limit := z*se + z*z*z*se*0.2*float64(k)/math.Sqrt(float64(n))*math.Pow(2, float64(k))
		if got := moments[k] / float64(n); math.Abs(got-want) > limit {
			return fmt.Errorf("moment %d is %.6g, want %.6g ± %.2g", k, got, want, limit)
		}
	}
	return nil
}

func TestNormal(t *testing.T) {
	const n = 8_000_000
	s := NewStream(1, "normal", 0)
	if err := normalChecks(n, s.Normal); err != nil {
		t.Error(err)
	}
	t.Run("planted errors are seen", func(t *testing.T) {
		plants := map[string]func(float64) float64{
			"sd off by 0.3 %":          func(x float64) float64 { return 1.003 * x },
			"mean off by 0.005":        func(x float64) float64 { return x + 0.005 },
			"tail cut at 4":            func(x float64) float64 { return max(-4, min(4, x)) },
			"no tail beyond ziggurat":  func(x float64) float64 { return math.Mod(x, zigguratR) },
			"one wedge bin in a dozen": func(x float64) float64 { return math.Round(x*12) / 12 },
		}
		for name, plant := range plants {
			s := NewStream(2, "normal", 0)
			if normalChecks(n*3/8, func() float64 { return plant(s.Normal()) }) == nil {
				t.Errorf("%s: not seen", name)
			}
		}
	})
}

// A normal with 2^39 outcomes repeats itself about 16 times in 2^22 draws; one
// with 53-bit mantissas has an expected 0.002 repeats.
func TestNormalDoesNotRepeat(t *testing.T) {
	repeats := func(n int, draw func() float64) int {
		x := make([]float64, n)
		for i := range x {
			x[i] = draw()
		}
		slices.Sort(x)
		return len(x) - len(slices.Compact(x))
	}
	s := NewStream(3, "repeats", 0)
	if n := repeats(1<<22, s.Normal); n > 0 {
		t.Errorf("%d of 2^22 normals repeat", n)
	}
	if repeats(1<<16, func() float64 { return float64(float32(s.Normal())) }) == 0 {
		t.Error("float32 normals pass: the test sees nothing")
	}
}

func TestChiSquared(t *testing.T) {
	for _, k := range []float64{1, 2, 3, 4, 7, 40, 1e4, 1e12} {
		const n = 1_000_000
		s := NewStream(4, fmt.Sprint("chi-squared ", k), 0)
		var m1, m2, m3 float64
		for range n {
			x := (s.ChiSquared(k) - k) / math.Sqrt(2*k)
			m1 += x
			m2 += x * x
			m3 += x * x * x
		}
		// Standardised: mean 0, variance 1, skewness sqrt(8/k), kurtosis
		// excess 12/k; the higher cumulants are below those of k = 1, for
		// which the standard errors of the three means are 1, 3.8 and 42.
		z := elementary.NormalUpperQuantile(falseAlarm/6) / math.Sqrt(n)
		skew := math.Sqrt(8 / k)
		check := func(name string, got, want, sd float64) {
			if math.Abs(got/n-want) > z*sd*1.1 {
				t.Errorf("k = %v: %s %.5g, want %.5g ± %.2g", k, name, got/n, want, z*sd)
			}
		}
		check("mean", m1, 0, 1)
		check("variance", m2, 1, math.Sqrt(2+12/k))
		check("third moment", m3, skew, math.Sqrt(15+9*skew*skew*6+1700/(k*k)))
	}
}

// Uniform numbers are whole multiples of 2^-53 below 1, odd ones half the time: a
// source of 52 bits has none. Those that logarithms take lie strictly between 0 and 1,
// on a grid that is symmetric about 1/2. False alarm: 1e-6 for all counts.
func TestUniform(t *testing.T) {
	const n = 100_000
	s := NewStream(8, "uniform", 0)
	z := elementary.NormalUpperQuantile(1e-6 / 2 / 5)
	fair := func(what string, count int) {
		t.Helper()
		if math.Abs(float64(count)-n/2) > z*math.Sqrt(n)/2 {
			t.Errorf("%s: %d of %d", what, count, n)
		}
	}
	var odd, high, openOdd, openHigh, plus int
	for range n {
		x := s.Float64() * 0x1p53
		if x != math.Floor(x) || x < 0 || x >= 0x1p53 {
			t.Fatalf("%v is no multiple of 2^-53 in [0, 1)", x*0x1p-53)
		}
		odd += int(uint64(x) & 1)
		high += int(uint64(x) >> 52)
		x = s.open() * 0x1p53
		if x != math.Floor(x) || uint64(x)&1 != 1 || x >= 0x1p53 {
			t.Fatalf("%v is no odd multiple of 2^-53 in (0, 1)", x*0x1p-53)
		}
		openOdd += int(uint64(x) >> 1 & 1)
		openHigh += int(uint64(x) >> 52)
		switch sign := s.Sign(); sign {
		case 1:
			plus++
		case -1:
		default:
			t.Fatalf("sign %v", sign)
		}
	}
	fair("odd multiples", odd)
	fair("upper halves", high)
	fair("odd cells of the open interval", openOdd)
	fair("upper halves of the open interval", openHigh)
	fair("signs +1", plus)
	// The ends: integers of all zeros and of all ones.
	const ulp = 0x1p-53
	zeros := func() *Stream { return &Stream{s1: 1} }
	ones := func() *Stream { return &Stream{s3: math.MaxUint64} }
	if x := zeros().Uint64(); x != 0 {
		t.Fatalf("%x", x)
	}
	if x := ones().Uint64(); x != math.MaxUint64 {
		t.Fatalf("%x", x)
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"least", zeros().Float64(), 0}, {"greatest", ones().Float64(), 1 - ulp},
		{"least open", zeros().open(), ulp}, {"greatest open", ones().open(), 1 - ulp},
		{"sign of zeros", zeros().Sign(), 1}, {"sign of ones", ones().Sign(), -1},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestStreamsDiffer(t *testing.T) {
	first := map[uint64]string{}
	add := func(seed uint64, cell string, chunk int) {
		name := fmt.Sprintf("(%d, %q, %d)", seed, cell, chunk)
		u := NewStream(seed, cell, chunk).Uint64()
		if other, ok := first[u]; ok {
			t.Errorf("%s and %s start alike", name, other)
		}
		first[u] = name
	}
	for seed := range uint64(4) {
		for _, cell := range []string{"", "a", "b", "ab", "a\x00", "\x00a"} {
			for chunk := -1; chunk < 100; chunk++ {
				add(seed, cell, chunk)
			}
		}
	}
}

// The digest pins the streams' bits: it must be the same in every build
// (GOAMD64=v1 and v3, arm64) of a Version.
func TestStreamBits(t *testing.T) {
	h := sha256.New()
	put := func(x float64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(x))
		h.Write(b[:])
	}
	s := NewStream(2025, "bits", 7)
	for range 1_000_000 {
		put(s.Normal())
	}
	for range 20_000 {
		for _, k := range []float64{1, 2, 3, 39, 1e6, 1e12} {
			put(s.ChiSquared(k))
		}
		put(s.Float64())
		put(s.Sign())
	}
	const want = "fa0345debba5b0816c95576c5696a940dffc85c33a576ba363a58ebd5dd31064"
	if got := hex.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("%s: other bits than the digest has: raise Version, and the version of the tables of package montecarlo", got)
	}
}

// The first outputs from state (1, 2, 3, 4), as the generator's authors' C code
// and its other ports print them.
func TestUint64KnownAnswers(t *testing.T) {
	s := &Stream{s0: 1, s1: 2, s2: 3, s3: 4}
	for i, want := range []uint64{41943041, 58720359, 3588806011781223, 3591011842654386, 9228616714210784205,
		9973669472204895162, 14011001112246962877, 12406186145184390807, 15849039046786891736, 10450023813501588000} {
		if got := s.Uint64(); got != want {
			t.Errorf("output %d is %d, want %d", i, got, want)
		}
	}
}

func BenchmarkUint64(b *testing.B) {
	s := NewStream(1, "bench", 0)
	for b.Loop() {
		s.Uint64()
	}
}

func BenchmarkNormal(b *testing.B) {
	s := NewStream(1, "bench", 0)
	for b.Loop() {
		s.Normal()
	}
}

func BenchmarkChiSquared(b *testing.B) {
	for _, k := range []float64{40, 1e12} {
		b.Run(fmt.Sprintf("k=%g", k), func(b *testing.B) {
			s := NewStream(1, "bench", 0)
			for b.Loop() {
				s.ChiSquared(k)
			}
		})
	}
}
