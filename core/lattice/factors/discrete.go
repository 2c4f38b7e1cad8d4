package factors

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Discrete is the mean-field theory of a model of Q values: x are their probabilities.
type Discrete struct {
	*Model
	terms [][]int32 // of each site
	place [][]int8  // where it stands in them
	color []int
}

// Theory is the model's mean-field theory.
func (m *Model) Theory() *Discrete {
	d := &Discrete{Model: m, terms: make([][]int32, m.Sites), place: make([][]int8, m.Sites)}
	for n, t := range m.Terms {
		for k, i := range t.At {
			d.terms[i], d.place[i] = append(d.terms[i], int32(n)), append(d.place[i], int8(k))
		}
	}
	return d
}

// Size is Q a site.
func (d *Discrete) Size() (sites, width int) { return d.Sites, d.Q }

// Energy is the mean over independent sites.
func (d *Discrete) Energy(x []float64) float64 {
	var dst [256]float64
	e := 0.0
	for n := range d.Terms {
		t := &d.Terms[n]
		row := dst[:d.Q]
		clear(row)
		d.contract(row, t, 0, x, nil)
		e += dot(row, x[int(t.At[0])*d.Q:int(t.At[0]+1)*d.Q])
	}
	return e
}

// contract adds a term's energy for each value of the site at place, over the means of its others; or with v its change where these change by v.
func (d *Discrete) contract(dst []float64, t *Term, place int, x, v []float64) {
	q := d.Q
	if len(t.At) == 2 {
		j := int(t.At[1-place]) * q
		y := x[j : j+q]
		if v != nil {
			y = v[j : j+q]
		}
		if q == 2 {
			e, stride := t.Energy, 1+place
			other := 3 - stride // 2 or 1: the site at place varies along the other one
			dst[0] += float64(t.Scale * (float64(e[0]*y[0]) + float64(e[stride]*y[1])))
			dst[1] += float64(t.Scale * (float64(e[other]*y[0]) + float64(e[3]*y[1])))
			return
		}
		for a := range dst {
			sum := 0.0
			if place == 0 {
				for b, p := range y {
					sum += float64(t.Energy[a*q+b] * p)
				}
			} else {
				for b, p := range y {
					sum += float64(t.Energy[b*q+a] * p)
				}
			}
			dst[a] += float64(t.Scale * sum)
		}
		return
	}
	values := make([]int, len(t.At))
	for _, e := range t.Energy {
		p, change := 1.0, 0.0
		for k, i := range t.At {
			if k == place {
				continue
			}
			at := int(i)*q + values[k]
			if v != nil {
				change = float64(change*x[at]) + float64(p*v[at])
			}
			p *= x[at]
		}
		if v != nil {
			p = change
		}
		dst[values[place]] += float64(t.Scale * e * p)
		for k := len(values) - 1; k >= 0; k-- {
			if values[k]++; values[k] < q {
				break
			}
			values[k] = 0
		}
	}
}

func (d *Discrete) all(dst, x, v []float64, i int) {
	clear(dst)
	for k, n := range d.terms[i] {
		if t := &d.Terms[n]; len(t.At) > 1 || v == nil {
			d.contract(dst, t, int(d.place[i][k]), x, v)
		}
	}
	for a := range dst {
		dst[a] = 0 - dst[a]
	}
}

// Field is minus the mean energy of each value.
func (d *Discrete) Field(dst, x []float64, i int) { d.all(dst, x, nil, i) }

// Respond is its change.
func (d *Discrete) Respond(dst, x, v []float64, i int) { d.all(dst, x, v, i) }

// Mean are the probabilities exp(theta) / sum exp(theta).
func (d *Discrete) Mean(x, theta []float64) (entropy float64) {
	top := slices.Max(theta)
	z := 0.0
	for a, t := range theta {
		x[a] = functions.Exp1(t - top)
		z += x[a]
	}
	for a, t := range theta {
		x[a] /= z
		entropy += float64(x[a] * (top - t))
	}
	return entropy + functions.Log1(z)
}

