package reports

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"math"
	"strings"

	"pastur/verdict"
)

// Page is what the HTML page of a run shows.
type Page struct {
	Suite       string
	Seed        uint64
	Alpha, Beta float64
	Hash        string // of the plan
	Environment Environment
	Command     string // that runs all of it again
	Results     []VerdictResult
}

var (
	//go:embed page/page.html
	pageHTML string
	//go:embed page/page.css
	pageCSS string
	//go:embed page/page.js
	pageJS string

	pageTemplate = template.Must(template.New("page").Parse(pageHTML))
)

// pageClaim is a claim as the template wants it: all text but what is markup.
type pageClaim struct {
	ID, Kind, Status, Text      string
	Estimate, Interval          string
	GoodText, BadText, Found    string
	Statement, Source, Compares template.HTML
	Reason, Rerun               string
	Warnings, Drift             []string
	Replicates                  int64
	Figure                      template.HTML
	History                     []pageLook
	Cells                       []pageCell
}

type pageLook struct {
	Look                                    int
	Replicates                              int64
	Estimate, Interval, Confidence, Outcome string
}

type pageCell struct {
	Cell, Estimate, Interval string
	Replicates               int64
}

type pageCount struct {
	Status string
	N      int
}

// statuses lists the statuses, the worst first.
var statuses = []verdict.Status{verdict.Errored, verdict.Fail, verdict.Inconclusive, verdict.Pass}

// WriteHTML writes the page: one file that asks nothing of the network (its
// content security policy forbids it), readable without JavaScript, which only
// filters. The same results give the same bytes.
func WriteHTML(w io.Writer, p *Page) error {
	data := struct {
		*Page
		Summary, Worst        string
		Counts                []pageCount
		Claims                []pageClaim
		Style                 template.CSS
		Script                template.JS
		StyleHash, ScriptHash string
	}{
		Page: p, Summary: Summary(p.Results), Worst: string(verdict.Pass),
		Style: template.CSS(pageCSS), Script: template.JS(pageJS), StyleHash: sourceHash(pageCSS), ScriptHash: sourceHash(pageJS),
	}
	for _, status := range statuses {
		n := 0
		for i := range p.Results {
			if p.Results[i].Status == string(status) {
				n++
			}
		}
		if n > 0 {
			data.Counts = append(data.Counts, pageCount{string(status), n})
		}
	}
	if len(data.Counts) > 0 {
		data.Worst = data.Counts[0].Status
	}
	for i := range p.Results {
		data.Claims = append(data.Claims, p.Results[i].page())
	}
	return pageTemplate.Execute(w, data)
}

// sourceHash names an inline style or script in the content security policy.
func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}

func (r *VerdictResult) page() pageClaim {
	estimate, interval := r.shown()
	c := pageClaim{
		ID: r.ID, Kind: r.Kind, Status: r.Status, Text: strings.ToLower(strings.Join([]string{r.ID, r.Kind, r.Statement, r.Source}, " ")),
		Estimate: estimate, Interval: interval, GoodText: halfLine(r.Good.Lo, r.Good.Hi, 5, Significant),
		Statement: template.HTML(MathText(r.Statement)), Source: template.HTML(MathText(r.Source)),
		Compares: template.HTML(MathText(cmp.Or(r.Compares, comparisons[verdict.Kind(r.Kind)]))),
		Reason:   r.Reason, Rerun: r.Rerun, Warnings: r.Warnings, Drift: r.Drift, Replicates: r.Replicates, Figure: IntervalFigure(r),
	}
	var bad []string
	for _, b := range r.Bad {
		bad = append(bad, halfLine(b.Lo, b.Hi, 5, Significant))
	}
	c.BadText = strings.Join(bad, " or ")
	switch {
	case r.Status == string(verdict.Errored):
		c.Found = "no estimate"
	case r.Kind == string(verdict.Exact):
		c.Found = "largest deviation " + estimate
	default:
		c.Found = estimate + ", interval " + interval + " of confidence " + Significant(float64(r.Confidence), 6)
	}
	for _, l := range r.History {
		digits := intervalDigits(l.Interval.Lo, l.Interval.Hi)
		look := pageLook{l.Look, l.Replicates, Digits(float64(l.Estimate), digits), halfLine(l.Interval.Lo, l.Interval.Hi, digits, Digits), Significant(float64(l.Confidence), 6), l.Outcome}
		if r.Kind == string(verdict.Exact) {
			look.Estimate, look.Interval, look.Confidence = Digits(float64(l.Estimate), 2), "", ""
		}
		if math.IsNaN(float64(l.Estimate)) {
			look.Estimate = "-"
		}
		c.History = append(c.History, look)
	}
	if len(r.Cells) > 1 {
		for _, k := range r.Cells {
			digits := intervalDigits(k.Interval.Lo, k.Interval.Hi)
			c.Cells = append(c.Cells, pageCell{k.Cell, Digits(float64(k.Estimate), digits), halfLine(k.Interval.Lo, k.Interval.Hi, digits, Digits), k.Replicates})
		}
	}
	return c
}

// shown returns estimate and interval as tables show them.
func (r *VerdictResult) shown() (estimate, interval string) {
	lo, hi := float64(r.Lo), float64(r.Hi)
	digits := intervalDigits(lo, hi)
	interval = halfLine(lo, hi, digits, Digits)
	exact := r.Kind == string(verdict.Exact)
	if exact || r.Status == string(verdict.Errored) {
		interval = ""
	}
	if exact {
		digits = 2
	}
	if math.IsNaN(float64(r.Estimate)) {
		return "-", interval
	}
	return Digits(float64(r.Estimate), digits), interval
}
