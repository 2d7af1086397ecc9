package montecarlo

import (
	"math"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// maxTiltWeight bounds q_0^m, the largest weight of a tilted draw, which the
// least tilted ones get: a stronger tilt would serve the rare large values of
// the numerators at the cost of heavy tails in everything else. It also keeps
// the tilt below the point where the density stops existing; any weaker tilt is
// as exact.
const maxTiltWeight = 5

// pairTiltCap returns the correlation c of a tilted quadrant at which q_0^m is
// maxTiltWeight, for points that are orthogonal otherwise.
func pairTiltCap(m int) float64 {
	most := elementary.Exp(elementary.Log(maxTiltWeight) / float64(m))
	lo, hi := 0.0, 1.0
	for range 60 {
		c := (lo + hi) / 2
		if quadrantProbability(c)/math.Sqrt(1-float64(c*c))+0.75 < most {
			lo = c
		} else {
			hi = c
		}
	}
	return lo
}

// pointTiltCap returns the 2 theta v at which q_0^m is maxTiltWeight.
func pointTiltCap(m int) float64 {
	most := elementary.Exp(elementary.Log(maxTiltWeight) / float64(m))
	root := 0.5 / (most - 0.5)
	return 1 - float64(root*root)
}

// pairTilt draws the pre-activations (g_k, g'_k), k = 1..m, of a pair of points
// from the density proportional to
//
//	phi_Sigma(g, g') e^{theta relu(g) relu(g')}
//
// instead of the normal phi_Sigma, together with the weight that makes
// expectations exact. The density is a mixture: with probability Z_in/q_0 the
// pair lies in the positive quadrant with precision matrix Sigma^-1 - theta J
// (J the exchange matrix), otherwise it is phi_Sigma outside that quadrant;
// q_0 = Z_in + Z_out, and the weight of m pairs is q_0^m e^{-theta h.h'}.
//
// Under cross-entropy block norms grow like e^{2 h.h'/m}, whose variance under
// the normal law is infinite for m <= 4 kappa: plain sampling misses the rare
// pairs that carry the mean, with error bars that look fine.
type pairTilt struct {
	most     float64 // largest correlation to give, see pairTiltCap
	theta    float64 // of the current points; may be less than asked for
	q0, zIn  float64
	inside   cholesky // of (Sigma^-1 - theta J)^-1
	outside  cholesky // of Sigma
	quadrant float64  // P(positive quadrant) under Sigma
}

// cholesky is the factor of a 2 x 2 covariance matrix.
type cholesky struct{ a, b, c float64 } // [[a 0] [b c]]

func factor(v, w, cov float64) cholesky {
	if v <= 0 {
		return cholesky{0, 0, math.Sqrt(max(0, w))}
	}
	a := math.Sqrt(v)
	b := cov / a
	return cholesky{a, b, math.Sqrt(max(0, w-float64(b*b)))}
}

func (f cholesky) draw(s *replicate.Stream) (x, y float64) {
	p, q := s.Normal(), s.Normal()
	return float64(f.a * p), float64(f.b*p) + float64(f.c*q)
}

// quadrantProbability is P(g > 0, g' > 0) at correlation r.
func quadrantProbability(r float64) float64 {
	return 0.25 + elementary.Asin(max(-1, min(1, r)))/(2*math.Pi)
}

// prepare sets the tilt for pre-activations of variances v, w and covariance
// cov. The tilt is weakened as far as the density exists.
func (t *pairTilt) prepare(v, w, cov, theta float64) {
	root := math.Sqrt(v * w)
	det := float64(v*w) - float64(cov*cov)
	t.outside = factor(v, w, cov)
	if root == 0 { // a point at 0
		t.theta, t.q0, t.zIn = 0, 1, 0
		return
	}
	t.quadrant = quadrantProbability(cov / root)
	if det <= float64(1e-9*root*root) {
		theta = 0 // one point is a multiple of the other, as at d = 1
	} else if most := (float64(t.most*root) - cov) / det; theta > most {
		theta = max(0, most)
	}
	t.theta = theta
	if theta == 0 {
		t.q0, t.zIn = 1, t.quadrant
		return
	}
	// Q = Sigma^-1 - theta J has determinant (v w - c^2)/det^2 with c below,
	// and Q^-1 = det/(v w - c^2) [[v c] [c w]].
	c := cov + float64(theta*det)
	gap := float64(v*w) - float64(c*c)
	scale := det / gap
	t.inside = factor(float64(scale*v), float64(scale*w), float64(scale*c))
	t.zIn = float64(math.Sqrt(scale) * quadrantProbability(c/root))
	t.q0 = t.zIn + 1 - t.quadrant
}

// draw fills h and k with relu of m pairs and returns h.k and the log of the
// weight.
func (t *pairTilt) draw(s *replicate.Stream, h, k []float64) (dot, logWeight float64) {
	for i := range h {
		var x, y float64
		if t.theta == 0 {
			x, y = t.outside.draw(s)
		} else if float64(s.Float64()*t.q0) < t.zIn {
			for {
				x, y = t.inside.draw(s)
				if x > 0 && y > 0 {
					break
				}
				if x < 0 && y < 0 {
					x, y = -x, -y
					break
				}
			}
		} else {
			for {
				if x, y = t.outside.draw(s); x <= 0 || y <= 0 {
					break
				}
			}
		}
		h[i], k[i] = max(x, 0), max(y, 0)
		dot += float64(h[i] * k[i])
	}
	if t.theta == 0 {
		return dot, 0
	}
	return dot, float64(float64(len(h))*elementary.Log(t.q0)) - float64(t.theta*dot)
}

// pointTilt draws relu of the pre-activations of one point from the density
// proportional to phi_v(g) e^{theta relu(g)^2}: variance v/(1 - 2 theta v) on
// the positive half-line.
type pointTilt struct {
	most     float64 // largest 2 theta v, see pointTiltCap
	theta    float64
	positive float64 // standard deviation of the positive half-line
	q0, zIn  float64
}

func (t *pointTilt) prepare(v, theta float64) {
	t.theta = min(theta, t.most/float64(2*v))
	shrink := 1 - float64(2*t.theta*v)
	t.positive = math.Sqrt(v / shrink)
	t.zIn = 0.5 / math.Sqrt(shrink)
	t.q0 = t.zIn + 0.5
}

// draw fills h with relu of m pre-activations and returns |h|^2 and the log of
// the weight.
func (t *pointTilt) draw(s *replicate.Stream, h []float64) (square, logWeight float64) {
	for i := range h {
		h[i] = 0 // the negative half-line needs no draw: relu is 0 there
		if float64(s.Float64()*t.q0) < t.zIn {
			h[i] = t.positive * math.Abs(s.Normal())
		}
		square += float64(h[i] * h[i])
	}
	return square, float64(float64(len(h))*elementary.Log(t.q0)) - float64(t.theta*square)
}
