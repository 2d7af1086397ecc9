package verdict

import (
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestValidate(t *testing.T) {
	cell := func(key string, x float64) Cell { return newCell(key, x, 10, mean(1, normal)) }
	four := []Cell{cell("1", 1), cell("2", 2), cell("3", 3), cell("4", 4)}
	limit := Claim{ID: "claim", Kind: Limit, Target: 1, Good: 0.1, Bad: 0.2, Cells: four[:1]}
	if err := limit.Validate(); err != nil {
		t.Fatal(err)
	}
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		spoil func(*Claim)
		want  string
	}{
		"no ID":              {func(c *Claim) { c.ID = "" }, "needs an ID"},
		"no kind":            {func(c *Claim) { c.Kind = "" }, "unknown kind"},
		"unknown kind":       {func(c *Claim) { c.Kind = "guess" }, "unknown kind"},
		"alpha 1":            {func(c *Claim) { c.Alpha = 1 }, "alpha and beta"},
		"alpha negative":     {func(c *Claim) { c.Alpha = -0.1 }, "alpha and beta"},
		"alpha NaN":          {func(c *Claim) { c.Alpha = math.NaN() }, "alpha and beta"},
		"beta 2":             {func(c *Claim) { c.Beta = 2 }, "alpha and beta"},
		"looks 11":           {func(c *Claim) { c.Looks = 11 }, "looks"},
		"looks negative":     {func(c *Claim) { c.Looks = -1 }, "looks"},
		"target NaN":         {func(c *Claim) { c.Target = math.NaN() }, "target"},
		"target infinite":    {func(c *Claim) { c.Target = inf }, "target"},
		"target zero":        {func(c *Claim) { c.Target = 0 }, "a gap away"},
		"good negative":      {func(c *Claim) { c.Good = -1 }, "good"},
		"good infinite":      {func(c *Claim) { c.Good = inf }, "good"},
		"no gap":             {func(c *Claim) { c.Bad = 0.1 }, "a gap away"},
		"bias fills the gap": {func(c *Claim) { c.Bias = -0.1 }, "a gap away"},
		"no cell":            {func(c *Claim) { c.Cells = nil }, "needs 1 cells, got 0"},
		"two cells":          {func(c *Claim) { c.Cells = four[:2] }, "needs 1 cells, got 2"},
		"no sampler":         {func(c *Claim) { c.Cells[0].New = nil }, "no sampler"},
		"chunk negative":     {func(c *Claim) { c.Cells[0].Chunk = -1 }, "chunk and first"},
		"first negative":     {func(c *Claim) { c.Cells[0].First = -1 }, "chunk and first"},
		"assumption":         {func(c *Claim) { c.Cells[0].Assume = "hope" }, "unknown assumption"},
		"bounded, no range":  {func(c *Claim) { c.Cells[0].Assume = Bounded }, "finite range"},
		"bounded, infinite":  {func(c *Claim) { c.Cells[0].Assume, c.Cells[0].Range = Bounded, Everything }, "finite range"},
		"identity, one cell": {func(c *Claim) { c.Kind = Identity }, "needs 2 cells"},
		"identity, one key":  {func(c *Claim) { c.Kind, c.Cells = Identity, []Cell{four[0], four[0]} }, "appears twice"},
		"rate, one cell":     {func(c *Claim) { c.Kind = Rate }, "at least 2 cells"},
		"rate, one X":        {func(c *Claim) { c.Kind, c.Cells = Rate, []Cell{four[0], cell("other", 1)} }, "at least 2 different X"},
		"exponent, 3 cells":  {func(c *Claim) { c.Kind, c.Cells = Exponent, four[:3] }, "at least 4 cells"},
		"exponent, 3 X":      {func(c *Claim) { c.Kind, c.Cells[3].X = Exponent, 1 }, "at least 4 different X"},
		"bound, X zero":      {func(c *Claim) { c.Kind, c.Cells[0].X = Bound, 0 }, "X must be positive"},
		"bound, X infinite":  {func(c *Claim) { c.Kind, c.Cells[0].X = Bound, inf }, "X must be positive"},
		"bound, no gap":      {func(c *Claim) { c.Kind, c.Bad = Bound, 0 }, "a gap away"},
	} {
		claim := limit
		claim.Cells = append([]Cell(nil), four[:1]...)
		if strings.HasPrefix(name, "exponent, 3 X") {
			claim.Cells = append([]Cell(nil), four...)
		}
		c.spoil(&claim)
		err := claim.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "claim "+claim.ID+": ") {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		if _, again := claim.Run(t.Context(), Options{}); err != nil && (again == nil || again.Error() != err.Error()) {
			t.Errorf("%s: Run says %v, Validate %v", name, again, err)
		}
		if _, again := claim.Forecast(t.Context(), 10, Options{}); again == nil {
			t.Errorf("%s: Forecast accepts", name)
		}
	}
	full, err := (Claim{ID: "defaults", Kind: Limit, Target: 1, Bad: 1, Cells: []Cell{{New: four[0].New}}}).withDefaults()
	if err != nil || full.Alpha != DefaultAlpha || full.Beta != DefaultBeta || full.Looks != DefaultLooks ||
		full.Cells[0].First != DefaultFirst || full.Cells[0].Chunk != DefaultChunk || full.Cells[0].Assume != Asymptotic {
		t.Errorf("defaults: %+v, %v", full, err)
	}
}

