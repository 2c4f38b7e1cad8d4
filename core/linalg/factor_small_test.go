package linalg_test

import (
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

// hard are matrices of which every fourth is random, one degenerate, one graded with zeros, and one zero or with a NaN.
func hard(n, count int) []float64 {
	a := make([]float64, count*n*n)
	rng.New(uint64(n)).Normals(a, 0, 0)
	for k := range count {
		m := a[k*n*n : (k+1)*n*n]
		for i := range n {
			for j := range n {
				switch at := &m[i*n+j]; k % 4 {
				case 1:
					*at = map[bool]float64{true: 1}[i/2 == j/2]
				case 2:
					*at *= math.Ldexp(1, -20*max(i, j)) * map[bool]float64{true: 1}[i != n/2]
				case 3:
					*at *= map[bool]float64{true: math.NaN()}[k%8 == 7]
				}
			}
		}
	}
	return a
}

// Small matrices have the same bits on every level, alone and in groups, whatever stands beside them. Catches: a lane that another one's convergence
// moves, a product fused in one kernel only, a lane left out at the end of a batch.
func TestSmallMatricesDoNotSeeEachOther(t *testing.T) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, n := range []int{1, 2, 3, 7, 16, 24} {
		const count = 29
		a := hard(n, count)
		one := func(first, count int, w *linalg.Scratch) [][]uint64 {
			part := a[first*n*n : (first+count)*n*n]
			rhs := a[first*n : (first+count)*n]
			var out [][]uint64
			keep := func(x []float64, size int) {
				for k := range count {
					for len(out) <= k {
						out = append(out, nil)
					}
					out[k] = append(out[k], bits(x[k*size:(k+1)*size])...)
				}
			}
			x, y, z := make([]float64, count*n*n), make([]float64, count*n*n), make([]float64, count*n)
			perm := make([]int64, count*n)
			linalg.Cholesky(count, n, x, part, w)
			keep(x, n*n)
			linalg.LU(count, n, x, perm, part, w)
			keep(x, n*n)
			for _, trans := range []bool{false, true} {
				linalg.LUSolve(count, n, n, y, x, perm, part, trans, w)
				keep(y, n*n)
				linalg.Solve(count, n, 1, z, part, rhs, trans, w)
				keep(z, n)
				linalg.TriangularSolve(count, n, n, y, part, part, trans, !trans, true, w)
				keep(y, n*n)
			}
			linalg.Inverse(count, n, y, part, w)
			keep(y, n*n)
			sign := make([]float64, count)
			linalg.LogDet(count, n, z[:count], sign, part, w)
			keep(z, 1)
			keep(sign, 1)
			linalg.Eigh(count, n, z, y, part, w)
			keep(z, n)
			keep(y, n*n)
			values := slices.Clone(z)
			linalg.Eigh(count, n, z, nil, part, w)
			require.Equal(t, bits(values), bits(z))
			linalg.QR(count, n, n, x, y, part, false, w)
			keep(x, n*n)
			keep(y, n*n)
			linalg.SVD(count, n, n, x, z, y, part, false, w)
			keep(x, n*n)
			keep(z, n)
			keep(y, n*n)
			values = slices.Clone(z)
			linalg.SVD(count, n, n, nil, z, nil, part, false, w)
			require.Equal(t, bits(values), bits(z))
			return out
		}
		var want [][]uint64
		for _, level := range simd.Levels() {
			require.NoError(t, simd.Use(level))
			for _, step := range []int{count, 1, 2, 3, 8, 11} {
				w := &linalg.Scratch{}
				var got [][]uint64
				for k := 0; k < count; k += step {
					got = append(got, one(k, min(step, count-k), w)...)
				}
				if want == nil {
					want = got
				}
				for k := range want {
					require.Equal(t, want[k], got[k], "matrix %d of size %d, level %v, by %d", k, n, level, step)
				}
			}
		}
	}
}

// bits of numbers, one NaN for all.
func bits(x []float64) []uint64 {
	out := make([]uint64, len(x))
	for i, v := range x {
		if v != v {
			v = math.NaN()
		}
		out[i] = math.Float64bits(v)
	}
	return out
}

// Singular vectors stay orthonormal, and the product gives the matrix back, where the steps could break down: zeros on the diagonal of a bidiagonal matrix,
// which stop the chase; ranks of one and half; columns that grow; numbers whose squares vanish. Catches: a shift where the diagonal has a zero, a
// reflection of numbers whose squares have lost their bits.
func TestSmallSVDOfHardMatrices(t *testing.T) {
	for _, n := range []int{2, 3, 5, 16, 24} {
		const count = 8
		a := make([]float64, count*n*n)
		rng.New(uint64(n)).Normals(a, 0, 0)
		for k := range count {
			m := a[k*n*n : (k+1)*n*n]
			for i := range n {
				for j := range n {
					switch at := &m[i*n+j]; k {
					case 0, 1:
						band := 1.0
						if i != j && i+1 != j || i == j && (i == n/2 || k == 1 && i%2 == 0) {
							band = 0
						}
						*at *= band
					case 2:
						*at = m[i*n] * m[j]
					case 3:
						*at = m[i*n+j%((n+1)/2)]
					case 4:
						*at *= math.Ldexp(1, 3*j)
					case 5:
						*at *= math.Ldexp(1, -525*((i+j)%3))
					case 6:
						*at *= math.Ldexp(1, -265*(j%4))
					}
				}
			}
		}
		u, s, vh := make([]float64, count*n*n), make([]float64, count*n), make([]float64, count*n*n)
		require.Zero(t, linalg.SVD(count, n, n, u, s, vh, a, true, nil))
		for k := range count {
			u, s, vh, a := u[k*n*n:(k+1)*n*n], s[k*n:(k+1)*n], vh[k*n*n:(k+1)*n*n], a[k*n*n:(k+1)*n*n]
			for i := range n {
				for j := range n {
					var uu, vv, back float64
					for l := range n {
						uu = math.FMA(u[l*n+i], u[l*n+j], uu)
						vv = math.FMA(vh[i*n+l], vh[j*n+l], vv)
						back = math.FMA(float64(u[i*n+l]*s[l]), vh[l*n+j], back)
					}
					unit := 0.0
					if i == j {
						unit = 1
					}
					require.InDelta(t, unit, uu, 1e-14*float64(n), "kind %d, u of %d", k, n)
					require.InDelta(t, unit, vv, 1e-14*float64(n), "kind %d, v of %d", k, n)
					require.InDelta(t, a[i*n+j], back, 1e-14*float64(n)*s[0], "kind %d of %d", k, n)
				}
			}
		}
	}
}
