package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pastur/shard"
)

// inSweepFolder goes to a new folder with a suite and its plan in it.
func inSweepFolder(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile("testdata/small.toml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("sweep.toml", text, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, stderr, code := pastur("plan", "sweep.toml", "-o", "plan.json"); code != 0 {
		t.Fatal(stderr)
	}
}

// noScheduler makes sure that no array task is inherited.
func noScheduler(t *testing.T) {
	for _, name := range strings.Fields("SLURM_ARRAY_TASK_ID JOB_COMPLETION_INDEX AWS_BATCH_JOB_ARRAY_INDEX PBS_ARRAY_INDEX SGE_TASK_ID") {
		t.Setenv(name, "")
	}
}

// The committed plan of the sweep is what plan writes, and pastur emit's golden
// files are of it.
func TestPlanBytes(t *testing.T) {
	file, err := filepath.Abs("testdata/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	inSweepFolder(t)
	got, _, code := pastur("plan", "sweep.toml")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		want = []byte(got)
	}
	if code != 0 || got != string(want) {
		t.Errorf("pastur plan: exit %d: %s", code, difference(string(want), got))
	}
	if _, _, code := pastur("plan", "sweep.toml", "--seed", "2", "-o", "other.json"); code != 0 {
		t.Fatal(code)
	}
	other, err := shard.ReadPlan("other.json")
	if err != nil || strings.Contains(string(want), other.Hash) {
		t.Errorf("seed 2: %v, %v", other, err)
	}
	_, stderr, code := pastur("plan", "sweep.toml", "linear-ce-exact", "-o", "one.json", "--calibrate")
	if one, err := shard.ReadPlan("one.json"); code != 0 || err != nil || len(one.Claims) != 1 || !strings.Contains(stderr, "one core") {
		t.Errorf("one claim: %v, exit %d, %q", err, code, stderr)
	}
}

// Shards merge to the bytes of verify, in every format, whoever computed what;
// so does a run in one place.
func TestMergeIsVerify(t *testing.T) {
	noScheduler(t)
	inSweepFolder(t)
	for i, args := range []string{"--shard 2/3 --workers 1", "--shard 0/3 --workers 2", "--shard auto/3"} {
		t.Setenv("SLURM_ARRAY_TASK_ID", "1")
		if stdout, stderr, code := pastur(strings.Fields("run plan.json --out dir " + args)...); code != 0 || stdout+stderr != "" {
			t.Fatalf("run %s: exit %d, %q, %q", args, code, stdout, stderr)
		}
		if i == 0 {
			stdout, stderr, code := pastur("missing", "dir")
			if code != 3 || stdout != "--array=0-1\n" || !strings.Contains(stderr, "2 of 3 shards miss") {
				t.Errorf("missing: exit %d, %q, %q", code, stdout, stderr)
			}
			if stdout, _, code = pastur("missing", "dir", "--plain"); code != 3 || stdout != "0\n1\n" {
				t.Errorf("missing --plain: exit %d, %q", code, stdout)
			}
			stdout, stderr, code = pastur("merge", "dir", "--out", "merged.txt")
			if _, err := os.Stat("merged.txt"); code != 2 || stdout != "" || err == nil || strings.Count(stderr, "\n") != 1 ||
				!strings.Contains(stderr, "claim linear-ce-c100 is undecided: chunks ") {
				t.Errorf("merge of a third: exit %d, %q, %q", code, stdout, stderr)
			}
			stdout, _, code = pastur("status", "dir")
			if code != 0 || !strings.Contains(stdout, "; 0 others not needed") || !strings.Contains(stdout, "4 claims are undecided") || !strings.Contains(stdout, "if the 2 unfinished of 3 shards run at once") {
				t.Errorf("status: exit %d:\n%s", code, stdout)
			}
		}
	}
	if stdout, stderr, code := pastur("missing", "dir"); code != 0 || stdout != "" || !strings.Contains(stderr, "nothing is missing") {
		t.Errorf("missing of a whole: exit %d, %q, %q", code, stdout, stderr)
	}
	for i, format := range formats {
		verify := []string{"verify", "--suite", "sweep.toml", "--format", format}
		if i > 0 { // the first one draws, as a user's does
			verify = append(verify, "--state", "state")
		}
		want, _, code := pastur(verify...)
		got, stderr, merged := pastur("merge", "dir", "--format", format)
		if merged != code || got != want {
			t.Errorf("merge --format %s: exit %d, want %d: %s%s", format, merged, code, stderr, difference(want, got))
		}
		if format == "csv" || format == "markdown" {
			continue
		}
		alone, _, ran := pastur("run", "plan.json", "--out", "alone", "--format", format)
		if ran != code || alone != want {
			t.Errorf("run --format %s: exit %d, want %d: %s", format, ran, code, difference(want, alone))
		}
		if again, _, _ := pastur("merge", "alone", "--format", format); again != want {
			t.Errorf("merge of one run, --format %s: %s", format, difference(want, again))
		}
	}
	if _, _, code := pastur("merge", "dir", "--junit", "a.xml"); code != 0 {
		t.Error(code)
	}
	if _, _, code := pastur("verify", "--suite", "sweep.toml", "--junit", "b.xml", "--state", "state"); code != 0 {
		t.Error(code)
	}
	a, _ := os.ReadFile("a.xml")
	if b, _ := os.ReadFile("b.xml"); len(a) == 0 || !bytes.Equal(a, b) {
		t.Errorf("JUnit: %s", difference(string(b), string(a)))
	}
	if stdout, _, code := pastur("status", "dir", "--format", "csv"); code != 0 || strings.Count(stdout, "\n") != 8 {
		t.Errorf("status --format csv: exit %d:\n%s", code, stdout)
	}
}

