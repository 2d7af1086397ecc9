package spectra

import (
	"fmt"
	"testing"
)

// The two-atom problem of the speed target: 1 and 8, half each, p/n = 0.5.
func BenchmarkDensities(b *testing.B) {
	for _, n := range []int{1000, 200_000} {
		b.Run(fmt.Sprintf("points=%d", n), func(b *testing.B) {
			l := mustCovariance(b, mustAtoms(b, 1, .5, 8, .5), .5)
			xs, dst := make([]float64, n), make([]float64, n)
			for i := range xs {
				xs[i] = 20 * float64(i) / float64(n)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Densities(dst, xs); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Cost against the number of atoms: linear.
func BenchmarkAtoms(b *testing.B) {
	for _, n := range []int{2, 20, 200, 2000} {
		b.Run(fmt.Sprintf("atoms=%d", n), func(b *testing.B) {
			values := make([]float64, n)
			for i := range values {
				values[i] = 1 + 7*float64(i)/float64(n)
			}
			p, err := Empirical(values)
			if err != nil {
				b.Fatal(err)
			}
			l := mustSolve(b, p, 2)
			xs, dst := make([]float64, 1000), make([]float64, 1000)
			for i := range xs {
				xs[i] = 0.2 + 40*float64(i)/1000
			}
			if err := l.Densities(dst, xs); err != nil { // the support is found once
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := l.Densities(dst, xs); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000/float64(n), "ns/(point*atom)")
		})
	}
}
