package spectra

import (
	"context"
	"errors"
	"fmt"
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
)

// Ensemble is a random matrix H = (1/N) X^T diag(lambda) X, d x d, with X
// (N x d) of independent N(0,1) entries: a block of a network's Hessian at
// random weights, or the classical case lambda = 1.
type Ensemble struct {
	// Setting is the network's, completed; of the classical ensemble only
	// Dim, Samples and Gamma are set.
	Setting montecarlo.Setting
	// Classical says that lambda = 1, the Wishart matrix of Marchenko and
	// Pastur.
	Classical bool
	// I and J are the block's indices, from 0.
	I, J int
}

// NewEnsemble returns block (i,j), counted from 0, of the network of a
// setting. There is a generalized Marchenko-Pastur law for it if the block is
// d x d and not identically zero: vv of the linear model (i = j only under
// MSE) and ww of the hidden one. dim must be finite.
func NewEnsemble(s montecarlo.Setting, i, j int) (*Ensemble, error) {
	s, err := s.Complete()
	if err != nil {
		return nil, err
	}
	count := s.Classes
	if s.Block == network.WW {
		count = s.Hidden
	}
	switch {
	case s.Limit():
		return nil, errors.New("a spectrum is that of a matrix, so dim must be finite, got inf")
	case s.Block == network.WV:
		return nil, errors.New("block wv is not symmetric: want vv or ww")
	case s.Model == network.Hidden && s.Block == network.VV:
		return nil, fmt.Errorf("block vv of model hidden is %d x %d at any dim, so it has no limit law: want ww", s.Hidden, s.Hidden)
	case i < 0 || j < 0 || i >= count || j >= count:
		return nil, fmt.Errorf("block (%d,%d) does not exist: block %s has indices from 1 to %d", i+1, j+1, s.Block, count)
	case s.Block == network.VV && s.Loss == network.MSE && i != j:
		return nil, errors.New("off-diagonal blocks vv under loss mse are exactly 0: want a diagonal one, or loss ce")
	}
	return &Ensemble{Setting: s, I: i, J: j}, nil
}

// NewClassical returns the ensemble (1/N) X^T X.
func NewClassical(dim, samples int) (*Ensemble, error) {
	if dim < 1 || samples < 1 {
		return nil, fmt.Errorf("dim and samples must be at least 1, got %d and %d", dim, samples)
	}
	return &Ensemble{Classical: true, Setting: montecarlo.Setting{
		Dim: float64(dim), Samples: float64(samples), Gamma: float64(dim) / float64(samples),
	}}, nil
}

// Dim returns d.
func (e *Ensemble) Dim() int { return int(e.Setting.Dim) }

// Samples returns N.
func (e *Ensemble) Samples() int { return int(e.Setting.Samples) }

// String spells the ensemble out, indices from 1; different ensembles have
// different strings.
func (e *Ensemble) String() string {
	if e.Classical {
		return fmt.Sprintf("classical d=%d N=%d", e.Dim(), e.Samples())
	}
	return fmt.Sprintf("%s block=%d,%d", e.Setting, e.I+1, e.J+1)
}

// GivenWeights reports whether the limit law depends on the output weights V,
// as that of ww blocks does: m and C stay fixed while d, N -> infinity.
func (e *Ensemble) GivenWeights() bool {
	return !e.Classical && e.Setting.Block == network.WW
}

// Population returns the limit law of lambda as d, N -> infinity: given V
// (C x m), if GivenWeights, and else for all matrices alike, v being ignored.
//
//	classical       1
//	linear mse vv   2
//	linear ce vv    p_i (1 - p_i) or -p_i p_j,  p = softmax(z),  z ~ N(0, kappa I_C)
//	hidden mse ww   2 (sum_c v_ci v_cj) 1_i 1_j
//	hidden ce ww    Cov_p(v_ci, v_cj) 1_i 1_j,  p = softmax(V relu(g)),  g ~ N(0, kappa_W I_m)
func (e *Ensemble) Population(v *mat.Dense) (Population, error) {
	s := &e.Setting
	switch {
	case e.Classical:
		return Atoms([]float64{1}, []float64{1})
	case s.Model == network.Linear && s.Loss == network.MSE:
		return Atoms([]float64{2}, []float64{1})
	case s.Model == network.Linear && e.I == e.J:
		return SoftmaxDiagonal(s.Classes, s.Init.Kappa(s.Model))
	case s.Model == network.Linear:
		return SoftmaxOffDiagonal(s.Classes, s.Init.Kappa(s.Model))
	case s.Loss == network.MSE:
		inner := 0.0
		for c := range s.Classes {
			inner += v.At(c, e.I) * v.At(c, e.J)
		}
		active := 0.25
		if e.I == e.J {
			active = 0.5
		}
		return Atoms([]float64{0, 2 * inner}, []float64{1 - active, active})
	}
	return ReLUCrossEntropy(v, e.I, e.J, s.Init.Kappa(network.Linear)) // one layer: kappa_W
}