// A merge exits as verify does.
func TestMergeExitCodes(t *testing.T) {
	noScheduler(t)
	t.Chdir(t.TempDir())
	for target, want := range map[string]int{"0.0174": 1, "0.016928": 3, "0.0165963": 0} {
		suite := fmt.Sprintf("[[claim]]\nid = \"a\"\nstatement = \"s\"\nkind = \"limit\"\nmodel = \"linear\"\nloss = \"ce\"\nclasses = 10\ntarget = %s\n", target)
		if err := os.WriteFile("suite.toml", []byte(suite), 0o666); err != nil {
			t.Fatal(err)
		}
		stdout, _, code := pastur("verify", "--suite", "suite.toml")
		pastur("plan", "suite.toml", "-o", target+".json")
		for shard := range 2 {
			if _, stderr, code := pastur("run", target+".json", "--out", target, "--looks", "3", "--shard", fmt.Sprintf("%d/2", shard)); code != 0 {
				t.Fatal(stderr)
			}
		}
		merged, stderr, exit := pastur("merge", target)
		if code != want || exit != want || merged != stdout {
			t.Errorf("target %s: verify exits %d, merge %d, want %d: %s%s", target, code, exit, want, stderr, difference(stdout, merged))
		}
		_, _, code = pastur("verify", "--suite", "suite.toml", "--strict")
		if _, _, exit = pastur("merge", target, "--strict"); exit != code {
			t.Errorf("target %s, --strict: verify exits %d, merge %d", target, code, exit)
		}
	}
}

