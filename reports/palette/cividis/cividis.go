// Package cividis is the colour map cividis: from dark blue through grey to
// yellow, with lightness rising evenly, so that it reads alike with and without
// a deficiency of colour vision, and in grey.
//
// Source: J. R. Nuñez, C. R. Anderton, R. S. Renslow, Optimizing colormaps with
// consideration for color vision deficiency to enable accurate interpretation
// of scientific data, PLOS ONE 13 (2018) e0199239. The table is theirs, 256
// entries, written by testdata/table.py.
package cividis

import "image/color"

// At returns the colour of x in [0, 1]; values outside take the colour of the
// nearer end, and not-a-number that of 0.
func At(x float64) color.RGBA {
	k := 0
	switch {
	case x >= 1:
		k = 255
	case x > 0:
		k = int(256 * x)
	}
	c := table[k]
	return color.RGBA{R: uint8(c >> 16), G: uint8(c >> 8), B: uint8(c), A: 255}
}
