package catalogue

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
	"pastur/theorem"
	"pastur/verdict"
)

// A unit that is active at no sample has a diagonal block of zeros: with the seeds
// here one of hidden-mse-blocks and one of hidden-ce-blocks, at 20 samples in all,
// divided 0 by 0 as long as it was the first unit's block that others were held
// against. One run in a hundred of the paper suite ended in ERROR.
func TestDeadUnits(t *testing.T) {
	s := load(t, "paper")
	for id, seed := range map[string]uint64{"hidden-mse-blocks": 57, "hidden-ce-blocks": 240} {
		v, err := claimOf(t, find(t, s, id)).Run(t.Context(), verdict.Options{Seed: seed})
		if err != nil || v.Status != verdict.Pass {
			t.Errorf("%s at seed %d: %v, %v", id, seed, v, err)
		}
	}
}

// Finite differences look at every block: a closed form that is wrong in one of them
// only, diagonal or not, deviates by what is planted in it.
func TestDifferencesLookAtEveryBlock(t *testing.T) {
	for _, set := range []struct {
		model network.Model
		block network.Block
	}{{network.Linear, network.VV}, {network.Hidden, network.WW}} {
		s := setting(set.model, network.CE, set.block, 4, 0.5, 6, network.LeCun)
		s.Samples, s.Gamma = 12, 0
		s, err := s.Complete()
		if err != nil {
			t.Fatal(err)
		}
		sample := func(spoil func(i, j int, h *mat.Dense)) float64 {
			check := differences{set: &s, spoil: spoil}
			worst, _, err := check.Sample(replicate.NewStream(1, "differences", 0))
			if err != nil {
				t.Fatal(err)
			}
			return worst
		}
		if worst := sample(nil); worst > 1e-6 {
			t.Errorf("%s: healthy blocks deviate by %v", s, worst)
		}
		for a := range 4 {
			for b := range a + 1 {
				worst := sample(func(i, j int, h *mat.Dense) {
					if i == a && j == b {
						h.Set(0, 0, h.At(0, 0)+1e-3)
					}
				})
				if worst < 1e-5 {
					t.Errorf("%s: an error in block (%d,%d) leaves a deviation of %v", s, a, b, worst)
				}
			}
		}
	}
}

func TestRelativeGap(t *testing.T) {
	for _, c := range [][3]float64{{1, 1, 0}, {0, 0, 0}, {2, 2 * (1 + 1.5e-11), 1.5e-11}, {-3, 3, 2}, {0, 5, 1}} {
		if got := relativeGap(c[0], c[1]); math.Abs(got-c[2]) > 1e-15 {
			t.Errorf("relativeGap(%v, %v) = %v, want %v", c[0], c[1], got, c[2])
		}
	}
}

