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
	}
}

func entry[S, M any](system, name string, open func(system, method any, o contract.Order) (contract.Staged, error), accuracy string, cite ...string) contract.Entry {
	return contract.Entry{
		Verb: "sample", System: system, Method: name, Accuracy: accuracy, Cite: cite,
		NewSystem: func() any { return new(S) }, NewMethod: func() any { return new(M) }, Stages: open,
	}
}
