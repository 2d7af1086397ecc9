package lognormal

import (
	"fmt"
	"math"
)

// The means by which the tests look at the rules.

// mean returns E f(p_1, 1 - p_1) by the rule of One.Line; the second argument is 1 - p_1
// without cancelling.
func (o *One) mean(f func(p, q float64) complex128) (complex128, error) {
	return o.sum(f, func(l *Line, j int, _ float64) float64 { return l.Weight[j] })
}

// meanSquares returns E[f(p_1, 1 - p_1) sum_{c>=2} p_c^2].
func (o *One) meanSquares(f func(p, q float64) complex128) (complex128, error) {
	return o.sum(f, func(l *Line, j int, q float64) float64 { return l.Square[j] * q * q })
}

func (o *One) sum(f func(p, q float64) complex128, weight func(*Line, int, float64) float64) (complex128, error) {
	return refine(func(level int) (sum complex128, size float64) {
		l := o.Line(level)
		for j, w := range l.At {
			p, q := logistic(w)
			add(&sum, &size, weight(l, j, q), f(p, q))
		}
		return sum, size
	})
}

// mean returns E F(p_1, p_2) by the rules of Two.
func (t *Two) mean(f func(p1, p2 float64) complex128) (complex128, error) {
	return t.sum(f, func(l *Line, j int, _ float64) float64 { return l.Weight[j] })
}

// meanSquares returns E[F(p_1, p_2) sum_{c>=3} p_c^2], which is 0 for two classes.
func (t *Two) meanSquares(f func(p1, p2 float64) complex128) (complex128, error) {
	if t.Classes == 2 {
		return 0, nil
	}
	return t.sum(f, func(l *Line, j int, rest float64) float64 { return l.Square[j] * rest * rest })
}

func (t *Two) sum(f func(p1, p2 float64) complex128, weight func(*Line, int, float64) float64) (complex128, error) {
	return refine(func(level int) (sum complex128, size float64) {
		difference, rest := t.Difference(level), t.Rest(level)
		for i, b := range difference.At {
			if rest == nil {
				p1, p2 := logistic(2 * b)
				add(&sum, &size, difference.Weight[i], f(p1, p2))
				continue
			}
			for j, v := range rest.At {
				// Divide by the largest of e^b, e^-b, e^v.
				top := max(math.Abs(b), v)
				x, y, z := math.Exp(b-top), math.Exp(-b-top), math.Exp(v-top)
				total := x + y + z
				add(&sum, &size, difference.Weight[i]*weight(rest, j, z/total), f(x/total, y/total))
			}
		}
		return sum, size
	})
}

// logistic returns 1/(1+e^{-w}) and 1/(1+e^w).
func logistic(w float64) (p, q float64) {
	e := math.Exp(-math.Abs(w))
	p, q = 1/(1+e), e/(1+e)
	if w < 0 {
		p, q = q, p
	}
	return p, q
}

func add(sum *complex128, size *float64, weight float64, f complex128) {
	if weight == 0 {
		return
	}
	*sum += complex(weight, 0) * f
	*size += weight * (math.Abs(real(f)) + math.Abs(imag(f)))
}

// refine halves the step until two sums agree.
func refine(at func(level int) (complex128, float64)) (complex128, error) {
	before, _ := at(0)
	for level := 1; level <= maxLevel; level++ {
		sum, size := at(level)
		if d := sum - before; math.Abs(real(d))+math.Abs(imag(d)) <= 1e-12*size {
			return sum, nil
		}
		before = sum
	}
	return 0, fmt.Errorf("mean over softmax probabilities did not converge at step h/%d: %v so far: the function is singular too close to the real axis", 1<<maxLevel, before)
}
