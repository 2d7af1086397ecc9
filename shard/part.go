package shard

import (
	"fmt"
	"strconv"
	"strings"
)

// Part is part Index of Of of a plan, Index from 0.
type Part struct{ Index, Of int }

// Whole is the plan in one part.
var Whole = Part{0, 1}

func (p Part) String() string { return fmt.Sprintf("%d/%d", p.Index, p.Of) }

// MostParts bounds the number of parts.
const MostParts = 1_000_000

// arrays are the variables by which schedulers tell a task its index.
var arrays = []struct {
	variable string
	base     int
}{
	{"SLURM_ARRAY_TASK_ID", 0},
	{"JOB_COMPLETION_INDEX", 0}, // Kubernetes, Indexed Job
	{"AWS_BATCH_JOB_ARRAY_INDEX", 0},
	{"PBS_ARRAY_INDEX", 0},
	{"SGE_TASK_ID", 1}, // SGE counts from 1
}

// ParsePart reads "i/n", i from 0 to n-1, or "auto/n": then the index is that
// of the array task that environment describes (SLURM_ARRAY_TASK_ID,
// JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, PBS_ARRAY_INDEX, or
// SGE_TASK_ID, which counts from 1). The number of parts is never taken from a
// scheduler: Slurm says 1 when a single index is submitted again.
func ParsePart(text string, environment func(string) string) (Part, error) {
	index, of, ok := strings.Cut(text, "/")
	n, err := strconv.Atoi(of)
	if !ok || err != nil || n < 1 || n > MostParts {
		return Part{}, fmt.Errorf("must be i/n or auto/n with n from 1 to %d, got %q", MostParts, text)
	}
	p := Part{Of: n}
	from := ""
	if index == "auto" {
		if p.Index, from, err = arrayIndex(environment); err != nil {
			return Part{}, err
		}
		from = " (from " + from + ")"
	} else if p.Index, err = strconv.Atoi(index); err != nil {
		return Part{}, fmt.Errorf("must be i/n or auto/n, got %q", text)
	}
	if p.Index < 0 || p.Index >= n {
		return Part{}, fmt.Errorf("index %d%s is out of range: want 0 to %d", p.Index, from, n-1)
	}
	return p, nil
}

// arrayIndex returns the task's index and the variable it comes from. Variables
// that disagree (one scheduler inside another) are an error.
func arrayIndex(environment func(string) string) (index int, from string, err error) {
	for _, a := range arrays {
		value := environment(a.variable)
		// SGE sets its variable to "undefined" outside an array.
		if value == "" || value == "undefined" {
			continue
		}
		i, err := strconv.Atoi(value)
		if err != nil {
			return 0, "", fmt.Errorf("auto: %s must be a whole number, got %q", a.variable, value)
		}
		i -= a.base
		if from != "" && i != index {
			return 0, "", fmt.Errorf("auto: %s says index %d and %s says %d: give the index yourself", from, index, a.variable, i)
		}
		if from == "" {
			index, from = i, a.variable
		}
	}
	if from == "" {
		var names []string
		for _, a := range arrays {
			names = append(names, a.variable)
		}
		return 0, "", fmt.Errorf("auto: not in an array task: none of %s is set; give the index yourself", strings.Join(names, ", "))
	}
	return index, from, nil
}
