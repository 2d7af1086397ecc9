package montecarlo

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"

	"gonum.org/v1/gonum/mat"

	"pastur/internal/dataset"
	"pastur/replicate"
	"pastur/theorem"
)

// Data is a law of the data points, or a data set. The zero value is the law of
// Assumption 1: independent standard normal entries. Of all laws the N points are
// independent and have mean 0:
//
//	gaussian         independent N(0,1) entries
//	rademacher       independent entries, -1 or 1 with probability 1/2 each
//	uniform          independent entries, uniform on [-sqrt 3, sqrt 3]
//	student:NU       independent entries, Student's t with NU > 4 degrees of
//	                 freedom (the norms need fourth moments) scaled to variance 1
//	ar1:RHO          Gaussian, Sigma_jk = RHO^|j-k|
//	spiked:K:S       Gaussian, K eigenvalues of Sigma equal to S, the others 1
//	power:ALPHA      Gaussian, eigenvalues proportional to k^-ALPHA, trace d
//
// Spikes are not normalised: tr Sigma/d is then 1 + K (S-1)/d.
//
// A data set from a file is given, not drawn: expectations are over the weights,
// and N and d are its numbers of rows and columns.
type Data struct {
	kind  string // "" is gaussian
	param float64
	count int
	set   *dataSet
}

// dataLaws are the spellings of the laws that Data lists.
const dataLaws = "gaussian, rademacher, uniform, student:NU, ar1:RHO, spiked:K:STRENGTH or power:ALPHA"

// ParseData returns the law that text spells, see [Data].
func ParseData(text string) (Data, error) {
	words := strings.Split(text, ":")
	d := Data{kind: words[0]}
	want := map[string]int{"gaussian": 0, "rademacher": 0, "uniform": 0, "student": 1, "ar1": 1, "spiked": 2, "power": 1}
	n, known := want[d.kind]
	if !known || len(words) != n+1 {
		return Data{}, fmt.Errorf("unknown data %q: want %s", text, dataLaws)
	}
	if n > 0 {
		var err error
		if d.param, err = strconv.ParseFloat(words[n], 64); err != nil || math.IsNaN(d.param) {
			return Data{}, fmt.Errorf("data %q: %q is not a number", text, words[n])
		}
	}
	if d.kind == "spiked" {
		var err error
		if d.count, err = strconv.Atoi(words[1]); err != nil {
			return Data{}, fmt.Errorf("data %q: the number of spikes must be a whole number, got %q", text, words[1])
		}
	}
	if d.kind == "gaussian" {
		d.kind = ""
	}
	if d.kind == "student" && !(d.param > 4 && !math.IsInf(d.param, 1)) {
		return Data{}, fmt.Errorf("student data need more than 4 degrees of freedom for |x|^4 to have a mean, and finitely many, got %v", d.param)
	}
	// The other parameters are checked where their covariance is computed.
	if _, err := d.law(math.Max(float64(d.count), 0) + 1); err != nil {
		return Data{}, fmt.Errorf("data %q: %w", text, err)
	}
	return d, nil
}

// OpenData returns the data set in a file, one sample a row: .npy (read on
// demand, so that it may be larger than memory), .npz, .csv, IDX or CIFAR. It needs at
// least 2 rows. Errors begin with path.
func OpenData(path string) (Data, error) {
	rows, err := dataset.OpenRows(path)
	if err != nil {
		return Data{}, err
	}
	n, d := rows.Dims()
	if n < 2 {
		return Data{}, fmt.Errorf("%s: pairs of points need at least 2 rows, got %d x %d", path, n, d)
	}
	digest, err := rows.Digest()
	if err != nil {
		return Data{}, err
	}
	return Data{kind: "file", set: &dataSet{rows: rows, digest: digest}}, nil
}

// MatrixData returns the data set whose samples are the rows of x, at least 2 of
// them and finite. x must not be changed afterwards.
func MatrixData(x *mat.Dense) (Data, error) {
	rows, err := dataset.FromMatrix(x)
	if err != nil {
		return Data{}, err
	}
	if n, d := rows.Dims(); n < 2 {
		return Data{}, fmt.Errorf("pairs of points need at least 2 rows, got %d x %d", n, d)
	}
	digest, err := rows.Digest()
	if err != nil {
		return Data{}, err
	}
	return Data{kind: "file", set: &dataSet{rows: rows, digest: digest}}, nil
}

