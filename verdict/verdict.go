package verdict

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"pastur/replicate"
)

// Status is what became of a claim.
type Status string

// The statuses. Only Pass is a pass.
const (
	Pass         Status = "PASS"
	Fail         Status = "FAIL"
	Inconclusive Status = "INCONCLUSIVE"
	Errored      Status = "ERROR"
)

// Verdict is the outcome of a claim and the evidence for it.
type Verdict struct {
	Claim      *Claim
	Status     Status
	Estimate   float64  // what is compared with Good and Safe; the deciding component's
	Bounds     Interval // the interval that decided, of probability Confidence
	Confidence float64
	Good, Safe Interval // the GOOD set and the complement of the BAD set
	Component  string   // which component Estimate is, if there are several
	Replicates int64    // over all cells
	Looks      int      // looks taken
	Reason     string
	Warnings   []string
	Cells      []CellResult
	History    []Look // what each look showed, the deciding one last
}

// CellResult is a cell's estimate with its two-sided 95 % interval.
type CellResult struct {
	Key        string
	X          float64
	Estimate   float64
	Bounds     Interval
	Replicates int64
	Warning    string // why the interval must not be believed, or ""
}

// Options says how to run; nothing in it but Seed changes a verdict.
type Options struct {
	Seed      uint64
	Workers   int                                    // 0: one a processor
	State     *replicate.Folder                      // nil keeps nothing
	Progress  func(look, looks int, done, total int) // chunks done of this look's, or nil
	afterFold func(look int, moments []Moments)      // for tests
}

// Run draws replicates until the claim is decided or its budget is spent. The
// error is not nil only if there is no verdict: the context ended, the claim
// is ill-formed, or a state file cannot be used. A sampler that fails, panics
// or returns a non-finite number makes the verdict ERROR.
func (c *Claim) Run(ctx context.Context, opt Options) (Verdict, error) {
	t, err := c.trial(opt)
	if err != nil {
		return Verdict{}, err
	}
	for look := 1; look <= t.Looks; look++ {
		if err := t.sample(ctx, look); err != nil {
			var place *replicate.Error
			if !errors.As(err, &place) || ctx.Err() != nil {
				return Verdict{}, err
			}
			return t.verdict(Errored, look, component{estimate: math.NaN()}, Everything, 0, err.Error()), nil
		}
		if opt.afterFold != nil {
			opt.afterFold(look, t.moments)
		}
		if v, done := t.judge(look); done {
			return v, nil
		}
	}
	panic("unreachable: the last look decides")
}

// trial is a claim being decided.
type trial struct {
	*Claim
	opt     Options
	moments []Moments
	levels  []int             // looks each cell has taken part in
	wanting []int             // cells the next look doubles
	decided map[string]judged // components decided at an earlier look, as they were then
	history []Look
}

func (c *Claim) trial(opt Options) (*trial, error) {
	claim, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	return &trial{
		Claim: &claim, opt: opt, moments: make([]Moments, len(claim.Cells)), levels: make([]int, len(claim.Cells)),
		decided: map[string]judged{},
	}, nil
}

// sample draws the chunks that this look adds: the first look's for every
// cell, then as many again for each cell that is wanting.
func (t *trial) sample(ctx context.Context, look int) error {
	var jobs []replicate.Job[Moments]
	for i := range t.Cells {
		if look > 1 && !slices.Contains(t.wanting, i) {
			continue
		}
		cell, from := &t.Cells[i], 0
		if t.levels[i] > 0 {
			from = cell.chunks(t.levels[i])
		}
		t.levels[i]++
		jobs = append(jobs, t.job(cell, from, cell.chunks(t.levels[i]), &t.moments[i]))
	}
	options := replicate.Options{Seed: t.opt.Seed, Workers: t.opt.Workers, State: t.opt.State}
	if t.opt.Progress != nil {
		options.Progress = func(done, total int) { t.opt.Progress(look, t.Looks, done, total) }
	}
	return replicate.Run(ctx, jobs, options)
}

// judge applies the look's decision rule. A component decided at one look
// stays decided: each look has its own share of alpha and beta, so the first
// decision is as good as any.
func (t *trial) judge(look int) (Verdict, bool) {
	if t.Kind == Exact {
		return t.judgeExact(look)
	}
	components := t.components(t.moments)
	alpha := t.Alpha / float64(t.Looks*len(components))
	beta := t.Beta / float64(t.Looks)
	var failed, gap, open, passed []judged
	for _, k := range components {
		j := judge(k, alpha, beta)
		if earlier, ok := t.decided[k.name]; ok {
			j = earlier
		} else if j.status != "" {
			t.decided[k.name] = j
		}
		switch j.status {
		case Fail:
			failed = append(failed, j)
		case Inconclusive:
			gap = append(gap, j)
		case Pass:
			passed = append(passed, j)
		default:
			open = append(open, j)
		}
	}
	switch {
	case len(failed) > 0:
		w := worst(failed)
		return t.verdict(Fail, look, w.component, w.alphaBounds, 1-alpha, fmt.Sprintf("%s excludes GOOD %v", w.alphaBounds, w.good)), true
	case len(open) > 0 && look < t.Looks:
		t.wanting = nil
		for _, j := range open {
			t.wanting = append(t.wanting, j.wanting(min(j.missAlpha(alpha), beta))...)
		}
		t.goOn(look, worst(open), beta)
		return Verdict{}, false
	case len(open) > 0:
		w := worst(open)
		reason := "budget: the interval excludes neither GOOD nor BAD"
		if w.closed != "" {
			reason = "tail gate closed: " + w.closed
		}
		return t.verdict(Inconclusive, look, w.component, w.betaBounds, w.confidence(beta), reason), true
	case len(gap) > 0:
		w := worst(gap)
		return t.verdict(Inconclusive, look, w.component, w.alphaBounds, 1-alpha, "in the gap: the interval excludes both GOOD and BAD"), true
	}
	w := worst(passed)
	return t.verdict(Pass, look, w.component, w.betaBounds, w.confidence(beta), "interval excludes BAD"), true
}

