package reports

import (
	"image/color"
	"math"
)

// colours are those of M. Okabe and K. Ito, Color Universal Design (2008), in
// the order of Colour; yellow is left out, too light for lines on white.
var colours = [...]color.RGBA{
	Blue:       {0x00, 0x72, 0xB2, 0xFF},
	Vermillion: {0xD5, 0x5E, 0x00, 0xFF},
	Green:      {0x00, 0x9E, 0x73, 0xFF},
	Orange:     {0xE6, 0x9F, 0x00, 0xFF},
	Purple:     {0xCC, 0x79, 0xA7, 0xFF},
	Sky:        {0x56, 0xB4, 0xE9, 0xFF},
	Black:      {0x00, 0x00, 0x00, 0xFF},
	Grey:       {0x77, 0x77, 0x77, 0xFF},
}

var grey = colours[Grey]

// dashes tell lines apart without colour.
var dashes = [...][]float64{
	Blue:       nil,
	Vermillion: {4.5, 1.8},
	Green:      {5, 1.5, 1, 1.5},
	Orange:     {1.2, 1.4},
	Purple:     {7, 2, 1, 2, 1, 2},
	Sky:        {2.5, 1.2},
	Black:      nil,
	Grey:       {2, 2},
}

// guideDashes tell guides apart, in the order they come.
var guideDashes = [][]float64{{3.4, 2}, {1, 1.6}, {6, 1.6, 1, 1.6}, {2, 3}}

// look is how a series is drawn.
type look struct {
	colour Colour
	ink    color.RGBA
	line   pen
}

// styles gives every series its look: automatic colours in order, guides grey.
func styles(series []Series) []look {
	taken := map[Colour]bool{}
	for _, s := range series {
		taken[s.Colour] = true
	}
	next := Blue
	guides := 0
	looks := make([]look, len(series))
	for i, s := range series {
		k := s.Colour
		if k == Auto && s.Kind == Guide {
			k = Grey
		}
		if k == Auto {
			for taken[next] && next < Sky {
				next++
			}
			k = next
			if next++; next > Sky {
				next = Blue
			}
		}
		l := look{colour: k, ink: colours[k]}
		switch s.Kind {
		case Guide:
			l.line = pen{l.ink, 0.8, guideDashes[guides%len(guideDashes)]}
			guides++
		case Points:
			l.line = pen{l.ink, 0.7, nil}
		default:
			l.line = pen{l.ink, 1.2, dashes[k]}
		}
		looks[i] = l
	}
	return looks
}

// tint is a lighter shade, for areas. It is opaque: transparency does not print
// alike everywhere.
func tint(c color.RGBA) color.RGBA {
	mix := func(v uint8) uint8 { return uint8(255 - (255-int(v))*30/100) }
	return color.RGBA{mix(c.R), mix(c.G), mix(c.B), 255}
}

const (
	markerRadius = 2.1
	capWidth     = 1.9 // half of an error bar's
)

func (p *panelLayout) drawSeries(c *canvas, x *scale, s *Series, l *look) {
	f := p.frame
	switch s.Kind {
	case Line, Guide:
		p.polyline(c, l.line, p.curve(x, s.X, s.Y))
	case Band:
		area := p.curve(x, s.X, s.Hi)
		lower := p.curve(x, s.X, s.Lo)
		for i := len(lower) - 1; i >= 0; i-- {
			area = append(area, lower[i])
		}
		for i := range area {
			area[i] = f.clamp(area[i])
		}
		if len(area) > 2 {
			c.fill(tint(l.ink), area...)
		}
		if s.Y != nil {
			p.polyline(c, l.line, p.curve(x, s.X, s.Y))
		}
	case Steps:
		outline := p.steps(x, s)
		if len(outline) > 2 {
			area := make([]point, len(outline))
			for i := range outline {
				area[i] = f.clamp(outline[i])
			}
			c.fill(tint(l.ink), area...)
			p.polyline(c, pen{l.ink, 0.5, nil}, outline)
		}
		p.errorBars(c, x, s, l)
	case Stem:
		for i := range s.X {
			foot, head := f.clamp(p.place(x, s.X[i], p.base())), f.clamp(p.place(x, s.X[i], s.Y[i]))
			c.line(pen{l.ink, 1.6, nil}, foot, head)
			c.disc(l.ink, head.x, head.y, markerRadius+0.3)
		}
	case Points:
		at := p.curve(x, s.X, s.Y)
		if s.Joined {
			thin := l.line
			thin.dashes = dashes[l.colour]
			p.polyline(c, thin, at)
		}
		p.errorBars(c, x, s, l)
		for _, q := range at {
			if f.holds(q) {
				c.marker(l, q)
			}
		}
	}
	if s.Text != "" && len(s.X) > 0 && len(s.Y) > 0 {
		n := len(s.Y) - 1
		q := f.clamp(p.place(x, s.X[n], s.Y[n]))
		text, a, dx := layOut(s.Text, legendSize), alignLeft, 5.0
		if q.x+dx+text.width > f.right-2 {
			a, dx = alignRight, -5
		}
		c.text(text, q.x+dx, min(q.y-0.3*legendSize, f.top-legendSize), a, black)
	}
}

