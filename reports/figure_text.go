package reports

import (
	"fmt"
	"image/color"
	"strings"
	"unicode"

	stdfont "golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// The fonts: Liberation Serif, which goes with the text of most papers and is
// as wide as Times.
var (
	faces  = font.NewCache(liberation.Collection())
	roman  = font.Font{Typeface: "Liberation", Variant: "Serif"}
	italic = font.Font{Typeface: "Liberation", Variant: "Serif", Style: stdfont.StyleItalic}
)

// run is a piece of text in one font, at a place relative to the text's start.
type run struct {
	text  string
	face  font.Face
	x, y  float64
	width float64
}

// label is a text of one line, laid out.
type label struct {
	runs  []run
	width float64
	size  float64 // of the font, in points
}

const (
	scriptSize = 0.7 // of a sub- or superscript
	raise      = 0.42
	lower      = 0.22
)

// layOut sets a text (see Figure for its notation) in one line.
func layOut(text string, size float64) label {
	t := &typesetter{size: size}
	t.set([]rune(text), false, size, 0)
	return label{runs: t.runs, width: t.end, size: size}
}

// typesetter places runs from left to right.
type typesetter struct {
	runs    []run
	x, end  float64 // where the next run goes; the rightmost so far
	size    float64
	pending []rune
}

func (t *typesetter) flush(slanted bool, size, y float64) {
	if len(t.pending) == 0 {
		return
	}
	f := roman
	if slanted {
		f = italic
	}
	face := faces.Lookup(f, vg.Length(size))
	text := string(t.pending)
	width := float64(face.Width(text))
	if slanted {
		width += 0.04 * size // italic correction: letters lean over what follows
	}
	t.runs = append(t.runs, run{text, face, t.x, y, width})
	t.x += width
	t.end = max(t.end, t.x)
	t.pending = t.pending[:0]
}

// set sets runes; math says whether they begin inside dollar signs.
func (t *typesetter) set(text []rune, math bool, size, y float64) {
	slanted := false
	put := func(r rune, lean bool) {
		if lean != slanted {
			t.flush(slanted, size, y)
			slanted = lean
		}
		t.pending = append(t.pending, r)
	}
	for i := 0; i < len(text); i++ {
		r := text[i]
		switch {
		case r == '\\' && i+1 < len(text) && text[i+1] == '$':
			put('$', false)
			i++
		case r == '$':
			t.flush(slanted, size, y)
			math = !math
		case !math:
			put(r, false)
		case r == '\\':
			word := i + 1
			for word < len(text) && unicode.IsLetter(text[word]) {
				put(text[word], false)
				word++
			}
			i = word - 1
		case (r == '_' || r == '^') && i+1 < len(text):
			t.flush(slanted, size, y)
			start, furthest := t.x, t.x
			for i+1 < len(text) && (text[i] == '_' || text[i] == '^') {
				group, next := scriptGroup(text, i+1)
				t.x = start
				shift := raise
				if text[i] == '_' {
					shift = -lower
				}
				t.set(group, true, size*scriptSize, y+shift*size)
				furthest = max(furthest, t.x)
				i = next
				if i >= len(text) || text[i] != '_' && text[i] != '^' {
					break
				}
			}
			t.x = furthest
			i--
		case r == '-':
			put('−', false)
		default:
			put(r, unicode.IsLetter(r))
		}
	}
	t.flush(slanted, size, y)
}

// scriptGroup returns the script that starts at text[at] and where it ends.
func scriptGroup(text []rune, at int) (group []rune, next int) {
	if text[at] != '{' {
		return text[at : at+1], at + 1
	}
	depth := 0
	for k := at; k < len(text); k++ {
		switch text[k] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return text[at+1 : k], k + 1
			}
		}
	}
	return text[at+1:], len(text)
}

