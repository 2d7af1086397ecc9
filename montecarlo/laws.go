package montecarlo

import (
	"math"
	"math/bits"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// signs are the coordinates of Rademacher data, 64 to an integer, so that the
// inner product of two points is d - 2 popcount(x xor x').
type signs struct{}

func (signs) fill(s *replicate.Stream, x []float64, _ int, _ float64) {
	for len(x) > 0 {
		word := s.Uint64()
		n := min(64, len(x))
		for k := range n {
			x[k] = 1 - float64(2*float64(word>>k&1))
		}
		x = x[n:]
	}
}

// gram adds the inner products of n points in R^dim; words holds n integers.
func (signs) gram(s *replicate.Stream, n, dim int, words []uint64, gram []float64) {
	for left := dim; left > 0; left -= 64 {
		mask := ^uint64(0)
		if left < 64 {
			mask >>= 64 - left
		}
		for k := range n {
			words[k] = s.Uint64()
			for l := range k {
				gram[k*n+l] += float64(min(left, 64) - 2*bits.OnesCount64((words[k]^words[l])&mask))
			}
		}
	}
	for k := range n {
		gram[k*n+k] += float64(dim)
	}
}

type uniformLaw struct{}

func (uniformLaw) fill(s *replicate.Stream, x []float64, _ int, _ float64) {
	width := 2 * math.Sqrt(3)
	for k := range x {
		x[k] = width * (float64(s.Float64()) - 0.5)
	}
}

type studentLaw struct{ freedom float64 }

func (t studentLaw) fill(s *replicate.Stream, x []float64, _ int, _ float64) {
	for k := range x {
		z := s.Normal()
		x[k] = z * math.Sqrt((t.freedom-2)/s.ChiSquared(t.freedom))
	}
}

type autoregression struct{ rho, innovation float64 }

func (a autoregression) fill(s *replicate.Stream, x []float64, from int, last float64) {
	for k := range x {
		z := s.Normal()
		if from == 0 && k == 0 {
			last = z
		} else {
			last = float64(a.rho*last) + float64(a.innovation*z)
		}
		x[k] = last
	}
}

type spikes struct {
	count int
	root  float64
}

func (p spikes) fill(s *replicate.Stream, x []float64, from int, _ float64) {
	s.Normals(x)
	for k := range min(len(x), max(0, p.count-from)) {
		x[k] *= p.root
	}
}

// powerLaw holds the square roots of the eigenvalues.
type powerLaw []float64

func newPowerLaw(alpha float64, dim int) powerLaw {
	roots := make(powerLaw, dim)
	sum := 0.0
	for k := range roots {
		e := elementary.Exp(-float64(alpha * elementary.Log(float64(k+1))))
		roots[k] = e
		sum += e
	}
	for k, e := range roots {
		roots[k] = math.Sqrt(e / sum * float64(dim))
	}
	return roots
}

func (p powerLaw) fill(s *replicate.Stream, x []float64, from int, _ float64) {
	s.Normals(x)
	for k := range x {
		x[k] *= p[from+k]
	}
}
