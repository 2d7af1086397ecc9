package reports

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pastur/theorem/catalogue"
	"pastur/verdict"

	"gonum.org/v1/gonum/mat"

	"pastur/montecarlo"
	"pastur/network"
)

func TestProseLaTeX(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"C^2 R", `$C^{2} R$`},
		{"lim C^p R", `$\lim C^{p} R$`},
		{"1/(C-1)", `$1/(C-1)$`},
		{"E|H_ij|^2/E|H_ii|^2: linear", `$\mathrm{E}|H_{ij}|^{2}/\mathrm{E}|H_{ii}|^{2}$: linear`},
		{"gamma = d/N = 0.5, d, N -> inf", `$\gamma = d/N = 0.5$, $d$, $N \to \infty$`},
		{"[9.18e-06, -2]", `[$9.18\times10^{-6}$, $-2$]`},
		{"<= 1.5e+10", `$\leq 1.5\times10^{10}$`},
		{"snake_case a 100 % & #1 {x}", `snake\_case a 100 \% \& \#1 \{x\}`},
		{"pastur verify x --suite y", `pastur verify $x$ -{}-suite $y$`},
		{`C:\dir ~ "q"`, `C:\textbackslash{}dir $\sim$ {''}q{''}`},
		{"$γ = d/N$, Müller 中", `$\gamma  = d/N$, Müller [U+4E2D]`},
		{`$\E|H_{ij}^2|$ 5 \$`, `$\mathrm{E}|H_{ij}^{2}|$ 5 \$`},
		{"hidden/mse/ww m=8 (d=10)", `hidden/mse/ww $m=8$ ($d=10$)`},
	} {
		if got := proseLaTeX(c.text); got != c.want {
			t.Errorf("%s: %s, want %s", c.text, got, c.want)
		}
	}
}

// sound checks that LaTeX is balanced and holds no raw special character
// outside comments: it returns the first fault.
func sound(text string) error {
	var depth []rune
	math := false
	for _, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, "% ") {
			continue
		}
		runes := []rune(line)
		for i := 0; i < len(runes); i++ {
			r := runes[i]
			switch r {
			case '\\':
				i++ // the next is part of a command
				if i == len(runes) {
					return fmt.Errorf("backslash at the end of %q", line)
				}
			case '{':
				depth = append(depth, r)
			case '}':
				if len(depth) == 0 {
					return fmt.Errorf("closing brace too many in %q", line)
				}
				depth = depth[:len(depth)-1]
			case '$':
				math = !math
			case '^', '_':
				if !math {
					return fmt.Errorf("raw %c in %q", r, line)
				}
			case '%':
				if i != len(runes)-1 {
					return fmt.Errorf("raw %% in %q", line)
				}
			case '#', '~', '<', '>', '|', '"':
				if r == '#' || r == '~' || r == '"' || !math && !strings.Contains(line, `>{\raggedright`) {
					return fmt.Errorf("raw %c in %q", r, line)
				}
			default:
				if r < ' ' || r == 0x7f || r > 0x7e && !strings.ContainsRune(accented, r) {
					return fmt.Errorf("raw %U in %q", r, line)
				}
			}
		}
		if math {
			return fmt.Errorf("mathematics left open in %q", line)
		}
	}
	if len(depth) != 0 {
		return fmt.Errorf("%d braces left open", len(depth))
	}
	return nil
}

// hostileTable has the text everywhere that a text can be.
func hostileTable(text string) *Table {
	return &Table{
		Title:   text,
		Columns: []Column{{Header: text + "x", Left: true, Unit: text}, {Header: "n"}, {Header: "t" + text}},
		Rows:    [][]Cell{{Text(text), Text("1.25(3)e-05"), Text(text)}, {Text(text + text), Text(text), Text("-")}},
		Notes:   []string{text, "note: " + text},
	}
}

