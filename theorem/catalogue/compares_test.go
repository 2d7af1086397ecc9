package catalogue

import (
	"strings"
	"testing"

	"pastur/lindeberg"
	"pastur/network"
	"pastur/verdict"
)

// What a claim compares is said of its own subject.
func TestCompares(t *testing.T) {
	want := map[string]string{
		"linear-ce-gram":                    "in every sample: relative difference of block norms by definition and by Gram matrices",
		"linear-ce-twopoint":                "quotients of the means of |H_ij|^2 and of |H_ii|^2, method twopoint over method gram",
		"linear-ce-c100":                    "R against its target",
		"hidden-mse-finite-gram":            "R against its target, by method gram",
		"linear-ce-constant":                "C^2 R against its target",
		"linear-ce-finite-size-coefficient": "d (R/limit - 1) against its target",
		"linear-ce-rate":                    "least-squares slope of log R on log C",
		"linear-ce-finite-size":             "exponent of |R/limit - 1| in d, fitted with a correction term",
		"gpt2-head":                         "R at every C against the bound",
		"hidden-ce-ww-bound":                "C R at every C against the bound",
		"hidden-ce-vv-m2-exceeds":           "C^2 R at every C against the bound",
		"spectrum-linear-c10":               "mean Kolmogorov distance of a matrix's spectrum from its law against the bound",
		"spectrum-linear-second-moment":     "mean of tr H^2/d against its target",
		"spectrum-hidden-diagonal":          "mean of Im s(z) over the law's at z = 0.06+0.06i against its target",
		"lindeberg-rate":                    "least-squares slope of log |delta_N| on log N, measured along its limit's direction, z = 0.1+0.1i",
		"lindeberg-constant":                "Re of N delta_N over its limit against its target, z = 0.1+0.1i",
		"lindeberg-stein":                   "both sides of Stein's identity for E ds/dtheta, one over the other, against its target, z = 0.1+0.1i",
		"lindeberg-rank-bound":              "in every sample: |gap| over its bound pi k/(d Im z), z = 0.1+0.1i",
		"network-static-output":             "in every sample: largest mean |H_ij|^2 over mean |H_ii|^2 of output weights along the training",
	}
	for _, name := range Names() {
		suite, err := Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range suite.Specs {
			got := s.Compares()
			if got == "" || strings.Contains(got, "  ") || strings.HasSuffix(got, ": ") || strings.Contains(got, "log  on") {
				t.Errorf("%s: compares %q", s.ID, got)
			}
			if w := want[s.ID]; w != "" && got != w {
				t.Errorf("%s: compares %q, want %q", s.ID, got, w)
			}
			if name == Default {
				delete(want, s.ID)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("claims that suite %s has not: %v", Default, want)
	}
}

// Everything that can be checked or measured has words.
func TestEverythingHasWords(t *testing.T) {
	var all []Spec
	for _, c := range []Check{DefinitionGram, ZeroBlock, Differences} {
		all = append(all, Spec{Kind: verdict.Exact, About: &BlockRatio{Check: c}})
	}
	for _, q := range []Quantity{Ratio, Scaled, Relative, FiniteSize} {
		all = append(all, Spec{Kind: verdict.Limit, About: &BlockRatio{Quantity: q}})
	}
	for kind, names := range statistics {
		for _, name := range names {
			all = append(all, Spec{Kind: kind, About: &Spectrum{Statistic: name}})
		}
	}
	for _, c := range lindeberg.Checks {
		all = append(all, Spec{Kind: verdict.Exact, About: &Interpolation{Check: c}})
	}
	for _, f := range append([]network.Force{"stripe"}, network.Forces...) {
		all = append(all, Spec{Kind: verdict.Exact, About: &Network{Check: string(f)}})
	}
	seen := map[string]bool{}
	for i := range all {
		w := all[i].About.words(all[i].Kind)
		if w.quantity == "" || seen[w.quantity] {
			t.Errorf("%s about %T %+v: %q", all[i].Kind, all[i].About, all[i].About, w.quantity)
		}
		seen[w.quantity] = true
	}
}
