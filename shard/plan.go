package shard

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"pastur/replicate"
	"pastur/verdict"
)

// Plan is everything that determines the verdicts of a set of claims. It holds
// no time, host or worker count: the same suite and seed give the same bytes.
type Plan struct {
	Format     string  `json:"format"`
	Version    int     `json:"version"`
	Hash       string  `json:"hash"`       // SHA-256 of the plan with an empty hash
	Estimators int     `json:"estimators"` // replicate.Version
	Suite      Source  `json:"suite"`
	Seed       uint64  `json:"seed"`
	Claims     []Claim `json:"claims"`
}

// Source is what the claims are made from: the name and text of a suite file.
type Source struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// Claim is one claim of a plan: what is decided, and by which looks.
type Claim struct {
	ID      string       `json:"id"`
	Kind    verdict.Kind `json:"kind"`
	Target  float64      `json:"target"`
	Good    float64      `json:"good"`
	Bad     float64      `json:"bad"`
	Bias    float64      `json:"bias"`
	Power   float64      `json:"power"`
	AtLeast bool         `json:"at_least"`
	Alpha   float64      `json:"alpha"`
	Beta    float64      `json:"beta"`
	Looks   int          `json:"looks"`
	Cells   []Cell       `json:"cells"`
}

// Cell is one cell of a claim. Look k comprises its first First 2^(k-1) chunks.
type Cell struct {
	Key       string             `json:"key"` // keys the random streams
	X         float64            `json:"x"`
	Minus     float64            `json:"minus"`
	ChunkSize int                `json:"chunk_size"` // replicates
	First     int                `json:"first"`      // chunks of the first look
	Chunks    int                `json:"chunks"`     // of the last look: the budget
	Assume    verdict.Assumption `json:"assume"`
	Range     *[2]float64        `json:"range,omitempty"` // of a bounded statistic
}

const (
	planFormat  = "pastur plan"
	planVersion = 1
)

// NewPlan returns the plan of claims made from source.
func NewPlan(source Source, seed uint64, claims []*verdict.Claim) (*Plan, error) {
	p := &Plan{Format: planFormat, Version: planVersion, Estimators: replicate.Version, Suite: source, Seed: seed}
	streams := replicate.Plan{Seed: seed}
	for _, c := range claims {
		if err := c.Validate(); err != nil {
			return nil, err
		}
		c = c.Filled()
		cells := c.Plan(seed).Cells
		streams.Cells = append(streams.Cells, cells...)
		claim := Claim{
			ID: c.ID, Kind: c.Kind, Target: c.Target, Good: c.Good, Bad: c.Bad, Bias: c.Bias, Power: c.Power, AtLeast: c.AtLeast,
			Alpha: c.Alpha, Beta: c.Beta, Looks: c.Looks,
		}
		for i, cell := range c.Cells {
			k := Cell{
				Key: cells[i].Key, X: cell.X, Minus: cell.Minus, ChunkSize: cell.Chunk,
				First: cell.FirstLook() / cell.Chunk, Chunks: cells[i].Chunks, Assume: cell.Assume,
			}
			if cell.Assume == verdict.Bounded {
				k.Range = &[2]float64{cell.Range.Lo, cell.Range.Hi}
			}
			claim.Cells = append(claim.Cells, k)
		}
		p.Claims = append(p.Claims, claim)
	}
	if err := streams.Validate(); err != nil {
		return nil, err
	}
	hash, err := p.hash()
	p.Hash = hash
	return p, err
}

func (p Plan) hash() (string, error) {
	p.Hash = ""
	text, err := json.Marshal(p)
	if err != nil {
		return "", fmt.Errorf("plan: %w", err)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// Write writes the plan as indented JSON.
func (p *Plan) Write(w io.Writer) error {
	text, err := p.bytes()
	if err == nil {
		_, err = w.Write(text)
	}
	return err
}

func (p *Plan) bytes() ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(p)
	return out.Bytes(), err
}

// ReadPlan reads a plan file. It is an error if it has been altered, or was
// made by a version whose estimators draw other numbers.
func ReadPlan(path string) (*Plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("plan: %w", err)
	}
	p, err := parsePlan(text)
	if err != nil {
		return nil, fmt.Errorf("plan %s: %w", path, err)
	}
	return p, nil
}

