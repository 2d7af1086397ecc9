package lognormal

import (
	"fmt"
	"math"
	"sync"
)

// MaxClasses is the largest number of classes.
const MaxClasses = MaxTerms

// A Line is a trapezoid rule for the law of a real variable with an analytic density.
type Line struct {
	Step float64
	At   []float64 // equidistant
	// Weight is Step times the density. Square is the same times the conditional
	// mean of sum_c (e^{z_c}/S)^2 over the other classes.
	Weight, Square []float64
}

// One is the law of w = logit p_1.
type One struct {
	Classes int
	Kappa   float64
	law     convolution
}

// NewOne returns the law for 2 <= classes <= 1e6 and 0.01 <= kappa <= 20.
func NewOne(classes int, kappa float64) (*One, error) {
	if classes < 2 || classes > MaxClasses {
		return nil, fmt.Errorf("classes must be from 2 to %d, got %d", MaxClasses, classes)
	}
	sum, err := NewSum(classes-1, kappa)
	if err != nil {
		return nil, err
	}
	return &One{classes, kappa, convolution{sum: sum, kappa: kappa, sign: -1, upTo: 0}}, nil
}

// Line returns the trapezoid rule in w of step h_0/2^level; at level 0 already it is exact
// to rounding for functions analytic in |Im w| < pi, such as polynomials in p.
// It reaches so far up that also p > 1/2 is covered, however improbable.
func (o *One) Line(level int) *Line { return o.law.line(level) }

// Two is the law of (p_1, p_2).
type Two struct {
	Classes int
	Kappa   float64
	law     convolution // of v; unused for two classes
}

// NewTwo returns the law for 2 <= classes <= 1e6 and 0.01 <= kappa <= 20.
func NewTwo(classes int, kappa float64) (*Two, error) {
	if classes < 2 || classes > MaxClasses {
		return nil, fmt.Errorf("classes must be from 2 to %d, got %d", MaxClasses, classes)
	}
	t := &Two{Classes: classes, Kappa: kappa}
	if classes == 2 {
		if !(kappa >= MinKappa && kappa <= MaxKappa) {
			return nil, fmt.Errorf("kappa must be from %g to %g, got %v", MinKappa, float64(MaxKappa), kappa)
		}
		return t, nil
	}
	sum, err := NewSum(classes-2, kappa)
	if err != nil {
		return nil, err
	}
	t.law = convolution{sum: sum, kappa: kappa / 2, sign: 1, upTo: math.Inf(-1)}
	return t, nil
}

// Rest returns the trapezoid rule for v, e^v = S/sqrt(e^{z_1} e^{z_2}): nil for two
// classes, where S = 0.
func (t *Two) Rest(level int) *Line {
	if t.Classes == 2 {
		return nil
	}
	return t.law.line(level)
}

// RestDensity returns the density of v at any point. It panics for two classes.
func (t *Two) RestDensity(v float64) float64 {
	d, _ := t.law.density(v)
	return d
}

// Difference returns the trapezoid rule for b = (z_1 - z_2)/2 ~ N(0, kappa/2). Square
// is not set.
func (t *Two) Difference(level int) *Line {
	sigma := math.Sqrt(t.Kappa / 2)
	l := &Line{Step: step(sigma, level)}
	n := int(math.Ceil((reach*sigma + tilt*t.Kappa/2) / l.Step))
	for j := -n; j <= n; j++ {
		b := float64(j) * l.Step
		l.At = append(l.At, b)
		l.Weight = append(l.Weight, l.Step*math.Exp(-b*b/t.Kappa)/math.Sqrt(math.Pi*t.Kappa))
	}
	return l
}

// maxLevel bounds the refinements: steps down to h_0/128.
const maxLevel = 7

// step is h_0/2^level for a variable that has a normal part of deviation sigma: its
// density has a Fourier transform below e^{-sigma^2 k^2/2}, 1e-16 at k = pi/h_0, so
// that the density itself, not only its integral, is determined by its samples.
func step(sigma float64, level int) float64 {
	return math.Ldexp(min(0.36*sigma, 0.5), -level)
}

// A convolution is the law of sign*Y + N(0, kappa).
type convolution struct {
	sum   *Sum
	kappa float64
	sign  float64
	upTo  float64 // the line goes at least as far up as this

	mutex sync.Mutex
	lines [maxLevel + 1]*Line
}

func (c *convolution) line(level int) *Line {
	if level < 0 || level > maxLevel {
		panic(fmt.Sprintf("lognormal: level must be from 0 to %d, got %d", maxLevel, level))
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.lines[level] == nil {
		c.lines[level] = c.make(level)
	}
	return c.lines[level]
}

// density returns the density at w, to a relative accuracy of rounding also in the
// tails, which the normal part dominates, and the one of Line.Square.
func (c *convolution) density(w float64) (weight, square float64) {
	for j, y := range c.sum.Y {
		d := w - c.sign*y
		g := math.Exp(-d * d / (2 * c.kappa))
		weight += g * c.sum.Weight[j]
		square += g * c.sum.Square[j]
	}
	norm := 1 / math.Sqrt(2*math.Pi*c.kappa)
	return weight * norm, square * norm
}

// tilt is the power of e^w up to which means have their full relative accuracy: it
// moves the peak of a normal density of variance kappa by tilt kappa.
const tilt = 3

func (c *convolution) make(level int) *Line {
	sigma := math.Sqrt(c.kappa)
	l := &Line{Step: step(sigma, level)}
	ends := []float64{c.sign * c.sum.Y[0], c.sign * c.sum.Y[len(c.sum.Y)-1]}
	far := reach*sigma + tilt*c.kappa
	lo, hi := min(ends[0], ends[1])-far, max(ends[0], ends[1])+far
	first, last := int(math.Floor(lo/l.Step)), int(math.Ceil(hi/l.Step))
	add := func(j int) float64 {
		w := float64(j) * l.Step
		weight, square := c.density(w)
		weight *= l.Step
		l.At, l.Weight, l.Square = append(l.At, w), append(l.Weight, weight), append(l.Square, l.Step*square)
		return weight
	}
	beyond := math.Inf(1) // the weight at upTo: from there on as far as anything is left of it
	for j := first; ; j++ {
		w, weight := float64(j)*l.Step, add(j)
		if w >= c.upTo && math.IsInf(beyond, 1) {
			beyond = weight
		}
		if j >= last && (weight < 1e-300 || w >= c.upTo && weight < 1e-20*beyond) {
			break
		}
	}
	return l
}
