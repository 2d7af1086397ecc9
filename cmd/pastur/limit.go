package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"pastur/network"
	"pastur/reports"
	"pastur/theorem"
	"pastur/theorem/catalogue"
)

func newLimit() *cobra.Command {
	var f settingFlags
	var out output
	var kappa float64
	var init string
	cmd := &cobra.Command{
		Use:   "limit",
		Short: "Print exact values, without sampling",
		Long: `Print what is known exactly of R = E|H_ij|_F^2/E|H_ii|_F^2 (i != j), without
sampling: R itself, its rate p (R ~ C^-p), C^p R and its limit as C -> infinity,
the norm ratio sqrt(R), the row mass (C-1) R or (m-1) R, and the heuristic
1/(C-1) that setting all probabilities to 1/C would give for the norm ratio.

The limit is d, N -> infinity with d/N = gamma. With a finite --dim the value at
that size is printed where it is known exactly (hidden MSE ww, and the exact zeros
of MSE vv).`,
		Example: `  pastur limit --classes 10,100,1000
  pastur limit --model hidden --loss mse --block ww --classes 10 --dim 40 --samples 80
  pastur limit --model hidden --loss ce --block vv --hidden 3`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := out.check(); err != nil {
				return err
			}
			if cmd.Flags().Changed("kappa") && cmd.Flags().Changed("init") {
				return fmt.Errorf("--kappa and --init exclude each other: give one")
			}
			settings, warnings, err := f.settings(cmd, init)
			if err != nil {
				return err
			}
			if law := network.Init(init); !law.Gaussian() && settings[0].Model == network.Hidden {
				return fmt.Errorf("exact values of the hidden net are those of Gaussian weights, and init %s is not Gaussian: want --init lecun or he, or --kappa", law)
			}
			var known []*catalogue.Known
			for _, s := range settings {
				if err := cmd.Context().Err(); err != nil {
					return err
				}
				k := kappa
				if !cmd.Flags().Changed("kappa") {
					k = network.Init(init).Kappa(s.Model)
				}
				if !s.Limit() {
					s.Gamma = 0 // N decides
				} else {
					s.Samples = 0
				}
				v, err := catalogue.Lookup(cmd.Context(), s, k)
				if err != nil {
					return err
				}
				known = append(known, v)
			}
			results := make([]reports.LimitResult, len(known))
			for i, k := range known {
				results[i] = reports.Limit(k, warnings[i])
			}
			return out.write(cmd, &reports.Document{
				Environment: reports.ThisEnvironment(),
				Plan:        struct{}{},
				Results:     results,
			}, reports.LimitTable(known, warnings))
		},
	}
	f.register(cmd, "inf")
	cmd.Flags().StringVar(&init, "init", "lecun", "lecun, he or pytorch: sets kappa")
	numberFlag(cmd.Flags(), &kappa, "kappa", 1, "scale of the weights, instead of --init: d Var V (linear) or d m Var W Var V (hidden)",
		fmt.Sprintf("a positive number, at most %d", theorem.MaxKappa), func(x float64) bool { return x > 0 && x <= theorem.MaxKappa })
	out.register(cmd)
	return cmd
}

// noArguments refuses arguments in one line.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("%s takes flags only, got the argument %q", cmd.CommandPath(), args[0])
	}
	return nil
}
