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
// densities.
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
	t.draw(s, squareNorm(t.h), squareNorm(t.k), dot, 2)
	pairOff, pairDiag := t.sums.pairNorms(0, 1, t.setting.Classes)
	scale := float64(cross * float64(dot*dot) * elementary.Exp(logWeight))
	off, diag = float64(scale*pairOff), float64(scale*pairDiag)

	if self > 0 {
		t.point.prepare(float64(t.varW*g[0]), tiltOr0(t.tilted, vvPointTilt*t.varV))
		square, logWeight := t.point.draw(s, t.h)
		t.draw(s, square, 0, 0, 1)
		pointOff, pointDiag := t.sums.pointNorms(0, t.setting.Classes)
		scale := float64(self * float64(square*square) * elementary.Exp(logWeight))
		off += float64(scale * pointOff)
		diag += float64(scale * pointDiag)
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a logit exceeds the range of exp (|h|^2 is %.3g)", squareNorm(t.h))
	}
	return off, diag, nil
}

// draw sums over the classes' logits of one or two points of the given squared
// norms and inner product.
func (t *hiddenCEVV) draw(s *replicate.Stream, hh, kk, hk float64, points int) {
	f := factor(float64(t.varV*hh), float64(t.varV*kk), float64(t.varV*hk))
	t.sums.reset()
	for left := t.setting.Classes; left > 0; left -= batch {
		b := min(left, batch)
		x, y := t.sums.row(0, b), t.sums.row(1, b)
		for c := range b {
			p := s.Normal()
			x[c] = elementary.Exp(f.a * p)
			if points == 2 {
				q := s.Normal()
				y[c] = elementary.Exp(float64(f.b*p) + float64(f.c*q))
			}
		}
		t.sums.accumulate(b, points)
	}
}

func squareNorm(h []float64) (sum float64) {
	for _, x := range h {
		sum += float64(x * x)
	}
	return sum
}

// hiddenCEWW is the two-point sampler of the hidden-weight blocks under
// cross-entropy, H_{w_i w_j} = (1/N) sum_n K_ij(x_n) 1_i 1_j x_n x_n^T with
//
//	K(x) = sum_c p_c (v_c - mu)(v_c - mu)^T,   mu = sum_c p_c v_c,
//
// the covariance of the rows v_c of V under p(x). V is drawn (C x m); the
// pre-activations of the pair, and of the single point of the gamma term, come
// from tilted densities.
type hiddenCEWW struct {
	setting    Setting
	tilted     bool
	varW, varV float64
	points     *pointSet
	pair       pairTilt
	point      pointTilt
	h, k       []float64
	v          []float64 // C x m
	p          []float64 // C
	active     []int
	mean       []float64 // m
	covH, covK []float64 // m x m, lower triangles of the active units
}

func newHiddenCEWW(s Setting, tilted bool) *hiddenCEWW {
	m := s.Hidden
	return &hiddenCEWW{
		setting: s, tilted: tilted, varW: s.Init.Variance(1), varV: s.Init.Variance(float64(m)),
		points: newPoints(2, &s), h: make([]float64, m), k: make([]float64, m),
		pair: pairTilt{most: pairTiltCap(m)}, point: pointTilt{most: pointTiltCap(m)},
		v: make([]float64, s.Classes*m), p: make([]float64, s.Classes), active: make([]int, 0, m), mean: make([]float64, m),
		covH: make([]float64, m*m), covK: make([]float64, m*m),
	}
}

// controls: at finite d |x|^2/d and (x.x')^2/d less their means, averaged over the
// draws.
func (t *hiddenCEWW) controls() int { return t.points.controls() }

// drawsPerV is the number of data and hidden-weight draws a replicate averages
// under one V, whose C m normals are half the cost of a draw.
const drawsPerV = 2

func (t *hiddenCEWW) sample(s *replicate.Stream, control []float64) (off, diag float64, err error) {
	root := math.Sqrt(t.varV)
	for i := range t.v {
		t.v[i] = root * s.Normal()
	}
	clear(control)
	for range drawsPerV {
		o, d, err := t.draw(s, control)
		if err != nil {
			return 0, 0, err
		}
		off += float64(o / drawsPerV)
		diag += float64(d / drawsPerV)
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a logit exceeds the range of exp (|h|^2 is %.3g)", squareNorm(t.h))
	}
	return off, diag, nil
}

func (t *hiddenCEWW) draw(s *replicate.Stream, control []float64) (off, diag float64, err error) {
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
		control[0] += float64((g[0] - t.points.traces.First) / drawsPerV)
		control[1] += float64((weight - t.points.traces.Second) / drawsPerV)
	}

	t.pair.prepare(float64(t.varW*g[0]), float64(t.varW*g[3]), float64(t.varW*g[1]), tiltOr0(t.tilted, wwPairTilt*t.varV))
	_, logWeight := t.pair.draw(s, t.h, t.k)
	t.activate(t.h, t.k)
	t.covariance(t.covH, t.h)
	t.covariance(t.covK, t.k)
	pairOff, pairDiag := t.norms(t.covH, t.covK)
	scale := float64(cross * weight * elementary.Exp(logWeight))
	off, diag = float64(scale*pairOff), float64(scale*pairDiag)

	t.point.prepare(float64(t.varW*g[0]), tiltOr0(t.tilted, wwPointTilt*t.varV))
	_, logWeight = t.point.draw(s, t.h)
	t.activate(t.h, t.h)
	t.covariance(t.covH, t.h)
	pointOff, pointDiag := t.norms(t.covH, t.covH)
	scale = float64(self * float64(g[0]*g[0]) * elementary.Exp(logWeight))
	off += float64(scale * pointOff)
	diag += float64(scale * pointDiag)
	return off, diag, nil
}

// activate lists the units active at both points: the others contribute
// nothing.
func (t *hiddenCEWW) activate(h, k []float64) {
	t.active = t.active[:0]
	for i, x := range h {
		if x > 0 && k[i] > 0 {
			t.active = append(t.active, i)
		}
	}
}

// covariance fills the lower triangle of K over the active units at the point
// with features h.
func (t *hiddenCEWW) covariance(cov, h []float64) {
	m, active := t.setting.Hidden, t.active
	mean := t.mean[:len(active)]
	clear(mean)
	total := 0.0
	for c := range t.p {
		row := t.v[c*m : (c+1)*m]
		z := 0.0
		for i, x := range h {
			z += float64(x * row[i])
		}
		e := elementary.Exp(z)
		t.p[c] = e
		total += e
		for a, i := range active {
			mean[a] += float64(e * row[i])
		}
	}
	for a := range mean {
		mean[a] /= total
		clear(cov[a*m : a*m+a+1])
	}
	for c, e := range t.p {
		row := t.v[c*m : (c+1)*m]
		for a, i := range active {
			x := float64(e * (row[i] - mean[a]))
			to := cov[a*m : a*m+a+1]
			for b := range to {
				to[b] += float64(x * (row[active[b]] - mean[b]))
			}
		}
	}
	for a := range mean {
		for b := range a + 1 {
			cov[a*m+b] /= total
		}
	}
}

// norms averages K_ij K'_ij over i != j and over i = j.
func (t *hiddenCEWW) norms(a, b []float64) (off, diag float64) {
	m := t.setting.Hidden
	for i := range t.active {
		for j := range i {
			off += float64(a[i*m+j] * b[i*m+j])
		}
		diag += float64(a[i*m+i] * b[i*m+i])
	}
	return 2 * off / float64(m*(m-1)), diag / float64(m)
}
