package simd

// SumColumns sets dst[j] to the sum over i < rows <= [Leaf] of x[i stride + j], in the order in which [Sum] adds a leaf; float32 is widened
// first. Not a number is not made canonical. x holds at least (rows-1) stride + len(dst) elements.
func SumColumns[T Real](dst []float64, x []T, stride, rows int) {
	if rows > 0 {
		_ = x[(rows-1)*stride:][:len(dst)]
	}
	for j := sumColumnsVector(dst, x, stride, rows); j < len(dst); j++ {
		var lane [8]float64
		for i := range rows {
			lane[i&7] += float64(x[i*stride+j])
		}
		dst[j] = addLanes(&lane)
	}
}
