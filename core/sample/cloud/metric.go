package cloud

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// metric is a matrix Q = L L' of a cloud; y = L' x are coordinates in which it is 1, and scores there are L^-1 s.
type metric struct {
	kind           string
	n, d           int
	factor         []float64
	mean           []float64
	places         []float64 // y (n, d)
	cross, hessian []float64
	column         []float64
}

func newMetric(kind string, n, d int) *metric {
	room := func(n int) []float64 { return make([]float64, n) }
	return &metric{kind: kind, n: n, d: d, factor: room(d * d), mean: room(d), places: room(n * d), cross: room(d * d), hessian: room(d * d), column: room(d)}
}

// covariance fills the lower triangle of a with the covariance (over n) of rows x (n, d).
func covariance(a, x, mean []float64, n, d int) {
	simd.SumColumns(mean, x, d, n)
	for k := range mean {
		mean[k] /= float64(n)
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
	d := m.d
	covariance(m.factor, x, m.mean, m.n, d)
	ok := cholesky(m.factor, d)
	if ok && m.kind == "hessian" {
		m.regress(x, s)
		copy(m.factor, m.hessian)
		ok = cholesky(m.factor, d)
		for part := 1e-6; !ok && part < 1e3; part *= 10 { // where log p is not concave on average
			copy(m.factor, m.hessian)
			m.ridge(m.factor, part)
			ok = cholesky(m.factor, d)
		}
	}
	if !ok {
		return spec.Errorf(spec.NonFiniteError, "metric: the matrix of the cloud (%s) is not positive definite: the particles have collapsed or left all bounds", m.kind).Try(`metric="unit", or a smaller step`)
	}
	for i := range m.n {
		y, f := m.places[i*d:(i+1)*d], s[i*d:(i+1)*d]
		copy(y, x[i*d:(i+1)*d])
		if m.kind == "hessian" { // Q = L L': y = L' x, scores L^-1 s
			timesTransposed(m.factor, y)
			solve(m.factor, f)
		} else { // Q^-1 = L L': y = L^-1 x, scores L' s
			solve(m.factor, y)
			timesTransposed(m.factor, f)
		}
	}
	return nil
}

// ridge adds a part of the largest element to the diagonal.
func (m *metric) ridge(a []float64, part float64) {
	largest := 0.0
	for k := range m.d {
		largest = max(largest, math.Abs(a[k*m.d+k]))
	}
	for k := range m.d {
		a[k*m.d+k] += float64(part * largest)
	}
}

// regress sets hessian to the symmetric part of -C^-1 C_zs, the slope of the scores by least squares; factor is that of the covariance C.
func (m *metric) regress(x, s []float64) {
	d := m.d
	clear(m.cross)
	for i := range m.n {
		row, f := x[i*d:(i+1)*d], s[i*d:(i+1)*d]
		for p, y := range row {
			y = (m.mean[p] - y) / float64(m.n)
			to := m.cross[p*d : (p+1)*d]
			for q, g := range f {
				to[q] = math.FMA(y, g, to[q])
			}
		}
	}
	for q := range d {
		for p := range d {
			m.column[p] = m.cross[p*d+q]
		}
		solve(m.factor, m.column)
		solveTransposed(m.factor, m.column)
		for p := range d {
			m.cross[p*d+q] = m.column[p]
		}
	}
	for p := range d {
		for q := range d {
			m.hessian[p*d+q] = 0.5 * (m.cross[p*d+q] + m.cross[q*d+p])
		}
	}
}

// back turns velocities of y into those of x.
func (m *metric) back(v []float64) {
	for i := range m.n {
		if row := v[i*m.d : (i+1)*m.d]; m.kind == "hessian" {
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
