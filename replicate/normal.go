package replicate

import (
	"math"

	"pastur/internal/elementary"
)

// The ziggurat of Marsaglia and Tsang (The Ziggurat Method for Generating
// Random Variables, J. Stat. Software 5(8), 2000) with 256 layers of equal
// area, drawn with 53-bit mantissas: math/rand/v2 spends 32 bits and float32
// tables on a normal, whose 2^39 outcomes repeat within 10^7 draws.
//
// The layers are those of f(x) = exp(-x^2/2) on x >= 0. zigguratR is where the
// unbounded base layer starts and zigguratV the common area; they solve the
// closing condition of the 256-layer recursion (testdata/ziggurat.py).
const (
	zigguratLayers = 256
	zigguratR      = 3.654152885361008771645429720399515762977
	zigguratV      = 0.004928673233974655347361775402336028069097
)

var ziggurat = newZiggurat()

type zigguratTable struct {
	accept [zigguratLayers]uint64      // mantissas below this lie wholly under f
	scale  [zigguratLayers]float64     // layer width times 2^-53
	height [zigguratLayers + 1]float64 // f at the right end of each layer
}

func newZiggurat() *zigguratTable {
	// right[i] is the right end of layer i; the base layer is widened so
	// that its rectangle and tail together have the common area.
	var right [zigguratLayers + 1]float64
	right[0] = zigguratV / gaussian(zigguratR)
	right[1] = zigguratR
	for i := 1; i < zigguratLayers-1; i++ {
		right[i+1] = math.Sqrt(-2 * elementary.Log(zigguratV/right[i]+gaussian(right[i])))
	}
	right[zigguratLayers] = 0
	t := new(zigguratTable)
	for i := range zigguratLayers {
		t.accept[i] = uint64(right[i+1] / right[i] * 0x1p53)
		t.scale[i] = right[i] * 0x1p-53
		t.height[i] = gaussian(right[i])
	}
	t.height[zigguratLayers] = 1
	return t
}

func gaussian(x float64) float64 { return elementary.Exp(-0.5 * float64(x*x)) }

// Normal returns a standard normal variate by the ziggurat method (Marsaglia
// and Tsang, J. Stat. Software 5(8), 2000) with 256 layers and Marsaglia's tail
// (Technometrics 6, 1964). Each layer has 2^53 equidistant magnitudes, so the
// variate has full double resolution except close to zero, where the spacing is
// 2^-53 times the layer's width.
func (s *Stream) Normal() float64 {
	for {
		u := s.Uint64()
		layer := u & (zigguratLayers - 1)
		mantissa := u >> 11 // bits 0-7 chose the layer, bit 8 the sign
		x := float64(mantissa) * ziggurat.scale[layer]
		if mantissa >= ziggurat.accept[layer] {
			var ok bool
			if x, ok = s.normalEdge(layer, x); !ok {
				continue
			}
		}
		return math.Float64frombits(math.Float64bits(x) | u<<(63-8)&(1<<63))
	}
}

// normalEdge decides the one draw in eighty that does not fall into the
// rectangle inscribed in its layer.
func (s *Stream) normalEdge(layer uint64, x float64) (float64, bool) {
	if layer == 0 {
		// Marsaglia's tail (Generating a variable from the tail of the
		// normal distribution, Technometrics 6, 1964).
		for {
			excess := -elementary.Log(s.open()) / zigguratR
			y := -elementary.Log(s.open())
			if 2*y >= float64(excess*excess) {
				return zigguratR + excess, true
			}
		}
	}
	low, high := ziggurat.height[layer], ziggurat.height[layer+1]
	return x, low+float64(s.open()*(high-low)) < gaussian(x)
}

// Normals fills dst with independent standard normal variates.
func (s *Stream) Normals(dst []float64) {
	for i := range dst {
		dst[i] = s.Normal()
	}
}
