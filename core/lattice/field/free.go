package field

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// FreeField is the field without coupling, lam = 0, on a periodic hypercubic lattice of N sites, where plane waves are independent: with
// w(k) = mass2 + sum_axes (2 sin(k/2))^2, k = 2 pi n / L, at every kT it gives
//
//	log_z             sum_k log(2 pi kT / w(k)) / 2 + N h^2 / (2 mass2 kT)
//	energy            N kT / 2 - N h^2 / (2 mass2)
//	heat_capacity     N / 2
//	magnetization     h / mass2
//	magnetization^2   kT / (N mass2) + (h / mass2)^2
//	phi^2             (kT/N) sum_k 1/w(k) + (h / mass2)^2
//	kinetic           (kT/N) sum_k (1 - mass2/w(k)) / 2
//	correlator        (r,) as the model's observable: (kT/T) sum_k0 cos(k0 r) / w(k0, 0) + A (h / mass2)^2
//	propagator        shape of the lattice: kT / w(k), <|phi_k|^2>/N of the fluctuations, in NumPy's order of frequencies
//
// # Examples
//
//	>>> free = erg.lattice.Phi4((16, 16), mass2=0.25, lam=0.0)
//	>>> exact = erg.solve(free, erg.FreeField())
//	>>> print(float(exact["propagator"][0, 0]))
//	4.0
type FreeField struct{}

var freeNames = []string{"log_z", "energy", "heat_capacity", "magnetization", "magnetization^2", "phi^2", "kinetic", "correlator", "propagator"}

func (*FreeField) solve(ctx context.Context, m *Phi4, at []contract.Params, observe []string, out contract.Results) error {
	set, err := contract.Chosen("FreeField", observe, freeNames)
	if err != nil {
		return err
	}
	if m.Lam != 0 {
		return spec.Mismatch("FreeField", "lam = 0", "a coupling").With("argument", "lam")
	}
	if !m.torus() {
		return spec.Mismatch("FreeField", "a periodic hypercubic lattice", "another one")
	}
	shape, n := m.Lattice.Shape, m.Size()
	w := make([]float64, n)
	for i := range w {
		w[i] = m.Mass2
		for d, k := range array.Unravel(i, shape) {
			s, _ := functions.SincosTurns1(float64(k) / float64(2*shape[d]))
			w[i] += float64(4 * s * s)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	logs, inverse := 0.0, 0.0
	for _, x := range w {
		logs += functions.Log1(x)
		inverse += 1 / x
	}
	N, T := float64(n), shape[0]
	A := n / T
	shift := m.H / m.Mass2
	values := map[string][]float64{}
	add := func(name string, x ...float64) { values[name] = append(values[name], x...) }
	for _, p := range at {
		kT := p.KT
		if !(kT > 0) || math.IsInf(kT, 1) || len(p.Extra) > 0 {
			return spec.Expected("kT", "a positive, finite temperature, and no other parameter", kT)
		}
		add("log_z", float64(0.5*(float64(N*functions.Log1(2*math.Pi*kT))-logs))+float64(0.5*N*m.H*shift/kT))
		add("energy", float64(0.5*N*kT)-float64(0.5*N*m.H*shift))
		add("heat_capacity", 0.5*N)
		add("magnetization", shift)
		add("magnetization^2", kT/(N*m.Mass2)+float64(shift*shift))
		add("phi^2", kT*inverse/N+float64(shift*shift))
		add("kinetic", 0.5*kT*(1-m.Mass2*inverse/N))
		for r := range T/2 + 1 {
			sum := 0.0
			for k := range T {
				_, c := functions.SincosTurns1(float64(k*r%T) / float64(T))
				sum += c / w[k*A]
			}
			add("correlator", kT*sum/float64(T)+float64(float64(A)*shift*shift))
		}
		for _, x := range w {
			add("propagator", kT/x)
		}
	}
	for _, name := range freeNames {
		var inner []int
		var dims []string
		switch name {
		case "correlator":
			inner, dims = []int{T/2 + 1}, []string{"r"}
		case "propagator":
			inner = shape
			for d := range shape {
				dims = append(dims, "k"+string(rune('0'+d%10)))
			}
		}
		if set[name] {
			if err := out.Add(name, array.Float64, inner, dims, values[name]); err != nil {
				return err
			}
		}
	}
	return nil
}
