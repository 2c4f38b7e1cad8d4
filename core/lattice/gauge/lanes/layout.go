// Package lanes holds the links of non-abelian lattice gauge theory eight sites side by side, and the kernels that work on them, with the same bits on every
// level of SIMD. A block is a matrix of eight sites: its k-th number of lane l stands at 8 k + l.
package lanes

// Width is the number of lanes of a block.
const Width = 8

// Layout puts the sites of a periodic hypercubic lattice into blocks. The lattice is cut into Lanes equal parts along its axes, and the sites that stand at
// the same place of them are a block: neighbours of a block are a block, but for an exchange of lanes where a part ends. Lanes beyond repeat the first.
// Where all sides are even, all sites of a block have one parity, and the even blocks come first; else every block is one site.
type Layout struct {
	Shape  []int
	D      int // axes
	Sites  int
	Lanes  int
	Blocks int
	Site   [][Width]int32
	Up     [][]Near // per axis and block
	Down   [][]Near
	Even   int // blocks that are, 0 where there is no parity
}

// Near is a neighbouring block; Swap is the number of the exchange of its lanes, 0 for none.
type Near struct {
	Block int32
	Swap  *[Width]uint8 // lane l is that one of the block; nil where it is lane l
}

// New cuts along as many axes as lanes allow, so that parts have even sides.
func New(shape []int) *Layout {
	l := &Layout{Shape: shape, D: len(shape), Sites: 1, Lanes: 1, Blocks: 1}
	even := true
	for _, n := range shape {
		l.Sites *= n
		even = even && n%2 == 0
	}
	cuts := make([]int, l.D)
	for a := range cuts {
		cuts[a] = 1
	}
	if even {
		l.cut(cuts)
	}
	part := make([]int, l.D)
	for a, n := range shape {
		part[a] = n / cuts[a]
		l.Blocks *= part[a]
	}
	l.place(cuts, part, even)
	return l
}

// cut finds the cuts with the most lanes, of those the ones with the smallest on one axis; a part has an even side.
func (l *Layout) cut(cuts []int) {
	best, widest := 1, 1
	trial := make([]int, l.D)
	var try func(axis, lanes, most int)
	try = func(axis, lanes, most int) {
		if axis == l.D {
			if lanes > best || lanes == best && most < widest {
				best, widest = lanes, most
				copy(cuts, trial)
			}
			return
		}
		for c := 1; c*lanes <= Width; c++ {
			if c == 1 || l.Shape[axis]%c == 0 && l.Shape[axis]/c%2 == 0 {
				trial[axis] = c
				try(axis+1, lanes*c, max(most, c))
			}
		}
	}
	try(0, 1, 1)
	l.Lanes = best
}

// place numbers blocks and their neighbours.
func (l *Layout) place(cuts, part []int, even bool) {
	number := make([]int32, l.Blocks) // of the block at a place of a part
	at := func(p int, sides []int, axis int) int {
		for a := l.D - 1; a > axis; a-- {
			p /= sides[a]
		}
		return p % sides[axis]
	}
	next := int32(0)
	for _, parity := range []int{0, 1} {
		for p := range number {
			sum := 0
			for a := range l.D {
				sum += at(p, part, a)
			}
			if even && sum%2 == parity || !even && parity == 0 {
				number[p] = next
				next++
			}
		}
		if even && parity == 0 {
			l.Even = int(next)
		}
	}
	l.Site = make([][Width]int32, l.Blocks)
	for p, b := range number {
		for lane := range Width {
			site := 0
			for a, n := range l.Shape {
				c := 0
				if lane < l.Lanes {
					c = at(lane, cuts, a)
				}
				site = site*n + c*part[a] + at(p, part, a)
			}
			l.Site[b][lane] = int32(site)
		}
	}
	for a := range l.D {
		below, lanesBelow := 1, 1
		for k := a + 1; k < l.D; k++ {
			below *= part[k]
			lanesBelow *= cuts[k]
		}
		swap := func(step int) *[Width]uint8 {
			if cuts[a] == 1 {
				return nil
			}
			s := new([Width]uint8)
			for lane := range s {
				of := lane
				if lane >= l.Lanes {
					of = 0
				}
				c := at(of, cuts, a)
				s[lane] = uint8(of + ((c+step+cuts[a])%cuts[a]-c)*lanesBelow)
			}
			return s
		}
		up, down := make([]Near, l.Blocks), make([]Near, l.Blocks)
		plus, minus := swap(1), swap(-1)
		for p, b := range number {
			if c := at(p, part, a); c+1 < part[a] {
				up[b] = Near{Block: number[p+below]}
			} else {
				up[b] = Near{number[p-c*below], plus}
			}
			if c := at(p, part, a); c > 0 {
				down[b] = Near{Block: number[p-below]}
			} else {
				down[b] = Near{number[p+(part[a]-1)*below], minus}
			}
		}
		l.Up, l.Down = append(l.Up, up), append(l.Down, down)
	}
}

// Pack writes the links z, (axes, sites, n), as blocks, (axes, blocks, n, lanes).
func (l *Layout) Pack(to, z []float64, n int) {
	for mu := range l.D {
		for b, sites := range l.Site {
			block := to[(mu*l.Blocks+b)*n*Width:][:n*Width]
			for lane, x := range sites {
				for k, v := range z[(mu*l.Sites+int(x))*n:][:n] {
					block[Width*k+lane] = v
				}
			}
		}
	}
}

// Unpack is the way back.
func (l *Layout) Unpack(z, from []float64, n int) {
	for mu := range l.D {
		for b, sites := range l.Site {
			block := from[(mu*l.Blocks+b)*n*Width:][:n*Width]
			for lane, x := range sites[:l.Lanes] {
				row := z[(mu*l.Sites+int(x))*n:][:n]
				for k := range row {
					row[k] = block[Width*k+lane]
				}
			}
		}
	}
}

// Swapped writes a block with its lanes exchanged.
func Swapped(to, from []float64, swap *[Width]uint8) {
	from = from[:len(to)]
	for k := 0; k+Width <= len(to); k += Width {
		row, of := to[k:k+Width], from[k:k+Width]
		for l, s := range swap {
			row[l] = of[s&7]
		}
	}
}
