package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
)

// Figure is a picture as data: what is shown, apart from how it is drawn. One
// house style draws it, the same bytes on every run.
//
// Texts (captions, labels, names) may hold mathematics between dollar signs:
// $E|H_{ij}|^2$. Inside, letters are slanted, - is a minus sign, _ and ^ take
// one character or a group in braces, \log is upright; Greek letters and signs
// such as ∞ and ≤ are written as they are. \$ is a dollar sign.
type Figure struct {
	Caption string // printed below, wrapped; a title there is none
	Size    Size
	Sheets  []Sheet // side by side
}

// Size is the width of a figure in a paper.
type Size int

// The widths of a paper of two columns: 3.25 and 6.75 inches.
const (
	OneColumn Size = iota
	TwoColumn
)

func (s Size) points() float64 {
	if s == TwoColumn {
		return 6.75 * 72
	}
	return 3.25 * 72
}

// Sheet is panels stacked on one horizontal axis.
type Sheet struct {
	Name   string // above the top left corner: (a)
	X      Axis
	Panels []Panel // from top to bottom
}

// Panel is one frame.
type Panel struct {
	Y      Axis
	Series []Series
	Aspect float64 // height over width; 0 is 0.66 for the first panel of a sheet and 0.28 for the others
}

// Axis describes an axis. Min and Max are its ends; where both are 0 they are
// chosen to hold all data, the error bars too on linear axes.
type Axis struct {
	Label    string
	Log      bool
	Min, Max float64
}

// Kind says how a series is drawn.
type Kind string

// The kinds. Points have error bars where Lo and Hi are given; a Band is the
// area between Lo and Hi (Y, if given, is a line in it); Steps is a histogram,
// its X the len(Y)+1 edges of the bins; a Stem stands for a point mass; a Guide
// is a thin dashed line to compare slopes with.
const (
	Line   Kind = "line"
	Points Kind = "points"
	Band   Kind = "band"
	Steps  Kind = "steps"
	Stem   Kind = "stem"
	Guide  Kind = "guide"
)

// Colour is a colour of the palette of Okabe and Ito (2008), which eyes of
// every kind tell apart. Each goes with a dash pattern and a marker of its own,
// so that series differ in grey too. Auto takes the next one.
type Colour int

// The colours.
const (
	Auto Colour = iota
	Blue
	Vermillion
	Green
	Orange
	Purple
	Sky
	Black
	Grey
)

// Series is data of one name. X, Y (and Lo and Hi, where there are any) are of
// one length, except for Steps.
type Series struct {
	Name   string // in the legend; empty: not listed there
	Kind   Kind
	X, Y   []float64
	Lo, Hi []float64 // ends of the error bars
	Colour Colour
	Joined bool   // points joined by a thin line
	Text   string // written beside the last point: the mass of an atom
}

// Picture is what can be written as a picture and as its data.
type Picture interface {
	// Write writes the picture: SVG, PNG or PDF by the file's extension.
	Write(file string) error
	// File draws the picture without writing it, for files that [WriteFiles]
	// writes together.
	File(file string) (File, error)
	// CSV returns the data, in full precision.
	CSV() ([]byte, error)
	// Uncaptioned returns the picture without its caption, for a document that
	// prints the caption itself, and the caption.
	Uncaptioned() (Picture, string)
}

// NewFigure returns a figure of one panel.
func NewFigure(caption string, x, y Axis, series ...Series) *Figure {
	return &Figure{Caption: caption, Sheets: []Sheet{{X: x, Panels: []Panel{{Y: y, Series: series}}}}}
}

// CheckPlotFile reports, before any work is done, why a picture could not be
// written at path.
func CheckPlotFile(path string) error {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".svg", ".png", ".pdf":
		return CheckWritable(path)
	}
	return fmt.Errorf("plot file must end in .svg, .png or .pdf, got %q", path)
}

// Write writes the figure: SVG, PNG (300 dots an inch) or PDF, by the file's
// extension; whole or not at all.
func (f *Figure) Write(file string) error { return writePicture(file, f) }

// File draws the figure, in the format of the file's name, without writing it.
func (f *Figure) File(file string) (File, error) { return pictureFile(file, f) }

// Uncaptioned returns the figure without its caption, and the caption.
func (f *Figure) Uncaptioned() (Picture, string) {
	bare := *f
	bare.Caption = ""
	return &bare, f.Caption
}

// CSV returns the data, a row a point: sheet and panel (from 1), series, kind,
// the labels of the axes, x, y and the ends lo and hi of the error bar. For a
// histogram x is the left edge of a bin and x_end the right one.
func (f *Figure) CSV() ([]byte, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	err := w.Write([]string{"sheet", "panel", "series", "kind", "x_axis", "y_axis", "x", "x_end", "y", "lo", "hi"})
	at := func(v []float64, i int) string {
		if i >= len(v) {
			return ""
		}
		return strconv.FormatFloat(v[i], 'g', -1, 64)
	}
	for i, s := range f.Sheets {
		for k, p := range s.Panels {
			for _, d := range p.Series {
				for n := range d.points() {
					end := ""
					if d.Kind == Steps {
						end = at(d.X, n+1)
					}
					if err == nil {
						err = w.Write([]string{
							strconv.Itoa(i + 1), strconv.Itoa(k + 1), plainText(d.Name), string(d.Kind), plainText(s.X.Label), plainText(p.Y.Label),
							at(d.X, n), end, at(d.Y, n), at(d.Lo, n), at(d.Hi, n),
						})
					}
				}
			}
		}
	}
	w.Flush()
	if err == nil {
		err = w.Error()
	}
	return out.Bytes(), err
}

