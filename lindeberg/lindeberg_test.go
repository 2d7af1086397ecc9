package lindeberg

import (
	"fmt"
	"math"
	"math/cmplx"
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
)

// settings are small ones of every kind.
func settings() []Setting {
	var all []Setting
	for _, off := range []bool{false, true} {
		for _, path := range []Path{Data, Weights} {
			for _, coupling := range []Coupling{Shared, Independent} {
				all = append(all, Setting{Model: network.Linear, Block: network.VV, OffDiagonal: off, Classes: 3, Samples: 24, Dim: 12, Path: path, Coupling: coupling})
				if path == Data {
					all = append(all, Setting{Model: network.Hidden, Block: network.WW, OffDiagonal: off, Classes: 4, Hidden: 3, Samples: 30, Dim: 14, Kappa: 2, Path: path, Coupling: coupling})
				}
			}
		}
	}
	return all
}

func drawn(t testing.TB, s Setting, chunk int) *Realisation {
	t.Helper()
	r, err := New(s)
	if err != nil {
		t.Fatal(err)
	}
	r.Draw(replicate.NewStream(1, "test "+r.set.String(), chunk))
	return r
}

// fullNet returns the network and the data (N x d) that the realisation stands
// for: weights (L, 0), data at theta.
func fullNet(t *testing.T, r *Realisation) (*network.Net, *mat.Dense) {
	t.Helper()
	first := mat.NewDense(r.k, r.set.Dim, nil)
	first.Slice(0, r.k, 0, r.k).(*mat.Dense).Copy(r.factor)
	var net *network.Net
	var err error
	if r.set.Model == network.Hidden {
		net, err = network.NewNet(network.Hidden, first, r.outputs[r.output])
	} else {
		net, err = network.NewNet(network.Linear, nil, first)
	}
	if err != nil {
		t.Fatal(err)
	}
	x := mat.NewDense(r.set.Samples, r.set.Dim, nil)
	for i := range r.set.Dim {
		x.SetCol(i, r.coordinate(i))
	}
	return net, x
}

// The original end is the Hessian block that package network computes, and both
// ends of the reduction are those of the whole matrices.
func TestEndsAreThoseOfTheHessianBlock(t *testing.T) {
	for _, s := range settings() {
		r := drawn(t, s, 0)
		net, x := fullNet(t, r)
		state, err := network.Evaluate(net, network.CE, x, nil)
		if err != nil {
			t.Fatal(err)
		}
		j := 0
		if s.OffDiagonal {
			j = 1
		}
		block := state.Block(s.Block, 0, j)
		if !mat.EqualApprox(block, r.Matrix(math.Pi/2), 1e-12) {
			t.Errorf("%s: H(pi/2) is not the Hessian block", r.set)
		}
		for _, z := range []complex128{0.1 + 0.1i, -0.02 + 0.01i} {
			independent, original := r.Ends(z)
			if want := stieltjes(block, z); cmplx.Abs(original-want) > 1e-11*cmplx.Abs(want) {
				t.Errorf("%s at %v: s_H = %v, want %v", r.set, z, original, want)
			}
			if want := stieltjes(r.Matrix(0), z); cmplx.Abs(independent-want) > 1e-11*cmplx.Abs(want) {
				t.Errorf("%s at %v: s_H~ = %v, want %v", r.set, z, independent, want)
			}
		}
	}
}

// stieltjes sums over the eigenvalues.
func stieltjes(a mat.Matrix, z complex128) (sum complex128) {
	n, _ := a.Dims()
	sym := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			sym.SetSym(i, j, a.At(i, j))
		}
	}
	var e mat.EigenSym
	if !e.Factorize(sym, false) {
		panic("no eigenvalues")
	}
	for _, h := range e.Values(nil) {
		sum += 1 / (complex(h, 0) - z)
	}
	return sum / complex(float64(n), 0)
}

func TestAlongThePath(t *testing.T) {
	for _, s := range settings() {
		r := drawn(t, s, 0)
		for _, z := range []complex128{0.1 + 0.1i, 0.05 + 0.03i} {
			name := fmt.Sprintf("%s at %v", r.set, z)
			for _, theta := range []float64{0, 0.4, 1.2, math.Pi / 2} {
				value, derivative := r.Along(theta, z)
				byDefinition, derivativeByDefinition := r.AlongByDefinition(theta, z)
				if cmplx.Abs(value-byDefinition) > 1e-11*cmplx.Abs(value) || cmplx.Abs(derivative-derivativeByDefinition) > 1e-10*(1+cmplx.Abs(derivative)) {
					t.Errorf("%s, theta %v: %v %v, by definition %v %v", name, theta, value, derivative, byDefinition, derivativeByDefinition)
				}
				if difference := r.DifferenceAlong(theta, z); cmplx.Abs(derivative-difference) > 1e-8*(1+cmplx.Abs(derivative)) {
					t.Errorf("%s, theta %v: derivative %v, by differences %v", name, theta, derivative, difference)
				}
			}
			integral, err := r.Integrate(z, 1e-10)
			if err != nil {
				t.Fatal(err)
			}
			if gap := r.Gap(z); cmplx.Abs(gap+integral.Value) > 1e-10 {
				t.Errorf("%s: gap %v, minus the integral %v (%d nodes)", name, gap, -integral.Value, integral.Nodes)
			}
		}
	}
}
