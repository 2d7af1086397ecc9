// Package verdict decides claims by sampling, with controlled error rates.
//
// A claim says where a number lies: it has a GOOD set and, a gap away from it,
// a BAD set. Replicates are drawn in doubling looks. At each look, if the
// (1-alpha/K) confidence interval excludes the GOOD set the claim FAILs; if an
// interval each of whose ends misses with probability beta/K excludes the BAD
// set it PASSes; if both, the number lies in the gap and the claim is
// INCONCLUSIVE; if neither, there is another look, K of them at the most. So a
// true claim fails with probability at most alpha, a claim that is wrong by
// more than the gap passes with probability at most beta, and running out of
// budget never turns into a pass.
//
// A claim about several cells (a rate over many C) doubles at each look only
// the cells that need it: those with heavy tails or most of the variance.
//
// An interval from the central limit theorem is believed only when the sample
// itself says it may be: see [Moments.TailGate].
//
// No gate can see tails that the sample does not show: a rare, large event on
// top of a varying statistic is the sampler's business (importance sampling),
// not the judge's.
//
// The package knows nothing about what is sampled: anything that draws a
// (numerator, denominator) pair from a [replicate.Stream] can be put on trial.
package verdict
