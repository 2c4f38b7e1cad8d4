package lattice

import (
	"context"
	"fmt"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

func isingOn(t testing.TB, J, h float64, periodic []bool, shape ...int) *Ising {
	l, err := geometry.NewHypercubic(shape)
	require.NoError(t, err)
	m := &Ising{Lattice: *l, J: array.Is(J), H: array.Is(h), Periodic: periodic}
	require.NoError(t, m.Check())
	return m
}

// packedTwin is the slow obvious twin of packed: one site after the other on the graph, each with its own lane of the same random bits.
func packedTwin(t testing.TB, m *Ising, r rule, s []int8, kT float64, key rng.Key, sweep int) {
	g, err := m.Lattice.Graph()
	require.NoError(t, err)
	shape, each := m.Lattice.Shape, !(m.J.Uniform() && m.H.Uniform()) && !m.signed()
	field := func([]int8, int) float64 { return 0 }
	if each {
		field = rowsFirst(m)
	}
	side := 1
	for _, n := range shape {
		if n > 1 {
			side = n
		}
	}
	pitch := 1
	for pitch < (side+1)/2 {
		pitch *= 2
	}
	if pitch > 32 {
		pitch = ((side+1)/2 + 63) / 64 * 64
	}
	for colour := range 2 {
		for i := range s {
			parity := 0
			for _, x := range array.Unravel(i, shape) {
				parity += x
			}
			if parity%2 != colour {
				continue
			}
			x := m.H.At(i)
			for k := g.Start[i]; k < g.Start[i+1]; k++ {
				x += m.J.At(int(g.Bond[k])) * float64(s[g.To[k]])
			}
			if r.flips() {
				x *= float64(s[i])
			}
			bit := i/side*pitch + i%side/2
			word := bit / 64
			var mask, hit [8]uint64
			mask[word%8] = 1 << (bit % 64)
			step, group := uint64(2*sweep+colour), uint64(word/8)
			if !each {
				key.BernoulliLanes(&hit, step, group, [][8]uint64{mask}, []rng.Threshold{r.threshold(x, kT)})
			} else {
				x = field(s, i)
				if r.flips() {
					x *= float64(s[i])
				}
				p := make([]float64, 512)
				p[bit%512] = r.probability(x, kT)
				one, masks := [][8]uint64{{}}, [][8]uint64{mask}
				key.BernoulliEach(one, step, group, masks, p)
				hit = one[0]
			}
			up := hit[word%8] != 0
			switch {
			case r.flips() && up:
				s[i] = -s[i]
			case r == heatBath && up:
				s[i] = 1
			case r == heatBath:
				s[i] = -1
			}
		}
	}
}

type packedCase struct {
	J, h, kT float64
	periodic []bool
	shape    []int
}

func (c packedCase) String() string {
	return fmt.Sprintf("J=%v h=%v kT=%v periodic=%v %v", c.J, c.h, c.kT, c.periodic, c.shape)
}

// rowsFirst is the local field of a site, summed in the order of the kernel: along the last axis, ahead first where the site's coordinate is even and back
// first where it is odd; then along the other axes from the last to the first, ahead and back; the field at the end.
func rowsFirst(m *Ising) func(s []int8, i int) float64 {
	shape, bond := m.Lattice.Shape, 0
	type end struct {
		J  float64
		to int
	}
	ends := make([][2]end, len(shape)*m.Lattice.Sites()) // ahead and back
	for j := range m.Lattice.Sites() {
		at, stride := array.Unravel(j, shape), m.Lattice.Sites()
		for d, n := range shape {
			stride /= n
			next := j + stride
			if at[d]+1 == n {
				next -= n * stride
			}
			if n == 1 || at[d]+1 == n && !m.Lattice.Periodic[d] {
				continue
			}
			ends[j*len(shape)+d][0], ends[next*len(shape)+d][1] = end{m.J.At(bond), next}, end{m.J.At(bond), j}
			bond++
		}
	}
	return func(s []int8, i int) float64 {
		x, turn := 0.0, -1
		for d := len(shape) - 1; d >= 0; d-- {
			if shape[d] == 1 {
				continue
			}
			if turn < 0 {
				turn = array.Unravel(i, shape)[d] % 2
			}
			for k := range 2 {
				e := ends[i*len(shape)+d][k^turn]
				x += float64(e.J * float64(s[e.to]))
			}
			turn = 0
		}
		return x + m.H.At(i)
	}
}

// glass gives the bonds of a model signs, and takes some of them away.
func glass(m *Ising, key rng.Key, signs, gaps float64) *Ising {
	J, u := make([]float64, m.Lattice.Bonds()), key.Stream(0)
	for b := range J {
		J[b] = m.J.Scalar
		if u.Float64() < signs {
			J[b] = -J[b]
		}
		if u.Float64() < gaps {
			J[b] = 0
		}
	}
	m.J = array.Each(J)
	return m
}

// rough gives every bond a size of its own, and every site a field.
func rough(m *Ising, key rng.Key, fields bool) *Ising {
	J, h, u := make([]float64, m.Lattice.Bonds()), make([]float64, m.Lattice.Sites()), key.Stream(0)
	for b := range J {
		J[b] = m.J.Scalar * u.Normal()
	}
	if m.J = array.Each(J); fields {
		for i := range h {
			h[i] = m.H.Scalar + u.Normal()
		}
		m.H = array.Each(h)
	}
	return m
}

func packedCases() []packedCase {
	y, n := true, false
	cases := []packedCase{
		{1, 0, 2.269, []bool{y}, []int{6, 8}},
		{1, 0, 2.269, []bool{y}, []int{2, 2}},
		{1, 0.5, 1.7, []bool{y}, []int{4, 2}},
		{-1, -0.3, 1.7, []bool{y}, []int{4, 130}},
		{1, 0, 0, []bool{y}, []int{8, 8}},
		{1, 0.25, 0, []bool{n}, []int{7, 5}},
		{-0.7, 0, 0, []bool{n, y}, []int{5, 8}},
		{0, 0, 1, []bool{y}, []int{4, 6}},
		{0, 0.4, 1, []bool{y}, []int{4, 6}},
		{1, 0, 3, []bool{n}, []int{3, 129}},
		{1, 0.1, 3, []bool{n}, []int{3, 128}},
		{1, 0, 2, []bool{n, y}, []int{3, 6}},
		{1, 0, 2, []bool{y, n}, []int{6, 3}},
		{1, 0, 2, []bool{y, n}, []int{2, 257}},
		{1, 0, 1, []bool{y}, []int{258}},
		{1, 0.2, 1, []bool{n}, []int{255}},
		{-1, 0.2, 1, []bool{n}, []int{2}},
		{1, 0, 1, []bool{y}, []int{2}},
		{1, 0, 4.5, []bool{y}, []int{4, 6, 10}},
		{1, 0.3, 4.5, []bool{n, y, n}, []int{3, 2, 5}},
		{-1, 0.3, 4.5, []bool{y, n, y}, []int{4, 5, 6}},
		{1, 0, 6, []bool{y}, []int{2, 4, 2, 6}},
		{1, 0.1, 6, []bool{n}, []int{3, 2, 3, 3}},
		{1, 0, 2, []bool{y}, []int{4, 1, 6, 1}},
		{1, 0, 2, []bool{y}, []int{1, 8}},
		{1, 0, 8, []bool{y}, []int{2, 2, 2, 2, 2, 2, 2, 2}},
		{1, 0, 2.2, []bool{y}, []int{34, 1024}},
		{1, 0, 2.2, []bool{y}, []int{18, 512}},
		{1, 0, 2.2, []bool{y}, []int{18, 256}},
		{1, 0, 2.2, []bool{y}, []int{34, 128}},
		{1, 0, 2.2, []bool{y}, []int{4, 2048}},
		{1, 0, 4.4, []bool{y, n, y}, []int{4, 5, 128}},
		{1, 0, 4.4, []bool{y, n, y}, []int{4, 3, 384}},
		{1, 0.1, 4.4, []bool{y}, []int{6, 10, 64}},
		{1, 0, 4.4, []bool{n}, []int{5, 7, 33}},
		{1, 0.1, 4.4, []bool{n}, []int{5, 7, 32}},
		{1, 0, 4.4, []bool{y, n, n}, []int{16, 17, 9}},
		{1, 0, 2.3, []bool{y}, []int{600, 2}},
		{1, 0, 2.3, []bool{n}, []int{333, 3}},
		{1, 0, 2.3, []bool{y}, []int{128, 32}},
		{1, 0, 2.3, []bool{y}, []int{130, 66}},
		{1, 0, 2.3, []bool{n}, []int{131, 65}},
		{1, 0, 2.3, []bool{y, n}, []int{16, 1280}},
		{1, 0, 5, []bool{y}, []int{8, 8, 8, 8}},
	}
	return cases
}

// The packed kernel decides every site as its twin does, for both rules, on every level. Catches: a neighbour taken from the wrong word or across
// an open end, a row's parity off by one, a lane of padding that flips, a class with the threshold of another.
func TestPackedMatchesTwin(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	kinds := []func(m *Ising, key rng.Key) *Ising{
		func(m *Ising, _ rng.Key) *Ising { return m },
		func(m *Ising, key rng.Key) *Ising { return glass(m, key, 0.5, 0) },
		func(m *Ising, key rng.Key) *Ising { return glass(m, key, 0.4, 0.2) },
		func(m *Ising, key rng.Key) *Ising { return rough(m, key, false) },
		func(m *Ising, key rng.Key) *Ising { return rough(m, key, true) },
	}
	for n, c := range packedCases() {
		for which := range 2 * len(kinds) {
			r := []rule{inTurn, heatBath}[which%2]
			t.Run(fmt.Sprint(c, which/2, r), func(t *testing.T) {
				m := kinds[which/2](isingOn(t, c.J, c.h, c.periodic, c.shape...), rng.New(uint64(n)))
				if which/2 > 2 && m.Lattice.Sites() > 5000 { // the twin is slow
					return
				}
				require.True(t, packs(m))
				p, err := newPacking(m, r)
				require.NoError(t, err)
				key := rng.New(7).Fold(uint64(len(c.shape)))
				start := make([]int8, m.Lattice.Sites())
				randomSpins(start, key)
				want := append([]int8(nil), start...)
				var kernels []*packed
				for range simd.Levels() {
					k, err := newPacked(p, contract.Walker{Params: contract.Params{KT: c.kT}, Key: key})
					require.NoError(t, err)
					k.Write(start)
					kernels = append(kernels, k)
				}
				got := make([]int8, len(start))
				for sweep := range 3 {
					packedTwin(t, m, r, want, c.kT, key, sweep)
					for i, level := range simd.Levels() {
						require.NoError(t, simd.Use(level))
						k := kernels[i]
						require.NoError(t, k.SweepTo(context.Background(), int64(sweep+1), nil))
						k.Read(got)
						require.Equal(t, want, got, "sweep %d, %s", sweep, level)
						e, err := m.Energy(want)
						require.NoError(t, err)
						require.InDelta(t, e, k.Energy(), 1e-9)
						require.Equal(t, float64(total(want)), k.magnetization())
					}
				}
			})
		}
	}
}

// Threads share a sweep without touching its bits; so do interruptions at any strip. Catches: a group left out or done twice at the border of
// two workers, random numbers that depend on the worker.
func TestPackedThreads(t *testing.T) {
	m := isingOn(t, 1, 0, nil, 322, 1000)
	p, err := newPacking(m, inTurn)
	require.NoError(t, err)
	require.Greater(t, p.groups, teamGroups)
	var want []int8
	for _, threads := range []int{1, 2, 3, 7} {
		team := par.NewTeam(threads)
		k, err := newPacked(p, contract.Walker{Params: contract.Params{KT: 2.2}, Key: rng.New(3)})
		require.NoError(t, err)
		require.NoError(t, k.SweepTo(context.Background(), 5, team))
		team.Close()
		got := make([]int8, m.Lattice.Sites())
		k.Read(got)
		if want == nil {
			want = got
		}
		require.Equal(t, want, got, "%d threads", threads)
	}
}
