package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"math/cmplx"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pastur/lindeberg"
	"pastur/network"
	"pastur/theorem/catalogue"
	"pastur/verdict"
)

// Relations between the numbers of a document. Golden files hold whatever -update
// wrote: a column that is swapped with its neighbour breaks a relation.

// entry is one result of a document.
type entry struct {
	t      *testing.T
	name   string
	fields map[string]any
}

// document runs a command and returns its results as JSON and, a row a map, as CSV.
func document(t *testing.T, command string) (results []entry, rows []map[string]string) {
	t.Helper()
	stdout, stderr, code := pastur(append(strings.Fields(command), "--format", "json")...)
	if code != 0 {
		t.Fatalf("pastur %s: exit %d: %s", command, code, stderr)
	}
	var doc struct{ Results []map[string]any }
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil {
		t.Fatal(err)
	}
	for i, fields := range doc.Results {
		results = append(results, entry{t, fmt.Sprintf("pastur %s: result %d", command, i), fields})
	}
	stdout, _, _ = pastur(append(strings.Fields(command), "--format", "csv")...)
	records, err := csv.NewReader(strings.NewReader(stdout)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for k, name := range records[0] {
			row[name] = record[k]
		}
		rows = append(rows, row)
	}
	return results, rows
}

// at returns the value at a path like "delta.0.re".
func (e entry) at(path string) any {
	e.t.Helper()
	var value any = e.fields
	for part := range strings.SplitSeq(path, ".") {
		ok := false
		switch x := value.(type) {
		case map[string]any:
			value, ok = x[part]
		case []any:
			k, err := strconv.Atoi(part)
			if ok = err == nil && k < len(x); ok {
				value = x[k]
			}
		}
		if !ok {
			e.t.Fatalf("%s: no %s", e.name, path)
		}
	}
	return value
}

// number returns the number at a path, NaN for null.
func (e entry) number(path string) float64 {
	e.t.Helper()
	switch x := e.at(path).(type) {
	case float64:
		return x
	case nil:
		return math.NaN()
	}
	e.t.Fatalf("%s: %s is no number", e.name, path)
	return 0
}

// near wants a number, to a relative tolerance.
func (e entry) near(path string, want, tolerance float64) {
	e.t.Helper()
	if got := e.number(path); !(math.Abs(got-want) <= tolerance*math.Abs(want)) {
		e.t.Errorf("%s: %s is %v, want %v to %g", e.name, path, got, want, tolerance)
	}
}

// ascending wants numbers in order, equal ones allowed; null is left out.
func (e entry) ascending(paths ...string) {
	e.t.Helper()
	last, name := math.Inf(-1), ""
	for _, path := range paths {
		x := e.number(path)
		if x < last {
			e.t.Errorf("%s: %s = %v is less than %s = %v", e.name, path, x, name, last)
		}
		if !math.IsNaN(x) {
			last, name = x, path
		}
	}
}

// sameAsCSV holds a row against the result: path says where in the result a column is
// found. A JSON null is an empty cell, or inf; lists are JSON or joined.
func (e entry) sameAsCSV(row map[string]string, path func(column string) string) {
	e.t.Helper()
	for column, cell := range row {
		var same bool
		switch want := e.at(path(column)).(type) {
		case nil:
			same = cell == "" || cell == "inf"
		case float64:
			got, err := strconv.ParseFloat(cell, 64)
			same = err == nil && got == want
		case []any:
			text, err := json.Marshal(want)
			var parts []string
			for _, x := range want {
				parts = append(parts, fmt.Sprint(x))
			}
			same = err == nil && slices.Contains([]string{string(text), strings.Join(parts, ","), strings.Join(parts, "; ")}, cell)
		default:
			same = cell == fmt.Sprint(want)
		}
		if !same {
			e.t.Errorf("%s: %s is %q in CSV, %v in JSON", e.name, column, cell, e.at(path(column)))
		}
	}
}

func itself(column string) string { return column }

