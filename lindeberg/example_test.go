package lindeberg_test

import (
	"context"
	"fmt"
	"math/cmplx"

	"pastur/lindeberg"
	"pastur/network"
	"pastur/verdict"
)

// The gap of a diagonal block at N = 40, and the limit of N times the gap.
func Example() {
	s := lindeberg.Setting{Model: network.Linear, Block: network.VV, Classes: 3, Samples: 40, Dim: 20}
	const z = 0.1 + 0.1i
	limit, err := lindeberg.Constant(s, 0.5, z)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("limit of N delta: %.6f\n", limit)
	gaps, err := lindeberg.Estimate(context.Background(), s, []complex128{z}, verdict.Precision{RelError: 0.25}, verdict.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	measured := 40 * gaps[0].Delta
	fmt.Println("N = 40 within 30 %:", cmplx.Abs(measured/limit-1) < 0.3)
	// Output:
	// limit of N delta: (1.197579-2.654301i)
	// N = 40 within 30 %: true
}
