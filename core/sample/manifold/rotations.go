package manifold

// rotations are SO(n): the geodesic from x with the velocity x w, w antisymmetric, is x exp(t w).
type rotations struct {
	n              int
	w, turn, after *matrix
	exp            *exponential
}

func newRotations(n int) *rotations {
	return &rotations{n, newMatrix(n, n), newMatrix(n, n), newMatrix(n, n), newExponential(n)}
}

func (k *rotations) dim() int { return k.n * (k.n - 1) / 2 }

// generator makes w the antisymmetric part of x' v.
func (k *rotations) generator(X, V *matrix) {
	k.w.crossed(X, V)
	for i := range k.n {
		for j := range i + 1 {
			m := 0.5 * (k.w.at(i, j) - k.w.at(j, i))
			k.w.set(i, j, m)
			k.w.set(j, i, -m)
		}
	}
}

func (k *rotations) project(x, v []float64) {
	X, V := &matrix{k.n, k.n, x}, &matrix{k.n, k.n, v}
	k.generator(X, V)
	V.product(X, k.w)
}

func (k *rotations) flow(x, v []float64, t float64) {
	X, V := &matrix{k.n, k.n, x}, &matrix{k.n, k.n, v}
	k.generator(X, V)
	for i, w := range k.w.x {
		k.after.x[i] = t * w
	}
	k.exp.of(k.turn, k.after)
	k.after.product(X, k.turn)
	k.turn.crossed(k.after, k.after)
	halve(k.turn)
	X.product(k.after, k.turn)
	V.product(X, k.w)
}

// settle is Gram and Schmidt's; a last column of the wrong sign is turned round.
func (k *rotations) settle(x []float64) {
	X := &matrix{k.n, k.n, x}
	gramSchmidt(X)
	gramSchmidt(X)
	copy(k.after.x, x)
	if determinant(k.after) < 0 {
		for i := range k.n {
			X.set(i, k.n-1, -X.at(i, k.n-1))
		}
	}
}

func (*rotations) logVolume() float64 { return 0 }

func (k *rotations) origin(x []float64) {
	clear(x)
	for i := range k.n {
		x[i*k.n+i] = 1
	}
}
