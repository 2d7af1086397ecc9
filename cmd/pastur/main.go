// Command pastur decides, by computation, whether what a theorem says about
// large random matrices is so.
//
//	pastur verify     run claims, print verdicts
//	pastur limit      exact values, no sampling
//	pastur ratio      estimate one ratio by any method
//	pastur claims     list the claims; claims ID explains one
//
// Exit codes: 0 all passed, 1 a claim failed, 2 usage or error, 3 nothing
// failed but something is inconclusive or a precision was not reached, 130
// interrupted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Stdout, os.Stderr, os.Args[1:])
	stop()
	os.Exit(code)
}
