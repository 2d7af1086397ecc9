package reports

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// The three ways a text becomes LaTeX: escapeLaTeX takes it letter by letter;
// markupLaTeX knows mathematics between dollar signs (see Figure); proseLaTeX
// finds the mathematics in plain text: C^2 R, d/N, gamma, 1.5e-06, <=.

var latexEscapes = map[rune]string{
	'\\': `\textbackslash{}`, '{': `\{`, '}': `\}`, '$': `\$`, '&': `\&`, '#': `\#`, '%': `\%`, '_': `\_`,
	'^': `\textasciicircum{}`, '~': `\textasciitilde{}`, '<': `\textless{}`, '>': `\textgreater{}`, '|': `\textbar{}`,
	'"': `{''}`, '`': `\textasciigrave{}`,
	'–': `--`, '—': `---`, '‘': "`", '’': `'`, '“': "``", '”': `''`, '…': `\ldots{}`, '§': `\S{}`, '°': `$^\circ$`,
	'ß': `\ss{}`, 'Æ': `\AE{}`, 'æ': `\ae{}`, 'Ø': `\O{}`, 'ø': `\o{}`, 'ı': `\i{}`, 'ł': `\l{}`, 'Ł': `\L{}`,
}

// mathLaTeX are the characters that LaTeX has in mathematics only.
var mathLaTeX = map[rune]string{
	'α': `\alpha`, 'β': `\beta`, 'γ': `\gamma`, 'δ': `\delta`, 'ε': `\varepsilon`, 'ζ': `\zeta`, 'η': `\eta`, 'θ': `\theta`, 'ι': `\iota`,
	'κ': `\kappa`, 'λ': `\lambda`, 'μ': `\mu`, 'ν': `\nu`, 'ξ': `\xi`, 'ο': `o`, 'π': `\pi`, 'ρ': `\rho`, 'σ': `\sigma`, 'ς': `\varsigma`, 'τ': `\tau`, 'υ': `\upsilon`,
	'φ': `\varphi`, 'χ': `\chi`, 'ψ': `\psi`, 'ω': `\omega`, 'Γ': `\Gamma`, 'Δ': `\Delta`, 'Θ': `\Theta`, 'Λ': `\Lambda`, 'Ξ': `\Xi`,
	'Π': `\Pi`, 'Σ': `\Sigma`, 'Φ': `\Phi`, 'Ψ': `\Psi`, 'Ω': `\Omega`,
	'∞': `\infty`, '≤': `\leq`, '≥': `\geq`, '≠': `\neq`, '≈': `\approx`, '√': `\surd`, '×': `\times`, '·': `\cdot`, '→': `\to`, '±': `\pm`,
	'−': `-`, '‖': `\|`, '∂': `\partial`, '∫': `\int`, '∑': `\sum`, '∏': `\prod`, '²': `^2`, '³': `^3`, '÷': `\div`, '½': `\frac12`, 'µ': `\mu`, '∼': `\sim`, '∝': `\propto`, '∈': `\in`,
}

// greek are the names by which plain text calls Greek letters.
var greek = map[string]string{
	"alpha": `\alpha`, "beta": `\beta`, "gamma": `\gamma`, "delta": `\delta`, "theta": `\theta`, "kappa": `\kappa`, "lambda": `\lambda`,
	"sigma": `\sigma`, "pi": `\pi`, "tau": `\tau`, "phi": `\varphi`, "nu": `\nu`,
}

// accented are the letters that every LaTeX can compose.
const accented = "ÀÁÂÃÄÅÇÈÉÊËÌÍÎÏÑÒÓÔÕÖÙÚÛÜÝàáâãäåçèéêëìíîïñòóôõöùúûüýÿĆćČčĎďĚěĞğŃńŇňŐőŘřŚśŞşŠšŤťŮůŰűŹźŻżŽž"

// escapeLaTeX returns text that prints as it is. A character that LaTeX has no
// sign for is printed by its number: [U+4E2D].
func escapeLaTeX(s string) string {
	var out strings.Builder
	previous := rune(0)
	for _, r := range s {
		switch e, ok := latexEscapes[r]; {
		case ok:
			out.WriteString(e)
		case unicode.IsSpace(r) || r < ' ' || r == 0x7f:
			out.WriteByte(' ')
		case strings.ContainsRune("-,!?'", r) && r == previous:
			out.WriteString("{}" + string(r)) // two would join to another sign
		case r < 0x7f || strings.ContainsRune(accented, r):
			out.WriteRune(r)
		case mathLaTeX[r] != "":
			out.WriteString("$" + mathLaTeX[r] + "$")
		default:
			fmt.Fprintf(&out, "[U+%04X]", r)
		}
		previous = r
		if r == '`' || r == '‘' || r == '’' {
			previous = 0
		}
	}
	return out.String()
}

