package wigner_test

import (
	"context"
	"fmt"

	"pastur/examples/wigner"
	"pastur/verdict"
)

// The claim outside go test: the same verdict, as a line of text.
func Example() {
	claim := wigner.Claim(200, wigner.Signs)
	v, err := claim.Run(context.Background(), verdict.Options{Seed: 1})
	fmt.Println(v.Status, v.Replicates, err)
	fmt.Printf("declared bias at n = 200: %.2f %%\n", 100*wigner.Bias(200))
	// Output:
	// PASS 128 <nil>
	// declared bias at n = 200: -1.76 %
}
