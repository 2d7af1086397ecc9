package reports

import (
	"bytes"
	"image"
	"image/color"
	"math"
	"path/filepath"
	"regexp"
	"strings"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// drawing is a picture that can say how large it is, and draw itself.
type drawing interface {
	check() error
	// prepare lays out the picture: its size in points, and how to draw it.
	prepare() (width, height float64, draw func(*canvas))
}

// pngResolution is in dots an inch.
const pngResolution = 300

func writePicture(file string, d drawing) error {
	drawn, err := pictureFile(file, d)
	if err != nil {
		return err
	}
	return WriteFiles([]File{drawn})
}

// pictureFile draws a picture in the format of the file's name.
func pictureFile(file string, d drawing) (File, error) {
	if err := CheckPlotFile(file); err != nil {
		return File{}, err
	}
	content, err := render(d, strings.ToLower(filepath.Ext(file)))
	return File{Path: file, Content: content}, err
}

// creationDate finds the one thing in a PDF that would differ between runs.
var creationDate = regexp.MustCompile(`/(CreationDate|ModDate) \(D:\d{14}\)`)

// render draws the picture in the format of the extension.
func render(d drawing, extension string) ([]byte, error) {
	if err := d.check(); err != nil {
		return nil, err
	}
	width, height, draw := d.prepare()
	w, h := vg.Length(width), vg.Length(height)
	var target vg.CanvasWriterTo
	switch extension {
	case ".svg":
		target = vgsvg.New(w, h)
	case ".png":
		target = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(pngResolution))}
	default:
		target = vgpdf.New(w, h)
	}
	// PDF text would be cut down to the Western code page, without Greek.
	draw(&canvas{vg: target, outlines: extension == ".pdf"})
	var out bytes.Buffer
	if _, err := target.WriteTo(&out); err != nil {
		return nil, err
	}
	data := out.Bytes()
	switch extension {
	case ".svg":
		// Where Liberation is not installed, fonts of the same widths are.
		data = bytes.ReplaceAll(data, []byte("font-family:Liberation Serif;font-variant:normal;"),
			[]byte("font-family:'Liberation Serif','Times New Roman',Times,serif;"))
	case ".pdf":
		data = creationDate.ReplaceAll(data, []byte("/$1 (D:20000101000000)"))
	}
	return data, nil
}

// canvas is a gonum canvas in points, y upwards.
type canvas struct {
	vg       vg.Canvas
	outlines bool // draw text as outlines
}

// round keeps coordinates to a thousandth of a point, so that the last bits of
// floating point, which depend on the machine, do not show.
func round(x float64) vg.Length { return vg.Length(math.Round(x*1000) / 1000) }

func fixedUnits(units sfnt.Units) fixed.Int26_6 { return fixed.Int26_6(units) }

type point struct{ x, y float64 }

type rectangle struct{ left, bottom, right, top float64 }

func (r rectangle) width() float64  { return r.right - r.left }
func (r rectangle) height() float64 { return r.top - r.bottom }

// pen is how a line looks.
type pen struct {
	ink    color.Color
	width  float64
	dashes []float64
}

func (c *canvas) line(p pen, points ...point) {
	if len(points) < 2 {
		return
	}
	c.vg.SetColor(p.ink)
	c.vg.SetLineWidth(vg.Length(p.width))
	dashes := make([]vg.Length, len(p.dashes))
	for i, d := range p.dashes {
		dashes[i] = vg.Length(d)
	}
	c.vg.SetLineDash(dashes, 0)
	c.vg.Stroke(path(points))
}

func (c *canvas) fill(ink color.Color, points ...point) {
	c.vg.SetColor(ink)
	p := path(points)
	p.Close()
	c.vg.Fill(p)
}

func path(points []point) vg.Path {
	var p vg.Path
	for i, q := range points {
		at := vg.Point{X: round(q.x), Y: round(q.y)}
		if i == 0 {
			p.Move(at)
		} else {
			p.Line(at)
		}
	}
	return p
}

func (r rectangle) corners() []point {
	return []point{{r.left, r.bottom}, {r.right, r.bottom}, {r.right, r.top}, {r.left, r.top}}
}

func (c *canvas) frame(p pen, r rectangle) {
	corners := r.corners()
	c.line(p, append(corners, corners[0], corners[1])...)
}

func (c *canvas) disc(ink color.Color, x, y, radius float64) {
	c.vg.SetColor(ink)
	var p vg.Path
	centre := vg.Point{X: round(x), Y: round(y)}
	p.Move(vg.Point{X: centre.X + vg.Length(radius), Y: centre.Y})
	p.Arc(centre, vg.Length(radius), 0, 2*math.Pi)
	p.Close()
	c.vg.Fill(p)
}

// image draws an image whose first row is on top.
func (c *canvas) image(r rectangle, img *image.RGBA) {
	if _, pdf := c.vg.(*vgpdf.Canvas); pdf {
		// Its vertical axis points up, which turns images upside down.
		img = upsideDown(img)
	}
	c.vg.DrawImage(vg.Rectangle{Min: vg.Point{X: round(r.left), Y: round(r.bottom)}, Max: vg.Point{X: round(r.right), Y: round(r.top)}}, img)
}

func upsideDown(img *image.RGBA) *image.RGBA {
	turned := image.NewRGBA(img.Bounds())
	for y := range img.Rect.Dy() {
		from, to := y*img.Stride, (img.Rect.Dy()-1-y)*turned.Stride
		copy(turned.Pix[to:to+turned.Stride], img.Pix[from:from+img.Stride])
	}
	return turned
}

// clip cuts a line at the edges of a rectangle, into the pieces inside.
func (r rectangle) clip(points []point) [][]point {
	var pieces [][]point
	var piece []point
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		t0, t1, ok := r.inside(a, b)
		if !ok {
			if len(piece) > 1 {
				pieces = append(pieces, piece)
			}
			piece = nil
			continue
		}
		from, to := along(a, b, t0), along(a, b, t1)
		if len(piece) == 0 || t0 > 0 {
			if len(piece) > 1 {
				pieces = append(pieces, piece)
			}
			piece = []point{from}
		}
		piece = append(piece, to)
	}
	if len(piece) > 1 {
		pieces = append(pieces, piece)
	}
	return pieces
}

func along(a, b point, t float64) point {
	return point{a.x + float64(t*(b.x-a.x)), a.y + float64(t*(b.y-a.y))}
}

// inside returns the part of the segment inside the rectangle (Y.-D. Liang and
// B. A. Barsky, A new concept and method for line clipping, 1984).
func (r rectangle) inside(a, b point) (t0, t1 float64, ok bool) {
	t0, t1 = 0, 1
	for _, e := range [4][2]float64{
		{a.x - b.x, a.x - r.left}, {b.x - a.x, r.right - a.x}, {a.y - b.y, a.y - r.bottom}, {b.y - a.y, r.top - a.y},
	} {
		p, q := e[0], e[1]
		switch {
		case p == 0 && q < 0:
			return 0, 0, false
		case p < 0:
			t0 = max(t0, q/p)
		case p > 0:
			t1 = min(t1, q/p)
		}
	}
	return t0, t1, t0 <= t1
}

// clamp moves a point into the rectangle.
func (r rectangle) clamp(p point) point {
	return point{min(max(p.x, r.left), r.right), min(max(p.y, r.bottom), r.top)}
}

func (r rectangle) holds(p point) bool {
	return p.x >= r.left && p.x <= r.right && p.y >= r.bottom && p.y <= r.top
}
