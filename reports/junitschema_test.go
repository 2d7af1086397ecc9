package reports

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The elements and attributes that Jenkins accepts (xunit-plugin, junit-10.xsd),
// written down here: attributes with ! are required, with = match a pattern.
var junitSchema = map[string]struct {
	attributes, children string
	text                 bool
}{
	"testsuites": {"name time=seconds tests=count failures=count errors=count", "testsuite", false},
	"testsuite": {"name! tests!=count failures!=count errors!=count group time=seconds skipped=count timestamp hostname id package file log url",
		"testsuite properties testcase system-out system-err", false},
	"testcase":   {"name! time=seconds classname group", "skipped error failure system-out system-err", false},
	"failure":    {"type message", "", true},
	"error":      {"type message", "", true},
	"skipped":    {"type message", "", true},
	"system-out": {"", "", true},
	"system-err": {"", "", true},
}

var junitPatterns = map[string]*regexp.Regexp{"count": regexp.MustCompile(`^\d+$`), "seconds": regexp.MustCompile(`^(\d{0,3},)*\d*(\.\d*)?$`)}

// checkJUnit returns what of a document the schema does not allow.
func checkJUnit(document []byte) error {
	decoder := xml.NewDecoder(bytes.NewReader(document))
	var open []string
	for {
		token, err := decoder.Token()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		switch x := token.(type) {
		case xml.StartElement:
			name := x.Name.Local
			rule, known := junitSchema[name]
			parent := ""
			if len(open) > 0 {
				parent = open[len(open)-1]
			}
			if !known || parent == "" && name != "testsuites" || parent != "" && !slices.Contains(strings.Fields(junitSchema[parent].children), name) {
				return fmt.Errorf("element %s in %q", name, parent)
			}
			open = append(open, name)
			given := map[string]string{}
			for _, a := range x.Attr {
				given[a.Name.Local] = a.Value
			}
			for _, a := range strings.Fields(rule.attributes) {
				attribute, pattern, _ := strings.Cut(a, "=")
				attribute, required := strings.CutSuffix(attribute, "!")
				value, ok := given[attribute]
				delete(given, attribute)
				if required && !ok {
					return fmt.Errorf("%s has no %s", name, attribute)
				}
				if ok && pattern != "" && !junitPatterns[pattern].MatchString(value) {
					return fmt.Errorf("%s: %s=%q", name, attribute, value)
				}
			}
			for attribute := range given {
				return fmt.Errorf("%s has the attribute %s", name, attribute)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(open) > 0 && !junitSchema[open[len(open)-1]].text && len(bytes.TrimSpace(x)) > 0 {
				return fmt.Errorf("text in %s: %q", open[len(open)-1], x)
			}
		}
	}
}

func TestJUnitSchema(t *testing.T) {
	seconds := 1234.5
	results := samplePage().Results
	results[0].Drift = []string{"the estimate was 1, is 2"}
	results[1].Seconds = &seconds
	results[1].Statement += "\x00 \x1b ]]> \ufffe"
	for _, strict := range []bool{false, true} {
		var out bytes.Buffer
		if err := WriteJUnit(&out, "suite.toml", results, strict); err != nil {
			t.Fatal(err)
		}
		if err := checkJUnit(out.Bytes()); err != nil {
			t.Errorf("strict %v: %v\n%s", strict, err, out.String())
		}
		if !strings.Contains(out.String(), `type="DRIFT"`) {
			t.Error("drift is no failure")
		}
		// The check can fail.
		for from, to := range map[string]string{
			`<testsuites name`: `<testsuites skipped="1" name`, ` tests="5"`: ` tests="five"`, `testcase`: `case`, ` name="suite.toml"`: ``, `</testcase>`: `text</testcase>`,
		} {
			if err := checkJUnit([]byte(strings.ReplaceAll(out.String(), from, to))); err == nil {
				t.Errorf("%q for %q is accepted", to, from)
			}
		}
	}
}
