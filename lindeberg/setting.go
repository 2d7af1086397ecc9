package lindeberg

import (
	"errors"
	"fmt"
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
)

// Path says what moves between the two ends. Both paths have the same ends in
// law; theta = 0 is the independent end on both.
type Path string

const (
	// Data moves the data, X(theta) Lambda(X) X(theta)^T / N.
	Data Path = "data"
	// Weights moves the weights, X Lambda(X(theta)) X^T / N, as the source's
	// proof does. Linear model only.
	Weights Path = "weights"
)

// ParsePath returns the path called s: "data" or "weights".
func ParsePath(s string) (Path, error) {
	switch p := Path(s); p {
	case Data, Weights:
		return p, nil
	}
	return "", fmt.Errorf("unknown path %q: want data or weights", s)
}

// Coupling says how the copy X~ is drawn. Each gives both ends their exact laws.
type Coupling string

const (
	// Shared draws only the part of X~ that Lambda sees, its k coordinates in
	// the span of the weights, and takes the rest from X: along the path the
	// matrix changes by rank 2k only, and most fluctuations cancel. On the
	// weights path, where nothing else of X~ enters, it is the same as
	// Independent.
	Shared Coupling = "shared"
	// Independent draws all of X~.
	Independent Coupling = "independent"
)

// ParseCoupling returns the coupling called s: "shared" or "independent".
func ParseCoupling(s string) (Coupling, error) {
	switch c := Coupling(s); c {
	case Shared, Independent:
		return c, nil
	}
	return "", fmt.Errorf("unknown coupling %q: want shared or independent", s)
}

// Setting is one block at one size under cross entropy: the block
//
//	H = (1/N) sum_n lambda_n x_n x_n^T    (d x d)
//
// of the linear model (vv) or of the hidden model (ww), diagonal or not, at
// Gaussian data and weights.
type Setting struct {
	Model       network.Model // Linear or Hidden
	Block       network.Block // VV for Linear, WW for Hidden
	OffDiagonal bool          // the block of two different groups, H_{v_1 v_2} or H_{w_1 w_2}
	Classes     int           // C >= 2
	Hidden      int           // m, hidden model only
	Samples     int           // N
	Dim         int           // d > C (linear) or > m (hidden)
	// Kappa is fan_in times the variance of the weights, 1 (LeCun, the
	// default) or 2 (He), or any positive number.
	Kappa float64
	// Outputs is the number of draws of V that the law of a hidden block is
	// averaged over (default 8). The draws are fixed: they depend on C, m,
	// Kappa and their index alone.
	Outputs  int
	Path     Path     // default Data
	Coupling Coupling // default Shared
}

// DefaultOutputs is the number of draws of V that hidden blocks are averaged over.
const DefaultOutputs = 8

