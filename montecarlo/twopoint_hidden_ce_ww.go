package montecarlo

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// hiddenCEWW is the two-point sampler of the hidden-weight blocks under
// cross-entropy, H_{w_i w_j} = (1/N) sum_n K_ij(x_n) 1_i 1_j x_n x_n^T with
//
//	K(x) = sum_c p_c (v_c - mu)(v_c - mu)^T,   mu = sum_c p_c v_c,
//
// the covariance of the rows v_c of V under p(x). The pre-activations of the
// pair, and of the single point of the gamma term, come from tilted densities.
//
// Given the features (h, h') the probabilities depend on the parts of the rows
// in their span alone. Those are drawn, two numbers a class; what is orthogonal
// is Gaussian and independent of them, and K_ij K'_ij is averaged over it in
// closed form (see spanNorms). Of the former, one class is tilted in half of the
// samples (see classTilt). That spares C (m-2) normals and the C x m matrix,
// and their share of the variance.
type hiddenCEWW struct {
	setting    Setting
	tilted     bool
	varW, varV float64
	points     *pointSet
	pair       pairTilt
	point      pointTilt
	h, k       []float64
	span       spanNorms
}

func newHiddenCEWW(s Setting, tilted bool) *hiddenCEWW {
	m := s.Hidden
	return &hiddenCEWW{
		setting: s, tilted: tilted, varW: s.Init.Variance(1), varV: s.Init.Variance(float64(m)),
		points: newPoints(2, &s), h: make([]float64, m), k: make([]float64, m),
		pair: pairTilt{most: pairTiltCap(m)}, point: pointTilt{most: pointTiltCap(m)},
		span: spanNorms{variance: s.Init.Variance(float64(m)), tilted: tilted, axes: [2][]float64{make([]float64, m), make([]float64, m)}, active: make([]int, 0, m)},
	}
}

// controls: at finite d |x|^2/d and (x.x')^2/d less their means.
func (t *hiddenCEWW) controls() int { return t.points.controls() }

func (t *hiddenCEWW) sample(s *replicate.Stream, control []float64) (off, diag float64, err error) {
	if err := t.points.draw(s); err != nil {
		return 0, 0, err
	}
	g := t.points.gram
	self, cross := t.setting.weights()
	weight := 1.0 // (x.x')^2/d
	if !t.setting.Limit() {
		weight = float64(t.setting.Dim * g[1] * g[1])
	}
	if t.controls() > 0 {
		control[0] = g[0] - t.points.traces.First
		control[1] = weight - t.points.traces.Second
	}

	t.pair.prepare(float64(t.varW*g[0]), float64(t.varW*g[3]), float64(t.varW*g[1]), tiltOr0(t.tilted, wwPairTilt*t.varV))
	_, logWeight := t.pair.draw(s, t.h, t.k)
	pairOff, pairDiag, err := t.span.draw(s, t.h, t.k, t.setting.Classes)
	if err != nil {
		return 0, 0, err
	}
	scale := float64(cross * weight * elementary.Exp(logWeight))
	off, diag = float64(scale*pairOff), float64(scale*pairDiag)

	t.point.prepare(float64(t.varW*g[0]), tiltOr0(t.tilted, wwPointTilt*t.varV))
	_, logWeight = t.point.draw(s, t.h)
	pointOff, pointDiag, err := t.span.draw(s, t.h, t.h, t.setting.Classes)
	if err != nil {
		return 0, 0, err
	}
	scale = float64(self * float64(g[0]*g[0]) * elementary.Exp(logWeight))
	off += float64(scale * pointOff)
	diag += float64(scale * pointDiag)
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a block norm is not finite: off %v, diag %v", off, diag)
	}
	return off, diag, nil
}
