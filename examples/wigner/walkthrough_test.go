package wigner_test

import (
	"flag"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the sessions in docs/ci.md")

// masks hide what differs from run to run: times, and digits that depend on how
// a build rounds eigenvalues.
var masks = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`\d+\.\d\ds\)`), "0.00s)"},
	{regexp.MustCompile(`(?m)^(ok|FAIL)(\s+pastur/\S+\s+)[\d.]+s$`), "${1}${2}0.000s"},
	{regexp.MustCompile(`(?m)^=== .*\n`), ""}, // names and attributes as they come
	{regexp.MustCompile(`(?m)^\s+--- PASS: .*/.*\n`), ""},
}

// The console sessions of docs/ci.md print what stands there.
func TestWalkthrough(t *testing.T) {
	if testing.Short() {
		t.Skip("runs go test")
	}
	const file = "../../docs/ci.md"
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	session := regexp.MustCompile("(?s)```console\n\\$ (go test [^\n]*)\n(.*?)```")
	exit := map[bool]int{}
	got := session.ReplaceAllStringFunc(string(data), func(block string) string {
		command := session.FindStringSubmatch(block)[1]
		args := strings.Fields(strings.ReplaceAll(command, "'", ""))[1:]
		c := exec.Command("go", append([]string{"test", "-count=1"}, args[1:]...)...)
		c.Dir = "../.."
		c.Env = append(os.Environ(), "PASTUR_SEED=")
		out, err := c.CombinedOutput()
		exit[err == nil]++
		text := string(out)
		for _, m := range masks {
			text = m.pattern.ReplaceAllString(text, m.with)
		}
		return "```console\n$ " + command + "\n" + text + "```"
	})
	if exit[true] != 1 || exit[false] != 1 {
		t.Errorf("%d green and %d red builds, want one of each", exit[true], exit[false])
	}
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(data) {
		t.Errorf("docs/ci.md differs (go test ./examples/wigner -run Walkthrough -update rewrites it):\n%s", got[strings.Index(got, "## Your own"):])
	}
}

// The test shown in docs/ci.md is the one that runs.
func TestWalkthroughShowsTheTest(t *testing.T) {
	page, err := os.ReadFile("../../docs/ci.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("wigner_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "<!-- from examples/wigner/wigner_test.go -->\n```go\n")
	code, _, _ := strings.Cut(rest, "```")
	if len(code) < 50 || !strings.Contains(string(source), code) {
		t.Errorf("not in wigner_test.go:\n%s", code)
	}
}
