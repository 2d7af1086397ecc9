package montecarlo

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// linearCE is the two-point sampler of the linear model under cross-entropy,
// with n points under the same weights.
//
// The logits of the n points are i.i.d. over classes, normal with covariance
// kappa G/d, G the Gram matrix of the points.
type linearCE struct {
	setting Setting
	n       int
	kappa   float64
	points  *pointSet
	limit   bool
	cap     float64 // truncation of e in the controls

	logCap, mean1, mean2 float64 // log cap, and cappedMeans at v = kappa

	sums       *softmaxSums
	capped     []float64 // n x 2: sums of min(e, cap) and its square
	cappedPair []float64 // pairs: sums of min(e, cap) min(e', cap), limit only
	xi, z      []float64 // n
}

// capFraction sets where the controls truncate e = e^z: at this multiple of the
// mean of sum e. Untruncated, the controls' tails are heavier than those of the
// norms (bounded by 1) and the tail gate would stay closed for want of replicates,
// not of precision; truncated much lower they explain less. Measured best between
// 0.1 and 0.3 at C = 10..10^4.
const capFraction = 0.2

func newLinearCE(s Setting, n int) *linearCE {
	kappa := s.Init.Kappa(s.Model)
	t := &linearCE{
		setting: s, n: n, kappa: kappa, points: newPoints(n, &s), limit: s.Limit(),
		cap:  capFraction * float64(s.Classes) * elementary.Exp(kappa/2),
		sums: newSoftmaxSums(n), capped: make([]float64, 2*n), cappedPair: make([]float64, n*(n-1)/2),
		xi: make([]float64, n), z: make([]float64, n),
	}
	t.logCap = elementary.Log(t.cap)
	t.mean1, t.mean2 = t.cappedMeans(kappa)
	return t
}

// cappedMeans returns E min(e^z, cap) and E min(e^z, cap)^2 for z ~ N(0, v).
func (t *linearCE) cappedMeans(v float64) (first, second float64) {
	sd := math.Sqrt(v)
	above := elementary.NormalCDF(-t.logCap / sd)
	first = float64(elementary.Exp(v/2)*elementary.NormalCDF((t.logCap-v)/sd)) + float64(t.cap*above)
	second = float64(elementary.Exp(2*v)*elementary.NormalCDF((t.logCap-float64(2*v))/sd)) + float64(t.cap*t.cap*above)
	return first, second
}

// Controls are left out (they are 0) of points and pairs whose logits vary so much
// that a control would be heavier-tailed than what it controls, and its mean at
// last no double: given data need not be normalised. Whether they are is a function
// of the Gram matrix, given which every control has mean 0.
const (
	maxControlVariance     = 100 // of a logit, for the truncated controls
	maxPairControlVariance = 12  // of z + z', for e e' at finite d, which is not truncated
)

// controls, with e truncated at cap: means over points of sum e/E - 1 and
// sum e^2/E - 1, over pairs of sum e e'/E - 1; at finite d, where E of the
// truncated product has no closed form, that of the plain one, and also
// |x|^2/d and (x.x')^2/d less their means (unless the data are given).
func (t *linearCE) controls() int {
	return 3 + t.points.controls()
}

// leadingOrder is the number of classes from which linearize is used: the
// controls' fluctuations are then below a tenth, and a pilot would be dear.
const leadingOrder = 10_000

// linearize expands the norms in the controls. With a1, a2, a11 as above, sum e
// = C E(e) (1+a1) and so on, hence
//
//	C^4 off:  gamma e^{2k} (1 + 2 a2 - 4 a1 + (2+2k) g) + (1 + 2 a11 - 4 a1 + w)
//	C^2 diag: gamma e^k    (1 +   a2 - 2 a1 + (2+k) g)  + (1 +   a11 - 2 a1 + w)
//
// with k = kappa, g and w the controls |x|^2/d - 1 and (x.x')^2/d - 1. For data
// with trace moments (t, u) instead of (1, 1), k = kappa t, gamma is multiplied by
// t^2, the coefficient 2 of g becomes 2/t, k of g kappa, and the 1 is u.
func (t *linearCE) linearize() (coefficients, bool) {
	if t.setting.Classes < leadingOrder {
		return coefficients{}, false
	}
	trace := t.points.traces
	k := float64(t.kappa * trace.First)
	self, weight := t.setting.weights()
	cross := float64(weight * trace.Second)
	self *= float64(trace.First * trace.First)
	off := float64(self * elementary.Exp(2*k))
	diag := float64(self * elementary.Exp(k))
	power := 2 / trace.First // d log g^2 / dg
	c := coefficients{
		off:  []float64{-4 * (off + cross), 2 * off, 2 * cross, off * (power + float64(2*t.kappa)), weight},
		diag: []float64{-2 * (diag + cross), diag, cross, diag * (power + t.kappa), weight},
	}
	n := t.controls()
	c.off, c.diag = c.off[:n], c.diag[:n]
	c2 := 1 / float64(float64(t.setting.Classes)*float64(t.setting.Classes))
	for j := range n {
		c.off[j] *= float64(c2 * c2)
		c.diag[j] *= c2
	}
	return c, true
}

