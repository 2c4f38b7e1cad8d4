package cloud

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// SVGD is Stein variational gradient descent: particles in the coordinates z of the space follow
//
//	v_i = (1/N) sum_j [k(z_j, z_i) grad log p(z_j) + grad_{z_j} k(z_j, z_i)],
//
// attracted by the density and repelled by each other. draws is the number of particles N, chains that of independent clouds; nothing is
// random but the start, normal in z unless it is given. Few particles in many dimensions have too small variances: with the kernel "rbf" and its
// median rule about 0.93 of the exact ones for N = 100 in two dimensions, less in more. The kernel "linear" has the exact mean and covariance of a
// Gaussian for N > d.
//
// The run has trace_velocity, the root mean square of |v| in each kept step, trace_mean and trace_variance (over N) of z after it.
type SVGD struct {
	// Steps of every particle.
	Steps int `spec:"steps" default:"1000" range:"[1,1e12]"`
	// "rbf": exp(-r^2/h). "imq": (1 + r^2/h)^(-1/2). "linear": 1 + z.z'.
	Kernel string `spec:"kernel" default:"\"rbf\"" oneof:"rbf,imq,linear"`
	// h of the kernel. 0: in each step the median of r^2 over pairs, for "rbf" over log N.
	Bandwidth float64 `spec:"bandwidth" default:"0.0" range:"[0,inf)"`
	// "adagrad" (with decay 0.9), "adam", "fixed": with a step. "coin" (adaptive bets on coordinates) and "kt" (bets on particles) need none.
	Optimizer string `spec:"optimizer" default:"\"adagrad\"" oneof:"adagrad,adam,fixed,coin,kt"`
	// Step of the optimizer.
	Step float64 `spec:"step" default:"0.1" range:"(0,inf)"`
	// "covariance" or "hessian": distances and velocities in the metric of the inverse covariance of the cloud, or of the mean Hessian of -log p over the
	// cloud, found by regression of grad log p on z; a kernel with a matrix value, the same for all particles.
	Metric string `spec:"metric" default:"\"unit\"" oneof:"unit,covariance,hessian"`
	// "entropic": on erg.Simplex(n, map="softmax") the kernel is taken between the points x, while particles move in z = log(x_k / x_n), its mirror image.
	Mirror string `spec:"mirror" default:"\"none\"" oneof:"none,entropic"`
	// Rows of the traces at most.
	Trace int `spec:"trace" default:"1000" range:"[0,1e9]"`
}

func (m *SVGD) Check() error {
	if m.Kernel == "linear" && (m.Bandwidth != 0 || m.Mirror != "none") {
		return spec.Expected("SVGD.kernel", `"rbf" or "imq" beside a bandwidth or a mirror`, `"linear"`).With("argument", "kernel")
	}
	if m.Metric != "unit" && m.Mirror != "none" {
		return spec.Expected("SVGD.metric", `"unit" beside a mirror`, m.Metric).With("argument", "metric")
	}
	return nil
}

func openSVGD(system, method any, o contract.Order) (contract.Staged, error) {
	m, t := method.(*SVGD), system.(contract.Target)
	p := ofTarget(t, follow(m.Steps, m.Trace), "velocity")
	p.mover = func(c *cloud) (mover, error) { return newSVGD(m, t, c) }
	if m.Metric != "unit" {
		p.least, p.why = t.Size()+2, ", two more than there are dimensions, for a metric"
	}
	return p.open(o)
}

// ofTarget is what methods for densities have in common.
func ofTarget(t contract.Target, s steps, follows string) plan {
	return plan{system: t, steps: s, follows: follows, spread: 1, field: func(n int) (gradient, error) { return t.Evaluator(n) }}
}

// svgd moves one cloud.
type svgd struct {
	*SVGD
	pairs      *pairs
	optimizer  *optimizer
	score, v   []float64
	mean       []float64
	places     []float64 // where the kernel is taken, unless z
	metric     *metric
	width      float64 // the latest h
	mean2, sum []float64
}

