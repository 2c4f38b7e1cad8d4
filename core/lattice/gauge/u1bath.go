package gauge

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Name and the rest are what walkers ask.
func (*U1) Name() string { return "U1" }

// Layout is the arrangement with its dimensions.
func (m *U1) Layout() ([]int, []string) { return m.Arrangement(), m.links.dims() }

func (l *links) dims(more ...string) []string {
	names := []string{"mu"}
	for a := range l.shape {
		names = append(names, fmt.Sprintf("x%d", a))
	}
	return append(names, more...)
}

// Sites is the number of links.
func (m *U1) Sites() int { return m.Size() }

// Unit is theirs.
func (*U1) Unit() string { return "link updates" }

// Draw makes random angles.
func (m *U1) Draw(dst []float64, s *rng.Stream) {
	for k := range dst {
		dst[k] = float64(math.Pi * (2*s.Float64() - 1))
	}
}

// LogReference is that of dt/2pi, which is normalised.
func (*U1) LogReference() float64 { return 0 }

// LogVolume is that of the angles beside Haar's measure, dt/2pi.
func (m *U1) LogVolume() float64 { return float64(m.Size()) * functions.Log1(2*math.Pi) }

// Ordered: no field.
func (*U1) Ordered(dst []float64) { clear(dst) }

// Admits finite angles.
func (*U1) Admits(x []float64) (at int, ok bool) {
	for k, v := range x {
		if v-v != 0 {
			return k, false
		}
	}
	return 0, true
}

// Values in words.
func (*U1) Values() string { return "finite angles" }

// Observables are the target's.
func (m *U1) Observables() []walkers.Observable[float64] { return measure.Observables(m) }

// graph joins links that share a plaquette.
func (l *links) graph() (*geometry.Graph, error) {
	var ends [][2]int32
	for x := range l.sites {
		for mu := range l.d {
			for nu := mu + 1; nu < l.d; nu++ {
				at := func(axis int, site int32) int32 { return int32(axis*l.sites) + site }
				p := [4]int32{at(mu, int32(x)), at(nu, l.up[mu][x]), at(mu, l.up[nu][x]), at(nu, int32(x))}
				for i := range p {
					for j := range i {
						ends = append(ends, [2]int32{p[i], p[j]})
					}
				}
			}
		}
	}
	return geometry.NewGraph(l.d*l.sites, ends)
}

// toward is the sum of exp(i phi) over the plaquettes of a link, each 1 - cos(t - phi): where it points and how long it is.
func (l *links) toward(z []float64, link int) (angle, length float64) {
	mu, x := link/l.sites, link%l.sites
	var re, im float64
	add := func(phi float64) {
		s, c := functions.Sincos1(phi)
		re += c
		im += s
	}
	own := z[mu*l.sites:]
	for nu := range l.d {
		if nu == mu {
			continue
		}
		other := z[nu*l.sites:]
		y := l.down[nu][x]
		add(own[l.up[nu][x]] + other[x] - other[l.up[mu][x]])
		add(own[y] + other[l.up[mu][y]] - other[y])
	}
	return functions.Atan21(im, re), functions.Hypot1(re, im)
}

// vonMises draws links from their distribution given the others, exp(kappa cos(t - angle)), by rejection from a wrapped Cauchy distribution (D. J. Best,
// N. I. Fisher, Appl. Stat. 28, 152 (1979)), for small kappa from the uniform one.
type vonMises struct {
	*U1
	over float64 // beta/kT
}

func (r *vonMises) SetKT(kT float64) { r.over = r.Beta / kT }
func (*vonMises) Name() string       { return "" }

func (r *vonMises) Visit(z []float64, sites []int32, u *rng.Stream) int64 {
	for _, link := range sites {
		angle, length := r.links.toward(z, int(link))
		z[link] = folded(angle + turned(r.over*length, u))
	}
	return int64(len(sites))
}

func turned(kappa float64, u *rng.Stream) float64 {
	if kappa < 0.3 {
		for {
			t := float64(math.Pi * (2*u.Float64() - 1))
			if u.Float64() < functions.Exp1(float64(kappa*(functions.Cos1(t)-1))) {
				return t
			}
		}
	}
	tau := 1 + math.Sqrt(1+float64(4*kappa*kappa))
	rho := (tau - math.Sqrt(2*tau)) / (2 * kappa)
	r := (1 + float64(rho*rho)) / (2 * rho)
	for {
		_, z := functions.SincosTurns1(0.5 * u.Float64())
		t := (1 + float64(r*z)) / (r + z)
		c := float64(kappa * (r - t))
		v := 1 - u.Float64()
		if float64(c*(2-c)) > v || functions.Log1(c/v)+1 >= c {
			angle := functions.Acos1(max(-1, min(1, t)))
			if u.Float64() < 0.5 {
				angle = -angle
			}
			return angle
		}
	}
}

// folded is an angle in [-pi, pi].
func folded(t float64) float64 {
	if t > math.Pi {
		return t - 2*math.Pi
	}
	if t < -math.Pi {
		return t + 2*math.Pi
	}
	return t
}

// mirror reflects links about where the others pull them, which keeps S.
type mirror struct{ *U1 }

func (mirror) SetKT(float64) {}
func (mirror) Name() string  { return "" }

func (r mirror) Visit(z []float64, sites []int32, _ *rng.Stream) int64 {
	for _, link := range sites {
		angle, length := r.links.toward(z, int(link))
		if length > 0 {
			z[link] = wrapped(float64(2*angle) - z[link])
		}
	}
	return int64(len(sites))
}

func (m *U1) energy(z []float64) float64 { return m.Beta * newAngles(m.links).sum(z, nil, 0) }

// single is the kernel of rules that visit links in an order.
func (m *U1) single(order string, rules func() []walkers.Rule[float64]) (builder, error) {
	g, err := m.links.graph()
	if err != nil {
		return nil, err
	}
	o := walkers.NewOrder(g, order)
	return func(w contract.Walker) (kernel, error) { return walkers.NewSingle(m, m.energy, o, w, rules()...), nil }, nil
}

func u1HeatBath(m *U1, method *moves.HeatBath) (builder, error) {
	return m.single(method.Order, func() []walkers.Rule[float64] { return []walkers.Rule[float64]{&vonMises{U1: m}} })
}

func u1OverRelaxation(m *U1, method *moves.OverRelaxation) (builder, error) {
	return m.single(method.Order, func() (rules []walkers.Rule[float64]) {
		for range method.Reflections {
			rules = append(rules, mirror{m})
		}
		return append(rules, &vonMises{U1: m})
	})
}
