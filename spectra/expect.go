package spectra

import (
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/integrate/quad"
)

// maxMoment bounds the order of a moment: the recursion costs k^3.
const maxMoment = 64

// Moment returns int x^k dF(x), 0 <= k <= 64, exactly from the moments of nu: the
// free cumulants of H are gamma^{j-1} int tau^j dnu (H is compound free Poisson; A.
// Nica and R. Speicher, Lectures on the Combinatorics of Free Probability, 2006,
// lecture 12), so
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
// Where f or the density is singular close by, adaptive panels take over. It is an
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
			part, scale, ok = adaptive(g)
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
	const first, most = 16, 16 * 243
	before := math.NaN()
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
		before = sum
	}
	return sum, scale, false
}

// gauss is the rule on (-1, 1) of each panel of adaptive.
var gauss = sync.OnceValue(func() (rule struct{ x, w [24]float64 }) {
	quad.Legendre{}.FixedLocations(rule.x[:], rule.w[:], -1, 1)
	return rule
})

// adaptive integrates g(theta) sin(theta) over (0, pi) by Gauss-Legendre panels, each
// halved until its two halves agree with it, so that panels crowd where the density
// has fine structure or an end is singular.
func adaptive(g func(float64) float64) (sum, scale float64, ok bool) {
	rule := gauss()
	panel := func(a, b float64) (sum, size float64) {
		for i, x := range rule.x {
			theta := (a+b)/2 + (b-a)/2*x
			y := g(theta) * math.Sin(theta) * rule.w[i] * (b - a) / 2
			sum += y
			size += math.Abs(y)
		}
		return sum, size
	}
	_, scale = panel(0, math.Pi)
	budget := 4000 // panels
	var halve func(a, b, whole float64, depth int) float64
	halve = func(a, b, whole float64, depth int) float64 {
		m := (a + b) / 2
		left, sizeL := panel(a, m)
		right, sizeR := panel(m, b)
		scale = max(scale, sizeL+sizeR)
		budget--
		if math.Abs(left+right-whole) <= agreement/4*scale && depth > 3 || budget < 0 || depth > 60 {
			return left + right
		}
		return halve(a, m, left, depth+1) + halve(m, b, right, depth+1)
	}
	whole, _ := panel(0, math.Pi)
	sum = halve(0, math.Pi, whole, 0)
	return sum, scale, budget >= 0
}
