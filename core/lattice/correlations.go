package lattice

import (
	"math/bits"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
)

// twoPoint is the correlation along the axes,
//
//	C(r) = average of s_x s_{x + r e_d}   over all positions x and axes d,   r = 0, ..., R,
//
// not connected (no <s>^2 is taken away). On an open axis only pairs inside the lattice count. R is the smallest over the axes of L/2
// (rounded down) where periodic and L - 1 where open; axes of length 1 do not count. Sums are of integers, so exact.
func twoPoint(e *ensemble) (contract.Observable, error) {
	if err := e.Model.(*Ising).hypercubic("two_point"); err != nil {
		return contract.Observable{}, err
	}
	p := newPairs(e.Model.(*Ising).Lattice.Shape, e.Model.(*Ising).Lattice.Periodic)
	rows := make([][]uint64, len(e.Kernels))
	return contract.Observable{
		Dtype: array.Float64, Shape: []int{p.reach + 1}, Dims: []string{"r"},
		Record: func(w int, row []byte) {
			if rows[w] == nil {
				rows[w] = make([]uint64, p.scratch())
			}
			p.measure(array.Cast[float64](row), e.Read(w, w), rows[w])
		},
	}, nil
}

// pairs counts equal pairs on a lattice, 64 at a time: lines along one axis become bits.
type pairs struct {
	shape    []int
	periodic []bool
	reach    int
	longest  int
}

func newPairs(shape []int, periodic []bool) *pairs {
	p := &pairs{shape: shape, periodic: periodic, longest: 1}
	for d, n := range shape {
		if n == 1 {
			continue
		}
		r := n - 1
		if periodic[d] {
			r = n / 2
		}
		if p.longest == 1 || r < p.reach {
			p.reach = r
		}
		p.longest = max(p.longest, n)
	}
	return p
}

// scratch is the words for one line, twice in a row, and one to read beyond; and for the unlike pairs at each distance.
func (p *pairs) scratch() int { return 2*p.longest/64 + 2 + p.reach + 1 }

func (p *pairs) measure(dst []float64, s []int8, scratch []uint64) {
	line, unlike := scratch[:len(scratch)-p.reach-1], scratch[len(scratch)-p.reach-1:]
	clear(unlike)
	stride := 1
	for d := len(p.shape) - 1; d >= 0; d-- {
		n := p.shape[d]
		for first := 0; first < len(s) && n > 1; first += stride * n {
			for i := first; i < first+stride; i++ {
				pack(line, s[i:], n, stride)
				for r := 1; r <= p.reach; r++ {
					count := n - r
					if p.periodic[d] {
						count = n
					}
					unlike[r] += uint64(differ(line, r, count))
				}
			}
		}
		stride *= n
	}
	dst[0] = 1
	for r := 1; r <= p.reach; r++ {
		all := 0
		for d, n := range p.shape {
			switch {
			case n == 1:
			case p.periodic[d]:
				all += len(s)
			default:
				all += len(s) / n * (n - r)
			}
		}
		dst[r] = float64(all-2*int(unlike[r])) / float64(all)
	}
}

// pack writes the n spins s[0], s[stride], ... as bits, twice.
func pack(line []uint64, s []int8, n, stride int) {
	clear(line)
	for j := range n {
		bit := uint64(uint8(s[j*stride])>>7) ^ 1
		line[j>>6] |= bit << (j & 63)
		line[(n+j)>>6] |= bit << ((n + j) & 63)
	}
}

// differ counts the j < n at which bits j and j + r are unlike.
func differ(line []uint64, r, n int) int {
	c := 0
	for at := 0; at < n; at += 64 {
		i := (at + r) >> 6
		shift := uint(r & 63)
		x := line[at>>6] ^ (line[i]>>shift | line[i+1]<<1<<(63-shift))
		if n-at < 64 {
			x &= 1<<(n-at) - 1
		}
		c += bits.OnesCount64(x)
	}
	return c
}

// structureFactor is
//
//	S(k) = | sum_x s_x exp(-i k x) |^2 / N,   k_d = 2 pi n_d / L_d,   n_d = 0, ..., L_d - 1,
//
// in the shape of the lattice (NumPy's order of frequencies); S(0) = N m^2, and the mean over all k is 1. Open axes are transformed on the
// same grid.
func structureFactor(e *ensemble) (contract.Observable, error) {
	if err := e.Model.(*Ising).hypercubic("structure_factor"); err != nil {
		return contract.Observable{}, err
	}
	shape := e.Model.(*Ising).Lattice.Shape
	if _, err := array.Plan(e.Model.(*Ising).Lattice.Sites()*len(e.Kernels), 16, "the Fourier transforms of all walkers"); err != nil {
		return contract.Observable{}, err
	}
	grids := make([]*walkers.Grid, len(e.Kernels))
	return contract.Observable{
		Dtype: array.Float64, Shape: shape, Dims: walkers.AxisNames("k", len(shape)),
		Record: func(w int, row []byte) {
			if grids[w] == nil {
				grids[w] = walkers.NewGrid(shape)
			}
			s, dst := e.Read(w, w), array.Cast[float64](row)
			clear(dst)
			grids[w].AddPower(dst, func(i int) float64 { return float64(s[i]) })
		},
	}, nil
}