// base is the foot of a histogram: 0, or the end of the axis.
func (p *panelLayout) base() float64 {
	if p.y.log {
		return p.y.min
	}
	return math.Min(math.Max(0, p.y.min), p.y.max)
}

func (p *panelLayout) curve(x *scale, u, v []float64) []point {
	all := make([]point, len(u))
	for i := range u {
		all[i] = p.place(x, u[i], v[i])
	}
	return all
}

// steps is the outline of a histogram, from its foot to its foot.
func (p *panelLayout) steps(x *scale, s *Series) []point {
	var all []point
	for i, h := range s.Y {
		if p.y.log && h <= 0 {
			h = p.base()
		}
		if i == 0 {
			all = append(all, p.place(x, s.X[0], p.base()))
		}
		all = append(all, p.place(x, s.X[i], h), p.place(x, s.X[i+1], h))
		if i == len(s.Y)-1 {
			all = append(all, p.place(x, s.X[i+1], p.base()))
		}
	}
	return all
}

func (p *panelLayout) polyline(c *canvas, pen pen, points []point) {
	for _, piece := range p.frame.clip(points) {
		c.line(pen, piece...)
	}
}

func (p *panelLayout) errorBars(c *canvas, x *scale, s *Series, l *look) {
	bar := pen{l.ink, 0.7, nil}
	for i := range s.Lo {
		u := s.X[i]
		if s.Kind == Steps {
			u = (s.X[i] + s.X[i+1]) / 2
		}
		lo, hi := p.place(x, u, s.Lo[i]), p.place(x, u, s.Hi[i])
		if lo.x < p.frame.left || lo.x > p.frame.right || hi.y < p.frame.bottom || lo.y > p.frame.top {
			continue
		}
		a, b := p.frame.clamp(lo), p.frame.clamp(hi)
		c.line(bar, a, b)
		// A cap only where the bar ends: one that is cut runs into the frame.
		if a == lo {
			c.line(bar, point{a.x - capWidth, a.y}, point{a.x + capWidth, a.y})
		}
		if b == hi {
			c.line(bar, point{b.x - capWidth, b.y}, point{b.x + capWidth, b.y})
		}
	}
}

// marker draws the mark of the colour: a shape of its own.
func (c *canvas) marker(l *look, q point) {
	const r = markerRadius
	polygon := func(corners int, radius, turn float64) {
		points := make([]point, corners)
		for i := range points {
			sin, cos := math.Sincos(turn + 2*math.Pi*float64(i)/float64(corners))
			points[i] = point{q.x + radius*cos, q.y + radius*sin}
		}
		c.fill(l.ink, points...)
	}
	switch l.colour {
	case Vermillion:
		polygon(4, 1.25*r, math.Pi/4)
	case Green:
		polygon(3, 1.45*r, math.Pi/2)
	case Orange:
		polygon(4, 1.35*r, 0)
	case Purple:
		polygon(3, 1.45*r, -math.Pi/2)
	case Sky, Grey:
		c.disc(l.ink, q.x, q.y, r)
		c.disc(color.RGBA{255, 255, 255, 255}, q.x, q.y, r-0.75)
	default:
		c.disc(l.ink, q.x, q.y, r)
	}
}
