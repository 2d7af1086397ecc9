package theorem

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"strings"
	"testing"
)

// The law of the pair's Gram entries against closed forms: moments, and E[(h.h')^2
// e^{r h.h'}], which is G(r) of HiddenCEVVConstant.
func TestNarrowLaw(t *testing.T) {
	for _, m := range []int{1, 2} {
		one, dot := narrowLaw(m, 12, 40, func(s, t, cos float64) (float64, float64) { return 1, s * t * cos })
		_, norms := narrowLaw(m, 12, 40, func(s, t, cos float64) (float64, float64) { return 0, s * s * t * t })
		wantOne, wantDot, wantNorms := 0.25, 2/math.Pi, 9.0/4
		if m == 2 {
			// E(h.h')^2 = 2/4 + 2 (1/2pi)^2, and so on: sums over the units of products of
			// E h^2 = 1/2, E h = 1/sqrt(2 pi), E h^3 = 2/sqrt(2 pi), E h^4 = 3/2.
			wantOne = 0.5 + 2/(4*math.Pi*math.Pi)
			wantDot = 2*2/math.Pi + 6*0.25/(2*math.Pi)
			h3h := 2 / (2 * math.Pi) // E h_1^3 h_2
			wantNorms = 2*(1.5+0.25)*(1.5+0.25) + 2*(2*h3h)*(2*h3h)
		}
		for _, x := range [][2]float64{{one, wantOne}, {dot, wantDot}, {norms, wantNorms}} {
			if math.Abs(x[0]/x[1]-1) > 1e-8 {
				t.Errorf("m=%d: %.9g, want %.9g", m, x[0], x[1])
			}
		}
		for _, r := range []float64{0.1, 0.5} {
			_, got := narrowLaw(m, 14, 48, func(s, t, cos float64) (float64, float64) { return 0, math.Exp(r * s * t * cos) })
			q := newQuadrant(1, r)
			k := float64(m)
			want := k*q.second*math.Pow(1+q.excess, k-1) + k*(k-1)*q.first*q.first*math.Pow(1+q.excess, k-2)
			if math.Abs(got/want-1) > 1e-7 {
				t.Errorf("m=%d: G(%v) is %.9g, want %.9g", m, r, got, want)
			}
		}
	}
}

func TestLegendre(t *testing.T) {
	for _, n := range []int{5, 20, 61} {
		x, w := legendre(n)
		for k := range 2 * n {
			sum := 0.0
			for i := range x {
				sum += w[i] * math.Pow(x[i], float64(k))
			}
			if math.Abs(sum*float64(k+1)-1) > 1e-12 {
				t.Errorf("n=%d: the integral of x^%d is %v, want %v", n, k, sum, 1/float64(k+1))
			}
		}
	}
}

var (
	slow   = flag.Bool("slow", false, "also compute what takes minutes")
	update = flag.Bool("update", false, "with -slow, write testdata/narrow.json anew")
)

// narrowRow is a row of testdata/narrow.json: C^2 R at width m.
type narrowRow struct {
	Hidden  int     `json:"hidden"`
	Classes int     `json:"classes"`
	Scaled  float64 `json:"scaled"`
}

func narrowTable(t *testing.T) (rows []narrowRow) {
	t.Helper()
	data, err := os.ReadFile("testdata/narrow.json")
	if err == nil {
		err = json.Unmarshal(data, &rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// The table is what the function gives: at two cheap points always, in full with
// -slow (minutes). And it is, within its standard errors, what tilted sampling in an
// independent program gave.
func TestHiddenCEVVRatio(t *testing.T) {
	rows := narrowTable(t)
	for i, row := range rows {
		if !*slow && !(row.Hidden == 1 && row.Classes <= 100) {
			continue
		}
		r, err := HiddenCEVVRatio(row.Classes, row.Hidden, 1)
		if err != nil {
			t.Fatal(err)
		}
		scaled := r * float64(row.Classes) * float64(row.Classes)
		if *update {
			rows[i].Scaled = math.Round(scaled*1e5) / 1e5
		} else if math.Abs(scaled/row.Scaled-1) > 1e-5 {
			t.Errorf("%+v: C^2 R = %.6f", row, scaled)
		}
	}
	if *slow && *update {
		data, err := json.MarshalIndent(rows, "", "\t")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/narrow.json", append(data, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		m, classes int
		scaled, se float64
	}{
		{1, 10, 2.978, 0.002}, {1, 100, 7.35, 0.02}, {1, 1000, 24.9, 0.1}, {1, 10_000, 96, 2},
		{2, 10, 2.325, 0.001}, {2, 100, 3.970, 0.008}, {2, 1000, 8.03, 0.06}, {2, 10_000, 15.6, 0.2},
	} {
		for _, row := range rows {
			if row.Hidden == c.m && row.Classes == c.classes && math.Abs(row.Scaled-c.scaled) > 4*c.se {
				t.Errorf("%+v: simulated %v(%v)", row, c.scaled, c.se)
			}
		}
	}
}

// Finer rules change nothing. Nor does the reach: shorter by 2 it moves the ratio by less
// than 1e-7 at kappa = 1, so that no test tells it.
func TestNarrowNormsConverge(t *testing.T) {
	norms := func(refine float64, m int, classes float64, n int) float64 {
		off, diag := narrowNorms(t.Context(), newSoftmaxPair(refine), classes, m, 1, n)
		return off / diag
	}
	a, b := norms(1, 1, 20, narrowNodes(20)), norms(1.25, 1, 20, narrowNodes(20)*5/4)
	if math.Abs(a/b-1) > 1e-5 {
		t.Errorf("finer steps change the ratio by %.2g", a/b-1)
	}
	if *slow {
		a, b := norms(1, 2, 300, narrowNodes(300)), norms(1.25, 2, 300, narrowNodes(300)*5/4)
		if math.Abs(a/b-1) > 1e-5 {
			t.Errorf("m = 2: finer steps change the ratio by %.2g", a/b-1)
		}
	}
}

func TestHiddenCEVVRatioRefuses(t *testing.T) {
	for _, c := range []struct {
		classes, hidden int
		kappa           float64
		want            string
	}{
		{1, 1, 1, "classes must be between 2"},
		{10, 3, 1, "known without sampling for hidden 1 and 2, got 3"},
		{10, 1, 5, "kappa must be in (0, 4], got 5"},
	} {
		if _, err := HiddenCEVVRatio(c.classes, c.hidden, c.kappa); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	// What has no time left has no value.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := HiddenCEVVRatioContext(ctx, 1000, 2, 4); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
	// Two classes have no off-diagonal structure: R = 1.
	if r, err := HiddenCEVVRatio(2, 1, 1); err != nil || math.Abs(r-1) > 1e-9 {
		t.Errorf("C = 2: %v, %v", r, err)
	}
}
