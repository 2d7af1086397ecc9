package lognormal

import (
	"fmt"
	"math"
	"math/cmplx"
)

// A Sum is the law of Y = log S, S = sum_{c=1}^n e^{z_c}, z_c ~ N(0, kappa)
// independent, as nodes of a trapezoid rule in y on which smooth functions
// integrate to about 1e-14 of their size.
type Sum struct {
	N     int
	Kappa float64
	Y     []float64 // equidistant
	// Weight[j] is the step times the density of Y at Y[j]; Square[j] the same times
	// E[sum_c e^{2 z_c}/S^2 | Y = Y[j]], the mean of sum_c p_c^2 for p_c = e^{z_c}/S.
	Weight, Square []float64
}

// Limits of NewSum.
const (
	MaxTerms = 1_000_000
	MinKappa = 0.01
	MaxKappa = 20
)

// NewSum computes the law for 1 <= n <= 1e6 and 0.01 <= kappa <= 20. The mass is
// checked: it is an error if it is not 1 within 1e-11.
//
// The density is the inverse Laplace transform of L_0(s)^n,
//
//	f_S(x) = 1/(2 pi i) int e^{sx} L_0(s)^n ds,   L_0(s) = E exp(-s e^z),
//
// along a hyperbola through a point s_0 > 0 (for x below the mean the saddle
// point) that opens to the left at 112 degrees: between 90 and 135 both e^{sx} and the
// Gaussian that L_0^n e^{sx} is for large n decay along it, so that the trapezoid
// rule converges geometrically (A. Talbot, J. Inst. Maths Applics 23 (1979) 97-120;
// J. A. C. Weideman and L. N. Trefethen, Math. Comp. 76 (2007) 1341-1356). The second
// density inverts n L_2(s) L_0(s)^{n-1}.
func NewSum(n int, kappa float64) (*Sum, error) {
	if n < 1 || n > MaxTerms {
		return nil, fmt.Errorf("number of lognormal terms must be from 1 to %d, got %d", MaxTerms, n)
	}
	if !(kappa >= MinKappa && kappa <= MaxKappa) {
		return nil, fmt.Errorf("kappa must be from %g to %g, got %v", MinKappa, float64(MaxKappa), kappa)
	}
	return newSum(n, kappa, 1)
}

// newSum divides all steps by refine.
func newSum(n int, kappa, refine float64) (*Sum, error) {
	s := &Sum{N: n, Kappa: kappa}
	sigma := math.Sqrt(kappa)
	if n == 1 {
		h := 0.5 * sigma / refine
		for j := -int(reach * 2 * refine); j <= int(reach*2*refine); j++ {
			y := float64(j) * h
			s.add(y, h*math.Exp(-y*y/(2*kappa))/math.Sqrt(2*math.Pi*kappa), 1)
		}
		return s, nil
	}
	in := inversion{n: float64(n), laplace: laplace{kappa, sigma, refine}, refine: refine}
	center := math.Log(float64(n)) + kappa/2
	h := 0.5 * min(sigma, math.Sqrt(math.Expm1(kappa)/float64(n))) / refine
	var mass float64
	for range 6 {
		s.Y, s.Weight, s.Square = nil, nil, nil
		var down, up [][3]float64
		walk := func(direction, first int) (nodes [][3]float64) {
			peak, small := 0.0, 0
			in.path.ok = false
			for j := first; small < 3 && len(nodes) < 20000; j++ {
				y := center + float64(direction*j)*h
				f, g := in.density(y)
				peak = max(peak, f)
				if f <= 2e-16*max(peak, 1) {
					small++
				} else {
					small = 0
				}
				nodes = append(nodes, [3]float64{y, f, g})
			}
			return nodes
		}
		down, up = walk(-1, 0), walk(1, 1)
		for j := len(down) - 1; j >= 0; j-- {
			s.add(down[j][0], h*down[j][1], down[j][2])
		}
		for _, node := range up {
			s.add(node[0], h*node[1], node[2])
		}
		var half float64
		mass = 0
		for j, w := range s.Weight {
			mass += w
			if j%2 == 0 {
				half += 2 * w
			}
		}
		if math.Abs(half-mass) < 1e-8 {
			break // the step is squared once more: 1e-16
		}
		h /= 2
	}
	if !(math.Abs(mass-1) < 1e-11) {
		return nil, fmt.Errorf("law of a sum of %d lognormals, kappa = %v: mass %v instead of 1", n, kappa, mass)
	}
	return s, nil
}

func (s *Sum) add(y, weight, ratio float64) {
	s.Y = append(s.Y, y)
	s.Weight = append(s.Weight, weight)
	s.Square = append(s.Square, weight*ratio)
}

