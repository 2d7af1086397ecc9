// Package selftest puts the judge on trial: it measures the error rates of
// package verdict, and counts the samples that planted errors need to die.
//
// Calibrate runs claims whose truth is known, thousands of times: at the edge
// of GOOD an interval may exclude GOOD with probability at most alpha, at the
// edge of BAD a claim may PASS with probability at most beta. Both are counted
// at an inflated level, where 10 000 runs say something, for every kind of claim
// and for normal, skewed and lognormal samples; a count is accepted if chance
// would reach it more often than once in a million. Where the tail gate refuses
// a sample there is no verdict, and the count says so: INCONCLUSIVE is neither
// an alarm nor a miss.
//
// Kill runs mutants: claims with an error planted in them. Each must FAIL, or
// where no sample can show the error at least never PASS.
//
// Everything is drawn from streams keyed by (seed, case, run), so the tables
// are the same bytes for any number of workers.
package selftest
