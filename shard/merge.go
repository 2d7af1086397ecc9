package shard

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pastur/verdict"
)

// Merge replays the decision of every claim on the folder's records and returns
// the verdicts of an uninterrupted run. It is an error if a chunk that a
// decision needs is missing; the error names every claim concerned.
func (w *Work) Merge() ([]verdict.Verdict, error) {
	var verdicts []verdict.Verdict
	var problems []error
	for _, c := range w.Claims {
		v, gaps, err := c.Replay(w.lookup)
		switch {
		case err != nil:
			return nil, err
		case gaps != nil:
			problems = append(problems, fmt.Errorf("claim %s is undecided: %s", c.ID, describe(gaps)))
		default:
			verdicts = append(verdicts, v)
		}
	}
	return verdicts, errors.Join(problems...)
}

// describe says what of a claim is missing, and what to do about it.
func describe(gaps []verdict.Gap) string {
	look, missing, begun := gaps[0].Look, 0, gaps[0].Look == 1
	for _, gap := range gaps {
		missing += len(gap.Chunks)
		begun = begun || len(gap.Chunks) < gap.To-gap.From
	}
	if begun {
		gap := gaps[0]
		more := ""
		if missing > len(gap.Chunks) {
			more = fmt.Sprintf(", and %d of other cells", missing-len(gap.Chunks))
		}
		return fmt.Sprintf("chunks %s of %q, which look %d needs, are missing%s", Ranges(gap.Chunks), gap.Key, look, more)
	}
	return fmt.Sprintf("it needs look %d, whose %d chunks nobody has computed: run again with --looks %d", look, missing, look)
}

// Missing is what keeps a folder from being merged.
type Missing struct {
	Chunks int   // of undecided claims, in the looks that were begun or are needed next
	Parts  []int // that own them, ascending
	Lack   []int // how many of them each of these parts owns
	Of     int   // the number of parts
	Looks  int   // the looks that the parts must be run for
}

// Missing returns what is missing, for n parts; n = 0 takes the number from the
// names of the folder's files. For a claim that its records decide, nothing is.
func (w *Work) Missing(n int) (*Missing, error) {
	if n == 0 {
		var err error
		if n, err = w.Parts(); err != nil {
			return nil, err
		}
	}
	undecided := make([]bool, len(w.Claims))
	m := &Missing{Of: n, Looks: w.begunLooks()}
	any := false
	for i, c := range w.Claims {
		_, gaps, err := c.Replay(w.lookup)
		if err != nil {
			return nil, err
		}
		if gaps != nil {
			undecided[i], any = true, true
			m.Looks = max(m.Looks, gaps[0].Look)
		}
	}
	if !any {
		return m, nil
	}
	owners := make(map[int]int)
	w.Plan.stretches(m.Looks, func(s stretch) {
		if !undecided[s.claim] {
			return
		}
		for chunk := s.from; chunk < s.to; chunk++ {
			if !w.has(w.Plan.Claims[s.claim].Cells[s.cell].Key, chunk) {
				m.Chunks++
				owners[s.owner(chunk, n)]++
			}
		}
	})
	m.Parts = slices.Sorted(maps.Keys(owners))
	for _, part := range m.Parts {
		m.Lack = append(m.Lack, owners[part])
	}
	return m, nil
}

// begunLooks returns the last look of which there is a chunk.
func (w *Work) begunLooks() int {
	looks := 0
	w.Plan.stretches(w.Plan.Looks(), func(s stretch) {
		if s.look <= looks {
			return
		}
		for chunk := s.from; chunk < s.to; chunk++ {
			if w.has(w.Plan.Claims[s.claim].Cells[s.cell].Key, chunk) {
				looks = s.look
				return
			}
		}
	})
	return looks
}

func (p Part) fileName() string {
	width := len(strconv.Itoa(p.Of - 1))
	return fmt.Sprintf("shard-%0*d-of-%d", width, p.Index, p.Of)
}

var partFile = regexp.MustCompile(`^shard-\d+-of-(\d+)-`)

// Parts returns the number of parts that the folder's files were written for.
func (w *Work) Parts() (int, error) {
	entries, err := os.ReadDir(w.Folder.Dir())
	if err != nil {
		return 0, fmt.Errorf("folder of chunks: %w", err)
	}
	of := 0
	for _, e := range entries {
		m := partFile.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil || n < 1 || n > MostParts {
			continue
		}
		if of != 0 && n != of {
			return 0, fmt.Errorf("the files are of %d and of %d parts: say by --shards which number you go on with", of, n)
		}
		of = n
	}
	if of == 0 {
		return 0, errors.New("no part has begun, so their number is unknown: give --shards")
	}
	return of, nil
}

// Ranges writes ascending numbers as schedulers take them: 5,7-9.
func Ranges(numbers []int) string {
	var parts []string
	for start := 0; start < len(numbers); {
		end := start + 1
		for end < len(numbers) && numbers[end] == numbers[end-1]+1 {
			end++
		}
		text := strconv.Itoa(numbers[start])
		if end > start+1 {
			text += "-" + strconv.Itoa(numbers[end-1])
		}
		parts = append(parts, text)
		start = end
	}
	return strings.Join(parts, ",")
}
