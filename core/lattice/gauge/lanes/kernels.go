package lanes

// kernels work on blocks by the addresses of their first numbers. Matrices of SU(3) have 18 numbers, real parts before imaginary ones, those of SU(2) the 4
// of a unit quaternion, U = a0 + i a sigma; elements of the algebras 9 and 3.
type kernels struct {
	addNN3, addNA3, addAN3 func(c, a, b *float64)
	kick3                  func(w, t *float64, f float64)
	turn3                  func(e, w *float64, a float64, series []float64)
	addNN2, addNA2, addAN2 func(c, a, b *float64)
	kick2                  func(w, t *float64, f float64)
	turn2                  func(e, w *float64, a float64, series []float64)
	corner3                func(r, w *float64, i, j int)
	rows3                  func(x, a *float64, i, j int)
	dot                    func(sum, x, y *float64, n int)
	squares                func(sum, x *float64, n, m int)
}
