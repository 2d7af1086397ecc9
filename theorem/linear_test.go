package theorem

import (
	"fmt"
	"math"
	"testing"
)

func mustLinear(t testing.TB, classes int, gamma, kappa float64) float64 {
	t.Helper()
	r, err := LinearCERatio(classes, gamma, kappa)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Halving both steps of the quadrature must not move the result: the rule has
// converged, and the walk along t has not stopped early.
func TestLinearCERatioIsConverged(t *testing.T) {
	worst := 0.0
	for _, c := range []int{2, 3, 5, 10, 1000, 50257, MaxClasses} {
		for _, kappa := range []float64{1e-12, 1e-3, 0.05, 0.2, 1. / 3, 0.5, 1, 2, 5, 10, 25, 50} {
			coarse, err := NewSoftmaxMoments(c, kappa)
			if err != nil {
				t.Fatal(err)
			}
			fine := &SoftmaxMoments{c, kappa, 2}
			e := math.Abs(linearCERatio(coarse, 0.5)/linearCERatio(fine, 0.5) - 1)
			worst = max(worst, e)
			if !(e < 1e-14) {
				t.Errorf("C=%d kappa=%v: halving the steps moves R by %.2g", c, kappa, e)
			}
		}
	}
	t.Logf("worst %.2g", worst)
}

func TestLinearCERatioOfTwoClassesIsOne(t *testing.T) {
	for _, kappa := range []float64{1e-9, 0.05, 1, 4, 50} {
		for _, gamma := range []float64{1e-300, 0.5, 1e300} {
			if r := mustLinear(t, 2, gamma, kappa); r != 1 {
				t.Errorf("gamma=%v kappa=%v: R(2) = %v, want exactly 1", gamma, kappa, r)
			}
		}
	}
}

// C^2 R = A + A_1/C + A_2/C^2 + ...: three doublings remove A_1 .. A_3.
func TestLinearCEConstantIsTheLimit(t *testing.T) {
	for _, kappa := range []float64{0.1, 1. / 3, 1, 2} {
		for _, gamma := range []float64{0.01, 0.5, 3} {
			want, err := LinearCEConstant(gamma, kappa)
			if err != nil {
				t.Fatal(err)
			}
			var v [4]float64
			for i := range v {
				c := 1_000_000 << i
				v[i] = float64(c) * float64(c) * mustLinear(t, c, gamma, kappa)
			}
			for order := 1; order < len(v); order++ {
				w := math.Exp2(float64(order))
				for i := 0; i < len(v)-order; i++ {
					v[i] = (w*v[i+1] - v[i]) / (w - 1)
				}
			}
			if e := math.Abs(v[0]/want - 1); !(e < 1e-12) {
				t.Errorf("gamma=%v kappa=%v: extrapolated %v, constant %v, relative difference %.2g", gamma, kappa, v[0], want, e)
			}
		}
	}
}

// With nearly equal probabilities the ratio of norms is the heuristic 1/(C-1).
func TestHeuristicIsTheLimitOfSmallLogits(t *testing.T) {
	for _, c := range []int{2, 3, 10, 1000, 1_000_000} {
		got, want := NormRatio(mustLinear(t, c, 0.5, 1e-14)), NormRatioHeuristic(c)
		if !(math.Abs(got/want-1) < 1e-12) {
			t.Errorf("C=%d: sqrt R = %v at kappa = 1e-14, heuristic %v", c, got, want)
		}
	}
	if got := RowMass(0.25, 3); got != 0.5 {
		t.Errorf("RowMass(0.25, 3) = %v, want 0.5", got)
	}
}

// Sum rules tie moments of different shape to one another.
func TestSoftmaxMomentsSumRules(t *testing.T) {
	for _, c := range []int{2, 3, 7, 1000, MaxClasses} {
		for _, kappa := range []float64{0.05, 1, 10, 50} {
			m, err := NewSoftmaxMoments(c, kappa)
			if err != nil {
				t.Fatal(err)
			}
			get := func(a ...int) float64 {
				v, err := m.Moment(a...)
				if err != nil {
					t.Fatal(err)
				}
				return v
			}
			n := float64(c)
			for _, rule := range []struct {
				name      string
				got, want float64
			}{
				{"E p = 1/C", n * get(1), 1},
				{"sum_j E p_1 p_j = E p_1", n * (get(2) + (n-1)*get(1, 1)), 1},
				{"sum_j E p_1^3 p_j = E p_1^3", (get(4) + (n-1)*get(3, 1)) / get(3), 1},
				{"sum_j E p_1^6 p_2^5 p_j", (get(7, 5) + get(6, 6) + func() float64 {
					if c == 2 {
						return 0
					}
					return (n - 2) * get(6, 5, 1)
				}()) / get(5, 6), 1},
				{"zeros are ignored", get(0, 2, 0, 1), get(1, 2)},
				{"E 1", get(0, 0), 1},
			} {
				if !(math.Abs(rule.got/rule.want-1) < 1e-13) {
					t.Errorf("C=%d kappa=%v: %s: got %v, want %v", c, kappa, rule.name, rule.got, rule.want)
				}
			}
		}
	}
}

// ratioProperties checks what holds for every input: R in (0, 1], 1 at C = 2,
// decreasing in C, and never below the heuristic 1/(C-1)^2 (by Jensen
// E (p_1 p_2)^2 >= (E p_1 p_2)^2, and the diagonal has less spread).
func ratioProperties(t *testing.T, classes int, gamma, kappa float64) {
	r := mustLinear(t, classes, gamma, kappa)
	if !(r > 0 && r <= 1) {
		t.Errorf("C=%d gamma=%v kappa=%v: R = %v, want in (0, 1]", classes, gamma, kappa, r)
	}
	if (classes == 2) != (r == 1) {
		t.Errorf("C=%d gamma=%v kappa=%v: R = %v, want 1 exactly at C = 2 only", classes, gamma, kappa, r)
	}
	if next := classes + 1 + classes/8; next <= MaxClasses {
		if s := mustLinear(t, next, gamma, kappa); !(s < r) {
			t.Errorf("gamma=%v kappa=%v: R(%d) = %v, R(%d) = %v, want it to decrease", gamma, kappa, classes, r, next, s)
		}
	}
	if h := NormRatioHeuristic(classes); !(r > h*h*(1-1e-13)) {
		t.Errorf("C=%d gamma=%v kappa=%v: R = %v below the heuristic %v", classes, gamma, kappa, r, h*h)
	}
}

func TestLinearCERatioProperties(t *testing.T) {
	state := uint64(7)
	uniform := func() float64 {
		state = state*6364136223846793005 + 1442695040888963407
		return float64(state>>11) * 0x1p-53
	}
	for range 150 {
		c := int(2 * math.Exp(uniform()*math.Log(4e8)))
		ratioProperties(t, c, math.Exp(20*uniform()-10), 50*math.Pow(uniform(), 3)+1e-6)
	}
	for c := 2; c < 12; c++ {
		ratioProperties(t, c, 0.5, 1)
	}
}

func FuzzLinearCERatio(f *testing.F) {
	f.Add(2, 0.5, 1.0)
	f.Add(50257, 3.0, 50.0)
	f.Add(1_000_000_000, 1e-300, 1e-300)
	f.Add(0, math.NaN(), math.Inf(1))
	f.Fuzz(func(t *testing.T, classes int, gamma, kappa float64) {
		if _, err := LinearCERatio(classes, gamma, kappa); err != nil {
			return // refused with a message; what is accepted must be right
		}
		ratioProperties(t, classes, gamma, kappa)
	})
}

func Example() {
	r, err := LinearCERatio(50257, 0.5, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("R = %.4e, ratio of norms 1/%.0f\n", r, 1/NormRatio(r))
	// Output:
	// R = 7.8766e-10, ratio of norms 1/35631
}

func BenchmarkLinearCERatio(b *testing.B) {
	for _, c := range []int{10, 1000, 1_000_000_000} {
		b.Run(fmt.Sprintf("C=%d", c), func(b *testing.B) {
			for b.Loop() {
				mustLinear(b, c, 0.5, 1)
			}
		})
	}
}

func BenchmarkLinearCEFiniteSize(b *testing.B) {
	for b.Loop() {
		if _, err := LinearCEFiniteSize(1000, 0.5, 1); err != nil {
			b.Fatal(err)
		}
	}
}
