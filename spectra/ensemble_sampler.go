package spectra

import (
	"context"
	"fmt"

	"pastur/montecarlo"
	"pastur/replicate"
)

// Statistic is a number, or a numerator and a denominator, that one matrix of
// an experiment yields: the replicate of a verdict.
type Statistic struct {
	// Name is short; it tells statistics of one experiment apart.
	Name string
	of   func(x *Experiment, m *Matrix) (num, den float64, err error)
}

// KolmogorovDistance is sup |F_H - F| of the single matrix, den 1: its mean is
// for a claim of kind law. The distance of a single matrix does not vanish at
// the rate of the mean spectrum's: where the samples' weights are random it is
// of order N^{-1/2}.
func KolmogorovDistance() Statistic {
	return Statistic{"kolmogorov", func(x *Experiment, m *Matrix) (float64, float64, error) {
		pooled, table, err := x.matched(m)
		if err != nil {
			return 0, 0, err
		}
		return Kolmogorov(pooled, table), 1, nil
	}}
}

// WassersteinDistance is int |F_H - F| of the single matrix over the law's
// standard deviation, which makes it free of the unit; den 1, for a claim of
// kind law.
func WassersteinDistance() Statistic {
	return Statistic{"wasserstein", func(x *Experiment, m *Matrix) (float64, float64, error) {
		pooled, table, err := x.matched(m)
		if err != nil {
			return 0, 0, err
		}
		law, err := x.law(m)
		if err != nil {
			return 0, 0, err
		}
		unit, err := law.deviation()
		return Wasserstein(pooled, table) / unit, 1, err
	}}
}

// ExcessZeros is the number of computed eigenvalues within rounding of 0 less
// d times the law's atom, den 1: 0 in every replicate, for a claim of kind
// exact, where no sample has weight 0. Use it with Full, which computes the
// zeros instead of inferring them.
func ExcessZeros() Statistic {
	return Statistic{"zeros", func(x *Experiment, m *Matrix) (float64, float64, error) {
		table, err := x.table(m)
		if err != nil {
			return 0, 0, err
		}
		s := &m.Spectrum
		zeros, noise := float64(s.Dim-len(s.Values)), zeroThreshold(s.Values)
		for _, v := range s.Values {
			if -noise <= v && v <= noise {
				zeros++
			}
		}
		return zeros - float64(s.Dim)*table.Atom, 1, nil
	}}
}

// SpectralMoment is (1/d) tr H^k, den 1: for a claim of kind limit with a
// target from elsewhere, such as gamma E tau^2 + (E tau)^2 for k = 2.
func SpectralMoment(k int) Statistic {
	return Statistic{fmt.Sprintf("moment %d", k), func(_ *Experiment, m *Matrix) (float64, float64, error) {
		return m.Spectrum.Moment(k), 1, nil
	}}
}

// RelativeMoment is (1/d) tr H^k over the k-th moment of the matrix's law: for
// a claim of kind limit with target 1.
func RelativeMoment(k int) Statistic {
	return Statistic{fmt.Sprintf("relative moment %d", k), func(x *Experiment, m *Matrix) (float64, float64, error) {
		law, err := x.law(m)
		if err != nil {
			return 0, 0, err
		}
		predicted, err := law.moment(k)
		return m.Spectrum.Moment(k), predicted, err
	}}
}

// StieltjesReal and StieltjesImag are the real or imaginary part of s_H(z) over
// that of the law's transform: linear statistics, for claims of kind limit with
// target 1. z must lie above the real axis, and the law's part away from 0.
func StieltjesReal(z complex128) Statistic {
	return stieltjesPart("real", z, func(s complex128) float64 { return real(s) })
}

// StieltjesImag is described at StieltjesReal.
func StieltjesImag(z complex128) Statistic {
	return stieltjesPart("imag", z, func(s complex128) float64 { return imag(s) })
}

func stieltjesPart(name string, z complex128, part func(complex128) float64) Statistic {
	return Statistic{fmt.Sprintf("stieltjes %s at %v", name, z), func(x *Experiment, m *Matrix) (float64, float64, error) {
		law, err := x.law(m)
		if err != nil {
			return 0, 0, err
		}
		s, err := law.law.Stieltjes(z)
		if err != nil {
			return 0, 0, err
		}
		return part(m.Spectrum.Stieltjes(z)), part(s), nil
	}}
}

// matched returns a matrix's spectrum and tabulated law.
func (x *Experiment) matched(m *Matrix) (*Pooled, *Table, error) {
	table, err := x.table(m)
	if err != nil {
		return nil, nil, err
	}
	pooled, err := Pool([]Spectrum{*m.cdf()})
	return pooled, table, err
}

// Sampler returns a sampler of the statistic, one matrix a replicate. It may be
// called from several goroutines; the sampler is not safe for concurrent use.
func (x *Experiment) Sampler(statistic Statistic) (montecarlo.Sampler, error) {
	if err := x.Check(); err != nil {
		return nil, err
	}
	if !x.ownLaw() {
		if _, err := x.shared(); err != nil {
			return nil, err
		}
	}
	return &sampler{x, statistic}, nil
}

type sampler struct {
	*Experiment
	statistic Statistic
}

// Sample draws a matrix.
func (s *sampler) Sample(stream *replicate.Stream) (num, den float64, err error) {
	m, err := s.Draw(context.Background(), stream)
	if err != nil {
		return 0, 0, err
	}
	return s.statistic.of(s.Experiment, m)
}
