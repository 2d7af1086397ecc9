package elementary

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// portable lists the packages whose results must be the same bits everywhere, and
// what is exempt of each, as "file: finding": what is exempt is named, so that a new
// file counts.
var portable = []struct {
	path   string
	exempt *regexp.Regexp
}{
	{"pastur/internal/elementary", nil},
	{"pastur/replicate", nil},
	{"pastur/theorem", nil},
	{"pastur/verdict", nil},
	// Limits for counts, not counts.
	{"pastur/verdict/selftest", regexp.MustCompile(`^(binomial|calibrate)\.go: `)},
	// Samplers that draw whole data sets and multiply matrices, whose results pass
	// through BLAS; the moments of given data, for the same reason; sizes in bytes.
	{"pastur/montecarlo", regexp.MustCompile(`^(conditional|realisation|data|memory)\.go: `)},
	// What claims of spectra, interpolations and trainings sample has passed through LAPACK
	// or BLAS. A power
	// with a whole exponent is a product.
	{"pastur/theorem/catalogue", regexp.MustCompile(`^(interpolation|spectrum|training)\.go: |^ratio\.go: calls math\.pow,`)},
}

var targets = []struct {
	name  string
	env   []string
	fused *regexp.Regexp
}{
	{"amd64 v3", []string{"GOARCH=amd64", "GOAMD64=v3"}, regexp.MustCompile(`\sVFN?M(ADD|SUB)\w*\s`)},
	{"arm64", []string{"GOARCH=arm64"}, regexp.MustCompile(`\sFN?M(ADD|SUB)[DS]\s`)},
}

// exactCalls are the functions of package math that are correctly rounded, or
// exact, on every machine; a call to any other one is reported.
var exactCalls = regexp.MustCompile(`^(arch)?(?i:floor|ceil|trunc|round|roundtoeven|sqrt|fma|modf|mod|remainder|frexp|ldexp|nextafter|logb|ilogb|max|min|dim|abs|copysign|nan|inf|isnan|isinf|signbit|float64bits|float64frombits|normalize)$`)

var (
	mathCall = regexp.MustCompile(`\s(?:CALL|JMP)\s+math\.(\w+)\(SB\)`)
	function = regexp.MustCompile(`\sTEXT\s+(\S+)\(SB\)`)
)

var position = regexp.MustCompile(`\(([^()\s]+\.go):(\d+)\)`)

// A finding is a place whose result may differ between machines.
type finding struct{ at, what string }

// findings compiles packages for a target and returns, by their import paths, every
// fused multiply-add in the listing by its file:line, and every function that calls an
// inexact one of package math by the file:line of the function. Lines that spell out
// math.FMA are left out: that is correctly rounded on every machine. What is inlined
// from elsewhere counts where its function is.
func findings(t *testing.T, dir string, env []string, fused *regexp.Regexp, packages []string) map[string][]finding {
	t.Helper()
	args := append([]string{"build", "-gcflags=-S"}, packages...)
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOOS=linux"), env...)
	listing, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("go %s: %v\n%s", strings.Join(args, " "), err, tail(string(listing)))
	}
	seen := map[finding]bool{}
	found := map[string][]finding{}
	path := ""
	add := func(f finding) {
		if !seen[f] {
			seen[f] = true
			found[path] = append(found[path], f)
		}
	}
	within := "?:0" // where the function being listed begins
	for line := range strings.Lines(string(listing)) {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			path = strings.TrimSpace(name)
			found[path] = nil
		}
		m := position.FindStringSubmatch(line)
		if function.MatchString(line) && m != nil {
			within = m[1] + ":" + m[2]
		}
		if call := mathCall.FindStringSubmatch(line); call != nil && !exactCalls.MatchString(call[1]) {
			add(finding{within, "calls math." + call[1] + ", which differs between machines: use package elementary"})
		}
		if !fused.MatchString(line) {
			continue
		}
		if m == nil {
			t.Fatalf("fused instruction without a position: %s", line)
		}
		if spellsFMA(dir, m[1], m[2]) {
			continue
		}
		at := m[1] + ":" + m[2]
		if filepath.Dir(m[1]) != filepath.Dir(within[:strings.LastIndex(within, ":")]) {
			at = within
		}
		add(finding{at, "product fused into a sum: write float64(a*b) + c"})
	}
	return found
}

