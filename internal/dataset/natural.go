package dataset

import (
	"slices"
	"strings"
)

// SortNaturally sorts arrays by name, numbers in names by value: fc2 before fc10.
func SortNaturally(arrays []Array) {
	slices.SortStableFunc(arrays, func(a, b Array) int { return compareNaturally(a.Name, b.Name) })
}

func compareNaturally(a, b string) int {
	for a != "" && b != "" {
		x, restA, numberA := piece(a)
		y, restB, numberB := piece(b)
		if numberA && numberB {
			x, y = strings.TrimLeft(x, "0"), strings.TrimLeft(y, "0")
			if len(x) != len(y) {
				return len(x) - len(y)
			}
		}
		if c := strings.Compare(x, y); c != 0 {
			return c
		}
		a, b = restA, restB
	}
	return strings.Compare(a, b)
}

// piece splits off the leading digits, or all before the next digit.
func piece(s string) (head, rest string, number bool) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	number = digit(s[0])
	k := 1
	for k < len(s) && digit(s[k]) == number {
		k++
	}
	return s[:k], s[k:], number
}
