package verdict

import (
	"fmt"
	"math"
)

// order is the highest moment kept: the tail gate needs the fourth.
const order = 4

// Moments summarises a sample of pairs (a, b), numerator and denominator, by
// its size, means and central co-moments
//
//	m_pq = (1/n) sum (a - mean a)^p (b - mean b)^q,   2 <= p+q <= 4,
//
// from which the mean, variance, skewness and kurtosis of a - r b follow for
// any r. Moments of disjoint samples merge exactly (Pébay, Formulas for
// Robust, One-Pass Parallel Computation of Covariances and Arbitrary-Order
// Statistical Moments, Sandia report 2008-6212); merging in a fixed order gives
// fixed bits.
type Moments struct {
	N       int64   `json:"n"`
	Num     float64 `json:"num"`     // mean of a
	Den     float64 `json:"den"`     // mean of b
	Central central `json:"central"` // m_pq, see index
	MaxAbs  float64 `json:"max_abs"` // largest |a|
	// Extremes of a, against which a declared range is checked.
	NumRange [2]float64 `json:"num_range"`
}

// central holds m_20 m_11 m_02 m_30 m_21 m_12 m_03 m_40 m_31 m_22 m_13 m_04.
type central [12]float64

func index(p, q int) int {
	total := p + q
	return (total-2)*(total+3)/2 + q // 3 of order 2, 4 of order 3, 5 of order 4
}

// at returns m_pq including the trivial orders: 1 for order 0, 0 for order 1.
func (c *central) at(p, q int) float64 {
	switch p + q {
	case 0:
		return 1
	case 1:
		return 0
	}
	return c[index(p, q)]
}

// momentsOf summarises num[i], den[i] in three passes. A non-finite value is an
// error that names the replicate.
func momentsOf(num, den []float64) (Moments, error) {
	m := Moments{N: int64(len(num))}
	n := float64(len(num))
	for i, a := range num {
		b := den[i]
		if math.IsNaN(a) || math.IsInf(a, 0) {
			return m, fmt.Errorf("replicate %d: numerator is %v", i, a)
		}
		if math.IsNaN(b) || math.IsInf(b, 0) {
			return m, fmt.Errorf("replicate %d: denominator is %v", i, b)
		}
		m.Num += a
		m.Den += b
		m.MaxAbs = max(m.MaxAbs, math.Abs(a))
		if i == 0 {
			m.NumRange = [2]float64{a, a}
		}
		m.NumRange = [2]float64{min(m.NumRange[0], a), max(m.NumRange[1], a)}
	}
	m.Num /= n
	m.Den /= n
	// The sums' own rounding shows up as a mean of the deviations.
	var da, db float64
	for i, a := range num {
		da += a - m.Num
		db += den[i] - m.Den
	}
	m.Num += da / n
	m.Den += db / n
	c := &m.Central
	for i, a := range num {
		a -= m.Num
		b := den[i] - m.Den
		a2, b2 := float64(a*a), float64(b*b)
		a3, b3 := float64(a2*a), float64(b2*b)
		c[0] += a2
		c[1] += float64(a * b)
		c[2] += b2
		c[3] += a3
		c[4] += float64(a2 * b)
		c[5] += float64(a * b2)
		c[6] += b3
		c[7] += float64(a3 * a)
		c[8] += float64(a3 * b)
		c[9] += float64(a2 * b2)
		c[10] += float64(a * b3)
		c[11] += float64(b3 * b)
	}
	for k := range m.Central {
		m.Central[k] /= n
	}
	if k := firstNonFinite(m.Central[:]); k >= 0 {
		return m, fmt.Errorf("central moments overflow: rescale the statistic (its mean is %.3g)", m.Num)
	}
	return m, nil
}

func firstNonFinite(x []float64) int {
	for i, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return i
		}
	}
	return -1
}

