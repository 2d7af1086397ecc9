package network

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// Norms of the formed Hessian, without forming it, and of each block of the
// 1-hidden-layer net, all agree.
func TestNormsWithoutHessian(t *testing.T) {
	ctx := context.Background()
	for trial, sizes := range [][]int{{5, 4}, {3, 7}, {12, 6, 5}, {3, 6, 9}, {6, 5, 4, 3}, {9, 4, 70}, {4, 80}} {
		for k, loss := range []Loss{MSE, CE} {
			for _, n := range []int{1, 5, 60} {
				p := deep(t, uint64(trial+10*k), ReLU, loss, n, sizes...)
				c, err := p.Curvature(ctx)
				if err != nil {
					t.Fatal(err)
				}
				h, err := c.Hessian(ctx, nil, nil)
				if err != nil {
					t.Fatal(err)
				}
				want, err := c.NormsOf(h, nil)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.Norms(ctx, nil)
				if err != nil {
					t.Fatal(err)
				}
				if len(got.Pairs) != len(want.Pairs) || len(want.Pairs) != p.Net.Depth()*(p.Net.Depth()+1)/2 {
					t.Fatalf("%d pairs", len(got.Pairs))
				}
				total := 0.0
				scale := mat.Norm(h, 2)
				near := func(what string, a, b float64) {
					if math.IsNaN(a) != math.IsNaN(b) || math.Abs(a-b) > 1e-11*scale {
						t.Errorf("%v %s N=%d: %s is %v, want %v", sizes, loss, n, what, a, b)
					}
				}
				for k, a := range got.Pairs {
					b := want.Pairs[k]
					near("total", a.Total, b.Total)
					near("diagonal", math.Sqrt(a.Diagonal), math.Sqrt(b.Diagonal))
					near("off", math.Sqrt(a.Off), math.Sqrt(b.Off))
					factor := 2.0
					if b.A == b.B {
						factor = 1
					}
					total += factor * b.Total * b.Total
				}
				near("sum of all", math.Sqrt(total), scale)
				if got.Complete != (p.Net.Classes() <= maxSingly) || !want.Complete {
					t.Errorf("%v: complete %v, %v", sizes, got.Complete, want.Complete)
				}
				index := make(map[[2]int]float64)
				for _, b := range want.Blocks {
					index[[2]int{b.I, b.J}] = b.Norm
					g, f := want.Groups[b.I], want.Groups[b.J]
					near("block", b.Norm, mat.Norm(h.Slice(g.From, g.To, f.From, f.To), 2))
				}
				for _, b := range got.Blocks {
					near("single block", b.Norm, index[[2]int{b.I, b.J}])
				}
			}
		}
	}
}

