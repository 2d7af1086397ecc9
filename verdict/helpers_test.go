package verdict

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"

	"pastur/internal/elementary"
	"pastur/replicate"
)

// falseAlarm is the chance that one statistical test of this package fails
// though the code is right. The seeds are fixed, so a test that passes once
// passes always; the level says how surprising a failure would have been.
const falseAlarm = 1e-6

// binomialAtLeast returns P(X >= k) for X binomial(n, p).
func binomialAtLeast(k, n int, p float64) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	sum := 0.0
	for i := k; i <= n; i++ {
		sum += math.Exp(lg(n) - lg(i) - lg(n-i) + float64(i)*math.Log(p) + float64(n-i)*math.Log1p(-p))
	}
	return sum
}

// tooMany reports whether k of n contradict a probability of at most p.
func tooMany(k, n int, p float64) bool { return k > 0 && binomialAtLeast(k, n, p) < falseAlarm }

// tooFew reports whether k of n contradict a probability of at least p.
func tooFew(k, n int, p float64) bool { return tooMany(n-k, n, 1-p) }

func TestBinomialLimits(t *testing.T) {
	if got := binomialAtLeast(2, 3, 0.5); math.Abs(got-0.5) > 1e-14 {
		t.Errorf("P(X >= 2) = %v, want 1/2", got)
	}
	if got := binomialAtLeast(0, 50, 0.2); math.Abs(got-1) > 1e-12 {
		t.Errorf("P(X >= 0) = %v", got)
	}
	if tooMany(430, 2000, 0.2) || !tooMany(500, 2000, 0.2) || tooFew(370, 2000, 0.2) || !tooFew(300, 2000, 0.2) {
		t.Error("the limits for 2000 at 0.2 are wrong")
	}
}

// population draws positive variates of mean 1.
// stream shortens the samplers below.
type stream = replicate.Stream

type population struct {
	name string
	draw func(s *replicate.Stream) float64
}

var (
	normal      = population{"normal", func(s *replicate.Stream) float64 { return 1 + float64(0.5*s.Normal()) }}
	exponential = population{"exponential", func(s *replicate.Stream) float64 { return s.Gamma(1) }}
	lognormal   = population{"lognormal", logNormal(0.5)}
	gamma20     = population{"gamma(20)", func(s *replicate.Stream) float64 { return s.Gamma(20) / 20 }}
	uniform     = population{"uniform", func(s *replicate.Stream) float64 { return 2 * s.Float64() }}
	coin        = population{"coin", func(s *replicate.Stream) float64 { return 1 + s.Sign() }}
	everyone    = []population{normal, exponential, lognormal}
)

func logNormal(sigma float64) func(s *replicate.Stream) float64 {
	return func(s *replicate.Stream) float64 {
		return elementary.Exp(float64(sigma*s.Normal()) - sigma*sigma/2)
	}
}

// drawn returns the moments of n draws, the same in every test.
func drawn(t testing.TB, n int, f SamplerFunc) Moments {
	t.Helper()
	return sampleOf(t, replicate.NewStream(1, "formulas", n), n, f)
}

// near compares with a formula, to rounding.
func near(t testing.TB, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-11*math.Abs(want)) {
		t.Errorf("%s is %.15g, want %.15g", what, got, want)
	}
}

// newCell returns a cell whose chunk is the whole first look.
func newCell(key string, x float64, first int, f SamplerFunc) Cell {
	return Cell{Key: key, X: x, First: first, Chunk: first, New: func() (Sampler, error) { return f, nil }}
}

// mean samples scale times the population, over 1.
func mean(scale float64, p population) SamplerFunc {
	return func(s *replicate.Stream) (num, den float64, err error) { return scale * p.draw(s), 1, nil }
}

// quotient samples scale times the population over another draw of it.
func quotient(scale float64, p population) SamplerFunc {
	return func(s *replicate.Stream) (num, den float64, err error) { return scale * p.draw(s), p.draw(s), nil }
}

// outcomes counts what became of many runs of a claim.
type outcomes struct {
	runs, pass, fail, gap, open int
	notGood                     int // FAIL, or in the gap: an interval excluded GOOD
	notBad                      int // PASS, or in the gap
}

// runMany runs a claim with seeds 1, 2, ..., on all processors.
func runMany(t testing.TB, runs int, claim func() *Claim) (o outcomes) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	workers := runtime.GOMAXPROCS(0)
	for w := range workers {
		wg.Go(func() {
			c := claim()
			for seed := w; seed < runs; seed += workers {
				v, err := c.Run(context.Background(), Options{Seed: uint64(seed), Workers: 1})
				mu.Lock()
				o.runs++
				gap := strings.HasPrefix(v.Reason, "in the gap")
				switch {
				case err != nil || v.Status == Errored:
					t.Errorf("seed %d: %v %s", seed, err, v.Reason)
				case v.Status == Pass:
					o.pass++
				case v.Status == Fail:
					o.fail++
				case gap:
					o.gap++
				default:
					o.open++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	o.notGood, o.notBad = o.fail+o.gap, o.pass+o.gap
	return o
}

func (o outcomes) String() string {
	return fmt.Sprintf("%d PASS, %d FAIL, %d in the gap, %d undecided of %d", o.pass, o.fail, o.gap, o.open, o.runs)
}

// run runs a claim once.
func run(t testing.TB, c *Claim, opt Options) Verdict {
	t.Helper()
	v, err := c.Run(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
