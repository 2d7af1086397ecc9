package spectra

import (
	"fmt"
	"math"
	"sort"
)

// A ConvergenceError says where the equation could not be solved: the point z and
// the relative residual |z(u) - z|/|u| that was left. No number is returned with
// it.
type ConvergenceError struct {
	Z        complex128
	Residual float64
}

func (e *ConvergenceError) Error() string {
	return fmt.Sprintf("the Marchenko-Pastur equation did not converge at z = %v: residual %.3g", e.Z, e.Residual)
}

// A walk remembers the solution before, for the next one to start from.
type walk struct {
	ok    bool
	k     int // island
	x     float64
	u, du complex128 // u and du/dx
}

// newton solves z(u) = z by Newton's method from u, in the upper half-plane:
// whatever it finds there is the solution, as there is only one (for real z, on the
// curve h = 1 that bounds the image; see doc.go). It stops when the next step
// could not matter: within Im u of u nothing is singular, so a step of relative size
// 1e-8 of that is the last.
func (c *curve) newton(z, u complex128) (_, dz complex128, ok bool) {
	ur, ui := real(u), imag(u)
	for range 40 {
		f, dz := c.t.at(complex(ur, ui))
		fr, fi := real(f)-real(z), imag(f)-imag(z)
		dr, di := real(dz), imag(dz)
		d := 1 / (dr*dr + di*di)
		sr, si := (fr*dr+fi*di)*d, (fi*dr-fr*di)*d
		vr, vi := ur-sr, ui-si
		step := sr*sr + si*si
		if !(step < math.MaxFloat64) {
			return 0, 0, false
		}
		if !(vi > 0) {
			// Steps that leave the half-plane are cut short.
			vr, vi = ur-0.5*sr, ui/4
			if step > 1e-31*(ur*ur+ui*ui) {
				ur, ui = vr, vi
				continue
			}
		}
		ur, ui = vr, vi
		if step <= 1e-16*ui*ui || step <= 1e-31*(ur*ur+ui*ui) {
			// On the curve |1 - z'| <= h = 1; a real root off it has z' < 0.
			return complex(ur, ui), complex(dr, di), dr > -1e-6
		}
	}
	return 0, 0, false
}

// descend solves z(u) = z from anywhere. z maps the set Omega where Im u > 0 and Im
// z(u) > 0 one to one onto the upper half-plane, and Newton's direction is the
// preimage of a straight line there, so that short enough steps always lead on. The
// targets z + i eta, eta falling by fours, keep the path away from the boundary of Omega until the
// last: it cannot fail but by rounding.
func (c *curve) descend(z complex128) (u, dz complex128, err error) {
	eta := 2 * math.Sqrt(c.gamma*c.m2)
	u = complex(real(z)-c.m1, imag(z)+eta) // h <= 1/4: in Omega
	f, dz := c.t.at(u)
	for stage := 0; ; stage++ {
		target := z + complex(0, eta)
		residual := abs(f - target)
		for tries := 0; residual > 0.25*(eta+imag(z)); tries++ {
			step := (f - target) / dz
			length := 1.0
			for ; length > 1e-10; length /= 2 {
				v := u - complex(length, 0)*step
				if !(imag(v) > 0) {
					continue
				}
				fv, dv := c.t.at(v)
				if r := abs(fv - target); imag(fv) > 0 && r <= (1-length/4)*residual {
					u, f, dz, residual = v, fv, dv, r
					break
				}
			}
			if length <= 1e-10 || tries > 100 {
				// Rounding stops it: next to an edge, or where the curve is within
				// rounding of the axis.
				if r := abs(f-z) / abs(u); r > maxResidual {
					return 0, 0, &ConvergenceError{z, r}
				}
				return u, dz, nil
			}
		}
		if stage%2 == 1 {
			if v, dv, ok := c.newton(z, u); ok {
				return v, dv, nil
			}
		}
		if r := abs(f-z) / abs(u); r <= 4e-16 || stage > 60 {
			if r > maxResidual {
				return 0, 0, &ConvergenceError{z, r}
			}
			return u, dz, nil
		}
		eta /= 4
	}
}

// maxResidual bounds the relative residual of any solution.
const maxResidual = 1e-12

