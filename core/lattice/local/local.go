// Package local holds models of the user's whose sites are numbers, angles or unit vectors, by programs that were traced from the energies of bonds and sites.
package local

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/lattice/vector"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Local is E = sum_(i,j) J_ij pair(s_i, s_j) + sum_i site(s_i, field_i), or sum_i energy(s_i, neighbours of s_i), of erg.lattice.Model.
type Local struct {
	Lattice  geometry.Lattice `spec:"lattice"`
	Periodic []bool           `spec:"periodic" default:"true"`
	// What a site is: a number, an angle or a unit vector of N components.
	Kind string `spec:"kind" oneof:"real,torus,sphere"`
	N    int    `spec:"n" default:"1" range:"[1,64]"`
	// Many is (old, new, t, J[, field]) -> E(new) - E(old) of some sites together, (B), by their old and new values (B) or (B, n), those of their neighbours,
	// (z, B) or (z, B, n), the couplings to these, (z, B), 0 where there is none, and the numbers of their fields, (B, k). One is the same for B = 1.
	Many program `spec:"many"`
	One  program `spec:"one"`
	// Total is a configuration -> E and its gradient.
	Total program     `spec:"total"`
	J     array.Field `spec:"J" default:"1.0"`
	// Which sites Many and One see beside their own, (sites, z), and the couplings to them, where these are not the graph's; they are all on which a
	// difference depends.
	Near    array.Field `spec:"near" default:"0.0"`
	Weights array.Field `spec:"weights" default:"0.0"`
	// Numbers of each site, (sites, k).
	Fields array.Field `spec:"fields" default:"0.0"`

	graph     *geometry.Graph
	most      int     // neighbours of a site
	near      []int32 // (sites, most); where there are fewer the site itself, coupled by 0
	couplings []float64
	numbers   int // k
	batch     int // B of Many
}

// Traced marks a system whose Python class is written by hand.
func (*Local) Traced() {}

// Check completes a decoded Local.
func (m *Local) Check() (err error) {
	if err := walkers.Coupled("Model", &m.Lattice, m.Periodic, m.J); err != nil {
		return err
	}
	if m.graph, err = m.Lattice.Graph(); err != nil {
		return err
	}
	if (m.Kind == "sphere") != (m.N > 1) {
		return spec.Expected("Model.n", "at least 2 components of a unit vector, 1 of others", m.N)
	}
	sites := m.Lattice.Sites()
	m.most = 0
	for i := range sites {
		m.most = max(m.most, m.graph.Degree(i))
	}
	if !m.Near.Uniform() {
		if err := m.given(); err != nil {
			return err
		}
	}
	if m.numbers = 0; !m.Fields.Uniform() {
		if len(m.Fields.Shape) != 2 || m.Fields.Shape[0] != sites {
			return spec.Errorf(spec.ShapeError, "Model.fields: expected shape (%d, k), got %v", sites, m.Fields.Shape).With("argument", "fields")
		}
		m.numbers = m.Fields.Shape[1]
	}
	if err := m.typed(); err != nil {
		return err
	}
	if !m.Near.Uniform() {
		return nil
	}
	m.near, m.couplings = make([]int32, sites*m.most), make([]float64, sites*m.most)
	for i := range sites {
		for k := range m.most {
			at, e := i*m.most+k, int(m.graph.Start[i])+k
			if m.near[at] = int32(i); e < int(m.graph.Start[i+1]) {
				m.near[at], m.couplings[at] = m.graph.To[e], m.J.At(int(m.graph.Bond[e]))
			}
		}
	}
	return nil
}

