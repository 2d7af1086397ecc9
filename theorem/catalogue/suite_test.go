package catalogue

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pastur/verdict"
)

func TestBuiltinSuites(t *testing.T) {
	names := Names()
	if names[0] != Default || !slices.Contains(names, "quick") || !slices.Contains(names, "full") {
		t.Errorf("suites %v", names)
	}
	for _, name := range names {
		s := load(t, name)
		if s.Name != name || s.Title == "" || s.Alpha != 0.01 || s.Beta != 0.001 {
			t.Errorf("%s: name %q, title %q, alpha %v, beta %v", name, s.Name, s.Title, s.Alpha, s.Beta)
		}
		ids, cells, total := map[string]bool{}, map[string]bool{}, 0.0
		for _, spec := range s.Specs {
			c := claimOf(t, spec)
			if ids[c.ID] {
				t.Errorf("%s: two claims are called %s", name, c.ID)
			}
			ids[c.ID] = true
			if c.Statement == "" || c.Source == "" || strings.ContainsAny(c.Statement+c.Source, "\n\r\t") {
				t.Errorf("%s: %s: statement %q, source %q", name, c.ID, c.Statement, c.Source)
			}
			if c.Kind != verdict.Exact {
				total += c.Alpha
			}
			for _, cell := range c.Cells {
				// The claim's ID and the cell's key are the streams' key.
				key := c.ID + cell.Key
				if cells[key] {
					t.Errorf("%s: %s: two cells draw the same numbers: %s", name, c.ID, cell.Key)
				}
				cells[key] = true
			}
		}
		if math.Abs(total-s.Alpha) > 1e-12 {
			t.Errorf("%s: the alphas sum to %v, want %v", name, total, s.Alpha)
		}
	}
}

// Every kind that suites can name is in the default suite.
func TestPaperHasEveryKind(t *testing.T) {
	for _, kind := range verdict.Kinds {
		has := slices.ContainsFunc(load(t, "paper").Specs, func(s *Spec) bool { return s.Kind == kind })
		if !has {
			t.Errorf("no claim is of kind %s", kind)
		}
	}
}

// An included claim is the claim included, but for its share of alpha.
func TestInclude(t *testing.T) {
	s, err := Parse("mine.toml", []byte("alpha = 0.03\nbeta = 0.01\ninclude = \"paper\"\nonly = [\"linear-ce-c10\", \"linear-mse-zero\"]\n"+sound[limit]))
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, spec := range s.Specs {
		ids = append(ids, spec.ID)
		want := 0.015
		if spec.Kind == verdict.Exact {
			want = 0.03
		}
		if c := claimOf(t, spec); math.Abs(c.Alpha-want) > 1e-15 || c.Beta != 0.01 {
			t.Errorf("%s: alpha %v, beta %v", c.ID, c.Alpha, c.Beta)
		}
	}
	if want := []string{"linear-mse-zero", "linear-ce-c10", "sound"}; !slices.Equal(ids, want) {
		t.Errorf("claims %v, want %v: the included ones in their order, then the file's", ids, want)
	}
	mine, paper := claimOf(t, find(t, s, "linear-ce-c10")), claimOf(t, find(t, load(t, "paper"), "linear-ce-c10"))
	if mine.Target != paper.Target || mine.Cells[0].Key != paper.Cells[0].Key || mine.Statement != paper.Statement {
		t.Errorf("%+v\n%+v", mine, paper)
	}
	if paper.Alpha == mine.Alpha {
		t.Error("including a claim changed it where it comes from")
	}
	all, err := Parse("mine.toml", []byte("include = \"paper\"\n"))
	if err != nil || len(all.Specs) != len(load(t, "paper").Specs) {
		t.Errorf("include alone: %v, %v", all, err)
	}
}