// Bad input to the commands of plans: one line, exit 2, nothing left behind.
func TestScaleBadInput(t *testing.T) {
	noScheduler(t)
	inSweepFolder(t)
	plan, err := os.ReadFile("plan.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("altered.json", bytes.Replace(plan, []byte(`"seed": 1`), []byte(`"seed": 2`), 1), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, _, code := pastur("plan", "sweep.toml", "--seed", "2", "-o", "two.json"); code != 0 {
		t.Fatal(code)
	}
	if _, stderr, code := pastur("run", "two.json", "--out", "twos", "--shard", "0/2", "--looks", "1"); code != 0 {
		t.Fatal(stderr)
	}
	if err := os.Mkdir("empty", 0o777); err != nil {
		t.Fatal(err)
	}
	before, _ := os.ReadDir(".")
	for _, c := range []struct{ args, want string }{
		{"plan", "plan needs a suite"},
		{"plan nope", `unknown suite "nope"`},
		{"plan nope.toml", "no such file"},
		{"plan sweep.toml nope", `has no claim "nope"`},
		{"plan sweep.toml -o missing/plan.json", "does not exist"},
		{"plan sweep.toml --shard-minutes 0", "must be a positive number"},
		{"run", "needs one plan file"},
		{"run plan.json", "--out is missing"},
		{"run sweep.toml --out dir", "not a plan"},
		{"run nope.json --out dir", "no such file"},
		{"run altered.json --out dir", "altered since it was written"},
		{"run plan.json --out dir --shard 3", "--shard must be i/n or auto/n"},
		{"run plan.json --out dir --shard 4/4", "out of range: want 0 to 3"},
		{"run plan.json --out dir --shard auto/4", "not in an array task"},
		{"run plan.json --out dir --looks 2", "--looks goes with --shard"},
		{"run plan.json --out dir --shard 0/4 --looks 7", "--looks must be from 1 to 6"},
		{"run plan.json --out dir --shard 0/4 --format csv", "--format does not go with --shard"},
		{"run plan.json --out dir --workers 0", "--workers"},
		{"run plan.json --out twos --shard 0/4", "holds another plan"},
		{"run plan.json --out sweep.toml", "folder of chunks"},
		{"run plan.json --out dir --report missing/x", "does not exist"},
		{"merge", "merge needs one folder"},
		{"merge empty", "holds no plan.json"},
		{"merge twos", "claim linear-ce-c100 is undecided"},
		{"merge twos --format yaml", "unknown format"},
		{"missing empty", "holds no plan.json"},
		{"missing twos --shards 0", "--shards must be from 1"},
		{"status empty", "holds no plan.json"},
		{"status twos --looks 9", "--looks must be from 1 to 6"},
		{"emit", "emit needs a scheduler and a plan"},
		{"emit pbs", `unknown scheduler "pbs": want slurm, parallel or kubernetes`},
		{"emit lsf plan.json", `unknown scheduler "lsf": want slurm, parallel or kubernetes`},
		{"emit slurm", "emit slurm needs a plan: pastur emit slurm PLAN.json --shards N"},
		{"emit slurm plan.json more", `takes one plan, got the argument "more" besides`},
		{"emit slurm plan.json", "--shards is missing: want the number of shards"},
		{"emit slurm plan.json --shards 0", "--shards must be from 1 to 1000000, got 0"},
		{"emit slurm plan.json --shards 1001", "below MaxArraySize, 1001"},
		{"emit slurm plan.json --shards 4 --time soon", "--time must be as sbatch takes it"},
		{"emit slurm altered.json --shards 4", "altered"},
		{"emit parallel plan.json --shards 4 --jobs -1", "--jobs must be at least 1"},
		{"emit slurm plan.json --shards 4 --looks 7", "--looks must be from 1 to 6"},
	} {
		stdout, stderr, code := pastur(strings.Fields(c.args)...)
		if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.HasPrefix(stderr, "pastur: ") || !strings.Contains(stderr, c.want) {
			t.Errorf("pastur %s: exit %d, stdout %q, stderr %q; want exit 2 and one line with %q", c.args, code, stdout, stderr, c.want)
		}
	}
	if after, _ := os.ReadDir("."); len(after) != len(before) {
		t.Errorf("files were left behind: %v", after)
	}
}

