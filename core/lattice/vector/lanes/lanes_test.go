package lanes

import (
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

func Test256IsGenerated(t *testing.T) { twin.Narrower(t) }

// Every kernel has the bits of its twin in plain Go, fields of 0, huge and tiny ones included.
func TestLevels(t *testing.T) {
	const words, at, size, room = 3, 128, 512, 200
	const places = 64 * words
	u := rng.New(3).Stream(0)
	numbers := func(n int) []float64 {
		x := make([]float64, n)
		for i := range x {
			x[i] = 2*u.Float64() - 1
		}
		return x
	}
	sites, ahead := make([]uint64, words), make([]uint64, words)
	for w := range sites {
		sites[w], ahead[w] = u.Uint64(), u.Uint64()
	}
	across := []int{70, 9}
	other, J, h := numbers(size), numbers(6*size), numbers(1)[0]
	fields := numbers(3 * room)
	for k := range 3 {
		for i, scale := range []float64{0, 1e-170, 1e-300, 1e170, 1e-5, 300} {
			fields[k*room+7*i] *= scale
		}
	}
	own, draws := numbers(3*size), numbers(5*places)
	for i := range draws {
		draws[i] = math.Abs(draws[i])
	}
	var want [][]float64
	twin.OnLevels(t, func(t *testing.T) {
		k := At()
		var got [][]float64
		keep := func(all ...[]float64) { got = append(got, all...) }
		fresh := func(x []float64) []float64 { return append([]float64(nil), x...) }
		x := make([]float64, places)
		k.Field(x, other, at, ahead, across, -0.7, h)
		keep(fresh(x))
		k.Bonds(x, other, at, ahead, across, J, size, h)
		keep(x)
		for n := 1; n <= 3; n++ {
			s, d := fresh(own), make([]float64, places)
			k.Reflect(s, at, size, fields, room, n, sites)
			k.Dot(d, own, at, size, fields, room, n, sites)
			keep(s, d)
		}
		for _, beta := range []float64{1.3, 1e-308, math.Inf(1)} {
			e, c, s := fresh(fields), make([]float64, 4*room), fresh(own)
			k.Aim2(e, c, room, places, beta)
			d, side, cost, v := make([]float64, places), make([]float64, places), make([]float64, places), fresh(draws[:places])
			k.Try2(d, side, cost, v, draws[places:], numbersOf(draws[2*places:3*places]), c, room, places)
			bits := make([]uint64, words)
			k.Passed(bits, v, cost)
			for _, b := range bits {
				keep([]float64{float64(b >> 32), float64(b & (1<<32 - 1))})
			}
			k.End2(s, at, size, e, room, d, side, sites)
			keep(e, c, d, side, cost, v, s)
			e, s = fresh(fields), fresh(own)
			kappa, twice := make([]float64, places), make([]float64, places)
			k.Aim3(e, room, places, kappa, twice, beta)
			logs := make([]float64, places)
			for i := range logs {
				logs[i] = -draws[i]
			}
			k.End3(s, at, size, e, room, logs, kappa, draws[places:], numbersOf(draws[2*places:3*places]), sites)
			keep(e, kappa, twice, s)
		}
		for _, all := range got {
			for i, x := range all {
				require.False(t, math.IsNaN(x), "%v", i)
			}
		}
		if want == nil {
			want = got
			return
		}
		require.Equal(t, want, got)
	})
}

// numbersOf are cosines of either sign.
func numbersOf(x []float64) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = 2*v - 1
	}
	return y
}
