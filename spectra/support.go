package spectra

import (
	"fmt"
	"math"
)

// support returns the islands, computed once.
func (c *curve) support() ([]island, error) {
	c.once.Do(func() { c.islands, c.err = c.findSupport() })
	return c.islands, c.err
}

// h returns 1 - z'(u) at real u.
func (c *curve) h(u float64) float64 {
	_, dz := c.t.at(complex(u, 0))
	return 1 - real(dz)
}

// z returns z(u) at real u.
func (c *curve) z(u float64) float64 {
	z, _ := c.t.at(complex(u, 0))
	return real(z)
}

func (c *curve) findSupport() ([]island, error) {
	bands := c.t.bands()
	if len(bands) == 0 {
		return nil, nil // H = 0
	}
	span := max(math.Abs(bands[0].Lo), math.Abs(bands[len(bands)-1].Hi))
	reach := 2 * math.Sqrt(c.gamma*c.m2) // h < 1/4 this far beyond all bands
	// edge solves h = 1 between a point near a band, where h >= 1 or there is no
	// nearer one, and a point of the complement.
	edge := func(near, far float64) (u, x float64, err error) {
		u = near
		if c.h(near) > 1 {
			u, err = root(func(u float64) float64 { return 1/math.Sqrt(c.h(u)) - 1 }, near, far)
			if err != nil {
				return 0, 0, fmt.Errorf("edge of the support between u = %v and %v: %w", near, far, err)
			}
		}
		if math.Abs(u) <= 1e-14*(span+reach) && c.defect == 0 {
			return 0, 0, nil // a hard edge
		}
		return u, c.z(u), nil
	}
	var islands []island
	add := func(near, far float64, end *island) (err error) {
		if near < far {
			end.uhi, end.hi, err = edge(near, far)
		} else {
			end.ulo, end.lo, err = edge(near, far)
		}
		return err
	}
	var now island
	if err := add(bands[0].Lo, bands[0].Lo-reach, &now); err != nil {
		return nil, err
	}
	for k := 1; k < len(bands); k++ {
		lo, hi := bands[k-1].Hi, bands[k].Lo
		if !(lo < hi) || c.t.least(k) >= 1 {
			continue
		}
		inside, ok := c.valley(lo, hi)
		if !ok {
			continue
		}
		if err := add(lo, inside, &now); err != nil {
			return nil, err
		}
		islands = append(islands, now)
		now = island{}
		if err := add(hi, inside, &now); err != nil {
			return nil, err
		}
	}
	last := bands[len(bands)-1].Hi
	if err := add(last, last+reach, &now); err != nil {
		return nil, err
	}
	islands = merge(append(islands, now))
	for k := range islands {
		s := &islands[k]
		if !(s.lo < s.hi) {
			return nil, fmt.Errorf("support of %s at gamma = %v: interval %d, from %v to %v, is narrower than rounding", c.population, c.gamma, k+1, s.lo, s.hi)
		}
		if s.lo*s.hi < 0 && c.defect > 0 {
			return nil, fmt.Errorf("support of %s at gamma = %v: 0 is in the interval [%v, %v] and an atom", c.population, c.gamma, s.lo, s.hi)
		}
		if _, _, ok := c.t.twist(complex(s.uhi, 0)); !ok {
			atom := max(0, c.defect)
			from, to := 0.0, 1-atom
			if s.lo >= 0 {
				from, to = atom, 1
			}
			if err := c.integrate(s, from, to); err != nil {
				return nil, err
			}
			continue
		}
		s.flo, s.fhi = c.distribution(s.lo, complex(s.ulo, 0)), c.distribution(s.hi, complex(s.uhi, 0))
		if s.uhi == 0 { // F(0) has the atom, this end has not
			s.fhi -= max(0, c.defect)
		}
	}
	return islands, nil
}

// merge joins islands with no gap but rounding between them.
func merge(islands []island) []island {
	out := islands[:1]
	for _, s := range islands[1:] {
		if last := &out[len(out)-1]; last.hi < s.lo {
			out = append(out, s)
		} else {
			last.hi, last.uhi = s.hi, s.uhi
		}
	}
	return out
}

// gapResolution is how far below 1 the least value of h has to be for a gap:
// rounding of h. At the closing of a gap its width grows like the 3/2 power of
// what is missing to 1.
const gapResolution = 1e-14

// valley looks for a point between lo and hi where h < 1, by golden-section
// search: h is convex there.
func (c *curve) valley(lo, hi float64) (float64, bool) {
	const golden = 0.3819660112501051
	a, b := lo, hi
	x := a + golden*(b-a)
	y := b - golden*(b-a)
	hx, hy := c.h(x), c.h(y)
	for range 120 {
		if hx < 1-gapResolution {
			return x, true
		}
		if hy < 1-gapResolution {
			return y, true
		}
		if hx < hy {
			b, y, hy = y, x, hx
			x = a + golden*(b-a)
			hx = c.h(x)
		} else {
			a, x, hx = x, y, hy
			y = b - golden*(b-a)
			hy = c.h(y)
		}
		if !(a < x && x < y && y < b) {
			break
		}
	}
	return 0, false
}

// root finds the zero of f between a and b, where f has opposite signs, to the last
// bits (T. R. Chandrupatla, Advances in Engineering Software 28 (1997) 145-149).
func root(f func(float64) float64, a, b float64) (float64, error) {
	fa, fb := f(a), f(b)
	switch {
	case fa == 0:
		return a, nil
	case fb == 0:
		return b, nil
	case !(fa < 0 && fb > 0) && !(fa > 0 && fb < 0):
		return 0, fmt.Errorf("no change of sign: values %v and %v", fa, fb)
	}
	t := 0.5
	for range 400 {
		x := a + t*(b-a)
		fx := f(x)
		var c, fc float64
		if (fx > 0) == (fa > 0) {
			c, fc = a, fa
		} else {
			c, fc = b, fb
			b, fb = a, fa
		}
		a, fa = x, fx
		best, fbest := a, fa
		if math.Abs(fb) < math.Abs(fa) {
			best, fbest = b, fb
		}
		limit := 3e-16 * math.Abs(best) / math.Abs(b-a)
		if limit > 0.5 || fbest == 0 || a == b {
			return best, nil
		}
		// Inverse quadratic interpolation where it is safe, bisection elsewhere.
		xi, phi := (a-b)/(c-b), (fa-fb)/(fc-fb)
		t = 0.5
		if phi*phi < xi && (1-phi)*(1-phi) < 1-xi {
			t = fa/(fb-fa)*fc/(fb-fc) + (c-a)/(b-a)*fa/(fc-fa)*fb/(fc-fb)
		}
		t = min(1-limit, max(limit, t))
		if !(t > 0 && t < 1) {
			t = 0.5
		}
	}
	return 0, fmt.Errorf("no convergence between %v and %v, value %v", a, b, fa)
}
