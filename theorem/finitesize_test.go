package theorem

import (
	"math"
	"math/rand/v2"
	"testing"
)

// excess simulates R(d, N = d/gamma)/R(infinity) - 1 by the two-point reduction,
// with its standard error. Only differences from the limit are sampled, on common
// logits: their variance is O(1/d) where that of R itself is O(1).
func excess(t *testing.T, classes, dim int, gamma, kappa float64, replicates int) (mean, se float64) {
	t.Helper()
	if dim%2 == 0 {
		t.Fatal("dim must be odd: chi^2 of even order is a logarithm of uniforms")
	}
	m, err := NewSoftmaxMoments(classes, kappa)
	if err != nil {
		t.Fatal(err)
	}
	e := m.moments([]partition{{1, 1}, {2, 2}, {2, 1, 1}})
	c, d := float64(classes), float64(dim)
	off0 := gamma*e[1] + e[0]*e[0]
	diag0 := gamma*(c-1)*(e[1]+(c-2)*e[2]) + (c-1)*(c-1)*e[0]*e[0]

	rng := rand.New(rand.NewPCG(20250509, uint64(1000*classes+dim)))
	chi2 := func() float64 {
		product := 1.0
		for range (dim - 1) / 2 {
			product *= 1 - rng.Float64()
		}
		return -2 * math.Log(product)
	}
	softmax := func(p, z []float64) {
		sum := 0.0
		for i := range p {
			p[i] = math.Exp(z[i])
			sum += p[i]
		}
		for i := range p {
			p[i] /= sum
		}
	}
	xi, xi2, z := make([]float64, classes), make([]float64, classes), make([]float64, classes)
	p0, q0, p, q := make([]float64, classes), make([]float64, classes), make([]float64, classes), make([]float64, classes)
	// Means over all pairs and over all classes of lambda lambda', for the two blocks.
	blocks := func(p, q []float64) (off, diag float64) {
		dot, dot2 := 0.0, 0.0
		for i := range p {
			w := p[i] * q[i]
			dot += w
			dot2 += w * w
			diag += w * (1 - p[i]) * (1 - q[i])
		}
		return (dot*dot - dot2) / (c * (c - 1)), diag / c
	}
	s := math.Sqrt(kappa)
	var sums [5]float64 // a, b, aa, ab, bb
	for range replicates {
		for i := range xi {
			xi[i], xi2[i] = s*rng.NormFloat64(), s*rng.NormFloat64()
		}
		b, b0 := rng.NormFloat64(), rng.NormFloat64()
		v, rest := (b0*b0+chi2())/d, chi2()/d
		softmax(p0, xi)
		softmax(q0, xi2)
		for i := range z {
			z[i] = math.Sqrt(v) * xi[i]
		}
		softmax(p, z)
		selfOff0, selfDiag0 := blocks(p0, p0)
		selfOff, selfDiag := blocks(p, p)
		pairOff0, pairDiag0 := blocks(p0, q0)
		A := gamma * (v*v*selfOff - selfOff0)
		B := gamma * (v*v*selfDiag - selfDiag0)
		for _, sign := range []float64{1, -1} { // the first-order term in x.x' cancels
			for i := range z {
				z[i] = sign*b/math.Sqrt(d)*xi[i] + math.Sqrt(rest)*xi2[i]
			}
			softmax(q, z)
			pairOff, pairDiag := blocks(p, q)
			A += 0.5 * b * b * ((1-gamma/d)*v*pairOff - pairOff0)
			B += 0.5 * b * b * ((1-gamma/d)*v*pairDiag - pairDiag0)
		}
		A, B = A/off0, B/diag0
		for k, x := range []float64{A, B, A * A, A * B, B * B} {
			sums[k] += x
		}
	}
	n := float64(replicates)
	for k := range sums {
		sums[k] /= n
	}
	a, b := 1+sums[0], 1+sums[1]
	ratio := a / b
	variance := (sums[2] - sums[0]*sums[0]) - 2*ratio*(sums[3]-sums[0]*sums[1]) + ratio*ratio*(sums[4]-sums[1]*sums[1])
	return ratio - 1, math.Sqrt(variance/n) / b
}

// d (R(d)/R - 1) = a + a_2/d + O(1/d^2): two dimensions remove a_2. The interval
// is 4.9 standard errors, a false alarm in 10^6 runs under other seeds, plus an
// allowance of 1 % of a for the term that is left.
func TestLinearCEFiniteSizeBySimulation(t *testing.T) {
	for _, c := range []struct {
		classes      int
		gamma, kappa float64
		replicates   int
	}{{3, 0.5, 1, 300_000}, {10, 0.5, 1, 60_000}, {5, 3, 0.5, 80_000}} {
		want, err := LinearCEFiniteSize(c.classes, c.gamma, c.kappa)
		if err != nil {
			t.Fatal(err)
		}
		const near, far = 21, 41
		x, xse := excess(t, c.classes, near, c.gamma, c.kappa, c.replicates)
		y, yse := excess(t, c.classes, far, c.gamma, c.kappa, c.replicates)
		x, xse, y, yse = x*near, xse*near, y*far, yse*far
		got := (far*y - near*x) / (far - near)
		se := math.Hypot(far*yse, near*xse) / (far - near)
		t.Logf("%+v: a = %.5f, simulated %.4f(%.4f); at d=%d %.4f(%.4f), d=%d %.4f(%.4f)", c, want, got, se, near, x, xse, far, y, yse)
		if !(math.Abs(got-want) <= 4.9*se+0.01*math.Abs(want)) {
			t.Errorf("%+v: a = %v, simulated %v +- %v", c, want, got, se)
		}
		if !(4.9*se < 0.25*math.Abs(want)) {
			t.Errorf("%+v: standard error %v too large to test a = %v", c, se, want)
		}
	}
}

func TestLinearCEFiniteSizeOfTwoClassesIsZero(t *testing.T) {
	for _, kappa := range []float64{0.05, 1, 10, 50} {
		if a, err := LinearCEFiniteSize(2, 0.5, kappa); a != 0 || err != nil {
			t.Errorf("kappa=%v: a = %v, %v, want exactly 0", kappa, a, err)
		}
	}
}

// What halving both quadrature steps moves is the rounding error: the documented
// bound must cover it.
func TestLinearCEFiniteSizeIsConverged(t *testing.T) {
	for _, c := range []int{3, 10, 1000, MaxClasses} {
		for _, kappa := range []float64{1e-3, 0.05, 1. / 3, 1, 2, 10, 50} {
			a := linearCEFiniteSize(&SoftmaxMoments{c, kappa, 1}, 0.5)
			b := linearCEFiniteSize(&SoftmaxMoments{c, kappa, 2}, 0.5)
			if !(math.Abs(a-b) < 2e-13*(1+kappa*kappa)*(1+math.Abs(a))) {
				t.Errorf("C=%d kappa=%v: a = %v, with half the steps %v", c, kappa, a, b)
			}
		}
	}
}

// As kappa -> 0 all probabilities are 1/C and a vanishes with kappa.
func TestLinearCEFiniteSizeOfSmallLogitsIsSmall(t *testing.T) {
	for _, c := range []int{3, 10, 1000} {
		a, err := LinearCEFiniteSize(c, 0.5, 1e-9)
		if err != nil || !(math.Abs(a) < 1e-8) {
			t.Errorf("C=%d: a = %v, %v at kappa = 1e-9, want about 0", c, a, err)
		}
	}
}
