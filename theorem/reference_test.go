package theorem

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A reference is one row of testdata/reference.json. Arguments are strings so
// that 1/3 can be the double nearest to it and 1e12 stay a whole number.
type reference struct {
	Name, Value                          string
	Classes, Hidden                      int
	Gamma, Kappa, Dim, Samples, Variance string
	Exponents                            []int
}

func parse(t *testing.T, s string) float64 {
	t.Helper()
	a, b, fraction := strings.Cut(s, "/")
	x, err := strconv.ParseFloat(a, 64)
	if err != nil {
		t.Fatal(err)
	}
	if fraction {
		y, err := strconv.ParseFloat(b, 64)
		if err != nil {
			t.Fatal(err)
		}
		x /= y
	}
	return x
}

func TestAgainstReference(t *testing.T) {
	data, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []reference
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	// Bounds on the relative error; measured worst cases are several times smaller.
	bound := map[string]float64{
		"linear_ce": 1e-14, "moment": 1e-14, "linear_ce_finite_size": 1e-12,
		"hidden_ce_vv": 1e-14, "hidden_ce_ww": 1e-14,
		"hidden_mse_ww_finite": 1e-14, "hidden_mse_ww_off": 1e-14, "hidden_mse_ww_diag": 1e-14,
	}
	count, worst := map[string]int{}, map[string]float64{}
	for _, r := range rows {
		num := func(s string) float64 { return parse(t, s) }
		var got float64
		tolerance, known := bound[r.Name]
		if !known {
			t.Fatalf("no test for reference %q", r.Name)
		}
		switch r.Name {
		case "linear_ce":
			got, err = LinearCERatio(r.Classes, num(r.Gamma), num(r.Kappa))
		case "moment":
			var m *SoftmaxMoments
			if m, err = NewSoftmaxMoments(r.Classes, num(r.Kappa)); err == nil {
				got, err = m.Moment(r.Exponents...)
			}
		case "linear_ce_finite_size":
			got, err = LinearCEFiniteSize(r.Classes, num(r.Gamma), num(r.Kappa))
		case "hidden_ce_vv":
			got, err = HiddenCEVVConstant(r.Hidden, num(r.Kappa))
		case "hidden_ce_ww":
			got, err = HiddenCEWWConstant(r.Hidden, num(r.Gamma), num(r.Kappa))
		case "hidden_mse_ww_finite":
			got, err = HiddenMSEWWRatioFinite(r.Classes, num(r.Dim), num(r.Samples))
		case "hidden_mse_ww_off":
			got, _, err = HiddenMSEWWNorms(r.Classes, num(r.Dim), num(r.Samples), num(r.Variance))
		case "hidden_mse_ww_diag":
			_, got, err = HiddenMSEWWNorms(r.Classes, num(r.Dim), num(r.Samples), num(r.Variance))
		}
		if err != nil {
			t.Fatalf("%+v: %v", r, err)
		}
		count[r.Name]++
		want := num(r.Value)
		if math.IsInf(want, 1) {
			if !math.IsInf(got, 1) {
				t.Errorf("%+v: got %v, want +Inf", r, got)
			}
			continue
		}
		if r.Hidden > 0 {
			// The constants blow up at 2 kappa/m = 1 and lose digits in proportion.
			tolerance *= 1 + 1/(1-2*num(r.Kappa)/float64(r.Hidden))
		}
		e := math.Abs(got/want - 1)
		worst[r.Name] = max(worst[r.Name], e)
		if !(e <= tolerance) {
			t.Errorf("%+v: got %v, relative error %.2g, want at most %.2g", r, got, e, tolerance)
		}
	}
	for name := range bound {
		t.Logf("%-22s %3d values, worst relative error %.2g", name, count[name], worst[name])
		if count[name] < 10 {
			t.Errorf("%s: %d reference values, want at least 10", name, count[name])
		}
	}
}

