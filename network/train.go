package network

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
)

// Optimizer names a way of training on all samples at once.
type Optimizer string

const (
	// Adam is that of D. P. Kingma and J. Ba, "Adam: a method for stochastic
	// optimization", ICLR 2015, Algorithm 1, with beta_1 = 0.9, beta_2 = 0.999 and
	// epsilon = 1e-8.
	Adam Optimizer = "adam"
	// SGD is gradient descent, theta - rate * gradient, without momentum. All
	// samples enter every step, so nothing about it is stochastic but its name.
	SGD Optimizer = "sgd"
)

// ParseOptimizer returns the optimizer called s: "adam" or "sgd".
func ParseOptimizer(s string) (Optimizer, error) { return parse("optimizer", s, Adam, SGD) }

// DefaultRate is the learning rate of the experiments of Dong, Zhang, Yao, Sun
// (2025).
const DefaultRate = 1e-4

// Training is how a net is trained: Steps steps at the rates of a cosine schedule,
//
//	rate_t = Rate (1 + cos(pi t / Steps)) / 2,  t = 0 .. Steps-1.
type Training struct {
	Optimizer Optimizer `json:"optimizer"`
	Rate      float64   `json:"rate"`
	Steps     int       `json:"steps"`
}

// Check returns what is wrong with the training.
func (t Training) Check() error {
	if _, err := ParseOptimizer(string(t.Optimizer)); err != nil {
		return err
	}
	if !(t.Rate > 0) || math.IsInf(t.Rate, 0) {
		return fmt.Errorf("rate must be positive, got %v", t.Rate)
	}
	if t.Steps < 0 || int64(t.Steps) > 1<<31 {
		return fmt.Errorf("steps must be from 0 to 2^31, got %d", t.Steps)
	}
	return nil
}

// rate returns the learning rate of step t.
func (t Training) rate(step int) float64 {
	return t.Rate * (1 + math.Cos(math.Pi*float64(step)/float64(t.Steps))) / 2
}

// The constants of Adam.
const (
	beta1       = 0.9
	beta2       = 0.999
	adamEpsilon = 1e-8
)

// Trainer trains the net of a problem, full batch. It can be written down between
// any two steps and read back: training then goes on with the same bits as if it
// had not been interrupted (in the same build).
type Trainer struct {
	training      Training
	problem       *Problem
	step          int
	first, second []float64 // moments (Adam)
	gradient      []float64
	losses        []float64 // before each step
	key           string
}

// NewTrainer returns a trainer at step 0. The net's weights are the ones to start
// from, and are changed by every step.
func NewTrainer(p *Problem, training Training) (*Trainer, error) {
	if err := training.Check(); err != nil {
		return nil, err
	}
	n := p.Net.Parameters()
	t := &Trainer{training: training, problem: p, gradient: make([]float64, n)}
	if training.Optimizer == Adam {
		t.first, t.second = make([]float64, n), make([]float64, n)
	}
	t.key = t.fingerprint()
	return t, nil
}

// Key identifies the training: its schedule, data and initial weights.
func (t *Trainer) Key() string { return t.key }

// Step returns how many steps have been made.
func (t *Trainer) Step() int { return t.step }

// Losses returns the loss before each step made so far: Losses()[k] belongs to step
// k. It shares memory with the trainer.
func (t *Trainer) Losses() []float64 { return t.losses }

// Run makes steps until to have been made. after, if not nil, is called after each.
// It returns an error if the loss, a gradient or a weight is no longer finite, or if ctx ends: the
// trainer then stands between two steps.
func (t *Trainer) Run(ctx context.Context, to int, after func(step int)) error {
	if to > t.training.Steps {
		return fmt.Errorf("training has %d steps, asked for step %d", t.training.Steps, to)
	}
	for t.step < to {
		fit, err := t.problem.Gradient(ctx, t.gradient)
		if err != nil {
			if ctx.Err() != nil {
				return err
			}
			return fmt.Errorf("at step %d: %w: want a smaller rate than %v", t.step, err, t.training.Rate)
		}
		t.update()
		t.losses = append(t.losses, fit.Loss)
		t.step++
		if after != nil {
			after(t.step)
		}
	}
	return nil
}

