package lindeberg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/stat/distuv"

	"pastur/replicate"
	"pastur/verdict"
)

// Gap is an estimate of delta_N(z) at one size and one point.
type Gap struct {
	Setting Setting
	Z       complex128
	Delta   complex128 // mean of s_{H~} - s_H
	// SERe and SEIm are the standard errors of its parts, Half their factor to
	// a two-sided 95 % interval (Student's quantile).
	SERe, SEIm, Half float64
	Variance         float64 // of one replicate: real and imaginary part together
	Replicates       int64
	// Closure is the largest closure error over the replicates on the shared data
	// path; NaN elsewhere (see [Closures]), and if the integral does not converge.
	Closure float64
	Nodes   int // the largest number of nodes it took
	// Rank is the largest |s_{H~} - s_H| d Im z/(pi k), at most 1; NaN elsewhere.
	Rank    float64
	Reached bool // the precision asked for was reached, or none was
}

// RelativeError returns the half-width of the 95 % interval of the modulus of the
// error over |delta|.
func (g *Gap) RelativeError() float64 {
	return g.Half * math.Hypot(g.SERe, g.SEIm) / cmplx.Abs(g.Delta)
}

// gapMoments is a chunk's record for one point: sizes, means and sums of squares.
type gapMoments struct {
	N       int64   `json:"n"`
	Re      float64 `json:"re"`
	Im      float64 `json:"im"`
	SqRe    float64 `json:"sq_re"` // sum of squared deviations
	SqIm    float64 `json:"sq_im"`
	Closure float64 `json:"closure"` // -1: not computed
	Nodes   int     `json:"nodes"`
	Rank    float64 `json:"rank"`
}

func (m *gapMoments) add(g complex128) {
	m.N++
	update := func(mean, square *float64, x float64) {
		old := x - *mean
		*mean += old / float64(m.N)
		*square += old * (x - *mean)
	}
	update(&m.Re, &m.SqRe, real(g))
	update(&m.Im, &m.SqIm, imag(g))
}

// merge combines disjoint samples (Chan, Golub and LeVeque, Amer. Statist. 37
// (1983) 242-247).
func (m *gapMoments) merge(o gapMoments) {
	n := float64(m.N + o.N)
	update := func(mean, square *float64, otherMean, otherSquare float64) {
		gap := otherMean - *mean
		*square += otherSquare + gap*gap*float64(m.N)*float64(o.N)/n
		*mean += gap * float64(o.N) / n
	}
	update(&m.Re, &m.SqRe, o.Re, o.SqRe)
	update(&m.Im, &m.SqIm, o.Im, o.SqIm)
	m.N += o.N
	m.Nodes, m.Rank = max(m.Nodes, o.Nodes), max(m.Rank, o.Rank)
	if m.Closure < 0 || o.Closure < 0 {
		m.Closure = -1
	} else {
		m.Closure = max(m.Closure, o.Closure)
	}
}

// variance returns that of one replicate.
func (m *gapMoments) variance() float64 { return (m.SqRe + m.SqIm) / float64(m.N-1) }

// ClosureTolerance is what the closure along the path is computed to.
const ClosureTolerance = 1e-9

