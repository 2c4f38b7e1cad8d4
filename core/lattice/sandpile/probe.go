package sandpile

import "github.com/ergodica/ergodica/core/geometry"

// probe finds what a grain would do at every site of a stable state, each from that state, in far fewer topplings than as many avalanches have.
//
// An avalanche is a sequence of waves: the site of the grain topples once, then all that become unstable, each once; if the site is unstable after that it
// topples again, the next wave (E. V. Ivashkevich, D. V. Ktitarev, V. B. Priezzhev, Physica A 209, 347 (1994)). A wave W takes the state z
// with a grain at i to z - Delta 1_W with the grain still at i. Two neighbours that are both one grain short of toppling begin the same wave, since
// each makes the other topple; so a connected cluster of such sites shares W, and those of its sites that begin another wave afterwards share
// the state in which they do. Waves are followed once for each cluster and taken back.
type probe struct {
	g      *geometry.Graph
	limit  []int32
	z      []int32
	wave   []int32 // sites of the waves under way, one wave after the other
	begins []int32 // sites that begin waves: clusters within clusters
	group  []int32 // number of the group in which a site waits for its cluster
	within []int32 // how many of the waves under way a site is in
	groups int32
	active []int32 // of each site: how many sites there are whose grain makes it topple
	sizes  []int32 // of each site: the topplings that its grain makes
}

func newProbe(m *Sandpile) *probe {
	n := m.graph.Sites
	return &probe{g: m.graph, limit: m.limit, z: make([]int32, n), group: make([]int32, n), within: make([]int32, n), active: make([]int32, n),
		sizes: make([]int32, n)}
}

// run finds active and sizes for the state z.
func (p *probe) run() {
	clear(p.active)
	clear(p.sizes)
	clear(p.group)
	p.groups, p.begins, p.wave = 0, p.begins[:0], p.wave[:0]
	for i, z := range p.z {
		if z == p.limit[i]-1 {
			p.begins = append(p.begins, int32(i))
		}
	}
	p.follow(0)
}

// follow goes through the clusters of the sites begins[from:], all one grain short, which share the state and the waves before.
func (p *probe) follow(from int) {
	p.groups++
	mine, end := p.groups, len(p.begins)
	for _, i := range p.begins[from:end] {
		p.group[i] = mine
	}
	for at := from; at < end; at++ {
		if p.group[p.begins[at]] != mine {
			continue
		}
		p.cluster(p.begins[at], mine)
		first, last := len(p.wave), len(p.begins)
		p.topple(p.begins[end])
		for _, j := range p.wave[first:] {
			if p.within[j]++; p.within[j] == 1 {
				p.active[j] += int32(last - end)
			}
		}
		kept := end // of the cluster, those that begin another wave
		for _, i := range p.begins[end:last] {
			p.sizes[i] += int32(len(p.wave) - first)
			if p.z[i] == p.limit[i]-1 {
				p.begins[kept] = i
				kept++
			}
		}
		p.begins = p.begins[:kept]
		if kept > end {
			p.follow(end)
			p.begins = p.begins[:end]
		}
		p.takeBack(first)
	}
}

// cluster puts the sites of the group that are connected with i at the end of begins, and takes them out of the group.
func (p *probe) cluster(i, mine int32) {
	at := len(p.begins)
	p.begins = append(p.begins, i)
	for p.group[i] = -1; at < len(p.begins); at++ {
		j := p.begins[at]
		for _, k := range p.g.To[p.g.Start[j]:p.g.Start[j+1]] {
			if p.group[k] == mine {
				p.group[k] = -1
				p.begins = append(p.begins, k)
			}
		}
	}
}

// topple is the wave that a grain at i begins. Grains leave a site when it is put on the list, so that it reaches its limit once.
func (p *probe) topple(i int32) {
	z, limit, start, to := p.z, p.limit, p.g.Start, p.g.To
	at := len(p.wave)
	p.wave = append(p.wave, i)
	z[i] -= limit[i]
	for ; at < len(p.wave); at++ {
		j := p.wave[at]
		for _, k := range to[start[j]:start[j+1]] {
			if z[k]++; z[k] == limit[k] {
				z[k] = 0
				p.wave = append(p.wave, k)
			}
		}
	}
}

// takeBack undoes the wave that stands at the end of the list.
func (p *probe) takeBack(first int) {
	for _, j := range p.wave[first:] {
		p.within[j]--
		p.z[j] += p.limit[j]
		for _, k := range p.g.To[p.g.Start[j]:p.g.Start[j+1]] {
			p.z[k]--
		}
	}
	p.wave = p.wave[:first]
}
