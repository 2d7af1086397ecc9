package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"pastur/reports"
	"pastur/shard"
	"pastur/verdict"
)

// exitCheckpoint says that a signal ended the run and that the same command
// goes on where it ended. (75 is EX_TEMPFAIL of sysexits.h.)
const exitCheckpoint = 75

func newRun() *cobra.Command {
	var o runOptions
	cmd := &cobra.Command{
		Use:   "run PLAN.json --out DIR",
		Short: "Compute a plan, or one shard of it, into a folder",
		Long: `Compute what a plan (pastur plan) describes into a folder of chunk records.

Without --shard, everything is done here: every claim stops at the first look
that decides it, and the verdicts are printed and the exit code is set as by
verify. With --shard i/n (i from 0), every n-th chunk of all looks is computed,
or of the first --looks of them; pastur merge DIR prints the verdicts, the same
bytes. --shard auto/n takes the index from the scheduler: SLURM_ARRAY_TASK_ID,
JOB_COMPLETION_INDEX, AWS_BATCH_JOB_ARRAY_INDEX, PBS_ARRAY_INDEX or SGE_TASK_ID.

The same command goes on where it ended, however it ended: finished chunks are
kept, one of them is computed again and compared, and a shard that is complete
exits 0. Several processes may compute one shard. SIGUSR1 and SIGTERM end the
run with exit code 75 (checkpointed), control-C with 130.`,
		Example: `  pastur run plan.json --out sweep
  pastur run plan.json --out sweep --shard 3/16
  pastur run plan.json --out sweep --shard auto/16 --looks 4`,
		RunE: func(cmd *cobra.Command, args []string) error { return runPlan(cmd, args, &o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.dir, "out", "", "folder of the chunk records (created if need be)")
	flags.StringVar(&o.shard, "shard", "", "i/n, i from 0, or auto/n: compute this part only")
	flags.IntVar(&o.looks, "looks", 0, "with --shard: compute the first so many looks (default all)")
	flags.IntVar(&o.workers, "workers", runtime.NumCPU(), "goroutines that sample; changes no result")
	flags.Lookup("workers").DefValue = "one a processor"
	o.verdicts.register(cmd)
	return cmd
}

type runOptions struct {
	dir, shard string
	looks      int
	workers    int
	verdicts   verdictOutput
}

func runPlan(cmd *cobra.Command, args []string, o *runOptions) error {
	if len(args) != 1 {
		return fmt.Errorf("run needs one plan file (pastur plan SUITE -o plan.json writes it), got %d arguments", len(args))
	}
	if o.dir == "" {
		return errors.New("--out is missing: want the folder of the chunk records")
	}
	if err := errors.Join(o.verdicts.check(), (&samplingFlags{workers: o.workers}).check()); err != nil {
		return err
	}
	// From here on, as a folder may take long to read.
	ctx, asked := untilSignal(cmd.Context())
	defer asked()
	plan, err := shard.ReadPlan(args[0])
	if err != nil {
		return err
	}
	part, err := o.part(cmd, plan)
	if err != nil {
		return err
	}
	// ended turns an interruption that was a signal to checkpoint into one.
	ended := func(err error) error {
		if asked() && errors.Is(err, context.Canceled) {
			fmt.Fprintln(cmd.ErrOrStderr(), "pastur: checkpointed; the same command goes on")
			return exitCode(exitCheckpoint)
		}
		return err
	}
	suite, claims, err := planClaims(ctx, plan)
	if err != nil {
		return ended(err)
	}
	build, err := buildStamp()
	if err != nil {
		return err
	}
	work, err := shard.Create(o.dir, plan, claims, part, build)
	if err != nil {
		return err
	}
	bar := newProgress(cmd.ErrOrStderr())
	start, label := time.Now(), ""
	options := shard.Options{
		Workers: o.workers,
		Clock:   func() float64 { return time.Since(start).Seconds() },
		Pick:    rand.IntN,
		Progress: func(what string, look, looks, done, total int) {
			if what != label {
				label = what
				bar.start(label)
			}
			bar.update(look, looks, done, total)
		},
	}
	var verdicts []verdict.Verdict
	if o.shard != "" {
		err = work.Compute(ctx, part, o.looks, options)
	} else {
		verdicts, err = work.Decide(ctx, options)
	}
	bar.close()
	if closed := work.Folder.Close(); closed != nil {
		return errors.Join(err, closed)
	}
	if err == nil && o.shard == "" {
		err = o.verdicts.write(cmd, suite, plan, verdicts, reports.ThisEnvironment())
	}
	if err = ended(err); errors.Is(err, context.Canceled) {
		err = &keptError{err, o.dir}
	}
	return err
}

// part returns the part asked for, and completes --looks.
func (o *runOptions) part(cmd *cobra.Command, plan *shard.Plan) (shard.Part, error) {
	if o.shard == "" {
		if cmd.Flags().Changed("looks") {
			return shard.Part{}, errors.New("--looks goes with --shard: a run in one place stops at the first look that decides")
		}
		return shard.Whole, nil
	}
	for _, flag := range verdictFlags {
		if cmd.Flags().Changed(flag) {
			return shard.Part{}, fmt.Errorf("--%s does not go with --shard: a shard has no verdicts (pastur merge prints them)", flag)
		}
	}
	part, err := shard.ParsePart(o.shard, os.Getenv)
	if err != nil {
		return part, fmt.Errorf("--shard %w", err)
	}
	o.looks, err = checkLooks(cmd, o.looks, plan)
	return part, err
}

// checkLooks returns how many looks are meant: all if the flag is not given.
func checkLooks(cmd *cobra.Command, looks int, plan *shard.Plan) (int, error) {
	if !cmd.Flags().Changed("looks") {
		return plan.Looks(), nil
	}
	if looks < 1 || looks > plan.Looks() {
		return 0, fmt.Errorf("--looks must be from 1 to %d, the looks of the plan, got %d", plan.Looks(), looks)
	}
	return looks, nil
}

// signalled is how long after a cancelled context a signal may be reported: the
// runtime notifies the two in any order.
const signalled = 100 * time.Millisecond

// untilSignal returns a context that ends at a signal to checkpoint, and a
// function that stops listening and tells whether there was one.
func untilSignal(parent context.Context) (context.Context, func() bool) {
	ctx, cancel := context.WithCancel(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, checkpointSignals...)
	seen, stop, done := false, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		defer cancel()
		select {
		case <-signals:
			seen = true
			return
		case <-parent.Done():
		case <-stop:
			return
		}
		select {
		case <-signals:
			seen = true
		case <-time.After(signalled):
		}
	}()
	return ctx, sync.OnceValue(func() bool {
		close(stop)
		<-done
		signal.Stop(signals)
		return seen
	})
}
