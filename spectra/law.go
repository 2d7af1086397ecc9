package spectra

import (
	"fmt"
	"math"
	"sync"
)

// A Law is the limiting spectral law of a matrix model: its Stieltjes transform,
// density, distribution function and what follows from them. It is safe for
// concurrent use.
type Law struct {
	curve *curve
	// The law is that of scale times the eigenvalues of H, its mass mass times
	// that of H's with 1 - mass added at 0: 1 and 1 for H itself, gamma and 1 for
	// the N x N companion.
	scale, mass float64
	convention  Convention
	gamma       float64 // in the convention

	once     sync.Once
	segments []segment // for quantiles
	err      error
}

// A Convention says which matrix a law is of, and which ratio gamma is.
type Convention string

const (
	// Hessian is H = (1/N) X Lambda X^T, d x d, X with standard entries, nu the law
	// of the N x N diagonal Lambda, gamma = d/N.
	Hessian Convention = "hessian"
	// CovarianceMatrix is (1/n) T^{1/2} Z Z^T T^{1/2}, p x p, Z p x n with standard
	// entries, nu the law of T, gamma = p/n.
	CovarianceMatrix Convention = "covariance"
	// CompanionMatrix is the N x N matrix with the non-zero eigenvalues of H,
	// (1/N) X^T X Lambda; gamma = d/N as for H.
	CompanionMatrix Convention = "companion"
)

// curve is the solved equation of one (nu, gamma): everything about H.
type curve struct {
	population Population
	gamma      float64
	t          transform
	m1, m2     float64 // int tau, int tau^2
	defect     float64 // 1 - nu{tau != 0}/gamma

	once    sync.Once
	islands []island
	series  *cumulative // where the distribution function has no closed form
	err     error
}

// An island is an interval of the continuous spectrum, with u = -1/s at its ends,
// and the distribution function there.
type island struct {
	lo, hi   float64
	ulo, uhi float64
	flo, fhi float64
}

// Solve returns the limiting spectral law of
//
//	H = (1/N) X Lambda X^T    (d x d),   gamma = d/N,
//
// X with i.i.d. standard entries, nu the limit law of the diagonal Lambda. Its
// Stieltjes transform s(z) = int 1/(x-z) dF(x) is the one solution in the upper half-plane of
//
//	s = 1/( -z + int tau/(1 + gamma tau s) dnu(tau) )
//
// (V. A. Marchenko and L. A. Pastur, Math. USSR-Sbornik 1 (1967) 457-483; J. W.
// Silverstein, J. Multivariate Anal. 55 (1995) 331-339). gamma must be positive
// and finite, from 1e-9 to 1e9.
func Solve(p Population, gamma float64) (*Law, error) {
	if p == nil {
		return nil, fmt.Errorf("population is missing")
	}
	if !(gamma > 0) || math.IsInf(gamma, 1) {
		return nil, fmt.Errorf("gamma must be positive, got %v", gamma)
	}
	if gamma < 1e-9 || gamma > 1e9 {
		return nil, fmt.Errorf("gamma must be from 1e-9 to 1e9, got %v", gamma)
	}
	c := &curve{
		population: p, gamma: gamma, t: p.transform(gamma),
		m1: p.Moment(1), m2: p.Moment(2), defect: defect(p, gamma),
	}
	return &Law{curve: c, scale: 1, mass: 1, convention: Hessian, gamma: gamma}, nil
}

// Covariance returns the limiting spectral law of the p x p sample covariance
// matrix
//
//	S = (1/n) T^{1/2} Z Z^T T^{1/2},   gamma = p/n,
//
// Z p x n with i.i.d. standard entries, nu the limit law of T. It is the Hessian
// problem with d = n, N = p and Lambda = T: with A = Z^T T Z,
//
//	H = A/p  (n x n),   S has the non-zero eigenvalues of A/n = (p/n) H,
//
// so gamma = 1/gamma_H, eigenvalues are gamma times those of H, and the atom at 0 is
// max(0, 1 - n/p, nu{0}). nu must have no mass below 0, where T^{1/2} is not real
// and S not symmetric; A is, so [Solve] takes any sign.
func Covariance(p Population, gamma float64) (*Law, error) {
	if p == nil {
		return nil, fmt.Errorf("population is missing")
	}
	if !(gamma > 0) || math.IsInf(gamma, 1) {
		return nil, fmt.Errorf("gamma must be positive, got %v", gamma)
	}
	if lo, _ := p.Range(); lo < 0 {
		return nil, fmt.Errorf("population of convention %s must not reach below 0, where T^{1/2} is not real, got %.6g: want convention %s, of any sign, at gamma = n/p = %.6g", CovarianceMatrix, lo, Hessian, 1/gamma)
	}
	l, err := Solve(p, 1/gamma)
	if err != nil {
		return nil, err
	}
	l.scale, l.mass, l.convention, l.gamma = gamma, 1/gamma, CovarianceMatrix, gamma
	return l, nil
}

// Companion returns the law of the N x N matrix (1/N) X^T X Lambda, which has the
// non-zero eigenvalues of H: with F_0 the unit mass at 0,
//
//	F_companion = gamma F + (1 - gamma) F_0,   s_companion(z) = gamma s(z) - (1 - gamma)/z.
//
// It is defined for a law of the Hessian convention only.
func (l *Law) Companion() (*Law, error) {
	if l.convention != Hessian {
		return nil, fmt.Errorf("companion is defined for a law of convention %s, this one is of convention %s", Hessian, l.convention)
	}
	return &Law{curve: l.curve, scale: 1, mass: l.gamma, convention: CompanionMatrix, gamma: l.gamma}, nil
}

