package manifold

import "math"

// stiefel is x' x = 1, n by p. With a = x' v and s = v' v the geodesic is
//
//	[x(t) v(t)] = [x v] exp(t [[a, -s], [1, a]]) diag(exp(-t a), exp(-t a)).
type stiefel struct {
	n, p               int
	a, s, back, q      *matrix // (p, p)
	big, turn          *matrix // (2p, 2p)
	both, moved, after *matrix // (n, 2p), (n, 2p), (n, p)
	exp, small         *exponential
}

func newStiefel(n, p int) *stiefel {
	m := func(r, c int) *matrix { return newMatrix(r, c) }
	return &stiefel{n, p, m(p, p), m(p, p), m(p, p), m(p, p), m(2*p, 2*p), m(2*p, 2*p), m(n, 2*p), m(n, 2*p), m(n, p), newExponential(2 * p), newExponential(p)}
}

func (k *stiefel) dim() int { return k.n*k.p - k.p*(k.p+1)/2 }

// project takes away x sym(x' v).
func (k *stiefel) project(x, v []float64) {
	X, V := &matrix{k.n, k.p, x}, &matrix{k.n, k.p, v}
	k.q.crossed(X, V)
	for i := range k.p {
		for j := range i + 1 {
			m := 0.5 * (k.q.at(i, j) + k.q.at(j, i))
			k.q.set(i, j, m)
			k.q.set(j, i, m)
		}
	}
	k.after.product(X, k.q)
	for i, y := range k.after.x {
		v[i] -= y
	}
}

func (k *stiefel) flow(x, v []float64, t float64) {
	n, p := k.n, k.p
	X, V := &matrix{n, p, x}, &matrix{n, p, v}
	k.a.crossed(X, V)
	k.s.crossed(V, V)
	for i := range p {
		for j := range i + 1 { // antisymmetric but for rounding
			m := 0.5 * (k.a.at(i, j) - k.a.at(j, i))
			k.a.set(i, j, m)
			k.a.set(j, i, -m)
		}
	}
	clear(k.big.x)
	for i := range p {
		for j := range p {
			a := t * k.a.at(i, j)
			k.big.set(i, j, a)
			k.big.set(p+i, p+j, a)
			k.big.set(i, p+j, -t*k.s.at(i, j))
			k.q.set(i, j, -a)
		}
		k.big.set(p+i, i, t)
	}
	k.exp.of(k.turn, k.big)
	k.small.of(k.back, k.q)
	for i := range n {
		copy(k.both.x[2*i*p:], x[i*p:(i+1)*p])
		copy(k.both.x[(2*i+1)*p:], v[i*p:(i+1)*p])
	}
	k.moved.product(k.both, k.turn)
	for half, to := range []*matrix{X, V} {
		for i := range n {
			copy(k.after.x[i*p:(i+1)*p], k.moved.x[(2*i+half)*p:])
		}
		to.product(k.after, k.back)
	}
	k.polish(X)
	k.project(x, v)
}

// polish is a step of Newton and Schulz towards x' x = 1: x (3 - x' x) / 2.
func (k *stiefel) polish(X *matrix) {
	k.q.crossed(X, X)
	halve(k.q)
	copy(k.after.x, X.x)
	X.product(k.after, k.q)
}

// halve makes (3 - q) / 2 of q.
func halve(q *matrix) {
	for i := range q.rows {
		for j := range q.cols {
			m := float64(-0.5 * q.at(i, j))
			if i == j {
				m += 1.5
			}
			q.set(i, j, m)
		}
	}
}

// settle is Gram and Schmidt's, twice, which of normal numbers makes a uniform x.
func (k *stiefel) settle(x []float64) {
	for range 2 {
		gramSchmidt(&matrix{k.n, k.p, x})
	}
}

func gramSchmidt(X *matrix) {
	for c := range X.cols {
		for b := range c {
			along := 0.0
			for i := range X.rows {
				along += float64(X.at(i, b) * X.at(i, c))
			}
			for i := range X.rows {
				X.set(i, c, X.at(i, c)-float64(along*X.at(i, b)))
			}
		}
		length := 0.0
		for i := range X.rows {
			length += float64(X.at(i, c) * X.at(i, c))
		}
		length = math.Sqrt(length)
		for i := range X.rows {
			X.set(i, c, X.at(i, c)/length)
		}
	}
}

func (*stiefel) logVolume() float64 { return 0 }

func (k *stiefel) origin(x []float64) {
	clear(x)
	for i := range k.p {
		x[i*k.p+i] = 1
	}
}
