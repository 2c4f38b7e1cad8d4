package lanes

import (
	"math"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Batch is how many blocks a heat bath updates at once.
const Batch = 32

// Bath updates links of one axis and colour by the exact distribution given the others, exp(strength Re tr(U V*)), or by reflections that keep it: one
// element h of SU(2) with the density exp(alpha h0) for SU(2), three in turn in subgroups of SU(3) (N. Cabibbo, E. Marinari, Phys. Lett. B 119, 387 (1982)).
type Bath struct {
	*Links
	stream                      rng.Stream
	staples, products           []float64 // of the batch
	corner, h, move, links      []float64 // quaternions of the batch
	size, alpha, uniform, worth []float64 // a number for each lane
	sin, cos                    []float64
	hop, gain                   []float64 // of Hop
	Drawn, Tried                int64
}

// NewBath works on links.
func NewBath(c *Links) *Bath {
	b := &Bath{Links: c}
	n := Batch * Width
	for _, x := range []*[]float64{&b.staples, &b.products} {
		*x = make([]float64, n*c.Numbers())
	}
	for _, x := range []*[]float64{&b.corner, &b.h, &b.move, &b.links} {
		*x = make([]float64, 4*n)
	}
	for _, x := range []*[]float64{&b.size, &b.alpha, &b.worth, &b.sin, &b.cos} {
		*x = make([]float64, n)
	}
	b.uniform = make([]float64, 6*n)
	return b
}

// Update changes the links (mu, from), ..., (mu, from+count-1), which must not share plaquettes. strength is beta/(N kT) for the sum of Re tr of all
// plaquettes; random numbers are those of step and the two that follow it. Reflections draw none.
func (b *Bath) Update(mu int, from int32, count int, strength float64, key rng.Key, step uint64, reflect bool) {
	b.Begin()
	n := b.Numbers() * Width
	for k := range count {
		v := b.staples[k*n:][:n]
		b.Staple(v, mu, from+int32(k))
		if b.Group == 3 { // W = U V*
			w := b.products[k*n:][:n]
			clear(w)
			b.addNA(w, b.At(mu, from+int32(k)), v)
		}
	}
	if b.Group == 2 { // h = U V*/|V|
		copy(b.corner, b.staples[:count*n])
		for k := range count {
			copy(b.links[k*n:], b.At(mu, from+int32(k)))
		}
		b.turns(count, 2*strength, key, step, reflect, true)
		for k := range count {
			copy(b.At(mu, from+int32(k)), b.move[k*n:][:n])
		}
		return
	}
	for s, pair := range [3][2]int{{0, 1}, {0, 2}, {1, 2}} {
		for k := range count {
			b.k.corner3(&b.corner[4*Width*k], &b.products[k*n], pair[0], pair[1])
		}
		b.turns(count, 2*strength, key, step+uint64(s), reflect, false)
		for k := range count {
			a := &b.move[4*Width*k]
			b.k.rows3(&b.products[k*n], a, pair[0], pair[1])
			b.k.rows3(&b.At(mu, from+int32(k))[0], a, pair[0], pair[1])
		}
	}
}

// turns fills move: h u* with h drawn by exp(strength |r| h0) and u = r/|r| of corner, or its reflection u* u*; of SU(2) itself h u, and u U* u.
func (b *Bath) turns(count int, strength float64, key rng.Key, step uint64, reflect, whole bool) {
	m := count * Width
	for k := range count {
		b.k.squares(&b.size[Width*k], &b.corner[4*Width*k], 4, 4)
	}
	simd.Sqrt(b.size[:m], b.size[:m])
	factor := [1]float64{strength}
	simd.Mul(b.alpha[:m], b.size[:m], factor[:])
	for i, s := range b.size[:m] {
		if s == 0 { // no preference
			b.size[i] = 1
			b.corner[i/Width*4*Width+i%Width] = 1
			b.alpha[i] = 0
		}
	}
	for k := range count { // unit quaternions
		r := b.corner[4*Width*k:][:4*Width]
		for c := 0; c < 4*Width; c += Width {
			simd.Div(r[c:c+Width], r[c:c+Width], b.size[Width*k:][:Width])
		}
	}
	if !reflect {
		b.draw(m, key, step)
	}
	clear(b.move[:4*m])
	for k := range count {
		at := 4 * Width * k
		u, to := b.corner[at:][:4*Width], b.move[at:][:4*Width]
		switch {
		case reflect && whole: // u U* u
			clear(b.first[:4*Width])
			b.k.addNA2(&b.first[0], &u[0], &b.links[at])
			b.k.addNN2(&to[0], &b.first[0], &u[0])
		case reflect: // u* u*
			clear(b.first[:4*Width])
			for l := range Width {
				b.first[l] = 1
			}
			clear(b.second[:4*Width])
			b.k.addAN2(&b.second[0], &u[0], &b.first[0])
			b.k.addNA2(&to[0], &b.second[0], &u[0])
		case whole:
			b.k.addNN2(&to[0], &b.h[at], &u[0])
		default:
			b.k.addNA2(&to[0], &b.h[at], &u[0])
		}
	}
}

// least is the alpha from which on the first attempt is Kennedy and Pendleton's (Phys. Lett. B 156, 393 (1985)), in vectors: 1 - h0 = -(log x + cos^2 log y)/alpha.
const least = 1.6

// draw fills h for m lanes. Attempts that fail are repeated one by one, with a stream of their own.
func (b *Bath) draw(m int, key rng.Key, step uint64) {
	u := b.uniform[:6*m]
	key.Uniforms(u, step, 0)
	logs := u[:2*m]
	one := [1]float64{1}
	simd.Sub(logs, one[:], logs)
	functions.Log(logs, logs)
	functions.SincosTurns(b.sin[:m], b.cos[:m], u[2*m:3*m])
	b.stream.Reset(key, step)
	for i := range m {
		if i%Width >= b.Lanes {
			continue
		}
		b.Tried++
		a := b.alpha[i]
		d, w := -1.0, u[3*m+i]
		if a >= least {
			d = -(logs[i] + float64(float64(b.cos[i]*b.cos[i])*logs[m+i])) / a
		}
		if !(d >= 0 && float64(w*w) <= 1-float64(0.5*d)) {
			d = b.alone(a)
		}
		b.worth[i] = d
	}
	functions.SincosTurns(b.sin[:m], b.cos[:m], u[4*m:5*m])
	for i := range m {
		lane := i % Width
		from := i
		if lane >= b.Lanes {
			from = i - lane
		}
		d := b.worth[from]
		z := 1 - 2*u[5*m+from]
		r := math.Sqrt(max(float64(d*(2-d)), 0))
		flat := r * math.Sqrt(max(1-float64(z*z), 0))
		h := b.h[i/Width*4*Width+lane:]
		h[0], h[Width], h[2*Width], h[3*Width] = 1-d, flat*b.cos[from], flat*b.sin[from], r*z
	}
}

// alone draws 1 - h0 by rejection: for small alpha from the exponential on [0, 2] (M. Creutz, Phys. Rev. D 21, 2308 (1980)).
func (b *Bath) alone(a float64) float64 {
	s := &b.stream
	for {
		if a < least {
			d := 2 * s.Float64()
			if a > 1e-12 {
				d = -functions.Log1p1(float64(s.Float64()*functions.Expm11(-2*a))) / a
			}
			if w := s.Float64(); float64(w*w) < float64(d*(2-d)) {
				return d
			}
			continue
		}
		c := functions.Cos1(2 * math.Pi * s.Float64())
		d := -(functions.Log1(1-s.Float64()) + float64(float64(c*c)*functions.Log1(1-s.Float64()))) / a
		if w := s.Float64(); d <= 2 && float64(w*w) <= 1-float64(0.5*d) {
			return d
		}
	}
}
