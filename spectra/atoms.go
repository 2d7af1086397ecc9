package spectra

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// weightTolerance is how far the weights of atoms may be from summing to 1:
// what a person who writes 1:0.3333333333 has left over. They are then divided by
// their sum.
const weightTolerance = 1e-9

// atoms is a finite law: distinct non-zero values in increasing order, their
// weights, and the mass at zero.
type atoms struct {
	tau, weight []float64
	zero        float64
	name        string
}

// Atoms returns the law with the given values and weights. Values may have
// either sign or be zero, and may repeat; weights are positive and sum to 1
// within 1e-9 (they are then normalised). All integrals over it are exact sums.
//
// A sample of a continuous law is not that law: for large gamma each atom has an
// island of eigenvalues of its own.
func Atoms(values, weights []float64) (Population, error) {
	if len(values) == 0 {
		return nil, fmt.Errorf("atoms are empty: want at least one value")
	}
	if len(values) != len(weights) {
		return nil, fmt.Errorf("atoms need one weight a value, got %d values and %d weights", len(values), len(weights))
	}
	sum, lost := 0.0, 0.0 // Neumaier's compensated sum
	for i, w := range weights {
		if !(w > 0) || math.IsInf(w, 1) {
			return nil, fmt.Errorf("weight %d of the atoms must be positive, got %v", i+1, w)
		}
		t := sum + w
		if sum >= w {
			lost += (sum - t) + w
		} else {
			lost += (w - t) + sum
		}
		sum = t
	}
	if sum += lost; !(math.Abs(sum-1) <= weightTolerance) {
		return nil, fmt.Errorf("weights of the atoms must sum to 1 within %g, got %.12g", weightTolerance, sum)
	}
	if math.Abs(sum-1) < 1e-15 {
		sum = 1 // rounding of decimal weights: leave them as they are
	}
	p, err := collect(values, func(i int) float64 { return weights[i] / sum })
	if err != nil {
		return nil, err
	}
	p.name = fmt.Sprintf("%d atoms", len(p.tau))
	switch {
	case len(p.tau) == 0:
		p.name = "nothing but 0"
		return p, nil
	case len(p.tau) <= 4:
		list := make([]string, len(p.tau))
		for i, t := range p.tau {
			list[i] = fmt.Sprintf("%.6g (weight %.6g)", t, p.weight[i])
		}
		p.name = "atoms " + strings.Join(list, ", ")
	}
	if p.zero > 0 {
		p.name += fmt.Sprintf(" and mass %.6g at 0", p.zero)
	}
	return p, nil
}

// Empirical returns the law of a sample: an atom of weight 1/n at each value.
func Empirical(values []float64) (Population, error) {
	if len(values) == 0 {
		return nil, fmt.Errorf("sample is empty: want at least one value")
	}
	w := 1 / float64(len(values))
	p, err := collect(values, func(int) float64 { return w })
	if err != nil {
		return nil, err
	}
	p.name = fmt.Sprintf("sample of %d values", len(values))
	return p, nil
}

// maxAtom bounds the values so that their squares over gamma neither overflow nor
// vanish.
const maxAtom, minAtom = 1e100, 1e-100

// collect sorts the values and adds up the weights of equal ones.
func collect(values []float64, weight func(int) float64) (*atoms, error) {
	order := make([]int, len(values))
	for i, x := range values {
		if math.IsNaN(x) || math.Abs(x) > maxAtom || x != 0 && math.Abs(x) < minAtom {
			return nil, fmt.Errorf("value %d of the atoms must be zero or of size 1e-100 to 1e100, got %v", i+1, x)
		}
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case values[i] < values[j]:
			return -1
		case values[i] > values[j]:
			return 1
		}
		return 0
	})
	p := new(atoms)
	for first := 0; first < len(order); {
		last, x, w := first, values[order[first]], 0.0
		for last < len(order) && values[order[last]] == x {
			w += weight(order[last])
			last++
		}
		if equal := float64(last - first); equal > 1 && weight(order[first]) == weight(order[last-1]) {
			w = equal * weight(order[first]) // one rounding for many equal weights
		}
		if x == 0 {
			p.zero = w
		} else {
			p.tau, p.weight = append(p.tau, x), append(p.weight, w)
		}
		first = last
	}
	return p, nil
}

func (p *atoms) MassAtZero() float64 { return p.zero }
func (p *atoms) String() string      { return p.name }

func (p *atoms) Moment(k int) float64 {
	if k < 0 {
		panic("spectra: the order of a moment must not be negative")
	}
	if k == 0 {
		return 1
	}
	sum := 0.0
	for i, t := range p.tau {
		sum += p.weight[i] * power(t, k)
	}
	return sum
}

func (p *atoms) Range() (lo, hi float64) {
	if len(p.tau) == 0 {
		return 0, 0
	}
	return p.tau[0], p.tau[len(p.tau)-1]
}

