package montecarlo

import (
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
	"pastur/network"
	"pastur/replicate"
)

// conditional samples by drawing weights and averaging over data given the
// weights: off and diag of one replicate are those of one network, and their
// quotient is that network's own ratio.
//
// The average over the data is the two-point reduction with inner points in place
// of two: (1/N) mean_n + (1-1/N) mean_{n != m} of lambda_n lambda_m
// (phi_n.phi_m)^2. In the limit the rows of W are orthogonal: given W the
// pre-activations of the points are i.i.d. normal, and (x.x')^2/d has mean 1
// apart from them.
type conditional struct {
	setting Setting
	inner   int
	net     *network.Net
	x       *mat.Dense
	law     law
	rows    *dataset.Cursor
	order   []int // of the rows of a given data set
}

// Conditional returns a sampler of networks' own block norms: each replicate draws
// weights and returns |H_ij|_F^2, averaged over i != j, and |H_ii|_F^2, over i, in
// expectation over the data given the weights, unbiased, from inner >= 2 data points
// (at most the N of a given data set). In the limit the norms are over d as ever;
// the linear model's are then the same for all weights, which is an error.
func (e *Estimator) Conditional(inner int) (Sampler, error) {
	s := e.Setting
	if inner < 2 {
		return nil, fmt.Errorf("inner points must be at least 2, got %d", inner)
	}
	if n, _ := s.Data.Dims(); s.Data.Given() {
		inner = min(inner, n)
	}
	if s.Limit() && s.Model == network.Linear {
		return nil, errors.New("in the limit all linear networks have the same ratio: want a finite dim")
	}
	if bytes := s.conditionalMemory(inner); bytes > MaxMemory {
		return nil, fmt.Errorf("networks of this size with %d data points need %.1f GiB a worker, more than the %d GiB allowed: want fewer points or a smaller size", inner, bytes/(1<<30), MaxMemory>>30)
	}
	return &conditional{setting: s, inner: inner}, nil
}

// conditionalMemory is how many bytes one network with so many data points takes.
func (s *Setting) conditionalMemory(inner int) float64 {
	width := s.Dim
	if s.Limit() {
		width = float64(s.Hidden)
	}
	n := float64(inner)
	return 8 * (n*(4*n+width+float64(2*s.Classes+3*s.Hidden)+gramBatch) + s.weightNumbers(width))
}

// prepare allocates the network and the data.
func (c *conditional) prepare(s *replicate.Stream) (err error) {
	set := &c.setting
	if set.Limit() {
		w := mat.NewDense(set.Hidden, set.Hidden, nil)
		for i := range set.Hidden {
			w.Set(i, i, math.Sqrt(set.Init.Variance(1)))
		}
		c.net = &network.Net{Model: network.Hidden, W: w, V: mat.NewDense(set.Classes, set.Hidden, nil)}
		c.x = mat.NewDense(c.inner, set.Hidden, nil)
		return nil
	}
	if c.net, err = network.DrawContext(s.Context(), s, set.Model, set.Init, int(set.Dim), max(1, set.Hidden), set.Classes); err != nil {
		return err
	}
	c.x = mat.NewDense(c.inner, int(set.Dim), nil)
	if set.Data.Given() {
		c.rows = set.Data.set.rows.Cursor()
		n, _ := c.rows.Dims()
		for k := range n {
			c.order = append(c.order, k)
		}
		return nil
	}
	c.law, err = set.Data.law(set.Dim)
	return err
}

func (c *conditional) draw(s *replicate.Stream) error {
	set := &c.setting
	switch {
	case c.net == nil:
		if err := c.prepare(s); err != nil { // draws the first network
			return err
		}
	case !set.Limit():
		if err := c.net.RedrawContext(s.Context(), s, set.Init); err != nil {
			return err
		}
	}
	if set.Limit() {
		for i := range set.Classes {
			if i%looks == 0 {
				if err := s.Context().Err(); err != nil {
					return err
				}
			}
			set.Init.Fill(s, set.Hidden, c.net.V.RawRowView(i))
		}
	}
	for k := range c.inner {
		if err := s.Context().Err(); err != nil {
			return err
		}
		row := c.x.RawRowView(k)
		switch {
		case c.rows != nil: // the first inner rows of a random order
			j := k + int(s.Float64()*float64(len(c.order)-k))
			c.order[k], c.order[j] = c.order[j], c.order[k]
			given, err := c.rows.Row(c.order[k])
			if err != nil {
				return err
			}
			copy(row, given)
		case c.law != nil:
			c.law.fill(s, row, 0, 0)
		default:
			s.Normals(row)
		}
	}
	return nil
}

// Sample draws one network.
func (c *conditional) Sample(s *replicate.Stream) (off, diag float64, err error) {
	// The order of rows must not depend on the replicates before.
	for k := range c.order {
		c.order[k] = k
	}
	if err := c.draw(s); err != nil {
		return 0, 0, err
	}
	set := &c.setting
	state, err := network.EvaluateContext(s.Context(), c.net, set.Loss, c.x, nil)
	if err != nil {
		return 0, 0, err
	}
	m, err := gramSquared(s.Context(), state, set.Block)
	if err != nil {
		return 0, 0, err
	}
	c.weigh(m)
	off, diag, err = normsByWeights(s.Context(), state, set.Block, m)
	if err != nil {
		return 0, 0, err
	}
	if math.IsNaN(off+diag) || math.IsInf(off+diag, 0) {
		return 0, 0, fmt.Errorf("a block norm is not finite: off %v, diag %v", off, diag)
	}
	return off, diag, nil
}

// weigh turns (phi_n.phi_m)^2/inner^2 into the weights of lambda_n lambda_m.
func (c *conditional) weigh(m *mat.Dense) {
	set := &c.setting
	n := float64(c.inner)
	self, cross := 1/set.Samples, 1-1/set.Samples // 0 and 1 in the limit
	constant := set.Limit() && set.Block == network.WW
	if constant {
		self, cross = set.weights()
		n = 1 // no square of an inner product to scale
	}
	points := float64(c.inner)
	self *= n * n / points
	cross *= n * n / (points * (points - 1))
	for k := range c.inner {
		row := m.RawRowView(k)
		for l := range row {
			if constant {
				row[l] = 1
			}
			if l == k {
				row[l] *= self
			} else {
				row[l] *= cross
			}
		}
	}
	if constant {
		m.Scale(set.unit(), m)
	}
}
