package montecarlo

import (
	"context"
	"fmt"
	"math"

	"pastur/replicate"
)

// raw is a sampler before variance reduction: it draws one replicate of the
// two squared norms and of control variates, statistics of mean exactly zero.
type raw interface {
	controls() int
	sample(s *replicate.Stream, control []float64) (off, diag float64, err error)
}

// A linearizer knows the best coefficients to leading order, so that no pilot
// is needed where the leading order is good enough.
type linearizer interface {
	linearize() (c coefficients, ok bool)
}

// coefficients says how much of each control to subtract. Any coefficients
// that do not depend on the sample leave the expectations as they are.
type coefficients struct{ off, diag []float64 }

// maxPilot bounds the pilot sample; its cost in classes is bounded too.
const (
	maxPilot     = 1024
	minPilot     = 64
	pilotClasses = 1 << 24
)

// fit estimates the coefficients that minimise the variances by least squares
// on a pilot sample. The pilot has a stream of its own, keyed by the setting
// and by no seed of the user's, so it is independent of every run.
func fit(ctx context.Context, sampler raw, key string, classesAReplicate int) (coefficients, error) {
	k := sampler.controls()
	if k == 0 {
		return coefficients{}, nil
	}
	if l, ok := sampler.(linearizer); ok {
		if c, ok := l.linearize(); ok {
			c.scale(usualShrinkage)
			return c, nil
		}
	}
	n := max(minPilot, min(maxPilot, pilotClasses/classesAReplicate))
	stream := replicate.NewStream(0, "pilot of "+key, 0)
	stream.Bind(ctx)
	draws := make([][]float64, n) // controls, then off and diag
	for i := range draws {
		if err := ctx.Err(); err != nil {
			return coefficients{}, err
		}
		row := make([]float64, k+2)
		off, diag, err := sampler.sample(stream, row[:k])
		if err != nil {
			return coefficients{}, err
		}
		row[k], row[k+1] = off, diag
		draws[i] = row
	}
	cov := covariance(draws)
	c := coefficients{regress(cov, k, k), regress(cov, k, k+1)}
	c.shrink(draws)
	for j := range k {
		if math.IsNaN(c.off[j]) || math.IsInf(c.off[j], 0) || math.IsNaN(c.diag[j]) || math.IsInf(c.diag[j], 0) {
			return coefficients{}, fmt.Errorf("pilot: the coefficient of control %d is not finite", j)
		}
	}
	return c, nil
}

// pilotCap returns multiple times the mean of diag over a pilot sample.
func pilotCap(ctx context.Context, sampler raw, key string, classesAReplicate int, multiple float64) (float64, error) {
	n := max(minPilot, min(maxPilot, pilotClasses/classesAReplicate))
	stream := replicate.NewStream(0, "cap of "+key, 0)
	stream.Bind(ctx)
	control := make([]float64, sampler.controls())
	sum := 0.0
	for range n {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		_, diag, err := sampler.sample(stream, control)
		if err != nil {
			return 0, err
		}
		sum += diag
	}
	return float64(multiple*sum) / float64(n), nil
}

// shrink scales the coefficients by the factor that lets a run be believed
// soonest. What full controls leave over is small but heavy-tailed, and the tail
// gate of package verdict asks for 100 replicates a unit of kurtosis: a part of
// the light-tailed variance left in place is cheaper. The factor minimises, on
// the pilot, the replicates needed to open the gate and to reach 0.1 % at 95 %;
// a deviation of twice the largest seen is reckoned with, since a run sees larger
// ones than its pilot does.
func (c *coefficients) shrink(draws [][]float64) {
	const (
		replicatesAKurtosis = 100
		target              = 0.0005 // relative standard error
		fewForKurtosis      = 256    // a smaller pilot cannot see the tails
		unseen              = 2      // a run sees deviations larger by this than the pilot's largest
	)
	k := len(c.off)
	n := float64(len(draws))
	mean := func(f func(row []float64) float64) (sum float64) {
		for _, row := range draws {
			sum += f(row)
		}
		return sum / n
	}
	off := mean(func(row []float64) float64 { return row[k] })
	r := off / mean(func(row []float64) float64 { return row[k+1] })
	factor := usualShrinkage
	if len(draws) >= fewForKurtosis {
		best := math.Inf(1)
		for step := range 11 {
			s := float64(step) / 10
			residual := func(row []float64) float64 {
				d := row[k] - float64(r*row[k+1])
				for j := range k {
					d -= float64(s * (c.off[j] - float64(r*c.diag[j])) * row[j])
				}
				return d
			}
			center := mean(residual)
			m2 := mean(func(row []float64) float64 { d := residual(row) - center; return float64(d * d) })
			largest := 0.0
			m4 := mean(func(row []float64) float64 {
				d := math.Abs(residual(row) - center)
				largest = max(largest, d)
				d *= d
				return float64(d * d)
			})
			largest *= unseen
			largest *= largest
			m4 += float64(largest*largest) / n
			if m2 == 0 {
				continue // proportional: nothing to gain or to lose
			}
			need := max(float64(replicatesAKurtosis*m4)/float64(m2*m2), m2/float64(target*off*target*off))
			if need < best {
				best, factor = need, s
			}
		}
	}
	c.scale(factor)
}