func (t *linearCE) sample(s *replicate.Stream, control []float64) (off, diag float64, err error) {
	if err := t.points.draw(s); err != nil {
		return 0, 0, err
	}
	t.sums.reset()
	clear(t.capped)
	clear(t.cappedPair)
	root := math.Sqrt(t.kappa)
	for left := t.setting.Classes; left > 0; left -= batch {
		b := min(left, batch)
		t.logits(s, b, root)
		t.sums.exponentiate(b, t.n)
		t.accumulate(b)
		if err := interrupted(s, left); err != nil {
			return 0, 0, err
		}
	}
	off, diag = t.combine(control)
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a block norm is not finite: off %v, diag %v", off, diag)
	}
	return off, diag, nil
}

// logits draws those of b classes.
func (t *linearCE) logits(s *replicate.Stream, b int, root float64) {
	n := t.n
	if t.limit {
		for k := range n {
			z := t.sums.row(k, b)
			for c := range z {
				z[c] = root * s.Normal()
			}
		}
		return
	}
	xi := t.xi[:t.points.columns]
	for c := range b {
		s.Normals(xi)
		t.points.combine(t.z, xi)
		for k, z := range t.z {
			t.sums.e[k*batch+c] = root * z
		}
	}
}

func (t *linearCE) accumulate(b int) {
	t.sums.accumulate(b, t.n)
	pair := 0
	for k := range t.n {
		x := t.sums.row(k, b)
		cappedPowers(t.capped[2*k:2*k+2], x, t.cap)
		for l := range k {
			if t.limit {
				t.cappedPair[pair] += cappedProduct(x, t.sums.row(l, b), t.cap)
			}
			pair++
		}
	}
}

// cappedPowers adds sum min(x, cap) and sum min(x, cap)^2.
func cappedPowers(to, x []float64, cap float64) {
	var c1, c2 float64
	for _, v := range x {
		w := min(v, cap)
		c1 += w
		c2 += float64(w * w)
	}
	to[0] += c1
	to[1] += c2
}

// cappedProduct returns sum min(x, cap) min(y, cap).
func cappedProduct(x, y []float64, cap float64) (sum float64) {
	y = y[:len(x)]
	for i, v := range x {
		sum += float64(min(v, cap) * min(y[i], cap))
	}
	return sum
}

// combine turns the sums into the two squared norms over d, averaged over the
// C(C-1) off-diagonal and C diagonal blocks, over points and over pairs.
func (t *linearCE) combine(control []float64) (off, diag float64) {
	n, c := t.n, float64(t.setting.Classes)
	var a1, a2, a11, gram1, gram2 float64
	var singleOff, singleDiag, pairOff, pairDiag float64
	pair := 0
	for k := range n {
		g := t.points.gram[k*n+k]
		v := float64(t.kappa * g)
		o, d := t.sums.pointNorms(k, t.setting.Classes)
		g2 := float64(g * g)
		singleOff += float64(g2 * o)
		singleDiag += float64(g2 * d)
		m1, m2 := t.mean1, t.mean2
		if !t.limit && v <= maxControlVariance {
			m1, m2 = t.cappedMeans(v)
		}
		if v <= maxControlVariance {
			a1 += float64(t.capped[2*k]/m1/c) - 1
			a2 += float64(t.capped[2*k+1]/m2/c) - 1
		}
		gram1 += g - t.points.traces.First
		for l := range k {
			r := t.points.gram[k*n+l]
			weight := 1.0 // (x.x')^2/d
			if !t.limit {
				weight = float64(t.setting.Dim * r * r)
			}
			o, d := t.sums.pairNorms(l, k, t.setting.Classes)
			pairOff += float64(weight * o)
			pairDiag += float64(weight * d)
			if t.limit {
				a11 += float64(t.cappedPair[pair]/(m1*m1)/c) - 1
			} else {
				sum := v + float64(t.kappa*t.points.gram[l*n+l]) + float64(2*t.kappa*r)
				if sum <= maxPairControlVariance {
					a11 += float64(t.sums.product(l, k)*elementary.Exp(-sum/2)/c) - 1
				}
			}
			gram2 += weight - t.points.traces.Second
			pair++
		}
	}
	points, pairs := float64(n), float64(n*(n-1)/2)
	control[0], control[1], control[2] = a1/points, a2/points, a11/pairs
	if t.controls() > 3 {
		control[3], control[4] = gram1/points, gram2/pairs
	}
	self, cross := t.setting.weights()
	off = float64(self*singleOff)/points + float64(cross*pairOff)/pairs
	diag = float64(self*singleDiag)/points + float64(cross*pairDiag)/pairs
	return off, diag
}
