package catalogue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pastur/verdict"
)

// Claims that parse, one of each kind, from which the broken ones differ in the
// one place under test.
var sound = map[verdict.Kind]string{
	verdict.Exact: `[[claim]]
id = "sound"
statement = "s"
kind = "exact"
check = "definition-gram"
model = "linear"
loss = "ce"
classes = 3
dim = 4
tolerance = 1e-9
`,
	verdict.Identity: `[[claim]]
id = "sound"
statement = "s"
kind = "identity"
model = "linear"
loss = "ce"
classes = 3
dim = 4
method = "twopoint"
against = "gram"
`,
	verdict.Limit: `[[claim]]
id = "sound"
statement = "s"
kind = "limit"
model = "linear"
loss = "ce"
classes = 3
target = "exact"
`,
	verdict.Rate: `[[claim]]
id = "sound"
statement = "s"
kind = "rate"
model = "linear"
loss = "ce"
classes = "10:1000:log3"
power = 2
`,
	verdict.Exponent: `[[claim]]
id = "sound"
statement = "s"
kind = "exponent"
model = "linear"
loss = "ce"
classes = 3
dim = [10, 20, 40, 80]
power = 1
`,
	verdict.Bound: `[[claim]]
id = "sound"
statement = "s"
kind = "bound"
model = "linear"
loss = "ce"
classes = [3, 4]
at_most = 1
`,
}

func TestSoundClaimsParse(t *testing.T) {
	for kind, text := range sound {
		s, err := Parse("sound.toml", []byte(text))
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		if len(s.Specs) != 1 || s.Specs[0].Kind != kind || s.Specs[0].ID != "sound" {
			t.Errorf("%s: parsed as %+v", kind, s.Specs)
		}
	}
}

// At C = 2 off-diagonal blocks are minus diagonal ones, R is 1 in every sample and
// no sample shows that it always is: a claim must say so, as the built-in one does.
func TestConstantRatioMustBeDeclared(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  verdict.Status
	}{{"", verdict.Inconclusive}, {"assume = \"asymptotic\"\n", verdict.Inconclusive}, {"assume = \"near-normal\"\n", verdict.Pass}} {
		s, err := Parse("sound.toml", []byte(with(verdict.Limit, "classes = 3", "classes = 2")+"looks = 2\n"+c.lines))
		if err != nil {
			t.Fatal(err)
		}
		claim, err := s.Specs[0].Claim()
		if err != nil {
			t.Fatal(err)
		}
		v, err := claim.Run(t.Context(), verdict.Options{Seed: 1})
		if err != nil || v.Status != c.want || c.want != verdict.Pass && !strings.Contains(v.Reason, "proportional in every replicate") {
			t.Errorf("%q: %s: %s, %v", c.lines, v.Status, v.Reason, err)
		}
	}
	paper, err := Load("paper")
	if err != nil {
		t.Fatal(err)
	}
	specs, err := paper.Find([]string{"linear-ce-c2"})
	if err != nil || specs[0].Assume != verdict.NearNormal {
		t.Errorf("linear-ce-c2 assumes %q, %v", specs[0].Assume, err)
	}
}

// with replaces old, which must occur once, in the sound claim of a kind. A §
// marks where the error is to be reported; it is not part of the file.
func with(kind verdict.Kind, old, replacement string) string {
	text := sound[kind]
	if strings.Count(text, old) != 1 {
		panic(fmt.Sprintf("%q does not occur once in\n%s", old, text))
	}
	return strings.Replace(text, old, replacement, 1)
}

// and appends to the sound claim of a kind.
func and(kind verdict.Kind, lines string) string { return sound[kind] + lines }

// missing drops a line; the error is to be reported at the claim's head.
func missing(kind verdict.Kind, line string) string {
	return strings.Replace(with(kind, line+"\n", ""), "[[claim", "[[§claim", 1)
}

const (
	exact    = verdict.Exact
	identity = verdict.Identity
	limit    = verdict.Limit
	rate     = verdict.Rate
	exponent = verdict.Exponent
	bound    = verdict.Bound
)

