package lindeberg

import (
	"fmt"
	"math"
	"math/cmplx"

	"pastur/network"
)

// Limit holds what the limit of N delta_N depends on besides z; it is made once
// a block and evaluated at any number of points.
//
// Let F = lambda/(1 + gamma s lambda) with s = s(z) the limit's Stieltjes
// transform, u ~ N(0, I_k) the coordinates of a data point that Lambda sees, and
//
//	T(z) = -z I + E[F u u^T].
//
// Then N delta_N(z) -> (1/gamma) d/dz [ log det T(z) + k log s(z) ].
type Limit struct {
	setting Setting
	gamma   float64
	// laws makes one law, or one for each draw of V, at each refinement of the
	// quadrature; made keeps them.
	laws      []func(level int) blockLaw
	sampled   bool // levels are independent samples, not refinements
	levels    int
	tolerance float64
	made      map[[2]int]blockLaw
}

// blockLaw is the law of (lambda, u) of a block, as far as the constant needs it.
type blockLaw interface {
	// transform returns E[F] and E[F^2] at s: the first gives the equation for
	// s, both its derivatives.
	transform(gamma float64, s complex128) (f, f2 complex128)
	// logDet returns d/ds of log det T + k log s along the curve z(s), given
	// dz/ds.
	logDet(gamma float64, z, s, dz complex128) complex128
}

// NewLimit returns the limit of the setting's block at d/N -> gamma. The
// setting's sizes, path and coupling do not enter.
func NewLimit(s Setting, gamma float64) (*Limit, error) {
	if !(gamma > 0) || math.IsInf(gamma, 1) {
		return nil, fmt.Errorf("gamma must be positive and finite, got %v", gamma)
	}
	s.Samples, s.Dim = 1, s.Classes+s.Hidden+1 // any size that Complete accepts
	s, err := s.Complete()
	if err != nil {
		return nil, err
	}
	l := &Limit{setting: s, gamma: gamma, made: map[[2]int]blockLaw{}}
	if s.Model == network.Linear {
		law, err := newSoftmaxLaws(s.Classes, s.Kappa, s.OffDiagonal)
		if err != nil {
			return nil, err
		}
		l.laws, l.levels, l.tolerance = []func(int) blockLaw{law}, softmaxLevels, LinearTolerance
		return l, nil
	}
	l.tolerance = HiddenTolerance
	if l.levels = reluLevels(s.Hidden); l.levels < 2 {
		l.sampled, l.levels = true, shifts
	}
	for _, v := range s.outputs() {
		l.laws = append(l.laws, func(level int) blockLaw {
			if l.sampled {
				return sampleReLU(v, s.Kappa, s.OffDiagonal, level, shiftPoints)
			}
			return newReLULaw(v, s.Kappa, s.OffDiagonal, reluNodes[level])
		})
	}
	return l, nil
}

// law returns the law with the given index at a level of refinement.
func (l *Limit) law(index, level int) blockLaw {
	key := [2]int{index, level}
	if l.made[key] == nil {
		l.made[key] = l.laws[index](level)
	}
	return l.made[key]
}

// Constant returns lim N delta_N(z) for the setting's block at d/N -> gamma,
// z in the upper half-plane; for hidden blocks the average of the conditional
// limits over the setting's draws of V.
//
// Derived in docs/lindeberg.md; it sharpens Dong, Zhang, Yao and Sun (2025),
// whose bound on delta_N is O(N^{-1/2}).
func Constant(s Setting, gamma float64, z complex128) (complex128, error) {
	l, err := NewLimit(s, gamma)
	if err != nil {
		return 0, err
	}
	return l.Constant(z)
}

// Two refinements of the quadrature have to agree to these relative tolerances.
const (
	LinearTolerance = 1e-8
	HiddenTolerance = 1e-5
)

// Constant returns lim N delta_N(z). Everything depends on z through s alone: z =
// E[F] - 1/s has the derivative dz/ds = 1/s^2 - gamma E[F^2], so that no
// difference quotient is needed.
func (l *Limit) Constant(z complex128) (complex128, error) {
	value, _, err := l.ConstantWithError(z)
	return value, err
}

// ConstantWithError returns the constant and its standard error (of the modulus): 0
// where it is deterministic, which it is up to rounding for linear blocks and to
// HiddenTolerance for hidden ones with m <= 5; quasi-Monte Carlo beyond.
func (l *Limit) ConstantWithError(z complex128) (value complex128, se float64, err error) {
	value, se, err = l.average(z, func(law blockLaw) (complex128, error) {
		s, dz, err := solve(law, l.gamma, z)
		if err != nil {
			return 0, err
		}
		return law.logDet(l.gamma, z, s, dz) / dz, nil
	})
	return value / complex(l.gamma, 0), se / l.gamma, err
}

