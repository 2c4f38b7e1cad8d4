package lattice

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// clusterSizes are the sizes of the Fortuin-Kasteleyn clusters of the last update, a row as long as there are clusters.
func clusterSizes(e *ensemble) (contract.Observable, error) {
	if err := divided(e, "cluster_sizes"); err != nil {
		return contract.Observable{}, err
	}
	return contract.Observable{Dtype: array.Int64, Dims: []string{"cluster"}, Ragged: func(w int) []byte {
		sizes := e.Kernels[w].(clustered).clusterSizes()
		return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(sizes))), 8*len(sizes))
	}}, nil
}

// clusterMagnetization2 is the improved estimator of m^2: the mean of m^2 over all orientations of the clusters of the last update,
//
//	sum_c (n_c / N)^2,
//
// for ferromagnets without fields (U. Wolff, Phys. Rev. Lett. 60, 1461 (1988)). NaN before the first update.
func clusterMagnetization2(e *ensemble) (contract.Observable, error) {
	const name = "cluster_magnetization^2"
	if err := divided(e, name); err != nil {
		return contract.Observable{}, err
	}
	m := e.Model.(*Ising)
	for b := range max(1, len(m.J.Values)) {
		if m.J.At(b) < 0 || !m.H.Zero() {
			return contract.Observable{}, spec.Mismatch(name, "J >= 0 and no fields", "an Ising with other couplings or fields").Try(`observe="magnetization^2"`)
		}
	}
	n := float64(m.Lattice.Sites())
	return contract.Observable{Dtype: array.Float64, Record: func(w int, row []byte) {
		sizes, sum := e.Kernels[w].(clustered).clusterSizes(), 0.0
		if len(sizes) == 0 {
			sum = math.NaN()
		}
		for _, s := range sizes {
			sum += float64(s) * float64(s) // exact below 2^53
		}
		array.Cast[float64](row)[0] = sum / n / n
	}}, nil
}

// divided refuses kernels that do not divide the system into clusters.
func divided(e *ensemble, name string) error {
	if _, ok := e.Kernels[0].(clustered); !ok {
		return spec.Mismatch(name, "a method that divides the system into clusters", "another").Try("SwendsenWang()")
	}
	return nil
}
