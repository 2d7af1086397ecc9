package verdict

import (
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// component is one number a claim depends on: a claim passes when all its
// components do and fails when one does.
type component struct {
	name       string
	estimate   float64
	se         float64                     // standard error, for forecasts
	bounds     func(miss float64) Interval // lower and upper bound, each missing with probability <= miss
	parts      []part
	good, safe Interval
}

// twoSided reports whether GOOD has two ends.
func (k *component) twoSided() bool {
	return !math.IsInf(k.good.Lo, -1) && !math.IsInf(k.good.Hi, 1)
}

// missAlpha is the share of alpha of one end of an interval: a two-sided set
// can be missed on either side.
func (k *component) missAlpha(alpha float64) float64 {
	if k.twoSided() {
		return alpha / 2
	}
	return alpha
}

// part is what one cell contributes to a component.
type part struct {
	cell     int
	variance float64                         // its share of se^2, in any unit common to the parts
	gate     func(miss float64) (why string) // "" if bounds at miss may be believed
}

// gate says why the component's bounds must not be believed, or "".
func (k *component) gate(miss float64) string {
	for _, p := range k.parts {
		if why := p.gate(miss); why != "" {
			return why
		}
	}
	return ""
}

// wanting lists the cells that more replicates would help most: those whose
// gate is closed, else those with at least half the average variance. The
// choice looks at tails and variances, never at estimates.
func (k *component) wanting(miss float64) []int {
	var closed, heavy []int
	total := 0.0
	for _, p := range k.parts {
		total += p.variance
	}
	for _, p := range k.parts {
		if p.gate(miss) != "" {
			closed = append(closed, p.cell)
		}
		if p.variance >= total/float64(2*len(k.parts)) {
			heavy = append(heavy, p.cell)
		}
	}
	if closed != nil {
		return closed
	}
	return heavy
}

// components evaluates the claim's estimand on the cells' moments.
func (c *Claim) components(m []Moments) []component {
	good, safe := c.Sets()
	switch c.Kind {
	case Limit, Law:
		return []component{c.ratio(0, m, good, safe)}
	case Bound:
		all := make([]component, len(m))
		for i := range m {
			scale := powerOf(c.Cells[i].X, c.Power)
			unscaled := func(s Interval) Interval { return Interval{s.Lo / scale, s.Hi / scale} }
			all[i] = c.ratio(i, m, unscaled(good), unscaled(safe)).scaled(scale)
		}
		return all
	case Identity:
		return c.identity(m, good, safe)
	case Rate, Exponent:
		return []component{c.slope(m, good, safe)}
	}
	return nil
}

func powerOf(x, p float64) float64 { return elementary.Exp(p * elementary.Log(x)) }

// assume returns what a claim that combines cells may assume of one of them.
func (c *Claim) assume(i int) Assumption {
	if a := c.Cells[i].Assume; a != Bounded {
		return a
	}
	return Asymptotic
}

func (c *Claim) ratio(i int, m []Moments, good, safe Interval) component {
	cell, moments := &c.Cells[i], &m[i]
	return component{
		name:     cell.Key,
		estimate: moments.Ratio(),
		se:       moments.RelativeError() * math.Abs(moments.Ratio()),
		bounds:   func(miss float64) Interval { return moments.Bounds(miss, cell.Assume, cell.Range) },
		parts:    []part{{i, 1, func(miss float64) string { return moments.distrust(miss, cell.Assume) }}},
		good:     good, safe: safe,
	}
}

// scaled multiplies the component by a positive factor.
func (k component) scaled(by float64) component {
	inner := k.bounds
	k.estimate *= by
	k.se *= by
	k.bounds = func(miss float64) Interval {
		b := inner(miss)
		return Interval{b.Lo * by, b.Hi * by}
	}
	k.good = Interval{k.good.Lo * by, k.good.Hi * by}
	k.safe = Interval{k.safe.Lo * by, k.safe.Hi * by}
	return k
}

// identity compares the two cells' numerators, and their denominators unless
// these are all 1, as those of a plain mean are. Each mean is judged as a sample
// of its own: one that does not vary is refused, though the other side does.
func (c *Claim) identity(m []Moments, good, safe Interval) []component {
	side := func(i int, variance float64, marginal func(*Moments) Moments) part {
		return part{i, variance, func(miss float64) string {
			one := marginal(&m[i])
			if why := one.distrust(miss, c.assume(i)); why != "" {
				return c.Cells[i].Key + ": " + why
			}
			return ""
		}}
	}
	part := func(name string, mean func(*Moments) (mean, variance float64), marginal func(*Moments) Moments) component {
		x, vx := mean(&m[0])
		y, vy := mean(&m[1])
		nx, ny := float64(m[0].N), float64(m[1].N)
		return component{
			name:     name,
			estimate: x / y,
			se:       math.Abs(x/y) * math.Sqrt(vx/(nx*x*x)+vy/(ny*y*y)),
			bounds: func(miss float64) Interval {
				z := math.Max(m[0].critical(miss), m[1].critical(miss))
				return ratioOfMeans(x, vx, nx, y, vy, ny, z)
			},
			parts: []part{side(0, vx/(nx*x*x), marginal), side(1, vy/(ny*y*y), marginal)},
			good:  good, safe: safe,
		}
	}
	unbiased := func(v float64, n int64) float64 { return v * float64(n) / float64(n-1) }
	num := part("numerators", func(m *Moments) (float64, float64) {
		return m.Num, unbiased(m.Central.at(2, 0), m.N)
	}, func(m *Moments) Moments { // a with b = 1
		k := &m.Central
		return Moments{N: m.N, Num: m.Num, Den: 1, Central: central{k.at(2, 0), 0, 0, k.at(3, 0), 0, 0, 0, k.at(4, 0)}}
	})
	if plain(&m[0]) && plain(&m[1]) {
		return []component{num}
	}
	den := part("denominators", func(m *Moments) (float64, float64) {
		return m.Den, unbiased(m.Central.at(0, 2), m.N)
	}, func(m *Moments) Moments {
		k := &m.Central
		return Moments{N: m.N, Num: m.Den, Den: 1, Central: central{k.at(0, 2), 0, 0, k.at(0, 3), 0, 0, 0, k.at(0, 4)}}
	})
	return []component{num, den}
}

// plain reports whether every denominator is 1.
func plain(m *Moments) bool { return m.Den == 1 && m.Central.at(0, 2) == 0 }

// slope fits log|ratio - Minus| by least squares on 1, log X and, for
// Exponent, 1/X. The slope is linear in the logarithms y_i, each freed of its
// bias (logBias), so its standard error follows from the cells' independent
// errors. Its bounds combine the cells' own bounds, carried over to the
// logarithm, as Zou and Donner do (Construction of confidence limits about effect
// measures: A general approach, Statistics in Medicine 27, 2008): with u_i the
// bound of y_i that moves the slope up,
//
//	slope + sqrt(sum w_i^2 max(|u_i - y_i|, z se_i)^2),
//
// so that one dominant cell keeps its level. (The delta method at 10 % error
// alarms 2.5 times too often at 1e-3.) The logarithm shortens the distance up
// and lengthens that down; but of many cells it is the variance that counts, and
// without the maximum 15 cells of 9.5 % error alarm 3.7 times too often at
// 0.00125, 2.5 times with the bias removed alone (TestSlopeOfManyImpreciseCells).
func (c *Claim) slope(m []Moments, good, safe Interval) component {
	n := len(m)
	y, se := make([]float64, n), make([]float64, n)
	for i := range m {
		value := m[i].Ratio() - c.Cells[i].Minus
		se[i] = m[i].RelativeError() * math.Abs(m[i].Ratio()/value)
		y[i] = elementary.Log(math.Abs(value)) - m[i].logBias(value, se[i])
	}
	weights := c.slopeWeights(se)
	var estimate, variance float64
	parts := make([]part, n)
	for i := range y {
		if weights[i] == 0 { // whatever the cell shows, the slope does not see it
			parts[i] = part{i, 0, func(float64) string { return "" }}
			continue
		}
		estimate += float64(weights[i] * y[i])
		w := weights[i] * se[i]
		parts[i] = part{i, float64(w * w), func(miss float64) string { return c.logGate(m, i, se[i], miss) }}
		variance += parts[i].variance
	}
	return component{
		name:     "slope",
		estimate: estimate,
		se:       math.Sqrt(variance),
		bounds: func(miss float64) Interval {
			var down, up float64
			for i := range y {
				if weights[i] == 0 {
					continue
				}
				b := c.logBounds(&m[i], i, miss)
				least := float64(m[i].critical(miss) * se[i])
				below, above := weights[i]*max(y[i]-b.Lo, least), weights[i]*max(b.Hi-y[i], least)
				if weights[i] < 0 {
					below, above = above, below
				}
				down += float64(below * below)
				up += float64(above * above)
			}
			if !(down < math.Inf(1)) || !(up < math.Inf(1)) || math.IsNaN(estimate) {
				return Everything
			}
			return Interval{estimate - math.Sqrt(down), estimate + math.Sqrt(up)}
		},
		parts: parts,
		good:  good, safe: safe,
	}
}

// logBias is the bias of log|value|, value being the ratio less a constant and se
// its relative error, to order 1/n: with r = mean a/mean b,
//
//	E r - R = (r Var b - Cov(a, b))/(n (mean b)^2),   bias = (E r - R)/value - se^2/2.
//
// Of a plain mean it is -se^2/2: small beside se in one cell, but it adds up over
// the cells at one end of a slope where errors add up as squares. Far beyond the
// errors that logGate admits the expansion says nothing, and it is 0 (not from
// there on: the errors vary with the values, and a cut would be a bias).
func (m *Moments) logBias(value, se float64) float64 {
	if !(se <= 5*maxLogError) {
		return 0
	}
	ratio := (float64(m.Ratio()*m.Central.at(0, 2)) - m.Central.at(1, 1)) / float64(float64(m.N-1)*m.Den*m.Den)
	return ratio/value - float64(float64(se*se)/2)
}

// logBounds bounds log|ratio - Minus| of a cell; Everything if the difference
// may be zero.
func (c *Claim) logBounds(m *Moments, i int, miss float64) Interval {
	b := m.Bounds(miss, c.assume(i), Everything)
	lo, hi := b.Lo-c.Cells[i].Minus, b.Hi-c.Cells[i].Minus
	if hi < 0 {
		lo, hi = -hi, -lo
	}
	if !(lo > 0) {
		return Everything
	}
	return Interval{elementary.Log(lo), elementary.Log(hi)}
}

// logGate is the gate of one cell of a slope: its tail gate, and a precision at
// which a logarithm is near-linear, as the weights and forecasts assume. Weights
// 1/se^2 from few replicates favour the cells whose error is underestimated: with
// nu = n - 1 degrees of freedom and many cells the slope's variance is nu/(nu - 4)
// times what the errors say, 2.3 times at n = 8 and 1.07 at minWeighted, which
// Student's quantile makes good (TestExponentOfFewReplicates).
func (c *Claim) logGate(m []Moments, i int, se, miss float64) string {
	cell := &c.Cells[i]
	value := m[i].Ratio() - cell.Minus
	switch first := m[0].Ratio() - c.Cells[0].Minus; {
	case !(se <= maxLogError):
		return fmt.Sprintf("%s: relative error %.2g > %g, too large to take a logarithm", cell.Key, se, maxLogError)
	case math.Signbit(value) != math.Signbit(first):
		return cell.Key + ": the sign changes between cells"
	case c.Kind == Exponent && m[i].N < minWeighted:
		return fmt.Sprintf("%s: only %d replicates, too few to weigh the cell by its error (%d)", cell.Key, m[i].N, minWeighted)
	}
	if why := m[i].distrust(miss, c.assume(i)); why != "" {
		return cell.Key + ": " + why
	}
	return ""
}

// slopeWeights returns w with slope = sum w_i y_i: the second row of
// (A'PA)^-1 A'P, where A has columns 1, log X [, 1/X] and P weighs the points:
// equally for a rate, whose estimand must not depend on the errors, and by
// their errors for an exponent.
func (c *Claim) slopeWeights(se []float64) []float64 {
	columns := 2
	if c.Kind == Exponent {
		columns = 3
	}
	row := func(i int) (a [3]float64) {
		return [3]float64{1, elementary.Log(c.Cells[i].X), 1 / c.Cells[i].X}
	}
	weight := func(i int) float64 {
		if c.Kind == Exponent && se[i] > 0 {
			return 1 / float64(se[i]*se[i])
		}
		return 1
	}
	// Gram-Schmidt: what of log X is orthogonal to the other columns.
	inner := func(u, v []float64) (sum float64) {
		for i := range u {
			sum += float64(weight(i) * u[i] * v[i])
		}
		return sum
	}
	column := func(k int) []float64 {
		v := make([]float64, len(c.Cells))
		for i := range v {
			v[i] = row(i)[k]
		}
		return v
	}
	subtract := func(v, u []float64) {
		f := inner(v, u) / inner(u, u)
		for i := range v {
			v[i] -= float64(f * u[i])
		}
	}
	one, log := column(0), column(1)
	subtract(log, one)
	if columns == 3 {
		inverse := column(2)
		subtract(inverse, one)
		subtract(log, inverse)
	}
	norm := inner(log, log)
	w := make([]float64, len(log))
	largest := 0.0
	for i := range w {
		w[i] = weight(i) * log[i] / norm
		largest = max(largest, math.Abs(w[i]))
	}
	for i := range w {
		// The middle one of an odd number of points has no weight but rounding's.
		if math.Abs(w[i]) < 0x1p-40*largest {
			w[i] = 0
		}
	}
	return w
}
