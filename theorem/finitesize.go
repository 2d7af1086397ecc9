package theorem

import "slices"

// LinearCEFiniteSize returns the coefficient a of the leading finite-size
// correction of the linear cross-entropy ratio along d/N = gamma,
//
//	R(d, N = d/gamma) = R(infinity) (1 + a/d + O(1/d^2)).
//
// Arguments as LinearCERatio; absolute error below 2e-13 (1 + kappa^2) (1 + |a|).
// a = 0 exactly at C = 2, where R = 1 at every size.
//
// Derivation. Let v = |x|^2/d, so that E v = 1 and Var v = 2/d, and given the
// data let the logits of x and x' have variances kappa v, kappa v' and covariance
// kappa rho, rho = x.x'/d. With f(v) = E lambda, F1(v) = E lambda^2 and
// F2(v, v', rho) = E lambda lambda', the two-point reduction reads
//
//	E|H|_F^2/d = gamma E[v^2 F1(v)] + (1 - gamma/d) E[d rho^2 F2(v, v', rho)].
//
// Expanding about v = v' = 1, rho = 0, where E rho^2 = v v'/d and
// E rho^4 = 3 v^2 v'^2/d^2 to leading order given v, v':
//
//	gamma F1 + f^2 + (1/d) [ gamma (2 F1 + 4 F1' + F1'') - gamma f^2
//	                         + 4 f f' + 2 f f'' + (3/2) F2_rr ],
//
// F2_rr the second derivative in rho. By the heat equation d/dv E g =
// (kappa/2) E Laplacian g, and by Price's theorem (R. Price, IRE Trans. Inf.
// Theory 4 (1958) 69-72) F2_rr = kappa^2 sum_{c,c'} (E d_c d_c' lambda)^2; all of
// it is again polynomial in softmax moments.
func LinearCEFiniteSize(classes int, gamma, kappa float64) (coefficient float64, err error) {
	m, err := NewSoftmaxMoments(classes, kappa)
	if err != nil {
		return 0, err
	}
	if err := checkGamma(gamma); err != nil {
		return 0, err
	}
	return linearCEFiniteSize(m, gamma), nil
}

// linearCEFiniteSize is LinearCEFiniteSize on given moments.
func linearCEFiniteSize(m *SoftmaxMoments, gamma float64) float64 {
	classes, kappa := m.classes, m.kappa
	c := float64(classes)

	// Off-diagonal lambda = p_1 p_2 up to sign. On the diagonal
	// p_1 (1-p_1) = sum_j p_1 p_j has f larger by C-1, and its square is the sum below.
	f := polynomial{{partition{1, 1}, 1}}
	offSquare := polynomial{{partition{2, 2}, 1}}
	diagSquare := polynomial{{partition{2, 2}, 1 / (c - 1)}}
	if classes > 2 {
		diagSquare = append(diagSquare, term{partition{2, 1, 1}, (c - 2) / (c - 1)})
	}
	ladder := func(p polynomial) [3]polynomial {
		first := p.heat(classes, kappa)
		return [3]polynomial{p, first, first.heat(classes, kappa)}
	}
	fs, off, diag := ladder(f), ladder(offSquare), ladder(diagSquare)
	hessian := []polynomial{
		{{partition{1, 1}, 1}, {partition{2, 1}, -6}, {partition{3, 1}, 6}}, // E d_1 d_1 (p_1 p_2)
		{{partition{1, 1, 1}, -2}, {partition{2, 1, 1}, 6}},                 // E d_1 d_3
		{{partition{1, 1, 1, 1}, 6}},                                        // E d_3 d_4
	}
	all := slices.Concat(fs[:], off[:], diag[:], hessian)
	value := m.expectations(all)
	F, off1, diag1, t := value[0:3], value[3:6], value[6:9], value[9:12]

	// The diagonal is divided by (C-1)^2 throughout: only n1/n0 and d1/d0 are wanted.
	t11, t13, t34 := t[0], t[1], t[2]
	// d_1 d_2 and d_3 d_3 from the rows summing to 0: lambda does not change when
	// all logits shift together.
	t12 := -(t11 + float64((c-2)*t13))
	t33 := -(float64(2*t13) + float64((c-3)*t34))
	if classes == 2 {
		t12, t33 = -t11, 0
	}
	sq := func(x float64) float64 { return float64(x * x) }
	offPrice := float64(2*sq(t11)) + float64(2*sq(t12)) + float64(4*float64((c-2)*sq(t13))) +
		float64((c-2)*sq(t33)) + float64(float64((c-2)*(c-3))*sq(t34))
	// lambda = sum_j p_1 p_j: d_1 d_1 is (C-1) t11, d_1 d_j is -t11,
	// d_j d_j is t11 + (C-2) t33, d_j d_k is -t33.
	djj := t11 + float64((c-2)*t33)
	diagPrice := sq(t11) + (float64(2*sq(t11))+sq(djj)+float64((c-2)*sq(t33)))/(c-1)

	side := func(g []float64, price float64) (leading, correction float64) {
		leading = float64(gamma*g[0]) + sq(F[0])
		correction = float64(gamma*(float64(2*g[0])+float64(4*g[1])+g[2]-sq(F[0]))) +
			float64(F[0]*(float64(4*F[1])+float64(2*F[2]))) + float64(1.5*float64(sq(kappa)*price))
		return leading, correction
	}
	n0, n1 := side(off1, offPrice)
	d0, d1 := side(diag1, diagPrice)
	return n1/n0 - d1/d0
}

