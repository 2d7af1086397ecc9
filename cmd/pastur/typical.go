package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pastur/montecarlo"
	"pastur/replicate"
	"pastur/reports"
)

// defaultNetworks is how many networks --typical draws unless --replicates says.
const defaultNetworks = 400

// typicalPlan is the plan of the canonical JSON under --typical.
type typicalPlan struct {
	Seed     uint64   `json:"seed"`
	Networks int      `json:"networks"`
	Inner    int      `json:"inner"`
	Cells    []string `json:"cells"`
}

// typical measures the law of networks' own ratios.
func typical(cmd *cobra.Command, settings []montecarlo.Setting, rounded [][]string, out *output, o *ratioOptions) (err error) {
	for _, name := range []string{"method", "rel-error"} {
		if cmd.Flags().Changed(name) {
			return fmt.Errorf("--typical averages over data points given the weights: --%s does not apply", name)
		}
	}
	networks := defaultNetworks
	if o.replicates > 0 {
		networks = int(o.replicates)
	}
	plan := typicalPlan{Seed: o.seed, Networks: networks, Inner: o.inner}
	var estimators []*montecarlo.Estimator
	for _, s := range settings {
		if s.Limit() {
			s.Samples = 0
		}
		method := montecarlo.TwoPoint
		if !s.Init.Gaussian() && !s.Limit() {
			method = montecarlo.Gram // any will do: networks are drawn
		}
		e, err := montecarlo.New(s, method)
		if err != nil {
			return err
		}
		if _, err := e.Conditional(o.inner); err != nil {
			return err
		}
		estimators = append(estimators, e)
		plan.Cells = append(plan.Cells, e.Setting.String())
	}
	options, err := o.options()
	if err != nil {
		return err
	}
	defer o.closeState(&err)
	bar := newProgress(cmd.ErrOrStderr())
	defer bar.close()
	var results []reports.TypicalResult
	for i, e := range estimators {
		bar.start(e.Setting.String())
		t, err := montecarlo.MeasureTypical(cmd.Context(), e, networks, o.inner, replicate.Options{
			Seed: options.Seed, Workers: options.Workers, State: options.State,
			Progress: func(done, total int) { bar.update(1, 1, done, total) },
		})
		if err != nil {
			return err
		}
		results = append(results, reports.Typical(e, t, rounded[i]))
	}
	bar.close()
	if len(results) == 0 {
		return errors.New("no setting to measure")
	}
	document := &reports.Document{Environment: reports.ThisEnvironment(), Plan: plan, Results: results}
	return out.write(cmd, document, reports.TypicalTable(results))
}