// plainText is a text without its dollar signs and backslashes, for CSV.
func plainText(text string) string {
	const dollar = "\x00"
	text = strings.NewReplacer(`\$`, dollar, "$", "", `\`, "").Replace(text)
	return strings.ReplaceAll(text, dollar, "$")
}

// isMarkup says whether a text is in the notation of Figure: has dollar signs,
// in pairs.
func isMarkup(text string) bool {
	n := strings.Count(strings.ReplaceAll(text, `\$`, ""), "$")
	return n > 0 && n%2 == 0
}

// spoken is a text for terminals: plain text as it is, the notation of Figure
// without its signs.
func spoken(text string) string {
	if isMarkup(text) {
		return plainText(text)
	}
	return text
}

// wrap breaks a text into lines of at most the given width.
func wrap(text string, size, width float64) []label {
	var lines []label
	var line string
	for _, word := range words(text) {
		longer := word
		if line != "" {
			longer = line + " " + word
		}
		if line != "" && layOut(longer, size).width > width {
			lines = append(lines, layOut(line, size))
			longer = word
		}
		line = longer
	}
	if line != "" {
		lines = append(lines, layOut(line, size))
	}
	return lines
}

// words splits at spaces, but not inside short mathematics, which is kept
// whole.
func words(text string) []string {
	var all []string
	var word strings.Builder
	math := false
	runes := []rune(text)
	for i, r := range runes {
		if r == '$' && (i == 0 || runes[i-1] != '\\') {
			math = !math
		}
		if unicode.IsSpace(r) && !math {
			if word.Len() > 0 {
				all = append(all, word.String())
				word.Reset()
			}
			continue
		}
		word.WriteRune(r)
	}
	if word.Len() > 0 {
		all = append(all, word.String())
	}
	return all
}

// checkGlyphs reports a character that the fonts do not have.
func checkGlyphs(texts ...string) error {
	for _, text := range texts {
		for _, r := range layOut(text, 10).runs {
			for _, c := range r.text {
				var buffer sfnt.Buffer
				if k, err := r.face.Face.GlyphIndex(&buffer, c); err != nil || k == 0 {
					return fmt.Errorf("text %q: no font has the character %q", text, c)
				}
			}
		}
	}
	return nil
}

// align says which part of a text stands at its point: 0 the left end, 1/2 the
// middle, 1 the right end.
type align float64

const (
	alignLeft   align = 0
	alignCentre align = 0.5
	alignRight  align = 1
)

// text draws a label with its baseline at y.
func (c *canvas) text(l label, x, y float64, a align, ink color.Color) {
	c.vg.SetColor(ink)
	x -= float64(a) * l.width
	for _, r := range l.runs {
		c.glyphs(r, x+r.x, y+r.y)
	}
}

// textUp draws a label turned by 90 degrees, its baseline at x, its middle at y.
func (c *canvas) textUp(l label, x, y float64, ink color.Color) {
	c.vg.Push()
	c.vg.Translate(vg.Point{X: round(x), Y: round(y)})
	c.vg.Rotate(1.5707963267948966)
	c.text(l, 0, 0, alignCentre, ink)
	c.vg.Pop()
}

// glyphs draws a run: as text, or as outlines where the format could not show
// every character.
func (c *canvas) glyphs(r run, x, y float64) {
	if !c.outlines {
		c.vg.FillString(r.face, vg.Point{X: round(x), Y: round(y)}, r.text)
		return
	}
	f := r.face.Face
	units := f.UnitsPerEm()
	scale := float64(r.face.Font.Size) / float64(units)
	var buffer sfnt.Buffer
	previous := sfnt.GlyphIndex(0)
	ppem := fixedUnits(units)
	for i, character := range []rune(r.text) {
		k, err := f.GlyphIndex(&buffer, character)
		if err != nil {
			panic(err) // checkGlyphs looked
		}
		if i > 0 {
			if kern, err := f.Kern(&buffer, previous, k, ppem, stdfont.HintingNone); err == nil {
				x += float64(kern) * scale
			}
		}
		segments, err := f.LoadGlyph(&buffer, k, ppem, nil)
		if err != nil {
			panic(err) // the font is compiled in
		}
		at := func(n int, s sfnt.Segment) vg.Point {
			return vg.Point{X: round(x + scale*float64(s.Args[n].X)), Y: round(y - scale*float64(s.Args[n].Y))}
		}
		var path vg.Path
		var from vg.Point
		for _, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if len(path) > 0 {
					path.Close()
				}
				from = at(0, s)
				path.Move(from)
			case sfnt.SegmentOpLineTo:
				from = at(0, s)
				path.Line(from)
			case sfnt.SegmentOpQuadTo:
				// As a cubic: the PDF writer takes a quadratic's control
				// point for a cubic's.
				control, to := at(0, s), at(1, s)
				path.CubeTo(between(control, from), between(control, to), to)
				from = to
			case sfnt.SegmentOpCubeTo:
				from = at(2, s)
				path.CubeTo(at(0, s), at(1, s), from)
			}
		}
		if len(path) > 0 {
			path.Close()
			c.vg.Fill(path)
		}
		advance, err := f.GlyphAdvance(&buffer, k, ppem, stdfont.HintingNone)
		if err != nil {
			panic(err) // the font is compiled in
		}
		x += float64(advance) * scale
		previous = k
	}
}

// between is the point two thirds of the way from the end to the control point.
func between(control, end vg.Point) vg.Point {
	return vg.Point{X: end.X + 2*(control.X-end.X)/3, Y: end.Y + 2*(control.Y-end.Y)/3}
}
