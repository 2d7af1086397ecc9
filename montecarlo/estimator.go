package montecarlo

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"pastur/network"
	"pastur/replicate"
)

// Estimator draws replicates of the pair (off, diag): unbiased estimates of
// E|H_ij|_F^2 for i != j and of E|H_ii|_F^2 (over d in the limit), each
// averaged over all blocks of the draw. The ratio of their means is R.
type Estimator struct {
	Setting Setting // completed
	Method  Method
	// Points is the number of data points a two-point replicate holds under
	// the same weights: n points are n(n-1)/2 pairs for n columns of logits.
	Points int
	// Tilted says that hidden cross-entropy pairs come from tilted densities
	// (the default): without, their heavy tails are missed.
	Tilted bool
	// Truncate, if positive, replaces off by min(off, Truncate diag_0), diag_0 a
	// pilot's mean of diag: a bounded-above statistic whose mean is at most that of
	// off, so that a lower bound on the truncated ratio is one on R. It is for heavy
	// tails that leave no interval for R itself to be believed. Two-point only.
	Truncate float64

	mu    sync.Mutex // of the pilot
	known bool
	beta  coefficients
	cap   float64 // of off, in the sampler's own unit
}

// points under the same weights: the variance left to the pairs falls as
// 1/n^2, their cost grows as n^2. Four is a compromise, see BenchmarkReduction:
// eight is cheaper at large C and finite d.
const points = 4

// Key identifies what the estimator draws: it is part of a cell's key.
func (e *Estimator) Key() string {
	key := e.Setting.String() + " " + string(e.Method)
	if e.Method == TwoPoint {
		key += fmt.Sprintf(" points=%d", e.Points)
		if e.Tilted {
			key += " tilted"
		}
		if e.Truncate > 0 {
			key += fmt.Sprintf(" truncated=%v", e.Truncate)
		}
	}
	return key
}

// New returns the estimator of a setting by a method, or why there is none: a
// setting that Complete refuses, a combination of block and method that is not
// defined, a size the method cannot hold.
func New(s Setting, method Method) (*Estimator, error) {
	if _, err := ParseMethod(string(method)); err != nil {
		return nil, err
	}
	s, err := s.Complete()
	if err != nil {
		return nil, err
	}
	e := &Estimator{Setting: s, Method: method}
	switch {
	case s.Block == network.WV:
		return nil, errors.New("block wv has no diagonal blocks, so no ratio: want vv or ww")
	case method != TwoPoint && s.Limit():
		return nil, fmt.Errorf("method %s draws the data, so dim must be finite: want method twopoint or a finite dim", method)
	case method != TwoPoint:
		if err := e.checkMemory(); err != nil {
			return nil, err
		}
		return e, e.checkWork()
	case !s.Init.Gaussian():
		return nil, fmt.Errorf("method twopoint needs Gaussian weights and init %s is not: want init lecun or he, or method gram", s.Init)
	}
	e.Points = points
	if s.Model == network.Hidden && s.Loss == network.CE {
		e.Points, e.Tilted = 2, true
	}
	if n, _ := s.Data.Dims(); s.Data.Given() {
		e.Points = min(e.Points, n)
	}
	return e, e.checkMemory()
}

// raw returns the two-point sampler without controls.
func (e *Estimator) raw() raw {
	s := e.Setting
	switch {
	case s.Model == network.Linear && s.Loss == network.CE:
		return newLinearCE(s, e.Points)
	case s.Model == network.Linear:
		return newLinearMSE(s, e.Points)
	case s.Loss == network.CE && s.Block == network.VV:
		return newHiddenCEVV(s, e.Tilted)
	case s.Loss == network.CE:
		return newHiddenCEWW(s, e.Tilted)
	case s.Block == network.VV:
		return newHiddenMSEVV(s, e.Points)
	default:
		return newHiddenMSEWW(s, e.Points)
	}
}

// Sampler draws replicates of (off, diag). It owns scratch memory and is not
// safe for concurrent use.
type Sampler interface {
	Sample(s *replicate.Stream) (off, diag float64, err error)
}

// Sampler returns a new sampler; samplers of one estimator draw alike. The
// first replicate of a two-point estimator fits its control variates on a pilot
// sample of its own (a fraction of a second at most, except beyond 10^6
// classes), under the context of the stream. Sampler may be called from several
// goroutines.
func (e *Estimator) Sampler() (Sampler, error) {
	if e.Method != TwoPoint {
		return &realisation{setting: e.Setting, method: e.Method}, nil
	}
	r := e.raw()
	return &controlled{raw: r, estimator: e, scratch: make([]float64, r.controls()), unit: e.Setting.unit()}, nil
}

// pilot fits the control variates, once an estimator, with a sampler of it.
func (e *Estimator) pilot(ctx context.Context, sampler raw) (coefficients, float64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.known {
		return e.beta, e.cap, nil
	}
	work := max(e.Setting.Classes, e.Setting.Hidden) * e.Points
	beta, err := fit(ctx, sampler, e.Key(), work)
	limit := 0.0
	if err == nil && e.Truncate > 0 {
		limit, err = pilotCap(ctx, sampler, e.Key(), work, e.Truncate)
	}
	if err != nil {
		return coefficients{}, 0, fmt.Errorf("%s: %w", e.Key(), err)
	}
	e.beta, e.cap, e.known = beta, limit, true
	return beta, limit, nil
}

// Work is the approximate number of elementary steps (a logit, a multiply-add
// of a matrix product) in one replicate: enough to size chunks by.
func (e *Estimator) Work() float64 {
	if e.Method == TwoPoint {
		return e.pointWork() + e.logitWork()
	}
	if e.Method == Gram {
		return e.products() / 8
	}
	return e.products() / 16
}

// logitWork is the part of a two-point replicate's work that the points' law does
// not change.
func (e *Estimator) logitWork() float64 {
	s := &e.Setting
	c, m, p := float64(s.Classes), float64(s.Hidden), float64(e.Points)
	switch {
	case s.Model == network.Linear:
		return c * p
	case s.Loss == network.MSE:
		return m * (p + m)
	case s.Block == network.VV:
		return float64(c*p) + float64(4*m)
	default:
		return c * m * (3 + float64(m/8))
	}
}

// pointWork is the part that draws coordinates.
func (e *Estimator) pointWork() float64 {
	s, p := &e.Setting, float64(e.Points)
	switch {
	case s.Limit() || s.Data.Gaussian():
		return 0
	case s.Data.kind == "rademacher":
		return p * s.Dim / 16
	case s.Data.kind == "spiked":
		return p * float64(s.Data.count)
	default:
		return p * s.Dim
	}
}
