package montecarlo

import (
	"math"

	"pastur/replicate"
)

// linearMSE is the two-point sampler of the linear model under the squared
// loss: H_ii = (2/N) X X^T, and H_ij = 0 in every sample.
type linearMSE struct {
	setting Setting
	n       int
	points  *pointSet
}

func newLinearMSE(s Setting, n int) *linearMSE {
	return &linearMSE{s, n, newPoints(n, &s)}
}

func (t *linearMSE) controls() int { return 0 }

func (t *linearMSE) sample(s *replicate.Stream, _ []float64) (off, diag float64, err error) {
	if err := t.points.draw(s); err != nil {
		return 0, 0, err
	}
	n := t.n
	var single, pair float64
	for k := range n {
		g := t.points.gram[k*n+k]
		single += float64(g * g)
		for l := range k {
			if t.setting.Limit() {
				pair++
				continue
			}
			r := t.points.gram[k*n+l]
			pair += float64(t.setting.Dim * r * r)
		}
	}
	self, cross := t.setting.weights()
	pairs := float64(n*(n-1)) / 2
	return 0, 4 * (float64(self*single)/float64(n) + float64(cross*pair)/pairs), nil
}

// hiddenMSEVV is the two-point sampler of the output-weight blocks of a hidden
// net under the squared loss: H_ii = (2/N) sum_n h_n h_n^T (m x m), and H_ij = 0
// in every sample.
type hiddenMSEVV struct {
	setting Setting
	n       int
	points  *pointSet
	xi, z   []float64
	h       []float64 // n x m
}

func newHiddenMSEVV(s Setting, n int) *hiddenMSEVV {
	return &hiddenMSEVV{
		setting: s, n: n, points: newPoints(n, &s),
		xi: make([]float64, n), z: make([]float64, n), h: make([]float64, n*s.Hidden),
	}
}

func (t *hiddenMSEVV) controls() int { return 0 }

func (t *hiddenMSEVV) sample(s *replicate.Stream, _ []float64) (off, diag float64, err error) {
	if err := t.points.draw(s); err != nil {
		return 0, 0, err
	}
	n, m := t.n, t.setting.Hidden
	root := math.Sqrt(t.setting.Init.Variance(1)) // variance times fan-in
	xi := t.xi[:t.points.columns]
	for i := range m {
		if i%looks == looks-1 {
			if err := s.Context().Err(); err != nil {
				return 0, 0, err
			}
		}
		s.Normals(xi)
		t.points.combine(t.z, xi)
		for k, g := range t.z {
			t.h[k*m+i] = root * max(g, 0)
		}
	}
	var single, pair float64
	for k := range n {
		for l := 0; l <= k; l++ {
			dot := 0.0
			for i := range m {
				dot += float64(t.h[k*m+i] * t.h[l*m+i])
			}
			if l == k {
				single += float64(dot * dot)
			} else {
				pair += float64(dot * dot)
			}
		}
	}
	self, cross := t.setting.weights()
	pairs := float64(n*(n-1)) / 2
	return 0, 4 * (float64(self*single)/float64(n) + float64(cross*pair)/pairs), nil
}
