// Package replicate runs random experiments so that their results are a
// function of the settings alone.
//
// A run is a plan: a seed, and cells cut into chunks of replicates. Everything
// random in a chunk comes from a [Stream] keyed by (seed, cell, chunk), never
// by worker, time or order; the chunks' records are folded in index order. So
// the same plan gives the same bytes for one worker or seven, for any split
// into shards, and after a kill and a resume from a state [Folder]; and asking
// for more chunks later continues the same experiment.
//
// The streams draw with full double resolution and portable arithmetic: the
// same bits for GOAMD64=v1 and v3 and on arm64.
package replicate
