package montecarlo

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// The tilts, in units of Var V. At large C the integrands grow like e^{2 h.h'}
// and e^{2 |h|^2} (vv), e^{h.h'} and e^{|h|^2} (ww), times powers; these tilts
// go beyond, because the powers matter: measured, vv needs 1/6 of the time that
// 2 takes at m = 8, C = 1000, and its kurtosis is 2.5 where 2 leaves 200.
const (
	vvPairTilt  = 5
	vvPointTilt = 2
	wwPairTilt  = 2
	wwPointTilt = 1.5
)

// hiddenCEVV is the two-point sampler of the output-weight blocks of a hidden
// net under cross-entropy, H_{v_i v_j} = (1/N) sum_n lambda_n h_n h_n^T with
// the softmax weights of the linear model.
//
// Given (h, h') the logits (z_c, z'_c) are i.i.d. over classes, normal with
// covariance (Var V) Gram(h, h'), so that V need not be drawn. By
// exchangeability two classes stand for all, and for these the factors
// e^{z+z'} of the numerators are absorbed into the law of the logits, whose
// means they shift (Cameron and Martin): with Z the sum over the classes, v, w
// and c the variances and covariance,
//
//	E p_1 p_2 p'_1 p'_2         = e^{v+w+2c}     E~ 1/(Z Z')^2,
//	E p_1 (1-p_1) p'_1 (1-p'_1) = e^{(v+w+2c)/2} E~ (Z-e_1)(Z'-e'_1)/(Z Z')^2,
//
// so what is sampled is bounded and nearly constant while no single class
// dominates Z. Where one may (large norms against log C), all classes are drawn
// from the plain law instead and all pairs of classes averaged. The choice
// depends on (h, h') only, given which both are unbiased.
//
// What remains random is (h, h'), drawn from a tilted density; likewise for the
// single point of the 1/N term.
type hiddenCEVV struct {
	setting Setting
	tilted  bool
	varW    float64 // variance of a hidden weight times its fan-in
	varV    float64 // variance of an output weight
	points  *wishart
	pair    pairTilt
	point   pointTilt
	h, k    []float64
	sums    *softmaxSums
	log     float64 // log C
}