func TestLimitRelations(t *testing.T) {
	for _, c := range []struct {
		command  string
		blocks   func(e entry) float64 // in a row of the Hessian
		constant float64               // how near C^p R comes to it, relatively
	}{
		{"limit --classes 10,1000000 --gamma 0.5", func(e entry) float64 { return e.number("classes") }, 1e-4},
		{"limit --classes 7,1000000 --gamma 3 --kappa 2", func(e entry) float64 { return e.number("classes") }, 1e-3},
		{"limit --model hidden --loss mse --block ww --hidden 6 --classes 10,1000000 --gamma 0.5", func(e entry) float64 { return e.number("hidden") }, 1e-4},
		{"limit --model hidden --loss mse --block ww --hidden 6 --classes 10 --dim 40 --samples 160", func(e entry) float64 { return e.number("hidden") }, 1},
		{"limit --model hidden --hidden 1 --classes 10", func(e entry) float64 { return e.number("classes") }, 1},
	} {
		results, rows := document(t, c.command)
		for i, e := range results {
			e.sameAsCSV(rows[i], itself)
			ratio, classes := e.number("ratio"), e.number("classes")
			if !(ratio > 0 && ratio < 1) {
				t.Errorf("%s: ratio %v", e.name, ratio)
			}
			if noted := e.at("hidden") == 1.0; noted != (e.at("note") != nil) { // the limit of C^p R is infinite
				t.Errorf("%s: note %v", e.name, e.at("note"))
			}
			e.near("norm_ratio", math.Sqrt(ratio), 1e-14)
			e.near("row_mass", (c.blocks(e)-1)*ratio, 1e-14)
			e.near("scaled", math.Pow(classes, e.number("rate"))*ratio, 1e-13)
			if e.at("model") == "linear" {
				e.near("heuristic", 1/(classes-1), 1e-14)
			}
			if classes == 1_000_000 {
				e.near("scaled", e.number("constant"), c.constant)
			}
			if d := e.number("dim"); !math.IsNaN(d) {
				e.near("gamma", d/e.number("samples"), 1e-14)
			}
		}
	}
}

func TestRatioRelations(t *testing.T) {
	for _, command := range []string{
		"ratio --classes 10,100 --dim 400 --gamma 0.5 --replicates 3000",
		"ratio --classes 10 --dim 40,inf --gamma 2 --replicates 3000 --data ar1:0.5",
		"ratio --model hidden --loss mse --block ww --hidden 6 --classes 10 --dim 300 --gamma 0.5 --replicates 20000",
	} {
		results, rows := document(t, command)
		for i, e := range results {
			e.sameAsCSV(rows[i], itself)
			off, diag, ratio := e.number("off"), e.number("diag"), e.number("ratio")
			if limit, note := e.at("dim") == nil, e.at("note"); limit && note != "off and diag are over d" || !limit && note != nil {
				t.Errorf("%s: d is %v, the note %v", e.name, e.at("dim"), note)
			}
			e.near("ratio", off/diag, 1e-14)
			e.ascending("ratio_lo", "ratio", "ratio_hi")
			e.near("limit", ratio, 0.1)
			// The relative error of a quotient lies between the difference and the sum of
			// those of its terms; 5 % for Student's and Fieller's corrections.
			a, b := e.number("off_se")/off, e.number("diag_se")/diag
			se := (e.number("ratio_hi") - e.number("ratio_lo")) / (2 * 1.96 * ratio)
			if !(se > 0.95*math.Abs(a-b) && se < 1.05*(a+b)) {
				t.Errorf("%s: relative standard error %v of the ratio, %v of off, %v of diag", e.name, se, a, b)
			}
			if d := e.number("dim"); !math.IsNaN(d) {
				e.near("gamma", d/e.number("samples"), 1e-14)
			}
		}
	}
}

func TestTypicalRelations(t *testing.T) {
	results, rows := document(t, "ratio --typical --classes 10 --dim 30 --gamma 0.5 --replicates 60 --inner 100")
	plain, _ := document(t, "ratio --classes 10 --dim 30 --gamma 0.5 --replicates 3000")
	for i, e := range results {
		e.sameAsCSV(rows[i], itself)
		e.ascending("quantile_10", "median_lo", "median", "median_hi", "quantile_90")
		e.near("mean_ratio", plain[i].number("ratio"), 0.1)
		e.near("median", e.number("mean_ratio"), 0.1)
		e.near("gamma", e.number("dim")/e.number("samples"), 1e-14)
		if e.number("networks") != 60 || e.number("inner") != 100 {
			t.Errorf("%s: %v networks of %v points", e.name, e.at("networks"), e.at("inner"))
		}
	}
	// With one hidden unit the mean lies far above the median.
	results, _ = document(t, "ratio --typical --model hidden --hidden 1 --classes 30 --dim inf --replicates 60 --inner 64")
	results[0].ascending("quantile_10", "median_lo", "median", "median_hi", "mean_ratio")
	if x := results[0].number("quantile_90"); !(x > results[0].number("median_hi")) {
		t.Errorf("%s: 90 %% quantile %v", results[0].name, x)
	}
}

