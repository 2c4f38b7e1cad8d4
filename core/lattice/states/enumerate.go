// Package states solves models of few values exactly: by listing all states, or by transfer matrices.
package states

import (
	"context"
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/exact"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// Listed is a model whose states can be listed: values of a site, energy, and what else has a mean; its functions are called by several threads.
type Listed[T walkers.Value] struct {
	Name   string
	Values []T
	Sites  int
	Energy func(s []T) float64
	Means  []Mean[T]
}

// Mean is a quantity of a configuration.
type Mean[T walkers.Value] struct {
	Name string
	Of   func(s []T) float64
}

// Powers are the means of m, |m|, m^2 and m^4.
func Powers[T walkers.Value](m func(s []T) float64) []Mean[T] {
	return []Mean[T]{
		{"magnetization", m},
		{"|magnetization|", func(s []T) float64 { return math.Abs(m(s)) }},
		{"magnetization^2", func(s []T) float64 { x := m(s); return x * x }},
		{"magnetization^4", func(s []T) float64 { x := m(s); return x * x * x * x }},
	}
}

const (
	most  = 1 << 22 // states
	chunk = 1 << 12
)

// Enumeration is the entry for a system; list is called after its Check.
func Enumeration[T walkers.Value, S any, P walkers.System[T, S]](name string, list func(m P) Listed[T]) contract.Entry {
	e := walkers.Line[S, exact.Enumeration]("solve", name, "Enumeration")
	e.Solve = func(ctx context.Context, system, _ any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(P)
		if err := m.Check(); err != nil {
			return err
		}
		return enumerate(ctx, list(m), at, observe, out)
	}
	return e
}

func enumerate[T walkers.Value](ctx context.Context, m Listed[T], at []contract.Params, observe []string, out contract.Results) error {
	names := append([]string(nil), factors.ThermalNames...)
	for _, q := range m.Means {
		names = append(names, q.Name)
	}
	set, err := contract.Chosen("Enumeration", observe, names)
	if err != nil {
		return err
	}
	kT, err := factors.Temperatures(at)
	if err != nil {
		return err
	}
	q, n := len(m.Values), 1
	for range m.Sites {
		if n *= q; n > most {
			return spec.Mismatch("Enumeration", fmt.Sprintf("at most %d states", most), fmt.Sprintf("%d^%d", q, m.Sites)).Try("TransferMatrix() on a strip, or sample")
		}
	}
	if _, err := array.Plan(n*(1+len(m.Means)), 8, "all states"); err != nil {
		return err
	}
	energy, means := make([]float64, n), make([][]float64, len(m.Means))
	for k := range means {
		if set[m.Means[k].Name] {
			means[k] = make([]float64, n)
		}
	}
	chunks := (n + chunk - 1) / chunk
	if err := par.Do(ctx, 0, chunks, func(c int) error {
		s := make([]T, m.Sites)
		for state := c * chunk; state < min(n, (c+1)*chunk); state++ {
			rest := state
			for i := range s {
				s[i] = m.Values[rest%q]
				rest /= q
			}
			energy[state] = m.Energy(s)
			for k, x := range means {
				if x != nil {
					x[state] = m.Means[k].Of(s)
				}
			}
		}
		return nil
	}); err != nil {
		return err
	}
	lowest := math.Inf(1)
	for _, e := range energy {
		lowest = min(lowest, e)
	}
	columns := factors.Columns{}
	for _, T := range kT {
		if err := ctx.Err(); err != nil {
			return err
		}
		var z, first, second float64
		sums := make([]float64, len(means))
		for state, e := range energy {
			x := (e - lowest) / T
			w := functions.Exp1(-x)
			z += w
			first += float64(w * x)
			second += float64(w * x * x)
			for k, y := range means {
				if y != nil {
					sums[k] += float64(w * y[state])
				}
			}
		}
		mean := first / z
		columns.Thermals(T, lowest, functions.Log1(z), mean, second/z-float64(mean*mean))
		for k, sum := range sums {
			columns[m.Means[k].Name] = append(columns[m.Means[k].Name], sum/z)
		}
	}
	return columns.Deliver(out, set, names)
}
