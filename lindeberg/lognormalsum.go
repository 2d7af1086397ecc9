package lindeberg

import (
	"math"
	"math/cmplx"
)

// lognormalSum is the law of x = log S, S the sum of n independent e^{z_c}, z_c ~
// N(0, kappa), on a grid: weight[i] is the probability that the trapezoid rule
// gives to x[i], and squares[i] the same for E[sum_c e^{2 z_c}; x]/S^2, so that
// squares/weight is the conditional mean of the sum of squared shares.
type lognormalSum struct{ x, weight, squares []float64 }

// newLognormalSum inverts the Laplace transform of S and that of the second
// moments,
//
//	f(t):  L(s)^n                              L(s) = E exp(-s e^z)
//	E[sum_c e^{2 z_c}; S = t]:  n e^{2 kappa} L(s e^{2 kappa}) L(s)^{n-1}
//
// (a factor e^{2z} shifts z by 2 kappa), with an absolute error of about 1e-10.
func newLognormalSum(n int, kappa float64) lognormalSum {
	count, sigma := float64(n), math.Sqrt(kappa)
	mean := count * math.Exp(kappa/2)
	sd := math.Sqrt(count*math.Expm1(kappa)) * math.Exp(kappa/2)
	// Left of the mean a sum of positive variables has Gaussian tails with
	// n E e^{2z} for a variance; on the right, one large summand is the likeliest,
	// and the tilted law matters.
	spread := 9 * math.Sqrt(count) * math.Exp(kappa)
	jump := math.Exp(max(7.6*sigma, 2*kappa+6.8*sigma))
	lo := max(mean-spread, count*math.Exp(-8.5*sigma))
	hi := mean + max(spread, jump)
	invert := talbot(count, kappa)
	if n >= manySummands {
		invert = fourier(count, kappa, hi-lo+max(spread, jump))
	}
	var l lognormalSum
	spacing := 0.35 * min(sd/mean, 1)
	for x := math.Log(lo); x <= math.Log(hi); x += spacing {
		t := math.Exp(x)
		f, h := invert(t)
		l.x = append(l.x, x)
		l.weight = append(l.weight, spacing*f*t)
		l.squares = append(l.squares, spacing*h/t)
	}
	return l
}

// manySummands is where the integrand on the imaginary axis decays fast enough;
// Talbot's contour loses its accuracy beyond.
const manySummands = 30

// transforms returns both Laplace transforms at s.
func transforms(count, kappa float64, s complex128) (plain, squares complex128) {
	log := cmplx.Log(lognormalTransform(s, kappa))
	tilt := math.Exp(2 * kappa)
	plain = cmplx.Exp(complex(count, 0) * log)
	squares = cmplx.Exp(complex(count-1, 0)*log) * lognormalTransform(s*complex(tilt, 0), kappa) * complex(count*tilt, 0)
	return plain, squares
}

// talbot inverts on Talbot's contour (J. Abate and P. Valko, Multi-precision
// Laplace transform inversion, Int. J. Numer. Meth. Engng 60 (2004) 979-993) with
// as many nodes as double precision bears.
func talbot(count, kappa float64) func(t float64) (f, h float64) {
	const nodes = 24
	return func(t float64) (f, h float64) {
		r := 2. * nodes / (5 * t)
		for k := range nodes {
			s, weight := complex(r, 0), complex(0.5, 0)
			if k > 0 {
				theta := float64(k) * math.Pi / nodes
				cot := 1 / math.Tan(theta)
				s = complex(r*theta*cot, r*theta)
				weight = complex(1, theta+(theta*cot-1)*cot)
			}
			weight *= cmplx.Exp(complex(t, 0) * s)
			a, b := transforms(count, kappa, s)
			f += real(weight * a)
			h += real(weight * b)
		}
		return f * r / nodes, h * r / nodes
	}
}

// fourier inverts on the imaginary axis, (1/pi) Re int_0^inf e^{i w t} L(i w)^n dw,
// by the trapezoid rule with step 2 pi/period; its error is the mass beyond t +
// period.
func fourier(count, kappa, period float64) func(t float64) (f, h float64) {
	step := 2 * math.Pi / period
	var plain, squares []complex128
	peak := 0.0
	for j := 0; ; j++ {
		a, b := transforms(count, kappa, complex(0, float64(j)*step))
		if j == 0 {
			a, b = a/2, b/2
		}
		plain, squares = append(plain, a), append(squares, b)
		size := max(cmplx.Abs(a), cmplx.Abs(b)/(count*math.Exp(2*kappa)))
		if peak = max(peak, size); size < 1e-17*peak {
			break
		}
	}
	return func(t float64) (f, h float64) {
		turn, phase := cmplx.Exp(complex(0, t*step)), complex(1, 0)
		for j := range plain {
			if j%64 == 0 { // against the drift of repeated products
				phase = cmplx.Exp(complex(0, t*step*float64(j)))
			}
			f += real(phase * plain[j])
			h += real(phase * squares[j])
			phase *= turn
		}
		return f * step / math.Pi, h * step / math.Pi
	}
}

