package theorem

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// HiddenMSEWWRatio returns the limit d, N -> infinity of the ratio R of the
// hidden-weight blocks (ww) of a one-hidden-layer network under the squared loss,
//
//	R = (1 + 4 gamma) / (4 (1 + 2 gamma) (C + 2)),
//
// exact for every number of classes C >= 1 and gamma = d/N > 0, and free of the
// width m >= 2 and of the variances of the weights. Dong, Zhang, Yao, Sun 2025,
// Theorem 2, states that it is O(1/C); the derivation is that of HiddenMSEWWNorms.
func HiddenMSEWWRatio(classes int, gamma float64) (float64, error) {
	if err := checkClasses(classes, 1); err != nil {
		return 0, err
	}
	constant, err := HiddenMSEWWConstant(gamma)
	if err != nil {
		return 0, err
	}
	return constant / (float64(classes) + 2), nil
}

// HiddenMSEWWConstant returns the constant of the O(1/C) of Dong, Zhang, Yao, Sun
// 2025, Theorem 2: lim C R of HiddenMSEWWRatio as C -> infinity,
//
//	(1 + 4 gamma) / (4 (1 + 2 gamma)),
//
// between 1/4 (gamma -> 0) and 1/2 (gamma -> infinity). It is an error if gamma is
// not positive and finite.
func HiddenMSEWWConstant(gamma float64) (float64, error) {
	if err := checkGamma(gamma); err != nil {
		return 0, err
	}
	g := 1 / gamma
	if gamma < 1 {
		return (1 + float64(4*gamma)) / float64(4*(1+float64(2*gamma))), nil
	}
	return (g + 4) / float64(4*(g+2)), nil
}

// HiddenMSEWWRatioFinite returns the same ratio at finite dimension d and number
// of samples N, exactly: whole numbers from 1 to 2^50. Relative error below 1e-13.
// See HiddenMSEWWNorms for the formula.
func HiddenMSEWWRatioFinite(classes int, dim, samples float64) (float64, error) {
	if err := checkClasses(classes, 1); err != nil {
		return 0, err
	}
	off, diag, err := indicatorNorms(dim, samples)
	if err != nil {
		return 0, err
	}
	return off / diag / (float64(classes) + 2), nil
}

// HiddenMSEWWNorms returns E|H_{w_i w_j}|_F^2 (i != j) and E|H_{w_i w_i}|_F^2 of
//
//	H = (2/N) (sum_c v_ci v_cj) sum_n 1_i 1_j x_n x_n^T
//
// at finite d and N, exactly, when the entries of V are independent N(0, varV),
// varV > 0 (1/m at LeCun's initialisation); the width does not enter otherwise,
// nor does the scale of W. Relative error below 1e-13.
//
// The two factors are independent. E (sum_c v_ci v_cj)^2 is C varV^2 off the
// diagonal and C (C+2) varV^2 on it. For the other, the two-point reduction: at an
// angle theta between x and x', P(1_i 1_i') = (pi - theta)/(2 pi), and phi =
// theta - pi/2 has density proportional to cos^{d-2} phi, so that
//
//	off  = d(d+2)/(4N) + (1-1/N) d^2 E[sin^2 phi (1/16 + phi^2/(4 pi^2))]
//	diag = d(d+2)/(2N) + (1-1/N) d/4
//
// where odd powers of phi have dropped out and E sin^2 phi = 1/d.
func HiddenMSEWWNorms(classes int, dim, samples, varV float64) (off, diag float64, err error) {
	if err := checkClasses(classes, 1); err != nil {
		return 0, 0, err
	}
	if !(varV > 0) || math.IsInf(varV, 1) {
		return 0, 0, fmt.Errorf("variance of the output weights must be positive and finite, got %v", varV)
	}
	off, diag, err = indicatorNorms(dim, samples)
	c := float64(classes)
	scale := float64(4 * float64(float64(c*varV)*varV))
	return float64(scale * off), float64(float64(scale*(c+2)) * diag), err
}

// indicatorNorms returns E|(1/N) sum_n 1_i 1_j x_n x_n^T|_F^2 for i != j and i = j.
func indicatorNorms(dim, samples float64) (off, diag float64, err error) {
	if err := checkWhole("dim", dim); err != nil {
		return 0, 0, err
	}
	if err := checkWhole("samples", samples); err != nil {
		return 0, 0, err
	}
	rest := 1 - 1/samples
	self := float64(dim/samples) * (dim + 2)
	angle := float64(dim / 16)
	if dim == 1 {
		angle += 1.0 / 16 // phi = ±pi/2
	} else {
		angle += float64(dim*float64(dim*sineAngleMoment(dim))) / float64(4*float64(math.Pi*math.Pi))
	}
	return float64(self/4) + float64(rest*angle), float64(self/2) + float64(rest*float64(dim/4)), nil
}

// sineAngleMoment returns E[phi^2 sin^2 phi] under the density proportional to
// cos^{d-2} phi on (-pi/2, pi/2), d >= 2.
//
// With sin phi = tanh u the density becomes sech^{d-1} u on the whole line,
// analytic for |Im u| < pi/2, and the trapezoid rule converges geometrically.
func sineAngleMoment(d float64) float64 {
	h := min(0.125, 0.5/math.Sqrt(d))
	sum, norm := 0.0, 0.5
	for j := 1; ; j++ {
		u := float64(float64(j) * h)
		e := elementary.Expm1(u)
		sinh := 0.5 * (e + e/(1+e))
		sinh2 := float64(sinh * sinh)
		weight := elementary.Exp(-0.5 * float64((d-1)*elementary.Log1p(sinh2)))
		if weight < 1e-20 {
			return sum / norm
		}
		phi := elementary.Atan(sinh)
		sum += float64(weight * float64(float64(phi*phi)*float64(sinh2/(1+sinh2))))
		norm += weight
	}
}
