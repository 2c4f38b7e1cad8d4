//go:build !(goexperiment.simd && amd64)

package checkered

func (m *Layout) sums512(dst, other []uint8, c, from, to int) { m.sums1(dst, other, c, from, to) }

func (m *Layout) sums256(dst, other []uint8, c, from, to int) { m.sums1(dst, other, c, from, to) }

func (m *Layout) alike512(own, other []uint8, c, from, to int) int {
	return m.alike1(own, other, c, from, to)
}

func (m *Layout) alike256(own, other []uint8, c, from, to int) int {
	return m.alike1(own, other, c, from, to)
}

func (m *Layout) number512(x []uint8, v uint8, c, from, to int) int {
	return m.number1(x, v, c, from, to)
}

func (m *Layout) number256(x []uint8, v uint8, c, from, to int) int {
	return m.number1(x, v, c, from, to)
}
