package reports

import (
	"fmt"
	"math"
	"strconv"
)

// tick is a mark on an axis; a minor one has no text.
type tick struct {
	at   float64
	text string
}

// scale is an axis laid out: its range, and where a value falls in it.
type scale struct {
	log      bool
	min, max float64
	ticks    []tick
	factor   string // what the numbers of the ticks are to be multiplied by: $×10^{-3}$
}

// fraction is where x falls: 0 at min, 1 at max. What a logarithm cannot show
// is far below.
func (s *scale) fraction(x float64) float64 {
	if s.log {
		if x <= 0 {
			return -1e3
		}
		return math.Log(x/s.min) / math.Log(s.max/s.min)
	}
	return (x - s.min) / (s.max - s.min)
}

// newScale lays out an axis that holds lo..hi on so many points of paper.
// fixed says that the ends are as they are to be.
func newScale(a Axis, lo, hi, length, perTick float64, zero bool) *scale {
	s := &scale{log: a.Log, min: a.Min, max: a.Max}
	if a.Min == 0 && a.Max == 0 {
		s.min, s.max = widen(a.Log, lo, hi, zero)
	}
	most := max(3, int(length/perTick))
	if s.log && s.max/s.min > 6 {
		s.logTicks(most)
	} else {
		// So short a piece of a logarithmic axis holds hardly a decade: its
		// ticks are those of a linear one.
		s.linearTicks(most)
	}
	return s
}

// widen gives data room within the frame. Where zero is set, a range from 0
// keeps it.
func widen(log bool, lo, hi float64, zero bool) (float64, float64) {
	const room = 0.06
	if log {
		if hi <= lo {
			return lo / 2, hi * 2
		}
		by := math.Pow(hi/lo, room)
		return lo / by, hi * by
	}
	if hi <= lo {
		by := math.Max(math.Abs(lo)/2, 1e-300)
		if lo == 0 {
			by = 1
		}
		return lo - by, hi + by
	}
	by := room * (hi - lo)
	if zero && lo == 0 {
		return 0, hi + by
	}
	return lo - by, hi + by
}

// linearTicks puts ticks at multiples of 1, 2 or 5 times a power of ten.
func (s *scale) linearTicks(most int) {
	span := s.max - s.min
	power := math.Floor(math.Log10(span / float64(most)))
	step, minor := 0.0, 0
	for _, c := range []struct{ step, minor float64 }{{1, 5}, {2, 4}, {5, 5}, {10, 5}} {
		step, minor = c.step*math.Pow(10, power), int(c.minor)
		if math.Floor(s.max/step+1e-9)-math.Ceil(s.min/step-1e-9) <= float64(most) {
			break
		}
	}
	largest := math.Max(math.Abs(s.min), math.Abs(s.max))
	exponent := int(math.Floor(math.Log10(largest * (1 + 1e-12))))
	if exponent > -3 && exponent < 5 {
		exponent = 0
	} else {
		s.factor = fmt.Sprintf("$×10^{%d}$", exponent)
	}
	unit := math.Pow(10, float64(exponent))
	decimals := max(0, -int(math.Floor(math.Log10(step/unit*(1+1e-9)))))
	small := step / float64(minor)
	first, last := int(math.Ceil(s.min/small-1e-9)), int(math.Floor(s.max/small+1e-9))
	for k := first; k <= last; k++ {
		t := tick{at: float64(k) * small}
		if k%minor == 0 {
			t.text = "$" + strconv.FormatFloat(float64(k/minor)*step/unit, 'f', decimals, 64) + "$"
			if k == 0 {
				t.text = "0"
			}
		}
		s.ticks = append(s.ticks, t)
	}
}

// logTicks puts ticks at the decades, as powers of ten, and where there is only
// about one decade at 2 and 5 times them as well, as plain numbers.
func (s *scale) logTicks(most int) {
	first, last := int(math.Floor(math.Log10(s.min)+1e-9)), int(math.Ceil(math.Log10(s.max)-1e-9))
	decades := 0
	for k := first; k <= last; k++ {
		if s.shows(math.Pow(10, float64(k))) {
			decades++
		}
	}
	every := 1
	for decades/every > most {
		every++
	}
	for k := first; k <= last; k++ {
		for digit := 1; digit <= 9; digit++ {
			at := float64(digit) * math.Pow(10, float64(k))
			if !s.shows(at) || digit > 1 && every > 2 {
				continue
			}
			t := tick{at: at}
			switch {
			case decades >= 2 && digit == 1 && mod(k, every) == 0:
				t.text = fmt.Sprintf("$10^{%d}$", k)
			case decades < 2 && (digit == 1 || digit == 2 || digit == 5):
				t.text = decimal(digit, k, first >= -3 && last <= 4)
			}
			s.ticks = append(s.ticks, t)
		}
	}
}

func (s *scale) shows(x float64) bool { return x >= s.min*(1-1e-9) && x <= s.max*(1+1e-9) }

func mod(k, n int) int { return ((k % n) + n) % n }

// decimal writes digit times 10^power, in full if plain.
func decimal(digit, power int, plain bool) string {
	switch {
	case plain:
		return strconv.FormatFloat(float64(digit)*math.Pow(10, float64(power)), 'f', max(0, -power), 64)
	case digit == 1:
		return fmt.Sprintf("$10^{%d}$", power)
	}
	return fmt.Sprintf("$%d·10^{%d}$", digit, power)
}

// dataRange returns the range of the data of series along an axis that has no
// range of its own.
func dataRange(a Axis, vertical bool, series ...Series) (lo, hi float64, zero bool) {
	lo, hi = math.Inf(1), math.Inf(-1)
	take := func(values []float64) {
		for _, x := range values {
			if a.Log && x <= 0 {
				continue
			}
			lo, hi = math.Min(lo, x), math.Max(hi, x)
		}
	}
	for _, s := range series {
		if s.Kind == Guide {
			continue
		}
		if !vertical {
			take(s.X)
			continue
		}
		take(s.Y)
		if a.Log && s.Kind != Band {
			// An error bar that reaches down to 0 or near it would push all
			// data to the top; it is cut at the frame.
			for i, l := range s.Lo {
				if l > s.Y[i]/10 {
					take(s.Lo[i : i+1])
				}
			}
		} else {
			take(s.Lo)
		}
		take(s.Hi)
		if !a.Log && (s.Kind == Steps && len(s.Lo) == 0 || s.Kind == Stem) {
			zero = true
			take([]float64{0})
		}
	}
	// Guides follow the data: they widen its range by a little only.
	least, most := lo/3, 3*hi
	for _, s := range series {
		if s.Kind != Guide || !a.Log && lo <= hi {
			continue
		}
		values := s.X
		if vertical {
			values = s.Y
		}
		for _, x := range values {
			if lo > hi || x >= least && x <= most {
				take([]float64{x})
			}
		}
	}
	if lo > hi {
		lo, hi = 1, 1
	}
	return lo, hi, zero
}
