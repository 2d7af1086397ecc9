package verdict

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"pastur/replicate"
)

func TestExact(t *testing.T) {
	// One deviation, in the last chunk of the last look.
	claim := func(deviation float64) *Claim {
		k := newCell("cell", 1, 64, nil)
		k.Chunk = 16
		last := replicate.NewStream(5, "exact: cell", 31).Uint64()
		k.New = func() (Sampler, error) {
			return SamplerFunc(func(s *stream) (float64, float64, error) {
				if s.Uint64() == last {
					return -deviation, 1, nil
				}
				return 1e-9, 1, nil
			}), nil
		}
		return &Claim{ID: "exact", Kind: Exact, Good: 1e-8, Looks: 4, Cells: []Cell{k}}
	}
	v := run(t, claim(1e-9), Options{Seed: 5})
	if v.Status != Pass || v.Replicates != 512 || v.Looks != 4 || v.Estimate != 1e-9 {
		t.Errorf("all within: %+v", v)
	}
	v = run(t, claim(2e-8), Options{Seed: 5})
	if v.Status != Fail || v.Estimate != 2e-8 || v.Looks != 4 || v.Replicates != 512 {
		t.Errorf("one deviation: %+v", v)
	}
	if v = run(t, claim(2e-8), Options{Seed: 6}); v.Status != Pass {
		t.Errorf("another seed: %+v", v)
	}
}

// A bound whose cells need very different numbers of replicates.
func uneven() *Claim {
	c := &Claim{ID: "uneven", Kind: Bound, Target: 1, Bad: 0.15, Power: 1, Looks: 8}
	for i, value := range []float64{0.2, 1, 0.9} {
		f := func(s *stream) (float64, float64, error) { return value * (1 + s.Normal()) / float64(1+i), 1, nil }
		k := newCell(fmt.Sprint("C=", i+1), float64(1+i), 256, f)
		k.Chunk = 32
		c.Cells = append(c.Cells, k)
	}
	return c
}

func TestOnlyWantingCellsAreDoubled(t *testing.T) {
	var sizes [][]int64
	v := run(t, uneven(), Options{Seed: 1, afterFold: func(_ int, m []Moments) {
		sizes = append(sizes, []int64{m[0].N, m[1].N, m[2].N})
	}})
	if v.Status != Pass && v.Status != Inconclusive || v.Looks < 2 {
		t.Fatalf("%+v", v)
	}
	for look, n := range sizes {
		if n[0] != 256 {
			t.Errorf("look %d: the easy cell has %d replicates", look+1, n[0])
		}
		if n[1] != 256<<look {
			t.Errorf("look %d: the hard cell has %d replicates", look+1, n[1])
		}
	}
	if v.Replicates != v.Cells[0].Replicates+v.Cells[1].Replicates+v.Cells[2].Replicates || v.Component == "" {
		t.Errorf("%+v", v)
	}
	// A rate doubles the cells with most of the variance.
	rate := &Claim{ID: "rate", Kind: Rate, Target: -1, Good: 0, Bad: 0.02, Looks: 3}
	for i, sd := range []float64{0.01, 0.01, 1} {
		x := float64(int(1) << i)
		rate.Cells = append(rate.Cells, newCell(fmt.Sprint(x), x, 1024, func(s *stream) (float64, float64, error) {
			return (1 + sd*s.Normal()) / x, 1, nil
		}))
	}
	v = run(t, rate, Options{Seed: 1})
	if n := v.Cells; n[0].Replicates != 1024 || n[1].Replicates != 1024 || n[2].Replicates != 4096 {
		t.Errorf("rate: %+v", n)
	}
}

