package sample

import (
	"context"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/field"
	"github.com/ergodica/ergodica/core/rng"
)

// Trajectories of 100 leapfrog steps of 64 fields of 64 x 64, in turn.
func BenchmarkFieldTrajectories(b *testing.B) {
	l, err := geometry.NewHypercubic([]int{64, 64})
	if err != nil {
		b.Fatal(err)
	}
	m := &field.Phi4{Lattice: *l, Mass2: -1, Lam: 0.8}
	walkers := make([]contract.Walker, 64)
	for w := range walkers {
		walkers[w] = contract.Walker{Params: contract.Params{KT: 1}, Key: rng.New(uint64(w))}
	}
	method := &HMC{Steps: 100, TargetAccept: 0.8, Metric: "automatic", StepSize: 0.01}
	e, err := hmcEntry().Open(m, method, walkers, contract.Start{Kind: "random"})
	if err != nil {
		b.Fatal(err)
	}
	for n := int64(1); b.Loop(); n++ {
		for w := range walkers {
			if err := e.SweepTo(context.Background(), w, n, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(b.Elapsed().Seconds()*1e9/float64(b.N)/64/100/4096, "ns/site")
}
