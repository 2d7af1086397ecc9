package spectra

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"pastur/replicate"
)

// Kolmogorov returns sup_x |F(x) - G(x)|, F that of the pooled spectra and G
// the law's. Both may have an atom at 0; it counts as one.
func Kolmogorov(pooled *Pooled, law Distribution) float64 {
	worst := 0.0
	visit(pooled, law, false, func(_, below, upTo, lawBelow, lawUpTo float64) {
		worst = max(worst, math.Abs(below-lawBelow), math.Abs(upTo-lawUpTo))
	})
	return worst
}

// Wasserstein returns the Wasserstein-1 distance, int |F(x) - G(x)| dx, with G
// taken linear between the law's nodes and the eigenvalues. It is in the
// eigenvalues' unit.
func Wasserstein(pooled *Pooled, law Distribution) float64 {
	total, from, left := 0.0, math.NaN(), 0.0
	visit(pooled, law, true, func(x, below, upTo, lawBelow, lawUpTo float64) {
		if !math.IsNaN(from) {
			total += absIntegral(left, below-lawBelow, x-from)
		}
		from, left = x, upTo-lawUpTo
	})
	return total
}

// absIntegral returns the integral of |y| for y linear from a to b over h.
func absIntegral(a, b, h float64) float64 {
	if a*b >= 0 {
		return h * math.Abs(a+b) / 2
	}
	return h * (a*a + b*b) / (2 * math.Abs(a-b))
}

// visit walks, ascending, over all points at which F jumps, and over the law's
// nodes too if asked, and always over 0; it hands out both functions' limits
// from below and values there.
func visit(pooled *Pooled, law Distribution, nodes bool, at func(x, below, upTo, lawBelow, lawUpTo float64)) {
	others := []float64{0}
	if nodes {
		others = append(others, law.Nodes()...)
		slices.Sort(others)
		others = slices.Compact(others)
	}
	cumulative := 0.0
	for k, j := 0, 0; k < len(pooled.values) || j < len(others); {
		before := cumulative
		var x float64
		switch {
		case j == len(others) || k < len(pooled.values) && pooled.values[k] <= others[j]:
			x = pooled.values[k]
			if j < len(others) && others[j] == x {
				j++
			}
			cumulative += pooled.weights[k]
			k++
		default:
			x = others[j]
			j++
		}
		below, upTo := law.Limits(x)
		at(x, before, cumulative, below, upTo)
	}
}

// Distance is the distance of a mean empirical distribution to a law, with a
// 95 % interval for what it estimates: the distance of the EXPECTED empirical
// distribution E F_H to the law, at this size of the matrices.
//
// Value is biased upwards. With F-bar the mean over R independent matrices and
// e = F-bar - E F_H its noise, a norm's convexity and triangle inequality give
//
//	| |E F_H - F|| - |F-bar - F| | <= |e|,    0 <= E|F-bar - F| - |E F_H - F| <= E|e|,
//
// for the supremum, the integral and the modulus alike. Noise is the estimate
// of E|e|, and so bounds the bias; Lo and Hi are Value -+ the 95 % quantile of
// |e|, Lo cut off at 0. Both come from the Gaussian multiplier bootstrap over
// matrices (E. Gine and J. Zinn, Annals of Probability 18 (1990) 851-869;
// V. Chernozhukov, D. Chetverikov and K. Kato, Annals of Statistics 41 (2013)
// 2786-2819): |R^{-1} sum_r xi_r (F_r - F-bar)|, xi_r ~ N(0,1), enlarged by
// sqrt(R/(R-1)) and by the ratio of Student's to the normal quantile. A
// jackknife would do where the bias exceeds the noise, but not where it does
// not: there a supremum is not a smooth function of F-bar. The price is a
// conservative interval.
//
// The eigenvalues of one matrix are dependent, so no p-value that treats them
// as a sample is given.
type Distance struct{ Value, Lo, Hi, Noise float64 }

// resolution is the number of points at which the noise is looked at: between
// them no mass larger than 1/resolution is missed.
const resolution = 1024

// draws is the number of bootstrap draws.
const draws = 400

// Comparison holds spectra of independent matrices against laws.
type Comparison struct {
	Kolmogorov, Wasserstein Distance
	// Stieltjes is the largest gap |s-bar(z) - s(z)| over the points z, and At
	// the gap at each.
	Stieltjes Distance
	At        []StieltjesGap
}

// StieltjesGap is what is known at one z.
type StieltjesGap struct {
	Z, Empirical, Predicted complex128
	Gap                     Distance
}

// Matched is the spectrum of one matrix with its law.
type Matched struct {
	Spectrum  *Spectrum // for distribution functions
	Moments   *Spectrum // for Stieltjes transforms; nil stands for Spectrum
	Law       Distribution
	Stieltjes []complex128 // the law's, at the points z
}

// Compare compares the mean empirical distribution of the matrices with the
// mean of their laws; where all have one law, they may share one Distribution.
// The multipliers are drawn from s. With a single matrix there is no interval,
// and Lo, Hi and Noise are NaN.
func Compare(all []Matched, z []complex128, s *replicate.Stream) (*Comparison, error) {
	if len(all) == 0 {
		return nil, fmt.Errorf("want at least one matrix to compare")
	}
	spectra := make([]Spectrum, len(all))
	for i, m := range all {
		if len(m.Stieltjes) != len(z) {
			return nil, fmt.Errorf("matrix %d has %d values of its law's Stieltjes transform at %d points", i, len(m.Stieltjes), len(z))
		}
		spectra[i] = *m.Spectrum
	}
	pooled, err := Pool(spectra)
	if err != nil {
		return nil, err
	}
	law := meanLaw(all)
	c := &Comparison{}
	c.Kolmogorov.Value = Kolmogorov(pooled, law)
	c.Wasserstein.Value = Wasserstein(pooled, law)
	n := newNoise(all, pooled, z)
	for k := range z {
		g := StieltjesGap{Z: z[k]}
		for r := range all {
			g.Empirical += n.stieltjes[r][k]
			g.Predicted += all[r].Stieltjes[k]
		}
		g.Empirical /= complex(float64(len(all)), 0)
		g.Predicted /= complex(float64(len(all)), 0)
		g.Gap.Value = modulus(g.Empirical - g.Predicted)
		c.Stieltjes.Value = max(c.Stieltjes.Value, g.Gap.Value)
		c.At = append(c.At, g)
	}
	n.intervals(c, s)
	return c, nil
}

