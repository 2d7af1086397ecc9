package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

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
			if ran = strings.Contains(command, "pastur"); ran {
				got.WriteString(session(args))
				commands++
			}
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
