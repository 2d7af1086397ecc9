package grid

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for text, want := range map[string][]float64{
		"7":            {7},
		"1e12":         {1e12},
		"10,100, 1000": {10, 100, 1000},
		"10:1000:log5": {10, 32, 100, 316, 1000},
		"10:50:lin5":   {10, 20, 30, 40, 50},
		// Large ends: rounding hides nothing there.
		"1:100001:lin3":     {1, 50001, 100001},
		"3:1000000003:log2": {3, 1000000003},
		"1:3:log9":          {1, 2, 3},
		"inf":               {math.Inf(1)},
		"100,inf":           {100, math.Inf(1)},
	} {
		got, err := Parse(text)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v, %v; want %v", text, got, err, want)
		}
	}
	for text, want := range map[string]string{
		"":            "is empty",
		" ":           "is empty",
		"ten":         `got "ten"`,
		"10,,20":      `got ""`,
		"0":           `got "0"`,
		"-4":          `got "-4"`,
		"2.5":         `must be a whole number from 1 to 2^50 (or a list, a range like 10:1000:log5, or inf), got "2.5"`,
		"nan":         `got "nan"`,
		"10,10":       "repeats 10",
		"100:10:log3": "must run forwards",
		"10:10:log3":  "must run forwards",
		"10:100":      "must be LO:HI:logN",
		"10:100:5":    "must end in logN",
		"10:100:log1": "must end in logN",
		"10:inf:log3": "finite ends",
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func TestBetween(t *testing.T) {
	if got, err := Between("2,7,9", 2, 9); err != nil || !slices.Equal(got, []float64{2, 7, 9}) {
		t.Errorf("%v, %v", got, err)
	}
	for text, want := range map[string]string{
		"1":        `must be a whole number from 2 to 1048576 (or a list, or a range like 10:1000:log5), got "1"`,
		"1048577":  `from 2 to 1048576`,
		"inf":      `from 2 to 1048576 (or a list, or a range like 10:1000:log5), got "inf"`,
		"3,0":      `got "0"`,
		"1:9:lin3": `got "1"`,
		"":         "is empty",
	} {
		if _, err := Between(text, 2, 1<<20); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"7", "10,100", "10:1000:log5", "1:2:lin2", "inf", "::", "1e400"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		values, err := Parse(text)
		if err != nil {
			return
		}
		if len(values) == 0 {
			t.Errorf("%q: no values and no error", text)
		}
		for _, v := range values {
			if !(v >= 1) || v != math.Floor(v) {
				t.Errorf("%q: value %v", text, v)
			}
		}
	})
}
