package villain

import (
	"context"
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// What methods over targets ask of a Villain: it is a density of angles.

// Size is the number of angles.
func (m *Villain) Size() int { return m.Lattice.Sites() }

// Shape: angles.
func (m *Villain) Shape() contract.Blocks {
	return contract.Blocks{{Kind: "torus", Count: 1, Rows: m.Size(), Cols: 1}}
}

// Arrangement is that of a configuration.
func (m *Villain) Arrangement() []int {
	shape, _ := m.Layout()
	return shape
}

// bent are the first and second derivative of logWeight by x: where the terms are Gaussians, n has their shares, and they are -K (x - 2 pi <n>) and
// -K + (2 pi K)^2 var(n).
func bent(K, x float64) (slope, bend float64) {
	x = wrap(x)
	if K >= 1/(2*math.Pi) {
		far := math.Abs(x)
		sum, first, second := 1.0, 0.0, 0.0
		for n := 1.0; n <= 4; n++ {
			a := float64(2 * math.Pi * K * n)
			near, back := functions.Exp1(-float64(a*(float64(math.Pi*n)-far))), functions.Exp1(-float64(a*(float64(math.Pi*n)+far)))
			sum += near + back
			first += float64(n * (near - back))
			second += float64(n * n * (near + back))
		}
		first /= sum
		turn := float64(2 * math.Pi * K)
		return math.Copysign(1, x) * (float64(turn*first) - float64(K*far)), float64(turn*turn*(second/sum-float64(first*first))) - K
	}
	sum := 1.0
	for m := 1.0; m <= 4; m++ {
		sin, cos := functions.Sincos1(float64(m * x))
		weight := 2 * functions.Exp1(-m*m/(2*K))
		sum += float64(weight * cos)
		slope -= float64(m * weight * sin)
		bend -= float64(m * m * weight * cos)
	}
	slope /= sum
	return slope, bend/sum - float64(slope*slope)
}

// force adds f times dE/dtheta.
func (m *Villain) force(g, theta []float64, f float64) {
	for b, ends := range m.graph.Ends {
		slope, _ := bent(m.K.At(b), theta[ends[0]]-theta[ends[1]])
		slope = float64(slope * f)
		g[ends[0]] -= slope
		g[ends[1]] += slope
	}
}

// Evaluator works row after row.
func (m *Villain) Evaluator(rows int) (contract.Evaluator, error) { return evaluator{m, rows}, nil }

type evaluator struct {
	*Villain
	rows int
}

func (e evaluator) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	n := e.Size()
	for r := range e.rows {
		row := g[r*n : (r+1)*n]
		clear(row)
		e.force(row, z[r*n:(r+1)*n], 1/kT)
		u[r] = e.energy(z[r*n:(r+1)*n]) / kT
	}
	return nil
}

func (e evaluator) Value(_ context.Context, _ *par.Team, kT float64, z, u []float64) error {
	n := e.Size()
	for r := range e.rows {
		u[r] = e.energy(z[r*n:(r+1)*n]) / kT
	}
	return nil
}

// Mover moves angles and momenta in place.
func (m *Villain) Mover() (contract.Mover, error) {
	return &mover{Villain: m, theta: make([]float64, m.Size()), p: make([]float64, m.Size())}, nil
}

type mover struct {
	*Villain
	theta, p []float64
	over     float64 // 1/kT
}

func (v *mover) Begin(kT float64, z, p []float64) {
	v.over = 1 / kT
	copy(v.theta, z)
	copy(v.p, p)
}

func (v *mover) Step(b, a float64) {
	v.force(v.p, v.theta, -b*v.over)
	drift := [1]float64{a}
	simd.MulAdd(v.theta, drift[:], v.p, v.theta)
}

func (v *mover) End(b float64, z, p []float64) {
	v.force(v.p, v.theta, -b*v.over)
	copy(z, v.theta)
	copy(p, v.p)
}

func mean(theta []float64) (x, y float64) {
	for _, t := range theta {
		sin, cos := functions.Sincos1(t)
		x += cos
		y += sin
	}
	n := float64(len(theta))
	return x / n, y / n
}

func second(theta []float64) float64 {
	x, y := mean(theta)
	return float64(x*x) + float64(y*y)
}

func (m *Villain) quantities() []measure.Quantity {
	shape, dims := m.Layout()
	all := []measure.Quantity{
		{Name: "configuration", Shape: shape, Dims: dims, Fill: func(z, to []float64) { copy(to, z) }},
		measure.Number("energy", m.energy),
		{Name: "magnetization", Shape: []int{2}, Dims: []string{"component"}, Fill: func(z, to []float64) { to[0], to[1] = mean(z) }},
		measure.Number("|magnetization|", func(z []float64) float64 { return math.Sqrt(second(z)) }),
		measure.Number("magnetization^2", second),
		measure.Number("magnetization^4", func(z []float64) float64 { x := second(z); return x * x }),
	}
	for _, find := range []func() (measure.Quantity, error){m.helicity, m.vortices} {
		if q, err := find(); err == nil {
			all = append(all, q)
		}
	}
	return all
}

func (m *Villain) helicity() (measure.Quantity, error) {
	return measure.Helicity(&m.Lattice, m.graph, func(theta []float64, b int, i, j int32, slopes []float64) float64 {
		slope, bend := bent(m.K.At(b), theta[i]-theta[j])
		slopes[0] -= slope
		return -bend
	}, 1)
}

func (m *Villain) vortices() (measure.Quantity, error) {
	l := &m.Lattice
	if len(l.Shape) != 2 {
		return measure.Quantity{}, spec.Mismatch("vortices", "a hypercubic lattice of two dimensions", fmt.Sprint(l.Shape)).Try(`observe="configuration"`)
	}
	return measure.Number("vortices", func(theta []float64) float64 {
		return measure.Vortices(l, func(i, j int) int { // turns that wrapping a difference takes
			return int(math.RoundToEven((theta[j] - theta[i]) / (2 * math.Pi)))
		})
	}), nil
}

// Quantities are listed at the type.
func (m *Villain) Quantities() []contract.Quantity { return measure.Names(m.quantities()) }

// Recorder computes quantities one by one.
func (m *Villain) Recorder() (contract.Recorder, error) { return measure.New(m.quantities()) }

// Flower follows E, of which it reports the density.
func (m *Villain) Flower() (measure.Flower, error) {
	return measure.Downhill{
		Slope: func(z, g []float64) {
			clear(g)
			m.force(g, z, 1)
		},
		Density: func(z []float64) float64 { return m.energy(z) / float64(len(z)) },
	}.For(m.Size()), nil
}
