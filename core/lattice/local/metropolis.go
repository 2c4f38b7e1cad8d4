package local

import (
	"fmt"
	"math"
	"sync"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

type (
	kernel  = walkers.Kernel[float64]
	builder = walkers.Builder[float64]
)

// differences is one caller's access to what B sites would cost.
type differences struct {
	*call
	old, next, near, couplings, numbers, cost []float64
}

func (m *Local) differences(p *program, B int) (*differences, error) {
	c, err := p.call()
	if err != nil {
		return nil, err
	}
	d := &differences{call: c}
	for k, x := range []struct {
		to *[]float64
		n  int
	}{{&d.old, B * m.N}, {&d.next, B * m.N}, {&d.near, m.most * B * m.N}, {&d.couplings, m.most * B}, {&d.numbers, B * m.numbers}} {
		if *x.to = make([]float64, x.n); k < 4 || m.numbers > 0 {
			use(c.in, k, *x.to)
		}
	}
	d.cost = make([]float64, B)
	use(c.out, 0, d.cost)
	return d, nil
}

// metropolis proposes to move sites a little: many at once where none of them meet.
type metropolis struct {
	*Local
	walkers.Stride
	kT    float64
	apart bool // sites that are visited together do not meet
	mu    sync.Mutex
	idle  [2][]*differences // of one site, of many
}

func (r *metropolis) SetKT(kT float64) { r.kT = kT }

// Name is that of the share that changed.
func (*metropolis) Name() string { return "acceptance" }

// Width of a site.
func (r *metropolis) Width() int { return r.N }

func (r *metropolis) take(many int) *differences {
	r.mu.Lock()
	defer r.mu.Unlock()
	if n := len(r.idle[many]); n > 0 {
		d := r.idle[many][n-1]
		r.idle[many] = r.idle[many][:n-1]
		return d
	}
	d, err := r.Local.differences(&r.One, 1)
	if many > 0 {
		d, err = r.Local.differences(&r.Many, r.batch)
	}
	if err != nil {
		panic(err) // the job's guard hands it on
	}
	return d
}

func (r *metropolis) give(many int, d *differences) {
	r.mu.Lock()
	r.idle[many] = append(r.idle[many], d)
	r.mu.Unlock()
}

// Visit tries the sites given.
func (r *metropolis) Visit(x []float64, sites []int32, u *rng.Stream) (changed int64) {
	many, B := 0, 1
	if r.apart {
		many, B = 1, r.batch
	}
	d := r.take(many)
	defer r.give(many, d)
	for from := 0; from < len(sites); from += B {
		changed += r.some(d, x, sites[from:min(from+B, len(sites))], u)
	}
	return changed
}

// some tries sites that do not meet, at most as many as d is for.
func (r *metropolis) some(d *differences, x []float64, sites []int32, u *rng.Stream) (changed int64) {
	n := r.N
	r.weigh(d, x, sites, u)
	for b, i := range sites {
		dE := d.cost[b]
		if !(dE > math.Inf(-1)) {
			panic(spec.Errorf(spec.NonFiniteError, "Model: expected energies that are numbers, got %v where site %d becomes %s", dE, i, said(d.next[b*n:b*n+n])))
		}
		if dE <= 0 || r.kT > 0 && u.Float64() < functions.Exp1(-dE/r.kT) {
			copy(x[int(i)*n:], d.next[b*n:b*n+n])
			changed++
		}
	}
	return changed
}

func said(x []float64) string {
	if len(x) == 1 {
		return fmt.Sprint(x[0])
	}
	return fmt.Sprint(x)
}

// weigh proposes values and finds what they cost; places beyond the sites repeat the first.
func (r *metropolis) weigh(d *differences, x []float64, sites []int32, u *rng.Stream) {
	n, B := r.N, len(d.cost)
	for b := range B {
		if b >= len(sites) {
			copy(d.old[b*n:b*n+n], d.old[:n])
			copy(d.next[b*n:b*n+n], d.next[:n])
			copy(d.numbers[b*r.numbers:(b+1)*r.numbers], d.numbers[:r.numbers])
			for k := range r.most {
				copy(d.near[(k*B+b)*n:][:n], d.near[k*B*n:][:n])
				d.couplings[k*B+b] = d.couplings[k*B]
			}
			continue
		}
		i := int(sites[b])
		copy(d.old[b*n:b*n+n], x[i*n:])
		r.propose(d.next[b*n:b*n+n], x[i*n:i*n+n], u)
		if r.numbers > 0 {
			copy(d.numbers[b*r.numbers:(b+1)*r.numbers], r.Fields.Values[i*r.numbers:])
		}
		near, couplings := r.near[i*r.most:(i+1)*r.most], r.couplings[i*r.most:(i+1)*r.most]
		if n == 1 {
			for k, j := range near {
				d.near[k*B+b], d.couplings[k*B+b] = x[j], couplings[k]
			}
			continue
		}
		for k, j := range near {
			copy(d.near[(k*B+b)*n:][:n], x[int(j)*n:][:n])
			d.couplings[k*B+b] = couplings[k]
		}
	}
	if err := d.run(); err != nil {
		panic(err) // the job's guard hands it on
	}
}

// propose makes a value that is as likely the other way round.
func (r *metropolis) propose(dst, old []float64, u *rng.Stream) {
	if r.Kind != "sphere" {
		x := old[0] + float64(r.Step*u.Normal())
		if r.Kind == "torus" {
			x = max(-math.Pi, min(math.Pi, x-float64(2*math.Pi*math.RoundToEven(x/(2*math.Pi)))))
		}
		dst[0] = x
		return
	}
	square := 0.0
	for c, v := range old {
		dst[c] = v + float64(r.Step*u.Normal())
		square += float64(dst[c] * dst[c])
	}
	if square < 1e-200 {
		copy(dst, old)
		return
	}
	square = 1 / math.Sqrt(square)
	for c := range dst {
		dst[c] = float64(dst[c] * square)
	}
}

// Propose moves one site, for weights that belong to the whole energy.
func (r *metropolis) Propose(dst, x []float64, site int, u *rng.Stream) float64 {
	d := r.take(0)
	defer r.give(0, d)
	r.weigh(d, x, []int32{int32(site)}, u)
	copy(dst, d.next)
	return d.cost[0]
}

func prepareMetropolis(m *Local, method *moves.Metropolis) (builder, error) {
	o := walkers.NewOrder(m.graph, method.Order)
	return func(w contract.Walker) (kernel, error) {
		t, err := m.total()
		if err != nil {
			return nil, err
		}
		rule := &metropolis{Local: m, Stride: walkers.NewStride(method.Step), apart: o.Kind == "checkerboard"}
		return walkers.NewSingle(m, t.at, o, w, rule), nil
	}, nil
}

// Registry lists the methods.
func Registry() []contract.Entry {
	return []contract.Entry{
		contract.Named("lattice.Local", func() any { return new(Local) }),
		walkers.Improper(walkers.Sampler("lattice.Local", "Metropolis", prepareMetropolis, moves.MetropolisCite)),
	}
}
