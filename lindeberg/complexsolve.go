package lindeberg

import "math/cmplx"

// solveComplex overwrites b (n x m, row-major) by a^{-1} b and returns det a,
// destroying a (n x n, row-major): Gaussian elimination with partial pivoting,
// for the k x k systems of this package.
func solveComplex(a []complex128, n int, b []complex128, m int) (det complex128) {
	det = 1
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if cmplx.Abs(a[r*n+c]) > cmplx.Abs(a[pivot*n+c]) {
				pivot = r
			}
		}
		if pivot != c {
			det = -det
			for k := range n {
				a[c*n+k], a[pivot*n+k] = a[pivot*n+k], a[c*n+k]
			}
			for k := range m {
				b[c*m+k], b[pivot*m+k] = b[pivot*m+k], b[c*m+k]
			}
		}
		det *= a[c*n+c]
		for r := c + 1; r < n; r++ {
			f := a[r*n+c] / a[c*n+c]
			for k := c; k < n; k++ {
				a[r*n+k] -= f * a[c*n+k]
			}
			for k := range m {
				b[r*m+k] -= f * b[c*m+k]
			}
		}
	}
	for r := n - 1; r >= 0; r-- {
		for k := range m {
			sum := b[r*m+k]
			for c := r + 1; c < n; c++ {
				sum -= a[r*n+c] * b[c*m+k]
			}
			b[r*m+k] = sum / a[r*n+r]
		}
	}
	return det
}