// broken are suites that must be refused, with what the message must contain.
// "claim sound: " is dropped from it first.
var broken = []struct{ name, text, want string }{
	// The file as a whole.
	{"empty", "§", "the suite has no [[claim]]"},
	{"blank", "§\n\n# nothing\n", "the suite has no [[claim]]"},
	{"only a title", "§title = \"t\"\n", "the suite has no [[claim]]"},
	{"no value", "alpha = §\n", "unexpected character U+000A at start of value"},
	{"no value, CRLF", "alpha = §\r\n", "unexpected character U+000D at start of value"},
	{"no key", "§= 3\n", "invalid character at start of key"},
	{"unclosed string", "title = \"t§\nalpha = 1\n", "basic string"},
	{"not UTF-8", "title = \"t§\xff\"\n", "invalid UTF-8"},
	{"NUL", "alpha = 0.1§\x00\n", "expected newline"},
	{"syntax error in a claim", and(limit, "gamma = 0.5§.5\n"), "expected newline"},
	{"integer overflow", and(limit, "samples = §99999999999999999999\n"), "too large"},
	{"duplicate key", and(limit, "§classes = 4\n"), "key classes is already defined"},
	{"duplicate key at the top", "alpha = 0.1\n§alpha = 0.1\n", "key alpha is already defined"},
	{"claim is a number", "§claim = 3\n", "claims must be written as [[claim]] tables"},
	{"claims inline", "title = \"t\"\n §claim = [{id = \"a\"}]\n", "claims must be written as [[claim]] tables"},
	{"claim is an empty list", "§claim = []\n", "claims must be written as [[claim]] tables"},
	{"claim is dotted", "§claim.id = \"a\"\n", "claims must be written as [[claim]] tables"},
	{"claim is a table", "[§claim]\nid = \"a\"\n", `unknown table "claim": want [[claim]]`},
	{"unknown table", "[§suite]\nalpha = 0.1\n", `unknown table "suite": want [[claim]]`},
	{"unknown table after a claim", and(limit, "\n[§options]\nlooks = 3\n"), `unknown table "options": want [[claim]]`},
	{"unknown array", "[[§claims]]\n", `unknown table "claims": want [[claim]]`},
	{"table in a claim", and(limit, "  [§claim.target]\n  value = 3\n"), "key target"},
	{"new table in a claim", and(limit, "  [§claim.options]\n  value = 3\n"), `unknown table "claim.options": want [[claim]]`},
	{"table of two lines", "[§\"a\\nb\"]\n", `unknown table "a\nb": want [[claim]]`},

	// The top level.
	{"unknown key", "title = \"t\"\n§seed = 1\n" + sound[limit], `unknown key "seed": want one of alpha, beta, include, only, title`},
	{"misspelt key", "§alhpa = 0.1\n" + sound[limit], `unknown key "alhpa": did you mean "alpha"?`},
	{"two unknown keys", "§zeta = 1\neta = 1\n" + sound[limit], `unknown key "zeta"`},
	{"indented unknown key", "\t  §seed = 1\n" + sound[limit], `unknown key "seed"`},
	{"dotted key", "§alpha.total = 0.1\n", "alpha must be a probability from 1e-15 to 1, 1 excluded, got a table"},
	{"inline table", "§alpha = {total = 0.1}\n", "alpha must be a probability from 1e-15 to 1, 1 excluded, got a table"},
	{"title is a number", "§title = 3\n", "title must be a string, got the number 3"},
	{"title behind a byte order mark", "\ufeff§title = 3\n", "title must be a string, got the number 3"},
	{"line 2, byte order mark, CRLF", "\ufeffalpha = 0.1\r\n§title = 3\r\n", "title must be a string, got the number 3"},
	{"title is a date", "§title = 2025-05-05\n", "title must be a string, got 2025-05-05"},
	{"alpha = 2", "§alpha = 2\n", "alpha must be a probability from 1e-15 to 1, 1 excluded, got 2"},
	{"alpha = 0", "§alpha = 0\n", "got 0"},
	{"alpha = 1", "§alpha = 1.0\n", "got 1"},
	{"alpha = nan", "§alpha = nan\n", "got NaN"},
	{"alpha is a string", "§alpha = \"0.1\"\n", `got the string "0.1"`},
	{"alpha is a list", "§alpha = [0.1]\n", "got a list"},
	{"beta = -1", "§beta = -1\n", "beta must be a probability from 1e-15 to 1, 1 excluded, got -1"},
	{"beta underflows", "§beta = 1e-320\n", "beta must be a probability"},

	// Claims of other suites.
	{"include of no suite", "§include = \"papers\"\n", `include must name another built-in suite, got "papers"`},
	{"include of a number", "§include = 3\n", "include must be a string, got the number 3"},
	{"only alone", "§only = [\"sound\"]\n" + sound[limit], "only goes with include"},
	{"only of no claim", "include = \"paper\"\n§only = [\"linear-ce-c11\"]\n", `suite paper has no claim "linear-ce-c11": did you mean "linear-ce-c10"?`},
	{"only of nothing", "include = \"paper\"\n§only = []\n", "only is an empty list"},
	{"only of a number", "include = \"paper\"\n§only = [3]\n", "only must be a list of strings, got the number 3 in it"},
	{"only of a string", "include = \"paper\"\n§only = \"linear-ce-c10\"\n", "only must be a list of strings, got the string"},
	{"id taken by an included claim", "include = \"paper\"\n" + with(limit, `id = "sound"`, `§id = "linear-ce-c10"`), "claim linear-ce-c10: the id is taken by an earlier claim"},
	{"broken claim after included ones", "include = \"paper\"\n" + with(limit, "classes = 3", "§classes = 1"), "classes must be a whole number from 2 to 1000000000"},
	{"broken claim after one included", "include = \"paper\"\nonly = [\"linear-ce-c10\"]\n" + sound[limit] + strings.Replace(with(bound, "at_most = 1", "§at_most = 0"), "sound", "other", 1), "claim other: at_most is 0"},
	{"tiny share after included claims", "include = \"paper\"\n" + and(limit, "§share = 1e-300\n"), "share leaves the claim an alpha of"},
	{"huge share after included claims", "§include = \"paper\"\n" + and(limit, "share = 1e300\n"), "shares leave claim linear-ce-twopoint an alpha of"},

	// Keys of a claim.
	{"misspelt mandatory key", with(limit, "classes = 3", "§clases = 3"), `unknown key "clases": did you mean "classes"?`},
	{"misspelt kind", with(limit, `kind = `, `§kin = `), `unknown key "kin": did you mean "kind"?`},
	{"misspelt id", with(limit, `id = `, `§ids = `), `claim 1: unknown key "ids": did you mean "id"?`},
	{"misspelt target", with(limit, `target = `, `§traget = `), `unknown key "traget": did you mean "target"?`},
	{"misspelt tolerance", with(exact, `tolerance = `, `§tolerence = `), `unknown key "tolerence": did you mean "tolerance"?`},
	{"misspelt optional key", and(limit, "§sahre = 2\n"), `unknown key "sahre": did you mean "share"?`},
	{"unknown key in a claim", and(limit, "§replicates = 5\n"), `unknown key "replicates": want one of about, assume, bad, block, `},
	{"unknown dotted key", and(limit, "§replicates.first = 5\n"), `unknown key "replicates": want one of `},
	{"unknown quoted key", and(limit, "§\"replicates.first\" = 5\n"), `unknown key "replicates.first": want one of `},
	{"claim in a claim", and(limit, "§claim = 5\n"), `unknown key "claim"`},
	{"unknown key of two lines", and(limit, "§\"a\\nb\" = 5\n"), `unknown key "a\nb"`},
	{"the second claim's", sound[limit] + strings.Replace(sound[bound], "sound", "other", 1) + "§badd = 1\n", `claim other: unknown key "badd": did you mean "bad"?`},

	// Keys of another kind.
	{"tolerance of a limit", and(limit, "§tolerance = 1e-6\n"), `unknown key "tolerance": want one of about, assume, bad, block, classes, data, dim, first, gamma, good, `},
	{"good of an exact claim", and(exact, "§good = 1e-6\n"), `unknown key "good"`},
	{"method of an exact claim", and(exact, "§method = \"gram\"\n"), `unknown key "method"`},
	{"looks of an exact claim", and(exact, "§looks = 3\n"), `unknown key "looks"`},
	{"target of a rate", and(rate, "§target = \"exact\"\n"), `unknown key "target"`},
	{"power of a limit", and(limit, "§power = 2\n"), `unknown key "power"`},
	{"at_most of a limit", and(limit, "§at_most = 2\n"), `unknown key "at_most"`},
	{"good of a bound", and(bound, "§good = 0.1\n"), `unknown key "good"`},
	{"good of an identity", and(identity, "§good = 0.01\n"), `unknown key "good"`},
	{"gap of a limit", and(limit, "§gap = 0.01\n"), `unknown key "gap"`},
	{"quantity of a rate", and(rate, "§quantity = \"scaled\"\n"), `unknown key "quantity"`},
	{"hidden of a linear model", and(limit, "§hidden = 8\n"), `unknown key "hidden"`},
	{"law", with(limit, `kind = "limit"`, `§kind = "law"`), "kind law needs a distance between spectra"},

	// What is missing.
	{"no id", missing(limit, `id = "sound"`), `claim 1: id is missing: want words of small letters and digits joined by hyphens`},
	{"no statement", missing(limit, `statement = "s"`), "statement is missing"},
	{"no kind", missing(limit, `kind = "limit"`), "kind is missing: want one of exact, identity, limit, rate, exponent, bound, law"},
	{"no model", missing(limit, `model = "linear"`), "model is missing: want one of linear, hidden"},
	{"no loss", missing(limit, `loss = "ce"`), "loss is missing: want one of mse, ce"},
	{"no classes", missing(limit, `classes = 3`), "classes is missing"},
	{"no target", missing(limit, `target = "exact"`), `target is missing: want "exact", "limit", "constant", "corrected" or a number`},
	{"no check", missing(exact, `check = "definition-gram"`), "check is missing: want one of definition-gram, zero-block, finite-differences"},
	{"no tolerance", missing(exact, `tolerance = 1e-9`), "tolerance is missing"},
	{"no against", missing(identity, `against = "gram"`), "against is missing: want one of definition, gram, twopoint"},
	{"no power of a rate", missing(rate, `power = 2`), "power is missing: p in R = O(C^-p)"},
	{"no power of an exponent", missing(exponent, `power = 1`), "power is missing"},
	{"no at_most", missing(bound, `at_most = 1`), "a bound needs exactly one of at_most and at_least"},
	{"empty claim", "[[§claim]]\n", `claim 1: id is missing: want words`},

	// Types.
	{"id = 3", with(limit, `id = "sound"`, `§id = 3`), "claim 1: id must be a string, got the number 3"},
	{"statement is a list", with(limit, `statement = "s"`, `§statement = ["s"]`), "statement must be a string, got a list"},
	{"source = true", and(limit, "§source = true\n"), "source must be a string, got the boolean true"},
	{"kind = 1", with(limit, `kind = "limit"`, `§kind = 1`), "kind must be a string, got the number 1"},
	{"kind is not one", with(limit, `kind = "limit"`, `§kind = "limits"`), `unknown kind "limits": want one of exact, identity, limit,`},
	{"gamma is a string", and(limit, "§gamma = \"a\"\n"), `gamma must be a positive number (d/N), got the string "a"`},
	{"gamma is a dotted table", and(limit, "§gamma.value = 1\n"), "gamma must be a positive number (d/N), got a table"},
	{"classes = true", with(limit, "classes = 3", "§classes = true"), "classes must be a number, a list of numbers or a range like \"10:1000:log5\", got the boolean true"},
	{"classes is a list of lists", with(bound, "classes = [3, 4]", "§classes = [3, [4]]"), "got a list"},
	{"classes is a table", with(limit, "classes = 3", "§classes = {from = 3}"), "got a table"},
	{"classes is empty", with(bound, "classes = [3, 4]", "§classes = []"), "classes is empty"},
	{"classes is an empty string", with(limit, "classes = 3", "§classes = \"\""), "classes is empty"},
	{"dim is a word", and(limit, "§dim = \"large\"\n"), `dim must be a whole number from 1 to 2^50`},
	{"target is a list", with(limit, `target = "exact"`, `§target = [1]`), `target must be "exact", "limit", "constant" or a finite number, got a list`},
	{"target is not one", with(limit, `target = "exact"`, `§target = "right"`), `unknown target "right": want one of exact, limit, constant`},
	{"at_most is a string", with(bound, "at_most = 1", `§at_most = "1"`), `at_most must be a finite number or "constant", got the string "1"`},
	{"power is a string", with(rate, "power = 2", `§power = "2"`), `power must be a finite number, got the string "2"`},

	// Values.
	{"id with a capital", with(limit, `id = "sound"`, `§id = "Sound"`), `got "Sound"`},
	{"id with a blank", with(limit, `id = "sound"`, `§id = "a b"`), `claim 1: id must be words of small letters and digits joined by hyphens, got "a b"`},
	{"id with a line break", with(limit, `id = "sound"`, `§id = "a\nb"`), `got "a\nb"`},
	{"id with a line break at the end", with(limit, `id = "sound"`, `§id = "a\n"`), `got "a\n"`},
	{"id with a hyphen at the end", with(limit, `id = "sound"`, `§id = "a-"`), `got "a-"`},
	{"statement of two lines", with(limit, `statement = "s"`, `§statement = "a\nb"`), `statement must be one line without control characters, got "a\nb"`},
	{"statement of two lines, in TOML", with(limit, `statement = "s"`, "§statement = \"\"\"a\nb\"\"\""), `statement must be one line without control characters, got "a\nb"`},
	{"statement with a tab", with(limit, `statement = "s"`, `§statement = "a\tb"`), `without control characters, got "a\tb"`},
	{"source that clears the screen", and(limit, `§source = "\u001b[2J"`+"\n"), `source must be one line without control characters, got "\x1b[2J"`},
	{"title with a NUL", "§title = \"a\\u0000\"\n" + sound[limit], `title must be one line without control characters, got "a\x00"`},
	{"title with a C1 control", "§title = \"a\\u009b\"\n" + sound[limit], "title must be one line without control characters"},
	{"id twice", sound[limit] + with(bound, "id", "§id"), "the id is taken by an earlier claim"},
	{"gamma = -1", and(limit, "§gamma = -1\n"), "gamma must be a positive number (d/N), got -1"},
	{"gamma = 0", and(limit, "§gamma = 0.0\n"), "got 0"},
	{"gamma = inf", and(limit, "§gamma = inf\n"), "got +Inf"},
	{"gamma = nan", and(limit, "§gamma = nan\n"), "got NaN"},
	{"classes = 1", with(limit, "classes = 3", "§classes = 1"), `classes must be a whole number from 2 to 1000000000 (or a list, or a range like 10:1000:log5), got "1"`},
	{"classes = 2.5", with(limit, "classes = 3", "§classes = 2.5"), `classes must be a whole number from 2 to 1000000000 (or a list, or a range like 10:1000:log5), got "2.5"`},
	{"classes = -3", with(limit, "classes = 3", "§classes = -3"), `got "-3"`},
	{"classes = inf", with(limit, "classes = 3", "§classes = inf"), `classes must be a whole number from 2 to 1000000000 (or a list, or a range like 10:1000:log5), got "inf"`},
	{"classes too many", with(limit, "classes = 3", "§classes = 1_000_000_001"), `got "1000000001"`},
	{"classes repeated", with(bound, "[3, 4]", "[3, 4, 3]"), "classes repeats 3"},
	{"range backwards", with(rate, `classes = "10:1000:log3"`, `§classes = "1000:10:log3"`), "classes range must run forwards"},
	{"range of one", with(rate, `classes = "10:1000:log3"`, `§classes = "10:1000:log1"`), "classes range must end in logN or linN"},
	{"range of two parts", with(rate, `classes = "10:1000:log3"`, `§classes = "10:1000"`), "classes range must be LO:HI:logN or LO:HI:linN"},
	{"dim = 0", and(limit, "§dim = 0\n"), `dim must be a whole number from 1 to 2^50 (or a list, a range like 10:1000:log5, or inf), got "0"`},
	{"samples = 0", and(limit, "§samples = 0\n"), "samples must be a whole number from 1 to"},
	{"samples = 1.5", and(limit, "§samples = 1.5\n"), "got 1.5"},
	{"hidden = 0", strings.Replace(and(limit, "§hidden = 0\n"), `"linear"`, `"hidden"`, 1), "hidden must be a whole number from 1 to 1048576, got 0"},
	{"hidden = 1 for ww", hiddenMSE + "block = \"ww\"\n§hidden = 1\n", "hidden must be at least 2 for an off-diagonal ww block to exist, got 1"},
	{"tolerance = 0", with(exact, "tolerance = 1e-9", "§tolerance = 0"), "tolerance must be a positive number, got 0"},
	{"tolerance < 0", with(exact, "tolerance = 1e-9", "§tolerance = -1e-9"), "tolerance must be a positive number, got -1e-09"},
	{"good < 0", and(limit, "§good = -0.1\n"), "good must be a tolerance of at least 0 and below 1, got -0.1"},
	{"bad = inf", and(limit, "§bad = inf\n"), "bad must be a tolerance of at least 0 and below 1, got +Inf"},
	// From 1 on nothing between the target and 0 would be BAD.
	{"bad = 1", and(limit, "§bad = 1\n"), "bad must be a tolerance of at least 0 and below 1, got 1"},
	{"good = bad", and(limit, "good = 0.05\n§bad = 0.05\n"), "bad must be larger than 0.05, got 0.05"},
	{"good > bad", and(rate, "good = 0.3\n§bad = 0.2\n"), "bad must be larger than 0.3, got 0.2"},
	{"good > default bad", and(limit, "§good = 0.05\n"), "bad must be larger than 0.05, got 0.03"},
	{"gap = 0", and(identity, "§gap = 0\n"), "bad must be larger than 0, got 0"},
	{"bad = 0 of a bound", and(bound, "§bad = 0\n"), "bad must be larger than 0, got 0"},
	{"bias beyond bad", strings.Replace(and(limit, "dim = 10\n§bad = 0.03\n"), `"exact"`, `"limit"`, 1), "bad must be larger than"},
	{"looks = 0", and(limit, "§looks = 0\n"), "looks must be a whole number from 1 to 10, got 0"},
	{"looks = 11", and(limit, "§looks = 11\n"), "looks must be a whole number from 1 to 10, got 11"},
	{"assume of an exact claim", and(exact, "§assume = \"near-normal\"\n"), `unknown key "assume"`},
	{"assume = bounded", and(limit, "§assume = \"bounded\"\n"), `unknown assume "bounded": want one of asymptotic, near-normal`},
	{"assume = true", and(limit, "§assume = true\n"), "assume must be a string, got the boolean true"},
	{"first = 0", and(limit, "§first = 0\n"), "first must be a whole number from 1"},
	{"share = 0", and(limit, "§share = 0\n"), "share must be a positive number, got 0"},
	{"share = inf", and(limit, "§share = inf\n"), "share must be a positive number, got +Inf"},
	{"share underflows", sound[limit] + strings.Replace(sound[bound], "sound", "other", 1) + "§share = 1e-320\n", "claim other: share leaves the claim an alpha of"},
	{"shares overflow", strings.Replace(sound[limit], "sound", "first", 1) + "§share = 1.5e308\n" + sound[bound] + "share = 1.5e308\n", "claim first: share leaves the claim an alpha of 0"},
	{"target = nan", with(limit, `target = "exact"`, `§target = nan`), `target must be "exact", "limit", "constant" or a finite number, got NaN`},
	{"target = 0", with(limit, `target = "exact"`, `§target = 0`), "target is 0, and tolerances are relative to it"},
	{"target is the exact 0", strings.Replace(with(limit, `target`, `§target`), `"ce"`, `"mse"`, 1), "target is 0, and tolerances are relative to it"},
	{"at_most = 0", with(bound, "at_most = 1", "§at_most = 0"), "at_most is 0, and tolerances are relative to it"},
	{"at_least = 0", with(bound, "at_most = 1", "§at_least = 0"), "at_least is 0, and tolerances are relative to it"},
	{"at_most = inf", with(bound, "at_most = 1", "§at_most = inf"), `at_most must be a finite number or "constant", got +Inf`},
	{"power = inf", with(rate, "power = 2", "§power = inf"), "power must be a finite number, got +Inf"},

	// Combinations.
	{"gamma and samples", and(limit, "dim = 10\nsamples = 20\n§gamma = 0.5\n"), "gamma (d/N) and samples (N) exclude each other: give one"},
	{"samples in the limit", and(limit, "§samples = 20\n"), "samples cannot be given at dim inf: give gamma"},
	{"no samples at gamma", and(limit, "§dim = 10\ngamma = 100\n"), "has no samples"},
	{"at_most and at_least", with(bound, "at_most = 1", "§at_most = 1\nat_least = 0.1"), "a bound needs exactly one of at_most and at_least"},
	{"linear ww", and(limit, "§block = \"ww\"\n"), "model linear has no block ww: want vv"},
	{"wv", strings.Replace(and(limit, "§block = \"wv\"\n"), `"linear"`, `"hidden"`, 1), "block wv has no diagonal blocks"},
	{"definition in the limit", and(limit, "§method = \"definition\"\n"), "method definition draws the data, so dim must be finite"},
	{"exact in the limit", with(exact, "dim = 4", "§dim = \"inf\""), "dim must be finite"},
	{"identity in the limit", with(identity, "dim = 4", "dim = \"inf\""), "method gram draws the data, so dim must be finite"},
	{"definition too large", and(limit, "dim = 1000000\n§method = \"definition\"\n"), "GiB allowed"},
	{"pytorch with twopoint", and(limit, "§init = \"pytorch\"\n"), "method twopoint needs Gaussian weights and init pytorch is not"},
	{"pytorch with twopoint, stated", and(limit, "init = \"pytorch\"\n§method = \"twopoint\"\n"), "method twopoint needs Gaussian weights"},
	{"exact without dim", missing(exact, "dim = 4"), "dim is missing: kind exact draws the data, want a whole number"},
	{"exact with a misspelt dim", with(exact, "dim = 4", "§dims = 4"), `unknown key "dims": did you mean "dim"?`},
	{"truncated norms of whole matrices", with(bound, "at_most = 1", "at_least = 0.1\ndim = 4\nmethod = \"gram\"\n§truncate = 1"), "truncate goes with method twopoint only, got method gram"},
	{"identity against itself", with(identity, `against = "gram"`, `§against = "twopoint"`), "against must be another method than twopoint"},
	{"exact target at finite dim", and(limit, "§dim = 10\n"), "no exact value is known for block linear ce vv at finite dim"},
	{"zero-block of cross-entropy", with(exact, `check = "definition-gram"`, `§check = "zero-block"`), "check zero-block: off-diagonal blocks of linear ce vv are not zero"},
	{"exact value of hidden cross-entropy", strings.Replace(with(limit, "classes", "§classes"), `"linear"`, `"hidden"`, 1), "no exact limit is known for block hidden ce vv at finite classes"},
	{"rate with one point", with(rate, `classes = "10:1000:log3"`, `§classes = 10`), "classes must be a list or range of at least 2 values for kind rate, got 1"},
	{"exponent with three points", with(exponent, `dim = [10, 20, 40, 80]`, `§dim = [10, 20, 40]`), "dim must be a list or range of at least 4 values for kind exponent, got 3"},
	{"exponent with one point", with(exponent, `dim = [10, 20, 40, 80]`, `§dim = 10`), "dim must be a list or range of at least 4 values for kind exponent, got 1"},
	{"exponent in the limit", with(exponent, `dim = [10, 20, 40, 80]`, `§dim = [10, 20, 40, 80, inf]`), "dim must be finite for kind exponent, which compares values at several, got inf"},
	{"exponent at dim inf", with(exponent, `dim = [10, 20, 40, 80]`, `§dim = "inf"`), "dim must be finite for kind exponent"},
	{"exponent in classes", missing(exponent, "dim = [10, 20, 40, 80]") + "# classes would do as well as dim, but for this\n", "dim is missing: kind exponent fits a power of it, want a list or range of at least 4 values"},
	{"exponent in a list of classes", strings.Replace(missing(exponent, "dim = [10, 20, 40, 80]"), "classes = 3", "classes = [10, 20, 40, 80]", 1), "dim is missing: kind exponent fits a power of it"},
	{"exponent in classes at one dim", strings.Replace(with(exponent, "dim = [10, 20, 40, 80]", "§dim = 100"), "classes = 3", "classes = [10, 20, 40, 80]", 1), "dim must be a list or range of at least 4 values for kind exponent, got 1"},
	{"rate in dim in the limit", strings.Replace(and(rate, "§dim = [10, inf]\n"), `"10:1000:log3"`, "3", 1), "dim must be finite for kind rate, which compares values at several, got inf"},
	{"list for a limit", with(limit, "classes = 3", "§classes = [3, 4]"), "classes must be a single value for kind limit"},
	{"list of dim for a limit", and(limit, "§dim = [3, 4]\n"), "dim must be a single value for kind limit"},
	{"list for an exact claim", with(exact, "classes = 3", "§classes = \"3,4\""), "classes must be a single value for kind exact"},
	{"two lists", with(bound, "at_most", "§dim = [3, 4]\nat_most"), "dim and classes cannot both be lists"},
	{"constant of R", with(limit, `target = "exact"`, `§target = "constant"`), `target "constant" (of C^p R) and quantity "scaled" go together`},
	{"exact value of C^p R", with(limit, `target = "exact"`, "§target = \"exact\"\nquantity = \"scaled\""), "go together"},
	{"constant of R as a bound", with(bound, "at_most = 1", `§at_most = "constant"`), `at_most "constant" (of C^p R) and quantity "scaled" go together`},
	{"infinite constant as a target", strings.NewReplacer(`"mse"`, `"ce"`, "target", "§target", `"exact"`, `"constant"`).Replace(hiddenMSE) + "block = \"ww\"\nquantity = \"scaled\"\nhidden = 2\n", `target "constant" is infinite, as hidden must exceed 2 kappa = 2`},
	{"infinite constant under He's weights", strings.NewReplacer(`"mse"`, `"ce"`, "target", "§target", `"exact"`, `"constant"`).Replace(hiddenMSE) + "quantity = \"scaled\"\ninit = \"he\"\n", `target "constant" is infinite, as hidden must exceed 2 kappa = 8`},
	{"infinite constant as a bound", strings.Replace(with(bound, "at_most = 1", "§at_most = \"constant\"\nquantity = \"scaled\"\nhidden = 2"), `"linear"`, `"hidden"`, 1), "it is infinite, as hidden must exceed 2 kappa = 2"},
	{"slower is a number", and(rate, "§slower = 1\n"), "slower must be true or false, got the number 1"},
	{"slower of a limit", and(limit, "§slower = true\n"), `unknown key "slower"`},
	{"finite-size in the limit", and(limit, "quantity = \"finite-size\"\n§dim = inf\n"), "dim must be finite for quantity finite-size"},
	{"finite-size of zero", hiddenMSE + "block = \"vv\"\n§quantity = \"finite-size\"\ndim = 10\n", "quantity finite-size divides by the limit, which is 0 here"},
	{"scaled zero", strings.NewReplacer(`"ce"`, `"mse"`, "kind", "§kind").Replace(and(bound, "block = \"vv\"\nquantity = \"scaled\"\n")), "kind bound says nothing about block linear mse vv: off-diagonal blocks are exactly zero in every sample; want kind exact, check zero-block"},
	{"bound on zero", strings.NewReplacer(`"ce"`, `"mse"`, "kind", "§kind").Replace(sound[bound]), "kind bound says nothing about block linear mse vv"},
	{"rate of zero", strings.NewReplacer(`"ce"`, `"mse"`, "kind", "§kind").Replace(sound[rate]), "kind rate says nothing about block linear mse vv: off-diagonal blocks are exactly zero"},
	{"exponent of zero", strings.NewReplacer(`"ce"`, `"mse"`, "kind", "§kind").Replace(sound[exponent]), "kind exponent says nothing about block linear mse vv"},
	{"identity of zero", strings.NewReplacer(`"ce"`, `"mse"`, "kind", "§kind").Replace(sound[identity]), "kind identity says nothing about block linear mse vv"},
	{"a number for zero", strings.NewReplacer(`"ce"`, `"mse"`, "kind", "§kind", `"exact"`, "0.1").Replace(sound[limit]), "kind limit says nothing about block linear mse vv"},
	{"limit under pytorch", hiddenMSE + "§block = \"ww\"\nmethod = \"gram\"\ndim = 10\ninit = \"pytorch\"\n", "no exact value is known for block hidden mse ww"},
}

