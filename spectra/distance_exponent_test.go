package spectra

import (
	"math"
	"testing"

	"pastur/replicate"
)

// A power law is recovered exactly, and with noise of the stated size the fit
// is off by its standard error in the root mean square.
func TestFitExponent(t *testing.T) {
	dims := []float64{100, 200, 400, 1600}
	power := func(s *replicate.Stream) []Distance {
		var out []Distance
		for k, d := range dims {
			relative := 0.01 * float64(k+1)
			value := 3 * math.Pow(d, -0.7)
			if s != nil {
				value *= 1 + relative*s.Normal()
			}
			out = append(out, Distance{Value: value, Hi: value * (1 + 1.959963984540054*relative)})
		}
		return out
	}
	exact, err := FitExponent(dims, power(nil))
	if err != nil || math.Abs(exact.Value+0.7) > 1e-12 {
		t.Fatalf("exponent %v, %v; want -0.7", exact, err)
	}
	s := replicate.NewStream(1, "exponent", 0)
	const runs = 4000
	square := 0.0
	for range runs {
		fit, err := FitExponent(dims, power(s))
		if err != nil {
			t.Fatal(err)
		}
		square += (fit.Value + 0.7) * (fit.Value + 0.7) / runs
	}
	// The sample variance of 4000 normals is off by 2.2 %: 11 % is 5 of them.
	if ratio := square / (exact.Error * exact.Error); math.Abs(ratio-1) > 0.11 {
		t.Errorf("variance of the fit over its stated variance is %v", ratio)
	}
	for _, bad := range []struct {
		dims []float64
		d    []Distance
	}{
		{[]float64{100, 100}, []Distance{{Value: 1, Hi: 2}, {Value: 1, Hi: 2}}},
		{[]float64{100, 200}, []Distance{{Value: 0, Hi: 2}, {Value: 1, Hi: 2}}},
		{[]float64{100, 200}, []Distance{{Value: 1, Hi: math.NaN()}, {Value: 1, Hi: 2}}},
		{[]float64{100}, []Distance{{Value: 1, Hi: 2}, {Value: 1, Hi: 2}}},
	} {
		if _, err := FitExponent(bad.dims, bad.d); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
}
