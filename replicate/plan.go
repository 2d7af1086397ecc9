package replicate

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Version is the version of the streams, the samplers' contract and the chunk
// records: whatever changes the bits of a replicate raises it. It is part of every
// plan's hash and of every state file, so that results of different versions are
// never mixed.
const Version = 2

// Plan is everything that determines a run's numbers: the seed and, for each
// cell, its key, how many replicates a chunk holds and how many chunks there
// are. Workers, time and order are not in it because nothing depends on them.
type Plan struct {
	Seed  uint64     `json:"seed"`
	Cells []PlanCell `json:"cells"`
}

// PlanCell is one parameter point of one claim.
type PlanCell struct {
	Key       string `json:"key"`        // identity of the cell: it keys the streams
	ChunkSize int    `json:"chunk_size"` // replicates a chunk, > 0
	Chunks    int    `json:"chunks"`     // budget, in chunks
}

// Hash returns the hexadecimal SHA-256 of the plan's canonical JSON together
// with Version: the identity of a run.
func (p Plan) Hash() string {
	canonical, err := json.Marshal(struct {
		Version int `json:"version"`
		Plan
	}{Version, p})
	if err != nil {
		panic("replicate: a plan is always encodable: " + err.Error())
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:])
}

// Validate reports the first cell that cannot be run: an empty or repeated
// key, or a size below 1.
func (p Plan) Validate() error {
	seen := make(map[string]bool, len(p.Cells))
	for i, c := range p.Cells {
		switch {
		case c.Key == "":
			return fmt.Errorf("plan: cell %d has no key", i)
		case seen[c.Key]:
			return fmt.Errorf("plan: cell key %q appears twice; keys must differ or the cells would share their draws", c.Key)
		case c.ChunkSize < 1:
			return fmt.Errorf("plan: cell %q: chunk_size must be at least 1, got %d", c.Key, c.ChunkSize)
		case c.Chunks < 1:
			return fmt.Errorf("plan: cell %q: chunks must be at least 1, got %d", c.Key, c.Chunks)
		}
		seen[c.Key] = true
	}
	return nil
}
