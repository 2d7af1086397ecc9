package main

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func init() {
	// The tests may themselves run in a workflow: they are not its job.
	for _, name := range []string{"GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "NO_COLOR"} {
		os.Unsetenv(name)
	}
}

func mustWrite(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func mustRead(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// smallSuite has a claim that passes, through two points and through BLAS.
const smallSuite = `
[[claim]]
id = "fine"
statement = "R = 1 at C = 2"
kind = "limit"
model = "linear"
loss = "ce"
classes = 2
target = "exact"
assume = "near-normal"
[[claim]]
id = "gram"
statement = "block norms by definition and by Gram matrices agree"
kind = "exact"
check = "definition-gram"
model = "linear"
loss = "ce"
classes = 4
dim = 10
samples = 20
tolerance = 1e-11
`

const wrongClaim = `
[[claim]]
id = "wrong"
statement = "R = 0.0174 at C = 10, 5 % off"
kind = "limit"
model = "linear"
loss = "ce"
classes = 10
target = 0.0174
`

func TestVerifyHTML(t *testing.T) {
	dir := t.TempDir()
	suite, page := filepath.Join(dir, "mine.toml"), filepath.Join(dir, "verdicts.html")
	mustWrite(t, suite, smallSuite+wrongClaim)
	_, stderr, code := pastur("verify", "--suite", suite, "--html", page, "--seed", "3")
	if code != 1 || stderr != "" {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	text := mustRead(t, page)
	for _, want := range []string{"3 claims: 2 PASS, 1 FAIL", "<math alttext=\"R = 0.0174\">", "pastur verify wrong --suite " + suite + " --seed 3", "<dd>3</dd>"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in the page", want)
		}
	}
	again := filepath.Join(dir, "again.html")
	if _, _, code := pastur("verify", "--suite", suite, "--html", again, "--seed", "3", "--workers", "7"); code != 1 || mustRead(t, again) != text {
		t.Error("the page differs with 7 workers")
	}
	// What cannot be written is said before anything runs, and nothing is lost.
	for _, file := range []string{filepath.Join(dir, "missing", "x.html"), dir} {
		stdout, stderr, code := pastur("verify", "--suite", suite, "--html", file)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "pastur: --html ") {
			t.Errorf("%s: exit %d, %q", file, code, stderr)
		}
	}
}

func TestVerifyBaseline(t *testing.T) {
	dir := t.TempDir()
	suite, base := filepath.Join(dir, "mine.toml"), filepath.Join(dir, "baseline.json")
	mustWrite(t, suite, smallSuite)
	run := func(want int, args ...string) string {
		t.Helper()
		stdout, stderr, code := pastur(append([]string{"verify", "--suite", suite, "--baseline", base}, args...)...)
		if code != want {
			t.Errorf("%v: exit %d, want %d\n%s%s", args, code, want, stdout, stderr)
		}
		if code == 2 && (stdout != "" || strings.Count(stderr, "\n") != 1) {
			t.Errorf("%v: not one line: %q %q", args, stdout, stderr)
		}
		return stdout + stderr
	}
	if got := run(2); !strings.Contains(got, "no such file") {
		t.Errorf("no baseline: %s", got)
	}
	run(0, "--update-baseline")
	if stdout, _, _ := pastur("verify", "--suite", suite, "--format", "json"); mustRead(t, base) != stdout {
		t.Error("the baseline is not the canonical JSON")
	}
	if got := run(0); !strings.Contains(got, "2 claims compared (same seed: equal numbers wanted), no drift") {
		t.Errorf("no drift: %s", got)
	}
	if got := run(0, "fine"); !strings.Contains(got, "1 claim compared") || !strings.Contains(got, "1 of the baseline not run") {
		t.Errorf("one claim: %s", got)
	}
	if got := run(0, "--seed", "2"); !strings.Contains(got, "its seed was 1") {
		t.Errorf("other seed: %s", got)
	}
	good := mustRead(t, base)
	drifted := regexp.MustCompile(`("estimate": )1(\.0+\d*|)(,\n      "lo")`).ReplaceAllString(good, "${1}1.0000000001$3")
	if drifted == good {
		drifted = regexp.MustCompile(`("estimate": )0\.9\d*(,\n      "lo")`).ReplaceAllString(good, "${1}1.0000000001$2")
	}
	mustWrite(t, base, drifted)
	if got := run(1); !strings.Contains(got, "DRIFT fine: the estimate was 1.0000000001, is ") {
		t.Errorf("a planted drift: %s", got)
	}
	var document struct {
		Results []struct {
			ID    string
			Drift []string
		}
	}
	if err := json.Unmarshal([]byte(run(1, "--format", "json")), &document); err != nil || len(document.Results[0].Drift) != 1 || document.Results[1].Drift != nil {
		t.Errorf("drift in JSON: %v %+v", err, document)
	}
	mustWrite(t, base, good[:len(good)/2])
	if got := run(2); !strings.Contains(got, "truncated") {
		t.Errorf("truncated: %s", got)
	}
	if mustRead(t, base) != good[:len(good)/2] {
		t.Error("a bad baseline was touched")
	}
	mustWrite(t, base, strings.Replace(good, `"id": "fine"`, `"id": "gone"`, 1))
	if got := run(2); !strings.Contains(got, `unknown claim "gone"`) {
		t.Errorf("unknown claim: %s", got)
	}
	mustWrite(t, base, good)
	run(2, "fine", "--update-baseline")
	run(2, "--dry-run")
	if _, stderr, code := pastur("verify", "--update-baseline"); code != 2 || !strings.Contains(stderr, "needs --baseline FILE") {
		t.Errorf("no file: %d %s", code, stderr)
	}
	if mustRead(t, base) != good {
		t.Error("a refused update changed the baseline")
	}
}

// The commands that say how to run a claim again are what a shell reads, whatever
// the suite's file is called.
func TestRerunIsForAShell(t *testing.T) {
	dir := t.TempDir()
	suite := filepath.Join(dir, "it's $HOME; my suite.toml")
	plan, sweep, page := filepath.Join(dir, "plan.json"), filepath.Join(dir, "sweep"), filepath.Join(dir, "page.html")
	mustWrite(t, suite, smallSuite)
	var lines []string
	for _, args := range [][]string{
		{"verify", "fine", "--suite", suite, "--seed", "3", "--format", "json", "--html", page},
		{"plan", suite, "fine", "--seed", "3", "-o", plan}, {"run", plan, "--out", sweep, "--report", filepath.Join(dir, "report")}, {"merge", sweep, "--format", "json"},
		{"claims", "fine", "--suite", suite},
	} {
		stdout, stderr, code := pastur(args...)
		if code != 0 {
			t.Fatalf("%q: exit %d, %s", args, code, stderr)
		}
		switch args[0] {
		case "claims":
			_, line, _ := strings.Cut(stdout, "\n  run      ")
			lines = append(lines, strings.TrimSpace(line)+" --seed 3")
		case "verify", "merge":
			var document struct{ Results []struct{ Rerun string } }
			if err := json.Unmarshal([]byte(stdout), &document); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, document.Results[0].Rerun)
		}
	}
	_, command, _ := strings.Cut(mustRead(t, page), "pastur verify fine")
	command, _, _ = strings.Cut("pastur verify fine"+command, "<")
	for _, line := range append(lines, html.UnescapeString(command)) {
		out, err := exec.Command("sh", "-c", `pastur() { printf '%s|' "$@"; }; `+line).Output()
		if want := "verify|fine|--suite|" + suite + "|--seed|3|"; err != nil || string(out) != want {
			t.Errorf("a shell reads %s as %q, want %q (%v)", line, out, want, err)
		}
	}
}

