package reports

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

// exactRatio is a stand-in with the shape of the linear ratio: data for
// pictures, not a claim.
func exactRatio(c float64) float64 { return 2 / (c*c + 4*c - 4) }

func ratioPlot() RatioPlot {
	p := RatioPlot{
		Caption: "Ratio of the expected squared Frobenius norms of off-diagonal and diagonal $vv$ blocks, linear model, cross-entropy, LeCun initialisation, $d → ∞$, $γ = d/N = 0.5$. Bars: 95 % intervals; seed 1.",
		Against: "$C$", Guides: []float64{2}, Heuristic: true,
		Curves: []RatioCurve{{Name: "measured, 95 % intervals"}},
	}
	c := &p.Curves[0]
	for i, x := range []float64{2, 5, 10, 20, 50, 100, 200, 500, 1000} {
		r := exactRatio(x) * (1 + 0.1*math.Sin(3*float64(i)))
		c.X, c.R, c.Lo, c.Hi = append(c.X, x), append(c.R, r), append(c.Lo, 0.75*r), append(c.Hi, 1.25*r)
	}
	c.ExactX = logSpaced(2, 1000, 60)
	for _, x := range c.ExactX {
		c.ExactR = append(c.ExactR, exactRatio(x))
	}
	return p
}

// marchenkoPastur is the density for Lambda = I, gamma = d/N.
func marchenkoPastur(x, gamma float64) float64 {
	lo, hi := math.Pow(1-math.Sqrt(gamma), 2), math.Pow(1+math.Sqrt(gamma), 2)
	if x <= lo || x >= hi {
		return 0
	}
	return math.Sqrt((x-lo)*(hi-x)) / (2 * math.Pi * gamma * x)
}

func spectrumPlot() SpectrumPlot {
	const gamma, bins = 2.0, 48
	s := SpectrumPlot{
		Caption: "Eigenvalues of $(1/N) X X^T$, $d = 300$, $N = 150$, $γ = d/N = 2$, 1000 matrices, against the Marchenko-Pastur law. Half of the eigenvalues are 0. Bars: two standard errors over matrices; seed 1.",
		Atoms:   []Atom{{At: 0, Mass: 0.5, Counted: 0.5}},
	}
	for i := range bins + 1 {
		s.Edges = append(s.Edges, 6.2*float64(i)/bins)
	}
	for i := range bins {
		exact := 0.0
		for k := range 20 {
			exact += marchenkoPastur(s.Edges[i]+(float64(k)+0.5)/20*6.2/bins, gamma) / 20
		}
		s.ExactBins = append(s.ExactBins, exact)
		s.Heights = append(s.Heights, exact*(1+0.03*math.Sin(9*float64(i))))
		s.Errors = append(s.Errors, 0.02*exact)
	}
	for i := range 400 {
		x := 6.2 * float64(i) / 399
		s.DensityX, s.Density = append(s.DensityX, x), append(s.Density, marchenkoPastur(x, gamma))
	}
	return s
}

func gapPlot() GapPlot {
	g := GapPlot{
		Caption: "Gap of the expected Stieltjes transforms at $z = 0.1 + 0.1i$, linear model, cross-entropy, $C = 3$, $γ = 0.5$, diagonal block: (a) against $N$, (b) along the path at $N = 40$. Bars: 95 % intervals; seed 1.",
		Curves:  []GapCurve{{Constant: 2.912}}, Path: &GapPath{},
	}
	for i, n := range []float64{20, 40, 80, 160, 320, 640} {
		c := &g.Curves[0]
		v := 2.912 / n * (1 + 8/n)
		c.N, c.Gap, c.Lo, c.Hi = append(c.N, n), append(c.Gap, v), append(c.Lo, v*(1-0.03*float64(i+1))), append(c.Hi, v*(1+0.03*float64(i+1)))
	}
	for i := range 13 {
		t := math.Pi / 2 * float64(i) / 12
		p := g.Path
		re, im := 2.1+0.03*math.Pow(math.Sin(t), 2), 4.5-0.066*math.Pow(math.Sin(t), 2)
		p.Theta, p.Re, p.Im = append(p.Theta, t), append(p.Re, re), append(p.Im, im)
		p.ReLo, p.ReHi = append(p.ReLo, re-0.002), append(p.ReHi, re+0.002)
		p.ImLo, p.ImHi = append(p.ImLo, im-0.004), append(p.ImHi, im+0.004)
	}
	return g
}

