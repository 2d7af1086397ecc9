package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite golden files")

// pastur runs the command in this process.
func pastur(args ...string) (stdout, stderr string, code int) {
	var out, err bytes.Buffer
	code = run(context.Background(), &out, &err, args)
	return out.String(), err.String(), code
}

// builds masks what differs between builds that give the same results.
var builds = regexp.MustCompile(`("(?:go|gonum|goarch|goamd64)": )"[^"]*"`)

// deviations masks the rounding errors that exact claims report.
var deviations = regexp.MustCompile(`(exact +PASS +)\S+( +<=)`)

func mask(s string) string {
	s = builds.ReplaceAllString(s, `$1"..."`)
	return deviations.ReplaceAllStringFunc(s, func(m string) string {
		parts := deviations.FindStringSubmatch(m)
		return parts[1] + strings.Repeat("~", len(m)-len(parts[1])-len(parts[2])) + parts[2]
	})
}

// Golden files hold sessions: lines "$ pastur ..." followed by what is printed
// (standard error after "! ") and "exit N" if N is not 0.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".golden"), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			for line := range strings.Lines(string(data)) {
				if command, ok := strings.CutPrefix(line, "$ pastur"); ok {
					fmt.Fprintf(&got, "%s%s", line, mask(session(strings.Fields(command))))
				}
			}
			if *update {
				if err := os.WriteFile(file, []byte(got.String()), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != string(data) {
				t.Errorf("%s differs (go test ./cmd/pastur -update rewrites it):\n%s", file, difference(string(data), got.String()))
			}
		})
	}
}

func session(args []string) string {
	stdout, stderr, code := pastur(args...)
	out := stdout
	for line := range strings.Lines(stderr) {
		out += "! " + line
	}
	if code != 0 {
		out += fmt.Sprintf("exit %d\n", code)
	}
	return out
}

// difference shows the first lines that differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d:\n want %s\n got  %s", i+1, a, b)
		}
	}
	return ""
}

