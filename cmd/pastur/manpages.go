package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"pastur/reports"
)

func newManpages() *cobra.Command {
	return &cobra.Command{
		Use:   "manpages FOLDER",
		Short: "Write the manual pages into a folder",
		Long: `Write a manual page for each command (pastur.1, pastur-verify.1, ...) into an
existing folder. The pages carry no date: the same version writes the same bytes.`,
		Example: `  mkdir -p ~/.local/share/man/man1
  pastur manpages ~/.local/share/man/man1
  man pastur-verify`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes one folder", cmd.CommandPath())
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if info, err := os.Stat(args[0]); err != nil || !info.IsDir() {
				return fmt.Errorf("%s is not a folder: create it first", args[0])
			}
			n := 0
			err := eachCommand(cmd.Root(), func(c *cobra.Command) error {
				page, err := manpage(c)
				if err != nil {
					return err
				}
				n++
				name := strings.ReplaceAll(c.CommandPath(), " ", "-") + ".1"
				return reports.WriteFile(filepath.Join(args[0], name), func(w io.Writer) error {
					_, err := w.Write(page)
					return err
				})
			})
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d pages in %s\n", n, args[0])
			return err
		},
	}
}

// eachCommand visits the commands that users see.
func eachCommand(cmd *cobra.Command, visit func(*cobra.Command) error) error {
	if err := visit(cmd); err != nil {
		return err
	}
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() && c.Name() != "help" {
			if err := eachCommand(c, visit); err != nil {
				return err
			}
		}
	}
	return nil
}

var (
	manDate = regexp.MustCompile(`(?m)^(\.TH "[^"]*" "1" )"[^"]*"`)
	// cobra ends each page with who wrote it and when.
	manHistory = regexp.MustCompile(`(?s)\n\.SH HISTORY\n.*$`)
)

func manpage(c *cobra.Command) ([]byte, error) {
	var page bytes.Buffer
	header := &doc.GenManHeader{Title: strings.ToUpper(strings.ReplaceAll(c.CommandPath(), " ", "-")), Section: "1", Source: "pastur " + reports.Version, Manual: "pastur"}
	c.DisableAutoGenTag = true
	if err := doc.GenMan(c, header, &page); err != nil {
		return nil, err
	}
	text := manDate.ReplaceAll(page.Bytes(), []byte(`$1""`))
	return append(bytes.TrimRight(manHistory.ReplaceAll(text, nil), "\n"), '\n'), nil
}
