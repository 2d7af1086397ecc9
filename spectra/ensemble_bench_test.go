package spectra

import (
	"context"
	"testing"

	"pastur/replicate"
)

func benchmarkDraw(b *testing.B, x *Experiment) {
	ctx := context.Background()
	s := replicate.NewStream(1, "benchmark", 0)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x.Draw(ctx, s); err != nil {
			b.Fatal(err)
		}
	}
}

// A matrix with its spectrum: n = 50 of d = 300 through the 50 x 50 companion,
// the same with its zeros computed, and a network's block.
func BenchmarkCompanion(b *testing.B) { benchmarkDraw(b, &Experiment{Ensemble: classical(b, 300, 50)}) }
func BenchmarkFull(b *testing.B) {
	benchmarkDraw(b, &Experiment{Ensemble: classical(b, 300, 50), Full: true})
}
func BenchmarkLinearCE(b *testing.B) {
	benchmarkDraw(b, &Experiment{Ensemble: linear(b, 100, 200, 10, 0)})
}

// One product with the block at d = 1000, N = 2000 for 4 vectors: kept data
// allocates nothing but views, regenerated data costs the draw.
func BenchmarkProduct(b *testing.B) {
	for _, c := range []struct {
		name  string
		limit float64
	}{{"kept", KeepLimit}, {"regenerated", 0}} {
		b.Run(c.name, func(b *testing.B) {
			ctx := context.Background()
			s := replicate.NewStream(1, "benchmark", 0)
			op, _, _, err := classical(b, 1000, 2000).newOperator(ctx, s, c.limit)
			if err != nil {
				b.Fatal(err)
			}
			src, dst := randomStarts(s, 4, 1000), randomStarts(s, 4, 1000)
			b.ReportAllocs()
			for b.Loop() {
				if err := op.Multiply(ctx, dst, src); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
