package theorem

import (
	"context"
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// MaxNarrowKappa is the largest kappa that HiddenCEVVRatio accepts.
const MaxNarrowKappa = 4

// HiddenCEVVRatio returns the limit d, N -> infinity of the ratio R of the
// output-weight blocks (vv) of a one-hidden-layer ReLU network of width 1 or 2 under
// cross-entropy, at any finite number of classes: no sampling and no limit in C.
// classes from 2 to MaxClasses, hidden 1 or 2, kappa in (0, MaxNarrowKappa]. Relative
// error below 5e-6 for kappa up to 1, and 5e-5 beyond. At kappa = 1 it takes tenths of a
// second at hidden = 1 and some seconds at 2, at kappa = 4 some ten times as long;
// [HiddenCEVVRatioContext] can be interrupted.
//
// Given the features of two points the norms are those of SoftmaxPairNorms, times
// (h.h')^2. They depend on |h|, |h'| and the angle between h and h' alone, three
// numbers; for widths 1 and 2 their law is explicit (see narrowLaw), and three
// Gauss-Legendre rules do. In more dimensions the angle of two points in the
// positive orthant has no density in closed form, and only its moments are known.
func HiddenCEVVRatio(classes, hidden int, kappa float64) (float64, error) {
	return HiddenCEVVRatioContext(context.Background(), classes, hidden, kappa)
}

// HiddenCEVVRatioContext is [HiddenCEVVRatio] that ends with the context's error soon
// after ctx does.
func HiddenCEVVRatioContext(ctx context.Context, classes, hidden int, kappa float64) (float64, error) {
	if err := checkClasses(classes, 2); err != nil {
		return 0, err
	}
	if hidden != 1 && hidden != 2 {
		return 0, fmt.Errorf("the ratio at finite classes is known without sampling for hidden 1 and 2, got %d", hidden)
	}
	if err := checkKappa(kappa, MaxNarrowKappa); err != nil {
		return 0, err
	}
	pair := newSoftmaxPair(1)
	c := float64(classes)
	off, diag := narrowNorms(ctx, pair, c, hidden, kappa, narrowNodes(c))
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return off / diag, nil
}

// narrowNorms returns E[(h.h')^2 f] for both values f of SoftmaxPairNorms. Nodes
// where even e^{2c}, which the norms' growth does not exceed, leaves nothing of the
// density are left out, and all that follow once ctx has ended.
func narrowNorms(ctx context.Context, pair *softmaxPair, classes float64, hidden int, kappa float64, n int) (off, diag float64) {
	scale := kappa / float64(hidden)
	most := 4 * elementary.Log(classes)
	return narrowLaw(hidden, narrowReach(classes), n, func(s, t, cos float64) (float64, float64) {
		if ctx.Err() != nil {
			return 0, 0
		}
		cov := float64(scale * float64(s*float64(t*cos)))
		if min(float64(2*cov), most)-float64(0.5*(float64(s*s)+float64(t*t))) < -18 {
			return 0, 0
		}
		return pair.norms(classes, float64(scale*float64(s*s)), float64(scale*float64(t*t)), cov)
	})
}

// narrowReach bounds |h|: beyond it the normal law has done away with all that the
// norms can grow by, which is where e^{2 h.h'/m} stops at a logit of the order of
// log C.
func narrowReach(classes float64) float64 {
	return 6.5 + math.Sqrt(1.8*elementary.Log(classes))
}

func narrowNodes(classes float64) int { return 20 + int(elementary.Log(classes)) }

// narrowLaw returns E[(h.h')^2 f(|h|, |h'|, cos)] for both values of f, h = relu(g)
// and h' = relu(g') in one or two dimensions, g and g' independent and standard
// normal, cos the cosine between them. f must be symmetric in the points.
//
// Only pairs with a common active unit count. In one dimension these are the two
// half-lines, at cos = 1. In two, h is in the open quadrant with density s
// e^{-s^2/2}/(2 pi) in s = |h| and its angle, or on either axis with phi(s)/2; between
// two points of the quadrant the angle delta has density 2 (pi/2 - delta), between a
// point there and one on an axis it is uniform, and on one axis it is 0.
func narrowLaw(hidden int, reach float64, n int, f func(s, t, cos float64) (float64, float64)) (first, second float64) {
	x, w := legendre(n)
	density := func(s float64) float64 { return elementary.Exp(-0.5 * float64(s*s)) }
	add := func(weight, s, t, cos float64) {
		a, b := f(s, t, cos)
		dot := float64(s * float64(t*cos))
		weight = float64(weight * float64(dot*dot))
		first += float64(weight * a)
		second += float64(weight * b)
	}
	angles, aw := legendre(max(16, n/2))
	for i := range n {
		s := float64(reach * x[i])
		for j := range i + 1 {
			t := float64(reach * x[j])
			base := float64(float64(reach*reach)*float64(w[i]*w[j])) * float64(density(s)*density(t)) / (2 * math.Pi)
			if j < i {
				base *= 2 // (t, s) counts as much
			}
			if hidden == 1 {
				add(base, s, t, 1)
				continue
			}
			add(base/2, s, t, 1) // both on one axis: 2 axes, 1/4 for the signs
			for k, y := range angles {
				// y = tan(delta/2)
				y2 := float64(y * y)
				delta := 2 * elementary.Atan(y)
				jacobian := float64(aw[k] * 2 / (1 + y2))
				cos := (1 - y2) / (1 + y2)
				// Both in the quadrant; one there and the other on an axis, either
				// way round and for two axes (s + t is the sum over which is which).
				quadrant := float64(float64(s*t)*float64(2*(math.Pi/2-delta))) / (2 * math.Pi)
				axis := (s + t) / math.Sqrt(2*math.Pi)
				add(float64(base*float64(jacobian*(quadrant+axis))), s, t, cos)
			}
		}
	}
	return first, second
}

// legendre returns the nodes and weights of the n-point Gauss-Legendre rule on
// (0, 1), by Newton's method on the recurrence.
func legendre(n int) (x, w []float64) {
	x, w = make([]float64, n), make([]float64, n)
	for i := range n {
		// cos(pi (i+3/4)/(n+1/2)) by way of the sine's series about the middle.
		angle := math.Pi * (0.5 - (float64(i)+0.75)/(float64(n)+0.5))
		z, term := angle, angle
		for k := 1.0; k < 12; k++ {
			term = float64(term * (-float64(angle*angle) / float64(float64(2*k)*float64(2*k+1))))
			z += term
		}
		var slope float64
		for range 8 {
			p, previous := 1.0, 0.0
			for k := 1.0; k <= float64(n); k++ {
				p, previous = (float64(float64((2*k-1)*z)*p)-float64((k-1)*previous))/k, p
			}
			slope = float64(n) * (float64(z*p) - previous) / (float64(z*z) - 1)
			z -= p / slope
		}
		x[i] = (1 + z) / 2
		w[i] = 1 / (float64((1-z)*(1+z)) * float64(slope*slope))
	}
	return x, w
}
