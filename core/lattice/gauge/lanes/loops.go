package lanes

// place is a block seen from another, with its lanes as that one has them.
type place struct {
	block int32
	lane  [Width]uint8
	moved bool
}

func (l *Layout) here(b int32) place {
	p := place{block: b}
	for k := range p.lane {
		p.lane[k] = uint8(k)
	}
	return p
}

// up goes a step along an axis.
func (l *Layout) up(p *place, axis int) {
	n := l.Up[axis][p.block]
	p.block = n.Block
	if n.Swap != nil {
		for k, s := range p.lane {
			p.lane[k] = n.Swap[s]
		}
		p.moved = true
	}
}

// seen is a block of x, (blocks, numbers, lanes), from where p was seen.
func (c *Links) seen(x []float64, p *place, scratch []float64) []float64 {
	n := c.Numbers() * Width
	from := x[int(p.block)*n:][:n]
	if !p.moved {
		return from
	}
	Swapped(scratch, from, &p.lane)
	return scratch
}

// Along are the links of an axis.
func (c *Links) Along(mu int) []float64 {
	n := c.Blocks * c.Numbers() * Width
	return c.U[mu*n : (mu+1)*n]
}

// lengthen multiplies lines of length r along an axis by the link that follows them.
func (c *Links) lengthen(line []float64, mu, r int) {
	n := c.Numbers() * Width
	for b := range int32(c.Blocks) {
		p := c.here(b)
		for range r {
			c.up(&p, mu)
		}
		clear(c.first)
		c.addNN(c.first, line[int(b)*n:][:n], c.seen(c.Along(mu), &p, c.near[0]))
		copy(line[int(b)*n:], c.first)
	}
}

// Loops fills to (longest, longest) with the means of (1/N) Re tr of rectangles of sides r+1 and t+1, over positions and ordered pairs of axes. lines is
// scratch memory of two fields of matrices.
func (c *Links) Loops(to []float64, longest int, lines [2][]float64) {
	c.Begin()
	clear(to)
	n := c.Numbers() * Width
	for mu := range c.D {
		copy(lines[0], c.Along(mu))
		for r := range longest {
			if r > 0 {
				c.lengthen(lines[0], mu, r)
			}
			for nu := range c.D {
				if nu == mu {
					continue
				}
				copy(lines[1], c.Along(nu))
				for t := range longest {
					if t > 0 {
						c.lengthen(lines[1], nu, t)
					}
					clear(c.sum)
					for b := range int32(c.Blocks) {
						right, above := c.here(b), c.here(b)
						for range r + 1 {
							c.up(&right, mu)
						}
						for range t + 1 {
							c.up(&above, nu)
						}
						clear(c.one)
						clear(c.other)
						c.addNN(c.one, lines[0][int(b)*n:][:n], c.seen(lines[1], &right, c.near[0]))
						c.addNN(c.other, lines[1][int(b)*n:][:n], c.seen(lines[0], &above, c.near[1]))
						c.Dot(c.sum, c.one, c.other)
					}
					to[r*longest+t] += c.total(c.sum)
				}
			}
		}
	}
	for k := range to {
		to[k] /= float64(c.D*(c.D-1)*c.Sites) * c.Trace()
	}
}

// Polyakov is the mean of (1/N) tr of the products along the first axis. line is scratch memory of a field of matrices.
func (c *Links) Polyakov(line []float64) (re, im float64) {
	c.Begin()
	copy(line, c.Along(0))
	for r := 1; r < c.Shape[0]; r++ {
		c.lengthen(line, 0, r)
	}
	n := c.Numbers() * Width
	for b := range c.Blocks {
		x := line[b*n:][:n]
		for l := range c.Lanes {
			if c.Group == 2 {
				re += x[l]
				continue
			}
			re += x[l] + x[4*Width+l] + x[8*Width+l]
			im += x[9*Width+l] + x[13*Width+l] + x[17*Width+l]
		}
	}
	all := float64(c.Sites) * c.Trace()
	return re / all, im / all
}

