package spectra

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
)

// Experiment draws matrices of an ensemble and holds their spectra against the
// generalized Marchenko-Pastur law. Its fields must not be changed once it is
// in use; its methods may be called from several goroutines.
type Experiment struct {
	Ensemble *Ensemble
	// Steps and Probes, if positive, replace eigenvalues by Lanczos quadrature
	// of that many steps from that many random vectors a matrix.
	Steps, Probes int
	// Full computes the d x d eigenvalue problem even where a smaller one has
	// the same non-zero eigenvalues: then the zeros are really computed.
	Full bool
	// OwnLambda takes, for every matrix, the law of the samples' weights
	// lambda_1 .. lambda_N as they were drawn in place of their limit law. What
	// is left to test is that Lambda may depend on X; the fluctuation of the
	// weights themselves, which is of order N^{-1/2}, is gone.
	OwnLambda bool

	once   sync.Once
	common *reference
	err    error
}

// MaxEigen is the largest size of an eigenvalue problem (min(d, N), or d with
// Full): one of 4000 takes some 25 s on one core, growing as the cube.
const MaxEigen = 4000

// MaxLanczos is the largest d for Lanczos quadrature.
const MaxLanczos = 20000

// Check reports what is wrong with the experiment before any work is done.
func (x *Experiment) Check() error {
	s := &x.Ensemble.Setting
	switch {
	case x.Steps < 0 || x.Probes < 0 || (x.Steps == 0) != (x.Probes == 0):
		return fmt.Errorf("lanczos steps and vectors must be positive together, got %d and %d", x.Steps, x.Probes)
	case x.Steps > 0 && x.Full:
		return errors.New("the full eigenvalue problem and lanczos quadrature exclude each other")
	case x.Steps > 0 && s.Dim > MaxLanczos:
		return fmt.Errorf("dim must be at most %d for lanczos quadrature, got %.0f", MaxLanczos, s.Dim)
	case x.Steps > 0:
		return x.Ensemble.checkLanczosMemory(x.Steps, x.Probes)
	}
	side := min(s.Dim, s.Samples)
	if x.Full {
		side = s.Dim
	}
	if side > MaxEigen {
		return fmt.Errorf("eigenvalues are computed for min(dim, samples) up to %d, got %.0f: want a smaller size, or Lanczos quadrature up to dim %d", MaxEigen, side, MaxLanczos)
	}
	return x.Ensemble.CheckMemory()
}

// Memory returns about how many bytes one matrix takes.
func (x *Experiment) Memory() int64 {
	if x.Steps > 0 {
		return int64(x.Ensemble.lanczosMemory(x.Steps, x.Probes))
	}
	return int64(x.Ensemble.memory())
}

// Key identifies what the experiment draws: it keys the streams.
func (x *Experiment) Key() string {
	key := "spectrum " + x.Ensemble.String()
	if x.Steps > 0 {
		key += fmt.Sprintf(" lanczos=%dx%d", x.Probes, x.Steps)
	}
	if x.Full {
		key += " full"
	}
	if x.OwnLambda {
		key += " own-lambda"
	}
	return key
}

// ownLaw reports whether every matrix has a law of its own.
func (x *Experiment) ownLaw() bool { return x.OwnLambda || x.Ensemble.GivenWeights() }

// reference is what spectra are held against.
type reference struct {
	law   *Law
	table *Table

	mu      sync.Mutex
	moments map[int]float64
}

// moment returns the law's moment of order k, computed once.
func (r *reference) moment(k int) (float64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if m, ok := r.moments[k]; ok {
		return m, nil
	}
	m, err := r.law.Moment(k)
	if err != nil {
		return 0, err
	}
	if r.moments == nil {
		r.moments = map[int]float64{}
	}
	r.moments[k] = m
	return m, nil
}

// deviation returns the law's standard deviation.
func (r *reference) deviation() (float64, error) {
	mean, err := r.moment(1)
	if err != nil {
		return 0, err
	}
	square, err := r.moment(2)
	return math.Sqrt(square - mean*mean), err
}

// Accuracies of tables: of the one law all matrices share, and of the laws of
// single matrices.
const (
	commonAccuracy = 1e-9
	ownAccuracy    = 1e-4
)

func newReference(p Population, gamma, accuracy float64) (*reference, error) {
	law, err := Solve(p, gamma)
	if err != nil {
		return nil, err
	}
	table, err := tabulate(law, accuracy)
	return &reference{law: law, table: table}, err
}

// Law returns the law that all matrices share, or nil if each has its own.
func (x *Experiment) Law() (*Law, error) {
	if x.ownLaw() {
		return nil, nil
	}
	r, err := x.shared()
	if err != nil {
		return nil, err
	}
	return r.law, nil
}

func (x *Experiment) shared() (*reference, error) {
	x.once.Do(func() {
		if x.common != nil {
			return // planted by a test
		}
		p, err := x.Ensemble.Population(nil)
		if err != nil {
			x.err = err
			return
		}
		x.common, x.err = newReference(p, x.Ensemble.Setting.Gamma, commonAccuracy)
	})
	return x.common, x.err
}

