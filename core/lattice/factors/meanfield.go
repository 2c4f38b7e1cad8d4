package factors

import (
	"context"
	"math"

	"gonum.org/v1/gonum/mat"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
)

// MeanField takes every site as independent of the others, in the field of their means. Of all products of single-site laws it finds the one of the lowest
//
//	F = <E> - kT sum_i S_i,   so that F >= -kT log Z   (Gibbs, Bogoliubov, Feynman),
//
// where -dF = 0 reads x_i = law of a single site in the field b_i = -d<E>/dx_i. x_i are the probabilities of its values, or its mean spin for O(n) models
// (tanh(b/kT) of Ising spins, A_n(|b|/kT) b/|b|, A_n = I_(n/2) / I_(n/2-1), of n components). For models that all meet with couplings J/N (erg.lattice.complete(N) with
// J = 1/N) it is exact as N grows: then m = tanh((J m + h)/kT) for Curie and Weiss, kTc = J/n for n components, and for q values of Potts a transition of
// first order at kTc = J (q-2) / (2 (q-1) log(q-1)). On lattices with z neighbours kTc = J z/n lies too high.
//
// # Results
//
//	log_z, free_energy        -F/kT, a lower bound, and F, of the whole system
//	energy, entropy           <E> and sum_i S_i
//	heat_capacity             d<E>/dkT, by linear response
//	magnetization             the mean of the numbers that values stand for; of the order parameter for Potts; a vector for Clock and O(n)
//	local_magnetization       of every site
//	occupation, local_occupation
//	                          probabilities of the values, for more than two
//	susceptibility            d/dh of the mean of what a field couples to (component 0, value 0), per site, by linear response
//	stability                 the smallest eigenvalue of the curvature of F, 1 - B^T K B / kT, K_ij = -d^2<E>/dx_i dx_j, B B^T the covariance
//	                          of single sites. Positive in a minimum, zero at a continuous transition and where a direction costs
//	                          nothing (ordered O(n) models without field)
//	stationary_free_energy    (points,) F of the minima and saddle points that were found, ascending; NaN where there are fewer than at
//	                          other temperatures
//
// It descends from ordered states of each value, the disordered one, one of alternating values on the colours of the graph, and random ones: sites are
// given their best law one after the other, so that F falls, then Newton's iteration ends it. Where several minima exist (below transitions of first order, in
// glasses), nothing tells that the lowest was among them; points of equal F are one. A disordered state that stays where it is may be a saddle point.
//
// # Examples
//
//	>>> magnet = erg.lattice.Ising(erg.lattice.complete(400), J=1 / 400)
//	>>> found = erg.solve(magnet, erg.MeanField(), kT=0.5)
//	>>> print(round(float(found["magnetization"]), 3))
//	0.957
//	>>> potts = erg.solve(erg.lattice.Potts((8, 8, 8), q=3), erg.MeanField(), kT=[2.1, 2.2])
//	>>> print(potts["magnetization"].round(3))
//	[0.616 0.   ]
//
// # References
//
// R. Feynman, Statistical Mechanics (1972), section 2.11. F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982) for Potts.
type MeanField struct {
	// Random states from which it descends, beside the ordered ones.
	Starts int `spec:"starts" default:"4" range:"[0,100000]"`
}

// MeanFieldCite are its sources.
var MeanFieldCite = []string{"R. P. Feynman, Statistical Mechanics: A Set of Lectures (1972), section 2.11", "F. Y. Wu, Rev. Mod. Phys. 54, 235 (1982), doi:10.1103/RevModPhys.54.235"}

// Theory is a model whose energy is linear in the means of each site: width numbers a site, site after site.
type Theory interface {
	Size() (sites, width int)
	// Energy of means.
	Energy(x []float64) float64
	// Field is -dE/dx_i, and Respond its change where the means of others change by v.
	Field(dst, x []float64, i int)
	Respond(dst, x, v []float64, i int)
	// Mean is that of a site in the field theta, over kT, with its entropy.
	Mean(x, theta []float64) (entropy float64)
	// Spread is B v, or B^T v, where B B^T is the covariance of a site.
	Spread(dst, x, theta, v []float64, transposed bool)
	// Start sets means to the k-th state from which one descends, false where there are no more.
	Start(x []float64, k int) bool
	// Random sets the means of a site.
	Random(x []float64, u *rng.Stream)
	// Along is what a field of a site couples to.
	Along() []float64
	Shown() []Shown
}

// Shown is a result made of means.
type Shown struct {
	Name  string
	Shape []int
	Dims  []string
	Of    func(x []float64) []float64
}

