// Package shard computes a set of claims in parts, anywhere, and judges them in
// one place, with the verdicts of one uninterrupted run.
//
// A [Plan] is a file: the claims with their cells, chunks and looks, and the
// seed. Its hash is the identity of the run. A [Part] i/n of it is every n-th
// chunk. The chunks' records lie in files of a folder ([replicate.Folder]),
// whoever wrote them. A verdict is a function of the ordered chunks and the look
// schedule, so [Work.Merge] replays the decision rule on the records; it refuses
// if a chunk the rule asks for is missing. A run that is not sharded computes at
// each look what the replay misses, and so stops at the first look that decides;
// a part cannot know what the others found and computes all its chunks of the
// first so many looks.
//
// The package knows nothing about what is sampled: a plan carries the text its
// claims come from, and whoever reads the plan makes the claims from the text.
package shard
