package replicate

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
)

// Stream is a random stream keyed by (seed, cell, chunk). It is a
// math/rand/v2 Source that also draws the variates random-matrix samplers
// need. The same key gives the same numbers on every machine and every build:
// everything floating is computed with portable elementary functions and
// explicitly rounded products.
//
// The integers come from xoshiro256++ (Blackman and Vigna, Scrambled Linear
// Pseudorandom Number Generators, ACM TOMS 47, 2021), whose 256 bits of state
// are the SHA-256 of the key: streams of different keys are unrelated, and two
// of 10^9 streams of 10^12 numbers overlap with probability below 10^-46. (The
// ChaCha8 of math/rand/v2 costs twice as much, and half a normal's cost is its
// integer.)
//
// A Stream carries the context of the work that draws from it, as [Run] binds
// it: a sampler whose single replicate is long looks at [Stream.Context] every
// so often and returns its error. The context changes no draw.
//
// A Stream is not safe for concurrent use.
type Stream struct {
	s0, s1, s2, s3 uint64
	ctx            context.Context // nil if none is bound
}

var _ rand.Source = (*Stream)(nil)

// NewStream returns the stream of the given chunk of the given cell.
func NewStream(seed uint64, cell string, chunk int) *Stream {
	s := new(Stream)
	s.Reset(seed, cell, chunk)
	return s
}

// Reset makes s the stream of (seed, cell, chunk), from its beginning.
func (s *Stream) Reset(seed uint64, cell string, chunk int) {
	h := sha256.New()
	var word [8]byte
	h.Write([]byte("pastur stream 1\x00"))
	binary.LittleEndian.PutUint64(word[:], seed)
	h.Write(word[:])
	binary.LittleEndian.PutUint64(word[:], uint64(int64(chunk)))
	h.Write(word[:])
	h.Write([]byte(cell)) // last, and the only part of variable length
	var key [sha256.Size]byte
	h.Sum(key[:0])
	s.s0 = binary.LittleEndian.Uint64(key[0:])
	s.s1 = binary.LittleEndian.Uint64(key[8:])
	s.s2 = binary.LittleEndian.Uint64(key[16:])
	s.s3 = binary.LittleEndian.Uint64(key[24:])
}

// Bind makes ctx the context of the work that draws from s; Reset keeps it.
func (s *Stream) Bind(ctx context.Context) { s.ctx = ctx }

// Context returns the context of the work that draws from s, Background if none
// was bound.
func (s *Stream) Context() context.Context {
	if s.ctx == nil {
		return context.Background()
	}
	return s.ctx
}

// Uint64 returns 64 uniform bits.
func (s *Stream) Uint64() uint64 {
	result := bits.RotateLeft64(s.s0+s.s3, 23) + s.s0
	t := s.s1 << 17
	s.s2 ^= s.s0
	s.s3 ^= s.s1
	s.s1 ^= s.s2
	s.s0 ^= s.s3
	s.s2 ^= t
	s.s3 = bits.RotateLeft64(s.s3, 45)
	return result
}

// Float64 returns a uniform number in [0, 1), a multiple of 2^-53.
func (s *Stream) Float64() float64 {
	return float64(s.Uint64()>>11) * 0x1p-53
}

// open returns a uniform number in (0, 1): the midpoints of 2^52 cells, so
// that its logarithm is finite and its law symmetric about 1/2.
func (s *Stream) open() float64 {
	return (float64(s.Uint64()>>12) + 0.5) * 0x1p-52
}

// Sign returns -1 or +1 with probability 1/2 each.
func (s *Stream) Sign() float64 {
	return math.Float64frombits(0x3ff0000000000000 | s.Uint64()&(1<<63))
}