// CheckMemory reports whether the eigenvalues of one matrix can be had within
// montecarlo.MaxMemory: the data (N x d) and twice the smaller Gram matrix.
func (e *Ensemble) CheckMemory() error {
	if bytes := e.memory(); bytes > montecarlo.MaxMemory {
		return fmt.Errorf("eigenvalues at dim %.0f, samples %.0f need %.1f GiB a worker, more than the %d GiB allowed: want a smaller size, or Lanczos quadrature",
			e.Setting.Dim, e.Setting.Samples, bytes/(1<<30), montecarlo.MaxMemory>>30)
	}
	return nil
}

// memory is how many bytes one matrix and its eigenvalues take.
func (e *Ensemble) memory() float64 {
	s := &e.Setting
	side := min(s.Dim, s.Samples)
	return 8 * (2*s.Samples*s.Dim + 2*side*side + s.Samples*float64(2*s.Classes+3*s.Hidden) + s.Parameters())
}

// sample is one draw of data and weights.
type sample struct {
	x      *mat.Dense // N x d
	lambda []float64  // N
	v      *mat.Dense // C x m, if the law depends on it
}

// draw draws the weights (W, V) and then the data, as montecarlo does.
func (e *Ensemble) draw(ctx context.Context, s *replicate.Stream) (*sample, error) {
	out := &sample{x: mat.NewDense(e.Samples(), e.Dim(), nil)}
	var net *network.Net
	var err error
	if !e.Classical {
		if net, err = e.weights(ctx, s); err != nil {
			return nil, err
		}
	}
	for n := range e.Samples() {
		if n%rowBlock == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.Normals(out.x.RawRowView(n))
	}
	out.lambda, err = e.lambda(ctx, net, out.x)
	if net != nil && e.GivenWeights() {
		out.v = net.V
	}
	return out, err
}

// weights draws the network's.
func (e *Ensemble) weights(ctx context.Context, s *replicate.Stream) (*network.Net, error) {
	set := &e.Setting
	return network.DrawContext(ctx, s, set.Model, set.Init, e.Dim(), set.Hidden, set.Classes)
}

// lambda returns the weights of the samples x, one a row.
func (e *Ensemble) lambda(ctx context.Context, net *network.Net, x *mat.Dense) ([]float64, error) {
	if e.Classical {
		rows, _ := x.Dims()
		lambda := make([]float64, rows)
		for n := range lambda {
			lambda[n] = 1
		}
		return lambda, nil
	}
	state, err := network.EvaluateContext(ctx, net, e.Setting.Loss, x, nil)
	if err != nil {
		return nil, err
	}
	lambda := state.Weights(nil, e.Setting.Block, e.I, e.J)
	for n, l := range lambda {
		if math.IsNaN(l) || math.IsInf(l, 0) {
			return nil, fmt.Errorf("weight lambda of sample %d is %v", n, l)
		}
	}
	return lambda, nil
}

// rowBlock is the number of samples handled at a time.
const rowBlock = 256

