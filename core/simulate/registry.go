package simulate

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
)

// Registry lists the methods: one line each.
func Registry() (all []contract.Entry) {
	for _, e := range []contract.Entry{
		entry[Langevin]("Langevin", "O(dt^2)", "B. Leimkuhler, C. Matthews, Appl. Math. Res. Express 2013, 34 (2013), doi:10.1093/amrx/abs010"),
		entry[Overdamped]("Overdamped", "O(dt)", "G. N. Milstein, M. V. Tretyakov, Stochastic Numerics for Mathematical Physics (Springer, 2004), doi:10.1007/978-3-662-10063-9"),
		entry[GeneralisedLangevin]("GeneralisedLangevin", "O(dt^2)", "A. D. Baczewski, S. D. Bond, J. Chem. Phys. 139, 044107 (2013), doi:10.1063/1.4815917",
			"M. Ceriotti, G. Bussi, M. Parrinello, J. Chem. Theory Comput. 6, 1170 (2010), doi:10.1021/ct900563s"),
		entry[NoseHoover]("NoseHoover", "O(dt^2)", "G. J. Martyna, M. L. Klein, M. Tuckerman, J. Chem. Phys. 97, 2635 (1992), doi:10.1063/1.463940",
			"G. J. Martyna, M. E. Tuckerman, D. J. Tobias, M. L. Klein, Mol. Phys. 87, 1117 (1996), doi:10.1080/00268979600100761"),
		entry[Verlet]("Verlet", "O(dt^2)", "L. Verlet, Phys. Rev. 159, 98 (1967), doi:10.1103/PhysRev.159.98"),
	} {
		remote := e
		remote.System, remote.NewSystem = "Remote", func() any { return new(density.Remote) }
		named := e
		named.System, named.NewSystem = contract.Targets, nil
		all = append(all, e, remote, named)
	}
	return all
}

// entry is the line of a method; the accuracy is that of its default scheme.
func entry[M any, P interface {
	*M
	method
}](name, accuracy string, cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "simulate", System: "Density", Method: name, Accuracy: accuracy, Cite: cite,
		NewSystem: func() any { return new(density.Density) },
		NewMethod: func() any { return new(M) },
		Open: func(system, method any, walkers []contract.Walker, start contract.Start) (contract.Ensemble, error) {
			e, err := open(system.(contract.Target), P(method.(*M)), walkers, start)
			if err != nil {
				return nil, err
			}
			return e, nil
		},
	}
}
