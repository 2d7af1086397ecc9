package nearest

import (
	"math"
	"testing"
)

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "bc", 1}, {"abc", "xabc", 1},
		{"clases", "classes", 1}, {"gmama", "gamma", 2}, {"kitten", "sitting", 3}, {"flaw", "lawn", 2},
		{"abcdef", "fedcba", 6}, {"intention", "execution", 5}, {"sunday", "saturday", 3}, {"aaa", "bbbbb", 5},
	} {
		if got := Distance(c.a, c.b); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.a, c.b, got, c.want)
		}
		if got := Distance(c.b, c.a); got != c.want {
			t.Errorf("%q to %q: %d, want %d", c.b, c.a, got, c.want)
		}
	}
}

func TestWord(t *testing.T) {
	if best, d := Word("modle", []string{"mode", "model", "method"}); best != "mode" || d != 1 {
		t.Errorf("%q, %d", best, d)
	}
	if best, d := Word("x", nil); best != "" || d != math.MaxInt {
		t.Errorf("%q, %d of no words", best, d)
	}
}