// The interval that decided excludes what the status says it excludes, also for
// a component that was decided at an earlier look than the claim.
func TestVerdictShowsTheDecidingInterval(t *testing.T) {
	seen := map[Status]int{}
	// The components of an identity share their cells: while the
	// denominators are open, the decided numerators' sample grows.
	identity := &Claim{ID: "identity", Kind: Identity, Good: 0.01, Bad: 0.1, Looks: 3, Alpha: 0.3, Beta: 0.3}
	for i, by := range []float64{1.09, 1} {
		identity.Cells = append(identity.Cells, newCell(fmt.Sprint(i), 1, 256, func(s *stream) (float64, float64, error) {
			return by * (1 + 0.3*s.Normal()), 1 + 0.9*s.Normal(), nil
		}))
	}
	for seed := range uint64(600) {
		c := uneven()
		c.Looks, c.Cells[1].First = 3, 512
		if seed%2 == 0 {
			c = identity
		}
		v := run(t, c, Options{Seed: seed})
		seen[v.Status]++
		switch {
		case v.Status == Pass && !v.Bounds.Inside(v.Safe), v.Status == Fail && !v.Bounds.Disjoint(v.Good):
			t.Errorf("seed %d: %s by %v", seed, v.Status, v.Bounds)
		}
	}
	if seen[Pass] == 0 {
		t.Errorf("statuses %v", seen)
	}
	// In the gap.
	c := &Claim{ID: "gap", Kind: Limit, Target: 1, Good: 0.1, Bad: 0.5, Cells: []Cell{newCell("cell", 1, 4096, mean(1.3, normal))}}
	v := run(t, c, Options{})
	if v.Status != Inconclusive || !strings.HasPrefix(v.Reason, "in the gap") || v.Looks != 1 || v.Good.Contains(v.Estimate) || !v.Safe.Contains(v.Estimate) {
		t.Errorf("%+v", v)
	}
	// Out of budget.
	c.Good, c.Bad, c.Looks = 0.29, 0.31, 2
	if v = run(t, c, Options{}); v.Status != Inconclusive || !strings.HasPrefix(v.Reason, "budget") || v.Looks != 2 || v.Replicates != 8192 {
		t.Errorf("%+v", v)
	}
	if math.Abs(v.Confidence-(1-2*0.001/2)) > 1e-12 { // two ends at beta/2 looks
		t.Errorf("confidence %v", v.Confidence)
	}
	// Tail gate.
	c.Cells = []Cell{newCell("cell", 1, 256, mean(1, population{"", logNormal(2)}))}
	if v = run(t, c, Options{}); v.Status != Inconclusive || !strings.HasPrefix(v.Reason, "tail gate closed: ") || len(v.Warnings) != 1 {
		t.Errorf("%+v", v)
	}
}

// sameVerdict compares all but the claims, which hold functions.
func sameVerdict(a, b Verdict) bool {
	a.Claim, b.Claim = nil, nil
	return reflect.DeepEqual(a, b)
}

func TestVerdictDoesNotDependOnWorkersOrInterruptions(t *testing.T) {
	want := run(t, uneven(), Options{Seed: 3, Workers: 1})
	if want.Looks < 2 {
		t.Fatalf("too easy: %+v", want)
	}
	for _, workers := range []int{2, 7} {
		if got := run(t, uneven(), Options{Seed: 3, Workers: workers}); !sameVerdict(got, want) {
			t.Errorf("%d workers: %+v, want %+v", workers, got, want)
		}
	}
	if got := run(t, uneven(), Options{Seed: 4, Workers: 1}); sameVerdict(got, want) {
		t.Error("another seed, the same verdict: the seed is not used")
	}
	// Interrupted after every few chunks until it ends, then read again.
	dir := t.TempDir()
	for attempt := 0; ; attempt++ {
		if attempt > 1000 {
			t.Fatal("no progress")
		}
		folder, err := replicate.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var drawn atomic.Int64
		c := uneven()
		for i := range c.Cells {
			inner := c.Cells[i].New
			c.Cells[i].New = func() (Sampler, error) {
				f, err := inner()
				return SamplerFunc(func(s *stream) (float64, float64, error) {
					if drawn.Add(1) == 300 {
						cancel()
					}
					return f.Sample(s)
				}), err
			}
		}
		got, err := c.Run(ctx, Options{Seed: 3, Workers: 2, State: folder})
		cancel()
		if errors.Is(err, context.Canceled) {
			continue
		}
		if err != nil || !sameVerdict(got, want) {
			t.Errorf("resumed: %+v, %v, want %+v", got, err, want)
		}
		if attempt < 3 {
			t.Errorf("interrupted only %d times", attempt)
		}
		drawn.Store(1000)
		got, err = c.Run(t.Context(), Options{Seed: 3, State: folder})
		if err != nil || !sameVerdict(got, want) || drawn.Load() != 1000 {
			t.Errorf("read again: %+v, %v, %d drawn", got, err, drawn.Load()-1000)
		}
		break
	}
}

