package linalg

import (
	"fmt"
	"math"
	"testing"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/stretchr/testify/require"
)

// cheapestSum tries all assignments.
func cheapestSum(n, m int, cost []float64, taken int) float64 {
	row := bitsOf(taken)
	if row == n {
		return 0
	}
	best := math.Inf(1)
	for j := range m {
		if taken>>j&1 == 0 {
			best = min(best, cost[row*m+j]+cheapestSum(n, m, cost, taken|1<<j))
		}
	}
	return best
}

func bitsOf(x int) (n int) {
	for ; x > 0; x &= x - 1 {
		n++
	}
	return n
}

func sumOf(t *testing.T, n, m int, cost []float64, columns []int64) (sum float64) {
	taken := make([]bool, m)
	for i, c := range columns {
		require.False(t, taken[c])
		taken[c] = true
		sum += cost[i*m+int(c)]
	}
	return sum
}

// The sum is the least of all assignments, for random costs, for integers with many ties, and with forbidden pairs. Catches: prices of columns that
// nobody has (wrong for m > n), a settled column whose price is not lowered.
func TestAssignIsTheCheapest(t *testing.T) {
	var s rng.Stream
	s.Reset(rng.New(1), 0)
	for trial := range 3000 {
		n := 1 + s.Below(6)
		m := n + s.Below(3)
		cost, exact := make([]float64, n*m), true
		for k := range cost {
			switch trial % 3 {
			case 0:
				cost[k] = s.Float64()
			case 1:
				cost[k] = float64(s.Below(4))
			default:
				if cost[k] = float64(s.Below(9)); cost[k] > 6 {
					cost[k] = math.Inf(1)
				}
			}
		}
		columns := make([]int64, n)
		Assign(1, n, m, columns, cost, nil, nil)
		want, got := cheapestSum(n, m, cost, 0), sumOf(t, n, m, cost, columns)
		if math.IsInf(want, 1) {
			exact = math.IsInf(got, 1)
		} else {
			exact = math.Abs(got-want) < 1e-12
		}
		require.True(t, exact, "%d: %v, got %v want %v", trial, cost, got, want)
	}
}

// What is not finite is forbidden; batches are matrices one by one; float32 is as float64.
func TestAssignOfWhatIsNotFinite(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	columns := make([]int64, 3)
	Assign(1, 3, 3, columns, []float64{nan, 5, 1, 1, nan, nan, 2, 1, -inf}, nil, nil)
	require.Equal(t, []int64{2, 0, 1}, columns)
	Assign(1, 3, 3, columns, []float64{inf, inf, inf, inf, inf, inf, 0, inf, inf}, nil, nil)
	require.Equal(t, []int64{1, 2, 0}, columns)
	Assign(0, 3, 3, nil, []float64{}, nil, nil)
	var s rng.Stream
	s.Reset(rng.New(2), 0)
	cost, narrow := make([]float64, 5*40*50), make([]float32, 5*40*50)
	for k := range cost {
		narrow[k] = float32(s.Float64())
		cost[k] = float64(narrow[k])
	}
	all, one := make([]int64, 5*40), make([]int64, 40)
	w := new(Scratch)
	Assign(5, 40, 50, all, narrow, w, nil)
	for k := range 5 {
		Assign(1, 40, 50, one, cost[k*2000:(k+1)*2000], w, nil)
		require.Equal(t, one, all[k*40:(k+1)*40])
	}
	require.Zero(t, testing.AllocsPerRun(10, func() { Assign(5, 40, 50, all, narrow, w, nil) }))
}

// distances are half the squares of those between two clouds of normal points.
func distances(n, dimensions int) []float64 {
	var s rng.Stream
	s.Reset(rng.New(3), 0)
	x := make([]float64, 2*n*dimensions)
	for k := range x {
		x[k] = s.Normal()
	}
	cost := make([]float64, n*n)
	for i := range n {
		for j := range n {
			for d := range dimensions {
				e := x[i*dimensions+d] - x[(n+j)*dimensions+d]
				cost[i*n+j] += float64(0.5 * e * e)
			}
		}
	}
	return cost
}

func BenchmarkAssign(b *testing.B) {
	for _, n := range []int{128, 256, 512} {
		for _, dimensions := range []int{2, 32} {
			cost, columns, w := distances(n, dimensions), make([]int64, n), new(Scratch)
			b.Run(fmt.Sprintf("%d points in %d dimensions", n, dimensions), func(b *testing.B) {
				for range b.N {
					Assign(1, n, n, columns, cost, w, nil)
				}
			})
		}
	}
}