// population returns the population of one matrix's law.
func (x *Experiment) population(lambda []float64, v *mat.Dense) (Population, error) {
	if x.OwnLambda {
		return Empirical(lambda)
	}
	return x.Ensemble.Population(v)
}

// DefaultPoint returns a point at which to compare Stieltjes transforms: the
// mean of the law plus i times its standard deviation, where the transform
// sees the whole bulk; (1+i) times the scale of lambda (the variance of
// an entry of V, under MSE times 2 C, or 2 sqrt C if i != j) where the law
// depends on the matrix.
func (x *Experiment) DefaultPoint() (complex128, error) {
	if x.Ensemble.GivenWeights() {
		s := &x.Ensemble.Setting
		scale := s.Init.Variance(float64(s.Hidden))
		switch {
		case s.Loss == network.MSE && x.Ensemble.I == x.Ensemble.J:
			scale *= 2 * float64(s.Classes)
		case s.Loss == network.MSE:
			scale *= 2 * math.Sqrt(float64(s.Classes))
		}
		return complex(scale, scale), nil
	}
	r, err := x.shared()
	if err != nil {
		return 0, err
	}
	mean, err := r.moment(1)
	if err != nil {
		return 0, err
	}
	unit, err := r.deviation()
	return complex(mean, unit), err
}

// Matrix is one matrix of an experiment, reduced to its spectrum.
type Matrix struct {
	// Spectrum has the eigenvalues, or the Lanczos nodes.
	Spectrum Spectrum `json:"spectrum"`
	// Smooth is what distribution functions are compared by, if not Spectrum.
	Smooth *Spectrum `json:"smooth,omitempty"`
	// Law is its own law, if the matrices do not share one; V (C x m) or
	// Lambda are what that follows from.
	Law    *Table      `json:"law,omitempty"`
	V      [][]float64 `json:"v,omitempty"`
	Lambda []float64   `json:"lambda,omitempty"`

	own *reference // the law solved, if this process did
}

// cdf returns the spectrum that distribution functions are compared by.
func (m *Matrix) cdf() *Spectrum {
	if m.Smooth != nil {
		return m.Smooth
	}
	return &m.Spectrum
}

// Draw draws a matrix and computes its spectrum, and solves for its own law if
// it has one; Law is left to be tabulated. Interrupted, it ends at once, but an
// eigenvalue solve of size 1000 or more that has begun goes on unheard.
func (x *Experiment) Draw(ctx context.Context, s *replicate.Stream) (*Matrix, error) {
	m, lambda, v, err := x.spectrum(ctx, s)
	if err != nil || !x.ownLaw() {
		return m, err
	}
	p, err := x.population(lambda, v)
	if err != nil {
		return nil, err
	}
	law, err := Solve(p, x.Ensemble.Setting.Gamma)
	if err != nil {
		return nil, err
	}
	m.own = &reference{law: law}
	if x.OwnLambda {
		m.Lambda = lambda
		return m, nil
	}
	for c := range v.RawMatrix().Rows {
		m.V = append(m.V, v.RawRowView(c))
	}
	return m, nil
}

func (x *Experiment) spectrum(ctx context.Context, s *replicate.Stream) (m *Matrix, lambda []float64, v *mat.Dense, err error) {
	m = &Matrix{}
	if x.Steps == 0 {
		draw, err := x.Ensemble.draw(ctx, s)
		if err != nil {
			return nil, nil, nil, err
		}
		m.Spectrum, err = draw.eigenvalues(ctx, x.Full)
		return m, draw.lambda, draw.v, err
	}
	op, v, trace, err := x.Ensemble.newOperator(ctx, s, KeepLimit)
	if err != nil {
		return nil, nil, nil, err
	}
	starts := randomStarts(s, x.Probes, op.d)
	var smooth Spectrum
	m.Spectrum, smooth, err = x.Ensemble.lanczos(ctx, op, trace, starts, x.Steps)
	m.Smooth = &smooth
	return m, op.lambda, v, err
}

// law returns the law of a matrix.
func (x *Experiment) law(m *Matrix) (*reference, error) {
	if !x.ownLaw() {
		return x.shared()
	}
	if m.own != nil {
		return m.own, nil
	}
	var v *mat.Dense
	if m.V != nil {
		v = mat.NewDense(len(m.V), len(m.V[0]), nil)
		for c, row := range m.V {
			v.SetRow(c, row)
		}
	}
	p, err := x.population(m.Lambda, v)
	if err != nil {
		return nil, err
	}
	law, err := Solve(p, x.Ensemble.Setting.Gamma)
	if err != nil {
		return nil, err
	}
	m.own = &reference{law: law}
	return m.own, nil
}

