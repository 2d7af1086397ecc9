package reports

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
	"testing"

	"pastur/theorem/catalogue"
)

// linear writes MathML on one line, to be read: sub and superscripts as _{} and
// ^{}, fractions as {}/{}, the roots as sqrt{}. The text outside stays.
func linear(t testing.TB, markup string) string {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader("<p>" + markup + "</p>"))
	var render func() (string, []string)
	render = func() (all string, children []string) {
		for {
			token, err := decoder.Token()
			if errors.Is(err, io.EOF) {
				return all, children
			}
			if err != nil {
				t.Fatalf("not well-formed: %v\n%s", err, markup)
			}
			switch x := token.(type) {
			case xml.CharData:
				all += string(x)
			case xml.StartElement:
				inner, parts := render()
				switch x.Name.Local {
				case "math":
					inner = "$" + inner + "$"
				case "mfrac":
					inner = "{" + parts[0] + "}/{" + parts[1] + "}"
				case "msup":
					inner = parts[0] + "^{" + parts[1] + "}"
				case "msub":
					inner = parts[0] + "_{" + parts[1] + "}"
				case "msubsup":
					inner = parts[0] + "_{" + parts[1] + "}^{" + parts[2] + "}"
				case "msqrt":
					inner = "sqrt{" + inner + "}"
				case "mo", "mi", "mn", "mrow", "mtext", "mspace", "p":
				default:
					t.Fatalf("unknown element %s in %s", x.Name.Local, markup)
				}
				all += inner
				children = append(children, inner)
			case xml.EndElement:
				return all, children
			}
		}
	}
	all, _ := render()
	return strings.NewReplacer("\u2062", "·", "\u2061", "").Replace(all)
}

func TestMathText(t *testing.T) {
	for _, c := range []struct{ plain, want string }{
		{"R = O(C^-2) over C in [10, 10^5]", "$R=O(C^{−2})$ over $C∈[10,10^{5}]$"},
		{"C^2 R equals its limit (1 + gamma e^2)/(1 + gamma e)", "$C^{2}·R$ equals its limit ${1+γ·e^{2}}/{1+γ·e}$"},
		{"R equals (1 + 4 gamma)/(4 (1 + 2 gamma)(C + 2)) in the limit, C = 100", "$R$ equals ${1+4·γ}/{4·(1+2·γ)(C+2)}$ in the limit, $C=100$"},
		{"E|H_ij|^2/E|H_ii|^2", "${E|H_{ij}|^{2}}/{E|H_{ii}|^{2}}$"},
		{"E|H_ij|_F^2 (i != j)", "$E|H_{ij}|_{F}^{2}·(i≠j)$"},
		{"Gram identity |H_ij|^2 = lambda' M lambda", "Gram identity $|H_{ij}|^{2}=λ^{′}·M·λ$"},
		{"R(d, d/gamma) approaches its limit like 1/d", "$R(d,{d}/{γ})$ approaches its limit like ${1}/{d}$"},
		{"d (R(d)/R - 1) at d = 200", "$d·({R(d)}/{R}−1)$ at $d=200$"},
		{"at m = 16 > 2 kappa, C^2 R stays", "at $m=16>2·κ$, $C^{2}·R$ stays"},
		{"under He's initialisation (kappa = 2)", "under He's initialisation $(κ=2)$"},
		{"the Gaussian limit at kappa = 1/3, within 5 % at d = 100", "the Gaussian limit at $κ={1}/{3}$, within 5 % at $d=100$"},
		{"with 2 classes off-diagonal blocks are as large as diagonal ones: R = 1", "with 2 classes off-diagonal blocks are as large as diagonal ones: $R=1$"},
		{"more than 10^4 times the norm: R <= 10^-8", "more than $10^{4}$ times the norm: $R≤10^{−8}$"},
		{"at GPT-2's vocabulary, C = 50257 and d = 768,", "at GPT-2's vocabulary, $C=50257$ and $d=768$,"},
		{"a two-point (a, b) reduction at finite d and N", "a two-point (a, $b$) reduction at finite $d$ and $N$"},
		{"p_1 + p_2 = 1", "$p_{1}+p_{2}=1$"},
		{"lim C^2 R <= K", "$limC^{2}·R≤K$"},
		{"the largest eigenvalue of W/sqrt(n) tends to 2", "the largest eigenvalue of ${W}/{sqrt{n}}$ tends to 2"},
		{"lambda_max/sqrt n = 2 - 1.2065 n^(-2/3)", "${λ_{max}}/{sqrt{n}}=2−1.2065·n^{−{2}/{3}}$"},
		{"d, N -> infinity", "$d$, $N→∞$"},
		{"‖H_ij‖² = γκ", "$‖H_{ij}‖^{2}$ = γκ"},
		{"n-1 and C-1", "$n−1$ and $C−1$"},
		{"P(X > k) < alpha", "$P(X>k)<α$"},
		{"is 100 % off", "is 100 % off"},
		{"see [10] and (b)", "see [10] and $(b)$"},
		{"unbalanced (R = 2, or", "unbalanced ($R=2$, or"},
		{"E Z^2 = 1.", "$E·Z^{2}=1$."},
		{"<script>alert('xyz')</script> & \"quotes\"", "<script>alert('xyz')</script> & \"quotes\""},
		{"R of hidden weights = O(1/C)", "$R$ of hidden weights $=O({1}/{C})$"},
		{"e^{h.h'/m} is infinite for m <= 2", "$e^{{h·h^{′}}/{m}}$ is infinite for $m≤2$"},
		{"C^2 R grows like (ln C)^3", "$C^{2}·R$ grows like $(lnC)^{3}$"},
		{"with Lambda = I, d = 300", "with $Λ=I$, $d=300$"},
		{"d/dtheta s = -(1/d) tr[(H-z)^-2 dH/dtheta]", "${d}/{dθ}·s=−({1}/{d})·tr[(H−z)^{−2}·{dH}/{dθ}]$"},
		{"a dog and I = 2", "a dog and $I=2$"},
		{"", ""}, {"  two  spaces ", "  two  spaces "},
	} {
		if got := linear(t, MathText(c.plain)); got != c.want {
			t.Errorf("%q:\n got  %s\n want %s", c.plain, got, c.want)
		}
	}
	if strings.Contains(MathText("<b>R</b>"), "<b>") {
		t.Error("markup is not escaped")
	}
}