// An inversion inverts the Laplace transform of the law of S.
type inversion struct {
	n       float64
	laplace laplace
	refine  float64
	start   float64 // log s_0 of the path before
	path    path
}

// tilted returns the mean and the standard deviation of S under weights e^{-sS}.
func (in *inversion) tilted(s float64) (mean, sd float64) {
	_, r1, r2 := in.laplace.at(complex(s, 0))
	m := real(r1)
	return in.n * m, math.Sqrt(in.n * max(0, real(r2)-m*m))
}

// vertex returns s_0 and the scale of the hyperbola: the saddle point, where the
// tilted mean is x, or where that is too close to the branch point 0, the point
// at half a reciprocal distance of the bulk from x.
func (in *inversion) vertex(x float64) (s0, scale float64) {
	f := func(logS float64) float64 { // decreasing
		s := math.Exp(logS)
		mean, sd := in.tilted(s)
		if mean >= x && s*sd >= 0.5 {
			return mean/x - 1 // left of the saddle
		}
		if mean >= x {
			return 1
		}
		if s*math.Hypot(sd, x-mean) < 0.5 {
			return 1
		}
		return -1
	}
	lo, hi := in.start, in.start
	for step := 0.5; f(lo) < 0; step *= 2 {
		lo -= step
	}
	for step := 0.5; f(hi) > 0; step *= 2 {
		hi += step
	}
	for hi-lo > 0.02 { // anywhere near is good
		if mid := (lo + hi) / 2; f(mid) > 0 {
			lo = mid
		} else {
			hi = mid
		}
	}
	in.start = (lo + hi) / 2
	s0 = math.Exp(in.start)
	mean, sd := in.tilted(s0)
	return s0, 1 / math.Hypot(sd, max(0, x-mean))
}

// A path is a contour with what does not depend on x at its nodes.
type path struct {
	ok        bool
	x, s0, a  float64
	s, ds     []complex128
	logLn, r2 []complex128 // n log L_0, L_2/L_0
}

// serves reports whether the path made for p.x is as good for x: e^{s(x-p.x)} must
// not vary much over the contour's own scale.
func (p *path) serves(x float64) bool {
	d := math.Abs(x - p.x)
	return p.ok && d*p.a <= 0.5 && d*p.s0 <= 2
}

// lay lays a path for x.
func (in *inversion) lay(x float64) {
	p := &in.path
	p.s0, p.a = in.vertex(x)
	p.x, p.ok = x, true
	p.s, p.ds, p.logLn, p.r2 = p.s[:0], p.ds[:0], p.logLn[:0], p.r2[:0]
	const phi = 112 * math.Pi / 180
	sin, cos := math.Sincos(phi)
	h := contourStep / in.refine
	var most float64
	for j, quiet := 0, 0; quiet < 4 && j < 4000; j++ {
		sinh, cosh := math.Sinh(float64(j)*h), math.Cosh(float64(j)*h)
		s := complex(p.s0+p.a*(cosh-1)*cos, p.a*sinh*sin)
		ds := complex(p.a*sinh*cos, p.a*cosh*sin)
		if j == 0 {
			ds /= 2
		}
		logL0, _, r2 := in.laplace.at(s)
		logL0 *= complex(in.n, 0)
		p.s, p.ds, p.logLn, p.r2 = append(p.s, s), append(p.ds, ds), append(p.logLn, logL0), append(p.r2, r2)
		size := real(s)*x + real(logL0) + math.Log(cmplx.Abs(ds))
		if j == 0 {
			most = size
		}
		if most = max(most, size); size < most-43 {
			quiet++
		} else {
			quiet = 0
		}
	}
}

// contourStep is the trapezoid step along the contour; the strip in which the
// integrand is analytic and small is 22 degrees wide to either side.
const contourStep = 0.06

// density returns the density of Y = log S at y, and E[sum e^{2z}/S^2 | Y = y].
func (in *inversion) density(y float64) (f, ratio float64) {
	x := math.Exp(y)
	p := &in.path
	if !p.serves(x) {
		in.lay(x)
	}
	var first, second float64
	for j, s := range p.s {
		v := cmplx.Exp(s*complex(x, 0)+p.logLn[j]) * p.ds[j]
		first += imag(v)
		second += imag(v * p.r2[j])
	}
	f = x * contourStep / in.refine / math.Pi * first
	if !(f > 1e-17) {
		return max(0, f), 1 / in.n
	}
	// n L_2 L_0^{n-1} = n (L_2/L_0) L_0^n
	ratio = in.n * second / first / (x * x)
	return f, min(1, max(1/in.n, ratio))
}
