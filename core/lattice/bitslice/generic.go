//go:build !(goexperiment.simd && amd64)

package bitslice

func (c *Classes) sortVector(mask, rest []Group, in *Inputs) { c.sortScalar(mask, rest, in) }

func (r *Rows) slotsVector(dst, other []Group, from int, flip uint64) {
	r.slotsScalar(dst, other, from, flip)
}

func (r *Rows) wordsVector(dst, other []Group, from int, flip uint64) {
	r.wordsScalar(dst, other, from, flip)
}

func flipVector(own, hit, rest []Group, draw bool) int { return flipScalar(own, hit, rest, draw) }

func (in *Inputs) unlikeVector() int { return in.unlikeScalar() }

func countVector(x []Group) int { return countScalar(x) }

func (s *Shift) gatherVector(dst []Group, words []uint64, zero, from int) {
	s.gatherScalar(dst, words, zero, from)
}

func bondVector(dst, src, negative, missing, own []Group) {
	bondScalar(dst, src, negative, missing, own)
}

func fieldsVector(x []float64, own []Group, neighbours [][]Group, J [][]float64, first int) bool {
	return fieldsScalar(x, own, neighbours, J, first)
}
