package theorem

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// SoftmaxPairNorms returns
//
//	off  = E[p_1 p_2 p'_1 p'_2],   diag = E[p_1 (1-p_1) p'_1 (1-p'_1)]
//
// for p = softmax(z), p' = softmax(z') with (z_c, z'_c) independent over the
// classes, normal with mean 0, variances v and w and covariance cov: the squared
// norms of off-diagonal and diagonal vv blocks under cross-entropy, given two points'
// Gram matrix, without (phi.phi')^2. v, w in (0, 400], |cov| <= sqrt(v w), classes
// from 2 to MaxClasses. Relative error below 1e-7. It takes a millisecond at
// variances of order 1, and a second where both are 400.
//
// With M_jk(t,t') = E[K_j(t+z) K_k(t'+z')], K_0(x) = exp(-e^x), K_1(x) = e^x exp(-e^x),
//
//	off = int int M_11^2 M_00^{C-2} dt dt'
//	diag = (C-1) off + (C-1)(C-2) int int M_11 M_10 M_01 M_00^{C-3} dt dt',
//
// from 1/S^a = int s^{a-1} e^{-sS} ds/Gamma(a) for both normalisers and 1 - p_1 as
// the sum of the other probabilities, so that only positive terms are added. All
// integrals are over the whole line and analytic in a strip: trapezoid rules.
func SoftmaxPairNorms(classes int, v, w, cov float64) (off, diag float64, err error) {
	if err := checkClasses(classes, 2); err != nil {
		return 0, 0, err
	}
	if !(v > 0 && v <= 400 && w > 0 && w <= 400 && float64(cov*cov) <= float64(v*w)*(1+1e-12)) {
		return 0, 0, fmt.Errorf("variances must be in (0, 400] and the covariance at most their geometric mean, got %v, %v and %v", v, w, cov)
	}
	p := newSoftmaxPair(1)
	p.whole = true
	off, diag = p.norms(float64(classes), v, w, cov)
	return off, diag, nil
}

// softmaxPair computes SoftmaxPairNorms many times in the same memory.
type softmaxPair struct {
	refine float64 // divides all steps; above 1 only in tests
	whole  bool    // counts the rare large normalisers, which matter at few classes and large variances

	t, u     []float64 // nodes of the two normalisers' logarithms
	weight   []float64 // of the nodes of the first logit
	k0, k1   []float64 // t x first logit: weighted K_0, K_1
	d0       []float64 // 1 - K_0
	g0, g1   []float64 // u x first logit: means over the second logit
	gd       []float64
	node     []float64 // e^{spread x} at the nodes x of Q
	share    []float64 // their weights
	below    []float64 // u x first logit: weighted sums of g1 up to there
	above    []float64 // u x first logit: weighted sums of gd from there on
	marginal []float64 // 1 - E K_0 at u

	shareFrom []float64 // sums of shares from each node on
}

func newSoftmaxPair(refine float64) *softmaxPair { return &softmaxPair{refine: refine} }

// Between these K_1 is above 10^-19 of its values about 0; above them K_0 is 0 and
// below them 1 as well.
const (
	kernelFrom = -45
	kernelTo   = 4.2
)

// lineStep is the step in the logarithms of the normalisers: the error of the
// trapezoid rule is about e^{-pi^2/step}.
const lineStep = 0.42

// line returns the nodes i step of t that matter for logits of variance v: from
// where e^t is a small part of the typical normaliser's inverse, and of that of the
// largest which counts beside the norms, of order C^-4, to where M_00^C has vanished.
func (p *softmaxPair) line(to []float64, classes, v float64) []float64 {
	step := lineStep / p.refine
	sd := math.Sqrt(v)
	// complement is 1 - E K_0(t+z), to a few per cent.
	complement := func(t float64) float64 {
		h := min(0.5, 1/sd)
		sum := 0.0
		for x := -8.0; x <= sd+8; x += h {
			sum -= float64(h * elementary.Exp(-0.5*float64(x*x)) * elementary.Expm1(-elementary.Exp(min(700, t+float64(sd*x)))))
		}
		return sum / math.Sqrt(2*math.Pi)
	}
	lo, hi := -elementary.Log(classes)-v-40, 40+float64(8*sd)
	for range 40 {
		if mid := (lo + hi) / 2; complement(mid) < 1/classes {
			lo = mid
		} else {
			hi = mid
		}
	}
	center := lo
	// The integrand falls at least like e^{2t} below, and like M_00^C above, against
	// which it grows at most like e^{4t}.
	last := center + 1
	for ; last < center+200; last += 0.5 {
		if c := complement(last); c > 1-1e-12 || float64(-classes*elementary.Log1p(-min(c, 1-1e-15))) > 24+float64(4*(last-center)) {
			break
		}
	}
	to = to[:0]
	first := center - 10 - float64(2*sd)
	if p.whole {
		rare := 1e-10 / float64(float64(classes*classes)*float64(classes*classes))
		first = min(center, -float64(sd*elementary.NormalUpperQuantile(rare))) - 10
	}
	for i := math.Floor(first / step); float64(i*step) < last; i++ {
		to = append(to, float64(i*step))
	}
	return to
}

