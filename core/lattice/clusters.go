package lattice

import (
	"io"
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// clustered is a kernel that divides the whole lattice into clusters.
type clustered interface {
	// clusterSizes are the sizes of the clusters of the last update, by their smallest sites; the one that is bonded to the ghost comes
	// first. Empty before the first update. The slice is the kernel's and holds until the next call.
	clusterSizes() []int64
}

// visitsPerCheck is the work between two looks at the context: well below 0.1 s.
const visitsPerCheck = 1 << 16

// joinThreshold decides whether a satisfied bond of the given strength joins its ends: p = 1 - exp(-2 |strength| / kT), 1 at kT = 0.
func joinThreshold(strength, kT float64) rng.Threshold {
	if strength == 0 {
		return 0
	}
	return rng.NewThreshold(-functions.Expm11(-2 * math.Abs(strength) / kT))
}

// flat looks at groups of 512 lanes as 64-bit words.
func flat(groups [][8]uint64) []uint64 {
	return unsafe.Slice((*uint64)(unsafe.Pointer(unsafe.SliceData(groups))), 8*len(groups))
}

// hypercube is a hypercubic lattice without its axes of length 1, which have no bonds.
type hypercube struct {
	n        int
	shape    []int
	stride   []int
	periodic []bool
}

func newHypercube(l *geometry.Lattice) hypercube {
	h := hypercube{n: l.Sites()}
	for d, n := range l.Shape {
		if n > 1 {
			h.shape = append(h.shape, n)
			h.periodic = append(h.periodic, l.Periodic[d])
		}
	}
	h.stride = make([]int, len(h.shape))
	for d, s := len(h.shape)-1, 1; d >= 0; d-- {
		h.stride[d] = s
		s *= h.shape[d]
	}
	return h
}

func (h *hypercube) at(i, axis int) int { return i / h.stride[axis] % h.shape[axis] }

// step is the neighbour of site i one further along the axis, or one back; i itself where an open boundary leaves none.
func (h *hypercube) step(i, axis int, back bool) int {
	n, s := h.shape[axis], h.stride[axis]
	at := h.at(i, axis)
	switch {
	case back && at > 0:
		return i - s
	case !back && at < n-1:
		return i + s
	case !h.periodic[axis]:
		return i
	case back:
		return i + (n-1)*s
	}
	return i - (n-1)*s
}

// bipartite tells whether the sites fall into two colours, and odd is the colour of a site.
func (h *hypercube) bipartite() bool {
	for d, n := range h.shape {
		if h.periodic[d] && n%2 == 1 {
			return false
		}
	}
	return true
}

func (h *hypercube) odd(i int) uint8 {
	sum := 0
	for d := range h.shape {
		sum += h.at(i, d)
	}
	return uint8(sum & 1)
}

// savedSpins reads a configuration.
func savedSpins(r io.Reader, n int) ([]int8, error) {
	s := make([]int8, n)
	if err := saved.Get(r, s); err != nil {
		return nil, err
	}
	return s, signs(s)
}
