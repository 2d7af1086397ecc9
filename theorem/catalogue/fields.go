package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"pastur/internal/grid"
	"pastur/internal/nearest"
)

// table reads the typed values of one TOML table and remembers which keys were
// asked for, so that the rest can be reported as unknown.
type table struct {
	doc    *document
	claim  int // index, or -1 for the top level
	values map[string]any
	known  []string
	err    error  // the first error; later reads return defaults
	absent string // the key err is about, if it is missing
}

func (t *table) fail(key, format string, args ...any) {
	if t.err == nil {
		t.err = t.doc.errorf(position{t.claim, key}, format, args...)
		if _, ok := t.values[key]; !ok {
			t.absent = key
		}
	}
}

// get returns a key's value, nil if absent.
func (t *table) get(key string) any {
	t.known = append(t.known, key)
	return t.values[key]
}

func (t *table) string(key, fallback string) string {
	switch v := t.get(key).(type) {
	case nil:
		return fallback
	case string:
		// Texts go to terminals and into reports, which they must not take apart.
		if strings.ContainsFunc(v, unicode.IsControl) {
			t.fail(key, "%s must be one line without control characters, got %q", key, v)
		}
		return v
	default:
		t.fail(key, "%s must be a string, got %s", key, describe(v))
		return fallback
	}
}

// between reads as [grid.Between] does.
func between(lo, hi float64) func(string) ([]float64, error) {
	return func(text string) ([]float64, error) { return grid.Between(text, lo, hi) }
}

func (t *table) boolean(key string) bool {
	switch v := t.get(key).(type) {
	case nil:
		return false
	case bool:
		return v
	default:
		t.fail(key, "%s must be true or false, got %s", key, describe(v))
		return false
	}
}

func (t *table) strings(key string) []string {
	v := t.get(key)
	list, ok := v.([]any)
	if v != nil && !ok {
		t.fail(key, "%s must be a list of strings, got %s", key, describe(v))
	}
	if ok && len(list) == 0 {
		t.fail(key, "%s is an empty list: want strings, or no %s", key, key)
	}
	var all []string
	for _, x := range list {
		s, ok := x.(string)
		if !ok {
			t.fail(key, "%s must be a list of strings, got %s in it", key, describe(x))
		}
		all = append(all, s)
	}
	return all
}

// number reads a number that satisfies ok; want says what that is.
func (t *table) number(key string, fallback float64, want string, ok func(float64) bool) float64 {
	v := t.get(key)
	x, isNumber := toFloat(v)
	switch {
	case v == nil:
		return fallback
	case !isNumber:
		t.fail(key, "%s must be %s, got %s", key, want, describe(v))
		return fallback
	case !ok(x):
		t.fail(key, "%s must be %s, got %v", key, want, x)
		return fallback
	}
	return x
}

func (t *table) integer(key string, fallback, least, most int) int {
	return int(t.whole(key, float64(fallback), float64(least), float64(most)))
}

// whole reads a whole number that may exceed an int.
func (t *table) whole(key string, fallback, least, most float64) float64 {
	want := fmt.Sprintf("a whole number from %.0f to %.0f", least, most)
	return t.number(key, fallback, want, func(x float64) bool { return x == math.Floor(x) && x >= least && x <= most })
}

// choice reads one of a set of strings.
func (t *table) choice(key, fallback string, allowed ...string) string {
	v := t.string(key, fallback)
	if !slices.Contains(allowed, v) {
		if v == "" {
			t.fail(key, "%s is missing: want one of %s", key, strings.Join(allowed, ", "))
		} else {
			t.fail(key, "unknown %s %q: want one of %s", key, v, strings.Join(allowed, ", "))
		}
		return fallback
	}
	return v
}

// grid reads a number, a list of numbers, or a string as flags take it; read says
// which numbers are allowed.
func (t *table) grid(key string, read func(text string) ([]float64, error)) []float64 {
	v := t.get(key)
	if v == nil {
		return nil
	}
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	parts := make([]string, len(list))
	for i, item := range list {
		x, isNumber := toFloat(item)
		text, isText := item.(string)
		switch {
		case isText:
			parts[i] = text
		case isNumber && math.IsInf(x, 1):
			parts[i] = "inf"
		case isNumber:
			parts[i] = fmt.Sprint(item)
		default:
			t.fail(key, "%s must be a number, a list of numbers or a range like \"10:1000:log5\", got %s", key, describe(item))
			return nil
		}
	}
	values, err := read(strings.Join(parts, ","))
	if err != nil {
		t.fail(key, "%s %v", key, err)
	}
	return values
}

// suggestible is the distance below which a word may stand for another.
const suggestible = 3

// finish reports the first error, or the first unknown key. A key that is
// missing because it is misspelt is reported as unknown.
func (t *table) finish() error {
	if t.err != nil && t.absent == "" {
		return t.err
	}
	var unknown []string
	for key := range t.values {
		if !slices.Contains(t.known, key) {
			unknown = append(unknown, key)
		}
	}
	slices.SortFunc(unknown, func(a, b string) int {
		pa, pb := t.doc.positions[position{t.claim, a}], t.doc.positions[position{t.claim, b}]
		return pa.line - pb.line
	})
	if t.err != nil {
		for _, key := range unknown {
			if nearest.Distance(key, t.absent) < suggestible {
				return t.doc.errorf(position{t.claim, key}, "unknown key %q: did you mean %q?", key, t.absent)
			}
		}
		return t.err
	}
	if len(unknown) == 0 {
		return nil
	}
	key := unknown[0]
	if best, distance := nearest.Word(key, t.known); distance < suggestible {
		t.fail(key, "unknown key %q: did you mean %q?", key, best)
	} else {
		slices.Sort(t.known)
		t.fail(key, "unknown key %q: want one of %s", key, strings.Join(slices.Compact(t.known), ", "))
	}
	return t.err
}

func toFloat(v any) (float64, bool) {
	switch x := v.(type) {
	case float64:
		return x, true
	case int64:
		return float64(x), true
	}
	return 0, false
}

func describe(v any) string {
	switch x := v.(type) {
	case string:
		return fmt.Sprintf("the string %q", x)
	case bool:
		return fmt.Sprintf("the boolean %v", x)
	case int64, float64:
		return fmt.Sprintf("the number %v", x)
	case []any:
		return "a list"
	case map[string]any:
		return "a table"
	}
	return fmt.Sprintf("%v", v)
}
