package montecarlo

import (
	"fmt"

	"pastur/network"
)

// MaxMemory is how much a sampler may hold, in bytes. A larger size is refused
// before anything is allocated.
const MaxMemory = 4 << 30

// Memory returns about how many bytes a sampler of the estimator holds.
func (e *Estimator) Memory() int64 { return int64(8 * e.numbers()) }

// MaxProducts is how many multiply-adds one replicate of definition or gram may
// take, hours of them. A larger size is refused before the first: the other
// methods have the same expectation.
const MaxProducts = 1e14

// numbers is how many floating-point numbers a sampler of the estimator holds.
func (e *Estimator) numbers() float64 {
	s := &e.Setting
	c, m, d, n := float64(s.Classes), float64(s.Hidden), s.Dim, s.Samples
	if e.Method != TwoPoint {
		held := n*d + s.Parameters() + n*(2*c+3*m) // data, weights, features, logits, probabilities
		if e.Method == Gram {
			return held + 4*n*n + n*gramBatch
		}
		width := d // of a block
		if s.Model == network.Hidden && s.Block == network.VV {
			width = m
		}
		return held + 3*width*width
	}
	p, held := float64(e.Points), 0.0
	switch {
	case s.Data.Given():
		held = p * d // the rows picked
	case s.Data.kind == "power" && !s.Limit():
		held = d // the eigenvalues
	}
	switch {
	case s.Model == network.Linear:
		return held
	case s.Loss == network.CE:
		return held + 5*m // features, and for ww the axes of their span
	case s.Block == network.VV:
		return held + p*m
	default:
		return held + m*min(m, c) + m*m + p*m/64 // the Bartlett factor, S, indicators
	}
}

// Parameters returns the number of weights of the setting's network: C d of the
// linear model, m d + C m of the hidden one.
func (s *Setting) Parameters() float64 { return s.weightNumbers(s.Dim) }

// weightNumbers is how many weights a network on inputs of that width has.
func (s *Setting) weightNumbers(width float64) float64 {
	if s.Model == network.Linear {
		return width * float64(s.Classes)
	}
	return float64(s.Hidden) * (width + float64(s.Classes))
}

// checkMemory refuses sizes beyond MaxMemory.
func (e *Estimator) checkMemory() error {
	s := &e.Setting
	bytes := 8 * e.numbers()
	if bytes <= MaxMemory {
		return nil
	}
	want := "method twopoint or a smaller size"
	switch {
	case e.Method == TwoPoint && s.Model == network.Hidden:
		want = "a smaller hidden layer"
	case e.Method == TwoPoint:
		want = "a smaller dim"
	case e.Method == Definition && s.Dim > s.Samples:
		want = "method gram or twopoint or a smaller size"
	}
	return fmt.Errorf("method %s at %s needs %.1f GiB a worker, more than the %d GiB allowed: want %s", e.Method, s.sizes(), bytes/(1<<30), MaxMemory>>30, want)
}

// sizes spells out the sizes for a message.
func (s *Setting) sizes() string {
	text := ""
	if !s.Limit() {
		text = fmt.Sprintf("dim %.0f, samples %.0f, ", s.Dim, s.Samples)
	}
	text += fmt.Sprintf("classes %d", s.Classes)
	if s.Model == network.Hidden {
		text += fmt.Sprintf(", hidden %d", s.Hidden)
	}
	return text
}

// products is about how many multiply-adds a replicate of definition or gram takes.
func (e *Estimator) products() float64 {
	s := &e.Setting
	c, m, d, n := float64(s.Classes), float64(s.Hidden), s.Dim, s.Samples
	blocks, width := c*(c+1)/2, d
	if s.Block == network.WW {
		blocks = m * (m + 1) / 2
	} else if s.Model == network.Hidden {
		width = m
	}
	if e.Method == Gram {
		if s.Loss == network.CE {
			blocks = 3 * c
		}
		return n * n * (width + blocks)
	}
	return n * width * width * blocks
}

// checkWork refuses replicates beyond MaxProducts.
func (e *Estimator) checkWork() error {
	products := e.products()
	if products <= MaxProducts {
		return nil
	}
	s := &e.Setting
	want := "method twopoint or a smaller size"
	if !s.Init.Gaussian() {
		want = "a smaller size"
	}
	if gram := (&Estimator{Setting: *s, Method: Gram}); e.Method == Definition && gram.products() <= MaxProducts && gram.checkMemory() == nil {
		want = "method gram or " + want
		if s.Init.Gaussian() {
			want = "method gram or twopoint, or a smaller size"
		}
	}
	return fmt.Errorf("one replicate of method %s at %s takes about %.0e multiply-adds, more than the %.0e allowed: want %s", e.Method, s.sizes(), products, float64(MaxProducts), want)
}