// claims ID explains what is there, in every format, and names the suite where that
// is not the default one.
func TestClaimsExplained(t *testing.T) {
	suite := filepath.Join(t.TempDir(), "my suite.toml")
	mustWrite(t, suite, smallSuite)
	out := filepath.Join(filepath.Dir(suite), "fine.txt")
	text, stderr, code := pastur("claims", "fine", "--suite", suite)
	if code != 0 || strings.Contains(text, "source") || !strings.HasPrefix(text, "fine (limit)\n  claim    R = 1 at C = 2\n  compares R against its target\n  GOOD     [0.99, 1.01]\n  BAD      <= 0.97\n") {
		t.Errorf("exit %d, %s\n%s", code, stderr, text)
	}
	if _, stderr, code := pastur("claims", "fine", "--suite", suite, "--out", out); code != 0 || mustRead(t, out) != text {
		t.Errorf("exit %d, %s: the file differs from standard output", code, stderr)
	}
	for args, want := range map[string]string{
		"--format markdown":      "\n1 claim; pastur claims ID --suite '" + suite + "' explains one, pastur verify ID --suite '" + suite + "' runs it.\n",
		"--format csv":           "fine,limit,R = 1 at C = 2,,R against its target,1,\"[0.99,1.01]\",\"[[null,0.97],[1.03,null]]\",0.01,0.001,8,524288\n",
		"gram --format csv":      "gram,exact,block norms by definition and by Gram matrices agree,,in every sample: relative difference of block norms by definition and by Gram matrices,0,",
		"gram --format json":     "\"alpha\": null,\n      \"beta\": null,\n      \"looks\": 1,\n      \"budget\": 20,",
		"--format latex":         "& {looks} &",
		"gram --format markdown": "| outside (0.97, 1.03) |",
	} {
		stdout, stderr, code := pastur(append([]string{"claims", "fine", "--suite", suite}, strings.Fields(args)...)...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("claims fine %s: exit %d, %s, no %q in\n%s", args, code, stderr, want, stdout)
		}
	}
	if stdout, _, _ := pastur("claims", "--suite", suite); !strings.HasPrefix(stdout, "Suite "+suite+"\n\n") || !strings.Contains(stdout, "\n2 claims; ") || strings.Contains(stdout, "GOOD") {
		t.Error(stdout)
	}
	if stdout, _, _ := pastur("claims"); !strings.Contains(stdout, " claims; pastur claims ID explains one, pastur verify ID runs it.\n") {
		t.Error(stdout)
	}
}

