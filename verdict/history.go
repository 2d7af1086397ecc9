package verdict

import "slices"

// Look is what one look showed: the component that lay furthest towards BAD
// among those that kept the claim open, or the one that decided.
type Look struct {
	Look       int   // from 1
	Replicates int64 // so far, over all cells
	Component  string
	Estimate   float64
	Bounds     Interval // of probability Confidence
	Confidence float64
	Outcome    string // why another look was needed, or the verdict's reason
}

// replicates counts what has been drawn so far.
func (t *trial) replicates() (n int64) {
	for i := range t.moments {
		n += t.moments[i].N
	}
	return n
}

// goOn records a look after which the claim is still open because of j.
func (t *trial) goOn(look int, j judged, beta float64) {
	outcome := "the interval excludes neither GOOD nor BAD"
	if j.closed != "" {
		outcome = "tail gate closed: " + j.closed
	}
	t.history = append(t.history, t.look(look, j.component, j.betaBounds, j.confidence(beta), outcome))
}

func (t *trial) look(look int, k component, bounds Interval, confidence float64, outcome string) Look {
	l := Look{Look: look, Replicates: t.replicates(), Estimate: k.estimate, Bounds: bounds, Confidence: confidence, Outcome: outcome}
	if len(t.Cells) > 1 {
		l.Component = k.name
	}
	return l
}

// historyWith returns the looks so far and the deciding one. A look that ended
// in an error showed nothing.
func (t *trial) historyWith(look int, status Status, k component, bounds Interval, confidence float64, reason string) []Look {
	all := slices.Clone(t.history)
	if status != Errored {
		all = append(all, t.look(look, k, bounds, confidence, reason))
	}
	return all
}
