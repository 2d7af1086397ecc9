package spectra

import (
	"encoding/json"
	"math"
	"os"
	"testing"
)

// Densities of two-atom problems against roots of a polynomial at 60 digits
// (testdata/twoatoms.py).
func TestDensityReference(t *testing.T) {
	data, err := os.ReadFile("testdata/twoatoms.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct {
		Atoms      []float64
		Gamma      float64
		X, Density []float64
	}
	if err := json.Unmarshal(data, &rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 4 || len(rows[0].X) != 1000 {
		t.Fatal("reference values are missing")
	}
	// Where T is signed there is no S, but (1/n) T Z Z^T has the same law: its
	// non-zero eigenvalues are gamma times those of H at 1/gamma, n of p of them.
	deviation := func(p Population, gamma float64, x, want []float64) (worst float64) {
		got, at, scale := make([]float64, len(x)), x, 1.0
		var l *Law
		if lo, _ := p.Range(); lo < 0 {
			l, at, scale = mustSolve(t, p, 1/gamma), make([]float64, len(x)), 1/(gamma*gamma)
			for i := range x {
				at[i] = x[i] / gamma
			}
		} else {
			l = mustCovariance(t, p, gamma)
		}
		if err := l.Densities(got, at); err != nil {
			t.Fatal(err)
		}
		for i := range x {
			worst = max(worst, math.Abs(got[i]*scale-want[i]))
		}
		return worst
	}
	for _, r := range rows {
		p := mustAtoms(t, r.Atoms[0], .5, r.Atoms[1], .5)
		worst := deviation(p, r.Gamma, r.X, r.Density)
		t.Logf("atoms %v, gamma %v: %.2g", r.Atoms, r.Gamma, worst)
		if worst > 1e-11 {
			t.Errorf("atoms %v, gamma %v: density off by %.3g > 1e-11", r.Atoms, r.Gamma, worst)
		}
		// Planted: gamma inverted, and an atom forgotten.
		if planted := deviation(p, 1/r.Gamma, r.X, r.Density); planted < 1e-3 {
			t.Errorf("gamma inverted is seen by %.3g only", planted)
		}
		if planted := deviation(mustAtoms(t, r.Atoms[1], 1), r.Gamma, r.X, r.Density); planted < 1e-3 {
			t.Errorf("an atom forgotten is seen by %.3g only", planted)
		}
	}
}
