package catalogue

import (
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

func isZero(set *montecarlo.Setting) bool {
	return set.Loss == network.MSE && set.Block == network.VV
}

func isLinearCE(set *montecarlo.Setting) bool {
	return set.Model == network.Linear && set.Loss == network.CE
}

func isHiddenCE(set *montecarlo.Setting) bool {
	return set.Model == network.Hidden && set.Loss == network.CE
}

// isOneUnit: the one hidden block under cross-entropy whose ratio at finite C is
// known, and quickly, without sampling.
func isOneUnit(set *montecarlo.Setting) bool {
	return isHiddenCE(set) && set.Block == network.VV && set.Hidden == 1
}

func isHiddenMSEWW(set *montecarlo.Setting) bool {
	return set.Model == network.Hidden && set.Loss == network.MSE && set.Block == network.WW
}

// Limit returns the exact ratio of the setting as d, N -> infinity. The hidden
// net's output weights enter it with their fourth moments and must be Gaussian;
// all others enter through sums over many of them.
func Limit(set *montecarlo.Setting) (float64, error) {
	if isHiddenMSEWW(set) && !set.Init.Gaussian() {
		return 0, fmt.Errorf("no exact limit is known for block %s with init %s: want init lecun or he", describeBlock(set), set.Init)
	}
	effective, kappa, err := isotropic(set)
	if err != nil {
		return 0, err
	}
	return limitAt(effective, kappa)
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

func limitAt(set *montecarlo.Setting, kappa float64) (float64, error) {
	switch {
	case isZero(set):
		return 0, nil
	case isLinearCE(set):
		return theorem.LinearCERatio(set.Classes, set.Gamma, kappa)
	case isHiddenMSEWW(set):
		return theorem.HiddenMSEWWRatio(set.Classes, set.Gamma)
	case isOneUnit(set):
		return theorem.HiddenCEVVRatio(set.Classes, 1, kappa)
	}
	return 0, fmt.Errorf("no exact limit is known for block %s at finite classes", describeBlock(set))
}

// Exact returns the exact ratio of the setting at its own size.
func Exact(set *montecarlo.Setting) (float64, error) {
	switch {
	case set.Limit() || isZero(set):
		return Limit(set)
	case isHiddenMSEWW(set) && set.Init.Gaussian() && set.Data.Gaussian():
		return theorem.HiddenMSEWWRatioFinite(set.Classes, set.Dim, set.Samples)
	}
	return 0, fmt.Errorf(`no exact value is known for block %s at finite dim: want dim inf, or target "limit"`, describeBlock(set))
}

// Constant returns lim C^p R as C -> infinity.
func Constant(set *montecarlo.Setting) (float64, error) {
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
	Notes     []string
}

// Lookup returns what is known of a setting whose weights have the given kappa
// (the setting's Init is not looked at). At finite size only hidden MSE ww and
// the exact zeros have exact values; it is an error to ask for another.
func Lookup(set montecarlo.Setting, kappa float64) (*Known, error) {
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
	number := func(x float64) *float64 { return &x }
	var ratio float64
	switch {
	case !set.Limit() && !isZero(&set) && !isHiddenMSEWW(&set):
		err = fmt.Errorf("no exact value is known for block %s at finite dim: want dim inf, or pastur ratio for an estimate", describeBlock(&set))
	case !set.Limit():
		ratio, err = Exact(&set)
	case isHiddenCE(&set) && !isOneUnit(&set):
		note := "R: no closed form at finite C; pastur ratio estimates it"
		if set.Block == network.VV && set.Hidden == 2 {
			note = "R at finite C takes seconds: theorem.HiddenCEVVRatio computes it, pastur ratio estimates it"
		}
		k.Notes = append(k.Notes, note)
	default:
		ratio, err = limitAt(&set, kappa)
	}
	if err != nil {
		return nil, err
	}
	if !isHiddenCE(&set) || isOneUnit(&set) {
		k.Ratio, k.NormRatio = number(ratio), number(theorem.NormRatio(ratio))
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
	k.Rate = number(rate)
	if k.Ratio != nil {
		scaled := ratio
		for range int(rate) {
			scaled *= float64(set.Classes)
		}
		k.Scaled = number(scaled)
	}
	constant, err := constantAt(&set, kappa)
	if err != nil {
		return nil, err
	}
	k.Constant = number(constant)
	if isHiddenCE(&set) && float64(set.Hidden) <= 2*kappa {
		k.Notes = append(k.Notes, fmt.Sprintf("lim C^p R is infinite, as hidden must exceed 2 kappa = %v: R decays slower than C^-p", 2*kappa))
	}
	if isLinearCE(&set) {
		k.Heuristic = number(theorem.NormRatioHeuristic(set.Classes))
	}
	return k, nil
}
