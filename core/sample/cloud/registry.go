package cloud

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/density"
)

// Registry lists the methods: one line each.
func Registry() []contract.Entry {
	return []contract.Entry{
		entry[density.Density, SVGD]("Density", "SVGD", openSVGD, "finite N", "Q. Liu, D. Wang, NeurIPS 2016, arXiv:1608.04471",
			"L. Sharrock, C. Nemeth, ICML 2023, arXiv:2301.11294", "J. Shi, C. Liu, L. Mackey, ICLR 2022, arXiv:2106.12506"),
		entry[density.Functional, MeanFieldLangevin]("Functional", "MeanFieldLangevin", openMeanField, "O(dt), finite N", "Q. Fu, A. C. Wilson, ICLR 2024, arXiv:2312.16360"),
		entry[density.Functional, ParticleDescent]("Functional", "ParticleDescent", openDescent, "finite N", "H. Daneshmand, J. D. Lee, C. Jin, arXiv:2302.04753"),
		entry[density.Game, MinimaxLangevin]("Game", "MinimaxLangevin", openMinimax, "O(dt), finite N", "J. Kim, K. Yamamoto, K. Oko, Z. Yang, T. Suzuki, ICLR 2024, arXiv:2312.01127"),
		entry[density.Game, BestResponse]("Game", "BestResponse", openBest, "O(dt), finite N", "J. Kim, K. Yamamoto, K. Oko, Z. Yang, T. Suzuki, ICLR 2024, arXiv:2312.01127"),
		entry[density.Inverse, EnsembleKalman]("Inverse", "EnsembleKalman", openKalman, "O(dt)", "A. Garbuno-Inigo, F. Hoffmann, W. Li, A. M. Stuart, SIAM J. Appl. Dyn. Syst. 19, 412 (2020), doi:10.1137/19M1251655",
			"A. Garbuno-Inigo, N. Nuesken, S. Reich, SIAM J. Appl. Dyn. Syst. 19, 1633 (2020), doi:10.1137/19M1304891"),
	}
}

func entry[S, M any](system, name string, open func(system, method any, o contract.Order) (contract.Staged, error), accuracy string, cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: system, Method: name, Accuracy: accuracy, Cite: cite,
		NewSystem: func() any { return new(S) }, NewMethod: func() any { return new(M) }, Stages: open,
	}
}
