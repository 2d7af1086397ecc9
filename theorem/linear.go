package theorem

import "pastur/internal/elementary"

// LinearMSE returns the ratio R of the linear model under the squared loss: it
// is exactly 0 at every finite size, because H_{v_i v_j} = 0 for i != j in every
// sample while H_{v_i v_i} = (2/N) X X^T (Dong, Zhang, Yao, Sun 2025, Theorem 1).
// The arguments are checked as those of LinearCERatio: classes from 2, gamma
// positive and finite.
func LinearMSE(classes int, gamma float64) (float64, error) {
	if err := checkClasses(classes, 2); err != nil {
		return 0, err
	}
	return 0, checkGamma(gamma)
}

// LinearCERatio returns the limit d, N -> infinity, d/N -> gamma, of the ratio R
// of the linear model under cross-entropy, for any finite number of classes:
//
//	R = [gamma E(p_1 p_2)^2 + (E p_1 p_2)^2] / [gamma E(p_1 (1-p_1))^2 + (E p_1 (1-p_1))^2]
//
// with p = softmax(z), z ~ N(0, kappa I_C), for 2 <= classes <= MaxClasses,
// positive finite gamma and kappa in (0, 50]. Relative error below 1e-13.
// R = 1 exactly for two classes, and C^2 R tends to LinearCEConstant.
//
// The two-point reduction behind it: E|H|_F^2 is gamma d E lambda^2 from a point
// paired with itself plus d E lambda lambda' from two independent points, whose
// logits are independent in the limit.
func LinearCERatio(classes int, gamma, kappa float64) (float64, error) {
	m, err := NewSoftmaxMoments(classes, kappa)
	if err != nil {
		return 0, err
	}
	if err := checkGamma(gamma); err != nil {
		return 0, err
	}
	return linearCERatio(m, gamma), nil
}

// linearCERatio expands 1 - p_1 as the sum of the other probabilities,
//
//	E p_1 (1-p_1) = (C-1) E p_1 p_2,
//	E (p_1 (1-p_1))^2 = (C-1) E p_1^2 p_2^2 + (C-1)(C-2) E p_1^2 p_2 p_3,
//
// so that only positive terms are added, and C = 2 gives 1 to the last bit.
func linearCERatio(m *SoftmaxMoments, gamma float64) float64 {
	monomials := []partition{{1, 1}, {2, 2}}
	if m.classes > 2 {
		monomials = append(monomials, partition{2, 1, 1})
	}
	e := m.moments(monomials)
	c := float64(m.classes)
	off, square := float64(e[0]*e[0]), e[1]
	diag := square
	if m.classes > 2 {
		diag += float64((c - 2) * e[2])
	}
	diag /= c - 1
	a, b := gamma, 1.0 // weights of the two parts, scaled against overflow
	if gamma > 1 {
		a, b = 1, 1/gamma
	}
	num := float64(a*square) + float64(b*off)
	den := float64(a*diag) + float64(b*off)
	return num / den / float64((c-1)*(c-1))
}

// LinearCEConstant returns lim C^2 R as C -> infinity of LinearCERatio,
//
//	(1 + gamma e^{2 kappa}) / (1 + gamma e^kappa),
//
// for positive finite gamma and kappa in (0, 700]. With p_1 ~ e^{z_1}/(C E e^z),
// E (p_1 p_2)^2 C^4 -> e^{2 kappa} and E p_1^2 C^2 -> e^kappa.
func LinearCEConstant(gamma, kappa float64) (float64, error) {
	if err := checkGamma(gamma); err != nil {
		return 0, err
	}
	if err := checkKappa(kappa, maxConstantKappa); err != nil {
		return 0, err
	}
	small, large := elementary.Exp(-kappa), elementary.Exp(kappa)
	if gamma > 1 {
		return (small/gamma + large) / (small/gamma + 1), nil
	}
	return (small + float64(gamma*large)) / (small + gamma), nil
}
