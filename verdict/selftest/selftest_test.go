package selftest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"pastur/replicate"
	"pastur/verdict"
)

func TestLimit(t *testing.T) {
	for _, c := range []struct {
		n    int
		p    float64
		want int
	}{
		{10, 0, 0}, {10, 1, 10}, {0, 0.5, 0},
		// Independent values: testdata/limits.py.
		{10000, 0.2, 2192}, {10000, 0.1, 1145}, {2000, 0.2, 487}, {300, 0.2, 95}, {20, 0.135, 12},
	} {
		if got := Limit(c.n, c.p); got != c.want {
			t.Errorf("Limit(%d, %v) = %d, want %d", c.n, c.p, got, c.want)
		}
	}
	// P(X > limit) < level <= P(X >= limit), summed the other way round.
	k, below := Limit(100, 0.3), 0.0
	for i := 0; i < k; i++ {
		below += binomial(100, i, 0.3)
	}
	if at := below + binomial(100, k, 0.3); 1-at > FalseAlarm || 1-below < FalseAlarm {
		t.Errorf("P(X >= %d) = %v, P(X > %d) = %v", k, 1-below, k, 1-at)
	}
}

// The populations have mean 1: checked by the judge itself, and a planted mean
// of 1.04 is seen. Level 1e-6.
func TestPopulationsHaveMeanOne(t *testing.T) {
	for _, p := range []Population{Normal, Exponential, Lognormal, Gamma20, Uniform, Coin} {
		for _, scale := range []float64{1, 1.04} {
			c := &verdict.Claim{ID: p.Name, Kind: verdict.Limit, Target: 1, Good: 0, Bad: 0.04, Alpha: 1e-6, Beta: 1e-6, Looks: 10,
				Cells: []verdict.Cell{cell("mean", 1, 8192, mean(scale, p))}}
			v, err := c.Run(context.Background(), verdict.Options{Seed: 5})
			if err != nil {
				t.Fatal(err)
			}
			if (scale == 1) != (v.Status == verdict.Pass) {
				t.Errorf("scale %v: %v", scale, v)
			}
		}
	}
}

// The judge is within its limits (at fewer runs than pastur selftest makes).
func TestCalibrate(t *testing.T) {
	runs := 100
	all, err := Calibrate(context.Background(), Cases(), Options{Seed: 1, Runs: runs})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[verdict.Kind]bool{}
	for _, c := range all {
		kinds[c.Case.Kind] = true
		if !c.OK() || c.Null.Runs != runs || c.Edge.Runs != runs {
			t.Errorf("%s: null %+v (limit %d), edge %+v (limit %d)", c.Case.Name(), c.Null, c.AlarmLimit, c.Edge, c.MissLimit)
		}
		if c.Case.Looks == 1 { // one look spends all of alpha and beta, and decides little
			if c.Null.ExcludesGood == 0 || c.Edge.ExcludesBad == 0 {
				t.Errorf("%s: no alarms and misses at all: %+v %+v", c.Case.Name(), c.Null, c.Edge)
			}
			continue
		}
		if c.Edge.Fail+c.Edge.Gap+c.Edge.Gate < runs*3/4 || c.Edge.Fail == 0 {
			t.Errorf("%s: no power at the edge of BAD: %+v", c.Case.Name(), c.Edge)
		}
	}
	for _, k := range verdict.Kinds {
		if !kinds[k] {
			t.Errorf("no case of kind %s", k)
		}
	}
}

// A judge that alarms too often is seen: the null beyond its edge.
func TestCalibrateCanFail(t *testing.T) {
	var wrong []Case
	for _, c := range Cases() {
		if c.Population.Name == Normal.Name && c.Kind != verdict.Exact && c.Looks == 0 {
			right := c.Claim
			c.Claim = func(place float64) *verdict.Claim { return right(0.4*place + 0.6) } // 0.6 and 1 for 0 and 1
			wrong = append(wrong, c)
		}
	}
	all, err := Calibrate(context.Background(), wrong, Options{Seed: 1, Runs: 400})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		if c.OK() || c.Null.ExcludesGood <= c.AlarmLimit {
			t.Errorf("%s: a null 60 %% into the gap is not seen: %+v (limit %d)", c.Case.Name(), c.Null, c.AlarmLimit)
		}
	}
}

// The tail gate, not luck, is what keeps lognormal samples from alarming: it
// refuses some, and no refusal counts as an alarm or a miss.
func TestRefusalsAreInconclusive(t *testing.T) {
	var lognormal []Case
	for _, c := range Cases() {
		if c.Kind == verdict.Law && c.Population.Name == Lognormal.Name {
			lognormal = append(lognormal, c)
		}
	}
	all, err := Calibrate(context.Background(), lognormal, Options{Seed: 1, Runs: 200})
	if err != nil {
		t.Fatal(err)
	}
	n := all[0].Null
	if n.Gate == 0 || n.Pass+n.Fail+n.Gap+n.Gate+n.Budget+n.Errors != n.Runs || n.ExcludesGood != n.Fail+n.Gap {
		t.Errorf("%+v", n)
	}
}

