package lindeberg

import (
	"encoding/json"
	"math"
	"math/cmplx"
	"os"
	"testing"

	"pastur/network"
	"pastur/spectra"
)

func linear(classes int, off bool) Setting {
	return Setting{Model: network.Linear, Block: network.VV, Classes: classes, OffDiagonal: off}
}

func hidden(classes, m int, off bool) Setting {
	return Setting{Model: network.Hidden, Block: network.WW, Classes: classes, Hidden: m, OffDiagonal: off, Outputs: 1}
}

// brutePotential returns log det T + C log s at z, from E[F u u^T] itself in the
// C-1 directions orthogonal to the vector of ones (on which T is 1/s), with s from a
// damped fixed-point iteration: no Stein, no exchangeability, no Newton.
func brutePotential(classes int, kappa float64, off bool, gamma float64, z complex128) complex128 {
	k := classes - 1
	basis := helmert(classes)
	type point struct {
		weight, lambda float64
		t              []float64
	}
	var points []point
	step := 0.25
	if classes > 3 { // one direction more
		step = 0.5
	}
	half := int(8.5 / step)
	index := make([]int, k)
	for i := range index {
		index[i] = -half
	}
	for done := false; !done; {
		t, logits, p := make([]float64, k), make([]float64, classes), make([]float64, classes)
		weight := 1.0
		for i, j := range index {
			t[i] = float64(j) * step
			weight *= step / math.Sqrt(2*math.Pi) * math.Exp(-t[i]*t[i]/2)
			for c := range logits {
				logits[c] += math.Sqrt(kappa) * t[i] * basis[i][c]
			}
		}
		softmax(p, logits)
		points = append(points, point{weight, linearWeight(p, off), t})
		done = true
		for i := range index {
			if index[i]++; index[i] <= half {
				done = false
				break
			}
			index[i] = -half
		}
	}
	g := complex(gamma, 0)
	s := -1 / z
	for range 20000 {
		f := complex128(0)
		for _, p := range points {
			f += complex(p.weight*p.lambda, 0) / (1 + g*s*complex(p.lambda, 0))
		}
		next := (s + 1/(f-z)) / 2
		if cmplx.Abs(next-s) < 1e-15*cmplx.Abs(s) {
			break
		}
		s = next
	}
	m := make([]complex128, k*k)
	for _, p := range points {
		f := complex(p.weight*p.lambda, 0) / (1 + g*s*complex(p.lambda, 0))
		for i := range k {
			for j := range k {
				m[i*k+j] += f * complex(p.t[i]*p.t[j], 0)
			}
		}
	}
	for i := range k {
		m[i*k+i] -= z
	}
	return cmplx.Log(solveComplex(m, k, nil, 0)) + complex(float64(k), 0)*cmplx.Log(s)
}

// Four classes, where the differences of classes outside an off-diagonal block have an
// eigenvalue of their own (guards its factor 1/((C-2)(C-3)), which three classes do
// not see). The grid's coarser step and the difference quotient leave 1e-4.
func TestConstantOfFourClasses(t *testing.T) {
	for _, off := range []bool{false, true} {
		s := linear(4, off)
		s.Kappa = 1
		const gamma, z, h = 0.5, 0.1 + 0.3i, 1e-2
		got, err := Constant(s, gamma, z)
		if err != nil {
			t.Fatal(err)
		}
		at := func(k float64) complex128 { return brutePotential(4, 1, off, gamma, z+complex(k*h, 0)) }
		want := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / complex(12*h*gamma, 0)
		if cmplx.Abs(got-want) > 1e-4*cmplx.Abs(want) {
			t.Errorf("off %v: %v, want %v", off, got, want)
		}
	}
}

// The standard error of a sampled constant is that of the mean over the shifts
// (guards against that of one shift, and n for n-1).
func TestSampledConstantError(t *testing.T) {
	l, err := NewLimit(hidden(4, 8, false), 2)
	if err != nil || !l.sampled {
		t.Fatal(err)
	}
	const z = 0.2 + 0.5i
	value, se, err := l.ConstantWithError(z)
	if err != nil {
		t.Fatal(err)
	}
	var m gapMoments
	for shift := range l.levels {
		law := l.law(0, shift)
		s, dz, err := solve(law, 2, z)
		if err != nil {
			t.Fatal(err)
		}
		m.add(law.logDet(2, z, s, dz) / dz / 2)
	}
	n := float64(m.N)
	if want := math.Sqrt((m.SqRe + m.SqIm) / (n * (n - 1))); math.Abs(se/want-1) > 1e-9 || math.Abs(real(value)-m.Re) > 1e-9 {
		t.Errorf("%v ± %v, want %v ± %v", value, se, m.Re, want)
	}
}

