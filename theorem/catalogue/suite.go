package catalogue

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"pastur/internal/nearest"
	"pastur/internal/shell"
	"pastur/verdict"
)

//go:embed suites/*.toml
var builtin embed.FS

// Suite is a set of claims that share an error budget.
type Suite struct {
	Name  string  // built-in name, or the file's path
	Title string  // one line
	Alpha float64 // chance that any true claim of the suite fails, all together
	Beta  float64 // chance, a claim, that a BAD one passes
	Specs []*Spec // in the file's order
}

// Names lists the built-in suites, the default first.
func Names() []string {
	entries, err := fs.ReadDir(builtin, "suites")
	if err != nil {
		panic(err) // the folder is embedded
	}
	names := []string{Default}
	for _, e := range entries {
		if name := strings.TrimSuffix(e.Name(), ".toml"); name != Default {
			names = append(names, name)
		}
	}
	return names
}

// Default is the suite that verify runs when none is named.
const Default = "paper"

// Source returns the TOML text of a built-in suite.
func Source(name string) ([]byte, error) {
	if slices.Contains(Names(), name) {
		return builtin.ReadFile(path.Join("suites", name+".toml"))
	}
	return nil, fmt.Errorf("unknown suite %q: want %s, or the path of a .toml file", name, strings.Join(Names(), ", "))
}

// Load returns a built-in suite by name or reads one from a file, whose name
// must end in .toml.
func Load(nameOrFile string) (*Suite, error) {
	if !strings.HasSuffix(nameOrFile, ".toml") {
		text, err := Source(nameOrFile)
		if err != nil {
			return nil, err
		}
		return Parse(nameOrFile, text)
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		var at *fs.PathError
		if errors.As(err, &at) {
			err = at.Err // its text would name the file again
		}
		return nil, fmt.Errorf("suite %s: %w", nameOrFile, err)
	}
	return Parse(nameOrFile, text)
}

// leastProbability keeps error probabilities away from 0, where quantiles end.
const leastProbability = 1e-15

var idPattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// Parse reads a suite. Errors are *Error values with line and column: bad
// syntax, unknown keys, wrong types, impossible values, a claim whose BAD set
// leaves no gap, two claims of one id.
func Parse(name string, text []byte) (*Suite, error) {
	doc, err := parseDocument(name, text)
	if err != nil {
		return nil, err
	}
	head := &table{doc: doc, claim: -1, values: doc.top}
	probability := func(key string, fallback float64) float64 {
		want := fmt.Sprintf("a probability from %v to 1, 1 excluded", leastProbability)
		return head.number(key, fallback, want, func(x float64) bool { return x >= leastProbability && x < 1 })
	}
	s := &Suite{
		Name:  name,
		Title: head.string("title", ""),
		Alpha: probability("alpha", verdict.DefaultAlpha),
		Beta:  probability("beta", verdict.DefaultBeta),
	}
	included := head.include()
	if err := head.finish(); err != nil {
		return nil, err
	}
	if len(doc.claims)+len(included) == 0 {
		return nil, doc.errorf(position{-1, ""}, "the suite has no [[claim]]")
	}
	ids := map[string]bool{}
	shares := 0.0
	for _, spec := range included {
		ids[spec.ID] = true
		shares += spec.weight()
		s.Specs = append(s.Specs, spec)
	}
	for i, values := range doc.claims {
		spec, err := parseSpec(&table{doc: doc, claim: i, values: values})
		if err != nil {
			return nil, err
		}
		if ids[spec.ID] {
			return nil, doc.errorf(position{i, "id"}, "the id is taken by an earlier claim")
		}
		ids[spec.ID] = true
		shares += spec.weight()
		s.Specs = append(s.Specs, spec)
	}
	isBuiltin := slices.Contains(Names(), name)
	for i, spec := range s.Specs {
		spec.alpha, spec.beta = s.Alpha, s.Beta // exact claims use neither
		if spec.weight() > 0 {
			spec.alpha *= spec.Share / shares
		}
		own := i - len(included)
		if !(spec.alpha >= leastProbability) {
			if own < 0 {
				return nil, doc.errorf(position{-1, "include"}, "shares leave claim %s an alpha of %v: want at least %v", spec.ID, spec.alpha, leastProbability)
			}
			return nil, doc.errorf(position{own, "share"}, "share leaves the claim an alpha of %v: want shares that leave every claim at least %v", spec.alpha, leastProbability)
		}
		if own < 0 || isBuiltin {
			continue // included claims are built-in ones, and tests build those
		}
		if _, err := spec.Claim(); err != nil {
			message := strings.TrimPrefix(err.Error(), "claim "+spec.ID+": ")
			key := blame(message, doc.claims[own])
			if about := (*keyError)(nil); errors.As(err, &about) {
				key = about.key
			}
			return nil, doc.errorf(position{own, key}, "%s", message)
		}
	}
	return s, nil
}

// include reads the claims of another built-in suite: all of them, or only
// those listed.
func (t *table) include() []*Spec {
	name, only := t.string("include", ""), t.strings("only")
	if name == "" {
		if only != nil {
			t.fail("only", "only goes with include: it lists the claims to take from there")
		}
		return nil
	}
	text, err := Source(name)
	if err != nil || name == t.doc.name {
		t.fail("include", "include must name another built-in suite, got %q", name)
		return nil
	}
	suite, err := Parse(name, text)
	if err != nil {
		t.fail("include", "%v", err)
		return nil
	}
	specs, err := suite.Find(only)
	if err != nil {
		t.fail("only", "%v", err)
	}
	return specs
}

// keyError is an error about a key of a claim, which may be missing.
type keyError struct {
	key string
	error
}

func blameOn(key, format string, args ...any) error {
	return &keyError{key, fmt.Errorf(format, args...)}
}

// blame guesses which key an error is about: the first word of the message
// that is one of the claim's keys, GOOD and BAD included. What does not go with
// the model or the loss is to blame rather than they.
func blame(message string, values map[string]any) string {
	key := "id"
	for _, word := range strings.FieldsFunc(message, func(r rune) bool { return r == ' ' || r == ':' || r == ',' }) {
		word = strings.ToLower(word)
		switch _, ok := values[word]; {
		case !ok:
		case word != "model" && word != "loss":
			return word
		case key == "id":
			key = word
		}
	}
	return key
}

// Find returns the claims of the given ids, in the suite's order; all of them
// if no id is given.
func (s *Suite) Find(ids []string) ([]*Spec, error) {
	if len(ids) == 0 {
		return s.Specs, nil
	}
	for _, id := range ids {
		if !slices.ContainsFunc(s.Specs, func(c *Spec) bool { return c.ID == id }) {
			var all []string
			for _, c := range s.Specs {
				all = append(all, c.ID)
			}
			best, distance := nearest.Word(id, all)
			if distance > max(2, len(id)/3) && !strings.HasPrefix(best, id) {
				return nil, fmt.Errorf("suite %s has no claim %q: pastur claims --suite %s lists them", s.Name, id, shell.Word(s.Name))
			}
			return nil, fmt.Errorf("suite %s has no claim %q: did you mean %q? (pastur claims --suite %s lists them)", s.Name, id, best, shell.Word(s.Name))
		}
	}
	var found []*Spec
	for _, c := range s.Specs {
		if slices.Contains(ids, c.ID) {
			found = append(found, c)
		}
	}
	return found, nil
}
