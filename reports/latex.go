package reports

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// LaTeX says how a table is written as LaTeX.
type LaTeX struct {
	// Plain does without siunitx: numbers are aligned by splitting their column
	// at the decimal point. Packages array and booktabs are wanted in any case.
	Plain bool
	// Width is that of the text in points; 0 is article's, 345.
	Width float64
	// Label is what \ref takes; empty: none is written.
	Label string
	// Comments are lines before the table, without the percent sign: version,
	// seed, command.
	Comments []string
}

// Sizes of type, from the largest: how wide Computer Modern of that size is
// beside that of 10 points (small sizes are cut wider), and the space between
// columns that goes with it.
var typeSizes = []struct {
	name         string
	scale, space float64
}{{"", 1, 12}, {`\small`, 0.925, 10}, {`\footnotesize`, 0.85, 8}, {`\scriptsize`, 0.8, 6}}

const (
	textWidth  = 343  // of article at 10 points
	textHeight = 540  // and its height
	wider      = 1.10 // Computer Modern over Liberation Serif
	longRows   = 34   // lines that a float can hold
	leastWrap  = 42.0 // points of a column that wraps
	digit      = 5.0  // points
	timesTen   = 25.0 // points of a multiplication sign and a 10 with its spaces
)

// latexColumn is a column laid out.
type latexColumn struct {
	index  int
	header string
	cells  []string   // as LaTeX
	number *numbers   // nil: text
	parts  [][]string // numbers taken apart, nil where a cell is text
	left   bool
	width  float64 // at 10 points
	piece  float64 // width of the widest piece that cannot be broken
	wrap   float64 // 0, or the width of a paragraph column in points of paper
}

// numbers is the shape that all numbers of a column fit: digits before and
// after the point, of the uncertainty and of the exponent.
type numbers struct {
	signed, negativeExponent                bool
	whole, decimals, uncertainty, exponents int
}

// WriteLaTeX writes the table for a paper: booktabs, numbers aligned at the
// decimal point, caption and label, as large as fits the text width of article
// (345 points) without an overfull box. Packages wanted: booktabs and array;
// siunitx unless Plain; longtable where the table is longer than a page.
func (t *Table) WriteLaTeX(w io.Writer, o LaTeX) error {
	columns := t.latexColumns()
	width := o.Width - 2
	if o.Width == 0 {
		width = textWidth
	}
	size, excess := fitColumns(columns, width)
	lines := 0
	for row := range t.Rows {
		most := 1
		for _, c := range columns {
			if c.wrap > 0 {
				most = max(most, int(math.Ceil(1.15*typeSizes[size].scale*(wider*layOut(spoken(t.Rows[row][c.index].Text), 10).width+operatorSpace(c.cells[row]))/c.wrap)))
			}
		}
		lines += most
	}
	for _, note := range t.Notes {
		lines += 1 + len(note)/100
	}
	long := lines > longRows
	// What is a little too wide is shrunk; what is much too wide, or is too long
	// for that, gets a page turned on its side.
	turned := false
	if excess > 1.12 || excess > 1 && long {
		on, more := fitColumns(columns, max(textHeight, 1.3*width))
		if turned = more == 1 || long; turned {
			size, long = on, true
		} else {
			size, excess = fitColumns(columns, width)
		}
	}
	resize := excess > 1 && !turned

	var out bytes.Buffer
	packages := "array, booktabs"
	if !o.Plain {
		packages += ", siunitx"
	}
	if long {
		packages += ", longtable"
	}
	if resize {
		packages += ", graphicx"
	}
	if turned {
		packages += ", lscape"
	}
	for _, line := range append(append([]string(nil), o.Comments...), "packages: "+packages) {
		fmt.Fprintf(&out, "%% %s\n", comment(line))
	}
	caption := ""
	if text := t.caption(); text != "" {
		caption = `\caption{` + text + `}`
	}
	if o.Label != "" {
		caption += `\label{` + labelText(o.Label) + `}`
	}
	spec, heads := "", make([]string, len(columns))
	for i, c := range columns {
		spec += c.spec(o.Plain)
		heads[i] = c.head(o.Plain)
	}
	head := `\toprule` + "\n" + strings.Join(heads, " & ") + ` \\` + "\n" + `\midrule` + "\n"
	body := t.latexRows(columns, o.Plain)
	setup := fmt.Sprintf(`\setlength{\tabcolsep}{%gpt}`, typeSizes[size].space/2)
	if typeSizes[size].name != "" {
		setup = typeSizes[size].name + setup
	}
	notes := t.latexNotes()
	if long {
		if turned {
			out.WriteString("\\begin{landscape}\n")
		}
		fmt.Fprintf(&out, "\\begingroup\n%s\n\\begin{longtable}{@{}%s@{}}\n", setup, spec)
		if caption != "" {
			fmt.Fprintf(&out, "%s \\\\\n", caption)
		}
		fmt.Fprintf(&out, "%s\\endfirsthead\n%s\\endhead\n\\bottomrule\n\\endlastfoot\n%s\\end{longtable}\n", head, head, body)
		if notes != "" {
			out.WriteString(notes)
		}
		out.WriteString("\\endgroup\n")
		if turned {
			out.WriteString("\\end{landscape}\n")
		}
	} else {
		out.WriteString("\\begin{table}[htbp]\n\\centering\n")
		if caption != "" {
			fmt.Fprintf(&out, "%s\n", caption)
		}
		fmt.Fprintf(&out, "\\medskip\n%s\n", setup)
		if resize {
			out.WriteString("\\resizebox{\\linewidth}{!}{%\n")
		}
		fmt.Fprintf(&out, "\\begin{tabular}{@{}%s@{}}\n%s%s\\bottomrule\n\\end{tabular}", spec, head, body)
		if resize {
			out.WriteString("}")
		}
		out.WriteString("\n")
		if notes != "" {
			fmt.Fprintf(&out, "\\par\\medskip\n%s", notes)
		}
		out.WriteString("\\end{table}\n")
	}
	_, err := w.Write(out.Bytes())
	return err
}

