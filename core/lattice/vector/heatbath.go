package vector

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// heatBath draws a spin from its distribution given the others, exp(kappa t) (1 - t^2)^((n-3)/2) in its component t along the field x, kappa = |x|/kT, and
// uniform around it.
type heatBath struct {
	*ON
	kT float64
}

// SetKT sets the temperature.
func (k *heatBath) SetKT(kT float64) { k.kT = kT }

// Name is that of the share that changed: nearly all.
func (k *heatBath) Name() string { return "" }

// Visit draws the sites given.
func (k *heatBath) Visit(s []float64, sites []int32, u *rng.Stream) int64 {
	var room [64]float64
	n := k.N
	x := room[:n]
	for _, i := range sites {
		k.field(x, s, int(i))
		Draw(s[int(i)*n:int(i)*n+n], x, k.kT, u)
	}
	return int64(len(sites))
}

// Draw is a spin from its distribution in a field x at kT; it spoils x.
func Draw(s, x []float64, kT float64, u *rng.Stream) {
	length := math.Sqrt(dot(x, x))
	if length == 0 {
		direction(s, u)
		return
	}
	for c := range x {
		x[c] /= length
	}
	kappa := length / kT
	switch {
	case kT == 0 || math.IsInf(kappa, 1):
		copy(s, x)
	case len(s) == 2:
		planar(s, x, kappa, u)
	case len(s) == 3:
		spatial(s, x, kappa, u)
	default:
		around(s, x, kappa, u)
	}
}

// planar is the distribution of von Mises about e by rejection from a wrapped Cauchy distribution (D. J. Best, N. I. Fisher, Appl. Stat. 28, 152 (1979)),
// for small kappa from the uniform one.
func planar(s, e []float64, kappa float64, u *rng.Stream) {
	var t float64
	if kappa < 0.3 {
		for {
			_, t = functions.SincosTurns1(0.5 * u.Float64())
			if u.Float64() < functions.Exp1(float64(kappa*(t-1))) {
				break
			}
		}
	} else {
		tau := 1 + math.Sqrt(1+float64(4*kappa*kappa))
		rho := (tau - math.Sqrt(2*tau)) / (2 * kappa)
		r := (1 + float64(rho*rho)) / (2 * rho)
		for {
			_, z := functions.SincosTurns1(0.5 * u.Float64())
			t = (1 + float64(r*z)) / (r + z)
			c := float64(kappa * (r - t))
			v := 1 - u.Float64()
			if float64(c*(2-c)) > v || functions.Log1(c/v)+1 >= c {
				break
			}
		}
	}
	w := math.Sqrt(max(0, float64((1-t)*(1+t))))
	if u.Float64() < 0.5 {
		w = -w
	}
	s[0], s[1] = float64(t*e[0])-float64(w*e[1]), float64(t*e[1])+float64(w*e[0])
}

// spatial draws 1 - t, which is exponential up to 2.
func spatial(s, e []float64, kappa float64, u *rng.Stream) {
	d := u.Exponential() / kappa
	if !(d <= 2) {
		d = bounded(kappa, u)
	}
	sin, cos := functions.SincosTurns1(u.Float64())
	s[0], s[1], s[2] = lean(e[0], e[1], e[2], d, sin, cos)
}

// bounded inverts the exponential distribution up to 2: what was beyond is drawn again, among what is not.
func bounded(kappa float64, u *rng.Stream) float64 {
	kappa = max(kappa, 1e-200) // where it is uniform
	return min((0-functions.Log1p1(float64(u.Float64()*functions.Expm11(-2*kappa))))/kappa, 2)
}

// lean is the direction (x, y, z) turned by an angle with the cosine 1 - d, to a side in the frame of T. Duff et al., J. Comput. Graph. Tech. 6, 1 (2017).
func lean(x, y, z, d, sin, cos float64) (a, b, c float64) {
	t, w := 1-d, math.Sqrt(float64(d*(2-d)))
	cos, sin = float64(w*cos), float64(w*sin)
	sign := math.Copysign(1, z)
	p := -1 / (sign + z)
	q := float64(float64(x*y) * p)
	turned := float64(sign * x)
	a = float64(t*x) + (float64(cos*(1+float64(float64(turned*x)*p))) + float64(sin*q))
	b = float64(t*y) + (float64(cos*float64(sign*q)) + float64(sin*(sign+float64(float64(y*y)*p))))
	c = float64(t*z) - (float64(cos*turned) + float64(sin*y))
	return a, b, c
}

