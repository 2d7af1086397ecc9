package shell

import (
	"errors"
	"os/exec"
	"testing"
)

func TestWord(t *testing.T) {
	for word, want := range map[string]string{
		"mine.toml": "mine.toml", "/a/b-c_d.toml": "/a/b-c_d.toml", "": "''", "my suite.toml": "'my suite.toml'", "$HOME.toml": "'$HOME.toml'",
		"it's": `'it'\''s'`, "a;b": "'a;b'", "~x": "'~x'", "a\nb": "'a\nb'",
	} {
		if got := Word(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
		out, err := exec.Command("sh", "-c", "printf %s "+Word(word)).Output()
		if errors.Is(err, exec.ErrNotFound) {
			t.Skip("no sh: ", err)
		}
		if err != nil { // a word that is quoted wrongly is no command
			t.Errorf("%q: sh: %v", word, err)
		}
		if string(out) != word {
			t.Errorf("a shell reads %s as %q", Word(word), out)
		}
	}
}
