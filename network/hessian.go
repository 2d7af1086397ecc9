package network

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"
)

// Hessian returns the second derivatives of the loss by the weights of the given
// layers (from 0, in rising order; all if none is given), in the order layer, row,
// column. The result is symmetric to the last bit: blocks on and above the diagonal
// are computed, by the closed form of [Curvature], and mirrored.
//
// With one hidden layer it agrees with [State.Block], at any depth with columns by
// [Problem.HessianVector]. Time: N P^2 operations, spread over the workers; memory:
// 8 P^2 bytes, refused beyond [MaxMemory]. progress, if not nil, is called from any
// goroutine with how many of the rows of weights are done.
func (c *Curvature) Hessian(ctx context.Context, layers []int, progress func(done, total int)) (*mat.Dense, error) {
	groups, err := c.groups(layers)
	if err != nil {
		return nil, err
	}
	total := groups[len(groups)-1].To
	if err := CheckMemory(total); err != nil {
		return nil, err
	}
	h := mat.NewDense(total, total, nil)
	raw := h.RawMatrix()
	var done atomic.Int64
	err = c.each(ctx, groups, func(w *sweep, g Group) error {
		for k := slices.Index(groups, g); k < len(groups); {
			if err := ctx.Err(); err != nil {
				return err
			}
			// All rows of one layer from here on, or none where they vanish.
			first, end := groups[k], k
			for end < len(groups) && groups[end].Layer == first.Layer {
				end++
			}
			if c.zero(g, first.Layer, -1) {
				end = k + 1 // the diagonal block
			}
			out := blas64.General{Rows: g.To - g.From, Cols: groups[end-1].To - first.From, Stride: raw.Stride,
				Data: raw.Data[g.From*raw.Stride+first.From:]}
			c.strip(w, first.Layer, first.Row, groups[end-1].Row+1, out)
			for k < len(groups) && groups[k].Layer == first.Layer {
				k++
			}
		}
		if progress != nil {
			progress(int(done.Add(1)), len(groups))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	mirror(raw)
	return h, nil
}

// groups returns the groups of the layers, with offsets among their weights alone.
func (c *Curvature) groups(layers []int) ([]Group, error) {
	for k, l := range layers {
		if l < 0 || l >= c.net.Depth() || k > 0 && l <= layers[k-1] {
			return nil, fmt.Errorf("layers must rise within [0,%d), got %v", c.net.Depth(), layers)
		}
	}
	var groups []Group
	at := 0
	for _, g := range c.net.Groups() {
		if len(layers) > 0 && !slices.Contains(layers, g.Layer) {
			continue
		}
		size := g.To - g.From
		g.From, g.To = at, at+size
		at += size
		groups = append(groups, g)
	}
	if len(groups) == 0 {
		return nil, errors.New("there is no layer")
	}
	return groups, nil
}

// mirror copies the upper triangle to the lower, in tiles that stay in cache.
func mirror(a blas64.General) {
	const tile = 64
	for i := 0; i < a.Rows; i += tile {
		for k := 0; k <= i; k += tile {
			for r := i; r < min(i+tile, a.Rows); r++ {
				for c := k; c < min(k+tile, r); c++ {
					a.Data[r*a.Stride+c] = a.Data[c*a.Stride+r]
				}
			}
		}
	}
}
