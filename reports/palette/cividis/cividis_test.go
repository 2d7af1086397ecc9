package cividis_test

import (
	"fmt"
	"math"
	"testing"

	"pastur/reports/palette/cividis"
)

func ExampleAt() {
	fmt.Println(cividis.At(0), cividis.At(0.5), cividis.At(1))
	// Output: {0 34 78 255} {125 124 120 255} {254 232 56 255}
}

// lightness is CIE L* of a colour in sRGB.
func lightness(x float64) float64 {
	c := cividis.At(x)
	linear := func(v uint8) float64 {
		u := float64(v) / 255
		if u <= 0.04045 {
			return u / 12.92
		}
		return math.Pow((u+0.055)/1.055, 2.4)
	}
	y := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	return 116*math.Cbrt(y) - 16
}

// What the map is for: lightness rises evenly, so that order survives grey.
func TestLightnessRises(t *testing.T) {
	lo, hi := lightness(0), lightness(1)
	for k := range 256 {
		x := (float64(k) + 0.5) / 256
		if k > 0 && lightness(x) < lightness(x-1.0/256)-0.6 {
			t.Errorf("entry %d is darker than the one before", k)
		}
		if even := lo + (hi-lo)*float64(k)/255; math.Abs(lightness(x)-even) > 2.5 {
			t.Errorf("entry %d: lightness %.1f, evenly spaced it is %.1f", k, lightness(x), even)
		}
	}
}

func TestEnds(t *testing.T) {
	for _, c := range [][2]float64{{-1, 0}, {math.NaN(), 0}, {math.Inf(-1), 0}, {2, 1}, {math.Inf(1), 1}, {255.5 / 256, 1}} {
		if cividis.At(c[0]) != cividis.At(c[1]) {
			t.Errorf("At(%v) is not At(%v)", c[0], c[1])
		}
	}
}