// update makes one step along the gradient.
func (t *Trainer) update() {
	theta, rate := t.problem.Net.theta, t.training.rate(t.step)
	if t.training.Optimizer == SGD {
		for k, g := range t.gradient {
			theta[k] -= rate * g
		}
		return
	}
	c1 := 1 - math.Pow(beta1, float64(t.step+1))
	c2 := 1 - math.Pow(beta2, float64(t.step+1))
	for k, g := range t.gradient {
		t.first[k] = beta1*t.first[k] + (1-beta1)*g
		t.second[k] = beta2*t.second[k] + (1-beta2)*g*g
		theta[k] -= rate * (t.first[k] / c1) / (math.Sqrt(t.second[k]/c2) + adamEpsilon)
	}
}

// fingerprint identifies the training, its data and the weights it starts from.
func (t *Trainer) fingerprint() string {
	h := sha256.New()
	p := t.problem
	fmt.Fprintf(h, "%v %v %v %v\n", t.training, p.Loss, p.Net.activation, p.Net.sizes)
	writeFloats(h, p.Net.theta)
	for _, row := range rows(p.X) {
		writeFloats(h, row)
	}
	for _, y := range p.Labels {
		fmt.Fprintln(h, y)
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:16])
}

// trainerHeader is the first line of a written trainer.
type trainerHeader struct {
	Format string `json:"format"`
	Key    string `json:"key"`
	Step   int    `json:"step"`
	Sum    string `json:"sum"` // of the numbers that follow
}

const trainerFormat = "pastur training 1"

// numbers returns all state but the step.
func (t *Trainer) numbers() [][]float64 {
	return [][]float64{t.problem.Net.theta, t.first, t.second, t.losses}
}

// Write writes the trainer's state.
func (t *Trainer) Write(w io.Writer) error {
	sum := sha256.New()
	for _, x := range t.numbers() {
		writeFloats(sum, x)
	}
	header, err := json.Marshal(trainerHeader{trainerFormat, t.key, t.step, fmt.Sprintf("%x", sum.Sum(nil)[:16])})
	if err != nil {
		return err
	}
	if _, err := w.Write(append(header, '\n')); err != nil {
		return err
	}
	for _, x := range t.numbers() {
		if err := writeFloats(w, x); err != nil {
			return err
		}
	}
	return nil
}

// ErrOtherTraining says that a state belongs to another training: other data, other
// initial weights, another schedule.
var ErrOtherTraining = errors.New("belongs to another training")

// Read takes over what [Trainer.Write] wrote, which must have been of the same
// training, data and initial weights. On an error the trainer is unchanged.
func (t *Trainer) Read(r io.Reader) error {
	in := bufio.NewReader(r)
	line, err := in.ReadBytes('\n')
	if err != nil {
		return errors.New("is cut short in its first line")
	}
	var header trainerHeader
	if json.Unmarshal(line, &header) != nil || header.Format != trainerFormat {
		return fmt.Errorf("is no state of training: want a first line with format %q, got %q", trainerFormat, bytes.TrimSpace(line[:min(40, len(line))]))
	}
	if header.Key != t.key {
		return ErrOtherTraining
	}
	if header.Step < 0 || header.Step > t.training.Steps {
		return fmt.Errorf("is damaged: step %d of %d", header.Step, t.training.Steps)
	}
	old := t.numbers()
	sum := sha256.New()
	fresh := make([][]float64, len(old))
	for k, x := range old {
		size := len(x)
		if k == len(old)-1 {
			size = header.Step
		}
		if fresh[k], err = readFloats(io.TeeReader(in, sum), size); err != nil {
			return err
		}
	}
	if _, err := in.ReadByte(); err == nil {
		return errors.New("is damaged: it goes on after its end")
	}
	if fmt.Sprintf("%x", sum.Sum(nil)[:16]) != header.Sum {
		return errors.New("is damaged: its checksum is wrong")
	}
	copy(t.problem.Net.theta, fresh[0])
	t.first, t.second, t.losses, t.step = fresh[1], fresh[2], fresh[3], header.Step
	return nil
}

func writeFloats(w io.Writer, x []float64) error {
	buffer := make([]byte, 0, 8*min(len(x), 4096))
	for part := range slices.Chunk(x, 4096) {
		buffer = buffer[:0]
		for _, v := range part {
			buffer = binary.LittleEndian.AppendUint64(buffer, math.Float64bits(v))
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}

func readFloats(r io.Reader, n int) ([]float64, error) {
	out := make([]float64, 0, min(n, 1<<16))
	var word [8]byte
	for len(out) < n {
		if _, err := io.ReadFull(r, word[:]); err != nil {
			return nil, errors.New("is cut short")
		}
		out = append(out, math.Float64frombits(binary.LittleEndian.Uint64(word[:])))
	}
	return out, nil
}
