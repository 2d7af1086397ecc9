package catalogue

import (
	"math"
	"strings"
	"testing"

	"pastur/montecarlo"
	"pastur/network"
	"pastur/theorem"
	"pastur/verdict"
)

func settingWith(t *testing.T, data string, dim float64) *montecarlo.Setting {
	t.Helper()
	d, err := montecarlo.ParseData(data)
	if err != nil {
		t.Fatal(err)
	}
	s, err := montecarlo.Setting{Model: network.Linear, Loss: network.CE, Block: network.VV, Classes: 100, Dim: dim, Gamma: 0.5, Init: network.LeCun, Data: d}.Complete()
	if err != nil {
		t.Fatal(err)
	}
	return &s
}

// Limits on other data are those of Gaussian data with gamma times the effective
// rank over d.
func TestLimitOnOtherData(t *testing.T) {
	want, err := theorem.LinearCERatio(100, 0.5*0.6, 1) // tr Sigma^2/d = 1.25/0.75
	if err != nil {
		t.Fatal(err)
	}
	got, err := Limit(t.Context(), settingWith(t, "ar1:0.5", math.Inf(1)))
	if err != nil || math.Abs(got/want-1) > 1e-12 {
		t.Errorf("ar1: %v, %v, want %v", got, err, want)
	}
	gaussian, _ := Limit(t.Context(), settingWith(t, "gaussian", 1000))
	if got, err := Limit(t.Context(), settingWith(t, "rademacher", 1000)); err != nil || got != gaussian {
		t.Errorf("rademacher: %v, %v, want %v", got, err, gaussian)
	}
	if got, _ := Limit(t.Context(), settingWith(t, "spiked:1:1000", 1000)); !(got < 0.6*gaussian) {
		t.Errorf("a spike of size d: %v", got)
	}
	if _, err := FiniteSizeCoefficient(settingWith(t, "uniform", 1000)); err == nil {
		t.Error("the finite-size coefficient of Gaussian data is offered for uniform ones")
	}
}

// The keys data, truncate and target "corrected" arrive where they belong.
func TestDataKeys(t *testing.T) {
	parse := func(text string) (*verdict.Claim, error) {
		suite, err := Parse("suite.toml", []byte(text))
		if err != nil {
			return nil, err
		}
		return suite.Specs[0].Claim()
	}
	c, err := parse(strings.Replace(sound[verdict.Limit], `target = "exact"`, "dim = 500\ndata = \"student:10\"\ntarget = \"limit\"", 1))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.Cells[0].Key, "data=student:10") || c.Bias != 0 {
		t.Errorf("%+v", c)
	}
	const narrow = "[[claim]]\nid = \"sound\"\nstatement = \"s\"\nmodel = \"hidden\"\nloss = \"ce\"\nclasses = 1000\nquantity = \"scaled\"\n"
	if c, err = parse(narrow + "kind = \"bound\"\nhidden = 2\nat_least = 8.136\ntruncate = 100\n"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(c.Cells[0].Key, "truncated=0.0001") {
		t.Errorf("key %q", c.Cells[0].Key)
	}
	if c, err = parse(narrow + "kind = \"limit\"\nhidden = 16\ntarget = \"corrected\"\n"); err != nil {
		t.Fatal(err)
	}
	constant, _ := theorem.HiddenCEVVConstant(16, 1)
	a, _ := theorem.HiddenCEVVCorrection(16, 1)
	if math.Abs(c.Target/(constant*(1+a/1000))-1) > 1e-14 {
		t.Errorf("target %v", c.Target)
	}
	for text, want := range map[string]string{
		narrow + "kind = \"limit\"\nhidden = 4\ntarget = \"corrected\"\n":                                                 "only for hidden above (1 + sqrt 10) kappa, got 4",
		narrow + "kind = \"bound\"\nhidden = 4\nat_most = 3.7\ntruncate = 3\n":                                            `unknown key "truncate"`,
		strings.Replace(sound[verdict.Limit], `target = "exact"`, "data = \"student:3\"\ntarget = \"exact\"", 1):          "more than 4 degrees of freedom",
		strings.Replace(sound[verdict.Limit], `target = "exact"`, "target = \"corrected\"", 1):                            "go together",
		strings.Replace(sound[verdict.Limit], `target = "exact"`, "quantity = \"scaled\"\ntarget = \"corrected\"", 1):     "no correction to the constant is known for block linear ce vv",
		strings.Replace(sound[verdict.Limit], `target = "exact"`, "dim = 500\ndata = \"uniform\"\ntarget = \"exact\"", 1): "no exact value is known",
	} {
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
