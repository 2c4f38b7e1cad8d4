package sample

import (
	"context"
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Tolerances of an implicit step, relative to 1 and its length: of its equations, and of the step back.
const (
	solved = 1e-10
	leads  = 1e-8
	// rounding is that of z, relative to its length.
	rounding = 1e-15
)

// bent is a point with its metric: h = V' diag(l) V, G = V' diag(f(l)) V.
type bent struct {
	point
	h, dh   []float64
	work    *eigenWork
	f, rise []float64 // f(l), df/dl
	half    float64   // log det G / 2
}

func newBent(n int) *bent {
	row := func() []float64 { return make([]float64, n) }
	return &bent{newPoint(n), make([]float64, n*n), make([]float64, n*n*n), newEigenWork(n), row(), row(), 0}
}

// implicit makes steps of the generalised leapfrog.
type implicit struct {
	n, most                     int
	alpha                       float64
	curve                       contract.Curvature
	from, now, on               *bent
	p, mid, back, last          []float64
	a, b, slope, speed, miss, r []float64
	w, v                        []float64 // (n, n)
}

func newImplicit(n int, alpha float64, most int) implicit {
	row := func() []float64 { return make([]float64, n) }
	return implicit{n: n, most: most, alpha: alpha, from: newBent(n), now: newBent(n), on: newBent(n), p: row(), mid: row(), back: row(), last: row(),
		a: row(), b: row(), slope: row(), speed: row(), miss: row(), r: row(), w: make([]float64, n*n), v: make([]float64, n*n)}
}

// fill makes the metric at a point, whose u and gradient are there, of the path's precision with its share. It is false where there is none.
func (k *implicit) fill(ctx context.Context, c *chain, x *bent) (bool, error) {
	if math.IsInf(x.u, 1) {
		return false, nil
	}
	n, share := k.n, c.eval.share
	if share < 1 || c.eval.path.prior != nil {
		if err := k.curve.Curve(ctx, c.eval.kT, x.z, x.h, x.dh); err != nil {
			return false, err
		}
	} else {
		clear(x.h)
		clear(x.dh)
	}
	if share > 0 && c.eval.path.prior == nil { // beside a prior the curvature of the target alone will do
		for i := range x.h {
			x.h[i] *= 1 - share
		}
		for i := range x.dh {
			x.dh[i] *= 1 - share
		}
		for i, s := range c.eval.path.stiff {
			x.h[i*n+i] += float64(share * s)
		}
	}
	for i := range n { // symmetric to the last bit
		for j := range i {
			m := 0.5 * (x.h[i*n+j] + x.h[j*n+i])
			x.h[i*n+j], x.h[j*n+i] = m, m
		}
	}
	if !x.work.run(x.h) {
		return false, nil
	}
	x.half = 0
	for i, l := range x.work.values {
		x.f[i], x.rise[i] = l, 1
		if !k.curve.Metric() {
			x.f[i], x.rise[i] = softAbs(l, k.alpha)
		}
		if !(x.f[i] > 0) {
			return false, nil
		}
		x.half += float64(0.5 * functions.Log1(x.f[i]))
	}
	return x.half-x.half == 0, nil
}

// softAbs is f = l coth(a l) and df/dl.
func softAbs(l, a float64) (f, rise float64) {
	x := float64(a * l)
	if math.Abs(x) < 1e-4 {
		return (1 + float64(x*x/3)) / a, 2 * x / 3
	}
	c := 1 / functions.Tanh1(x)
	return l * c, c - float64(x*(float64(c*c)-1))
}

// rows is y = M x, columns y = M' x.
func (k *implicit) rows(y, m, x []float64) {
	for i := range y {
		y[i] = dot(m[i*k.n:(i+1)*k.n], x)
	}
}

func (k *implicit) columns(y, m, x []float64) {
	clear(y)
	for i, f := range x {
		for j, v := range m[i*k.n : (i+1)*k.n] {
			y[j] += float64(f * v)
		}
	}
}

// velocity is G^-1 p; a holds V p over f.
func (k *implicit) velocity(y []float64, x *bent, p []float64) {
	k.rows(k.a, x.work.vectors, p)
	for i, f := range x.f {
		k.a[i] /= f
	}
	k.columns(y, x.work.vectors, k.a)
}

func (k *implicit) energy(x *bent, p []float64) float64 {
	k.velocity(k.b, x, p)
	return x.u + x.half + float64(0.5*dot(p, k.b))
}

// length of p, sqrt(p' G^-1 p), or of z, sqrt(z' G z).
func (k *implicit) length(x *bent, p []float64, momentum bool) float64 {
	k.rows(k.b, x.work.vectors, p)
	sum := 0.0
	for i, y := range k.b {
		if momentum {
			sum += float64(y * y / x.f[i])
		} else {
			sum += float64(y * y * x.f[i])
		}
	}
	return math.Sqrt(sum)
}

// ratio is (f_i - f_j)/(l_i - l_j).
func (k *implicit) ratio(x *bent, i, j int) float64 {
	l := x.work.values
	d := l[i] - l[j]
	if math.Abs(d) < 1e-6*(math.Abs(l[i])+math.Abs(l[j])+1/k.alpha) {
		return 0.5 * (x.rise[i] + x.rise[j])
	}
	return (x.f[i] - x.f[j]) / d
}

// force is dH/dz = du/dz + sum_ij W_ij dh_ij/dz / 2 with W = V' (diag(f'/f) - J a a') V, J_ij = (f_i - f_j)/(l_i - l_j).
func (k *implicit) force(y []float64, x *bent, p []float64) {
	n := k.n
	k.velocity(k.b, x, p)
	for i := range n {
		for j := range n {
			k.w[i*n+j] = -float64(k.ratio(x, i, j) * k.a[i] * k.a[j])
		}
		k.w[i*n+i] += x.rise[i] / x.f[i]
	}
	for i := range n { // v = w V, then w = V' v
		k.columns(k.v[i*n:(i+1)*n], x.work.vectors, k.w[i*n:(i+1)*n])
	}
	clear(k.w)
	for i := range n {
		for r := range n {
			f := x.work.vectors[i*n+r]
			for j, y := range k.v[i*n : (i+1)*n] {
				k.w[r*n+j] += float64(f * y)
			}
		}
	}
	copy(y, x.g)
	for ij, w := range k.w {
		for m, d := range x.dh[ij*n : (ij+1)*n] {
			y[m] += float64(0.5 * w * d)
		}
	}
}

// newton solves J d = miss and takes d from x, where J is that of one of the two implicit equations. With A_rs = sum_k (V dG_k v)_r V_sk and
// K_rs = A_rs / sqrt(f_r f_s) they are I - e/2 K' in the coordinates V p / sqrt(f), and I + e/2 K in the coordinates sqrt(f) V z. It is false where J is
// singular.
func (k *implicit) newton(to []float64, x *bent, p, miss []float64, e float64, momentum bool) bool {
	n, vectors := k.n, x.work.vectors
	k.velocity(k.b, x, p) // a = V v
	clear(k.w)            // w_rk = (V dG_k v)_r = sum_ij V_ri C_rj dh_ijk with C_rj = sum_s J_rs a_s V_sj
	for r := range n {
		for s := range n {
			k.r[s] = k.ratio(x, r, s) * k.a[s]
		}
		k.columns(k.b, vectors, k.r)
		row := k.w[r*n : (r+1)*n]
		for i := range n {
			for j, c := range k.b {
				f := float64(vectors[r*n+i] * c)
				for m, d := range x.dh[(i*n+j)*n : (i*n+j+1)*n] {
					row[m] += float64(f * d)
				}
			}
		}
	}
	for r := range n {
		for s := range n {
			f := float64(0.5*e*dot(k.w[r*n:(r+1)*n], vectors[s*n:(s+1)*n])) / math.Sqrt(x.f[r]*x.f[s])
			if momentum {
				k.v[s*n+r] = -f
			} else {
				k.v[r*n+s] = f
			}
		}
	}
	for i := range n {
		k.v[i*n+i]++
	}
	k.rows(k.r, vectors, miss)
	for i, f := range x.f {
		if momentum {
			k.r[i] /= math.Sqrt(f)
		} else {
			k.r[i] *= math.Sqrt(f)
		}
	}
	if !eliminate(k.v, k.r) {
		return false
	}
	for i, f := range x.f {
		if momentum {
			k.r[i] *= math.Sqrt(f)
		} else {
			k.r[i] /= math.Sqrt(f)
		}
	}
	k.columns(to, vectors, k.r)
	return true
}

// eliminate solves m x = b in place with pivots of rows.
func eliminate(m, b []float64) bool {
	n := len(b)
	for k := range n {
		p := k
		for i := k + 1; i < n; i++ {
			if math.Abs(m[i*n+k]) > math.Abs(m[p*n+k]) {
				p = i
			}
		}
		if m[p*n+k] == 0 {
			return false
		}
		if p != k {
			for j := k; j < n; j++ {
				m[k*n+j], m[p*n+j] = m[p*n+j], m[k*n+j]
			}
			b[k], b[p] = b[p], b[k]
		}
		for i := k + 1; i < n; i++ {
			f := m[i*n+k] / m[k*n+k]
			for j := k + 1; j < n; j++ {
				m[i*n+j] -= float64(f * m[k*n+j])
			}
			b[i] -= float64(f * b[k])
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= float64(m[i*n+j] * b[j])
		}
		if b[i] /= m[i*n+i]; b[i]-b[i] != 0 {
			return false
		}
	}
	return true
}

// iterate makes damped Newton steps, at := last - f speed, the first along speed as it stands, until the length that misses finds is below its tolerance.
// misses is not valid where at is no point of the density; newton writes speed.
func (k *implicit) iterate(at []float64, misses func() (off, tolerance float64, valid bool, err error), newton func() bool) (bool, error) {
	off := math.Inf(1)
	for range k.most {
		for f := 1.0; ; f *= 0.5 {
			if f < 1e-3 {
				return false, nil
			}
			for i, d := range k.speed {
				at[i] = k.last[i] - float64(f*d)
			}
			now, tolerance, valid, err := misses()
			if err != nil {
				return false, err
			}
			if valid && now <= tolerance {
				return true, nil
			}
			if valid && now < off {
				off = now
				break
			}
		}
		copy(k.last, at)
		if !newton() {
			return false, nil
		}
	}
	return false, nil
}

// solve finds the momentum at the middle of a step, p' = p - e/2 dH/dz(x, p'), and its end, z' = x + e/2 (G^-1(x) + G^-1(z')) p'.
func (k *implicit) solve(ctx context.Context, c *chain, x, end *bent, p, mid []float64, e float64) (bool, error) {
	copy(k.last, p)
	k.force(k.speed, x, p)
	for i := range k.speed {
		k.speed[i] *= 0.5 * e
	}
	ok, err := k.iterate(mid, func() (float64, float64, bool, error) {
		k.force(k.slope, x, mid)
		for i, f := range k.slope {
			k.miss[i] = mid[i] - p[i] + float64(0.5*e*f)
		}
		return k.length(x, k.miss, true), solved * (1 + k.length(x, mid, true)), true, nil
	}, func() bool { return k.newton(k.speed, x, mid, k.miss, e, true) })
	if !ok {
		return false, err
	}
	copy(k.last, x.z)
	k.velocity(k.slope, x, mid)
	for i, v := range k.slope {
		k.miss[i] = -e * v
	}
	if !k.newton(k.speed, x, mid, k.miss, e, false) { // from z' = x, where all is known
		return false, nil
	}
	tolerance := float64(solved*(1+float64(math.Abs(e)*k.length(x, mid, true)))) + float64(rounding*k.length(x, x.z, false))
	return k.iterate(end.z, func() (float64, float64, bool, error) {
		if err := c.eval.at(ctx, &end.point); err != nil {
			return 0, 0, false, err
		}
		c.note.steps++
		if valid, err := k.fill(ctx, c, end); !valid {
			return 0, 0, false, err
		}
		k.velocity(k.b, end, mid)
		for i, z := range end.z {
			k.miss[i] = z - x.z[i] - float64(0.5*e*(k.slope[i]+k.b[i]))
		}
		return k.length(x, k.miss, false), tolerance, true, nil
	}, func() bool { return k.newton(k.speed, end, mid, k.miss, e, false) })
}

// leap makes a step of k.now and k.p. It is false where it cannot be made, or would not lead back: implicit equations may have several
// solutions, and the one that is found from the other end may be another.
func (k *implicit) leap(ctx context.Context, c *chain, e float64) (bool, error) {
	if ok, err := k.solve(ctx, c, k.now, k.on, k.p, k.mid, e); !ok {
		return false, err
	}
	k.force(k.slope, k.on, k.mid)
	for i, f := range k.slope {
		k.p[i] = k.mid[i] - float64(0.5*e*f)
	}
	if ok, err := k.solve(ctx, c, k.on, k.from, k.p, k.back, -e); !ok {
		return false, err
	}
	for i := range k.back {
		k.back[i] -= k.mid[i]
		k.miss[i] = k.from.z[i] - k.now.z[i]
	}
	long := k.length(k.now, k.mid, true)
	if !(k.length(k.now, k.back, true) <= leads*(1+long)) ||
		!(k.length(k.now, k.miss, false) <= float64(leads*(1+float64(math.Abs(e)*long)))+float64(100*rounding*k.length(k.now, k.now.z, false))) {
		return false, nil
	}
	k.now, k.on = k.on, k.now
	return true, nil
}
