package lattice

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/bitslice"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

const critical = 2.269185314213022

func benchWalker(b *testing.B, r rule, kT float64, shape ...int) *packed {
	m := isingOn(b, 1, 0, nil, shape...)
	p, err := newPacking(m, r)
	require.NoError(b, err)
	k, err := newPacked(p, contract.Walker{Params: contract.Params{KT: kT}, Key: rng.New(1)})
	require.NoError(b, err)
	s := make([]int8, m.Lattice.Sites())
	for i := range s {
		s[i] = 1
	}
	k.Write(s)
	require.NoError(b, k.SweepTo(context.Background(), 20, nil))
	return k
}

func benchSweeps(b *testing.B, k *packed, team *par.Team) {
	b.ResetTimer()
	from := k.done
	require.NoError(b, k.SweepTo(context.Background(), from+int64(b.N), team))
	b.ReportMetric(float64(b.N)*float64(k.sites)/b.Elapsed().Seconds(), "spins/s")
	b.ReportMetric(0, "ns/op")
}

func BenchmarkPackedLevels(b *testing.B) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	for _, level := range simd.Levels() {
		b.Run(fmt.Sprint(level), func(b *testing.B) {
			require.NoError(b, simd.Use(level))
			benchSweeps(b, benchWalker(b, inTurn, critical, 1024, 1024), nil)
		})
	}
}

func BenchmarkPackedThreads(b *testing.B) {
	for _, n := range []int{1, 2} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			team := par.NewTeam(n)
			defer team.Close()
			benchSweeps(b, benchWalker(b, inTurn, critical, 1024, 1024), team)
		})
	}
}

func BenchmarkPackedSides(b *testing.B) {
	for _, shape := range [][]int{{32, 32}, {64, 64}, {128, 128}, {256, 256}, {512, 512}, {1000, 1000}, {1024, 1024}, {2048, 2048}, {4096, 4096}, {64, 64, 64}, {128, 128, 128}, {16, 16, 16}, {16, 16, 16, 16}} {
		b.Run(fmt.Sprint(shape), func(b *testing.B) {
			kT := critical * float64(len(shape)) / 2
			benchSweeps(b, benchWalker(b, inTurn, kT, shape...), nil)
		})
	}
}

func BenchmarkPackedHeatBath(b *testing.B) {
	benchSweeps(b, benchWalker(b, heatBath, critical, 1024, 1024), nil)
}

// What a sweep with energy and magnetization costs, beside BenchmarkPackedSides: less than a fifth more.
func BenchmarkPackedMeasured(b *testing.B) {
	k := benchWalker(b, inTurn, critical, 1024, 1024)
	sum := 0.0
	b.ResetTimer()
	for range b.N {
		require.NoError(b, k.SweepTo(context.Background(), k.done+1, nil))
		sum += k.Energy() + k.magnetization()
	}
	b.ReportMetric(float64(b.N)*float64(k.sites)/b.Elapsed().Seconds(), "spins/s")
}

// Couplings of +-1, and Gaussian ones, in three dimensions, one walker.
func BenchmarkPackedGlass(b *testing.B) {
	for _, L := range []int{8, 12, 16, 32} {
		for name, m := range map[string]*Ising{
			"signs": glass(isingOn(b, 1, 0, nil, L, L, L), rng.New(1), 0.5, 0), "Gaussian": rough(isingOn(b, 1, 0, nil, L, L, L), rng.New(1), false)} {
			b.Run(fmt.Sprint(name, L), func(b *testing.B) {
				p, err := newPacking(m, inTurn)
				require.NoError(b, err)
				k, err := newPacked(p, contract.Walker{Params: contract.Params{KT: 1.2}, Key: rng.New(1)})
				require.NoError(b, err)
				k.Write(slices.Repeat([]int8{1}, L*L*L))
				require.NoError(b, k.SweepTo(context.Background(), 100, nil))
				b.ReportAllocs()
				benchSweeps(b, k, nil)
			})
		}
	}
}

// The random bits of BenchmarkPackedGlass/signs16 alone, which bound it: every lane in the class of its sum.
func BenchmarkPackedBits(b *testing.B) {
	p, err := newPacking(glass(isingOn(b, 1, 0, nil, 16, 16, 16), rng.New(1), 0.5, 0), inTurn)
	require.NoError(b, err)
	d := p.at(1.2)
	dst, class := make([]bitslice.Group, p.groups), make([]bitslice.Group, p.groups*len(d.thresholds))
	for i := range wordsOf(class) {
		wordsOf(class)[i] = 0x1111111111111111 << (i / 8 % len(d.thresholds))
	}
	b.ResetTimer()
	for i := range b.N {
		rng.New(1).BernoulliRun(dst, uint64(i), 0, class, d.thresholds)
	}
	b.ReportMetric(float64(b.N)*float64(p.sites)/2/b.Elapsed().Seconds(), "spins/s")
}
