package theorem

import (
	"math"
	"math/big"
	"strings"
	"testing"
)

// The closed forms against sums over the covariance matrix itself.
func TestTraces(t *testing.T) {
	near := func(name string, got TraceMoments, first, second float64) {
		t.Helper()
		if math.Abs(got.First-first) > 1e-12*first || math.Abs(got.Second-second) > 1e-12*second {
			t.Errorf("%s: %+v, want %v and %v", name, got, first, second)
		}
	}
	for _, d := range []int{1, 2, 9, 100} {
		dim := float64(d)
		for _, rho := range []float64{0, 0.5, -0.9, 0.999} {
			sum := 0.0
			for j := range d {
				for k := range d {
					sum += math.Pow(rho*rho, math.Abs(float64(j-k)))
				}
			}
			got, err := ARTraces(rho, dim)
			if err != nil {
				t.Fatal(err)
			}
			near("ar1", got, 1, sum/dim)
		}
		for _, alpha := range []float64{0, 0.3, 0.5, 2} {
			var s1, s2 float64
			for k := 1; k <= d; k++ {
				s1 += math.Pow(float64(k), -alpha)
				s2 += math.Pow(float64(k), -2*alpha)
			}
			got, err := PowerTraces(alpha, dim)
			if err != nil {
				t.Fatal(err)
			}
			near("power", got, 1, dim*s2/(s1*s1))
		}
		got, err := SpikedTraces(d, 3, dim)
		if err != nil {
			t.Fatal(err)
		}
		near("all spikes", got, 3, 9)
		if rank := got.EffectiveRank(dim); math.Abs(rank-dim) > 1e-12*dim {
			t.Errorf("effective rank of 3 I is %v, want %v", rank, dim)
		}
	}
	inf := math.Inf(1)
	got, _ := ARTraces(0.5, inf)
	near("ar1 inf", got, 1, 1.25/0.75)
	got, _ = PowerTraces(0.3, inf)
	near("power inf", got, 1, 0.49/0.4)
	if far, _ := PowerTraces(0.3, 1e6); math.Abs(far.Second/got.Second-1) > 0.01 {
		t.Errorf("power: %v at d = 1e6, limit %v", far.Second, got.Second)
	}
	got, _ = SpikedTraces(2, 10, inf)
	near("spiked inf", got, 1, 1)
	if g := (TraceMoments{2, 5}).EffectiveGamma(0.5); g != 0.4 {
		t.Errorf("effective gamma %v, want 0.4", g)
	}
	if k := (TraceMoments{2, 5}).EffectiveKappa(3); k != 6 {
		t.Errorf("effective kappa %v, want 6", k)
	}
	for _, c := range []struct {
		f    func() (TraceMoments, error)
		want string
	}{
		{func() (TraceMoments, error) { return ARTraces(-1, 5) }, "rho must lie between -1 and 1"},
		{func() (TraceMoments, error) { return ARTraces(0.5, 1.5) }, "dim must be a whole number"},
		{func() (TraceMoments, error) { return PowerTraces(0.5, inf) }, "diverges"},
		{func() (TraceMoments, error) { return PowerTraces(0.5, 1<<51) }, "dim must be a whole number between 1 and 1.13e+15"},
		{func() (TraceMoments, error) { return PowerTraces(-0.1, 10) }, "must be finite and at least 0"},
		{func() (TraceMoments, error) { return SpikedTraces(4, 1, 3) }, "between 1 and dim"},
		{func() (TraceMoments, error) { return SpikedTraces(3, 0, 3) }, "all eigenvalues are 0"},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}

// arSecond evaluates the closed form of ARTraces to 600 bits, of which its
// cancellation leaves hundreds.
func arSecond(rho, dim float64) float64 {
	const bits = 600
	number := func(x float64) *big.Float { return new(big.Float).SetPrec(bits).SetFloat64(x) }
	op := func(f func(z, x, y *big.Float) *big.Float, x, y *big.Float) *big.Float {
		return f(new(big.Float).SetPrec(bits), x, y)
	}
	mul, sub, add, quo := (*big.Float).Mul, (*big.Float).Sub, (*big.Float).Add, (*big.Float).Quo
	one := number(1)
	q := op(mul, number(rho), number(rho))
	power, square := one, q
	for n := uint64(dim); n > 0; n /= 2 {
		if n&1 == 1 {
			power = op(mul, power, square)
		}
		square = op(mul, square, square)
		if square.MantExp(nil) < -4*bits { // and q^d nothing beside 1
			if n > 1 {
				power = number(0)
			}
			break
		}
	}
	c := op(sub, one, q)
	last := op(quo, op(mul, op(mul, number(2), q), op(sub, one, power)), op(mul, number(dim), op(mul, c, c)))
	second, _ := op(sub, op(quo, op(add, one, q), c), last).Float64()
	return second
}

// The closed form cancels as rho -> 1, and centres control variates: the value is
// wanted to the last digits for every rho and d, however small d (1-rho) is. As
// written it gives 20012.8 for 20000 at rho = 1-1e-11, d = 20000, and 1 two digits on.
func TestARTracesNearOne(t *testing.T) {
	worst := 0.0
	for _, gap := range []float64{1, 0.9, 0.5, 0.23, 0.22, 0.2, 0.1, 0.01, 1e-3, 1e-5, 1e-7, 1e-9, 1e-11, 1e-13, 0x1p-52, 0x1p-53} {
		for _, dim := range []float64{2, 3, 7, 100, 10_000, 10_001, 20_000, 1e6, 1e9, 1e12, maxWhole} {
			for _, sign := range []float64{1, -1} {
				rho := sign * (1 - gap)
				got, err := ARTraces(rho, dim)
				if err != nil {
					t.Fatal(err)
				}
				e := math.Abs(got.Second/arSecond(rho, dim) - 1)
				worst = max(worst, e)
				if got.First != 1 || !(e <= 3e-15) {
					t.Errorf("rho = 1-%v, d = %v: %+v, %.2g off", gap, dim, got, e)
				}
			}
		}
	}
	t.Logf("worst relative error %.2g", worst)
	// The reference is not the code: it sums what little there is to sum.
	sum := 0.0
	for j := range 50 {
		for k := range 50 {
			sum += math.Pow(0.99999, 2*math.Abs(float64(j-k)))
		}
	}
	if want := arSecond(0.99999, 50); math.Abs(sum/50/want-1) > 1e-14 {
		t.Errorf("reference %v, sum %v", want, sum/50)
	}
}

// Sums of powers: against sums, and beyond their reach against the expansions of
// harmonic numbers and of sum k^{-1/2}.
func TestPowerTracesAreExact(t *testing.T) {
	const euler, zetaHalf = 0.57721566490153286061, -1.46035450880958681289
	harmonic := func(n float64) float64 { return math.Log(n) + euler + 1/(2*n) - 1/(12*n*n) }
	squares := func(n float64) float64 { return math.Pi*math.Pi/6 - 1/n + 1/(2*n*n) }
	roots := func(n float64) float64 { return 2*math.Sqrt(n) + zetaHalf + 1/(2*math.Sqrt(n)) - 1/(24*n*math.Sqrt(n)) }
	sum := func(a, dim float64) (sum float64) {
		lost := 0.0 // Kahan's compensation
		for k := dim; k >= 1; k-- {
			x := math.Pow(k, -a) - lost
			next := sum + x
			lost = (next - sum) - x
			sum = next
		}
		return sum
	}
	worst := 0.0
	check := func(alpha, dim, want float64) {
		t.Helper()
		got, err := PowerTraces(alpha, dim)
		worst = max(worst, math.Abs(got.Second/want-1))
		if err != nil || got.First != 1 || !(math.Abs(got.Second/want-1) <= 2e-15) {
			t.Errorf("alpha = %v, d = %v: %+v, %v, want %v: %.2g off", alpha, dim, got, err, want, got.Second/want-1)
		}
	}
	for _, d := range []float64{1e5, 1e9, maxWhole} {
		check(0, d, 1)
		check(1, d, d*squares(d)/(harmonic(d)*harmonic(d)))
		check(0.5, d, d*harmonic(d)/(roots(d)*roots(d)))
	}
	for _, alpha := range []float64{0.1, 0.3, 0.49999999, 0.5, 0.50000001, 0.9, 1.0000001, 2, 5, 7.9, 8, 15.9, 16, 20, 100, 1e300} {
		for _, dim := range []float64{1, 2, 15, 16, 17, 30, 1000, 30_000} {
			s1, s2 := sum(alpha, dim), sum(2*alpha, dim)
			check(alpha, dim, dim/s1*(s2/s1))
		}
	}
	t.Logf("worst relative error %.2g", worst)
}