// shifted returns the co-moments about (mean a - da, mean b - db).
func (c *central) shifted(da, db float64) (out central) {
	var pa, pb [order + 1]float64
	pa[0], pb[0] = 1, 1
	for k := 1; k <= order; k++ {
		pa[k], pb[k] = pa[k-1]*da, pb[k-1]*db
	}
	choose := [order + 1][order + 1]float64{{1}, {1, 1}, {1, 2, 1}, {1, 3, 3, 1}, {1, 4, 6, 4, 1}}
	for total := 2; total <= order; total++ {
		for q := 0; q <= total; q++ {
			p := total - q
			sum := 0.0
			for i := 0; i <= p; i++ {
				for j := 0; j <= q; j++ {
					weight := choose[p][i] * choose[q][j]
					sum += float64(weight * c.at(i, j) * pa[p-i] * pb[q-j])
				}
			}
			out[index(p, q)] = sum
		}
	}
	return out
}

// Merge adds another sample's moments to m.
func (m *Moments) Merge(o Moments) {
	if o.N == 0 {
		return
	}
	if m.N == 0 {
		*m = o
		return
	}
	n := m.N + o.N
	wm, wo := float64(m.N)/float64(n), float64(o.N)/float64(n)
	da, db := o.Num-m.Num, o.Den-m.Den
	sm := m.Central.shifted(float64(-wo*da), float64(-wo*db))
	so := o.Central.shifted(float64(wm*da), float64(wm*db))
	for k := range m.Central {
		m.Central[k] = float64(wm*sm[k]) + float64(wo*so[k])
	}
	m.Num += float64(wo * da)
	m.Den += float64(wo * db)
	m.N = n
	m.MaxAbs = max(m.MaxAbs, o.MaxAbs)
	m.NumRange = [2]float64{min(m.NumRange[0], o.NumRange[0]), max(m.NumRange[1], o.NumRange[1])}
}

// Ratio returns mean(a)/mean(b); for a plain mean every b is 1.
func (m *Moments) Ratio() float64 { return m.Num / m.Den }

// residual returns the second to fourth central moments of a - r b.
func (m *Moments) residual(r float64) (m2, m3, m4 float64) {
	c := &m.Central
	r2 := r * r
	m2 = c.at(2, 0) - float64(2*r*c.at(1, 1)) + float64(r2*c.at(0, 2))
	m3 = c.at(3, 0) - float64(3*r*c.at(2, 1)) + float64(3*r2*c.at(1, 2)) - float64(r2*r*c.at(0, 3))
	m4 = c.at(4, 0) - float64(4*r*c.at(3, 1)) + float64(6*r2*c.at(2, 2)) - float64(4*r2*r*c.at(1, 3)) + float64(r2*r2*c.at(0, 4))
	return m2, m3, m4
}

// residualError bounds the rounding error of the third and fourth moment of
// residual, in which terms of the size of the moments of a and r b cancel.
func (m *Moments) residualError(r float64) (e3, e4 float64) {
	a := math.Sqrt(m.Central.at(2, 0))
	b := math.Abs(r) * math.Sqrt(m.Central.at(0, 2))
	if b == 0 {
		return 0, 0
	}
	// Every co-moment is bounded by the pure fourth moments (Hölder).
	fourth := max(m.Central.at(4, 0), float64(r*r*r*r*m.Central.at(0, 4)))
	relative := 4 * m.rounding()
	return float64(relative * math.Sqrt(fourth) * max(a, b)), float64(relative * fourth)
}

// rounding returns the relative variance below which a - r b is rounding noise:
// the co-moments cancel to about 2^-50 of their size, and sums over n replicates
// wander by 2^-53 sqrt n.
func (m *Moments) rounding() float64 { return 0x1p-50 * (16 + math.Sqrt(float64(m.N))) }

// residualVariance returns the unbiased variance of a - r b, and whether it is
// rounding noise only (as when numerator and denominator are proportional in
// every replicate): then it is the largest that could have been lost.
func (m *Moments) residualVariance(r float64) (variance float64, noise bool) {
	m2, _, _ := m.residual(r)
	scale := m.Central.at(2, 0) + float64(r*r*m.Central.at(0, 2))
	if floor := float64(m.rounding() * scale); m2 <= floor {
		m2, noise = floor, true
	}
	return m2 * float64(m.N) / float64(m.N-1), noise
}

// RelativeError returns the standard error of Ratio over its magnitude, by the
// delta method.
func (m *Moments) RelativeError() float64 {
	if m.N < 2 {
		return math.Inf(1)
	}
	v, _ := m.residualVariance(m.Ratio())
	return math.Sqrt(v/float64(m.N)) / math.Abs(m.Num)
}
