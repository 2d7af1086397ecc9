package selftest

import "math"

// FalseAlarm is the chance that a count of a correct judge goes beyond its
// limit.
const FalseAlarm = 1e-6

// Limit returns the largest count that chance still allows: the smallest k with
// P(X > k) < FalseAlarm for X binomial(n, p).
func Limit(n int, p float64) int {
	if p <= 0 {
		return 0
	}
	if p >= 1 {
		return n
	}
	// The upper tail from the far end, until it reaches the level.
	tail := 0.0
	for k := n; k > 0; k-- {
		if tail += binomial(n, k, p); tail >= FalseAlarm {
			return k
		}
	}
	return 0
}

// binomial returns P(X = k).
func binomial(n, k int, p float64) float64 {
	lg := func(x int) float64 { v, _ := math.Lgamma(float64(x + 1)); return v }
	return math.Exp(lg(n) - lg(k) - lg(n-k) + float64(k)*math.Log(p) + float64(n-k)*math.Log1p(-p))
}
