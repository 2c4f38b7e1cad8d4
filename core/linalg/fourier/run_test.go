package fourier

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

// Blocks of lanes: every level has the bits of plain Go in every lane, and plain Go is the definition within rounding.
func TestRun(t *testing.T) {
	for n := 1; n <= 400; n++ {
		testRun[float64](t, n, 1e-15)
		testRun[float32](t, n, 4e-7)
	}
	for _, n := range []int{1000, 1024, 1021, 2003, 4096, 5040, 10007, 16384, 20000, 17 * 1024, 8209 * 2} {
		testRun[float64](t, n, 1e-15)
		testRun[float32](t, n, 4e-7)
	}
}

func testRun[T Real](t *testing.T, n int, eps float64) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	nd := newNode(n)
	tb := newTables(nd, map[*node]*tables[T]{})
	size := int(unsafe.Sizeof(*new(T)))
	x := make([]T, 2*n)
	for k := range x {
		x[k] = T(r.NormFloat64())
	}
	w := workerFor[T](simd.Scalar, nd)
	want := make([]T, 2*n)
	run(w, tb, address(x), 2*size, address(want), 2*size, w.scratch)
	if n <= 400 {
		var worst, norm float64
		for k := range n {
			var re, im float64
			for j := range n {
				c, s := turn(j*k%n, n)
				re += float64(x[2*j])*c - float64(x[2*j+1])*s
				im += float64(x[2*j])*s + float64(x[2*j+1])*c
			}
			worst = max(worst, math.Hypot(re-float64(want[2*k]), im-float64(want[2*k+1])))
			norm += re*re + im*im
		}
		require.Less(t, worst, eps*math.Sqrt(norm/float64(n))*(3+2*math.Log2(float64(n))), fmt.Sprint(n, nd.kind))
	}
	for _, l := range simd.Levels() {
		w := workerFor[T](l, nd)
		lanes := 1 << w.log
		block := unsafe.Slice((*T)(w.x), 2*lanes*n)
		for k := range n {
			for lane := range lanes {
				j := (k*1 + 0) // each lane: the same line, scaled by a power of two
				block[2*lanes*k+lane] = x[2*j] * T(int(1)<<lane)
				block[2*lanes*k+lanes+lane] = x[2*j+1] * T(int(1)<<lane)
			}
		}
		run(w, tb, w.x, w.element, w.y, w.element, w.scratch)
		out := unsafe.Slice((*T)(w.y), 2*lanes*n)
		for k := range n {
			for lane := range lanes {
				re, im := out[2*lanes*k+lane]/T(int(1)<<lane), out[2*lanes*k+lanes+lane]/T(int(1)<<lane)
				if re != want[2*k] || im != want[2*k+1] {
					t.Fatalf("n %d, %v, point %d, lane %d: %v %v, scalar %v %v", n, l, k, lane, re, im, want[2*k], want[2*k+1])
				}
			}
		}
	}
}
