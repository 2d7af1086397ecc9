package lindeberg

import (
	"context"
	"errors"
	"math"
	"math/cmplx"
	"reflect"
	"strings"
	"testing"
	"time"

	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

var testPoints = []complex128{0.1 + 0.1i, -0.05 + 0.2i}

func estimate(t *testing.T, s Setting, precision verdict.Precision, opt verdict.Options) []Gap {
	t.Helper()
	gaps, err := Estimate(context.Background(), s, testPoints, precision, opt)
	if err != nil {
		t.Fatal(err)
	}
	return gaps
}

// Every combination of path and coupling estimates one number: within 5 standard
// errors (6e-7 a comparison). A copy with the wrong scale is far off.
func TestPathsAndCouplingsAgree(t *testing.T) {
	s := at(linear(3, false), 16, 0.5)
	reference := estimate(t, s, verdict.Precision{Replicates: 6000}, verdict.Options{Seed: 1})
	for _, other := range []Setting{{Path: Data, Coupling: Independent}, {Path: Weights}} {
		o := s
		o.Path, o.Coupling = other.Path, other.Coupling
		for k, g := range estimate(t, o, verdict.Precision{Replicates: 3000}, verdict.Options{Seed: 1}) {
			w := &reference[k]
			if math.Abs(real(g.Delta-w.Delta)) > 5*math.Hypot(g.SERe, w.SERe) || math.Abs(imag(g.Delta-w.Delta)) > 5*math.Hypot(g.SEIm, w.SEIm) {
				t.Errorf("%s: delta(%v) = %v ± %v ± %v, on the shared data path %v", g.Setting, g.Z, g.Delta, g.SERe, g.SEIm, w.Delta)
			}
		}
	}
	for _, g := range reference {
		if d := cmplx.Abs(g.Delta); d < 5*math.Hypot(g.SERe, g.SEIm) {
			t.Errorf("the gap %v is not seen: the comparison could not fail", g.Delta)
		}
		if !(g.Closure <= ClosureTolerance) || g.Nodes < 24 || !(g.Rank <= 1) || g.Rank == 0 {
			t.Errorf("%+v", g)
		}
	}
}

// The same numbers for any number of workers and after a resume; others for another
// seed.
func TestEstimateIsReproducible(t *testing.T) {
	s := at(linear(3, true), 20, 0.5)
	precision := verdict.Precision{RelError: 0.5}
	want := estimate(t, s, precision, verdict.Options{Seed: 3, Workers: 1})
	if got := estimate(t, s, precision, verdict.Options{Seed: 3, Workers: 3}); !reflect.DeepEqual(got, want) {
		t.Errorf("3 workers: %+v, want %+v", got, want)
	}
	if got := estimate(t, s, precision, verdict.Options{Seed: 4}); got[0].Delta == want[0].Delta {
		t.Error("seed 4 gives the numbers of seed 3")
	}
	dir := t.TempDir()
	for range 2 {
		folder, err := replicate.OpenFolder(dir)
		if err != nil {
			t.Fatal(err)
		}
		if got := estimate(t, s, precision, verdict.Options{Seed: 3, State: folder}); !reflect.DeepEqual(got, want) {
			t.Errorf("with state: %+v, want %+v", got, want)
		}
	}
	for _, g := range want {
		if !g.Reached || g.RelativeError() > 0.5 {
			t.Errorf("%+v", g)
		}
	}
	short := estimate(t, s, verdict.Precision{RelError: 1e-4, Replicates: 300}, verdict.Options{Seed: 3})
	if short[0].Reached || short[0].Replicates < 300 || short[0].Replicates > 400 {
		t.Errorf("with a cap: %+v", short[0])
	}
}

func TestMomentsMerge(t *testing.T) {
	var all, a, b gapMoments
	s := replicate.NewStream(1, "moments", 0)
	for i := range 100 {
		z := complex(s.Normal(), 3+s.Normal())
		all.add(z)
		if i < 37 {
			a.add(z)
		} else {
			b.add(z)
		}
	}
	a.merge(b)
	for _, d := range []float64{a.Re - all.Re, a.Im - all.Im, a.SqRe - all.SqRe, a.SqIm - all.SqIm} {
		if math.Abs(d) > 1e-12 || a.N != 100 {
			t.Errorf("%+v, want %+v", a, all)
		}
	}
}

// Standard errors, the factor to an interval and the variance of a gap, by hand, with
// parts that differ and at a size where n and n-1, and Student's quantile and the
// normal one, differ; merged too.
func TestGapErrors(t *testing.T) {
	var m, a, b gapMoments
	for i, z := range []complex128{1 + 10i, 2 + 20i, 4 + 70i, 5 + 20i} { // squares about means 3, 30: 10, 2200
		m.add(z)
		if i < 1 {
			a.add(z)
		} else {
			b.add(z)
		}
	}
	a.merge(b)
	s := linear(3, false)
	const student = 3.182446305284263 // t_{0.975, 3}
	for _, m := range []gapMoments{m, a} {
		g := s.gap(testPoint, &m)
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"re", real(g.Delta), 3}, {"im", imag(g.Delta), 30}, {"error of re", g.SERe, math.Sqrt(10. / 12)}, {"error of im", g.SEIm, math.Sqrt(2200. / 12)},
			{"variance", g.Variance, 2210. / 3}, {"half", g.Half, student}, {"relative error", g.RelativeError(), student * math.Sqrt(2210./12) / math.Sqrt(909)},
		} {
			if math.Abs(c.got/c.want-1) > 1e-9 {
				t.Errorf("%s: %v, want %v", c.name, c.got, c.want)
			}
		}
	}
}