// Bad input: one line on standard error, exit 2, nothing on standard output,
// nothing written.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	readOnly := filepath.Join(dir, "readonly.csv")
	if err := os.WriteFile(readOnly, []byte("keep me"), 0o444); err != nil {
		t.Fatal(err)
	}
	broken := filepath.Join(dir, "broken.toml")
	if err := os.WriteFile(broken, []byte("alpha = 0.01\n[[claim]]\nid = \"x\"\nkind = \"limit\"\nclases = 10\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadDir(dir)
	cases := []struct{ args, want string }{
		{"frobnicate", `unknown command "frobnicate"`},
		{"verfy", `pastur: unknown command "verfy": did you mean "verify"? (pastur --help lists the commands)`},
		{"limit --modle linear", "unknown flag: --modle: did you mean --model?"},
		{"limit --bogus", "unknown flag: --bogus: pastur limit --help lists the flags"},
		{"--bogus", "unknown flag: --bogus: pastur --help lists the flags"},
		{"ratio --block foo", `unknown block "foo": want vv or ww`},
		{"lindeberg --block foo", `unknown block "foo": want vv or ww`},
		{"ratio --inner 5", "--inner is the number of data points a network, with --typical: give that too"},
		{"limit --classes 10,", `got "" in "10,"`},
		{"ratio --model hidden --hidden 1000000000", "GiB a worker, more than the 4 GiB allowed: want a smaller hidden layer"},
		{"ratio --model hidden --loss mse --block ww --hidden 100000 --classes 100000", "more than the 4 GiB allowed"},
		{"ratio --method definition --dim 100 --classes 100000", "takes about 1e+16 multiply-adds, more than the 1e+14 allowed: want method gram or twopoint"},
		{"limit --model deep", `unknown model "deep": want linear or hidden`},
		{"limit --loss hinge", `unknown loss "hinge"`},
		{"limit --block ww", "model linear has no block ww: want vv"},
		{"limit --model hidden --block wv", "block wv has no diagonal blocks"},
		{"limit --classes 1", `--classes must be a whole number from 2 to 1000000000 (or a list, or a range like 10:1000:log5), got "1"`},
		{"limit --classes ten", `--classes must be a whole number`},
		{"limit --classes 100:10:log3", "--classes range must run forwards"},
		{"limit --classes 10,,20", "--classes must be a whole number"},
		{"limit --classes=", "--classes is empty"},
		{"limit --classes inf", `--classes must be a whole number from 2 to 1000000000 (or a list, or a range like 10:1000:log5), got "inf"`},
		{"limit --gamma 0", "pastur: --gamma must be a positive number, got 0\n"},
		{"limit --gamma -0.5", "pastur: --gamma must be a positive number, got -0.5\n"},
		{"limit --gamma nan", "pastur: --gamma must be a positive number, got nan\n"},
		{"limit --gamma inf", "pastur: --gamma must be a positive number, got inf\n"},
		{"limit --gamma abc", `pastur: --gamma must be a positive number, got "abc"` + "\n"},
		{"limit --gamma=", `pastur: --gamma must be a positive number, got ""` + "\n"},
		{"limit --kappa -1", "pastur: --kappa must be a positive number, at most 50, got -1\n"},
		{"limit --kappa 2 --init he", "--kappa and --init exclude each other"},
		{"limit --gamma 1 --samples 5 --dim 5", "--gamma (d/N) and --samples (N) exclude each other"},
		{"limit --dim 40", "no exact value is known for block linear ce vv at finite dim"},
		{"limit --samples 40", "samples cannot be given at dim inf"},
		{"limit extra", `takes flags only, got the argument "extra"`},
		{"limit --format yaml", `unknown format "yaml": want text, json, csv, markdown`},
		{"limit --out " + filepath.Join(dir, "missing", "x.csv"), "does not exist"},
		{"limit --out " + readOnly, "is read-only"},
		{"limit --out " + dir, "is a folder"},
		{"ratio --method magic", `unknown method "magic"`},
		{"ratio --method definition --dim inf", "method definition draws the data, so dim must be finite"},
		{"ratio --method definition --dim 1000000 --samples 1000000", "more than the 4 GiB allowed"},
		{"ratio --dim 0", "--dim must be a whole number"},
		{"ratio --dim 2.5", "--dim must be a whole number"},
		{"ratio --samples 0", "must be a whole number"},
		{"ratio --model hidden --loss mse --block ww --hidden 0", "--hidden must be at least 1, got 0"},
		{"ratio --model hidden --loss mse --block ww --hidden 1", "--hidden must be at least 2"},
		{"ratio --model hidden --loss mse --block ww --hidden x", `pastur: --hidden must be a whole number of at least 1, in digits, got "x"` + "\n"},
		{"ratio --init pytorch", "method twopoint needs Gaussian weights"},
		{"ratio --rel-error 2", "pastur: --rel-error must be a number between 0 and 1, got 2\n"},
		{"ratio --replicates 0", "pastur: --replicates must be a whole number from 1 to 2^50, got 0\n"},
		{"spectrum --replicates 1.5", "pastur: --replicates must be a whole number from 1 to 1000000, got 1.5\n"},
		{"hessian --train 3 --lr -1", "pastur: --lr must be a positive number, got -1\n"},
		{"plan quick --shard-minutes x", `pastur: --shard-minutes must be a positive number, got "x"` + "\n"},
		{"ratio --seed 1e3", "pastur: --seed must be a whole number from 0 to 18446744073709551615, in digits, got 1e3\n"},
		{"plan quick --seed 18446744073709551616", "pastur: --seed must be a whole number from 0 to 18446744073709551615, in digits, got 18446744073709551616\n"},
		{"ratio --timings=maybe", `pastur: --timings must be true or false, got "maybe"` + "\n"},
		{"verify --strict=2", "pastur: --strict must be true or false, got 2\n"},
		{"ratio --workers 1e3", "pastur: --workers must be a whole number from 1 to 4096, in digits, got 1e3\n"},
		{"ratio --model hidden --hidden 99999999999999999999", "pastur: --hidden must be a whole number of at least 1 that is at most 9223372036854775807, got 99999999999999999999\n"},
		{"ratio --workers 0", "--workers must be from 1 to 4096, got 0"},
		{"ratio --seed -1", "pastur: --seed must be a whole number from 0 to 18446744073709551615, in digits, got -1\n"},
		{"ratio --state " + readOnly, "--state: state folder"},
		{"verify no-such-claim", `suite paper has no claim "no-such-claim": pastur claims --suite paper lists them`},
		{"verify --suite nightly", `unknown suite "nightly": want paper, full, quick, or the path of a .toml file`},
		{"verify --suite missing.toml", "pastur: suite missing.toml: no such file or directory\n"},
		{"ratio --data ar1:2", `pastur: --data "ar1:2": rho must lie between -1 and 1, got 2` + "\n"},
		{"ratio --data student:3", "pastur: --data: student data need more than 4 degrees of freedom"},
		{"ratio --data cauchy", "spiked:K:STRENGTH or power:ALPHA, or a .npy or .csv file\n"},
		{"ratio --dim 1e15", "dim 1e+15 at gamma 0.5 asks for dim/gamma = 2e+15 samples, more than the 1.13e+15 allowed: want a smaller dim or a larger gamma"},
		{"spectrum --dim 1e15", "dim 1e+15 at gamma 0.5 asks for dim/gamma = 2e+15 samples"},
		{"verify --suite " + broken, `broken.toml:2:3: claim x: statement is missing`},
		{"verify --quick --suite full", "--quick and --suite exclude each other"},
		{"verify --print-suite nightly", `unknown suite "nightly"`},
		{"verify --junit " + filepath.Join(dir, "missing", "x.xml"), "does not exist"},
		{"verify linear-ce-c11", `did you mean "linear-ce-c10"?`},
		{"limit --model hidden --loss mse --block ww --init pytorch", "init pytorch is not Gaussian"},
		{"ratio --hidden 1,2", "must be a whole number"},
		{"claims nope", `has no claim "nope"`},
	}
	for _, c := range cases {
		stdout, stderr, code := pastur(strings.Fields(c.args)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "pastur: ") || !strings.Contains(stderr, c.want) {
			t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
	after, _ := os.ReadDir(dir)
	if len(after) != len(before) {
		t.Errorf("files were left behind: %v", after)
	}
	if data, _ := os.ReadFile(readOnly); string(data) != "keep me" {
		t.Error("the read-only file was changed")
	}
}

// Help is wrapped for a terminal.
func TestHelpIsWrapped(t *testing.T) {
	err := eachCommand(newRoot(), func(c *cobra.Command) error {
		for line := range strings.Lines(c.Long) {
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 88 {
				t.Errorf("%s: a line of %d characters: %s", c.CommandPath(), n, line)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// Every flag that takes an int says from where to where.
func TestWholeRanges(t *testing.T) {
	n := 0
	err := eachCommand(newRoot(), func(c *cobra.Command) error {
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "int" {
				n++
				if wholeRanges[f.Name] == "" {
					t.Errorf("%s: --%s has no range", c.CommandPath(), f.Name)
				}
			}
		})
		return nil
	})
	if err != nil || n < 15 {
		t.Errorf("%d flags, %v", n, err)
	}
}

// The same bytes for any number of workers, in every format.
func TestWorkersDoNotChangeBytes(t *testing.T) {
	for _, args := range []string{
		"verify linear-ce-c10 linear-ce-twopoint hidden-mse-rate --format json",
		"verify linear-ce-c100 --format csv",
		"ratio --classes 10,100 --dim 100,inf --format json",
		"ratio --model hidden --loss mse --block ww --dim 10 --samples 5 --method gram --rel-error 0.05 --format csv",
	} {
		want, _, code := pastur(append(strings.Fields(args), "--workers", "1")...)
		if code != 0 {
			t.Errorf("pastur %s: exit %d", args, code)
		}
		for _, workers := range []string{"2", "7"} {
			if got, _, _ := pastur(append(strings.Fields(args), "--workers", workers)...); got != want {
				t.Errorf("pastur %s: other bytes with %s workers: %s", args, workers, difference(want, got))
			}
		}
		if got, _, _ := pastur(append(strings.Fields(args), "--seed", "2")...); got == want {
			t.Errorf("pastur %s: seed 2 gives the bytes of seed 1", args)
		}
	}
}

func TestFormats(t *testing.T) {
	dir := t.TempDir()
	junit := filepath.Join(dir, "verdicts.xml")
	out := filepath.Join(dir, "verdicts.json")
	if _, stderr, code := pastur("verify", "linear-ce-c2", "linear-ce-blocks", "--format", "json", "--out", out, "--junit", junit); code != 0 {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	var document struct {
		Environment map[string]string
		Plan        map[string]any
		Results     []map[string]any
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatal(err)
	}
	for _, field := range strings.Fields("id statement source kind status estimate lo hi target good bad replicates looks reason rerun warnings") {
		if _, ok := document.Results[1][field]; !ok {
			t.Errorf("verify JSON has no field %s", field)
		}
	}
	if document.Environment["gonum"] == "" || document.Plan["hash"] == "" {
		t.Errorf("environment %v, plan %v", document.Environment, document.Plan)
	}
	var suites struct {
		Tests int `xml:"tests,attr"`
		Suite struct {
			Cases []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	data, err = os.ReadFile(junit)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, &suites); err != nil || suites.Tests != 2 || len(suites.Suite.Cases) != 2 {
		t.Errorf("JUnit: %v, %+v", err, suites)
	}
	for command, fields := range map[string]string{
		"limit": "model loss block gamma classes hidden kappa ratio rate scaled constant norm_ratio row_mass heuristic note warnings",
		"ratio": "model loss block gamma classes hidden dim samples method data init replicates off off_se diag diag_se ratio ratio_lo ratio_hi confidence limit note warnings",
	} {
		stdout, _, _ := pastur(command, "--format", "json")
		var document struct{ Results []map[string]any }
		if err := json.Unmarshal([]byte(stdout), &document); err != nil {
			t.Fatal(err)
		}
		for _, field := range strings.Fields(fields) {
			if _, ok := document.Results[0][field]; !ok {
				t.Errorf("%s JSON has no field %s", command, field)
			}
		}
	}
	stdout, _, _ := pastur("ratio", "--classes", "3,5", "--format", "csv")
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil || len(records) != 3 {
		t.Errorf("CSV: %v, %d records", err, len(records))
	}
}

// limitNote is the footnote that speaks of d, N -> inf.
var limitNote = regexp.MustCompile(`(?m)^limit: .*$`)

// One replicate has no interval: that is said, and the ends that are not there are
// null in JSON and empty in CSV.
func TestOneReplicate(t *testing.T) {
	const note = "one replicate has no interval: want at least 2 replicates"
	for _, format := range []string{"text", "json", "csv", "markdown", "latex"} {
		for _, command := range []string{"ratio", "lindeberg --sizes 20"} {
			stdout, stderr, code := pastur(strings.Fields(command + " --replicates 1 --format " + format)...)
			if code != 0 || !strings.Contains(stdout, note) && (command == "ratio" || format != "csv") {
				t.Errorf("%s as %s: exit %d, %s%s", command, format, code, stdout, stderr)
			}
			numbers := limitNote.ReplaceAllString(stdout, "")
			for _, bad := range []string{"NaN", "inf]", "infty", "Inf"} {
				if strings.Contains(numbers, bad) {
					t.Errorf("%s as %s prints %s:\n%s", command, format, bad, stdout)
				}
			}
		}
	}
	stdout, _, _ := pastur("ratio", "--replicates", "1", "--format", "json")
	for _, field := range []string{"ratio_lo", "ratio_hi", "off_se", "diag_se"} {
		if !strings.Contains(stdout, `"`+field+`": null`) {
			t.Errorf("%s is not null:\n%s", field, stdout)
		}
	}
	if stdout, _, _ := pastur("ratio", "--replicates", "2"); strings.Contains(stdout, note) || strings.Contains(stdout, "  -  ") {
		t.Errorf("two replicates have an interval:\n%s", stdout)
	}
}

// A suite whose claim is wrong fails: exit 1, with the reason and the way to
// run it again.
func TestWrongClaimFails(t *testing.T) {
	file := filepath.Join(t.TempDir(), "wrong.toml")
	suite := `
[[claim]]
id = "off-by-five-percent"
statement = "R = 0.0174 at C = 10"
source = "nobody"
kind = "limit"
model = "linear"
loss = "ce"
classes = 10
target = 0.0174

[[claim]]
id = "fine"
statement = "R = 1 at C = 2"
source = "p1 + p2 = 1"
kind = "limit"
model = "linear"
loss = "ce"
classes = 2
target = "exact"
assume = "near-normal"
`
	if err := os.WriteFile(file, []byte(suite), 0o666); err != nil {
		t.Fatal(err)
	}
	junit := filepath.Join(filepath.Dir(file), "out.xml")
	stdout, _, code := pastur("verify", "--suite", file, "--junit", junit)
	for _, want := range []string{"FAIL off-by-five-percent", "excludes GOOD", "rerun:  pastur verify off-by-five-percent --suite " + file + " --seed 1", "2 claims: 1 PASS, 1 FAIL"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if code != 1 {
		t.Errorf("exit %d, want 1", code)
	}
	if data, _ := os.ReadFile(junit); !strings.Contains(string(data), "<failure") {
		t.Errorf("JUnit has no failure:\n%s", data)
	}
}

// Inconclusive is 3, and a failure under --strict.
func TestInconclusive(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gap.toml")
	suite := `
[[claim]]
id = "in-the-gap"
statement = "R is 2 % off at C = 10"
source = "nobody"
kind = "limit"
model = "linear"
loss = "ce"
classes = 10
target = 0.016928
`
	if err := os.WriteFile(file, []byte(suite), 0o666); err != nil {
		t.Fatal(err)
	}
	if stdout, _, code := pastur("verify", "--suite", file); code != 3 || !strings.Contains(stdout, "in the gap") {
		t.Errorf("exit %d, want 3:\n%s", code, stdout)
	}
	if _, _, code := pastur("verify", "--suite", file, "--strict"); code != 1 {
		t.Errorf("--strict: exit %d, want 1", code)
	}
	if stdout, _, code := pastur("ratio", "--classes", "100", "--rel-error", "0.0001", "--replicates", "1000"); code != 3 || !strings.Contains(stdout, "was not reached") {
		t.Errorf("ratio: exit %d, want 3:\n%s", code, stdout)
	}
	// An interval that cannot be believed misses a precision, if one was asked for.
	const heavy = "ratio --classes 100 --dim 1000 --data spiked:1:1000 --replicates 512"
	for args, want := range map[string]int{heavy: 0, heavy + " --rel-error 0.9": 3} {
		stdout, _, code := pastur(strings.Fields(args)...)
		if code != want || !strings.Contains(stdout, "the interval must not be trusted yet") || strings.Contains(stdout, "was not reached") {
			t.Errorf("pastur %s: exit %d, want %d:\n%s", args, code, want, stdout)
		}
	}
}

func TestPrintSuiteIsTheSuite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.toml")
	stdout, _, code := pastur("verify", "--print-suite", "paper")
	if code != 0 {
		t.Fatal(code)
	}
	if err := os.WriteFile(file, []byte(stdout), 0o666); err != nil {
		t.Fatal(err)
	}
	want, _, _ := pastur("verify", "linear-ce-c10", "--format", "csv")
	got, _, _ := pastur("verify", "linear-ce-c10", "--format", "csv", "--suite", file)
	if got = strings.ReplaceAll(got, file, "paper"); got != want {
		t.Errorf("a copy of the suite gives another verdict:\n%s\n%s", got, want)
	}
}

// Interrupting ends promptly with 130 and writes nothing.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	out := filepath.Join(t.TempDir(), "out.csv")
	var stdout, stderr bytes.Buffer
	start := time.Now()
	code := run(ctx, &stdout, &stderr, strings.Fields("ratio --classes 100000 --rel-error 0.00001 --out "+out))
	if code != 130 || stderr.String() != "pastur: interrupted\n" || stdout.Len() != 0 {
		t.Errorf("exit %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v to stop", took)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a file was written")
	}
}

// SIGKILL in the middle, then resume: the bytes of an uninterrupted run.
func TestStateSurvivesSIGKILL(t *testing.T) {
	dir := t.TempDir()
	args := strings.Fields("ratio --classes 1000 --replicates 16000 --format csv --state " + filepath.Join(dir, "state"))
	want, _, code := pastur(strings.Fields("ratio --classes 1000 --replicates 16000 --format csv")...)
	if code != 0 {
		t.Fatal(code)
	}
	kept := func() (lines int) {
		files, _ := filepath.Glob(filepath.Join(dir, "state", "*.part"))
		for _, file := range files {
			text, _ := os.ReadFile(file)
			lines += bytes.Count(text, []byte("\n"))
		}
		return lines
	}
	for range 5 {
		c := process(args...)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.Wait() }()
		// A header and a chunk, at least.
		for before, running := kept(), true; running && kept() < before+2; {
			select {
			case <-ended:
				running = false
				ended <- nil
			case <-time.After(5 * time.Millisecond):
			}
		}
		c.Process.Kill()
		<-ended
	}
	lines := kept()
	if lines < 3 {
		t.Fatalf("only %d lines kept: nothing was interrupted in the middle", lines)
	}
	got, err := process(args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("other bytes after 5 kills:\n%s\n%s", got, want)
	}
}
