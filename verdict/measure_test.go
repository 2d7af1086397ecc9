package verdict

import (
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
)

// Stopping at a precision leaves the 95 % interval most of its coverage, as Measure's
// comment says. False alarm 1e-6 a population, against a coverage of 94 %, and of 93 %
// where samples of a small variance are common.
func TestMeasureCovers(t *testing.T) {
	rare := func(p float64) population {
		return population{fmt.Sprintf("an event of probability %v", p), func(s *stream) float64 {
			if s.Float64() < p {
				return 1 / p
			}
			return 0
		}}
	}
	for _, c := range []struct {
		population
		first     int
		precision Precision
		runs      int
		miss      float64
	}{
		{normal, 64, Precision{0.05, 1 << 14}, 4000, 0.06},
		{gamma20, 64, Precision{0.05, 1 << 14}, 4000, 0.06},
		{exponential, 64, Precision{0.05, 1 << 14}, 4000, 0.06},
		{population{"lognormal, sigma = 1", logNormal(1)}, 256, Precision{0.1, 1 << 17}, 2000, 0.07},
		{rare(0.02), 256, Precision{0.1, 1 << 17}, 2000, 0.07},
		// Not one of the first 256 in three fifths of the runs: their interval, [0, 0], is
		// not believed.
		{rare(0.002), 256, Precision{0.2, 1 << 17}, 400, 0.07},
	} {
		p, runs := c.population, c.runs
		var missed, unreached int
		var total int64
		var mu sync.Mutex
		var wg sync.WaitGroup
		for w := range 2 {
			wg.Go(func() {
				for seed := w; seed < runs; seed += 2 {
					m, err := Measure(t.Context(), newCell("cell", 1, c.first, mean(1, p)), c.precision, Options{Seed: uint64(seed), Workers: 1})
					mu.Lock()
					if err != nil {
						t.Error(err)
					}
					if !m.Bounds.Contains(1) {
						missed++
					}
					if !m.Reached {
						unreached++
					}
					total += m.N
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		t.Logf("%-12s covered %.4f, %d replicates on average, %d not reached", p.name, 1-float64(missed)/float64(runs), total/int64(runs), unreached)
		if tooMany(missed, runs, c.miss) {
			t.Errorf("%s: %d misses of %d", p.name, missed, runs)
		}
		if unreached*200 > runs { // a gate that stays closed
			t.Errorf("%s: %d of %d not reached", p.name, unreached, runs)
		}
	}
}

// Standard errors by hand at a size at which n and n-1 differ (guards against the
// biased variance): {1, 2, 6} and {1, 1, 4} about 3 and 2, squares 14 and 6.
func TestStandardErrors(t *testing.T) {
	m, err := momentsOf([]float64{1, 2, 6}, []float64{1, 1, 4})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "error of the mean numerator", m.NumError(), math.Sqrt(14./2/3))
	near(t, "error of the mean denominator", m.DenError(), math.Sqrt(6./2/3))
}

func TestMeasure(t *testing.T) {
	k := newCell("cell", 1, 64, mean(2, normal))
	fixed, err := Measure(t.Context(), k, Precision{Replicates: 1000}, Options{Seed: 1})
	if err != nil || fixed.N < 1000 || fixed.N > 1064 || !fixed.Reached {
		t.Errorf("%+v, %v", fixed, err)
	}
	capped, err := Measure(t.Context(), k, Precision{RelError: 1e-9, Replicates: 500}, Options{Seed: 1})
	if err != nil || capped.Reached || capped.N < 500 || capped.N > 564 {
		t.Errorf("%+v, %v", capped, err)
	}
	for _, workers := range []int{2, 7} {
		if again, err := Measure(t.Context(), k, Precision{Replicates: 1000}, Options{Seed: 1, Workers: workers}); err != nil || again != fixed {
			t.Errorf("%d workers: %+v, %v, want %+v", workers, again, err, fixed)
		}
	}
	few, err := Measure(t.Context(), k, Precision{Replicates: 5}, Options{Seed: 1})
	if err != nil || !strings.HasPrefix(few.Warning, "only 5 replicates") {
		t.Errorf("%+v, %v", few, err)
	}
	// What does not vary is believed where it is stated to be constant, and there only.
	zero := newCell("zero", 1, 64, func(*stream) (float64, float64, error) { return 0, 1, nil })
	if m, err := Measure(t.Context(), zero, Precision{RelError: 0.1, Replicates: 256}, Options{}); err != nil || m.Reached || !strings.HasPrefix(m.Warning, "every replicate gave the same numerator") {
		t.Errorf("zeros: %+v, %v", m, err)
	}
	zero.Assume = NearNormal
	if m, err := Measure(t.Context(), zero, Precision{RelError: 0.1, Replicates: 256}, Options{}); err != nil || !m.Reached || m.Warning != "" || m.N != 64 {
		t.Errorf("zeros that are stated: %+v, %v", m, err)
	}
	// The interval is the two-sided one of 95 %.
	if b := fixed.Moments.Bounds(0.025, Asymptotic, Everything); fixed.Bounds != b {
		t.Errorf("bounds %v, want %v", fixed.Bounds, b)
	}
	// A precision that is reached behind a closed gate is not reached, and 64 times the
	// replicates are spent on the gate. One value of 100 among ones keeps it closed for
	// ever; the precision is reached at 128.
	drawn := 0
	heavy := newCell("heavy", 1, 64, func(*stream) (float64, float64, error) {
		if drawn++; drawn == 1 {
			return 100, 1, nil
		}
		return 1, 1, nil
	})
	if m, err := Measure(t.Context(), heavy, Precision{RelError: 0.9}, Options{Workers: 1}); err != nil || m.Reached || m.N != 64*128 || !strings.HasPrefix(m.Warning, "relative variance") {
		t.Errorf("closed gate: %+v, %v", m, err)
	}
	k.New = nil
	if _, err := Measure(t.Context(), k, Precision{Replicates: 5}, Options{}); err == nil {
		t.Error("no sampler is accepted")
	}
}

func TestPlan(t *testing.T) {
	c := uneven()
	plan := c.Plan(7)
	if err := plan.Validate(); err != nil || plan.Seed != 7 || len(plan.Cells) != 3 {
		t.Fatalf("%+v, %v", plan, err)
	}
	if k := plan.Cells[1]; k.Key != "uneven: C=2" || k.ChunkSize != 32 || k.Chunks != 8*128 {
		t.Errorf("%+v", k)
	}
	if n := c.Cells[1].FirstLook(); n != 256 {
		t.Errorf("first look %d", n)
	}
	if c.Alpha != 0 || c.Filled().Alpha != DefaultAlpha {
		t.Error("Filled changes the claim, or does not fill")
	}
	defer func() {
		if recover() == nil {
			t.Error("an ill-formed claim has a plan")
		}
	}()
	(&Claim{}).Plan(1)
}
