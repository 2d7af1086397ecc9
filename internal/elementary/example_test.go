package elementary_test

import (
	"fmt"

	"pastur/internal/elementary"
)

func Example() {
	fmt.Println(elementary.Exp(1))
	fmt.Println(elementary.Log1p(1e-20))
	fmt.Printf("%.12e\n", elementary.NormalCDF(-10)) // P(Z > 10)
	fmt.Printf("%.12f\n", elementary.NormalUpperQuantile(1e-300))
	// Output:
	// 2.718281828459045
	// 1e-20
	// 7.619853024161e-24
	// 37.047096299361
}
