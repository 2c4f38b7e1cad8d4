package field

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd"
)

// Mover kicks and drifts in one pass over the field.
func (m *Phi4) Mover() (contract.Mover, error) {
	a, err := newAction(m)
	if err != nil {
		return nil, err
	}
	v := &mover{action: a, p: make([]float64, m.Size())}
	if a.grid != nil {
		v.next = a.grid.buffer()
	} else {
		v.padded = make([]float64, m.Size())
	}
	return v, nil
}

type mover struct {
	*action
	p, next []float64
	over    float64 // 1/kT
}

func (v *mover) Begin(kT float64, z, p []float64) {
	v.over = 1 / kT
	copy(v.p, p)
	if v.grid == nil {
		copy(v.padded, z)
		return
	}
	v.grid.load(v.padded, z)
}

func (v *mover) Step(b, a float64) {
	if v.grid == nil {
		v.kick(b)
		drift := [1]float64{a}
		simd.MulAdd(v.padded, drift[:], v.p, v.padded)
		return
	}
	g, q := v.grid, v.model.quartic(2*v.grid.axes)
	b *= v.over
	q.Leap(v.next, v.p, v.padded, g.rows, b, a)
	v.padded, v.next = v.next, v.padded
}

// kick is that of a graph.
func (v *mover) kick(b float64) {
	back := [1]float64{-b * v.over}
	for i := range v.p {
		v.force[i] = v.site(v.padded, i)
	}
	simd.MulAdd(v.p, back[:], v.force, v.p)
}

func (v *mover) End(b float64, z, p []float64) {
	if v.grid == nil {
		v.kick(b)
		copy(z, v.padded)
		copy(p, v.p)
		return
	}
	g, back := v.grid, [1]float64{-b * v.over}
	q := v.model.quartic(2 * g.axes)
	q.Force(v.force, v.padded, g.rows)
	for r, row := range g.rows.Rows {
		copy(z[r*g.length:(r+1)*g.length], v.padded[row.At:])
	}
	simd.MulAdd(p, back[:], v.force, v.p)
}
