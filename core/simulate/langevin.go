package simulate

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Langevin is underdamped Langevin dynamics:
//
//	dx = v dt,   m dv = -grad E dt - friction m v dt + sqrt(2 friction m kT) dW,
//
// by B. Leimkuhler and C. Matthews, Appl. Math. Res. Express 2013, 34 (2013): words of A (drift), B (kick) and O (friction and noise, exact). All
// of them are of weak order 2, with errors O(dt^2) of stationary averages of positions and of velocities. BAOAB has none in the positions of a
// harmonic well, and one of O(dt^4) at high friction; OBABO and ABOBA cost the same and have errors there. BBK (A. Bruenger, C. L. Brooks, M. Karplus,
// Chem. Phys. Lett. 105, 495 (1984)) has errors O(dt^2) in positions, O(dt) in velocities. GJF (N. Gronbech-Jensen, O. Farago, Mol. Phys. 111, 983
// (2013)) is exact for the positions of a harmonic well and for free diffusion, with errors O(dt^2) in velocities. Velocities begin as those of kT.
//
// "conserved", of words, is E + K less the heat that the bath has given (G. Bussi, M. Parrinello, Phys. Rev. E 75, 056707 (2007)); its drift measures the error of the step.
type Langevin struct {
	// Rate at which velocities are forgotten.
	Friction float64 `spec:"friction" default:"1.0" range:"[0,inf)"`
	// Step of time; the largest one below it is taken of which a whole number fits between two records.
	Dt float64 `spec:"dt" default:"0.01" range:"(0,inf)"`
	// The word, or another scheme's name.
	Scheme string `spec:"scheme" default:"\"BAOAB\"" oneof:"BAOAB,OBABO,ABOBA,OABAO,BOAOB,AOBOA,BBK,GJF"`
	// One mass, or one for each coordinate; an array is broadcast over x.
	Masses array.Field `spec:"masses" default:"1.0"`
}

// Accuracy is the scheme's.
func (m *Langevin) Accuracy() string {
	switch m.Scheme {
	case "BBK":
		return "O(dt^2) in positions, O(dt) in velocities"
	case "BAOAB":
		return "O(dt^2); in positions O(dt^4) at high friction"
	}
	return "O(dt^2)"
}

func (m *Langevin) step() float64        { return m.Dt }
func (m *Langevin) weight() *array.Field { return &m.Masses }

func (m *Langevin) open(w *walker) (motion, error) {
	switch m.Scheme {
	case "BBK", "GJF":
		k := &verletNoise{damping: 0.5 * m.Friction * w.h, together: m.Scheme == "GJF", noise: make([]float64, len(w.x)), amplitude: make([]float64, len(w.x))}
		for i, mass := range w.mass {
			k.amplitude[i] = math.Sqrt(2 * m.Friction * w.kT * w.h / mass)
		}
		return k, nil
	}
	s := newSplitting(m.Scheme, w)
	b := &ornstein{keep: functions.Exp1(-m.Friction * s.parts[2]), noise: make([]float64, len(w.x)), amplitude: make([]float64, len(w.x))}
	spread := -functions.Expm11(-2 * m.Friction * s.parts[2])
	for i, mass := range w.mass {
		b.amplitude[i] = math.Sqrt(spread * w.kT / mass)
	}
	s.bath = b
	return s, nil
}

// ornstein is dv = -friction v dt + noise, exactly: v' = keep v + amplitude n.
type ornstein struct {
	keep             float64
	amplitude, noise []float64
	heat             float64 // given so far
}

func (b *ornstein) act(w *walker, part int) {
	w.key.Normals(b.noise, uint64(w.steps), uint64(part*len(b.noise)))
	before := w.kinetic()
	for i, n := range b.noise {
		w.v[i] = float64(b.keep*w.v[i]) + float64(b.amplitude[i]*n)
	}
	b.heat += w.kinetic() - before
}

func (b *ornstein) added(*walker) float64 { return -b.heat }
func (b *ornstein) state() []any          { return []any{&b.heat} }

// verletNoise are BBK and GJF. With d = friction h / 2 and b = sqrt(2 friction kT h / m) n, BBK is
//
//	v+ = (1 - d) v - h/2m grad E + b_k/2,   x' = x + h v+,   v' = (v+ - h/2m grad E' + b_k+1/2) / (1 + d),
//
// in which a step ends with the noise that the next one begins with; and GJF
//
//	x' = x + h/(1+d) (v - h/2m grad E + b/2),   v' = (1-d)/(1+d) (v - h/2m grad E) - h/2m grad E' + b/(1+d).
type verletNoise struct {
	damping          float64
	together         bool // GJF
	amplitude, noise []float64
}

func (k *verletNoise) state() []any { return nil }

func (k *verletNoise) step(ctx context.Context, w *walker) error {
	if err := w.force(ctx); err != nil {
		return err
	}
	d, h := k.damping, w.h
	w.key.Normals(k.noise, uint64(w.steps), 0)
	for i := range w.x {
		kick := float64(0.5 * h / w.mass[i] * w.g[i])
		b := k.amplitude[i] * k.noise[i]
		if k.together {
			v := w.v[i] - kick
			w.x[i] += float64(h / (1 + d) * (v + float64(0.5*b)))
			w.v[i] = float64((1-d)/(1+d)*v) + b/(1+d)
			continue
		}
		w.v[i] = float64((1-d)*w.v[i]) - kick + float64(0.5*b)
		w.x[i] += float64(h * w.v[i])
	}
	w.fresh = false
	if err := w.force(ctx); err != nil {
		return err
	}
	if !k.together {
		w.key.Normals(k.noise, uint64(w.steps)+1, 0)
	}
	for i := range w.v {
		kick := float64(0.5 * h / w.mass[i] * w.g[i])
		if k.together {
			w.v[i] -= kick
			continue
		}
		w.v[i] = (w.v[i] - kick + float64(0.5*k.amplitude[i]*k.noise[i])) / (1 + d)
	}
	return nil
}