func TestVerifyRelations(t *testing.T) {
	suite, err := catalogue.Load(catalogue.Default)
	if err != nil {
		t.Fatal(err)
	}
	results, rows := document(t, "verify linear-ce-c2 linear-ce-c10 linear-ce-blocks linear-ce-twopoint-few hidden-mse-rate")
	for i, e := range results {
		e.sameAsCSV(rows[i], itself)
		e.ascending("lo", "estimate", "hi")
		specs, err := suite.Find([]string{e.at("id").(string)})
		if err != nil {
			t.Fatal(err)
		}
		claim, err := specs[0].Claim()
		if err != nil {
			t.Fatal(err)
		}
		if claim.Kind == verdict.Exact { // takes no share
			if e.at("alpha") != nil {
				t.Errorf("%s: alpha is %v, want null", e.name, e.at("alpha"))
			}
		} else {
			e.near("alpha", claim.Alpha, 0)
		}
		// The good and the bad are apart, the target is good, and what passed is not bad.
		bad := e.at("bad").([]any)
		for k := range bad {
			lo, hi := fmt.Sprintf("bad.%d.0", k), fmt.Sprintf("bad.%d.1", k)
			below := math.IsNaN(e.number(lo)) // the half-line below hi
			switch {
			case below:
				e.ascending(hi, "good.0", "target", "good.1")
				e.ascending(hi, "lo")
			default:
				e.ascending("good.0", "target", "good.1", lo)
				e.ascending("hi", lo)
			}
			if below == math.IsNaN(e.number(hi)) {
				t.Errorf("%s: BAD %v is no half-line", e.name, bad[k])
			}
		}
		if e.at("status") != "PASS" || len(bad) == 0 {
			t.Errorf("%s: %v with BAD %v", e.name, e.at("status"), bad)
		}
		// Cells and looks: the numbers of the claim again.
		cells, replicates := e.at("cells").([]any), 0.0
		for k := range cells {
			cell := fmt.Sprintf("cells.%d.", k)
			e.ascending(cell+"interval.0", cell+"estimate", cell+"interval.1")
			replicates += e.number(cell + "replicates")
		}
		e.near("replicates", replicates, 0)
		last := fmt.Sprintf("history.%d.", len(e.at("history").([]any))-1)
		for column, want := range map[string]string{
			"look": "looks", "replicates": "replicates", "estimate": "estimate", "interval.0": "lo", "interval.1": "hi", "confidence": "confidence", "outcome": "reason",
		} {
			if got, want := e.at(last+column), e.at(want); got != want {
				t.Errorf("%s: %s%s is %v, want %v", e.name, last, column, got, want)
			}
		}
		// One cell: the verdict's interval is at the higher confidence.
		if len(cells) == 1 && e.at("kind") != "exact" {
			e.near("cells.0.estimate", e.number("estimate"), 0)
			e.ascending("lo", "cells.0.interval.0", "cells.0.interval.1", "hi")
			if c := e.number("confidence"); !(c > 0.95 && c < 1) {
				t.Errorf("%s: confidence %v", e.name, c)
			}
		}
		if !strings.HasPrefix(e.at("rerun").(string), "pastur verify "+e.at("id").(string)+" ") {
			t.Errorf("%s: rerun is %v", e.name, e.at("rerun"))
		}
	}
}

var spectrumColumn = regexp.MustCompile(`^(kolmogorov|wasserstein1|stieltjes)(_exponent)?(_lo|_hi|_noise|_se)?$|^moment(\d)(_se|_predicted)?$`)

