// Package theorem holds what is known exactly about the block structure of the
// Hessian of a network at initialisation: limits, constants and finite-size
// values, each a number without sampling error.
//
// The setting: N data points x ~ N(0, I_d), C classes, d, N -> infinity with
// d/N -> gamma, and only then C -> infinity. A "ratio" R is always that of the
// EXPECTED SQUARED Frobenius norms of an off-diagonal and a diagonal block,
//
//	R = E|H_ij|_F^2 / E|H_ii|_F^2,
//
// and kappa is the scale of the weights: N(0, kappa/d) in the linear model, where
// it is the variance of a logit; N(0, kappa_W/d) and N(0, kappa_V/m) with one
// hidden layer of width m, kappa = kappa_W kappa_V. LeCun's initialisation is
// kappa = 1 in both; He's is 2 for the linear model and 4 for the hidden one,
// Gaussian weights with the variances of PyTorch's default are 1/3 and 1/9. The
// theorems are those of Dong, Zhang, Yao and Sun, Towards Quantifying the Hessian
// Structure of Neural Networks, arXiv:2505.02809 (2025).
//
//	r, _ := theorem.LinearCERatio(50257, 0.5, 1) // GPT-2's vocabulary
//	theorem.NormRatio(r)                         // 2.81e-05: one block in 36 000
//
// Every function is deterministic and returns the same bits on every machine.
package theorem

import (
	"fmt"
	"math"
)

const (
	// MaxClasses is the largest number of classes the functions accept.
	MaxClasses = 1_000_000_000
	// MaxKappa is the largest logit variance that LinearCERatio and
	// SoftmaxMoments accept.
	MaxKappa = 50
	// maxConstantKappa keeps e^kappa a finite double.
	maxConstantKappa = 700
)

// NormRatio returns sqrt(R): the ratio of root mean square Frobenius norms that
// belongs to a ratio R of expected squared ones. NaN for R < 0.
func NormRatio(ratio float64) float64 { return math.Sqrt(ratio) }

// RowMass returns (blocks-1) R: the expected squared norm of all off-diagonal
// blocks of one block row, in units of that of its diagonal block. It is the
// row mass that decides whether a matrix is block-diagonal as a whole. It
// decays as 1/C for both kinds: R ~ 1/C^2 with C blocks (vv), R ~ 1/C with a
// fixed number m of blocks (ww).
func RowMass(ratio float64, blocks int) float64 { return float64(blocks-1) * ratio }

// NormRatioHeuristic returns 1/(C-1), the ratio of norms (not squared) that
// follows from setting every probability to 1/C. NormRatio(LinearCERatio) tends
// to it as kappa -> 0; for larger kappa it is too small, as C -> infinity by the
// square root of LinearCEConstant. +Inf at C = 1.
func NormRatioHeuristic(classes int) float64 { return 1 / float64(classes-1) }

func checkClasses(classes, least int) error {
	if classes < least || classes > MaxClasses {
		return fmt.Errorf("classes must be between %d and %d, got %d", least, MaxClasses, classes)
	}
	return nil
}

func checkGamma(gamma float64) error {
	if !(gamma > 0) || math.IsInf(gamma, 1) {
		return fmt.Errorf("gamma must be positive and finite, got %v", gamma)
	}
	return nil
}

func checkKappa(kappa, most float64) error {
	if !(kappa > 0 && kappa <= most) {
		return fmt.Errorf("kappa must be in (0, %v], got %v", most, kappa)
	}
	return nil
}

// maxWhole bounds d and N, as everywhere in pastur.
const maxWhole = 1 << 50

func checkWhole(name string, v float64) error {
	if !(v >= 1 && v <= maxWhole) || v != math.Floor(v) {
		return fmt.Errorf("%s must be a whole number between 1 and %.3g, got %v", name, float64(maxWhole), v)
	}
	return nil
}
