package machine

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/simd"
)

// The functions have the bits of core/simd's kernels and of its plain Go: millions of arguments of every exponent, near the ends of the fast
// ranges, and all that is special. Catches any operation in another order, a constant of another width, a lane of the wrong half.
func testFunctions[T real](t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	wide := unsafe.Sizeof(T(0)) == 8
	r := rand.New(rand.NewPCG(5, 6))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 1, -1, 0x1p-1022, 0x1p-1023, 0x1p-1074, -0x1p-1074, 0x1p-126, 0x1p-149, math.MaxFloat64,
		math.MaxFloat32, -math.MaxFloat64, 708, -708, 708.5, 709.78, 709.79, -745.13, -745.14, 746, 22, -22, 21.99, 10, -10, 88.7, 88.8, -103.9, -104, 0.5, math.Sqrt2, math.Sqrt(0.5)}
	const n = 4001
	x := make([]T, n)
	rounds := 400
	if testing.Short() {
		rounds = 40
	}
	for k := Exp; k <= Expit; k++ {
		code, ok := Assemble(Loop{Steps: []Step{{Kind: Load}, {Kind: k}, {Kind: Store, A: 1, Pointer: 1, Watch: true}}, Wide: wide})
		require.True(t, ok)
		loops := Make(code)
		for round := range rounds {
			for i := range x {
				switch (i + round) % 4 {
				case 0:
					x[i] = T(special[r.IntN(len(special))])
				case 1:
					x[i] = T(30 * r.NormFloat64())
				case 2:
					x[i] = T(r.Float64() * 800 * float64(1-2*r.IntN(2)))
				default:
					if wide {
						x[i] = T(math.Float64frombits(r.Uint64()))
					} else {
						x[i] = T(math.Float32frombits(r.Uint32()))
					}
				}
			}
			for _, group := range [][2]int{{0, n}, {3, 3 + round%40}} {
				x := x[group[0]:group[1]]
				if len(x) == 0 {
					continue
				}
				got := make([]T, len(x))
				table := Table{At: [Pointers]unsafe.Pointer{unsafe.Pointer(&x[0]), unsafe.Pointer(&got[0])}}
				loops.Run(0, wide, &table, len(x))
				want := function(k, x)
				if round%8 == 0 {
					before := simd.Current()
					require.NoError(t, simd.Use(simd.Scalar))
					plain := function(k, x)
					require.NoError(t, simd.Use(before))
					for i := range x {
						require.Equal(t, exact(want[i]), exact(plain[i]), "kind %d of %v", k, x[i])
					}
				}
				for i := range x {
					require.True(t, got[i] == got[i] || table.Found)
					if got[i] != got[i] {
						got[i] = T(math.NaN())
					}
					if exact(want[i]) != exact(got[i]) {
						t.Fatalf("kind %d of %v (%x): %v, expected %v", k, x[i], exact(x[i]), got[i], want[i])
					}
				}
			}
		}
	}
}

// exact is the bits of a NaN too.
func exact[T real](x T) uint64 {
	if unsafe.Sizeof(x) == 4 {
		return uint64(math.Float32bits(float32(x)))
	}
	return math.Float64bits(float64(x))
}

// Both widths have every function; a vector of float32 has elements that are computed in float64 beside others that are not.
func TestFunctions64(t *testing.T) { testFunctions[float64](t) }
func TestFunctions32(t *testing.T) { testFunctions[float32](t) }

