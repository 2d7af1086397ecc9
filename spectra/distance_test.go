package spectra

import (
	"context"
	"math"
	"slices"
	"testing"

	"pastur/replicate"
)

// uniform is the uniform distribution on [lo, hi] with an atom at 0.
type uniform struct{ lo, hi, atom float64 }

func (u uniform) Limits(x float64) (below, upTo float64) {
	f := (1 - u.atom) * max(0, min(1, (x-u.lo)/(u.hi-u.lo)))
	below, upTo = f, f
	if x > 0 {
		below += u.atom
	}
	if x >= 0 {
		upTo += u.atom
	}
	return below, upTo
}
func (u uniform) Nodes() []float64 { return []float64{u.lo, u.hi} }

func pool(t testing.TB, s ...Spectrum) *Pooled {
	t.Helper()
	p, err := Pool(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Distances that can be had by hand.
func TestDistancesByHand(t *testing.T) {
	half := Spectrum{Dim: 4, Rank: 2, Values: []float64{1, 2}} // atoms 1/2 at 0, 1/4 at 1 and 2
	for _, c := range []struct {
		name                    string
		spectrum                Spectrum
		law                     uniform
		kolmogorov, wasserstein float64
	}{
		{"middle of the unit interval", Spectrum{Dim: 1, Rank: 1, Values: []float64{0.5}}, uniform{0, 1, 0}, 0.5, 0.25},
		{"n midpoints", Spectrum{Dim: 4, Rank: 4, Values: []float64{0.125, 0.375, 0.625, 0.875}}, uniform{0, 1, 0}, 0.125, 1.0 / 16},
		{"far off", Spectrum{Dim: 1, Rank: 1, Values: []float64{5}}, uniform{0, 1, 0}, 1, 4.5},
		{"negative side", Spectrum{Dim: 1, Rank: 1, Values: []float64{-0.5}}, uniform{-1, 0, 0}, 0.5, 0.25},
		// F is 1/2, 3/4, 1 from 0, 1, 2 on; G is 1/2 + x/4 on [0, 2].
		{"an atom that both have", half, uniform{0, 2, 0.5}, 0.25, 0.25},
		// G is x/2: the difference is 1/2 at 0 and falls to 0 at 1 where it jumps by 1/4, and so on.
		{"an atom the law lacks", half, uniform{0, 2, 0}, 0.5, 0.25 + 0.125},
		{"an atom the spectrum lacks", Spectrum{Dim: 1, Rank: 1, Values: []float64{1}}, uniform{1, 1.5, 0.5}, 0.5, 0.5 + 0.125},
	} {
		p := pool(t, c.spectrum)
		if got := Kolmogorov(p, c.law); math.Abs(got-c.kolmogorov) > 1e-15 {
			t.Errorf("%s: Kolmogorov distance %v, want %v", c.name, got, c.kolmogorov)
		}
		if got := Wasserstein(p, c.law); math.Abs(got-c.wasserstein) > 1e-15 {
			t.Errorf("%s: Wasserstein distance %v, want %v", c.name, got, c.wasserstein)
		}
	}
}

// Against brute force on a fine grid, for random spectra with weights, zeros
// and repeated values.
func TestDistancesByBruteForce(t *testing.T) {
	s := replicate.NewStream(1, "brute force", 0)
	law := uniform{-1, 2, 0.3}
	for range 20 {
		one := Spectrum{Dim: 10, Rank: 7}
		for range 7 {
			one.Values = append(one.Values, math.Round(10*s.Normal())/10)
		}
		slices.Sort(one.Values)
		two := Spectrum{Dim: 5, Rank: 5, Values: []float64{-0.5, 0, 0, 1, 1.5}, Weights: []float64{0.1, 0.2, 0.3, 0.2, 0.2}}
		p := pool(t, one, two)
		sup, integral := 0.0, 0.0
		const step = 1e-4
		for x := -5.00005; x < 5; x += step {
			f := (one.CDF(x) + two.CDF(x)) / 2
			_, g := law.Limits(x)
			sup = max(sup, math.Abs(f-g))
			integral += step * math.Abs(f-g)
		}
		if got := Kolmogorov(p, law); math.Abs(got-sup) > 1e-4 {
			t.Errorf("Kolmogorov distance %v, brute force %v", got, sup)
		}
		if got := Wasserstein(p, law); math.Abs(got-integral) > 1e-3 {
			t.Errorf("Wasserstein distance %v, brute force %v", got, integral)
		}
	}
}

// The intervals of independent uniform samples, for which the distance of the
// expected distribution is 0 or known, cover it; the noise is of the size that
// the mean distance has where the law is true.
func TestIntervalsCover(t *testing.T) {
	const runs, matrices, size = 200, 12, 40
	for _, c := range []struct {
		name  string
		shift float64
		truth [3]float64 // Kolmogorov, Wasserstein, Stieltjes at i/2
	}{
		{"law true", 0, [3]float64{0, 0, 0}},
		{"law shifted by 0.1", 0.1, [3]float64{0.1, 0.1, modulus(uniformStieltjes(0) - uniformStieltjes(0.1))}},
	} {
		misses, transform := [3]int{}, []complex128{uniformStieltjes(c.shift)}
		var mean, noise float64
		for run := range runs {
			s := replicate.NewStream(11, c.name, run)
			var all []Matched
			for range matrices {
				one := &Spectrum{Dim: size, Rank: size}
				for range size {
					one.Values = append(one.Values, s.Float64())
				}
				slices.Sort(one.Values)
				all = append(all, Matched{Spectrum: one, Law: uniform{c.shift, 1 + c.shift, 0}, Stieltjes: transform})
			}
			result, err := Compare(all, []complex128{0.5i}, s)
			if err != nil {
				t.Fatal(err)
			}
			mean += result.Kolmogorov.Value / runs
			noise += result.Kolmogorov.Noise / runs
			for k, d := range []Distance{result.Kolmogorov, result.Wasserstein, result.Stieltjes} {
				if !(d.Lo <= c.truth[k] && c.truth[k] <= d.Hi) {
					misses[k]++
				}
			}
		}
		// At 5 %, more than 28 of 200 has probability below 1e-6.
		for k, m := range misses {
			if m > 28 {
				t.Errorf("%s: interval %d misses in %d of %d runs", c.name, k, m, runs)
			}
		}
		if c.shift == 0 && math.Abs(mean/noise-1) > 0.1 {
			t.Errorf("mean distance %v, noise %v: want them alike where the law is true", mean, noise)
		}
		if c.shift > 0 && (mean < c.shift || mean > c.shift+noise) {
			t.Errorf("mean distance %v, want from %v to that plus %v", mean, c.shift, noise)
		}
	}
}

// Of one real gap a matrix the interval is Student's, t sd/sqrt R on each side, and the
// noise is sqrt(2/pi) sd/sqrt R: without sqrt(R/(R-1)), or at another level, both are
// still conservative enough for TestIntervalsCover.
//
// Half-widths from 400 draws scatter by sqrt(0.95 0.05/400)/(2 phi(1.96) 1.96) = 4.8 %,
// means by sqrt((pi/2-1)/400) = 3.8 %: over 400 runs by 0.24 % and 0.19 %. The 380th of
// 400 lies 1 % below the quantile. At 3 % the false alarm is below 1e-15.
func TestIntervalOfOneNumber(t *testing.T) {
	const runs, tolerance = 400, 0.03
	gaps := []float64{0.31, 0.27, 0.38} // s_r - s of the law
	mean := (gaps[0] + gaps[1] + gaps[2]) / 3
	sum := 0.0
	for _, g := range gaps {
		sum += (g - mean) * (g - mean)
	}
	const student = 4.302652729911275 // 97.5 % quantile, 2 degrees of freedom
	se := math.Sqrt(sum/2) / math.Sqrt(3)
	half, noise := 0.0, 0.0
	for run := range runs {
		var all []Matched
		for _, g := range gaps {
			one := &Spectrum{Dim: 1, Rank: 1, Values: []float64{0.5}}
			all = append(all, Matched{Spectrum: one, Law: uniform{0, 1, 0}, Stieltjes: []complex128{one.Stieltjes(1i) - complex(g, 0)}})
		}
		c, err := Compare(all, []complex128{1i}, replicate.NewStream(1, "one number", run))
		if err != nil {
			t.Fatal(err)
		}
		d := c.At[0].Gap
		if math.Abs(d.Value-mean) > 1e-15 || math.Abs(d.Lo-max(0, 2*d.Value-d.Hi)) > 1e-15 || d != c.Stieltjes {
			t.Fatalf("%+v at the only z, %+v over all, want %v", d, c.Stieltjes, mean)
		}
		half += (d.Hi - d.Value) / runs
		noise += d.Noise / runs
	}
	if want := student * se; math.Abs(half/want-1) > tolerance {
		t.Errorf("mean half-width %v, want %v", half, want)
	}
	if want := math.Sqrt(2/math.Pi) * se; math.Abs(noise/want-1) > tolerance {
		t.Errorf("mean noise %v, want %v", noise, want)
	}
}

// uniformStieltjes is that of the uniform distribution on [shift, 1+shift] at i/2.
func uniformStieltjes(shift float64) complex128 {
	const n = 20000
	sum := complex128(0)
	for k := range n {
		sum += 1 / (complex(shift+(float64(k)+0.5)/n, 0) - 0.5i)
	}
	return sum / n
}

// One matrix has no interval.
func TestSingleMatrix(t *testing.T) {
	one := &Spectrum{Dim: 2, Rank: 2, Values: []float64{0.2, 0.7}}
	c, err := Compare([]Matched{{Spectrum: one, Law: uniform{0, 1, 0}}}, nil, replicate.NewStream(1, "single", 0))
	if err != nil {
		t.Fatal(err)
	}
	if !math.IsNaN(c.Kolmogorov.Lo) || !math.IsNaN(c.Wasserstein.Noise) || math.Abs(c.Kolmogorov.Value-0.3) > 1e-15 {
		t.Errorf("%+v", c)
	}
}

func law(t testing.TB, gamma float64, values, weights []float64) *Law {
	t.Helper()
	p, err := Atoms(values, weights)
	if err != nil {
		t.Fatal(err)
	}
	l, err := Solve(p, gamma)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A table reproduces its law everywhere, with an atom, a hard edge, two
// intervals, signs, and two intervals about to merge.
func TestTable(t *testing.T) {
	for _, c := range []struct {
		name     string
		l        *Law
		accuracy float64
	}{
		{"classical", law(t, 0.5, []float64{1}, []float64{1}), 1e-9},
		{"atom", law(t, 6, []float64{1}, []float64{1}), 1e-9},
		{"hard edge", law(t, 1, []float64{1}, []float64{1}), 1e-9},
		{"two intervals", law(t, 2, []float64{1, 8}, []float64{0.5, 0.5}), 1e-9},
		{"signed", law(t, 2, []float64{-1, 0, 1}, []float64{0.2, 0.3, 0.5}), 1e-9},
		{"nearly merging", law(t, 2, []float64{1, 5}, []float64{0.5, 0.5}), 1e-7},
	} {
		table, err := Tabulate(c.l, c.accuracy)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		support, err := c.l.Support()
		if err != nil {
			t.Fatal(err)
		}
		lo, hi := support[0].Lo-0.1, support[len(support)-1].Hi+0.1
		for k := range 2000 {
			x := lo + (hi-lo)*(float64(k)+0.317)/2000
			want, err := c.l.CDF(x)
			if err != nil {
				t.Fatal(err)
			}
			below, upTo := table.Limits(x)
			if math.Abs(upTo-want) > 3*c.accuracy || below != upTo {
				t.Errorf("%s: F(%v) is %v and %v, want %v", c.name, x, below, upTo, want)
			}
		}
		below, upTo := table.Limits(0)
		if math.Abs(upTo-below-c.l.AtomAtZero()) > 1e-12 {
			t.Errorf("%s: the atom at 0 is %v, want %v", c.name, upTo-below, c.l.AtomAtZero())
		}
	}
	if _, err := Tabulate(law(t, 1, []float64{1}, []float64{1}), 0); err == nil {
		t.Error("accuracy 0 was accepted")
	}
}

// Zeros are told by rank; an eigenvalue of size where a zero must be is an
// error, and so is a value out of order.
func TestExactZeros(t *testing.T) {
	s, err := exactZeros([]float64{-2, -1e-16, 1e-17, 3}, 2)
	if err != nil || !slices.Equal(s.Values, []float64{-2, 3}) || s.Zero() != 0.5 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := exactZeros([]float64{-2, -1e-16, 1e-3, 3}, 2); err == nil {
		t.Error("1e-3 passed for a zero")
	}
	if _, err := exactZeros([]float64{1, math.NaN()}, 2); err == nil {
		t.Error("NaN passed")
	}
	if _, err := Pool([]Spectrum{{Dim: 2, Rank: 2, Values: []float64{2, 1}}}); err == nil {
		t.Error("descending values passed")
	}
}

func BenchmarkKolmogorov(b *testing.B) {
	e, err := NewClassical(400, 800)
	if err != nil {
		b.Fatal(err)
	}
	x := &Experiment{Ensemble: e}
	m, err := x.Draw(context.Background(), replicate.NewStream(1, "benchmark", 0))
	if err != nil {
		b.Fatal(err)
	}
	pooled, table, err := x.matched(m)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		Kolmogorov(pooled, table)
	}
}
