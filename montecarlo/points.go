package montecarlo

import (
	"fmt"
	"math"

	"pastur/internal/dataset"
	"pastur/replicate"
	"pastur/theorem"
)

// pointSet draws the Gram matrix of a few data points, all that Gaussian weights see
// of them, and a factor of it. Standard normal points come from their Bartlett
// factor; of other laws the coordinates are drawn, a block at a time, at a cost of
// O(d) and no memory, and points of a given data set are rows picked without
// replacement.
type pointSet struct {
	wishart
	law    law
	traces theorem.TraceMoments // of the controls |x|^2/d - First and (x.x')^2/d - Second

	block []float64 // n x coordinates
	words []uint64  // n
	rest  *wishart  // of the coordinates without a spike

	rows   *dataset.Cursor
	picked []int
	held   []float64 // n x d: the rows picked
}

// coordinates is the number of coordinates of a point that are held at a time.
const coordinates = 256

// newPoints prepares for n points of a setting that New has checked.
func newPoints(n int, set *Setting) *pointSet {
	p := &pointSet{traces: theorem.Isotropic}
	if set.Limit() || set.Data.Gaussian() {
		p.wishart = *newWishart(n, set.Dim)
		return p
	}
	p.wishart = wishart{n: n, columns: n, dim: set.Dim, factor: make([]float64, n*n), gram: make([]float64, n*n)}
	if set.Data.Given() {
		p.rows = set.Data.set.rows.Cursor()
		p.picked = make([]int, n)
		p.held = make([]float64, n*int(set.Dim))
		return p
	}
	var err, err2 error
	p.traces, err = set.Data.Traces(set.Dim)
	p.law, err2 = set.Data.law(set.Dim)
	if err != nil || err2 != nil {
		panic("montecarlo: a checked setting has a law: " + set.String())
	}
	switch l := p.law.(type) {
	case signs:
		p.words = make([]uint64, n)
	case spikes:
		if rest := set.Dim - float64(l.count); rest > 0 {
			p.rest = newWishart(n, rest)
		}
	}
	p.block = make([]float64, n*coordinates)
	return p
}

// controls is the number of controls the points offer, |x|^2/d and (x.x')^2/d less
// their means: 2 for a law, none in the limit, nor for a given data set.
func (p *pointSet) controls() int {
	if p.rows != nil || math.IsInf(p.dim, 1) {
		return 0
	}
	return 2
}

// draw replaces gram, over d, and factor.
func (p *pointSet) draw(s *replicate.Stream) error {
	if p.law == nil && p.rows == nil {
		return p.wishart.draw(s)
	}
	clear(p.gram)
	switch l := p.law.(type) {
	case nil:
		if err := p.pick(s); err != nil {
			return err
		}
	case signs:
		l.gram(s, p.n, int(p.dim), p.words, p.gram)
	case spikes:
		if err := p.stream(s, l.count); err != nil {
			return err
		}
		if p.rest != nil {
			if err := p.rest.draw(s); err != nil {
				return err
			}
			for i, g := range p.rest.gram {
				p.gram[i] += float64(p.rest.dim * g)
			}
		}
	default:
		if err := p.stream(s, int(p.dim)); err != nil {
			return err
		}
	}
	p.finish()
	return nil
}

// stream adds the inner products of the first dim coordinates. The error is the
// context's.
func (p *pointSet) stream(s *replicate.Stream, dim int) error {
	n := p.n
	for from := 0; from < dim; from += coordinates {
		if err := s.Context().Err(); err != nil {
			return err
		}
		b := min(coordinates, dim-from)
		for k := range n {
			x := p.block[k*coordinates : k*coordinates+b]
			p.law.fill(s, x, from, p.block[(k+1)*coordinates-1])
			for l := 0; l <= k; l++ {
				p.gram[k*n+l] += dot(x, p.block[l*coordinates:l*coordinates+b])
			}
		}
	}
	return nil
}

func dot(x, y []float64) (sum float64) {
	y = y[:len(x)]
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}

// pick chooses n different rows of the data set, every ordered choice alike.
func (p *pointSet) pick(s *replicate.Stream) error {
	total, d := p.rows.Dims()
	for k := range p.picked {
		for again := true; again; {
			p.picked[k] = int(s.Float64() * float64(total))
			again = false
			for _, other := range p.picked[:k] {
				again = again || other == p.picked[k]
			}
		}
		row, err := p.rows.Row(p.picked[k])
		if err != nil {
			return err
		}
		x := p.held[k*d : (k+1)*d]
		copy(x, row)
		for l := 0; l <= k; l++ {
			p.gram[k*p.n+l] = dot(x, p.held[l*d:(l+1)*d])
		}
	}
	return nil
}

// finish divides the lower triangle of gram by d, mirrors it, and factors it. A
// point that depends linearly on those before it, as in low dimension, gets a zero
// on the diagonal of the factor.
func (p *pointSet) finish() {
	const dependent = 1e-12 // relative squared distance, of the order of rounding
	n := p.n
	for k := range n {
		row := p.factor[k*n : (k+1)*n]
		for l := 0; l <= k; l++ {
			g := p.gram[k*n+l] / p.dim
			p.gram[k*n+l], p.gram[l*n+k] = g, g
			rest := g
			for j := range l {
				rest -= float64(row[j] * p.factor[l*n+j])
			}
			switch pivot := p.factor[l*n+l]; {
			case l < k && pivot > 0:
				row[l] = rest / pivot
			case l == k && rest > float64(dependent*g):
				row[l] = math.Sqrt(rest)
			default:
				row[l] = 0
			}
		}
	}
}

// maxCoordinates bounds the dimension of data whose coordinates are drawn: a
// replicate should take well under a second.
const maxCoordinates = 1e7

// checkData reports data that cannot be had at the setting's size.
func (s *Setting) checkData() error {
	if s.Data.Given() {
		return nil
	}
	if _, err := s.Data.Traces(s.Dim); err != nil {
		return fmt.Errorf("data %s: %w", s.Data, err)
	}
	if kind := s.Data.kind; kind != "" && kind != "spiked" && !s.Limit() && s.Dim > maxCoordinates {
		return fmt.Errorf("data %s: every coordinate is drawn, so dim must be at most %.0g, or inf, got %.0f", s.Data, float64(maxCoordinates), s.Dim)
	}
	if s.Data.kind == "spiked" && s.Data.count > maxCoordinates {
		return fmt.Errorf("data %s: want at most %.0g spikes", s.Data, float64(maxCoordinates))
	}
	return nil
}

// Traces returns the trace moments of the setting's data.
func (s *Setting) Traces() (theorem.TraceMoments, error) { return s.Data.Traces(s.Dim) }
