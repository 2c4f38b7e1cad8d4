package lanes

import (
	"math"
	"slices"
)

// Group is SU(N) for N = 2, 3.
type Group int

// Numbers of a matrix, Algebra of a tangent vector.
func (g Group) Numbers() int { return []int{4, 18}[g-2] }

func (g Group) Algebra() int { return []int{3, 9}[g-2] }

// Trace is what the sum of products of the numbers of a and b must be divided by to be (1/N) Re tr(a b*).
func (g Group) Trace() float64 { return []float64{1, 3}[g-2] }

// Links are the matrices on the links of a lattice, (axes, blocks, numbers, lanes), and one caller's scratch memory.
type Links struct {
	*Layout
	Group
	U                         []float64
	k                         *kernels
	first, second, one, other []float64
	near                      [3][]float64
	sum                       []float64
}

// NewLinks are identities.
func NewLinks(l *Layout, g Group) *Links {
	n := g.Numbers() * Width
	c := &Links{Layout: l, Group: g, U: make([]float64, l.D*l.Blocks*n), sum: make([]float64, Width)}
	for _, x := range []*[]float64{&c.first, &c.second, &c.one, &c.other, &c.near[0], &c.near[1], &c.near[2]} {
		*x = make([]float64, n)
	}
	for b := 0; b < len(c.U); b += n {
		g.identity(c.U[b : b+n])
	}
	return c
}

func (g Group) identity(x []float64) {
	clear(x)
	for k := 0; k < []int{1, 9}[g-2]; k += 4 {
		for l := range Width {
			x[Width*k+l] = 1
		}
	}
}

// Load and Store move links of the shape (axes, sites, numbers).
func (c *Links) Load(z []float64)  { c.Pack(c.U, z, c.Numbers()) }
func (c *Links) Store(z []float64) { c.Unpack(z, c.U, c.Numbers()) }

// At is a block of the links along an axis.
func (c *Links) At(mu int, b int32) []float64 {
	n := c.Numbers() * Width
	return c.U[(mu*c.Blocks+int(b))*n:][:n]
}

// beside is the block of links along an axis at a neighbour, its lanes in order.
func (c *Links) beside(mu int, at Near, scratch []float64) []float64 {
	if at.Swap == nil {
		return c.At(mu, at.Block)
	}
	Swapped(scratch, c.At(mu, at.Block), at.Swap)
	return scratch
}

func (c *Links) addNN(to, a, b []float64) {
	if c.Group == 3 {
		c.k.addNN3(&to[0], &a[0], &b[0])
		return
	}
	c.k.addNN2(&to[0], &a[0], &b[0])
}

func (c *Links) addNA(to, a, b []float64) {
	if c.Group == 3 {
		c.k.addNA3(&to[0], &a[0], &b[0])
		return
	}
	c.k.addNA2(&to[0], &a[0], &b[0])
}

func (c *Links) addAN(to, a, b []float64) {
	if c.Group == 3 {
		c.k.addAN3(&to[0], &a[0], &b[0])
		return
	}
	c.k.addAN2(&to[0], &a[0], &b[0])
}

// Begin takes the level of SIMD for what follows.
func (c *Links) Begin() { c.k = level() }

// Staple is the sum over the other axes nu of what closes a plaquette with the link (mu, b): Re tr(U V*) is the sum of Re tr over all plaquettes of U,
//
//	V = sum_nu U_nu(x) U_mu(x+nu) U_nu(x+mu)* + U_nu(x-nu)* U_mu(x-nu) U_nu(x-nu+mu).
func (c *Links) Staple(v []float64, mu int, b int32) {
	clear(v)
	right := c.Up[mu][b]
	for nu := range c.D {
		if nu == mu {
			continue
		}
		clear(c.first)
		c.addNN(c.first, c.At(nu, b), c.beside(mu, c.Up[nu][b], c.near[0]))
		c.addNA(v, c.first, c.beside(nu, right, c.near[1]))
		down := c.Down[nu][b]
		clear(c.first)
		c.addAN(c.first, c.At(nu, down.Block), c.At(mu, down.Block))
		end := c.beside(nu, c.Up[mu][down.Block], c.near[1])
		if down.Swap == nil {
			c.addNN(v, c.first, end)
			continue
		}
		clear(c.second)
		c.addNN(c.second, c.first, end)
		Swapped(c.near[2], c.second, down.Swap)
		for k, x := range c.near[2] {
			v[k] += x
		}
	}
}