// upright are the words of mathematics that LaTeX knows by name.
var upright = map[string]bool{"log": true, "ln": true, "lim": true, "exp": true, "det": true, "min": true, "max": true, "sin": true, "cos": true, "sup": true, "inf": true, "Pr": true}

// markupLaTeX returns a text in the notation of Figure as LaTeX.
func markupLaTeX(s string) string {
	var out, part strings.Builder
	math := false
	flush := func() {
		switch text := part.String(); {
		case text == "":
		case math:
			out.WriteString("$" + mathematicsLaTeX([]rune(text)) + "$")
		default:
			out.WriteString(escapeLaTeX(text))
		}
		part.Reset()
	}
	runes := []rune(s)
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '\\' && i+1 < len(runes) && runes[i+1] == '$' && !math:
			part.WriteRune('$')
			i++
		case runes[i] == '$':
			flush()
			math = !math
		default:
			part.WriteRune(runes[i])
		}
	}
	flush()
	return out.String()
}

// mathematicsLaTeX returns what stands between dollar signs.
func mathematicsLaTeX(text []rune) string {
	var out strings.Builder
	word := func(w string) {
		// A name ends where a letter follows only with a space.
		out.WriteString(w)
		if len(w) > 1 && w[0] == '\\' {
			out.WriteByte(' ')
		}
	}
	used := map[rune]bool{} // scripts of the letter before
	for i := 0; i < len(text); i++ {
		r := text[i]
		if r != '_' && r != '^' {
			clear(used)
		}
		switch {
		case r == '\\':
			end := i + 1
			for end < len(text) && text[end] < 0x7f && unicode.IsLetter(text[end]) {
				end++
			}
			name := string(text[i+1 : end])
			if name == "" {
				word(`\backslash`)
			} else if upright[name] {
				word(`\` + name)
			} else {
				out.WriteString(`\mathrm{` + name + `}`)
				if end < len(text) && text[end] == ' ' {
					out.WriteString(`\,`)
				}
			}
			i = end - 1
		case (r == '_' || r == '^') && i+1 < len(text):
			group, next := scriptGroup(text, i+1)
			if used[r] {
				out.WriteString("{}") // a second one at the same place is an error
				clear(used)
			}
			used[r] = true
			out.WriteString(string(r) + "{" + mathematicsLaTeX(group) + "}")
			i = next - 1
		case r == '²' || r == '³':
			out.WriteString("{}" + mathLaTeX[r])
		case mathLaTeX[r] != "":
			word(mathLaTeX[r])
		case r == '~':
			word(`\sim`)
		case r == '<' || r == '>' || r == '|' || r == '\'' || r == '-' || r == ',':
			out.WriteRune(r)
		case latexEscapes[r] != "" || r >= 0x7f || r < ' ':
			out.WriteString(`\mbox{` + escapeLaTeX(string(r)) + `}`)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}

var (
	// plainNumber is a number as tables print it: 1.9676(19)e-06.
	plainNumber = regexp.MustCompile(`^([+-]?)(\d+)(\.\d+)?(\(\d+\))?(?:e([+-]?\d+))?$`)
	// formula is what can be mathematics in plain text.
	formula = regexp.MustCompile(`^[A-Za-z0-9_^|()/+*=.\-]+$`)
	// scriptText are a sub- or superscript of plain text.
	scriptText = regexp.MustCompile(`([_^])(-?[A-Za-z0-9]+|\{[A-Za-z0-9+\-]*\})`)
	letters    = regexp.MustCompile(`[A-Za-z]+`)
	operator   = regexp.MustCompile(`[A-Za-z0-9)|][-+/*=][A-Za-z0-9(|]|[_^|]`)
)

// relations of plain text.
var relations = map[string]string{"->": `$\to$`, "<=": `$\leq$`, ">=": `$\geq$`, "!=": `$\neq$`, "=": `$=$`, "<": `$<$`, ">": `$>$`, "~": `$\sim$`, "inf": `$\infty$`, "-inf": `$-\infty$`, "lim": `$\lim$`}

// proseLaTeX returns plain text as LaTeX, its mathematics as mathematics; text
// that has dollar signs in pairs is in the notation of Figure.
func proseLaTeX(s string) string {
	if isMarkup(s) {
		return markupLaTeX(s)
	}
	var out strings.Builder
	open := false // the last thing written is mathematics that can go on
	all := strings.Fields(s)
	for i, word := range all {
		core := strings.TrimLeft(word, "([")
		before := word[:len(word)-len(core)]
		inner := strings.TrimRight(core, ",.;:])")
		after := core[len(inner):]
		// A closing bracket belongs to what it was opened in.
		for strings.Count(inner, "(") > strings.Count(inner, ")") && strings.HasPrefix(after, ")") {
			inner, after = inner+")", after[1:]
		}
		text, isMath := wordLaTeX(inner)
		if !isMath {
			before, text, after = "", escapeLaTeX(word), ""
		}
		if isMath && after == "" && !strings.HasPrefix(text, "$") && i+1 < len(all) && greek[strings.TrimRight(all[i+1], ",.;:])")] != "" {
			text = "$" + text + "$" // a factor: 2 kappa
		}
		formula := strings.HasPrefix(text, "$")
		last := false
		if isMath && !formula && open && before == "" && endsInRelation(out.String()) {
			text, formula, last = "$"+text+"$", true, true // the number an equation ends in
		}
		if open && formula && before == "" {
			// One formula with what stands before it.
			so := strings.TrimSuffix(out.String(), "$")
			out.Reset()
			out.WriteString(so + " " + text[1:])
		} else {
			if i > 0 {
				out.WriteByte(' ')
			}
			out.WriteString(escapeLaTeX(before) + text)
		}
		out.WriteString(escapeLaTeX(after))
		open = isMath && formula && after == "" && !last
	}
	return out.String()
}

// endsInRelation says whether LaTeX ends in a formula that ends in a relation.
func endsInRelation(s string) bool {
	for _, r := range relations {
		if strings.HasSuffix(s, r[1:]) && !strings.Contains(r, "inf") && !strings.Contains(r, "lim") {
			return true
		}
	}
	return false
}

// wordLaTeX returns a word of plain text as mathematics, if it is.
func wordLaTeX(word string) (string, bool) {
	if text, ok := relations[word]; ok {
		return text, true
	}
	if g, ok := greek[word]; ok {
		return "$" + g + "$", true
	}
	if m := number(word); m != nil {
		if m[1] == "" && m[5] == "" {
			return word, true
		}
		return "$" + numberLaTeX(m) + "$", true
	}
	if len(word) == 1 && word[0] < 0x7f && unicode.IsLetter(rune(word[0])) && word != "a" && word != "A" && word != "I" {
		return "$" + word + "$", true
	}
	if !formula.MatchString(word) || !operator.MatchString(word) || !balanced(word) {
		return "", false
	}
	for _, run := range letters.FindAllString(scriptText.ReplaceAllString(word, " "), -1) {
		if len(run) > 1 && greek[run] == "" {
			return "", false // a word, a path or a name
		}
	}
	grouped := scriptText.ReplaceAllStringFunc(word, func(m string) string {
		return m[:1] + "{" + strings.Trim(m[1:], "{}") + "}"
	})
	for name, g := range greek {
		for r, tex := range mathLaTeX {
			if tex == g {
				grouped = strings.ReplaceAll(grouped, name, string(r))
			}
		}
	}
	grouped = strings.ReplaceAll(grouped, "E|", `\E|`)
	return "$" + mathematicsLaTeX([]rune(grouped)) + "$", true
}

// balanced says whether parentheses are opened before they are closed.
func balanced(s string) bool {
	depth := 0
	for _, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// numberLaTeX sets a number that plainNumber has taken apart.
func numberLaTeX(m []string) string {
	text := strings.TrimPrefix(m[1], "+") + m[2] + m[3] + m[4]
	if m[5] == "" {
		return text
	}
	return text + `\times10^{` + m[5] + `}`
}

// number takes a number as tables print it apart: all of it, sign, whole part,
// decimals with the point, uncertainty in its parentheses, exponent without
// zeros before it. Nil: it is none.
func number(text string) []string {
	m := plainNumber.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	if m[5] != "" {
		exponent := strings.TrimLeft(strings.TrimLeft(m[5], "+-"), "0")
		switch {
		case exponent == "":
			exponent = "0"
		case m[5][0] == '-':
			exponent = "-" + exponent
		}
		m[5] = exponent
	}
	return m
}
