package montecarlo

import (
	"testing"

	"pastur/replicate"
)

// counting numbers the coordinates a point's law is asked for and keeps what was said
// to be the coordinate before.
type counting struct{ from, last []float64 }

func (c *counting) fill(s *replicate.Stream, x []float64, from int, last float64) {
	c.from, c.last = append(c.from, float64(from)), append(c.last, last)
	point := s.Float64()
	for k := range x {
		x[k] = point + float64(from+k)
	}
}

// Each block of coordinates continues that of the same point, at the index and after
// the value where it ended: else an autoregression starts anew at each 256th.
func TestBlocksOfCoordinatesContinue(t *testing.T) {
	const n, dim = 3, 2*coordinates + 10
	set := estimator(t, withData(linear(2, dim, 5), law1(t, "ar1:0.5")), TwoPoint).Setting
	p := newPoints(n, &set)
	law := &counting{}
	p.law = law
	if err := p.draw(replicate.NewStream(1, "blocks", 0)); err != nil {
		t.Fatal(err)
	}
	points := replicate.NewStream(1, "blocks", 0)
	before := make([]float64, n) // last coordinates of the blocks before
	call := 0
	for from := 0; from < dim; from += coordinates {
		for k := range n {
			if call == len(law.from) {
				t.Fatalf("%d blocks, want more", call)
			}
			if law.from[call] != float64(from) || from > 0 && law.last[call] != before[k] {
				t.Errorf("point %d: a block at %v after %v, want %d after %v", k, law.from[call], law.last[call], from, before[k])
			}
			before[k] = points.Float64() + float64(from+coordinates-1)
			call++
		}
	}
	if call != len(law.from) {
		t.Errorf("%d blocks, want %d", len(law.from), call)
	}
}
