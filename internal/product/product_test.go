package product

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/mat"
)

func random(r *rand.Rand, rows, cols int) *mat.Dense {
	a := mat.NewDense(rows, cols, nil)
	for i := range a.RawMatrix().Data {
		a.RawMatrix().Data[i] = r.NormFloat64()
	}
	return a
}

// TestSameBits holds products in small pieces against gonum's, to the last bit,
// on both sides of where gonum begins to cut.
func TestSameBits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	cutInner, cutRows := 0, 0
	for _, size := range [][3]int{
		{1, 1, 1}, {5, 7, 900}, {64, 192, 700}, {65, 128, 700}, {192, 64, 333}, {193, 64, 333}, {129, 129, 65},
		{300, 10, 200}, {600, 3, 130}, {1000, 70, 257}, {10, 1000, 257}, {520, 300, 1}, {257, 65, 1000},
	} {
		m, n, k := size[0], size[1], size[2]
		a, b := random(r, m, k), random(r, k, n)
		bT := mat.DenseCopyOf(b.T())
		var want, wantT mat.Dense
		want.Mul(a, b)
		wantT.Mul(a, bT.T())
		for _, piece := range []int{1, 5000, 1 << 17, 1 << 28} {
			rows, inner := cut(m, n, k, piece)
			if rows < m {
				cutRows++
			}
			if inner < k {
				cutInner++
			}
			got, err := mul(context.Background(), a, b, blas.NoTrans, n, piece)
			gotT, errT := mul(context.Background(), a, bT, blas.Trans, n, piece)
			if err = errors.Join(err, errT); err != nil {
				t.Fatal(err)
			}
			for i := range m {
				for j := range n {
					if math.Float64bits(got.At(i, j)) != math.Float64bits(want.At(i, j)) {
						t.Fatalf("%v in pieces of %d: A B differs at %d,%d", size, piece, i, j)
					}
					if math.Float64bits(gotT.At(i, j)) != math.Float64bits(wantT.At(i, j)) {
						t.Fatalf("%v in pieces of %d: A B^T differs at %d,%d", size, piece, i, j)
					}
				}
			}
		}
	}
	if cutRows == 0 || cutInner == 0 {
		t.Errorf("%d products were cut by rows and %d inside: the test shows nothing", cutRows, cutInner)
	}
}

// TestPieces: no piece is much larger than asked for where it can be helped.
func TestPieces(t *testing.T) {
	for _, size := range [][3]int{{6000, 6000, 3000}, {10_000, 10_000, 10_000}, {200, 200, 1_000_000}, {20, 20, 10_000_000}, {256, 6000, 6000}} {
		m, n, k := size[0], size[1], size[2]
		rows, inner := cut(m, n, k, piece)
		if work := float64(rows) * float64(n) * float64(inner); work > 1.5*piece {
			t.Errorf("%v: a piece has %.3g multiply-adds", size, work)
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	a := mat.NewDense(2, 2, nil)
	if _, err := Mul(ctx, a, a); !errors.Is(err, context.Canceled) {
		t.Errorf("Mul returned %v", err)
	}
	if _, err := MulT(ctx, a, a); !errors.Is(err, context.Canceled) {
		t.Errorf("MulT returned %v", err)
	}
}