func newHiddenCEVV(s Setting, tilted bool) *hiddenCEVV {
	return &hiddenCEVV{
		setting: s, tilted: tilted, varW: s.Init.Variance(1), varV: s.Init.Variance(float64(s.Hidden)),
		points: newWishart(2, s.Dim), h: make([]float64, s.Hidden), k: make([]float64, s.Hidden),
		sums: newSoftmaxSums(2), log: elementary.Log(float64(s.Classes)),
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
	t.points.draw(s)
	g := t.points.gram
	self, cross := t.setting.weights()

	t.pair.prepare(float64(t.varW*g[0]), float64(t.varW*g[3]), float64(t.varW*g[1]), tiltOr0(t.tilted, vvPairTilt*t.varV))
	dot, logWeight := t.pair.draw(s, t.h, t.k)
	pairOff, pairDiag := t.pairNorms(s, squareNorm(t.h), squareNorm(t.k), dot, logWeight)
	scale := float64(cross * float64(dot*dot))
	off, diag = float64(scale*pairOff), float64(scale*pairDiag)

	if self > 0 {
		t.point.prepare(float64(t.varW*g[0]), tiltOr0(t.tilted, vvPointTilt*t.varV))
		square, logWeight := t.point.draw(s, t.h)
		pointOff, pointDiag := t.pointNorms(s, square, logWeight)
		scale := float64(self * float64(square*square))
		off += float64(scale * pointOff)
		diag += float64(scale * pointDiag)
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a logit exceeds the range of exp (|h|^2 is %.3g)", squareNorm(t.h))
	}
	return off, diag, nil
}

// pairNorms estimates E p_1 p_2 p'_1 p'_2 and E p_1 (1-p_1) p'_1 (1-p'_1) for
// a pair with the given squared norms and inner product, times e^logWeight.
func (t *hiddenCEVV) pairNorms(s *replicate.Stream, hh, kk, hk, logWeight float64) (off, diag float64) {
	v, w, c := float64(t.varV*hh), float64(t.varV*kk), float64(t.varV*hk)
	f := factor(v, w, c)
	if !t.spread(max(v, w), c) {
		t.all(s, f, 2)
		off, diag = t.sums.pairNorms(0, 1, t.setting.Classes)
		weight := elementary.Exp(logWeight)
		return float64(weight * off), float64(weight * diag)
	}
	draw := func(shiftX, shiftY float64) (x, y float64) {
		x, y = f.draw(s)
		return elementary.Exp(float64(x) + shiftX), elementary.Exp(float64(y) + shiftY)
	}
	var base, baseK float64 // all classes but two
	for range t.setting.Classes - 2 {
		x, y := draw(0, 0)
		base += x
		baseK += y
	}
	x1, y1 := draw(v+c, w+c)
	x2, y2 := draw(v+c, w+c)
	xp, yp := draw(0, 0)
	// 1/(Z Z')^2 for both, by logarithms: at large norms Z overflows earlier
	// than the result does.
	exponent := v + w + float64(2*c)
	both := elementary.Log(base+x1+x2) + elementary.Log(baseK+y1+y2)
	off = elementary.Exp(logWeight + exponent - float64(2*both))
	z, zk := base+xp, baseK+yp // without class 1
	both = elementary.Log(z+x1) + elementary.Log(zk+y1)
	diag = elementary.Exp(logWeight + float64(exponent/2) + elementary.Log(z) + elementary.Log(zk) - float64(2*both))
	return off, diag
}

// spreadMargin is how many standard deviations a shifted logit is allowed above
// its mean before it may dominate.
const spreadMargin = 3

// spread says whether a class shifted by c above the variance v stays small
// against the sum Z ~ C e^{v/2}.
func (t *hiddenCEVV) spread(v, c float64) bool {
	return float64(v/2)+c+float64(spreadMargin*math.Sqrt(v)) < t.log
}

// all sums over all classes, drawn from the plain law, of one or two points.
func (t *hiddenCEVV) all(s *replicate.Stream, f cholesky, points int) {
	t.sums.reset()
	for left := t.setting.Classes; left > 0; left -= batch {
		b := min(left, batch)
		x, y := t.sums.row(0, b), t.sums.row(1, b)
		for i := range b {
			p := s.Normal()
			x[i] = elementary.Exp(f.a * p)
			if points == 2 {
				q := s.Normal()
				y[i] = elementary.Exp(float64(f.b*p) + float64(f.c*q))
			}
		}
		t.sums.accumulate(b, points)
	}
}

// pointNorms is the same for one point: E (p_1 p_2)^2 and E (p_1 (1-p_1))^2,
// with e^{2z} absorbed.
func (t *hiddenCEVV) pointNorms(s *replicate.Stream, hh, logWeight float64) (off, diag float64) {
	v := float64(t.varV * hh)
	if !t.spread(v, v) {
		t.all(s, factor(v, 0, 0), 1)
		off, diag = t.sums.pointNorms(0, t.setting.Classes)
		weight := elementary.Exp(logWeight)
		return float64(weight * off), float64(weight * diag)
	}
	sd := math.Sqrt(v)
	draw := func(shift float64) float64 { return elementary.Exp(float64(sd*s.Normal()) + shift) }
	base := 0.0
	for range t.setting.Classes - 2 {
		base += draw(0)
	}
	shift := float64(2 * v)
	x1, x2, xp := draw(shift), draw(shift), draw(0)
	off = elementary.Exp(logWeight + float64(4*v) - float64(4*elementary.Log(base+x1+x2)))
	z := base + xp
	diag = elementary.Exp(logWeight + shift + float64(2*elementary.Log(z)) - float64(4*elementary.Log(z+x1)))
	return off, diag
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
	points     *wishart
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
		points: newWishart(2, s.Dim), h: make([]float64, m), k: make([]float64, m),
		v: make([]float64, s.Classes*m), p: make([]float64, s.Classes), active: make([]int, 0, m), mean: make([]float64, m),
		covH: make([]float64, m*m), covK: make([]float64, m*m),
	}
}

// controls: at finite d |x|^2/d - 1 and (x.x')^2/d - 1, averaged over the draws.
func (t *hiddenCEWW) controls() int {
	if t.setting.Limit() {
		return 0
	}
	return 2
}

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
		o, d := t.draw(s, control)
		off += float64(o / drawsPerV)
		diag += float64(d / drawsPerV)
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a logit exceeds the range of exp (|h|^2 is %.3g)", squareNorm(t.h))
	}
	return off, diag, nil
}

func (t *hiddenCEWW) draw(s *replicate.Stream, control []float64) (off, diag float64) {
	t.points.draw(s)
	g := t.points.gram
	self, cross := t.setting.weights()
	weight := 1.0 // (x.x')^2/d
	if !t.setting.Limit() {
		weight = float64(t.setting.Dim * g[1] * g[1])
		control[0] += float64((g[0] - 1) / drawsPerV)
		control[1] += float64((weight - 1) / drawsPerV)
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
	return off, diag
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
