package montecarlo

import (
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// spanNorms averages K_ij K'_ij over V, K and K' the covariances of the rows of
// V under the softmax probabilities p and p' of two points with features h, h'.
//
// Let e_1, e_2 be an orthonormal basis of span(h, h') and P the projector on its
// complement. A row is v_c = x_c e_1 + y_c e_2 + u_c, with x_c, y_c ~ N(0, s),
// s = Var V, and u_c ~ N(0, s P) independent of them; p and p' are functions of x
// and y. Given these, by Wick's formula for the u_c,
//
//	E[K_ij K'_ij | x, y] = (A_ij + s P_ij t)(A'_ij + s P_ij t')
//	    + s [P_jj T_ii + P_ii T_jj + P_ij (T_ij + T_ji)] + s^2 (P_ii P_jj + P_ij^2) w,
//
// A and A' the covariances of the parts in the span under p and p', T = sum_c
// p_c p'_c a_c a'_c^T with the parts a_c centred under p and a'_c under p',
// t = 1 - sum p^2 and t' alike the traces of M = diag(p) - p p^T and M', and
// w = tr M M' = sum pp' - sum p^2 p' - sum p p'^2 + (sum pp')^2.
type spanNorms struct {
	variance float64      // s
	axes     [2][]float64 // e_1, e_2; 0 where the span has fewer dimensions
	tilted   bool         // one class, see classTilt
	weight   float64      // of the last draw
	active   []int        // units active at both points: the others contribute nothing
	x, y     [batch]float64
	e, f     [batch]float64 // unnormalised p and p'
	joint    [batch]float64 // their products
}

// spanSums are sums over classes of a weight, and of the weight times x, y, x^2,
// xy and y^2.
type spanSums struct{ one, x, y, xx, xy, yy float64 }

// jointSums are the sums over classes at two points, with e = e^{z - shift} for p and
// f likewise for p'. The shifts are 0 unless logits are very large, see softmaxSums.
type jointSums struct {
	p, q, pq         spanSums
	pp, qq, ppq, pqq float64 // sum e^2, f^2, e^2 f, e f^2
	shift            [2]float64
	same             bool // the points are one: only p, pq, pp and ppq are summed
}

// exponentiate replaces the logits of a batch of classes at point k by their
// exponentials.
func (t *jointSums) exponentiate(k int, z []float64) {
	one := [2]float64{t.p.one, t.q.one}[k]
	switch top := largest(z); {
	case one == 0 && math.Abs(top) > highestLogit:
		t.shift[k] = top // nothing is summed yet
		if t.same {
			t.shift[1-k] = top
		}
	case top-t.shift[k] > highestLogit:
		t.raise(k, top)
		if t.same {
			t.raise(1-k, top)
		}
	}
	shift := t.shift[k]
	for c, v := range z {
		z[c] = elementary.Exp(v - shift)
	}
}

// raise raises the shift of point k and brings the sums down to it.
func (t *jointSums) raise(k int, shift float64) {
	f := elementary.Exp(t.shift[k] - shift)
	t.shift[k] = shift
	one, squares, square, other := &t.p, &t.pp, &t.ppq, &t.pqq
	if k == 1 {
		one, squares, square, other = &t.q, &t.qq, &t.pqq, &t.ppq
	}
	one.scale(f)
	t.pq.scale(f)
	*squares *= float64(f * f)
	*square *= float64(f * f)
	*other *= f
}

// close completes the sums of two points that are the same.
func (t *jointSums) close() { t.q, t.qq, t.pqq = t.p, t.pp, t.ppq }

// draw draws the rows' parts in the span of h and k, which may be the same slice,
// and returns the averages of E[K_ij K'_ij | x, y] 1_i 1_j 1'_i 1'_j over i != j
// and over i = j. The error is the context's.
func (t *spanNorms) draw(s *replicate.Stream, h, k []float64, classes int) (off, diag float64, err error) {
	t.active = t.active[:0]
	for i, x := range h {
		if x > 0 && k[i] > 0 {
			t.active = append(t.active, i)
		}
	}
	// h = hx e_1, k = kx e_1 + ky e_2.
	hx, kx, ky := t.basis(h, k)
	same := &h[0] == &k[0]

	root := math.Sqrt(t.variance)
	tilt := newClassTilt(s, float64(t.variance*(float64((hx+kx)*(hx+kx))+float64(ky*ky))), classes, t.tilted)
	sums := jointSums{same: same}
	for left := classes; left > 0; left -= batch {
		if err := interrupted(s, left); err != nil {
			return 0, 0, err
		}
		b := min(left, batch)
		x, y, e, f, joint := t.x[:b], t.y[:b], t.e[:b], t.f[:b], t.joint[:b]
		for c := range x {
			x[c] = float64(root * s.Normal())
		}
		if tilt.tilted && left == classes {
			x[0] += float64(t.variance * (hx + kx))
		}
		for c, v := range x {
			e[c] = float64(hx * v)
		}
		sums.exponentiate(0, e)
		sums.p.add(e, x)
		sums.pp += squareNorm(e)
		if same {
			for c, v := range e {
				joint[c] = float64(v * v)
			}
			sums.ppq += products(joint, e)
			sums.pq.add(joint, x)
			continue
		}
		for c := range y {
			y[c] = float64(root * s.Normal())
		}
		if tilt.tilted && left == classes {
			y[0] += float64(t.variance * ky)
		}
		for c := range y {
			f[c] = float64(kx*x[c]) + float64(ky*y[c])
		}
		sums.exponentiate(1, f)
		for c, v := range f {
			joint[c] = float64(e[c] * v)
		}
		sums.p.addSecond(e, x, y)
		sums.q.add(f, x)
		sums.q.addSecond(f, x, y)
		sums.pq.add(joint, x)
		sums.pq.addSecond(joint, x, y)
		sums.qq += squareNorm(f)
		sums.ppq += products(joint, e)
		sums.pqq += products(joint, f)
	}
	if same {
		sums.close()
	}
	t.weight = tilt.weight(sums.pq.one, sums.shift[0]+sums.shift[1], classes)
	if off, diag, err = t.average(s, &sums); err != nil {
		return 0, 0, err
	}
	return float64(t.weight * off), float64(t.weight * diag), nil
}

// average normalises the sums of a draw and averages over the active units.
func (t *spanNorms) average(stream *replicate.Stream, sums *jointSums) (off, diag float64, err error) {
	p, q, pq := &sums.p, &sums.q, &sums.pq
	zp, zq := p.one, q.one
	zpq := float64(zp * zq)
	p.scale(1 / zp)
	q.scale(1 / zq)
	pq.scale(1 / zpq)
	traceP, traceQ := 1-float64(sums.pp/zp)/zp, 1-float64(sums.qq/zq)/zq
	traceM := pq.one - float64(sums.ppq/zpq)/zp - float64(sums.pqq/zpq)/zq + float64(pq.one*pq.one)

	covP, covQ := p.covariance(), q.covariance()
	// T in the basis: sum pp' (a - mean p)(a - mean p')^T.
	joint := [4]float64{
		pq.xx - float64(q.x*pq.x) - float64(p.x*pq.x) + float64(p.x*q.x*pq.one),
		pq.xy - float64(q.y*pq.x) - float64(p.x*pq.y) + float64(p.x*q.y*pq.one),
		pq.xy - float64(q.x*pq.y) - float64(p.y*pq.x) + float64(p.y*q.x*pq.one),
		pq.yy - float64(q.y*pq.y) - float64(p.y*pq.y) + float64(p.y*q.y*pq.one),
	}
	form := func(m *[4]float64, i, j int) float64 {
		a, b := t.axes[0], t.axes[1]
		return float64(float64(a[i]*a[j])*m[0]) + float64(float64(a[i]*b[j])*m[1]) + float64(float64(b[i]*a[j])*m[2]) + float64(float64(b[i]*b[j])*m[3])
	}
	s := t.variance
	for n, i := range t.active {
		if n%batch == batch-1 {
			if err := stream.Context().Err(); err != nil {
				return 0, 0, err
			}
		}
		pii, tii := t.projector(i, i), form(&joint, i, i)
		for _, j := range t.active[:n+1] {
			pij, pjj := t.projector(i, j), t.projector(j, j)
			mean := form(&covP, i, j) + float64(float64(s*pij)*traceP)
			mean2 := form(&covQ, i, j) + float64(float64(s*pij)*traceQ)
			cross := float64(pjj*tii) + float64(pii*form(&joint, j, j)) + float64(pij*(form(&joint, i, j)+form(&joint, j, i)))
			both := float64(pii*pjj) + float64(pij*pij)
			value := float64(mean*mean2) + float64(s*cross) + float64(float64(s*s)*float64(both*traceM))
			if i == j {
				diag += value
			} else {
				off += value
			}
		}
	}
	m := float64(len(t.axes[0]))
	return 2 * off / float64(m*(m-1)), diag / m, nil
}

// basis sets the axes and returns h = hx e_1, k = kx e_1 + ky e_2. What rounding
// leaves of a k parallel to h is no direction.
func (t *spanNorms) basis(h, k []float64) (hx, kx, ky float64) {
	a, b := t.axes[0], t.axes[1]
	clear(a)
	clear(b)
	hx = math.Sqrt(squareNorm(h))
	if hx > 0 {
		for i, v := range h {
			a[i] = v / hx
			kx += float64(a[i] * k[i])
		}
	}
	for i, v := range k {
		b[i] = v - float64(kx*a[i])
	}
	ky = math.Sqrt(squareNorm(b))
	if !(ky > 1e-7*math.Sqrt(squareNorm(k))) {
		clear(b)
		return hx, kx, 0
	}
	for i := range b {
		b[i] /= ky
	}
	return hx, kx, ky
}

// projector returns P_ij.
func (t *spanNorms) projector(i, j int) float64 {
	p := -float64(t.axes[0][i]*t.axes[0][j]) - float64(t.axes[1][i]*t.axes[1][j])
	if i == j {
		p++
	}
	return p
}

// add adds the sums of the weights w, w x and w x^2.
func (t *spanSums) add(w, x []float64) {
	x = x[:len(w)]
	var one, first, second float64
	for c, v := range w {
		u := float64(v * x[c])
		one += v
		first += u
		second += float64(u * x[c])
	}
	t.one += one
	t.x += first
	t.xx += second
}

// addSecond adds the sums of w y, w x y and w y^2.
func (t *spanSums) addSecond(w, x, y []float64) {
	x, y = x[:len(w)], y[:len(w)]
	var first, mixed, second float64
	for c, v := range w {
		u := float64(v * y[c])
		first += u
		mixed += float64(u * x[c])
		second += float64(u * y[c])
	}
	t.y += first
	t.xy += mixed
	t.yy += second
}

func (t *spanSums) scale(f float64) {
	t.one *= f
	t.x *= f
	t.y *= f
	t.xx *= f
	t.xy *= f
	t.yy *= f
}

// covariance returns the covariance of (x, y) under normalised weights, by rows.
func (t *spanSums) covariance() [4]float64 {
	xy := t.xy - float64(t.x*t.y)
	return [4]float64{t.xx - float64(t.x*t.x), xy, xy, t.yy - float64(t.y*t.y)}
}

func products(x, y []float64) (sum float64) {
	y = y[:len(x)]
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}
