package lindeberg

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"pastur/network"
	"pastur/replicate"
	"pastur/verdict"
)

// Part says which real number a claim takes from a complex one, relative to a
// reference r: with q = value/r,
//
//	along: Re q    across: 1 + Im q
//
// both of mean 1 exactly if the mean of the value is r.
type Part string

// The parts.
const (
	Along  Part = "along"
	Across Part = "across"
)

func (p Part) of(value, reference complex128) float64 {
	q := value / reference
	if p == Across {
		return 1 + imag(q)
	}
	return real(q)
}

// ParsePart returns the part called s: "along" or "across".
func ParsePart(s string) (Part, error) {
	switch p := Part(s); p {
	case Along, Across:
		return p, nil
	}
	return "", fmt.Errorf("unknown part %q: want along or across", s)
}

func checkReference(reference complex128) error {
	if reference == 0 || cmplx.IsNaN(reference) || cmplx.IsInf(reference) {
		return fmt.Errorf("the reference must be finite and not 0, got %v", reference)
	}
	return nil
}

// NewGapSampler samples a part of s_{H~}(z) - s_H(z) relative to the reference
// (denominator 1). With the reference Constant/N the mean tends to 1; with a
// reference of modulus 1 it is delta_N(z) itself, projected.
func NewGapSampler(s Setting, z, reference complex128, part Part) (verdict.Sampler, error) {
	if err := errors.Join(CheckPoint(z), checkReference(reference)); err != nil {
		return nil, err
	}
	if _, err := ParsePart(string(part)); err != nil {
		return nil, err
	}
	r, err := New(s)
	if err != nil {
		return nil, err
	}
	control, err := newControl(r, z)
	if err != nil {
		return nil, err
	}
	return verdict.SamplerFunc(func(stream *replicate.Stream) (num, den float64, err error) {
		r.Draw(stream)
		return part.of(r.Gap(z)-control.at(r), reference), 1, nil
	}), nil
}

// Check names an identity or inequality that holds in every sample; the
// statistic of its sampler is to be compared with a tolerance.
type Check string

const (
	// Closure is |s_{H~} - s_H + int_0^{pi/2} (ds/dtheta) dtheta|: the
	// fundamental theorem of calculus along the path. Tolerance 1e-9.
	Closure Check = "closure"
	// Derivative is |ds/dtheta by the resolvent - by differences| over 1 +
	// |ds/dtheta|, the largest at three theta. Tolerance 1e-7.
	Derivative Check = "derivative"
	// Reduction is the difference of s and of ds/dtheta between the k x k form
	// and the whole matrix, the largest at three theta. Shared data path only.
	// Tolerance 1e-9.
	Reduction Check = "reduction"
	// Resolvent is max |s| Im z at both ends, at most 1.
	Resolvent Check = "resolvent"
	// Rank is |s_{H~} - s_H| d Im z/(pi k), at most 1 because the two matrices
	// differ by k positive and k negative directions. Shared data path only.
	Rank Check = "rank"
)

// Checks lists all checks.
var Checks = []Check{Closure, Derivative, Reduction, Resolvent, Rank}

// NewCheckSampler samples the statistic of a check at z (denominator 1).
func NewCheckSampler(s Setting, z complex128, check Check) (verdict.Sampler, error) {
	if err := CheckPoint(z); err != nil {
		return nil, err
	}
	r, err := New(s)
	if err != nil {
		return nil, err
	}
	if (check == Rank || check == Reduction) && r.reduced == nil {
		return nil, fmt.Errorf("check %s needs path data and coupling shared, got %s and %s", check, r.set.Path, r.set.Coupling)
	}
	var f func() (float64, error)
	switch check {
	case Closure:
		f = func() (float64, error) { return r.ClosureError(z) }
	case Derivative, Reduction:
		f = func() (float64, error) {
			worst := 0.0
			for _, theta := range []float64{0.2, math.Pi / 4, 1.3} {
				value, derivative := r.Along(theta, z)
				if check == Derivative {
					worst = max(worst, cmplx.Abs(derivative-r.DifferenceAlong(theta, z))/(1+cmplx.Abs(derivative)))
					continue
				}
				whole, wholeDerivative := r.AlongByDefinition(theta, z)
				worst = max(worst, cmplx.Abs(value-whole), cmplx.Abs(derivative-wholeDerivative))
			}
			return worst, nil
		}
	case Resolvent:
		f = func() (float64, error) {
			independent, original := r.Ends(z)
			return max(cmplx.Abs(independent), cmplx.Abs(original)) * imag(z), nil
		}
	case Rank:
		f = func() (float64, error) { return cmplx.Abs(r.Gap(z)) / r.RankBound(z), nil }
	default:
		return nil, fmt.Errorf("unknown check %q: want one of %v", check, Checks)
	}
	return verdict.SamplerFunc(func(stream *replicate.Stream) (num, den float64, err error) {
		r.Draw(stream)
		num, err = f()
		return num, 1, err
	}), nil
}

// ClosureError returns |s_{H~} - s_H + int ds/dtheta dtheta| of the present draw.
func (r *Realisation) ClosureError(z complex128) (float64, error) {
	integral, err := r.Integrate(z, 1e-10)
	if err != nil {
		return 0, err
	}
	return cmplx.Abs(r.Gap(z) + integral.Value), nil
}

// RankBound returns pi k/(d Im z), which |s_{H~} - s_H| never exceeds for the
// shared-complement copy on the data path: H - H~ has at most k positive and k
// negative eigenvalues, so the distribution functions differ by at most k/d, and s
// is an integral against 1/(x-z)^2 of their difference.
func (r *Realisation) RankBound(z complex128) float64 {
	return math.Pi * float64(r.k) / (float64(r.set.Dim) * imag(z))
}

// control is a variate of mean zero to subtract from the gap on the weights path.
// There the two ends differ by their Lambda alone, whose laws are equal but whose
// samples are not: to first order
//
//	s_{H~} - s_H = -(ds/dz) (1/N) sum_n [F(lambda~_n) - F(lambda_n)],
//
// F = lambda/(1 + gamma s lambda) at the limit's s(z). The right-hand side has mean
// exactly zero at every N, since lambda and lambda~ are exchangeable, and what is
// left fluctuates like 1/N instead of N^{-1/2}. On the data path it is 0: the ends
// share their Lambda.
type control struct{ gs, factor complex128 }

func newControl(r *Realisation, z complex128) (control, error) {
	if r.set.Path != Weights || r.set.Model != network.Linear {
		return control{}, nil
	}
	gamma := r.set.Gamma()
	l, err := NewLimit(r.set, gamma)
	if err != nil {
		return control{}, err
	}
	s, dz, err := solve(l.laws[0], gamma, z)
	if err != nil {
		return control{}, err
	}
	return control{complex(gamma, 0) * s, -1 / (dz * complex(float64(r.set.Samples), 0))}, nil
}

func (c control) at(r *Realisation) complex128 {
	if c.factor == 0 {
		return 0
	}
	var sum complex128
	for n, l := range r.lambda {
		a, b := complex(r.lambdaCopy[n], 0), complex(l, 0)
		sum += a/(1+c.gs*a) - b/(1+c.gs*b)
	}
	return c.factor * sum
}