// caption is the caption, or what the title says.
func (t *Table) caption() string {
	text := t.Caption
	if text == "" {
		text = t.Title
	}
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	if !strings.HasSuffix(text, ".") {
		text += "."
	}
	return proseLaTeX(text)
}

// comment keeps a comment in one line.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == 0x85 || r == 0x2028 || r == 0x2029 || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
}

// labelText keeps what a label may hold.
func labelText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x7f && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune(":.-", r)) {
			return r
		}
		return '-'
	}, s)
}

// latexColumns takes the table apart into the columns that people see.
func (t *Table) latexColumns() []*latexColumn {
	var columns []*latexColumn
	for i, c := range t.Columns {
		if c.Header == "" {
			continue
		}
		l := &latexColumn{index: i, header: proseLaTeX(c.title()), left: c.Left}
		head := wider * layOut(spoken(c.title()), 10).width
		l.width, l.piece = head, head
		shape := numbers{}
		powers := slices.ContainsFunc(t.Rows, func(row []Cell) bool {
			m := number(strings.TrimSpace(row[i].Text))
			return m != nil && m[5] != ""
		})
		count, all := 0, 0
		for _, row := range t.Rows {
			text := strings.TrimSpace(row[i].Text)
			m := number(text)
			if powers && m != nil {
				m = scientific(m)
			}
			l.parts = append(l.parts, m)
			l.cells = append(l.cells, cellLaTeX(text))
			l.width = max(l.width, wider*layOut(spoken(text), 10).width+operatorSpace(l.cells[len(l.cells)-1]))
			for _, word := range strings.Fields(spoken(text)) {
				if formula := proseLaTeX(word); strings.HasPrefix(formula, "$") {
					l.piece = max(l.piece, wider*layOut(word, 10).width+operatorSpace(formula)) // not to be broken at its signs
					continue
				}
				for piece := range strings.SplitSeq(word, "-") {
					l.piece = max(l.piece, wider*layOut(piece+"-", 10).width)
				}
			}
			if m != nil {
				shape.take(m)
				count++
			}
			if text != "" && text != "-" {
				all++
			}
		}
		// A column is one of numbers if most of it is.
		if !c.Left && count > 0 && 2*count > all && shape.whole+shape.decimals <= 30 {
			l.number = &shape
			l.width = max(head, shape.width())
		}
		columns = append(columns, l)
	}
	if len(columns) == 0 {
		// A table of no visible column still has to compile.
		columns = append(columns, &latexColumn{index: 0, left: true, cells: make([]string, len(t.Rows)), parts: make([][]string, len(t.Rows))})
	}
	return columns
}

