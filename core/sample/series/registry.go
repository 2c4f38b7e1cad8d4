package series

import (
	"context"

	"github.com/ergodica/ergodica/core/contract"
)

// Registry lists the methods: one line each.
func Registry() []contract.Entry {
	return []contract.Entry{
		staged("BootstrapFilter", "finite N", func(m *StateSpace, f *BootstrapFilter, o contract.Order) (contract.Staged, error) {
			return newFiltering(m, f.Particles, f.Resampling, f.Threshold, o)
		}, "N. J. Gordon, D. J. Salmond, A. F. M. Smith, IEE Proc. F 140, 107 (1993), doi:10.1049/ip-f-2.1993.0015"),
		staged("GuidedFilter", "finite N", func(m *StateSpace, f *GuidedFilter, o contract.Order) (contract.Staged, error) {
			return newFiltering(m, f.Particles, f.Resampling, f.Threshold, o)
		}, "A. Doucet, S. Godsill, C. Andrieu, Stat. Comput. 10, 197 (2000), doi:10.1023/A:1008935410038"),
		staged("AuxiliaryFilter", "finite N", func(m *StateSpace, f *AuxiliaryFilter, o contract.Order) (contract.Staged, error) {
			if err := need("AuxiliaryFilter", "log_lookahead", &m.Look); err != nil {
				return nil, err
			}
			return newFiltering(m, f.Particles, f.Resampling, f.Threshold, o)
		}, "M. K. Pitt, N. Shephard, J. Am. Stat. Assoc. 94, 590 (1999), doi:10.1080/01621459.1999.10474153"),
		staged("HamiltonianFilter", "finite N", func(m *StateSpace, f *HamiltonianFilter, o contract.Order) (contract.Staged, error) {
			return newFiltering(m, f.Particles, f.Resampling, f.Threshold, o)
		}, "R. M. Neal, Stat. Comput. 11, 125 (2001), doi:10.1023/A:1008923215028"),
		staged("FFBSi", "finite N", newBackward, "S. J. Godsill, A. Doucet, M. West, J. Am. Stat. Assoc. 99, 156 (2004), doi:10.1198/016214504000000151"),
		staged("PaRIS", "finite N", newForward, "J. Olsson, J. Westerborn, Bernoulli 23, 1951 (2017), doi:10.3150/16-BEJ801"),
		staged("PPG", "finite N", newPPG, "G. Cardoso, S. El Idrissi, S. Le Corff, E. Moulines, J. Olsson, Proc. ICML 202, 3702 (2023), arXiv:2301.00900"),
		staged("SMC2", "finite N", newSquared, "N. Chopin, P. E. Jacob, O. Papaspiliopoulos, J. R. Stat. Soc. B 75, 397 (2013), doi:10.1111/j.1467-9868.2012.01046.x"),
		walkers("PMMH", openPMMH, "C. Andrieu, A. Doucet, R. Holenstein, J. R. Stat. Soc. B 72, 269 (2010), doi:10.1111/j.1467-9868.2009.00736.x"),
		walkers("ParticleGibbs", openGibbs, "F. Lindsten, M. I. Jordan, T. B. Schoen, J. Mach. Learn. Res. 15, 2145 (2014)"),
		solver("LinearGaussian", "KalmanFilter", func() any { return new(LinearGaussian) }, func() any { return new(KalmanFilter) }, solveKalman,
			"R. E. Kalman, J. Basic Eng. 82, 35 (1960), doi:10.1115/1.3662552"),
		solver("LinearGaussian", "KalmanSmoother", func() any { return new(LinearGaussian) }, func() any { return new(KalmanSmoother) }, solveSmoother,
			"H. E. Rauch, F. Tung, C. T. Striebel, AIAA J. 3, 1445 (1965), doi:10.2514/3.3166"),
		solver("StateSpace", "GridFilter", func() any { return new(StateSpace) }, func() any { return new(GridFilter) }, solveGrid,
			"G. Kitagawa, J. Am. Stat. Assoc. 82, 1032 (1987), doi:10.1080/01621459.1987.10478534"),
	}
}

func solver(system, method string, newSystem, newMethod func() any,
	solve func(ctx context.Context, system, method any, at []contract.Params, observe []string, out contract.Results) error, cite ...string) contract.Entry {
	return contract.Entry{Verb: "solve", System: system, Method: method, Accuracy: "exact", Cite: cite, NewSystem: newSystem, NewMethod: newMethod, Solve: solve}
}

func staged[M any](name, accuracy string, open func(m *StateSpace, method *M, o contract.Order) (contract.Staged, error), cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: "StateSpace", Method: name, Accuracy: accuracy, Cite: cite,
		NewSystem: func() any { return new(StateSpace) },
		NewMethod: func() any { return new(M) },
		Stages: func(system, method any, o contract.Order) (contract.Staged, error) {
			return open(system.(*StateSpace), method.(*M), o)
		},
	}
}

func walkers[M any](name string, open func(m *StateSpace, method *M, w []contract.Walker, s contract.Start) (contract.Ensemble, error), cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: "StateSpace", Method: name, Accuracy: "exact", Cite: cite,
		NewSystem: func() any { return new(StateSpace) },
		NewMethod: func() any { return new(M) },
		Open: func(system, method any, w []contract.Walker, s contract.Start) (contract.Ensemble, error) {
			return open(system.(*StateSpace), method.(*M), w, s)
		},
	}
}
