package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a parsed suite file: its values, and where each key stands, so
// that whatever is wrong with a value can be said with line and column.
type document struct {
	name      string // of the file, for messages
	top       map[string]any
	claims    []map[string]any
	positions map[position]place
}

// position names a key: of the top level (claim -1) or of the n-th claim.
type position struct {
	claim int
	key   string
}

type place struct{ line, column int }

// Error is something wrong with a suite file, with its place.
type Error struct {
	File         string
	Line, Column int
	Message      string
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
}

func parseDocument(name string, data []byte) (*document, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff")) // a byte order mark, as Windows editors write
	d := &document{name: name, positions: make(map[position]place)}
	if err := toml.Unmarshal(data, &d.top); err != nil {
		var at *toml.DecodeError
		if errors.As(err, &at) {
			line, column := at.Position()
			return nil, &Error{name, line, column, strings.TrimPrefix(at.Error(), "toml: ")}
		}
		return nil, &Error{name, 1, 1, err.Error()}
	}
	if err := d.locate(data); err != nil {
		return nil, err
	}
	if _, ok := d.positions[position{-1, "claim"}]; ok {
		return nil, d.errorf(position{-1, "claim"}, "claims must be written as [[claim]] tables")
	}
	claims, _ := d.top["claim"].([]any)
	for _, c := range claims {
		d.claims = append(d.claims, c.(map[string]any))
	}
	delete(d.top, "claim")
	return d, nil
}

// locate records where the keys stand.
func (d *document) locate(data []byte) error {
	var p unstable.Parser
	p.Reset(data)
	claim := -1
	for p.NextExpression() {
		node := p.Expression()
		if node.Kind != unstable.Table && node.Kind != unstable.ArrayTable && node.Kind != unstable.KeyValue {
			continue
		}
		var keys []string
		var at place
		for it := node.Key(); it.Next(); {
			if len(keys) == 0 {
				start := p.Shape(it.Node().Raw).Start
				at = place{start.Line, start.Column}
			}
			keys = append(keys, string(it.Node().Data))
		}
		key := strings.Join(keys, ".")
		switch {
		case node.Kind == unstable.ArrayTable && key == "claim":
			claim++
			d.positions[position{claim, ""}] = at
		case node.Kind != unstable.KeyValue:
			return &Error{d.name, at.line, at.column, fmt.Sprintf("unknown table %q: want [[claim]]", key)}
		default:
			d.positions[position{claim, keys[0]}] = at // of gamma.x = 1, gamma
		}
	}
	if err := p.Error(); err != nil {
		return &Error{d.name, 1, 1, err.Error()}
	}
	return nil
}

// errorf places an error at a key, or at the head of its claim if the key is
// missing.
func (d *document) errorf(at position, format string, args ...any) error {
	where, ok := d.positions[at]
	if !ok {
		where, ok = d.positions[position{at.claim, ""}]
	}
	if !ok {
		where = place{1, 1}
	}
	message := fmt.Sprintf(format, args...)
	if at.claim >= 0 {
		label := fmt.Sprintf("claim %d", at.claim+1)
		if id, ok := d.claims[at.claim]["id"].(string); ok && idPattern.MatchString(id) {
			label = "claim " + id
		}
		message = label + ": " + message
	}
	return &Error{d.name, where.line, where.column, message}
}