// Complete fills in defaults and checks the setting. Blocks for which there is
// no interpolation are refused with the reason.
func (s Setting) Complete() (Setting, error) {
	if s.Kappa == 0 {
		s.Kappa = 1
	}
	if s.Path == "" {
		s.Path = Data
	}
	if s.Coupling == "" {
		s.Coupling = Shared
	}
	if _, err := network.ParseModel(string(s.Model)); err != nil {
		return s, err
	}
	if err := s.Model.Supports(s.Block); err != nil {
		return s, err
	}
	if _, err := ParsePath(string(s.Path)); err != nil {
		return s, err
	}
	if _, err := ParseCoupling(string(s.Coupling)); err != nil {
		return s, err
	}
	switch {
	case s.Block == network.WV:
		return s, errors.New("block wv is not of the form X Lambda X^T / N, so there is nothing to interpolate: want vv (linear) or ww (hidden)")
	case s.Model == network.Hidden && s.Block == network.VV:
		return s, errors.New("the vv blocks of a hidden net are m x m at fixed m and obey a law of large numbers, so there is no spectrum to interpolate: want block ww")
	case s.Model == network.Hidden && s.Path == Weights:
		return s, errors.New("path weights is not defined for ReLU blocks: Lambda jumps when an indicator flips along the path, so the integral of the derivative misses the jumps: want path data")
	case s.Classes < 2:
		return s, fmt.Errorf("classes must be at least 2, got %d", s.Classes)
	case s.Model == network.Hidden && s.Hidden < 1:
		return s, fmt.Errorf("hidden must be at least 1, got %d", s.Hidden)
	case s.Model == network.Hidden && s.OffDiagonal && s.Hidden < 2:
		return s, fmt.Errorf("hidden must be at least 2 for an off-diagonal ww block to exist, got %d", s.Hidden)
	case !(s.Kappa > 0) || s.Kappa > 50:
		return s, fmt.Errorf("kappa must be positive and at most 50, got %v", s.Kappa)
	case s.Samples < 1:
		return s, fmt.Errorf("samples must be at least 1, got %d", s.Samples)
	case s.Outputs < 0:
		return s, fmt.Errorf("outputs must not be negative, got %d", s.Outputs)
	}
	if s.Model == network.Linear {
		s.Hidden, s.Outputs = 0, 0
	} else if s.Outputs == 0 {
		s.Outputs = DefaultOutputs
	}
	if k := s.Directions(); s.Dim <= k {
		name := "C"
		if s.Model == network.Hidden {
			name = "m"
		}
		return s, fmt.Errorf("dim must be larger than %s = %d, the number of directions that Lambda sees, got d = %d (N = %d): want larger sizes or a larger gamma", name, k, s.Dim, s.Samples)
	}
	if bytes := s.Memory(); bytes > MaxMemory {
		return s, fmt.Errorf("d = %d, N = %d needs %.1f GiB a worker, more than the %d GiB allowed: want smaller sizes", s.Dim, s.Samples, float64(bytes)/(1<<30), MaxMemory>>30)
	}
	return s, nil
}

// MaxMemory is how much one worker may hold, in bytes; larger sizes are refused.
const MaxMemory = 4 << 30

// Memory returns about how many bytes one realisation takes.
func (s *Setting) Memory() int64 {
	return int64(8 * float64(s.Dim) * (2*float64(s.Dim) + 4*float64(s.Samples)))
}

// Directions returns k, the number of directions of the data that Lambda
// depends on: C for the linear model, m for the hidden one.
func (s *Setting) Directions() int {
	if s.Model == network.Hidden {
		return s.Hidden
	}
	return s.Classes
}

// Gamma returns d/N.
func (s *Setting) Gamma() float64 { return float64(s.Dim) / float64(s.Samples) }

// String spells the setting out; it keys random streams.
func (s Setting) String() string {
	block := string(s.Block)
	if s.OffDiagonal {
		block += " off"
	}
	text := fmt.Sprintf("%s ce %s C=%d", s.Model, block, s.Classes)
	if s.Model == network.Hidden {
		text += fmt.Sprintf(" m=%d outputs=%d", s.Hidden, s.Outputs)
	}
	return text + fmt.Sprintf(" d=%d N=%d kappa=%v %s %s", s.Dim, s.Samples, s.Kappa, s.Path, s.Coupling)
}

// outputs returns the fixed draws of V, each C x m with entries N(0, kappa/m).
func (s *Setting) outputs() []*mat.Dense {
	all := make([]*mat.Dense, s.Outputs)
	for k := range all {
		stream := replicate.NewStream(0, fmt.Sprintf("lindeberg outputs C=%d m=%d", s.Classes, s.Hidden), k)
		all[k] = mat.NewDense(s.Classes, s.Hidden, nil)
		scale := math.Sqrt(s.Kappa / float64(s.Hidden))
		for i := range s.Classes {
			row := all[k].RawRowView(i)
			stream.Normals(row)
			for j := range row {
				row[j] *= scale
			}
		}
	}
	return all
}

// CheckPoint reports whether z can be an argument of a Stieltjes transform here:
// finite and in the open upper half-plane.
func CheckPoint(z complex128) error {
	if cmplx.IsNaN(z) || cmplx.IsInf(z) {
		return fmt.Errorf("z must be finite, got %v", z)
	}
	if !(imag(z) > 0) {
		return fmt.Errorf("z must lie in the upper half-plane, Im z > 0, got %v", formatPoint(z))
	}
	return nil
}

// formatPoint writes 0.1+0.2i.
func formatPoint(z complex128) string { return fmt.Sprintf("%g%+gi", real(z), imag(z)) }