// brokenSubjects are broken claims about something else than a ratio.
var brokenSubjects = []struct{ name, text, want string }{
	{"law with bad below at_most", law + "at_most = 0.1\n§bad = 0.05\n", "bad must be larger than at_most, 0.1, got 0.05"},
	{"law with bad at at_most", law + "at_most = 0.1\n§bad = 0.1\n", "bad must be larger than at_most, 0.1, got 0.1"},
	{"stein of a shared copy", gap + "quantity = \"stein\"\n§coupling = \"shared\"\n", "coupling must be independent for quantity stein, got shared"},
	{"stein of the default copy", strings.Replace(gap, "[[", "[[§", 1) + "quantity = \"stein\"\n", "coupling must be independent for quantity stein, got shared"},
	{"stein along the weights", gap + "quantity = \"stein\"\ncoupling = \"independent\"\n§path = \"weights\"\n", "path must be data for quantity stein, got weights"},
	{"stein of a hidden net", gap + "quantity = \"stein\"\ncoupling = \"independent\"\n§model = \"hidden\"\n", "model must be linear for quantity stein, got hidden"},
	{"rank bound of an independent copy", strings.Replace(gap, "limit", "exact", 1) + "check = \"rank\"\ntolerance = 1\n§coupling = \"independent\"\n", "coupling must be shared for check rank, got independent"},
	{"reduction along the weights", strings.Replace(gap, "limit", "exact", 1) + "check = \"reduction\"\ntolerance = 1\n§path = \"weights\"\n", "path must be data for check reduction, got weights"},
	{"sizes too large", strings.Replace(gap, "sizes = 20", "§sizes = 2_000_000", 1), `sizes must be a whole number from 1 to 1048576 (or a list, or a range like 10:1000:log5), got "2000000"`},
	{"sizes in the limit", strings.Replace(gap, "sizes = 20", "§sizes = inf", 1), `sizes must be a whole number from 1 to 1048576`},
	{"huge network", stripe + "§dim = 65536\nhidden = 65536\nsamples = 10\n", "dim 65536, hidden 65536, classes 4 and samples 10 need about 288.1 GiB a worker, more than the 4 GiB allowed: want a smaller network or fewer samples"},
	{"many samples", stripe + "§dim = 5000\nhidden = 8\nsamples = 1048576\n", "more than the 4 GiB allowed"},
}

