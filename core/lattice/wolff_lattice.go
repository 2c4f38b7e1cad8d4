package lattice

import (
	"encoding/binary"
	"math"
	"math/bits"

	"github.com/ergodica/ergodica/core/rng"
)

// wolffLattice grows clusters on a hypercubic lattice with one coupling, ferromagnetic after every other site has been turned over if J < 0.
//
// A spin that joins is flipped at once and so never joins again: no mark is needed. Whether a neighbour joins is a bit, which flips it and
// moves the end of the queue; nothing branches on it. Sites at the rim of the lattice carry a mark and look up their neighbours.
type wolffLattice struct {
	hypercube
	J       float64
	state   []uint8 // bit 0: spin up (turned over on odd sites if J < 0); bit 7: at the rim
	turned  bool
	join    [1]rng.Threshold
	perSite int // coins for one visited site: 4, 8 or 16 bits, at least twice the number of axes
	coins   [][8]uint64
	all     [][8]uint64 // every lane
	dealt   uint64      // number of the sites after those whose coins are in the buffer, in this sweep
	step    uint64
	near    [16]int32
}

const (
	rim      = 0x80
	maxDeals = 8 // groups of 512 coins drawn at once
)

func fitsWolffLattice(m *Ising, h *hypercube) bool {
	d := len(h.shape)
	return m.Lattice.Shape != nil && m.J.Uniform() && d >= 1 && d <= 8 && (m.J.Scalar >= 0 || h.bipartite())
}

func newWolffLattice(J float64, h hypercube) *wolffLattice {
	w := &wolffLattice{hypercube: h, J: J, state: make([]uint8, h.n), turned: J < 0, perSite: 16}
	switch d := len(h.shape); {
	case d <= 2:
		w.perSite = 4
	case d <= 4:
		w.perSite = 8
	}
	w.coins = make([][8]uint64, min(maxDeals, 1+h.n*w.perSite/512))
	w.all = make([][8]uint64, len(w.coins))
	for i := range flat(w.all) {
		flat(w.all)[i] = math.MaxUint64
	}
	for i := range w.state {
		w.state[i] = w.turn(i, 1)
		for d, n := range h.shape {
			if at := h.at(i, d); at == 0 || at == n-1 {
				w.state[i] |= rim
			}
		}
	}
	return w
}

func (w *wolffLattice) turn(i int, up uint8) uint8 {
	if w.turned {
		up ^= w.odd(i)
	}
	return up
}

func (w *wolffLattice) SetKT(kT float64) {
	w.join[0] = joinThreshold(w.J, kT)
	w.dealt = 0
}

func (w *wolffLattice) plant(c *cluster) { w.state[c.queue[0]] ^= 1 }
func (w *wolffLattice) resume(*cluster)  { w.dealt = 0 }
func (w *wolffLattice) harvest(*cluster) {}

// deal makes sure that the coins of the next visited site are in the buffer and returns its place there, and how many sites from it on.
func (w *wolffLattice) deal(c *cluster) (place, sites int) {
	capacity := uint64(len(w.coins) * 512 / w.perSite)
	if c.step != w.step || w.dealt <= c.coins || w.dealt > c.coins+capacity {
		w.step = c.step
		first := c.coins / capacity
		w.dealt = (first + 1) * capacity
		if !c.key.Scripted() {
			c.key.BernoulliRun(w.coins, c.step, first*uint64(len(w.coins)), w.all, w.join[:])
		}
	}
	sites = int(w.dealt - c.coins)
	return int(capacity) - sites, sites
}

func (w *wolffLattice) grow(c *cluster) {
	place, sites := w.deal(c)
	from := c.head
	if len(w.shape) == 2 {
		w.growSquare(c, place, c.head+sites)
	} else {
		w.growHypercube(c, place, c.head+sites)
	}
	c.coins += uint64(c.head - from)
}

func (w *wolffLattice) growSquare(c *cluster, place, stop int) {
	queue, state, coins := c.queue, w.state, flat(w.coins)
	row, scripted := int32(w.stride[0]), c.key.Scripted()
	head, tail := c.head, c.tail
	other := state[queue[0]] // the cluster's spins have been flipped
	for ; head < tail && head < stop; head++ {
		i := queue[head]
		down, up, right, left := i+row, i-row, i+1, i-1
		if state[i]&rim != 0 {
			near := w.neighbours(int(i))
			down, up, right, left = near[0], near[1], near[2], near[3]
		}
		coin := uint8(coins[place>>4] >> (place & 15 << 2))
		place++
		if scripted {
			coin = uint8(w.choose(c, other, down, up, right, left))
		}
		join := coin & (state[down] ^ other) & 1
		state[down] ^= join
		queue[tail] = down
		tail += int(join)
		join = coin >> 1 & (state[up] ^ other) & 1
		state[up] ^= join
		queue[tail] = up
		tail += int(join)
		join = coin >> 2 & (state[right] ^ other) & 1
		state[right] ^= join
		queue[tail] = right
		tail += int(join)
		join = coin >> 3 & (state[left] ^ other) & 1
		state[left] ^= join
		queue[tail] = left
		tail += int(join)
	}
	c.head, c.tail = head, tail
}