func FuzzLaTeX(f *testing.F) {
	for _, s := range []string{
		"", "$", "$$", "$a", "$_$", "$^^{$", "$x_{a$}", `\`, `\$`, `$\$`, "{", "}", "%", "&\n#", "~^_", "a_b^c", "E|H_ij|^2", "--suite", "`´'", "\x00\x7f", "∝ γ 中 é",
		"[x]", "1e5", "-1.5(2)e-300", "1/(C-1)", "$x^a^b_c_d$", "$²²$", "\\begin{x}", "\xff\xfe", "$\\E E|$", "<=", "x\u2028y", "$~<>|'\"`$", "$\\log\\lim$", "0000000000000000000000000000000000000000",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, plain := range []bool{false, true} {
			var out bytes.Buffer
			if err := hostileTable(text).WriteLaTeX(&out, LaTeX{Plain: plain, Label: text, Comments: []string{text}}); err != nil {
				t.Fatal(err)
			}
			if err := sound(out.String()); err != nil {
				t.Errorf("%q: %v\n%s", text, err, out.String())
			}
			if !utf8.ValidString(out.String()) {
				t.Errorf("%q: not UTF-8", text)
			}
		}
	})
}

// The check of soundness sees each fault it is for.
func TestSoundCanFail(t *testing.T) {
	for _, bad := range []string{"a_b", "{", "}", "$x", "100 % of", "#", "a~b", "a<b", "\x01", "中", `x\`} {
		if sound(bad) == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestTableFormat(t *testing.T) {
	table := &Table{Columns: []Column{{Header: "R", Unit: "m/s"}}}
	for _, text := range []string{"1.9899(12)", "-12.5", "3.25(125)e-10", "inf", "-"} {
		table.Rows = append(table.Rows, []Cell{Text(text)})
	}
	for plain, want := range map[bool][]string{
		false: {"S[table-format=-2.4(3)e-2, group-digits=none]", "{$R$ [$m/s$]}", "\n1.9899(12) \\\\\n-12.5 \\\\\n3.25(125)e-10 \\\\\n{$\\infty$} \\\\\n{--} \\\\\n", "% packages: array, booktabs, siunitx\n"},
		true:  {"r@{}l", `\multicolumn{2}{c}{$R$ [$m/s$]}`, "\n1 & .9899(12) \\\\\n$-12$ & .5 \\\\\n3 & .25(125)${}\\times10^{-10}$ \\\\\n", "% packages: array, booktabs\n"},
	} {
		var out bytes.Buffer
		if err := table.WriteLaTeX(&out, LaTeX{Plain: plain}); err != nil {
			t.Fatal(err)
		}
		for _, w := range want {
			if !strings.Contains(out.String(), w) {
				t.Errorf("plain %v: no %q in\n%s", plain, w, out.String())
			}
		}
	}
}

// tables are every kind of table there is, and hostile ones.
func tables(t *testing.T) map[string]*Table {
	t.Helper()
	all := map[string]*Table{}
	for _, s := range []struct {
		name string
		montecarlo.Setting
	}{
		{"limit-linear", montecarlo.Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Dim: math.Inf(1), Gamma: 0.5}},
		{"limit-hidden", montecarlo.Setting{Model: network.Hidden, Loss: network.CE, Block: network.VV, Hidden: 3, Dim: math.Inf(1), Gamma: 0.5}},
		{"limit-mse", montecarlo.Setting{Model: network.Hidden, Loss: network.MSE, Block: network.WW, Hidden: 8, Dim: math.Inf(1), Gamma: 0.5}},
	} {
		var known []*catalogue.Known
		for _, c := range []int{2, 10, 1000, 100000} {
			s.Classes, s.Init = c, network.LeCun
			k, err := catalogue.Lookup(t.Context(), s.Setting, 1)
			if err != nil {
				t.Fatal(err)
			}
			known = append(known, k)
		}
		all[s.name] = LimitTable(known, [][]string{{"N is whole: at d = 5, N = 11 gamma is 0.454545, not 0.45"}, nil, nil, nil})
	}
	var ratios []RatioResult
	for i, c := range []int{2, 10, 1000, 100000} {
		r := math.Pow(float64(c), -2)
		ratios = append(ratios, RatioResult{
			Model: "linear", Loss: "ce", Block: "vv", Gamma: 0.5, Classes: c, Dim: Float(math.Inf(1)), Samples: Float(math.Inf(1)), Method: "twopoint", Init: "lecun",
			Replicates: 4096 << i, Off: Float(r / 7), OffSE: Float(r / 700), Diag: 1.0 / 7, DiagSE: 0.0012, Ratio: Float(r), RatioLo: Float(0.99 * r), RatioHi: Float(1.01 * r),
			Limit: optional(&r), Warnings: []string{"the relative error asked for, 0.001, was not reached"},
		})
	}
	all["ratio"] = RatioTable(ratios, true)
	var verdicts []VerdictResult
	for i := range 48 {
		status := []verdict.Status{verdict.Pass, verdict.Pass, verdict.Fail, verdict.Inconclusive}[i%4]
		verdicts = append(verdicts, VerdictResult{
			ID: fmt.Sprintf("hidden-ce-vv-twopoint-definition-m8-c%d", i), Statement: "C^2 R -> 1.9899 as C -> inf", Kind: "identity", Status: string(status),
			Estimate: 1.00021, Lo: 0.99912, Hi: 1.0013, Good: verdict.Interval{Lo: 0.98, Hi: 1.02}, Replicates: 123456, Reason: "the interval [0.99912, 1.0013] excludes BAD", Rerun: "pastur verify x_y --suite quick --seed 1",
		})
	}
	all["verify"] = VerdictTable(verdicts, "Suite quick, seed 1, alpha 0.01 in all, beta 0.001 a claim", true)
	all["verify-short"] = VerdictTable(verdicts[:6], "Suite quick, seed 1", false)
	claims := &Table{Title: "Suite paper: every theorem & 100 % of the slides", Columns: []Column{{Header: "claim", Left: true}, {Header: "kind", Left: true}, {Header: "statement", Left: true}}}
	for i := range 40 {
		claims.Rows = append(claims.Rows, []Cell{Text(fmt.Sprintf("linear-ce-c%d", i)), Text("limit"),
			Text("linear model, CE: E|H_ij|_F^2/E|H_ii|_F^2 at C = 100, gamma = d/N = 0.5 equals its exact limit, up to 1e-03 of it, as d, N -> inf")})
	}
	all["claims"] = claims
	all["hostile"] = hostileTable("\\ { } $ & # ^ _ ~ % < > | \" ' ` -- ?` ∞ é 中 $x")
	all["numbers"] = &Table{Title: "Numbers", Columns: []Column{{Header: "x"}, {Header: "y"}, {Header: "text", Left: true}}}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		x := (random.Float64() - 0.5) * math.Pow(10, float64(random.IntN(16)-8))
		all["numbers"].Rows = append(all["numbers"].Rows, []Cell{Measured(x, math.Abs(x)*random.Float64()/10), Number(&x, 4), Text(Significant(x, 3))})
	}
	// The table of pastur lindeberg: complex numbers, whose signs have space of
	// their own, must neither reach into the margin nor be broken.
	gap := &Table{Title: "Gaps", Columns: []Column{{Header: "z"}, {Header: "N"}, {Header: "d"}, {Header: "Re delta"}, {Header: "Im delta"}, {Header: "N delta"}, {Header: "limit"}, {Header: "replicates"}}}
	for _, n := range []string{"1.23(20)-2.58(18)i", "1.27(11)-2.583(97)i", "1.10(14)-2.61(13)i"} {
		gap.Rows = append(gap.Rows, []Cell{Text("-0.1+0.1i"), Count(160), Count(80), Text("0.00795(66)"), Text("-0.01614(61)"), Text(n), Text("1.1976-2.6543i"), Count(4103)})
	}
	all["gap"] = gap
	// Three of them, taken for hyphens and letters, would fit at \footnotesize.
	power := Text("0.00340 [8.16e-05, 0.00672]")
	all["powers"] = &Table{Title: "Powers", Columns: []Column{{Header: "x"}, {Header: "y"}, {Header: "z"}}, Rows: [][]Cell{{power, power, power}}}
	for name, columns := range map[string]int{"wide": 8, "wider": 11} {
		wide := &Table{Title: "Too many columns for the page"}
		var row []Cell
		for i := range columns {
			wide.Columns = append(wide.Columns, Column{Header: fmt.Sprintf("column %d", i)})
			row = append(row, Text("1.234567(12)"))
		}
		wide.Rows = [][]Cell{row, row}
		all[name] = wide
	}
	return all
}

// pdflatex compiles an article around the body and returns its log. The test is
// skipped where there is no pdflatex, unless PASTUR_REQUIRE_PDFLATEX=1.
func pdflatex(t *testing.T, packages, body string) string {
	t.Helper()
	program, err := exec.LookPath("pdflatex")
	if err != nil {
		if os.Getenv("PASTUR_REQUIRE_PDFLATEX") == "1" {
			t.Fatal("PASTUR_REQUIRE_PDFLATEX=1, but there is no pdflatex: install texlive-latex-recommended and texlive-science")
		}
		t.Skip("no pdflatex")
	}
	dir := t.TempDir()
	text := "\\documentclass{article}\n\\usepackage{" + packages + "}\n\\begin{document}\n" + body + "\\end{document}\n"
	if err := os.WriteFile(filepath.Join(dir, "x.tex"), []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	var output []byte
	// A longtable learns its widths from pass to pass: before the last it may be too
	// wide.
	for pass := range 4 {
		command := exec.Command(program, "-interaction=nonstopmode", "-halt-on-error", "x.tex")
		command.Dir = dir
		if output, err = command.CombinedOutput(); err != nil {
			t.Fatalf("pdflatex: %v\n%s", err, output)
		}
		last := os.Getenv("PASTUR_KEEP_PDF") == "" && !bytes.Contains(output, []byte("Overfull"))
		if last || pass > 0 && !bytes.Contains(output, []byte("widths have changed")) {
			break
		}
	}
	if keep := os.Getenv("PASTUR_KEEP_PDF"); keep != "" { // to be looked at
		if data, err := os.ReadFile(filepath.Join(dir, "x.pdf")); err == nil {
			if err := os.WriteFile(filepath.Join(keep, fmt.Sprintf("%s-%d.pdf", strings.ReplaceAll(t.Name(), "/", "-"), len(body))), data, 0o666); err != nil {
				t.Error(err)
			}
		}
	}
	return string(output)
}

var faults = regexp.MustCompile(`(?m)^(Overfull|! |LaTeX Warning: Float too large|Missing character).*$`)

func TestLaTeXCompiles(t *testing.T) {
	for _, plain := range []bool{false, true} {
		packages := "array,booktabs,longtable,graphicx,lscape"
		if !plain {
			packages += ",siunitx"
		}
		t.Run(map[bool]string{false: "siunitx", true: "plain"}[plain], func(t *testing.T) {
			var body bytes.Buffer
			all := tables(t)
			hostile := all["hostile"]
			delete(all, "hostile")
			for _, name := range sortedKeys(all) {
				fmt.Fprintf(&body, "%% table %s\n", name)
				if err := all[name].WriteLaTeX(&body, LaTeX{Plain: plain, Label: "tab:" + name, Comments: []string{"pastur", "seed 1"}}); err != nil {
					t.Fatal(err)
				}
				body.WriteString("\\clearpage\n")
			}
			log := pdflatex(t, packages, body.String())
			for _, f := range faults.FindAllString(log, -1) {
				t.Errorf("%s", f)
			}
			// Nonsense has to compile, but not to be beautiful.
			body.Reset()
			if err := hostile.WriteLaTeX(&body, LaTeX{Plain: plain}); err != nil {
				t.Fatal(err)
			}
			if log := pdflatex(t, packages, body.String()); strings.Contains(log, "Missing character") {
				t.Errorf("a character is missing:\n%s", log)
			}
		})
	}
}

// The mathematics of prose that is easily torn apart.
func TestProseFactors(t *testing.T) {
	for text, want := range map[string]string{
		"as hidden must exceed 2 kappa = 2: R decays": `as hidden must exceed $2 \kappa = 2$: $R$ decays`,
		"at 2 kappa, and no more":                     `at $2 \kappa$, and no more`,
		"(theta = pi/2).":                             `($\theta = \pi /2$).`,
		"in 2 steps":                                  `in 2 steps`,
	} {
		if got := proseLaTeX(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}

// Several sheets are each divided by their own clip, so the bar's label has none.
func TestHessianPictureLabel(t *testing.T) {
	sheet := HeatSheet{Matrix: mat.NewDense(2, 2, []float64{1, 0, 0, 4}), Name: "a"}
	for n, want := range map[int]string{1: "clipped at", 2: "panel"} {
		picture, err := HessianPicture("", slices.Repeat([]HeatSheet{sheet}, n), slices.Repeat([]float64{2}, n))
		if err != nil {
			t.Fatal(err)
		}
		file, err := picture.File(filepath.Join(t.TempDir(), "x.svg"))
		if err != nil {
			t.Fatal(err)
		}
		if text := string(file.Content); !strings.Contains(text, want) || strings.Contains(text, "panel") && strings.Contains(text, "clipped") {
			t.Errorf("%d sheets: no %q, or both labels", n, want)
		}
	}
}

func sortedKeys(m map[string]*Table) []string {
	return slices.Sorted(maps.Keys(m))
}