// total is the sum over the lanes that are sites.
func (c *Links) total(x []float64) float64 {
	sum := 0.0
	for _, y := range x[:c.Lanes] {
		sum += y
	}
	return sum
}

// Dot adds (lane by lane) the products of the numbers of two blocks.
func (c *Links) Dot(sum, a, b []float64) { c.k.dot(&sum[0], &a[0], &b[0], c.Numbers()) }

// Plaquettes is the sum of (1/N) Re tr of all; with v, (axes, blocks, numbers, lanes), it keeps the staples.
func (c *Links) Plaquettes(v []float64) float64 {
	c.Begin()
	n := c.Numbers() * Width
	clear(c.sum)
	for mu := range c.D {
		for b := range int32(c.Blocks) {
			staple := c.other
			if v != nil {
				staple = v[(mu*c.Blocks+int(b))*n:][:n]
			}
			c.Staple(staple, mu, b)
			c.Dot(c.sum, c.At(mu, b), staple)
		}
	}
	return c.total(c.sum) / (4 * c.Trace())
}

// Tangents adds f times the tangents of the growth of Re tr(U V*), traceless antihermitian parts of U* V, to w, (axes, blocks, algebra, lanes).
func (c *Links) Tangents(w []float64, f float64) {
	c.Begin()
	n := c.Algebra() * Width
	for mu := range c.D {
		for b := range int32(c.Blocks) {
			c.Staple(c.other, mu, b)
			c.tangent(w[(mu*c.Blocks+int(b))*n:], c.At(mu, b), c.other, f)
		}
	}
}

func (c *Links) tangent(w, u, v []float64, f float64) {
	clear(c.one)
	c.addAN(c.one, u, v)
	if c.Group == 3 {
		c.k.kick3(&w[0], &c.one[0], f)
		return
	}
	c.k.kick2(&w[0], &c.one[0], f)
}

// Algebras writes the tangent parts of U* p for p of the shape (axes, sites, numbers).
func (c *Links) Algebras(w, p []float64) {
	c.Begin()
	packed := make([]float64, len(c.U))
	c.Pack(packed, p, c.Numbers())
	clear(w)
	n, m := c.Numbers()*Width, c.Algebra()*Width
	for k := range c.D * c.Blocks {
		c.tangent(w[k*m:], c.U[k*n:][:n], packed[k*n:][:n], 1)
	}
}

// Exponentials multiplies every link by exp(a w) from the right.
func (c *Links) Exponentials(w []float64, a float64) {
	c.Begin()
	n, m := c.Numbers()*Width, c.Algebra()*Width
	for k := range c.D * c.Blocks {
		c.turn(c.U[k*n:][:n], w[k*m:][:m], a)
	}
}

// turn cuts long steps, as series are for short ones.
func (c *Links) turn(u, w []float64, a float64) {
	if c.Group == 3 {
		c.k.squares(&c.sum[0], &w[0], 3, 9)
	} else {
		c.k.squares(&c.sum[0], &w[0], 3, 3)
	}
	most := 0.0
	for _, x := range c.sum {
		most = max(most, x)
	}
	times := 1
	for most *= a * a; most > 6 && times < 1<<20; most /= 4 {
		times *= 2
		a /= 2
	}
	if c.Group == 3 {
		c.k.turn3(&c.first[0], &w[0], a, exponential[:])
	} else {
		c.k.turn2(&c.first[0], &w[0], a, circular[:])
	}
	for range times {
		clear(c.second)
		c.addNN(c.second, u, c.first)
		copy(u, c.second)
	}
}

// exponential are 1/k! for k = 26 down to 0: |X| up to 2.5. circular are those of cos and sin(x)/x in x^2.
var exponential, circular = series()

func series() (e [27]float64, c [28]float64) {
	factorial := 1.0
	for k := range e {
		e[len(e)-1-k] = 1 / factorial
		factorial *= float64(k + 1)
	}
	factorial = 1.0
	for k := range len(c) / 2 {
		sign := float64(1 - 2*(k%2))
		at := len(c) - 2 - 2*k
		c[at], c[at+1] = sign/factorial, sign/(factorial*float64(2*k+1))
		factorial *= float64((2*k + 1) * (2*k + 2))
	}
	return e, c
}

