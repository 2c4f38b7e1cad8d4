//go:build !(goexperiment.simd && amd64)

package lanes

func grouped() bool { return false }

func square(_, n int, to, x []float64, stride int)          { square1(n, to, x, stride) }
func less(_, n int, y, a, x []float64)                      { add1(n, y, -a[0], x) }
func times(_, n int, y, a []float64, stride int)            { times1(n, y, a[0], stride) }
func root(_ int, x, inverse []float64)                      { root1(x, inverse) }
func pivot(_, n, j int, x, at, inverse []float64)           { pivot1(n, j, x, at, inverse) }
func reflector(_ int, alpha, sigma, tau, inverse []float64) { reflector1(alpha, sigma, tau, inverse) }
func spoilt(_, n int, x, off []float64)                     { spoilt1(n, x, off) }
func largest(_, n int, x, most []float64)                   { largest1(n, x, most) }
func interleave(n int, x, a []float64, stride int)          { interleaveFrom(0, n, x, a, stride) }
func separate(n int, a, x []float64, stride int)            { separateFrom(0, n, a, x, stride) }

func block(n, i, j int, a []float64) { blockFrom(n, i, j, a) }
func raise(n, i, j int, a []float64) { raiseFrom(n, i, j, a) }

func divide(_, n int, y, a []float64) {
	for k := range y[:n] {
		y[k] /= a[0]
	}
}

func products(_, rows, n int, to, a []float64, stride int, x []float64) {
	products1(rows, n, to, a, stride, x)
}
func twice(_, n int, a []float64, stride int, v, w []float64) { twice1(n, a, stride, v, w) }

func reflectRows(_, rows, n int, y []float64, stride int, v, tau []float64) {
	reflectRows1(rows, n, y, stride, v, tau[0])
}

func reflect(_, rows, cols int, y []float64, stride int, v []float64, apart int, tau []float64) {
	reflect1(rows, cols, y, stride, v, apart, tau[0])
}

func shrink(_, m, n int, d, e, u, v, cs, sn, cs1, sn1 []float64, skip uint8) uint8 {
	if skip == 0 && !shrink1(m, n, d, e, u, v, cs, sn, cs1, sn1) {
		return 1
	}
	return 0
}

func diagonal(_, n int, d, e, z, cs, sn []float64, skip uint8) uint8 {
	if skip == 0 && !diagonal1(n, d, e, z, cs, sn) {
		return 1
	}
	return 0
}

func plain(x []float64) {
	for k := range x {
		x[k] += 0
	}
}
