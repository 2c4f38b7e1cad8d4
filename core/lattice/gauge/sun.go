package gauge

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/gauge/lanes"
	"github.com/ergodica/ergodica/core/lattice/measure"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// theory is what SU(2) and SU(3) share.
type theory struct {
	*links
	lanes.Group
	layout *lanes.Layout
	beta   float64
	flow   []float64
}

// newTheory checks what both have.
func newTheory(who string, g lanes.Group, shape []int, beta float64, flow []float64) (*theory, error) {
	last := 0.0
	for _, t := range flow {
		if !(t >= last && t <= 100) {
			return nil, spec.Expected(who+".flow", "growing times from 0 to 100", flow).With("argument", "flow")
		}
		last = t
	}
	return &theory{newLinks(shape), g, lanes.New(shape), beta, flow}, nil
}

// Size is the number of coordinates.
func (t *theory) Size() int { return t.d * t.sites * t.Numbers() }

// Belongs refuses what is not in the group.
func (t *theory) Belongs(z []float64) error {
	c := lanes.NewLinks(t.layout, t.Group)
	c.Load(z)
	if d := c.Defect(); !(d < 1e-8) {
		return spec.Errorf(spec.SpecError, "start: expected matrices of SU(%d) on the links, got some that are %.2g away from it", t.Group, d)
	}
	return nil
}

// sum is that of 1 - Re tr U / N over all plaquettes.
func (t *theory) sum(c *lanes.Links, staples []float64) float64 {
	return float64(t.plaquettes()) - c.Plaquettes(staples)
}

// Evaluator works row after row.
func (t *theory) Evaluator(rows int) (contract.Evaluator, error) {
	c := lanes.NewLinks(t.layout, t.Group)
	return &matrices{t, c, make([]float64, len(c.U)), rows}, nil
}

type matrices struct {
	*theory
	at      *lanes.Links
	staples []float64
	rows    int
}

// Gradient is -beta/(N kT) times the sums of staples, as numbers.
func (e *matrices) Gradient(_ context.Context, _ *par.Team, kT float64, z, u, g []float64) error {
	n, f := e.Size(), [1]float64{-e.beta / kT / e.Trace()}
	for r := range e.rows {
		e.at.Load(z[r*n : (r+1)*n])
		u[r] = e.beta / kT * e.sum(e.at, e.staples)
		row := g[r*n : (r+1)*n]
		e.layout.Unpack(row, e.staples, e.Numbers())
		simd.Mul(row, row, f[:])
	}
	return nil
}

func (e *matrices) Value(_ context.Context, _ *par.Team, kT float64, z, u []float64) error {
	n := e.Size()
	for r := range e.rows {
		e.at.Load(z[r*n : (r+1)*n])
		u[r] = e.beta / kT * e.sum(e.at, nil)
	}
	return nil
}

// Mover holds momenta as elements of the algebra, U* p, which geodesics keep.
func (t *theory) Mover() (contract.Mover, error) {
	c := lanes.NewLinks(t.layout, t.Group)
	return &matrixMover{theory: t, at: c, w: make([]float64, len(c.U)/t.Numbers()*t.Algebra())}, nil
}

type matrixMover struct {
	*theory
	at   *lanes.Links
	w    []float64
	over float64 // beta/(N kT)
}

func (v *matrixMover) Begin(kT float64, z, p []float64) {
	v.over = v.beta / kT / v.Trace()
	v.at.Load(z)
	v.at.Algebras(v.w, p)
}

func (v *matrixMover) Step(b, a float64) {
	v.at.Tangents(v.w, b*v.over)
	v.at.Exponentials(v.w, a)
}

func (v *matrixMover) End(b float64, z, p []float64) {
	v.at.Tangents(v.w, b*v.over)
	v.at.Unitary()
	v.at.Store(z)
	v.at.Velocities(p, v.w)
}

// flowStep is the longest step of the flow.
const flowStep = 0.02

// meter is one caller's memory for observables.
type meter struct {
	*theory
	at       *lanes.Links
	lines    [2][]float64
	algebras []float64
	flowing  *lanes.Flow
}

func (t *theory) meter() *meter {
	c := lanes.NewLinks(t.layout, t.Group)
	n := len(c.U) / t.d
	m := &meter{theory: t, at: c, lines: [2][]float64{make([]float64, n), make([]float64, n)}}
	if t.d == 4 {
		m.algebras = make([]float64, 6*n/t.Numbers()*t.Algebra())
	}
	if len(t.flow) > 0 {
		m.flowing = lanes.NewFlow(c)
	}
	return m
}

// along calls do at every time of the flow.
func (m *meter) along(z []float64, do func(k int)) {
	m.at.Load(z)
	now := 0.0
	for k, end := range m.flow {
		if steps := int((end-now)/flowStep*(1-1e-12)) + 1; end > now {
			for range steps {
				m.flowing.Step((end-now)/float64(steps), false)
			}
			m.at.Unitary()
		}
		now = end
		do(k)
	}
}

func (t *theory) quantities(shape []int) []measure.Quantity {
	m := t.meter()
	sum := func(z []float64) float64 {
		m.at.Load(z)
		return t.sum(m.at, nil)
	}
	n := t.longest()
	polyakov := func(z []float64) (re, im float64) {
		m.at.Load(z)
		return m.at.Polyakov(m.lines[0])
	}
	all := []measure.Quantity{
		{Name: "configuration", Shape: shape, Fill: func(z, to []float64) { copy(to, z) }},
		measure.Number("energy", func(z []float64) float64 { return t.beta * sum(z) }),
		measure.Number("action_density", func(z []float64) float64 { return t.beta * sum(z) / float64(t.sites) }),
		measure.Number("plaquette", func(z []float64) float64 { return 1 - sum(z)/float64(t.plaquettes()) }),
		{Name: "wilson_loops", Shape: []int{n, n}, Fill: func(z, to []float64) {
			m.at.Load(z)
			m.at.Loops(to, n, m.lines)
		}},
	}
	if t.Group == 2 {
		all = append(all, measure.Number("polyakov", func(z []float64) float64 { re, _ := polyakov(z); return re }))
	} else {
		all = append(all, measure.Quantity{Name: "polyakov", Shape: []int{2}, Fill: func(z, to []float64) { to[0], to[1] = polyakov(z) }})
	}
	all = append(all, measure.Number("|polyakov|", func(z []float64) float64 {
		re, im := polyakov(z)
		return functions.Hypot1(re, im)
	}))
	if t.d == 4 {
		all = append(all, measure.Number("topological_charge", func(z []float64) float64 {
			m.at.Load(z)
			return m.at.Charge(m.algebras)
		}))
	}
	if len(t.flow) > 0 {
		all = append(all, measure.Quantity{Name: "flow_energy", Shape: []int{len(t.flow)}, Fill: func(z, to []float64) {
			m.along(z, func(k int) { to[k] = m.density() })
		}})
		if t.d == 4 {
			all = append(all, measure.Quantity{Name: "flow_charge", Shape: []int{len(t.flow)}, Fill: func(z, to []float64) {
				m.along(z, func(k int) { to[k] = m.at.Charge(m.algebras) })
			}})
		}
	}
	return all
}
