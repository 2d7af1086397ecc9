package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"pastur/reports"
)

// output is where and how results are written.
type output struct {
	format, file string
}

var formats = []string{"text", "json", "csv", "markdown"}

func (o *output) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.format, "format", "text", strings.Join(formats, ", "))
	cmd.Flags().StringVar(&o.file, "out", "-", "file to write, whole or not at all; - is standard output")
}

// check refuses what could not be written, before anything is computed.
func (o *output) check() error {
	if !slices.Contains(formats, o.format) {
		return fmt.Errorf("unknown format %q: want %s", o.format, strings.Join(formats, ", "))
	}
	if o.file == "" {
		return fmt.Errorf("--out is empty: want a file, or - for standard output")
	}
	if o.file == "-" {
		return nil
	}
	if err := reports.CheckWritable(o.file); err != nil {
		return fmt.Errorf("--out %w", err)
	}
	return nil
}

// write writes the document or table in the format asked for.
func (o *output) write(cmd *cobra.Command, document *reports.Document, table *reports.Table) error {
	render := map[string]func(io.Writer) error{
		"json":     document.Write,
		"text":     table.WriteText,
		"csv":      table.WriteCSV,
		"markdown": table.WriteMarkdown,
	}[o.format]
	if o.format == "text" && o.file == "-" {
		render = coloured(cmd.OutOrStdout(), render)
	}
	return o.writeWith(cmd, render)
}

// writeWith writes to standard output, or to the file whole or not at all.
func (o *output) writeWith(cmd *cobra.Command, render func(io.Writer) error) error {
	if o.file == "-" {
		return render(cmd.OutOrStdout())
	}
	if err := reports.WriteFile(o.file, render); err != nil {
		return fmt.Errorf("--out %w", err)
	}
	return nil
}
