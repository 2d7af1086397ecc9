// Command pastur decides, by computation, whether what a theorem says about
// large random matrices is so.
//
//	pastur verify      run claims and print verdicts
//	pastur claims      list the claims of a suite, or explain some
//	pastur limit       exact values, without sampling
//	pastur ratio       estimate one ratio, or a grid of them, by any method
//	pastur gmp         solve the generalized Marchenko-Pastur law
//	pastur spectrum    hold eigenvalues of Hessian blocks against that law
//	pastur lindeberg   the gap between a Hessian block and its independent copy
//	pastur hessian     a network's Hessian: picture and block norms
//	pastur appendix    every table and figure of a paper's appendix
//	pastur plan        write the plan of a suite, to be computed in parts
//	pastur run         compute a plan, or one shard of it, into a folder
//	pastur merge       the verdicts of a plan that was computed in parts
//	pastur missing     which shards a merge still waits for
//	pastur status      how far a plan has come
//	pastur emit        the script that computes a plan with a scheduler
//	pastur selftest    put the judge on trial: its error rates
//	pastur version     the version and what it was built with
//	pastur completion  the completion script of a shell
//	pastur manpages    the manual pages
//
// Exit codes: 0 all passed, 1 a claim failed, 2 usage or error, 3 nothing
// failed but something is inconclusive, missing or a precision was not reached,
// 75 run was ended by SIGTERM or SIGUSR1 and the same command goes on, 130
// interrupted.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(interruptible(os.Stderr, func(ctx context.Context) int { return run(ctx, os.Stdout, os.Stderr, os.Args[1:]) }))
}
