package spectra

import (
	"fmt"
	"math"
)

// maxMoment bounds the order of a moment: the recursion costs k^3.
const maxMoment = 64

// Moment returns int x^k dF(x), 0 <= k <= 64, exactly from the moments of nu: the
// free cumulants of H are gamma^{j-1} int tau^j dnu (H is compound free Poisson; A.
// Nica and R. Speicher, Lectures on the Combinatorics of Free Probability, 2006,
// Proposition 12.15), so
//
//	m_1 = int tau,   m_2 = gamma int tau^2 + m_1^2,
//	m_3 = gamma^2 int tau^3 + 3 gamma m_1 int tau^2 + m_1^3.
func (l *Law) Moment(k int) (float64, error) {
	if k < 0 || k > maxMoment {
		return 0, fmt.Errorf("the order of a moment must be from 0 to %d, got %d", maxMoment, k)
	}
	if k == 0 {
		return 1, nil
	}
	// M(x) = 1 + sum_j kappa_j (x M)^j, solved order by order: powers[j] is M^j.
	c := l.curve
	gamma := c.gamma
	powers := make([][]float64, k+1)
	for j := range powers {
		powers[j] = make([]float64, k+1)
		powers[j][0] = 1
	}
	for n := 1; n <= k; n++ {
		m, factor := 0.0, 1.0
		for j := 1; j <= n; j++ {
			m += factor * c.population.Moment(j) * powers[j][n-j]
			factor *= gamma
		}
		powers[1][n] = m
		for j := 2; j <= k; j++ { // M^j = M^{j-1} M
			sum := 0.0
			for i := 0; i <= n; i++ {
				sum += powers[j-1][i] * powers[1][n-i]
			}
			powers[j][n] = sum
		}
	}
	m := powers[1][k] * l.mass * power(l.scale, k)
	if math.IsNaN(m) || math.IsInf(m, 0) {
		return 0, fmt.Errorf("moment %d overflows", k)
	}
	return m, nil
}

// Expect returns int f dF, f(0) times the atom included (f is not called at 0
// without one), to about 1e-13 for f analytic near the support. Over each interval
// of the support, x = mid - half cos(theta) makes the integrand a smooth periodic
// function of theta, square-root edges and hard edges alike, so that the midpoint rule
// converges geometrically; the number of nodes doubles until two results agree.
// Where f or the density is singular close by, tanh-sinh quadrature takes over. It is an
// error if neither converges, and if f is not finite.
func (l *Law) Expect(f func(float64) float64) (float64, error) {
	c := l.curve
	islands, err := c.support()
	if err != nil {
		return 0, err
	}
	var failed error
	call := func(x float64) float64 {
		y := f(x * l.scale)
		if (math.IsNaN(y) || math.IsInf(y, 0)) && failed == nil {
			failed = fmt.Errorf("the function to be averaged is %v at x = %v", y, x*l.scale)
		}
		return y
	}
	sum := 0.0
	if atom := l.AtomAtZero(); atom > 0 {
		sum = atom * call(0)
	}
	var w walk
	for i := range islands {
		s := &islands[i]
		// g is the integrand in theta over sin(theta).
		g := func(theta float64) float64 {
			x := between(s, theta)
			if x == s.lo || x == s.hi || failed != nil {
				return 0
			}
			u, err := c.boundary(x, &w)
			if err != nil && failed == nil {
				failed = err
			}
			return call(x) * density(u)
		}
		part, scale, ok := periodic(g)
		if !ok && failed == nil {
			part, scale, ok = tanhSinh(g)
		}
		if failed == nil && !ok {
			failed = fmt.Errorf("the mean over [%v, %v] did not converge: %v so far, of terms that sum to %v in size", s.lo*l.scale, s.hi*l.scale, part, scale)
		}
		if failed != nil {
			return 0, failed
		}
		sum += l.mass * part * (s.hi - s.lo) / 2
	}
	return sum, failed
}

// agreement is the relative difference at which two refinements of a quadrature
// whose error is squared by each count as converged.
const agreement = 1e-13

// periodic integrates g(theta) sin(theta) over (0, pi) by midpoint rules, each the
// average of the one before and of its other half (nodes interlace by threes, so
// that no node is lost). scale is the integral of the modulus.
func periodic(g func(float64) float64) (sum, scale float64, ok bool) {
	const first, most = 16, 16 << 9
	before, agreed := math.NaN(), 0
	var total, size float64
	for n := first; n <= most; n *= 3 {
		h := math.Pi / float64(n)
		for i := range n {
			if n > first && i%3 == 1 {
				continue // a node of the rule before
			}
			theta := (float64(i) + 0.5) * h
			y := g(theta) * math.Sin(theta)
			total += y
			size += math.Abs(y)
		}
		sum, scale = total*h, size*h
		if math.Abs(sum-before) <= agreement*scale {
			return sum, scale, true
		}
		// Converging at least like the fifth power, the next would agree; if the
		// rule does not converge geometrically it is not worth going on.
		if n > 16*27 && math.Abs(sum-before) > 1e-4*scale {
			if agreed++; agreed > 1 {
				break
			}
		}
		before = sum
	}
	return sum, scale, false
}

// tanhSinh integrates g(theta) sin(theta) over (0, pi) by the double exponential
// rule (H. Takahasi and M. Mori, Publ. RIMS 9 (1974) 721-741), in y with
// tan(theta/2) = exp(pi/2 sinh y): singularities at the ends do not matter.
func tanhSinh(g func(float64) float64) (sum, scale float64, ok bool) {
	const reach = 4.0
	before := math.NaN()
	var total, size float64
	add := func(y float64) {
		q := math.Pi / 2 * math.Sinh(y)
		theta := 2 * math.Atan(math.Exp(q))
		sin := 1 / math.Cosh(q)
		if theta <= 0 || theta >= math.Pi {
			return
		}
		// dtheta = sin(theta) (pi/2) cosh(y) dy
		v := g(theta) * sin * sin * math.Pi / 2 * math.Cosh(y)
		total += v
		size += math.Abs(v)
	}
	add(0)
	for n := 4; n <= 4<<11; n *= 2 {
		h := reach / float64(n)
		for i := 1; i <= n; i++ {
			if n > 4 && i%2 == 0 {
				continue
			}
			add(float64(i) * h)
			add(-float64(i) * h)
		}
		sum, scale = total*h, size*h
		if math.Abs(sum-before) <= agreement*scale {
			return sum, scale, true
		}
		before = sum
	}
	return sum, scale, false
}