// Every statement and source of the built-in suites is well-formed, and those
// with a formula have it set.
func TestMathTextOfSuites(t *testing.T) {
	for _, name := range catalogue.Names() {
		suite, err := catalogue.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range suite.Specs {
			for _, text := range []string{s.Statement, s.Source} {
				got := linear(t, MathText(text))
				if outside := regexp.MustCompile(`\$[^$]*\$`).ReplaceAllString(got, ""); strings.ContainsAny(outside, "^_=<>") {
					t.Errorf("%q leaves a formula as text: %s", text, got)
				}
			}
		}
	}
}

var tag = regexp.MustCompile(`<[^<>]*>`)

// Whatever the sentence, the markup is well-formed and, read without its tags,
// has lost no letter or digit of it.
func FuzzMathText(f *testing.F) {
	for _, seed := range []string{"R = O(C^-2)", "E|H_ij|^2/E|H_ii|^2", "((((", "|a|b|c|", "x_1^2_3^4", "1/2/3", "sqrt", "sqrt(", "a^", "‖", "é²", "\x00\xff", "in [", "- -1", "He's", "||a||"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		markup := MathText(s)
		decoder := xml.NewDecoder(strings.NewReader("<p>" + strings.Map(printable, markup) + "</p>"))
		for {
			if _, err := decoder.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%q: %v\n%s", s, err, markup)
			}
		}
		read := html.UnescapeString(tag.ReplaceAllString(markup, ""))
		for _, r := range s {
			if r >= '0' && r <= '9' && strings.Count(read, string(r)) < strings.Count(s, string(r)) {
				t.Fatalf("%q: %c is lost in %s", s, r, markup)
			}
		}
	})
}

// printable drops what XML 1.0 does not allow and HTML merely ignores.
func printable(r rune) rune {
	if r < ' ' && r != '\n' && r != '\t' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
		return -1
	}
	return r
}

func ExampleMathText() {
	fmt.Println(MathText("R = O(1/C)"))
	// Output: <math alttext="R = O(1/C)"><mi>R</mi><mo>=</mo><mi>O</mi><mrow><mo fence="true" form="prefix">(</mo><mfrac><mrow><mn>1</mn></mrow><mrow><mi>C</mi></mrow></mfrac><mo fence="true" form="postfix">)</mo></mrow></math>
}
