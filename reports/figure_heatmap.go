package reports

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"slices"
	"strconv"

	"pastur/reports/palette/cividis"
)

// HeatMap shows the absolute values of matrices, sheets side by side, in the
// colours of cividis, with one colour bar for all. It follows Figure in
// everything else.
type HeatMap struct {
	Caption string
	Size    Size
	Bar     string // label of the colour bar; empty: |H|
	// Clip is the value that the last colour stands for; what is larger has that
	// colour too, and the bar says so. 0 is the largest value of all sheets.
	Clip   float64
	Sheets []HeatSheet
}

// HeatSheet is one matrix.
type HeatSheet struct {
	Name   string // above: (a) $C = 10$
	Matrix Grid
	// Divisor divides the values, to show sheets of unlike size on one scale; 0
	// is 1. The name should say so.
	Divisor float64
	// Rows and Columns are the places before which a grid line is drawn: block
	// boundaries, from 1 to the size less 1. Columns nil: as Rows, if the matrix
	// is square.
	Rows, Columns []int
	// Labels name groups of rows and columns: the layers.
	Labels []HeatLabel
}

// HeatLabel names rows (and, in a square matrix, columns) From to To-1.
type HeatLabel struct {
	From, To int
	Text     string
}

// Grid is a matrix; those of gonum are.
type Grid interface {
	Dims() (rows, columns int)
	At(i, j int) float64
}

// Values is a Grid of slices of equal length.
type Values [][]float64

// Dims returns the numbers of rows and columns.
func (v Values) Dims() (rows, columns int) {
	if len(v) == 0 {
		return 0, 0
	}
	return len(v), len(v[0])
}

// At returns entry i, j.
func (v Values) At(i, j int) float64 { return v[i][j] }

// heatPixels is the number of pixels across an inch of a matrix. A matrix of more
// entries is shown by the largest one in each pixel.
const heatPixels = 400

// Write writes the picture: SVG, PNG (300 dots an inch) or PDF, by the file's
// extension; whole or not at all.
func (h *HeatMap) Write(file string) error { return writePicture(file, h) }

// File draws the picture, in the format of the file's name, without writing it.
func (h *HeatMap) File(file string) (File, error) { return pictureFile(file, h) }

// Uncaptioned returns the picture without its caption, and the caption.
func (h *HeatMap) Uncaptioned() (Picture, string) {
	bare := *h
	bare.Caption = ""
	return &bare, h.Caption
}

