// Package verdicttest puts claims on trial inside go test: any sampler, with the
// error rates of package verdict.
//
//	func TestVariance(t *testing.T) {
//		verdicttest.Run(t, verdict.Claim{
//			ID: "variance", Statement: "E Z^2 = 1", Kind: verdict.Limit, Target: 1, Good: 0.01, Bad: 0.03,
//			Cells: []verdict.Cell{{Key: "Z", New: newSquare}},
//		})
//	}
//
// A claim that does not PASS fails the test and says what was found, where GOOD
// ends, with which seed, and the command that runs it again. Claims take time,
// so they are skipped under -short. The seed is fixed, so a test does not
// flake: what fails once fails always. PASTUR_SEED in the environment replaces
// it, for a nightly run with fresh numbers; it is part of the command printed.
//
// Each claim has its own Alpha (0.01 by default): the chance that it fails
// though it is true, if the seed is fresh. Give several claims of one package
// an Alpha that adds up to what may be borne.
package verdicttest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"pastur/verdict"
)

// SeedVariable is the environment variable that replaces the seed.
const SeedVariable = "PASTUR_SEED"

// Run runs the claim and fails the test unless it PASSes. It skips under
// -short. Claim, status, estimate, interval, replicates and seed are recorded
// as attributes of the test (go test -json shows them).
func Run(t testing.TB, claim verdict.Claim) verdict.Verdict {
	t.Helper()
	v, seed := decide(t, claim)
	if v.Status != verdict.Pass {
		t.Errorf("%s", explain(t, &v, seed))
	}
	return v
}

// Refute runs a claim that is wrong, such as one with an error planted in it,
// and fails the test unless the claim FAILs: it shows that the claim beside it
// can fail.
func Refute(t testing.TB, claim verdict.Claim) verdict.Verdict {
	t.Helper()
	v, seed := decide(t, claim)
	if v.Status != verdict.Fail {
		t.Errorf("a wrong claim was not refuted\n%s", explain(t, &v, seed))
	}
	return v
}

func decide(t testing.TB, claim verdict.Claim) (verdict.Verdict, uint64) {
	t.Helper()
	if testing.Short() {
		t.Skip("claims are not run under -short")
	}
	seed, err := seedFrom(os.Getenv(SeedVariable))
	if err != nil {
		t.Fatal(err)
	}
	v, err := claim.Run(t.Context(), verdict.Options{Seed: seed})
	if err != nil {
		t.Fatalf("verdicttest: %v", err)
	}
	for _, a := range [][2]string{
		{"claim", v.Claim.ID}, {"kind", string(v.Claim.Kind)}, {"status", string(v.Status)}, {"seed", fmt.Sprint(seed)},
		{"estimate", fmt.Sprint(v.Estimate)}, {"interval", v.Bounds.String()}, {"good", v.Good.String()}, {"replicates", fmt.Sprint(v.Replicates)},
	} {
		t.Attr("pastur."+a[0], a[1])
	}
	return v, seed
}

// DefaultSeed is the seed without SeedVariable.
const DefaultSeed = 1

func seedFrom(text string) (uint64, error) {
	if text == "" {
		return DefaultSeed, nil
	}
	seed, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, errors.New(SeedVariable + " must be a whole number from 0 to 2^64-1, got " + strconv.Quote(text))
	}
	return seed, nil
}

// explain says what happened, and how to see it again.
func explain(t testing.TB, v *verdict.Verdict, seed uint64) string {
	var out strings.Builder
	c := v.Claim
	fmt.Fprintf(&out, "%s %s (%s): %s\n", v.Status, c.ID, c.Kind, c.Statement)
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&out, "  %-9s "+format+"\n", append([]any{name}, args...)...)
	}
	if c.Source != "" {
		line("source", "%s", c.Source)
	}
	if v.Status != verdict.Errored {
		component := ""
		if v.Component != "" {
			component = " (" + v.Component + ")"
		}
		line("estimate", "%.6g%s", v.Estimate, component)
		line("interval", "%v", v.Bounds)
	}
	line("GOOD", "%v", v.Good)
	if c.Kind != verdict.Exact {
		for _, b := range c.BadSet() {
			line("BAD", "%v", b)
		}
	}
	looks := "looks"
	if v.Looks == 1 {
		looks = "look"
	}
	line("drawn", "%d replicates, %d %s", v.Replicates, v.Looks, looks)
	line("reason", "%s", v.Reason)
	for _, w := range v.Warnings {
		line("warning", "%s", w)
	}
	line("seed", "%d", seed)
	line("rerun", "%s", rerun(t.Name(), callerPackage(), seed))
	return strings.TrimSuffix(out.String(), "\n")
}

// rerun returns the command that runs one test again.
func rerun(test, pkg string, seed uint64) string {
	parts := strings.Split(test, "/")
	for i, p := range parts {
		parts[i] = "^" + escape.Replace(p) + "$"
	}
	return fmt.Sprintf("%s=%d go test -count=1 -run '%s' %s", SeedVariable, seed, strings.Join(parts, "/"), pkg)
}

// escape quotes what a regular expression or a shell's quote would misread.
var escape = strings.NewReplacer(`\`, `\\`, ".", `\.`, "+", `\+`, "*", `\*`, "?", `\?`, "(", `\(`, ")", `\)`, "[", `\[`, "]", `\]`, "{", `\{`, "}", `\}`, "^", `\^`, "$", `\$`, "|", `\|`, "'", `.`)

// callerPackage returns the import path of the test: the first caller outside
// this package.
func callerPackage() string {
	var pcs [32]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if pkg := packageOf(f.Function); pkg != "" && pkg != "pastur/verdict/verdicttest" {
			return pkg
		}
		if !more {
			return "./..."
		}
	}
}

// packageOf returns the import path in a function's full name:
// example.com/a/b.TestX, example.com/a/b_test.TestX.func1.
func packageOf(function string) string {
	slash := strings.LastIndex(function, "/")
	dot := strings.Index(function[slash+1:], ".")
	if dot < 0 {
		return ""
	}
	return strings.TrimSuffix(function[:slash+1+dot], "_test")
}
