package catalogue

import (
	"fmt"
	"strings"

	"pastur/lindeberg"
	"pastur/montecarlo"
	"pastur/network"
	"pastur/verdict"
)

// words say of a subject what a claim compares.
type words struct {
	quantity string // what a replicate yields, or the ratio of means that is estimated
	over     string // the abscissa of rates, exponents and bounds
	how      string // said after the comparison
}

// Compares says in words what of the subject the claim holds against its sets.
func (s *Spec) Compares() string {
	w := s.About.words(s.Kind)
	text := ""
	switch s.Kind {
	case verdict.Exact:
		text = "in every sample: " + w.quantity
	case verdict.Identity:
		text = w.quantity
	case verdict.Limit:
		text = w.quantity + " against its target"
	case verdict.Rate:
		text = fmt.Sprintf("least-squares slope of log %s on log %s", w.quantity, w.over)
	case verdict.Exponent:
		text = fmt.Sprintf("exponent of %s in %s, fitted with a correction term", w.quantity, w.over)
	case verdict.Bound:
		text = fmt.Sprintf("%s at every %s against the bound", w.quantity, w.over)
	case verdict.Law:
		text = fmt.Sprintf("mean %s against the bound", w.quantity)
	}
	return text + w.how
}

func (r *BlockRatio) words(kind verdict.Kind) words {
	w := words{over: "C"}
	if len(r.Dims) > 1 || kind == verdict.Exponent {
		w.over = "d"
	}
	switch {
	case kind == verdict.Exact:
		w.quantity = map[Check]string{
			DefinitionGram: "relative difference of block norms by definition and by Gram matrices",
			ZeroBlock:      "|H_ij|/|H_ii|, blocks by differences of the gradient",
			Differences:    "distance of blocks from differences of the gradient, relative to |H_ii|",
		}[r.Check]
	case kind == verdict.Identity:
		w.quantity = fmt.Sprintf("quotients of the means of |H_ij|^2 and of |H_ii|^2, method %s over method %s", r.Method, r.Against)
	case kind == verdict.Exponent:
		w.quantity = "|R/limit - 1|"
	default:
		w.quantity = map[Quantity]string{Ratio: "R", Relative: "R/limit", FiniteSize: "d (R/limit - 1)"}[r.Quantity]
		if r.Quantity == Scaled {
			w.quantity = "C^p R"
			if p, err := decayPower(&r.Setting); err == nil && p == 1 {
				w.quantity = "C R"
			} else if err == nil {
				w.quantity = fmt.Sprintf("C^%v R", p)
			}
		}
	}
	if r.Truncate > 0 {
		w.how = ", its numerator truncated"
	}
	if method := r.Method; kind != verdict.Identity && method != "" && method != montecarlo.TwoPoint {
		w.how += fmt.Sprintf(", by method %s", method)
	}
	return w
}

func (p *Spectrum) words(verdict.Kind) words {
	at := " at " + atPoint(p.Point)
	return words{over: "d", quantity: map[string]string{
		"zeros":                  "number of eigenvalues that are 0, less d times the law's atom",
		"kolmogorov":             "Kolmogorov distance of a matrix's spectrum from its law",
		"wasserstein1":           "Wasserstein-1 distance of a matrix's spectrum from its law, over the law's deviation,",
		"second-moment":          "mean of tr H^2/d",
		"relative-second-moment": "mean of tr H^2/d over the law's second moment",
		"stieltjes-real":         "mean of Re s(z) over the law's" + at,
		"stieltjes-imag":         "mean of Im s(z) over the law's" + at,
	}[p.Statistic]}
}

func (p *Interpolation) words(kind verdict.Kind) words {
	w := words{over: "N"}
	switch {
	case kind == verdict.Exact:
		w.quantity = map[lindeberg.Check]string{
			lindeberg.Closure:    "|gap + integral of ds/dtheta| along the path",
			lindeberg.Derivative: "distance of ds/dtheta from differences of s(theta), over 1 + |ds/dtheta|",
			lindeberg.Reduction:  "distance of s and ds/dtheta by the reduced formulas from those of the whole matrix",
			lindeberg.Resolvent:  "|s| Im z",
			lindeberg.Rank:       "|gap| over its bound pi k/(d Im z)",
		}[p.Check]
	case p.Stein:
		w.quantity = "both sides of Stein's identity for E ds/dtheta, one over the other,"
	case kind == verdict.Limit && p.Part == lindeberg.Across:
		w.quantity = "1 + Im of N delta_N over its limit"
	case kind == verdict.Limit:
		w.quantity = "Re of N delta_N over its limit"
	default:
		w.quantity, w.how = "|delta_N|", ", measured along its limit's direction"
	}
	w.how += ", " + atPoint(p.Point)
	return w
}

func atPoint(z complex128) string { return "z = " + strings.Trim(fmt.Sprint(z), "()") }

func (p *Network) words(verdict.Kind) words {
	of := map[string]string{
		"stripe":                     "largest deviation of a block of H_wv from its closed form, over |H_wv|",
		string(network.Dynamic):      "|H_wv| at the end of training over that at its beginning",
		string(network.Relative):     "|H_wv|^2 over the diagonal blocks', at the end of training over that at its beginning",
		string(network.Bound):        "largest |H_wv| over its bound along the training",
		string(network.StaticHidden): "largest mean |H_ij|^2 over mean |H_ii|^2 of hidden weights along the training",
		string(network.StaticOutput): "largest mean |H_ij|^2 over mean |H_ii|^2 of output weights along the training",
	}
	return words{quantity: of[p.Check]}
}