func TestEstimateRefusesAndStops(t *testing.T) {
	ok := at(linear(3, false), 20, 0.5)
	for _, c := range []struct {
		change func(s *Setting)
		want   string
	}{
		{func(s *Setting) { s.Model, s.Block, s.Hidden, s.Path = network.Hidden, network.WW, 3, Weights }, "Lambda jumps"},
		{func(s *Setting) { s.Model, s.Hidden = network.Hidden, 3 }, "law of large numbers"},
		{func(s *Setting) { s.Model, s.Block, s.Hidden = network.Hidden, network.WV, 3 }, "not of the form"},
		{func(s *Setting) { s.Block = network.WW }, "model linear has no block ww"},
		{func(s *Setting) { s.Dim = 3 }, "dim must be larger than C = 3"},
		{func(s *Setting) { s.Model, s.Block, s.Hidden, s.Dim = network.Hidden, network.WW, 8, 8 }, "dim must be larger than m = 8"},
		{func(s *Setting) { s.Classes = 1 }, "classes must be at least 2"},
		{func(s *Setting) { s.Path = "sideways" }, "unknown path"},
		{func(s *Setting) { s.Coupling = "loose" }, "unknown coupling"},
		{func(s *Setting) { s.Kappa = -1 }, "kappa must be positive"},
		{func(s *Setting) { s.Samples, s.Dim = 1<<20, 1<<20 }, "GiB"},
	} {
		s := ok
		c.change(&s)
		if _, err := Estimate(context.Background(), s, testPoints, verdict.Precision{Replicates: 10}, verdict.Options{}); err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: %v, want %q", s, err, c.want)
		}
	}
	for _, points := range [][]complex128{nil, {0.1}, {0.1 - 0.1i}, {complex(math.NaN(), 1)}, {complex(0, math.Inf(1))}} {
		if _, err := Estimate(context.Background(), ok, points, verdict.Precision{Replicates: 10}, verdict.Options{}); err == nil {
			t.Errorf("points %v are not refused", points)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, err := Estimate(ctx, at(ok, 200, 0.5), testPoints, verdict.Precision{RelError: 1e-4}, verdict.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("after a cancel: %v", err)
	}
}

// Where the integral would need more nodes than there are the closure is NaN and the
// gap is not affected.
func TestClosureThatDoesNotConverge(t *testing.T) {
	gaps, err := Estimate(context.Background(), at(linear(3, false), 20, 0.5), []complex128{0.1 + 1e-5i}, verdict.Precision{Replicates: 2}, verdict.Options{})
	if err != nil || !math.IsNaN(gaps[0].Closure) || cmplx.IsNaN(gaps[0].Delta) {
		t.Errorf("%+v %v", gaps, err)
	}
}

// E s along the path: its ends differ by the gap of the same draws' law.
func TestAveragePath(t *testing.T) {
	s := at(linear(3, false), 20, 0.5)
	points, err := AveragePath(context.Background(), s, testPoint, 4, 2000, verdict.Options{Seed: 1})
	if err != nil || len(points) != 5 || points[0].Theta != 0 || points[4].Theta != math.Pi/2 {
		t.Fatal(points, err)
	}
	g := estimate(t, s, verdict.Precision{Replicates: 2000}, verdict.Options{Seed: 1})[0]
	difference := points[0].S - points[4].S - g.Delta
	se := math.Sqrt(points[0].SERe*points[0].SERe + points[4].SERe*points[4].SERe + points[0].SEIm*points[0].SEIm + points[4].SEIm*points[4].SEIm + g.SERe*g.SERe + g.SEIm*g.SEIm)
	if !(cmplx.Abs(difference) < 5*se) || se == 0 {
		t.Errorf("ends differ by %v, gap %v, standard error %v", points[0].S-points[4].S, g.Delta, se)
	}
	// The error is that of the mean (guards against that of a replicate, or of a
	// mean over n^2): four times as many replicates halve it. The ratio of two
	// estimated deviations of light-tailed values wanders by 4 %.
	few, err := AveragePath(context.Background(), s, testPoint, 4, 500, verdict.Options{Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	for k := range few {
		if re, im := few[k].SERe/points[k].SERe, few[k].SEIm/points[k].SEIm; math.Abs(re-2) > 0.4 || math.Abs(im-2) > 0.4 {
			t.Errorf("theta %v: standard errors of 500 and 2000 replicates are as %v and %v, want 2", few[k].Theta, re, im)
		}
	}
}

func BenchmarkGap(b *testing.B) {
	for _, n := range []int{40, 80, 160, 320} {
		for _, coupling := range []Coupling{Shared, Independent} {
			s := at(linear(3, false), n, 0.5)
			s.Coupling = coupling
			b.Run(s.String(), func(b *testing.B) {
				r, err := New(s)
				if err != nil {
					b.Fatal(err)
				}
				b.ReportAllocs()
				stream := replicate.NewStream(1, "bench", 0)
				for b.Loop() {
					r.Draw(stream)
					r.Gap(testPoint)
				}
				s := r.Setting()
				b.ReportMetric(s.Flops()*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFlop/s")
			})
		}
	}
}

func BenchmarkIntegrate(b *testing.B) {
	s := at(linear(3, false), 160, 0.5)
	r, err := New(s)
	if err != nil {
		b.Fatal(err)
	}
	r.Draw(replicate.NewStream(1, "bench", 0))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Integrate(testPoint, 1e-10); err != nil {
			b.Fatal(err)
		}
	}
}
