package lindeberg

import (
	"math"
)

// softmaxLaw is the law of a linear cross-entropy block: u ~ N(0, I_C),
// p = softmax(sqrt(kappa) u), lambda = p_1 (1 - p_1) or -p_1 p_2.
//
// Instead of E[F u_a u_b], Stein's lemma twice:
//
//	E[F u_a u_b] = delta_ab E F + kappa D_ab,   D_ab = E d^2 F/dz_a dz_b.
//
// F is a function of the log of l = p_1 (or p_1 p_2), whose derivatives are
// d log l/dz_a = e_a - c p_a with e the indicator of the indices in l and c their
// number, so that with f1 = dF/dlog l, f2 = d^2 F/dlog l^2
//
//	D_ab = E[ f2 (e_a - c p_a)(e_b - c p_b) - c f1 (delta_ab p_a - p_a p_b) ].
//
// D kills the vector of ones (shifting all logits changes nothing). On it T is
// -z + E F = 1/s, which the one factor s of s^C cancels. What is left of T, by the
// exchangeability of the classes that are not in l, is one eigenvalue on the
// symmetric complement (and, for two indices, one on e_1 - e_2), and one for the
// differences of the others:
//
//	log det T + C log s = log(1 + kappa s mu) [+ log(1 + kappa s nu)] + (C-1-c) log(1 + kappa s w).
//
// The expectations need the joint law of p_1 (or p_1, p_2) and q, the sum of the
// other p_a^2, through E[f] and E[f q] only.
type softmaxLaw struct {
	classes int
	kappa   float64
	off     bool
	nodes   []softmaxNode
}

// softmaxNode is a point of the law of (p_1, p_2) with the conditional mean of q.
type softmaxNode struct{ weight, p1, p2, q float64 }

func (l *softmaxLaw) transform(gamma float64, s complex128) (f, f2 complex128) {
	gs := complex(gamma, 0) * s
	for i := range l.nodes {
		n := &l.nodes[i]
		lambda := complex(l.lambda(n), 0)
		value := lambda / (1 + gs*lambda)
		f += complex(n.weight, 0) * value
		f2 += complex(n.weight, 0) * value * value
	}
	return f, f2
}

func (l *softmaxLaw) lambda(n *softmaxNode) float64 {
	if l.off {
		return -n.p1 * n.p2
	}
	return n.p1 * (1 - n.p1)
}

// pair is a number and its derivative in s.
type pair struct{ at, by complex128 }

func (p *pair) add(weight float64, factor float64, x pair) {
	c := complex(weight*factor, 0)
	p.at += c * x.at
	p.by += c * x.by
}

// chain returns f1 and f2 with their derivatives in s, given lambda and its first
// two derivatives by log l. With D = 1/(1 + gamma s lambda), F = lambda D and
// dF/dlambda = D^2,
//
//	f1 = D^2 lambda_1,  f2 = D^2 lambda_2 - 2 gamma s D^3 lambda_1^2,
//
// and dF/ds = -gamma F^2 commutes with the derivatives by log l:
//
//	df1/ds = -2 gamma F f1,  df2/ds = -2 gamma (f1^2 + F f2).
func chain(gamma, lambda, lambda1, lambda2 float64, s complex128) (f1, f2 pair) {
	g := complex(gamma, 0)
	d := 1 / (1 + g*s*complex(lambda, 0))
	f := complex(lambda, 0) * d
	l1 := complex(lambda1, 0)
	f1.at = d * d * l1
	f2.at = d*d*complex(lambda2, 0) - 2*g*s*d*d*d*l1*l1
	f1.by = -2 * g * f * f1.at
	f2.by = -2 * g * (f1.at*f1.at + f*f2.at)
	return f1, f2
}

func (l *softmaxLaw) logDet(gamma float64, z, s, dz complex128) (complex128, error) {
	if l.off {
		return l.logDetOff(gamma, s), nil
	}
	// D_11 = mu (C-1)/C and, for a, b > 1,
	// D_aa = (E[(f1+f2) q] - E[f1 (1-p_1)])/(C-1); w = D_aa - D_ab follows from
	// the row sums D_1a + D_aa + (C-2) D_ab = 0, D_1a = -D_11/(C-1).
	var first, squares, rest pair
	for i := range l.nodes {
		n := &l.nodes[i]
		p := n.p1
		f1, f2 := chain(gamma, p*(1-p), p*(1-2*p), p*(1-4*p), s)
		first.add(n.weight, (1-p)*(1-p), f2)
		first.add(n.weight, -p*(1-p), f1)
		squares.add(n.weight, n.q, f1)
		squares.add(n.weight, n.q, f2)
		rest.add(n.weight, 1-p, f1)
	}
	c := float64(l.classes)
	sum := l.logarithm(s, first, c/(c-1))
	if l.classes > 2 {
		var w pair
		w.add(1/(c-2), 1, squares)
		w.add(-1/(c-2), 1, rest)
		w.add(-1/((c-1)*(c-2)), 1, first)
		sum += complex(c-2, 0) * l.logarithm(s, w, 1)
	}
	return sum, nil
}

