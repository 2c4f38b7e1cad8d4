package sample

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
)

// Registry lists the methods: one line each.
func Registry() (all []contract.Entry) {
	for _, e := range lines() {
		all = append(all, e.Entry)
		if e.Method == "Independence" { // only densities bring what they draw from
			continue
		}
		remote := e.Entry
		remote.System, remote.NewSystem = "Remote", func() any { return new(density.Remote) }
		all = append(all, remote)
		if e.Method != "Gibbs" && e.Method != "RiemannianHMC" { // blocks of a space, third derivatives
			all = append(all, anywhere(e.Entry))
		}
	}
	for _, e := range []contract.Entry{
		geodesicEntry("GeodesicNUTS", newGeodesicNUTS, "S. Byrne, M. Girolami, Scand. J. Stat. 40, 825 (2013), doi:10.1111/sjos.12036", "M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014)"),
		geodesicEntry("GeodesicHMC", newGeodesicHMC, "S. Byrne, M. Girolami, Scand. J. Stat. 40, 825 (2013), doi:10.1111/sjos.12036"),
	} {
		all = append(all, e, anywhere(e))
	}
	return append(all,
		flockEntry("StretchMove", func(m *StretchMove) int { return m.Steps }, "J. Goodman, J. Weare, CAMCoS 5, 65 (2010), doi:10.2140/camcos.2010.5.65"),
		flockEntry("DifferentialEvolution", func(m *DifferentialEvolution) int { return m.Steps }, "C. J. F. ter Braak, Stat. Comput. 16, 239 (2006), doi:10.1007/s11222-006-8769-1"),
		discreteEntry("DiscreteGibbs", newDiscreteGibbs, "S. Geman, D. Geman, IEEE PAMI 6, 721 (1984), doi:10.1109/TPAMI.1984.4767596"),
		discreteEntry("LocallyInformed", newLocallyInformed, "G. Zanella, J. Am. Stat. Assoc. 115, 852 (2020), doi:10.1080/01621459.2019.1585255"),
		discreteEntry("GibbsWithGradients", newGibbsWithGradients, "W. Grathwohl, K. Swersky, M. Hashemi, D. Duvenaud, C. Maddison, ICML (2021), arXiv:2102.04509"),
	)
}

// anywhere is the line for all named targets.
func anywhere(e contract.Entry) contract.Entry {
	e.System, e.NewSystem = contract.Targets, nil
	return e
}

// line is an entry with what makes its kernels, for methods that consist of others.
type line struct {
	contract.Entry
	decode decode
}

func lines() []line {
	return []line{
		entry("NUTS", newNUTS, "M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014)", "M. Betancourt, arXiv:1701.02434"),
		hmcEntry("S. Duane, A. D. Kennedy, B. J. Pendleton, D. Roweth, Phys. Lett. B 195, 216 (1987), doi:10.1016/0370-2693(87)91197-X",
			"I. P. Omelyan, I. M. Mryglod, R. Folk, Comput. Phys. Commun. 151, 272 (2003), doi:10.1016/S0010-4655(02)00754-3"),
		entry("MALA", newMALA, "G. O. Roberts, R. L. Tweedie, Bernoulli 2, 341 (1996), doi:10.2307/3318418"),
		entry("RandomWalk", newRandomWalk, "M. Vihola, Stat. Comput. 22, 997 (2012), doi:10.1007/s11222-011-9269-5"),
		entry("Independence", newIndependence, "L. Tierney, Ann. Stat. 22, 1701 (1994), doi:10.1214/aos/1176325750"),
		entry("Slice", newSlice, "R. M. Neal, Ann. Stat. 31, 705 (2003), doi:10.1214/aos/1056562461"),
		entry("EllipticalSlice", newElliptical, "I. Murray, R. P. Adams, D. J. C. MacKay, AISTATS 2010, PMLR 9, 541"),
		entry("AdjustedMCLMC", newAdjusted, "J. Robnik, R. Cohn-Gordon, U. Seljak, arXiv:2503.01707"),
		biased("O(dt^2)", entry("MCLMC", newLangevin, "J. Robnik, G. B. De Luca, E. Silverstein, U. Seljak, JMLR 24, 311 (2023)")),
		entry("RiemannianHMC", newRiemannian, "M. Girolami, B. Calderhead, J. R. Stat. Soc. B 73, 123 (2011), doi:10.1111/j.1467-9868.2010.00765.x", "M. Betancourt, arXiv:1212.4693"),
		gibbsEntry("S. Geman, D. Geman, IEEE TPAMI 6, 721 (1984), doi:10.1109/TPAMI.1984.4767596", "L. Tierney, Ann. Stat. 22, 1701 (1994)"),
	}
}

// decoders are by the methods' names.
func decoders() map[string]decode {
	all := map[string]decode{
		"GeodesicNUTS": decoder(along(newGeodesicNUTS)), "GeodesicHMC": decoder(along(newGeodesicHMC)),
		"DiscreteGibbs": decoder(onSites(newDiscreteGibbs)), "LocallyInformed": decoder(onSites(newLocallyInformed)),
		"GibbsWithGradients": decoder(onSites(newGibbsWithGradients)),
	}
	for _, l := range lines() {
		if l.Method != "Gibbs" && l.Method != "RiemannianHMC" && l.Method != "Independence" {
			all[l.Method] = l.decode
		}
	}
	return all
}

func biased(order string, l line) line {
	l.Accuracy = order
	return l
}

func entry[M any](name string, build func(m *M, n int, warmup int64) (kernel, error), cite ...string) line {
	return line{contract.Entry{
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
	}, decoder(plain(build))}
}
