package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pastur/internal/shell"
	"pastur/reports"
)

// output is where and how results are written.
type output struct {
	format, file string
	flag         string  // that names file: "--out", or "--report" where that is a folder
	same         *sameAs // set where another command gives the same results

	beside []reports.File // to be written with the results
	also   func()         // what else is to be told before standard output is
}

// sameAs is the command that LaTeX names in place of the one that ran.
type sameAs struct {
	name, line string
	seed       uint64
}

var formats = []string{"text", "json", "csv", "markdown", "latex", "latex-plain"}

func (o *output) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.format, "format", "text", strings.Join(formats, ", ")+" (latex without siunitx)")
	o.flag = "--out"
	cmd.Flags().StringVar(&o.file, "out", "-", "file to write, whole or not at all; - is standard output")
}

// check refuses what could not be written, before anything is computed.
func (o *output) check() error {
	if !slices.Contains(formats, o.format) {
		return fmt.Errorf("unknown format %q: want %s", o.format, strings.Join(formats, ", "))
	}
	if o.file == "-" {
		return nil
	}
	if err := reports.CheckWritable(o.file); err != nil {
		return fmt.Errorf("%s %w", o.flag, err)
	}
	return nil
}

// write writes the document or the tables, an empty line between them, in the
// format asked for.
func (o *output) write(cmd *cobra.Command, document *reports.Document, tables ...*reports.Table) error {
	render := document.Write
	if o.format != "json" {
		render = func(w io.Writer) error {
			for i, table := range tables {
				if i > 0 {
					if _, err := fmt.Fprintln(w); err != nil {
						return err
					}
				}
				if err := o.writeTable(cmd, w, i, table); err != nil {
					return err
				}
			}
			return nil
		}
	}
	if o.format == "text" && o.file == "-" {
		render = coloured(cmd.OutOrStdout(), render)
	}
	return o.writeWith(cmd, render)
}

func (o *output) writeTable(cmd *cobra.Command, w io.Writer, i int, table *reports.Table) error {
	switch o.format {
	case "csv":
		return table.WriteCSV(w)
	case "markdown":
		return table.WriteMarkdown(w)
	case "latex", "latex-plain":
		l := o.latex(cmd, o.format == "latex-plain")
		if i > 0 {
			l.Label += fmt.Sprintf("-%d", i+1)
		}
		return table.WriteLaTeX(w, l)
	}
	return table.WriteText(w)
}

// add renders a file to be written with the results, if it is asked for.
func (o *output) add(flag, file string, render func(io.Writer) error) error {
	if file == "" {
		return nil
	}
	var content bytes.Buffer
	if err := render(&content); err != nil {
		return fmt.Errorf("%s %s: %w", flag, file, err)
	}
	o.beside = append(o.beside, reports.File{Path: file, Content: content.Bytes(), Flag: flag})
	return nil
}

// writeWith writes the results and the files beside them, all files or none. The
// results go to standard output last: whoever reads it may close it before the
// end, and the files are there all the same. An interrupted command writes
// nothing.
func (o *output) writeWith(cmd *cobra.Command, render func(io.Writer) error) error {
	var results bytes.Buffer
	if err := render(&results); err != nil {
		return err
	}
	files := o.beside
	if o.file != "-" {
		files = append(files, reports.File{Path: o.file, Content: results.Bytes(), Flag: o.flag})
	}
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	if err := reports.WriteFiles(files); err != nil {
		return err
	}
	if o.also != nil {
		o.also()
	}
	if o.file != "-" {
		return nil
	}
	_, err := cmd.OutOrStdout().Write(results.Bytes())
	return err
}

// incidental are the flags that change no result, beside those that name a file to
// be written: where it goes, how it looks, who computes it and what it is held against.
var incidental = map[string]bool{
	"format": true, "out": true, "workers": true, "state": true, "timings": true, "strict": true, "baseline": true, "update-baseline": true,
}

func isIncidental(cmd *cobra.Command, f *pflag.Flag) bool {
	use, ok := fileUseOf(cmd, f.Name)
	return incidental[f.Name] || ok && use.output()
}

// latex says above a table where it comes from: version, seed and command.
func (o *output) latex(cmd *cobra.Command, plain bool) reports.LaTeX {
	version := "pastur " + reports.Version
	if s := o.same; s != nil {
		return reports.LaTeX{Plain: plain, Label: "tab:" + s.name, Comments: []string{version, fmt.Sprintf("seed %d", s.seed), "command: " + s.line}}
	}
	l := reports.LaTeX{Plain: plain, Label: "tab:" + cmd.Name(), Comments: []string{version}}
	if seed := cmd.Flags().Lookup("seed"); seed != nil {
		l.Comments = append(l.Comments, "seed "+seed.Value.String())
	}
	l.Comments = append(l.Comments, "command: "+commandLine(cmd))
	return l
}

// commandLine is the command that computes the results, as a shell takes it:
// its arguments, then the flags given, by name.
func commandLine(cmd *cobra.Command) string {
	line := cmd.CommandPath()
	for _, arg := range cmd.Flags().Args() {
		line += " " + shell.Word(arg)
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch {
		case isIncidental(cmd, f):
		case f.Value.Type() == "bool":
			line += " --" + f.Name
			if f.Value.String() != "true" {
				line += "=" + f.Value.String()
			}
		default:
			line += " --" + f.Name + " " + shell.Word(f.Value.String())
		}
	})
	return line
}