const (
	law = `[[claim]]
id = "sound"
statement = "s"
kind = "law"
about = "spectrum"
model = "classical"
dim = 10
samples = 20
statistic = "kolmogorov"
`
	gap = `[[claim]]
id = "sound"
statement = "s"
kind = "limit"
about = "lindeberg"
classes = 3
sizes = 20
`
	stripe = `[[claim]]
id = "sound"
statement = "s"
kind = "exact"
about = "network"
check = "stripe"
classes = 4
tolerance = 1e-6
`
)

const hiddenMSE = `[[claim]]
id = "sound"
statement = "s"
kind = "limit"
model = "hidden"
loss = "mse"
classes = 3
target = "exact"
`

func TestBrokenSuites(t *testing.T) {
	names := map[string]bool{}
	for _, b := range slices.Concat(broken, brokenSubjects) {
		if names[b.name] {
			t.Errorf("two suites are called %q", b.name)
		}
		names[b.name] = true
		t.Run(b.name, func(t *testing.T) {
			text, line, column := marked(b.text)
			s, err := Parse("suite.toml", []byte(text))
			if err == nil {
				t.Fatalf("accepted: %+v\n%s", s, text)
			}
			var at *Error
			if !errors.As(err, &at) {
				t.Fatalf("%v is a %T, want an *Error", err, err)
			}
			if at.Message == "" || strings.ContainsAny(err.Error(), "\r\n") {
				t.Errorf("%q is not one line", err)
			}
			if want := fmt.Sprintf("suite.toml:%d:%d: ", at.Line, at.Column); !strings.HasPrefix(err.Error(), want) {
				t.Errorf("%q does not begin with %q", err, want)
			}
			message := strings.TrimPrefix(at.Message, "claim sound: ")
			if at.File != "suite.toml" || line > 0 && (at.Line != line || at.Column != column) {
				t.Errorf("%v: want it at %d:%d", err, line, column)
			}
			if !strings.Contains(message, b.want) {
				t.Errorf("%v: want %q", err, b.want)
			}
			t.Log(err)
		})
	}
}