// lognormalTransform returns L(s) = E exp(-s e^z), z ~ N(0, kappa), for s in the
// plane cut along the negative reals, by the trapezoid rule. For s outside a
// sector about the positive reals the line of integration is z = y - i psi, on which
// s e^z turns back into it, so that the integrand decays and hardly oscillates.
func lognormalTransform(s complex128, kappa float64) complex128 {
	sigma := math.Sqrt(kappa)
	angle := cmplx.Phase(s)
	psi := math.Copysign(max(0, math.Abs(angle)-math.Pi/4), angle)
	if math.Abs(angle) <= math.Pi/2 {
		psi = math.Copysign(min(math.Abs(psi), 2*sigma), angle)
	}
	step := min(0.12, 0.2*sigma)
	reach := 9 * sigma
	var sum complex128
	for k := -int(reach / step); float64(k)*step <= reach; k++ {
		z := complex(float64(k)*step, -psi)
		e := s * cmplx.Exp(z)
		if real(e) > 700 {
			break
		}
		sum += cmplx.Exp(-z*z/complex(2*kappa, 0) - e)
	}
	return sum * complex(step/(sigma*math.Sqrt(2*math.Pi)), 0)
}

// newSoftmaxLaw returns the law of a diagonal or off-diagonal block for any C >= 2.
func newSoftmaxLaw(classes int, kappa float64, off bool) (*softmaxLaw, error) {
	l := &softmaxLaw{classes: classes, kappa: kappa, off: off}
	switch {
	case classes <= 3:
		l.nodes = gridNodes(classes, kappa, gridStep(kappa), off)
	case off:
		l.nodes = twoClassNodes(newLognormalSum(classes-2, kappa), kappa)
	default:
		l.nodes = oneClassNodes(newLognormalSum(classes-1, kappa), kappa)
	}
	return l, nil
}

// differenceGrid returns the grid of z_1 - log S and the density of z_1 at
// grid point + x, for every grid point and every x.
func differenceGrid(rest lognormalSum, kappa float64) (grid []float64, density [][]float64) {
	sigma := math.Sqrt(kappa)
	step := 1.5 * sigma * gridStep(kappa)
	lo, hi := -gridReach*sigma-rest.x[len(rest.x)-1], gridReach*sigma-rest.x[0]
	for d := lo; d <= hi; d += step {
		row := make([]float64, len(rest.x))
		for i, x := range rest.x {
			u := (d + x) / sigma
			row[i] = step / (sigma * math.Sqrt(2*math.Pi)) * math.Exp(-u*u/2)
		}
		grid, density = append(grid, d), append(density, row)
	}
	return grid, density
}

// negligible is the weight below which a node is left out.
const negligible = 1e-17

// oneClassNodes returns the law of (p_1, q), p_1 = 1/(1 + e^{-D}), D = z_1 - log S,
// q = (1-p_1)^2 times the sum of squared shares in S.
func oneClassNodes(rest lognormalSum, kappa float64) []softmaxNode {
	grid, density := differenceGrid(rest, kappa)
	var nodes []softmaxNode
	for g, d := range grid {
		var weight, squares float64
		for i, f := range density[g] {
			weight += f * rest.weight[i]
			squares += f * rest.squares[i]
		}
		if weight > negligible {
			other := 1 / (1 + math.Exp(d))
			nodes = append(nodes, softmaxNode{weight, 1 / (1 + math.Exp(-d)), 0, other * other * squares / weight})
		}
	}
	return nodes
}

// twoClassNodes returns the law of (p_1, p_2, q).
func twoClassNodes(rest lognormalSum, kappa float64) []softmaxNode {
	grid, density := differenceGrid(rest, kappa)
	var nodes []softmaxNode
	for g, d := range grid {
		for h := range g + 1 {
			var weight, squares float64
			for i, f := range density[g] {
				w := f * density[h][i]
				weight += w * rest.weight[i]
				squares += w * rest.squares[i]
			}
			if weight <= negligible {
				continue
			}
			p := [3]float64{d, grid[h], 0}
			softmax(p[:], p[:])
			n := softmaxNode{weight, p[0], p[1], p[2] * p[2] * squares / weight}
			if h < g {
				n.weight *= 2 // lambda is symmetric in the two classes
			}
			nodes = append(nodes, n)
		}
	}
	return nodes
}
