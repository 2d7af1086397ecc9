package wigner_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"pastur/examples/wigner"
	"pastur/replicate"
	"pastur/verdict/verdicttest"
)

// The theorem, on trial at n = 200.
func TestLargestEigenvalue(t *testing.T) {
	verdicttest.Run(t, wigner.Claim(200, wigner.Signs))
}

// A claim that cannot fail proves nothing: errors that people make must kill it.
func TestPlantedErrorsAreRefuted(t *testing.T) {
	for name, fill := range map[string]func(*replicate.Stream, *mat.SymDense){
		"halved":       halved,
		"not centred":  notCentred,
		"one row lost": rowLost,
	} {
		t.Run(name, func(t *testing.T) { verdicttest.Refute(t, wigner.Claim(100, fill)) })
	}
}

// The 1/n terms the tolerance covers are there: with 0.5 % the claim fails at n
// = 100, where the mean is 4.3 % below 2.
func TestTighterClaimIsRefuted(t *testing.T) {
	claim := wigner.Claim(100, wigner.Signs)
	claim.Good = 0.005
	verdicttest.Refute(t, claim)
}

// halved symmetrises by (A + A')/2 where (A + A')/sqrt 2 has variance 1.
func halved(s *replicate.Stream, h *mat.SymDense) {
	for i := range h.SymmetricDim() {
		for j := range i + 1 {
			h.SetSym(i, j, (s.Sign()+s.Sign())/2)
		}
	}
}

// notCentred has mean 0.2: one eigenvalue leaves the bulk.
func notCentred(s *replicate.Stream, h *mat.SymDense) {
	wigner.Signs(s, h)
	for i := range h.SymmetricDim() {
		for j := range i + 1 {
			h.SetSym(i, j, h.At(i, j)+0.2)
		}
	}
}

// rowLost leaves a tenth of the rows at zero.
func rowLost(s *replicate.Stream, h *mat.SymDense) {
	wigner.Signs(s, h)
	for i := range h.SymmetricDim() / 10 {
		for j := range h.SymmetricDim() {
			h.SetSym(i, j, 0)
		}
	}
}
