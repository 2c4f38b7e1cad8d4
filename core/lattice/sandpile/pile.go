package sandpile

// pile is a state with the avalanche that is under way. Unstable sites topple generation by generation: all at once, each once.
type pile interface {
	add(i int32) // a grain, to a stable state
	// relax goes on with the avalanche until it has ended (true) or has made some more topplings than budget.
	relax(a *avalanche, budget int64) bool
	read(dst []int32)
	write(src []int32)
	counts(dst []int32) // topplings of each site in this avalanche
	front() []int32     // unstable sites, to be saved
	resume(counts, front []int32)
}

// lists are the sites of an avalanche: the generation that topples, the next one, and all that have toppled. Entries are written before it is known
// whether they count, which spares branches that nobody can predict.
type lists struct {
	now, next, touched []int32
	waiting, toppled   int
	count              []int32 // topplings of each site
}

func newLists(cells int) lists {
	return lists{now: make([]int32, cells+1), next: make([]int32, cells+1), touched: make([]int32, cells+1), count: make([]int32, cells)}
}

// begin forgets the avalanche before.
func (l *lists) begin() {
	for _, i := range l.touched[:l.toppled] {
		l.count[i] = 0
	}
	l.waiting, l.toppled = 0, 0
}

// equal is 1 where a = b, else 0.
func equal(a, b int32) int {
	d := uint32(a ^ b)
	return int((d - 1) &^ d >> 31)
}

// network is a pile on any graph.
type network struct {
	lists
	m *Sandpile
	z []int32
}

func newNetwork(m *Sandpile) *network {
	return &network{newLists(m.graph.Sites), m, make([]int32, m.graph.Sites)}
}

func (p *network) add(i int32) {
	p.begin()
	p.z[i]++
	p.now[0] = i
	p.waiting = equal(p.z[i], p.m.limit[i])
}

func (p *network) relax(a *avalanche, budget int64) bool {
	g, z, limit, end := p.m.graph, p.z, p.m.limit, a.Size+budget
	for p.waiting > 0 && a.Size < end {
		now := p.now[:p.waiting]
		for _, i := range now {
			z[i] -= limit[i]
			p.touched[p.toppled] = i
			p.toppled += equal(p.count[i], 0)
			p.count[i]++
		}
		n := 0
		for _, i := range now {
			for _, j := range g.To[g.Start[i]:g.Start[i+1]] {
				z[j]++
				p.next[n] = j
				n += equal(z[j], limit[j])
			}
		}
		a.Size += int64(len(now))
		a.Duration++
		p.now, p.next, p.waiting = p.next, p.now, n
	}
	a.Area = int64(p.toppled)
	return p.waiting == 0
}

func (p *network) read(dst []int32)   { copy(dst, p.z) }
func (p *network) counts(dst []int32) { copy(dst, p.count) }
func (p *network) front() []int32     { return p.now[:p.waiting] }

func (p *network) write(src []int32) {
	p.begin()
	copy(p.z, src)
}

func (p *network) resume(counts, front []int32) {
	copy(p.count, counts)
	for i, c := range counts {
		p.touched[p.toppled] = int32(i)
		p.toppled += 1 - equal(c, 0)
	}
	p.waiting = copy(p.now, front)
}
