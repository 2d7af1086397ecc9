package replicate

import (
	"fmt"
	"math"
	"testing"

	"pastur/internal/elementary"
)

// The law of Normal piece by piece, which sees errors that its histogram does not:
// the layers have equal areas and cover the whole, what is accepted at once lies
// under the curve, the wedges are accepted as often as the curve says, and the tail
// has its law (TestNormalTail).

func curve(x float64) float64 { return math.Exp(-x * x / 2) }

// upperTail returns P(Z > x).
func upperTail(x float64) float64 { return math.Erfc(x/math.Sqrt2) / 2 }

// zigguratFaults lists what is wrong with a table.
func zigguratFaults(table *zigguratTable) (faults []string) {
	wrong := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	right := make([]float64, zigguratLayers+1) // the right ends; the last is 0
	for i, scale := range table.scale {
		right[i] = scale * 0x1p53
	}
	// The base is a rectangle up to R and the tail beyond it.
	area := right[1]*curve(right[1]) + math.Sqrt(2*math.Pi)*upperTail(right[1])
	if widened := right[0] * curve(right[1]); math.Abs(widened/area-1) > 1e-12 {
		wrong("the base's widened rectangle has area %v, the base %v", widened, area)
	}
	for i := 1; i < zigguratLayers; i++ {
		if a := right[i] * (curve(right[i+1]) - curve(right[i])); math.Abs(a/area-1) > 1e-11 {
			wrong("layer %d has area %v, the base %v", i, a, area)
		}
	}
	for i := range zigguratLayers {
		if right[i+1] >= right[i] {
			wrong("layer %d ends at %v, the next at %v", i, right[i], right[i+1])
		}
		if h := table.height[i]; math.Abs(h/curve(right[i])-1) > 1e-13 {
			wrong("height %v at the end of layer %d, want %v", h, i, curve(right[i]))
		}
		// The rectangle under the curve reaches to the next layer's end, and not beyond.
		if x := float64(table.accept[i]) * table.scale[i]; math.Abs(x-right[i+1]) > 4e-16*right[i] {
			wrong("layer %d accepts up to %v at once, want %v", i, x, right[i+1])
		}
	}
	if table.height[zigguratLayers] != 1 {
		wrong("the top is at %v, want 1", table.height[zigguratLayers])
	}
	return faults
}

func TestZiggurat(t *testing.T) {
	if ziggurat.scale[1]*0x1p53 != zigguratR {
		t.Errorf("the tail begins at %v, the base ends at %v", zigguratR, ziggurat.scale[1]*0x1p53)
	}
	for _, fault := range zigguratFaults(ziggurat) {
		t.Error(fault)
	}
	for name, plant := range map[string]func(*zigguratTable){
		"a layer wider by 1e-10":    func(t *zigguratTable) { t.scale[100] *= 1 + 1e-10 },
		"the base wider by 1e-10":   func(t *zigguratTable) { t.scale[0] *= 1 + 1e-10 },
		"accepts 1e-15 beyond":      func(t *zigguratTable) { t.accept[50] += 20 },
		"a height off by 1e-12":     func(t *zigguratTable) { t.height[7] *= 1 + 1e-12 },
		"the top layer not at 1":    func(t *zigguratTable) { t.height[zigguratLayers] = 0.999 },
		"the last layer not closed": func(t *zigguratTable) { t.scale[zigguratLayers-1] *= 1.001 },
	} {
		table := *ziggurat
		plant(&table)
		if len(zigguratFaults(&table)) == 0 {
			t.Errorf("planted error survives: %s", name)
		}
	}
}