// marked takes the mark out of a text: its line and column, 0 if there is none.
func marked(text string) (unmarked string, line, column int) {
	before, after, ok := strings.Cut(text, "§")
	if !ok {
		return text, 0, 0
	}
	last := strings.TrimPrefix(before[strings.LastIndex(before, "\n")+1:], "\ufeff")
	return before + after, strings.Count(before, "\n") + 1, len(last) + 1
}

func TestAcceptedSpellings(t *testing.T) {
	for _, text := range []string{
		"\ufeff" + sound[limit],
		strings.ReplaceAll(sound[limit], "\n", "\r\n"),
		and(limit, "dim = inf\n"),
		and(limit, "dim = \"inf\"\n"),
		and(limit, "\"dim\" = inf # a comment\n"),
		with(limit, "[[claim]]", "[[ \"claim\" ]]"),
		with(limit, "classes = 3", "classes = 3.0"),
		with(bound, "[3, 4]", `"3,4"`),
		with(bound, "[3, 4]", `"3:4:lin2"`),
		with(bound, "[3, 4]", "[\n  3,\n  4.0, # a comment\n]"),
		with(rate, "power = 2", "power = 0"),
		with(bound, "at_most = 1", "at_least = 1e-9"),
		law + "at_most = 0.1\nbad = 0.2\n",
		gap,
		gap + "quantity = \"stein\"\ncoupling = \"independent\"\n",
		strings.Replace(gap, "limit", "exact", 1) + "check = \"rank\"\ntolerance = 1\n",
		stripe + "dim = 5\nhidden = 3\nsamples = 10\n",
		with(bound, "at_most = 1", "at_least = 0.1\ntruncate = 1"),
	} {
		s, err := Parse("suite.toml", []byte(text))
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
			continue
		}
		if c, err := s.Specs[0].Claim(); err != nil || c.Alpha != 0.01 || c.Beta != 0.001 {
			t.Errorf("alpha %v, beta %v, %v in\n%s", c.Alpha, c.Beta, err, text)
		}
	}
}

