package spectra

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/replicate"
)

// KeepLimit is the size in bytes up to which a matrix-free block keeps its data
// X; beyond, X is drawn again, row by row, in every product. Either way it has
// the same bits: rows come in blocks of 256, each from a stream of its own.
const KeepLimit = 2 << 30

// blockOperator multiplies by (1/N) X^T diag(lambda) X without forming it.
type blockOperator struct {
	d, samples int
	key        string
	lambda     []float64
	kept       *mat.Dense // X, or nil
	rows       *mat.Dense // scratch for a block of rows
}

// newOperator draws weights and data of the ensemble, and the samples' weights
// in one pass over the data. It returns V too, if the law depends on it, and
// the trace of H over d.
func (e *Ensemble) newOperator(ctx context.Context, s *replicate.Stream, keepLimit float64) (op *blockOperator, v *mat.Dense, trace float64, err error) {
	var net *network.Net
	if !e.Classical {
		if net, err = e.weights(ctx, s); err != nil {
			return nil, nil, 0, err
		}
		if e.GivenWeights() {
			v = net.V
		}
	}
	op = &blockOperator{
		d: e.Dim(), samples: e.Samples(), key: fmt.Sprintf("rows %016x%016x", s.Uint64(), s.Uint64()),
		rows: mat.NewDense(min(rowBlock, e.Samples()), e.Dim(), nil),
	}
	if 8*e.Setting.Samples*e.Setting.Dim <= keepLimit {
		kept := mat.NewDense(op.samples, op.d, nil)
		if err := op.each(ctx, func(first int, x *mat.Dense) error {
			n, _ := x.Dims()
			kept.Slice(first, first+n, 0, op.d).(*mat.Dense).Copy(x)
			return nil
		}); err != nil {
			return nil, nil, 0, err
		}
		op.kept = kept
	}
	err = op.each(ctx, func(_ int, x *mat.Dense) error {
		lambda, err := e.lambda(ctx, net, x)
		op.lambda = append(op.lambda, lambda...)
		for n, l := range lambda {
			row := x.RawRowView(n)
			trace += l * floats.Dot(row, row)
		}
		return err
	})
	return op, v, trace / float64(op.samples) / float64(op.d), err
}

// each hands out the data in blocks of rows, in order.
func (op *blockOperator) each(ctx context.Context, do func(first int, x *mat.Dense) error) error {
	var stream replicate.Stream
	for block, first := 0, 0; first < op.samples; block, first = block+1, first+rowBlock {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(rowBlock, op.samples-first)
		var x *mat.Dense
		if op.kept != nil {
			x = op.kept.Slice(first, first+n, 0, op.d).(*mat.Dense)
		} else {
			x = op.rows.Slice(0, n, 0, op.d).(*mat.Dense)
			stream.Reset(0, op.key, block)
			for i := range n {
				stream.Normals(x.RawRowView(i))
			}
		}
		if err := do(first, x); err != nil {
			return err
		}
	}
	return nil
}

// Dim returns d.
func (op *blockOperator) Dim() int { return op.d }

// Multiply overwrites dst[k] with H src[k].
func (op *blockOperator) Multiply(ctx context.Context, dst, src [][]float64) error {
	for _, v := range dst {
		clear(v)
	}
	return op.each(ctx, func(first int, x *mat.Dense) error {
		n, _ := x.Dims()
		for i := range n {
			l := op.lambda[first+i] / float64(op.samples)
			if l == 0 {
				continue
			}
			row := x.RawRowView(i)
			for k, v := range src {
				floats.AddScaled(dst[k], l*floats.Dot(row, v), row)
			}
		}
		return nil
	})
}

// active returns the number of samples of non-zero weight.
func (op *blockOperator) active() int {
	count := 0
	for _, l := range op.lambda {
		if l != 0 {
			count++
		}
	}
	return count
}

// checkLanczosMemory is CheckMemory for matrix-free spectra: the data if they
// are kept, the basis and the weights.
func (e *Ensemble) checkLanczosMemory(steps, probes int) error {
	s := &e.Setting
	if bytes := e.lanczosMemory(steps, probes); bytes > montecarlo.MaxMemory {
		return fmt.Errorf("lanczos quadrature at dim %.0f, samples %.0f with %d steps from %d vectors needs %.1f GiB a worker, more than the %d GiB allowed: want fewer steps or vectors, or a smaller size",
			s.Dim, s.Samples, steps, probes, bytes/(1<<30), montecarlo.MaxMemory>>30)
	}
	return nil
}

// lanczosMemory is how many bytes one matrix-free spectrum takes.
func (e *Ensemble) lanczosMemory(steps, probes int) float64 {
	s := &e.Setting
	data := 8 * s.Samples * s.Dim
	if data > KeepLimit {
		data = 0
	}
	return data + 8*(s.Dim*(float64(steps+2)*float64(probes)+rowBlock)+s.Samples+s.Parameters()+rowBlock*float64(2*s.Classes+3*s.Hidden))
}

// lanczos returns the spectrum by quadrature from random vectors: raw for
// moments and transforms, smooth for distribution functions. The first moment
// is checked against the trace.
func (e *Ensemble) lanczos(ctx context.Context, op *blockOperator, trace float64, starts [][]float64, steps int) (raw, smooth Spectrum, err error) {
	d := op.d
	rank := min(d, op.active())
	if rank == 0 {
		zero := Spectrum{Dim: d}
		return zero, zero, nil
	}
	quadratures, err := Lanczos(ctx, op, starts, steps)
	if err != nil {
		return raw, smooth, err
	}
	// v'Hv of a uniform v has variance 2/(d+2) times that of the eigenvalues.
	mean, square := 0.0, 0.0
	for i := range quadratures {
		mean += quadratures[i].Moment(1) / float64(len(quadratures))
		square += quadratures[i].Moment(2) / float64(len(quadratures))
	}
	const errors = 8 // standard errors: never by chance
	spread1 := math.Sqrt(2 / float64(d+2) * max(0, square-trace*trace) / float64(len(quadratures)))
	if off := math.Abs(mean - trace); off > errors*spread1+1e-10*math.Sqrt(square) {
		return raw, smooth, fmt.Errorf("the first moment by lanczos quadrature is %v and the trace over d %v: %.3g apart, where chance explains %.2g", mean, trace, off, errors*spread1)
	}
	if quadratures, err = withoutZeros(quadratures, d, rank); err != nil {
		return raw, smooth, err
	}
	if raw, err = gather(quadratures, d, rank); err != nil {
		return raw, smooth, err
	}
	smooth, err = spread(quadratures, d, rank)
	return raw, smooth, err
}