// Spread has the rows sqrt(p_a) (delta_ab - sqrt(p_a p_b)).
func (d *Discrete) Spread(dst, x, _, v []float64, transposed bool) {
	var roots [256]float64
	for a, p := range x {
		roots[a] = math.Sqrt(p)
	}
	along := 0.0
	for a, r := range roots[:d.Q] {
		if transposed {
			along += float64(x[a] * v[a])
		} else {
			along += float64(r * v[a])
		}
	}
	for a, r := range roots[:d.Q] {
		if transposed {
			dst[a] = float64(r * (v[a] - along))
		} else {
			dst[a] = float64(r * (v[a] - float64(r*along)))
		}
	}
}

// Start has almost all sites in one value, equal shares, then one value a colour of the graph.
func (d *Discrete) Start(x []float64, k int) bool {
	kinds := min(d.Q, 16)
	if k > kinds+1 {
		return false
	}
	for i := range d.Sites {
		p := x[i*d.Q : (i+1)*d.Q]
		for a := range p {
			p[a] = 1 / float64(d.Q)
		}
		at := d.Q - 1 - k // the last value first: spins up
		if k == kinds {
			continue
		}
		if k > kinds {
			at = int(d.colour(i)) % d.Q
		}
		for a := range p {
			p[a] *= 0.1
		}
		p[at] += 0.9
	}
	return true
}

// colour of a site, no two of which share a term.
func (d *Discrete) colour(i int) int {
	if d.color == nil {
		d.color = make([]int, d.Sites)
		var ends [][2]int32
		for a, near := range d.neighbours() {
			for _, b := range near {
				if int(b) > a {
					ends = append(ends, [2]int32{int32(a), b})
				}
			}
		}
		if g, err := geometry.NewGraph(d.Sites, ends); err == nil {
			d.color, _ = g.Colours()
		}
	}
	return d.color[i]
}

// Random probabilities are uniform on the simplex.
func (d *Discrete) Random(x []float64, u *rng.Stream) {
	sum := 0.0
	for a := range x {
		x[a] = u.Exponential()
		sum += x[a]
	}
	for a := range x {
		x[a] /= sum
	}
}

// Along is what the values stand for, or value 0.
func (d *Discrete) Along() []float64 {
	switch {
	case d.Model.Along != nil:
		return d.Model.Along
	case d.Numbers != nil:
		return d.Numbers
	}
	along := make([]float64, d.Q)
	along[0] = 1
	return along
}

// Shown are means of numbers, and shares of more than two values.
func (d *Discrete) Shown() (all []Shown) {
	if d.Numbers != nil {
		each := func(x []float64) []float64 {
			m := make([]float64, d.Sites)
			for i := range m {
				m[i] = dot(d.Numbers, x[i*d.Q:(i+1)*d.Q])
			}
			return m
		}
		all = append(all, Shown{"magnetization", nil, nil, func(x []float64) []float64 {
			sum := 0.0
			for _, m := range each(x) {
				sum += m
			}
			return []float64{sum / float64(d.Sites)}
		}}, Shown{"local_magnetization", []int{d.Sites}, []string{"site"}, each})
	}
	if all = append(all, d.Shows...); d.Q > 2 {
		all = append(all, Shown{"occupation", []int{d.Q}, []string{"value"}, func(x []float64) []float64 { return d.Shares(x) }},
			Shown{"local_occupation", []int{d.Sites, d.Q}, []string{"site", "value"}, func(x []float64) []float64 { return x }})
	}
	return all
}

// Shares of the values, from the probabilities at every site.
func (m *Model) Shares(x []float64) []float64 {
	rho := make([]float64, m.Q)
	for k, p := range x {
		rho[k%m.Q] += p / float64(m.Sites)
	}
	return rho
}
