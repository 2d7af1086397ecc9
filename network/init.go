package network

import (
	"fmt"
	"math"
)

// Source is the randomness that weights are drawn from. It is the caller's: this
// package keeps no generator of its own.
type Source interface {
	// Normal returns a standard normal variate.
	Normal() float64
	// Float64 returns a uniform variate on [0,1).
	Float64() float64
}

// Init names a law of the weights at initialisation: independent, centred, with a
// variance inversely proportional to the fan-in (the number of inputs of the layer).
type Init string

const (
	// LeCun is N(0, 1/fan_in), Assumption 2 of the paper.
	LeCun Init = "lecun"
	// He is N(0, 2/fan_in).
	He Init = "he"
	// PyTorch is uniform on [-1/sqrt(fan_in), 1/sqrt(fan_in)), variance
	// 1/(3 fan_in): what torch.nn.Linear does when told nothing
	// (kaiming_uniform_ with a = sqrt 5), and so what the paper's experiments,
	// though not its theorems, start from.
	PyTorch Init = "pytorch"
)

// ParseInit returns the initialisation called s: "lecun", "he" or "pytorch".
func ParseInit(s string) (Init, error) { return parse("init", s, LeCun, He, PyTorch) }

// Gaussian reports whether the weights are normal. Estimators that draw logits
// instead of weights are exact at finite d only if they are.
func (init Init) Gaussian() bool {
	init.gain() // an unknown name must not pass for a law that is merely not normal
	return init != PyTorch
}

// Variance returns the variance of a weight,
//
//	LeCun: 1/fan_in    He: 2/fan_in    PyTorch: 1/(3 fan_in)
//
// It panics if fanIn is not positive or the initialisation is unknown.
func (init Init) Variance(fanIn float64) float64 {
	if !(fanIn > 0) {
		panic(fmt.Sprintf("network: fan-in must be positive, got %v", fanIn))
	}
	num, den := init.gain()
	return num / (den * fanIn)
}

// Kappa returns the factor by which the model's logits vary more than under LeCun
// initialisation: the product over the layers of fan_in times variance,
//
//	         LeCun   He   PyTorch
//	linear     1      2     1/3
//	hidden     1      4     1/9
//
// It panics if the model or the initialisation is unknown.
func (init Init) Kappa(model Model) float64 {
	num, den := init.gain()
	switch model {
	case Linear:
		return num / den
	case Hidden:
		return (num * num) / (den * den)
	}
	panic(fmt.Sprintf("network: unknown model %q", string(model)))
}

// Fill overwrites w with independent weights of a layer with fanIn inputs, one
// call of src for each, in order. The same stream gives the same bits in every
// build. It panics if fanIn < 1 or the initialisation is unknown.
func (init Init) Fill(src Source, fanIn int, w []float64) {
	if init.Gaussian() {
		scale := math.Sqrt(init.Variance(float64(fanIn)))
		for k := range w {
			w[k] = scale * src.Normal()
		}
		return
	}
	// From the variance, and not as 1/sqrt(fan_in), so that Variance stays the one
	// place that defines the law.
	half := math.Sqrt(3 * init.Variance(float64(fanIn)))
	for k := range w {
		// The conversion forbids fusing the product into the subtraction.
		w[k] = half * (float64(2*src.Float64()) - 1)
	}
}

// gain returns fan_in times variance as a fraction, so that products of it are
// rounded once.
func (init Init) gain() (num, den float64) {
	switch init {
	case LeCun:
		return 1, 1
	case He:
		return 2, 1
	case PyTorch:
		return 1, 3
	}
	panic(fmt.Sprintf("network: unknown init %q", string(init)))
}
