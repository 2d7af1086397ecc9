// Package grid reads lists and ranges of whole numbers, as flags and suite
// files give them:
//
//	1000              one value
//	10,100,1000       a list
//	10:1000:log5      5 points from 10 to 1000, equally spaced in the logarithm
//	10:50:lin5        5 points, equally spaced
//	inf               the limit, where the caller allows it
//
// Points of a range are rounded to whole numbers, and repeats dropped.
package grid

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

const maxPoints = 1000

// largest is the end of the whole numbers of [Parse].
const largest = 1 << 50

// Parse reads a list or range of whole numbers from 1 to 2^50, or inf. Values
// must be strictly increasing in a range and different in a list.
func Parse(text string) ([]float64, error) {
	return limits{1, largest, true}.parse(text)
}

// Between reads a list or range like [Parse], of values from lo to hi; inf is
// refused.
func Between(text string, lo, hi float64) ([]float64, error) {
	return limits{lo, hi, false}.parse(text)
}

// limits are the values allowed.
type limits struct {
	lo, hi float64
	inf    bool
}

func (l limits) parse(text string) ([]float64, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("is empty: want a number, a list like 10,100 or a range like 10:1000:log5")
	}
	if strings.Contains(text, ":") {
		return l.parseRange(text)
	}
	var values []float64
	for _, part := range strings.Split(text, ",") {
		v, err := l.parseValue(part)
		if err != nil {
			if part != text {
				err = fmt.Errorf("%w in %q", err, text)
			}
			return nil, err
		}
		if slices.Contains(values, v) {
			return nil, fmt.Errorf("repeats %v in %q", v, text)
		}
		values = append(values, v)
	}
	return values, nil
}

func (l limits) parseValue(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if text == "inf" && l.inf {
		return math.Inf(1), nil
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !(v >= l.lo && v <= l.hi) || v != math.Floor(v) {
		to, other := fmt.Sprintf("%.10g", l.hi), "or a list, or a range like 10:1000:log5"
		if l.hi == largest {
			to = "2^50"
		}
		if l.inf {
			other = "or a list, a range like 10:1000:log5, or inf"
		}
		return 0, fmt.Errorf("must be a whole number from %.10g to %s (%s), got %q", l.lo, to, other, text)
	}
	return v, nil
}

func (l limits) parseRange(text string) ([]float64, error) {
	parts := strings.Split(text, ":")
	if len(parts) != 3 {
		return nil, fmt.Errorf("range must be LO:HI:logN or LO:HI:linN, got %q", text)
	}
	lo, err := l.parseValue(parts[0])
	if err != nil {
		return nil, err
	}
	hi, err := l.parseValue(parts[1])
	if err != nil {
		return nil, err
	}
	if math.IsInf(lo, 1) || math.IsInf(hi, 1) {
		return nil, fmt.Errorf("range must have finite ends, got %q", text)
	}
	if lo >= hi {
		return nil, fmt.Errorf("range must run forwards, got %q", text)
	}
	spacing, count := parts[2], 0
	for _, prefix := range []string{"log", "lin"} {
		if rest, ok := strings.CutPrefix(spacing, prefix); ok {
			count, err = strconv.Atoi(rest)
			if err != nil {
				count = 0
			}
			spacing = prefix
		}
	}
	if count < 2 || count > maxPoints {
		return nil, fmt.Errorf("range must end in logN or linN with N from 2 to %d, got %q", maxPoints, text)
	}
	var values []float64
	for i := range count {
		t := float64(i) / float64(count-1)
		v := lo + t*(hi-lo)
		if spacing == "log" {
			v = lo * math.Pow(hi/lo, t)
		}
		// Rounding to whole numbers hides the last bits of Pow, which
		// differ between machines.
		if v = math.Round(v); len(values) == 0 || v != values[len(values)-1] {
			values = append(values, v)
		}
	}
	return values, nil
}