// table returns the tabulated law of a matrix; its own is kept in it.
func (x *Experiment) table(m *Matrix) (*Table, error) {
	if !x.ownLaw() {
		r, err := x.shared()
		if err != nil {
			return nil, err
		}
		return r.table, nil
	}
	if m.Law == nil {
		r, err := x.law(m)
		if err != nil {
			return nil, err
		}
		if m.Law, err = tabulate(r.law, ownAccuracy); err != nil {
			return nil, err
		}
	}
	return m.Law, nil
}

// MaxMoment is the highest order of the moments compared.
const MaxMoment = 4

// Outcome is what an experiment found.
type Outcome struct {
	Matrices []Matrix
	Comparison
	// Moments (1/d) tr H^k, k = 1 .. MaxMoment, and the laws' moments, means over
	// the matrices, with the standard errors of their difference (NaN for a
	// single matrix).
	Moments, MomentErrors, MomentsPredicted [MaxMoment]float64
	// ZeroMass is the mean mass of exact zero eigenvalues, ZeroMassPredicted
	// the mean atom of the laws.
	ZeroMass, ZeroMassPredicted float64
	// Laws has the law of every matrix, or the one they share.
	Laws []*Law
}

// Run draws the matrices, one a chunk, and compares them with their laws at
// the points z (off the real axis).
func (x *Experiment) Run(ctx context.Context, matrices int, z []complex128, opt replicate.Options) (*Outcome, error) {
	if err := x.Check(); err != nil {
		return nil, err
	}
	if matrices < 1 {
		return nil, fmt.Errorf("want at least 1 matrix, got %d", matrices)
	}
	for _, z := range z {
		if !(imag(z) > 0) || math.IsInf(imag(z), 1) || math.IsNaN(real(z)) || math.IsInf(real(z), 0) {
			return nil, fmt.Errorf("z must lie above the real axis, got %v", z)
		}
	}
	if !x.ownLaw() {
		if _, err := x.shared(); err != nil {
			return nil, err
		}
	}
	out := &Outcome{}
	job := replicate.Job[Matrix]{
		Key: x.Key(), ChunkSize: 1, To: matrices, Memory: x.Memory(),
		New: func() (func(context.Context, *replicate.Stream) (Matrix, error), error) {
			return func(ctx context.Context, s *replicate.Stream) (Matrix, error) {
				m, err := x.Draw(ctx, s)
				if err != nil {
					return Matrix{}, err
				}
				_, err = x.table(m)
				return *m, err
			}, nil
		},
		Fold: func(_ int, m Matrix) error { out.Matrices = append(out.Matrices, m); return nil },
	}
	if err := replicate.Run(ctx, []replicate.Job[Matrix]{job}, opt); err != nil {
		return nil, err
	}
	return out, x.compare(ctx, out, z, replicate.NewStream(opt.Seed, x.Key()+" bootstrap", 0))
}

// compare fills in the outcome.
func (x *Experiment) compare(ctx context.Context, out *Outcome, z []complex128, s *replicate.Stream) error {
	count := float64(len(out.Matrices))
	all := make([]Matched, len(out.Matrices))
	var shared []complex128
	for i := range out.Matrices {
		if err := ctx.Err(); err != nil {
			return err
		}
		m := &out.Matrices[i]
		table, err := x.table(m)
		if err != nil {
			return err
		}
		all[i] = Matched{Spectrum: m.cdf(), Moments: &m.Spectrum, Law: table, Stieltjes: shared}
		out.ZeroMass += m.Spectrum.Zero()
		out.ZeroMassPredicted += table.Atom
		for k := range out.Moments {
			out.Moments[k] += m.Spectrum.Moment(k+1) / count
		}
		if i > 0 && !x.ownLaw() {
			continue
		}
		r, err := x.law(m)
		if err != nil {
			return err
		}
		law := r.law
		out.Laws = append(out.Laws, law)
		transform := make([]complex128, len(z))
		for k := range z {
			if transform[k], err = law.Stieltjes(z[k]); err != nil {
				return err
			}
		}
		all[i].Stieltjes = transform
		if !x.ownLaw() {
			shared = transform
		}
	}
	out.ZeroMass /= count
	out.ZeroMassPredicted /= count
	predicted := make([][MaxMoment]float64, len(out.Laws))
	for i, law := range out.Laws {
		for k := range MaxMoment {
			moment, err := law.Moment(k + 1)
			if err != nil {
				return err
			}
			predicted[i][k] = moment
			out.MomentsPredicted[k] += moment / float64(len(out.Laws))
		}
	}
	for k := range out.MomentErrors {
		sum := 0.0
		for i := range out.Matrices {
			law := predicted[min(i, len(predicted)-1)]
			dev := out.Matrices[i].Spectrum.Moment(k+1) - law[k] - (out.Moments[k] - out.MomentsPredicted[k])
			sum += dev * dev
		}
		out.MomentErrors[k] = math.Sqrt(sum / count / (count - 1))
	}
	c, err := Compare(all, z, s)
	if err != nil {
		return err
	}
	out.Comparison = *c
	return nil
}
