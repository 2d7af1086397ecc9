package theorem

import (
	"math"
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
	// As rho -> 1 the closed form cancels: the sum must reach well beyond the first
	// dimensions.
	for _, d := range []int{20, 300} {
		sum := 0.0
		for j := range d {
			for k := range d {
				sum += math.Pow(1-1e-9, 2*math.Abs(float64(j-k)))
			}
		}
		got, err := ARTraces(1-1e-9, float64(d))
		if err != nil {
			t.Fatal(err)
		}
		near("ar1, rho near 1", got, 1, sum/float64(d))
	}
	inf := math.Inf(1)
	got, _ := ARTraces(0.5, inf)
	near("ar1 inf", got, 1, 1.25/0.75)
	large, _ := ARTraces(0.5, 1e9)
	near("ar1 1e9", large, 1, 1.25/0.75-2*0.25/(1e9*0.75*0.75))
	// The sum and the closed form meet.
	below, _ := ARTraces(0.9, 10_000)
	above, _ := ARTraces(0.9, 10_001)
	if step := above.Second - below.Second; math.Abs(step-2*0.81/(0.19*0.19)/1e8) > 1e-9 {
		t.Errorf("ar1 rises by %v from d = 10000 to 10001", step)
	}
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
	for _, c := range []struct {
		f    func() (TraceMoments, error)
		want string
	}{
		{func() (TraceMoments, error) { return ARTraces(-1, 5) }, "rho must lie between -1 and 1"},
		{func() (TraceMoments, error) { return ARTraces(0.5, 1.5) }, "dim must be a whole number"},
		{func() (TraceMoments, error) { return PowerTraces(0.5, inf) }, "diverges"},
		{func() (TraceMoments, error) { return PowerTraces(0.5, 1e9) }, "dim must be at most 1e+08"},
		{func() (TraceMoments, error) { return SpikedTraces(4, 1, 3) }, "between 1 and dim"},
		{func() (TraceMoments, error) { return SpikedTraces(3, 0, 3) }, "all eigenvalues are 0"},
	} {
		if _, err := c.f(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want one with %q", err, c.want)
		}
	}
}
