package spectra

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// Spectrum is the empirical spectral distribution of one symmetric matrix, or
// a quadrature that stands for it: a probability measure with mass Zero at 0
// and masses Weights at Values.
//
// The mass at 0 is not read off the eigenvalues: the rank of a block is the
// smaller of its size and of the number of samples with non-zero weight, and
// Zero = 1 - rank/d exactly. Values are the eigenvalues that remain.
type Spectrum struct {
	// Dim is d, the size of the matrix.
	Dim int `json:"dim"`
	// Rank is that of the matrix, almost surely.
	Rank int `json:"rank"`
	// Values are the eigenvalues other than the exact zeros, ascending.
	Values []float64 `json:"values"`
	// Weights are the masses at Values; nil stands for 1/d each.
	Weights []float64 `json:"weights,omitempty"`
}

// Zero returns the mass at 0, 1 - rank/d.
func (s *Spectrum) Zero() float64 { return float64(s.Dim-s.Rank) / float64(s.Dim) }

// Weight returns the mass at Values[k].
func (s *Spectrum) Weight(k int) float64 {
	if s.Weights == nil {
		return 1 / float64(s.Dim)
	}
	return s.Weights[k]
}

// Eigenvalues returns all d eigenvalues, ascending, the exact zeros among them.
// It panics if the spectrum is a quadrature.
func (s *Spectrum) Eigenvalues() []float64 {
	if s.Weights != nil {
		panic("spectra: a quadrature has no eigenvalues")
	}
	at, _ := slices.BinarySearch(s.Values, 0)
	return slices.Insert(slices.Clone(s.Values), at, make([]float64, s.Dim-s.Rank)...)
}

// Moment returns (1/d) tr H^k, k >= 1.
func (s *Spectrum) Moment(k int) float64 {
	if k < 1 {
		panic(fmt.Sprintf("spectra: order of a moment must be at least 1, got %d", k))
	}
	sum := 0.0
	for i, x := range s.Values {
		power := x
		for range k - 1 {
			power *= x
		}
		sum += s.Weight(i) * power
	}
	return sum
}

// Stieltjes returns (1/d) tr (H - z)^{-1}, z off the real axis.
func (s *Spectrum) Stieltjes(z complex128) complex128 {
	if imag(z) == 0 {
		panic(fmt.Sprintf("spectra: a Stieltjes transform needs z off the real axis, got %v", z))
	}
	sum := complex(s.Zero(), 0) / -z
	for i, x := range s.Values {
		sum += complex(s.Weight(i), 0) / (complex(x, 0) - z)
	}
	return sum
}

// CDF returns the share of eigenvalues up to and including x.
func (s *Spectrum) CDF(x float64) float64 {
	n, found := slices.BinarySearch(s.Values, x)
	for found && n < len(s.Values) && s.Values[n] == x {
		n++
	}
	sum := 0.0
	if s.Weights == nil {
		sum = float64(n) / float64(s.Dim)
	} else {
		for _, w := range s.Weights[:n] {
			sum += w
		}
	}
	if x >= 0 {
		sum += s.Zero()
	}
	return sum
}

// check reports the first thing that makes s no spectrum.
func (s *Spectrum) check() error {
	if s.Dim < 1 || s.Rank < 0 || s.Rank > s.Dim {
		return fmt.Errorf("spectrum of size %d cannot have rank %d", s.Dim, s.Rank)
	}
	if s.Weights != nil && len(s.Weights) != len(s.Values) {
		return fmt.Errorf("spectrum has %d values and %d weights", len(s.Values), len(s.Weights))
	}
	for k, x := range s.Values {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return fmt.Errorf("eigenvalue %d of %d is %v", k, len(s.Values), x)
		}
		if k > 0 && x < s.Values[k-1] {
			return fmt.Errorf("eigenvalue %d is %v, below its predecessor", k, x)
		}
	}
	return nil
}

// exactZeros makes a spectrum of all d computed eigenvalues, ascending, of a
// matrix of the given rank: the d - rank smallest in size are zeros, whatever
// rounding made of them. It is an error if they do not stand apart from
// rounding, d eps max|x|, as they must.
func exactZeros(all []float64, rank int) (Spectrum, error) {
	d := len(all)
	s := Spectrum{Dim: d, Rank: rank, Values: all}
	if rank == d {
		return s, s.check()
	}
	if err := s.check(); err != nil {
		return s, err
	}
	order := make([]int, d)
	for k := range order {
		order[k] = k
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(all[a]), math.Abs(all[b])) })
	if noise, most := zeroThreshold(all), math.Abs(all[order[d-rank-1]]); most > noise {
		return s, fmt.Errorf("a matrix of size %d and rank %d has eigenvalue %.3g where rounding explains at most %.3g", d, rank, most, noise)
	}
	slices.Sort(order[:d-rank])
	zero := make(map[int]bool, d-rank)
	for _, k := range order[:d-rank] {
		zero[k] = true
	}
	s.Values = make([]float64, 0, rank)
	for k, x := range all {
		if !zero[k] {
			s.Values = append(s.Values, x)
		}
	}
	return s, nil
}

// zeroThreshold bounds what rounding makes of a zero eigenvalue: LAPACK's
// backward error, a modest multiple of eps times the norm, at most d.
func zeroThreshold(eigenvalues []float64) float64 {
	norm := 0.0
	for _, x := range eigenvalues {
		norm = max(norm, math.Abs(x))
	}
	return float64(max(len(eigenvalues), 8)) * 0x1p-52 * norm
}

// Pooled is the mean of the empirical spectral distributions of several
// matrices, as an ascending list of atoms.
type Pooled struct {
	values  []float64 // distinct, ascending
	weights []float64
}

// Pool averages spectra, each of which counts the same.
func Pool(spectra []Spectrum) (*Pooled, error) {
	if len(spectra) == 0 {
		return nil, fmt.Errorf("want at least one spectrum")
	}
	type atom struct{ x, w float64 }
	total := 1 // for the zeros
	for i := range spectra {
		if err := spectra[i].check(); err != nil {
			return nil, fmt.Errorf("spectrum %d: %w", i, err)
		}
		total += len(spectra[i].Values)
	}
	atoms := make([]atom, 0, total)
	share, zero := 1/float64(len(spectra)), 0.0
	for i := range spectra {
		s := &spectra[i]
		zero += s.Zero() * share
		for k, x := range s.Values {
			atoms = append(atoms, atom{x, s.Weight(k) * share})
		}
	}
	if zero > 0 {
		atoms = append(atoms, atom{0, zero})
	}
	slices.SortStableFunc(atoms, func(a, b atom) int { return cmp.Compare(a.x, b.x) })
	p := &Pooled{}
	for _, a := range atoms {
		if n := len(p.values); n > 0 && p.values[n-1] == a.x {
			p.weights[n-1] += a.w
			continue
		}
		p.values = append(p.values, a.x)
		p.weights = append(p.weights, a.w)
	}
	return p, nil
}

// quantiles returns about n points of the support, spaced by at most 1/n in
// mass where no atom is larger, both ends among them.
func (p *Pooled) quantiles(n int) []float64 {
	last := len(p.values) - 1
	points := []float64{p.values[0]}
	cumulative, next := p.weights[0], 0
	for k := 1; k <= last; k++ {
		cumulative += p.weights[k]
		if step := int(cumulative * float64(n)); step > next || k == last {
			points = append(points, p.values[k])
			next = step
		}
	}
	return points
}