// Estimate estimates delta_N at every point, the same replicates serving all. Sizes
// follow from the precision asked for and the variances seen, so that the result is
// a function of the setting, the points, the precision and the seed alone. A context
// that ends stops it after the replicate at hand: a few seconds at d = 1000.
func Estimate(ctx context.Context, s Setting, points []complex128, precision verdict.Precision, opt verdict.Options) ([]Gap, error) {
	s, err := s.Complete()
	if err != nil {
		return nil, err
	}
	if len(points) == 0 {
		return nil, errors.New("no points z: want at least one")
	}
	for _, z := range points {
		if err := CheckPoint(z); err != nil {
			return nil, err
		}
	}
	if !(precision.RelError >= 0) || precision.Replicates < 0 || precision.RelError == 0 && precision.Replicates == 0 {
		return nil, errors.New("a relative error or a number of replicates is needed")
	}
	const first = 256
	most := int64(1) << 40
	if precision.Replicates > 0 {
		most = precision.Replicates
	}
	size := s.chunk()
	if precision.Replicates > 0 {
		chunks := (most-1)/size + 1
		size = (most-1)/chunks + 1
	}
	whole := func(n int64) int { return int((n-1)/size + 1) }
	next := whole(min(most, first))
	if precision.RelError == 0 {
		next = whole(most)
	}
	total := make([]gapMoments, len(points))
	for done := 0; ; {
		if err := s.sample(ctx, points, size, done, next, total, opt); err != nil {
			return nil, err
		}
		done = next
		gaps, worst := make([]Gap, len(points)), 0.0
		for k := range gaps {
			gaps[k] = s.gap(points[k], &total[k])
			e := gaps[k].RelativeError()
			gaps[k].Reached = precision.RelError == 0 || e <= precision.RelError
			if !(e <= worst) {
				worst = e
			}
		}
		if precision.RelError == 0 || worst <= precision.RelError || int64(done)*size >= most {
			return gaps, nil
		}
		grow := 4.0
		if f := worst / precision.RelError; f < 2 {
			grow = max(1.1, 1.1*f*f)
		}
		next = min(whole(most), int(math.Ceil(float64(done)*grow)))
	}
}

// chunk returns the number of replicates in a chunk: some ten milliseconds of work.
func (s *Setting) chunk() int64 {
	return int64(max(1, min(64, math.Round(2e7/s.Flops()))))
}

// Flops is the approximate number of floating-point operations in one replicate
// of the gap: with D = d - k on the shared data path
//
//	N D^2 + (4/3) D^3 + 4 k N D + 8 k D^2,
//
// for the Gram matrix, its tridiagonal reduction and the cross terms, and twice
// N d^2 + (4/3) d^3 on the others. A point z adds 30 k D + 4 k^2 D, a step along the
// shared data path O(k^3).
func (s *Setting) Flops() float64 {
	d, n, k := float64(s.Dim), float64(s.Samples), float64(s.Directions())
	if s.Path == Data && s.Coupling == Shared {
		d -= k
		return n*d*d + 4./3*d*d*d + 4*k*n*d + 8*k*d*d
	}
	return 2 * (n*d*d + 4./3*d*d*d)
}

// sample folds the chunks [from, to) into total.
func (s *Setting) sample(ctx context.Context, points []complex128, size int64, from, to int, total []gapMoments, opt verdict.Options) error {
	job := replicate.Job[[]gapMoments]{
		Key: fmt.Sprintf("lindeberg %s z=%v chunk=%d", s, points, size), ChunkSize: int(size), From: from, To: to, Memory: s.Memory(),
		New: func() (func(context.Context, *replicate.Stream) ([]gapMoments, error), error) {
			r, err := New(*s)
			if err != nil {
				return nil, err
			}
			controls := make([]control, len(points))
			for k, z := range points {
				if controls[k], err = newControl(r, z); err != nil {
					return nil, err
				}
			}
			return func(ctx context.Context, stream *replicate.Stream) ([]gapMoments, error) {
				record := make([]gapMoments, len(points))
				for i := range size {
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					r.Draw(stream)
					for k, z := range points {
						if err := record[k].observe(r, z, controls[k]); err != nil {
							return nil, fmt.Errorf("replicate %d: %w", i, err)
						}
					}
				}
				return record, nil
			}, nil
		},
		Fold: func(_ int, record []gapMoments) error {
			for k := range total {
				total[k].merge(record[k])
			}
			return nil
		},
	}
	options := replicate.Options{Seed: opt.Seed, Workers: opt.Workers, State: opt.State}
	if opt.Progress != nil {
		options.Progress = func(done, all int) { opt.Progress(1, 1, from+done, from+all) }
	}
	return replicate.Run(ctx, []replicate.Job[[]gapMoments]{job}, options)
}

