package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The console blocks of docs/networks.md are sessions, like the README's.
func TestNetworksDocument(t *testing.T) {
	path, err := filepath.Abs("../../docs/networks.md")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	inside, commands := false, 0
	for line := range strings.Lines(string(data)) {
		command, isCommand := strings.CutPrefix(line, "$ pastur ")
		switch {
		case inside && isCommand:
			got.WriteString(line + session(strings.Fields(command)))
			commands++
		case inside && line != "```\n": // what the command printed
		default:
			got.WriteString(line)
			inside = line == "```console\n"
		}
	}
	if commands != 3 {
		t.Fatalf("%d commands found, want 3", commands)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got.String() != string(data) {
		t.Errorf("docs/networks.md differs (go test ./cmd/pastur -run NetworksDocument -update rewrites it): %s", difference(string(data), got.String()))
	}
}
