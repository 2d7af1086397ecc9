package catalogue

import (
	"context"
	"fmt"
	"math"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/theorem"
)

// describeBlock names a block for messages: "linear ce vv".
func describeBlock(set *montecarlo.Setting) string {
	return fmt.Sprintf("%s %s %s", set.Model, set.Loss, set.Block)
}

// ExactZero is what there is to know of the off-diagonal vv blocks under MSE.
const ExactZero = "off-diagonal blocks are exactly zero in every sample"

// TwoClasses is what there is to know of vv blocks under cross-entropy at C = 2.
const TwoClasses = "with 2 classes off-diagonal blocks are minus the diagonal ones in every sample"

func isZero(set *montecarlo.Setting) bool {
	return set.Loss == network.MSE && set.Block == network.VV
}

// isTwoClasses: p_2 = 1 - p_1, so that H_12 = -H_11 in every sample.
func isTwoClasses(set *montecarlo.Setting) bool {
	return set.Loss == network.CE && set.Block == network.VV && set.Classes == 2
}

func isLinearCE(set *montecarlo.Setting) bool {
	return set.Model == network.Linear && set.Loss == network.CE
}

func isHiddenCE(set *montecarlo.Setting) bool {
	return set.Model == network.Hidden && set.Loss == network.CE
}

// isOneUnit: the one hidden block under cross-entropy whose ratio at finite C is
// known without sampling, at kappa = 1 in tenths of a second.
func isOneUnit(set *montecarlo.Setting) bool {
	return isHiddenCE(set) && set.Block == network.VV && set.Hidden == 1
}

func isHiddenMSEWW(set *montecarlo.Setting) bool {
	return set.Model == network.Hidden && set.Loss == network.MSE && set.Block == network.WW
}

// Limit returns the exact ratio of the setting as d, N -> infinity; it ends with the
// context's error soon after ctx does (one hidden unit takes up to seconds).
func Limit(ctx context.Context, set *montecarlo.Setting) (float64, error) {
	if isHiddenMSEWW(set) || isHiddenCE(set) && !isTwoClasses(set) {
		if err := gaussianOutputs(set, "limit"); err != nil {
			return 0, err
		}
	}
	effective, kappa, err := isotropic(set)
	if err != nil {
		return 0, err
	}
	return limitAt(ctx, effective, kappa)
}

// gaussianOutputs refuses output weights of a hidden net that are not Gaussian: a
// logit is a sum over m of them, and their law remains in it as d -> infinity. All
// other weights enter through sums over many.
func gaussianOutputs(set *montecarlo.Setting, what string) error {
	if set.Init.Gaussian() {
		return nil
	}
	return fmt.Errorf("no exact %s is known for block %s with init %s: want init lecun or he", what, describeBlock(set), set.Init)
}

// isotropic returns the setting with isotropic data, and the kappa, to which the
// setting's own data are equivalent at leading order, see theorem.TraceMoments.
func isotropic(set *montecarlo.Setting) (*montecarlo.Setting, float64, error) {
	trace, err := set.Traces()
	if err != nil {
		return nil, 0, err
	}
	effective := *set
	effective.Gamma = trace.EffectiveGamma(set.Gamma)
	return &effective, trace.EffectiveKappa(set.Init.Kappa(set.Model)), nil
}

func limitAt(ctx context.Context, set *montecarlo.Setting, kappa float64) (float64, error) {
	switch {
	case isZero(set):
		return 0, nil
	case isTwoClasses(set):
		return 1, nil
	case isLinearCE(set):
		return theorem.LinearCERatio(set.Classes, set.Gamma, kappa)
	case isHiddenMSEWW(set):
		return theorem.HiddenMSEWWRatio(set.Classes, set.Gamma)
	case isOneUnit(set):
		return theorem.HiddenCEVVRatioContext(ctx, set.Classes, 1, kappa)
	}
	return 0, fmt.Errorf("no exact limit is known for block %s at finite classes", describeBlock(set))
}

