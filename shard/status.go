package shard

import "pastur/verdict"

// Status is how far a run has come.
type Status struct {
	Looks int // the looks that are being computed
	// Of the chunks of these looks: Done are computed, Chunks are those and the
	// ones that are still needed, and Spared were not computed and are not
	// needed, as their claim is decided without them. A computed chunk counts
	// even if its claim was decided before it.
	Done, Chunks, Spared int
	Cells                []CellStatus
	// Seconds is the work left, on one core: every missing chunk at the mean
	// time of its cell's chunks (of the claim's, of all, if none is known).
	// NaN if no time is known at all.
	Seconds float64
	// Parts is the number of parts, 0 if unknown; Unfinished how many of them
	// still have work, and Slowest the work of the one that has most.
	Parts, Unfinished int
	Slowest           float64
}

// CellStatus is how far a cell has come.
type CellStatus struct {
	Claim        string
	Decided      verdict.Status     // "" while chunks are missing
	Done, Chunks int                // as in Status
	Spared       int                // as in Status
	Result       verdict.CellResult // from the chunks there are; Replicates 0 if none
}

// Status returns how far the first so many looks have come; looks = 0 takes
// those of which there are chunks.
func (w *Work) Status(looks int) (*Status, error) {
	if looks == 0 {
		looks = max(1, w.begunLooks())
	}
	s := &Status{Looks: looks}
	if n, err := w.Parts(); err == nil {
		s.Parts = n
	}
	index := make(map[[2]int]int)
	for i, c := range w.Claims {
		v, gaps, err := c.Replay(w.lookup)
		if err != nil {
			return nil, err
		}
		results, err := c.Estimates(looks, w.lookup)
		if err != nil {
			return nil, err
		}
		for j, cell := range c.Cells {
			row := CellStatus{Claim: c.ID, Result: verdict.CellResult{Key: cell.Key}}
			if gaps == nil {
				row.Decided = v.Status
			}
			for _, r := range results {
				if r.Key == cell.Key {
					row.Result = r
				}
			}
			index[[2]int{i, j}] = len(s.Cells)
			s.Cells = append(s.Cells, row)
		}
	}
	pace := w.paces()
	left := make(map[int]float64)
	w.Plan.stretches(looks, func(t stretch) {
		row := &s.Cells[index[[2]int{t.claim, t.cell}]]
		for chunk := t.from; chunk < t.to; chunk++ {
			if w.has(w.Plan.Claims[t.claim].Cells[t.cell].Key, chunk) {
				row.Chunks++
				row.Done++
				continue
			}
			if row.Decided != "" {
				row.Spared++
				continue
			}
			row.Chunks++
			seconds := pace(t.claim, t.cell)
			s.Seconds += seconds
			if s.Parts > 0 {
				left[t.owner(chunk, s.Parts)] += seconds
			}
		}
	})
	for _, row := range s.Cells {
		s.Done += row.Done
		s.Chunks += row.Chunks
		s.Spared += row.Spared
	}
	s.Unfinished = len(left)
	for _, seconds := range left {
		s.Slowest = max(s.Slowest, seconds)
	}
	return s, nil
}

// paces returns the mean seconds a chunk, by cell.
func (w *Work) paces() func(claim, cell int) float64 {
	type sum struct{ seconds, n float64 }
	var all sum
	claims := make([]sum, len(w.Claims))
	cells := make(map[[2]int]sum)
	w.Plan.stretches(w.Plan.Looks(), func(s stretch) {
		log := w.logs[w.Plan.Claims[s.claim].Cells[s.cell].Key]
		for chunk := s.from; chunk < s.to; chunk++ {
			seconds := log.Seconds(chunk)
			if seconds <= 0 {
				continue
			}
			k := [2]int{s.claim, s.cell}
			cells[k] = sum{cells[k].seconds + seconds, cells[k].n + 1}
			claims[s.claim] = sum{claims[s.claim].seconds + seconds, claims[s.claim].n + 1}
			all = sum{all.seconds + seconds, all.n + 1}
		}
	})
	return func(claim, cell int) float64 {
		for _, s := range []sum{cells[[2]int{claim, cell}], claims[claim]} {
			if s.n > 0 {
				return s.seconds / s.n
			}
		}
		return all.seconds / all.n // NaN without any
	}
}