// observe adds the present draw.
func (m *gapMoments) observe(r *Realisation, z complex128, c control) error {
	gap := r.Gap(z)
	value := gap - c.at(r)
	if cmplx.IsNaN(value) || cmplx.IsInf(value) {
		return fmt.Errorf("the gap at z = %s is %v", formatPoint(z), value)
	}
	m.add(value)
	if r.reduced == nil {
		m.Closure = -1
		return nil
	}
	m.Rank = max(m.Rank, cmplx.Abs(gap)/r.RankBound(z))
	if m.Closure < 0 {
		return nil
	}
	integral, err := r.Integrate(z, ClosureTolerance/10)
	if err != nil {
		m.Closure = -1 // no convergence with the most nodes: the gap itself is fine
		return nil
	}
	m.Nodes = max(m.Nodes, integral.Nodes)
	m.Closure = max(m.Closure, cmplx.Abs(gap+integral.Value))
	return nil
}

// gap turns moments into an estimate.
func (s *Setting) gap(z complex128, m *gapMoments) Gap {
	g := Gap{
		Setting: *s, Z: z, Delta: complex(m.Re, m.Im), Replicates: m.N,
		Variance: math.NaN(), SERe: math.NaN(), SEIm: math.NaN(), Half: math.NaN(),
		Closure: m.Closure, Nodes: m.Nodes, Rank: m.Rank,
	}
	if m.N > 1 {
		n := float64(m.N)
		g.Variance = m.variance()
		g.SERe, g.SEIm = math.Sqrt(m.SqRe/(n*(n-1))), math.Sqrt(m.SqIm/(n*(n-1)))
		g.Half = distuv.StudentsT{Mu: 0, Sigma: 1, Nu: n - 1}.Quantile(0.975)
	}
	if m.Closure < 0 {
		g.Closure = math.NaN()
	}
	if s.Path != Data || s.Coupling != Shared {
		g.Rank = math.NaN()
	}
	return g
}

// Closures returns the largest closure error over a few draws at each point, for
// paths on which [Estimate] does not compute it: each step is an eigendecomposition
// there, so choose a small size.
func Closures(ctx context.Context, s Setting, points []complex128, draws int, opt verdict.Options) (errors []float64, nodes []int, err error) {
	s, err = s.Complete()
	if err != nil {
		return nil, nil, err
	}
	total := make([]gapMoments, len(points))
	job := replicate.Job[[]gapMoments]{
		Key: fmt.Sprintf("lindeberg closure %s z=%v", s, points), ChunkSize: 1, To: draws, Memory: s.Memory(),
		New: func() (func(context.Context, *replicate.Stream) ([]gapMoments, error), error) {
			r, err := New(s)
			return func(ctx context.Context, stream *replicate.Stream) ([]gapMoments, error) {
				r.Draw(stream)
				record := make([]gapMoments, len(points))
				for k, z := range points {
					if err := ctx.Err(); err != nil {
						return nil, err
					}
					m := &record[k]
					m.N = 1
					integral, err := r.Integrate(z, ClosureTolerance/10)
					if err != nil {
						m.Closure = -1
						continue
					}
					m.Nodes = integral.Nodes
					m.Closure = cmplx.Abs(r.Gap(z) + integral.Value)
				}
				return record, nil
			}, err
		},
		Fold: func(_ int, record []gapMoments) error {
			for k := range total {
				total[k].merge(record[k])
			}
			return nil
		},
	}
	if err := replicate.Run(ctx, []replicate.Job[[]gapMoments]{job}, replicate.Options{Seed: opt.Seed, Workers: opt.Workers, State: opt.State}); err != nil {
		return nil, nil, err
	}
	for _, m := range total {
		if m.Closure < 0 {
			m.Closure = math.NaN()
		}
		errors, nodes = append(errors, m.Closure), append(nodes, m.Nodes)
	}
	return errors, nodes, nil
}
