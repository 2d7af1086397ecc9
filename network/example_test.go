package network_test

import (
	"fmt"
	"log"

	"gonum.org/v1/gonum/mat"

	"pastur/network"
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
