package spectra

import (
	"fmt"
	"math"
	"testing"

	"pastur/internal/lognormal"
	"pastur/theorem"
)

// Three routes to one number: moments of nu against package theorem, moments of F from
// those of nu, and moments of F as integrals of its density on the real line.
func TestSoftmaxLaws(t *testing.T) {
	for _, classes := range []int{2, 10, 1000} {
		m, err := theorem.NewSoftmaxMoments(classes, 1)
		if err != nil {
			t.Fatal(err)
		}
		moment := func(a ...int) float64 {
			x, err := m.Moment(a...)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		diagonal, err := SoftmaxDiagonal(classes, 1)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "E p(1-p)", diagonal.Moment(1)/(moment(1)-moment(2)), 1, 1e-12)
		near(t, "E p^2(1-p)^2", diagonal.Moment(2)/(moment(2)-2*moment(3)+moment(4)), 1, 1e-12)
		off, err := SoftmaxOffDiagonal(classes, 1)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "E p1 p2", off.Moment(1)/-moment(1, 1), 1, 2e-12)
		near(t, "E (p1 p2)^2", off.Moment(2)/moment(2, 2), 1, 2e-11)
		for _, p := range []Population{diagonal, off} {
			gammas := []float64{.5, 2}
			if classes == 1000 {
				gammas = []float64{.1}
			}
			for _, gamma := range gammas {
				l := mustSolve(t, p, gamma)
				name := fmt.Sprintf("%s, gamma = %v: ", p, gamma)
				moments := 4
				if classes == 1000 {
					moments = 2 // higher ones weigh a tail that is below the absolute accuracy
				}
				for k := range moments {
					want, err := l.Moment(k)
					if err != nil {
						t.Fatal(err)
					}
					got, err := l.Expect(func(x float64) float64 { return power(x, k) })
					if err != nil {
						t.Fatal(name, err)
					}
					near(t, fmt.Sprint(name, "moment ", k), got/want, 1, 2e-11)
				}
				support, err := l.Support()
				if err != nil {
					t.Fatal(name, err)
				}
				if len(support) != 1 {
					t.Errorf("%s%d intervals, want 1", name, len(support))
				}
				for _, f := range []float64{.6, .9, .99} {
					if p == off {
						f = 1 - f
					}
					x, err := l.Quantile(f)
					if err != nil {
						t.Fatal(name, err)
					}
					back, err := l.CDF(x)
					if err != nil {
						t.Fatal(name, err)
					}
					if want := f; x != 0 {
						near(t, name+"F of a quantile", back, want, 1e-12)
					}
				}
			}
		}
	}
}

// The kernel next to and on the real axis against the same integral on nodes so
// fine that the pole is far away in their units.
func TestSoftmaxKernel(t *testing.T) {
	one, err := lognormal.NewOne(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	p, err := SoftmaxDiagonal(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	const gamma = 0.7
	fine := one.Line(7)
	for _, x := range []float64{.001, .01, .05, .1, .15, .17, .2} {
		for _, y := range []float64{.1, .01, .003} {
			u := complex(x, y)
			var q complex128
			for j, w := range fine.At {
				e := math.Exp(-math.Abs(w))
				tau := e / ((1 + e) * (1 + e))
				q += complex(fine.Weight[j]*tau, 0) / (u - complex(gamma*tau, 0))
			}
			if x < .02 && y > .005 || x >= .02 { // where even the fine nodes resolve the pole
				got, _ := p.transform(gamma).(*line).mean(u)
				near(t, fmt.Sprint("q at ", u), abs(got-q)/abs(q), 0, 1e-12)
			}
		}
	}
	// The derivative, by a central difference.
	l := p.transform(gamma).(*line)
	off, err := SoftmaxOffDiagonal(3, 1)
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range []transform{l, off.transform(gamma)} {
		for _, x := range []float64{-.1, -.03, .01, .08, .15, .2} {
			u, h := complex(x, 1e-3), complex(1e-6, 0)
			a, _ := k.at(u + h)
			b, _ := k.at(u - h)
			_, dz := k.at(u)
			near(t, fmt.Sprint("z' at ", u), abs((a-b)/(2*h)-dz)/(1+abs(dz)), 0, 1e-5)
		}
	}
}
