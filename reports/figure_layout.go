package reports

import (
	"image/color"
)

// The house style, in points.
const (
	labelSize   = 8.5
	tickSize    = 7.5
	legendSize  = 7.5
	captionSize = 8.5
	leading     = 1.28 // from line to line, in font sizes
	frameWidth  = 0.5
	majorTick   = 3.2
	minorTick   = 1.7
	gutter      = 14 // between sheets
	panelGap    = 7
	margin      = 3 // around everything
)

// layout is a figure with every frame in its place.
type layout struct {
	figure        *Figure
	width, height float64
	sheets        []sheetLayout
	caption       []label
}

type sheetLayout struct {
	name   label
	left   float64 // of the sheet
	x      *scale
	panels []panelLayout
}

type panelLayout struct {
	frame  rectangle
	y      *scale
	looks  []look // a series
	legend legend
}

func (f *Figure) prepare() (width, height float64, draw func(*canvas)) {
	l := &layout{figure: f, width: f.Size.points()}
	sheets := len(f.Sheets)
	sheetWidth := (l.width - 2*margin - gutter*float64(sheets-1)) / float64(sheets)
	l.caption = wrap(f.Caption, captionSize, l.width-2*margin-4)

	// Across first: scales, margins and the widths of frames.
	lefts := make([]float64, sheets)
	tall := 0.0 // the tallest stack of panels
	tops := 0.0
	stacks := make([]float64, sheets)
	for i := range f.Sheets {
		s := &f.Sheets[i]
		sl := sheetLayout{name: layOut(s.Name, labelSize), left: margin + float64(i)*(sheetWidth+gutter)}
		var all []Series
		for _, p := range s.Panels {
			all = append(all, p.Series...)
		}
		lo, hi, zero := dataRange(s.X, false, all...)
		sl.x = newScale(s.X, lo, hi, sheetWidth-40, 30, zero)
		for k, p := range s.Panels {
			aspect := p.aspect(k)
			lo, hi, zero := dataRange(p.Y, true, p.Series...)
			pl := panelLayout{y: newScale(p.Y, lo, hi, aspect*(sheetWidth-40), 17, zero), looks: styles(p.Series)}
			lefts[i] = max(lefts[i], pl.y.widest()+4+labelSize*leading)
			sl.panels = append(sl.panels, pl)
		}
		l.sheets = append(l.sheets, sl)
	}
	for i := range l.sheets {
		sl := &l.sheets[i]
		left, right := sl.left+lefts[i], sl.left+sheetWidth-sl.x.overhang()
		for k := range sl.panels {
			p, pl := &f.Sheets[i].Panels[k], &sl.panels[k]
			pl.frame = rectangle{left: left, right: right, top: p.aspect(k) * (right - left)}
			pl.legend = newLegend(pl, sl.x, p.Series)
			stacks[i] += pl.frame.height()
			if k > 0 {
				stacks[i] += pl.gap()
			}
		}
		tall = max(tall, stacks[i])
	}
	// Down next: sheets end at one height, and legends that fit nowhere inside
	// go on top.
	for i := range l.sheets {
		sl := &l.sheets[i]
		top := 0.0
		first := &sl.panels[0]
		if f.Sheets[i].Name != "" || first.y.factor != "" {
			top = labelSize*leading + 1
		}
		if stretch := tall - stacks[i]; stretch > 0 {
			first.frame.top += stretch
			first.legend = newLegend(first, sl.x, f.Sheets[i].Panels[0].Series)
		}
		if first.legend.above {
			top += first.legend.height + 3
		}
		tops = max(tops, top)
	}
	bottom := margin + float64(len(l.caption))*captionSize*leading
	if len(l.caption) > 0 {
		bottom += 4
	}
	axes := tickSize*leading + labelSize*leading + 3
	l.height = bottom + axes + tall + tops + margin + 1
	for i := range l.sheets {
		sl := &l.sheets[i]
		y := l.height - margin - 1 - tops
		for k := range sl.panels {
			pl := &sl.panels[k]
			if k > 0 {
				y -= pl.gap()
			}
			h := pl.frame.height()
			pl.frame.top, pl.frame.bottom = y, y-h
			y -= h
		}
	}
	return l.width, l.height, l.draw
}

// gap is the space over a panel that is not the first.
func (p *panelLayout) gap() float64 {
	gap := float64(panelGap)
	if p.legend.above {
		gap += p.legend.height + 1
	}
	if p.y.factor != "" {
		gap += labelSize
	}
	return gap
}

func (p *Panel) aspect(k int) float64 {
	switch {
	case p.Aspect > 0:
		return p.Aspect
	case k == 0:
		return 0.68
	}
	return 0.28
}

