package verdict

import (
	"errors"
	"math"
	"strings"
	"testing"
)

// scripted draws the values in turn: the first n0 replicates are those of the first
// look, whatever the stream. For one worker and one cell.
func scripted(num, den func(i int) float64) Cell {
	i := -1
	return newCell("scripted", 1, 256, func(*stream) (float64, float64, error) {
		i++
		return num(i), den(i), nil
	})
}

// wave has mean 0 and variance 1/2 over every 8 replicates, and light tails.
func wave(i int) float64 { return math.Sin(2 * math.Pi * float64(i) / 8) }

// A component that fails decides the claim though others are open: more replicates of
// those would change nothing.
func TestOneFailureDecides(t *testing.T) {
	c := &Claim{ID: "bound", Kind: Bound, Target: 1, Bad: 0.1, Looks: 4, Cells: []Cell{
		newCell("far in BAD", 1, 256, mean(2, normal)), newCell("open", 2, 256, mean(1.05, normal)),
	}}
	if v := run(t, c, Options{Seed: 2}); v.Status != Fail || v.Looks != 1 || v.Component != "far in BAD" {
		t.Errorf("%v, history %+v", v, v.History)
	}
	c.Cells = c.Cells[1:]
	if v := run(t, c, Options{Seed: 2}); v.Looks == 1 {
		t.Errorf("%v: not open at the first look", v)
	}
}

// A component that has passed has passed: it keeps its verdict though the sample of a
// later look, drawn for another component's sake, would not give it again.
func TestDecidedComponentsStayDecided(t *testing.T) {
	claim := func() *Claim {
		// Numerators agree over the first 256 replicates and are far off from then on;
		// denominators are too noisy for two looks.
		a := scripted(func(i int) float64 {
			if i >= 256 {
				return 1.3 + 0.01*wave(i)
			}
			return 1 + 0.01*wave(i)
		}, func(i int) float64 { return 1 + 0.8*wave(i) })
		b := scripted(func(i int) float64 { return 1 + 0.01*wave(i) }, func(i int) float64 { return 1 + 0.8*wave(i) })
		b.Key = "other"
		return &Claim{ID: "identity", Kind: Identity, Good: 0.04, Bad: 0.10, Looks: 4, Cells: []Cell{a, b}}
	}
	v := run(t, claim(), Options{Workers: 1})
	if v.Status != Pass || v.Looks != 3 {
		t.Errorf("%v, history %+v", v, v.History)
	}
}

// A deviation equal to the tolerance is within it.
func TestExactAtTheTolerance(t *testing.T) {
	for deviation, want := range map[float64]Status{0.25: Pass, math.Nextafter(0.25, 1): Fail} {
		c := &Claim{ID: "edge", Kind: Exact, Good: 0.25, Looks: 1, Cells: []Cell{newCell("cell", 1, 8, func(*stream) (float64, float64, error) { return deviation, 1, nil })}}
		if v := run(t, c, Options{}); v.Status != want {
			t.Errorf("deviation %v at tolerance 0.25: %s, want %s", deviation, v.Status, want)
		}
	}
}

// The interval of an identity takes the quantile of the side with fewer degrees of
// freedom, the wider one.
func TestIdentityOfFewAndMany(t *testing.T) {
	few := drawn(t, 8, mean(1, normal))
	many := drawn(t, 500, mean(1, normal))
	for _, m := range [][]Moments{{few, many}, {many, few}} {
		c := Claim{Kind: Identity, Good: 0.1, Bad: 0.2, Cells: []Cell{newCell("a", 1, 64, nil), newCell("b", 1, 64, nil)}}
		c.Cells[0].Assume, c.Cells[1].Assume = NearNormal, NearNormal
		const miss = 0.001
		unbiased := func(m *Moments) float64 { return m.Central.at(2, 0) * float64(m.N) / float64(m.N-1) }
		want := ratioOfMeans(m[0].Num, unbiased(&m[0]), float64(m[0].N), m[1].Num, unbiased(&m[1]), float64(m[1].N), studentUpperQuantile(7, miss))
		if got := c.identity(m, Everything, Everything)[0].bounds(miss); got != want {
			t.Errorf("%d and %d replicates: %v, want %v", m[0].N, m[1].N, got, want)
		}
	}
}

// An exponent is that of the distance from the limit, on either side of it.
func TestExponentFromBelow(t *testing.T) {
	for _, side := range []float64{1, -1} {
		c := &Claim{ID: "exponent", Kind: Exponent, Target: -1, Good: 0.1, Bad: 0.3, Looks: 4}
		for i, x := range []float64{4, 8, 16, 32, 64} {
			k := newCell(string(rune('a'+i)), x, 4096, func(s *stream) (float64, float64, error) {
				return 1 + side*2/x*(1+0.5*s.Normal()), 1, nil
			})
			k.Minus = 1
			c.Cells = append(c.Cells, k)
		}
		if v := run(t, c, Options{Seed: 3}); v.Status != Pass || math.Abs(v.Estimate+1) > 0.1 {
			t.Errorf("from side %v: %v", side, v)
		}
	}
}