func spellsFMA(dir, file, line string) bool {
	if !filepath.IsAbs(file) {
		file = filepath.Join(dir, file)
	}
	source, err := os.ReadFile(file)
	n, _ := strconv.Atoi(line)
	lines := strings.Split(string(source), "\n")
	return err == nil && n >= 1 && n <= len(lines) && strings.Contains(lines[n-1], "math.FMA(")
}

func tail(s string) string {
	if len(s) > 2000 {
		return s[len(s)-2000:]
	}
	return s
}

// skipListings skips a test that compiles for two targets, which takes minutes of
// processor time where their standard library and gonum are not cached, unless
// PASTUR_LISTINGS asks for it, as .ci/run does.
func skipListings(t *testing.T) {
	t.Helper()
	if os.Getenv("PASTUR_LISTINGS") == "" {
		t.Skip("compiles for GOAMD64=v3 and arm64 and reads the listings: set PASTUR_LISTINGS=1")
	}
}

func TestListingIsPortable(t *testing.T) {
	skipListings(t)
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, p := range portable {
		paths = append(paths, p.path)
	}
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			all := findings(t, root, target.env, target.fused, paths)
			for _, p := range portable {
				found, listed := all[p.path]
				if !listed {
					t.Errorf("%s: no listing", p.path)
				}
				dir := filepath.Join(root, strings.TrimPrefix(p.path, "pastur/"))
				for _, f := range found {
					file, _, _ := strings.Cut(f.at, ":")
					if filepath.Dir(file) != dir {
						continue // a closure of another package, listed there as well
					}
					if p.exempt == nil || !p.exempt.MatchString(filepath.Base(file)+": "+f.what) {
						t.Errorf("%s: %s", f.at, f.what)
					}
				}
			}
		})
	}
}

// A detector that finds nothing proves nothing until it has found something.
func TestDetectorFindsWhatIsPlanted(t *testing.T) {
	skipListings(t)
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module planted\n\ngo 1.26\n")
	write("planted.go", `package planted

import "math"

func Guarded(a, b, c float64) float64 { return float64(a*b) + c }

func Spelled(a, b, c float64) float64 { return math.FMA(a, b, c) }

func square(x float64) float64 { return x * x }

func Fused(a, b, c float64) float64 { return a*b + c }

func Inlined(a, c float64) float64 { return square(a) + c }

func Generic[T ~float64](a, b, c T) T { return c + a*b }

var Instance = Generic[float64]

func Difference(a, b, c float64) float64 { return a*b - c }

func Inexact(x float64) float64 { return math.Exp(math.Floor(x)) }

func Exact(x float64) float64 { return math.Sqrt(math.Floor(x)) }
`)
	for _, target := range targets {
		t.Run(target.name, func(t *testing.T) {
			got := findings(t, dir, target.env, target.fused, []string{"."})["planted"]
			lines := map[string]bool{}
			for _, f := range got {
				lines[f.at[strings.LastIndex(f.at, ":")+1:]] = true
			}
			wanted := []string{"11", "13", "15", "21"}
			if target.name == "arm64" {
				wanted = append(wanted, "19") // on amd64 Go fuses sums only
			}
			for _, want := range wanted {
				if !lines[want] {
					t.Errorf("line %s: not found; found %v", want, got)
				}
			}
			for _, clean := range []string{"5", "7", "23"} {
				if lines[clean] {
					t.Errorf("line %s: reported, want silence", clean)
				}
			}
		})
	}
}
