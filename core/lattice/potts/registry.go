package potts

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/kinetics"
	"github.com/ergodica/ergodica/core/lattice/moves"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// Registry lists the methods.
func Registry() []contract.Entry {
	entries := []contract.Entry{
		walkers.Sampler("lattice.Potts", "HeatBath", func(m *Potts, method *moves.HeatBath) (builder, error) {
			return prepareHeatBath(m, &m.spins, method.Order)
		}, moves.HeatBathCite),
		walkers.Sampler("lattice.Potts", "Metropolis", func(m *Potts, method *moves.Metropolis) (builder, error) {
			return prepareMetropolis(m, &m.spins, method.Order)
		}, moves.MetropolisCite),
		walkers.Sampler("lattice.Potts", "Wolff", prepareWolffOfPotts, moves.WolffCite),
		walkers.Sampler("lattice.Potts", "SwendsenWang", prepareSwendsenWang, moves.SwendsenWangCite),
		walkers.Clock("lattice.Potts", "HeatBath", func(m *Potts, method *moves.HeatBath) (builder, error) { return prepareGlauber(m, &m.spins, method) }, moves.HeatBathCite),
		walkers.Sampler("lattice.Clock", "HeatBath", func(m *Clock, method *moves.HeatBath) (builder, error) {
			return prepareHeatBath(m, &m.spins, method.Order)
		}, moves.HeatBathCite),
		walkers.Sampler("lattice.Clock", "Metropolis", func(m *Clock, method *moves.Metropolis) (builder, error) {
			return prepareMetropolis(m, &m.spins, method.Order)
		}, moves.MetropolisCite),
		walkers.Sampler("lattice.Clock", "Wolff", prepareWolffOfClock, moves.WolffCite),
		walkers.Clock("lattice.Clock", "HeatBath", func(m *Clock, method *moves.HeatBath) (builder, error) { return prepareGlauber(m, &m.spins, method) }, moves.HeatBathCite),
		walkers.Clock("lattice.Pairwise", "HeatBath", func(m *Pairwise, method *moves.HeatBath) (builder, error) { return prepareGlauber(m, &m.spins, method) }, moves.HeatBathCite),
		walkers.Sampler("lattice.Tabled", "HeatBath", func(m *Tabled, method *moves.HeatBath) (builder, error) { return prepareTabled(m, method.Order, true) }, moves.HeatBathCite),
		walkers.Sampler("lattice.Tabled", "Metropolis", func(m *Tabled, method *moves.Metropolis) (builder, error) {
			return prepareTabled(m, method.Order, false)
		}, moves.MetropolisCite),
		walkers.Clock("lattice.Tabled", "HeatBath", prepareTabledClock, moves.HeatBathCite),
	}
	entries = append(entries, kinetics.Entries("lattice.Potts", func(m *Potts) (*kinetics.Spins[uint8], error) { return m.kinetic(m), nil })...)
	entries = append(entries, kinetics.Entries("lattice.Clock", func(m *Clock) (*kinetics.Spins[uint8], error) { return m.kinetic(m), nil })...)
	entries = append(entries, kinetics.Entries("lattice.Pairwise", func(m *Pairwise) (*kinetics.Spins[uint8], error) { return m.kinetic(m), nil })...)
	entries = append(entries, solvers()...)
	return append(entries, kinetics.Entries("lattice.Tabled", func(m *Tabled) (*kinetics.Spins[uint8], error) { return m.kinetic(), nil })...)
}
