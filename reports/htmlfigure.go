package reports

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"

	"pastur/verdict"
)

// The figure's layout in user units, which are pixels at full width.
const (
	figureWidth  = 720.0
	figureLeft   = 150.0 // room for "look 10: 1048576"
	figureRight  = 16.0
	figureTop    = 34.0 // room for GOOD's ends
	figureRow    = 18.0
	figureBottom = 24.0 // room for BAD's ends
)

// figureScale maps what the claim compares to x.
type figureScale struct {
	lo, hi      float64
	logarithmic bool
}

func (s *figureScale) value(v float64) float64 {
	if s.logarithmic {
		return math.Log10(v) // -Inf for 0: off to the left
	}
	return v
}

// x returns the place of v, and -1 or 1 if it lies beyond the left or right end.
func (s *figureScale) x(v float64) (x float64, beyond int) {
	t := (s.value(v) - s.lo) / (s.hi - s.lo)
	switch {
	case t < 0 || math.IsInf(v, -1):
		t, beyond = 0, -1
	case t > 1:
		t, beyond = 1, 1
	}
	return figureLeft + t*(figureWidth-figureLeft-figureRight), beyond
}

// IntervalFigure draws the intervals of a claim's looks against its GOOD and
// BAD sets as inline SVG with a text alternative; "" if there is nothing to
// draw.
func IntervalFigure(r *VerdictResult) template.HTML {
	rows := r.History
	if len(rows) == 0 {
		return ""
	}
	scale, ok := scaleOf(r)
	if !ok {
		return ""
	}
	height := figureTop + figureRow*float64(len(rows)) + figureBottom
	floor := height - figureBottom
	var out strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&out, format+"\n", args...) }
	p(`<svg viewBox="0 0 %s %s" role="img" aria-label="%s">`, px(figureWidth), px(height), html.EscapeString(r.figureText()))
	band := func(set verdict.Interval, fill string) (left, right float64) {
		left, _ = scale.x(set.Lo)
		right, _ = scale.x(set.Hi)
		if math.IsInf(set.Hi, 1) {
			right = figureWidth - figureRight
		}
		if right-left < 3 { // a point
			left, right = left-1.5, left+1.5
		}
		p(`<rect %s x="%s" y="%s" width="%s" height="%s"/>`, fill, px(left), px(figureTop), px(right-left), px(floor-figureTop))
		return left, right
	}
	for _, bad := range r.Bad {
		left, right := band(bad, `fill="url(#hatch)"`)
		mark(p, "BAD", left, right, floor+14, bad)
	}
	left, right := band(r.Good, `class="good"`)
	mark(p, "GOOD", left, right, figureTop-8, r.Good)
	p(`<rect class="frame" x="%s" y="%s" width="%s" height="%s"/>`, px(figureLeft), px(figureTop), px(figureWidth-figureLeft-figureRight), px(floor-figureTop))
	for i, l := range rows {
		y := figureTop + figureRow*(float64(i)+0.5)
		p(`<text class="quiet" x="%s" y="%s" text-anchor="end">look %d: %d</text>`, px(figureLeft-8), px(y+4), l.Look, l.Replicates)
		lo, beyondLo := scale.x(l.Interval.Lo)
		hi, beyondHi := scale.x(l.Interval.Hi)
		if math.IsInf(l.Interval.Hi, 1) {
			hi, beyondHi = figureWidth-figureRight, 1
		}
		if l.Interval.Lo < l.Interval.Hi {
			p(`<path class="interval" d="M%s %sH%s"/>`, px(lo), px(y), px(hi))
			end(p, lo, y, beyondLo)
			end(p, hi, y, beyondHi)
		}
		if e := float64(l.Estimate); !math.IsNaN(e) {
			if x, beyond := scale.x(e); beyond == 0 {
				p(`<circle class="dot" cx="%s" cy="%s" r="4"/>`, px(x), px(y))
			} else {
				end(p, x, y, beyond)
			}
		}
	}
	p(`</svg>`)
	return template.HTML(strings.TrimSuffix(out.String(), "\n"))
}

