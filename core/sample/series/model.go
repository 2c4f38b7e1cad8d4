package series

import (
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/density"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/spec"
)

// StateSpace is a model with its observations, as programs of one particle; x has the shape (d), theta (p).
type StateSpace struct {
	// Y are the observations, (T, ...) float64. A time whose numbers are all NaN is missing.
	Y Data `spec:"y"`
	// Theta are the parameters, (p), where no method draws them.
	Theta Data `spec:"theta"`
	// First is (key, y_0, theta) -> x_0, log G_0; FirstBlind the same without an observation: log G is 0.
	First      Program `spec:"first"`
	FirstBlind Program `spec:"first_blind"`
	// Step is (key, x_{t-1}, y_t, t, theta) -> x_t, log G_t.
	Step      Program `spec:"step"`
	StepBlind Program `spec:"step_blind"`
	// Look is (x_{t-1}, y_t, t, theta) -> log eta_t, by which an auxiliary filter weighs parents.
	Look Program `spec:"look" default:"null"`
	// FirstWeigh is (x_0, y_0, theta) -> log G_0; Weigh is (x_{t-1}, x_t, y_t, t, theta) -> log G_t: of a path that is given.
	FirstWeigh Program `spec:"first_weigh" default:"null"`
	Weigh      Program `spec:"weigh" default:"null"`
	// Pair is (x_{t-1}, x_t, t, theta) -> log p(x_t | x_{t-1}).
	Pair Program `spec:"pair" default:"null"`
	// Bound is (t, theta) -> a bound of log p(x_t | x_{t-1}) over all pairs.
	Bound Program `spec:"bound" default:"null"`
	// Features is (x_t, t, theta) -> (f), what filters average; without it x.
	Features Program `spec:"features" default:"null"`
	// FirstStatistic is (x_0, theta) -> (k), Statistic is (x_{t-1}, x_t, t, theta) -> (k): terms of a sum over a path.
	FirstStatistic Program `spec:"first_statistic" default:"null"`
	Statistic      Program `spec:"statistic" default:"null"`
	// Parameters is z -> theta, log prior density of z; Complete is (z, path (T, d)) -> log p(path, y, z).
	Parameters Program `spec:"parameters" default:"null"`
	Complete   Program `spec:"complete" default:"null"`
	// Record is (z, path (T, d)) -> the quantities that can be observed, by Names.
	Record Program  `spec:"record" default:"null"`
	Names  []string `spec:"names" default:"[]"`

	missing []bool
}

// Traced marks a system whose Python class is written by hand: it traces functions.
func (*StateSpace) Traced() {}

// size is d.
func (m *StateSpace) size() int { return m.First.out[0].Len() }

// times is T.
func (m *StateSpace) times() int { return m.Y.Shape[0] }

func (m *StateSpace) theta() []float64 { return array.View[float64](m.Theta.Array) }

// check compares the programs' types, and finds what is missing.
func (m *StateSpace) check() error {
	if m.Y.Dtype != array.Float64 || len(m.Y.Shape) == 0 || m.Y.Len() == 0 {
		return spec.Errorf(spec.ShapeError, "y: expected float64 observations of shape (T, ...), T >= 1, got %s of shape %v", m.Y.Dtype, m.Y.Shape).With("argument", "y")
	}
	if m.Theta.Dtype != array.Float64 || len(m.Theta.Shape) != 1 {
		return spec.Expected("StateSpace.theta", "float64 of shape (p)", m.Theta.Shape)
	}
	if !m.First.given() || len(m.First.out) != 2 || m.First.out[0].Rank() != 1 || m.size() == 0 {
		return spec.Expected("StateSpace.first", "a program that gives x of shape (d) and log G", m.First.out)
	}
	number := func(shape ...int) expr.Type { return expr.Type{Dtype: array.Float64, Shape: append([]int{}, shape...)} }
	var (
		x, g, key, t = number(m.size()), number(), keyType, keyType
		y            = number(m.Y.Shape[1:]...)
		theta        = number(m.Theta.Shape...)
		path         = number(m.times(), m.size())
	)
	for _, c := range []struct {
		name    string
		p       *Program
		in, out []expr.Type
	}{
		{"first", &m.First, []expr.Type{key, y, theta}, []expr.Type{x, g}},
		{"first_blind", &m.FirstBlind, []expr.Type{key, y, theta}, []expr.Type{x, g}},
		{"step", &m.Step, []expr.Type{key, x, y, t, theta}, []expr.Type{x, g}},
		{"step_blind", &m.StepBlind, []expr.Type{key, x, y, t, theta}, []expr.Type{x, g}},
		{"look", &m.Look, []expr.Type{x, y, t, theta}, []expr.Type{g}},
		{"first_weigh", &m.FirstWeigh, []expr.Type{x, y, theta}, []expr.Type{g}},
		{"weigh", &m.Weigh, []expr.Type{x, x, y, t, theta}, []expr.Type{g}},
		{"pair", &m.Pair, []expr.Type{x, x, t, theta}, []expr.Type{g}},
		{"bound", &m.Bound, []expr.Type{t, theta}, []expr.Type{g}},
		{"features", &m.Features, []expr.Type{x, t, theta}, nil},
		{"first_statistic", &m.FirstStatistic, []expr.Type{x, theta}, nil},
		{"statistic", &m.Statistic, []expr.Type{x, x, t, theta}, nil},
		{"parameters", &m.Parameters, nil, []expr.Type{theta, g}},
		{"complete", &m.Complete, nil, []expr.Type{g}},
		{"record", &m.Record, nil, nil},
	} {
		if !c.p.given() {
			continue
		}
		in, out := c.in, c.out
		switch c.name {
		case "features", "statistic", "first_statistic":
			if len(c.p.out) != 1 || c.p.out[0].Rank() != 1 {
				return spec.Expected("StateSpace."+c.name, "a program that gives a vector", c.p.out)
			}
			out = []expr.Type{number(c.p.out[0].Len())}
		case "parameters", "complete", "record":
			if len(c.p.own()) == 0 || c.p.in[0].Rank() != 1 {
				return spec.Expected("StateSpace."+c.name, "a program of z of shape (n)", c.p.in)
			}
			in = []expr.Type{number(c.p.in[0].Len())}
			if c.name != "parameters" {
				in = append(in, path)
			}
		}
		if err := density.SameTypes("StateSpace."+c.name+" inputs", in, c.p.own()); err != nil {
			return err
		}
		if out != nil {
			if err := density.SameTypes("StateSpace."+c.name+" results", out, c.p.out); err != nil {
				return err
			}
		}
	}
	if m.Record.given() && len(m.Names) != len(m.Record.out) {
		return spec.Expected("StateSpace.names", "one for each result of record", len(m.Names))
	}
	m.findMissing()
	return nil
}

func (m *StateSpace) findMissing() {
	y := array.View[float64](m.Y.Array)
	each := len(y) / m.times()
	m.missing = make([]bool, m.times())
	for t := range m.missing {
		seen := false
		for _, v := range y[t*each : (t+1)*each] {
			seen = seen || !math.IsNaN(v)
		}
		m.missing[t] = !seen
	}
}

// observation is the memory of y_t.
func (m *StateSpace) observation(t int) []byte {
	each := len(m.Y.Data) / m.times()
	return m.Y.Data[t*each : (t+1)*each]
}

// need refuses a model without a program that the method calls.
func need(method, what string, p *Program) error {
	if p.given() {
		return nil
	}
	return spec.Errorf(spec.SpecError, "%s needs a model with %s", method, what).With("argument", "model")
}
