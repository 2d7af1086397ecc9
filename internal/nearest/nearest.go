// Package nearest finds the word that a misspelt one stands for.
package nearest

import "math"

// Word returns the first of the words at the least [Distance] from word, and that
// distance; MaxInt if there are none.
func Word(word string, words []string) (best string, distance int) {
	distance = math.MaxInt
	for _, w := range words {
		if d := Distance(word, w); d < distance {
			best, distance = w, d
		}
	}
	return best, distance
}

// Distance is the Levenshtein distance of two short words, in bytes: how many
// insertions, deletions and exchanges make one of the other.
func Distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
