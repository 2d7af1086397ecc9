package montecarlo

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// The tilts. At large C the integrands grow like e^{2 h.h' Var V} (vv) and
// e^{h.h' Var V} (ww), the single points' like e^{2 |h|^2 Var V} and
// e^{|h|^2 Var V}, all times powers. Tilts go beyond the growth because the
// powers matter: at m = 8, C = 1000 a vv tilt of 2.5 times the growth had a
// ninth of the variance of one at the growth, and lighter tails.
const (
	vvPairTilt  = 5 // in units of Var V, all of them
	vvPointTilt = 2
	wwPairTilt  = 2
	wwPointTilt = 1.5
)

// hiddenCEVV is the two-point sampler of the output-weight blocks of a hidden
// net under cross-entropy, H_{v_i v_j} = (1/N) sum_n lambda_n h_n h_n^T with
// the softmax weights of the linear model.
//
// Given (h, h') the logits are i.i.d. over classes, normal with covariance
// (Var V) Gram(h, h'), so that V need not be drawn. The pre-activations of the
// pair, and those of the single point of the 1/N term, come from tilted
// densities, and so do in half of the samples the logits of two classes.
type hiddenCEVV struct {
	setting Setting
	tilted  bool
	varW    float64 // variance of a hidden weight times its fan-in
	varV    float64 // variance of an output weight
	points  *pointSet
	pair    pairTilt
	point   pointTilt
	h, k    []float64
	sums    *softmaxSums
}

func newHiddenCEVV(s Setting, tilted bool) *hiddenCEVV {
	return &hiddenCEVV{
		setting: s, tilted: tilted, varW: s.Init.Variance(1), varV: s.Init.Variance(float64(s.Hidden)),
		points: newPoints(2, &s), h: make([]float64, s.Hidden), k: make([]float64, s.Hidden),
		pair: pairTilt{most: pairTiltCap(s.Hidden)}, point: pointTilt{most: pointTiltCap(s.Hidden)},
		sums: newSoftmaxSums(2),
	}
}

func (t *hiddenCEVV) controls() int { return 0 }

// tiltOr0 returns theta for an integrand that grows like e^{theta h.h'}, or 0
// when sampling is to be plain.
func tiltOr0(tilted bool, theta float64) float64 {
	if tilted {
		return theta
	}
	return 0
}

func (t *hiddenCEVV) sample(s *replicate.Stream, _ []float64) (off, diag float64, err error) {
	if err := t.points.draw(s); err != nil {
		return 0, 0, err
	}
	g := t.points.gram
	self, cross := t.setting.weights()

	t.pair.prepare(float64(t.varW*g[0]), float64(t.varW*g[3]), float64(t.varW*g[1]), tiltOr0(t.tilted, vvPairTilt*t.varV))
	dot, logWeight := t.pair.draw(s, t.h, t.k)
	weight, err := t.draw(s, squareNorm(t.h), squareNorm(t.k), dot, 2)
	if err != nil {
		return 0, 0, err
	}
	pairOff, pairDiag := t.sums.pairNorms(0, 1, t.setting.Classes)
	scale := float64(cross * float64(dot*dot) * elementary.Exp(logWeight) * weight)
	off, diag = float64(scale*pairOff), float64(scale*pairDiag)

	if self > 0 {
		t.point.prepare(float64(t.varW*g[0]), tiltOr0(t.tilted, vvPointTilt*t.varV))
		square, logWeight := t.point.draw(s, t.h)
		weight, err := t.draw(s, square, square, square, 1)
		if err != nil {
			return 0, 0, err
		}
		pointOff, pointDiag := t.sums.pointNorms(0, t.setting.Classes)
		scale := float64(self * float64(square*square) * elementary.Exp(logWeight) * weight)
		off += float64(scale * pointOff)
		diag += float64(scale * pointDiag)
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a block norm is not finite: off %v, diag %v", off, diag)
	}
	return off, diag, nil
}

// draw sums over the classes' logits of one or two points of the given squared
// norms and inner product (of one point, all the same) and returns the sample's
// weight. The error is the context's.
func (t *hiddenCEVV) draw(s *replicate.Stream, hh, kk, hk float64, points int) (weight float64, err error) {
	f := factor(float64(t.varV*hh), float64(t.varV*kk), float64(t.varV*hk))
	t.sums.reset()
	tilt := newClassTilt(s, float64(t.varV*(hh+kk+float64(2*hk))), t.setting.Classes, t.tilted)
	for left := t.setting.Classes; left > 0; left -= batch {
		b := min(left, batch)
		x, y := t.sums.row(0, b), t.sums.row(1, b)
		for c := range b {
			p := s.Normal()
			x[c] = f.a * p
			if points == 2 {
				q := s.Normal()
				y[c] = float64(f.b*p) + float64(f.c*q)
			}
		}
		t.sums.exponentiate(b, points)
		if tilt.tilted && left == t.setting.Classes {
			// The tilt e^{z+z'} shifts the mean of z by its covariance with z + z',
			// at most 4 ln C: classTilt makes none with longer features.
			up, down := elementary.Exp(float64(t.varV*(hh+hk))), elementary.Exp(float64(t.varV*(kk+hk)))
			for c := range 2 {
				x[c] *= up
				if points == 2 {
					y[c] *= down
				}
			}
		}
		t.sums.accumulate(b, points)
		if err := interrupted(s, left); err != nil {
			return 0, err
		}
	}
	shift := t.sums.shift
	if points == 1 {
		return tilt.weightOfTwo(t.sums.single[1], t.sums.single[3], 2*shift[0], t.setting.Classes), nil
	}
	return tilt.weightOfTwo(t.sums.pair[0], t.sums.pair[3], shift[0]+shift[1], t.setting.Classes), nil
}

func squareNorm(h []float64) (sum float64) {
	for _, x := range h {
		sum += float64(x * x)
	}
	return sum
}