// Velocities writes U w, of the shape (axes, sites, numbers).
func (c *Links) Velocities(p, w []float64) {
	c.Begin()
	n, m := c.Numbers()*Width, c.Algebra()*Width
	packed := make([]float64, len(c.U))
	for k := range c.D * c.Blocks {
		c.matrix(c.other, w[k*m:][:m])
		c.addNN(packed[k*n:][:n], c.U[k*n:][:n], c.other)
	}
	c.Unpack(p, packed, c.Numbers())
}

// matrix is an element of the algebra as one.
func (c *Links) matrix(x, w []float64) {
	clear(x)
	if c.Group == 2 {
		copy(x[Width:], w)
		return
	}
	for l := range Width {
		at := func(k int) *float64 { return &x[Width*k+l] }
		v := func(k int) float64 { return w[Width*k+l] }
		*at(9), *at(13), *at(17) = v(0), v(1), v(2)
		*at(1), *at(10), *at(3), *at(12) = v(3), v(4), -v(3), v(4)
		*at(2), *at(11), *at(6), *at(15) = v(5), v(6), -v(5), v(6)
		*at(5), *at(14), *at(7), *at(16) = v(7), v(8), -v(7), v(8)
	}
}

// Unitary takes away what rounding left: rows are made orthonormal, the last one of SU(3) is what the others leave.
func (c *Links) Unitary() {
	n := c.Numbers() * Width
	for from := 0; from < len(c.U); from += n {
		for l := range Width {
			unitary(c.U[from:from+n], l, int(c.Group))
		}
	}
}

func unitary(x []float64, l, group int) {
	if group == 2 {
		sum := 0.0
		for k := range 4 {
			sum += float64(x[Width*k+l] * x[Width*k+l])
		}
		for k := range 4 {
			x[Width*k+l] /= math.Sqrt(sum)
		}
		return
	}
	var r [2][6]float64 // two rows, real and imaginary parts in turn
	for i := range r {
		for j := range 3 {
			r[i][2*j], r[i][2*j+1] = x[Width*(3*i+j)+l], x[Width*(9+3*i+j)+l]
		}
	}
	normalise(&r[0])
	var re, im float64
	for j := 0; j < 6; j += 2 {
		re += float64(r[0][j]*r[1][j]) + float64(r[0][j+1]*r[1][j+1])
		im += float64(r[0][j]*r[1][j+1]) - float64(r[0][j+1]*r[1][j])
	}
	for j := 0; j < 6; j += 2 {
		r[1][j] -= float64(re*r[0][j]) - float64(im*r[0][j+1])
		r[1][j+1] -= float64(re*r[0][j+1]) + float64(im*r[0][j])
	}
	normalise(&r[1])
	for i := range r {
		for j := range 3 {
			x[Width*(3*i+j)+l], x[Width*(9+3*i+j)+l] = r[i][2*j], r[i][2*j+1]
		}
	}
	for j := range 3 { // the conjugate of the cross product
		a, b := (j+1)%3, (j+2)%3
		x[Width*(6+j)+l] = float64(r[0][2*a]*r[1][2*b]) - float64(r[0][2*a+1]*r[1][2*b+1]) - (float64(r[0][2*b]*r[1][2*a]) - float64(r[0][2*b+1]*r[1][2*a+1]))
		x[Width*(15+j)+l] = -(float64(r[0][2*a]*r[1][2*b+1]) + float64(r[0][2*a+1]*r[1][2*b])) + (float64(r[0][2*b]*r[1][2*a+1]) + float64(r[0][2*b+1]*r[1][2*a]))
	}
}

// Defect is the largest change that Unitary would make.
func (c *Links) Defect() (most float64) {
	before := slices.Clone(c.U)
	c.Unitary()
	for k, x := range c.U {
		if d := math.Abs(x - before[k]); !(d <= most) {
			most = d
		}
	}
	copy(c.U, before)
	return most
}

func normalise(r *[6]float64) {
	sum := 0.0
	for _, x := range r {
		sum += float64(x * x)
	}
	s := 1 / math.Sqrt(sum)
	for j := range r {
		r[j] *= s
	}
}
