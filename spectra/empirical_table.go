package spectra

import (
	"fmt"
	"math"
	"slices"
)

// Distribution is a probability distribution on the line that an empirical one
// can be held against: continuous but for atoms at its nodes.
type Distribution interface {
	// Limits returns P(X < x) and P(X <= x).
	Limits(x float64) (below, upTo float64)
	// Nodes returns points, ascending, between any two of which the
	// distribution function is close to linear, 0 among them if it is an atom.
	// Below the first it is 0 and above the last it is 1.
	Nodes() []float64
}

// Table is the distribution function of a law, tabulated so that a value costs
// some 50 ns instead of a solve: on each interval of the support at
//
//	x_k = mid - half cos(pi k/n),
//
// where an edge of square-root or inverse-square-root kind leaves a smooth
// function of k, and between by cubic interpolation.
type Table struct {
	Atom   float64      `json:"atom"` // mass at 0
	Pieces []TablePiece `json:"pieces"`
}

// TablePiece is one interval of the support with F(x_k) at its n+1 points,
// the atom not counted.
type TablePiece struct {
	Lo     float64   `json:"lo"`
	Hi     float64   `json:"hi"`
	Values []float64 `json:"values"`
}

// tabulated is what of a law a table is made from; *Law is one.
type tabulated interface {
	Support() ([]Interval, error)
	AtomAtZero() float64
	CDF(x float64) (float64, error)
}

// Sizes of a table's pieces: the first that agrees with the law between its
// points to the accuracy asked for is taken.
const (
	minTable = 32
	maxTable = 4096
)

// Tabulate makes the table of a law, with error below accuracy (1e-9 is cheap)
// at the points midway between its own. Where the density has a cusp, as when
// two intervals just meet, it stops at 4096 points an interval, with error
// below 1e-4 or else an error.
func Tabulate(law *Law, accuracy float64) (*Table, error) { return tabulate(law, accuracy) }

func tabulate(law tabulated, accuracy float64) (*Table, error) {
	if !(accuracy > 0) {
		return nil, fmt.Errorf("accuracy of a table must be positive, got %v", accuracy)
	}
	t := &Table{Atom: law.AtomAtZero()}
	intervals, err := law.Support()
	if err != nil {
		return nil, err
	}
	for _, support := range intervals {
		piece := TablePiece{Lo: support.Lo, Hi: support.Hi}
		at := func(x float64) (float64, error) {
			f, err := law.CDF(x)
			if x >= 0 {
				f -= t.Atom
			}
			return f, err
		}
		fill := func(n int, old []float64) ([]float64, error) {
			values := make([]float64, n+1)
			for k := range values {
				var err error
				if old != nil && k%2 == 0 {
					values[k] = old[k/2]
				} else if values[k], err = at(piece.node(k, n)); err != nil {
					return nil, err
				}
			}
			return values, nil
		}
		var err error
		if piece.Values, err = fill(minTable, nil); err != nil {
			return nil, err
		}
		for n := minTable; ; n *= 2 {
			finer, err := fill(2*n, piece.Values)
			if err != nil {
				return nil, err
			}
			worst := 0.0
			for k := 1; k < 2*n; k += 2 {
				worst = max(worst, math.Abs(piece.at(piece.node(k, 2*n))-finer[k]))
			}
			piece.Values = finer
			if worst <= accuracy {
				break
			}
			if 2*n >= maxTable {
				if worst > 1e-4 {
					return nil, fmt.Errorf("table of a distribution function on [%v, %v] is off by %.2g after %d points", piece.Lo, piece.Hi, worst, 2*n)
				}
				break
			}
		}
		t.Pieces = append(t.Pieces, piece)
	}
	return t, nil
}

// node returns x_k of n.
func (p *TablePiece) node(k, n int) float64 {
	switch k {
	case 0:
		return p.Lo
	case n:
		return p.Hi
	}
	return (p.Lo+p.Hi)/2 - (p.Hi-p.Lo)/2*math.Cos(math.Pi*float64(k)/float64(n))
}

// at interpolates for x inside the piece.
func (p *TablePiece) at(x float64) float64 {
	n := len(p.Values) - 1
	u := (2*x - (p.Lo + p.Hi)) / (p.Hi - p.Lo)
	position := math.Acos(max(-1, min(1, -u))) / math.Pi * float64(n)
	k := max(0, min(n-3, int(position)-1))
	t := position - float64(k)
	v := p.Values[k : k+4]
	return v[0]*(t-1)*(t-2)*(t-3)/-6 + v[1]*t*(t-2)*(t-3)/2 + v[2]*t*(t-1)*(t-3)/-2 + v[3]*t*(t-1)*(t-2)/6
}

// Limits returns F(x-) and F(x).
func (t *Table) Limits(x float64) (below, upTo float64) {
	for k := range t.Pieces {
		p := &t.Pieces[k]
		if x < p.Lo {
			break
		}
		if x >= p.Hi {
			below = p.Values[len(p.Values)-1]
			continue
		}
		below = p.at(x)
		break
	}
	upTo = below
	if x > 0 {
		below += t.Atom
	}
	if x >= 0 {
		upTo += t.Atom
	}
	return below, upTo
}

// Nodes returns the tabulated points and 0.
func (t *Table) Nodes() []float64 {
	nodes := []float64{}
	if t.Atom > 0 {
		nodes = append(nodes, 0)
	}
	for k := range t.Pieces {
		p := &t.Pieces[k]
		n := len(p.Values) - 1
		for i := range p.Values {
			nodes = append(nodes, p.node(i, n))
		}
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}

// mixture is the mean of several distributions.
type mixture []Distribution

func (m mixture) Limits(x float64) (below, upTo float64) {
	for _, d := range m {
		b, u := d.Limits(x)
		below += b
		upTo += u
	}
	return below / float64(len(m)), upTo / float64(len(m))
}

func (m mixture) Nodes() []float64 {
	var nodes []float64
	for _, d := range m {
		nodes = append(nodes, d.Nodes()...)
	}
	slices.Sort(nodes)
	return slices.Compact(nodes)
}
