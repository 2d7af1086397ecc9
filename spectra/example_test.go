package spectra_test

import (
	"fmt"
	"math"

	"pastur/spectra"
)

// The spectrum of (1/N) X Lambda X^T at d/N = 2, half of Lambda 1 and half 8.
func Example() {
	population, err := spectra.Atoms([]float64{1, 8}, []float64{0.5, 0.5})
	if err != nil {
		fmt.Println(err)
		return
	}
	law, err := spectra.Solve(population, 2)
	if err != nil {
		fmt.Println(err)
		return
	}
	support, err := law.Support()
	if err != nil {
		fmt.Println(err)
		return
	}
	density, err := law.Density(10)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("support", support, "and an atom of", law.AtomAtZero(), "at 0")
	fmt.Printf("density at 10: %.12f\n", density)
	// Output:
	// support [[0.25647520172, 3.52978378894] [4.66829500396, 36.5454460054]] and an atom of 0.5 at 0
	// density at 10: 0.012746001761
}

// The same population as a covariance matrix, p/n = 0.5: no atom, and E log x.
func ExampleCovariance() {
	population, err := spectra.Atoms([]float64{1}, []float64{1})
	if err != nil {
		fmt.Println(err)
		return
	}
	law, err := spectra.Covariance(population, 0.5)
	if err != nil {
		fmt.Println(err)
		return
	}
	mean, err := law.Expect(math.Log)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%s: E log x = %.12f\n", law.Convention(), mean)
	// Output:
	// covariance: E log x = -0.306852819440
}
