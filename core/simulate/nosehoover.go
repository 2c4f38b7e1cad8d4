package simulate

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// NoseHoover is Newton's equations with a chain of thermostats, deterministic and reversible (G. J. Martyna, M. L. Klein, M. Tuckerman, J. Chem. Phys. 97,
// 2635 (1992)):
//
//	dx/dt = v,   m dv/dt = -grad E - m v w_1,   dw_1/dt = (2K - n kT) / Q_1 - w_1 w_2,   dw_j/dt = (Q_j-1 w_j-1^2 - kT) / Q_j - w_j w_j+1,
//
// with Q_1 = n kT relaxation^2 and Q_j = kT relaxation^2, and d xi_j/dt = w_j. Its averages are canonical where the motion is ergodic, which a chain of
// one is not for a harmonic well; "conserved" is E + K + sum_j Q_j w_j^2 / 2 + n kT xi_1 + kT (xi_2 + xi_3 + ...). n counts all coordinates: where the total
// momentum is conserved, use Langevin, or start with it at 0 and read temperatures accordingly. By the reversible scheme of G. J. Martyna,
// M. E. Tuckerman, D. J. Tobias, M. L. Klein, Mol. Phys. 87, 1117 (1996), thermostats in three parts of order 4; of second order. kT > 0.
type NoseHoover struct {
	// Time in which the thermostat answers; about that of the system's fast motions.
	Relaxation float64 `spec:"relaxation" default:"1.0" range:"(0,inf)"`
	// Thermostats of the chain.
	Chain int `spec:"chain" default:"3" range:"[1,1000]"`
	// Step of time; the largest one below it is taken of which a whole number fits between two records.
	Dt float64 `spec:"dt" default:"0.01" range:"(0,inf)"`
	// One mass, or one for each coordinate; an array is broadcast over x.
	Masses array.Field `spec:"masses" default:"1.0"`
}

func (m *NoseHoover) step() float64        { return m.Dt }
func (m *NoseHoover) weight() *array.Field { return &m.Masses }

func (m *NoseHoover) open(w *walker) (motion, error) {
	if !(w.kT > 0) {
		return nil, spec.Expected("kT", "a number above 0 for thermostats", w.kT).With("argument", "kT").Try("erg.Verlet()")
	}
	s := newSplitting("OBABO", w)
	b := &thermostats{time: s.parts[2], kT: w.kT, count: float64(len(w.x)), q: make([]float64, m.Chain), rate: make([]float64, m.Chain), angle: make([]float64, m.Chain)}
	for j := range b.q {
		b.q[j] = w.kT * m.Relaxation * m.Relaxation
	}
	b.q[0] *= b.count
	w.key.Normals(b.rate, beginning, uint64(len(w.x)))
	for j := range b.rate {
		b.rate[j] *= math.Sqrt(w.kT / b.q[j])
	}
	s.bath = b
	return s, nil
}

// thermostats act as one bath; rate are w_j, angle are xi_j.
type thermostats struct {
	time, kT       float64
	count          float64 // n
	q, rate, angle []float64
}

// fourth are the weights of M. Suzuki and H. Yoshida: three steps of second order make one of order 4.
var fourth = [3]float64{1.3512071919596578, -1.7024143839193153, 1.3512071919596578}

func (b *thermostats) act(w *walker, _ int) {
	k, scale, last := w.kinetic(), 1.0, len(b.q)-1
	for _, weight := range fourth {
		t := weight * b.time
		for j := last; j >= 0; j-- {
			b.push(j, t, k)
		}
		shrink := functions.Exp1(-t * b.rate[0])
		scale *= shrink
		k *= shrink * shrink
		for j, r := range b.rate {
			b.angle[j] += float64(t * r)
		}
		for j := range b.rate {
			b.push(j, t, k)
		}
	}
	for i := range w.v {
		w.v[i] *= scale
	}
}

// push moves w_j for half of t: friction by the next one on both sides of the force.
func (b *thermostats) push(j int, t, kinetic float64) {
	force := float64(2*kinetic) - float64(b.count*b.kT)
	if j > 0 {
		force = float64(b.q[j-1]*b.rate[j-1]*b.rate[j-1]) - b.kT
	}
	shrink := 1.0
	if j+1 < len(b.q) {
		shrink = functions.Exp1(-0.25 * t * b.rate[j+1])
	}
	b.rate[j] = shrink * (float64(shrink*b.rate[j]) + float64(0.5*t*force/b.q[j]))
}

func (b *thermostats) added(*walker) float64 {
	sum := float64(b.count * b.kT * b.angle[0])
	for j, r := range b.rate {
		sum += float64(0.5 * b.q[j] * r * r)
		if j > 0 {
			sum += float64(b.kT * b.angle[j])
		}
	}
	return sum
}

func (b *thermostats) state() []any { return []any{b.rate, b.angle} }
