package over

import "github.com/ergodica/ergodica/core/contract"

// Registry lists the methods: one line each.
func Registry() []contract.Entry {
	return []contract.Entry{
		driven[ParallelTempering]("ParallelTempering", openLadders,
			"K. Hukushima, K. Nemoto, J. Phys. Soc. Jpn. 65, 1604 (1996), doi:10.1143/JPSJ.65.1604",
			"S. Syed, A. Bouchard-Cote, G. Deligiannidis, A. Doucet, J. R. Stat. Soc. B 84, 321 (2022), doi:10.1111/rssb.12464"),
	}
}

// driven is a method that moves walkers together.
func driven[M any](name string, open func(method any, o contract.Order) (contract.Ensemble, error), cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: contract.Any, Method: name, Accuracy: "exact", Cite: cite,
		NewMethod: func() any { return new(M) },
		Drive:     func(_, method any, o contract.Order) (contract.Ensemble, error) { return open(method, o) },
	}
}