// point is a state of a theory.
type point struct {
	Theory
	ctx           context.Context
	kT            float64
	n, w          int
	x, theta      []float64
	room, a, b, c []float64
	entropy       float64
}

func newPoint(ctx context.Context, t Theory, kT float64) *point {
	n, w := t.Size()
	make := func() []float64 { return make([]float64, n*w) }
	return &point{Theory: t, ctx: ctx, kT: kT, n: n, w: w, x: make(), theta: make(), room: make(), a: make(), b: make(), c: make()}
}

func (p *point) site(x []float64, i int) []float64 { return x[i*p.w : (i+1)*p.w] }

// sweep gives every site its best law; it returns the largest change.
func (p *point) sweep() float64 {
	var old [256]float64
	far := 0.0
	p.entropy = 0
	for i := range p.n {
		x, theta := p.site(p.x, i), p.site(p.theta, i)
		copy(old[:p.w], x)
		p.Field(theta, p.x, i)
		for a := range theta {
			theta[a] /= p.kT
		}
		p.entropy += p.Mean(x, theta)
		for a, v := range x {
			far = max(far, math.Abs(v-old[a]))
		}
	}
	return far
}

// spread is B v or its transpose for all sites.
func (p *point) spread(dst, v []float64, transposed bool) {
	for i := range p.n {
		p.Spread(p.site(dst, i), p.site(p.x, i), p.site(p.theta, i), p.site(v, i), transposed)
	}
}

// couple is K v / kT.
func (p *point) couple(dst, v []float64) {
	for i := range p.n {
		d := p.site(dst, i)
		p.Respond(d, p.x, v, i)
		for a := range d {
			d[a] /= p.kT
		}
	}
}

// curve is (1 - B^T K B / kT) v.
func (p *point) curve(dst, v []float64) {
	p.spread(p.a, v, false)
	p.couple(p.b, p.a)
	p.spread(dst, p.b, true)
	for k := range dst {
		dst[k] = v[k] - dst[k]
	}
}

func dot(a, b []float64) float64 {
	s := 0.0
	for k, x := range a {
		s += float64(x * b[k])
	}
	return s
}

// solve finds y of (1 - B^T K B / kT) y = r by conjugate gradients; false where the curvature is not positive.
func (p *point) solve(r []float64) (y []float64, ok bool) {
	y = make([]float64, len(r))
	r = append([]float64(nil), r...)
	d, h := append([]float64(nil), r...), make([]float64, len(r))
	rr := dot(r, r)
	first := rr
	for range 400 {
		if rr <= 1e-28*first || rr == 0 {
			return y, true
		}
		p.curve(h, d)
		bend := dot(d, h)
		if p.ctx.Err() != nil || !(bend > 1e-14*dot(d, d)) {
			return y, false
		}
		step := rr / bend
		for k := range y {
			y[k] += float64(step * d[k])
			r[k] -= float64(step * h[k])
		}
		next := dot(r, r)
		ratio := next / rr
		for k := range d {
			d[k] = r[k] + float64(ratio*d[k])
		}
		rr = next
	}
	return y, rr <= 1e-16*first
}

// miss is how far theta is from the field of the means, B^T (theta - b/kT), in room theta - b/kT.
func (p *point) miss() (r []float64, size float64) {
	r = make([]float64, len(p.x))
	for i := range p.n {
		d := p.site(p.room, i)
		p.Field(d, p.x, i)
		for a := range d {
			d[a] = p.site(p.theta, i)[a] - d[a]/p.kT
		}
	}
	p.spread(r, p.room, true)
	for _, v := range r {
		size = max(size, math.Abs(v))
	}
	return r, size
}

func (p *point) means() {
	p.entropy = 0
	for i := range p.n {
		p.entropy += p.Mean(p.site(p.x, i), p.site(p.theta, i))
	}
}

// newton ends an approach: with G = theta - b/kT, theta changes by -G + K B y / kT, (1 - B^T K B / kT) y = -B^T G.
func (p *point) newton() bool {
	r, size := p.miss()
	for range 20 {
		if size < 1e-14 {
			return true
		}
		for k := range r {
			r[k] = -r[k]
		}
		y, ok := p.solve(r)
		if !ok {
			return false
		}
		old := append([]float64(nil), p.theta...)
		p.spread(p.a, y, false)
		p.couple(p.b, p.a)
		for k := range p.theta {
			p.theta[k] += p.b[k] - p.room[k]
		}
		p.means()
		before := size
		if r, size = p.miss(); !(size < 0.5*before) {
			if before < 1e-12 { // no digit is left to be gained
				return true
			}
			copy(p.theta, old)
			p.means()
			return false
		}
	}
	return size < 1e-12
}

