package network_test

import (
	"context"
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
	"pastur/replicate"
)

// With all weights zero every class has probability 1/C, and an off-diagonal block
// is the diagonal one divided by -(C-1).
func Example() {
	const classes = 5
	net, err := network.NewNet(network.Linear, nil, mat.NewDense(classes, 2, nil))
	if err != nil {
		log.Fatal(err)
	}
	X := mat.NewDense(3, 2, []float64{
		1, 2,
		0, 3,
		-1, 1,
	})
	state, err := network.Evaluate(net, network.CE, X, nil)
	if err != nil {
		log.Fatal(err)
	}
	diagonal := state.Block(network.VV, 0, 0)
	off := state.Block(network.VV, 0, 1)
	fmt.Printf("diagonal      %.4f\n", mat.Formatted(diagonal, mat.Prefix("              ")))
	fmt.Printf("off-diagonal  %.4f\n", mat.Formatted(off, mat.Prefix("              ")))
	ratio := network.FrobeniusSquared(off) / network.FrobeniusSquared(diagonal)
	fmt.Printf("ratio of squared norms %.4f = 1/(C-1)^2\n", ratio)
	// Output:
	// diagonal      ⎡0.1067  0.0533⎤
	//               ⎣0.0533  0.7467⎦
	// off-diagonal  ⎡-0.0267  -0.0133⎤
	//               ⎣-0.0133  -0.1867⎦
	// ratio of squared norms 0.0625 = 1/(C-1)^2
}

// The blocks of a net with two hidden layers: true Frobenius norms, by pairs of
// layers.
func ExampleCurvature_Norms() {
	ctx := context.Background()
	stream := replicate.NewStream(1, "example", 0)
	net, err := network.DrawMLP(stream, network.ReLU, network.LeCun, []int{10, 6, 6, 20})
	if err != nil {
		panic(err)
	}
	X, labels, err := network.Gaussian.Draw(stream, 100, net.Dim(), net.Classes())
	if err != nil {
		panic(err)
	}
	problem, err := network.NewProblem(net, network.CE, X, labels)
	if err != nil {
		panic(err)
	}
	curvature, err := problem.Curvature(ctx)
	if err != nil {
		panic(err)
	}
	norms, err := curvature.Norms(ctx, nil)
	if err != nil {
		panic(err)
	}
	for _, pair := range norms.Pairs {
		fmt.Printf("%-2s %-2s off/diag %.4f\n", net.LayerName(pair.A), net.LayerName(pair.B), pair.Ratio())
	}
	// Output:
	// w1 w1 off/diag 0.0671
	// w1 w2 off/diag 0.2816
	// w1 v  off/diag 0.1020
	// w2 w2 off/diag 0.0389
	// w2 v  off/diag 0.1035
	// v  v  off/diag 0.0044
}
