package ewald

import (
	"context"
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/stats"
)

// Registry lists what the face asks for: couplings of every pair of sites, by displacement.
func Registry() []stats.Entry {
	return []stats.Entry{
		{Name: "PowerLaw", New: func() any { return new(powerLaw) }, Run: func(ctx context.Context, p any, _ []*array.Array, out stats.Results) error {
			return p.(*powerLaw).run(ctx, out)
		}},
		{Name: "DipolarTensor", New: func() any { return new(dipolar) }, Run: func(ctx context.Context, p any, _ []*array.Array, out stats.Results) error {
			return p.(*dipolar).run(ctx, out)
		}},
	}
}

// cells is where displacements are looked up.
type cells struct {
	vectors, basis [][]float64
	shape          []int
	periodic       bool
}

// of a lattice; extent along an axis is its length, or with open boundaries 2 L - 1, whose upper half stands for what is negative.
func of(l *geometry.Lattice, periodic []bool) (*cells, error) {
	if err := l.SetPeriodic(periodic); err != nil {
		return nil, err
	}
	c := &cells{}
	along := l.Periodic
	switch {
	case l.Crystal != nil && l.Crystal.Helical:
		return nil, spec.Mismatch("couplings of all pairs", "a lattice of straight rows", "a helical one").Try("helical=False")
	case l.Crystal != nil:
		c.vectors, c.basis, c.shape, along = l.Crystal.Vectors, l.Crystal.Basis, l.Crystal.Shape, l.Crystal.Periodic
	case l.Shape != nil:
		c.shape, c.basis = l.Shape, [][]float64{make([]float64, len(l.Shape))}
		for k := range c.shape {
			v := make([]float64, len(c.shape))
			v[k] = 1
			c.vectors = append(c.vectors, v)
		}
	default:
		return nil, spec.Mismatch("couplings by distance", "a hypercubic lattice or a crystal", "a graph, whose sites stand nowhere").Try("erg.lattice.fcc((4, 4, 4))")
	}
	c.periodic = along[0]
	for _, p := range along {
		if p != c.periodic {
			return nil, spec.Expected("periodic", "all axes periodic or all open", fmt.Sprint(along))
		}
	}
	return c, nil
}

func (c *cells) extent() []int {
	e := append([]int(nil), c.shape...)
	for k, n := range e {
		if !c.periodic {
			e[k] = 2*n - 1
		}
	}
	return e
}

func (c *cells) periods() [][]float64 {
	all := make([][]float64, len(c.vectors))
	for k, v := range c.vectors {
		for _, x := range v {
			all[k] = append(all[k], float64(float64(c.shape[k])*x))
		}
	}
	return all
}

