package verdict

import (
	"math"
	"testing"
)

func forecast(t *testing.T, c *Claim, most int) Forecast {
	t.Helper()
	f, err := c.Forecast(t.Context(), most, Options{Seed: 99})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A claim in the middle of GOOD passes with probability 0.95 at the forecast
// size, which a pilot knows to a few percent: 0.9 is demanded there, and clearly
// less than 0.95 at two thirds of it. What is called detectable fails with 0.95
// at the budget (0.88 is demanded), and at two thirds of it less.
// False alarm 1e-6 a count.
func TestForecast(t *testing.T) {
	const runs = 1000
	for _, c := range []struct {
		name  string
		first int
		p     population
		claim func(first int, truth float64, p population) *Claim
	}{
		{"limit", 4096, normal, func(first int, truth float64, p population) *Claim {
			return &Claim{Kind: Limit, Target: 1, Good: 0.01, Bad: 0.08, Cells: []Cell{newCell("cell", 1, first, quotient(1+truth, p))}}
		}},
		{"limit, skewed", 8192, exponential, func(first int, truth float64, p population) *Claim {
			return &Claim{Kind: Limit, Target: 1, Good: 0.01, Bad: 0.08, Cells: []Cell{newCell("cell", 1, first, quotient(1+truth, p))}}
		}},
		{"law, near-normal", 64, normal, func(first int, truth float64, p population) *Claim {
			k := newCell("cell", 1, first, mean(1+truth, p))
			k.Assume = NearNormal
			return &Claim{Kind: Law, Target: 1, Bad: 1.4, Cells: []Cell{k}}
		}},
		{"law, bounded", 1024, uniform, func(first int, truth float64, p population) *Claim {
			k := newCell("cell", 1, first, mean((1+truth)/2.5, p))
			k.Assume, k.Range = Bounded, Interval{0, 1}
			return &Claim{Kind: Law, Target: 0.4, Bad: 0.45, Cells: []Cell{k}}
		}},
	} {
		claim := func(first int, truth float64) *Claim {
			k := c.claim(first, truth, c.p)
			k.ID, k.Looks, k.Alpha, k.Beta = c.name, 1, 0.02, 0.02
			return k
		}
		f := forecast(t, claim(c.first, 0), 1<<20)
		share := func(n float64, truth float64) outcomes {
			return runMany(t, runs, func() *Claim { return claim(int(n), truth) })
		}
		enough, short := share(float64(f.Needed), 0), share(float64(f.Needed)/1.5, 0)
		t.Logf("%-17s needed %d: PASS %.3f there, %.3f at two thirds", c.name, f.Needed, float64(enough.notBad)/runs, float64(short.notBad)/runs)
		if tooFew(enough.notBad, runs, 0.9) {
			t.Errorf("%s: %d replicates are not enough: %v", c.name, f.Needed, enough)
		}
		if short.notBad >= enough.notBad || !tooFew(short.notBad, runs, 0.95) {
			t.Errorf("%s: fewer than %d would do: %v", c.name, f.Needed, short)
		}
		good, _ := claim(c.first, 0).Sets()
		edge := good.Hi
		unit := map[bool]float64{true: 2.5, false: 1}[c.name == "law, bounded"]
		detected := share(float64(c.first), (edge+f.Detectable)*unit-1)
		missed := share(float64(c.first), (edge+f.Detectable/1.5)*unit-1)
		t.Logf("%-17s detectable %.3g: seen %.3f there, %.3f at two thirds", c.name, f.Detectable, float64(detected.notGood)/runs, float64(missed.notGood)/runs)
		if tooFew(detected.notGood, runs, 0.88) || !tooFew(missed.notGood, runs, 0.95) {
			t.Errorf("%s: detectable %v: %v, at two thirds %v", c.name, f.Detectable, detected, missed)
		}
	}
}

// How far the truth must lie from an edge, by the printed formulas: in the middle of a
// two-sided GOOD either end may spoil a PASS, so each may with lack/2 (guards against
// lack, which the runs of TestForecast do not tell apart), one end with lack; a FAIL
// is spoilt on one side.
func TestForecastDistances(t *testing.T) {
	const z2, z1, se = 1.959963984540054, 1.6448536269514722, 0.5 // lack/2, lack = 0.05
	interval := Interval{7, 12}                                   // about 10: 3 down, 2 up
	k := component{estimate: 10, se: se, bounds: func(float64) Interval { return interval }}
	inf := math.Inf(1)
	for _, c := range []struct {
		good       Interval
		pass, fail float64
	}{
		{Interval{9, 11}, 3 + z2*se, 3 + z1*se},
		{Interval{-inf, 11}, 2 + z1*se, 3 + z1*se},
		{Interval{9, inf}, 3 + z1*se, 2 + z1*se},
	} {
		k.good = c.good
		near(t, "distance for a PASS", k.passDistance(0.01), c.pass)
		near(t, "distance for a FAIL", k.failDistance(0.01), c.fail)
	}
}

func TestForecastSums(t *testing.T) {
	c := uneven() // three cells of 256, 8 looks
	f := forecast(t, c, 100)
	if f.Cells != 3 || f.First != 768 || f.Budget != 768*128 || math.Abs(f.Gap-0.15) > 1e-12 {
		t.Errorf("%+v", f)
	}
	if f.Warning == "" { // 100 replicates are too few for the gate
		t.Errorf("no warning: %+v", f)
	}
	exact := &Claim{ID: "exact", Kind: Exact, Good: 1e-9, Looks: 3, Cells: []Cell{newCell("cell", 1, 10, nil)}}
	if f := forecast(t, exact, 10); f.Needed != 40 || f.Budget != 40 || f.First != 10 || f.Detectable != 1e-9 {
		t.Errorf("exact: %+v", f)
	}
	// A gate that stays closed at the whole budget: nothing is detectable.
	heavy := &Claim{ID: "heavy", Kind: Limit, Target: 1, Good: 0.1, Bad: 0.2, Looks: 2, Cells: []Cell{newCell("cell", 1, 256, mean(1, population{"", logNormal(2)}))}}
	if f := forecast(t, heavy, 256); !math.IsInf(f.Detectable, 1) || f.Warning == "" || f.Needed <= f.Budget {
		t.Errorf("heavy: %+v", f)
	}
	constant := &Claim{ID: "constant", Kind: Limit, Target: 1, Good: 0.1, Bad: 0.2, Cells: []Cell{newCell("cell", 1, 256, func(*stream) (float64, float64, error) { return 1, 1, nil })}}
	if f := forecast(t, constant, 256); f.Needed != math.MaxInt64 {
		t.Errorf("constant: %+v", f)
	}
}
