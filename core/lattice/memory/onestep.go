package memory

import (
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// OneStepRSB is the limit N -> infinity of a PSpin glass with one step of replica symmetry breaking (G. Parisi, 1980): states whose overlap with themselves is q1, with
// each other q0, and weights of which x is the breaking point. With a spin's field y = J0 m^(p-1) + h + J sqrt(p q0^(p-1)/2) z0 + J sqrt(p (q1^(p-1) - q0^(p-1))/2) z1,
//
//	f(x) = - (J^2/4kT) (1 - p q1^(p-1) + (p-1) ((1-x) q1^p + x q0^p)) + J0 (p-1) m^p / p - (kT/x) E_h E_z0 log E_z1 (2 cosh(y/kT))^x,
//
// stationary in q0, q1 and m; x is where df/dx = 0, or 1 where there is no such x below 1. The complexity, log of the number of states per spin of which f(x) counts the
// typical ones, is Sigma = (x^2/kT) df/dx. At x = 1 it is that of the states that make up equilibrium: it exists below the dynamic transition and vanishes at the
// static one (p = 3 and h = 0: kT = 0.6815 J and 0.6513 J), below which x < 1 and Sigma = 0.
//
// # Results
//
//	free_energy_per_site, energy_per_site, entropy_per_site
//	                  f, u = -(J^2/2kT) (1 - (1-x) q1^p - x q0^p) - J0 m^p / p - E h tanh, (u - f)/kT
//	breaking_point    x; 1 where replicas are alike
//	overlap, inner_overlap
//	                  q0 and q1; q1 = q0 where there is one state
//	magnetization     m
//	complexity        Sigma at x; 0 where x was sought and lies below 1
//	stability         of the states against a further step (Gardner's transition): 1 - (p (p-1)/2) q1^(p-2) (J/kT)^2 E <cosh^-4>, the mean
//	                  over z1 with the weight cosh^x
//
// f is a lower bound of the true free energy, above the replica-symmetric one; where the stability is positive it is believed, for p > 2, to be exact. For p = 2 it is a first
// correction.
//
// # Examples
//
//	>>> glass = erg.lattice.random_p_spin(12, 3, seed=1)
//	>>> found = erg.solve(glass, erg.OneStepRSB(), kT=[0.5, 0.7])
//	>>> print(found["breaking_point"].round(3), found["inner_overlap"].round(3))
//	[0.71 1.  ] [0.893 0.   ]
//
// # References
//
// E. Gardner, Nucl. Phys. B 257, 747 (1985). D. J. Gross, M. Mezard, Nucl. Phys. B 240, 431 (1984). R. Monasson, Phys. Rev. Lett. 75, 2847 (1995) for x as a parameter.
type OneStepRSB struct {
	// Breaking point x; 0 seeks the one where f is stationary.
	X float64 `spec:"x" default:"0.0" range:"[0,1]"`
}

// broken is a point of the equations at one x.
type broken struct{ q0, q1, m float64 }

// pieces are averages over all fields.
type pieces struct {
	broken
	logs, mean, inField, quartic float64 // E log E cosh^x, E <log 2 cosh>, E h tanh, E <cosh^-4>
}

func (l *law) width(low, high float64) float64 {
	return l.J * math.Sqrt(max(0, 0.5*float64(l.p)*(power(high, l.p-1)-power(low, l.p-1))))
}

// states averages with the weight cosh^x.
func (l *law) states(ctx context.Context, at broken, x, kT float64) (pieces, error) {
	outer, inner := l.width(0, at.q0), l.width(at.q0, at.q1)
	shift := float64(l.J0 * power(at.m, l.p-1))
	var all pieces
	for _, h := range l.fields {
		mu := shift + h.z
		nodes := []node{{z: 0, weight: 1}}
		if outer > 1e-12*kT {
			nodes = normal(-mu/outer, max(kT, inner)/outer, 0)
		}
		even := mu == 0 && outer > 1e-12*kT // z0 and -z0 are mirror images
		if even {
			nodes = slices.DeleteFunc(nodes, func(n node) bool { return n.z < 0 })
		}
		each := make([]pieces, len(nodes))
		err := par.Do(ctx, 0, len(nodes), func(k int) error {
			each[k] = within(mu+float64(outer*nodes[k].z), inner, x, kT)
			return nil
		})
		if err != nil {
			return all, err
		}
		for k, n := range nodes {
			w, s := float64(h.weight*n.weight), &each[k]
			if even {
				w *= 2
			}
			all.q0 += float64(w * s.m * s.m)
			all.q1 += float64(w * s.q1)
			if !even {
				all.m += float64(w * s.m)
				all.inField += float64(w * s.m * h.z)
			}
			all.logs += float64(w * s.logs)
			all.mean += float64(w * s.mean)
			all.quartic += float64(w * s.quartic)
		}
	}
	return all, nil
}

// within is one z0: log E cosh^x, and means with that weight.
func within(mu, inner, x, kT float64) (s pieces) {
	if inner == 0 {
		t, logs := functions.Tanh1(mu/kT), logCosh(mu/kT)
		c := slope(mu / kT)
		return pieces{broken: broken{q1: t * t, m: t}, logs: x * logs, mean: logs, quartic: c * c}
	}
	nodes := normal(-mu/inner, kT/inner, x*inner/kT)
	logs, top := make([]float64, len(nodes)), math.Inf(-1)
	for k, n := range nodes {
		logs[k] = logCosh((mu + float64(inner*n.z)) / kT)
		top = max(top, float64(x*logs[k])-float64(0.5*n.z*n.z))
	}
	z := 0.0
	for k, n := range nodes {
		w := float64(n.length * functions.Exp1(float64(x*logs[k])-float64(0.5*n.z*n.z)-top))
		y := (mu + float64(inner*n.z)) / kT
		t, c := functions.Tanh1(y), slope(y)
		z += w
		s.m += float64(w * t)
		s.q1 += float64(w * t * t)
		s.mean += float64(w * logs[k])
		s.quartic += float64(w * c * c)
	}
	s.logs = top + functions.Log1(z) - float64(0.5*functions.Log1(2*math.Pi))
	s.m, s.q1, s.mean, s.quartic = s.m/z, s.q1/z, s.mean/z, s.quartic/z
	return s
}

// stand solves the equations at one x: by iteration, which Newton's steps end.
func (l *law) stand(ctx context.Context, at broken, x, kT float64) (pieces, error) {
	var failed error
	look := func(v []float64) []float64 {
		s, err := l.states(ctx, broken{v[0], v[1], v[2]}, x, kT)
		if err != nil {
			failed = err
		}
		return []float64{s.q0, s.q1, s.m}
	}
	v, ok := fixed(look, []float64{at.q0, at.q1, at.m}, []float64{0, 0, -1}, func() bool { return failed != nil })
	if failed == nil && !ok {
		failed = spec.Errorf(spec.ConvergenceError, "OneStepRSB: overlaps did not come to rest at kT = %v, x = %v", kT, x).Try("another kT, or x=...")
	}
	if v[1] < 1e-9 {
		v[0], v[1] = 0, 0
	}
	if failed != nil {
		return pieces{}, failed
	}
	s, err := l.states(ctx, broken{v[0], v[1], v[2]}, x, kT)
	s.broken = broken{v[0], v[1], v[2]}
	return s, err
}

// fixed is a point that look leaves where it is, between low and 1, in the basin of where one begins; numbers that vanish stay so.
func fixed(look func(v []float64) []float64, v, low []float64, stop func() bool) ([]float64, bool) {
	apart := func(v, to []float64) (d []float64, far float64) {
		d = make([]float64, len(v))
		for k := range v {
			d[k] = to[k] - v[k]
			far = max(far, math.Abs(d[k]))
		}
		return d, far
	}
	for range 3000 {
		for range 8 {
			to := look(v)
			if _, far := apart(v, to); far < 1e-13 || stop() {
				return v, true
			}
			v = to
		}
		for range 8 {
			to := look(v)
			d, far := apart(v, to)
			if far < 1e-13 {
				return v, true
			}
			var live []int
			for k, x := range v {
				if math.Abs(x) > 1e-10 {
					live = append(live, k)
				}
			}
			n := len(live)
			if n == 0 {
				break
			}
			J, r := mat.NewDense(n, n, nil), mat.NewVecDense(n, nil)
			for b, k := range live {
				e := float64(1e-6*min(math.Abs(v[k]), 1-math.Abs(v[k]))) + 1e-14
				w := slices.Clone(v)
				w[k] += e
				then, _ := apart(w, look(w))
				for a, j := range live {
					J.Set(a, b, (then[j]-d[j])/e)
				}
				r.SetVec(b, -d[k])
			}
			var step mat.VecDense
			if step.SolveVec(J, r) != nil {
				break
			}
			next, inside, ahead := slices.Clone(v), true, 0.0
			for b, k := range live {
				next[k] += step.AtVec(b)
				ahead += float64(step.AtVec(b) * d[k])
				inside = inside && next[k] >= low[k] && next[k] <= 1
			}
			if !inside || ahead < 0 { // behind lies what iteration has left, such as a point that is no more
				break
			}
			_, then := apart(next, look(next))
			if far < 1e-11 && !(then < far) {
				return v, true
			}
			if !(then < 0.3*far) {
				break
			}
			v = next
		}
	}
	_, far := apart(v, look(v))
	return v, far < 1e-9
}

func (l *law) brokenFree(s pieces, x, kT float64) float64 {
	p := float64(l.p)
	glass := 1 - float64(p*power(s.broken.q1, l.p-1)) + float64((p-1)*(float64((1-x)*power(s.broken.q1, l.p))+float64(x*power(s.broken.q0, l.p))))
	return float64(l.J0*(p-1)/p*power(s.broken.m, l.p)) - float64(0.25*l.J*l.J/kT*glass) - float64(kT/x*s.logs)
}

// complexity is (x^2/kT) df/dx.
func (l *law) complexity(s pieces, x, kT float64) float64 {
	d := power(s.broken.q1, l.p) - power(s.broken.q0, l.p)
	return float64(0.25*l.J*l.J*x*x/(kT*kT)*float64(l.p-1)*d) + s.logs - float64(x*s.mean)
}

var brokenNames = []string{"free_energy_per_site", "energy_per_site", "entropy_per_site", "breaking_point", "overlap", "inner_overlap", "magnetization", "complexity", "stability"}

func (method *OneStepRSB) solve(ctx context.Context, l *law, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("OneStepRSB", observe, brokenNames)
	if err != nil {
		return err
	}
	kT, err := factors.Temperatures(at)
	if err != nil {
		return err
	}
	columns := factors.Columns{}
	for k, T := range kT {
		x, s, err := method.point(ctx, l, T)
		if err != nil {
			return err
		}
		b := s.broken
		f := l.brokenFree(s, x, T)
		u := 0 - float64(0.5*l.J*l.J/T*(1-float64((1-x)*power(b.q1, l.p))-float64(x*power(b.q0, l.p)))) - float64(l.J0/float64(l.p)*power(b.m, l.p)) - s.inField
		p := float64(l.p)
		for name, y := range map[string]float64{
			"free_energy_per_site": f, "energy_per_site": u, "entropy_per_site": (u - f) / T, "breaking_point": x, "overlap": b.q0, "inner_overlap": b.q1, "magnetization": b.m,
			"complexity": l.complexity(s, x, T), "stability": 1 - float64(0.5*p*(p-1)*power(b.q1, l.p-2)*l.J*l.J/(T*T)*s.quartic),
		} {
			columns[name] = append(columns[name], y)
		}
		out.Progress(float64(k+1), float64(len(kT)), "temperatures")
	}
	return columns.Deliver(out, set, brokenNames)
}

// point is the breaking point with its averages.
func (method *OneStepRSB) point(ctx context.Context, l *law, kT float64) (float64, pieces, error) {
	begin := broken{q1: 0.999}
	if l.J0 != 0 {
		begin.m = 0.9
	}
	if l.p == 2 || l.J0 != 0 || len(l.fields) > 1 || l.fields[0].z != 0 { // else states are far from each other
		begin.q0 = 0.5
	}
	if method.X > 0 {
		s, err := l.stand(ctx, begin, method.X, kT)
		return method.X, s, err
	}
	one, err := l.stand(ctx, begin, 1, kT)
	if err != nil {
		return 1, one, err
	}
	if one.broken.q1-one.broken.q0 < 1e-6 || l.complexity(one, 1, kT) >= 0 { // x = 1 is the state without breaking, whatever q1
		one, err = l.stand(ctx, broken{one.broken.q0, one.broken.q0, one.broken.m}, 1, kT)
		return 1, one, err
	}
	low, high, x := 0.0, 1.0, 1.0
	under, over := 0.0, l.complexity(one, 1, kT) // at low (0 where there is one state) and high; false position, in which an end that stays counts half
	last := one
	for range 200 {
		was := x
		if x = 0.5 * (low + high); under > 0 {
			x = low + float64((high-low)*(under/(under-over)))
		}
		s, err := l.stand(ctx, last.broken, x, kT)
		if err != nil {
			return x, s, err
		}
		sigma, apart := l.complexity(s, x, kT), s.broken.q1-s.broken.q0 > 1e-6
		if apart {
			if last = s; math.Abs(x-was) < 1e-8 || high-low < 1e-12 || sigma == 0 {
				return x, s, nil
			}
		}
		switch {
		case apart && sigma < 0:
			high, over, under = x, sigma, 0.5*under
		case apart:
			low, under, over = x, sigma, 0.5*over
		default:
			low = x
		}
	}
	return 0, last, spec.Errorf(spec.ConvergenceError, "OneStepRSB: no breaking point was found at kT = %v", kT).Try("another kT, or x=...")
}
