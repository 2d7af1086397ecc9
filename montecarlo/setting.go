package montecarlo

import (
	"fmt"
	"math"

	"pastur/network"
)

// Method is a way to estimate the expected squared norms.
type Method string

// The methods.
const (
	Definition Method = "definition"
	Gram       Method = "gram"
	TwoPoint   Method = "twopoint"
)

// ParseMethod returns the method of that name.
func ParseMethod(s string) (Method, error) {
	switch m := Method(s); m {
	case Definition, Gram, TwoPoint:
		return m, nil
	}
	return "", fmt.Errorf("unknown method %q: want definition, gram or twopoint", s)
}

// Setting is one parameter point.
type Setting struct {
	Model   network.Model
	Loss    network.Loss
	Block   network.Block
	Classes int          // C >= 2
	Hidden  int          // m >= 1, hidden model only
	Gamma   float64      // d/N
	Dim     float64      // d, a whole number, or +Inf for the limit d, N -> infinity
	Samples float64      // N, a whole number; 0 stands for Dim/Gamma, rounded
	Init    network.Init // law of the weights
	Data    Data         // law of the data, or a data set; zero is N(0, I)
}

// maxSize is the largest d and N: whole numbers beyond it are not all doubles.
const maxSize = 1 << 50

// Complete checks the setting and fills in what follows from the rest: N from
// d and gamma, or gamma from d and N. As N is whole, gamma becomes d/N exactly,
// which may differ a little from what was asked. In the limit N is +Inf. A given
// data set fixes N and d: both may be left 0.
func (s Setting) Complete() (Setting, error) {
	if _, err := network.ParseModel(string(s.Model)); err != nil {
		return s, err
	}
	if _, err := network.ParseLoss(string(s.Loss)); err != nil {
		return s, err
	}
	if _, err := network.ParseInit(string(s.Init)); err != nil {
		return s, err
	}
	if err := s.Model.Supports(s.Block); err != nil {
		return s, err
	}
	if err := s.sizeOfData(); err != nil {
		return s, err
	}
	whole := func(name string, v float64) error {
		if !(v >= 1 && v <= maxSize) || v != math.Floor(v) {
			return fmt.Errorf("%s must be a whole number between 1 and %.3g, got %v", name, float64(maxSize), v)
		}
		return nil
	}
	switch {
	case s.Classes < 2:
		return s, fmt.Errorf("classes must be at least 2, got %d", s.Classes)
	case s.Model == network.Hidden && s.Hidden < 1:
		return s, fmt.Errorf("hidden must be at least 1, got %d", s.Hidden)
	case s.Model == network.Hidden && s.Block == network.WW && s.Hidden < 2:
		return s, fmt.Errorf("hidden must be at least 2 for an off-diagonal ww block to exist, got %d", s.Hidden)
	case s.Samples != 0 && math.IsInf(s.Dim, 1):
		return s, fmt.Errorf("samples cannot be given at dim inf: give gamma")
	case s.Samples == 0 && (!(s.Gamma > 0) || math.IsInf(s.Gamma, 1)):
		return s, fmt.Errorf("gamma must be positive and finite, got %v", s.Gamma)
	}
	if s.Model == network.Linear {
		s.Hidden = 0
	}
	if math.IsInf(s.Dim, 1) {
		s.Samples = math.Inf(1)
		return s, s.checkData()
	}
	if err := whole("dim", s.Dim); err != nil {
		return s, err
	}
	if s.Samples == 0 {
		s.Samples = math.Round(s.Dim / s.Gamma)
		if s.Samples < 1 {
			return s, fmt.Errorf("dim %v at gamma %v has no samples: dim/gamma rounds to 0; want a larger dim or a smaller gamma", s.Dim, s.Gamma)
		}
		if s.Samples > maxSize {
			return s, fmt.Errorf("dim %v at gamma %v asks for dim/gamma = %.3g samples, more than the %.3g allowed: want a smaller dim or a larger gamma", s.Dim, s.Gamma, s.Samples, float64(maxSize))
		}
	}
	if err := whole("samples", s.Samples); err != nil {
		return s, err
	}
	s.Gamma = s.Dim / s.Samples
	return s, s.checkData()
}

// sizeOfData takes N and d from a given data set.
func (s *Setting) sizeOfData() error {
	if !s.Data.Given() {
		return nil
	}
	n, d := s.Data.Dims()
	if s.Dim != 0 && s.Dim != float64(d) || s.Samples != 0 && s.Samples != float64(n) {
		return fmt.Errorf("the data set has %d rows and %d columns, which are N and d: leave samples and dim out, got %v and %v", n, d, s.Samples, s.Dim)
	}
	s.Dim, s.Samples = float64(d), float64(n)
	return nil
}

// Limit reports whether the setting is the limit d, N -> infinity.
func (s *Setting) Limit() bool { return math.IsInf(s.Dim, 1) }

// String spells the setting out. Settings that differ have different strings:
// a setting's string keys its random streams.
func (s Setting) String() string {
	text := fmt.Sprintf("%s %s %s C=%d", s.Model, s.Loss, s.Block, s.Classes)
	if s.Model == network.Hidden {
		text += fmt.Sprintf(" m=%d", s.Hidden)
	}
	if s.Limit() {
		text += fmt.Sprintf(" d=inf gamma=%v", s.Gamma)
	} else {
		text += fmt.Sprintf(" d=%.0f N=%.0f", s.Dim, s.Samples)
	}
	text += " " + string(s.Init)
	if !s.Data.Gaussian() {
		text += " data=" + s.Data.String()
	}
	return text
}

// unit is the factor between what the two-point samplers compute and what is
// reported. The d x d blocks have E|H|_F^2 of order d: samplers compute it over
// d, and so it is reported in the limit. The m x m blocks of a hidden net need
// no scaling.
//
// In the limit correlated data multiply the d x d blocks by tr Sigma^2/d, see
// theorem.TraceMoments.
func (s *Setting) unit() float64 {
	if s.Limit() && !(s.Model == network.Hidden && s.Block == network.VV) {
		t, err := s.Traces()
		if err != nil {
			panic("montecarlo: unchecked setting: " + err.Error())
		}
		return t.Second
	}
	if s.Limit() || s.Model == network.Hidden && s.Block == network.VV {
		return 1
	}
	return s.Dim
}

// weights returns gamma (or 1/N, for m x m blocks) and 1-1/N: the weights of a
// point paired with itself and of two points.
func (s *Setting) weights() (single, pair float64) {
	single, pair = s.Gamma, 1
	if s.Limit() && !s.Data.Gaussian() {
		t, err := s.Traces()
		if err != nil {
			panic("montecarlo: unchecked setting: " + err.Error())
		}
		single = t.EffectiveGamma(s.Gamma)
	}
	if !s.Limit() {
		pair = 1 - 1/s.Samples
	}
	if s.Model == network.Hidden && s.Block == network.VV {
		single = 1 / s.Samples // 0 in the limit
	}
	return single, pair
}
