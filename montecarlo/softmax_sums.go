package montecarlo

import (
	"math"

	"pastur/internal/elementary"
)

// batch is the number of classes whose exponentials are held at a time: all
// memory the samplers of vv blocks need, whatever the number of classes.
const batch = 64

// highestLogit is the size up to which the exponential of a logit is summed as it
// is: the fourth powers of 10^9 such are below the largest double, and the fourth
// power of its inverse is a normal one.
const highestLogit = 170

// softmaxSums holds, for n points whose classes stream through in batches, the
// sums over classes of powers and products of e^z from which block norms under
// cross-entropy follow.
//
// Probabilities do not change when a number is subtracted from all logits of a
// point. It is 0 unless the largest logit is beyond highestLogit in size, and then
// that one: features that a tilt makes long, or data that are not normalised, have
// logits whose exponentials are no doubles.
type softmaxSums struct {
	n      int
	e      []float64 // n x batch: logits, and then e^(z - shift)
	shift  []float64 // n: what is subtracted from the logits of a point
	single []float64 // n x 4: sum e^r, r = 1..4
	pair   []float64 // pairs (l < k) x 4: sum e e', e^2 e', e e'^2, e^2 e'^2
}

func newSoftmaxSums(n int) *softmaxSums {
	return &softmaxSums{n: n, e: make([]float64, n*batch), shift: make([]float64, n), single: make([]float64, 4*n), pair: make([]float64, 2*n*(n-1))}
}

func (t *softmaxSums) reset() {
	clear(t.shift)
	clear(t.single)
	clear(t.pair)
}

// row returns the buffer of point k for b classes.
func (t *softmaxSums) row(k, b int) []float64 { return t.e[k*batch : k*batch+b] }

// exponentiate replaces the logits of b classes of the first points points by
// their exponentials.
func (t *softmaxSums) exponentiate(b, points int) {
	for k := range points {
		row := t.row(k, b)
		switch top := largest(row); {
		case t.single[4*k] == 0 && math.Abs(top) > highestLogit:
			t.shift[k] = top // nothing is summed yet
		case top-t.shift[k] > highestLogit:
			t.raise(k, top)
		}
		shift := t.shift[k]
		for c, z := range row {
			row[c] = elementary.Exp(z - shift)
		}
	}
}

// largest returns the largest of some numbers.
func largest(x []float64) float64 {
	top := x[0]
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	return top
}

// raise raises the shift of point k and brings its sums down to it.
func (t *softmaxSums) raise(k int, shift float64) {
	f := elementary.Exp(t.shift[k] - shift)
	f2 := float64(f * f)
	t.shift[k] = shift
	scale := func(to []float64, by ...float64) {
		for i, f := range by {
			to[i] *= f
		}
	}
	scale(t.single[4*k:], f, f2, float64(f2*f), float64(f2*f2))
	for l := range t.n {
		switch {
		case l < k:
			scale(t.pair[4*(k*(k-1)/2+l):], f, f2, f, f2)
		case l > k:
			scale(t.pair[4*(l*(l-1)/2+k):], f, f, f2, f2)
		}
	}
}

// accumulate adds b classes of the first points points.
func (t *softmaxSums) accumulate(b, points int) {
	pair := 0
	for k := range points {
		x := t.row(k, b)
		addPowers(t.single[4*k:4*k+4], x)
		for l := range k {
			addProducts(t.pair[pair:pair+4], x, t.row(l, b))
			pair += 4
		}
	}
}

// pointNorms returns the averages over i != j of (p_i p_j)^2 and over i of
// (p_i (1-p_i))^2 for point k.
func (t *softmaxSums) pointNorms(k, classes int) (off, diag float64) {
	s := t.single[4*k : 4*k+4]
	z := s[0]
	z2 := float64(z * z)
	z4 := float64(z2 * z2)
	c := float64(classes)
	off = (float64(s[1]*s[1]) - s[3]) / z4 / float64(c*(c-1))
	diag = (float64(s[1]*z2) - float64(2*s[2]*z) + s[3]) / z4 / c
	return off, diag
}

// pairNorms returns the averages over i != j of p_i p_j p'_i p'_j and over i of
// p_i (1-p_i) p'_i (1-p'_i) for points l < k.
func (t *softmaxSums) pairNorms(l, k, classes int) (off, diag float64) {
	at := 4 * (k*(k-1)/2 + l)
	p := t.pair[at : at+4]
	z, y := t.single[4*k], t.single[4*l]
	zy := float64(z * y)
	zy2 := float64(zy * zy)
	c := float64(classes)
	off = (float64(p[0]*p[0]) - p[3]) / zy2 / float64(c*(c-1))
	diag = (float64(p[0]*zy) - float64(p[1]*y) - float64(p[2]*z) + p[3]) / zy2 / c
	return off, diag
}

// product returns sum e e' of points l < k.
func (t *softmaxSums) product(l, k int) float64 { return t.pair[4*(k*(k-1)/2+l)] }

// addPowers adds sum x, x^2, x^3, x^4.
func addPowers(to, x []float64) {
	var s1, s2, s3, s4 float64
	for _, v := range x {
		v2 := float64(v * v)
		s1 += v
		s2 += v2
		s3 += float64(v2 * v)
		s4 += float64(v2 * v2)
	}
	to[0] += s1
	to[1] += s2
	to[2] += s3
	to[3] += s4
}

// addProducts adds sum x y, x^2 y, x y^2, x^2 y^2.
func addProducts(to, x, y []float64) {
	var s11, s21, s12, s22 float64
	y = y[:len(x)]
	for i, v := range x {
		w := y[i]
		p := float64(v * w)
		s11 += p
		s21 += float64(p * v)
		s12 += float64(p * w)
		s22 += float64(p * p)
	}
	to[0] += s11
	to[1] += s21
	to[2] += s12
	to[3] += s22
}