func parsePlan(text []byte) (*Plan, error) {
	p := new(Plan)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(p)
	if _, end := d.Token(); err == nil && end != io.EOF {
		err = errors.New("something follows the plan")
	}
	switch {
	case p.Format != "" && p.Format != planFormat || p.Format == planFormat && p.Version != planVersion:
		return nil, fmt.Errorf("format %q version %d: want %q version %d", p.Format, p.Version, planFormat, planVersion)
	case err != nil || p.Format == "":
		return nil, errors.New("not a plan (pastur plan SUITE -o plan.json writes one)")
	case p.Estimators != replicate.Version:
		return nil, fmt.Errorf("made for version %d of the estimators, this is %d: make the plan again, or use the pastur that made it", p.Estimators, replicate.Version)
	}
	hash, err := p.hash()
	if err != nil {
		return nil, err
	}
	if hash != p.Hash {
		return nil, errors.New("altered since it was written: its hash does not match; make the plan again")
	}
	return p, nil
}

// check reports the first way in which claims differ from the plan's: they were
// made from the plan's text by a program that reads it otherwise.
func (p *Plan) check(claims []*verdict.Claim) error {
	again, err := NewPlan(p.Suite, p.Seed, claims)
	if err != nil {
		return err
	}
	if again.Hash == p.Hash {
		return nil
	}
	for i := range p.Claims {
		if i < len(again.Claims) {
			a, errA := json.Marshal(p.Claims[i])
			b, errB := json.Marshal(again.Claims[i])
			if errA != nil || errB != nil || !bytes.Equal(a, b) {
				return fmt.Errorf("plan: this pastur reads claim %s otherwise than the one that made the plan: use that one, or make the plan again", p.Claims[i].ID)
			}
		}
	}
	return fmt.Errorf("plan: has %d claims, its text gives %d", len(p.Claims), len(again.Claims))
}

// Looks returns the largest number of looks of any claim.
func (p *Plan) Looks() int {
	looks := 0
	for i := range p.Claims {
		looks = max(looks, p.Claims[i].Looks)
	}
	return looks
}

// Chunks returns the number of chunks of the first so many looks.
func (p *Plan) Chunks(looks int) int {
	total := 0
	p.stretches(looks, func(s stretch) { total += s.to - s.from })
	return total
}

// stretch is the chunks [from, to) of a cell that a look adds. offset is how
// many chunks of the plan come before.
type stretch struct {
	claim, cell, look int
	from, to          int
	offset            int
}

// stretches visits the plan's chunks in the order in which parts compute them:
// look after look, so that a part that is not complete has the first looks of
// every claim. The order of the first looks does not depend on how many follow.
func (p *Plan) stretches(looks int, visit func(stretch)) {
	offset := 0
	for look := 1; look <= looks; look++ {
		for i := range p.Claims {
			if look > p.Claims[i].Looks {
				continue
			}
			for j := range p.Claims[i].Cells {
				s := stretch{claim: i, cell: j, look: look, offset: offset}
				s.to = p.Claims[i].Cells[j].First << (look - 1)
				if look > 1 {
					s.from = s.to / 2
				}
				visit(s)
				offset += s.to - s.from
			}
		}
	}
}

// owner returns which of n parts computes a chunk of the stretch.
func (s *stretch) owner(chunk, n int) int { return (s.offset + chunk - s.from) % n }

// first returns the first chunk of the stretch that part i of n computes; it
// may lie beyond the stretch. Every n-th chunk from there on is the part's.
func (s *stretch) first(i, n int) int { return s.from + ((i-s.offset)%n+n)%n }

// Seconds returns the work of the first so many looks when a chunk of a cell
// takes pace(claim, cell) seconds.
func (p *Plan) Seconds(looks int, pace func(claim, cell int) float64) float64 {
	total := 0.0
	p.stretches(looks, func(s stretch) { total += float64(s.to-s.from) * pace(s.claim, s.cell) })
	return total
}
