package cloud

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// metric is a matrix Q = L L' of a cloud; y = L' x are coordinates in which it is 1, and scores there are L^-1 s.
type metric struct {
	kind   string
	n, d   int
	factor []float64
	mean   []float64
	places []float64 // y (n, d)
}

func newMetric(kind string, n, d int) *metric {
	return &metric{kind: kind, n: n, d: d, factor: make([]float64, d*d), mean: make([]float64, d), places: make([]float64, n*d)}
}

// covariance fills the lower triangle of a with the covariance (over n) of rows x (n, d), or their second moment about 0.
func covariance(a, x, mean []float64, n, d int, about0 bool) {
	clear(mean)
	if !about0 {
		simd.SumColumns(mean, x, d, n)
		for k := range mean {
			mean[k] /= float64(n)
		}
	}
	clear(a)
	for i := range n {
		row := x[i*d : (i+1)*d]
		for p := range d {
			y := row[p] - mean[p]
			for q := range p + 1 {
				a[p*d+q] = math.FMA(y, row[q]-mean[q], a[p*d+q])
			}
		}
	}
	for p := range a {
		a[p] /= float64(n)
	}
}

// cholesky replaces the lower triangle of a by its factor, or tells that it is not positive definite.
func cholesky(a []float64, d int) bool {
	for i := range d {
		for j := range i + 1 {
			x := a[i*d+j]
			for k := range j {
				x = math.FMA(-a[i*d+k], a[j*d+k], x)
			}
			switch {
			case i != j:
				a[i*d+j] = x / a[j*d+j]
			case x > 0 && x-x == 0:
				a[i*d+i] = math.Sqrt(x)
			default:
				return false
			}
		}
	}
	return true
}

// transform sets places and turns scores into those of y.
func (m *metric) transform(x, s []float64) error {
	of, about0 := x, false
	if m.kind == "fisher" {
		of, about0 = s, true
	}
	d := m.d
	covariance(m.factor, of, m.mean, m.n, d, about0)
	largest := 0.0
	for k := range d {
		largest = max(largest, m.factor[k*d+k])
	}
	for k := range d {
		m.factor[k*d+k] += float64(1e-10 * largest)
	}
	if !cholesky(m.factor, d) {
		return spec.Errorf(spec.NonFiniteError, "metric: the matrix of the cloud (%s) is not positive definite: the particles have collapsed or left all bounds", m.kind).Try(`metric="unit", or a smaller step`)
	}
	for i := range m.n {
		y, f := m.places[i*d:(i+1)*d], s[i*d:(i+1)*d]
		copy(y, x[i*d:(i+1)*d])
		if m.kind == "fisher" { // Q = L L': y = L' x, scores L^-1 s
			timesTransposed(m.factor, y)
			solve(m.factor, f)
		} else { // Q^-1 = L L': y = L^-1 x, scores L' s
			solve(m.factor, y)
			timesTransposed(m.factor, f)
		}
	}
	return nil
}

// back turns velocities of y into those of x.
func (m *metric) back(v []float64) {
	for i := range m.n {
		if row := v[i*m.d : (i+1)*m.d]; m.kind == "fisher" {
			solveTransposed(m.factor, row)
		} else {
			times(m.factor, row)
		}
	}
}

// times sets x = L x.
func times(l, x []float64) {
	d := len(x)
	for i := d - 1; i >= 0; i-- {
		y := 0.0
		for k := range i + 1 {
			y = math.FMA(l[i*d+k], x[k], y)
		}
		x[i] = y
	}
}

// timesTransposed sets x = L' x.
func timesTransposed(l, x []float64) {
	d := len(x)
	for i := range d {
		y := 0.0
		for k := i; k < d; k++ {
			y = math.FMA(l[k*d+i], x[k], y)
		}
		x[i] = y
	}
}

// solve sets x = L^-1 x.
func solve(l, x []float64) {
	d := len(x)
	for i := range d {
		y := x[i]
		for k := range i {
			y = math.FMA(-l[i*d+k], x[k], y)
		}
		x[i] = y / l[i*d+i]
	}
}

// solveTransposed sets x = L'^-1 x.
func solveTransposed(l, x []float64) {
	d := len(x)
	for i := d - 1; i >= 0; i-- {
		y := x[i]
		for k := i + 1; k < d; k++ {
			y = math.FMA(-l[k*d+i], x[k], y)
		}
		x[i] = y / l[i*d+i]
	}
}

func floats(b []byte) []float64 {
	return unsafe.Slice((*float64)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)
}
