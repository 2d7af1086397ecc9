package lindeberg

import "math"

// gridReach is the extent of grids in standard deviations.
const gridReach = 9.0

// gridNodes returns the law of (p_1, p_2, q) for a few classes by the trapezoid
// rule in the C-1 directions orthogonal to the vector of ones: it converges
// geometrically, as the integrand is analytic in a strip.
func gridNodes(classes int, kappa, step float64, off bool) []softmaxNode {
	basis := helmert(classes)
	half := int(math.Ceil(gridReach / step))
	index := make([]int, classes-1)
	for i := range index {
		index[i] = -half
	}
	var nodes []softmaxNode
	z, p := make([]float64, classes), make([]float64, classes)
	norm := math.Pow(step/math.Sqrt(2*math.Pi), float64(classes-1))
	for {
		square := 0.0
		clear(z)
		for i, k := range index {
			t := float64(k) * step
			square += t * t
			for c := range z {
				z[c] += math.Sqrt(kappa) * t * basis[i][c]
			}
		}
		if square < gridReach*gridReach {
			softmax(p, z)
			n := softmaxNode{weight: norm * math.Exp(-square/2), p1: p[0], p2: p[1]}
			named := 1
			if off {
				named = 2
			}
			for _, pc := range p[named:] {
				n.q += pc * pc
			}
			nodes = append(nodes, n)
		}
		at := 0
		for at < len(index) && index[at] == half {
			index[at] = -half
			at++
		}
		if at == len(index) {
			return nodes
		}
		index[at]++
	}
}

// helmert returns an orthonormal basis of the complement of the vector of ones.
func helmert(n int) [][]float64 {
	basis := make([][]float64, n-1)
	for k := 1; k < n; k++ {
		row := make([]float64, n)
		norm := math.Sqrt(float64(k * (k + 1)))
		for j := range k {
			row[j] = 1 / norm
		}
		row[k] = -float64(k) / norm
		basis[k-1] = row
	}
	return basis
}
