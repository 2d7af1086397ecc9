package reports

import (
	"math"
)

const (
	sampleWidth  = 17 // of the piece of line before a name
	legendPad    = 3.5
	legendLine   = legendSize * 1.25
	legendColumn = 9 // between the columns of a legend above
)

// legend is a panel's legend: where no data is, or above the frame.
type legend struct {
	entries       []int // series listed
	labels        []label
	above         bool
	rows          [][]int // above only: positions in entries
	left, top     float64 // inside only: relative to the frame's lower left corner
	width, height float64
}

// newLegend places the legend of a panel whose frame has its size, but not yet
// its place.
func newLegend(p *panelLayout, x *scale, series []Series) legend {
	var l legend
	for i, s := range series {
		if s.Name == "" {
			continue
		}
		l.entries = append(l.entries, i)
		label := layOut(s.Name, legendSize)
		l.labels = append(l.labels, label)
		l.width = max(l.width, sampleWidth+4+label.width)
	}
	if len(l.entries) == 0 {
		return l
	}
	l.width += 2 * legendPad
	l.height = float64(len(l.entries))*legendLine + 2*legendPad - 2
	f := p.frame
	data := p.occupied(x, series)
	if free, ok := freeSpot(f, l.width, l.height, data); ok {
		l.left, l.top = free.x-f.left, free.y-f.bottom
		return l
	}
	// Above, in as few rows as the width allows.
	l.above = true
	used := 0.0
	for k, label := range l.labels {
		w := sampleWidth + 4 + label.width
		if len(l.rows) == 0 || used+w > f.width() {
			l.rows = append(l.rows, nil)
			used = 0
		}
		l.rows[len(l.rows)-1] = append(l.rows[len(l.rows)-1], k)
		used += w + legendColumn
	}
	l.height = float64(len(l.rows)) * legendLine
	return l
}

// occupied lists points closely along everything that is drawn.
func (p *panelLayout) occupied(x *scale, series []Series) []point {
	var all []point
	along := func(points []point) {
		for _, piece := range p.frame.clip(points) {
			for i := 1; i < len(piece); i++ {
				a, b := piece[i-1], piece[i]
				n := 1 + int(math.Hypot(b.x-a.x, b.y-a.y)/2)
				for k := range n + 1 {
					t := float64(k) / float64(n)
					all = append(all, point{a.x + t*(b.x-a.x), a.y + t*(b.y-a.y)})
				}
			}
		}
	}
	for i := range series {
		s := &series[i]
		switch s.Kind {
		case Steps:
			for k := range s.Y {
				centre := (s.X[k] + s.X[k+1]) / 2
				along([]point{p.place(x, centre, p.base()), p.place(x, centre, s.Y[k])})
			}
			along(p.steps(x, s))
		case Stem:
			for k := range s.X {
				along([]point{p.place(x, s.X[k], p.base()), p.frame.clamp(p.place(x, s.X[k], s.Y[k]))})
			}
		case Band:
			for k := range s.X {
				along([]point{p.place(x, s.X[k], s.Lo[k]), p.place(x, s.X[k], s.Hi[k])})
			}
			along(p.curve(x, s.X, s.Lo))
			along(p.curve(x, s.X, s.Hi))
		case Points:
			all = append(all, p.curve(x, s.X, s.Y)...)
			if s.Joined {
				along(p.curve(x, s.X, s.Y))
			}
			for k := range s.Lo {
				along([]point{p.place(x, s.X[k], s.Lo[k]), p.place(x, s.X[k], s.Hi[k])})
			}
		default:
			along(p.curve(x, s.X, s.Y))
		}
		if n := len(s.Y) - 1; s.Text != "" && n >= 0 && len(s.X) > 0 {
			q, width := p.frame.clamp(p.place(x, s.X[n], s.Y[n])), layOut(s.Text, legendSize).width+8
			side := 1.0
			if q.x+width > p.frame.right {
				side = -1
			}
			for t := 0.0; t <= width; t += 3 {
				all = append(all, point{q.x + side*t, q.y + 3}, point{q.x + side*t, q.y - 3})
			}
		}
	}
	return all
}

// freeSpot finds a place (left, top) for a box in the frame that covers no data:
// the corners first, then the edges, then anywhere.
func freeSpot(f rectangle, width, height float64, data []point) (point, bool) {
	const inset, clear = 5.0, 2.5
	across, down := f.width()-2*inset-width, f.height()-2*inset-height
	if across < 0 || down < 0 {
		return point{}, false
	}
	const steps = 24
	best, found := point{}, false
	bestCost := math.Inf(1)
	for i := range steps + 1 {
		for k := range steps + 1 {
			u, v := float64(i)/steps, float64(k)/steps // from the right and from the top
			box := rectangle{right: f.right - inset - u*across, top: f.top - inset - v*down}
			box.left, box.bottom = box.right-width, box.top-height
			wide := rectangle{box.left - clear, box.bottom - clear, box.right + clear, box.top + clear}
			free := true
			for _, q := range data {
				if wide.holds(q) {
					free = false
					break
				}
			}
			// Corners are best; right before left, top before bottom.
			cost := 10*math.Min(u, 1-u) + 10*math.Min(v, 1-v) + 0.2*u + 0.3*v
			if free && cost < bestCost {
				best, bestCost, found = point{box.left, box.top}, cost, true
			}
		}
	}
	return best, found
}

func (l *legend) draw(c *canvas, p *panelLayout, series []Series) {
	if len(l.entries) == 0 {
		return
	}
	f := p.frame
	if !l.above {
		x, y := f.left+l.left+legendPad, f.bottom+l.top-legendPad-0.62*legendSize
		for k, i := range l.entries {
			drawSample(c, &series[i], &p.looks[i], x, y)
			c.text(l.labels[k], x+sampleWidth+4, y-0.3*legendSize, alignLeft, black)
			y -= legendLine
		}
		return
	}
	y := f.top + l.height - 0.5*legendLine + 2
	if p.y.factor != "" {
		y += labelSize * leading
	}
	for _, row := range l.rows {
		x := f.left
		for _, k := range row {
			drawSample(c, &series[l.entries[k]], &p.looks[l.entries[k]], x, y)
			c.text(l.labels[k], x+sampleWidth+4, y-0.3*legendSize, alignLeft, black)
			x += sampleWidth + 4 + l.labels[k].width + legendColumn
		}
		y -= legendLine
	}
}

// drawSample draws the piece before a name, its middle at height y.
func drawSample(c *canvas, s *Series, l *look, x, y float64) {
	middle := point{x + sampleWidth/2, y}
	switch s.Kind {
	case Steps, Band:
		box := rectangle{x + 2, y - 2.6, x + sampleWidth - 2, y + 2.6}
		c.fill(tint(l.ink), box.corners()...)
		if s.Kind == Steps {
			c.frame(pen{l.ink, 0.5, nil}, box)
		} else if s.Y != nil {
			c.line(l.line, point{x, y}, point{x + sampleWidth, y})
		}
	case Stem:
		c.line(pen{l.ink, 1.6, nil}, point{middle.x, y - 3}, point{middle.x, y + 2})
		c.disc(l.ink, middle.x, y+1.8, markerRadius+0.3)
	case Points:
		if s.Joined {
			thin := l.line
			thin.dashes = dashes[l.colour]
			c.line(thin, point{x, y}, point{x + sampleWidth, y})
		}
		if len(s.Lo) > 0 {
			c.line(l.line, point{middle.x, y - 3.6}, point{middle.x, y + 3.6})
		}
		c.marker(l, middle)
	default:
		c.line(l.line, point{x, y}, point{x + sampleWidth, y})
	}
}