func (l *softmaxLaw) logDetOff(gamma float64, s complex128) complex128 {
	// D_11 = D_22, D_12; and among the others D_aa, D_ab.
	var same, mixed, squares, cross, rest pair
	c := float64(l.classes)
	for i := range l.nodes {
		n := &l.nodes[i]
		lambda := -n.p1 * n.p2
		f1, f2 := chain(gamma, lambda, lambda, lambda, s)
		a, b := 1-2*n.p1, 1-2*n.p2
		same.add(n.weight, (a*a+b*b)/2, f2)
		same.add(n.weight, -(n.p1*(1-n.p1) + n.p2*(1-n.p2)), f1)
		mixed.add(n.weight, a*b, f2)
		mixed.add(n.weight, -2*lambda, f1)
		others := 1 - n.p1 - n.p2
		squares.add(n.weight, 4*n.q, f2)
		squares.add(n.weight, 2*n.q, f1)
		rest.add(n.weight, 2*others, f1)
		cross.add(n.weight, 4*(others*others-n.q), f2)
		cross.add(n.weight, 2*(others*others-n.q), f1)
	}
	difference, symmetric := same, same
	difference.add(-1, 1, mixed)
	symmetric.add(1, 1, mixed)
	sum := l.logarithm(s, difference, 1)
	if l.classes > 2 {
		sum += l.logarithm(s, symmetric, c/(c-2))
	}
	if l.classes > 3 {
		var w pair
		w.add(1/(c-2), 1, squares)
		w.add(-1/(c-2), 1, rest)
		w.add(-1/((c-2)*(c-3)), 1, cross)
		sum += complex(c-3, 0) * l.logarithm(s, w, 1)
	}
	return sum
}

// logarithm returns the derivative in s of log(1 + kappa s factor x(s)).
func (l *softmaxLaw) logarithm(s complex128, x pair, factor float64) complex128 {
	k := complex(l.kappa*factor, 0)
	return k * (x.at + s*x.by) / (1 + k*s*x.at)
}

// gridReach is the extent of grids in standard deviations.
const gridReach = 9.0

// gridStep returns the trapezoid step of a direction in standard deviations: the
// strip in which the integrand is analytic is as wide in the logits at every kappa.
func gridStep(kappa float64) float64 { return 0.12 / max(1, math.Sqrt(kappa)) }

// gridNodes returns the law of (p_1, p_2, q) for a few classes by the trapezoid
// rule in the C-1 directions orthogonal to the vector of ones: it converges
// geometrically, as the integrand is analytic in a strip.
func gridNodes(classes int, kappa, step float64, off bool) []softmaxNode {
	basis := helmert(classes)
	half := int(math.Ceil(gridReach / step))
	index := make([]int, classes-1)
	for i := range index {
		index[i] = -half
	}
	var nodes []softmaxNode
	z, p := make([]float64, classes), make([]float64, classes)
	norm := math.Pow(step/math.Sqrt(2*math.Pi), float64(classes-1))
	for {
		square := 0.0
		clear(z)
		for i, k := range index {
			t := float64(k) * step
			square += t * t
			for c := range z {
				z[c] += math.Sqrt(kappa) * t * basis[i][c]
			}
		}
		if square < gridReach*gridReach {
			softmax(p, z)
			n := softmaxNode{weight: norm * math.Exp(-square/2), p1: p[0], p2: p[1]}
			named := 1
			if off {
				named = 2
			}
			for _, pc := range p[named:] {
				n.q += pc * pc
			}
			nodes = append(nodes, n)
		}
		at := 0
		for at < len(index) && index[at] == half {
			index[at] = -half
			at++
		}
		if at == len(index) {
			return nodes
		}
		index[at]++
	}
}

// helmert returns an orthonormal basis of the complement of the vector of ones.
func helmert(n int) [][]float64 {
	basis := make([][]float64, n-1)
	for k := 1; k < n; k++ {
		row := make([]float64, n)
		norm := math.Sqrt(float64(k * (k + 1)))
		for j := range k {
			row[j] = 1 / norm
		}
		row[k] = -float64(k) / norm
		basis[k-1] = row
	}
	return basis
}
