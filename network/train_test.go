package network

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

func train(t testing.TB, p *Problem, training Training) *Trainer {
	t.Helper()
	trainer, err := NewTrainer(p, training)
	if err != nil {
		t.Fatal(err)
	}
	return trainer
}

// Three steps by hand on a loss with a known gradient: linear MSE on one sample.
func TestOptimizersByHand(t *testing.T) {
	for _, optimizer := range []Optimizer{SGD, Adam} {
		net, err := NewMLP(ReLU, mat.NewDense(2, 1, []float64{0.5, -1}))
		if err != nil {
			t.Fatal(err)
		}
		p, err := NewProblem(net, MSE, mat.NewDense(1, 1, []float64{2}), []int{0})
		if err != nil {
			t.Fatal(err)
		}
		trainer := train(t, p, Training{optimizer, 0.01, 3})
		if err := trainer.Run(context.Background(), 3, nil); err != nil {
			t.Fatal(err)
		}
		for c, start := range []float64{0.5, -1} {
			w, m, v := start, 0.0, 0.0
			target := 1 - float64(c)
			for step := range 3 {
				// l = (2 w - y)^2
				g := 4 * (2*w - target)
				rate := []float64{0.01, 0.0075, 0.0025}[step]
				if optimizer == SGD {
					w -= rate * g
					continue
				}
				m, v = 0.9*m+0.1*g, 0.999*v+0.001*g*g
				k := float64(step + 1)
				w -= rate * (m / (1 - math.Pow(0.9, k))) / (math.Sqrt(v/(1-math.Pow(0.999, k))) + 1e-8)
			}
			if got := net.Theta()[c]; math.Abs(got-w) > 1e-14 {
				t.Errorf("%s: weight %d is %v, want %v", optimizer, c, got, w)
			}
		}
		if l := trainer.Losses(); len(l) != 3 || l[0] != 4 || !(l[2] < l[0]) {
			t.Errorf("%s: losses %v", optimizer, l)
		}
	}
}

// Written down in the middle and read back into a new trainer, training ends with
// the same bits; so it does for any number of workers.
func TestTrainingResumes(t *testing.T) {
	ctx := context.Background()
	start := func() *Problem { return deep(t, 9, ReLU, CE, 300, 12, 5, 8) }
	for _, optimizer := range []Optimizer{Adam, SGD} {
		training := Training{optimizer, 0.01, 40}
		p := start()
		whole := train(t, p, training)
		if err := whole.Run(ctx, 40, nil); err != nil {
			t.Fatal(err)
		}
		if l := whole.Losses(); !(l[39] < l[0]) {
			t.Errorf("%s: the loss went from %v to %v", optimizer, l[0], l[39])
		}
		q := start()
		q.Workers = 7
		half := train(t, q, training)
		if err := half.Run(ctx, 17, nil); err != nil {
			t.Fatal(err)
		}
		var state bytes.Buffer
		if err := half.Write(&state); err != nil {
			t.Fatal(err)
		}
		r := start()
		r.Workers = 1
		rest := train(t, r, training)
		if err := rest.Read(bytes.NewReader(state.Bytes())); err != nil || rest.Step() != 17 {
			t.Fatal(err, rest.Step())
		}
		if err := rest.Run(ctx, 40, nil); err != nil {
			t.Fatal(err)
		}
		var a, b bytes.Buffer
		if err := errors.Join(whole.Write(&a), rest.Write(&b)); err != nil || !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: another state after resuming (%v)", optimizer, err)
		}
		// Damage, a cut and another training are noticed.
		fresh := train(t, start(), training)
		damaged := bytes.Clone(state.Bytes())
		damaged[len(damaged)-3] ^= 1
		other := train(t, start(), Training{optimizer, 0.02, 40})
		for want, err := range map[string]error{
			"checksum":                   fresh.Read(bytes.NewReader(damaged)),
			"cut short":                  fresh.Read(bytes.NewReader(state.Bytes()[:state.Len()-1])),
			"goes on after":              fresh.Read(bytes.NewReader(append(bytes.Clone(state.Bytes()), 0))),
			"cut short in its first":     fresh.Read(strings.NewReader("")),
			"is no state of training":    fresh.Read(strings.NewReader("hello\n")),
			"belongs to another trainin": other.Read(bytes.NewReader(state.Bytes())),
		} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
		if fresh.Step() != 0 || len(fresh.Losses()) != 0 {
			t.Error("a failed Read changed the trainer")
		}
	}
}

// Cancelling stops between two steps; too large a rate is an error with a step.
func TestTrainingStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	trainer := train(t, deep(t, 9, ReLU, CE, 300, 12, 5, 8), Training{Adam, 0.01, 1000})
	err := trainer.Run(ctx, 1000, func(step int) {
		if step == 5 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || trainer.Step() != 5 {
		t.Errorf("%v at step %d", err, trainer.Step())
	}
	trainer = train(t, deep(t, 9, Identity, MSE, 30, 12, 5, 8), Training{SGD, 1e100, 1000})
	err = trainer.Run(context.Background(), 1000, nil)
	if err == nil || !strings.Contains(err.Error(), "want a smaller rate than 1e+100") {
		t.Errorf("error %v", err)
	}
	for want, training := range map[string]Training{
		"rate must be positive":  {Adam, -1, 1},
		"unknown optimizer":      {"lion", 1, 1},
		"steps must be from 0 t": {SGD, 1, -1},
	} {
		if _, err := NewTrainer(trainer.problem, training); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestSynthetic(t *testing.T) {
	for _, law := range []Synthetic{Gaussian, Clusters} {
		X, y, err := law.Draw(newSource(4), 4000, 6, 3)
		if err != nil {
			t.Fatal(err)
		}
		// Given the label, each coordinate has variance 1 about its class's mean:
		// 24 000 squares, whose mean is within 4.9 sqrt(2/24000) = 0.045 of 1 but
		// for 1e-6; and only clusters have means away from 0.
		means := mat.NewDense(3, 6, nil)
		count := make([]float64, 3)
		for n, row := range rows(X) {
			count[y[n]]++
			for k, x := range row {
				means.Set(y[n], k, means.At(y[n], k)+x)
			}
		}
		for c := range 3 {
			for k := range 6 {
				means.Set(c, k, means.At(c, k)/count[c])
			}
		}
		within := 0.0
		for n, row := range rows(X) {
			for k, x := range row {
				within += (x - means.At(y[n], k)) * (x - means.At(y[n], k))
			}
		}
		if v := within / (4000 * 6); math.Abs(v-1) > 0.045 {
			t.Errorf("%s: variance within classes %v", law, v)
		}
		// 18 means with standard error 0.028: their squared norm is 0.014 for
		// gaussian data, and chi^2_18 for clusters, below 0.5 with probability 1e-9.
		if norm := mat.Norm(means, 2); (norm*norm > 0.5) != (law == Clusters) {
			t.Errorf("%s: class means of norm %v", law, norm)
		}
	}
	if _, _, err := Gaussian.Draw(newSource(1), 0, 1, 2); err == nil || err.Error() != "samples must be at least 1, got 0" {
		t.Errorf("error %v", err)
	}
}
