package spectra

import (
	"fmt"
	"math"
)

// A cumulative is the distribution function over one island as a Fourier series,
// for laws without a closed form: in x = mid - half cos(theta) the density times
// dx/dtheta is even and periodic, sum a_m cos(m theta), and integrates term by term.
type cumulative struct {
	island *island
	bends  int
	a      []float64
}

// bend applies theta = psi - sin(2 psi)/2 a number of times and returns
// d theta/d psi as well: it flattens what is singular at the ends, as next to a hard
// edge that is not quite of square-root kind.
func bend(psi float64, times int) (theta, slope float64) {
	theta, slope = psi, 1
	for range times {
		sin, cos := math.Sincos(theta)
		slope *= 2 * sin * sin
		if t := math.Abs(theta); t < 0.1 {
			theta = theta * t * t * (2.0/3 - t*t*(2.0/15-t*t*(4.0/315-t*t*2.0/2835)))
		} else {
			theta -= sin * cos
		}
	}
	return theta, slope
}

// maxTerms bounds the series; tailTerm is what its last terms must fall to.
const maxTerms, tailTerm = 2048, 1e-14

// integrate computes the series of the density over s and sets the values of F at
// its ends, given the one at the lower end and what is to be reached at the upper.
func (c *curve) integrate(s *island, from, to float64) error {
	best := math.Inf(1)
	for bends := 0; bends <= 2 && best > tailTerm; bends++ {
		for n := 32; n <= maxTerms; n *= 2 {
			a, last, err := c.series1(s, n, bends)
			if err != nil {
				return err
			}
			if last < best {
				best = last
				c.series = &cumulative{s, bends, a}
			}
			if last <= tailTerm {
				break
			}
		}
	}
	if c.series == nil {
		return fmt.Errorf("density of %s at gamma = %v is not finite", c.population, c.gamma)
	}
	a := c.series.a
	mass := a[0] / 2 * math.Pi
	if !(math.Abs(from+mass-to) <= 1e-8) {
		return fmt.Errorf("density of %s at gamma = %v has mass %v over [%v, %v], want %v", c.population, c.gamma, mass, s.lo, s.hi, to-from)
	}
	s.flo, s.fhi = from, from+mass
	return nil
}

// series1 computes n terms, and returns the size of the last of them.
func (c *curve) series1(s *island, n, bends int) (a []float64, last float64, err error) {
	var w walk
	g := make([]float64, n)
	for i := range g {
		theta, slope := bend(math.Pi*(float64(i)+0.5)/float64(n), bends)
		x := between(s, theta)
		if x == s.lo || x == s.hi {
			continue
		}
		u, err := c.inIsland(x, s, 0, &w)
		if err != nil {
			return nil, 0, err
		}
		g[i] = density(u) * (s.hi - s.lo) / 2 * math.Sin(theta) * slope
	}
	a = make([]float64, n)
	for m := range a {
		// cos((i+1/2) m pi/n) by the three-term recurrence
		step := 2 * math.Cos(math.Pi*float64(m)/float64(n))
		now := math.Cos(math.Pi * float64(m) / float64(2*n))
		before := now
		sum := 0.0
		for _, y := range g {
			sum += y * now
			now, before = step*now-before, now
		}
		a[m] = 2 * sum / float64(n)
	}
	for _, y := range a[n-n/8:] {
		last = max(last, math.Abs(y))
	}
	return a, last, nil
}

// at returns F at x in the island, by Clenshaw's recurrence for the sines.
func (f *cumulative) at(x float64) float64 {
	theta := angle(f.island, x)
	for range f.bends { // invert bend
		lo, hi, psi := 0.0, math.Pi, math.Cbrt(1.5*theta)
		if theta > math.Pi/2 {
			psi = math.Pi - math.Cbrt(1.5*(math.Pi-theta))
		}
		for range 100 {
			t, slope := bend(psi, 1)
			if t < theta {
				lo = psi
			} else {
				hi = psi
			}
			next := psi - (t-theta)/slope
			if !(next >= lo && next <= hi) {
				next = (lo + hi) / 2
			}
			done := math.Abs(next-psi) <= 1e-15*next
			if psi = next; done {
				break
			}
		}
		theta = psi
	}
	step := 2 * math.Cos(theta)
	var b1, b2 float64
	for m := len(f.a) - 1; m >= 1; m-- {
		b1, b2 = f.a[m]/float64(m)+step*b1-b2, b1
	}
	return f.island.flo + f.a[0]*theta/2 + b1*math.Sin(theta)
}
