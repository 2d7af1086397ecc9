package montecarlo

import (
	"math"
	"testing"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// The closed form of the mean over V given its rows' parts in the span of the two
// features, against V's whose other parts are drawn, block by block of the
// definition. A trace left out of Wick's formula must show.
func TestSpanNormsByDrawingTheComplement(t *testing.T) {
	const classes, draws = 4, 200_000
	h := []float64{1.2, 0, 0.4, 2, 0.7}
	k := []float64{0.5, 0.8, 1.1, 0.3, 0}
	twice := make([]float64, len(h))
	for i, v := range h {
		twice[i] = 2 * v
	}
	for _, c := range []struct {
		name string
		h, k []float64
	}{{"two points", h, k}, {"one point", h, h}, {"parallel features", h, twice}, {"one unit", []float64{0, 0.9, 0}, []float64{0, 1.4, 0}}} {
		m := len(c.h)
		span := spanNorms{variance: 1.0 / 3, axes: [2][]float64{make([]float64, m), make([]float64, m)}}
		s := replicate.NewStream(1, "span", m)
		off, diag, err := span.draw(s, c.h, c.k, classes)
		if err != nil {
			t.Fatal(err)
		}
		var sum, square, bare [2]float64
		v := make([][]float64, classes)
		for range draws {
			for a := range v {
				row := make([]float64, m)
				var along [2]float64
				for i := range row {
					row[i] = math.Sqrt(span.variance) * s.Normal()
					along[0] += row[i] * span.axes[0][i]
					along[1] += row[i] * span.axes[1][i]
				}
				for i := range row {
					row[i] += (span.x[a]-along[0])*span.axes[0][i] + (span.y[a]-along[1])*span.axes[1][i]
				}
				v[a] = row
			}
			o, d := productNorms(v, c.h, c.k)
			for n, x := range [2]float64{o, d} {
				sum[n] += x / draws
				square[n] += x * x / draws
			}
		}
		for n, got := range [2]float64{off, diag} {
			se := math.Sqrt((square[n] - sum[n]*sum[n]) / draws)
			z := elementary.NormalUpperQuantile(falseAlarm / 20)
			if math.Abs(got-sum[n]) > z*se {
				t.Errorf("%s: norm %d is %.6g, drawn %.6g(%.2g)", c.name, n, got, sum[n], se)
			}
		}
		// The parts in the span alone, with nothing drawn beside them.
		for a := range v {
			clear(v[a])
			for i := range v[a] {
				v[a][i] = span.x[a]*span.axes[0][i] + span.y[a]*span.axes[1][i]
			}
		}
		bare[0], bare[1] = productNorms(v, c.h, c.k)
		if m > 3 && math.Abs(bare[1]-diag) < 0.1*diag {
			t.Errorf("%s: the complement makes no difference to see: %.4g and %.4g", c.name, bare[1], diag)
		}
	}
}

// productNorms returns the averages over i != j and i = j of K_ij K'_ij 1_i 1_j
// 1'_i 1'_j by their definition.
func productNorms(v [][]float64, h, k []float64) (off, diag float64) {
	m := len(h)
	covariance := func(h []float64) func(i, j int) float64 {
		p, total := make([]float64, len(v)), 0.0
		for a, row := range v {
			z := 0.0
			for i, x := range h {
				z += x * row[i]
			}
			p[a] = math.Exp(z)
			total += p[a]
		}
		return func(i, j int) float64 {
			if h[i] <= 0 || h[j] <= 0 {
				return 0
			}
			var x, y, xy float64
			for a, row := range v {
				x += p[a] / total * row[i]
				y += p[a] / total * row[j]
				xy += p[a] / total * row[i] * row[j]
			}
			return xy - x*y
		}
	}
	a, b := covariance(h), covariance(k)
	for i := range m {
		for j := range m {
			if i == j {
				diag += a(i, i) * b(i, i) / float64(m)
			} else {
				off += a(i, j) * b(i, j) / float64(m*(m-1))
			}
		}
	}
	return off, diag
}

// Tilting a class changes no mean, for one point and for two, whatever the number
// of classes; and without its weight it would, by more than is allowed here.
func TestClassTiltIsExact(t *testing.T) {
	h := []float64{1.2, 0.3, 0.4, 1.1, 0.7}
	k := []float64{0.5, 0.8, 1.1, 0.3, 1.2}
	for _, classes := range []int{2, 10, 100} {
		for name, second := range map[string][]float64{"one point": h, "two points": k} {
			var means, errors [2][2]float64
			var bare [2]float64
			n := 8_000_000 / (classes + 20)
			for tilted := range 2 {
				span := spanNorms{variance: 0.2, axes: [2][]float64{make([]float64, 5), make([]float64, 5)}, tilted: tilted == 1}
				s := replicate.NewStream(1, "class tilt "+name, classes)
				var sum, square [2]float64
				for range n {
					off, diag, err := span.draw(s, h, second, classes)
					if err != nil {
						t.Fatal(err)
					}
					for k, x := range [2]float64{off, diag} {
						sum[k] += x
						square[k] += x * x
					}
					if tilted == 1 {
						bare[1] += diag / span.weight / float64(n)
					}
				}
				for k := range sum {
					means[tilted][k] = sum[k] / float64(n)
					errors[tilted][k] = math.Sqrt((square[k]/float64(n) - means[tilted][k]*means[tilted][k]) / float64(n))
				}
			}
			z := elementary.NormalUpperQuantile(falseAlarm / 20)
			for k := range 2 {
				if math.Abs(means[0][k]-means[1][k]) > z*math.Hypot(errors[0][k], errors[1][k]) {
					t.Errorf("%s, C=%d: norm %d is %.6g(%.2g) untilted, %.6g(%.2g) tilted", name, classes, k, means[0][k], errors[0][k], means[1][k], errors[1][k])
				}
			}
			if seen := math.Abs(bare[1]-means[0][1]) > z*math.Hypot(errors[0][1], errors[1][1]); !seen && name == "one point" {
				t.Errorf("%s, C=%d: without its weight the tilt goes unnoticed: %.6g for %.6g", name, classes, bare[1], means[0][1])
			}
		}
	}
}

// The weights of tilted and untilted samples together have mean 1, of one class tilted
// and of two: measured to 1e-4, where block norms would show 1 %. False alarm: 1e-6.
func TestClassTiltWeightsHaveMeanOne(t *testing.T) {
	const classes, variance, n = 50, 0.05, 60_000
	z := elementary.NormalUpperQuantile(falseAlarm / 2 / 2)
	s := replicate.NewStream(1, "class tilt weights", 0)
	for tilted := 1; tilted <= 2; tilted++ {
		var sum, square float64
		for range n {
			tilt := newClassTilt(s, variance, classes, true)
			if !tilt.mixed {
				t.Fatal("no tilt")
			}
			var e, e2 float64
			for c := range classes {
				x := math.Sqrt(variance) * s.Normal()
				if tilt.tilted && c < tilted {
					x += variance
				}
				e += math.Exp(x)
				e2 += math.Exp(2 * x)
			}
			w := tilt.weight(e, 0, classes)
			if tilted == 2 {
				w = tilt.weightOfTwo(e, e2, 0, classes)
			}
			sum += w
			square += w * w
		}
		mean := sum / n
		se := math.Sqrt((square/n - mean*mean) / n)
		if math.Abs(mean-1) > z*se {
			t.Errorf("%d classes tilted: mean weight %v(%.2g)", tilted, mean, se)
		}
		if z*se > 0.001 {
			t.Errorf("%d classes tilted: a standard error of %.2g sees less than it should", tilted, se)
		}
	}
}