// The order of cells and the claim's ID do not change a cell's draws in an
// unexpected way: the ID does, the position does not.
func TestDrawsAreKeyed(t *testing.T) {
	estimates := func(c *Claim) []float64 {
		var e []float64
		c.Looks = 1
		for _, k := range run(t, c, Options{Seed: 3}).Cells {
			e = append(e, k.Estimate)
		}
		return e
	}
	first, turned, renamed := uneven(), uneven(), uneven()
	slices.Reverse(turned.Cells)
	renamed.ID = "another"
	a, b, c := estimates(first), estimates(turned), estimates(renamed)
	slices.Reverse(b)
	if !slices.Equal(a, b) {
		t.Errorf("position matters: %v and %v", a, b)
	}
	if a[0] == c[0] {
		t.Error("the ID does not matter")
	}
}

func TestErrors(t *testing.T) {
	boom := errors.New("boom")
	nan, inf := math.NaN(), math.Inf(1)
	at := func(n int64, then SamplerFunc) func() (Sampler, error) {
		return func() (Sampler, error) {
			var count atomic.Int64
			return SamplerFunc(func(s *stream) (float64, float64, error) {
				if count.Add(1) == n {
					return then(s)
				}
				return 1 + s.Normal(), 1, nil
			}), nil
		}
	}
	for name, c := range map[string]struct {
		new    func() (Sampler, error)
		reason string
	}{
		"NaN":         {at(70, func(*stream) (float64, float64, error) { return nan, 1, nil }), "id: cell: chunk 2: replicate 5: numerator is NaN"},
		"Inf":         {at(70, func(*stream) (float64, float64, error) { return inf, 1, nil }), "id: cell: chunk 2: replicate 5: numerator is +Inf"},
		"denominator": {at(33, func(*stream) (float64, float64, error) { return 1, nan, nil }), "id: cell: chunk 1: replicate 0: denominator is NaN"},
		"error":       {at(1, func(*stream) (float64, float64, error) { return 0, 0, boom }), "id: cell: chunk 0: replicate 0: boom"},
		"panic":       {at(40, func(*stream) (float64, float64, error) { panic("ouch") }), "id: cell: chunk 1: panic: ouch"},
		"New":         {func() (Sampler, error) { return nil, boom }, "id: cell: chunk 0: boom"},
		"overflow":    {at(70, func(*stream) (float64, float64, error) { return 1e200, 1, nil }), "id: cell: chunk 2: central moments overflow"},
	} {
		for _, kind := range []Kind{Limit, Exact} {
			claim := &Claim{ID: "id", Kind: kind, Target: 1, Good: 1e300, Looks: 2, Cells: []Cell{{Key: "cell", First: 128, Chunk: 32, New: c.new}}}
			if kind == Limit {
				claim.Good, claim.Bad = 0, 1e-6
			}
			v, err := claim.Run(t.Context(), Options{Workers: 1})
			if err != nil || v.Status != Errored || !strings.HasPrefix(v.Reason, c.reason) || !math.IsNaN(v.Estimate) {
				t.Errorf("%s, %s: %v: %s: %s", kind, name, err, v.Status, v.Reason)
			}
		}
		claim := &Claim{ID: "id", Kind: Limit, Target: 1, Bad: 1, Cells: []Cell{{Key: "cell", First: 128, Chunk: 32, New: c.new}}}
		if _, err := claim.Forecast(t.Context(), 1000, Options{Workers: 1}); err == nil || !strings.Contains(err.Error(), c.reason) {
			t.Errorf("forecast, %s: %v", name, err)
		}
	}
	// A broken statement about the range or the denominator.
	for reason, f := range map[string]SamplerFunc{
		"id: cell: chunk 0: numerators reach over":                        mean(1, normal),
		"id: cell: chunk 0: a bounded statistic needs denominator 1, got": func(*stream) (float64, float64, error) { return 0.5, 2, nil },
	} {
		k := newCell("cell", 1, 64, f)
		k.Assume, k.Range = Bounded, Interval{0, 1}
		v := run(t, &Claim{ID: "id", Kind: Bound, Target: 1, Bad: 1, Cells: []Cell{k}}, Options{})
		if v.Status != Errored || !strings.HasPrefix(v.Reason, reason) {
			t.Errorf("%s: %s", v.Status, v.Reason)
		}
	}
}

