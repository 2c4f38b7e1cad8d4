package sample

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
)

// Registry lists the methods: one line each.
func Registry() (all []contract.Entry) {
	for _, e := range []contract.Entry{
		entry("NUTS", newNUTS, "M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014)", "M. Betancourt, arXiv:1701.02434"),
		entry("HMC", newHMC, "S. Duane, A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987), doi:10.1016/0370-2693(87)91197-X"),
		entry("MALA", newMALA, "G. O. Roberts, R. L. Tweedie, Bernoulli 2, 341 (1996), doi:10.2307/3318418"),
		entry("RandomWalk", newRandomWalk, "M. Vihola, Stat. Comput. 22, 997 (2012), doi:10.1007/s11222-011-9269-5"),
	} {
		remote := e
		remote.System, remote.NewSystem = "Remote", func() any { return new(density.Remote) }
		all = append(all, e, remote)
	}
	return append(all,
		flockEntry("StretchMove", func(m *StretchMove) int { return m.Steps }, "J. Goodman, J. Weare, CAMCoS 5, 65 (2010), doi:10.2140/camcos.2010.5.65"),
		flockEntry("DifferentialEvolution", func(m *DifferentialEvolution) int { return m.Steps }, "C. J. F. ter Braak, Stat. Comput. 16, 239 (2006), doi:10.1007/s11222-006-8769-1"),
		geodesicEntry("GeodesicNUTS", newGeodesicNUTS, "S. Byrne, M. Girolami, Scand. J. Stat. 40, 825 (2013), doi:10.1111/sjos.12036", "M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014)"),
		geodesicEntry("GeodesicHMC", newGeodesicHMC, "S. Byrne, M. Girolami, Scand. J. Stat. 40, 825 (2013), doi:10.1111/sjos.12036"),
	)
}

func entry[M any](name string, build func(m *M, n int, warmup int64) (kernel, error), cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: "Density", Method: name, Accuracy: "exact", Cite: cite,
		NewSystem: func() any { return new(density.Density) },
		NewMethod: func() any { return new(M) },
		Open: func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
			e, err := open(system.(contract.Target), walkers, start, func(n int, warmup int64) (kernel, error) { return build(method.(*M), n, warmup) })
			if err != nil {
				return nil, err
			}
			return e, nil
		},
	}
}
