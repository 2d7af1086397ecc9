package verdict

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"

	"pastur/replicate"
)

// brute computes the moments with 400 bits.
func brute(num, den []float64) Moments {
	exact := func(x float64) *big.Float { return new(big.Float).SetPrec(400).SetFloat64(x) }
	mean := func(x []float64) *big.Float {
		sum := exact(0)
		for _, v := range x {
			sum.Add(sum, exact(v))
		}
		return sum.Quo(sum, exact(float64(len(x))))
	}
	ma, mb := mean(num), mean(den)
	m := Moments{N: int64(len(num)), NumRange: [2]float64{num[0], num[0]}}
	m.Num, _ = ma.Float64()
	m.Den, _ = mb.Float64()
	for p := range order + 1 {
		for q := range order + 1 - p {
			if p+q < 2 {
				continue
			}
			sum := exact(0)
			for i := range num {
				term := exact(1)
				for range p {
					term.Mul(term, new(big.Float).Sub(exact(num[i]), ma))
				}
				for range q {
					term.Mul(term, new(big.Float).Sub(exact(den[i]), mb))
				}
				sum.Add(sum, term)
			}
			m.Central[index(p, q)], _ = sum.Quo(sum, exact(float64(len(num)))).Float64()
		}
	}
	for _, a := range num {
		m.MaxAbs = max(m.MaxAbs, math.Abs(a))
		m.NumRange[0], m.NumRange[1] = min(m.NumRange[0], a), max(m.NumRange[1], a)
	}
	return m
}

// difference returns the largest error of got in units of the statistic's own
// scale: standard deviations for means, their powers for central moments.
func difference(got, want Moments) float64 {
	if got.N != want.N || got.MaxAbs != want.MaxAbs || got.NumRange != want.NumRange {
		return math.Inf(1)
	}
	sa, sb := math.Sqrt(want.Central.at(2, 0)), math.Sqrt(want.Central.at(0, 2))
	worst := max(math.Abs(got.Num-want.Num)/sa, math.Abs(got.Den-want.Den)/sb)
	for p := range order + 1 {
		for q := range order + 1 - p {
			if p+q >= 2 {
				scale := math.Pow(sa, float64(p)) * math.Pow(sb, float64(q))
				worst = max(worst, math.Abs(got.Central.at(p, q)-want.Central.at(p, q))/scale)
			}
		}
	}
	return worst
}

// fold merges the moments of chunks of random sizes.
func fold(t *testing.T, s *stream, num, den []float64, largest int) (m Moments) {
	t.Helper()
	for len(num) > 0 {
		n := min(1+int(s.Uint64()%uint64(largest)), len(num))
		chunk, err := momentsOf(num[:n], den[:n])
		if err != nil {
			t.Fatal(err)
		}
		m.Merge(chunk)
		num, den = num[n:], den[n:]
	}
	return m
}

func pairs(s *stream, n int, scale, offset float64) (num, den []float64) {
	for range n {
		x, y := s.Gamma(1), s.Normal()
		num = append(num, scale*(offset+x))
		den = append(den, 2+x/2+y)
	}
	return num, den
}

func TestMoments(t *testing.T) {
	s := replicate.NewStream(1, "moments", 0)
	for _, c := range []struct{ scale, offset, tolerance float64 }{
		{1, 0, 1e-12}, {1e-20, 0, 1e-12}, {1e20, 0, 1e-12}, {1, 1e4, 1e-9}, {1e-20, -1e4, 1e-9},
		{1, 1e8, 1e-5}, // the data themselves carry 1e-8 standard deviations
	} {
		num, den := pairs(s, 1000, c.scale, c.offset)
		want := brute(num, den)
		for range 20 {
			for _, largest := range []int{1, 3, 100, 1000} {
				if d := difference(fold(t, s, num, den, largest), want); d > c.tolerance {
					t.Errorf("scale %v, offset %v, chunks up to %d: off by %.2g", c.scale, c.offset, largest, d)
				}
			}
		}
		t.Run("a dropped chunk is seen", func(t *testing.T) {
			if d := difference(fold(t, s, num[1:], den[1:], 100), want); d < 1e-4 {
				t.Errorf("one replicate less: %v", d)
			}
			m := fold(t, s, num[100:], den[100:], 100)
			m.N = want.N
			m.NumRange, m.MaxAbs = want.NumRange, want.MaxAbs
			if d := difference(m, want); d < 1e-4 {
				t.Errorf("dropped chunk: %v", d)
			}
		})
	}
}