// Turns are the random numbers of draws of vectors of three components, made many at once for draws that wait for one another.
type Turns struct{ logs, sides []float64 }

// Fill makes those of n draws.
func (t *Turns) Fill(n int, u *rng.Stream) {
	if len(t.logs) < n {
		t.logs, t.sides = make([]float64, n), make([]float64, 2*n)
	}
	u.Polar(t.logs[:n], t.sides[:n], t.sides[len(t.logs):][:n])
}

// From is the numbers of draw i and those that follow: logarithms of uniform numbers, sines of uniform angles and cosines, which begin so far apart.
func (t *Turns) From(i int) (logs, sides []float64, apart int) {
	return t.logs[i:], t.sides[i:], len(t.logs)
}

// Draw is [Draw] with the numbers i.
func (t *Turns) Draw(x, y, z, kT float64, i int, u *rng.Stream) (s [3]float64) {
	square := float64(x*x) + float64(y*y) + float64(z*z)
	if square < 1e-280 {
		field := [3]float64{x, y, z}
		Draw(s[:], field[:], kT, u)
		return s
	}
	over := 1 / math.Sqrt(square)
	d := (0 - t.logs[i]) * float64(kT*over)
	if !(d <= 2) {
		d = bounded(1/float64(kT*over), u)
	}
	n := len(t.logs)
	s[0], s[1], s[2] = lean(float64(x*over), float64(y*over), float64(z*over), d, t.sides[i], t.sides[n+i])
	return s
}

// around is the distribution of von Mises and Fisher by rejection (A. T. A. Wood, Commun. Stat. Simul. Comput. 23, 157 (1994)); the proposal's component
// along e and its direction around it are those of one uniform direction.
func around(s, e []float64, kappa float64, u *rng.Stream) {
	n := float64(len(s) - 1)
	b := n / (2*kappa + math.Sqrt(float64(4*kappa*kappa)+float64(n*n)))
	x0 := (1 - b) / (1 + b)
	c := float64(kappa*x0) + float64(n*functions.Log1(1-float64(x0*x0)))
	for {
		direction(s, u)
		x := dot(s, e)
		z := (1 + x) / 2
		t := (1 - float64((1+b)*z)) / (1 - float64((1-b)*z))
		if float64(kappa*t)+float64(n*functions.Log1(1-float64(x0*t)))-c < functions.Log1(1-u.Float64()) {
			continue
		}
		r := 0.0
		for c := range s {
			s[c] -= float64(x * e[c])
			r += float64(s[c] * s[c])
		}
		if r < 1e-24 {
			continue
		}
		w := math.Sqrt(max(0, float64((1-t)*(1+t))) / r)
		for c := range s {
			s[c] = float64(t*e[c]) + float64(w*s[c])
		}
		return
	}
}

// Width of a site.
func (k *heatBath) Width() int { return k.N }

// Propose turns a spin by some half a radian.
func (k *heatBath) Propose(dst, s []float64, i int, u *rng.Stream) float64 {
	return k.propose(dst, s, i, 0.5, u)
}

// propose adds a normal vector of the given scale to a spin and makes its length 1, as likely as the way back.
func (m *ON) propose(dst, s []float64, i int, scale float64, u *rng.Stream) float64 {
	var room [64]float64
	n := m.N
	x, old := room[:n], s[i*n:i*n+n]
	m.field(x, s, i)
	r := 0.0
	for c, v := range old {
		dst[c] = v + float64(scale*u.Normal())
		r += float64(dst[c] * dst[c])
	}
	if r < 1e-200 {
		copy(dst, old)
		return 0
	}
	r, dE := 1/math.Sqrt(r), 0.0
	for c := range dst {
		dst[c] = float64(dst[c] * r)
		dE += float64(x[c] * (old[c] - dst[c]))
	}
	return dE
}

