package lindeberg

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distuv"

	"pastur/replicate"
)

// reluLaw is the law of a hidden block given V: u ~ N(0, I_m), g = sqrt(kappa) u
// the pre-activations, lambda = cov_p(v_1, v_j) 1(g_1 > 0) 1(g_j > 0), p =
// softmax(V relu(g)).
//
// A unit that is off enters lambda not at all, so each coordinate is integrated
// as one point for u < 0, with E[u | u < 0] = -sqrt(2/pi) and E[u^2 | u < 0] = 1,
// and a half-range Gauss rule for u > 0, on which lambda is analytic: (n+1)^m
// points, fewer where an indicator is 0.
type reluLaw struct {
	k       int
	weights []float64
	lambda  []float64
	first   []float64 // E[u] at the points, k each
	second  []float64 // E[u_i^2], k each
	zero    float64   // mass of lambda = 0: F vanishes there
}

// maxPoints bounds the points of the tensor rule; reluNodes lists the numbers of
// nodes of its factors, from one refinement to the next.
const maxPoints = 1 << 20

var reluNodes = []int{8, 12, 18, 27, 40, 60, 90}

// reluLevels returns how many refinements m units can afford.
func reluLevels(m int) (levels int) {
	for _, n := range reluNodes {
		if math.Pow(float64(n+1), float64(m)) <= maxPoints {
			levels++
		}
	}
	return levels
}

func newReLULaw(v *mat.Dense, kappa float64, off bool, nodes int) *reluLaw {
	classes, k := v.Dims()
	x, w := halfRange(nodes)
	l := &reluLaw{k: k}
	index := make([]int, k) // nodes stands for u < 0
	pre, p := make([]float64, k), make([]float64, classes)
	for {
		weight := 1.0
		for i, j := range index {
			if j == nodes {
				pre[i] = -1
				weight /= 2
			} else {
				pre[i] = math.Sqrt(kappa) * x[j]
				weight *= w[j]
			}
		}
		lambda := hiddenWeight(v, pre, p, off)
		if lambda == 0 {
			l.zero += weight
		} else {
			l.weights = append(l.weights, weight)
			l.lambda = append(l.lambda, lambda)
			for _, j := range index {
				if j == nodes {
					l.first, l.second = append(l.first, -math.Sqrt(2/math.Pi)), append(l.second, 1)
				} else {
					l.first, l.second = append(l.first, x[j]), append(l.second, x[j]*x[j])
				}
			}
		}
		at := 0
		for at < k && index[at] == nodes {
			index[at] = 0
			at++
		}
		if at == k {
			return l
		}
		index[at]++
	}
}

// Beyond the tensor rule's reach the law is a set of quasi-random points: the
// additive recurrence with the powers of 1/x, x^{m+1} = x + 1, randomly shifted and
// folded (baker's transformation), the coordinates under an indicator drawn from the
// half-line at once. Several shifts give a standard error.
const (
	shifts      = 8
	shiftPoints = 1 << 15
)

func sampleReLU(v *mat.Dense, kappa float64, off bool, shift, points int) *reluLaw {
	classes, k := v.Dims()
	root := 1.5
	for range 60 { // x^{k+1} = x + 1 by fixed-point iteration
		root = math.Pow(1+root, 1/float64(k+1))
	}
	at, step := make([]float64, k), make([]float64, k)
	stream := replicate.NewStream(0, fmt.Sprintf("lindeberg shifts m=%d", k), shift)
	for i := range at {
		at[i], step[i] = stream.Float64(), math.Pow(root, -float64(i+1))
	}
	active := 1
	if off {
		active = 2
	}
	mass := math.Pow(0.5, float64(active))
	l := &reluLaw{k: k, zero: 1 - mass}
	pre, p, u := make([]float64, k), make([]float64, classes), make([]float64, k)
	for range points {
		for i := range u {
			at[i] = math.Mod(at[i]+step[i], 1)
			x := 1 - math.Abs(2*at[i]-1)
			if i < active {
				x = (1 + x) / 2
			}
			x = min(max(x, 1e-16), 1-1e-16)
			u[i] = distuv.UnitNormal.Quantile(x)
			pre[i] = math.Sqrt(kappa) * u[i]
		}
		l.weights = append(l.weights, mass/float64(points))
		l.lambda = append(l.lambda, hiddenWeight(v, pre, p, off))
		for _, x := range u {
			l.first, l.second = append(l.first, x), append(l.second, x*x)
		}
	}
	return l
}

