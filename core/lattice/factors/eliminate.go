package factors

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Thermal is what a sum over all states gives, of the whole system: mean and variance of E/kT, the entropy log Z + <E>/kT, and mean and variance of the sum of
// the numbers that values stand for.
type Thermal struct {
	Mean, Variance, Entropy float64
	M, Square               float64
}

// lump is a set of states with some sites in common: weight exp(s - u), s the entropy of the set, u and v mean and variance of E/kT, m and w those of the sum of
// numbers. Two sets that have no site in common multiply: all five add up.
type lump struct{ s, u, v, m, w float64 }

func (a *lump) add(b *lump) {
	a.s += b.s
	a.u += b.u
	a.v += b.v
	a.m += b.m
	a.w += b.w
}

// union of disjoint sets. Means move from those of the heaviest, so that nothing large is subtracted and no temperature is too low.
func union(sets []lump, p []float64) lump {
	top, at := math.Inf(-1), 0
	for a := range sets {
		if x := sets[a].s - sets[a].u; x > top {
			top, at = x, a
		}
	}
	rest := 0.0
	for a := range sets {
		if p[a] = 1; a != at {
			p[a] = functions.Exp1(sets[a].s - sets[a].u - top)
			rest += p[a]
		}
	}
	z := 1 + rest
	first := &sets[at]
	var d lump
	for a := range sets {
		p[a] /= z
		d.u += float64(p[a] * (sets[a].u - first.u))
		d.m += float64(p[a] * (sets[a].m - first.m))
	}
	all := lump{s: first.s + d.u + functions.Log1p1(rest), u: first.u + d.u, m: first.m + d.m}
	for a := range sets {
		x, y := sets[a].u-all.u, sets[a].m-all.m
		d.v += float64(p[a] * (sets[a].v - first.v + float64(x*x)))
		d.w += float64(p[a] * (sets[a].w - first.w + float64(y*y)))
	}
	all.v, all.w = first.v+d.v, first.w+d.w
	return all
}

// table holds the lumps of the states of a few sites, the first of which varies slowest.
type table struct {
	at    []int32
	lumps []lump
}

// Solver is a model with the order in which its sites are summed over.
type Solver struct {
	*Model
	*plan
	first [][]int32 // of each step: the terms that it uses up
}

// Solver plans the sum over all states; models that are too wide are refused.
func (m *Model) Solver() (*Solver, error) {
	p, err := m.plan()
	if err != nil {
		return nil, err
	}
	if _, err := array.Plan(2*int(p.most), 40, "tables of the states of open sites"); err != nil {
		return nil, err
	}
	s := &Solver{Model: m, plan: p, first: make([][]int32, m.Sites)}
	rank := make([]int, m.Sites)
	for k, i := range p.order {
		rank[i] = k
	}
	for n, t := range m.Terms {
		k := m.Sites
		for _, i := range t.At {
			k = min(k, rank[i])
		}
		s.first[k] = append(s.first[k], int32(n))
	}
	return s, nil
}

// Largest is the number of states of the largest table.
func (s *Solver) Largest() int { return int(s.most) }

// operand is a term or a table that a step multiplies by.
type operand struct {
	stride []int // of the sites that stay
	own    int   // of the site that is summed over
	energy []float64
	scale  float64
	lumps  []lump
}

// At sums over all states at a temperature; step is told how much of the work is done.
func (s *Solver) At(ctx context.Context, kT float64, step func(done float64)) (Thermal, error) {
	open := make(map[int32][]*table) // by the site that is summed over first
	rank := make([]int32, s.Sites)
	for k, i := range s.order {
		rank[i] = int32(k)
	}
	var all lump
	for k, i := range s.order {
		if err := ctx.Err(); err != nil {
			return Thermal{}, err
		}
		meet := s.meet[k]
		var operands []operand
		take := func(at []int32, o operand) {
			o.stride = make([]int, len(meet))
			stride := 1
			for d := len(at) - 1; d >= 0; d-- {
				if at[d] == i {
					o.own = stride
				}
				for c, j := range meet {
					if j == at[d] {
						o.stride[c] = stride
					}
				}
				stride *= s.Q
			}
			operands = append(operands, o)
		}
		for _, n := range s.first[k] {
			t := &s.Terms[n]
			take(t.At, operand{energy: t.Energy, scale: t.Scale / kT})
		}
		for _, t := range open[i] {
			take(t.at, operand{lumps: t.lumps})
		}
		delete(open, i)
		made, err := s.sum(ctx, operands, len(meet))
		if err != nil {
			return Thermal{}, err
		}
		common := made[0] // the heaviest, whose variance is the smallest where all freezes
		for n := range made {
			if made[n].s-made[n].u > common.s-common.u {
				common = made[n]
			}
		}
		all.add(&common)
		if len(meet) > 0 {
			for n := range made {
				l := &made[n]
				*l = lump{l.s - common.s, l.u - common.u, l.v - common.v, l.m - common.m, l.w - common.w}
			}
			next := meet[0]
			for _, j := range meet {
				if rank[j] < rank[next] {
					next = j
				}
			}
			open[next] = append(open[next], &table{meet, made})
		}
		step(float64(len(made)*s.Q) / s.work)
	}
	return Thermal{Mean: all.u, Variance: max(all.v, 0), Entropy: all.s, M: all.m, Square: max(all.w, 0)}, nil
}

// sum multiplies the operands and sums over the own site, for every state of those that stay.
func (s *Solver) sum(ctx context.Context, operands []operand, stay int) ([]lump, error) {
	size := 1
	for range stay {
		size *= s.Q
	}
	made := make([]lump, size)
	const chunk = 1 << 12
	err := par.Do(ctx, 0, (size+chunk-1)/chunk, func(c int) error {
		var sets [256]lump
		var p [256]float64
		values, rows := make([]int, stay), make([]int, len(operands))
		for rest, d := c*chunk, stay-1; d >= 0; d-- {
			values[d] = rest % s.Q
			rest /= s.Q
			for o := range operands {
				rows[o] += values[d] * operands[o].stride[d]
			}
		}
		for n := c * chunk; n < min(size, (c+1)*chunk); n++ {
			for a := range s.Q {
				l := &sets[a]
				*l = lump{}
				if s.Numbers != nil {
					l.m = s.Numbers[a]
				}
				for o := range operands {
					x := &operands[o]
					at := rows[o] + a*x.own
					if x.lumps != nil {
						l.add(&x.lumps[at])
					} else {
						l.u += float64(x.scale * x.energy[at])
					}
				}
			}
			made[n] = union(sets[:s.Q], p[:s.Q])
			for d := stay - 1; d >= 0; d-- {
				if values[d]++; values[d] < s.Q {
					for o := range operands {
						rows[o] += operands[o].stride[d]
					}
					break
				}
				values[d] = 0
				for o := range operands {
					rows[o] -= (s.Q - 1) * operands[o].stride[d]
				}
			}
		}
		return nil
	})
	return made, err
}
