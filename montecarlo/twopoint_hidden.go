package montecarlo

import (
	"math/bits"

	"pastur/replicate"
)

// hiddenMSEWW is the two-point sampler of the hidden-weight blocks under the
// squared loss,
//
//	H_{w_i w_j} = (2/N) S_ij sum_n 1_i(x_n) 1_j(x_n) x_n x_n^T,   S = V^T V.
//
// V and W are independent, so S and the indicators are drawn and averaged over
// (i,j) apart. S is a Wishart matrix, drawn through its Bartlett factor at a
// cost free of C; the indicators of n points are the signs of m normals with
// the points' Gram matrix.
type hiddenMSEWW struct {
	setting Setting
	n       int
	limit   bool
	points  *pointSet
	weights *wishart // m vectors in R^C: the columns of V

	xi, z  []float64
	active []uint64 // one bit a neuron for each point: n x words
	words  int
}

// weightDraws is the number of draws of S a replicate averages. S is the
// noisier half, and cheap at moderate m.
const weightDraws = 2

func newHiddenMSEWW(s Setting, n int) *hiddenMSEWW {
	words := (s.Hidden + 63) / 64
	return &hiddenMSEWW{
		setting: s, n: n, limit: s.Limit(), points: newPoints(n, &s),
		weights: newWishart(s.Hidden, float64(s.Classes)),
		xi:      make([]float64, n), z: make([]float64, n),
		active: make([]uint64, n*words), words: words,
	}
}

// controls: at finite d the means over points of |x|^2/d and over pairs of
// (x.x')^2/d, less their means; in the limit there are none.
func (t *hiddenMSEWW) controls() int { return t.points.controls() }

func (t *hiddenMSEWW) sample(s *replicate.Stream, control []float64) (off, diag float64, err error) {
	if err := t.points.draw(s); err != nil {
		return 0, 0, err
	}
	if err := t.activate(s); err != nil {
		return 0, 0, err
	}
	offMask, diagMask := t.masks(control)
	offWeight, diagWeight, err := t.weightMoments(s)
	if err != nil {
		return 0, 0, err
	}
	// 4 from the two factors 2 of H; Var V / fan-in is 1 in weightMoments.
	v := t.setting.Init.Variance(float64(t.setting.Hidden))
	scale := 4 * float64(v*v)
	return scale * offWeight * offMask, scale * diagWeight * diagMask, nil
}

// activate draws the indicators of all neurons at all points.
func (t *hiddenMSEWW) activate(s *replicate.Stream) error {
	clear(t.active)
	xi := t.xi[:t.points.columns]
	for i := range t.setting.Hidden {
		if i%looks == looks-1 {
			if err := s.Context().Err(); err != nil {
				return err
			}
		}
		s.Normals(xi)
		t.points.combine(t.z, xi)
		for k, g := range t.z {
			if g > 0 {
				t.active[k*t.words+i/64] |= 1 << (i % 64)
			}
		}
	}
	return nil
}

// masks returns E over points and pairs of the squared norm over d of sum_n
// 1_i 1_j x x^T / N, averaged over i != j and over i = j, and fills the
// controls. With a neurons active at both points there are a(a-1) ordered pairs
// i != j that contribute, and a that do with i = j.
func (t *hiddenMSEWW) masks(control []float64) (off, diag float64) {
	n := t.n
	var singleOff, singleDiag, pairOff, pairDiag, gram1, gram2 float64
	for k := range n {
		g := t.points.gram[k*n+k]
		g2 := float64(g * g)
		a := t.both(k, k)
		singleOff += float64(g2 * float64(a*(a-1)))
		singleDiag += float64(g2 * a)
		gram1 += g - t.points.traces.First
		for l := range k {
			weight := 1.0
			if !t.limit {
				r := t.points.gram[k*n+l]
				weight = float64(t.setting.Dim * r * r)
			}
			a := t.both(k, l)
			pairOff += float64(weight * float64(a*(a-1)))
			pairDiag += float64(weight * a)
			gram2 += weight - t.points.traces.Second
		}
	}
	points, pairs := float64(n), float64(n*(n-1)/2)
	if t.controls() > 0 {
		control[0], control[1] = gram1/points, gram2/pairs
	}
	self, cross := t.setting.weights()
	m := float64(t.setting.Hidden)
	off = (float64(self*singleOff)/points + float64(cross*pairOff)/pairs) / float64(m*(m-1))
	diag = (float64(self*singleDiag)/points + float64(cross*pairDiag)/pairs) / m
	return off, diag
}

// both counts the neurons active at points k and l.
func (t *hiddenMSEWW) both(k, l int) float64 {
	a, b := t.active[k*t.words:(k+1)*t.words], t.active[l*t.words:(l+1)*t.words]
	count := 0
	for w, x := range a {
		count += bits.OnesCount64(x & b[w])
	}
	return float64(count)
}

// weightMoments averages S_ij^2 over i != j and S_ii^2 over i, for V of unit
// variance.
func (t *hiddenMSEWW) weightMoments(s *replicate.Stream) (off, diag float64, err error) {
	m := t.setting.Hidden
	c := float64(t.setting.Classes)
	for range weightDraws {
		if err := t.weights.draw(s); err != nil {
			return 0, 0, err
		}
		for i := range m {
			for j := range i {
				x := t.weights.gram[i*m+j]
				off += float64(x * x)
			}
			x := t.weights.gram[i*m+i]
			diag += float64(x * x)
		}
	}
	c2 := float64(c * c)
	off *= c2 / float64(weightDraws*m*(m-1)/2)
	diag *= c2 / float64(weightDraws*m)
	return off, diag, nil
}
