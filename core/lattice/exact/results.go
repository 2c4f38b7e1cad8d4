// Package exact solves Ising models: by enumeration, transfer matrices and closed forms.
package exact

import (
	"context"
	"math"
	"sort"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice"
	"github.com/ergodica/ergodica/core/lattice/factors"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/spec"
)

// thermal is what the exact solvers find at one temperature. Energy, free energy, heat capacity and entropy are of the whole system;
// m is the mean spin, sum_i s_i / N.
type thermal struct {
	logZ, free, energy, heat, entropy float64
	m, absM, m2, m4, chi, binder      float64
}

// exactColumns are the results of the exact solvers in the order in which they are given.
var exactColumns = []struct {
	name string
	of   func(*thermal) float64
}{
	{"log_z", func(t *thermal) float64 { return t.logZ }},
	{"free_energy", func(t *thermal) float64 { return t.free }},
	{"energy", func(t *thermal) float64 { return t.energy }},
	{"heat_capacity", func(t *thermal) float64 { return t.heat }},
	{"entropy", func(t *thermal) float64 { return t.entropy }},
	{"magnetization", func(t *thermal) float64 { return t.m }},
	{"|magnetization|", func(t *thermal) float64 { return t.absM }},
	{"magnetization^2", func(t *thermal) float64 { return t.m2 }},
	{"magnetization^4", func(t *thermal) float64 { return t.m4 }},
	{"susceptibility", func(t *thermal) float64 { return t.chi }},
	{"binder", func(t *thermal) float64 { return t.binder }},
}

var (
	thermalNames  = []string{"log_z", "free_energy", "energy", "heat_capacity", "entropy"}
	transferNames = append(thermalNames[:5:5], "magnetization", "magnetization^2", "susceptibility")
	momentNames   = append(thermalNames[:5:5], "magnetization", "|magnetization|", "magnetization^2", "magnetization^4", "susceptibility", "binder")
)

// Registry lists the exact solvers of Ising spins.
func Registry() []contract.Entry {
	return append([]contract.Entry{
		solver("Enumeration", (*Enumeration).solve),
		solver("TransferMatrix", (*TransferMatrix).solve,
			"H. A. Kramers, G. H. Wannier, Phys. Rev. 60, 252 (1941), doi:10.1103/PhysRev.60.252"),
		solver("Kaufman", (*Kaufman).solve,
			"B. Kaufman, Phys. Rev. 76, 1232 (1949), doi:10.1103/PhysRev.76.1232"),
		solver("Onsager", (*Onsager).solve,
			"L. Onsager, Phys. Rev. 65, 117 (1944), doi:10.1103/PhysRev.65.117",
			"C. N. Yang, Phys. Rev. 85, 808 (1952), doi:10.1103/PhysRev.85.808"),
	}, factors.Local[int8]("lattice.Ising", terms)...)
}

// solver is the entry of an exact solution.
func solver[M any](name string, solve func(method *M, ctx context.Context, m *lattice.Ising, at []contract.Params, observe []string, out contract.Results) error, cite ...string) contract.Entry {
	e := walkers.Line[lattice.Ising, M]("solve", "lattice.Ising", name, cite...)
	e.Solve = func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error {
		m := system.(*lattice.Ising)
		if err := m.Check(); err != nil {
			return err
		}
		return solve(method.(*M), ctx, m, at, observe, out)
	}
	return e
}

// terms are the model's bonds and fields as energies of two values, -1 and 1.
func terms(m *lattice.Ising) (*factors.Model, error) {
	g, err := m.Lattice.Graph()
	if err != nil {
		return nil, err
	}
	f := factors.Spins("Ising", g.Sites, m.H)
	f.Shape = m.Lattice.Shape
	f.Pairs(g, factors.Products(2), func(bond int) float64 { return -m.J.At(bond) })
	return f, nil
}

// deliver adds the chosen columns, one number per temperature.
func deliver(out contract.Results, set map[string]bool, rows []thermal) error {
	for _, c := range exactColumns {
		if !set[c.name] {
			continue
		}
		x := make([]float64, len(rows))
		for i := range rows {
			x[i] = c.of(&rows[i])
		}
		if err := out.Add(c.name, array.Float64, nil, nil, x); err != nil {
			return err
		}
	}
	return nil
}

// temperatures are the kT of the points, each positive and finite.
func temperatures(at []contract.Params) ([]float64, error) {
	kT := make([]float64, len(at))
	for i, p := range at {
		if !(p.KT > 0) || math.IsInf(p.KT, 1) {
			return nil, spec.Expected("kT", "a positive, finite temperature", p.KT)
		}
		if len(p.Extra) > 0 {
			var names []string
			for name := range p.Extra {
				names = append(names, name)
			}
			sort.Strings(names)
			return nil, spec.Errorf(spec.SpecError, "exact solutions of an Ising model scan kT alone, got %s as well", strings.Join(names, ", ")).Try("one solve per value")
		}
		kT[i] = p.KT
	}
	return kT, nil
}

// shifted fills the thermal part from the lowest energy, log sum exp(-(E-lowest)/kT), and the mean and variance of (E-lowest)/kT.
func (t *thermal) shifted(kT, lowest, logSum, mean, variance float64) {
	t.logZ = logSum - lowest/kT
	t.free = lowest - float64(kT*logSum)
	t.energy = lowest + float64(kT*mean)
	t.heat = variance
	t.entropy = logSum + mean
}

// moments fills the magnetic part from the weights of 0..n spins up.
func (t *thermal) moments(kT float64, up []float64) {
	n := float64(len(up) - 1)
	total := simd.Sum(up)
	for k := range len(up) / 2 { // k and n-k spins up together: m is exactly 0 when they weigh the same
		m := (n - 2*float64(k)) / n
		p := (up[len(up)-1-k] + up[k]) / total
		q := m * m
		t.m += float64((up[len(up)-1-k] - up[k]) / total * m)
		t.absM += float64(p * m)
		t.m2 += float64(p * q)
		t.m4 += float64(p * float64(q*q))
	}
	variance := 0.0
	for k, w := range up {
		d := (2*float64(k)-n)/n - t.m
		variance += float64(w / total * float64(d*d))
	}
	t.chi = n * variance / kT
	t.binder = 1 - t.m4/(3*float64(t.m2*t.m2))
}