// A polynomial is a linear combination of symmetrised monomials in p.
type polynomial []term

type term struct {
	monomial    partition
	coefficient float64
}

// add adds coefficient times the monomial, bringing it to canonical order; a
// monomial in more indices than there are classes does not exist.
func (p *polynomial) add(monomial partition, coefficient float64, classes int) {
	if len(monomial) > classes || coefficient == 0 {
		return
	}
	monomial = slices.Clone(monomial)
	slices.SortFunc(monomial, func(a, b int) int { return b - a })
	for i := range *p {
		if slices.Equal((*p)[i].monomial, monomial) {
			(*p)[i].coefficient += coefficient
			return
		}
	}
	*p = append(*p, term{monomial, coefficient})
}

// heat returns (kappa/2) times the Laplacian in the logits, up to terms of equal
// expectation. With a = sum a_c, from d_c p_b = p_b (delta_bc - p_c),
//
//	Laplacian m = m [ sum a_c^2 - a - 2a sum_c a_c p_c + a(a+1) sum_c p_c^2 ].
func (p polynomial) heat(classes int, kappa float64) polynomial {
	var out polynomial
	for _, t := range p {
		a := t.monomial.degree()
		squares := 0
		for _, e := range t.monomial {
			squares += e * e
		}
		w := float64(t.coefficient * float64(kappa/2))
		out.add(t.monomial, float64(w*float64(squares-a)), classes)
		for i, e := range t.monomial {
			raised := slices.Clone(t.monomial)
			raised[i] = e + 1
			out.add(raised, float64(w*float64(-2*a*e)), classes)
			raised[i] = e + 2
			out.add(raised, float64(w*float64(a*(a+1))), classes)
		}
		rest := float64(classes - len(t.monomial))
		out.add(append(slices.Clone(t.monomial), 2), float64(w*float64(float64(a*(a+1))*rest)), classes)
	}
	return out
}

// expectations evaluates several polynomials in one quadrature.
func (m *SoftmaxMoments) expectations(polynomials []polynomial) []float64 {
	var needed polynomial // used as a set
	for _, p := range polynomials {
		for _, t := range p {
			needed.add(t.monomial, 1, m.classes)
		}
	}
	monomials := make([]partition, len(needed))
	for i, t := range needed {
		monomials[i] = t.monomial
	}
	value := m.moments(monomials)
	out := make([]float64, len(polynomials))
	for i, p := range polynomials {
		for _, t := range p {
			for j, monomial := range monomials {
				if slices.Equal(monomial, t.monomial) {
					out[i] += float64(t.coefficient * value[j])
				}
			}
		}
	}
	return out
}