// meanLaw returns the mean of the laws.
func meanLaw(all []Matched) Distribution {
	var laws mixture
	for _, m := range all {
		if len(laws) == 0 || laws[len(laws)-1] != m.Law {
			laws = append(laws, m.Law)
		}
	}
	if len(laws) == 1 {
		return laws[0]
	}
	if len(laws) != len(all) {
		laws = laws[:0]
		for _, m := range all {
			laws = append(laws, m.Law)
		}
	}
	return laws
}

func modulus(z complex128) float64 { return math.Hypot(real(z), imag(z)) }

// noise holds, for each matrix, its deviation from its law.
type noise struct {
	points    []float64      // x
	cdf       [][]float64    // F_r - F_law at the points, and last the same just below 0
	stieltjes [][]complex128 // s_r
	gaps      [][]complex128 // s_r - s_law
}

func newNoise(all []Matched, pooled *Pooled, z []complex128) *noise {
	n := &noise{points: pooled.quantiles(resolution)}
	for _, m := range all {
		row := make([]float64, len(n.points)+1)
		// The points ascend: one walk over the eigenvalues.
		spectrum, k, cumulative := m.Spectrum, 0, 0.0
		for i, x := range n.points {
			for k < len(spectrum.Values) && spectrum.Values[k] <= x {
				cumulative += spectrum.Weight(k)
				k++
			}
			row[i] = cumulative
			if x >= 0 {
				row[i] += spectrum.Zero()
			}
			_, upTo := m.Law.Limits(x)
			row[i] -= upTo
		}
		below, _ := m.Law.Limits(0)
		row[len(n.points)] = spectrum.CDF(0) - spectrum.Zero() - below
		n.cdf = append(n.cdf, row)
		s, gap := make([]complex128, len(z)), make([]complex128, len(z))
		exact := m.Moments
		if exact == nil {
			exact = spectrum
		}
		for k := range z {
			s[k] = exact.Stieltjes(z[k])
			gap[k] = s[k] - m.Stieltjes[k]
		}
		n.stieltjes = append(n.stieltjes, s)
		n.gaps = append(n.gaps, gap)
	}
	return n
}

// intervals fills in what the noise says.
func (n *noise) intervals(c *Comparison, s *replicate.Stream) {
	count := len(n.cdf)
	distances := []*Distance{&c.Kolmogorov, &c.Wasserstein, &c.Stieltjes}
	for k := range c.At {
		distances = append(distances, &c.At[k].Gap)
	}
	if count < 2 {
		for _, d := range distances {
			d.Lo, d.Hi, d.Noise = math.NaN(), math.NaN(), math.NaN()
		}
		return
	}
	r := float64(count)
	meanCDF, meanGap := columnMeans(n.cdf), columnMeans(n.gaps)
	samples := make([][]float64, len(distances))
	cdf, gap := make([]float64, len(meanCDF)), make([]complex128, len(meanGap))
	for range draws {
		clear(cdf)
		clear(gap)
		total := 0.0
		for i := range n.cdf {
			xi := s.Normal() / r
			total += xi
			for k, x := range n.cdf[i] {
				cdf[k] += xi * x
			}
			for k, g := range n.gaps[i] {
				gap[k] += complex(xi, 0) * g
			}
		}
		sup, integral := 0.0, 0.0
		for k := range cdf {
			cdf[k] -= total * meanCDF[k]
			sup = max(sup, math.Abs(cdf[k]))
			if k+1 < len(n.points) {
				integral += math.Abs(cdf[k]) * (n.points[k+1] - n.points[k])
			}
		}
		samples[0] = append(samples[0], sup)
		samples[1] = append(samples[1], integral)
		largest := 0.0
		for k := range gap {
			size := modulus(gap[k] - complex(total, 0)*meanGap[k])
			largest = max(largest, size)
			samples[3+k] = append(samples[3+k], size)
		}
		samples[2] = append(samples[2], largest)
	}
	const confidence = 0.95
	student := distuv.StudentsT{Sigma: 1, Nu: r - 1}.Quantile((1 + confidence) / 2)
	enlarge := math.Sqrt(r / (r - 1))
	widen := enlarge * student / distuv.UnitNormal.Quantile((1+confidence)/2)
	for k, d := range distances {
		slices.SortFunc(samples[k], cmp.Compare[float64])
		sum := 0.0
		for _, x := range samples[k] {
			sum += x
		}
		d.Noise = enlarge * sum / draws
		half := widen * samples[k][int(math.Ceil(confidence*draws))-1]
		d.Lo, d.Hi = max(0, d.Value-half), d.Value+half
	}
	c.Kolmogorov.Hi = min(1, c.Kolmogorov.Hi)
}

func columnMeans[T float64 | complex128](rows [][]T) []T {
	mean := make([]T, len(rows[0]))
	for _, row := range rows {
		for k, x := range row {
			mean[k] += x
		}
	}
	var count T
	for range rows {
		count++
	}
	for k := range mean {
		mean[k] /= count
	}
	return mean
}