// More classes than are held at a time, against a sum over formed blocks.
func TestHeadNorms(t *testing.T) {
	const classes, d, n = headBatch + 3, 2, 7
	for _, loss := range []Loss{CE, MSE} {
		p := deep(t, 3, ReLU, loss, n, d, classes)
		head, err := HeadNorms(context.Background(), loss, p.Net.Layer(0), p.X, p.Labels, nil)
		if err != nil {
			t.Fatal(err)
		}
		fit, err := p.Gradient(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(head.Fit.Loss-fit.Loss) > 1e-12*fit.Loss || math.Abs(head.Fit.Gap-fit.Gap) > 1e-12*fit.Gap || head.Fit.Accuracy != fit.Accuracy {
			t.Errorf("fit %v, want %v", head.Fit, fit)
		}
		net, err := NewNet(Linear, nil, p.Net.Layer(0))
		if err != nil {
			t.Fatal(err)
		}
		s := evaluate(t, net, loss, p.X, p.Labels)
		off, sum := 0.0, 0.0
		for i := range classes {
			x := FrobeniusSquared(s.Block(VV, i, i))
			sum += x
			if math.Abs(head.Diagonal[i]-x) > 1e-12*x {
				t.Fatalf("%s: diagonal %d is %v, want %v", loss, i, head.Diagonal[i], x)
			}
			for j := range i {
				off += 2 * FrobeniusSquared(s.Block(VV, i, j))
			}
		}
		if math.Abs(head.Off-off) > 1e-11*off {
			t.Errorf("%s: off %v, want %v", loss, head.Off, off)
		}
		if r := off / (classes * (classes - 1)) / (sum / classes); math.Abs(head.Ratio()-r) > 1e-11*r {
			t.Errorf("%s: ratio %v, want %v", loss, head.Ratio(), r)
		}
	}
}

// The norms of a head alone, by (*MLP).HeadNorms, are those that its Hessian blocks
// have: Off counts pairs i < j here and both orders in [Head].
func TestMLPHeadNorms(t *testing.T) {
	ctx := context.Background()
	for _, loss := range []Loss{CE, MSE} {
		p := deep(t, 8, ReLU, loss, 11, 4, 7)
		got, fit, err := p.Net.HeadNorms(ctx, loss, p.X, p.Labels, nil)
		if err != nil {
			t.Fatal(err)
		}
		c, err := p.Curvature(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want, err := c.Norms(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Pairs) != 1 || len(want.Pairs) != 1 {
			t.Fatalf("%s: %d and %d pairs of layers, want 1", loss, len(got.Pairs), len(want.Pairs))
		}
		a, b := got.Pairs[0], want.Pairs[0]
		for _, x := range [][2]float64{{a.Diagonal, b.Diagonal}, {a.Off, b.Off}, {a.Total, b.Total}} {
			if math.Abs(x[0]-x[1]) > 1e-12*b.Diagonal {
				t.Errorf("%s: %+v, want %+v", loss, a, b)
			}
		}
		if math.Abs(fit.Loss-c.Fit().Loss) > 1e-12*fit.Loss {
			t.Errorf("%s: fit %v, want %v", loss, fit, c.Fit())
		}
	}
}

// A head the size of GPT-2's, with synthetic features: run with
// -bench HeadGPT2 -benchtime 1x.
func BenchmarkHeadGPT2(b *testing.B) {
	p := deep(b, 1, ReLU, CE, 512, 768, 2)
	src := newSource(2) // not the stream the features came from
	V := mat.NewDense(50257, 768, nil)
	LeCun.Fill(src, 768, V.RawMatrix().Data)
	b.ReportAllocs()
	for b.Loop() {
		head, err := HeadNorms(context.Background(), CE, V, p.X, nil, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(head.Ratio()*50257*50257, "C^2R")
	}
}

// Progress rises to its total, which does not change, with the output layer listed,
// summed in closed form beside hidden layers, and alone.
func TestNormsProgress(t *testing.T) {
	for _, sizes := range [][]int{{4, 3, 5}, {4, 3, 70}, {4, 70}} {
		p := deep(t, 1, ReLU, CE, 20, sizes...)
		p.Workers = 1
		c, err := p.Curvature(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		last, of, calls := -1, 0, 0
		_, err = c.Norms(context.Background(), func(done, total int) {
			if done < last || done > total || calls > 0 && total != of {
				t.Errorf("%v: %d of %d after %d of %d", sizes, done, total, last, of)
			}
			last, of, calls = done, total, calls+1
		})
		if err != nil || calls == 0 || len(sizes) > 2 && last != of {
			t.Errorf("%v: ends at %d of %d, %v", sizes, last, of, err)
		}
	}
}

// A linear model's norms need an N x N matrix: one sample too many is refused
// with the number that is not.
func TestGramLimit(t *testing.T) {
	if err := CheckGram(MaxGram); err != nil {
		t.Error(err)
	}
	phi, V := mat.NewDense(MaxGram+1, 1, nil), mat.NewDense(2, 1, []float64{1, 2})
	_, err := HeadNorms(context.Background(), CE, V, phi, nil, nil)
	if want := "want at most 20000 samples"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %q", err, want)
	}
}