// points is the number of points, or bins.
func (s *Series) points() int {
	if s.Kind == Steps {
		return len(s.Y)
	}
	return len(s.X)
}

// check reports the first thing that cannot be drawn, with its place.
func (f *Figure) check() error {
	if len(f.Sheets) == 0 {
		return fmt.Errorf("figure has no sheet: want at least one")
	}
	for i := range f.Sheets {
		s := &f.Sheets[i]
		where := "figure"
		if len(f.Sheets) > 1 {
			where = fmt.Sprintf("figure, sheet %d", i+1)
		}
		if len(s.Panels) == 0 {
			return fmt.Errorf("%s has no panel: want at least one", where)
		}
		if err := s.X.check(where, "x"); err != nil {
			return err
		}
		for k := range s.Panels {
			p := &s.Panels[k]
			at := where
			if len(s.Panels) > 1 {
				at = fmt.Sprintf("%s, panel %d", where, k+1)
			}
			if err := p.Y.check(at, "y"); err != nil {
				return err
			}
			if !(p.Aspect >= 0 && p.Aspect <= 10) {
				return fmt.Errorf("%s: aspect must be from 0 to 10, got %v", at, p.Aspect)
			}
			drawn := false
			for n := range p.Series {
				d := &p.Series[n]
				name := fmt.Sprintf("%s, series %d", at, n+1)
				if d.Name != "" {
					name += fmt.Sprintf(" (%s)", plainText(d.Name))
				}
				if err := d.check(s.X.Log, p.Y.Log); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
				drawn = drawn || d.points() > 0
			}
			if !drawn {
				return fmt.Errorf("%s: no data to draw", at)
			}
		}
	}
	return checkGlyphs(f.texts()...)
}

func (f *Figure) texts() []string {
	all := []string{f.Caption}
	for _, s := range f.Sheets {
		all = append(all, s.Name, s.X.Label)
		for _, p := range s.Panels {
			all = append(all, p.Y.Label)
			for _, d := range p.Series {
				all = append(all, d.Name, d.Text)
			}
		}
	}
	return all
}

func (a *Axis) check(where, name string) error {
	switch {
	case a.Min == 0 && a.Max == 0:
		return nil
	case !(a.Min < a.Max) || math.IsInf(a.Min, 0) || math.IsInf(a.Max, 0):
		return fmt.Errorf("%s: the %s axis must run from a number to a greater one, got %v to %v", where, name, a.Min, a.Max)
	case a.Log && a.Min <= 0:
		return fmt.Errorf("%s: a logarithmic %s axis must begin above 0, got %v", where, name, a.Min)
	}
	return nil
}

func (s *Series) check(logX, logY bool) error {
	n := len(s.X)
	switch s.Kind {
	case Steps:
		if n != len(s.Y)+1 {
			return fmt.Errorf("steps of %d bins need %d edges, got %d", len(s.Y), len(s.Y)+1, n)
		}
	case Line, Points, Stem, Guide:
		if n != len(s.Y) {
			return fmt.Errorf("%d x for %d y: want as many", n, len(s.Y))
		}
	case Band:
		if len(s.Lo) != n || len(s.Hi) != n || s.Y != nil && len(s.Y) != n {
			return fmt.Errorf("band of %d x, %d lo, %d hi, %d y: want as many", n, len(s.Lo), len(s.Hi), len(s.Y))
		}
	default:
		return fmt.Errorf("unknown kind %q: want line, points, band, steps, stem or guide", s.Kind)
	}
	if s.Kind != Band && (len(s.Lo) != len(s.Hi) || len(s.Lo) != 0 && len(s.Lo) != len(s.Y)) {
		return fmt.Errorf("error bars have %d lower and %d upper ends for %d points: want as many", len(s.Lo), len(s.Hi), len(s.Y))
	}
	if s.Colour < Auto || s.Colour > Grey {
		return fmt.Errorf("unknown colour %d: want 0 (auto) to %d", s.Colour, Grey)
	}
	for _, v := range []struct {
		name   string
		values []float64
		log    bool
	}{{"x", s.X, logX}, {"y", s.Y, logY && s.Kind != Steps}, {"lo", s.Lo, false}, {"hi", s.Hi, logY}} {
		for i, x := range v.values {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				return fmt.Errorf("%s[%d] is %v: want a finite number", v.name, i, x)
			}
			if v.log && x <= 0 {
				return fmt.Errorf("%s[%d] is %v on a logarithmic axis: want a positive number", v.name, i, x)
			}
		}
	}
	for i := range s.Lo {
		if s.Lo[i] > s.Hi[i] {
			return fmt.Errorf("lo[%d] = %v is above hi[%d] = %v", i, s.Lo[i], i, s.Hi[i])
		}
	}
	for i := 1; s.Kind == Steps && i < n; i++ {
		if s.X[i] <= s.X[i-1] {
			return fmt.Errorf("the edges of the bins must rise, got x[%d] = %v after %v", i, s.X[i], s.X[i-1])
		}
	}
	return nil
}
