package network

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// Value returns the loss,
//
//	MSE:  (1/N) sum_n |f(x_n) - y_n|^2,  y_n one-hot
//	CE:   -(1/N) sum_n log p_{n,y_n}
//
// The logarithm of p is taken as z_y - log sum_c e^{z_c}, which does not
// underflow with p. It panics if the state has no labels.
func (s *State) Value() float64 {
	total := 0.0
	for n, z := range rows(s.Logits) {
		y := s.label(n)
		if s.Loss == CE {
			top, sum := z[0], 0.0
			for _, zc := range z[1:] {
				top = max(top, zc)
			}
			for _, zc := range z {
				sum += math.Exp(zc - top)
			}
			total += math.Log(sum) + (top - z[y])
			continue
		}
		for c, f := range z {
			if c == y {
				f--
			}
			total += f * f
		}
	}
	return total / float64(s.Samples())
}

// Residuals returns the derivative of each sample's own loss by its logits, N x C:
// 2 (f - y) under MSE, p - y under CE, y one-hot. It panics if the state has no
// labels.
func (s *State) Residuals() *mat.Dense {
	_, classes := s.Logits.Dims()
	out := mat.NewDense(s.Samples(), classes, nil)
	for n, row := range rows(out) {
		for c := range row {
			row[c] = s.residual(n, c)
		}
	}
	return out
}

// residual is entry (n,c) of Residuals.
func (s *State) residual(n, c int) float64 {
	y := 0.0
	if s.label(n) == c {
		y = 1
	}
	if s.Loss == CE {
		return s.Probs.At(n, c) - y
	}
	return 2 * (s.Logits.At(n, c) - y)
}

// Gradient writes the gradient of the loss by all weights into dst, in the order
// w_1 .. w_m, v_1 .. v_C of [Net.Flat], and returns it. With g_n row n of
// [State.Residuals],
//
//	v_c:  (1/N) sum_n g_{n,c} phi_n
//	w_i:  (1/N) sum_n (sum_c g_{n,c} v_{c,i}) 1(w_i.x_n > 0) x_n
//
// A nil dst is allocated. It panics if dst has another length than
// [Net.Parameters], or if the state has no labels.
func (s *State) Gradient(dst []float64) []float64 {
	dst = sized(dst, s.Net.Parameters(), "gradient")
	g := s.Residuals()
	g.Scale(1/float64(s.Samples()), g)

	classes, width := s.Net.V.Dims()
	split := len(dst) - classes*width
	byV := mat.NewDense(classes, width, dst[split:])
	byV.Mul(g.T(), s.Features)
	if s.Net.Model != Hidden {
		return dst
	}
	back := new(mat.Dense)
	back.Mul(g, s.Net.V)
	for n, row := range rows(back) {
		for i := range row {
			if !s.Active(n, i) {
				row[i] = 0
			}
		}
	}
	byW := mat.NewDense(width, s.Net.Dim(), dst[:split])
	byW.Mul(back.T(), s.X)
	return dst
}
