package series

import (
	"context"
	"math"
	"sort"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Resampling schemes: N points in [0, N), ascending; particle i gets as many children as points fall into its share.
const (
	systematic  = "systematic"  // k + u with one u
	stratified  = "stratified"  // k + u_k
	multinomial = "multinomial" // independent
	residual    = "residual"    // floor(N w_i) children each, the others independent by what is left of the weights
)

// resample draws the parents of the next generation by the weights of g. Of a conditioned cloud the others are independent of particle 0.
func (c *cloud) resample(ctx context.Context, team *par.Team, g *generation) error {
	children := c.n
	if c.conditioned && c.path != nil {
		parent := 0
		if c.ancestor != nil {
			var err error
			if parent, err = c.ancestor(ctx); err != nil {
				return err
			}
		}
		c.ancestors[0] = int32(parent)
		copy(c.parents[:c.d], c.now.x[parent*c.d:(parent+1)*c.d])
		children--
	}
	if c.resampling == residual {
		c.residual(g, children)
		return nil
	}
	c.spread1(children)
	c.edges[0] = 0
	scale := float64(children) / g.total
	for b := range g.parts {
		p := &g.parts[b]
		c.edges[b+1] = c.edges[b]
		if p.S[0] > 0 {
			c.edges[b+1] += float64(p.S[0] * scale * functions.Exp1(p.M[0]-g.most))
		}
	}
	c.task = task{g: g, first: c.n - children, points: c.points[:children]}
	return share(team, c.blocks, c.childrenOf)
}

// chooseOne gives the particles of a block their children.
func (c *cloud) chooseOne(_, b int) error {
	g, first, points := c.task.g, c.task.first, c.task.points
	if !(g.parts[b].S[0] > 0) {
		return nil
	}
	lo, hi := sort.SearchFloat64s(points, c.edges[b]), len(points)
	next := b + 1
	for next < c.blocks && !(g.parts[next].S[0] > 0) {
		next++
	}
	if next < c.blocks {
		hi = sort.SearchFloat64s(points, c.edges[b+1])
	}
	from, to := c.span(b)
	f := float64(len(points)) / g.total * functions.Exp1(g.parts[b].M[0]-g.most)
	k, sum, heir := lo, c.edges[b], from
	for i := from; i < to && k < hi; i++ {
		w := g.w[i]
		if w == 0 {
			continue
		}
		heir = i
		sum += float64(w * f)
		for k < hi && points[k] < sum {
			c.ancestors[first+k] = int32(i)
			k++
		}
	}
	for ; k < hi; k++ { // what rounding left over
		c.ancestors[first+k] = int32(heir)
	}
	c.gather(first+lo, first+hi)
	return nil
}

// gather copies the parents of the children from..to.
func (c *cloud) gather(from, to int) {
	x := c.now.x
	if c.d == 1 {
		parents, ancestors := c.parents[from:to], c.ancestors[from:to]
		for k, a := range ancestors {
			parents[k] = x[a]
		}
		return
	}
	for k := from; k < to; k++ {
		a := int(c.ancestors[k])
		copy(c.parents[k*c.d:(k+1)*c.d], x[a*c.d:(a+1)*c.d])
	}
}

// spread1 draws the points, n of them in [0, n).
func (c *cloud) spread1(n int) {
	points := c.points[:n]
	switch c.resampling {
	case systematic:
		u := c.stream.Float64()
		for k := range points {
			points[k] = float64(k) + u
		}
	case stratified:
		for k := range points {
			points[k] = float64(k) + c.stream.Float64()
		}
	default:
		c.uniform(points, n)
	}
}

// uniform fills points with ascending independent numbers on [0, n): partial sums of exponential numbers, over the sum of one more.
func (c *cloud) uniform(points []float64, n int) {
	for k := range points {
		points[k] = 1 - c.stream.Float64()
	}
	functions.Log(points, points)
	sum := 0.0
	for k, l := range points {
		sum -= l
		points[k] = sum
	}
	sum += c.stream.Exponential()
	scale := float64(n) / sum
	for k := range points {
		points[k] *= scale
	}
}

// residual gives every particle the whole part of its share, and draws the others.
func (c *cloud) residual(g *generation, children int) {
	first := c.n - children
	k, rest := first, 0.0
	scale := func(b int) float64 {
		if !(g.parts[b].S[0] > 0) {
			return 0
		}
		return functions.Exp1(g.parts[b].M[0]-g.most) / g.total * float64(children)
	}
	for b := range g.parts {
		f := scale(b)
		from, to := c.span(b)
		for i := from; i < to; i++ {
			share := float64(g.w[i] * f)
			whole := math.Floor(share)
			rest += share - whole
			for end := min(k+int(whole), c.n); k < end; k++ {
				c.ancestors[k] = int32(i)
			}
		}
	}
	points := c.points[:c.n-k]
	c.uniform(points, 1)
	at, sum, heir := 0, 0.0, 0
	for b := range g.parts {
		f := scale(b)
		from, to := c.span(b)
		for i := from; i < to; i++ {
			share := float64(g.w[i] * f)
			if part := share - math.Floor(share); part > 0 {
				heir = i
				sum += part / rest
			}
			for at < len(points) && points[at] < sum {
				c.ancestors[k+at] = int32(heir)
				at++
			}
		}
	}
	for ; at < len(points); at++ {
		c.ancestors[k+at] = int32(heir)
	}
	c.gather(first, c.n)
}
