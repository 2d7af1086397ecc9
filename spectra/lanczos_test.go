package spectra

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/replicate"
)

// formed is a matrix as an operator.
type formed struct{ h *mat.SymDense }

func (f formed) Dim() int { return f.h.SymmetricDim() }
func (f formed) Multiply(_ context.Context, dst, src [][]float64) error {
	for k := range src {
		mat.NewVecDense(len(dst[k]), dst[k]).MulVec(f.h, mat.NewVecDense(len(src[k]), src[k]))
	}
	return nil
}

func wishart(t testing.TB, d, n int) (*mat.SymDense, []float64) {
	e, err := NewClassical(d, n)
	if err != nil {
		t.Fatal(err)
	}
	draw, err := e.draw(context.Background(), replicate.NewStream(5, "wishart", 0))
	if err != nil {
		t.Fatal(err)
	}
	h, err := draw.outer(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	h.ScaleSym(1/float64(n), h)
	spectrum, err := draw.eigenvalues(context.Background(), true)
	if err != nil {
		t.Fatal(err)
	}
	return h, spectrum.Values
}

// Gauss quadrature of k nodes is exact up to degree 2k-1, and not beyond; its
// weights are positive and sum to 1.
func TestLanczosMoments(t *testing.T) {
	h, _ := wishart(t, 60, 90)
	start := randomStarts(replicate.NewStream(6, "start", 0), 1, 60)
	const steps = 6
	q, err := Lanczos(context.Background(), formed{h}, start, steps)
	if err != nil {
		t.Fatal(err)
	}
	sum := 0.0
	for _, w := range q[0].Weights {
		if !(w > 0) {
			t.Errorf("weight %v", w)
		}
		sum += w
	}
	if math.Abs(sum-1) > 1e-14 {
		t.Errorf("weights sum to %v", sum)
	}
	v := mat.NewVecDense(60, start[0])
	power := mat.VecDenseCopyOf(v)
	for p := range 2*steps + 1 {
		want := mat.Dot(v, power) / mat.Dot(v, v)
		got := q[0].Moment(p)
		if exact := math.Abs(got-want) < 1e-12*want; exact != (p < 2*steps) {
			t.Errorf("moment %d is %v, want %v: agreement is %v", p, got, want, exact)
		}
		next := new(mat.VecDense)
		next.MulVec(h, power)
		power = next
	}
}

// With d steps the nodes are the eigenvalues: no ghosts, thanks to
// reorthogonalisation, although the extreme ones converge long before.
func TestLanczosFindsAllEigenvalues(t *testing.T) {
	h, want := wishart(t, 80, 90)
	q, err := Lanczos(context.Background(), formed{h}, randomStarts(replicate.NewStream(6, "start", 0), 2, 80), 200)
	if err != nil {
		t.Fatal(err)
	}
	for _, quadrature := range q {
		if len(quadrature.Nodes) != 80 {
			t.Fatalf("%d nodes, want 80", len(quadrature.Nodes))
		}
		for k, x := range quadrature.Nodes {
			if math.Abs(x-want[k]) > 1e-12*want[79] {
				t.Errorf("node %d is %v, want %v", k, x, want[k])
			}
		}
	}
}

// An exhausted Krylov space ends early with exact nodes: a projection has two
// eigenvalues.
func TestLanczosExhausted(t *testing.T) {
	h := mat.NewSymDense(30, nil)
	for i := range 10 {
		h.SetSym(i, i, 3)
	}
	q, err := Lanczos(context.Background(), formed{h}, randomStarts(replicate.NewStream(7, "start", 0), 1, 30), 20)
	if err != nil {
		t.Fatal(err)
	}
	if n := q[0].Nodes; len(n) != 2 || math.Abs(n[0]) > 1e-14 || math.Abs(n[1]-3) > 1e-13 {
		t.Errorf("nodes %v, want 0 and 3", n)
	}
	rest, err := withoutZeros(q, 30, 10)
	if err != nil {
		t.Fatal(err)
	}
	s, err := gather(rest, 30, 10)
	if err != nil || len(s.Values) != 1 || math.Abs(s.Weights[0]-1.0/3) > 1e-15 || s.Zero() != 2.0/3 {
		t.Errorf("spectrum %+v, %v", s, err)
	}
	if _, err := withoutZeros(q[:1], 30, 30); err != nil {
		t.Error(err)
	}
}

func TestLanczosErrors(t *testing.T) {
	h := formed{mat.NewSymDense(3, []float64{1, 0, 0, 0, math.NaN(), 0, 0, 0, 1})}
	ctx := context.Background()
	for _, start := range [][]float64{{1, 2}, {0, 0, 0}, {1, math.Inf(1), 0}} {
		if _, err := Lanczos(ctx, h, [][]float64{start}, 2); err == nil {
			t.Errorf("start %v was accepted", start)
		}
	}
	if _, err := Lanczos(ctx, h, [][]float64{{1, 1, 1}}, 2); err == nil {
		t.Error("a matrix with NaN was accepted")
	}
	if _, err := Lanczos(ctx, h, [][]float64{{1, 1, 1}}, 0); err == nil {
		t.Error("0 steps were accepted")
	}
}

// Quadrature of a matrix stands for its eigenvalues: the Stieltjes transform,
// the moments and, smoothed, the distribution function, within what 4 random
// vectors allow.
func TestQuadratureStandsForEigenvalues(t *testing.T) {
	for _, n := range []int{1000, 200} { // without and with zeros
		const d = 500
		h, values := wishart(t, d, n)
		exact := Spectrum{Dim: d, Rank: min(d, n), Values: values}
		q, err := Lanczos(context.Background(), formed{h}, randomStarts(replicate.NewStream(8, "start", 0), 4, d), 60)
		if err != nil {
			t.Fatal(err)
		}
		if q, err = withoutZeros(q, d, exact.Rank); err != nil {
			t.Fatal(err)
		}
		raw, err := gather(q, d, exact.Rank)
		if err != nil {
			t.Fatal(err)
		}
		smooth, err := spread(q, d, exact.Rank)
		if err != nil {
			t.Fatal(err)
		}
		for k := 1; k <= 4; k++ {
			if got, want := raw.Moment(k), exact.Moment(k); math.Abs(got/want-1) > 0.1 {
				t.Errorf("n=%d: moment %d is %v, want %v", n, k, got, want)
			}
		}
		z := complex(1, 0.5)
		if got, want := raw.Stieltjes(z), exact.Stieltjes(z); modulus(got-want) > 0.03 {
			t.Errorf("n=%d: s(%v) is %v, want %v", n, z, got, want)
		}
		worst := 0.0
		for _, x := range values {
			worst = max(worst, math.Abs(smooth.CDF(x)-exact.CDF(x)))
		}
		if worst > 0.025 {
			t.Errorf("n=%d: distribution functions are %v apart", n, worst)
		}
	}
}
