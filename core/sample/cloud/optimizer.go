package cloud

import (
	"math"

	"github.com/ergodica/ergodica/core/par"
)

// optimizer moves particles along velocities v.
//
//	fixed    z += step v
//	adagrad  G = 0.9 G + 0.1 v^2 (v^2 at first), z += step v / (1e-6 + sqrt G), by coordinate (Q. Liu, D. Wang, NeurIPS 2016)
//	adam     D. P. Kingma, J. Ba, ICLR 2015: decay 0.9 and 0.999, 1e-8
//	coin     bets on each coordinate, without a step (F. Orabona, T. Tommasi, NeurIPS 2017; L. Sharrock, C. Nemeth, ICML 2023):
//	         L = max(L, |v|), G += |v|, R = max(R + (z - z_0) v, 0), S += v, z = z_0 + S (L + R) / (L max(G + L, 100 L))
//	kt       bets of Krichevsky and Trofimov on each particle: with c = v / L, L the largest |v| so far of the particle,
//	         z = z_0 + (sum c / (t + 1)) (L_1 + sum <c, z - z_0>), t rounds; L_1 the first |v|
type optimizer struct {
	kind    string
	step    float64
	n, d    int
	ticks   int64
	start   []float64 // z_0
	a, b, e []float64 // first moment or S; second moment, G; R
	largest []float64 // L
	z, v    []float64
	members int
	share   func(w int)
}

func newOptimizer(kind string, step float64, c *cloud) *optimizer {
	o := &optimizer{kind: kind, step: step, n: c.n, d: c.d}
	size := c.n * c.d
	room := func() []float64 { return make([]float64, size) }
	switch kind {
	case "adagrad":
		o.b = room()
	case "adam":
		o.a, o.b = room(), room()
	case "coin":
		o.a, o.b, o.e, o.largest, o.start = room(), room(), room(), room(), append([]float64{}, c.z...)
		for i := range o.largest {
			o.largest[i] = 1e-12
		}
	case "kt":
		o.a, o.start = room(), append([]float64{}, c.z...)
		o.b, o.e, o.largest = make([]float64, c.n), make([]float64, c.n), make([]float64, c.n)
	}
	o.share = o.part
	return o
}

func (o *optimizer) state() []any {
	return []any{&o.ticks, o.start, o.a, o.b, o.e, o.largest}
}

// move is one step of all particles.
func (o *optimizer) move(team *par.Team, z, v []float64) {
	o.z, o.v, o.members = z, v, team.Size()
	o.ticks++
	if err := team.Run(o.share); err != nil {
		panic(err)
	}
}

func (o *optimizer) part(w int) {
	from, to := o.n*w/o.members, o.n*(w+1)/o.members
	if o.kind == "kt" {
		for i := from; i < to; i++ {
			o.bet(i)
		}
		return
	}
	from, to = from*o.d, to*o.d
	z, v := o.z, o.v
	switch o.kind {
	case "fixed":
		for i := from; i < to; i++ {
			z[i] = math.FMA(o.step, v[i], z[i])
		}
	case "adagrad":
		keep := 0.9
		if o.ticks == 1 {
			keep = 0
		}
		for i := from; i < to; i++ {
			o.b[i] = float64(keep*o.b[i]) + float64((1-keep)*float64(v[i]*v[i]))
			z[i] += o.step * v[i] / (1e-6 + math.Sqrt(o.b[i]))
		}
	case "adam":
		first, second := 1-power(0.9, o.ticks), 1-power(0.999, o.ticks)
		for i := from; i < to; i++ {
			o.a[i] = float64(0.9*o.a[i]) + float64(0.1*v[i])
			o.b[i] = float64(0.999*o.b[i]) + float64(0.001*float64(v[i]*v[i]))
			z[i] += o.step * (o.a[i] / first) / (1e-8 + math.Sqrt(o.b[i]/second))
		}
	case "coin":
		for i := from; i < to; i++ {
			c := v[i]
			l := max(o.largest[i], math.Abs(c))
			o.largest[i] = l
			o.b[i] += math.Abs(c)
			o.e[i] = max(math.FMA(z[i]-o.start[i], c, o.e[i]), 0)
			o.a[i] += c
			z[i] = o.start[i] + o.a[i]*(l+o.e[i])/(l*max(o.b[i]+l, 100*l))
		}
	}
}

// bet is the bet of a particle: b its |v| at first, e its reward.
func (o *optimizer) bet(i int) {
	z, v, start, sum := o.z[i*o.d:(i+1)*o.d], o.v[i*o.d:(i+1)*o.d], o.start[i*o.d:(i+1)*o.d], o.a[i*o.d:(i+1)*o.d]
	square := 0.0
	for _, c := range v {
		square = math.FMA(c, c, square)
	}
	length := math.Sqrt(square)
	o.largest[i] = max(o.largest[i], length)
	if o.largest[i] == 0 {
		return
	}
	if o.b[i] == 0 {
		o.b[i] = length
	}
	for k, c := range v {
		c /= o.largest[i]
		o.e[i] = math.FMA(c, z[k]-start[k], o.e[i])
		sum[k] += c
	}
	wealth := (o.b[i] + max(o.e[i], 0)) / float64(o.ticks+1)
	for k := range z {
		z[k] = math.FMA(sum[k], wealth, start[k])
	}
}

// power is x^n.
func power(x float64, n int64) float64 {
	y := 1.0
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			y *= x
		}
		x *= x
	}
	return y
}
