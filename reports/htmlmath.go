package reports

import (
	"html"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MathText returns a sentence as HTML with its formulas as MathML: what suites
// write in plain text, such as
//
//	C^2 R = O(1/C), E|H_ij|_F^2, (1 + gamma e^2)/(1 + gamma e), C in [10, 10^4]
//
// A formula is a run of single letters, Greek names, numbers, operators and
// brackets that holds more than a number; everything else stays text, and so
// does a formula that does not parse. Juxtaposition without a space binds more
// strongly than the slash of a fraction, with a space less: E|a|/E|b| is one
// fraction, 4 a/b is 4 times one.
func MathText(sentence string) string {
	p := &mathParser{tokens: mathTokens(sentence)}
	var out strings.Builder
	text := func(t mathToken) {
		out.WriteString(html.EscapeString(t.space + t.text))
	}
	for p.at < len(p.tokens) {
		start := p.at
		formula, ok := p.formula()
		if !ok {
			p.at = start + 1
			text(p.tokens[start])
			continue
		}
		plain := ""
		for i, t := range p.tokens[start:p.at] {
			if i > 0 {
				plain += t.space
			}
			plain += t.text
		}
		out.WriteString(html.EscapeString(p.tokens[start].space))
		out.WriteString(`<math alttext="` + html.EscapeString(plain) + `">` + formula + "</math>")
	}
	return out.String()
}

// mathToken is a word, a number or a symbol, with the space before it.
type mathToken struct {
	kind  rune // 'w'ord, 'n'umber, 's'ymbol
	space string
	text  string
}

// mathSymbols are the symbols of more than one character, and what they mean.
var mathSymbols = []struct{ plain, sign string }{
	{"<=", "≤"}, {">=", "≥"}, {"!=", "≠"}, {"->", "→"}, {"||", "‖"}, {"+-", "±"},
}

// mathNames are the words that stand for a sign.
var mathNames = map[string]string{
	"alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
	"lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "chi": "χ",
	"psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
	"infinity": "∞", "inf": "∞",
}

// mathFunctions are set upright.
var mathFunctions = []string{"log", "ln", "exp", "sqrt", "max", "min", "lim", "sup", "tr", "det", "rank", "Var", "Cov", "softmax", "relu"}

func mathTokens(s string) []mathToken {
	var all []mathToken
	for len(s) > 0 {
		trimmed := strings.TrimLeft(s, " \t\n")
		space := s[:len(s)-len(trimmed)]
		if s = trimmed; s == "" {
			all = append(all, mathToken{'s', space, ""})
			break
		}
		kind, n := mathTokenLength(s)
		all = append(all, mathToken{kind, space, s[:n]})
		s = s[n:]
	}
	return all
}

// mathTokenLength returns the kind and length of the token s begins with.
func mathTokenLength(s string) (kind rune, n int) {
	first, size := utf8.DecodeRuneInString(s)
	switch {
	case unicode.IsLetter(first):
		// Hyphens and apostrophes join letters: two-point, He's. A minus
		// between single letters is a minus.
		letters := func(s string) int {
			return len(s) - len(strings.TrimLeftFunc(s, unicode.IsLetter))
		}
		n = letters(s)
		for n < len(s) && (s[n] == '-' || s[n] == '\'') {
			more := letters(s[n+1:])
			if more == 0 || s[n] == '-' && n == size && utf8.RuneCountInString(s[n+1:n+1+more]) == 1 {
				break
			}
			n += 1 + more
		}
		return 'w', n
	case first >= '0' && first <= '9':
		isDigit := func(i int) bool { return i < len(s) && s[i] >= '0' && s[i] <= '9' }
		for isDigit(n) || n < len(s) && s[n] == '.' && isDigit(n+1) {
			n++
		}
		return 'n', n
	}
	for _, m := range mathSymbols {
		if strings.HasPrefix(s, m.plain) {
			return 's', len(m.plain)
		}
	}
	return 's', size
}

// mathParser parses formulas by recursive descent. Each method returns MathML,
// or false if there is no such thing here; p.at is then anywhere.
type mathParser struct {
	tokens []mathToken
	at     int
	strong bool // the formula is more than a number
	depth  int
	steps  *int // left for this formula: nested bars and brackets could backtrack for ever
}

func (p *mathParser) peek() mathToken {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return mathToken{}
}

// symbol reports whether the next token is one of the symbols.
func (p *mathParser) symbol(any ...string) bool {
	t := p.peek()
	return t.kind == 's' && slices.Contains(any, t.text)
}

// after reports whether the token before the one just taken is one of the
// symbols.
func (p *mathParser) after(any ...string) bool {
	return p.at > 1 && p.tokens[p.at-2].kind == 's' && slices.Contains(any, p.tokens[p.at-2].text)
}

// tight reports whether nothing separates the next token from the one before.
func (p *mathParser) tight() bool { return p.peek().space == "" }

func (p *mathParser) formula() (string, bool) {
	steps := maxMathSteps
	p.strong, p.depth, p.steps = false, 0, &steps
	formula, ok := p.sequence(false)
	return formula, ok && p.strong
}

const (
	maxMathDepth = 40
	maxMathSteps = 2000
)

// sequence parses terms joined by operators and relations, and inside brackets
// by commas. It ends before an operator that nothing follows.
func (p *mathParser) sequence(bracketed bool) (string, bool) {
	if p.depth++; p.depth > maxMathDepth {
		return "", false
	}
	defer func() { p.depth-- }()
	var out strings.Builder
	for first := true; ; first = false {
		before := *p
		sign := ""
		switch {
		case first && p.symbol("-", "−", "+"):
			if p.depth == 1 && p.at > 0 && p.tight() {
				return "", false // a hyphen
			}
			sign = `<mo form="prefix">` + strings.Replace(p.peek().text, "-", "−", 1) + "</mo>"
			if p.at++; !p.tight() {
				return "", false // a dash
			}
		case !first, p.depth == 1 && p.symbol("=", "<", ">", "<=", ">=", "!="): // "weights = O(1/C)" begins with a relation
			if sign = p.operator(bracketed); sign == "" {
				*p = before
				return out.String(), !first
			}
			if p.symbol("-", "−") && p.peek().space != "" && p.strong { // x = -1
				p.at++
				if sign += `<mo form="prefix">−</mo>`; !p.tight() {
					*p = before
					return out.String(), !first
				}
			}
		}
		term, ok := p.term()
		if !ok {
			*p = before
			return out.String(), !first
		}
		out.WriteString(sign + term)
	}
}

// operator parses what joins two terms: a sign with spaces on both sides or on
// neither, or an element of an interval.
func (p *mathParser) operator(bracketed bool) string {
	t := p.peek()
	if t.kind == 'w' && t.text == "in" {
		if p.at++; p.symbol("[", "(") && p.peek().space != "" {
			return "<mo>∈</mo>"
		}
		return ""
	}
	if t.kind != 's' {
		return ""
	}
	sign := t.text
	for _, m := range mathSymbols {
		if t.text == m.plain && m.plain != "||" {
			sign = m.sign
		}
	}
	switch sign {
	case ",", ";":
		if !bracketed {
			return ""
		}
		p.at++
		return "<mo>" + sign + "</mo>"
	case "-":
		sign = "−"
	case "*":
		sign = "·"
	case "+", "−", "·", "±", "=", "<", ">", "≤", "≥", "≠", "→", "~", "∼", "≈", "∈", "×":
	default:
		return ""
	}
	if p.at++; (t.space == "") != p.tight() {
		return ""
	}
	if strings.ContainsAny(sign, "=<>≤≥≠→~∼≈∈") {
		p.strong = true
	}
	return "<mo>" + html.EscapeString(sign) + "</mo>"
}

// term parses fractions side by side.
func (p *mathParser) term() (string, bool) {
	out, ok := p.fraction()
	if !ok {
		return "", false
	}
	for {
		before := *p
		next, ok := p.fraction()
		if !ok {
			*p = before
			return out, true
		}
		out += "<mo>\u2062</mo>" + next // invisible times
	}
}

// fraction parses a product, or products joined by slashes.
func (p *mathParser) fraction() (string, bool) {
	out, bare, ok := p.product()
	if !ok {
		return "", false
	}
	for p.symbol("/") && p.tight() {
		before := *p
		p.at++
		under, underBare, ok := "", "", false
		if p.tight() {
			under, underBare, ok = p.product()
		}
		if !ok {
			*p = before
			break
		}
		p.strong = true
		if bare != "" {
			out = bare // the bar of the fraction replaces the brackets
		}
		if underBare != "" {
			under = underBare
		}
		out, bare = "<mfrac><mrow>"+out+"</mrow><mrow>"+under+"</mrow></mfrac>", ""
	}
	return out, true
}

// product parses powers that touch each other; bare is what stands between the
// brackets if it is one bracket only.
func (p *mathParser) product() (out, bare string, ok bool) {
	out, bare, ok = p.power()
	if !ok {
		return "", "", false
	}
	for p.at < len(p.tokens) && p.tight() {
		before := *p
		dot := ""
		if p.symbol(".") && p.depth > 1 { // outside brackets it may end a sentence
			p.at++
			dot = "<mo>·</mo>"
		}
		next, _, ok := p.power()
		if !ok {
			*p = before
			break
		}
		out, bare = out+dot+next, ""
	}
	return out, bare, true
}

// mathSuperscripts are the raised digits of Unicode.
var mathSuperscripts = map[string]string{"²": "2", "³": "3", "¹": "1", "⁴": "4"}

// power parses an atom with a subscript, a superscript and primes.
func (p *mathParser) power() (out, bare string, ok bool) {
	out, bare, ok = p.atom()
	if !ok {
		return "", "", false
	}
	sub, sup := "", ""
	for p.at < len(p.tokens) && p.tight() {
		before := *p
		t := p.peek()
		p.at++
		switch {
		case t.text == "_" && sub == "":
			sub, ok = p.script()
		case t.text == "^" && sup == "":
			sup, ok = p.script()
		case mathSuperscripts[t.text] != "" && sup == "":
			sup, ok = "<mn>"+mathSuperscripts[t.text]+"</mn>", true
		case t.text == "'" && sup == "":
			sup, ok = "<mo>′</mo>", p.at == len(p.tokens) || p.peek().kind == 's' || !p.tight() // not 2's
		default:
			ok = false
		}
		if !ok {
			*p = before
			break
		}
		p.strong = true
	}
	switch {
	case sub != "" && sup != "":
		return "<msubsup><mrow>" + out + "</mrow>" + sub + sup + "</msubsup>", "", true
	case sub != "":
		return "<msub><mrow>" + out + "</mrow>" + sub + "</msub>", "", true
	case sup != "":
		return "<msup><mrow>" + out + "</mrow>" + sup + "</msup>", "", true
	}
	return out, bare, true
}

// script parses a sub- or superscript: a number with its sign, letters, or
// something in brackets.
func (p *mathParser) script() (string, bool) {
	if !p.tight() {
		return "", false
	}
	sign := ""
	if p.symbol("-", "−") {
		sign = "<mo form=\"prefix\">−</mo>"
		if p.at++; !p.tight() {
			return "", false
		}
	}
	t := p.peek()
	switch {
	case t.kind == 'n':
		p.at++
		return "<mrow>" + sign + "<mn>" + t.text + "</mn></mrow>", true
	case t.kind == 'w':
		p.at++
		if name, ok := mathNames[t.text]; ok {
			return "<mrow>" + sign + "<mi>" + name + "</mi></mrow>", true
		}
		if utf8.RuneCountInString(t.text) > 3 || strings.ContainsAny(t.text, "-'") {
			return "<mrow>" + sign + "<mtext>" + html.EscapeString(t.text) + "</mtext></mrow>", true
		}
		out := "<mrow>" + sign
		for _, letter := range t.text {
			out += "<mi>" + string(letter) + "</mi>"
		}
		return out + "</mrow>", true
	case p.symbol("(", "{"):
		closing := map[string]string{"(": ")", "{": "}"}[t.text]
		p.at++
		inner, ok := p.sequence(true)
		if !ok || !p.symbol(closing) {
			return "", false
		}
		p.at++
		return "<mrow>" + sign + inner + "</mrow>", true
	}
	return "", false
}

// atom parses a number, a name, a function or something in brackets.
func (p *mathParser) atom() (out, bare string, ok bool) {
	t := p.peek()
	p.at++
	if *p.steps--; *p.steps < 0 {
		return "", "", false
	}
	switch t.kind {
	case 'n':
		return "<mn>" + t.text + "</mn>", "", true
	case 'w':
		return p.name(t.text)
	case 's':
		switch t.text {
		case "(", "[":
			inner, ok := p.sequence(true)
			closing := p.peek().text
			if !ok || !p.symbol(")", "]") {
				return "", "", false
			}
			p.at++
			if t.text != "(" || closing != ")" {
				return fenced(t.text, inner, closing), "", true
			}
			return fenced("(", inner, ")"), inner, true
		case "|", "‖", "||":
			if p.depth++; p.depth > maxMathDepth {
				return "", "", false
			}
			defer func() { p.depth-- }()
			inner, ok := p.inside(t.text)
			if !ok {
				return "", "", false
			}
			p.strong = true
			bar := strings.Replace(t.text, "||", "‖", 1)
			return fenced(bar, inner, bar), "", true
		case "∞":
			return "<mi>∞</mi>", "", true
		}
	}
	return "", "", false
}

// inside parses what stands between two equal bars: one term, since the second
// bar would open another pair.
func (p *mathParser) inside(bar string) (string, bool) {
	inner, ok := p.productUntil(bar)
	for ok && !p.symbol(bar) {
		sign := p.operator(false)
		if sign == "" {
			return "", false
		}
		var next string
		next, ok = p.productUntil(bar)
		inner += sign + next
	}
	p.at++
	return inner, ok
}

// productUntil parses powers up to the bar or an operator.
func (p *mathParser) productUntil(bar string) (out string, ok bool) {
	for !p.symbol(bar) {
		before := *p
		next, _, found := p.power()
		if !found {
			*p = before
			return out, out != ""
		}
		out += next
	}
	return out, out != ""
}

// fenced puts fences around something; they grow only with a fraction.
func fenced(open, inner, closing string) string {
	fence := func(form, sign string) string {
		stretchy := ` stretchy="false"`
		if strings.Contains(inner, "<mfrac>") {
			stretchy = ""
		}
		return `<mo fence="true" form="` + form + `"` + stretchy + ">" + sign + "</mo>"
	}
	return "<mrow>" + fence("prefix", open) + inner + fence("postfix", closing) + "</mrow>"
}

// name parses a letter, a Greek name or a function with its argument.
func (p *mathParser) name(word string) (out, bare string, ok bool) {
	if sign, ok := mathNames[word]; ok {
		p.strong = true
		return "<mi>" + sign + "</mi>", "", true
	}
	if slices.Contains(mathFunctions, word) {
		before := *p
		argument, inner, ok := p.power()
		if !ok || !p.strong && inner == "" {
			*p = before
			return "", "", false
		}
		p.strong = true
		if word == "sqrt" {
			if inner == "" {
				inner = argument
			}
			return "<msqrt>" + inner + "</msqrt>", "", true
		}
		if inner == "" {
			argument = `<mspace width="0.17em"/>` + argument
		}
		return "<mi>" + word + "</mi><mo>\u2061</mo>" + argument, "", true // function application
	}
	letter, size := utf8.DecodeRuneInString(word)
	if p.at > 1 && p.tokens[p.at-1].space == "" && p.tokens[p.at-2].text == "'" {
		return "", "", false // GPT-2's
	}
	switch rest := word[size:]; {
	case rest == "" && word != "a" && word != "A" && word != "I":
	case rest == "" && (p.symbol("=") || p.after("=", "+", "-", "<", ">", "<=", ">=") || p.tight() && p.symbol("_", "^", "(", "/")):
		// Not the article or the pronoun: an operator or a script touches it.
	case letter == 'd' && (p.after("/") || p.tight() && p.symbol("/")) && (utf8.RuneCountInString(rest) == 1 || mathNames[rest] != ""):
		p.strong = true
		if sign := mathNames[rest]; sign != "" {
			rest = sign
		}
		return "<mi>d</mi><mi>" + rest + "</mi>", "", true // dH/dtheta
	default:
		return "", "", false
	}
	p.strong = true
	return "<mi>" + string(letter) + "</mi>", "", true
}