func resize(x []float64, n int) []float64 {
	if cap(x) < n {
		return make([]float64, n)
	}
	return x[:n]
}

// kernels returns K_0, K_1 and 1 - K_0 at log u.
func kernels(u float64) (k0, k1, d0 float64) {
	if u > 700 {
		return 0, 0, 1
	}
	if u < 0.5 {
		d0 = -elementary.Expm1(-u)
		k0 = 1 - d0
	} else {
		k0 = elementary.Exp(-u)
		d0 = 1 - k0
	}
	return k0, float64(u * k0), d0
}

// norms returns off and diag for z = a P, z' = b (rho P + sigma Q) with standard
// normal P and Q.
func (p *softmaxPair) norms(classes, v, w, cov float64) (off, diag float64) {
	a, b := math.Sqrt(v), math.Sqrt(w)
	rho := max(-1, min(1, cov/float64(a*b)))
	sigma := math.Sqrt(max(0, float64((1-rho)*(1+rho))))
	p.t, p.u = p.line(p.t, classes, v), p.line(p.u, classes, w)

	// Powers of e^z up to 1 and of e^z' up to 1 move the mass by a + b rho; by as
	// much again the squares.
	step := min(0.6, 0.5/max(a, float64(b*math.Abs(rho)))) / p.refine
	from, to := -6.5-float64(b*max(0, -rho)), 6.5+a+float64(b*max(0, rho))
	n := int((to-from)/step) + 1
	p.weight = resize(p.weight, n)
	for i := range n {
		x := from + float64(float64(i)*step)
		p.weight[i] = float64(step/math.Sqrt(2*math.Pi)) * elementary.Exp(-0.5*float64(x*x))
	}
	p.k0, p.k1, p.d0 = resize(p.k0, n*len(p.t)), resize(p.k1, n*len(p.t)), resize(p.d0, n*len(p.t))
	for j, t := range p.t {
		u, ratio := elementary.Exp(t+float64(a*from)), elementary.Exp(float64(a*step))
		for i := range n {
			k0, k1, d0 := kernels(u)
			u *= ratio
			p.k0[j*n+i], p.k1[j*n+i], p.d0[j*n+i] = float64(p.weight[i]*k0), float64(p.weight[i]*k1), float64(p.weight[i]*d0)
		}
	}
	p.second(n, from, step, float64(b*rho), float64(b*sigma))
	// The window of nodes in which the kernels of the first logit at t vary.
	window := func(t, slope float64) (first, last int) {
		first = int(max(0, math.Floor((float64(kernelFrom-t)/slope-from)/step)))
		last = int(max(0, min(float64(n), math.Ceil((float64(kernelTo-t)/slope-from)/step))))
		return min(first, last), last
	}
	second := func(float64) (first, last int) { return 0, n }
	if sigma == 0 && rho > 0 {
		second = func(u float64) (first, last int) { return window(u, b) }
	}
	return p.sum(classes, n, func(t float64) (first, last int) { return window(t, a) }, second)
}

