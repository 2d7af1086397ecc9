package verdict

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// Assumption says what is known of a statistic, and so which interval for its
// mean may be believed.
type Assumption string

const (
	// Asymptotic assumes a finite variance, not zero, only: intervals by the central
	// limit theorem, believed when the tail gate is open. The default.
	Asymptotic Assumption = "asymptotic"
	// NearNormal states that the statistic is close to normal, as smooth
	// linear statistics of one large random matrix are, or constant (for a
	// ratio: numerator and denominator proportional in every replicate): the
	// skewness gate alone is asked, so that a few dozen replicates will do, and a
	// sample without variation is believed.
	NearNormal Assumption = "near-normal"
	// Bounded states that the numerator lies in Cell.Range and every
	// denominator is 1: empirical Bernstein intervals (Maurer and Pontil,
	// Empirical Bernstein Bounds and Sample Variance Penalization, COLT 2009),
	// valid at any size with no gate. A replicate that breaks the statement is
	// an error. The kinds that combine cells (identity, rate, exponent) have no
	// such interval: they treat it as Asymptotic.
	Bounded Assumption = "bounded"
)

// Thresholds of the tail gate.
const (
	maxVarianceOfVariance = 0.01
	maxSkewEffect         = 0.5
	maxLogError           = 0.10    // relative error beyond which no logarithm is taken
	minWeighted           = 64      // replicates, of a cell whose estimated error is a weight
	frozenSpread          = 0x1p-40 // relative deviation of a replicate below which it is the rounding of some thousand operations
)

// TailGate says why a central-limit interval at z standard errors for the
// ratio must not be believed yet, or "" if it may. With D = a - r b at the
// estimated ratio r, the gate asks for
//
//	relative variance of the sample variance (m4/m2^2 - 1)/n <= 0.01, and
//	|skewness| z^3 / (6 sqrt n) <= 0.5,
//
// the second being the leading part, relative to the tail, of the first
// Edgeworth term of a mean of known variance. For a Studentised one, as here,
// that term is |skewness| z (2 z^2 + 1)/(6 sqrt n), a little over twice as much:
// at the threshold one tail may be two to three times its nominal share (Hall,
// The Bootstrap and Edgeworth Expansion, 1992, chapter 2;
// TestTailGateAtItsThreshold measures it). The first needs 200 replicates even
// for normal data; it is not asked under NearNormal.
func (m *Moments) TailGate(z float64, assume Assumption) string {
	if assume == Bounded {
		return ""
	}
	if m.N < 8 {
		return fmt.Sprintf("only %d replicates", m.N)
	}
	r := m.Ratio()
	m2, m3, m4 := m.residual(r)
	if _, noise := m.residualVariance(r); noise {
		return ""
	}
	// Between nearly proportional numerators and denominators the moments
	// cancel: count what rounding may have hidden against them.
	e3, e4 := m.residualError(r)
	lost := ""
	if e4 > m4/2 {
		lost = " (lost to rounding: numerator and denominator are nearly proportional; sample their difference as the numerator)"
	}
	m3, m4 = math.Abs(m3)+e3, m4+e4
	n := float64(m.N)
	if v := (m4/float64(m2*m2) - 1) / n; assume == Asymptotic && !(v <= maxVarianceOfVariance) {
		return fmt.Sprintf("relative variance of the variance %.2g > %g%s", v, maxVarianceOfVariance, lost)
	}
	skew := m3 / float64(m2*math.Sqrt(m2))
	if effect := skew * z * z * z / (6 * math.Sqrt(n)); !(effect <= maxSkewEffect) {
		return fmt.Sprintf("skewness %.2g at %.1f standard errors: its term %.2g > %g%s", skew, z, effect, maxSkewEffect, lost)
	}
	return ""
}

// frozen says why a sample of which nothing is left but rounding once the
// denominators are subtracted in proportion must not be believed: equal
// numerators over a constant, numerators proportional to their denominators. A
// rare event that has not happened in n replicates leaves no trace in them, and
// neither does a sampler that ignores its stream; their interval has width zero
// all the same. That the statistic is a constant can be known, but not from the
// sample: it is declared, as NearNormal.
func (m *Moments) frozen(assume Assumption) string {
	if assume != Asymptotic {
		return ""
	}
	v, noise := m.residualVariance(m.Ratio())
	if !noise && math.Sqrt(v) > frozenSpread*math.Abs(m.Num) {
		return ""
	}
	same := "every replicate gave the same numerator"
	if m.Central.at(0, 2) > 0 {
		same = "numerator and denominator are proportional in every replicate"
	}
	return same + ": a constant can be declared near-normal, a rare event bounded"
}

