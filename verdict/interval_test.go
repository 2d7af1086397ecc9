package verdict

import (
	"encoding/json"
	"math"
	"testing"
)

func TestInterval(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		i          Interval
		text, json string
	}{
		{Interval{1, 2.5}, "[1, 2.5]", "[1,2.5]"},
		{Interval{-inf, 0.1234567}, "[-inf, 0.12346]", "[null,0.1234567]"},
		{Interval{-1e-20, inf}, "[-1e-20, inf]", "[-1e-20,null]"},
		{Everything, "[-inf, inf]", "[null,null]"},
	} {
		if got := c.i.String(); got != c.text {
			t.Errorf("String is %s, want %s", got, c.text)
		}
		got, err := json.Marshal(c.i)
		if err != nil || string(got) != c.json {
			t.Errorf("JSON is %s, %v, want %s", got, err, c.json)
		}
		var back Interval
		if err := json.Unmarshal(got, &back); err != nil || back != c.i {
			t.Errorf("%s reads back as %v, %v", got, back, err)
		}
	}
	for _, bad := range []string{"[1]", "[1,2,3]", "{}", `["a","b"]`, "7"} {
		var i Interval
		if err := json.Unmarshal([]byte(bad), &i); err == nil {
			t.Errorf("%s reads as %v", bad, i)
		}
	}
	i := Interval{3, 4}
	if err := json.Unmarshal([]byte("null"), &i); err != nil || i != (Interval{3, 4}) {
		t.Errorf("null: %v, %v", i, err)
	}
	a := Interval{0, 2}
	for _, c := range []struct {
		b                        Interval
		inside, around, disjoint bool // a inside b, b inside a, disjoint
	}{
		{Interval{0, 2}, false, false, false},
		{Interval{-1, 3}, true, false, false},
		{Interval{0.5, 1}, false, true, false},
		{Interval{2, 3}, false, false, false},
		{Interval{2.1, 3}, false, false, true},
		{Interval{-inf, 3}, true, false, false},
		{Everything, true, false, false},
		{Interval{-5, -1}, false, false, true},
	} {
		if a.Inside(c.b) != c.inside || c.b.Inside(a) != c.around || a.Disjoint(c.b) != c.disjoint || c.b.Disjoint(a) != c.disjoint {
			t.Errorf("%v and %v: inside %v, around %v, disjoint %v", a, c.b, a.Inside(c.b), c.b.Inside(a), a.Disjoint(c.b))
		}
	}
	if !Everything.Inside(Everything) || !a.Contains(0) || !a.Contains(2) || a.Contains(2.1) || a.Contains(math.NaN()) {
		t.Error("Inside or Contains at the edge")
	}
}
