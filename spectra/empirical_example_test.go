package spectra_test

import (
	"context"
	"fmt"

	"pastur/replicate"
	"pastur/spectra"
)

// 40 matrices (1/N) X^T X with N = 50 samples in dimension d = 300: five
// eigenvalues in six are 0, exactly, and the rest is close to the law.
func ExampleExperiment() {
	ensemble, err := spectra.NewClassical(300, 50)
	if err != nil {
		fmt.Println(err)
		return
	}
	experiment := &spectra.Experiment{Ensemble: ensemble}
	found, err := experiment.Run(context.Background(), 40, []complex128{5 + 5i}, replicate.Options{Seed: 1})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("zeros: %.4f, law: %.4f\n", found.ZeroMass, found.ZeroMassPredicted)
	fmt.Printf("tr H^2/d: %.2f, law: %.2f\n", found.Moments[1], found.MomentsPredicted[1])
	fmt.Println("Kolmogorov distance below 0.01:", found.Kolmogorov.Hi < 0.01)
	// Output:
	// zeros: 0.8333, law: 0.8333
	// tr H^2/d: 7.01, law: 7.00
	// Kolmogorov distance below 0.01: true
}