// fill calls f for the displacement of every pair (cell, a, b), r = n + r_b - r_a, with width numbers to write, and makes the table the same both ways.
func (c *cells) fill(ctx context.Context, width int, f func(dst, r []float64) error) (table []float64, shape []int, err error) {
	e, B, d := c.extent(), len(c.basis), len(c.vectors)
	shape = append(append([]int(nil), e...), B, B)
	total, err := array.Count(append(append([]int(nil), shape...), width))
	if err != nil {
		return nil, nil, err
	}
	if _, err := array.Plan(total, 16, "a table of couplings"); err != nil {
		return nil, nil, err
	}
	n := total / (B * B * width)
	raw := make([]float64, total)
	err = par.Do(ctx, 0, n, func(cell int) error {
		by := array.Unravel(cell, e)
		r := make([]float64, d)
		for a := range B {
			for b := range B {
				for x := range r {
					r[x] = c.basis[b][x] - c.basis[a][x]
					for k, m := range by {
						if !c.periodic && m >= c.shape[k] {
							m -= e[k]
						}
						r[x] += float64(float64(m) * c.vectors[k][x])
					}
				}
				at := ((cell*B+a)*B + b) * width
				if err := f(raw[at:at+width], r); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	table = make([]float64, total)
	for cell := range n {
		back := 0
		for k, m := range array.Unravel(cell, e) {
			back = back*e[k] + (e[k]-m)%e[k]
		}
		for ab := range B * B {
			for x := range width {
				table[(cell*B*B+ab)*width+x] = 0.5 * (raw[(cell*B*B+ab)*width+x] + raw[(back*B*B+ab%B*B+ab/B)*width+x])
			}
		}
	}
	return table, shape, nil
}

// powerLaw is 1/r^a.
type powerLaw struct {
	Lattice  geometry.Lattice `spec:"lattice"`
	Periodic []bool           `spec:"periodic" default:"true"`
	Power    float64          `spec:"power" range:"[0,64]"`
}

func (p *powerLaw) run(ctx context.Context, out stats.Results) error {
	c, err := of(&p.Lattice, p.Periodic)
	if err != nil {
		return err
	}
	f := func(dst, r []float64) error {
		if u := square(r); u > 1e-18 {
			dst[0] = functions.Pow1(u, -0.5*p.Power)
		}
		return nil
	}
	if c.periodic {
		if p.Power == float64(len(c.vectors)) {
			return spec.Expected("power", fmt.Sprintf("another one than the %d dimensions of the lattice, where the sum over images diverges", len(c.vectors)), p.Power).Try("periodic=False")
		}
		s, err := New(c.periods(), p.Power)
		if err != nil {
			return err
		}
		f = func(dst, r []float64) error { dst[0] = s.Value(r); return nil }
	}
	table, shape, err := c.fill(ctx, 1, f)
	if err != nil {
		return err
	}
	return out.Add("couplings", array.Float64, shape, nil, table)
}

// dipolar is (3 r r / r^2 - 1) / r^3 = the second derivatives of 1/r.
type dipolar struct {
	Lattice  geometry.Lattice `spec:"lattice"`
	Periodic []bool           `spec:"periodic" default:"true"`
	Boundary string           `spec:"boundary" oneof:"tinfoil,vacuum"`
}

func (p *dipolar) run(ctx context.Context, out stats.Results) error {
	c, err := of(&p.Lattice, p.Periodic)
	if err != nil {
		return err
	}
	d := len(c.vectors)
	if d > 3 {
		return spec.Expected("lattice", "at most three dimensions", d)
	}
	// Components that the lattice does not extend along are -1/r^3.
	inside := func(dst, bend []float64, across float64) {
		for q := range 3 {
			dst[4*q] = 0 - across
		}
		for q := range d * d {
			dst[q/d*3+q%d] = bend[q]
		}
	}
	f := func(dst, r []float64) error {
		u := square(r)
		if u < 1e-18 {
			return nil
		}
		across := 1 / (u * math.Sqrt(u))
		bend := make([]float64, d*d)
		for q := range bend {
			bend[q] = float64(float64(3*r[q/d]*r[q%d]) / u * across)
			if q/d == q%d {
				bend[q] -= across
			}
		}
		inside(dst, bend, across)
		return nil
	}
	if c.periodic {
		periods := c.periods()
		one, err := New(periods, 1)
		if err != nil {
			return err
		}
		var three *Sum
		if d < 3 {
			if three, err = New(periods, 3); err != nil {
				return err
			}
		}
		depolarising := 0.0
		if d == 3 && p.Boundary == "vacuum" {
			depolarising = 4 * math.Pi / 3 * volume(one.dual)
		}
		f = func(dst, r []float64) error {
			bend, across := make([]float64, d*d), 0.0
			one.Bend(bend, r)
			if three != nil {
				across = three.Value(r)
			}
			inside(dst, bend, across)
			for q := range 3 {
				dst[4*q] -= depolarising
			}
			return nil
		}
	}
	table, shape, err := c.fill(ctx, 9, f)
	if err != nil {
		return err
	}
	return out.Add("couplings", array.Float64, append(shape, 3, 3), nil, table)
}