// usualShrinkage is the factor where the tails cannot be seen in a pilot.
const usualShrinkage = 0.9

func (c *coefficients) scale(by float64) {
	for j := range c.off {
		c.off[j] *= by
		c.diag[j] *= by
	}
}

// covariance returns n times the covariance matrix of the rows.
func covariance(rows [][]float64) [][]float64 {
	k := len(rows[0])
	mean := make([]float64, k)
	for _, row := range rows {
		for j, x := range row {
			mean[j] += x
		}
	}
	cov := make([][]float64, k)
	for j := range cov {
		mean[j] /= float64(len(rows))
		cov[j] = make([]float64, k)
	}
	for _, row := range rows {
		for a := range cov {
			for b := range cov {
				cov[a][b] += float64((row[a] - mean[a]) * (row[b] - mean[b]))
			}
		}
	}
	return cov
}

// regress returns the coefficients of the regression of variable y on the
// first k variables, given their covariance matrix, by Gaussian elimination of
// the correlation matrix (positive definite: no pivoting). A small ridge keeps
// nearly collinear controls harmless; a constant control gets 0.
func regress(cov [][]float64, k, y int) []float64 {
	const ridge = 1e-6
	a := make([][]float64, k) // correlations of the controls, then with y
	sd := make([]float64, k)
	for i := range a {
		sd[i] = math.Sqrt(cov[i][i])
	}
	for i := range a {
		a[i] = make([]float64, k+1)
		for j := range k {
			if d := sd[i] * sd[j]; d > 0 {
				a[i][j] = cov[i][j] / d
			}
		}
		a[i][i] = 1 + ridge
		if sd[i] > 0 {
			a[i][k] = cov[i][y] / sd[i]
		}
	}
	for p := range a {
		for i := p + 1; i < k; i++ {
			f := a[i][p] / a[p][p]
			for j := p; j <= k; j++ {
				a[i][j] -= float64(f * a[p][j])
			}
		}
	}
	beta := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		x := a[i][k]
		for j := i + 1; j < k; j++ {
			x -= float64(a[i][j] * beta[j])
		}
		beta[i] = x / a[i][i]
	}
	for i := range beta {
		if sd[i] > 0 {
			beta[i] /= sd[i]
		} else {
			beta[i] = 0
		}
	}
	return beta
}

// looks is how many neurons, or batches of classes, are drawn between two looks at
// the context: few enough for a fraction of a second, too many to cost anything.
const looks = 1 << 12

// interrupted returns the context's error every so many batches of classes, left
// of which are still to come.
func interrupted(s *replicate.Stream, left int) error {
	if left%(looks*batch) < batch {
		return s.Context().Err()
	}
	return nil
}

// controlled subtracts the controls.
type controlled struct {
	raw
	estimator *Estimator
	ready     bool // beta and cap are known
	beta      coefficients
	scratch   []float64
	cap       float64 // of off, 0 for none
	unit      float64 // of what is reported, see Setting.unit
}

func (c *controlled) Sample(s *replicate.Stream) (off, diag float64, err error) {
	if !c.ready {
		if c.beta, c.cap, err = c.estimator.pilot(s.Context(), c.raw); err != nil {
			return 0, 0, err
		}
		c.ready = true
	}
	off, diag, err = c.sample(s, c.scratch)
	for j, x := range c.scratch {
		off -= float64(c.beta.off[j] * x)
		diag -= float64(c.beta.diag[j] * x)
	}
	if c.cap > 0 {
		off = min(off, c.cap)
	}
	return off * c.unit, diag * c.unit, err
}
