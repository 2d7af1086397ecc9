package verdicttest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"pastur/replicate"
	"pastur/verdict"
)

// recorder is a test that remembers instead of failing.
type recorder struct {
	testing.TB
	failed, fatal string
	skipped       bool
	attributes    map[string]string
}

type stopped struct{}

func (r *recorder) Helper()                  {}
func (r *recorder) Name() string             { return "TestMean/n=10 (a+b)" }
func (r *recorder) Context() context.Context { return context.Background() }
func (r *recorder) Attr(key, value string)   { r.attributes[key] = value }
func (r *recorder) Errorf(format string, args ...any) {
	r.failed += fmt.Sprintf(format, args...)
}
func (r *recorder) Fatal(args ...any) { r.fatal = fmt.Sprint(args...); panic(stopped{}) }
func (r *recorder) Fatalf(format string, args ...any) {
	r.fatal = fmt.Sprintf(format, args...)
	panic(stopped{})
}
func (r *recorder) Skip(...any) { r.skipped = true; panic(stopped{}) }

func record(f func(t testing.TB)) (r *recorder) {
	r = &recorder{attributes: map[string]string{}}
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(stopped); !ok {
				panic(p)
			}
		}
	}()
	f(r)
	return r
}

// square claims that the mean of Z^2 is target.
func square(target float64) verdict.Claim {
	return verdict.Claim{
		ID: "square", Statement: "E Z^2 = 1", Source: "definition", Kind: verdict.Limit, Target: target, Good: 0.02, Bad: 0.06,
		Cells: []verdict.Cell{{Key: "Z", New: func() (verdict.Sampler, error) {
			return verdict.SamplerFunc(func(s *replicate.Stream) (num, den float64, err error) {
				x := s.Normal()
				return x * x, 1, nil
			}), nil
		}}},
	}
}

func TestRun(t *testing.T) {
	if testing.Short() {
		t.Skip("claims are not run under -short")
	}
	good := record(func(t testing.TB) { Run(t, square(1)) })
	if good.failed != "" || good.fatal != "" {
		t.Errorf("a true claim fails: %s%s", good.failed, good.fatal)
	}
	for key, want := range map[string]string{"claim": "square", "kind": "limit", "status": "PASS", "seed": "1", "good": "[0.98, 1.02]"} {
		if got := good.attributes["pastur."+key]; got != want {
			t.Errorf("attribute %s is %q, want %q", key, got, want)
		}
	}
	for _, key := range []string{"estimate", "interval", "replicates"} {
		if good.attributes["pastur."+key] == "" {
			t.Errorf("no attribute %s", key)
		}
	}

	t.Setenv(SeedVariable, "7")
	wrong := record(func(t testing.TB) { Run(t, square(1.5)) })
	for _, want := range []string{
		"FAIL square (limit): E Z^2 = 1\n", "  source    definition\n", "  interval  [", "  GOOD      [1.47, 1.53]\n", "  BAD       [-inf, 1.41]\n", "  BAD       [1.59, inf]\n",
		"replicates, 3 looks\n", "excludes GOOD", "  seed      7\n",
		"  rerun     PASTUR_SEED=7 go test -count=1 -run '^TestMean$/^n=10 \\(a\\+b\\)$' ",
	} {
		if !strings.Contains(wrong.failed, want) {
			t.Errorf("no %q in\n%s", want, wrong.failed)
		}
	}
	if refuted := record(func(t testing.TB) { Refute(t, square(1.5)) }); refuted.failed != "" {
		t.Errorf("a wrong claim is not refuted: %s", refuted.failed)
	}
	if kept := record(func(t testing.TB) { Refute(t, square(1)) }); !strings.Contains(kept.failed, "was not refuted\nPASS square") {
		t.Errorf("a true claim is refuted: %s", kept.failed)
	}
	gap := square(1)
	gap.Looks, gap.Cells[0].First = 1, 64 // too few to say
	if open := record(func(t testing.TB) { Run(t, gap) }); !strings.Contains(open.failed, "INCONCLUSIVE") {
		t.Errorf("an inconclusive claim passes: %q", open.failed)
	}

	broken := square(1)
	broken.Cells[0].New = func() (verdict.Sampler, error) { return nil, errors.New("no sampler today") }
	if r := record(func(t testing.TB) { Run(t, broken) }); !strings.Contains(r.failed, "ERROR square") || !strings.Contains(r.failed, "no sampler today") {
		t.Errorf("broken sampler: %q", r.failed)
	}
	if r := record(func(t testing.TB) { Run(t, verdict.Claim{}) }); r.fatal == "" {
		t.Error("an empty claim runs")
	}
	t.Setenv(SeedVariable, "seven")
	if r := record(func(t testing.TB) { Run(t, square(1)) }); !strings.Contains(r.fatal, `PASTUR_SEED must be a whole number from 0 to 2^64-1, got "seven"`) {
		t.Errorf("a wrong seed: %q", r.fatal)
	}
}

func TestPackageOf(t *testing.T) {
	for _, c := range []struct{ function, want string }{
		{"example.com/a.b/c.TestX", "example.com/a.b/c"}, {"example.com/a/b_test.TestX.func1", "example.com/a/b"},
		{"main.main", "main"}, {"pastur/verdict/verdicttest.(*T).Run", "pastur/verdict/verdicttest"}, {"", ""},
	} {
		if got := packageOf(c.function); got != c.want {
			t.Errorf("packageOf(%q) = %q, want %q", c.function, got, c.want)
		}
	}
}

// Under -short claims are skipped, and go test -json shows the attributes: both
// seen from outside, on the example package.
func TestGoTest(t *testing.T) {
	if testing.Short() {
		t.Skip("runs go test")
	}
	out, err := exec.Command("go", "test", "-count=1", "-short", "-v", "-run", "^TestLargestEigenvalue$", "pastur/examples/wigner").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- SKIP: TestLargestEigenvalue") {
		t.Errorf("-short: %v\n%s", err, out)
	}
	out, err = exec.Command("go", "test", "-count=1", "-json", "-run", "^TestLargestEigenvalue$", "pastur/examples/wigner").CombinedOutput()
	if err != nil || !strings.Contains(string(out), `"Key":"pastur.status","Value":"PASS"`) {
		t.Errorf("-json: %v\n%s", err, out)
	}
}