func heatMap() *HeatMap {
	h := &HeatMap{
		Caption: "Absolute values of the Hessian of a network with one hidden layer, $m = 4$, $d = 6$, $C = 5$ and 20, cross-entropy, each divided by the largest entry of its hidden block. White lines: blocks.",
		Size:    TwoColumn, Clip: 1,
	}
	for _, classes := range []int{5, 20} {
		const m, d = 4, 6
		n := m*d + classes*m
		v := make(Values, n)
		s := HeatSheet{Name: fmt.Sprintf("(%c) $C = %d$", 'a'+len(h.Sheets), classes), Matrix: v}
		for i := range v {
			v[i] = make([]float64, n)
			for j := range v[i] {
				same := i < m*d && j < m*d && i/d == j/d || i >= m*d && j >= m*d && (i-m*d)/m == (j-m*d)/m
				v[i][j] = math.Sin(float64(i*j+1)) / float64(classes)
				if same {
					v[i][j] = 1.4 * math.Cos(float64(i-j)) * (0.6 + 0.4*math.Sin(float64(i*j)))
				}
			}
		}
		for i := d; i < m*d; i += d {
			s.Rows = append(s.Rows, i)
		}
		for i := m * d; i < n; i += m {
			s.Rows = append(s.Rows, i)
		}
		s.Labels = []HeatLabel{{0, m * d, "hidden $W$"}, {m * d, n, "output $V$"}}
		h.Sheets = append(h.Sheets, s)
	}
	return h
}

// kinds has every kind of series, linear and log axes with a factor, and a
// legend that fits nowhere inside.
func kinds() *Figure {
	wave := func(k float64) (x, y, lo, hi []float64) {
		for i := range 61 {
			t := float64(i) / 60
			v := 2e-6 * (1 + math.Sin(6*t+k)) * (1 + t)
			x, y, lo, hi = append(x, 3e5*t), append(y, v), append(lo, 0.8*v), append(hi, 1.2*v+1e-7)
		}
		return
	}
	f := &Figure{
		Caption: `Every kind of line: $\log_{10} x_{ij}^{2}$ with sub- and superscripts, 5 \$ and 100 % & more, $α, β, γ, δ, λ, θ, κ, ∞, ≤, √N, \Im z - 1$.`,
		Size:    TwoColumn,
	}
	left := Sheet{Name: "(a)", X: Axis{Label: "$t$"}, Panels: []Panel{{Y: Axis{Label: "$y(t)$"}}}}
	for k := range 6 {
		x, y, _, _ := wave(float64(k))
		left.Panels[0].Series = append(left.Panels[0].Series, Series{Name: fmt.Sprintf("line $%d$", k+1), Kind: Line, X: x, Y: y})
	}
	right := Sheet{Name: "(b)", X: Axis{Label: "$x$", Log: true}, Panels: []Panel{{Y: Axis{Label: "$y$", Log: true}}, {Y: Axis{Label: "band"}}}}
	for k := range 6 {
		s := Series{Name: fmt.Sprintf("points $%d$", k+1), Kind: Points, Joined: k%2 == 0}
		for i := range 7 {
			x := math.Pow(10, float64(i)-3)
			y := math.Pow(10, -0.5*float64(i)-float64(k)/2)
			s.X, s.Y = append(s.X, x), append(s.Y, y)
			s.Lo, s.Hi = append(s.Lo, y*(1-0.25*float64(i))), append(s.Hi, y*(1+0.25*float64(i)))
		}
		right.Panels[0].Series = append(right.Panels[0].Series, s)
	}
	x, y, lo, hi := wave(1)
	for i := range x {
		x[i] = math.Pow(10, 6*x[i]/3e5-3)
		y[i], lo[i], hi[i] = 1e6*y[i]-2, 1e6*lo[i]-2, 1e6*hi[i]-2
	}
	right.Panels[1].Series = []Series{{Name: "band", Kind: Band, X: x, Y: y, Lo: lo, Hi: hi}}
	f.Sheets = []Sheet{left, right}
	return f
}

func pictures() map[string]drawing {
	return map[string]drawing{
		"ratio": RatioFigure(ratioPlot()), "spectrum": SpectrumFigure(spectrumPlot()), "gap": GapFigure(gapPlot()), "heatmap": heatMap(), "kinds": kinds(),
		"density": DensityFigure("Densities of the Marchenko-Pastur law.", density(0.25), density(1), density(4)),
	}
}

func density(gamma float64) DensityCurve {
	c := DensityCurve{Name: fmt.Sprintf("$γ = %v$", gamma)}
	if gamma > 1 {
		c.Atoms = []Atom{{0, 1 - 1/gamma, math.NaN()}}
	}
	for i := 1; i <= 900; i++ {
		x := float64(i) / 100
		c.X, c.F = append(c.X, x), append(c.F, marchenkoPastur(x, gamma))
	}
	return c
}

