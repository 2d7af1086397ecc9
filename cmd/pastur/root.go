package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"pastur/internal/nearest"
	"pastur/reports"
)

// Exit codes.
const (
	exitPass         = 0
	exitFail         = 1
	exitUsage        = 2
	exitInconclusive = 3
	exitInterrupted  = 130
)

// exitCode ends a command that has printed its results with a code other than
// 0; it carries no message.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit %d", int(e)) }

// run is the command: it returns the exit code. Tests call it.
func run(ctx context.Context, stdout, stderr io.Writer, args []string) int {
	root := newRoot()
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &code):
		return int(code)
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		var kept *keptError
		if errors.As(err, &kept) {
			fmt.Fprintf(stderr, "pastur: interrupted; what was finished is kept in %s, and the same command goes on from there\n", kept.folder)
		} else {
			fmt.Fprintln(stderr, "pastur: interrupted")
		}
		return exitInterrupted
	}
	fmt.Fprintln(stderr, "pastur: "+oneLine(err))
	return exitUsage
}

// oneLine makes sure that an error is one.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), "; ")
}

// likely is the distance up to which one word is taken to mean another.
func likely(word string) int { return max(1, (len(word)+1)/3) }

func unknownCommand(root *cobra.Command, name string) error {
	var names []string
	for _, c := range root.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	if best, distance := nearest.Word(name, names); distance <= likely(name) {
		return fmt.Errorf("unknown command %q: did you mean %q? (pastur --help lists the commands)", name, best)
	}
	return fmt.Errorf("unknown command %q: pastur --help lists the commands", name)
}

func unknownFlag(cmd *cobra.Command, name string) error {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if best, distance := nearest.Word(name, names); distance <= likely(name) {
		return fmt.Errorf("unknown flag: --%s: did you mean --%s?", name, best)
	}
	return fmt.Errorf("unknown flag: --%s: %s --help lists the flags", name, cmd.CommandPath())
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "pastur",
		Short:         "Decide by computation whether a theorem about large random matrices is so",
		Version:       reports.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return cmd.Help()
		},
		Args:              cobra.ArbitraryArgs,
		PersistentPreRunE: checkFiles,
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if name, ok := strings.CutPrefix(err.Error(), "unknown flag: --"); ok {
			return unknownFlag(cmd, name)
		}
		return flagError(err)
	})
	root.AddCommand(
		newVerify(),
		newClaims(),
		newLimit(),
		newRatio(),
		newGMP(),
		newSpectrum(),
		newLindeberg(),
		newHessian(),
		newAppendix(),
		newPlan(),
		newRun(),
		newMerge(),
		newMissing(),
		newStatus(),
		newEmit(),
		newSelftest(),
		newVersion(),
		newCompletion(),
		newManpages(),
	)
	completeValues(root)
	return root
}