func spectrumPath(column string) string {
	m := spectrumColumn.FindStringSubmatch(column)
	switch {
	case m == nil:
		return column
	case m[4] != "":
		k, _ := strconv.Atoi(m[4])
		kind := m[5]
		if kind == "" {
			kind = "_empirical"
		}
		return fmt.Sprintf("moments%s.%d", kind, k-1)
	}
	group, field := "distances.", strings.TrimPrefix(m[3], "_")
	if m[2] != "" {
		group = "exponents."
	}
	if field == "" {
		field = "value"
	}
	return group + m[1] + "." + field
}

func TestSpectrumRelations(t *testing.T) {
	const gamma = 2
	for _, command := range []string{
		"spectrum --model mp --dim 40,80 --gamma 2 --replicates 12 --z 0.5+0.5i,1+0.5i",
		"spectrum --classes 3 --dim 40,80 --gamma 2 --replicates 12 --z 0.5+0.5i,1+0.5i",
	} {
		results, rows := document(t, command)
		for i, e := range results {
			e.sameAsCSV(rows[i], spectrumPath)
			e.near("gamma", e.number("dim")/e.number("samples"), 1e-14)
			e.near("atom_predicted", 1-1./gamma, 1e-12)
			e.near("atom_empirical", 1-1./gamma, 1e-12)
			largest := 0.0
			for k := range 2 {
				at := fmt.Sprintf("stieltjes_at.%d.", k)
				gap := math.Hypot(e.number(at+"empirical.re")-e.number(at+"predicted.re"), e.number(at+"empirical.im")-e.number(at+"predicted.im"))
				e.near(at+"value", gap, 1e-9)
				largest = max(largest, gap)
			}
			e.near("distances.stieltjes.value", largest, 1e-9)
			for _, d := range []string{"distances.kolmogorov.", "distances.wasserstein1.", "distances.stieltjes.", "stieltjes_at.0.", "stieltjes_at.1."} {
				value, half := e.number(d+"value"), e.number(d+"hi")-e.number(d+"value")
				if lo := e.number(d + "lo"); math.Abs(lo-max(0, value-half)) > 1e-12 || !(e.number(d+"noise") > 0 && e.number(d+"noise") < half) {
					t.Errorf("%s: %s%v", e.name, d, e.at(strings.TrimSuffix(d, ".")))
				}
			}
			support := e.at("support").([]any)
			hi := e.number(fmt.Sprintf("support.%d.1", len(support)-1))
			// |F - G| is at most the one and integrates to the other, from 0 to the
			// largest eigenvalue, not far above the law's.
			if w, k := e.number("distances.wasserstein1.value"), e.number("distances.kolmogorov.value"); !(w < 1.3*hi*k) {
				t.Errorf("%s: Wasserstein distance %v, Kolmogorov %v", e.name, w, k)
			}
			// Two sizes: the exponent is the slope between them.
			for _, d := range []string{"kolmogorov", "wasserstein1", "stieltjes"} {
				value := "distances." + d + ".value"
				e.near("exponents."+d+".value", math.Log2(results[1].number(value)/results[0].number(value)), 1e-9)
				if !(e.number("exponents."+d+".se") > 0) {
					t.Errorf("%s: standard error of the exponent of %s", e.name, d)
				}
			}
			for k := range 4 {
				of := func(kind string) float64 { return e.number(fmt.Sprintf("moments_%s.%d", kind, k)) }
				// Finite sizes are off by less than a fifth here.
				if off := math.Abs(of("empirical") - of("predicted")); !(off < 6*of("se")+0.2*of("predicted")) || !(of("se") > 0 && of("se") < 0.3*of("predicted")) {
					t.Errorf("%s: moment %d is %v(%v), predicted %v", e.name, k+1, of("empirical"), of("se"), of("predicted"))
				}
			}
			if e.at("model") != "mp" {
				continue
			}
			for k, want := range []float64{1, 1 + gamma, 1 + 3*gamma + gamma*gamma, 1 + 6*gamma + 6*gamma*gamma + gamma*gamma*gamma} {
				e.near(fmt.Sprintf("moments_predicted.%d", k), want, 1e-9)
			}
			e.near(fmt.Sprintf("support.%d.0", len(support)-1), math.Pow(math.Sqrt(gamma)-1, 2), 1e-9)
			e.near(fmt.Sprintf("support.%d.1", len(support)-1), math.Pow(math.Sqrt(gamma)+1, 2), 1e-9)
			// The equation of Marchenko and Pastur for the predicted transform.
			for k := range 2 {
				at := fmt.Sprintf("stieltjes_at.%d.", k)
				s := complex(e.number(at+"predicted.re"), e.number(at+"predicted.im"))
				if z := complex(e.number(at+"z.re"), e.number(at+"z.im")); cmplx.Abs(1/(1+gamma*s)-1/s-z) > 1e-9 {
					t.Errorf("%s: at %v the predicted transform is %v", e.name, z, s)
				}
			}
		}
	}
}