// The merge refuses what was done to a file, and names it.
func TestMergeRefuses(t *testing.T) {
	noScheduler(t)
	inSweepFolder(t)
	for i := range 2 {
		if _, stderr, code := pastur("run", "plan.json", "--out", "dir", "--shard", fmt.Sprintf("%d/2", i)); code != 0 {
			t.Fatal(stderr)
		}
	}
	want, _, _ := pastur("merge", "dir")
	files, _ := filepath.Glob("dir/*.jsonl")
	if len(files) != 2 {
		t.Fatal(files)
	}
	text, err := os.ReadFile(files[1])
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	join := func(lines ...[]byte) []byte { return bytes.Join(lines, nil) }
	for message, altered := range map[string][]byte{
		"line 6: chunk":                     bytes.Replace(text, lines[5], bytes.Replace(lines[5], []byte(`"max_abs":`), []byte(`"max_abs":1`), 1), 1),
		"it ends without its footer":        text[:len(text)/2],
		"been cut":                          join(lines[:len(lines)-3]...),
		"line 3: altered":                   join(lines[0], lines[1], []byte("x\n"), join(lines[3:]...)),
		"altered since it was closed":       join(lines[0], join(lines[2:]...)),
		"not the header":                    join(lines[1:]...),
		"belongs to another plan":           bytes.Replace(text, []byte(`"run":"`), []byte(`"run":"00`), 1),
		"different builds, whose last bits": bytes.Replace(text, []byte(`"go":"go1`), []byte(`"go":"go9`), 1),
		"are missing":                       nil,
	} {
		if message == "different builds, whose last bits" {
			// A file as another build would have closed it: without footer.
			os.Remove(files[1])
			if err := os.WriteFile(files[1][:len(files[1])-len("jsonl")]+"part", altered, 0o666); err != nil {
				t.Fatal(err)
			}
		} else if altered == nil {
			os.Remove(files[1])
		} else if err := os.WriteFile(files[1], altered, 0o666); err != nil {
			t.Fatal(err)
		}
		stdout, stderr, code := pastur("merge", "dir")
		named := filepath.Base(strings.TrimSuffix(files[1], ".jsonl"))
		if code != 2 || stdout != "" || !strings.Contains(stderr, message) || altered != nil && !strings.Contains(stderr, named) {
			t.Errorf("%s: exit %d, %q, %q", message, code, stdout, stderr)
		}
		os.Remove(files[1][:len(files[1])-len("jsonl")] + "part")
		if err := os.WriteFile(files[1], text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got, stderr, code := pastur("merge", "dir"); code != 0 || got != want {
		t.Errorf("put right again: exit %d: %s", code, stderr)
	}
}

// Cancelling the context (control-C) ends a run in one place at once, and the
// same command goes on.
func TestRunInterrupted(t *testing.T) {
	noScheduler(t)
	inSweepFolder(t)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Millisecond)
	defer cancel()
	var stdout, stderr bytes.Buffer
	code := run(ctx, &stdout, &stderr, strings.Fields("run plan.json --out dir --workers 1"))
	if code != 130 || stdout.Len() != 0 || stderr.String() != "pastur: interrupted\n" {
		t.Errorf("exit %d, %q, %q", code, stdout.String(), stderr.String())
	}
	want, _, _ := pastur("verify", "--suite", "sweep.toml")
	if got, stderr, code := pastur("run", "plan.json", "--out", "dir"); code != 0 || got != want {
		t.Errorf("exit %d: %s%s", code, stderr, difference(want, got))
	}
}

// durations are what docs/scale.md shows that depends on the machine.
var durations = regexp.MustCompile(` *(\b\d+(\.\d+)? (s|min|h)\b|\? on one core)`)

// The console blocks of docs/scale.md are sessions, like the README's.
func TestScaleDocument(t *testing.T) {
	noScheduler(t)
	path, err := filepath.Abs("../../docs/scale.md")
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	for name, content := range shownFiles(string(data)) {
		if err := os.WriteFile(name, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
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
	if commands < 10 {
		t.Fatalf("only %d commands found", commands)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, have := durations.ReplaceAllString(string(data), " T"), durations.ReplaceAllString(got.String(), " T")
	if want != have {
		t.Errorf("docs/scale.md differs (go test ./cmd/pastur -run ScaleDocument -update rewrites it): %s", difference(want, have))
	}
}

// Names that Kubernetes or a registry would refuse are refused before a manifest
// bears them, and all that they take is taken.
func TestEmitKubernetesNames(t *testing.T) {
	plan := filepath.Join(t.TempDir(), "plan.json")
	if _, stderr, code := pastur("plan", "testdata/small.toml", "-o", plan); code != 0 {
		t.Fatal(stderr)
	}
	emit := func(flag, value string) (string, string, int) {
		return pastur("emit", "kubernetes", plan, "--shards", "2", flag, value)
	}
	digest := "@sha256:" + strings.Repeat("0a", 32)
	for flag, values := range map[string][]string{
		"--image": {
			"pastur", "pastur:1", "registry.example/pastur:1", "localhost:5000/a/b__c/d-e:v1.0_x", "pastur" + digest,
			"registry.example:443/pastur:1" + digest, "[::1]:5000/pastur",
		},
		"--volume": {"pastur", "a.b-c", "0"},
	} {
		for _, value := range values {
			if stdout, stderr, code := emit(flag, value); code != 0 || !strings.Contains(stdout, value) {
				t.Errorf("%s %q: exit %d, %s", flag, value, code, stderr)
			}
		}
	}
	for flag, values := range map[string][]string{
		"--image":  {"", " ", "x y", "x\ny", "pastur:", "pastur: 1", ":1", "Pastur", "a//b", "/a", "a/", "pastur:1:2", "pastur@sha256:12", "x;y", "x\"y", "https://registry.example/pastur"},
		"--volume": {"", "x y", "Results", "-a", "a.", "a_b", strings.Repeat("a", 254)},
	} {
		for _, value := range values {
			stdout, stderr, code := emit(flag, value)
			if code != 2 || stdout != "" || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, flag+" must be") {
				t.Errorf("%s %q: exit %d, %q, %s", flag, value, code, stdout, stderr)
			}
		}
	}
}