// Shares are weights.
func TestShares(t *testing.T) {
	s, err := Parse("s.toml", []byte("alpha = 0.05\n"+and(limit, "share = 3\n")+strings.Replace(sound[bound], "sound", "other", 1)+"share = 0.75\n"+strings.Replace(sound[rate], "sound", "third", 1)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{0.05 * 3 / 4.75, 0.05 * 0.75 / 4.75, 0.05 / 4.75} {
		if got := claimOf(t, s.Specs[i]).Alpha; math.Abs(got-want) > 1e-15 {
			t.Errorf("claim %d: alpha %v, want %v", i, got, want)
		}
	}
}

func TestFind(t *testing.T) {
	s := load(t, "paper")
	all, err := s.Find(nil)
	if err != nil || !slices.Equal(all, s.Specs) {
		t.Errorf("Find() = %v, %v", all, err)
	}
	found, err := s.Find([]string{"hidden-mse-rate", "linear-ce-c10", "linear-ce-blocks", "linear-ce-c10"})
	if err != nil {
		t.Fatal(err)
	}
	statistical := 0
	for _, spec := range s.Specs {
		if spec.Kind != verdict.Exact {
			statistical++
		}
	}
	var ids []string
	for _, spec := range found {
		ids = append(ids, spec.ID)
		// Bonferroni's split is the file's, whatever is selected, and is over
		// the claims that can fail by chance.
		want := s.Alpha / float64(statistical)
		if spec.Kind == verdict.Exact {
			want = s.Alpha
		}
		if got := claimOf(t, spec).Alpha; math.Abs(got-want) > 1e-17 {
			t.Errorf("%s selected has alpha %v, want %v", spec.ID, got, want)
		}
	}
	if want := []string{"linear-ce-blocks", "linear-ce-c10", "hidden-mse-rate"}; !slices.Equal(ids, want) {
		t.Errorf("found %v, want %v", ids, want)
	}
	for id, nearest := range map[string]string{
		"linear-ce-c11":       "linear-ce-c10",
		"linear-ce-c100000":   "linear-ce-c1000",
		"gpt2":                "gpt2-head",
		"hidden-mse-rates":    "hidden-mse-rate",
		"":                    "data-ar1",
		"Linear-CE-constant":  "linear-ce-constant",
		"hidden-mse-two-poit": "hidden-mse-twopoint",
	} {
		found, err := s.Find([]string{"linear-ce-c10", id})
		want := fmt.Sprintf("suite paper has no claim %q: did you mean %q?", id, nearest)
		if found != nil || err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("Find(%q) = %v, %v, want %s", id, found, err, want)
		}
	}
}

func TestClaimsAsStated(t *testing.T) {
	paper := load(t, "paper")
	claim := func(id string) *verdict.Claim { return claimOf(t, find(t, paper, id)) }
	near := func(what string, got, want float64) {
		if !(math.Abs(got-want) <= 1e-12*math.Abs(want)) {
			t.Errorf("%s is %.17g, want %.17g", what, got, want)
		}
	}
	// Reference values of an independent program at 40 digits.
	near("target of linear-ce-c2", claim("linear-ce-c2").Target, 1)
	near("target of linear-ce-c100", claim("linear-ce-c100").Target, 0.00018361269470205427)
	near("target of linear-ce-finite-d", claim("linear-ce-finite-d").Target, 0.00018361269470205427)
	near("target of linear-ce-constant", claim("linear-ce-constant").Target, 1.9899311741615582)
	near("target of hidden-mse-limit", claim("hidden-mse-limit").Target, 3.0/8/102)
	near("target of linear-ce-rate", claim("linear-ce-rate").Target, -2)
	near("target of hidden-mse-rate", claim("hidden-mse-rate").Target, -1)
	near("target of linear-ce-finite-size", claim("linear-ce-finite-size").Target, -1)
	near("target of gpt2-head", claim("gpt2-head").Target, 5e-9)

	if b := claim("linear-ce-finite-d").Bias; !(b > 0.001 && b < 0.01) {
		t.Errorf("bias declared at d = 1000: %v", b)
	}
	if b := claim("linear-ce-c100").Bias; b != 0 {
		t.Errorf("bias declared in the limit: %v", b)
	}
	r := claim("linear-ce-rate")
	var x []float64
	for _, cell := range r.Cells {
		x = append(x, cell.X)
	}
	if want := []float64{10, 100, 1000, 10000, 100000}; !slices.Equal(x, want) {
		t.Errorf("abscissas of linear-ce-rate: %v, want %v", x, want)
	}
	e := claim("linear-ce-finite-size")
	x = nil
	for _, cell := range e.Cells {
		x = append(x, cell.X)
		if cell.Minus != 1 {
			t.Errorf("%s subtracts %v, want 1", cell.Key, cell.Minus)
		}
	}
	if want := []float64{10, 20, 40, 80, 160}; !slices.Equal(x, want) {
		t.Errorf("abscissas of linear-ce-finite-size: %v, want %v", x, want)
	}
	if c := claim("linear-ce-gram"); c.Looks != 1 || c.Good != 1e-11 || c.Cells[0].First != checkFirst {
		t.Errorf("linear-ce-gram: %+v", c)
	}
	if c := claim("linear-ce-twopoint"); len(c.Cells) != 2 || c.Good != 0 || c.Bad != 0.05 || c.Cells[0].First != 512 || c.Cells[1].First != 512 || !strings.Contains(c.Cells[0].Key, "twopoint") || !strings.Contains(c.Cells[1].Key, "gram") {
		t.Errorf("linear-ce-twopoint: %+v", c)
	}
}

// C^p R means C whatever is swept.
func TestScaledBound(t *testing.T) {
	text := `[[claim]]
id = "sweep"
statement = "C^2 R is at most 2: it is 1.94 at d = 10 and 1.66 in the limit"
kind = "bound"
model = "linear"
loss = "ce"
classes = 10
dim = [10, 20, 40]
quantity = "scaled"
at_most = 2
first = 8192
`
	for sweep, want := range map[string]verdict.Status{
		text: verdict.Pass,
		strings.Replace(text, "at_most = 2\n", "at_least = 1.5\n", 1):                                                                           verdict.Pass,
		strings.Replace(text, "at_most = 2\n", "at_most = 1.6\n", 1):                                                                            verdict.Fail,
		strings.Replace(text, "at_most = 2\n", "at_least = 2.2\n", 1):                                                                           verdict.Fail,
		strings.NewReplacer("classes = 10\n", "classes = [5, 10, 20]\n", "[10, 20, 40]", "inf").Replace(text):                                   verdict.Pass,
		strings.NewReplacer("classes = 10\n", "classes = [5, 10, 20]\n", "[10, 20, 40]", "inf", "at_most = 2\n", "at_most = 1\n").Replace(text): verdict.Fail,
	} {
		s, err := Parse("s.toml", []byte(sweep))
		if err != nil {
			t.Fatal(err)
		}
		if v := run(t, claimOf(t, s.Specs[0]), 0); v.Status != want {
			t.Errorf("%s: %s, estimate %v, want %s for\n%s", v.Status, v.Reason, v.Estimate, want, sweep)
		} else {
			t.Log(v.Status, v.Estimate, v.Component)
		}
	}
}