// Stieltjes returns s(z), averaged over the draws of V.
func (l *Limit) Stieltjes(z complex128) (complex128, error) {
	value, _, err := l.average(z, func(law blockLaw) (complex128, error) {
		s, _, err := solve(law, l.gamma, z)
		return s, err
	})
	return value, err
}

// average returns the mean of f over the laws.
func (l *Limit) average(z complex128, f func(blockLaw) (complex128, error)) (mean complex128, se float64, err error) {
	if err := CheckPoint(z); err != nil {
		return 0, 0, err
	}
	if l.sampled {
		return l.sample(f)
	}
	for index := range l.laws {
		value, err := l.refine(index, z, f)
		if err != nil {
			return 0, 0, err
		}
		mean += value
	}
	return mean / complex(float64(len(l.laws)), 0), 0, nil
}

// sample averages over the laws for each shift, and then over the shifts.
func (l *Limit) sample(f func(blockLaw) (complex128, error)) (mean complex128, se float64, err error) {
	var m gapMoments
	for shift := range l.levels {
		var sum complex128
		for index := range l.laws {
			value, err := f(l.law(index, shift))
			if err != nil {
				return 0, 0, err
			}
			sum += value
		}
		m.add(sum / complex(float64(len(l.laws)), 0))
	}
	return complex(m.Re, m.Im), math.Sqrt(m.variance() / float64(m.N)), nil
}

// refine evaluates at finer and finer quadratures until two agree. Each converges
// geometrically, so the last is much better than the agreement shows.
func (l *Limit) refine(index int, z complex128, f func(blockLaw) (complex128, error)) (complex128, error) {
	before := cmplx.NaN()
	gap := math.Inf(1)
	for level := range l.levels {
		value, err := f(l.law(index, level))
		if err != nil {
			return 0, err
		}
		gap = cmplx.Abs(value-before) / cmplx.Abs(value)
		if gap <= l.tolerance {
			return value, nil
		}
		before = value
	}
	return 0, fmt.Errorf("the limit at z = %s converges to a relative %.1g only: want a larger imaginary part or fewer hidden units", formatPoint(z), gap)
}

// solve returns the s in the upper half-plane with z = E[F] - 1/s, and dz/ds
// there, by Newton's method continued down from a point where s is near -1/z.
func solve(law blockLaw, gamma float64, z complex128) (s, dz complex128, err error) {
	if err := CheckPoint(z); err != nil {
		return 0, 0, err
	}
	// Above: Im z so large that the fixed point is a contraction; |lambda| is
	// not bounded for hidden blocks, but typical ones are of order 1.
	at := complex(real(z), max(imag(z), 10*(1+gamma)))
	s = -1 / at
	newton := func(target, start complex128) (complex128, complex128, bool) {
		s := start
		for range 50 {
			f, f2 := law.transform(gamma, s)
			slope := 1/(s*s) - complex(gamma, 0)*f2
			step := (f - 1/s - target) / slope
			s -= step
			if !(imag(s) > 0) || cmplx.IsNaN(s) {
				return 0, 0, false
			}
			if cmplx.Abs(step) <= 1e-15*cmplx.Abs(s) || cmplx.Abs(step) <= 1e-13*cmplx.Abs(s) && cmplx.Abs(f-1/s-target) < 1e-12*cmplx.Abs(target) {
				_, f2 := law.transform(gamma, s)
				return s, 1/(s*s) - complex(gamma, 0)*f2, true
			}
		}
		return 0, 0, false
	}
	s, dz, ok := newton(at, s)
	if !ok {
		return 0, 0, fmt.Errorf("the equation for s(z) has no solution at z = %s", formatPoint(at))
	}
	factor := 0.5
	for at != z {
		next := complex(real(z), max(imag(z), imag(at)*factor))
		// Euler's prediction: a step that Newton's method has to correct by
		// much has to be shorter.
		predicted := s + (next-at)/dz
		if t, slope, ok := newton(next, predicted); ok && cmplx.Abs(t-predicted) < 0.3*cmplx.Abs(t) {
			at, s, dz, factor = next, t, slope, max(0.1, factor*factor)
			continue
		}
		if factor = math.Sqrt(factor); factor > 0.9999 {
			return 0, 0, fmt.Errorf("the equation for s(z) cannot be followed to z = %s: want a larger imaginary part", formatPoint(z))
		}
	}
	return s, dz, nil
}

// logDetOf is the derivative in s of log det T + k log s for T = -z + M(s):
//
//	tr T^{-1} (M'(s) - dz/ds) + k/s.
//
// m and slope are M and M', k x k; m is destroyed.
func logDetOf(k int, m, slope []complex128, z, s, dz complex128) complex128 {
	for i := range k {
		m[i*k+i] -= z
		slope[i*k+i] -= dz
	}
	solveComplex(m, k, slope, k)
	trace := complex(float64(k), 0) / s
	for i := range k {
		trace += slope[i*k+i]
	}
	return trace
}