func (w *wolffLattice) growHypercube(c *cluster, place, stop int) {
	queue, state, coins := c.queue, w.state, flat(w.coins)
	scripted, perWord, near := c.key.Scripted(), 64/w.perSite, 2*len(w.shape)
	shift := bits.TrailingZeros(uint(perWord))
	head, tail := c.head, c.tail
	other := state[queue[0]]
	var list [16]int32
	for ; head < tail && head < stop; head++ {
		i := queue[head]
		if state[i]&rim != 0 {
			list = *w.neighbours(int(i))
		} else {
			for d, s := range w.stride {
				list[2*d&15], list[(2*d+1)&15] = i+int32(s), i-int32(s)
			}
		}
		coin := coins[place>>shift] >> (place & (perWord - 1) * w.perSite)
		place++
		if scripted {
			coin = uint64(w.choose(c, other, list[:near]...))
		}
		for _, j := range list[:near] {
			join := uint8(coin) & (state[j] ^ other) & 1
			coin >>= 1
			state[j] ^= join
			queue[tail] = j
			tail += int(join)
		}
	}
	c.head, c.tail = head, tail
}

// choose tosses the coins that matter one by one, so that a script can enumerate them.
func (w *wolffLattice) choose(c *cluster, other uint8, near ...int32) (coin uint32) {
	for k, j := range near {
		if (w.state[j]^other)&1 != 0 {
			coin |= c.stream.Less(w.join[0]) << k
		}
	}
	return coin
}

// neighbours are listed axis by axis, the next one before the one back; i itself stands for one that an open boundary leaves out: it has
// been flipped and joins no more.
func (w *wolffLattice) neighbours(i int) *[16]int32 {
	for d := range w.shape {
		w.near[2*d] = int32(w.hypercube.step(i, d, false))
		w.near[2*d+1] = int32(w.hypercube.step(i, d, true))
	}
	return &w.near
}

func (w *wolffLattice) Read(dst []int8) {
	for i, x := range w.state {
		dst[i] = int8(w.turn(i, x&1))*2 - 1
	}
}

func (w *wolffLattice) Write(src []int8) {
	for i, s := range src {
		w.state[i] = w.state[i]&rim | w.turn(i, uint8(s+1)>>1)
	}
}

// energy is -|J| (bonds - 2 broken bonds).
func (w *wolffLattice) Energy() float64 {
	last := len(w.shape) - 1
	L := w.shape[last]
	bonds, broken := 0, 0
	for i := 0; i < w.n; i += L {
		row := w.state[i : i+L]
		broken += unequal(row[1:], row[:L-1])
		bonds += L - 1
		if w.periodic[last] {
			broken += int((row[0] ^ row[L-1]) & 1)
			bonds++
		}
		for d := range last {
			if j := w.hypercube.step(i, d, false); j != i {
				broken += unequal(row, w.state[j:j+L])
				bonds += L
			}
		}
	}
	return -math.Abs(w.J) * float64(bonds-2*broken)
}

const spinBits = 0x0101010101010101

// unequal counts the spins that differ between two rows.
func unequal(a, b []uint8) int {
	count := 0
	for ; len(a) >= 8; a, b = a[8:], b[8:] {
		count += bits.OnesCount64((binary.LittleEndian.Uint64(a) ^ binary.LittleEndian.Uint64(b)) & spinBits)
	}
	for i, x := range a {
		count += int((x ^ b[i]) & 1)
	}
	return count
}

func (w *wolffLattice) magnetization() float64 {
	up := 0
	if w.turned {
		for i, x := range w.state {
			up += int(w.turn(i, x&1))
		}
	} else {
		rest := w.state
		for ; len(rest) >= 8; rest = rest[8:] {
			up += bits.OnesCount64(binary.LittleEndian.Uint64(rest) & spinBits)
		}
		for _, x := range rest {
			up += int(x & 1)
		}
	}
	return float64(2*up - w.n)
}
