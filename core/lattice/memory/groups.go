package memory

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
)

// groups are those of more than three spins, one by one.
type groups struct {
	member []int32 // p of each group
	twice  []int64 // 2 J / unit
	start  []int   // of each spin: its groups are in[start[i]:start[i+1]]
	in     []int32
}

// binomial is N over p, +inf where that is more than float64 holds.
func binomial(N, p int) float64 {
	x := 1.0
	for k := range p {
		x *= float64(N-k) / float64(k+1)
	}
	return math.Round(x)
}

// list fills the groups of p spins.
func (m *PSpin) list() error {
	n := int(binomial(m.N, m.P))
	if _, err := array.Plan(n*m.P+2*n, 8, fmt.Sprintf("the groups of %d spins", m.N)); err != nil {
		return err
	}
	g := &m.more
	*g = groups{member: make([]int32, 0, n*m.P), twice: make([]int64, 0, n), start: make([]int, m.N+1), in: make([]int32, n*m.P)}
	each := n * m.P / m.N
	for i := range g.start {
		g.start[i] = i * each
	}
	next := append([]int(nil), g.start...)
	m.each(func(J float64, group []int) {
		for _, i := range group {
			g.in[next[i]] = int32(len(g.twice))
			next[i]++
			g.member = append(g.member, int32(i))
		}
		g.twice = append(g.twice, 2*int64(math.RoundToEven(J/m.unit)))
	})
	return nil
}

// groupFields are what a walker knows of its configuration: twice J times the product of every group, and half the sums of these over the groups of each spin, in units.
type groupFields struct {
	*PSpin
	product []int64
	x       []int64
}

func (k *groupFields) sum(s []int8) {
	clear(k.x)
	for n, J := range k.more.twice {
		members := k.more.member[n*k.P : (n+1)*k.P]
		for _, i := range members {
			J *= int64(s[i])
		}
		k.product[n] = J
		for _, i := range members {
			k.x[i] += J / 2
		}
	}
}

func (k *groupFields) bonds([]int8) float64 {
	e := 0.0
	for _, x := range k.x {
		e -= float64(x)
	}
	return float64(e*k.unit) / float64(k.P)
}

func (k *groupFields) couplings(_ []int8, i int) float64 {
	return 2 * float64(float64(k.x[i])*k.unit)
}

func (k *groupFields) turn(_ []int8, i int) {
	for _, n := range k.more.in[k.more.start[i]:k.more.start[i+1]] {
		J := k.product[n]
		k.product[n] = -J
		for _, j := range k.more.member[int(n)*k.P : int(n+1)*k.P] {
			k.x[j] -= J
		}
	}
}

func (k *groupFields) exchange(other fields) {
	o := other.(*groupFields)
	k.product, o.product, k.x, o.x = o.product, k.product, o.x, k.x
}

func (k *groupFields) adopt(other fields) {
	o := other.(*groupFields)
	copy(k.product, o.product)
	copy(k.x, o.x)
}