func (t *trial) judgeExact(look int) (Verdict, bool) {
	m := &t.moments[0]
	k := component{name: t.Cells[0].Key, estimate: m.MaxAbs, good: Interval{math.Inf(-1), t.Good}}
	k.safe = k.good
	point := Interval{m.MaxAbs, m.MaxAbs}
	if m.MaxAbs > t.Good {
		return t.verdict(Fail, look, k, point, 1, fmt.Sprintf("largest deviation %.3g > %.3g", m.MaxAbs, t.Good)), true
	}
	if look < t.Looks {
		t.wanting = []int{0}
		t.history = append(t.history, t.look(look, k, point, 1, "no deviation beyond the tolerance yet"))
		return Verdict{}, false
	}
	return t.verdict(Pass, look, k, point, 1, fmt.Sprintf("largest deviation in %d replicates within %.3g", m.N, t.Good)), true
}

type judged struct {
	component
	status                  Status // "" if undecided
	closed                  string // the tail gate's reason
	alphaBounds, betaBounds Interval
}

// confidence is that of betaBounds, each of whose ends misses with probability
// beta.
func (j *judged) confidence(beta float64) float64 {
	if j.twoSided() {
		return 1 - 2*beta
	}
	return 1 - beta
}

// judge decides one component at error shares alpha and beta of one look.
func judge(k component, alpha, beta float64) judged {
	// A two-sided set can be missed on either side: half of alpha each. BAD
	// is missed on one side only, but a point is in one half-line at a time,
	// so beta needs no halving.
	missAlpha := k.missAlpha(alpha)
	j := judged{component: k, alphaBounds: Everything, betaBounds: Everything}
	j.closed = k.gate(math.Min(missAlpha, beta))
	j.alphaBounds, j.betaBounds = k.bounds(missAlpha), k.bounds(beta)
	// A one-sided set is judged by one bound; the other end of the interval
	// is shown as open.
	if math.IsInf(k.good.Lo, -1) {
		j.alphaBounds.Hi, j.betaBounds.Lo = math.Inf(1), math.Inf(-1)
	}
	if math.IsInf(k.good.Hi, 1) {
		j.alphaBounds.Lo, j.betaBounds.Hi = math.Inf(-1), math.Inf(1)
	}
	if j.closed != "" {
		return j
	}
	notGood := j.alphaBounds.Disjoint(k.good)
	notBad := j.betaBounds.Inside(k.safe)
	switch {
	case notGood && notBad:
		j.status = Inconclusive
	case notGood:
		j.status = Fail
	case notBad:
		j.status = Pass
	}
	return j
}

// worst returns the component whose estimate lies furthest towards BAD, in
// units of its gap.
func worst(all []judged) judged {
	depth := func(j judged) float64 {
		up := (j.estimate - j.good.Hi) / (j.safe.Hi - j.good.Hi)
		down := (j.good.Lo - j.estimate) / (j.good.Lo - j.safe.Lo)
		if math.IsNaN(up) {
			up = math.Inf(-1)
		}
		if math.IsNaN(down) {
			down = math.Inf(-1)
		}
		return max(up, down)
	}
	w := all[0]
	for _, j := range all[1:] {
		if depth(j) > depth(w) {
			w = j
		}
	}
	return w
}

func (t *trial) verdict(status Status, look int, k component, bounds Interval, confidence float64, reason string) Verdict {
	good, safe := t.Sets()
	v := Verdict{
		Claim: t.Claim, Status: status, Estimate: k.estimate, Bounds: bounds, Confidence: confidence,
		Good: good, Safe: safe, Looks: look, Reason: reason,
	}
	if len(t.Cells) > 1 {
		v.Component = k.name
	}
	v.History = t.historyWith(look, status, k, bounds, confidence, reason)
	const miss = 0.025
	for i := range t.Cells {
		m, cell := &t.moments[i], &t.Cells[i]
		v.Replicates += m.N
		if m.N == 0 {
			continue
		}
		r := CellResult{Key: cell.Key, X: cell.X, Estimate: m.Ratio(), Replicates: m.N, Bounds: Everything}
		if t.Kind == Exact {
			r.Estimate = m.MaxAbs
		} else {
			r.Bounds = m.Bounds(miss, cell.Assume, cell.Range)
			if r.Warning = m.distrust(miss, cell.Assume); r.Warning != "" {
				v.Warnings = append(v.Warnings, cell.Key+": "+r.Warning)
			}
		}
		v.Cells = append(v.Cells, r)
	}
	return v
}
