package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"pastur/theorem/catalogue"
)

func newCompletion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion SHELL",
		Short: "Print the completion script of a shell",
		Long: `Print a script that completes commands, flags, their values and the claims of
the suite in bash, zsh, fish or powershell.`,
		Example: `  source <(pastur completion bash)
  pastur completion zsh > "${fpath[1]}/_pastur"
  pastur completion fish > ~/.config/fish/completions/pastur.fish`,
		ValidArgs: shells,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) != 1 {
				return fmt.Errorf("%s takes one shell: want %s", cmd.CommandPath(), strings.Join(shells, ", "))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			root, w := cmd.Root(), cmd.OutOrStdout()
			write, ok := map[string]func(io.Writer) error{
				"bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
				"zsh":  root.GenZshCompletion, "powershell": root.GenPowerShellCompletionWithDesc,
				"fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
			}[args[0]]
			if !ok {
				return fmt.Errorf("unknown shell %q: want %s", args[0], strings.Join(shells, ", "))
			}
			return write(w)
		},
	}
}

// flagValues are the values of flags that have few, for completion.
var flagValues = map[string][]string{
	"model": {"linear", "hidden"}, "loss": {"ce", "mse"}, "block": {"vv", "ww"}, "init": {"lecun", "he", "pytorch"},
	"method": {"twopoint", "gram", "definition"}, "format": formats, "suite": catalogue.Names(), "print-suite": catalogue.Names(),
}

// completeValues tells every command of the tree how to complete its flags, and
// those that take claims how to complete these.
func completeValues(cmd *cobra.Command) {
	for name, values := range flagValues {
		if f := cmd.Flags().Lookup(name); f != nil {
			directive := cobra.ShellCompDirectiveNoFileComp
			if name == "suite" {
				directive = cobra.ShellCompDirectiveDefault // or a file
			}
			if err := cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, directive)); err != nil {
				panic(err) // the flag exists and is registered once
			}
		}
	}
	if cmd.Name() == "verify" || cmd.Name() == "claims" {
		cmd.ValidArgsFunction = completeClaims
	}
	for _, c := range cmd.Commands() {
		completeValues(c)
	}
}

// completeClaims lists the claims of the suite that are not named yet.
func completeClaims(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	name, err := cmd.Flags().GetString("suite")
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	if quick, err := cmd.Flags().GetBool("quick"); err == nil && quick {
		name = "quick"
	}
	suite, err := catalogue.Load(name)
	if err != nil {
		return nil, cobra.ShellCompDirectiveError
	}
	named := map[string]bool{}
	for _, a := range args {
		named[a] = true
	}
	var ids []string
	for _, s := range suite.Specs {
		if !named[s.ID] {
			ids = append(ids, s.ID+"\t"+s.Statement)
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