const (
	rounds = 4000
	still  = 1e-13
)

// descend ends in a stationary point, if it does.
func (p *point) descend() (bool, error) {
	for range rounds {
		far := 0.0
		for range 8 {
			if err := p.ctx.Err(); err != nil {
				return false, err
			}
			if far = p.sweep(); far < still {
				return true, nil
			}
		}
		if far < 1e-2 && p.newton() {
			return true, nil
		}
	}
	return false, p.ctx.Err()
}

func (p *point) free() float64 { return p.Energy(p.x) - float64(p.kT*p.entropy) }

// stability is the smallest eigenvalue of the curvature, by Lanczos' iteration with all vectors orthogonal to each other.
func (p *point) stability() float64 {
	size := len(p.x)
	v, next := make([]float64, size), make([]float64, size)
	along := p.Along()
	u := rng.New(1).Stream(0)
	for k := range v {
		v[k] = along[k%p.w] + float64(0.3*(u.Float64()-0.5))
	}
	var basis [][]float64
	var diagonal, beside []float64
	norm := math.Sqrt(dot(v, v))
	for norm > 1e-12 && len(basis) < min(size, 100) && p.ctx.Err() == nil {
		for k := range v {
			v[k] /= norm
		}
		basis = append(basis, append([]float64(nil), v...))
		p.curve(next, v)
		diagonal = append(diagonal, dot(v, next))
		for range 2 {
			for _, b := range basis {
				c := dot(b, next)
				for k := range next {
					next[k] -= float64(c * b[k])
				}
			}
		}
		norm = math.Sqrt(dot(next, next))
		beside = append(beside, norm)
		v, next = next, v
	}
	t := mat.NewSymDense(len(basis), nil)
	for k := range basis {
		t.SetSym(k, k, diagonal[k])
		if k+1 < len(basis) {
			t.SetSym(k, k+1, beside[k])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, false) {
		return math.NaN()
	}
	return eigen.Values(nil)[0]
}

// response is r (1 - B^T K B / kT)^-1 r, where r = B^T v: infinite where the curvature vanishes along it.
func (p *point) response(v []float64) float64 {
	r := make([]float64, len(v))
	p.spread(r, v, true)
	y, ok := p.solve(r)
	if !ok {
		return math.Inf(1)
	}
	return dot(r, y)
}

// MeanFieldNames are the results beside those that the theory shows.
var MeanFieldNames = append(append([]string(nil), ThermalNames...), "susceptibility", "stability", "stationary_free_energy")

// Solve finds the mean-field states of a theory at all temperatures.
func (method *MeanField) Solve(ctx context.Context, t Theory, at []contract.Params, observe []string, out contract.Results) error {
	r, err := newReport("MeanField", t.Shown(), MeanFieldNames, at, observe)
	if err != nil {
		return err
	}
	for k, T := range r.kT {
		var best *point
		err := starts(t, method.Starts, func(x []float64) error {
			p := newPoint(ctx, t, T)
			copy(p.x, x)
			ok, err := p.descend()
			if err != nil || !ok {
				return err
			}
			if free := p.free(); r.found(free, float64(p.n)*T) && (best == nil || free < best.free()) {
				best = p
			}
			return nil
		})
		if err != nil {
			return err
		}
		if best == nil {
			return spec.Errorf(spec.ConvergenceError, "MeanField: no descent came to rest at kT = %v", T).Try("another kT, or erg.sample(system)")
		}
		along, heat := make([]float64, len(best.x)), best.theta
		for i := range best.n {
			copy(best.site(along, i), t.Along())
		}
		r.thermal(T, best.free(), best.Energy(best.x), best.entropy)
		for name, f := range map[string]func() float64{
			"heat_capacity":  func() float64 { return best.response(heat) },
			"susceptibility": func() float64 { return best.response(along) / (float64(best.n) * T) },
			"stability":      best.stability,
		} {
			if r.set[name] {
				r.columns[name] = append(r.columns[name], f())
			}
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		r.show(best.x)
		out.Progress(float64(k+1), float64(len(r.kT)), "temperatures")
	}
	return r.deliver(out)
}

// starts visits all states from which one descends, then random ones, the same for all temperatures.
func starts(t Theory, random int, visit func(x []float64) error) error {
	n, w := t.Size()
	x := make([]float64, n*w)
	for k := 0; t.Start(x, k); k++ {
		if err := visit(x); err != nil {
			return err
		}
	}
	for k := range random {
		u := rng.New(0).Stream(uint64(k))
		for i := range n {
			t.Random(x[i*w:(i+1)*w], &u)
		}
		if err := visit(x); err != nil {
			return err
		}
	}
	return nil
}