func TestLindebergRelations(t *testing.T) {
	const gamma = 2 // N and d differ
	results, rows := document(t, "lindeberg --sizes 10,20 --gamma 2 --z 0.1+0.1i,0.2i --replicates 64")
	for i, e := range results {
		sizes := e.at("sizes").([]any)
		var modulus []float64
		for k := range sizes {
			delta, scaled := fmt.Sprintf("delta.%d.", k), fmt.Sprintf("n_delta.%d.", k)
			n := e.number(fmt.Sprintf("sizes.%d", k))
			e.near(fmt.Sprintf("dims.%d", k), gamma*n, 0)
			e.near(scaled+"re", n*e.number(delta+"re"), 1e-14)
			e.near(scaled+"im", n*e.number(delta+"im"), 1e-14)
			e.near(fmt.Sprintf("replicates.%d", k), 64, 0)
			if !(e.number(delta+"se_re") > 0 && e.number(delta+"se_im") > 0 && e.number(fmt.Sprintf("variance_ratios.%d", k)) > 1) {
				t.Errorf("%s: delta %v, variance ratios %v", e.name, e.at("delta"), e.at("variance_ratios"))
			}
			modulus = append(modulus, math.Hypot(e.number(delta+"re"), e.number(delta+"im")))
			e.sameAsCSV(rows[i*len(sizes)+k], func(column string) string {
				switch column {
				case "samples":
					return fmt.Sprintf("sizes.%d", k)
				case "dim", "variance_ratio":
					return fmt.Sprintf("%ss.%d", column, k)
				case "replicates":
					return fmt.Sprintf("replicates.%d", k)
				}
				for _, complex := range []string{"z", "constant"} {
					if part, ok := strings.CutPrefix(column, complex+"_"); ok {
						return complex + "." + part
					}
				}
				for _, list := range []string{"n_delta", "delta"} {
					if part, ok := strings.CutPrefix(column, list+"_"); ok {
						return fmt.Sprintf("%s.%d.%s", list, k, part)
					}
				}
				return column
			})
		}
		last := len(sizes) - 1
		e.near("variance_ratio", e.number(fmt.Sprintf("variance_ratios.%d", last)), 0)
		// Two sizes: the exponent is the slope between them.
		e.near("exponent", math.Log2(modulus[1]/modulus[0]), 1e-9)
		e.near("exponent", (e.number("exponent_lo")+e.number("exponent_hi"))/2, 1e-9)
		e.ascending("exponent_lo", "exponent", "exponent_hi")
		z := complex(e.number("z.re"), e.number("z.im"))
		if want := []complex128{0.1 + 0.1i, 0.2i}[i]; z != want {
			t.Errorf("%s: z is %v, want %v", e.name, z, want)
		}
		constant, err := lindeberg.Constant(lindeberg.Setting{Model: network.Linear, Block: network.VV, Classes: 3}, gamma, z)
		if err != nil {
			t.Fatal(err)
		}
		e.near("constant.re", real(constant), 1e-12)
		e.near("constant.im", imag(constant), 1e-12)
		if x := e.number("ftc_error"); !(x >= 0 && x <= lindeberg.ClosureTolerance) || !slices.Equal(sizes, []any{10., 20.}) {
			t.Errorf("%s: closes to %v at sizes %v", e.name, x, sizes)
		}
		if x := e.number("rank_bound"); !(x > 0 && x <= 1) {
			t.Errorf("%s: %v of the rank bound", e.name, x)
		}
	}
}