// Exact returns the exact ratio of the setting at its own size, under ctx as Limit.
func Exact(ctx context.Context, set *montecarlo.Setting) (float64, error) {
	switch {
	case set.Limit() || isZero(set) || isTwoClasses(set):
		return Limit(ctx, set)
	case isHiddenMSEWW(set) && set.Init.Gaussian() && set.Data.Gaussian():
		return theorem.HiddenMSEWWRatioFinite(set.Classes, set.Dim, set.Samples)
	}
	return 0, fmt.Errorf(`no exact value is known for block %s at finite dim: want dim inf, or target "limit"`, describeBlock(set))
}

// Constant returns lim C^p R as C -> infinity. It is known after d, N -> infinity, and
// of hidden MSE ww at every finite size too.
func Constant(set *montecarlo.Setting) (float64, error) {
	if isHiddenCE(set) {
		if err := gaussianOutputs(set, "constant"); err != nil {
			return 0, err
		}
	}
	if !set.Limit() {
		if !isHiddenMSEWW(set) {
			return 0, fmt.Errorf("the constant of block %s is known at dim inf only, got dim %v", describeBlock(set), set.Dim)
		}
		ratio, err := Exact(context.Background(), set)
		return ratio * float64(set.Classes+2), err // R is off/diag/(C+2) at every size
	}
	effective, kappa, err := isotropic(set)
	if err != nil {
		return 0, err
	}
	return constantAt(effective, kappa)
}

// Corrected returns the constant with its first correction, constant (1 + a/C),
// where that is known and finite: hidden CE vv at large enough m.
func Corrected(set *montecarlo.Setting) (float64, error) {
	constant, err := Constant(set)
	if err != nil {
		return 0, err
	}
	if !isHiddenCE(set) || set.Block != network.VV {
		return 0, fmt.Errorf("no correction to the constant is known for block %s", describeBlock(set))
	}
	effective, kappa, err := isotropic(set)
	if err != nil {
		return 0, err
	}
	a, err := theorem.HiddenCEVVCorrection(effective.Hidden, kappa)
	if err == nil && math.IsInf(a, 0) {
		err = fmt.Errorf("the correction to the constant is of order 1/C only for hidden above (1 + sqrt 10) kappa, got %d at kappa %v", set.Hidden, kappa)
	}
	return constant * (1 + a/float64(set.Classes)), err
}

func constantAt(set *montecarlo.Setting, kappa float64) (float64, error) {
	switch {
	case isLinearCE(set):
		return theorem.LinearCEConstant(set.Gamma, kappa)
	case isHiddenMSEWW(set):
		return theorem.HiddenMSEWWConstant(set.Gamma)
	case isHiddenCE(set) && set.Block == network.VV:
		return theorem.HiddenCEVVConstant(set.Hidden, kappa)
	case isHiddenCE(set) && set.Block == network.WW:
		return theorem.HiddenCEWWConstant(set.Hidden, set.Gamma, kappa)
	}
	return 0, fmt.Errorf("no constant is known for block %s", describeBlock(set))
}

// decayPower returns p in R ~ C^-p.
func decayPower(set *montecarlo.Setting) (float64, error) {
	switch {
	case isLinearCE(set), isHiddenCE(set) && set.Block == network.VV:
		return 2, nil
	case isHiddenMSEWW(set), isHiddenCE(set) && set.Block == network.WW:
		return 1, nil
	}
	return 0, fmt.Errorf("no power of decay is known for block %s", describeBlock(set))
}

// FiniteSizeCoefficient returns a in R(d) = R (1 + a/d + ...), N = d/gamma.
func FiniteSizeCoefficient(set *montecarlo.Setting) (float64, error) {
	if isLinearCE(set) && set.Init.Gaussian() && set.Data.Gaussian() {
		return theorem.LinearCEFiniteSize(set.Classes, set.Gamma, set.Init.Kappa(set.Model))
	}
	return 0, fmt.Errorf("no finite-size coefficient is known for block %s with init %s", describeBlock(set), set.Init)
}

// Known is what is known exactly of a block without sampling. A nil number
// does not exist or is not known; Notes say which and why.
type Known struct {
	Setting   montecarlo.Setting
	Kappa     float64
	Ratio     *float64 // R, in the limit or at the setting's own size
	Rate      *float64 // p in R ~ C^-p
	Scaled    *float64 // C^p R
	Constant  *float64 // lim C^p R as C -> infinity, maybe +Inf
	NormRatio *float64 // sqrt R
	RowMass   *float64 // (C-1) R, or (m-1) R for ww
	Heuristic *float64 // the norm ratio if all probabilities were 1/C
	RelError  float64  // bound of the relative error of Ratio; 0: rounding
	Notes     []string
}

