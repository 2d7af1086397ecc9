package verdict

import (
	"context"
	"fmt"
	"math"

	"pastur/replicate"
)

// Precision says when a measurement is done.
type Precision struct {
	// RelError, if positive, is the half-width of the two-sided 95 %
	// interval over the estimate to be reached, with the tail gate open. Once
	// it is reached, at most patience times as many replicates are spent on
	// opening the gate.
	RelError float64
	// Replicates, if positive, is how many to draw (without RelError) or at
	// the most (with it), rounded up to whole chunks of about equal size.
	Replicates int64
}

// Measurement is an estimate of a ratio of means.
type Measurement struct {
	Moments
	Bounds  Interval // two-sided, 95 %
	Reached bool     // the relative error asked for was reached, or none was
	Warning string   // why Bounds must not be believed, or ""
}

// patience bounds what is spent on opening the tail gate.
const patience = 64

// measureConfidence is that of a measurement's interval.
const measureConfidence = 0.95

// Measure estimates one cell's ratio. Sample sizes follow from the precision
// asked for and from the variance seen so far, so the result is a function of
// the seed and the cell alone. Stopping at a precision (not at a value) costs
// the interval some of its coverage, as samples of too small a variance stop
// first: measured are 94 % and more for normal and exponential samples, 93 to
// 94 % for lognormal ones with sigma = 1 and for events of probability 0.02 and
// 0.002, at relative errors of 0.03 to 0.2 (TestMeasureCovers). Progress, if given, is
// called with look 1 and an estimated total.
func Measure(ctx context.Context, cell Cell, precision Precision, opt Options) (Measurement, error) {
	claim, err := (&Claim{ID: "measure", Kind: Limit, Target: 1, Good: 1, Bad: 2, Cells: []Cell{cell}}).withDefaults()
	if err != nil {
		return Measurement{}, err
	}
	cell = claim.Cells[0]
	most := int64(1) << 62
	if precision.Replicates > 0 {
		most = precision.Replicates
		chunks := (most-1)/int64(cell.Chunk) + 1
		cell.Chunk = int((most-1)/chunks + 1)
	}
	whole := func(n int64) int { return int((n-1)/int64(cell.Chunk) + 1) }
	next := whole(min(most, int64(cell.First)))
	if precision.RelError <= 0 {
		next = whole(most)
	}
	var result Measurement
	precise := 0 // chunks at which the precision was first reached
	for done := 0; ; {
		job := claim.job(&cell, done, next, &result.Moments)
		job.Key = cell.Key
		options := replicate.Options{Seed: opt.Seed, Workers: opt.Workers, State: opt.State}
		if opt.Progress != nil {
			from := done
			options.Progress = func(chunks, total int) { opt.Progress(1, 1, from+chunks, from+total) }
		}
		if err := replicate.Run(ctx, []replicate.Job[Moments]{job}, options); err != nil {
			return Measurement{}, err
		}
		done = next
		if result.Den == 0 {
			return result, fmt.Errorf("%s: the mean denominator is 0 after %d replicates, so there is no ratio", cell.Key, result.N)
		}
		const miss = (1 - measureConfidence) / 2
		result.Bounds = result.Moments.Bounds(miss, cell.Assume, cell.Range)
		result.Warning = result.distrust(miss, cell.Assume)
		relative := (result.Bounds.Hi - result.Bounds.Lo) / 2 / math.Abs(result.Ratio())
		if result.Ratio() == 0 && result.Bounds == (Interval{0, 0}) {
			relative = 0 // an exact zero
		}
		result.Reached = precision.RelError <= 0 || relative <= precision.RelError && result.Warning == ""
		switch {
		case relative > precision.RelError:
			precise = 0 // a rare event has come to pass
		case precise == 0:
			precise = done
		}
		if result.Reached || int64(done)*int64(cell.Chunk) >= most || precise > 0 && done >= patience*precise {
			return result, nil
		}
		// As many as the variance says and a tenth more, but at least a
		// quarter more and at most four times as many; twice as many to
		// open the gate.
		grow := 2.0
		if result.Warning == "" {
			f := relative / precision.RelError
			grow = max(1.25, min(4, 1.1*f*f))
		}
		if math.IsNaN(grow) {
			return result, fmt.Errorf("%s: the estimate is %v ± NaN", cell.Key, result.Ratio())
		}
		next = min(whole(most), int(math.Ceil(float64(done)*grow)))
	}
}

// NumError returns the standard error of the mean numerator.
func (m *Moments) NumError() float64 { return m.standardError(m.Central.at(2, 0)) }

// DenError returns the standard error of the mean denominator.
func (m *Moments) DenError() float64 { return m.standardError(m.Central.at(0, 2)) }

func (m *Moments) standardError(variance float64) float64 {
	if m.N < 2 {
		return math.NaN()
	}
	return math.Sqrt(variance / float64(m.N-1))
}