func TestMergeIsReproducible(t *testing.T) {
	s := replicate.NewStream(2, "merge", 0)
	num, den := pairs(s, 600, 1, 3)
	var a, b Moments
	for i := 0; i < 600; i += 50 {
		chunk, err := momentsOf(num[i:i+50], den[i:i+50])
		if err != nil {
			t.Fatal(err)
		}
		a.Merge(chunk)
		// By way of JSON, as from a state folder.
		text, err := json.Marshal(chunk)
		if err != nil {
			t.Fatal(err)
		}
		var back Moments
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if back != chunk {
			t.Fatalf("JSON changes %+v to %+v", chunk, back)
		}
		b.Merge(back)
		b.Merge(Moments{}) // nothing
	}
	if a != b {
		t.Errorf("the same merges differ: %+v and %+v", a, b)
	}
}

// A long fold of constants does not drift, and proportional pairs remain
// recognised as such.
func TestLongFold(t *testing.T) {
	constant, err := momentsOf([]float64{0.1, 0.1, 0.1, 0.1, 0.1}, []float64{0.3, 0.3, 0.3, 0.3, 0.3})
	if err != nil {
		t.Fatal(err)
	}
	if constant.Num != 0.1 || constant.Den != 0.3 || constant.Central != (central{}) {
		t.Errorf("moments of constants: %+v", constant)
	}
	s := replicate.NewStream(3, "long", 0)
	var m Moments
	num, den := make([]float64, 4), make([]float64, 4)
	for range 200_000 {
		for i := range num {
			den[i] = 2 + s.Normal()
			num[i] = den[i] / 3
		}
		chunk, err := momentsOf(num, den)
		if err != nil {
			t.Fatal(err)
		}
		m.Merge(chunk)
	}
	if _, noise := m.residualVariance(m.Ratio()); !noise {
		t.Errorf("proportional pairs have a residual variance of %.3g", m.Central.at(0, 2))
	}
	if b := m.Bounds(1e-6, Asymptotic, Everything); !b.Contains(1.0/3) || b.Hi-b.Lo > 1e-8 {
		t.Errorf("ratio 1/3 in [%.17g, %.17g]", b.Lo, b.Hi)
	}
	if why := m.TailGate(5, Asymptotic); why != "" {
		t.Error(why)
	}
}

func TestNonFinite(t *testing.T) {
	good := []float64{1, 2, 3}
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		x := []float64{1, 2, bad}
		if _, err := momentsOf(x, good); err == nil || !strings.HasPrefix(err.Error(), "replicate 2: numerator is ") {
			t.Errorf("numerator %v: %v", bad, err)
		}
		if _, err := momentsOf(good, x); err == nil || !strings.HasPrefix(err.Error(), "replicate 2: denominator is ") {
			t.Errorf("denominator %v: %v", bad, err)
		}
	}
	if _, err := momentsOf([]float64{1e200, -1e200}, []float64{1, 1}); err == nil || !strings.Contains(err.Error(), "rescale") {
		t.Errorf("overflow: %v", err)
	}
}

// Folding costs nothing beside sampling.
func BenchmarkFold(b *testing.B) {
	s := replicate.NewStream(1, "bench", 0)
	num, den := pairs(s, DefaultChunk, 1, 0)
	var m Moments
	b.ReportAllocs()
	for b.Loop() {
		chunk, err := momentsOf(num, den)
		if err != nil {
			b.Fatal(err)
		}
		m.Merge(chunk)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/DefaultChunk, "ns/replicate")
}