func abs(z complex128) float64 { return math.Hypot(real(z), imag(z)) }

// inside solves for u at z in the upper half-plane.
func (c *curve) inside(z complex128) (complex128, error) {
	// One or two steps of the contraction u -> z - int tau - int rho/(u-t) beyond
	// its start at infinity are enough far out.
	b := math.Sqrt(c.gamma * c.m2)
	if len(c.t.bands()) == 0 {
		return z, nil
	}
	u := complex(real(z)-c.m1, imag(z)+b)
	if v, _, ok := c.newton(z, u); ok {
		return v, nil
	}
	u, _, err := c.descend(z)
	return u, err
}

// boundary solves for u at real x, from above. It is real off the support.
func (c *curve) boundary(x float64, w *walk) (complex128, error) {
	islands, err := c.support()
	if err != nil {
		return 0, err
	}
	if len(islands) == 0 {
		return complex(x, 0), nil
	}
	k := w.k
	if !(w.ok && islands[k].lo < x && x < islands[k].hi) {
		w.ok = false
		if len(islands) <= 4 {
			k = 0
			for k < len(islands) && islands[k].hi < x {
				k++
			}
		} else {
			k = sort.Search(len(islands), func(i int) bool { return islands[i].hi >= x })
		}
	}
	if k == len(islands) || x < islands[k].lo {
		return c.gap(x, k)
	}
	return c.inIsland(x, &islands[k], k, w)
}

// inIsland solves at x in island k, ends included.
func (c *curve) inIsland(x float64, s *island, k int, w *walk) (_ complex128, err error) {
	switch x {
	case s.lo:
		return complex(s.ulo, 0), nil
	case s.hi:
		return complex(s.uhi, 0), nil
	}
	z := complex(x, 0)
	if w.ok {
		h := complex(x-w.x, 0)
		if start := w.u + h*w.du; imag(start) > 0 {
			if u, dz, ok := c.newton(z, start); ok {
				w.x, w.u, w.du = x, u, inverse(dz)
				return u, nil
			}
		}
	}
	// The curve of a single atom is a half-circle over [ulo, uhi]; of others it is
	// at least one with the same square roots at the ends.
	mid, half := (s.ulo+s.uhi)/2, (s.uhi-s.ulo)/2
	width := s.hi - s.lo
	start := complex(mid+half*((x-s.lo)-(s.hi-x))/width, 2*half*math.Sqrt((x-s.lo)/width)*math.Sqrt((s.hi-x)/width))
	u, dz, ok := c.newton(z, start)
	if !ok {
		if u, dz, err = c.descend(z); err != nil {
			return 0, err
		}
	}
	*w = walk{true, k, x, u, inverse(dz)}
	return u, nil
}

func inverse(z complex128) complex128 {
	d := 1 / (real(z)*real(z) + imag(z)*imag(z))
	return complex(real(z)*d, -imag(z)*d)
}

// gap solves for the real u at x before island k, where z increases.
func (c *curve) gap(x float64, k int) (complex128, error) {
	islands := c.islands
	var lo, hi float64
	if k > 0 {
		lo = islands[k-1].uhi
	}
	if k < len(islands) {
		hi = islands[k].ulo
	}
	// Beyond all bands |z(u) - u - int tau| <= sqrt(gamma int tau^2) =: r at the
	// edge and further out.
	r := math.Sqrt(c.gamma * c.m2)
	if k == 0 {
		lo = min(x-c.m1, hi) - r
	}
	if k == len(islands) {
		hi = max(x-c.m1, lo) + r
	}
	if x == 0 && c.defect > 0 {
		return 0, nil // the atom
	}
	u, err := root(func(u float64) float64 { return c.z(u) - x }, lo, hi)
	if err != nil {
		// x within rounding of an edge
		for _, end := range []float64{lo, hi} {
			if math.Abs(c.z(end)-x) <= 1e-14*(math.Abs(x)+math.Abs(end)+math.Abs(c.m1)) {
				return complex(end, 0), nil
			}
		}
		return 0, &ConvergenceError{complex(x, 0), math.Abs(c.z(lo)-x) / math.Abs(lo)}
	}
	return complex(u, 0), nil
}
