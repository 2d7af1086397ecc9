package spectra

import (
	"fmt"
	"math"

	"pastur/internal/lognormal"
)

// productStep is the step of the nodes in w; the rules in use are every other
// node. The density is analytic for |Im w| < pi/2, so its samples at twice this step determine
// it to e^{-pi^2/(4 productStep)} = 1e-18.
const productStep = 0.06

// product fills in the nodes of the law of p_1 p_2 = 1/(2 + e^{-w})^2.
//
// With x = e^{-w} = 4 sinh^2(b/2) + e^v, for given b the variable v = log(x - 4
// sinh^2(b/2)) has the density phi of the rest, so the density in w is
//
//	int n(b) phi(v) x/(x - 4 sinh^2(b/2)) db   over |b| < B, 4 sinh^2(B/2) = x.
//
// b = B tanh t makes the integrand fall at both ends like phi at v -> -infinity:
// the trapezoid rule in t, refined until two results agree.
func (p *softmax) product(two *lognormal.Two) error {
	rest := two.Rest(0)
	p.step = productStep
	variance := two.Kappa / 2
	deviation := math.Sqrt(variance)
	norm := 1 / math.Sqrt(2*math.Pi*variance)
	// The upper end of v + log 2, and what b adds; the lower end is that of v.
	last := len(rest.At) - 1
	low, high := rest.At[0], math.Log(math.Exp(rest.At[last])+math.Exp(9.5*deviation))
	p.first = -int(math.Ceil(high / p.step))
	for j := p.first; float64(j)*p.step <= -low; j++ {
		w := float64(j) * p.step
		x := math.Exp(-w)
		top := 2 * math.Asinh(math.Sqrt(x)/2)
		integrand := func(t float64) float64 {
			b := top * math.Tanh(t)
			// x - 4 sinh^2(b/2) = 4 sinh((B-b)/2) sinh((B+b)/2), B - b = 2B/(e^{2t}+1)
			left := 4 * math.Sinh(top/(math.Exp(2*t)+1)) * math.Sinh((top+b)/2)
			if !(left > 0) {
				return 0
			}
			cosh := math.Cosh(t)
			return norm * math.Exp(-b*b/(2*variance)) * two.RestDensity(math.Log(left)) * x / left * top / (cosh * cosh)
		}
		// Nothing is left beyond t = 9.5 deviations of b, or where v is below low.
		value, ok := half(integrand, deviation, top)
		if !ok {
			return fmt.Errorf("density of %s at w = %v did not converge", p.name, w)
		}
		tau := 1 / ((2 + x) * (2 + x))
		p.tau = append(p.tau, tau)
		p.weight = append(p.weight, 2*value*p.step)
	}
	mass := 0.0
	for _, w := range p.weight {
		mass += w
	}
	if !(math.Abs(mass-1) < 1e-11) {
		return fmt.Errorf("law of %s: mass %v instead of 1", p.name, mass)
	}
	return nil
}

// half integrates an even function over t > 0.
func half(f func(float64) float64, deviation, top float64) (float64, bool) {
	h := min(0.25, 0.5*deviation/top)
	before := math.NaN()
	sum, size := f(0)/2, 0.0
	for level := range 7 {
		for i := 1; ; i++ {
			if level > 0 && i%2 == 0 {
				continue
			}
			t := float64(i) * h
			y := f(t)
			sum += y
			size = max(size, math.Abs(y))
			if t > 1 && y <= 1e-18*size || t > 40 {
				break
			}
		}
		if math.Abs(sum*h-before) <= 1e-15+1e-13*sum*h {
			return sum * h, true
		}
		before = sum * h
		h /= 2
	}
	return before, false
}