// The thresholds of the gates, on either side of each.
func TestGatesAtTheirThresholds(t *testing.T) {
	// moments of unit variance with the given skewness and fourth moment.
	moments := func(n int64, skew, fourth float64) *Moments {
		return &Moments{N: n, Num: 5, Den: 1, Central: central{0: 1, 3: skew, 7: fourth}}
	}
	for _, c := range []struct {
		m    *Moments
		z    float64
		open bool
	}{
		// (m4 - 1)/n against 0.01.
		{moments(1000, 0, 10.99), 3, true}, {moments(1000, 0, 11.01), 3, false},
		// |skew| z^3/(6 sqrt n) = skew 27/(6 30) at n = 900 against 0.5.
		{moments(900, 3.33, 4), 3, true}, {moments(900, 3.34, 4), 3, false}, {moments(900, -3.34, 4), 3, false},
	} {
		if why := c.m.TailGate(c.z, Asymptotic); (why == "") != c.open {
			t.Errorf("n = %d, skewness %v, fourth moment %v: %q", c.m.N, c.m.Central[3], c.m.Central[7], why)
		}
	}
	// Between nearly proportional numerators and denominators moments are known to
	// about 2^-50 (16 + sqrt n) of their size only, and that counts against them.
	m := &Moments{N: 10_000, Num: 1, Den: 1, Central: central{1, 1, 1}}
	if _, noise := m.residualVariance(1); !noise {
		t.Error("a variance that is all rounding is believed")
	}
	m.Central[index(1, 1)] = 1 - 110*0x1p-50
	if _, noise := m.residualVariance(1); !noise { // 220 of the 232 2^-50 that rounding may be
		t.Error("a variance of the size of rounding is believed")
	}
	m.Central[index(1, 1)] = 1 - 400*0x1p-50
	if _, noise := m.residualVariance(1); noise {
		t.Error("a variance above rounding is not believed")
	}
	// No logarithm is taken beyond 10 % error, and no weight from fewer than 64.
	rate := &Claim{Kind: Rate, Cells: []Cell{{X: 1}, {X: 2}}}
	exponent := &Claim{Kind: Exponent, Cells: []Cell{{X: 1, Assume: NearNormal}, {X: 2, Assume: NearNormal}}}
	both := []Moments{*moments(1000, 0, 3), *moments(1000, 0, 3)}
	if rate.logGate(both, 1, 0.099, 0.01) != "" || rate.logGate(both, 1, 0.101, 0.01) == "" {
		t.Error("the largest error of a logarithm is not 0.10")
	}
	few := []Moments{*moments(64, 0, 3), *moments(63, 0, 3)}
	if why := exponent.logGate(few, 0, 0.01, 0.01); why != "" {
		t.Errorf("64 replicates: %s", why)
	}
	if why := exponent.logGate(few, 1, 0.01, 0.01); !strings.Contains(why, "too few to weigh") {
		t.Errorf("63 replicates: %q", why)
	}
}

// Rounding is part of every interval: means of numbers that do not vary are known to
// about 2^-52 of their size, not exactly.
func TestIntervalsHoldRounding(t *testing.T) {
	b := ratioOfMeans(3, 0, 100, 7, 0, 100, 3)
	if half := (b.Hi - b.Lo) / 2; !(half >= 3./7*0x1p-52) {
		t.Errorf("half-width %g of a quotient of constants", half)
	}
	m, err := momentsOf([]float64{0.1, 0.1, 0.1}, []float64{1, 1, 1})
	if err != nil {
		t.Fatal(err)
	}
	if b := m.Bounds(0.01, NearNormal, Everything); !(b.Lo < 0.1 && b.Hi > 0.1) {
		t.Errorf("a constant: %v", b)
	}
}

// A one-sided claim is forecast where its estimate lies, well inside GOOD: few
// replicates suffice there, and many would at the edge.
func TestForecastInsideGood(t *testing.T) {
	needed := func(truth float64) int64 {
		c := &Claim{ID: "law", Kind: Law, Target: 1, Bad: 1.02, Cells: []Cell{newCell("cell", 1, 1024, func(s *stream) (float64, float64, error) { return truth + 0.5*s.Normal(), 1, nil })}}
		return forecast(t, c, 1024).Needed
	}
	inside, edge := needed(0.5), needed(1)
	if !(inside*20 < edge) {
		t.Errorf("%d replicates well inside GOOD, %d at its edge", inside, edge)
	}
}

// Looks of 256 replicates in chunks of 32: the first has chunks [0, 8), the second
// [8, 16), the third [16, 32).
func TestLookByNumber(t *testing.T) {
	c := uneven()
	for look, want := range [][2]int{{0, 8}, {8, 16}, {16, 32}, {32, 64}} {
		if from, to := c.Look(0, look+1); from != want[0] || to != want[1] {
			t.Errorf("look %d: chunks [%d, %d), want %v", look+1, from, to, want)
		}
	}
}

// After a gap nothing of the look counts, not a failure either: Run might have ended
// with another.
func TestReplayStopsAtTheFirstGap(t *testing.T) {
	c := &Claim{ID: "c", Kind: Limit, Target: 1, Good: 0.01, Bad: 0.5, Cells: []Cell{newCell("cell", 1, 64, nil)}}
	c.Cells[0].Chunk = 16
	m, err := momentsOf([]float64{1, 2}, []float64{1, 1})
	if err != nil {
		t.Fatal(err)
	}
	records := map[int]Record{0: {Moments: m}, 2: {Failure: "boom"}, 3: {Moments: m}}
	v, gaps, err := c.Replay(func(_ string, chunk int) (Record, bool, error) {
		r, ok := records[chunk]
		return r, ok, nil
	})
	if err != nil || v.Status != "" || len(gaps) != 1 || len(gaps[0].Chunks) == 0 || gaps[0].Chunks[0] != 1 {
		t.Errorf("%s, %+v, %v: want the gap at chunk 1", v.Status, gaps, err)
	}
	records[1] = Record{Moments: m}
	if v, _, err := c.Replay(func(_ string, chunk int) (Record, bool, error) { r, ok := records[chunk]; return r, ok, nil }); err != nil || v.Status != Errored || !strings.Contains(v.Reason, "boom") {
		t.Errorf("without the gap: %s, %s, %v", v.Status, v.Reason, errors.Join(err))
	}
}
