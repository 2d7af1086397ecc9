package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Flags that name files: what cannot be meant is refused before anything is
// computed, in one line.
func TestFileFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("data.csv", []byte("1,2\n3,4\n5,6\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("sub", 0o777); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link": "sub", "same.csv": "data.csv", "later": "sub/later"} {
		if err := os.Symlink(target, link); err != nil {
			t.Fatal(err)
		}
	}
	needs := regexp.MustCompile(`needs a (file|folder) name, got ""`)
	for _, args := range []string{
		"verify --junit=", "verify --html=", "verify --state=", "verify --baseline=", "verify --out=", "verify --junit= --dry-run",
		"ratio --state=", "ratio --plot=", "ratio --plot-data=", "ratio --out=", "ratio --data=", "limit --out=", "lindeberg --plot=", "gmp --values=",
		"hessian --plot=", "hessian --hessian=", "hessian --weights=", "hessian --save-weights=", "hessian --loss-curve=", "hessian --labels=", "hessian --data=",
		"spectrum --eigenvalues=", "appendix --out=", "plan quick --out=", "run plan.json --out=", "run plan.json --out d --report=", "merge d --junit=", "emit slurm plan.json --dir=",
	} {
		stdout, stderr, code := pastur(strings.Fields(args)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !needs.MatchString(stderr) {
			t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 2 and one line that the name is empty", args, code, stdout, stderr)
		}
	}
	for args, want := range map[string]string{
		"verify --quick --out dup --junit dup":                "--junit and --out would both write dup: want a file for each",
		"verify --quick --junit x.xml --html ./x.xml":         "--html and --junit would both write x.xml",
		"verify --out link/v --junit sub/v":                   "would both write",
		"ratio --out a.svg --plot a.svg":                      "--out and --plot would both write a.svg",
		"ratio --plot x.svg --plot-data x.svg":                "--plot and --plot-data would both write x.svg",
		"ratio --data data.csv --plot-data data.csv":          "--plot-data would overwrite data.csv, which --data reads: want another file",
		"ratio --data data.csv --plot-data same.csv":          "--plot-data would overwrite same.csv, which --data reads",
		"verify --out later --junit sub/later":                "would both write",
		"verify --suite mine.toml --out mine.toml":            "--out would overwrite mine.toml, which --suite reads",
		"verify --out b.json --baseline b.json":               "--out would overwrite b.json, which --baseline reads",
		"verify --out b --baseline b --update-baseline":       "--baseline and --out would both write b",
		"verify --junit -":                                    `--junit needs a file name, got "-": standard output is for --out`,
		"ratio --plot-data -":                                 `--plot-data needs a file name, got "-"`,
		"verify --print-suite=":                               `--print-suite: unknown suite "": want paper, full, quick`,
		"verify --print-suite mine.toml":                      `--print-suite: unknown suite "mine.toml"`,
		"verify linear-ce-c10 --print-suite paper":            `--print-suite runs nothing and goes with --out only, got the argument "linear-ce-c10"`,
		"verify --print-suite paper --junit x":                "--print-suite runs nothing and goes with --out only, got --junit",
		"verify --print-suite paper --format json":            "goes with --out only, got --format",
		"verify --quick --dry-run --junit x.xml":              "--dry-run runs no claim: --junit does not apply",
		"verify --quick --dry-run --state missing/s":          "--dry-run runs no claim: --state does not apply",
		"verify --quick --dry-run --baseline b":               "--dry-run runs no claim: --baseline does not apply",
		"verify --quick --dry-run --timings --html page.html": "--dry-run runs no claim: --html does not apply",
	} {
		stdout, stderr, code := pastur(strings.Fields(args)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, want) {
			t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", args, code, stdout, stderr, want)
		}
	}
	entries, _ := os.ReadDir(".")
	if len(entries) != 5 {
		t.Errorf("files were left behind: %v", entries)
	}
	if _, stderr, code := pastur("verify", "--print-suite", "quick", "--out", "quick.toml"); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	want, _, _ := pastur("verify", "--print-suite", "quick")
	if got, _ := os.ReadFile("quick.toml"); string(got) != want || want == "" {
		t.Error("--print-suite --out writes something else than what is printed")
	}
	if _, stderr, code := pastur("limit", "--out", "limit.txt"); code != 0 {
		t.Errorf("exit %d: %s", code, stderr)
	}
	if _, stderr, code := pastur(strings.Fields("ratio --plot=x.svg --plot-data x.csv --out x.txt --replicates 64")...); code != 0 {
		t.Errorf("exit %d: %s", code, stderr)
	}
}

// Every flag whose help speaks of a file or a folder is checked.
func TestFileFlagsAreKnown(t *testing.T) {
	speaks := regexp.MustCompile(`(?i)\b(file|folder)\b`)
	found := 0
	var visit func(cmd *cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() != "string" || !speaks.MatchString(f.Usage) || f.Name == "normalize" || f.Name == "show" {
				return
			}
			found++
			// suite is a name or a .toml file, and "" is no name either
			if _, ok := fileUseOf(cmd, f.Name); !ok && f.Name != "suite" {
				t.Errorf("%s: --%s (%s) is not in fileFlags", cmd.CommandPath(), f.Name, f.Usage)
			}
		})
		for _, sub := range cmd.Commands() {
			visit(sub)
		}
	}
	visit(newRoot())
	if found < 20 {
		t.Errorf("%d flags found", found)
	}
}

// The package comment lists every command and every exit code.
func TestPackageComment(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("main.go"))
	if err != nil {
		t.Fatal(err)
	}
	comment, _, _ := strings.Cut(string(source), "\npackage main")
	for _, cmd := range newRoot().Commands() {
		if !strings.Contains(comment, "//\tpastur "+cmd.Name()+" ") {
			t.Errorf("command %s is missing", cmd.Name())
		}
	}
	for _, code := range []string{"0 all passed", "1 a claim", "2 usage", "3 nothing", "75 ", "130 "} {
		if !strings.Contains(strings.ReplaceAll(comment, "\n// ", " "), code) {
			t.Errorf("exit code %s is missing", code)
		}
	}
}
