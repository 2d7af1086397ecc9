package spectra

import (
	"math"
	"testing"
)

func mustAtoms(t testing.TB, pairs ...float64) Population {
	t.Helper()
	var v, w []float64
	for i := 0; i < len(pairs); i += 2 {
		v, w = append(v, pairs[i]), append(w, pairs[i+1])
	}
	p, err := Atoms(v, w)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func mustSolve(t testing.TB, p Population, gamma float64) *Law {
	t.Helper()
	l, err := Solve(p, gamma)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustCovariance(t testing.TB, p Population, gamma float64) *Law {
	t.Helper()
	l, err := Covariance(p, gamma)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// near fails unless got is within tolerance (absolute) of want.
func near(t testing.TB, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s: got %.17g, want %.17g, differ by %.3g > %.3g", what, got, want, got-want, tolerance)
	}
}

// Edges by other programs, in the covariance convention.
func TestGoldenEdges(t *testing.T) {
	third := 1.0 / 3
	for _, c := range []struct {
		atoms []float64
		gamma float64
		want  []float64
	}{
		{[]float64{1, .5, 8, .5}, .5, []float64{.128237600860, 1.764891894470, 2.334147501979, 18.272723002691}},
		{[]float64{1, .5, 8, .5}, .1, []float64{.560010911606, 1.424703914577, 4.881887573634, 12.033397600183}},
		{[]float64{1, third, 3, third, 7, third}, .1, []float64{.600417561033, 1.285018437140, 1.936307123986, 3.999018575258, 4.928488497802, 9.984083138114}},
	} {
		support, err := mustCovariance(t, mustAtoms(t, c.atoms...), c.gamma).Support()
		if err != nil {
			t.Fatal(err)
		}
		if 2*len(support) != len(c.want) {
			t.Errorf("atoms %v: support %v, want %d intervals", c.atoms, support, len(c.want)/2)
			continue
		}
		for i, s := range support {
			near(t, "edge", s.Lo, c.want[2*i], 1e-11)
			near(t, "edge", s.Hi, c.want[2*i+1], 1e-11)
		}
	}
	// Intervals that nearly merge.
	support, err := mustCovariance(t, mustAtoms(t, 1, .5, 5, .5), .5).Support()
	if err != nil || len(support) != 2 {
		t.Fatal(support, err)
	}
	near(t, "gap", support[0].Hi, 1.659374195738, 1e-11)
	near(t, "gap", support[1].Lo, 1.677527385321, 1e-11)
}

// Lambda = I: the classical law, in closed form.
func TestClassical(t *testing.T) {
	for _, gamma := range []float64{1e-3, .1, .5, .9, 1, 1.1, 2, 10, 1e3} {
		l := mustSolve(t, mustAtoms(t, 1, 1), gamma)
		root := math.Sqrt(gamma)
		lo, hi := (1-root)*(1-root), (1+root)*(1+root)
		support, err := l.Support()
		if err != nil || len(support) != 1 {
			t.Fatal(support, err)
		}
		near(t, "lower edge", support[0].Lo, lo, 4e-15*hi)
		near(t, "upper edge", support[0].Hi, hi, 4e-15*hi)
		if gamma == 1 && support[0].Lo != 0 {
			t.Errorf("hard edge at %v, want 0", support[0].Lo)
		}
		near(t, "atom", l.AtomAtZero(), max(0, 1-1/gamma), 1e-15)
		for i := 1; i < 1000; i++ {
			x := lo + (hi-lo)*float64(i)/1000
			want := math.Sqrt((x-lo)*(hi-x)) / (2 * math.Pi * gamma * x)
			got, err := l.Density(x)
			if err != nil {
				t.Fatal(err)
			}
			near(t, "density", got, want, 1e-12*(1+want))
		}
		total, err := l.Expect(func(float64) float64 { return 1 })
		if err != nil {
			t.Fatal(gamma, err)
		}
		near(t, "mass", total, 1, 1e-13)
	}
	l := mustCovariance(t, mustAtoms(t, 1, 1), .5)
	mean, err := l.Expect(math.Log)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "E log x", mean, -0.30685281944005, 2e-14)
	square, err := l.Expect(func(x float64) float64 { return math.Log(x) * math.Log(x) })
	if err != nil {
		t.Fatal(err)
	}
	near(t, "E (log x)^2", square, 0.8172806639737315, 1e-13)
}