func TestConstantAgainstBruteForce(t *testing.T) {
	for _, c := range []struct {
		classes      int
		kappa, gamma float64
		off          bool
		z            complex128
	}{
		{2, 1, 2, false, 0.1 + 0.1i}, {2, 1, 0.5, true, 0.1 + 0.1i}, {2, 2, 0.5, false, 0.2 + 0.3i},
		{3, 1, 0.5, false, 0.1 + 0.1i}, {3, 1, 0.5, true, -0.1 + 0.1i}, {3, 0.5, 2, false, 0.3 + 0.2i}, {3, 2, 1, true, -0.2 + 0.2i},
	} {
		s := linear(c.classes, c.off)
		s.Kappa = c.kappa
		got, err := Constant(s, c.gamma, c.z)
		if err != nil {
			t.Fatal(err)
		}
		const h = 1e-3
		at := func(k float64) complex128 {
			return brutePotential(c.classes, c.kappa, c.off, c.gamma, c.z+complex(k*h, 0))
		}
		want := (8*(at(1)-at(-1)) - (at(2) - at(-2))) / complex(12*h*c.gamma, 0)
		if cmplx.Abs(got-want) > 1e-6*cmplx.Abs(want) {
			t.Errorf("%+v: %v, want %v", c, got, want)
		}
	}
}

type complexJSON struct{ Re, Im float64 }

// The reference values come from testdata/constant.py, which integrates with
// Gauss-Hermite rules in mpmath and differentiates the determinant numerically.
func TestConstantAgainstReference(t *testing.T) {
	var cases []struct {
		Classes      int
		Off          bool
		Kappa, Gamma float64
		Z, Constant  complexJSON
		Stieltjes    complexJSON
	}
	data, err := os.ReadFile("testdata/constant.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil || len(cases) < 8 {
		t.Fatal(err, len(cases))
	}
	for _, c := range cases {
		s := linear(c.Classes, c.Off)
		s.Kappa = c.Kappa
		l, err := NewLimit(s, c.Gamma)
		if err != nil {
			t.Fatal(err)
		}
		z := complex(c.Z.Re, c.Z.Im)
		got, err := l.Constant(z)
		transform, err2 := l.Stieltjes(z)
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		want, wantS := complex(c.Constant.Re, c.Constant.Im), complex(c.Stieltjes.Re, c.Stieltjes.Im)
		if cmplx.Abs(got-want) > 1e-8*cmplx.Abs(want) || cmplx.Abs(transform-wantS) > 1e-9*cmplx.Abs(wantS) {
			t.Errorf("%+v: constant %v, want %v; s %v, want %v", c, got, want, transform, wantS)
		}
	}
}

// The constant from the laws of internal/lognormal against a grid in all logits,
// which knows no Laplace transform, up to C = 4.
func TestConstantAgainstGrid(t *testing.T) {
	for _, classes := range []int{2, 3, 4} {
		for _, off := range []bool{false, true} {
			const gamma, z = 0.7, 0.05 + 0.2i
			step := 0.12
			if classes == 4 {
				if step = 0.3; off {
					continue
				}
			}
			law := &softmaxLaw{classes, 1, off, gridNodes(classes, 1, step, off)}
			s, dz, err := solve(law, gamma, z)
			if err != nil {
				t.Fatal(err)
			}
			want := law.logDet(gamma, z, s, dz) / dz / gamma
			got, err := Constant(linear(classes, off), gamma, z)
			if err != nil || cmplx.Abs(got-want) > 1e-7*cmplx.Abs(want) {
				t.Errorf("C = %d, off %v: %v, on a grid %v (%v)", classes, off, got, want, err)
			}
		}
	}
}

// At large C the off-diagonal and diagonal constants exist and shrink: every level of
// the quadrature agrees, up to C = 1000.
func TestConstantAtLargeC(t *testing.T) {
	for _, classes := range []int{10, 100, 1000} {
		for _, off := range []bool{false, true} {
			if off && classes > 100 {
				continue
			}
			if _, err := Constant(linear(classes, off), 0.5, 0.1+0.1i); err != nil {
				t.Errorf("C = %d, off %v: %v", classes, off, err)
			}
		}
	}
}

// s(z) is that of package spectra, which solves another equation by other means.
func TestStieltjesIsThatOfSpectra(t *testing.T) {
	diagonal, err := spectra.SoftmaxDiagonal(10, 1)
	if err != nil {
		t.Fatal(err)
	}
	law, err := spectra.Solve(diagonal, 0.5)
	if err != nil {
		t.Fatal(err)
	}
	limit, err := NewLimit(linear(10, false), 0.5)
	if err != nil {
		t.Fatal(err)
	}
	for _, z := range []complex128{0.1 + 0.1i, 0.02 + 0.05i, -1 + 2i} {
		want, err := law.Stieltjes(z)
		got, err2 := limit.Stieltjes(z)
		if err != nil || err2 != nil || cmplx.Abs(got-want) > 1e-9*cmplx.Abs(want) {
			t.Errorf("s(%v) = %v, spectra %v (%v, %v)", z, got, want, err, err2)
		}
	}
}