// second averages the kernels of the second logit over Q.
func (p *softmaxPair) second(n int, from, step, slope, spread float64) {
	p.g0, p.g1, p.gd = resize(p.g0, n*len(p.u)), resize(p.g1, n*len(p.u)), resize(p.gd, n*len(p.u))
	p.marginal = resize(p.marginal, len(p.u))
	const first = -6.0
	count, h := 1, 1.0
	if spread > 0 {
		h = min(0.6, 0.5/spread) / p.refine
		// Q matters up to 6, tilted by spread, but not where K_0 and K_1 are 0 at every u.
		last := min(6+spread, max(6, (kernelTo-p.u[0])/spread))
		count = int((last-first)/h) + 2
	}
	p.node, p.share, p.shareFrom = resize(p.node, count), resize(p.share, count), resize(p.shareFrom, count+1)
	p.node[0], p.share[0] = 1, 1
	if spread > 0 {
		for i := range count {
			x := first + float64(float64(i)*h)
			p.node[i] = elementary.Exp(float64(spread * x))
			p.share[i] = float64(h/math.Sqrt(2*math.Pi)) * elementary.Exp(-0.5*float64(x*x))
		}
	}
	p.shareFrom[count] = 0
	for i := count - 1; i >= 0; i-- {
		p.shareFrom[i] = p.shareFrom[i+1] + p.share[i]
	}
	for j, u := range p.u {
		total := 0.0
		for i := range n {
			log := u + float64(slope*(from+float64(float64(i)*step)))
			at := elementary.Exp(log)
			// The window of nodes in which the kernels vary.
			low, high := 0, count
			if spread > 0 {
				low = int(max(0, min(float64(count), math.Floor(((kernelFrom-log)/spread-first)/h))))
				high = int(max(float64(low), min(float64(count), math.Ceil(((kernelTo-log)/spread-first)/h))))
			}
			s0, s1, sd := p.shareFrom[0]-p.shareFrom[low], 0.0, p.shareFrom[high]
			node, share := p.node[low:high], p.share[low:high]
			for q, x := range node {
				k0, k1, d0 := kernels(float64(at * x))
				s0 += float64(share[q] * k0)
				s1 += float64(share[q] * k1)
				sd += float64(share[q] * d0)
			}
			p.g0[j*n+i], p.g1[j*n+i], p.gd[j*n+i] = s0, s1, sd
			total += float64(p.weight[i] * sd)
		}
		p.marginal[j] = total
	}
}

// sum adds up the integrand over the nodes of t and u. The kernels of a logit vary
// in a window of the nodes of the first logit only.
func (p *softmaxPair) sum(classes float64, n int, first, second func(float64) (from, to int)) (off, diag float64) {
	p.below, p.above = resize(p.below, (n+1)*len(p.u)), resize(p.above, (n+1)*len(p.u))
	for l := range p.u {
		below, above := p.below[l*(n+1):(l+1)*(n+1)], p.above[l*(n+1):(l+1)*(n+1)]
		below[0], above[n] = 0, 0
		for i := range n {
			below[i+1] = below[i] + float64(p.weight[i]*p.g1[l*n+i])
		}
		for i := n - 1; i >= 0; i-- {
			above[i] = above[i+1] + float64(p.weight[i]*p.gd[l*n+i])
		}
	}
	three := 0.0
	for j, t := range p.t {
		marginal := 0.0
		for _, x := range p.d0[j*n : (j+1)*n] {
			marginal += x
		}
		from, to := first(t)
		k0, k1, d0 := p.k0[j*n+from:j*n+to], p.k1[j*n+from:j*n+to], p.d0[j*n+from:j*n+to]
		for l, u := range p.u {
			if f, t := second(u); max(f, from) >= min(t, to) {
				continue // K_1 at one point or the other is 0
			}
			g0, g1, gd := p.g0[l*n+from:l*n+to], p.g1[l*n+from:l*n+to], p.gd[l*n+from:l*n+to]
			var m11, m10, m01, both float64
			for i, x := range k1 {
				m11 += float64(x * g1[i])
				m10 += float64(x * g0[i])
				m01 += float64(k0[i] * g1[i])
				both += float64(d0[i] * gd[i])
			}
			m01 += p.below[l*(n+1)+from] // K_0 is 1 there
			both += p.above[l*(n+1)+to]  // and 0 there
			// 1 - e^{-s-s'} = (1-e^-s) + (1-e^-s') - (1-e^-s)(1-e^-s').
			complement := marginal + p.marginal[l] - both
			if complement >= 1 {
				continue
			}
			log := elementary.Log1p(-complement)
			off += float64(float64(m11*m11) * elementary.Exp(float64((classes-2)*log)))
			if classes > 2 {
				three += float64(float64(float64(m11*m10)*m01) * elementary.Exp(float64((classes-3)*log)))
			}
		}
	}
	area := lineStep * lineStep / float64(p.refine*p.refine)
	off = float64(off * area)
	return off, (classes - 1) * (off + float64((classes-2)*float64(three*area)))
}