// Values printed elsewhere, by other programs.
func TestPublishedValues(t *testing.T) {
	value := func(v float64, err error) float64 {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name      string
		got, want float64
		tolerance float64 // relative
	}{
		{"linear CE, C=3", value(LinearCERatio(3, 0.5, 1)), 0.2728936032028003, 2e-15},
		{"linear CE, C=100", value(LinearCERatio(100, 0.5, 1)), 0.00018361269470205427, 2e-15},
		{"linear CE constant", value(LinearCEConstant(0.5, 1)), 1.9899311741615582, 2e-15},
		{"linear CE, GPT-2's vocabulary", value(LinearCERatio(50257, 0.5, 1)), 7.8766e-10, 5e-6},
		{"hidden CE vv, m=3", value(HiddenCEVVConstant(3, 1)), 8.1360581390166477, 2e-15},
		{"hidden CE vv, m=4", value(HiddenCEVVConstant(4, 1)), 3.680, 2e-4},
		{"hidden CE vv, m=8", value(HiddenCEVVConstant(8, 1)), 1.8335104747038358, 2e-15},
		{"hidden CE ww, m=3", value(HiddenCEWWConstant(3, 0.5, 1)), 4.4810424503768632, 2e-15},
		{"hidden CE ww, m=8", value(HiddenCEWWConstant(8, 0.5, 1)), 0.91002768529440255, 2e-15},
		{"hidden CE ww, m=16", value(HiddenCEWWConstant(16, 0.5, 1)), 0.698, 1e-3},
		{"hidden MSE ww, C=10", value(HiddenMSEWWRatio(10, 0.5)), 0.03125, 2e-16},
		{"hidden CE vv, m=1", value(HiddenCEVVConstant(1, 1)), math.Inf(1), 0},
		{"hidden CE vv, m=2", value(HiddenCEVVConstant(2, 1)), math.Inf(1), 0},
		{"hidden CE vv, He, m=8", value(HiddenCEVVConstant(8, 4)), math.Inf(1), 0},
		{"hidden CE ww, m=2", value(HiddenCEWWConstant(2, 0.5, 1)), math.Inf(1), 0},
		{"linear MSE", value(LinearMSE(10, 0.5)), 0, 0},
		// Simulated at d=40, N=80: 0.07630(2), the O(1/d^2) term left out here.
		{"linear CE, d=40, N=80, C=5", value(LinearCERatio(5, 0.5, 1)) * (1 + value(LinearCEFiniteSize(5, 0.5, 1))/40), 0.07630, 1e-3},
	} {
		if c.got != c.want && !(math.Abs(c.got/c.want-1) <= c.tolerance) {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
	if v := value(HiddenCEVVConstant(9, 4)); math.IsInf(v, 1) {
		t.Errorf("He's initialisation with m = 9: got %v, want finite", v)
	}
}

func TestArgumentErrors(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	one := func(_ float64, err error) error { return err }
	two := func(_, _ float64, err error) error { return err }
	moment := func(a ...int) error {
		m, err := NewSoftmaxMoments(3, 1)
		if err != nil {
			t.Fatal(err)
		}
		return one(m.Moment(a...))
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{one(LinearCERatio(1, 0.5, 1)), "classes must be between 2 and 1000000000, got 1"},
		{one(LinearCERatio(2_000_000_000, 0.5, 1)), "classes must be between 2 and 1000000000, got 2000000000"},
		{one(LinearCERatio(10, -0.5, 1)), "gamma must be positive and finite, got -0.5"},
		{one(LinearCERatio(10, nan, 1)), "gamma must be positive and finite, got NaN"},
		{one(LinearCERatio(10, inf, 1)), "gamma must be positive and finite, got +Inf"},
		{one(LinearCERatio(10, 0.5, 0)), "kappa must be in (0, 50], got 0"},
		{one(LinearCERatio(10, 0.5, 51)), "kappa must be in (0, 50], got 51"},
		{one(LinearCERatio(10, 0.5, nan)), "kappa must be in (0, 50], got NaN"},
		{one(LinearCEFiniteSize(1, 0.5, 1)), "classes must be between 2 and 1000000000, got 1"},
		{one(LinearCEFiniteSize(3, 0, 1)), "gamma must be positive and finite, got 0"},
		{one(LinearCEConstant(0, 1)), "gamma must be positive and finite, got 0"},
		{one(LinearCEConstant(1, inf)), "kappa must be in (0, 700], got +Inf"},
		{one(LinearMSE(1, 1)), "classes must be between 2 and 1000000000, got 1"},
		{one(HiddenMSEWWRatio(0, 1)), "classes must be between 1 and 1000000000, got 0"},
		{one(HiddenMSEWWRatio(1, -1)), "gamma must be positive and finite, got -1"},
		{one(HiddenMSEWWRatioFinite(3, 2.5, 4)), "dim must be a whole number between 1 and 1.13e+15, got 2.5"},
		{one(HiddenMSEWWRatioFinite(3, 2, 0)), "samples must be a whole number between 1 and 1.13e+15, got 0"},
		{two(HiddenMSEWWNorms(3, nan, 4, 1)), "dim must be a whole number between 1 and 1.13e+15, got NaN"},
		{two(HiddenMSEWWNorms(3, 2, 4, 0)), "variance of the output weights must be positive and finite, got 0"},
		{one(HiddenCEVVConstant(0, 1)), "hidden must be between 1 and 1000000000, got 0"},
		{one(HiddenCEVVConstant(8, -1)), "kappa must be in (0, 700], got -1"},
		{one(HiddenCEWWConstant(1, 0.5, 1)), "hidden must be between 2 and 1000000000, got 1"},
		{one(HiddenCEWWConstant(8, inf, 1)), "gamma must be positive and finite, got +Inf"},
		{moment(1, -1), "exponent of a softmax moment must not be negative, got -1"},
		{moment(7, 6), "exponents of a softmax moment must sum to at most 12, got [7 6]"},
		{moment(1, 1, 1, 1), "a softmax moment has at most 3 positive exponents, one a class, got 4"},
	} {
		if c.err == nil || c.err.Error() != c.want {
			t.Errorf("got error %q, want %q", c.err, c.want)
		}
	}
}