// Hidden blocks: halving the nodes changes nothing, and for one unit, diagonal or
// not, the determinant is checked against differences in z.
func TestHiddenConstant(t *testing.T) {
	for _, off := range []bool{false, true} {
		s, err := sized(hidden(4, 2, off))
		if err != nil {
			t.Fatal(err)
		}
		v := s.outputs()[0]
		fine, coarse := newReLULaw(v, 1, off, 24), newReLULaw(v, 1, off, 16)
		const gamma, z = 0.5, 0.05 + 0.1i
		var values []complex128
		for _, law := range []*reluLaw{fine, coarse} {
			transform, dz, err := solve(law, gamma, z)
			if err != nil {
				t.Fatal(err)
			}
			values = append(values, law.logDet(gamma, z, transform, dz)/dz/gamma)
		}
		if cmplx.Abs(values[0]-values[1]) > 1e-8*cmplx.Abs(values[0]) {
			t.Errorf("off %v: %v with 24 nodes, %v with 16", off, values[0], values[1])
		}
		potential := func(z complex128) complex128 {
			transform, _, err := solve(fine, gamma, z)
			if err != nil {
				t.Fatal(err)
			}
			m := make([]complex128, 4)
			for n, lambda := range fine.lambda {
				f := complex(fine.weights[n]*lambda, 0) / (1 + gamma*transform*complex(lambda, 0))
				u, sq := fine.first[2*n:2*n+2], fine.second[2*n:2*n+2]
				m[0] += f * complex(sq[0], 0)
				m[3] += f * complex(sq[1], 0)
				m[1] += f * complex(u[0]*u[1], 0)
				m[2] += f * complex(u[0]*u[1], 0)
			}
			return cmplx.Log((m[0]-z)*(m[3]-z)-m[1]*m[2]) + 2*cmplx.Log(transform)
		}
		const h = 1e-3
		want := (8*(potential(z+h)-potential(z-h)) - (potential(z+2*h) - potential(z-2*h))) / (12 * h * gamma)
		if cmplx.Abs(values[0]-want) > 1e-7*cmplx.Abs(want) {
			t.Errorf("off %v: %v, by differences %v", off, values[0], want)
		}
	}
}

// Quasi-Monte Carlo agrees with the tensor rule where both apply, within 6 of its
// standard errors (Student with 7 degrees of freedom on each part: 1e-3 for a fresh
// seed; the shifts are fixed), and that error is small.
func TestSampledConstant(t *testing.T) {
	for _, off := range []bool{false, true} {
		s := hidden(4, 3, off)
		exact, err := NewLimit(s, 0.5)
		if err != nil {
			t.Fatal(err)
		}
		want, err := exact.Constant(testPoint)
		if err != nil {
			t.Fatal(err)
		}
		sampled, _ := NewLimit(s, 0.5)
		full, _ := sized(s)
		v := full.outputs()[0]
		sampled.sampled, sampled.levels = true, shifts
		sampled.laws = []func(int) blockLaw{func(level int) blockLaw { return sampleReLU(v, 1, off, level, 1<<12) }}
		got, se, err := sampled.ConstantWithError(testPoint)
		if err != nil || cmplx.Abs(got-want) > 6*se || se > 3e-2*cmplx.Abs(want) {
			t.Errorf("off %v: %v ± %v, tensor rule %v (%v)", off, got, se, want, err)
		}
	}
}

// Half-range Gauss rules integrate u^k over u > 0 exactly up to degree 2n-1:
// 2^{k/2} Gamma((k+1)/2)/(2 sqrt pi).
func TestHalfRangeRule(t *testing.T) {
	for _, n := range []int{4, 8, 24, 90} {
		x, w := halfRange(n)
		for k := range 2 * n {
			sum := 0.0
			for i := range x {
				sum += w[i] * math.Pow(x[i], float64(k))
			}
			want := math.Pow(2, float64(k)/2) * math.Gamma(float64(k+1)/2) / (2 * math.Sqrt(math.Pi))
			if math.Abs(sum-want) > 1e-11*want {
				t.Errorf("n = %d: int u^%d = %v, want %v", n, k, sum, want)
			}
		}
	}
}

func TestConstantRefuses(t *testing.T) {
	for _, c := range []struct {
		s     Setting
		gamma float64
		z     complex128
	}{
		{linear(3, false), 0.5, 0.1}, {linear(3, false), 0.5, 0.1 - 0.1i}, {linear(3, false), 0, 0.1i}, {linear(3, false), math.Inf(1), 0.1i},
		{linear(1, false), 0.5, 0.1i}, {linear(3, false), 0.5, cmplx.NaN()},
	} {
		if v, err := Constant(c.s, c.gamma, c.z); err == nil {
			t.Errorf("%+v gives %v", c, v)
		}
	}
}

// sized completes a setting at some size.
func sized(s Setting) (Setting, error) {
	s.Samples, s.Dim = 40, 20
	return s.Complete()
}