func TestGitHub(t *testing.T) {
	dir := t.TempDir()
	suite, summary := filepath.Join(dir, "mine.toml"), filepath.Join(dir, "summary.md")
	mustWrite(t, suite, smallSuite+wrongClaim)
	plain, _, _ := pastur("verify", "--suite", suite)
	t.Setenv("GITHUB_ACTIONS", "true")
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	mustWrite(t, summary, "an earlier command wrote this\n")
	stdout, stderr, code := pastur("verify", "--suite", suite)
	if code != 1 || stdout != plain {
		t.Errorf("exit %d; standard output is not what it was:\n%s", code, stdout)
	}
	if strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "::error title=FAIL wrong::R = 0.0174 at C = 10, 5 %25 off%0A") {
		t.Errorf("annotations: %q", stderr)
	}
	if got := mustRead(t, summary); !strings.HasPrefix(got, "an earlier command wrote this\n## pastur: 3 claims: 2 PASS, 1 FAIL\n") || !strings.Contains(got, "| fine | ✅ PASS |") {
		t.Errorf("summary: %s", got)
	}
	t.Setenv("GITHUB_STEP_SUMMARY", filepath.Join(dir, "missing", "x"))
	if _, stderr, code := pastur("verify", "fine", "--suite", suite); code != 0 || !strings.HasPrefix(stderr, "pastur: warning: GITHUB_STEP_SUMMARY: ") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

func TestSelftest(t *testing.T) {
	if stdout, stderr, code := pastur("selftest", "--format", "xml"); code != 2 || stdout != "" || !strings.Contains(stderr, "text, json, csv, markdown") {
		t.Errorf("exit %d %s", code, stderr)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	var out, err bytes.Buffer
	if code := run(ctx, &out, &err, []string{"selftest", "--quick"}); code != exitInterrupted || out.Len() > 0 {
		t.Errorf("cancelled: exit %d", code)
	}
}

func TestVersion(t *testing.T) {
	stdout, _, code := pastur("version")
	if code != 0 || !regexp.MustCompile(`(?m)^pastur   \d+\.\d+\.\d+$`).MatchString(stdout) || !strings.Contains(stdout, "GOARCH   ") || !strings.Contains(stdout, "\ngo       go1") {
		t.Errorf("exit %d\n%s", code, stdout)
	}
	stdout, _, code = pastur("version", "--format", "json")
	var document struct {
		Environment map[string]string
		Results     []map[string]any
	}
	if err := json.Unmarshal([]byte(stdout), &document); err != nil || code != 0 || document.Environment["go"] == "" || document.Results[0]["module"] == "" {
		t.Errorf("exit %d, %v\n%s", code, err, stdout)
	}
	if _, stderr, code := pastur("version", "--format", "xml"); code != 2 || !strings.Contains(stderr, "text, json") {
		t.Errorf("exit %d %s", code, stderr)
	}
}

func TestCompletion(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, _, code := pastur("completion", shell); code != 0 || !strings.Contains(stdout, "pastur") || len(stdout) < 1000 {
			t.Errorf("%s: exit %d, %d bytes", shell, code, len(stdout))
		}
	}
	if _, stderr, code := pastur("completion", "tcsh"); code != 2 || !strings.Contains(stderr, "want bash, zsh, fish, powershell") {
		t.Errorf("tcsh: exit %d %s", code, stderr)
	}
	for args, want := range map[string]string{
		"verify linear-ce-c1":          "linear-ce-c10\t",
		"verify --quick ":              "linear-ce-rate-short\t",
		"claims --suite full linear-":  "linear-ce-c100\t",
		"verify --suite ":              "quick\n",
		"limit --model ":               "hidden\n",
		"ratio --method ":              "definition\n",
		"verify --format ":             "markdown\n",
		"sel":                          "selftest\t",
		"verify linear-ce-c10 linear-": "linear-ce-c100\t",
	} {
		stdout, _, code := pastur(append([]string{"__complete"}, strings.Split(args, " ")...)...)
		if code != 0 || !strings.Contains(stdout, want) {
			t.Errorf("pastur %s<TAB>: exit %d, no %q in\n%s", args, code, want, stdout)
		}
	}
	if stdout, _, _ := pastur("__complete", "verify", "linear-ce-c10", "linear-"); strings.Contains(stdout, "linear-ce-c10\t") {
		t.Error("a claim already named is offered again")
	}
}

