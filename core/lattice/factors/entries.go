package factors

import (
	"context"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/spec"
)

// MeanFields is the entry of MeanField for a system; theory is called after its Check.
func MeanFields[T walkers.Value, S any, P walkers.System[T, S]](name string, theory func(m P) (Theory, error)) contract.Entry {
	return approximate[MeanField, T, S](name, "MeanField", "mean field", theory, (*MeanField).Solve, MeanFieldCite)
}

// Beliefs is the entry of BeliefPropagation for a system; model is called after its Check.
func Beliefs[T walkers.Value, S any, P walkers.System[T, S]](name string, model func(m P) (*Model, error)) contract.Entry {
	return approximate[BeliefPropagation, T, S](name, "BeliefPropagation", "exact on trees", model, (*BeliefPropagation).solve, BeliefCite)
}

// Local are both for a model of values.
func Local[T walkers.Value, S any, P walkers.System[T, S]](name string, model func(m P) (*Model, error)) []contract.Entry {
	return []contract.Entry{
		MeanFields[T, S](name, func(m P) (Theory, error) {
			f, err := model(m)
			if err != nil {
				return nil, err
			}
			return f.Theory(), nil
		}),
		Beliefs[T, S](name, model),
	}
}

func approximate[M any, T walkers.Value, S any, P walkers.System[T, S], X any](name, method, accuracy string, make func(m P) (X, error),
	solve func(method *M, ctx context.Context, x X, at []contract.Params, observe []string, out contract.Results) error, cite []string) contract.Entry {
	e := walkers.Line[S, M]("solve", name, method, cite...)
	e.Accuracy = accuracy
	e.Solve = func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(P)
		if err := m.Check(); err != nil {
			return err
		}
		x, err := make(m)
		if err != nil {
			return err
		}
		return solve(method.(*M), ctx, x, at, observe, out)
	}
	return e
}

// Spins is a model of values -1 and 1 with fields.
func Spins(name string, n int, h array.Field) *Model {
	m := &Model{Name: name, Sites: n, Q: 2, Numbers: []float64{-1, 1}}
	m.Singles(func(int) []float64 { return m.Numbers }, func(i int) float64 { return -h.At(i) })
	return m
}

// Constant adds the same energy to all states, as one of a site.
func (m *Model) Constant(energy float64) {
	if energy != 0 {
		same := make([]float64, m.Q)
		for a := range same {
			same[a] = 1
		}
		m.Terms = append(m.Terms, Term{[]int32{0}, same, energy})
	}
}

// Group adds -J times the product of the spins at some sites.
func (m *Model) Group(J float64, at []int32) {
	if J != 0 {
		m.Terms = append(m.Terms, Term{at, Products(len(at)), -J})
	}
}

var signs [13][]float64

func init() {
	for p := range signs {
		signs[p] = make([]float64, 1<<p)
		for k := range signs[p] {
			x := 1.0
			for b := range p {
				x *= float64(2*(k>>b&1) - 1)
			}
			signs[p][k] = x
		}
	}
}

// Products of p spins, -1 and 1, in all their states.
func Products(p int) []float64 { return signs[p] }

// MostGroups are listed one by one.
const MostGroups = 1 << 24

// TooMany refuses models in which too many groups of spins meet.
func TooMany(groups float64) error {
	if groups > MostGroups {
		return spec.Mismatch("an approximation of every spin", "at most 2^24 groups of spins that meet", "more").Try("fewer spins, or erg.ReplicaSymmetric()")
	}
	return nil
}