// Gamma returns gamma in the law's convention: d/N, or p/n for a covariance.
func (l *Law) Gamma() float64 { return l.gamma }

// Convention returns which matrix the law is of.
func (l *Law) Convention() Convention { return l.convention }

// Population returns nu.
func (l *Law) Population() Population { return l.curve.population }

// AtomAtZero returns the mass at 0: for H max(0, 1 - nu{tau != 0}/gamma), for the
// companion max(1 - gamma, nu{0}), for a covariance max(0, 1 - n/p, nu{0}).
func (l *Law) AtomAtZero() float64 {
	if l.mass == 1 {
		return max(0, l.curve.defect)
	}
	// mass max(0, defect) + 1 - mass, without cancelling
	if l.curve.defect > 0 {
		return l.curve.population.MassAtZero()
	}
	return 1 - l.mass
}

// Stieltjes returns s(z) = int 1/(x-z) dF(x) for z in the upper half-plane, to
// about 1e-15 relative. The equation has one solution there, and any solution
// found there is it (T = z - int tau - int rho/(u-t) maps {Im u > Im z/2}, where
// every root lies, into a bounded part of it at distance Im z/2 from its edge;
// C. J. Earle and R. S. Hamilton, Proc. Symp. Pure Math. 16 (1970) 61-65).
func (l *Law) Stieltjes(z complex128) (complex128, error) {
	if !(imag(z) > 0) || math.IsInf(imag(z), 1) || math.IsNaN(real(z)) || math.IsInf(real(z), 0) {
		return 0, fmt.Errorf("z must be finite and above the real axis, got %v", z)
	}
	base := complex(real(z)/l.scale, imag(z)/l.scale)
	u, err := l.curve.inside(base)
	if err != nil {
		return 0, err
	}
	return l.dress(-1/u, base), nil
}

// dress turns the transform of H at z into the law's own at scale z.
func (l *Law) dress(s, z complex128) complex128 {
	if l.mass != 1 {
		s = complex(l.mass, 0)*s - complex(1-l.mass, 0)/z
	}
	return s / complex(l.scale, 0)
}

// Boundary returns lim s(x + i eta), eta -> 0+, solved for at eta = 0 itself: its
// imaginary part is pi times the density. It is an error at x = 0 where there is an
// atom or the density is infinite.
func (l *Law) Boundary(x float64) (complex128, error) {
	u, err := l.boundary(x)
	if err != nil {
		return 0, err
	}
	if u == 0 || l.mass != 1 && x == 0 {
		return 0, fmt.Errorf("the Stieltjes transform has no finite boundary value at x = 0: want x != 0")
	}
	return l.dress(-1/u, complex(x/l.scale, 0)), nil
}

// boundary returns u at x on the law's own scale.
func (l *Law) boundary(x float64) (complex128, error) {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return 0, fmt.Errorf("x must be finite, got %v", x)
	}
	var w walk
	return l.curve.boundary(x/l.scale, &w)
}

// Density returns the density of the absolutely continuous part at x, 0 off the
// support, +Inf at a hard edge x = 0.
func (l *Law) Density(x float64) (float64, error) {
	var xs, dst [1]float64
	xs[0] = x
	err := l.Densities(dst[:], xs[:])
	return dst[0], err
}

// Densities writes the density at each of xs to dst, which must be as long. It is
// fastest when xs increase slowly: each solution starts from the one before.
// It allocates nothing after the first call.
func (l *Law) Densities(dst, xs []float64) error {
	if len(dst) != len(xs) {
		panic(fmt.Sprintf("spectra: %d densities asked for into %d", len(xs), len(dst)))
	}
	var w walk
	factor := l.mass / l.scale / math.Pi
	for i, x := range xs {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("x must be finite, got %v", x)
		}
		u, err := l.curve.boundary(x/l.scale, &w)
		if err != nil {
			return err
		}
		ur, ui := real(u), imag(u)
		switch {
		case ui > 0:
			dst[i] = factor * ui / (ur*ur + ui*ui) // Im(-1/u)
		case u == 0 && l.curve.defect == 0:
			dst[i] = math.Inf(1)
		default:
			dst[i] = 0
		}
	}
	return nil
}

// Support returns the support of the absolutely continuous part, as disjoint
// increasing intervals. An atom at 0 is apart: [Law.AtomAtZero].
//
// On the complement u = -1/s is real and z'(u) > 0, that is
// h(u) = gamma int tau^2/(u - gamma tau)^2 dnu < 1; h is convex between the bands of
// gamma tau, so each gap between them is found by minimising and its ends are roots
// of h = 1 (J. W. Silverstein and S.-I. Choi, J. Multivariate Anal. 54 (1995) 295-309, there
// for tau >= 0). An edge is z(u) with z'(u) = 0, so it is as exact as z.
func (l *Law) Support() ([]Interval, error) {
	islands, err := l.curve.support()
	if err != nil {
		return nil, err
	}
	out := make([]Interval, len(islands))
	for i, s := range islands {
		out[i] = Interval{s.lo*l.scale + 0, s.hi*l.scale + 0} // + 0: no minus zero
	}
	return out, nil
}

// Masses returns the mass of each interval of [Law.Support]; with the atom they sum to 1.
func (l *Law) Masses() ([]float64, error) {
	islands, err := l.curve.support()
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(islands))
	for i, s := range islands {
		out[i] = l.mass * (s.fhi - s.flo)
	}
	return out, nil
}