func newSVGD(m *SVGD, t contract.Target, c *cloud) (mover, error) {
	s := &svgd{SVGD: m, score: make([]float64, c.n*c.d), v: make([]float64, c.n*c.d), mean: make([]float64, c.d), optimizer: newOptimizer(m.Optimizer, m.Step, c)}
	if m.Metric != "unit" {
		s.metric = newMetric(m.Metric, c.n, c.d)
	}
	if m.Mirror == "entropic" {
		if err := softmaxed(t); err != nil {
			return nil, err
		}
		s.places = make([]float64, c.n*c.d)
	}
	if m.Kernel == "linear" {
		s.mean2, s.sum = make([]float64, c.d*c.d), make([]float64, c.d)
		return s, nil
	}
	s.pairs = newPairs(m.Kernel, c.n, c.d)
	into, against := c.d, c.d+1
	switch {
	case m.Mirror == "entropic":
		against = 3 * c.d
	case m.Kernel == "rbf":
		into, against = c.d+1, 0
	}
	s.pairs.dots = m.Mirror == "entropic"
	s.pairs.into = rows{into, make([]float64, c.n*into), make([]float64, c.n*into)}
	s.pairs.against = rows{against, make([]float64, c.n*against), make([]float64, c.n*against)}
	return s, nil
}

func (s *svgd) state() []any {
	return append(s.optimizer.state(), &s.width)
}

func (s *svgd) info() map[string]float64 {
	if s.pairs == nil {
		return nil
	}
	return map[string]float64{"bandwidth": s.width}
}

func (s *svgd) step(ctx context.Context, team *par.Team, c *cloud) error {
	if err := c.energies(ctx, team, c.kT); err != nil {
		return err
	}
	simd.Neg(s.score, c.g)
	x := c.z
	if s.metric != nil {
		if err := s.metric.transform(c.z, s.score); err != nil {
			return err
		}
		x = s.metric.places
	}
	switch {
	case s.Kernel == "linear":
		s.linear(x, c.n, c.d)
	case s.Mirror == "entropic":
		s.entropic(team, c)
	default:
		s.radial(team, x, c.n, c.d)
	}
	if s.metric != nil {
		s.metric.back(s.v)
	}
	c.measure = math.Sqrt(simd.Dot(s.v, s.v) / float64(c.n))
	s.optimizer.move(team, c.z, s.v)
	return nil
}

// linear is the velocity of k = 1 + x.x': mean score + (mean of score x') x_i + x_i.
func (s *svgd) linear(x []float64, n, d int) {
	simd.SumColumns(s.sum, s.score, d, n)
	clear(s.mean2)
	for i := range n {
		row := x[i*d : (i+1)*d]
		for a, f := range s.score[i*d : (i+1)*d] {
			to := s.mean2[a*d : (a+1)*d]
			for b, y := range row {
				to[b] = math.FMA(f, y, to[b])
			}
		}
	}
	over := 1 / float64(n)
	for i := range n {
		row := x[i*d : (i+1)*d]
		for a := range d {
			s.v[i*d+a] = math.FMA(over, s.sum[a]+simd.Dot(s.mean2[a*d:(a+1)*d], row), row[a])
		}
	}
}

// choose is h of this step.
func (s *svgd) choose(team *par.Team, n int) {
	s.width = s.Bandwidth
	if s.width > 0 {
		return
	}
	over := 1.0
	if s.Kernel == "rbf" {
		over = functions.Log1(float64(max(n, 3)))
	}
	s.width = s.pairs.bandwidth(team, over)
}