// Rows of every length up to some vectors, rolled by everything, with a bias (distance 0), single elements along the rows, folds and stores that
// report NaNs, beside more pointers than there are registers; against one number at a time. Catches a wrong side of a roll, a mask of
// the end, a distance of rows, a lane of a fold.
func testRows[T real](t *testing.T) {
	if !Available() {
		t.Skip("no machine code here")
	}
	wide := unsafe.Sizeof(T(0)) == 8
	r := rand.New(rand.NewPCG(7, 8))
	for row := 1; row <= 70; row++ {
		for round := range 12 {
			rows := 1 + r.IntN(4)
			rolls := []int{r.IntN(row), r.IntN(row), 0}
			extra := 0
			if round%3 == 2 {
				extra = 9
			}
			// pointers: 0 input, 1 bias, 2 one element a row, 3 out, 4 sum, 5 most, 6 least, 7.. more outputs
			steps := []Step{{Kind: Load, Roll: rolls[0]}, {Kind: Load, Roll: rolls[1]}, {Kind: Load, Pointer: 1}, {Kind: Spread, Pointer: 2},
				{Kind: Sub, A: 0, B: 1}, {Kind: Mul, A: 4, B: 2}, {Kind: Add, A: 5, B: 3},
				{Kind: Store, A: 6, Pointer: 3, Watch: true}, {Kind: Sum, A: 6, Pointer: 4}, {Kind: Most, A: 6, Pointer: 5}, {Kind: Least, A: 6, Pointer: 6}}
			for k := range extra {
				steps = append(steps, Step{Kind: Store, A: 6, Pointer: int32(7 + k)})
			}
			code, ok := Assemble(Loop{Steps: steps, Wide: wide, Row: row})
			require.True(t, ok)
			loops := Make(code)
			in := func(n int) []T {
				x := make([]T, n)
				for i := range x {
					x[i] = T(r.NormFloat64())
					if round%4 == 1 && r.IntN(9) == 0 {
						x[i] = T([]float64{math.NaN(), math.Inf(1), 0, math.Copysign(0, -1)}[r.IntN(4)])
					}
				}
				return x
			}
			x, bias, one, out := in(rows*row), in(row), in(rows), make([]T, rows*row+1)
			sum, most, least := make([]float64, rows), make([]T, rows), make([]T, rows)
			var table Table
			stride := func(p int, at unsafe.Pointer, bytes int) {
				table.At[p], table.Step[p] = at, bytes
			}
			size := int(unsafe.Sizeof(T(0)))
			stride(0, unsafe.Pointer(&x[0]), row*size)
			stride(1, unsafe.Pointer(&bias[0]), 0)
			stride(2, unsafe.Pointer(&one[0]), size)
			stride(3, unsafe.Pointer(&out[0]), row*size)
			stride(4, unsafe.Pointer(&sum[0]), 8)
			stride(5, unsafe.Pointer(&most[0]), size)
			stride(6, unsafe.Pointer(&least[0]), size)
			more := make([][]T, extra)
			for k := range more {
				more[k] = make([]T, rows*row)
				stride(7+k, unsafe.Pointer(&more[k][0]), row*size)
			}
			loops.RunRows(0, &table, rows)
			for i := range rows {
				v := make([]T, row)
				for j := range v {
					v[j] = T(T(x[i*row+(j+row-rolls[0])%row]-x[i*row+(j+row-rolls[1])%row])*bias[j]) + one[i]
					require.Equal(t, bits(v[j]), bits(out[i*row+j]), "rows of %d, rolls %v, row %d, element %d", row, rolls, i, j)
					require.True(t, v[j] == v[j] || table.Found)
					for k := range more {
						require.Equal(t, bits(v[j]), bits(more[k][i*row+j]))
					}
				}
				wideRow := make([]float64, row)
				for j := range v {
					wideRow[j] = float64(v[j])
				}
				require.Equal(t, exact(simd.Sum(wideRow)), exact(sum[i]), "sum of %v", v)
				require.Equal(t, bits(extremeOf(v, Most)), bits(most[i]), "most of %v", v)
				require.Equal(t, bits(extremeOf(v, Least)), bits(least[i]), "least of %v", v)
			}
			require.Zero(t, out[rows*row])
		}
	}
}

func extremeOf[T real](x []T, k Kind) T {
	first := map[Kind]float64{Most: math.Inf(-1), Least: math.Inf(1)}[k]
	var l [8]T
	for i := range l {
		l[i] = T(first)
	}
	f := func(a, b T) T { return twin(Max+k-Most, a, b, 0) }
	for i, v := range x {
		l[i&7] = f(l[i&7], v)
	}
	return f(f(f(l[0], l[4]), f(l[2], l[6])), f(f(l[1], l[5]), f(l[3], l[7])))
}

func TestRows64(t *testing.T) { testRows[float64](t) }
func TestRows32(t *testing.T) { testRows[float32](t) }
