package lindeberg

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
)

// Realisation is one draw of everything on a path, in coordinates of R^d whose
// first k axes span what Lambda sees.
//
// Gaussian data are the same in any orthonormal basis that depends on the
// weights alone. In the one that the QR factorisation of the weights (V, C x d,
// or W, m x d) gives, the weights are (L, 0) with L lower triangular,
//
//	L_rr^2 d/kappa ~ chi^2_{d-r},   L_rs sqrt(d/kappa) ~ N(0,1) for s < r
//
// (Bartlett 1933), and a data point is x = (g, y): g its k coordinates in the
// span, y the other d-k. Lambda depends on g alone.
//
// A Realisation is overwritten by every Draw and owns all scratch memory: it
// does not allocate after the first, and is not safe for concurrent use.
type Realisation struct {
	set     Setting
	k       int
	outputs []*mat.Dense // hidden: the fixed draws of V

	factor *mat.Dense // L, k x k
	output int        // which of outputs

	// Coordinates as rows: column n belongs to sample n.
	inner, innerCopy *mat.Dense // g and g~, k x N
	outer, outerCopy *mat.Dense // y and y~, (d-k) x N; the copy for Independent only
	lambda           []float64  // lambda_n at X
	lambdaCopy       []float64  // lambda_n at X~

	softmax softmaxScratch
	reduced *reduction // Shared on the data path
	dense   *denseScratch
}

// New returns a realisation for the setting; call Draw before anything else.
func New(s Setting) (*Realisation, error) {
	s, err := s.Complete()
	if err != nil {
		return nil, err
	}
	k, n := s.Directions(), s.Samples
	r := &Realisation{
		set: s, k: k,
		factor: mat.NewDense(k, k, nil),
		inner:  mat.NewDense(k, n, nil), innerCopy: mat.NewDense(k, n, nil),
		outer:  mat.NewDense(s.Dim-k, n, nil),
		lambda: make([]float64, n), lambdaCopy: make([]float64, n),
		softmax: newSoftmaxScratch(&s),
	}
	if s.Model == network.Hidden {
		r.outputs = s.outputs()
	}
	if s.Path == Data && s.Coupling == Independent {
		r.outerCopy = mat.NewDense(s.Dim-k, n, nil)
	}
	if s.Path == Data && s.Coupling == Shared {
		r.reduced = newReduction(s.Dim-k, k, n)
	} else {
		r.dense = newDenseScratch(&s)
	}
	return r, nil
}

// Setting returns the completed setting.
func (r *Realisation) Setting() Setting { return r.set }

// Draw replaces the realisation by a new one.
func (r *Realisation) Draw(s *replicate.Stream) {
	scale := math.Sqrt(r.set.Kappa / float64(r.set.Dim))
	for i := range r.k {
		row := r.factor.RawRowView(i)
		for j := range i {
			row[j] = scale * s.Normal()
		}
		row[i] = scale * math.Sqrt(s.ChiSquared(float64(r.set.Dim-i)))
	}
	if r.outputs != nil {
		r.output = int(s.Float64() * float64(len(r.outputs)))
	}
	s.Normals(r.inner.RawMatrix().Data)
	s.Normals(r.outer.RawMatrix().Data)
	s.Normals(r.innerCopy.RawMatrix().Data)
	if r.outerCopy != nil {
		s.Normals(r.outerCopy.RawMatrix().Data)
	}
	r.prepare()
}

// prepare computes what follows from the coordinates.
func (r *Realisation) prepare() {
	r.weights(r.lambda, nil, r.inner)
	if r.set.Path == Weights {
		r.weights(r.lambdaCopy, nil, r.innerCopy)
	}
	if r.reduced != nil {
		r.reduced.factorise(r.outer, r.inner, r.innerCopy, r.lambda)
	} else {
		r.dense.stale = true
	}
}

// softmaxScratch holds one sample's logits and so on.
type softmaxScratch struct {
	pre, p, slope []float64
}

func newSoftmaxScratch(s *Setting) softmaxScratch {
	return softmaxScratch{make([]float64, s.Directions()), make([]float64, s.Classes), make([]float64, s.Classes)}
}

// weights writes lambda_n for the data whose coordinates are the columns of
// inner and, if slope is not nil (linear model only), the gradient of lambda_n by
// those coordinates into its columns (k x N).
func (r *Realisation) weights(dst []float64, slope *mat.Dense, inner *mat.Dense) {
	g := inner.RawMatrix()
	pre, p := r.softmax.pre, r.softmax.p
	for n := range dst {
		for i := range pre {
			row := r.factor.RawRowView(i)
			sum := 0.0
			for j := 0; j <= i; j++ {
				sum += row[j] * g.Data[j*g.Stride+n]
			}
			pre[i] = sum
		}
		if r.set.Model == network.Hidden {
			dst[n] = hiddenWeight(r.outputs[r.output], pre, p, r.set.OffDiagonal)
			continue
		}
		softmax(p, pre)
		dst[n] = linearWeight(p, r.set.OffDiagonal)
		if slope == nil {
			continue
		}
		by := r.softmax.slope
		linearSlope(by, p, r.set.OffDiagonal)
		for j := range r.k {
			sum := 0.0
			for i := j; i < r.k; i++ {
				sum += r.factor.At(i, j) * by[i]
			}
			slope.Set(j, n, sum)
		}
	}
}

// softmax writes softmax(z) into p; they may be the same slice.
func softmax(p, z []float64) {
	top, sum := z[0], 0.0
	for _, x := range z[1:] {
		top = max(top, x)
	}
	for c, x := range z {
		p[c] = math.Exp(x - top)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
}

// linearWeight returns p_1 (1 - p_1), or -p_1 p_2.
func linearWeight(p []float64, off bool) float64 {
	if off {
		return -p[0] * p[1]
	}
	return p[0] * (1 - p[0])
}

// linearSlope writes the derivatives of linearWeight by the logits: with
// d p_1 / d z_c = p_1 (delta_1c - p_c),
//
//	diagonal:      p_1 (1 - 2 p_1) (delta_1c - p_c)
//	off-diagonal:  -p_1 p_2 (delta_1c + delta_2c - 2 p_c)
func linearSlope(by, p []float64, off bool) {
	if off {
		y := p[0] * p[1]
		for c, pc := range p {
			by[c] = 2 * y * pc
		}
		by[0] -= y
		by[1] -= y
		return
	}
	f := p[0] * (1 - 2*p[0])
	for c, pc := range p {
		by[c] = -f * pc
	}
	by[0] += f
}

// hiddenWeight returns the covariance of v_{c,1} and v_{c,j} over c under
// p = softmax(V relu(pre)), times the units' indicators, with j = 1 or 2. p is
// scratch of length C.
func hiddenWeight(v *mat.Dense, pre, p []float64, off bool) float64 {
	j := 0
	if off {
		j = 1
	}
	if !(pre[0] > 0) || !(pre[j] > 0) {
		return 0
	}
	for c := range p {
		sum := 0.0
		for i, x := range v.RawRowView(c) {
			if pre[i] > 0 {
				sum += x * pre[i]
			}
		}
		p[c] = sum
	}
	softmax(p, p)
	var first, second float64
	for c, pc := range p {
		row := v.RawRowView(c)
		first += pc * row[0]
		second += pc * row[j]
	}
	sum := 0.0
	for c, pc := range p {
		row := v.RawRowView(c)
		sum += pc * (row[0] - first) * (row[j] - second)
	}
	return sum
}
