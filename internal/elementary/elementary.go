// Package elementary is a small set of elementary functions whose results are
// the same bits on every machine.
//
// The functions of package math are not: on amd64 and arm64 some of them are
// assembly that uses a fused multiply-add where the processor has one, and the
// compiler itself fuses a*b + c under GOAMD64=v3 and on arm64. A sampled result
// then depends on the machine. Here every product that feeds a sum is rounded
// explicitly, float64(a*b) + c, which the language specification forbids to
// fuse; nothing else is used but the operations IEEE 754 rounds correctly
// (+ - * / and the square root) and constants committed to the repository.
// A test, run by .ci/run, reads the compiler's listing and fails if an instruction was
// fused.
//
//	elementary.Exp(1)           // 2.718281828459045
//	elementary.NormalCDF(-10)   // 7.61985302416052...e-24, not 1 - Phi(10) = 0
//
// All functions take and return float64, allocate nothing, and treat NaN,
// infinities and signed zeros as package math does.
package elementary

// horner evaluates c[0] + c[1] x + ... with every product rounded.
func horner(c []float64, x float64) float64 {
	p := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		p = float64(p*x) + c[i]
	}
	return p
}
