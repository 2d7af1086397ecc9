package verdict

import (
	"context"
	"fmt"
	"math"

	"pastur/internal/elementary"
)

// Forecast says what a claim can see, from a pilot sample.
type Forecast struct {
	Cells      int
	First      int64 // replicates of the first look, over all cells
	Budget     int64 // replicates of the last look, over all cells
	Needed     int64 // replicates at which a claim in the middle of GOOD passes with probability 0.95
	Detectable float64
	// Detectable is the smallest distance of the truth from the GOOD set that
	// fails with probability 0.95 at the budget, in the units of the claim's
	// sets (+Inf if none does).
	Gap     float64 // distance from GOOD to BAD, for comparison
	Warning string  // the pilot's tail gate
}

// Forecast draws a pilot of one first look, but at most the given number of
// replicates a cell, and asks what the claim's own intervals and gates would
// say of samples of other sizes with the same means and moments. The pilot's
// draws are the first of the run itself.
func (c *Claim) Forecast(ctx context.Context, most int, opt Options) (Forecast, error) {
	claim, err := c.withDefaults()
	if err != nil {
		return Forecast{}, err
	}
	f := Forecast{Cells: len(claim.Cells)}
	size := func(look int) (n int64) {
		for i := range claim.Cells {
			n += int64(claim.Cells[i].chunks(look)) * int64(claim.Cells[i].Chunk)
		}
		return n
	}
	f.First, f.Budget = size(1), size(claim.Looks)
	if claim.Kind == Exact {
		f.Needed, f.Detectable = f.Budget, claim.Good
		return f, nil
	}
	pilot := claim
	pilot.Cells = append([]Cell(nil), claim.Cells...)
	for i := range pilot.Cells {
		pilot.Cells[i].First = min(pilot.Cells[i].First, most)
	}
	t := &trial{Claim: &pilot, opt: opt, moments: make([]Moments, len(pilot.Cells)), levels: make([]int, len(pilot.Cells))}
	if err := t.sample(ctx, 1); err != nil {
		return Forecast{}, fmt.Errorf("claim %s: pilot: %w", c.ID, err)
	}
	// at returns the components of a sample of so many first looks.
	at := func(looks float64) []component {
		m := append([]Moments(nil), t.moments...)
		for i := range m {
			n := looks * float64(claim.Cells[i].chunks(1)*claim.Cells[i].Chunk)
			m[i].N = int64(math.Ceil(min(n, 0x1p60)))
		}
		return claim.components(m)
	}
	components := claim.components(t.moments)
	f.Gap = math.Inf(1)
	alpha := claim.Alpha / float64(claim.Looks*len(components))
	beta := claim.Beta / float64(claim.Looks)
	for i, k := range components {
		miss := min(k.missAlpha(alpha), beta)
		if f.Warning == "" {
			f.Warning = k.gate(miss)
		}
		passes := func(looks float64) bool {
			k := at(looks)[i]
			return k.gate(miss) == "" && k.passDistance(beta) <= k.room()
		}
		needed := math.Ceil(float64(least(passes) * float64(f.First)))
		if needed < 1e18 {
			f.Needed = max(f.Needed, int64(needed))
		} else {
			f.Needed = math.MaxInt64
		}
		full := at(float64(int64(1) << (claim.Looks - 1)))[i]
		see := math.Inf(1)
		if full.gate(miss) == "" {
			see = full.failDistance(full.missAlpha(alpha))
		}
		f.Detectable = max(f.Detectable, see)
		if !math.IsInf(k.good.Hi, 1) {
			f.Gap = min(f.Gap, k.safe.Hi-k.good.Hi)
		}
		if !math.IsInf(k.good.Lo, -1) {
			f.Gap = min(f.Gap, k.good.Lo-k.safe.Lo)
		}
	}
	return f, nil
}

// lack is the probability with which a forecast may not come true.
const lack = 0.05

// passDistance is how far from BAD the truth must lie for a PASS with
// probability 1 - lack.
func (k *component) passDistance(beta float64) float64 {
	b := k.bounds(beta)
	up, down := b.Hi-k.estimate, k.estimate-b.Lo
	switch {
	case k.twoSided(): // in the middle, either end may spoil it
		return max(up, down) + float64(elementary.NormalUpperQuantile(lack/2)*k.se)
	case math.IsInf(k.good.Hi, 1):
		up = down
	}
	return up + float64(elementary.NormalUpperQuantile(lack)*k.se)
}

// failDistance is how far from GOOD the truth must lie for a FAIL with
// probability 1 - lack.
func (k *component) failDistance(miss float64) float64 {
	b := k.bounds(miss)
	up, down := b.Hi-k.estimate, k.estimate-b.Lo
	switch {
	case k.twoSided():
		down = max(up, down)
	case math.IsInf(k.good.Hi, 1):
		down = up
	}
	if math.IsNaN(down) {
		return math.Inf(1)
	}
	return down + float64(elementary.NormalUpperQuantile(lack)*k.se)
}

// room is the distance from BAD of where a true claim is expected.
func (k *component) room() float64 {
	room := math.Inf(1)
	if !math.IsInf(k.good.Hi, 1) {
		room = min(room, k.safe.Hi-middle(k))
	}
	if !math.IsInf(k.good.Lo, -1) {
		room = min(room, middle(k)-k.safe.Lo)
	}
	return room
}

// middle is where a true claim is expected: the centre of a two-sided GOOD
// set, the estimate or else the edge of a one-sided one.
func middle(k *component) float64 {
	switch {
	case math.IsInf(k.good.Lo, -1):
		return math.Min(k.estimate, k.good.Hi)
	case math.IsInf(k.good.Hi, 1):
		return math.Max(k.estimate, k.good.Lo)
	}
	return (k.good.Lo + k.good.Hi) / 2
}

// least returns the smallest x > 0 at which the property holds, if from there
// on it always does, to a relative 10^-9; +Inf if it never holds.
func least(holds func(x float64) bool) float64 {
	const never = 0x1p60
	hi := 0x1p-30
	for !holds(hi) {
		if hi *= 2; hi > never {
			return math.Inf(1)
		}
	}
	lo := hi / 2
	for range 30 {
		if x := (lo + hi) / 2; holds(x) {
			hi = x
		} else {
			lo = x
		}
	}
	return hi
}
