package memory

import (
	"context"
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// ReplicaSymmetric is the limit N -> infinity of spins that all meet, averaged over the law of the couplings, where all replicas are alike. The local field of a spin is
// mu + sigma z, z standard normal, and E is the mean over z and over the fields h_i that the model has (so that random fields are those given):
//
//	m = E tanh((mu + sigma z)/kT),   q = E tanh^2((mu + sigma z)/kT).
//
// PSpin with the law J, J0 of SherringtonKirkpatrick and random_p_spin (variance p! J^2 / (2 N^(p-1)), mean (p-1)! J0 / N^(p-1)), or with one number for all couplings:
//
//	sigma^2 = p q^(p-1) J^2 / 2,  mu = J0 m^(p-1) + h,
//	f = - (J^2/4kT) (1 - p q^(p-1) + (p-1) q^p) + J0 (p-1) m^p / p - kT E log 2 cosh((mu + sigma z)/kT),
//	u = - (J^2/2kT) (1 - q^p) - J0 m^p / p - E h tanh,
//	stability = 1 - (p (p-1)/2) q^(p-2) (J/kT)^2 E cosh^-4.
//
// Hopfield (p = 2, K = alpha N random patterns of +1 and -1, of which one may be retrieved), c = 1 - q:
//
//	sigma^2 = alpha r,  r = q / (1 - c/kT)^2,  mu = m + h xi,   m = E xi tanh, over xi = +1 and -1,
//	f = alpha/2 + m^2/2 + (alpha kT/2) [log(1 - c/kT) - (q/kT)/(1 - c/kT)] + alpha r c/(2 kT) - kT E log 2 cosh,
//	stability = 1 - alpha (kT - c)^-2 E cosh^-4.
//
// Where J = 0 this is exact; else as long as the stability is not negative (J. R. L. de Almeida, D. J. Thouless, J. Phys. A 11, 983 (1978)); for p > 2 there may be a
// transition of first order to a glass before, see OneStepRSB. Below, f is a lower bound of the true one; the entropy of the SK model goes to -1/(2 pi) per spin at
// kT = 0, its u to -sqrt(2/pi) J.
//
// # Results
//
//	free_energy_per_site, energy_per_site, entropy_per_site
//	                            f, u, (u - f)/kT
//	magnetization, overlap      m (of Hopfield the overlap with the pattern), q
//	noise                       sigma / J, or sqrt(r) for Hopfield
//	stability                   of replica symmetry: the replicon's eigenvalue
//	stationary_free_energy      (points,) f of all stationary points that were found, ascending; NaN where there are fewer
//	stationary_magnetization, stationary_overlap
//	                            (points,) m and q of the same
//
// Stationary points are sought from q = 1 and 0 with m = 1, 0 and -1, each by iteration and Newton's steps. Of two q with the same kind of m the one of the largest f
// counts, as replicas demand; of different m the one of the lowest.
//
// # Examples
//
//	>>> glass = erg.lattice.SherringtonKirkpatrick(64, seed=1)
//	>>> found = erg.solve(glass, erg.ReplicaSymmetric(), kT=[0.001, 0.5, 2.0])
//	>>> print(found["energy_per_site"].round(4), found["stability"].round(2)[1:])
//	[-0.7979 -0.7187 -0.25  ] [-0.36  0.75]
//	>>> network = erg.lattice.Hopfield(np.random.default_rng(1).choice([-1, 1], (100, 1000)))
//	>>> found = erg.solve(network, erg.ReplicaSymmetric(start="ordered"), kT=0.01)
//	>>> print(round(float(found["magnetization"]), 3))
//	0.998
//
// # References
//
// D. Sherrington, S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975). E. Gardner, Nucl. Phys. B 257, 747 (1985). D. J. Amit, H. Gutfreund, H. Sompolinsky, Ann. Phys. 173,
// 30 (1987). T. Schneider, E. Pytte, Phys. Rev. B 15, 1519 (1977) for random fields.
type ReplicaSymmetric struct {
	// Which stationary point: "lowest" as above, "ordered" the one that is reached from m = q = 1 (retrieval, metastable or not), "disordered" from m = 0, q = 1.
	Start string `spec:"start" default:"\"lowest\"" oneof:"lowest,ordered,disordered"`
}

// law is what replicas know of a model: the numbers of its couplings' law and its fields, each with its share.
type law struct {
	p      int
	J, J0  float64
	alpha  float64 // Hopfield's
	memory bool
	fields []node // h and its share
}

// saddle is a point of the equations: c = 1 - q.
type saddle struct{ c, m float64 }

// averages over z and the fields.
type averages struct{ tanh, slope, slope2, logs, inField float64 }

// disorder is the width of the local field.
func (l *law) disorder(s saddle, kT float64) float64 {
	q := 1 - s.c
	if l.memory {
		return math.Sqrt(l.alpha*max(q, 0)) / math.Abs(1-s.c/kT)
	}
	return l.J * math.Sqrt(0.5*float64(l.p)*power(max(q, 0), l.p-1))
}

// shift is the mean of the local field of a spin where h is zero.
func (l *law) shift(s saddle) float64 {
	if l.memory {
		return s.m
	}
	return l.J0 * power(s.m, l.p-1)
}

func power(x float64, n int) float64 {
	y := 1.0
	for range n {
		y *= x
	}
	return y
}

func (l *law) average(s saddle, kT float64) averages {
	return l.over(l.disorder(s, kT), l.shift(s), kT)
}

// over are the averages with local fields of this width and mean.
func (l *law) over(sigma, shift, kT float64) averages {
	var all averages
	for _, h := range l.fields {
		for _, xi := range []float64{1, -1} {
			if xi < 0 && (!l.memory || h.z == 0) {
				continue
			}
			mu, share := shift+float64(xi*h.z), h.weight
			if l.memory && h.z != 0 {
				share *= 0.5
			}
			nodes := []node{{z: 0, weight: 1}}
			if sigma > 0 {
				nodes = normal(-mu/sigma, kT/sigma, 0)
			}
			for _, n := range nodes {
				x := (mu + float64(sigma*n.z)) / kT
				w, t, c := share*n.weight, functions.Tanh1(x), slope(x)
				all.tanh += float64(w * t)
				all.inField += float64(w * t * xi * h.z)
				all.slope += float64(w * c)
				all.slope2 += float64(w * c * c)
				all.logs += float64(w * logCosh(x))
			}
		}
	}
	return all
}

func (l *law) free(s saddle, a averages, kT float64) float64 {
	q := 1 - s.c
	if l.memory {
		rest := 1 - s.c/kT
		r := q / (rest * rest)
		return float64(0.5*l.alpha) + float64(0.5*s.m*s.m) + float64(0.5*l.alpha*kT*(functions.Log1(math.Abs(rest))-q/kT/rest)) + float64(0.5*l.alpha*r*s.c/kT) - float64(kT*a.logs)
	}
	p := float64(l.p)
	glass := 1 - float64(p*power(q, l.p-1)) + float64((p-1)*power(q, l.p))
	return float64(l.J0*(p-1)/p*power(s.m, l.p)) - float64(0.25*l.J*l.J/kT*glass) - float64(kT*a.logs)
}

func (l *law) energy(s saddle, a averages, kT float64) float64 {
	q := 1 - s.c
	if l.memory {
		rest := 1 - s.c/kT
		return float64(0.5*l.alpha) - float64(0.5*s.m*s.m) - float64(0.5*l.alpha*(s.c/rest+q/float64(rest*rest))) - a.inField
	}
	return 0 - float64(0.5*l.J*l.J/kT*(1-power(q, l.p))) - float64(l.J0/float64(l.p)*power(s.m, l.p)) - a.inField
}

func (l *law) stability(s saddle, a averages, kT float64) float64 {
	if l.memory {
		rest := kT - s.c
		return 1 - float64(l.alpha/(rest*rest)*a.slope2)
	}
	p := float64(l.p)
	return 1 - float64(0.5*p*(p-1)*power(1-s.c, l.p-2)*l.J*l.J/(kT*kT)*a.slope2)
}

// settle ends in a stationary point, if it does; c is sought by its logarithm, so that it keeps its digits where all freezes.
func (l *law) settle(s saddle, kT float64) (saddle, bool) {
	v, ok := fixed(func(v []float64) []float64 {
		a := l.average(saddle{functions.Exp1(v[0]), v[1]}, kT)
		return []float64{functions.Log1(max(a.slope, 1e-300)), a.tanh}
	}, []float64{functions.Log1(s.c), s.m}, []float64{-700, -1}, func() bool { return false })
	return saddle{functions.Exp1(v[0]), v[1]}, ok
}

// retrieved is settle of a memory by the width of the local field, sigma = sqrt(alpha q) + sigma c/kT, which converges where c itself goes to and fro.
func (l *law) retrieved(s saddle, kT float64) (saddle, bool) {
	sigma, m := math.Sqrt(l.alpha), s.m
	if m == 0 {
		sigma += 0.8 // sqrt(2/pi), where all freezes
	}
	for range 5000 {
		a := l.over(sigma, m, kT)
		next := math.Sqrt(l.alpha*max(1-a.slope, 0)) + float64(sigma*a.slope/kT)
		d := math.Abs(next-sigma) + math.Abs(a.tanh-m)
		if sigma, m = next, a.tanh; d < 1e-13*(1+sigma) {
			return saddle{max(a.slope, 1e-300), m}, true
		}
	}
	return l.settle(s, kT)
}

var replicaNames = []string{"free_energy_per_site", "energy_per_site", "entropy_per_site", "magnetization", "overlap", "noise", "stability"}
var stationaryNames = []string{"stationary_free_energy", "stationary_magnetization", "stationary_overlap"}

// stationary is a point with its free energy.
type stationary struct {
	saddle
	free float64
}

func (method *ReplicaSymmetric) solve(ctx context.Context, l *law, at []contract.Params, observe []string, out contract.Results) error {
	names := slices.Concat(replicaNames, stationaryNames)
	set, err := contract.Chosen("ReplicaSymmetric", observe, names)
	if err != nil {
		return err
	}
	kT, err := factors.Temperatures(at)
	if err != nil {
		return err
	}
	columns := factors.Columns{}
	points, most := make([][]stationary, len(kT)), 0
	for k, T := range kT {
		var best *stationary
		for s, start := range []saddle{{1e-3, 1}, {1e-3, 0}, {1, 1}, {1, 0}, {1e-3, -1}} {
			if err := ctx.Err(); err != nil {
				return err
			}
			settle := l.settle
			if l.memory && start.c < 1 {
				settle = l.retrieved
			}
			end, ok := settle(start, T)
			if !ok || l.memory && end.c >= T { // beyond 1 - c/kT = 0 the replicas' integrals diverge
				continue
			}
			if math.Abs(end.m) < 1e-9 {
				end.m = 0
			}
			x := stationary{end, l.free(end, l.average(end, T), T)}
			if !slices.ContainsFunc(points[k], func(y stationary) bool {
				return math.Abs(y.c-x.c) < 1e-8 && math.Abs(math.Abs(y.m)-math.Abs(x.m)) < 1e-8
			}) {
				points[k] = append(points[k], x)
			}
			if method.Start == "ordered" && s == 0 || method.Start == "disordered" && s == 1 {
				best = &x
			}
		}
		if method.Start == "lowest" {
			if x := l.chosen(points[k]); x != nil {
				best = &stationary{x.saddle, x.free}
			}
		}
		if best == nil {
			return spec.Errorf(spec.ConvergenceError, "ReplicaSymmetric: no stationary point was found at kT = %v", T).Try("another kT")
		}
		slices.SortStableFunc(points[k], func(a, b stationary) int {
			switch {
			case a.free < b.free:
				return -1
			case a.free > b.free:
				return 1
			}
			return 0
		})
		most = max(most, len(points[k]))
		a := l.average(best.saddle, T)
		u, noise := l.energy(best.saddle, a, T), l.disorder(best.saddle, T)
		switch {
		case l.memory:
			noise /= math.Sqrt(l.alpha)
		case l.J > 0:
			noise /= l.J
		}
		for name, x := range map[string]float64{
			"free_energy_per_site": best.free, "energy_per_site": u, "entropy_per_site": (u - best.free) / T, "magnetization": best.m, "overlap": 1 - best.c,
			"noise": noise, "stability": l.stability(best.saddle, a, T),
		} {
			columns[name] = append(columns[name], x)
		}
		out.Progress(float64(k+1), float64(len(kT)), "temperatures")
	}
	for _, found := range points {
		for n := range most {
			x := stationary{saddle{math.NaN(), math.NaN()}, math.NaN()}
			if n < len(found) {
				x = found[n]
			}
			for name, y := range map[string]float64{"stationary_free_energy": x.free, "stationary_magnetization": x.m, "stationary_overlap": 1 - x.c} {
				columns[name] = append(columns[name], y)
			}
		}
	}
	if err := columns.Deliver(out, set, replicaNames); err != nil {
		return err
	}
	for _, name := range stationaryNames {
		if set[name] {
			if err := out.Add(name, array.Float64, []int{most}, []string{"point"}, columns[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// chosen is the largest f among the q of each kind of m (of a magnet, which has no q, the lowest), the lowest among these.
func (l *law) chosen(points []stationary) (best *stationary) {
	kind := func(s stationary) int {
		switch {
		case s.m > 0:
			return 1
		case s.m < 0:
			return -1
		}
		return 0
	}
	top := map[int]*stationary{}
	for k := range points {
		x := &points[k]
		if y := top[kind(*x)]; y == nil || x.free > y.free == (l.memory || l.J > 0) {
			top[kind(*x)] = x
		}
	}
	for _, k := range []int{1, 0, -1} {
		if x := top[k]; x != nil && (best == nil || x.free < best.free) {
			best = x
		}
	}
	return best
}

// replicas is the entry of a saddle point in the limit of many spins.
func replicas[M, S any, P interface {
	walkers.System[int8, S]
	system
}](name, method string, solve func(method *M, ctx context.Context, l *law, at []contract.Params, observe []string, out contract.Results) error, cite []string) contract.Entry {
	e := walkers.Line[S, M]("solve", name, method, cite...)
	e.Accuracy = "N to infinity"
	e.Solve = func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(P)
		if err := m.Check(); err != nil {
			return err
		}
		l, err := m.law()
		if err != nil {
			return err
		}
		return solve(method.(*M), ctx, l, at, observe, out)
	}
	return e
}

var (
	replicaCite = []string{"D. Sherrington, S. Kirkpatrick, Phys. Rev. Lett. 35, 1792 (1975), doi:10.1103/PhysRevLett.35.1792",
		"J. R. L. de Almeida, D. J. Thouless, J. Phys. A 11, 983 (1978), doi:10.1088/0305-4470/11/5/028",
		"D. J. Amit, H. Gutfreund, H. Sompolinsky, Ann. Phys. 173, 30 (1987), doi:10.1016/0003-4916(87)90092-3"}
	brokenCite = []string{"G. Parisi, J. Phys. A 13, L115 (1980), doi:10.1088/0305-4470/13/4/009", "E. Gardner, Nucl. Phys. B 257, 747 (1985), doi:10.1016/0550-3213(85)90374-8",
		"R. Monasson, Phys. Rev. Lett. 75, 2847 (1995), doi:10.1103/PhysRevLett.75.2847"}
)

// shares are the fields that there are, each with its share of the spins.
func (m *spins) shares() (all []node) {
	if m.h.Uniform() {
		return []node{{z: m.h.Scalar, weight: 1}}
	}
	h := slices.Clone(m.h.Values)
	slices.Sort(h)
	for _, x := range h {
		if n := len(all); n > 0 && all[n-1].z == x {
			all[n-1].weight += 1 / float64(m.n)
			continue
		}
		all = append(all, node{z: x, weight: 1 / float64(m.n)})
	}
	return all
}

// law of patterns that are fair coins.
func (m *Hopfield) law() (*law, error) {
	if m.P != 2 {
		return nil, spec.Mismatch("ReplicaSymmetric", "a Hopfield network of pairs", "p above 2").With("argument", "p")
	}
	for _, x := range m.xi {
		if x != 1 && x != -1 {
			return nil, spec.Mismatch("ReplicaSymmetric", "patterns of +1 and -1", "others").With("argument", "patterns")
		}
	}
	return &law{p: 2, memory: true, alpha: float64(m.k) / float64(m.n), fields: m.shares()}, nil
}

// law that the couplings were drawn from, or the magnet of one coupling.
func (m *PSpin) law() (*law, error) {
	l := &law{p: m.P, fields: m.shares()}
	switch {
	case m.J.Uniform(): // J (N^p / p!) m^p = N J0 m^p / p
		l.J0 = m.J.Scalar
		for k := 1; k < m.P; k++ {
			l.J0 *= float64(m.N) / float64(k)
		}
	case len(m.Law.Values) == 2:
		l.J, l.J0 = m.Law.Values[0], m.Law.Values[1]
	default:
		return nil, spec.Mismatch("ReplicaSymmetric", "the law that couplings were drawn from", "couplings alone").With("argument", "law").
			Try("erg.lattice.SherringtonKirkpatrick(N, seed=1), erg.lattice.random_p_spin(N, seed=1), or PSpin(..., law=[J, J0])")
	}
	return l, nil
}
