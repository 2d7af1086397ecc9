package spectra

import (
	"fmt"
	"math"
	"sort"

	"pastur/replicate"
)

// distribution returns F(x) for H, given u at x, in closed form: with
//
//	Phi(u) = -log u + (1/gamma) int_{tau != 0} [log u - log(u - gamma tau)] dnu - int tau/(u - gamma tau) dnu
//
// an antiderivative of s(z) dz/du = -z'(u)/u, F = 1 + Im Phi/pi: every argument is pi at
// u -> -infinity, where F = 0. The atom at 0 is included: it is the jump of the
// arguments at u = 0 (for u = 0 itself F is the limit from the right, x = 0 included).
// Where the population has no such closed form the density is integrated as a
// series.
func (c *curve) distribution(x float64, u complex128) float64 {
	turn, im, ok := c.t.twist(u)
	if !ok {
		return c.integrated(x)
	}
	f := 1 - (math.Atan2(imag(u), real(u))+turn+im)/math.Pi
	return min(1, max(0, f))
}

// integrated returns F(x) from the series.
func (c *curve) integrated(x float64) float64 {
	s := c.series.island
	f := s.fhi
	switch {
	case x < s.lo:
		f = 0
	case x < s.hi:
		f = min(s.fhi, max(0, c.series.at(x)))
		if s.lo >= 0 {
			return f // flo has the atom
		}
	}
	if x >= 0 && s.hi <= 0 || x < s.lo && x >= 0 {
		f += max(0, c.defect)
	}
	return min(1, f)
}

// CDF returns F(x), the mass of (-infinity, x], atom at 0 included, to about
// 1e-14 max(1, gamma, gamma^{-1/2}) for atoms, in closed form; to about 1e-12 for the
// softmax laws, by integrating the density.
func (l *Law) CDF(x float64) (float64, error) {
	switch {
	case math.IsInf(x, -1):
		return 0, nil
	case math.IsInf(x, 1):
		return 1, nil
	}
	u, err := l.boundary(x)
	if err != nil {
		return 0, err
	}
	return l.mixed(l.curve.cdf(x/l.scale, u), x), nil
}

// cdf is F of H at x, given u there.
func (c *curve) cdf(x float64, u complex128) float64 {
	if len(c.islands) == 0 {
		if x < 0 {
			return 0
		}
		return 1
	}
	return c.distribution(x, u)
}

// mixed turns F of H into that of the law.
func (l *Law) mixed(f, x float64) float64 {
	if l.mass == 1 {
		return f
	}
	f *= l.mass
	if x >= 0 {
		f += 1 - l.mass
	}
	return min(1, max(0, f))
}

// A segment is a piece of the line over which F increases by mass: part of an
// island on one side of 0, or the atom.
type segment struct {
	island *island // nil for the atom
	lo, hi float64 // of H
	base   float64 // F of H at lo
	until  float64 // F of the law at hi
}

// findSegments lists them in increasing order.
func (l *Law) findSegments() ([]segment, error) {
	c := l.curve
	islands, err := c.support()
	if err != nil {
		return nil, err
	}
	var all []segment
	atom, sum := l.AtomAtZero(), 0.0
	add := func(s *island, lo, hi, flo, fhi float64) {
		sum += l.mass * (fhi - flo)
		all = append(all, segment{s, lo, hi, flo, sum})
	}
	addAtom := func() {
		if atom > 0 {
			sum += atom
			all = append(all, segment{until: sum})
		}
		atom = 0
	}
	for i := range islands {
		s := &islands[i]
		if s.lo >= 0 {
			addAtom()
		}
		if s.lo < 0 && s.hi > 0 {
			u, err := c.boundary(0, new(walk))
			if err != nil {
				return nil, err
			}
			f := c.distribution(0, u)
			add(s, s.lo, 0, s.flo, f)
			addAtom()
			add(s, 0, s.hi, f, s.fhi)
			continue
		}
		add(s, s.lo, s.hi, s.flo, s.fhi)
	}
	addAtom()
	return all, nil
}

// Quantile returns the smallest x with F(x) >= p, for 0 < p <= 1, to rounding in F;
// for p = 0 the lower end of the spectrum, for p = 1 the upper.
func (l *Law) Quantile(p float64) (float64, error) {
	if !(p >= 0 && p <= 1) {
		return 0, fmt.Errorf("p of a quantile must be from 0 to 1, got %v", p)
	}
	l.once.Do(func() { l.segments, l.err = l.findSegments() })
	if l.err != nil {
		return 0, l.err
	}
	last := len(l.segments) - 1
	k := min(last, sort.Search(last, func(i int) bool { return l.segments[i].until >= p }))
	s := &l.segments[k]
	below := 0.0
	if k > 0 {
		below = l.segments[k-1].until
	}
	switch {
	case s.island == nil:
		return 0, nil
	case p <= below:
		return s.lo * l.scale, nil
	case p == 1 || p == s.until:
		return s.hi * l.scale, nil
	}
	x, err := l.curve.quantile(s.base+(p-below)/l.mass, s.island, s.lo, s.hi)
	return x * l.scale, err
}

// quantile solves F(x) = p for H between lo and hi in an island, by Newton's
// method inside a bracket, in the angle of x = mid - half cos(theta), in which F is
// smooth at the edges.
func (c *curve) quantile(p float64, s *island, from, to float64) (float64, error) {
	lo, hi := angle(s, from), angle(s, to)
	theta := (lo + hi) / 2
	var w walk
	for range 200 {
		x := between(s, theta)
		u, err := c.boundary(x, &w)
		if err != nil {
			return 0, err
		}
		excess := c.distribution(x, u) - p
		if excess >= 0 {
			hi = theta
		} else {
			lo = theta
		}
		next := theta - excess/(density(u)*(s.hi-s.lo)/2*math.Sin(theta))
		switch {
		case !(next >= lo && next <= hi):
			next = (lo + hi) / 2
		case math.Abs(next-theta) <= 1e-9*theta: // the error left is its square
			return min(to, max(from, between(s, next))), nil
		}
		if hi-lo <= 1e-15*hi {
			return min(to, max(from, between(s, next))), nil
		}
		theta = next
	}
	return 0, fmt.Errorf("quantile did not converge between x = %v and %v", between(s, lo), between(s, hi))
}

// angle inverts between.
func angle(s *island, x float64) float64 {
	return 2 * math.Atan2(math.Sqrt(x-s.lo), math.Sqrt(s.hi-x))
}

// between returns lo + (hi - lo) sin^2(theta/2), exact near either end.
func between(s *island, theta float64) float64 {
	width := s.hi - s.lo
	if theta < math.Pi/2 {
		y := math.Sin(theta / 2)
		return s.lo + width*y*y
	}
	y := math.Cos(theta / 2)
	return s.hi - width*y*y
}

// density returns Im(-1/u)/pi.
func density(u complex128) float64 {
	ur, ui := real(u), imag(u)
	if !(ui > 0) {
		return 0
	}
	return ui / (ur*ur + ui*ui) / math.Pi
}

// Sample draws from the law by inverting F at a uniform number of the stream. It
// panics if the equation could not be solved, as [Law.Quantile] would report.
func (l *Law) Sample(s *replicate.Stream) float64 {
	x, err := l.Quantile(s.Float64())
	if err != nil {
		panic("spectra: " + err.Error())
	}
	return x
}