// Lookup returns what is known of a setting whose weights have the given kappa
// (the setting's Init is not looked at). At finite size only hidden MSE ww and
// the exact zeros have exact values; it is an error to ask for another. It ends with
// the context's error soon after ctx does.
func Lookup(ctx context.Context, set montecarlo.Setting, kappa float64) (*Known, error) {
	if err := set.Model.Supports(set.Block); err != nil {
		return nil, err
	}
	if set.Block == network.WV {
		return nil, fmt.Errorf("block wv has no diagonal blocks, so no ratio: want vv or ww")
	}
	set.Init = network.LeCun
	set, err := set.Complete()
	if err != nil {
		return nil, err
	}
	k := &Known{Setting: set, Kappa: kappa}
	ratio, ok, err := k.lookupRatio(ctx)
	if err != nil {
		return nil, err
	}
	if ok {
		k.Ratio, k.NormRatio = &ratio, number(theorem.NormRatio(ratio))
		blocks := set.Classes
		if set.Block == network.WW {
			blocks = set.Hidden
		}
		k.RowMass = number(theorem.RowMass(ratio, blocks))
	}
	if isZero(&set) {
		k.Notes = append(k.Notes, ExactZero)
		return k, nil
	}
	rate, err := decayPower(&set)
	if err != nil {
		return nil, err
	}
	k.Rate = &rate
	if ok {
		scaled := ratio
		for range int(rate) {
			scaled *= float64(set.Classes)
		}
		k.Scaled = &scaled
	}
	if set.Loss == network.CE && set.Block == network.VV {
		k.Heuristic = number(theorem.NormRatioHeuristic(set.Classes))
	}
	var constant float64
	switch {
	case set.Limit():
		constant, err = constantAt(&set, kappa)
	case isTwoClasses(&set):
		return k, nil // the constant is one of d = infinity
	default:
		constant, err = Constant(&set)
	}
	if err != nil {
		return nil, err
	}
	k.Constant = &constant
	if isHiddenCE(&set) && float64(set.Hidden) <= 2*kappa {
		k.Notes = append(k.Notes, fmt.Sprintf("lim C^p R is infinite, as hidden must exceed 2 kappa = %v: R decays slower than C^-p", 2*kappa))
	}
	return k, nil
}

func number(x float64) *float64 { return &x }

// lookupRatio returns the ratio of k's setting; if it is not known, ok is false and a
// note says why.
func (k *Known) lookupRatio(ctx context.Context) (ratio float64, ok bool, err error) {
	set := &k.Setting
	unknown := func(note string) (float64, bool, error) {
		k.Notes = append(k.Notes, note)
		return 0, false, nil
	}
	switch {
	case isTwoClasses(set):
		if isHiddenCE(set) {
			k.Notes = append(k.Notes, TwoClasses)
		}
		ratio = 1
	case !set.Limit() && !isZero(set) && !isHiddenMSEWW(set):
		return 0, false, fmt.Errorf("no exact value is known for block %s at finite dim: want dim inf, or pastur ratio for an estimate", describeBlock(set))
	case !set.Limit():
		ratio, err = Exact(ctx, set)
	case isOneUnit(set) && k.Kappa > theorem.MaxNarrowKappa:
		return unknown(fmt.Sprintf("R: computed for kappa up to %d only; pastur ratio estimates it", theorem.MaxNarrowKappa))
	case isOneUnit(set):
		k.RelError = 5e-5
		if k.Kappa <= 1 {
			k.RelError = 5e-6
		}
		k.Notes = append(k.Notes, fmt.Sprintf("R by quadrature, relative error below %.0e", k.RelError))
		ratio, err = limitAt(ctx, set, k.Kappa)
	case isHiddenCE(set) && set.Block == network.VV && set.Hidden == 2:
		return unknown("R at finite C takes seconds: theorem.HiddenCEVVRatio computes it, pastur ratio estimates it")
	case isHiddenCE(set):
		return unknown("R: no closed form at finite C; pastur ratio estimates it")
	default:
		ratio, err = limitAt(ctx, set, k.Kappa)
	}
	return ratio, err == nil, err
}
