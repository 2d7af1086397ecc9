package main

import (
	"fmt"
	"math/cmplx"
	"slices"
	"strconv"
	"strings"
)

// parsePoints reads the value of --z: points of the open upper half-plane,
// separated by commas. Nothing is no point.
func parsePoints(text string) ([]complex128, error) {
	if text == "" {
		return nil, nil
	}
	var points []complex128
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		z, err := strconv.ParseComplex(part, 128)
		switch {
		case err != nil:
			return nil, fmt.Errorf("--z must be a complex number such as 0.1+0.1i (or several, separated by commas), got %q", part)
		case cmplx.IsNaN(z) || cmplx.IsInf(z):
			return nil, fmt.Errorf("--z must be finite, got %s", part)
		case !(imag(z) > 0):
			return nil, fmt.Errorf("--z must lie above the real axis, Im z > 0, got %s", part)
		case slices.Contains(points, z):
			return nil, fmt.Errorf("--z repeats %s", part)
		}
		points = append(points, z)
	}
	return points, nil
}
