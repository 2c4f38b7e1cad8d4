package simulate

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// GeneralisedLangevin is Langevin dynamics with memory:
//
//	m dv/dt = -grad E - friction m v - m int_0^t K(t-s) v(s) ds + R(t),   K(t) = sum_k amplitudes_k exp(-t / times_k),
//
// where R is Gaussian, of the covariance m kT K(t-s) and white noise of the friction. It is Markovian with variables z_k that begin in equilibrium,
//
//	dv = sum_k sqrt(amplitudes_k) z_k dt + ...,   dz_k = -sqrt(amplitudes_k) v dt - z_k/times_k dt + sqrt(2 kT / (m times_k)) dW_k,
//
// which with the friction are moved exactly, between the kicks and drifts of BAOAB (A. D. Baczewski, S. D. Bond, J. Chem. Phys. 139, 044107 (2013);
// M. Ceriotti, G. Bussi, M. Parrinello, J. Chem. Theory Comput. 6, 1170 (2010)). Of weak order 2, as are stationary averages. "conserved" as for Langevin.
type GeneralisedLangevin struct {
	// K at 0 of each exponential, in units of 1/time^2: one number, or one for each.
	Amplitudes array.Field `spec:"amplitudes" default:"1.0"`
	// Memory time of each exponential.
	Times array.Field `spec:"times" default:"1.0"`
	// Rate of the friction without memory.
	Friction float64 `spec:"friction" default:"0.0" range:"[0,inf)"`
	// Step of time; the largest one below it is taken of which a whole number fits between two records.
	Dt float64 `spec:"dt" default:"0.01" range:"(0,inf)"`
	// The word of A (drift), B (kick) and O (all else).
	Scheme string `spec:"scheme" default:"\"BAOAB\"" oneof:"BAOAB,OBABO,ABOBA,OABAO,BOAOB,AOBOA"`
	// One mass, or one for each coordinate; an array is broadcast over x.
	Masses array.Field `spec:"masses" default:"1.0"`
}

func (m *GeneralisedLangevin) step() float64        { return m.Dt }
func (m *GeneralisedLangevin) weight() *array.Field { return &m.Masses }

// Check compares the exponentials' numbers.
func (m *GeneralisedLangevin) Check() error {
	count := max(len(m.Amplitudes.Values), len(m.Times.Values), 1)
	for _, c := range []struct {
		name  string
		f     array.Field
		least float64
	}{{"amplitudes", m.Amplitudes, 0}, {"times", m.Times, math.SmallestNonzeroFloat64}} {
		if !c.f.Uniform() && (len(c.f.Values) != count || len(c.f.Shape) != 1) {
			return spec.Errorf(spec.ShapeError, "GeneralisedLangevin.%s: expected one number or %d, one for each exponential, got shape %v", c.name, count, c.f.Shape).With("argument", c.name)
		}
		for k := range count {
			if x := c.f.At(k); !(x >= c.least) {
				return spec.Expected("GeneralisedLangevin."+c.name, "numbers above 0", x).With("argument", c.name)
			}
		}
	}
	if count > 64 {
		return spec.Expected("GeneralisedLangevin.amplitudes", "at most 64 exponentials", count).With("argument", "amplitudes")
	}
	return nil
}

func (m *GeneralisedLangevin) open(w *walker) (motion, error) {
	s := newSplitting(m.Scheme, w)
	n, k := len(w.x), 1+max(len(m.Amplitudes.Values), len(m.Times.Values), 1)
	drift := make([]float64, k*k)
	drift[0] = -m.Friction * s.parts[2]
	for j := 1; j < k; j++ {
		c := s.parts[2] * math.Sqrt(m.Amplitudes.At(j-1))
		drift[j], drift[j*k], drift[j*k+j] = c, -c, -s.parts[2]/m.Times.At(j-1)
	}
	b := &memory{size: k, keep: exponential(drift, k), hidden: make([]float64, (k-1)*n), noise: make([]float64, k*n), row: make([]float64, k), width: make([]float64, n)}
	b.spread = remainder(b.keep, k)
	for i, mass := range w.mass {
		b.width[i] = math.Sqrt(w.kT / mass)
	}
	w.key.Normals(b.hidden, beginning, uint64(n))
	for i := range b.hidden {
		b.hidden[i] *= b.width[i%n]
	}
	s.bath = b
	return s, nil
}

// memory moves y = (v_i, z_i1, z_i2, ...) of each coordinate: y' = keep y + sqrt(kT/m) spread n, where spread spread' = 1 - keep keep'.
type memory struct {
	size          int
	keep, spread  []float64
	hidden, noise []float64 // z (size-1, n), normals (size, n)
	width, row    []float64
	heat          float64
}

func (b *memory) act(w *walker, part int) {
	n, k := len(w.v), b.size
	w.key.Normals(b.noise, uint64(w.steps), uint64(part*len(b.noise)))
	before := w.kinetic()
	for i := range n {
		for a := range k {
			sum := float64(b.keep[a*k] * w.v[i])
			for c := 1; c < k; c++ {
				sum += float64(b.keep[a*k+c] * b.hidden[(c-1)*n+i])
			}
			random := 0.0
			for c := range a + 1 {
				random += float64(b.spread[a*k+c] * b.noise[c*n+i])
			}
			b.row[a] = sum + float64(b.width[i]*random)
		}
		w.v[i] = b.row[0]
		for c := 1; c < k; c++ {
			b.hidden[(c-1)*n+i] = b.row[c]
		}
	}
	b.heat += w.kinetic() - before
}

func (b *memory) added(*walker) float64 { return -b.heat }
func (b *memory) state() []any          { return []any{b.hidden, &b.heat} }

// exponential is exp(a) of a small matrix: the Taylor series of a / 2^s, |a| / 2^s < 1/2, squared s times.
func exponential(a []float64, n int) []float64 {
	norm, halvings := 0.0, 0
	for i := range n {
		row := 0.0
		for j := range n {
			row += math.Abs(a[i*n+j])
		}
		norm = max(norm, row)
	}
	scale := 1.0
	for norm*scale > 0.5 && halvings < 1000 {
		scale *= 0.5
		halvings++
	}
	sum, term, next := make([]float64, n*n), make([]float64, n*n), make([]float64, n*n)
	for i := range n {
		sum[i*n+i], term[i*n+i] = 1, 1
	}
	for k := range 18 {
		multiply(next, term, a, n)
		for i, x := range next {
			term[i] = x * scale / float64(k+1)
			sum[i] += term[i]
		}
	}
	for range halvings {
		multiply(next, sum, sum, n)
		sum, next = next, sum
	}
	return sum
}

func multiply(c, a, b []float64, n int) {
	for i := range n {
		for j := range n {
			sum := 0.0
			for k := range n {
				sum += float64(a[i*n+k] * b[k*n+j])
			}
			c[i*n+j] = sum
		}
	}
}

// remainder is the lower factor of 1 - p p', which is not negative; a pivot that rounding leaves at or below 0 is a direction without noise.
func remainder(p []float64, n int) []float64 {
	l := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			x := 0.0
			if i == j {
				x = 1
			}
			for k := range n {
				x -= float64(p[i*n+k] * p[j*n+k])
			}
			for k := range j {
				x -= float64(l[i*n+k] * l[j*n+k])
			}
			switch {
			case i == j:
				l[i*n+i] = math.Sqrt(max(x, 0))
			case l[j*n+j] > 0:
				l[i*n+j] = x / l[j*n+j]
			}
		}
	}
	return l
}