func TestKill(t *testing.T) {
	deaths, err := Kill(context.Background(), Mutants(), Options{Seed: 1, Seeds: 10})
	if err != nil {
		t.Fatal(err)
	}
	fates := map[Fate]int{}
	for _, d := range deaths {
		fates[d.Mutant.Fate]++
		if !d.OK() {
			t.Errorf("%s, %s: %+v", d.Mutant.Claim, d.Mutant.Name, d)
		}
		if d.Mutant.Fate == Dies && (d.Median < 1 || d.Most < d.Median) {
			t.Errorf("%s: %+v", d.Mutant.Name, d)
		}
		if d.Mutant.Fate == Unseen && d.Survived < 9 {
			t.Errorf("%s is seen after all: %+v", d.Mutant.Name, d)
		}
	}
	if fates[Dies] < 10 || fates[Refused] != 3 || fates[Unseen] != 1 {
		t.Errorf("fates: %v", fates)
	}
}

// A mutant that is no mutant is not OK, nor is one whose claim is wrong anyway.
func TestKillCanFail(t *testing.T) {
	healthy := func() (*verdict.Claim, error) {
		return square(func() verdict.Sampler { return verdict.SamplerFunc(squareOf) }), nil
	}
	wrong := func() (*verdict.Claim, error) {
		return square(func() verdict.Sampler { return verdict.SamplerFunc(biasedVariance) }), nil
	}
	broken := func() (*verdict.Claim, error) {
		return square(func() verdict.Sampler {
			return verdict.SamplerFunc(func(*replicate.Stream) (float64, float64, error) { return math.NaN(), 1, nil })
		}), nil
	}
	mutants := []Mutant{
		{Name: "nothing planted", Claim: "a", Fate: Dies, Planted: healthy, Healthy: healthy},
		{Name: "wrong anyway", Claim: "b", Fate: Dies, Planted: wrong, Healthy: wrong},
		{Name: "broken", Claim: "c", Fate: Dies, Planted: broken, Healthy: healthy},
	}
	deaths, err := Kill(context.Background(), mutants, Options{Seed: 1, Seeds: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range deaths {
		if d.OK() {
			t.Errorf("%s is accepted: %+v", d.Mutant.Name, d)
		}
	}
	mutants[0].Planted = func() (*verdict.Claim, error) { return nil, errors.New("no claim") }
	if _, err := Kill(context.Background(), mutants, Options{Seed: 1, Seeds: 2}); err == nil || !strings.Contains(err.Error(), "no claim") {
		t.Errorf("error %v", err)
	}
}

// The tables are the same for any number of workers, and other for other seeds.
func TestWorkersChangeNothing(t *testing.T) {
	run := func(seed uint64, workers int) (any, any) {
		opt := Options{Seed: seed, Workers: workers, Runs: 50, Seeds: 3}
		cal, err := Calibrate(context.Background(), Cases()[3:6], opt)
		if err != nil {
			t.Fatal(err)
		}
		var counts []Counts
		for _, c := range cal {
			counts = append(counts, c.Null, c.Edge)
		}
		deaths, err := Kill(context.Background(), Mutants(), opt)
		if err != nil {
			t.Fatal(err)
		}
		var numbers [][6]int64
		for _, d := range deaths {
			numbers = append(numbers, [6]int64{int64(d.Killed), int64(d.Refused), int64(d.Survived), d.Median, d.Most, int64(d.Healthy)})
		}
		return counts, numbers
	}
	counts, numbers := run(1, 1)
	for _, workers := range []int{2, 7} {
		c, n := run(1, workers)
		if !reflect.DeepEqual(c, counts) || !reflect.DeepEqual(n, numbers) {
			t.Errorf("%d workers: %v %v, want %v %v", workers, c, n, counts, numbers)
		}
	}
	if c, n := run(2, 1); reflect.DeepEqual(c, counts) || reflect.DeepEqual(n, numbers) {
		t.Error("seed 2 gives the tables of seed 1")
	}
}

func TestCancel(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Calibrate(ctx, Cases(), Options{Seed: 1, Runs: 1000}); !errors.Is(err, context.Canceled) {
		t.Errorf("Calibrate: %v", err)
	}
	if _, err := Kill(ctx, Mutants(), Options{Seed: 1, Seeds: 10}); !errors.Is(err, context.Canceled) {
		t.Errorf("Kill: %v", err)
	}
}