// Charge is the topological charge of four dimensions by the clover of plaquettes,
//
//	Q = -(1/4 pi^2) sum_x tr(F_01 F_23 - F_02 F_13 + F_03 F_12),
//
// F_(mu nu) the traceless antihermitian part of the mean of the four plaquettes around a site. scratch holds six fields of the algebra.
func (c *Links) Charge(scratch []float64) float64 {
	c.Begin()
	m := c.Algebra() * Width
	plane := func(k int, b int32) []float64 { return scratch[(k*c.Blocks+int(b))*m:][:m] }
	for k, axes := range [6][2]int{{0, 1}, {2, 3}, {0, 2}, {1, 3}, {0, 3}, {1, 2}} {
		clear(scratch[k*c.Blocks*m : (k+1)*c.Blocks*m])
		for b := range int32(c.Blocks) {
			c.clover(plane(k, b), axes[0], axes[1], b)
		}
	}
	total := 0.0
	for b := range int32(c.Blocks) {
		for pair, sign := range []float64{1, -1, 1} {
			f, g := plane(2*pair, b), plane(2*pair+1, b)
			for l := range c.Lanes {
				sum := 0.0
				for k := 0; k < m; k += Width {
					off := 2.0 // -tr(X Y) of elements of the algebra
					if c.Group == 3 && k < 3*Width {
						off = 1
					}
					sum += float64(off * f[k+l] * g[k+l])
				}
				total += float64(sign * sum)
			}
		}
	}
	return total / (4 * 9.8696044010893586188344909998762) // pi^2
}

// clover adds a quarter of the tangents of the four plaquettes that turn from mu to nu around a block of sites.
func (c *Links) clover(f []float64, mu, nu int, b int32) {
	at := c.here(b)
	left, below := c.Down[mu][b], c.Down[nu][b]
	u, v := c.At(mu, b), c.At(nu, b)
	// U_mu(x) U_nu(x+mu) U_mu(x+nu)* U_nu(x)*
	clear(c.one)
	c.addNN(c.one, u, c.beside(nu, c.Up[mu][b], c.near[0]))
	clear(c.other)
	c.addNN(c.other, v, c.beside(mu, c.Up[nu][b], c.near[0]))
	c.leaf(f, c.one, c.other)
	// U_nu(x) U_mu(x-mu+nu)* U_nu(x-mu)* U_mu(x-mu)
	corner := c.from(at, left)
	w := c.seen(c.Along(mu), &corner, c.near[0]) // U_mu(x-mu)
	side := c.seen(c.Along(nu), &corner, c.near[1])
	top := corner
	c.up(&top, nu)
	clear(c.one)
	c.addNA(c.one, v, c.seen(c.Along(mu), &top, c.near[2]))
	clear(c.other)
	c.addAN(c.other, w, side)
	c.leaf(f, c.one, c.other)
	// U_mu(x-mu)* U_nu(x-mu-nu)* U_mu(x-mu-nu) U_nu(x-nu)
	low := c.from(corner, c.Down[nu][corner.block])
	clear(c.one)
	c.addAN(c.one, w, c.dagger(c.seen(c.Along(nu), &low, c.near[1])))
	under := c.from(at, below)
	clear(c.other)
	c.addAN(c.other, c.seen(c.Along(nu), &under, c.near[0]), c.dagger(c.seen(c.Along(mu), &low, c.near[1])))
	c.leaf(f, c.one, c.other)
	// U_nu(x-nu)* U_mu(x-nu) U_nu(x+mu-nu) U_mu(x)*
	right := under
	c.up(&right, mu)
	clear(c.one)
	c.addAN(c.one, c.seen(c.Along(nu), &under, c.near[0]), c.seen(c.Along(mu), &under, c.near[1]))
	clear(c.other)
	c.addNA(c.other, u, c.seen(c.Along(nu), &right, c.near[1]))
	c.leaf(f, c.one, c.other)
}

// from is a neighbour of where p is, seen from where p was seen.
func (c *Links) from(p place, n Near) place {
	p.block = n.Block
	if n.Swap != nil {
		for k, s := range p.lane {
			p.lane[k] = n.Swap[s]
		}
		p.moved = true
	}
	return p
}

// dagger is the adjoint of a block, in scratch memory.
func (c *Links) dagger(a []float64) []float64 {
	clear(c.second)
	c.identity(c.first)
	c.addAN(c.second, a, c.first)
	return c.second
}

// leaf adds a quarter of the tangent part of a b*.
func (c *Links) leaf(f, a, b []float64) {
	clear(c.first)
	c.addNA(c.first, a, b)
	if c.Group == 3 {
		c.k.kick3(&f[0], &c.first[0], 0.25)
		return
	}
	c.k.kick2(&f[0], &c.first[0], 0.25)
}