// power returns x^k by squaring.
func power(x float64, k int) float64 {
	y := 1.0
	for ; k > 0; k >>= 1 {
		if k&1 == 1 {
			y *= x
		}
		x *= x
	}
	return y
}

// An atom as the sums need it.
type pole struct {
	t float64 // gamma tau
	a float64 // weight tau, for the sum away from zero
	b float64 // weight/gamma, for the sum near zero
}

// poles is the transform of a finite law.
type poles struct {
	gamma  float64
	all    []pole
	defect float64 // 1 - nu{tau != 0}/gamma
	near   float64 // below this |u| the form that does not cancel at 0 is used
}

func (p *atoms) transform(gamma float64) transform {
	k := &poles{gamma: gamma, all: make([]pole, len(p.tau)), near: math.Inf(1)}
	k.defect = defect(p, gamma)
	for i, t := range p.tau {
		k.all[i] = pole{gamma * t, p.weight[i] * t, p.weight[i] / gamma}
		k.near = min(k.near, 0.25*math.Abs(gamma*t))
	}
	return k
}

// defect returns 1 - nu{tau != 0}/gamma. It is what is left after cancelling when
// nu{tau != 0} and gamma nearly agree, so a difference within rounding is 0: the
// hard edge.
func defect(p Population, gamma float64) float64 {
	d := (gamma - (1 - p.MassAtZero())) / gamma
	if math.Abs(d) < 8e-16 {
		return 0
	}
	return d
}

// at is z(u) = u (1 + sum a/(u-t)), and near u = 0, where 1 and the sum may
// cancel, z(u) = u (defect + u sum b/(u-t)).
func (k *poles) at(u complex128) (z, dz complex128) {
	ur, ui := real(u), imag(u)
	near := ur < k.near && ur > -k.near && ui < k.near
	var qr, qi, dr, di float64
	for i := range k.all {
		p := &k.all[i]
		x := ur - p.t
		d := 1 / (x*x + ui*ui)
		rr, ri := x*d, -ui*d
		c := p.a
		if near {
			c = p.b
		}
		cr, ci := c*rr, c*ri
		qr += cr
		qi += ci
		dr -= cr*rr - ci*ri
		di -= cr*ri + ci*rr
	}
	if near {
		// z = u (D + u q),  z' = D + 2 u q + u^2 q'
		wr, wi := ur*qr-ui*qi, ur*qi+ui*qr // u q
		vr, vi := ur*dr-ui*di, ur*di+ui*dr // u q'
		yr, yi := k.defect+wr, wi
		return complex(ur*yr-ui*yi, ur*yi+ui*yr),
			complex(k.defect+2*wr+ur*vr-ui*vi, 2*wi+ur*vi+ui*vr)
	}
	// z = u (1 + q),  z' = 1 + q + u q'
	return complex(ur*(1+qr)-ui*qi, ur*qi+ui*(1+qr)),
		complex(1+qr+ur*dr-ui*di, qi+ur*di+ui*dr)
}

func (k *poles) bands() []Interval {
	bands := make([]Interval, len(k.all))
	for i, p := range k.all {
		r := math.Sqrt(k.rho(i)) // h >= rho/(u-t)^2 >= 1 within
		bands[i] = Interval{p.t - r, p.t + r}
	}
	return bands
}

// rho returns the weight gamma tau^2 nu of pole i in h.
func (k *poles) rho(i int) float64 { return k.all[i].a * k.all[i].t }

// least bounds h between poles k-1 and k from below. The two of them alone give
// (rho_1^{1/3} + rho_2^{1/3})^3 / (t_2 - t_1)^2 at least; further ones are taken at
// their greatest distance, until the bound passes 1.
func (k *poles) least(i int) float64 {
	left, right := k.all[i-1].t, k.all[i].t
	width := right - left
	two := math.Cbrt(k.rho(i-1)) + math.Cbrt(k.rho(i))
	sum := two * two * two / (width * width)
	for j := 1; sum <= 1 && (i-1-j >= 0 || i+j < len(k.all)); j++ {
		if l := i - 1 - j; l >= 0 {
			d := right - k.all[l].t
			sum += k.rho(l) / (d * d)
		}
		if r := i + j; r < len(k.all) {
			d := k.all[r].t - left
			sum += k.rho(r) / (d * d)
		}
	}
	return sum
}

func (k *poles) twist(u complex128) (angle, im float64, ok bool) {
	ur, ui := real(u), imag(u)
	square := ur*ur + ui*ui
	for i := range k.all {
		p := &k.all[i]
		if square == 0 {
			if p.t > 0 {
				angle += p.b * math.Pi
			}
			continue
		}
		// arg(u - t) - arg(u) in one arctangent: no cancelling for small t.
		angle += p.b * math.Atan2(p.t*ui, square-p.t*ur)
		x := ur - p.t
		if ui != 0 {
			im -= p.a * ui / (x*x + ui*ui)
		}
	}
	return angle, im, true
}
