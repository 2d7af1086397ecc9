package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// long makes TestREADME run the whole paper suite, as CI does.
var long = flag.Bool("long", false, "run every claim of the README's verify, not a few: half a minute")

// sampleOfClaims are what is run of the README's verify without -long: a claim of each
// kind and subject that takes a fraction of a second. A claim alone has the verdict it
// has in its suite.
const sampleOfClaims = "linear-ce-blocks linear-ce-gram linear-ce-twopoint-few linear-mse-zero linear-ce-c2 linear-ce-c100 hidden-mse-rate " +
	"hidden-ce-vv-m3-bound hidden-ce-vv-m3-grows linear-ce-finite-size data-ar1 spectrum-classical lindeberg-closure network-stripe"

// The README's console blocks are sessions: every command in them is run and
// must print what stands there. Files shown after a "<!-- name -->" comment
// exist while they run.
func TestREADME(t *testing.T) {
	path, err := filepath.Abs("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	t.Chdir(t.TempDir())
	for name, content := range shownFiles(text) {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var got strings.Builder
	commands := 0
	parts := strings.Split(text, "```console\n")
	got.WriteString(parts[0])
	for _, part := range parts[1:] {
		block, rest, ok := strings.Cut(part, "```\n")
		if !ok {
			t.Fatal("a console block does not end")
		}
		got.WriteString("```console\n")
		ran := false
		for line := range strings.Lines(block) {
			command, isCommand := strings.CutPrefix(line, "$ ")
			if !isCommand {
				if !ran {
					got.WriteString(line)
				}
				continue
			}
			got.WriteString(line)
			args := strings.Fields(strings.TrimPrefix(strings.TrimPrefix(command, "go run ./cmd/"), "pastur"))
			if ran = strings.Contains(command, "pastur"); !ran {
				continue
			}
			commands++
			if len(args) == 1 && args[0] == "verify" && !*long && !*update {
				_, shown, _ := strings.Cut(block, line)
				checkSample(t, shown)
				got.WriteString(shown)
				continue
			}
			got.WriteString(session(args))
		}
		got.WriteString("```\n" + rest)
	}
	if commands < 5 {
		t.Fatalf("only %d commands found", commands)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if mask(got.String()) != mask(text) {
		t.Errorf("README.md differs (go test ./cmd/pastur -run README -update rewrites it): %s", difference(mask(text), mask(got.String())))
	}
}

// checkSample runs a few of the claims of a table of verdicts that is shown.
func checkSample(t *testing.T, shown string) {
	t.Helper()
	rows := map[string]string{}
	for line := range strings.Lines(shown) {
		if fields := strings.Fields(line); len(fields) > 0 {
			rows[fields[0]] = strings.Join(fields, " ")
		}
	}
	ids := strings.Fields(sampleOfClaims)
	found := 0
	for line := range strings.Lines(session(append([]string{"verify"}, ids...))) {
		fields := strings.Fields(line)
		if len(fields) == 0 || !slices.Contains(ids, fields[0]) {
			continue
		}
		found++
		if row := strings.Join(fields, " "); row != rows[fields[0]] {
			t.Errorf("README.md has\n%s\nwant\n%s", rows[fields[0]], row)
		}
	}
	if found != len(ids) {
		t.Errorf("%d of %d claims were run", found, len(ids))
	}
}

// shownFiles returns the fenced blocks that follow a "<!-- name.ext -->".
func shownFiles(text string) map[string]string {
	files := map[string]string{}
	for _, part := range strings.Split(text, "<!-- ")[1:] {
		name, rest, _ := strings.Cut(part, " -->\n```")
		if strings.HasSuffix(name, ".toml") {
			_, body, _ := strings.Cut(rest, "\n")
			body, _, _ = strings.Cut(body, "```")
			files[name] = body
		}
	}
	return files
}

// The README's Go example is the one package verdict runs.
func TestREADMEGoExample(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("../../verdict/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "<!-- example: verdict -->\n```go\n")
	code, _, _ := strings.Cut(rest, "```")
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	if len(code) < 100 || !strings.Contains(squeeze(string(example)), squeeze(code)) {
		t.Errorf("the README's Go example is not part of verdict/example_test.go:\n%s", code)
	}
}

// The README's way to depend on a checkout, followed to the letter before any code
// is there, builds its Go example. Nothing is looked up: what pastur's own tests were
// built with is all that is needed.
func TestREADMEDependency(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a module")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	text := mustRead(t, filepath.Join(root, "README.md"))
	between := func(from, to string) string {
		_, rest, found := strings.Cut(text, from)
		inside, _, closed := strings.Cut(rest, to)
		if !found || !closed {
			t.Fatalf("the README has nothing between %q and %q", from, to)
		}
		return inside
	}
	recipe := between("<!-- run by cmd/pastur/readme_test.go -->\n```sh\n", "```\n")
	program := "package main\n\nimport (\n"
	for _, path := range regexp.MustCompile("`([a-z/]+)`").FindAllStringSubmatch(between("(with imports ", ")"), -1) {
		program += "\t\"" + path[1] + "\"\n"
	}
	program += ")\n\nfunc main() {\n" + between("<!-- example: verdict -->\n```go\n", "```") + "}\n"
	dir := t.TempDir()
	if err := os.Symlink(root, filepath.Join(dir, "pastur")); err != nil {
		t.Fatal(err)
	}
	sh := func(where, script string) string {
		t.Helper()
		c := exec.Command("sh", "-ec", script)
		c.Dir = where
		c.Env = append(os.Environ(), "GOPROXY=off", "GOSUMDB=off", "GOFLAGS=", "GOWORK=off", "GOTOOLCHAIN=local")
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
		return string(out)
	}
	sh(dir, recipe)
	mine := filepath.Join(dir, "mine")
	mustWrite(t, filepath.Join(mine, "main.go"), program)
	if out := sh(mine, "go run ."); out != "PASS <nil>\n" {
		t.Errorf("the example prints %q", out)
	}
	// What drops the rest keeps what is needed.
	sh(mine, "go mod tidy")
	if mod := mustRead(t, filepath.Join(mine, "go.mod")); !strings.Contains(mod, "require pastur v") || strings.Contains(mod, "gonum") {
		t.Errorf("after go mod tidy:\n%s", mod)
	}
	sh(mine, "go vet .")
}
