package montecarlo

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/elementary"
	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
)

// largeLogits draws logits of two points and three batches of classes whose
// exponentials, or powers of these, are no doubles unless up is 0; with step,
// later batches are larger still.
func largeLogits(s *replicate.Stream, up [2]float64, step float64) (z [2][]float64) {
	for k := range z {
		for c := range 3 * batch {
			z[k] = append(z[k], 2*s.Normal()+up[k]+step*float64(c/batch))
		}
	}
	return z
}

var largeCases = []struct {
	up   [2]float64
	step float64
}{{}, {up: [2]float64{0, 400}}, {up: [2]float64{169, 171}}, {up: [2]float64{2000, 5}, step: 1}, {up: [2]float64{1e5, -1e5}, step: 2}, {step: 180}}

// softmax is exact for logits of any size.
func softmax(z []float64) []float64 {
	top, total := largest(z), 0.0
	p := make([]float64, len(z))
	for c, v := range z {
		p[c] = math.Exp(v - top)
		total += p[c]
	}
	for c := range p {
		p[c] /= total
	}
	return p
}

// closeTo allows for the rounding of a logit of 10^5.
func closeTo(got, want float64) bool { return math.Abs(got-want) <= 1e-9*math.Abs(want)+1e-15 }

// TestSoftmaxSumsOfLargeLogits holds block norms against sums over classes of
// probabilities, at logits of any size.
func TestSoftmaxSumsOfLargeLogits(t *testing.T) {
	norms := func(p, q []float64) (off, diag float64) {
		for i := range p {
			for j := range p {
				if i != j {
					off += p[i] * p[j] * q[i] * q[j]
				}
			}
			diag += p[i] * (1 - p[i]) * q[i] * (1 - q[i])
		}
		c := float64(len(p))
		return off / (c * (c - 1)), diag / c
	}
	for _, c := range largeCases {
		z := largeLogits(replicate.NewStream(1, "large logits", 0), c.up, c.step)
		sums := newSoftmaxSums(2)
		for from := 0; from < 3*batch; from += batch {
			copy(sums.row(0, batch), z[0][from:])
			copy(sums.row(1, batch), z[1][from:])
			sums.exponentiate(batch, 2)
			sums.accumulate(batch, 2)
		}
		p, q := softmax(z[0]), softmax(z[1])
		check := func(name string, off, diag, wantOff, wantDiag float64) {
			if !closeTo(off, wantOff) || !closeTo(diag, wantDiag) {
				t.Errorf("logits up by %v and %v: %s has norms %.12g, %.12g, want %.12g, %.12g", c.up, c.step, name, off, diag, wantOff, wantDiag)
			}
		}
		for k, p := range [][]float64{p, q} {
			off, diag := sums.pointNorms(k, len(p))
			wantOff, wantDiag := norms(p, p)
			check("a point", off, diag, wantOff, wantDiag)
		}
		off, diag := sums.pairNorms(0, 1, len(p))
		wantOff, wantDiag := norms(p, q)
		check("the pair", off, diag, wantOff, wantDiag)
	}
}

// TestJointSumsOfLargeLogits does the same for the sums of hidden-weight blocks, of
// two points and of one.
func TestJointSumsOfLargeLogits(t *testing.T) {
	for _, c := range largeCases {
		for _, same := range []bool{false, true} {
			s := replicate.NewStream(1, "joint sums", 0)
			z := largeLogits(s, c.up, c.step)
			if same {
				z[1] = z[0]
			}
			x, y := make([]float64, len(z[0])), make([]float64, len(z[0]))
			s.Normals(x)
			s.Normals(y)
			sums := jointSums{same: same}
			for from := 0; from < len(x); from += batch {
				e := append([]float64(nil), z[0][from:from+batch]...)
				f := append([]float64(nil), z[1][from:from+batch]...)
				sums.exponentiate(0, e)
				if same {
					copy(f, e)
				} else {
					sums.exponentiate(1, f)
				}
				joint := make([]float64, batch)
				for c := range joint {
					joint[c] = e[c] * f[c]
				}
				x, y := x[from:from+batch], y[from:from+batch]
				sums.p.add(e, x)
				sums.pp += squareNorm(e)
				sums.pq.add(joint, x)
				sums.ppq += products(joint, e)
				if !same {
					sums.q.add(f, x)
					sums.p.addSecond(e, x, y)
					sums.q.addSecond(f, x, y)
					sums.pq.addSecond(joint, x, y)
					sums.qq += squareNorm(f)
					sums.pqq += products(joint, f)
				}
			}
			if same {
				sums.close()
				clear(y) // not summed
			}
			p, q := softmax(z[0]), softmax(z[1])
			mean := func(w func(c int) float64, a, b []float64) (sum float64) {
				for c := range a {
					sum += w(c) * a[c] * b[c]
				}
				return sum
			}
			one := make([]float64, len(x))
			for c := range one {
				one[c] = 1
			}
			zp, zq := sums.p.one, sums.q.one
			for name, part := range map[string]struct {
				sums   spanSums
				norm   float64
				weight func(c int) float64
			}{
				"p": {sums.p, zp, func(c int) float64 { return p[c] }}, "q": {sums.q, zq, func(c int) float64 { return q[c] }},
				"pq": {sums.pq, zp * zq, func(c int) float64 { return p[c] * q[c] }},
			} {
				s, w := part.sums, part.weight
				for moment, pair := range map[string][2]float64{
					"1": {s.one, mean(w, one, one)}, "x": {s.x, mean(w, x, one)}, "y": {s.y, mean(w, y, one)},
					"xx": {s.xx, mean(w, x, x)}, "xy": {s.xy, mean(w, x, y)}, "yy": {s.yy, mean(w, y, y)},
				} {
					if got := pair[0] / part.norm; !closeTo(got, pair[1]) {
						t.Errorf("logits up by %v and %v, same %v: sum of %s %s is %.12g, want %.12g", c.up, c.step, same, name, moment, got, pair[1])
					}
				}
			}
			for name, pair := range map[string][2]float64{
				"pp": {sums.pp / zp / zp, mean(func(c int) float64 { return p[c] }, p, one)}, "qq": {sums.qq / zq / zq, mean(func(c int) float64 { return q[c] }, q, one)},
				"ppq": {sums.ppq / zp / zp / zq, mean(func(c int) float64 { return p[c] }, p, q)}, "pqq": {sums.pqq / zp / zq / zq, mean(func(c int) float64 { return p[c] }, q, q)},
			} {
				if !closeTo(pair[0], pair[1]) {
					t.Errorf("logits up by %v and %v, same %v: sum of %s is %.12g, want %.12g", c.up, c.step, same, name, pair[0], pair[1])
				}
			}
		}
	}
}