func TestSets(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		claim      Claim
		good, safe Interval
		bad        []Interval
	}{
		{Claim{Kind: Exact, Good: 0.5}, Interval{-inf, 0.5}, Interval{-inf, 0.5}, []Interval{{0.5, inf}}},
		{Claim{Kind: Identity, Good: 0.25, Bad: 0.5}, Interval{0.75, 1.25}, Interval{0.5, 1.5}, []Interval{{-inf, 0.5}, {1.5, inf}}},
		{Claim{Kind: Limit, Target: -4, Good: 0.125, Bias: -0.125, Bad: 0.5}, Interval{-5, -3}, Interval{-6, -2}, []Interval{{-inf, -6}, {-2, inf}}},
		{Claim{Kind: Rate, Target: -1, Good: 0.25, Bad: 0.5}, Interval{-inf, -0.75}, Interval{-inf, -0.5}, []Interval{{-0.5, inf}}},
		{Claim{Kind: Rate, Target: -1, Good: 0.25, Bad: 0.5, AtLeast: true}, Interval{-1.25, inf}, Interval{-1.5, inf}, []Interval{{-inf, -1.5}}},
		{Claim{Kind: Exponent, Target: -1, Good: 0.25, Bad: 0.5}, Interval{-1.25, -0.75}, Interval{-1.5, -0.5}, []Interval{{-inf, -1.5}, {-0.5, inf}}},
		{Claim{Kind: Bound, Target: 2, Bad: 0.5}, Interval{-inf, 2}, Interval{-inf, 3}, []Interval{{3, inf}}},
		{Claim{Kind: Bound, Target: -2, Bad: 0.5}, Interval{-inf, -2}, Interval{-inf, -1}, []Interval{{-1, inf}}},
		{Claim{Kind: Bound, Target: 2, Bad: 0.5, AtLeast: true}, Interval{2, inf}, Interval{1, inf}, []Interval{{-inf, 1}}},
		{Claim{Kind: Law, Target: 0.1, Bad: 0.2}, Interval{-inf, 0.1}, Interval{-inf, 0.2}, []Interval{{0.2, inf}}},
		{Claim{Kind: "?"}, Everything, Everything, nil},
	} {
		good, safe := c.claim.Sets()
		if good != c.good || safe != c.safe || !reflect.DeepEqual(c.claim.BadSet(), c.bad) {
			t.Errorf("%s: GOOD %v, safe %v, BAD %v", c.claim.Kind, good, safe, c.claim.BadSet())
		}
	}
}
