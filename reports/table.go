package reports

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// Table is a result as rows and columns: one description, written as text,
// Markdown, CSV and LaTeX. A column without a Header appears in CSV only; one
// without a Field does not appear there.
//
// Texts are plain; LaTeX finds the mathematics in them (C^2 R, d/N, gamma,
// 1.9676(19)e-06, <=). Where it should not guess, they may be in the notation
// of Figure, with mathematics between dollar signs, which the other formats
// leave out.
type Table struct {
	Title   string // printed above text and Markdown
	Caption string // of LaTeX; empty: the title
	Columns []Column
	Rows    [][]Cell
	Notes   []string // footnotes, printed below text and Markdown

	MarkdownNotes []string // in place of Notes in Markdown, and written as it is
}

// Column describes a column.
type Column struct {
	Header string // for people
	Field  string // for programs: the CSV header, snake case
	Left   bool   // align left; numbers are aligned right
	Unit   string // of the numbers, printed after the header
}

// title is the header with the unit.
func (c *Column) title() string {
	if c.Unit == "" {
		return c.Header
	}
	return c.Header + " [" + c.Unit + "]"
}

// Cell is one entry: Text for people, and what CSV writes. A nil Value is
// empty in CSV.
type Cell struct {
	Text  string
	Value any
}

// Text returns a cell that reads the same everywhere.
func Text(s string) Cell { return Cell{s, s} }

// Count returns a cell holding a whole number, written out in full.
func Count[T int | int64 | float64](n T) Cell {
	x := float64(n)
	if math.IsInf(x, 1) {
		return Cell{"inf", "inf"}
	}
	return Cell{strconv.FormatFloat(x, 'f', 0, 64), int64(n)}
}

// Number returns a cell with the number to the given significant digits, and
// in full in CSV. nil gives a dash.
func Number(x *float64, digits int) Cell {
	if x == nil || math.IsNaN(*x) {
		return Cell{"-", nil}
	}
	return Cell{Significant(*x, digits), *x}
}

// Measured returns a cell with a number and its uncertainty, 1.9899(12), and
// the number in full in CSV.
func Measured(x, half float64) Cell {
	if math.IsNaN(x) {
		return Cell{"-", nil}
	}
	return Cell{Uncertain(x, half), x}
}

// Significant formats x with the given number of significant digits: 0.016608,
// 1.9676e-06, inf.
func Significant(x float64, digits int) string {
	switch {
	case math.IsInf(x, 1):
		return "inf"
	case math.IsInf(x, -1):
		return "-inf"
	}
	return strconv.FormatFloat(x, 'g', digits, 64)
}

// Digits formats x with exactly the given number of significant digits, zeros
// at the end included, so that the ends of an interval read alike: 1.9300e-06.
func Digits(x float64, digits int) string {
	if x == 0 || math.IsInf(x, 0) || math.IsNaN(x) {
		return Significant(x, digits)
	}
	scientific := strconv.FormatFloat(x, 'e', digits-1, 64)
	exponent, err := strconv.Atoi(scientific[strings.IndexByte(scientific, 'e')+1:])
	if err != nil {
		panic(err) // FormatFloat wrote it
	}
	if exponent < -4 || exponent >= max(digits, 6) {
		return scientific
	}
	return strconv.FormatFloat(x, 'f', max(0, digits-1-exponent), 64)
}

// Uncertain formats x with its uncertainty in units of the last digit:
// 0.016608(58), 1.9676(8)e-06. The uncertainty keeps two digits.
func Uncertain(x, half float64) string {
	if !(half > 0) || math.IsInf(half, 0) || math.IsNaN(x) || math.IsInf(x, 0) {
		return Significant(x, 6)
	}
	exponent := 0
	if x != 0 {
		if e := int(math.Floor(math.Log10(math.Abs(x)))); e < -4 || e > 9 {
			exponent = e
		}
	}
	scale := math.Pow(10, float64(exponent))
	x, half = x/scale, half/scale
	decimals := max(0, 1-int(math.Floor(math.Log10(half))))
	if decimals > 15 {
		return Significant(x*scale, 15)
	}
	units := math.Round(half * math.Pow(10, float64(decimals)))
	if units >= 100 && decimals > 0 {
		decimals--
		units = math.Round(units / 10)
	}
	text := fmt.Sprintf("%.*f(%.0f)", decimals, x, units)
	if exponent != 0 {
		text += fmt.Sprintf("e%+03d", exponent)
	}
	return text
}

// WriteText writes an aligned table for a terminal.
func (t *Table) WriteText(w io.Writer) error { return t.write(w, false) }

// WriteMarkdown writes a GitHub-flavoured Markdown table.
func (t *Table) WriteMarkdown(w io.Writer) error { return t.write(w, true) }

func (t *Table) write(w io.Writer, markdown bool) error {
	if t.Title != "" {
		if _, err := fmt.Fprintf(w, "%s\n\n", spoken(t.Title)); err != nil {
			return err
		}
	}
	var shown []int
	var header []string
	var align []tw.Align
	for i, c := range t.Columns {
		if c.Header == "" {
			continue
		}
		shown = append(shown, i)
		header = append(header, spoken(c.title()))
		if c.Left {
			align = append(align, tw.AlignLeft)
		} else {
			align = append(align, tw.AlignRight)
		}
	}
	var out strings.Builder
	table := tablewriter.NewTable(&out, tablewriter.WithConfig(tablewriter.Config{
		Header: tw.CellConfig{
			Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
			Alignment:  tw.CellAlignment{PerColumn: align},
		},
		Row: tw.CellConfig{
			Formatting: tw.CellFormatting{AutoFormat: tw.Off, AutoWrap: tw.WrapNone},
			Alignment:  tw.CellAlignment{PerColumn: align},
		},
	}), tablewriter.WithRenderer(tableRenderer(markdown)))
	table.Header(header)
	for _, row := range t.Rows {
		cells := make([]string, len(shown))
		for k, i := range shown {
			cells[k] = spoken(row[i].Text)
			if markdown {
				cells[k] = strings.ReplaceAll(cells[k], "|", `\|`)
			}
		}
		if err := table.Append(cells); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	for line := range strings.Lines(out.String()) {
		if _, err := io.WriteString(w, strings.TrimRight(line, " \n")+"\n"); err != nil {
			return err
		}
	}
	notes := spoken(strings.Join(t.Notes, "\n"))
	if markdown && t.MarkdownNotes != nil {
		notes = strings.Join(t.MarkdownNotes, "\n")
	}
	if notes != "" {
		if _, err := fmt.Fprintf(w, "\n%s\n", notes); err != nil {
			return err
		}
	}
	return nil
}

func tableRenderer(markdown bool) tw.Renderer {
	if markdown {
		return renderer.NewMarkdown()
	}
	return renderer.NewBlueprint(tw.Rendition{
		Borders: tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.Off, Bottom: tw.Off},
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.On},
			Lines:      tw.Lines{ShowHeaderLine: tw.On},
		},
		Symbols: tw.NewSymbols(tw.StyleASCII),
	})
}

// WriteCSV writes the columns that have a Field, numbers in full precision.
func (t *Table) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	var record []string
	for _, c := range t.Columns {
		if c.Field != "" {
			record = append(record, c.Field)
		}
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for _, row := range t.Rows {
		record = record[:0]
		for i, c := range t.Columns {
			if c.Field == "" {
				continue
			}
			record = append(record, csvValue(row[i].Value))
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func csvValue(v any) string {
	switch x := v.(type) {
	case nil:
		return ""
	case float64:
		return Significant(x, -1)
	default:
		return fmt.Sprint(x)
	}
}
