package selftest

import (
	"pastur/replicate"
	"pastur/verdict"
)

// Mutants returns errors of judging and of sampling, planted in claims that know
// nothing of any theory.
func Mutants() []Mutant {
	var all []Mutant
	for _, c := range Cases() {
		if c.Population.Name != Normal.Name && c.Population.Name != Uniform.Name || c.Looks > 0 {
			continue
		}
		name := "constant off by the BAD edge"
		if c.Kind == verdict.Exact {
			name = "one sample in 64 off"
		}
		at := func(place float64) func() (*verdict.Claim, error) {
			return func() (*verdict.Claim, error) {
				k := c.Claim(place)
				k.ID = "edge"
				return k, nil
			}
		}
		all = append(all, Mutant{Name: name, Claim: c.Name(), Fate: Dies, Planted: at(1), Healthy: at(-1.0 / 3)})
	}
	plant := func(name string, fate Fate, planted func() verdict.Sampler) {
		all = append(all, Mutant{
			Name: name, Claim: "limit: E Z^2 = 1", Fate: fate,
			Planted: func() (*verdict.Claim, error) { return square(planted), nil },
			Healthy: func() (*verdict.Claim, error) {
				return square(func() verdict.Sampler { return verdict.SamplerFunc(squareOf) }), nil
			},
		})
	}
	all = append(all, Mutant{
		Name: "reused stream: every chunk draws the same", Claim: "limit: E Z^2 = 1", Fate: Dies,
		// The chance that the mean of the one chunk is in the gap or in GOOD: 64
		// squares have standard deviation sqrt(2/64) about their mean.
		Escapes: 0.135,
		Planted: func() (*verdict.Claim, error) {
			var first *replicate.Stream
			return square(func() verdict.Sampler { return &reused{first: &first} }), nil
		},
		Healthy: func() (*verdict.Claim, error) {
			return square(func() verdict.Sampler { return verdict.SamplerFunc(squareOf) }), nil
		},
	})
	plant("dropped chunk: one in 16 counts as zeros", Dies, func() verdict.Sampler { return &dropped{} })
	plant("lost tail: what exceeds 3 sigma is redrawn", Dies, func() verdict.Sampler { return verdict.SamplerFunc(lostTail) })
	plant("N for N-1 in a variance of 10", Dies, func() verdict.Sampler { return verdict.SamplerFunc(biasedVariance) })
	plant("stuck sampler: ignores its stream", Refused, func() verdict.Sampler { return verdict.SamplerFunc(stuck) })
	all = append(all, Mutant{
		Name: "stuck samplers: both ignore their streams", Claim: "identity: E X^2 = E Y^2", Fate: Refused,
		Planted: func() (*verdict.Claim, error) { return squares(stuck), nil },
		Healthy: func() (*verdict.Claim, error) { return squares(squareOf), nil },
	}, Mutant{
		Name: "numerator copied from the denominator", Claim: "limit: E X^2/E Y^2 = 1", Fate: Refused,
		Planted: func() (*verdict.Claim, error) { return quotientOfSquares(copied), nil },
		Healthy: func() (*verdict.Claim, error) { return quotientOfSquares(independent), nil },
	})
	plant("not in the sample: 10^-7 of chance, 10 % of mean", Unseen, func() verdict.Sampler { return verdict.SamplerFunc(rare) })
	return all
}

// square is the claim E Z^2 = 1, to 1 %; 3 % off is BAD.
func square(sampler func() verdict.Sampler) *verdict.Claim {
	return &verdict.Claim{
		ID: "square", Statement: "E Z^2 = 1", Kind: verdict.Limit, Target: 1, Good: 0.01, Bad: 0.03,
		Cells: []verdict.Cell{{Key: "Z", Chunk: chunkSize, New: func() (verdict.Sampler, error) { return sampler(), nil }}},
	}
}

// squares is the claim that two cells have one mean, to 5 %; 10 % off is BAD.
func squares(sampler verdict.SamplerFunc) *verdict.Claim {
	c := &verdict.Claim{ID: "squares", Statement: "E X^2 = E Y^2", Kind: verdict.Identity, Good: 0.05, Bad: 0.1}
	for _, key := range []string{"X", "Y"} {
		c.Cells = append(c.Cells, verdict.Cell{Key: key, Chunk: chunkSize, New: func() (verdict.Sampler, error) { return sampler, nil }})
	}
	return c
}

// quotientOfSquares is the claim E X^2/E Y^2 = 1, to 5 %; 10 % off is BAD.
func quotientOfSquares(sampler verdict.SamplerFunc) *verdict.Claim {
	return &verdict.Claim{
		ID: "quotient", Statement: "E X^2/E Y^2 = 1", Kind: verdict.Limit, Target: 1, Good: 0.05, Bad: 0.1,
		Cells: []verdict.Cell{{Key: "X, Y", Chunk: chunkSize, New: func() (verdict.Sampler, error) { return sampler, nil }}},
	}
}

const chunkSize = 64

func stuck(*replicate.Stream) (num, den float64, err error) { return 1, 1, nil }

func independent(s *replicate.Stream) (num, den float64, err error) {
	x, y := s.Normal(), s.Normal()
	return float64(x * x), float64(y * y), nil
}

func copied(s *replicate.Stream) (num, den float64, err error) {
	_, den, err = independent(s)
	return den, den, err
}

func squareOf(s *replicate.Stream) (num, den float64, err error) {
	x := s.Normal()
	return float64(x * x), 1, nil
}

// reused forgets in every chunk which chunk it is.
type reused struct {
	first **replicate.Stream // the stream of the claim's first chunk
	own   replicate.Stream
	drawn int
}

func (r *reused) Sample(s *replicate.Stream) (num, den float64, err error) {
	if *r.first == nil {
		kept := *s
		*r.first = &kept
	}
	if r.drawn%chunkSize == 0 {
		r.own = **r.first
	}
	r.drawn++
	return squareOf(&r.own)
}

// dropped loses whole chunks but counts their replicates.
type dropped struct {
	drawn int
	lost  bool
}

func (d *dropped) Sample(s *replicate.Stream) (num, den float64, err error) {
	if d.drawn%chunkSize == 0 {
		d.lost = s.Uint64()%16 == 0
	}
	d.drawn++
	if num, den, err = squareOf(s); d.lost {
		num = 0
	}
	return num, den, err
}

func lostTail(s *replicate.Stream) (num, den float64, err error) {
	for {
		if x := s.Normal(); x*x <= 9 {
			return float64(x * x), 1, nil
		}
	}
}

// biasedVariance is the variance of 10 normals divided by 10.
func biasedVariance(s *replicate.Stream) (num, den float64, err error) {
	const n = 10
	var x [n]float64
	mean := 0.0
	for i := range x {
		x[i] = s.Normal()
		mean += x[i] / n
	}
	for _, v := range x {
		num += float64((v - mean) * (v - mean))
	}
	return num / n, 1, nil
}

// rare adds 10 % to the mean by an event that a sample of 131 072 does not show.
func rare(s *replicate.Stream) (num, den float64, err error) {
	num, den, err = squareOf(s)
	if s.Float64() < 1e-7 {
		num += 1e6
	}
	return num, den, err
}