// binary finds the signs between two terms of a formula, and unary those before
// one.
var (
	mathPart = regexp.MustCompile(`\$[^$]*\$`)
	binary   = regexp.MustCompile(`[A-Za-z0-9)\]|}] *[-+]`)
	unary    = regexp.MustCompile(`[$(\[=] *-`)
)

// operatorSpace is how much wider the signs of formulas are, at 10 points, than
// layOut makes them: a sign of Computer Modern is 7.8 points wide and, between two
// terms, has 2.2 on either side, where a hyphen is 3.7 and a plus 6.2.
func operatorSpace(latex string) (points float64) {
	for _, part := range mathPart.FindAllString(latex, -1) {
		for _, sign := range binary.FindAllString(part, -1) {
			if strings.HasSuffix(sign, "-") {
				points += 7.8 + 4.4 - 3.7
			} else {
				points += 7.8 + 4.4 - 6.2
			}
		}
		points += (7.8 - 3.7) * float64(len(unary.FindAllString(part, -1)))
		// 8.2e-05, as it is laid out, becomes 8.2 x 10^-5.
		points += 12 * float64(strings.Count(part, `\times10`))
	}
	return points
}

// scientific writes a small number like its neighbours: 0.00037 as 3.7e-4.
func scientific(m []string) []string {
	if m[5] != "" || strings.Trim(m[2], "0") != "" {
		return m
	}
	digits := strings.TrimLeft(strings.TrimPrefix(m[3], "."), "0")
	zeros := len(m[3]) - 1 - len(digits)
	if digits == "" || zeros < 2 {
		return m
	}
	rest := ""
	if len(digits) > 1 {
		rest = "." + digits[1:]
	}
	return []string{"", m[1], digits[:1], rest, m[4], fmt.Sprintf("-%d", zeros+1)}
}

// cellLaTeX returns a cell's text.
func cellLaTeX(text string) string {
	switch text {
	case "-":
		return "--"
	case "":
		return ""
	}
	return proseLaTeX(text)
}

func (n *numbers) take(m []string) {
	n.signed = n.signed || m[1] == "-"
	n.whole = max(n.whole, len(m[2]))
	n.decimals = max(n.decimals, len(m[3])-1)
	n.uncertainty = max(n.uncertainty, len(m[4])-2)
	if m[5] != "" {
		n.negativeExponent = n.negativeExponent || m[5][0] == '-'
		n.exponents = max(n.exponents, len(strings.TrimPrefix(m[5], "-")))
	}
}

// width is that of the widest number, at 10 points.
func (n *numbers) width() float64 {
	w := digit * float64(n.whole+n.decimals+n.uncertainty)
	if n.signed {
		w += 7.8
	}
	if n.decimals > 0 {
		w += 2.8
	}
	if n.uncertainty > 0 {
		w += 7.8
	}
	if n.exponents > 0 {
		w += timesTen + 5*float64(n.exponents)
		if n.negativeExponent {
			w += 8
		}
	}
	return w
}

// format is siunitx's table-format.
func (n *numbers) format() string {
	text := fmt.Sprint(n.whole)
	if n.signed {
		text = "-" + text
	}
	if n.decimals > 0 {
		text += fmt.Sprintf(".%d", n.decimals)
	}
	if n.uncertainty > 0 {
		text += fmt.Sprintf("(%d)", n.uncertainty)
	}
	if n.exponents > 0 {
		text += "e"
		if n.negativeExponent {
			text += "-"
		}
		text += fmt.Sprint(n.exponents)
	}
	return text
}

func (c *latexColumn) spec(plain bool) string {
	switch {
	case c.number != nil && plain:
		return "r@{}l"
	case c.number != nil:
		return "S[table-format=" + c.number.format() + ", group-digits=none]"
	case c.wrap > 0:
		return fmt.Sprintf(`>{\raggedright\arraybackslash}p{%.0fpt}`, c.wrap)
	case c.left:
		return "l"
	}
	return "r"
}

func (c *latexColumn) head(plain bool) string {
	switch {
	case c.number != nil && plain:
		return `\multicolumn{2}{c}{` + c.header + `}`
	case c.number != nil:
		return "{" + c.header + "}"
	}
	return c.header
}

