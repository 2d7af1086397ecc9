package spectra

import "fmt"

// A Population is the law nu of the diagonal weights tau of Lambda: atoms
// ([Atoms], [Empirical]) or a continuous law ([SoftmaxDiagonal],
// [SoftmaxOffDiagonal], [ReLUCrossEntropy]). Weights may have either sign, and
// mass at tau = 0 is kept apart and exact.
//
// The interface is closed: a solver needs nu through analytic integrals whose
// poles come arbitrarily close to its support, which a population has to
// handle itself. Any law of one's own is a call of Atoms away.
type Population interface {
	// MassAtZero returns nu({0}).
	MassAtZero() float64
	// Moment returns int tau^k dnu, k >= 0.
	Moment(k int) float64
	// Range returns the ends of the support of nu without the point 0, both 0 if
	// nothing else is left.
	Range() (lo, hi float64)
	// String describes the law in a few words.
	String() string

	// transform prepares the integrals over nu at one gamma.
	transform(gamma float64) transform
}

// A transform evaluates, for one nu and one gamma, the inverse function
//
//	z(u) = u (1 + int tau/(u - gamma tau) dnu),   u = -1/s,
//
// of the Stieltjes transform. With t = gamma tau and the positive measure
// rho = gamma tau^2 nu it is z(u) = u + int tau dnu + int rho/(u - t), a
// Nevanlinna form whatever the signs of tau: h(u) = 1 - z'(u) = int rho/(u-t)^2
// for real u off the support.
type transform interface {
	// at returns z(u) and z'(u) for u in the closed upper half-plane, off the
	// support of rho where that is real.
	at(u complex128) (z, dz complex128)
	// bands returns increasing intervals of u which together hold the support of rho,
	// and in which h >= 1 or nothing can be said: gaps are looked for between
	// them. For an atom t -+ sqrt(rho), where h >= 1 because of it alone; neighbours may
	// overlap.
	bands() []Interval
	// least returns a lower bound of h between bands k-1 and k that costs
	// little; above 1 there is no gap there.
	least(k int) float64
	// twist returns (1/gamma) int_{tau != 0} [arg(u - gamma tau) - arg u] dnu
	// and the imaginary part of int tau/(u - gamma tau) dnu, for the closed form of the
	// distribution function; ok is false where there is none, and the density is
	// integrated instead. Such a law has one band.
	twist(u complex128) (angle, imag float64, ok bool)
}

// An Interval is a closed interval [Lo, Hi] of the real line.
type Interval struct{ Lo, Hi float64 }

// String writes the interval as [lo, hi].
func (i Interval) String() string { return fmt.Sprintf("[%.12g, %.12g]", i.Lo, i.Hi) }