// reflection turns spins about their fields by half a turn.
type reflection struct{ *ON }

// SetKT does nothing: energy is kept.
func (reflection) SetKT(float64) {}

// Name: there is nothing to report.
func (reflection) Name() string { return "" }

// Visit reflects the sites given.
func (k reflection) Visit(s []float64, sites []int32, _ *rng.Stream) int64 {
	if k.N == 3 && k.J.Uniform() && k.h == nil {
		return k.spatial(s, sites)
	}
	if k.N == 2 && k.J.Uniform() && k.h == nil {
		return k.planar(s, sites)
	}
	var room [64]float64
	n := k.N
	x := room[:n]
	for _, i := range sites {
		k.field(x, s, int(i))
		if r := dot(x, x); r > 0 {
			own := s[int(i)*n : int(i)*n+n]
			r = 2 * dot(x, own) / r
			for c := range own {
				own[c] = float64(r*x[c]) - own[c]
			}
		}
	}
	return int64(len(sites))
}

// spatial and planar are the commonest cases, in one loop.
func (k reflection) spatial(s []float64, sites []int32) int64 {
	start, to := k.graph.Start, k.graph.To
	for _, i := range sites {
		var x, y, z float64
		for _, j := range to[start[i]:start[i+1]] {
			v := s[3*j : 3*j+3 : 3*j+3]
			x, y, z = x+v[0], y+v[1], z+v[2]
		}
		if r := float64(x*x) + float64(y*y) + float64(z*z); r > 0 {
			v := s[3*i : 3*i+3 : 3*i+3]
			r = 2 * (float64(x*v[0]) + float64(y*v[1]) + float64(z*v[2])) / r
			v[0], v[1], v[2] = float64(r*x)-v[0], float64(r*y)-v[1], float64(r*z)-v[2]
		}
	}
	return int64(len(sites))
}

func (k reflection) planar(s []float64, sites []int32) int64 {
	start, to := k.graph.Start, k.graph.To
	for _, i := range sites {
		var x, y float64
		for _, j := range to[start[i]:start[i+1]] {
			v := s[2*j : 2*j+2 : 2*j+2]
			x, y = x+v[0], y+v[1]
		}
		if r := float64(x*x) + float64(y*y); r > 0 {
			v := s[2*i : 2*i+2 : 2*i+2]
			r = 2 * (float64(x*v[0]) + float64(y*v[1])) / r
			v[0], v[1] = float64(r*x)-v[0], float64(r*y)-v[1]
		}
	}
	return int64(len(sites))
}

func prepareHeatBath(m *ON, method *moves.HeatBath) (builder, error) {
	return prepareBath(m, method.Order, 0)
}

// prepareBath is of reflections and a heat bath, for a colour at once where that can be.
func prepareBath(m *ON, order string, reflections int) (builder, error) {
	single := func(order string) builder {
		o := walkers.NewOrder(m.graph, order)
		return func(w contract.Walker) (kernel, error) {
			rules := make([]walkers.Rule[float64], reflections, reflections+1)
			for r := range rules {
				rules[r] = reflection{m}
			}
			return walkers.NewSingle(m, m.energy, o, w, append(rules, &heatBath{ON: m})...), nil
		}
	}
	if order == "checkerboard" {
		if k := newColours(m); k != nil {
			return prepareColours(m, k, reflections, func() (builder, error) { return single("random"), nil }), nil
		}
	}
	return single(order), nil
}

func prepareGlauber(m *ON, _ *moves.HeatBath) (builder, error) {
	o := walkers.NewOrder(m.graph, "random")
	return func(w contract.Walker) (kernel, error) {
		return walkers.NewEvents(m, m.energy, o, w, &heatBath{ON: m}), nil
	}, nil
}

func prepareOverRelaxation(m *ON, method *moves.OverRelaxation) (builder, error) {
	return prepareBath(m, method.Order, method.Reflections)
}