func TestManpages(t *testing.T) {
	dir := t.TempDir()
	if stdout, _, code := pastur("manpages", dir); code != 0 || !strings.Contains(stdout, "pages in") {
		t.Fatalf("exit %d: %s", code, stdout)
	}
	for _, page := range []string{"pastur.1", "pastur-verify.1", "pastur-limit.1", "pastur-ratio.1", "pastur-claims.1", "pastur-selftest.1"} {
		text := mustRead(t, filepath.Join(dir, page))
		if !strings.HasPrefix(text, ".nh\n.TH ") || !strings.Contains(text, ".SH NAME") || regexp.MustCompile(`20\d\d"`).MatchString(text) || strings.Contains(text, "Auto generated") {
			t.Errorf("%s:\n%.300s", page, text)
		}
		if page != "pastur.1" && !strings.Contains(text, ".SH EXAMPLE") {
			t.Errorf("%s has no example", page)
		}
	}
	if _, stderr, code := pastur("manpages", filepath.Join(dir, "missing")); code != 2 || !strings.Contains(stderr, "is not a folder") {
		t.Errorf("exit %d %s", code, stderr)
	}
}

// Every command has an example, and every command line in it names commands and
// flags that exist.
func TestExamplesParse(t *testing.T) {
	n := 0
	err := eachCommand(newRoot(), func(c *cobra.Command) error {
		if c.HasParent() && c.Example == "" {
			t.Errorf("%s has no example", c.CommandPath())
		}
		for line := range strings.Lines(c.Example) {
			at := strings.Index(line, "pastur ")
			if at < 0 {
				continue
			}
			args := strings.Fields(strings.NewReplacer(")", "", "(", "").Replace(line[at+len("pastur "):]))
			if i := slices.IndexFunc(args, func(a string) bool { return a == ">" || a == "|" }); i >= 0 {
				args = args[:i]
			}
			if strings.HasPrefix(strings.TrimSpace(line), "man ") {
				continue
			}
			n++
			root := newRoot()
			found, rest, err := root.Find(args)
			if err != nil || found == root {
				t.Errorf("%q: %v", line, err)
				continue
			}
			if err := found.ParseFlags(rest); err != nil {
				t.Errorf("%q: %v", line, err)
			}
		}
		return nil
	})
	if err != nil || n < 15 {
		t.Errorf("%d examples, %v", n, err)
	}
}

func TestColour(t *testing.T) {
	plain := "Suite x\n\n a  limit  PASS          1  FAIL\n b  law    FAIL          2\n c  law    INCONCLUSIVE  3\n\nFAIL b: PASS is not a word here\n  reason: x\nDRIFT a: y\n\n3 claims: 1 PASS, 1 FAIL, 1 INCONCLUSIVE\n"
	got := string(colourVerdicts([]byte(plain)))
	if stripped := regexp.MustCompile("\x1b\\[[0-9;]*m").ReplaceAllString(got, ""); stripped != plain {
		t.Errorf("the text changed:\n%s", stripped)
	}
	for _, want := range []string{"  \x1b[1;32mPASS\x1b[0m  ", "\n\x1b[1;31mFAIL\x1b[0m b: PASS is not", "\x1b[1;33mINCONCLUSIVE\x1b[0m  3", "3 claims: \x1b[1;32m1 PASS\x1b[0m, \x1b[1;31m1 FAIL\x1b[0m, \x1b[1;33m1 INCONCLUSIVE\x1b[0m\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
	if all := string(colourVerdicts([]byte("2 claims: all PASS\n"))); all != "2 claims: \x1b[1;32mall PASS\x1b[0m\n" {
		t.Errorf("%q", all)
	}
	if wantsColour(&bytes.Buffer{}) {
		t.Error("a buffer is a terminal")
	}
}