// label writes a band's name and its finite ends beside it.
func mark(p func(string, ...any), name string, left, right, y float64, set verdict.Interval) {
	text := name + " " + halfLine(set.Lo, set.Hi, 5, Significant)
	// The text is centred on its band but kept inside the picture.
	room := 3.4 * float64(len(text))
	x := math.Max(figureLeft+room-20, math.Min(figureWidth-figureRight-room, (left+right)/2))
	p(`<text x="%s" y="%s" text-anchor="middle">%s</text>`, px(x), px(y), html.EscapeString(text))
}

// end closes an interval with a bar, or an arrow if it goes on.
func end(p func(string, ...any), x, y float64, beyond int) {
	if beyond == 0 {
		p(`<path class="interval" d="M%s %sV%s"/>`, px(x), px(y-4), px(y+4))
		return
	}
	back := x - 6*float64(beyond)
	p(`<path class="arrow" d="M%s %sL%s %sL%s %s"/>`, px(back), px(y-4), px(x), px(y), px(back), px(y+4))
}

// px writes a length to a tenth of a pixel.
func px(x float64) string { return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64) }

// scaleOf chooses what the picture shows: the ends of the sets and the deciding
// interval, unless that is far away.
func scaleOf(r *VerdictResult) (figureScale, bool) {
	s := figureScale{logarithmic: r.Kind == string(verdict.Exact)}
	var ends []float64
	add := func(v float64) {
		if v = s.value(v); !math.IsInf(v, 0) && !math.IsNaN(v) {
			ends = append(ends, v)
		}
	}
	add(r.Good.Lo)
	add(r.Good.Hi)
	for _, b := range r.Bad {
		add(b.Lo)
		add(b.Hi)
	}
	if len(ends) == 0 {
		return s, false
	}
	s.lo, s.hi = ends[0], ends[0]
	widen := func(v float64) { s.lo, s.hi = math.Min(s.lo, v), math.Max(s.hi, v) }
	for _, e := range ends {
		widen(e)
	}
	width := s.hi - s.lo
	if s.logarithmic {
		width = math.Max(width, 2) // decades
	}
	if width == 0 {
		width = math.Max(math.Abs(s.hi)*0.01, 1e-300)
	}
	// Anything further than three widths away is an arrow.
	lo, hi := s.lo-3*width, s.hi+3*width
	if s.logarithmic {
		lo = s.lo - 20
	}
	shown := []float64{float64(r.Lo), float64(r.Hi), float64(r.Estimate)}
	for _, l := range r.History {
		shown = append(shown, float64(l.Estimate))
	}
	for _, v := range shown {
		if v = s.value(v); v >= lo && v <= hi {
			widen(v)
		}
	}
	margin := 0.18 * math.Max(s.hi-s.lo, width)
	s.lo, s.hi = s.lo-margin, s.hi+margin
	return s, s.hi > s.lo
}

// figureText says in words what the figure shows.
func (r *VerdictResult) figureText() string {
	var bad []string
	for _, b := range r.Bad {
		bad = append(bad, halfLine(b.Lo, b.Hi, 5, Significant))
	}
	last := r.History[len(r.History)-1]
	found := "estimate " + Significant(float64(last.Estimate), 5)
	if last.Interval.Lo < last.Interval.Hi {
		found += ", interval " + halfLine(last.Interval.Lo, last.Interval.Hi, 5, Significant)
	}
	looks := fmt.Sprintf("after %d looks", len(r.History))
	if len(r.History) == 1 {
		looks = "after 1 look"
	}
	return fmt.Sprintf("%s, %s: %s; GOOD %s; BAD %s.", r.ID, looks, found, halfLine(r.Good.Lo, r.Good.Hi, 5, Significant), strings.Join(bad, " or "))
}
