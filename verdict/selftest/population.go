package selftest

import (
	"pastur/internal/elementary"
	"pastur/replicate"
)

// Population is a law with mean 1.
type Population struct {
	Name string
	Draw func(s *replicate.Stream) float64
}

// The populations. Skewness and excess kurtosis: normal 0 and 0, exponential 2
// and 6, lognormal with sigma = 1 (e+2) sqrt(e-1) = 6.2 and e^4+2e^3+3e^2-6 =
// 111, whose mean the tail gate refuses below some 11 000 replicates.
var (
	Normal      = Population{"normal", func(s *replicate.Stream) float64 { return 1 + float64(0.5*s.Normal()) }}
	Exponential = Population{"exponential", func(s *replicate.Stream) float64 { return s.Gamma(1) }}
	Lognormal   = Population{"lognormal", func(s *replicate.Stream) float64 { return elementary.Exp(s.Normal() - 0.5) }}
	Gamma20     = Population{"gamma(20)", func(s *replicate.Stream) float64 { return s.Gamma(20) / 20 }}
	Uniform     = Population{"uniform", func(s *replicate.Stream) float64 { return 2 * float64(s.Float64()) }}
	Coin        = Population{"coin", func(s *replicate.Stream) float64 { return 1 + s.Sign() }}
)