// given takes what sites see, and joins those that do: they are not visited together.
func (m *Local) given() (err error) {
	sites, near := m.Lattice.Sites(), m.Near.Values
	if len(m.Near.Shape) != 2 || m.Near.Shape[0] != sites || len(m.Weights.Values) != len(near) {
		return spec.Errorf(spec.ShapeError, "Model.near, Model.weights: expected shape (%d, z), got %v and %v", sites, m.Near.Shape, m.Weights.Shape)
	}
	m.most, m.couplings, m.near = m.Near.Shape[1], m.Weights.Values, make([]int32, len(near))
	var ends [][2]int32
	for k, x := range near {
		i, j := int32(k/m.most), int32(x)
		if float64(j) != x || j < 0 || int(j) >= sites {
			return spec.Expected("Model.near", "numbers of sites", x)
		}
		if m.near[k] = j; i != j {
			ends = append(ends, [2]int32{i, j})
		}
	}
	m.graph, err = geometry.NewGraph(sites, ends)
	return err
}

// typed compares the programs' types.
func (m *Local) typed() error {
	of := func(shape ...int) []int {
		if m.N > 1 {
			shape = append(shape, m.N)
		}
		return shape
	}
	if m.Many.source == nil || len(m.Many.source.InputTypes()) == 0 || m.Many.source.InputTypes()[0].Rank() == 0 {
		return spec.Expected("Model.many", "a program of some sites", "another")
	}
	m.batch = m.Many.source.InputTypes()[0].Shape[0]
	for _, x := range []struct {
		what string
		p    *program
		B    int
	}{{"Model.many", &m.Many, m.batch}, {"Model.one", &m.One, 1}} {
		in := [][]int{of(x.B), of(x.B), of(m.most, x.B), {m.most, x.B}}
		if m.numbers > 0 {
			in = append(in, []int{x.B, m.numbers})
		}
		if err := x.p.is(x.what, in, [][]int{{x.B}}); err != nil {
			return err
		}
	}
	return m.Total.is("Model.total", [][]int{{m.Size()}}, [][]int{{}, {m.Size()}})
}

// Name in messages.
func (m *Local) Name() string { return "Model" }

// Layout has the components last.
func (m *Local) Layout() ([]int, []string) {
	shape, dims := walkers.SiteLayout(&m.Lattice)
	if m.N > 1 {
		return append(append([]int(nil), shape...), m.N), append(append([]string(nil), dims...), "component")
	}
	return shape, dims
}

// Sites of the lattice.
func (m *Local) Sites() int { return m.Lattice.Sites() }

// Unit of the work.
func (m *Local) Unit() string { return "site updates" }

// Draw makes independent sites: uniform angles and directions, numbers in [-2, 2].
func (m *Local) Draw(dst []float64, s *rng.Stream) {
	switch m.Kind {
	case "sphere":
		vector.Directions(dst, m.N, s)
	case "torus":
		for i := range dst {
			dst[i] = math.Pi * (2*s.Float64() - 1)
		}
	default:
		for i := range dst {
			dst[i] = float64(4*s.Float64()) - 2
		}
	}
}

// LogReference is that of uniform angles and directions; numbers have none.
func (m *Local) LogReference() float64 {
	switch m.Kind {
	case "sphere":
		return float64(m.Sites()) * vector.LogSphere(m.N)
	case "torus":
		return float64(m.Sites()) * functions.Log1(2*math.Pi)
	}
	return math.Inf(1)
}

// Ordered is 0, or component 0.
func (m *Local) Ordered(dst []float64) {
	if clear(dst); m.N > 1 {
		vector.Ordered(dst, m.N)
	}
}

// Admits what a site can be.
func (m *Local) Admits(x []float64) (int, bool) {
	if m.Kind == "sphere" {
		return vector.Unit(x, m.N)
	}
	for i, v := range x {
		if v-v != 0 || m.Kind == "torus" && math.Abs(v) > math.Pi {
			return i, false
		}
	}
	return 0, true
}

// Values in words.
func (m *Local) Values() string {
	return map[string]string{"sphere": "unit vectors along the last axis", "torus": "angles from -pi to pi", "real": "finite numbers"}[m.Kind]
}

// Observables are the target's.
func (m *Local) Observables() []walkers.Observable[float64] { return measure.Observables(m) }

// Size is the number of coordinates.
func (m *Local) Size() int { return m.Lattice.Sites() * m.N }

