package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pastur/shard"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

func newPlan() *cobra.Command {
	var o planOptions
	cmd := &cobra.Command{
		Use:   "plan SUITE [ID...]",
		Short: "Write the plan of a suite, to be computed in parts",
		Long: `Write a plan: the claims of a suite (all, or those named) with their cells,
chunks and looks, and the seed, as JSON. The plan's hash is the identity of the
run. The same suite and seed give the same bytes.

  pastur run plan.json --out DIR                computes it here
  pastur run plan.json --out DIR --shard 0/16   computes one part of 16
  pastur merge DIR                              prints the verdicts
  pastur emit slurm plan.json --shards 16       writes the script for a cluster

--calibrate computes a chunk of every cell and says on standard error how long
the looks would take and how many shards to make; it changes no plan.`,
		Example: `  pastur plan paper -o plan.json --calibrate
  pastur plan mine.toml --seed 7 -o plan.json
  pastur plan quick linear-ce-c10 hidden-mse-rate -o plan.json`,
		RunE: func(cmd *cobra.Command, args []string) error { return plan(cmd, args, &o) },
	}
	flags := cmd.Flags()
	flags.Uint64Var(&o.seed, "seed", defaultSeed, "seed of all randomness")
	flags.StringVarP(&o.file, "out", "o", "-", "file to write, whole or not at all; - is standard output")
	flags.BoolVar(&o.calibrate, "calibrate", false, "time a chunk of every cell and advise on the number of shards")
	numberFlag(flags, &o.minutes, "shard-minutes", 10, "minutes that a shard should take, for the advice", "a positive number", positive)
	return cmd
}

type planOptions struct {
	seed      uint64
	file      string
	calibrate bool
	minutes   float64
}

func plan(cmd *cobra.Command, args []string, o *planOptions) error {
	if len(args) == 0 {
		return fmt.Errorf("plan needs a suite: one of %v, or a .toml file", catalogue.Names())
	}
	out := output{format: "json", file: o.file, flag: "--out"}
	if err := out.check(); err != nil {
		return err
	}
	text, err := suiteText(args[0])
	if err != nil {
		return err
	}
	suite, err := catalogue.Parse(args[0], text)
	if err != nil {
		return err
	}
	specs, err := suite.Find(args[1:])
	if err != nil {
		return err
	}
	claims, err := claimsOf(cmd.Context(), specs)
	if err != nil {
		return err
	}
	p, err := shard.NewPlan(shard.Source{Name: suite.Name, Text: string(text)}, o.seed, claims)
	if err != nil {
		return err
	}
	if err := out.writeWith(cmd, p.Write); err != nil {
		return err
	}
	if !o.calibrate {
		return nil
	}
	start := time.Now()
	pace, err := shard.Calibrate(cmd.Context(), p, claims, func() float64 { return time.Since(start).Seconds() })
	if err != nil {
		return err
	}
	advise(cmd.ErrOrStderr(), p, pace, o.minutes)
	return nil
}

// advise says how long the looks take and how many shards to make.
func advise(w io.Writer, p *shard.Plan, pace func(claim, cell int) float64, minutes float64) {
	fmt.Fprintln(w, "looks    chunks   one core   shards of about "+clock(60*minutes))
	for looks := 1; looks <= p.Looks(); looks++ {
		seconds := p.Seconds(looks, pace)
		shards := int(math.Ceil(seconds / (60 * minutes)))
		fmt.Fprintf(w, "%5d  %8d  %9s  %7d\n", looks, p.Chunks(looks), clock(seconds), shards)
	}
	fmt.Fprintf(w, "A run in one place stops each claim at the first look that decides it; a shard computes all %d looks, or --looks of them.\n", p.Looks())
}

// clock writes a duration as people say it: 8 s, 5 min, 3.2 h.
func clock(seconds float64) string {
	switch {
	case math.IsNaN(seconds):
		return "?"
	case seconds < 10:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 120:
		return fmt.Sprintf("%.0f s", seconds)
	case seconds < 7200:
		return fmt.Sprintf("%.0f min", seconds/60)
	case seconds < 2*86400:
		return fmt.Sprintf("%.1f h", seconds/3600)
	}
	return fmt.Sprintf("%.1f days", seconds/86400)
}

// claimsOf makes claims ready to be run. Exact targets may take tenths of a second
// each.
func claimsOf(ctx context.Context, specs []*catalogue.Spec) ([]*verdict.Claim, error) {
	var claims []*verdict.Claim
	for _, spec := range specs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		claim, err := spec.Claim()
		if err != nil {
			return nil, err
		}
		claims = append(claims, claim)
	}
	return claims, nil
}

// suiteText returns the text of a built-in suite or of a file.
func suiteText(nameOrFile string) ([]byte, error) {
	if !strings.HasSuffix(nameOrFile, ".toml") {
		return catalogue.Source(nameOrFile)
	}
	text, err := os.ReadFile(nameOrFile)
	if err != nil {
		return nil, fmt.Errorf("suite: %w", err)
	}
	return text, nil
}

// planClaims makes the plan's claims from its text.
func planClaims(ctx context.Context, p *shard.Plan) (*catalogue.Suite, []*verdict.Claim, error) {
	suite, err := catalogue.Parse(p.Suite.Name, []byte(p.Suite.Text))
	if err != nil {
		return nil, nil, fmt.Errorf("plan: its suite: %w", err)
	}
	var ids []string
	for i := range p.Claims {
		ids = append(ids, p.Claims[i].ID)
	}
	if ids == nil {
		return nil, nil, errors.New("plan: it has no claims")
	}
	specs, err := suite.Find(ids)
	if err != nil {
		return nil, nil, fmt.Errorf("plan: %w", err)
	}
	claims, err := claimsOf(ctx, specs)
	return suite, claims, err
}
