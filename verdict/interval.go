package verdict

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Interval is the closed interval [Lo, Hi]; an infinite end is open. In JSON
// it is [lo, hi] with null for an open end.
type Interval struct{ Lo, Hi float64 }

// Everything is the whole line: what an interval that says nothing says.
var Everything = Interval{math.Inf(-1), math.Inf(1)}

// Around returns [center-radius, center+radius].
func Around(center, radius float64) Interval {
	radius = float64(radius) // a product in the argument must not be fused into the sums
	return Interval{center - radius, center + radius}
}

// Contains reports whether x lies in the interval.
func (i Interval) Contains(x float64) bool { return i.Lo <= x && x <= i.Hi }

// Disjoint reports whether i and j have no point in common.
func (i Interval) Disjoint(j Interval) bool { return i.Hi < j.Lo || j.Hi < i.Lo }

// Inside reports whether i lies in the interior of j.
func (i Interval) Inside(j Interval) bool {
	return (i.Lo > j.Lo || math.IsInf(j.Lo, -1)) && (i.Hi < j.Hi || math.IsInf(j.Hi, 1))
}

// MarshalJSON writes [lo, hi], with null for an infinite end.
func (i Interval) MarshalJSON() ([]byte, error) {
	end := func(x float64) *float64 {
		if math.IsInf(x, 0) {
			return nil
		}
		return &x
	}
	return json.Marshal([2]*float64{end(i.Lo), end(i.Hi)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (i *Interval) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		return nil
	}
	var ends []*float64
	if err := json.Unmarshal(data, &ends); err != nil {
		return err
	}
	if len(ends) != 2 {
		return fmt.Errorf("interval must have 2 ends, got %d", len(ends))
	}
	*i = Everything
	if ends[0] != nil {
		i.Lo = *ends[0]
	}
	if ends[1] != nil {
		i.Hi = *ends[1]
	}
	return nil
}

// String formats the interval with 5 significant digits, open ends as "-inf"
// and "inf".
func (i Interval) String() string {
	end := func(x float64) string {
		switch {
		case math.IsInf(x, -1):
			return "-inf"
		case math.IsInf(x, 1):
			return "inf"
		}
		return fmt.Sprintf("%.5g", x)
	}
	return "[" + end(i.Lo) + ", " + end(i.Hi) + "]"
}