func TestLoad(t *testing.T) {
	name := filepath.Join(t.TempDir(), "mine.toml")
	if err := os.WriteFile(name, []byte(sound[limit]), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err := Load(name); err != nil || s.Name != name || len(s.Specs) != 1 {
		t.Errorf("Load(%q) = %+v, %v", name, s, err)
	}
	if err := os.WriteFile(name, []byte("\nalpha = 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(name); err == nil || !strings.HasPrefix(err.Error(), name+":2:1: alpha") {
		t.Errorf("Load of a broken file: %v", err)
	}
	if _, err := Load(name + ".toml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load of no file: %v", err)
	}
	if _, err := Load("papers"); err == nil || !strings.Contains(err.Error(), `unknown suite "papers": want paper, `) {
		t.Errorf("Load of no suite: %v", err)
	}
	if _, err := Load("../paper"); err == nil {
		t.Error("Load(../paper) finds something")
	}
}

var located = regexp.MustCompile(`^suite\.toml:[1-9][0-9]*:[1-9][0-9]*: [^\r\n]+$`)

// Whatever the text, Parse gives a suite whose claims can be run or one line
// that says where it is wrong.
func FuzzParse(f *testing.F) {
	text, err := Source("quick")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text) // the others take seconds
	for _, text := range sound {
		f.Add([]byte(text))
	}
	for _, b := range slices.Concat(broken, brokenSubjects) {
		text, _, _ := marked(b.text)
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse("suite.toml", text)
		if err != nil {
			var at *Error
			if !errors.As(err, &at) || !located.MatchString(err.Error()) {
				t.Errorf("%T %q", err, err)
			}
			if lines := strings.Count(string(text), "\n") + 1; at != nil && at.Line > lines {
				t.Errorf("line %d of %d: %q", at.Line, lines, err)
			}
			return
		}
		total := 0.0
		for _, spec := range s.Specs {
			c, err := spec.Claim()
			if err != nil {
				t.Fatalf("%s: %v", spec.ID, err)
			}
			if err := c.Validate(); err != nil {
				t.Errorf("%s: %v", spec.ID, err)
			}
			if c.Statement == "" || !(c.Alpha > 0) || c.Beta != s.Beta || len(c.Cells) == 0 {
				t.Errorf("%s: %+v", spec.ID, c)
			}
			if c.Kind != verdict.Exact {
				total += c.Alpha
			}
		}
		if !(total <= s.Alpha*(1+1e-9)) {
			t.Errorf("alphas sum to %v, more than %v", total, s.Alpha)
		}
	})
}