// Shape is what coordinates are.
func (m *Local) Shape() contract.Blocks {
	if m.Kind == "sphere" {
		return contract.Blocks{{Kind: "sphere", Count: m.Sites(), Rows: m.N, Cols: 1}}
	}
	return contract.Blocks{{Kind: m.Kind, Count: 1, Rows: m.Size(), Cols: 1}}
}

// Arrangement is that of a configuration.
func (m *Local) Arrangement() []int {
	shape, _ := m.Layout()
	return shape
}

// Belongs refuses what is no configuration.
func (m *Local) Belongs(x []float64) error {
	if at, ok := m.Admits(x); !ok && m.Kind == "sphere" {
		return spec.Errorf(spec.SpecError, "start: expected %s, got %v at site %d", m.Values(), x[at:at+m.N], at/m.N)
	}
	return nil
}

// total is one caller's access to E and its gradient.
type total struct {
	*call
	E    [1]float64
	g    []float64
	over [1]float64
}

func (m *Local) total() (*total, error) {
	c, err := m.Total.call()
	if err != nil {
		return nil, err
	}
	t := &total{call: c, g: make([]float64, m.Size())}
	use(c.out, 0, t.E[:])
	use(c.out, 1, t.g)
	return t, nil
}

func (t *total) at(x []float64) float64 {
	use(t.in, 0, x)
	if err := t.run(); err != nil {
		panic(err) // the job's guard hands it on
	}
	return t.E[0]
}

// Evaluator works row after row.
func (m *Local) Evaluator(rows int) (contract.Evaluator, error) {
	t, err := m.total()
	return &evaluator{t, rows}, err
}

type evaluator struct {
	*total
	rows int
}

func (e *evaluator) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	n := len(e.g)
	e.over[0] = 1 / kT
	for r := range e.rows {
		u[r] = e.at(z[r*n:(r+1)*n]) / kT
		if g != nil {
			simd.Mul(g[r*n:(r+1)*n], e.g, e.over[:])
		}
	}
	return nil
}

func (e *evaluator) Value(ctx context.Context, team *par.Team, kT float64, z, u []float64) error {
	return e.Gradient(ctx, team, kT, z, u, nil)
}

// Quantities are energy, configuration and the mean with its powers: of numbers, of unit vectors, of angles as such.
func (m *Local) Quantities() []contract.Quantity { return measure.Names(m.quantities(nil)) }

// Recorder computes quantities one by one.
func (m *Local) Recorder() (contract.Recorder, error) {
	t, err := m.total()
	if err != nil {
		return nil, err
	}
	return measure.New(m.quantities(t))
}

func (m *Local) quantities(t *total) []measure.Quantity {
	shape, dims := m.Layout()
	mean := measure.Quantity{Name: "magnetization", Shape: []int{m.N}, Dims: []string{"component"}, Fill: m.mean}
	var room [64]float64
	n := m.N
	switch m.Kind {
	case "torus":
		n = 2
		mean.Shape = []int{2}
	case "real":
		mean.Shape, mean.Dims = nil, nil
	}
	second := func(x []float64) (sum float64) {
		m.mean(x, room[:n])
		for _, v := range room[:n] {
			sum += float64(v * v)
		}
		return sum
	}
	return []measure.Quantity{
		{Name: "configuration", Shape: shape, Dims: dims, Fill: func(z, to []float64) { copy(to, z) }},
		measure.Number("energy", func(z []float64) float64 { return t.at(z) }),
		mean,
		measure.Number("|magnetization|", func(z []float64) float64 { return math.Sqrt(second(z)) }),
		measure.Number("magnetization^2", second),
		measure.Number("magnetization^4", func(z []float64) float64 { x := second(z); return x * x }),
	}
}

func (m *Local) mean(x, to []float64) {
	clear(to)
	for i, v := range x {
		if m.Kind == "torus" {
			sin, cos := functions.Sincos1(v)
			to[0] += cos
			to[1] += sin
			continue
		}
		to[i%m.N] += v
	}
	for c := range to {
		to[c] /= float64(m.Sites())
	}
}
