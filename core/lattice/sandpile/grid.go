package sandpile

// grid is a pile on an open rectangle without loss, with a border of cells that collect what leaves and never topple: site (r, c) is cell
// (r + 1) stride + c + 1.
type grid struct {
	lists
	m            *Sandpile
	rows, cols   int
	stride       int
	z            []int32
	start        []int32 // cell of each site
	sinceDrained int64
}

const outside = -1 << 30 // grains of a cell of the border, which is emptied long before it would be full

func newGrid(m *Sandpile) *grid {
	l := &m.Lattice
	if len(l.Shape) != 2 || l.Periodic[0] || l.Periodic[1] || !m.Loss.Zero() {
		return nil
	}
	p := &grid{m: m, rows: l.Shape[0], cols: l.Shape[1], stride: l.Shape[1] + 2}
	cells := (p.rows + 2) * p.stride
	p.lists, p.z, p.start = newLists(cells), make([]int32, cells), make([]int32, p.rows*p.cols)
	for i := range p.start {
		p.start[i] = int32((i/p.cols+1)*p.stride + i%p.cols + 1)
	}
	p.drain()
	return p
}

func (p *grid) drain() {
	p.sinceDrained = 0
	for r := range p.rows + 2 {
		row := p.z[r*p.stride : (r+1)*p.stride]
		row[0], row[p.stride-1] = outside, outside
		if r == 0 || r == p.rows+1 {
			for c := range row {
				row[c] = outside
			}
		}
	}
}

func (p *grid) add(i int32) {
	p.begin()
	at := p.start[i]
	p.z[at]++
	p.now[0] = at
	p.waiting = equal(p.z[at], 4)
}

func (p *grid) relax(a *avalanche, budget int64) bool {
	if p.sinceDrained > 1<<28 {
		p.drain()
	}
	before, end := a.Size, a.Size+budget
	z, count, touched, s := p.z, p.count, p.touched, int32(p.stride)
	toppled := p.toppled
	for p.waiting > 0 && a.Size < end {
		now, next, n := p.now[:p.waiting], p.next, 0
		for _, i := range now {
			z[i] -= 4
			touched[toppled] = i
			toppled += equal(count[i], 0)
			count[i]++
		}
		for _, i := range now {
			for _, j := range [4]int32{i - s, i - 1, i + 1, i + s} {
				y := z[j] + 1
				z[j] = y
				next[n] = j
				n += equal(y, 4)
			}
		}
		a.Size += int64(len(now))
		a.Duration++
		p.now, p.next, p.waiting = next, p.now, n
	}
	p.toppled = toppled
	p.sinceDrained += 4 * (a.Size - before)
	a.Area = int64(toppled)
	return p.waiting == 0
}

func (p *grid) read(dst []int32) {
	for r := range p.rows {
		copy(dst[r*p.cols:(r+1)*p.cols], p.z[(r+1)*p.stride+1:])
	}
}

func (p *grid) write(src []int32) {
	p.begin()
	for r := range p.rows {
		copy(p.z[(r+1)*p.stride+1:], src[r*p.cols:(r+1)*p.cols])
	}
	p.drain()
}

func (p *grid) counts(dst []int32) {
	for r := range p.rows {
		copy(dst[r*p.cols:(r+1)*p.cols], p.count[(r+1)*p.stride+1:])
	}
}

func (p *grid) site(cell int32) int32 {
	return (cell/int32(p.stride)-1)*int32(p.cols) + cell%int32(p.stride) - 1
}

func (p *grid) front() []int32 {
	all := make([]int32, p.waiting)
	for k, cell := range p.now[:p.waiting] {
		all[k] = p.site(cell)
	}
	return all
}

func (p *grid) resume(counts, front []int32) {
	for i, c := range counts {
		at := p.start[i]
		p.count[at] = c
		p.touched[p.toppled] = at
		p.toppled += 1 - equal(c, 0)
	}
	for k, i := range front {
		p.now[k] = p.start[i]
	}
	p.waiting = len(front)
}