// widest is the width of the widest tick text.
func (s *scale) widest() float64 {
	widest := 0.0
	for _, t := range s.ticks {
		widest = max(widest, layOut(t.text, tickSize).width)
	}
	return widest
}

// overhang is how far the last tick's text reaches beyond the frame.
func (s *scale) overhang() float64 {
	over := 1.0
	for _, t := range s.ticks {
		if s.fraction(t.at) > 0.9 {
			over = max(over, layOut(t.text, tickSize).width/2)
		}
	}
	return over
}

// place is where a point falls.
func (p *panelLayout) place(x *scale, u, v float64) point {
	f := p.frame
	return point{f.left + x.fraction(u)*f.width(), f.bottom + p.y.fraction(v)*f.height()}
}

var (
	black = color.RGBA{A: 255}
	ink   = pen{ink: black, width: frameWidth}
)

func (l *layout) draw(c *canvas) {
	c.fill(color.White, rectangle{0, 0, l.width, l.height}.corners()...)
	for i := range l.sheets {
		s, sl := &l.figure.Sheets[i], &l.sheets[i]
		for k := range sl.panels {
			pl := &sl.panels[k]
			for _, order := range [][]Kind{{Band}, {Steps}, {Guide}, {Line}, {Stem}, {Points}} {
				for n := range s.Panels[k].Series {
					if d := &s.Panels[k].Series[n]; d.Kind == order[0] {
						pl.drawSeries(c, sl.x, d, &pl.looks[n])
					}
				}
			}
			if !sl.x.log && !pl.y.log && pl.y.min < 0 && pl.y.max > 0 {
				a, b := pl.place(sl.x, sl.x.min, 0), pl.place(sl.x, sl.x.max, 0)
				c.line(pen{ink: grey, width: 0.4}, a, b)
			}
			last := k == len(sl.panels)-1
			pl.drawFrame(c, sl.x, last)
			if label := layOut(s.Panels[k].Y.Label, labelSize); label.width > 0 {
				c.textUp(label, pl.frame.left-pl.widestOf(sl)-7, (pl.frame.bottom+pl.frame.top)/2, black)
			}
			if pl.y.factor != "" {
				x := pl.frame.left
				if k == 0 {
					x = max(x, sl.left+sl.name.width+8)
				}
				c.text(layOut(pl.y.factor, tickSize), x, pl.frame.top+3.5, alignLeft, black)
			}
			pl.legend.draw(c, pl, s.Panels[k].Series)
			if !last {
				continue
			}
			middle := (pl.frame.left + pl.frame.right) / 2
			below := pl.frame.bottom - 3 - tickSize*leading - labelSize
			c.text(layOut(s.X.Label, labelSize), middle, below, alignCentre, black)
			if sl.x.factor != "" {
				c.text(layOut(sl.x.factor, tickSize), pl.frame.right, below, alignRight, black)
			}
		}
		if s.Name != "" {
			c.text(sl.name, sl.left, l.height-margin-labelSize, alignLeft, black)
		}
	}
	y := margin + (float64(len(l.caption))-1)*captionSize*leading + 2
	for _, line := range l.caption {
		c.text(line, margin+2, y, alignLeft, black)
		y -= captionSize * leading
	}
}

// widestOf is the widest tick text of all panels of a sheet: their labels stand
// in one line.
func (p *panelLayout) widestOf(sl *sheetLayout) float64 {
	widest := 0.0
	for i := range sl.panels {
		widest = max(widest, sl.panels[i].y.widest())
	}
	return widest
}

func (p *panelLayout) drawFrame(c *canvas, x *scale, numbers bool) {
	f := p.frame
	c.frame(ink, f)
	for _, t := range x.ticks {
		at := f.left + x.fraction(t.at)*f.width()
		length := minorTick
		if t.text != "" {
			length = majorTick
		}
		c.line(ink, point{at, f.bottom}, point{at, f.bottom + length})
		c.line(ink, point{at, f.top}, point{at, f.top - length})
		if t.text != "" && numbers {
			c.text(layOut(t.text, tickSize), at, f.bottom-2-tickSize, alignCentre, black)
		}
	}
	for _, t := range p.y.ticks {
		at := f.bottom + p.y.fraction(t.at)*f.height()
		length := minorTick
		if t.text != "" {
			length = majorTick
		}
		c.line(ink, point{f.left, at}, point{f.left + length, at})
		c.line(ink, point{f.right, at}, point{f.right - length, at})
		if t.text != "" {
			down := 0.33 * tickSize
			if at-f.bottom < 2 {
				down -= 1 // clear of the panel below
			} else if f.top-at < 2 {
				down += 1
			}
			c.text(layOut(t.text, tickSize), f.left-3, at-down, alignRight, black)
		}
	}
}
