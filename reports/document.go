package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"runtime"
	"runtime/debug"
)

// Version is pastur's own.
const Version = "0.1.0"

// Document is the canonical JSON of a command.
type Document struct {
	Environment Environment `json:"environment"`
	Plan        any         `json:"plan"`
	Results     any         `json:"results"`
}

// Environment says which build computed the results.
type Environment struct {
	Pastur  string `json:"pastur"`
	Go      string `json:"go"`
	Gonum   string `json:"gonum"`
	GOARCH  string `json:"goarch"`
	GOAMD64 string `json:"goamd64,omitempty"` // empty on other architectures
}

// ThisEnvironment describes the running binary.
func ThisEnvironment() Environment {
	e := Environment{Pastur: Version, Go: runtime.Version(), GOARCH: runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "gonum.org/v1/gonum" {
				e.Gonum = m.Version
			}
		}
		for _, s := range info.Settings {
			if s.Key == "GOAMD64" {
				e.GOAMD64 = s.Value
			}
		}
	}
	return e
}

// Write writes the document indented, with a final newline.
func (d *Document) Write(w io.Writer) error {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(d); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// Float is a number in JSON that may not exist: infinite and not-a-number
// values are null, as JSON has no words for them.
type Float float64

// MarshalJSON writes the number, or null.
func (f Float) MarshalJSON() ([]byte, error) {
	if x := float64(f); math.IsNaN(x) || math.IsInf(x, 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// optional returns nil, or the number as a Float.
func optional(x *float64) *Float {
	if x == nil {
		return nil
	}
	f := Float(*x)
	return &f
}
