package checkered

import (
	"math/bits"

	"github.com/ergodica/ergodica/core/simd"
)

// Sums writes, for the places of the words from to to-1 of colour c, the sums of their neighbours in the plane of the other colour.
func (m *Layout) Sums(dst, other []uint8, c, from, to int) {
	if to <= from {
		return
	}
	_, _ = dst[64*(to-from)-1], other[:m.Size]
	switch simd.Current() {
	case simd.AVX512:
		m.sums512(dst, other, c, from, to)
	case simd.AVX2:
		m.sums256(dst, other, c, from, to)
	default:
		m.sums1(dst, other, c, from, to)
	}
}

func (m *Layout) sums1(dst, other []uint8, c, from, to int) {
	for w := from; w < to; w++ {
		ahead, out := m.Ahead[c][w], dst[64*(w-from):64*(w-from)+64]
		for l := range out {
			p := 64*w + l
			out[l] = other[p] + other[p-1+2*int(ahead>>l&1)]
		}
		for _, s := range m.Across {
			near, far := other[64*w+s:], other[64*w-s:]
			for l := range out {
				out[l] += near[l] + far[l]
			}
		}
	}
}

// Alike counts the neighbours of sites of colour c in other that have the site's value.
func (m *Layout) Alike(own, other []uint8, c int) (n int) {
	_, _ = own[:m.Size], other[:m.Size]
	from, to := m.Within[0], m.Within[1]
	switch simd.Current() {
	case simd.AVX512:
		return m.alike512(own, other, c, from, to)
	case simd.AVX2:
		return m.alike256(own, other, c, from, to)
	}
	return m.alike1(own, other, c, from, to)
}

func (m *Layout) alike1(own, other []uint8, c, from, to int) (n int) {
	for w := from; w < to; w++ {
		sites, ahead := m.Sites[c][w], m.Ahead[c][w]
		for l := range 64 {
			if sites>>l&1 == 0 {
				continue
			}
			p := 64*w + l
			x := own[p]
			same := func(y uint8) {
				if x == y {
					n++
				}
			}
			same(other[p])
			same(other[p-1+2*int(ahead>>l&1)])
			for _, s := range m.Across {
				same(other[p-s])
				same(other[p+s])
			}
		}
	}
	return n
}

// Number is how many sites have the value v.
func (m *Layout) Number(p *Planes[uint8], v uint8) (n int) {
	from, to := m.Within[0], m.Within[1]
	for c := range p {
		_ = p[c][:m.Size]
		switch simd.Current() {
		case simd.AVX512:
			n += m.number512(p[c], v, c, from, to)
		case simd.AVX2:
			n += m.number256(p[c], v, c, from, to)
		default:
			n += m.number1(p[c], v, c, from, to)
		}
	}
	return n
}

func (m *Layout) number1(x []uint8, v uint8, c, from, to int) (n int) {
	for w := from; w < to; w++ {
		for o := m.Sites[c][w]; o != 0; o &= o - 1 {
			if x[64*w+bits.TrailingZeros64(o)] == v {
				n++
			}
		}
	}
	return n
}