// eigenvalues returns the spectrum of (1/N) X^T diag(lambda) X, N the number
// of all samples, those with lambda = 0 included.
//
// With n samples of lambda != 0 and S their rows scaled by sqrt|lambda|, J the
// signs, the matrix is S^T J S/N, of rank min(d, n) almost surely. If n < d its
// other eigenvalues are those of an n x n matrix: of J S S^T/N where the signs
// agree, and else of L^T J L/N with S S^T = L L^T (Cholesky).
//
// A solve is not interruptible; from d = 1000 on it runs beside ctx, and what
// is interrupted ends unheard, after 25 s at d = 4000.
func (s *sample) eigenvalues(ctx context.Context, full bool) (Spectrum, error) {
	samples, d := s.x.Dims()
	active := 0
	signs := [2]bool{} // is there a positive, a negative weight
	for _, l := range s.lambda {
		if l != 0 {
			active++
			signs[0] = signs[0] || l > 0
			signs[1] = signs[1] || l < 0
		}
	}
	rank := min(d, active)
	if rank == 0 {
		return Spectrum{Dim: d}, nil
	}
	var h *mat.SymDense
	var err error
	if active >= d || full {
		h, err = s.outer(ctx)
	} else {
		h, err = s.companion(ctx, active, signs[0] && signs[1])
	}
	if err != nil {
		return Spectrum{}, err
	}
	for i, data := 0, h.RawSymmetric().Data; i < len(data); i++ {
		data[i] /= float64(samples)
	}
	values, err := symmetricEigenvalues(ctx, h)
	if err != nil {
		return Spectrum{}, err
	}
	if len(values) == d {
		return exactZeros(values, rank)
	}
	spectrum := Spectrum{Dim: d, Rank: rank, Values: values}
	return spectrum, spectrum.check()
}

// outer returns X^T diag(lambda) X. Samples of either sign are summed apart,
// as columns scaled by sqrt|lambda|: symmetric products of rows by rows are
// what gonum does fastest.
func (s *sample) outer(ctx context.Context) (*mat.SymDense, error) {
	_, d := s.x.Dims()
	h := mat.NewSymDense(d, nil)
	columns := blas64.General{Rows: d, Stride: rowBlock, Data: make([]float64, d*rowBlock)}
	for _, sign := range []float64{1, -1} {
		flush := func() {
			if columns.Cols > 0 {
				blas64.Syrk(blas.NoTrans, sign, columns, 1, h.RawSymmetric())
			}
			columns.Cols = 0
		}
		for n, l := range s.lambda {
			if !(sign*l > 0) {
				continue
			}
			root := math.Sqrt(sign * l)
			for k, x := range s.x.RawRowView(n) {
				columns.Data[k*rowBlock+columns.Cols] = root * x
			}
			if columns.Cols++; columns.Cols == rowBlock {
				if err := ctx.Err(); err != nil {
					return nil, err
				}
				flush()
			}
		}
		flush()
	}
	return h, ctx.Err()
}

// companion returns the n x n matrix with the non-zero eigenvalues.
func (s *sample) companion(ctx context.Context, active int, mixed bool) (*mat.SymDense, error) {
	_, d := s.x.Dims()
	rows := mat.NewDense(active, d, nil)
	signs := make([]float64, 0, active)
	for n, l := range s.lambda {
		if l == 0 {
			continue
		}
		root := math.Sqrt(math.Abs(l))
		row := rows.RawRowView(len(signs))
		for k, x := range s.x.RawRowView(n) {
			row[k] = root * x
		}
		signs = append(signs, math.Copysign(1, l))
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	gram := mat.NewSymDense(active, nil)
	gram.SymOuterK(1, rows)
	if !mixed {
		gram.ScaleSym(signs[0], gram)
		return gram, ctx.Err()
	}
	var cholesky mat.Cholesky
	if !cholesky.Factorize(gram) {
		return nil, fmt.Errorf("the Gram matrix of %d samples in dimension %d is numerically singular", active, d)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var lower mat.TriDense
	cholesky.LTo(&lower)
	// L^T J L = sum_n J_n (row n of L)^T (row n of L): the same sum again.
	rooted := &sample{x: mat.DenseCopyOf(&lower), lambda: signs}
	return rooted.outer(ctx)
}

// longSolve is the size from which an eigenvalue solve outlasts the patience of
// whoever interrupts it.
const longSolve = 1000

// symmetricEigenvalues returns all eigenvalues of h, ascending; h is lost.
func symmetricEigenvalues(ctx context.Context, h *mat.SymDense) ([]float64, error) {
	solve := func() ([]float64, error) {
		var eigen mat.EigenSym
		if !eigen.Factorize(h, false) {
			return nil, fmt.Errorf("the eigenvalues of a matrix of size %d did not converge", h.SymmetricDim())
		}
		return eigen.Values(nil), nil
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if h.SymmetricDim() < longSolve {
		return solve()
	}
	type answer struct {
		values []float64
		err    error
	}
	done := make(chan answer, 1)
	go func() {
		values, err := solve()
		done <- answer{values, err}
	}()
	select {
	case a := <-done:
		return a.values, a.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
