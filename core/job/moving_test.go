package job

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/sample/manifold"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/ergodica/ergodica/core/spec"
)

// moving are systems for every one that moves by code of its own, of the kinds that this code tells apart.
var moving = map[string][]string{
	"lattice.Phi4": {`{"lattice":{"shape":[4,5]},"mass2":-1,"lam":1,"h":0.2}`, `{"lattice":{"shape":[3,3,3]},"mass2":0.5,"lam":0.3,"periodic":[false]}`},
	"lattice.U1":   {`{"lattice":{"shape":[4,6]},"beta":1.5}`, `{"lattice":{"shape":[3,2,4]},"beta":0.7}`},
	"lattice.SU2":  {`{"lattice":{"shape":[4,4]},"beta":2.5}`, `{"lattice":{"shape":[3,2,3]},"beta":2.5}`},
	"lattice.SU3":  {`{"lattice":{"shape":[4,4]},"beta":4}`, `{"lattice":{"shape":[2,2,2,2]},"beta":5.5}`},
	"lattice.ON": {`{"lattice":{"shape":[4,6]},"n":2}`, `{"lattice":{"shape":[3,4,5]},"n":3,"J":-0.8,"h":0.4}`, `{"lattice":{"shape":[2,1,3]},"n":5,"J":1.3,"h":[0.1,0.2,-0.3,0.5,0.7]}`,
		`{"lattice":{"shape":[4,3]},"n":3,"periodic":[false],"J":[0.3,-1.2,0.8,1.7,-0.2,0.9,0.4,-0.6,1.1,0.3,-0.9,1.5,0.7,-1.3,0.2,0.6,-0.4]}`,
		`{"lattice":{"shape":[3]},"n":2,"h":{"input":0}}`},
	"lattice.LongRangeON": {`{"lattice":{"shape":[3,2]},"couplings":{"input":1},"n":3,"h":[0.2,-0.4,0.3]}`,
		`{"lattice":{"shape":[3,2]},"couplings":{"input":2},"n":2,"h":[0.3,0.1],"D":0.6,"axes":[0.6,0.8]}`},
	"lattice.Villain": {`{"lattice":{"shape":[4,5]},"K":0.8}`, `{"lattice":{"shape":[6]},"K":0.12}`},
}

func movingSystem(t *testing.T, name, text string) contract.Moving {
	h := array.FromSlice(array.Float64, []float64{0.3, 0.1, -0.2, 0.7, 1.1, -0.4})
	h.Shape = []int{3, 2}
	numbers := array.FromSlice(array.Float64, []float64{0, -0.7, 0.4, 0.3, 0.4, 0.3})
	numbers.Shape = []int{3, 2, 1, 1}
	tensors := array.FromSlice(array.Float64, []float64{0.1, 0.2, 0.2, -0.3, 0.5, -0.1, -0.1, 0.8,
		0.4, 0.2, 0.2, 0.3, 0.9, -0.5, -0.5, 0.2, 0.4, 0.2, 0.2, 0.3, 0.9, -0.5, -0.5, 0.2})
	tensors.Shape = []int{3, 2, 1, 1, 2, 2}
	for _, e := range entries() {
		if e.System == name {
			s := e.NewSystem()
			require.NoError(t, spec.Decode(json.RawMessage(text), s, spec.Inputs{h, numbers, tensors}), text)
			if c, ok := s.(interface{ Check() error }); ok {
				require.NoError(t, c.Check(), text)
			}
			return s.(contract.Moving)
		}
	}
	t.Fatalf("there is no %s", name)
	return nil
}

// field is a start with momenta, uniform on what is curved, small numbers elsewhere.
func phase(m contract.Moving, seed uint64) (shape *manifold.Product, z, p []float64) {
	shape = manifold.New(contract.ShapeOf(m))
	z, p = make([]float64, m.Size()), make([]float64, m.Size())
	key := rng.New(seed)
	key.Normals(z, 0, 0)
	key.Normals(p, 1, 0)
	if s := key.Stream(2); shape != nil {
		shape.Draw(z, &s)
		shape.Project(z, p)
	}
	return shape, z, p
}

// Every system that moves by its own code, against kicks by its gradient and the geodesics of its space; there and back to 1e-10 over 60 steps; with an error
// of energy that falls as the square of the step; with the same bits on every level of SIMD. A system without a line above fails. Planted and seen to fail:
// a drift of O(n) that leaves out the change of the velocity; a bond of Villain that pulls at one end only; h left out of the pull.
func TestMovers(t *testing.T) {
	const kT = 0.7
	for _, e := range entries() {
		if _, moves := e.NewSystem().(contract.Moving); moves && moving[e.System] == nil {
			t.Errorf("%s moves by its own code and is not tested", e.System)
		}
	}
	for name, all := range moving {
		for _, text := range all {
			t.Run(fmt.Sprint(name, text), func(t *testing.T) {
				m := movingSystem(t, name, text)
				n := m.Size()
				eval, err := m.Evaluator(1)
				require.NoError(t, err)
				u, g := make([]float64, 1), make([]float64, n)
				energy := func(z, p []float64) float64 {
					require.NoError(t, eval.Gradient(context.Background(), nil, kT, z, u, g))
					h := u[0]
					for _, x := range p {
						h += x * x / 2
					}
					return h
				}
				own := func(z, p []float64, steps int, size float64) {
					v, err := m.Mover()
					require.NoError(t, err)
					v.Begin(kT, z, p)
					v.Step(size/2, size)
					for range steps - 1 {
						v.Step(size, size)
					}
					v.End(size/2, z, p)
				}
				var first []float64
				twin.OnLevels(t, func(t *testing.T) {
					_, z, p := phase(m, 1)
					own(z, p, 5, 0.03)
					if first == nil {
						first = append(slices.Clone(z), p...)
					}
					require.Equal(t, first, append(z, p...))
				})
				shape, z, p := phase(m, 1)
				kick := func(b float64) {
					energy(z, p)
					for i := range p {
						p[i] -= b * g[i]
					}
					if shape != nil {
						shape.Project(z, p)
					}
				}
				for k := range 5 {
					kick([]float64{0.015, 0.03}[min(k, 1)])
					if shape != nil {
						shape.Flow(z, p, 0.03)
						continue
					}
					for i := range z {
						z[i] += 0.03 * p[i]
					}
				}
				kick(0.015)
				for i := range z {
					require.InDelta(t, z[i], first[i], 1e-11)
					require.InDelta(t, p[i], first[n+i], 1e-11)
				}

				_, z, p = phase(m, 2)
				_, w, q := phase(m, 2)
				own(z, p, 60, 0.04)
				for i := range p {
					p[i] = -p[i]
				}
				own(z, p, 60, 0.04)
				for i := range z {
					require.InDelta(t, w[i], z[i], 1e-10)
					require.InDelta(t, q[i], -p[i], 1e-10)
				}

				change := func(steps int) float64 {
					z, p := slices.Clone(w), slices.Clone(q)
					before := energy(z, p)
					own(z, p, steps, 0.24/float64(steps))
					return energy(z, p) - before
				}
				require.InDelta(t, 2, math.Log2(math.Abs(change(48)/change(96))), 0.05)
			})
		}
	}
}
