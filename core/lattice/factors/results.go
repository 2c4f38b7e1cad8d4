package factors

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// ThermalNames are the results of every exact solution.
var ThermalNames = []string{"log_z", "free_energy", "energy", "heat_capacity", "entropy"}

var momentNames = []string{"magnetization", "magnetization^2", "susceptibility"}

// Columns are results by name, a number or a row for each temperature.
type Columns map[string][]float64

// Thermals adds a temperature from the lowest energy, log sum exp(-(E-lowest)/kT), mean and variance of (E-lowest)/kT.
func (c Columns) Thermals(kT, lowest, logs, mean, variance float64) {
	for name, x := range map[string]float64{
		"log_z": logs - lowest/kT, "free_energy": lowest - float64(kT*logs), "energy": lowest + float64(kT*mean), "heat_capacity": max(variance, 0), "entropy": logs + mean,
	} {
		c[name] = append(c[name], x)
	}
}

// Deliver gives the chosen ones, one number per temperature.
func (c Columns) Deliver(out contract.Results, set map[string]bool, names []string) error {
	for _, name := range names {
		if set[name] {
			if err := out.Add(name, array.Float64, nil, nil, c[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// Temperatures are the kT of the points, each positive and finite.
func Temperatures(at []contract.Params) (kT []float64, err error) {
	for _, p := range at {
		if !(p.KT > 0) || math.IsInf(p.KT, 1) || len(p.Extra) > 0 {
			return nil, spec.Expected("kT", "a positive, finite temperature, and no other parameter", p.KT)
		}
		kT = append(kT, p.KT)
	}
	return kT, nil
}

// Transfer is TransferMatrix for any model: sites are summed over one after the other.
func Transfer(ctx context.Context, m *Model, at []contract.Params, observe []string, out contract.Results) error {
	names := ThermalNames
	if m.Numbers != nil {
		names = append(names[:len(names):len(names)], momentNames...)
	}
	set, err := contract.Chosen("TransferMatrix of this model", observe, names)
	if err != nil {
		return err
	}
	kT, err := Temperatures(at)
	if err != nil {
		return err
	}
	s, err := m.Solver()
	if err != nil {
		return err
	}
	out.Note("largest_table", s.Largest())
	columns, done, total := Columns{}, 0.0, float64(len(kT))
	for k, T := range kT {
		x, err := s.At(ctx, T, func(more float64) {
			done += more
			out.Progress(min(done, total), total, "temperatures")
		})
		if err != nil {
			return err
		}
		done = float64(k + 1)
		out.Progress(done, total, "temperatures")
		columns.Thermals(T, 0, x.Entropy-x.Mean, x.Mean, x.Variance)
		columns["entropy"][k] = x.Entropy
		n := float64(m.Sites)
		for name, y := range map[string]float64{"magnetization": x.M / n, "magnetization^2": (x.Square + float64(x.M*x.M)) / (n * n), "susceptibility": x.Square / (n * T)} {
			columns[name] = append(columns[name], y)
		}
	}
	return columns.Deliver(out, set, names)
}