// String spells the law as ParseData reads it; a data set is named by a digest of
// its numbers, "set:3f2a...".
func (d Data) String() string {
	switch d.kind {
	case "":
		return "gaussian"
	case "file":
		return "set:" + d.set.digest
	case "spiked":
		return fmt.Sprintf("spiked:%d:%v", d.count, d.param)
	case "student", "ar1", "power":
		return fmt.Sprintf("%s:%v", d.kind, d.param)
	}
	return d.kind
}

// Gaussian reports whether the entries are independent standard normals.
func (d Data) Gaussian() bool { return d.kind == "" }

// Given reports whether the data are a given set, not a law.
func (d Data) Given() bool { return d.set != nil }

// Dims returns the size of a given data set, 0 and 0 for a law.
func (d Data) Dims() (samples, dim int) {
	if d.set == nil {
		return 0, 0
	}
	return d.set.rows.Dims()
}

// Traces returns tr Sigma/d and tr Sigma^2/d in dimension dim (+Inf for the
// limit, where they have one). Of a given data set they are what takes their place
// in the two-point reduction: the mean over rows of |x_n|^2/d and the mean over
// pairs of rows n != m of (x_n.x_m)^2/d; see [Data.TraceRows].
func (d Data) Traces(dim float64) (theorem.TraceMoments, error) {
	switch d.kind {
	case "ar1":
		return theorem.ARTraces(d.param, dim)
	case "spiked":
		return theorem.SpikedTraces(d.count, d.param, dim)
	case "power":
		return theorem.PowerTraces(d.param, dim)
	case "file":
		return d.set.traces()
	}
	return theorem.Isotropic, nil
}

// TraceRows returns the number of rows of a given data set from which Traces are
// computed: all, unless that would take more than 4e9 multiplications, then equally
// spaced ones. 0 for a law.
func (d Data) TraceRows() int {
	if d.set == nil {
		return 0
	}
	return traceRows(d.Dims())
}

// dataSet is a given data set.
type dataSet struct {
	rows   *dataset.Rows
	digest string

	once    sync.Once
	moments theorem.TraceMoments
	err     error
}

const traceWork = 4e9

// traceRows returns how many of n rows in dimension d are multiplied with each other
// in traceWork multiplications: seconds.
func traceRows(n, d int) int {
	if float64(n)*float64(d)*float64(min(n, d)) <= traceWork {
		return n
	}
	return max(2, min(n, int(math.Sqrt(traceWork/float64(d)))))
}

func (s *dataSet) traces() (theorem.TraceMoments, error) {
	s.once.Do(func() { s.moments, s.err = s.computeTraces() })
	return s.moments, s.err
}

// computeTraces uses |X^T X|_F^2 = |X X^T|_F^2 = sum_nm (x_n.x_m)^2.
func (s *dataSet) computeTraces() (t theorem.TraceMoments, err error) {
	n, d := s.rows.Dims()
	k := traceRows(n, d)
	x := mat.NewDense(k, d, nil)
	cursor := s.rows.Cursor()
	var first, fourth float64
	for i := range k {
		row, err := cursor.Row(int(int64(i) * int64(n) / int64(k)))
		if err != nil {
			return t, err
		}
		x.SetRow(i, row)
		square := squareNorm(row)
		first += square
		fourth += square * square
	}
	var gram mat.SymDense
	if k <= d {
		gram.SymOuterK(1, x)
	} else {
		gram.SymOuterK(1, x.T())
	}
	all := mat.Norm(&gram, 2)
	t = theorem.TraceMoments{
		First:  first / float64(k) / float64(d),
		Second: (all*all - fourth) / float64(k) / float64(k-1) / float64(d),
	}
	if !(t.First > 0) {
		return t, errors.New("all entries of the data set are 0")
	}
	return t, nil
}

// law is how the coordinates of points are drawn.
type law interface {
	// fill draws the coordinates from, from+1, ... of one point into x; last is
	// its coordinate before them, if there is one.
	fill(s *replicate.Stream, x []float64, from int, last float64)
}

// law returns how points in dimension dim are drawn, or why they cannot be.
func (d Data) law(dim float64) (law, error) {
	if _, err := d.Traces(dim); err != nil {
		return nil, err
	}
	switch d.kind {
	case "rademacher":
		return signs{}, nil
	case "uniform":
		return uniformLaw{}, nil
	case "student":
		return studentLaw{d.param}, nil
	case "ar1":
		return autoregression{d.param, math.Sqrt(float64((1 - d.param) * (1 + d.param)))}, nil
	case "spiked":
		return spikes{d.count, math.Sqrt(d.param)}, nil
	case "power":
		return newPowerLaw(d.param, int(dim)), nil
	}
	return nil, nil
}