// radial: v_i = (1/N) [sum_j k s_j + x_i sum_j w - sum_j w x_j]; where w is 2 k / h one sum will do.
func (s *svgd) radial(team *par.Team, x []float64, n, d int) {
	p := s.pairs
	p.set(x, true, s.mean)
	s.choose(team, n)
	over := 1 / float64(n)
	if s.Kernel == "rbf" {
		twice := 2 / s.width
		width := d + 1
		for i := range n {
			row, y := p.into.in[i*width:(i+1)*width], p.points[i*d:(i+1)*d]
			for k, f := range s.score[i*d : (i+1)*d] {
				row[k] = math.FMA(-twice, y[k], f)
			}
			row[d] = 1
		}
		p.sums(team, s.width, s.Bandwidth == 0)
		for i := range n {
			row, y := p.into.sums[i*width:(i+1)*width], p.points[i*d:(i+1)*d]
			pull := twice * row[d]
			for k := range d {
				s.v[i*d+k] = over * math.FMA(pull, y[k], row[k])
			}
		}
		return
	}
	copy(p.into.in, s.score)
	width := d + 1
	for i := range n {
		row := p.against.in[i*width : (i+1)*width]
		copy(row, p.points[i*d:(i+1)*d])
		row[d] = 1
	}
	p.sums(team, s.width, s.Bandwidth == 0)
	for i := range n {
		row, y := p.against.sums[i*width:(i+1)*width], p.points[i*d:(i+1)*d]
		for k := range d {
			s.v[i*d+k] = over * (math.FMA(row[d], y[k], p.into.sums[i*d+k]) - row[k])
		}
	}
}

// entropic: the gradient of k in z is J_j grad k in x, J = diag x - x x', so that
// v_i = (1/N) [sum_j k s_j + x_i sum_j w x_j - sum_j w (x_i.x_j) x_j - sum_j w (x_j^2 - x_j |x_j|^2)], products by element.
func (s *svgd) entropic(team *par.Team, c *cloud) {
	n, d, p := c.n, c.d, s.pairs
	for i := range n {
		softmax(s.places[i*d:(i+1)*d], c.z[i*d:(i+1)*d])
	}
	p.set(s.places, false, nil)
	s.choose(team, n)
	copy(p.into.in, s.score)
	width := 3 * d
	for i := range n {
		row := p.against.in[i*width : (i+1)*width]
		for k, x := range s.places[i*d : (i+1)*d] {
			row[k], row[2*d+k] = x, x
			row[d+k] = x * (x - p.squares[i])
		}
	}
	p.sums(team, s.width, s.Bandwidth == 0)
	over := 1 / float64(n)
	for i := range n {
		row := p.against.sums[i*width : (i+1)*width]
		for k, x := range s.places[i*d : (i+1)*d] {
			s.v[i*d+k] = over * (math.FMA(x, row[k], p.into.sums[i*d+k]) - row[d+k] - row[2*d+k])
		}
	}
}

// softmax sets x_k = exp(z_k) / (1 + sum exp z).
func softmax(x, z []float64) {
	top := 0.0
	for _, v := range z {
		top = max(top, v)
	}
	total := functions.Exp1(-top)
	for k, v := range z {
		x[k] = functions.Exp1(v - top)
		total += x[k]
	}
	for k := range x {
		x[k] /= total
	}
}

// softmaxed refuses targets whose first quantity is not softmax(z, 0).
func softmaxed(t contract.Target) error {
	d := t.Size()
	fault := spec.Expected("SVGD.mirror", `"none" for a space other than a simplex with the map "softmax"`, `"entropic"`).With("argument", "mirror").
		Try(`space=erg.Simplex(n, map="softmax")`)
	all := t.Quantities()
	if len(all) == 0 || len(all[0].Shape) != 1 || all[0].Shape[0] != d+1 {
		return fault
	}
	r, err := t.Recorder()
	if err != nil {
		return err
	}
	z, x := make([]float64, d), make([]float64, d)
	for k := range z {
		z[k] = 0.5 - float64(0.3*float64(k))
	}
	softmax(x, z)
	rows, err := r.Record(context.Background(), z)
	if err != nil {
		return err
	}
	for k, y := range floats(rows[0])[:d] {
		if !(math.Abs(y-x[k]) < 1e-12) {
			return fault
		}
	}
	return nil
}
