package catalogue

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// records identifies what the records of the claim's chunks hold. Two claims of
// one id may draw the same replicates and record other statistics of them (R or
// C^2 R): a cell's key, which keys the draws, does not tell them apart. What does
// not enter a record is left out, so that a sweep can be extended and a tolerance
// changed on the chunks there are.
func (s *Spec) records() string {
	about := s.About
	switch subject := about.(type) {
	case *BlockRatio:
		r := *subject
		r.Classes, r.Dims, r.Target = nil, nil, nil
		about = &r
	case *Interpolation:
		p := *subject
		p.Sizes = nil
		about = &p
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %T %+v", s.Kind, about, about))
	return hex.EncodeToString(sum[:8])
}
