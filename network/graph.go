package network

import (
	"errors"
	"fmt"

	"gonum.org/v1/gonum/mat"
)

// Edge is a weight of a computation graph: it leads from one node to another.
type Edge struct {
	From, To int
	Name     string
}

// Graph is a computation graph small enough to read a Hessian off it by eye. Nodes
// that no edge leads to have the value 1, others the sum over the edges that lead to
// them of weight times value; the loss is half the sum of the squares of the nodes
// that no edge leaves.
//
// That loss is separable over the outputs, so an entry of the Hessian can be other
// than 0 if and only if both weights lead to a common output. (The slides of the
// source say "linked by a path", which is looser: two weights into one output are
// on no common path.)
type Graph struct {
	nodes int
	edges []Edge
}

// NewGraph returns the graph of the edges, in which every edge must lead to a node
// of a higher number.
func NewGraph(edges []Edge) (*Graph, error) {
	g := &Graph{edges: append([]Edge(nil), edges...)}
	if len(edges) == 0 {
		return nil, errors.New("a computation graph needs at least one edge")
	}
	for _, e := range edges {
		if e.From < 0 || e.To <= e.From {
			return nil, fmt.Errorf("edge %s leads from %d to %d: want from 0 on, to a higher number", e.Name, e.From, e.To)
		}
		g.nodes = max(g.nodes, e.To+1)
	}
	return g, nil
}

// TwoPaths is the first example of the source: 1/2 (w1 v1)^2 + 1/2 (w2 v2)^2, one
// input and two outputs on paths of their own. The Hessian is block-diagonal in
// (w1, v1), (w2, v2).
func TwoPaths() *Graph {
	return mustGraph(Edge{0, 1, "w1"}, Edge{0, 2, "w2"}, Edge{1, 3, "v1"}, Edge{2, 4, "v2"})
}

// SharedLayer is the second: 1/2 (v1.w)^2 + 1/2 (v2.w)^2 with w, v1, v2 in R^2, one
// input and two outputs that share the hidden units. The Hessian is
// block-diagonal in v1 and v2, and full elsewhere.
func SharedLayer() *Graph {
	return mustGraph(Edge{0, 1, "w1"}, Edge{0, 2, "w2"},
		Edge{1, 3, "v11"}, Edge{2, 3, "v12"}, Edge{1, 4, "v21"}, Edge{2, 4, "v22"})
}

func mustGraph(edges ...Edge) *Graph {
	g, err := NewGraph(edges)
	if err != nil {
		panic("network: " + err.Error())
	}
	return g
}

// Edges returns the weights, in the order of the Hessian.
func (g *Graph) Edges() []Edge { return append([]Edge(nil), g.edges...) }

// MayDiffer returns, for each pair of weights, whether the graph allows their entry
// of the Hessian to be other than 0: whether an output can be reached from both.
func (g *Graph) MayDiffer() [][]bool {
	leaves := make([]bool, g.nodes)
	for _, e := range g.edges {
		leaves[e.From] = true
	}
	reach := make([]map[int]bool, g.nodes)
	for n := g.nodes - 1; n >= 0; n-- {
		reach[n] = make(map[int]bool)
		if !leaves[n] {
			reach[n][n] = true
		}
		for _, e := range g.edges {
			if e.From == n {
				for o := range reach[e.To] {
					reach[n][o] = true
				}
			}
		}
	}
	may := make([][]bool, len(g.edges))
	for i, e := range g.edges {
		may[i] = make([]bool, len(g.edges))
		for k, f := range g.edges {
			for o := range reach[e.To] {
				may[i][k] = may[i][k] || reach[f.To][o]
			}
		}
	}
	return may
}

// hyperdual is a number with derivatives in two directions and the mixed second
// one: x + x1 e1 + x2 e2 + x12 e1 e2 with e1^2 = e2^2 = 0 (J. A. Fike and J. J. Alonso,
// "The development of hyper-dual numbers", AIAA 2011-886).
type hyperdual struct{ x, x1, x2, x12 float64 }

func (a hyperdual) times(b hyperdual) hyperdual {
	return hyperdual{a.x * b.x, a.x*b.x1 + a.x1*b.x, a.x*b.x2 + a.x2*b.x, a.x*b.x12 + a.x1*b.x2 + a.x2*b.x1 + a.x12*b.x}
}

func (a hyperdual) plus(b hyperdual) hyperdual {
	return hyperdual{a.x + b.x, a.x1 + b.x1, a.x2 + b.x2, a.x12 + b.x12}
}

// Hessian returns the second derivatives of the loss at the given weights, by
// differentiation: exact but for rounding, and without a look at paths. It panics
// if there are not as many weights as edges.
func (g *Graph) Hessian(weights []float64) *mat.SymDense {
	sized(weights, len(g.edges), "weights of a graph")
	h := mat.NewSymDense(len(g.edges), nil)
	for i := range g.edges {
		for k := i; k < len(g.edges); k++ {
			h.SetSym(i, k, g.loss(weights, i, k).x12)
		}
	}
	return h
}

// loss evaluates the loss with derivatives by weights i and k.
func (g *Graph) loss(weights []float64, i, k int) hyperdual {
	value := make([]hyperdual, g.nodes)
	reached, leaves := make([]bool, g.nodes), make([]bool, g.nodes)
	for _, e := range g.edges {
		reached[e.To], leaves[e.From] = true, true
	}
	var total hyperdual
	for n := range g.nodes {
		if !reached[n] {
			value[n] = hyperdual{x: 1}
		}
		for j, e := range g.edges {
			if e.To != n {
				continue
			}
			w := hyperdual{x: weights[j]}
			if j == i {
				w.x1 = 1
			}
			if j == k {
				w.x2 = 1
			}
			value[n] = value[n].plus(w.times(value[e.From]))
		}
		if !leaves[n] && reached[n] {
			total = total.plus(hyperdual{x: 0.5}.times(value[n].times(value[n])))
		}
	}
	return total
}
