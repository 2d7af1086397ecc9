// Package product multiplies matrices in pieces, so that a context can end a
// long product: gonum's are one call, which takes minutes at sizes that fit in
// memory.
//
// A product in pieces has the same bits as the whole: pieces are cut where
// gonum's own blocks end.
package product

import (
	"context"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

const (
	// block is the edge of gonum's blocks, and fewBlocks the number of blocks
	// of a result below which it does not cut the inner dimension at all.
	block     = 64
	fewBlocks = 4

	// piece is how many multiply-adds are done between two looks at the
	// context: about a tenth of a second.
	piece = 1 << 28
)

// Mul returns A B, or the context's error if it ends first. It panics, as gonum
// does, if the shapes do not fit.
func Mul(ctx context.Context, a, b *mat.Dense) (*mat.Dense, error) {
	_, n := b.Dims()
	return mul(ctx, a, b, blas.NoTrans, n, piece)
}

// MulT returns A B^T, or the context's error if it ends first. It panics, as
// gonum does, if the shapes do not fit.
func MulT(ctx context.Context, a, b *mat.Dense) (*mat.Dense, error) {
	n, _ := b.Dims()
	return mul(ctx, a, b, blas.Trans, n, piece)
}

func mul(ctx context.Context, a, b *mat.Dense, tB blas.Transpose, n, piece int) (*mat.Dense, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, k := a.Dims()
	c := mat.NewDense(m, n, nil)
	A, B, C := a.RawMatrix(), b.RawMatrix(), c.RawMatrix()
	rows, inner := cut(m, n, k, piece)
	for i := 0; i < m; i += rows {
		if m-i < 2*rows { // the last takes the rest: fewer rows would be few blocks
			rows = m - i
		}
		for l := 0; l < k; l += inner {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			width := min(inner, k-l)
			left := blas64.General{Rows: rows, Cols: width, Stride: A.Stride, Data: A.Data[i*A.Stride+l:]}
			right := blas64.General{Rows: n, Cols: width, Stride: B.Stride, Data: B.Data[l:]}
			if tB == blas.NoTrans {
				right = blas64.General{Rows: width, Cols: n, Stride: B.Stride, Data: B.Data[l*B.Stride:]}
			}
			into := blas64.General{Rows: rows, Cols: n, Stride: C.Stride, Data: C.Data[i*C.Stride:]}
			blas64.Gemm(blas.NoTrans, tB, 1, left, right, 1, into) // C is 0 at first
		}
	}
	return c, nil
}

// cut returns the rows of the result and the length of the inner dimension of a
// piece. A result of few blocks is summed over the whole inner dimension at
// once, and so must its pieces be; others are summed a block at a time, and
// every piece of theirs must have as many blocks.
func cut(m, n, k, piece int) (rows, inner int) {
	blocks := func(x int) int { return (x + block - 1) / block }
	if blocks(m)*blocks(n) < fewBlocks {
		return min(m, max(1, piece/(n*k))), k
	}
	rows = min(m, fewBlocks*block)
	inner = max(block, piece/(rows*n)/block*block)
	if inner >= k {
		inner = k
		rows = min(m, max(rows, piece/(n*k)/block*block))
	}
	return rows, inner
}