func (l *reluLaw) transform(gamma float64, s complex128) (f, f2 complex128) {
	gs := complex(gamma, 0) * s
	for i, lambda := range l.lambda {
		value := complex(lambda, 0) / (1 + gs*complex(lambda, 0))
		w := complex(l.weights[i], 0)
		f += w * value
		f2 += w * value * value
	}
	return f, f2
}

// logDet follows from T = -z + E[F u u^T] itself.
func (l *reluLaw) logDet(gamma float64, z, s, dz complex128) complex128 {
	k, gs := l.k, complex(gamma, 0)*s
	m, slope := make([]complex128, k*k), make([]complex128, k*k)
	for n, lambda := range l.lambda {
		value := complex(lambda, 0) / (1 + gs*complex(lambda, 0))
		f, by := complex(l.weights[n], 0)*value, complex(-gamma*l.weights[n], 0)*value*value
		first, second := l.first[n*k:(n+1)*k], l.second[n*k:(n+1)*k]
		for i := range k {
			for j := range k {
				u := complex(first[i]*first[j], 0)
				if i == j {
					u = complex(second[i], 0)
				}
				m[i*k+j] += f * u
				slope[i*k+j] += by * u
			}
		}
	}
	return logDetOf(k, m, slope, z, s, dz)
}

// halfRange returns the Gauss rule of the normal law on u > 0: weights sum to
// 1/2. The recurrence coefficients come from the discretised Stieltjes procedure
// (W. Gautschi, Orthogonal Polynomials: Computation and Approximation, 2004,
// chapter 2) on the trapezoid rule in y, u = exp(y - e^{-y}), which is as exact
// as double precision; nodes and weights from the Jacobi matrix (G. Golub and J.
// Welsch, Math. Comp. 23 (1969) 221-230).
func halfRange(n int) (x, w []float64) {
	const step = 1. / 64
	var at, mass []float64
	for y := -4.0; y <= 3; y += step {
		u := math.Exp(y - math.Exp(-y))
		weight := step * u * (1 + math.Exp(-y)) * math.Exp(-u*u/2) / math.Sqrt(2*math.Pi)
		if weight > 0 {
			at, mass = append(at, u), append(mass, weight)
		}
	}
	jacobi := mat.NewSymDense(n, nil)
	before, now := make([]float64, len(at)), make([]float64, len(at))
	total := 0.0
	for i := range at {
		total += mass[i]
	}
	for i := range now {
		now[i] = 1 / math.Sqrt(total)
	}
	beta := 0.0
	for k := range n {
		alpha := 0.0
		for i, u := range at {
			alpha += mass[i] * u * now[i] * now[i]
		}
		jacobi.SetSym(k, k, alpha)
		norm := 0.0
		for i, u := range at {
			before[i], now[i] = now[i], (u-alpha)*now[i]-beta*before[i]
			norm += mass[i] * now[i] * now[i]
		}
		beta = math.Sqrt(norm)
		for i := range now {
			now[i] /= beta
		}
		if k+1 < n {
			jacobi.SetSym(k, k+1, beta)
		}
	}
	var e mat.EigenSym
	if !e.Factorize(jacobi, true) {
		panic("lindeberg: a Jacobi matrix has no eigenvalues")
	}
	var vectors mat.Dense
	e.VectorsTo(&vectors)
	x, w = e.Values(nil), make([]float64, n)
	for k := range w {
		w[k] = total * vectors.At(0, k) * vectors.At(0, k)
	}
	return x, w
}
