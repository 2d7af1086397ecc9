package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pastur/internal/atomicfile"
)

// fileUse is what becomes of the file that a flag names.
type fileUse int

const (
	reads   fileUse = iota // an input
	mayRead                // an input, or a word that is no file
	writes                 // an output
	prints                 // an output, or - for standard output
	fills                  // a folder of files
)

func (u fileUse) output() bool { return u == writes || u == prints }

// fileFlags are the flags that name a file or a folder, of all commands.
var fileFlags = map[string]fileUse{
	"out": prints, "report": prints,
	"junit": writes, "html": writes, "plot": writes, "plot-data": writes,
	"eigenvalues": writes, "hessian": writes, "save-weights": writes, "loss-curve": writes,
	"baseline": reads, "values": reads, "weights": reads,
	"data": mayRead, "labels": mayRead, "suite": mayRead,
	"state": fills, "dir": fills,
}

// fileUseOf returns what becomes of the file that a flag of the command names.
func fileUseOf(cmd *cobra.Command, name string) (fileUse, bool) {
	use, ok := fileFlags[name]
	switch {
	case name == "out" && (cmd.Name() == "run" || cmd.Name() == "appendix"):
		use = fills
	case name == "baseline" && cmd.Flags().Changed("update-baseline"):
		use = writes
	}
	return use, ok
}

// checkFiles refuses, before any work is done, empty names of files, - where it is
// not standard output, and outputs that would overwrite each other or an input.
func checkFiles(cmd *cobra.Command, _ []string) (err error) {
	type named struct {
		flag, text string
		use        fileUse
	}
	seen := map[string]named{} // by place
	cmd.Flags().Visit(func(f *pflag.Flag) {
		use, ok := fileUseOf(cmd, f.Name)
		if !ok || err != nil {
			return
		}
		text := f.Value.String()
		what := "file"
		if use == fills {
			what = "folder"
		}
		switch {
		case text == "":
			err = fmt.Errorf("--%s needs a %s name, got %q", f.Name, what, text)
			return
		case text == "-" && use == writes:
			err = fmt.Errorf("--%s needs a file name, got %q: standard output is for --out", f.Name, text)
			return
		case text == "-" && use == prints, use == fills:
			return
		}
		n := named{f.Name, text, use}
		place := placeOf(text, use)
		other, both := seen[place]
		if !both {
			seen[place] = n
			return
		}
		switch {
		case n.use.output() && other.use.output():
			err = fmt.Errorf("--%s and --%s would both write %s: want a file for each", other.flag, n.flag, text)
		case n.use.output():
			err = fmt.Errorf("--%s would overwrite %s, which --%s reads: want another file", n.flag, text, other.flag)
		case other.use.output():
			err = fmt.Errorf("--%s would overwrite %s, which --%s reads: want another file", other.flag, other.text, n.flag)
		}
	})
	return err
}

// placeOf is the same for two names of one file.
func placeOf(name string, use fileUse) string {
	if use == mayRead || use == reads {
		name, _, _ = strings.Cut(name, "#") // of an array in an .npz file
	}
	return atomicfile.Real(name)
}