// differ compares pictures up to the noise of a rasteriser on another machine:
// it returns the fraction of pixels that differ by more than 64 of 255 in some
// channel. Different sizes differ altogether.
func differ(a, b image.Image) float64 {
	if a.Bounds() != b.Bounds() {
		return 1
	}
	p, q := opaque(a), opaque(b)
	count := 0
	for i := 0; i < len(p); i += 4 {
		for k := range 3 {
			if d := int(p[i+k]) - int(q[i+k]); d > 64 || d < -64 {
				count++
				break
			}
		}
	}
	return float64(count) / float64(a.Bounds().Dx()*a.Bounds().Dy())
}

// opaque returns the bytes of a picture's pixels, red, green, blue and alpha.
func opaque(img image.Image) []uint8 {
	same := image.NewRGBA(img.Bounds())
	draw.Draw(same, same.Bounds(), img, img.Bounds().Min, draw.Src)
	return same.Pix
}

// noise is the fraction of pixels that may differ.
const noise = 2e-5

func TestGoldenPictures(t *testing.T) {
	for name, p := range pictures() {
		t.Run(name, func(t *testing.T) {
			for _, extension := range []string{".png", ".svg"} {
				if name == "heatmap" && extension == ".svg" {
					continue // holds a PNG, whose bytes are the compressor's affair
				}
				got, err := render(p, extension)
				if err != nil {
					t.Fatal(err)
				}
				file := filepath.Join("testdata", name+extension)
				if *update {
					if err := os.WriteFile(file, got, 0o666); err != nil {
						t.Fatal(err)
					}
					continue
				}
				want, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				if !same(t, extension, got, want) {
					t.Errorf("%s differs (go test ./reports -run Golden -update rewrites it)", file)
				}
			}
		})
	}
}

func same(t *testing.T, extension string, got, want []byte) bool {
	if extension == ".svg" {
		return bytes.Equal(got, want)
	}
	a, err := png.Decode(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	b, err := png.Decode(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	return differ(a, b) <= noise
}

// The comparison sees what it is for: one point moved, a series dropped.
func TestGoldenPicturesCanFail(t *testing.T) {
	for name, change := range map[string]func(*Figure){
		"a point 3 % higher":      func(f *Figure) { f.Sheets[0].Panels[0].Series[1].Y[4] *= 1.03 },
		"a guide of another name": func(f *Figure) { f.Sheets[0].Panels[0].Series[2].Name = "slope $C^{-3}$" },
		"a missing series": func(f *Figure) {
			f.Sheets[0].Panels[0].Series = f.Sheets[0].Panels[0].Series[:3]
		},
	} {
		f := RatioFigure(ratioPlot())
		change(f)
		for _, extension := range []string{".png", ".svg"} {
			got, err := render(f, extension)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join("testdata", "ratio"+extension))
			if err != nil {
				t.Fatal(err)
			}
			if same(t, extension, got, want) {
				t.Errorf("%s is not seen in %s", name, extension)
			}
		}
	}
}

func TestSameBytes(t *testing.T) {
	for name, p := range pictures() {
		for _, extension := range []string{".svg", ".png", ".pdf"} {
			if extension == ".png" && name != "gap" {
				continue // slow, and golden
			}
			first, err := render(p, extension)
			if err != nil {
				t.Fatal(err)
			}
			second, err := render(p, extension)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second) {
				t.Errorf("%s%s: two runs differ", name, extension)
			}
			if extension == ".pdf" && !bytes.Contains(first, []byte("/CreationDate (D:20000101000000)")) {
				t.Errorf("%s.pdf: the creation date is not fixed", name)
			}
		}
	}
}

func TestWritePicture(t *testing.T) {
	dir := t.TempDir()
	f := RatioFigure(ratioPlot())
	for _, c := range []struct{ file, want string }{
		{"x.jpg", `plot file must end in .svg, .png or .pdf, got "`}, {"x", "plot file must end in"}, {"missing/x.svg", "does not exist"},
	} {
		if err := f.Write(filepath.Join(dir, c.file)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.file, err, c.want)
		}
	}
	f.Sheets[0].Panels[0].Series[1].Y[3] = math.NaN()
	if err := f.Write(filepath.Join(dir, "x.svg")); err == nil || err.Error() != "figure, series 2 (measured, 95 % intervals): y[3] is NaN: want a finite number" {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("left behind: %v", entries)
	}
	if err := heatMap().Write(filepath.Join(dir, "x.PDF")); err != nil {
		t.Error(err)
	}
}