// TestClassTiltWeightOfShiftedSums: the weight of a tilted sample is the same
// whatever was subtracted from its logits.
func TestClassTiltWeightOfShiftedSums(t *testing.T) {
	tilt := classTilt{exponent: 3, mixed: true}
	for _, shift := range []float64{1, 300, -300} {
		f := math.Exp(-shift / 2)
		if got, want := tilt.weight(40*f*f, shift, 7), tilt.weight(40, 0, 7); !closeTo(got, want) {
			t.Errorf("shift %v: one class: weight %v, want %v", shift, got, want)
		}
		// Of two classes the square of the sum must be a double.
		if got, want := tilt.weightOfTwo(40*f, 900*f*f, shift/2, 7), tilt.weightOfTwo(40, 900, 0, 7); !closeTo(got, want) {
			t.Errorf("shift %v: two classes: weight %v, want %v", shift, got, want)
		}
	}
	if w, w2 := tilt.weight(40, 1e4, 7), tilt.weightOfTwo(40, 900, 1e4, 7); w != 0 || w2 != 0 {
		t.Errorf("logits far beyond the tilt's: weights %v and %v, want 0", w, w2)
	}
}

// TestLargeLogits: samplers whose logits reach hundreds, because a tilt makes
// features long or because data are not normalised, estimate what exact values
// and Gram matrices say. (Summed as they are, exponentials made NaN of each.)
func TestLargeLogits(t *testing.T) {
	z := elementary.NormalUpperQuantile(falseAlarm / 8)
	t.Run("one unit", func(t *testing.T) {
		s := with(hiddenCE(network.VV, 10, 1), func(s *Setting) { s.Init = network.He })
		want, err := theorem.HiddenCEVVRatio(10, 1, 4)
		if err != nil {
			t.Fatal(err)
		}
		got := draw(t, sampler(t, estimator(t, s, TwoPoint)), "one unit", 100_000, want)
		if math.Abs(got.gap) > z*got.gapSE {
			t.Errorf("off - R diag is %.3g(%.2g), want 0", got.gap, got.gapSE)
		}
		if got.gapSE > 0.02*want*got.diag {
			t.Errorf("a standard error of %.2g sees less than it should", got.gapSE/(want*got.diag))
		}
	})
	// A logit's standard deviation is some 60.
	x := mat.NewDense(12, 5, nil)
	stream := replicate.NewStream(3, "large data", 0)
	for i := range x.RawMatrix().Data {
		x.RawMatrix().Data[i] = 60 * stream.Normal()
	}
	data, err := MatrixData(x)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]Setting{
		"linear": linear(3, 0, 0), "output weights": with(hidden(network.VV, 3, 4, 0, 0), ce), "hidden weights": with(hidden(network.WW, 3, 4, 0, 0), ce),
	} {
		t.Run(name, func(t *testing.T) {
			s.Data = data
			two := draw(t, sampler(t, estimator(t, s, TwoPoint)), "large "+name, 300_000, 0)
			gram := draw(t, sampler(t, estimator(t, s, Gram)), "large gram "+name, 40_000, 0)
			for norm, v := range map[string][4]float64{"off": {two.off, gram.off, two.offSE, gram.offSE}, "diag": {two.diag, gram.diag, two.diagSE, gram.diagSE}} {
				se := math.Hypot(v[2], v[3])
				if math.Abs(v[0]-v[1]) > z*se {
					t.Errorf("%s: twopoint %.5g(%.2g), gram %.5g(%.2g)", norm, v[0], v[2], v[1], v[3])
				}
				if se > 0.05*v[1] {
					t.Errorf("%s: a standard error of %.2g sees less than it should", norm, se/v[1])
				}
			}
		})
	}
}