// distrust says why the bounds that each miss with probability miss must not be
// believed: the sample is frozen, or the tail gate closed; "" if they may.
func (m *Moments) distrust(miss float64, assume Assumption) string {
	if why := m.frozen(assume); why != "" {
		return why
	}
	return m.TailGate(m.critical(miss), assume)
}

// critical returns the number of standard errors with upper-tail probability
// miss: Student's t with n-1 degrees of freedom, whatever is assumed. At the levels
// of one look of one claim the normal quantile has 1.4 times its tail at 256
// replicates, the least that the gate admits (TestBoundAtItsLevel).
func (m *Moments) critical(miss float64) float64 {
	return studentUpperQuantile(float64(m.N-1), miss)
}

// Bounds returns lower and upper confidence bounds for the ratio of means,
// each missing with probability at most miss, so that together they are a
// two-sided interval of confidence 1 - 2 miss.
//
// For Asymptotic and NearNormal it is Fieller's interval (Fieller, Some
// Problems in Interval Estimation, JRSS B 16, 1954): all r with
//
//	(mean a - r mean b)^2 <= z^2 Var(a - r b) / n,
//
// Everything if the mean of b is not significantly non-zero. It does not say
// whether the tail gate is open. For Bounded, scope is the statistic's range.
func (m *Moments) Bounds(miss float64, assume Assumption, scope Interval) Interval {
	if m.N < 2 {
		return Everything
	}
	if assume == Bounded {
		n := float64(m.N)
		v, _ := m.residualVariance(0)
		log := elementary.Log(2 / miss)
		half := math.Sqrt(2*v*log/n) + float64(7*(scope.Hi-scope.Lo)*log)/(3*(n-1)) + m.roundoff()
		return Interval{max(scope.Lo, m.Num-half), min(scope.Hi, m.Num+half)}
	}
	z := m.critical(miss)
	r := m.Ratio()
	scale := float64(m.N) / float64(m.N-1)
	vb := m.Central.at(0, 2) * scale
	vd, _ := m.residualVariance(r)
	t := z * z / float64(m.N)
	// With D = a - r b at the ratio of means, the quadratic's discriminant
	// is free of the cancellation in Var a Var b - Cov^2.
	covDB := scale * (m.Central.at(1, 1) - float64(r*m.Central.at(0, 2)))
	a := float64(m.Den*m.Den) - float64(t*vb)
	discriminant := float64(t*m.Den*m.Den*vd) - float64(t*t*max(0, float64(vb*vd)-float64(covDB*covDB)))
	if !(a > 0) || !(discriminant >= 0) {
		return Everything
	}
	// (r+s) lies in the set iff s^2 a + 2 s t Cov(D,b) <= t Var D.
	center := -float64(t*covDB) / a
	half := math.Sqrt(discriminant)/a + m.roundoff()
	return Interval{r + (center - half), r + (center + half)}
}

// roundoff bounds what rounding may have done to the ratio of means. A fold of
// K chunks wanders by about 2^-54 sqrt K, and K < n.
func (m *Moments) roundoff() float64 {
	r := math.Abs(m.Ratio())
	spread := math.Sqrt(m.Central.at(2, 0)) + float64(r*math.Sqrt(m.Central.at(0, 2)))
	return roundoff(float64(m.N), 2*r+spread/math.Abs(m.Den))
}

func roundoff(n, size float64) float64 { return float64(0x1p-52 * size * (4 + math.Sqrt(n))) }

// ratioOfMeans bounds mean(x)/mean(y) for two independent samples by Fieller's
// argument without covariance.
func ratioOfMeans(x, vx, nx, y, vy, ny, z float64) Interval {
	sx, sy := float64(z*z*vx/nx), float64(z*z*vy/ny)
	a := float64(y*y) - sy
	if !(a > 0) {
		return Everything
	}
	discriminant := float64(sx*a) + float64(x*x*sy)
	center := float64(x*y) / a
	half := math.Sqrt(discriminant)/a + roundoff(nx+ny, math.Abs(center))
	return Interval{center - half, center + half}
}
