package lindeberg

import (
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/replicate"
)

// The solution of the equation for s: in the upper half-plane, a Stieltjes
// transform's size, z = E F - 1/s, and dz/ds by differences, for random atoms of both
// signs.
func TestSolveProperties(t *testing.T) {
	stream := replicate.NewStream(1, "solve", 0)
	for trial := range 300 {
		law := &softmaxLaw{classes: 5, kappa: 1, off: trial%2 == 1}
		points := 1 + int(4*stream.Float64())
		for range points {
			p := stream.Float64()
			law.nodes = append(law.nodes, softmaxNode{1 / float64(points), p, (1 - p) * stream.Float64(), 0})
		}
		gamma := math.Exp(2 * stream.Normal())
		z := complex(0.5*stream.Normal(), math.Exp(-1-2*stream.Float64()))
		s, dz, err := solve(law, gamma, z)
		if err != nil {
			t.Errorf("gamma %v, z %v: %v", gamma, z, err)
			continue
		}
		inverse := func(s complex128) complex128 { f, _ := law.transform(gamma, s); return f - 1/s }
		if !(imag(s) > 0) || cmplx.Abs(s)*imag(z) > 1+1e-12 || cmplx.Abs(inverse(s)-z) > 1e-11*(1+cmplx.Abs(z)) {
			t.Errorf("gamma %v, z %v: s = %v, back %v", gamma, z, s, inverse(s))
		}
		h := 1e-4 * s
		if slope := (inverse(s+h) - inverse(s-h)) / (2 * h); cmplx.Abs(slope-dz) > 1e-5*(cmplx.Abs(dz)+1/(cmplx.Abs(s)*cmplx.Abs(s))) {
			t.Errorf("gamma %v, z %v: dz/ds = %v, by differences %v", gamma, z, dz, slope)
		}
	}
}

func TestSolveComplex(t *testing.T) {
	stream := replicate.NewStream(1, "elimination", 0)
	random := func(n int) []complex128 {
		v := make([]complex128, n)
		for i := range v {
			v[i] = complex(stream.Normal(), stream.Normal())
		}
		return v
	}
	for n := 1; n <= 10; n++ {
		const m = 3
		a, b := random(n*n), random(n*m)
		if n > 1 {
			a[0] = 0 // no elimination without exchanging rows
		}
		work, x := append([]complex128(nil), a...), append([]complex128(nil), b...)
		det := solveComplex(work, n, x, m)
		for i := range n {
			for j := range m {
				sum := -b[i*m+j]
				for k := range n {
					sum += a[i*n+k] * x[k*m+j]
				}
				if cmplx.Abs(sum) > 1e-11 {
					t.Errorf("n = %d: residual %v", n, sum)
				}
			}
		}
		// det of the real form [Re -Im; Im Re] is |det|^2.
		real2 := mat.NewDense(2*n, 2*n, nil)
		for i := range n {
			for j := range n {
				x := a[i*n+j]
				real2.Set(i, j, real(x))
				real2.Set(n+i, n+j, real(x))
				real2.Set(i, n+j, -imag(x))
				real2.Set(n+i, j, imag(x))
			}
		}
		if want := mat.Det(real2); math.Abs(real(det)*real(det)+imag(det)*imag(det)-want) > 1e-10*want {
			t.Errorf("n = %d: |det|^2 = %v, want %v", n, cmplx.Abs(det)*cmplx.Abs(det), want)
		}
	}
	// The determinant itself, sign included.
	if det := solveComplex([]complex128{0, 2i, 3, 1}, 2, nil, 0); cmplx.Abs(det+6i) > 1e-15 {
		t.Errorf("det = %v, want -6i", det)
	}
}

// The tridiagonal reduction against a dense solve, for signed weights and zeros.
func TestTridiagonalSolve(t *testing.T) {
	const n, samples, z = 7, 11, 0.2 + 0.3i
	stream := replicate.NewStream(1, "tridiagonal", 0)
	y, w := mat.NewDense(n, samples, nil), mat.NewDense(n, 2, nil)
	stream.Normals(y.RawMatrix().Data)
	stream.Normals(w.RawMatrix().Data)
	lambda := make([]float64, samples)
	for k := range lambda {
		if k%4 != 0 {
			lambda[k] = stream.Normal()
		}
	}
	tri := newTridiagonal(n, samples)
	tri.gram(y, lambda)
	a := make([]complex128, n*n)
	for i := range n {
		for j := range n {
			for k, l := range lambda {
				a[i*n+j] += complex(l*y.At(i, k)*y.At(j, k)/samples, 0)
			}
		}
		a[i*n+i] -= z
	}
	x := make([]complex128, 2*n)
	for i := range x {
		x[i] = complex(w.RawMatrix().Data[i], 0)
	}
	solveComplex(append([]complex128(nil), a...), n, x, 2)
	original := mat.DenseCopyOf(w)
	tri.rotate(w)
	tri.resolventTrace(z)
	solved := make([]complex128, n)
	for i := range 2 {
		for j := range 2 {
			var want, got complex128
			tri.solve(solved, w, j)
			for k := range n {
				want += complex(original.At(k, i), 0) * x[2*k+j]
				got += complex(w.At(k, i), 0) * solved[k]
			}
			if cmplx.Abs(got-want) > 1e-12*(1+cmplx.Abs(want)) {
				t.Errorf("w_%d' R w_%d = %v, want %v", i, j, got, want)
			}
		}
	}
}
