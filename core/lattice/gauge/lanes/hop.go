package lanes

import (
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Hop tries U exp(X) for the links (mu, from), ..., (mu, from+count-1), which must not share plaquettes, X of the algebra with normal coordinates of the
// scale size, and accepts with probability min(1, exp(strength Re tr((U exp(X) - U) V*))), strength as of Update; random numbers are those of step and the
// one that follows it. Where there is a judge it decides instead, link by link, by what (1/N) Re tr((U exp(X) - U) V*) is and a uniform number: no two
// lanes share plaquettes either. It returns how many sites' links changed.
func (b *Bath) Hop(mu int, from int32, count int, strength, size float64, key rng.Key, step uint64, judge func(gain, u float64) bool) (changed int) {
	b.Begin()
	n, m, free := b.Numbers()*Width, b.Algebra()*Width, b.Algebra()
	if b.Group == 3 {
		free = 8
	}
	if b.hop == nil {
		b.hop, b.gain = make([]float64, Batch*Width*free), make([]float64, 2*Width)
	}
	normals, uniforms, w := b.hop[:count*Width*free], b.uniform[:count*Width], b.one[:m]
	key.Normals(normals, step, 0)
	key.Uniforms(uniforms, step+1, 0)
	scale := strength * float64(b.Group) / b.Trace() // Re tr of numbers
	for k := range count {
		u, v, next := b.At(mu, from+int32(k)), b.staples[:n], b.products[:n]
		b.Staple(v, mu, from+int32(k))
		b.coordinates(w, normals[k*Width*free:][:Width*free], size)
		copy(next, u)
		b.turn(next, w, 1)
		clear(b.gain)
		before, after := b.gain[:Width], b.gain[Width:]
		b.Dot(before, u, v)
		b.Dot(after, next, v)
		var taken [Width]bool
		for l := range taken {
			if l >= b.Lanes {
				taken[l] = taken[0]
			} else if gain := after[l] - before[l]; judge != nil {
				taken[l] = judge(gain/b.Trace(), uniforms[k*Width+l])
			} else {
				d := float64(scale * gain)
				taken[l] = d >= 0 || uniforms[k*Width+l] < functions.Exp1(d)
			}
		}
		for l, yes := range taken {
			if !yes {
				continue
			}
			for c := l; c < n; c += Width {
				u[c] = next[c]
			}
			if l < b.Lanes {
				changed++
			}
		}
	}
	return changed
}

// coordinates are those of X in an orthogonal basis, the same in lanes that repeat the first.
func (b *Bath) coordinates(w, x []float64, size float64) {
	for l := range Width {
		of := l
		if l >= b.Lanes {
			of = 0
		}
		at := func(k int) float64 { return float64(size * x[Width*k+of]) }
		if b.Group == 2 {
			for k := range 3 {
				w[Width*k+l] = at(k)
			}
			continue
		}
		one, two := at(0), at(1)/math.Sqrt(3)
		w[l], w[Width+l], w[2*Width+l] = two+one, two-one, -2*two
		for k := 2; k < 8; k++ {
			w[Width*(k+1)+l] = at(k)
		}
	}
}