// A point at x in the wedge of a layer is kept with the probability that the curve has
// there between the layer's lower and upper edge. False alarm: 1e-6.
func TestZigguratWedges(t *testing.T) {
	const draws = 4000 // a layer
	z := elementary.NormalUpperQuantile(1e-6 / 2)
	standardErrors := func(times float64) float64 {
		s := NewStream(7, "wedges", 0)
		var sum, variance float64
		for layer := uint64(1); layer < zigguratLayers; layer++ {
			hi := ziggurat.scale[layer] * 0x1p53
			lo := 0.0
			if layer+1 < zigguratLayers {
				lo = ziggurat.scale[layer+1] * 0x1p53
			}
			for range draws {
				x := lo + s.Float64()*(hi-lo)
				p := times * (curve(x) - curve(hi)) / (curve(lo) - curve(hi))
				got, ok := s.normalEdge(layer, x)
				if got != x {
					t.Fatalf("layer %d moves %v to %v", layer, x, got)
				}
				if ok {
					sum++
				}
				sum -= p
				variance += p * (1 - p)
			}
		}
		return sum / math.Sqrt(variance)
	}
	if x := standardErrors(1); math.Abs(x) > z {
		t.Errorf("wedges are kept %.1f standard errors too often", x)
	}
	for _, times := range []float64{0.99, 1.01} {
		if x := standardErrors(times); math.Abs(x) <= z {
			t.Errorf("planted error survives: a probability off by a factor of %v shows as %.1f standard errors", times, x)
		}
	}
}

// The law beyond the ziggurat's base, drawn alone: one normal in 3900 comes from
// there, so that TestNormal does not see a tail some per cent too short or too long.
// A chi-squared test of the shape, P(chi^2_19 > 65) = 6.1e-7, and one of the mean
// square excess at 5e-7, which the acceptance step governs.
func TestNormalTail(t *testing.T) {
	const n, bins, limit = 400_000, 20, 65
	chi2 := func(stretch float64) (sum float64) {
		s := NewStream(6, "tail", 0)
		var counts [bins]int
		for range n {
			x, ok := s.normalEdge(0, 0)
			if !ok || x < zigguratR {
				t.Fatalf("%v is not in the tail", x)
			}
			x = zigguratR + stretch*(x-zigguratR)
			counts[min(bins-1, int(bins*upperTail(x)/upperTail(zigguratR)))]++ // uniform if the law is right
		}
		for _, k := range counts {
			sum += math.Pow(float64(k)-n/bins, 2) / (n / bins)
		}
		return sum
	}
	if x := chi2(1); x > limit {
		t.Errorf("chi-squared %.1f of %d degrees of freedom", x, bins-1)
	}
	for _, stretch := range []float64{0.95, 1.05} {
		if x := chi2(stretch); x <= limit {
			t.Errorf("planted error survives: a tail stretched by %v has chi-squared %.1f", stretch, x)
		}
	}

	// With h = phi(R)/Q(R), E x = h, E x^2 = 1 + R h, E x^3 = (R^2+2) h and E x^4 =
	// 3 + (R^3 + 3R) h beyond R.
	const r = zigguratR
	h := curve(r) / math.Sqrt(2*math.Pi) / upperTail(r)
	x1, x2, x3, x4 := h, 1+r*h, (r*r+2)*h, 3+(r*r*r+3*r)*h
	square := x2 - 2*r*x1 + r*r
	fourth := x4 - 4*r*x3 + 6*r*r*x2 - 4*r*r*r*x1 + r*r*r*r
	const draws = 4_000_000
	z := elementary.NormalUpperQuantile(5e-7 / 2)
	// Whoever accepts at 2y >= c excess^2 draws a density times e^{-(c-1) excess^2/2}.
	standardErrors := func(c float64, tail func(s *Stream) float64) float64 {
		s := NewStream(6, "tail", 1)
		sum := 0.0
		for range draws {
			excess := tail(s)
			sum += excess*excess - square
		}
		return sum / math.Sqrt(draws*(fourth-square*square))
	}
	exact := func(s *Stream) float64 { x, _ := s.normalEdge(0, 0); return x - r }
	if x := standardErrors(1, exact); math.Abs(x) > z {
		t.Errorf("the mean square excess is %.1f standard errors off", x)
	}
	for _, c := range []float64{0.97, 1.03} {
		if x := standardErrors(c, func(s *Stream) float64 {
			for {
				if excess := -math.Log(s.open()) / r; -2*math.Log(s.open()) >= c*excess*excess {
					return excess
				}
			}
		}); math.Abs(x) <= z {
			t.Errorf("planted error survives: accepting at %v times the square shows as %.1f standard errors", c, x)
		}
	}
}
