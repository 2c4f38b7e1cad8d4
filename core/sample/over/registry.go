package over

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
)

// Registry lists the methods: one line each.
func Registry() []contract.Entry {
	return []contract.Entry{
		driven[ParallelTempering]("ParallelTempering", openLadders,
			"K. Hukushima, K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), doi:10.1143/JPSJ.65.1604",
			"S. Syed, A. Bouchard-Cote, G. Deligiannidis, A. Doucet, J. R. Stat. Soc. B 84, 321 (2022), doi:10.1111/rssb.12464"),
		{Verb: "sample", System: "FeynmanKac", Method: "WeightedEuler", Accuracy: "O(dt), finite N",
			Cite:      []string{"P. Del Moral, Feynman-Kac Formulae, Springer 2004, doi:10.1007/978-1-4684-9393-1"},
			NewSystem: func() any { return new(density.FeynmanKac) }, NewMethod: func() any { return new(WeightedEuler) }, Stages: openWeighted},
		staged[SMC]("SMC", "finite N", "P. Del Moral, A. Doucet, A. Jasra, J. R. Stat. Soc. B 68, 411 (2006), doi:10.1111/j.1467-9868.2006.00553.x"),
		staged[AnnealedImportanceSampling]("AnnealedImportanceSampling", "finite N", "R. M. Neal, Stat. Comput. 11, 125 (2001), doi:10.1023/A:1008923215028"),
		staged[PopulationAnnealing]("PopulationAnnealing", "finite N", "K. Hukushima, Y. Iba, AIP Conf. Proc. 690, 200 (2003), doi:10.1063/1.1632130",
			"J. Machta, Phys. Rev. E 82, 026704 (2010), doi:10.1103/PhysRevE.82.026704"),
		staged[WangLandau]("WangLandau", "finite N", "F. Wang, D. P. Landau, Phys. Rev. Lett. 86, 2050 (2001), doi:10.1103/PhysRevLett.86.2050",
			"R. E. Belardinelli, V. D. Pereyra, Phys. Rev. E 75, 046701 (2007), doi:10.1103/PhysRevE.75.046701"),
		staged[Multicanonical]("Multicanonical", "finite N", "B. A. Berg, T. Neuhaus, Phys. Rev. Lett. 68, 9 (1992), doi:10.1103/PhysRevLett.68.9"),
		staged[NestedSampling]("NestedSampling", "finite N", "J. Skilling, Bayesian Anal. 1, 833 (2006), doi:10.1214/06-BA127"),
		staged[SimulatedTempering]("SimulatedTempering", "exact", "E. Marinari, G. Parisi, Europhys. Lett. 19, 451 (1992), doi:10.1209/0295-5075/19/6/002",
			"Z. Tan, J. Comput. Graph. Stat. 26, 54 (2017), doi:10.1080/10618600.2015.1113975"),
		staged[UmbrellaSampling]("UmbrellaSampling", "finite N", "G. M. Torrie, J. P. Valleau, J. Comput. Phys. 23, 187 (1977), doi:10.1016/0021-9991(77)90121-8",
			"M. R. Shirts, J. D. Chodera, J. Chem. Phys. 129, 124105 (2008), doi:10.1063/1.2978177"),
	}
}

// driven is a method that moves walkers together.
func driven[M any](name string, open func(method any, o contract.Order) (contract.Ensemble, error), cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: contract.Any, Method: name, Accuracy: "exact", Cite: cite, Unit: "ladder",
		NewMethod: func() any { return new(M) },
		Drive:     func(_, method any, o contract.Order) (contract.Ensemble, error) { return open(method, o) },
	}
}

// staged is a method that finds populations.
func staged[M any, P interface {
	*M
	open(o contract.Order) (contract.Staged, error)
}](name, accuracy string, cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: contract.Any, Method: name, Accuracy: accuracy, Cite: cite, Unit: "ladder",
		NewMethod: func() any { return new(M) },
		Stages:    func(_, method any, o contract.Order) (contract.Staged, error) { return P(method.(*M)).open(o) },
	}
}
