package montecarlo

import (
	"pastur/internal/elementary"
	"pastur/replicate"
)

// classTilt draws the logits of the first few classes from the tilted law
// phi(z, z') e^{z+z'}/M, M = E e^{z+z'}, in half of the samples, z and z' the
// logits of a class at the two points of a pair (of one point, z' = z).
//
// A block norm is a sum over classes, or pairs of classes, of p_c p'_c ~ e^{z_c +
// z'_c}: given the features, the mean is carried by the rare classes that have
// large logits at both points, and so is, at large C, what tail the tilt of the
// features leaves. As all else is symmetric in the classes, tilting the first ones
// is tilting a random choice of them, and the weight of a sample is
//
//	1/(1/2 + r/2),   r = sum_c e^{z_c + z'_c}/(C M)                          (one class),
//	                 r = sum_{c != c'} e^{z_c + z'_c + z_c' + z'_c'}/(C (C-1) M^2)  (two),
//
// at most 2 (a defensive mixture: T. Hesterberg, Technometrics 37 (1995)
// 185-194). With features so long that a tilted class would saturate the softmax
// a tilt is no use, and none is made; that is a function of the features alone.
type classTilt struct {
	exponent float64 // log M
	mixed    bool    // the sample comes from the mixture
	tilted   bool    // and from its tilted half
}

// maxClassTilt bounds log M, in units of ln C.
const maxClassTilt = 2

// newClassTilt chooses a half of the mixture for logits with Var(z + z') =
// variance; enabled is false for plain sampling.
func newClassTilt(s *replicate.Stream, variance float64, classes int, enabled bool) classTilt {
	t := classTilt{exponent: variance / 2}
	if enabled && t.exponent <= float64(maxClassTilt*elementary.Log(float64(classes))) {
		t.mixed, t.tilted = true, s.Float64() < 0.5
	}
	return t
}

// weight returns the weight of a sample for one class tilted, sum being sum_c
// e^{z_c + z'_c - shift}.
func (t *classTilt) weight(sum, shift float64, classes int) float64 {
	if !t.mixed {
		return 1
	}
	m := elementary.Exp(t.exponent - shift)
	if m == 0 {
		return 0 // logits so far beyond those that the tilt makes likely
	}
	return 2 / (1 + sum/float64(classes)/m)
}

// weightOfTwo is weight for two classes tilted, sum and squares being the sums of
// e^{z_c + z'_c - shift} and of its square.
func (t *classTilt) weightOfTwo(sum, squares, shift float64, classes int) float64 {
	if !t.mixed {
		return 1
	}
	c := float64(classes)
	m := elementary.Exp(t.exponent - shift)
	if m == 0 {
		return 0
	}
	return 2 / (1 + max(0, float64(sum*sum)-squares)/m/m/float64(c*(c-1)))
}