// The target of a second moment by hand, of two classes: lambda = p_1 p_2, and of both
// signs alike.
func TestSecondMoment(t *testing.T) {
	m, err := theorem.NewSoftmaxMoments(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	p := func(powers ...int) float64 { x, err := m.Moment(powers...); return must(t, x, err) }
	const gamma = 0.4
	for off, want := range map[bool]float64{
		true: gamma*p(2, 2) + p(1, 1)*p(1, 1),
		// (1 - p_1) is the sum of the nine others.
		false: gamma*(9*p(2, 2)+72*p(2, 1, 1)) + 81*p(1, 1)*p(1, 1),
	} {
		spec := &Spectrum{Setting: setting(network.Linear, network.CE, network.VV, 10, 0, 40, network.LeCun), OffDiagonal: off}
		spec.Setting.Samples = 100
		if got, err := spec.secondMoment(); err != nil || math.Abs(got/want-1) > 1e-11 {
			t.Errorf("off-diagonal %v: %v, %v, want %v", off, got, err, want)
		}
	}
}

// one parses a suite of one claim and builds it.
func one(t *testing.T, body string) (*Spec, *verdict.Claim) {
	t.Helper()
	suite, err := Parse("test", []byte("[[claim]]\nid = \"x\"\nstatement = \"s\"\n"+body))
	if err != nil {
		t.Fatal(err)
	}
	claim, err := suite.Specs[0].Claim()
	if err != nil {
		t.Fatal(err)
	}
	return suite.Specs[0], claim
}

// Keys of a claim that change what is drawn or how much reach the cell.
func TestKeysReachTheCells(t *testing.T) {
	const gap = "about = \"lindeberg\"\nkind = \"limit\"\nclasses = 3\nsizes = 20\n"
	draw := func(c *verdict.Claim) float64 {
		t.Helper()
		sampler, err := c.Cells[0].New()
		if err != nil {
			t.Fatal(err)
		}
		num, _, err := sampler.Sample(replicate.NewStream(1, "parts", 0))
		return must(t, num, err)
	}
	_, along := one(t, gap)
	_, across := one(t, gap+"part = \"across\"")
	if draw(along) == draw(across) || along.Cells[0].Key == across.Cells[0].Key {
		t.Error("the part across the constant is the part along it")
	}
	const training = "about = \"network\"\nkind = \"exact\"\ncheck = \"stripe\"\ndim = 4\nclasses = 3\nsamples = 6\ntolerance = 1e-6\n"
	for _, first := range []int{20, 3} {
		body := training
		if first != checkFirst {
			body += fmt.Sprintf("first = %d", first)
		}
		if _, c := one(t, body); c.Cells[0].First != first {
			t.Errorf("first = %d, want %d", c.Cells[0].First, first)
		}
	}
}

// Numbers are the same in every build where nothing passes through BLAS: baselines
// of another build are compared to the bit there, and to a tolerance elsewhere.
func TestPortable(t *testing.T) {
	const linear = "model = \"linear\"\nloss = \"ce\"\nclasses = 5\n"
	for body, want := range map[string]bool{
		linear + "kind = \"limit\"\ntarget = \"exact\"":                                                                                true,
		linear + "kind = \"limit\"\ntarget = \"limit\"\ndim = 200\nmethod = \"gram\"":                                                  false,
		linear + "kind = \"identity\"\ndim = 20\nagainst = \"gram\"":                                                                   false,
		linear + "kind = \"exact\"\ncheck = \"definition-gram\"\ndim = 20\ntolerance = 1e-9":                                           false,
		"about = \"lindeberg\"\nkind = \"limit\"\nclasses = 3\nsizes = 20":                                                             false,
		"about = \"spectrum\"\nkind = \"exact\"\nstatistic = \"zeros\"\nmodel = \"classical\"\ndim = 6\nsamples = 3\ntolerance = 1e-9": false,
	} {
		if spec, _ := one(t, body); spec.Portable() != want {
			t.Errorf("%s: portable %v", strings.ReplaceAll(body, "\n", ", "), !want)
		}
	}
}

// The identity of records holds the kind, which decides what is recorded, and not the
// target, which does not.
func TestRecordsHoldTheKind(t *testing.T) {
	const linear = "model = \"linear\"\nloss = \"ce\"\nclasses = 5\n"
	limit, _ := one(t, linear+"kind = \"limit\"\ntarget = 0.1")
	other, _ := one(t, linear+"kind = \"limit\"\ntarget = \"exact\"")
	bound, _ := one(t, linear+"kind = \"bound\"\nat_most = 0.1")
	if limit.records() != other.records() {
		t.Error("another target is another record")
	}
	if limit.records() == bound.records() {
		t.Error("another kind is the same record")
	}
}

// A claim must not PASS where its statement ceases to be so: of those that state a
// threshold the edge of BAD is not beyond it. (The thresholds are those of the
// statements; 0.1 % is for their rounding.)
func TestBadHoldsTheNegation(t *testing.T) {
	thresholds := map[string]float64{
		"gpt2-head":               1e-8,
		"hidden-ce-ww-increasing": -1,
		"hidden-ce-vv-m3-grows":   -2,
		"hidden-ce-vv-m2-grows":   -1.8362, // the slope at m = 3
		"hidden-ce-vv-m2-exceeds": 8.136,
		"hidden-ce-vv-he-m8":      9.95,
		"spectrum-linear-d200":    0.037, // the mean distance at d = 100
		"lindeberg-rate":          0,     // no decay at all
	}
	seen := 0
	for _, name := range []string{"full", "quick"} {
		for _, spec := range load(t, name).Specs {
			at, ok := thresholds[spec.ID]
			if !ok {
				if spec.AtLeast {
					t.Errorf("%s states a threshold from below: which?", spec.ID)
				}
				continue
			}
			seen++
			c := claimOf(t, spec)
			_, safe := c.Sets()
			if inside := safe.Lo < at-0.001*math.Abs(at) && at+0.001*math.Abs(at) < safe.Hi; inside {
				t.Errorf("%s: %v may PASS, where %q is not so", spec.ID, at, spec.Statement)
			}
		}
	}
	if seen < len(thresholds) {
		t.Errorf("%d thresholds looked at, want at least %d", seen, len(thresholds))
	}
}