// CSV returns the matrices, a row an entry: sheet, row and column (from 1), and
// the value as given.
func (h *HeatMap) CSV() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	err := w.Write([]string{"sheet", "name", "row", "column", "value"})
	for k := range h.Sheets {
		s := &h.Sheets[k]
		rows, columns := s.Matrix.Dims()
		for i := range rows {
			for j := range columns {
				if err == nil {
					err = w.Write([]string{strconv.Itoa(k + 1), plainText(s.Name), strconv.Itoa(i + 1), strconv.Itoa(j + 1), strconv.FormatFloat(s.Matrix.At(i, j), 'g', -1, 64)})
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

func (h *HeatMap) check() error {
	if len(h.Sheets) == 0 {
		return fmt.Errorf("heat map has no sheet: want at least one")
	}
	if !(h.Clip >= 0) || math.IsInf(h.Clip, 0) {
		return fmt.Errorf("heat map: clip must be a positive number, or 0 for the largest value, got %v", h.Clip)
	}
	texts := []string{h.Caption, h.Bar}
	for k := range h.Sheets {
		s := &h.Sheets[k]
		texts = append(texts, s.Name)
		where := fmt.Sprintf("heat map, sheet %d", k+1)
		if !(s.Divisor >= 0) || math.IsInf(s.Divisor, 0) {
			return fmt.Errorf("%s: divisor must be a positive number, got %v", where, s.Divisor)
		}
		if s.Matrix == nil {
			return fmt.Errorf("%s has no matrix", where)
		}
		if v, ok := s.Matrix.(Values); ok {
			for i := range v {
				if len(v[i]) != len(v[0]) {
					return fmt.Errorf("%s: row %d has %d entries and row 1 has %d: want as many", where, i+1, len(v[i]), len(v[0]))
				}
			}
		}
		rows, columns := s.Matrix.Dims()
		if rows == 0 || columns == 0 {
			return fmt.Errorf("%s is empty: %d by %d", where, rows, columns)
		}
		for i := range rows {
			for j := range columns {
				if x := s.Matrix.At(i, j); math.IsNaN(x) || math.IsInf(x, 0) {
					return fmt.Errorf("%s: entry %d, %d is %v: want a finite number", where, i+1, j+1, x)
				}
			}
		}
		for _, lines := range []struct {
			places []int
			size   int
		}{{s.Rows, rows}, {s.Columns, columns}} {
			for _, at := range lines.places {
				if at < 1 || at >= lines.size {
					return fmt.Errorf("%s: a grid line must stand before an entry from 1 to %d, got %d", where, lines.size-1, at)
				}
			}
		}
		for _, l := range s.Labels {
			texts = append(texts, l.Text)
			if l.From < 0 || l.To > rows || l.From >= l.To {
				return fmt.Errorf("%s: label %q is for rows %d to %d of %d", where, l.Text, l.From, l.To, rows)
			}
		}
	}
	return checkGlyphs(texts...)
}

// value is what is shown of an entry.
func (s *HeatSheet) value(i, j int) float64 {
	x := math.Abs(s.Matrix.At(i, j))
	if s.Divisor > 0 {
		x /= s.Divisor
	}
	return x
}

// largest returns the largest value of all sheets.
func (h *HeatMap) largest() float64 {
	most := 0.0
	for k := range h.Sheets {
		s := &h.Sheets[k]
		rows, columns := s.Matrix.Dims()
		for i := range rows {
			for j := range columns {
				most = math.Max(most, s.value(i, j))
			}
		}
	}
	return most
}

// paint fills a part of a picture with the matrix, the largest entry that falls
// into each pixel.
func (s *HeatSheet) paint(img *image.RGBA, part image.Rectangle, clip float64) {
	rows, columns := s.Matrix.Dims()
	span := func(k, pixels, entries int) (from, to int) {
		from, to = k*entries/pixels, (k+1)*entries/pixels
		return from, max(to, from+1)
	}
	line := make([]float64, columns)
	last := [2]int{-1, -1}
	for y := range part.Dy() {
		from, to := span(y, part.Dy(), rows)
		if last != [2]int{from, to} {
			for j := range line {
				line[j] = 0
				for i := from; i < to; i++ {
					line[j] = math.Max(line[j], s.value(i, j))
				}
			}
			last = [2]int{from, to}
		}
		for x := range part.Dx() {
			left, right := span(x, part.Dx(), columns)
			img.SetRGBA(part.Min.X+x, part.Min.Y+y, cividis.At(slices.Max(line[left:right])/clip))
		}
	}
}

func (h *HeatMap) prepare() (width, height float64, draw func(*canvas)) {
	width = h.Size.points()
	largest := h.largest()
	clip := h.Clip
	if clip == 0 {
		clip = largest
	}
	if clip == 0 {
		clip = 1 // all entries are 0
	}
	barLabel := h.Bar
	if barLabel == "" {
		barLabel = "$|H|$"
	}
	caption := wrap(h.Caption, captionSize, width-2*margin-4)

	labelled, named := false, false
	for k := range h.Sheets {
		labelled = labelled || len(h.Sheets[k].Labels) > 0
		named = named || h.Sheets[k].Name != ""
	}
	side := 0.0 // room for labels on the left
	if labelled {
		side = tickSize * leading
	}
	top := 0.0
	if named {
		top = labelSize*leading + 2
	}
	bar := newScale(Axis{Min: 0, Max: clip}, 0, clip, 100, 20, true)
	barWidth := 8 + 7 + 4 + bar.widest() + labelSize*leading
	n := float64(len(h.Sheets))
	const between = 9
	each := (width - 2*margin - barWidth - n*side - between*(n-1)) / n
	tall := 0.0
	for k := range h.Sheets {
		rows, columns := h.Sheets[k].Matrix.Dims()
		tall = math.Max(tall, each*float64(rows)/float64(columns))
	}
	bottom := margin + float64(len(caption))*captionSize*leading
	if len(caption) > 0 {
		bottom += 5
	}
	if labelled {
		bottom += tickSize * leading
	}
	if bar.factor != "" {
		top = math.Max(top, labelSize*leading+2)
	}
	height = bottom + tall + top + margin + 2

	return width, height, func(c *canvas) {
		c.fill(color.White, rectangle{0, 0, width, height}.corners()...)
		ceiling := height - margin - 1 - top
		frames := make([]rectangle, len(h.Sheets))
		for k := range frames {
			rows, columns := h.Sheets[k].Matrix.Dims()
			left := margin + side + float64(k)*(each+between+side)
			frames[k] = rectangle{left, ceiling - each*float64(rows)/float64(columns), left + each, ceiling}
		}
		h.drawMatrices(c, frames, clip)
		for k, f := range frames {
			s := &h.Sheets[k]
			s.drawGrid(c, f)
			c.frame(ink, f)
			if s.Name != "" {
				c.text(layOut(s.Name, labelSize), f.left, f.top+4, alignLeft, black)
			}
		}
		left := width - margin - barWidth + 8
		f := rectangle{left, ceiling - tall, left + 7, ceiling}
		for k := range 128 {
			low, high := f.bottom+f.height()*float64(k)/128, f.bottom+f.height()*float64(k+1)/128
			c.fill(cividis.At((float64(k)+0.5)/128), rectangle{f.left, low, f.right, math.Min(high+0.3, f.top)}.corners()...)
		}
		c.frame(ink, f)
		for _, t := range bar.ticks {
			if t.text == "" {
				continue
			}
			at := f.bottom + bar.fraction(t.at)*f.height()
			text := t.text
			if largest > clip*(1+1e-12) && bar.fraction(t.at) > 1-1e-9 {
				text = "≥ " + text
			}
			c.line(ink, point{f.right, at}, point{f.right - 2, at})
			c.text(layOut(text, tickSize), f.right+3, math.Min(at-0.33*tickSize, f.top-0.66*tickSize), alignLeft, black)
		}
		label := barLabel
		divided := slices.ContainsFunc(h.Sheets, func(s HeatSheet) bool { return s.Divisor > 0 })
		if largest > clip*(1+1e-12) && !divided { // the label says by what, and the sheets how much
			label += fmt.Sprintf(", clipped at $%s$", mathNumber(clip, 3))
		}
		c.textUp(layOut(label, labelSize), width-margin-0.3*labelSize, (f.bottom+f.top)/2, black)
		if bar.factor != "" {
			c.text(layOut(bar.factor, tickSize), f.left, f.top+4, alignLeft, black)
		}
		y := margin + (float64(len(caption))-1)*captionSize*leading + 2
		for _, line := range caption {
			c.text(line, margin+2, y, alignLeft, black)
			y -= captionSize * leading
		}
	}
}

// drawMatrices draws all matrices as one image: the PDF writer puts several in an
// order that changes from run to run.
func (h *HeatMap) drawMatrices(c *canvas, frames []rectangle, clip float64) {
	whole := frames[0]
	for _, f := range frames {
		whole.right, whole.bottom = math.Max(whole.right, f.right), math.Min(whole.bottom, f.bottom)
	}
	const scale = heatPixels / 72.0
	pixels := func(x float64) int { return int(math.Round(x * scale)) }
	img := image.NewRGBA(image.Rect(0, 0, pixels(whole.width()), pixels(whole.height())))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	for k, f := range frames {
		part := image.Rect(pixels(f.left-whole.left), 0, pixels(f.right-whole.left), pixels(f.height()))
		h.Sheets[k].paint(img, part.Intersect(img.Bounds()), clip)
	}
	c.image(whole, img)
}

// drawGrid draws block boundaries and the names of layers.
func (s *HeatSheet) drawGrid(c *canvas, f rectangle) {
	rows, columns := s.Matrix.Dims()
	across := func(i int) float64 { return f.top - f.height()*float64(i)/float64(rows) }
	down := func(j int) float64 { return f.left + f.width()*float64(j)/float64(columns) }
	vertical := s.Columns
	if vertical == nil && rows == columns {
		vertical = s.Rows
	}
	thin := pen{ink: color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}, width: 0.25}
	for _, i := range s.Rows {
		c.line(thin, point{f.left, across(i)}, point{f.right, across(i)})
	}
	for _, j := range vertical {
		c.line(thin, point{down(j), f.bottom}, point{down(j), f.top})
	}
	for _, l := range s.Labels {
		text := layOut(l.Text, tickSize)
		c.textUp(text, f.left-3, (across(l.From)+across(l.To))/2, black)
		if rows == columns {
			c.text(text, (down(l.From)+down(l.To))/2, f.bottom-tickSize, alignCentre, black)
		}
		// A stronger line where a layer ends.
		if l.To < rows {
			strong := pen{ink: color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}, width: 0.9}
			c.line(strong, point{f.left, across(l.To)}, point{f.right, across(l.To)})
			if rows == columns {
				c.line(strong, point{down(l.To), f.bottom}, point{down(l.To), f.top})
			}
		}
	}
}

// mathNumber is a number in mathematics: 1.5, 2·10^{-6}.
func mathNumber(x float64, digits int) string {
	text := Significant(x, digits)
	for i, r := range text {
		if r == 'e' {
			exponent, err := strconv.Atoi(text[i+1:])
			if err != nil {
				panic(err) // FormatFloat wrote it
			}
			if text[:i] == "1" {
				return fmt.Sprintf("10^{%d}", exponent)
			}
			return fmt.Sprintf("%s·10^{%d}", text[:i], exponent)
		}
	}
	return text
}
