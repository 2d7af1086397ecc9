package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"github.com/spf13/cobra"

	"pastur/reports"
)

// versionResult is `version --format json`.
type versionResult struct {
	Module   string   `json:"module"`   // version of the module, (devel) for a checkout
	Revision string   `json:"revision"` // of the source, empty if the build does not know
	Modified bool     `json:"modified"`
	Warnings []string `json:"warnings"`
}

func newVersion() *cobra.Command {
	var out output
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version and what it was built with",
		Long: `Print the version of pastur, of its source and of what it was built with: all that
can change a result. GOAMD64 and gonum change the last digits of what passes
through BLAS, and nothing else.`,
		Example: `  pastur version
  pastur version --format json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.check(); err != nil {
				return err
			}
			v := versionResult{Module: "(devel)", Warnings: []string{}}
			if info, ok := debug.ReadBuildInfo(); ok {
				if info.Main.Version != "" {
					v.Module = info.Main.Version
				}
				for _, s := range info.Settings {
					switch s.Key {
					case "vcs.revision":
						v.Revision = s.Value
					case "vcs.modified":
						v.Modified = s.Value == "true"
					}
				}
			}
			if out.format == "text" {
				return out.writeWith(cmd, v.write)
			}
			document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: struct{}{}, Results: []versionResult{v}}
			return out.write(cmd, document, v.table())
		},
	}
	out.register(cmd)
	return cmd
}

// lines are the names and values of what there is to say.
func (v *versionResult) lines() (lines [][2]string) {
	e := reports.ThisEnvironment()
	revision := v.Revision
	if v.Modified {
		revision += ", modified"
	}
	for _, line := range [][2]string{
		{"pastur", e.Pastur}, {"module", v.Module}, {"revision", revision}, {"go", e.Go}, {"gonum", e.Gonum}, {"GOARCH", e.GOARCH}, {"GOAMD64", e.GOAMD64},
	} {
		if line[1] != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

func (v *versionResult) write(w io.Writer) error {
	for _, line := range v.lines() {
		if _, err := fmt.Fprintf(w, "%-8s %s\n", line[0], line[1]); err != nil {
			return err
		}
	}
	return nil
}

func (v *versionResult) table() *reports.Table {
	t := &reports.Table{
		Title:   "What pastur was built with",
		Columns: []reports.Column{{Header: "part", Field: "part", Left: true}, {Header: "version", Field: "version", Left: true}},
	}
	for _, line := range v.lines() {
		t.Rows = append(t.Rows, []reports.Cell{reports.Text(line[0]), reports.Text(line[1])})
	}
	return t
}