func TestCancel(t *testing.T) {
	slow := newCell("slow", 1, 1000, func(*stream) (float64, float64, error) {
		time.Sleep(time.Millisecond)
		return 1, 1, nil
	})
	c := &Claim{ID: "slow", Kind: Limit, Target: 1, Bad: 0.1, Cells: []Cell{slow}}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	begin := time.Now()
	v, err := c.Run(ctx, Options{})
	if !errors.Is(err, context.DeadlineExceeded) || v.Status != "" {
		t.Errorf("%v, %v", v.Status, err)
	}
	if took := time.Since(begin); took > 700*time.Millisecond {
		t.Errorf("took %v after 20 ms", took)
	}
	if _, err := c.Forecast(ctx, 100, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// Errors of the machinery between a claim and its samples must not PASS.
func TestPlantedErrors(t *testing.T) {
	draw := func(s *stream) (float64, float64, error) { return 1 + 0.2*s.Normal(), 1 + 0.2*s.Normal(), nil }
	limit := func(f SamplerFunc, target float64) *Claim {
		return &Claim{ID: "planted", Kind: Limit, Target: target, Good: 0.01, Bad: 0.03, Looks: 4, Cells: []Cell{newCell("cell", 1, 1024, f)}}
	}
	identity := func(a, b SamplerFunc) *Claim {
		return &Claim{ID: "planted", Kind: Identity, Good: 0.01, Bad: 0.03, Looks: 4, Cells: []Cell{newCell("a", 1, 1024, a), newCell("b", 1, 1024, b)}}
	}
	scaled := func(by float64) SamplerFunc {
		return func(s *stream) (float64, float64, error) { a, b, err := draw(s); return by * a, b, err }
	}
	for seed := range uint64(20) {
		opt := Options{Seed: seed, Workers: 2}
		for name, c := range map[string]*Claim{"limit": limit(draw, 1), "identity": identity(draw, draw)} {
			if v := run(t, c, opt); v.Status != Pass {
				t.Errorf("true %s: %s: %s", name, v.Status, v.Reason)
			}
		}
		frozen := func(*stream) (float64, float64, error) { return draw(replicate.NewStream(seed, "fixed", 0)) }
		replayed := func() SamplerFunc { // a stream of its own, restarted every 16 replicates
			var s *stream
			n := 0
			return func(*stream) (float64, float64, error) {
				if n++; n%16 == 1 {
					s = replicate.NewStream(seed, "fixed", 0)
				}
				return draw(s)
			}
		}
		for name, c := range map[string]*Claim{
			"constant off":                  limit(draw, 1.05),
			"sampler off":                   limit(scaled(0.95), 1),
			"off by the BAD edge":           limit(scaled(1.0301), 1),
			"one side off":                  identity(scaled(1.05), draw),
			"denominators only":             identity(func(s *stream) (float64, float64, error) { a, b, err := draw(s); return a, 1.05 * b, err }, draw),
			"stream ignored":                limit(frozen, 1),
			"both streams ignored, but off": identity(frozen, func(s *stream) (float64, float64, error) { a, b, err := frozen(s); return 1.05 * a, b, err }),
			"numerator over numerator":      limit(func(s *stream) (float64, float64, error) { a, _, err := draw(s); return a, a, err }, 1.05),
		} {
			if v := run(t, c, opt); v.Status == Pass {
				t.Errorf("seed %d: %s passes: %v in %v", seed, name, v.Estimate, v.Bounds)
			}
		}
		// What no interval can see: draws that repeat look like many draws.
		// The estimate is then off by the few draws' own error, and an
		// identity between two cells that draw different fixed streams fails.
		c := identity(replayed(), draw)
		c.Cells[0].Chunk, c.Cells[0].First = 1024, 1024
		if v := run(t, c, Options{Seed: seed, Workers: 1}); v.Status == Pass {
			t.Logf("seed %d: a stream of 16 draws, replayed, passes: %v", seed, v.Estimate)
		}
	}
}

// Two cells of an identity that share their draws agree perfectly, whatever the
// truth of the rest. Keys that differ prevent it, and only keys.
func TestCellsDoNotShareDraws(t *testing.T) {
	record := map[string][]float64{}
	sampler := func(key string) SamplerFunc {
		return func(s *stream) (float64, float64, error) {
			x := s.Normal()
			record[key] = append(record[key], x)
			return 1 + x, 1, nil
		}
	}
	c := &Claim{ID: "shared", Kind: Identity, Good: 0, Bad: 1, Looks: 1, Cells: []Cell{newCell("a", 1, 1000, sampler("a")), newCell("b", 1, 1000, sampler("b"))}}
	run(t, c, Options{Workers: 1})
	correlation := 0.0
	for i, x := range record["a"] {
		correlation += x * record["b"][i] / 1000
	}
	if limit := 5.0 / math.Sqrt(1000); math.Abs(correlation) > limit { // 6e-7
		t.Errorf("correlation of the cells %.3f > %.3f", correlation, limit)
	}
}

// The fold's answer is known: chunk k of the stream contributes what it draws.
func TestNoChunkIsDropped(t *testing.T) {
	k := newCell("cell", 1, 96, mean(1, exponential))
	k.Chunk = 32
	c := &Claim{ID: "chunks", Kind: Limit, Target: 1, Good: 0.19, Bad: 0.2, Looks: 3, Cells: []Cell{k}}
	var got []Moments
	v := run(t, c, Options{Seed: 2, Workers: 3, afterFold: func(_ int, m []Moments) { got = append(got, m[0]) }})
	if v.Replicates != 384 {
		t.Fatalf("%+v", v)
	}
	for look, m := range got {
		want := func(from int) Moments {
			var num, den []float64
			for chunk := from; chunk < 3<<look; chunk++ {
				s := replicate.NewStream(2, "chunks: cell", chunk)
				for range 32 {
					num, den = append(num, s.Gamma(1)), append(den, 1)
				}
			}
			m := brute(num, den)
			return m
		}
		same := func(w Moments) bool {
			return m.N == w.N && math.Abs(m.Num-w.Num) < 1e-13 && math.Abs(m.Central.at(4, 0)-w.Central.at(4, 0)) < 1e-10 && m.MaxAbs == w.MaxAbs
		}
		if !same(want(0)) {
			t.Errorf("look %d: %+v, want %+v", look+1, m, want(0))
		}
		if same(want(1)) {
			t.Errorf("look %d: a dropped chunk would not be seen", look+1)
		}
	}
}

func TestProgress(t *testing.T) {
	var calls, last int
	k := newCell("cell", 1, 64, mean(1, normal))
	k.Chunk = 16
	c := &Claim{ID: "progress", Kind: Limit, Target: 1, Good: 0.19, Bad: 0.2, Looks: 2, Cells: []Cell{k}}
	run(t, c, Options{Progress: func(look, looks, done, total int) {
		calls++
		last = done
		if looks != 2 || total != 4 || look != 1+(calls-1)/4 {
			t.Errorf("call %d: %d of %d looks, %d of %d", calls, look, looks, done, total)
		}
	}})
	if calls != 8 || last != 4 {
		t.Errorf("%d calls, last %d", calls, last)
	}
}

// While the gate is closed the bound that judges a one-sided claim is shown, at its
// own confidence; the other end of the interval is open.
func TestClosedLookOfOneSidedClaim(t *testing.T) {
	heavy := mean(1, population{"lognormal 2", logNormal(2)})
	for _, c := range []*Claim{
		{ID: "law", Kind: Law, Target: 2, Bad: 3, Cells: []Cell{newCell("one", 1, 64, heavy)}},
		{ID: "bound", Kind: Bound, Target: 0.5, Bad: 0.5, AtLeast: true, Cells: []Cell{newCell("one", 1, 64, heavy)}},
	} {
		c.Looks = 2
		v := run(t, c, Options{Seed: 1})
		if len(v.History) != 2 || !strings.HasPrefix(v.Reason, "tail gate closed") {
			t.Fatalf("%s: %v", c.ID, v)
		}
		for _, l := range v.History {
			open := l.Bounds.Lo
			if c.AtLeast {
				open = -l.Bounds.Hi
			}
			if !math.IsInf(open, -1) || l.Confidence != 1-DefaultBeta/2 {
				t.Errorf("%s: look %d shows %v at %v, want one bound at %v", c.ID, l.Look, l.Bounds, l.Confidence, 1-DefaultBeta/2)
			}
		}
	}
}

// The middle one of an odd number of points has no weight in a slope: it neither
// delays the verdict nor is it drawn again, whatever its tails.
func TestCellWithoutWeight(t *testing.T) {
	heavy := mean(1e-2, population{"lognormal 2", logNormal(2)})
	c := &Claim{ID: "slope", Kind: Rate, Target: -1, Good: 0.1, Bad: 0.2, Looks: 6, Cells: []Cell{
		newCell("10", 10, 256, mean(1, normal)), newCell("100", 100, 256, heavy), newCell("1000", 1000, 256, mean(1e-2, normal)),
	}}
	v := run(t, c, Options{Seed: 1})
	if v.Status != Pass || v.Cells[1].Replicates != 256 {
		t.Errorf("%v: the middle cell has %d replicates, want 256", v, v.Cells[1].Replicates)
	}
	// With weight its gate counts.
	c.Cells[1].X = 50
	if v := run(t, c, Options{Seed: 1}); v.Status == Pass {
		t.Errorf("a cell with weight and without a variance: %v", v)
	}
}
