package reports

import (
	"bytes"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// finish writes what belongs to no item: the document, its references and the
// README, of all items that are finished.
func (m *manifest) finish(dir string, items []AppendixItem, o *AppendixOptions) error {
	for _, file := range []struct {
		name string
		data []byte
	}{
		{"pastur.bib", bibliography(o.Works)}, {"appendix.bbl", references(o.Works)},
		{"appendix.tex", m.document(items, o)}, {"README.md", m.readme(items, o)},
	} {
		hash, err := put(dir, file.name, file.data)
		if err != nil {
			return err
		}
		m.Files[file.name] = hash
	}
	return m.write(dir)
}

var citation = regexp.MustCompile(`\[@([a-z0-9]+)\]`)

// paragraph is text with citations as LaTeX.
func paragraph(text string) string {
	var out strings.Builder
	last := 0
	for _, at := range citation.FindAllStringSubmatchIndex(text, -1) {
		out.WriteString(markupLaTeX(text[last:at[0]]))
		out.WriteString(`\cite{` + text[at[2]:at[3]] + `}`)
		last = at[1]
	}
	out.WriteString(markupLaTeX(text[last:]))
	return out.String()
}

// document is appendix.tex.
func (m *manifest) document(items []AppendixItem, o *AppendixOptions) []byte {
	var out bytes.Buffer
	for _, c := range o.Comments {
		fmt.Fprintf(&out, "%% %s\n", comment(c))
	}
	packages := "array,booktabs,float,graphicx,longtable,lscape"
	if !o.Plain {
		packages += ",siunitx"
	}
	fmt.Fprintf(&out, "\\documentclass{article}\n\\usepackage[textwidth=6.75in,textheight=9in]{geometry}\n\\usepackage{%s}\n\\title{%s}\n\\author{}\n\\date{}\n%s\\begin{document}\n\\maketitle\n\\appendix\n", packages, markupLaTeX(o.Title), inPlace)
	for _, p := range strings.Split(o.Preface, "\n\n") {
		fmt.Fprintf(&out, "%s\n\n", paragraph(strings.ReplaceAll(p, "\n", " ")))
	}
	for _, item := range items {
		d := m.Items[item.ID]
		if d == nil {
			continue
		}
		var shown []string
		if d.Picture {
			shown = append(shown, fmt.Sprintf(`Figure~\ref{fig:%s}`, item.ID))
		}
		if d.Table {
			shown = append(shown, fmt.Sprintf(`Table~\ref{tab:%s}`, item.ID))
		}
		fmt.Fprintf(&out, "\\section{%s}\n%s (%s.)\n\n", markupLaTeX(d.Title), paragraph(d.Text), strings.Join(shown, `, `))
		fmt.Fprintf(&out, "{\\noindent\\raggedright Made by %s; numbers in %s.\\par}\n\\input{%s}\n", typewriter(strings.Split(d.Command, "\n")...), typewriter(d.data()...), item.ID)
	}
	if len(o.Works) > 0 {
		out.WriteString("\\nocite{*}\n\\bibliographystyle{plain}\n\\bibliography{pastur}\n")
	}
	out.WriteString("\\end{document}\n")
	return out.Bytes()
}

// inPlace lets figures and tables stand where they are said to, whatever
// placement they ask for in a document of the author's.
const inPlace = "\\makeatletter\n\\def\\@xfloat#1[#2]{\\@float@HH{#1}[H]}\n\\makeatother\n"

// data are the names of an item's files of numbers.
func (d *manifestItem) data() (names []string) {
	for name := range d.Files {
		if filepath.Ext(name) == ".csv" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	slices.Reverse(names) // ID.csv before ID-figure.csv
	return names
}

// typewriter sets texts as what is typed: one in the line, several a line each.
func typewriter(texts ...string) string {
	var out []string
	for _, t := range texts {
		out = append(out, `\texttt{`+escapeLaTeX(t)+`}`)
	}
	if len(out) > 2 {
		return `\\ {\footnotesize ` + strings.Join(out, `,\\ `) + `}`
	}
	return strings.Join(out, " and ")
}

// bibliography is pastur.bib.
func bibliography(works []Work) []byte {
	var out bytes.Buffer
	for i, w := range works {
		if i > 0 {
			out.WriteByte('\n')
		}
		fmt.Fprintf(&out, "@%s{%s,\n", w.Type, w.Key)
		for _, f := range w.Fields {
			fmt.Fprintf(&out, "  %s = {%s},\n", f[0], f[1])
		}
		out.WriteString("}\n")
	}
	return out.Bytes()
}

// references are what BibTeX would make of the bibliography, so that pdflatex
// alone is enough.
func references(works []Work) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "\\begin{thebibliography}{%d}\n", len(works))
	for _, w := range works {
		fmt.Fprintf(&out, "\n\\bibitem{%s}\n%s\n", w.Key, markupLaTeX(w.Line))
	}
	out.WriteString("\n\\end{thebibliography}\n")
	return out.Bytes()
}

func (m *manifest) readme(items []AppendixItem, o *AppendixOptions) []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, "# %s\n\nWritten by `pastur appendix`. `pdflatex appendix.tex`, run twice, makes the document;\neach item can be included alone with `\\input`. Numbers in full are in the CSV files.\n", spoken(o.Title))
	for _, c := range o.Comments {
		fmt.Fprintf(&out, "\n- %s", c)
	}
	out.WriteString("\n\n| item | what | files | command |\n|:--|:--|:--|:--|\n")
	for _, item := range items {
		d := m.Items[item.ID]
		if d == nil {
			continue
		}
		var files []string
		for _, name := range item.names() {
			if d.Files[name] != "" {
				files = append(files, name[len(item.ID)+1:])
			}
		}
		fmt.Fprintf(&out, "| %s | %s | %s | `%s` |\n", item.ID, strings.ReplaceAll(spoken(d.Title), "|", `\|`), strings.Join(files, ", "), strings.ReplaceAll(strings.ReplaceAll(d.Command, "|", `\|`), "\n", "`, `"))
	}
	return out.Bytes()
}