// latexRows writes the rows.
func (t *Table) latexRows(columns []*latexColumn, plain bool) string {
	var out strings.Builder
	for row := range t.Rows {
		for k, c := range columns {
			if k > 0 {
				out.WriteString(" & ")
			}
			m := c.parts[row]
			switch {
			case c.number == nil:
				text := c.cells[row]
				if k == 0 && strings.HasPrefix(text, "[") {
					text = "{}" + text // \\ would take it for its argument
				}
				out.WriteString(text)
			case m == nil && plain:
				out.WriteString(`\multicolumn{2}{c}{` + c.cells[row] + `}`)
			case m == nil:
				out.WriteString("{" + c.cells[row] + "}")
			case plain:
				sign := ""
				if m[1] == "-" {
					sign = "-"
				}
				rest := m[3] + m[4]
				if m[5] != "" {
					exponent := numberLaTeX([]string{"", "", "", "", "", m[5]})
					rest += "$" + strings.Replace(exponent, `\times`, `{}\times`, 1) + "$"
				}
				if sign != "" {
					out.WriteString("$" + sign + m[2] + "$ & " + rest)
				} else {
					out.WriteString(m[2] + " & " + rest)
				}
			default:
				text := strings.TrimPrefix(m[1], "+") + m[2] + m[3] + m[4]
				if m[5] != "" {
					text += "e" + m[5]
				}
				out.WriteString(text)
			}
		}
		out.WriteString(" \\\\\n")
	}
	return out.String()
}

// latexNotes writes the footnotes, each a paragraph.
func (t *Table) latexNotes() string {
	var paragraphs []string
	fresh := true
	for _, line := range t.Notes {
		text := strings.TrimSpace(line)
		begins := fresh || strings.HasPrefix(line, "  ") || strings.HasPrefix(line, "note:") || strings.HasPrefix(line, "warning:")
		fresh = text == "" || strings.HasSuffix(text, ".") || strings.HasPrefix(line, "  ")
		switch {
		case text == "":
		case begins || len(paragraphs) == 0:
			paragraphs = append(paragraphs, text)
		default:
			paragraphs[len(paragraphs)-1] += " " + text
		}
	}
	if len(paragraphs) == 0 {
		return ""
	}
	var out strings.Builder
	out.WriteString("\\footnotesize\\raggedright\\setlength{\\parindent}{0pt}\n")
	for _, p := range paragraphs {
		if command, ok := strings.CutPrefix(p, "rerun:"); ok {
			out.WriteString("rerun: \\texttt{" + escapeLaTeX(strings.TrimSpace(command)) + "}\\par\n")
		} else {
			out.WriteString(proseLaTeX(p) + "\\par\n")
		}
	}
	return out.String()
}

// fitColumns finds the largest type in which the columns fit the width, and the
// widths of those that must wrap; where nothing fits, how much too wide the table
// is in the smallest.
func fitColumns(columns []*latexColumn, width float64) (size int, excess float64) {
	total := func(size int) float64 {
		s := typeSizes[size]
		sum := s.space * float64(len(columns)-1)
		for _, c := range columns {
			sum += c.width * s.scale
		}
		return sum
	}
	for size := range 3 {
		if total(size) <= width {
			return size, 1
		}
	}
	for size := 1; size < len(typeSizes); size++ {
		if wrapColumns(columns, size, total(size)-width) {
			return size, 1
		}
	}
	for _, c := range columns {
		c.wrap = 0
	}
	return 3, max(1, total(3)/width)
}

// wrapColumns narrows the widest columns of text until the excess is gone.
func wrapColumns(columns []*latexColumn, size int, excess float64) bool {
	scale := typeSizes[size].scale
	widths := make([]float64, len(columns))
	for i, c := range columns {
		widths[i] = c.width * scale
		c.wrap = 0
	}
	for excess > 0 {
		widest := -1
		for i, c := range columns {
			least := max(leastWrap, c.piece*scale+1)
			if c.number == nil && widths[i]-2 >= least && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return false
		}
		widths[widest] -= 2
		columns[widest].wrap = widths[widest]
		excess -= 2
	}
	// More than three lines a row are a sign that smaller type is better.
	worst := 0.0
	for i, c := range columns {
		if c.wrap > 0 {
			worst = math.Max(worst, c.width*scale/widths[i])
		}
	}
	return worst <= 2.6 || size == len(typeSizes)-1 || slices.ContainsFunc(columns, func(c *latexColumn) bool { return c.wrap > 150 })
}
