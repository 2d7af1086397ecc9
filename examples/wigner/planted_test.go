//go:build planted

package wigner_test

import (
	"testing"

	"pastur/examples/wigner"
	"pastur/verdict/verdicttest"
)

// The red build of docs/ci.md: go test -tags planted ./examples/wigner.
func TestPlanted(t *testing.T) {
	verdicttest.Run(t, wigner.Claim(200, halved))
}
