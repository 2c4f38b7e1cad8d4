//go:build !(goexperiment.simd && amd64)

package lanes

func grouped() bool { return false }

func dot(_, n int, sign float64, to, x, y []float64, stride int) { dot1(n, sign, to, x, y, stride) }
func square(_, n int, to, x []float64, stride int)               { square1(n, to, x, stride) }
func less(_, n int, y, a, x []float64)                           { add1(n, y, -a[0], x) }
func more(_, n int, y, a, x []float64)                           { add1(n, y, a[0], x) }
func times(_, n int, y, a []float64, stride int)                 { times1(n, y, a[0], stride) }
func root(_ int, x, inverse []float64)                           { root1(x, inverse) }
func pivot(_, n, j int, x, at, inverse []float64)                { pivot1(n, j, x, at, inverse) }
func reflector(_ int, alpha, sigma, tau, inverse []float64)      { reflector1(alpha, sigma, tau, inverse) }
func spoilt(_, n int, x, off []float64)                          { spoilt1(n, x, off) }
func largest(_, n int, x, most []float64)                        { largest1(n, x, most) }
func interleave(n int, x, a []float64, stride int)               { interleaveFrom(0, n, x, a, stride) }
func separate(n int, a, x []float64, stride int)                 { separateFrom(0, n, a, x, stride) }

func block(n, i, j int, a []float64) { blockFrom(n, i, j, a) }
func raise(n, i, j int, a []float64) { raiseFrom(n, i, j, a) }

func divide(_, n int, y, a []float64) {
	for k := range y[:n] {
		y[k] /= a[0]
	}
}

func subtract(_, n int, y, x []float64) {
	for k, v := range x[:n] {
		y[k] -= v
	}
}

func diagonal(_, n int, d, e, z []float64, skip uint8) uint8 {
	if skip == 0 && !diagonal1(n, d, e, z) {
		return 1
	}
	return 0
}
