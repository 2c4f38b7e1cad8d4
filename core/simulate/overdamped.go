package simulate

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
)

// Overdamped is Brownian motion in a potential:
//
//	dx = -mobility grad E dt + sqrt(2 mobility kT) dW.
//
// Schemes: Euler and Maruyama's, of weak order 1; Heun's, of weak order 2 (the noise is additive); SRK, the SRA1 of A. Roessler (SIAM J. Numer. Anal.
// 48, 922 (2010)), of weak order 2 and strong order 1.5; and LeimkuhlerMatthews, x' = x - mobility grad E h + sqrt(mobility kT h / 2) (n_k + n_k+1), of
// weak order 1 in transients but 2 in stationary averages, with one gradient a step and no error in a harmonic well (B. Leimkuhler, C. Matthews,
// M. V. Tretyakov, Proc. R. Soc. A 470, 20140120 (2014)).
type Overdamped struct {
	// Velocity per force, 1 / (friction m): one number, or one for each coordinate; an array is broadcast over x.
	Mobility array.Field `spec:"mobility" default:"1.0"`
	// Step of time; the largest one below it is taken of which a whole number fits between two records.
	Dt float64 `spec:"dt" default:"0.001" range:"(0,inf)"`
	// Scheme.
	Scheme string `spec:"scheme" default:"\"Euler\"" oneof:"Euler,Heun,SRK,LeimkuhlerMatthews"`
}

// Accuracy is the scheme's.
func (m *Overdamped) Accuracy() string {
	switch m.Scheme {
	case "Euler":
		return "O(dt)"
	case "LeimkuhlerMatthews":
		return "O(dt^2) in stationary averages, O(dt) before"
	}
	return "O(dt^2)"
}

func (m *Overdamped) step() float64        { return m.Dt }
func (m *Overdamped) weight() *array.Field { return nil }

func (m *Overdamped) open(w *walker) (motion, error) {
	n := len(w.x)
	k := &brownian{scheme: m.Scheme, moves: make([]float64, n), amplitude: make([]float64, n), noise: make([]float64, n), more: make([]float64, n), from: make([]float64, n), slope: make([]float64, n)}
	mobility, err := spread(m.Mobility, w.of, "mobility")
	if err != nil {
		return nil, err
	}
	for i, mu := range mobility {
		k.moves[i] = mu * w.h
		k.amplitude[i] = math.Sqrt(2 * mu * w.kT * w.h)
	}
	return k, nil
}

// brownian moves x; moves is mobility h, amplitude the standard deviation of a step's noise.
type brownian struct {
	scheme           string
	moves, amplitude []float64
	noise, more      []float64
	from, slope      []float64 // x and its gradient at the beginning of a step
}

func (k *brownian) state() []any { return nil }

func (k *brownian) step(ctx context.Context, w *walker) error {
	if err := w.force(ctx); err != nil {
		return err
	}
	n, at := uint64(len(w.x)), uint64(w.steps)
	w.key.Normals(k.noise, at, 0)
	x := w.x
	switch k.scheme {
	case "Euler":
		for i, g := range w.g {
			x[i] += float64(k.amplitude[i]*k.noise[i]) - float64(k.moves[i]*g)
		}
		w.fresh = false
		return nil
	case "LeimkuhlerMatthews":
		w.key.Normals(k.more, at+1, 0)
		for i, g := range w.g {
			x[i] += float64(0.5*k.amplitude[i]*(k.noise[i]+k.more[i])) - float64(k.moves[i]*g)
		}
		w.fresh = false
		return nil
	}
	copy(k.from, x)
	copy(k.slope, w.g)
	one, two := 0.5, 0.5
	if k.scheme == "Heun" {
		for i, g := range w.g {
			x[i] += float64(k.amplitude[i]*k.noise[i]) - float64(k.moves[i]*g)
		}
	} else { // at 3/4 of the step, with 3/2 of the noise's mean over the step, which is (n + n'/sqrt 3) / 2
		w.key.Normals(k.more, at, n)
		one, two = 1.0/3, 2.0/3
		for i, g := range w.g {
			x[i] += float64(0.75*k.amplitude[i]*(k.noise[i]+float64(k.more[i]/math.Sqrt(3)))) - float64(0.75*k.moves[i]*g)
		}
	}
	w.fresh = false
	if err := w.force(ctx); err != nil {
		return err
	}
	for i, g := range w.g {
		x[i] = k.from[i] + float64(k.amplitude[i]*k.noise[i]) - float64(k.moves[i]*(float64(one*k.slope[i])+float64(two*g)))
	}
	w.fresh = false
	return nil
}
