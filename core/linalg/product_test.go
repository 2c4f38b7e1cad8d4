package linalg

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the generated files")

func onLevels(t testing.TB, f func()) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, l := range simd.Levels() {
		require.NoError(t, simd.Use(l))
		f()
	}
}

// random is a rows x cols view with the given gaps, of numbers of many sizes.
func random[T Real](r *rand.Rand, rows, cols, gap int, transposed bool) Matrix[T] {
	lines, line := rows, cols+gap
	if transposed {
		lines, line = cols, rows+gap
	}
	data := make([]T, lines*line+1)
	for i := range data {
		data[i] = T(r.NormFloat64() * math.Exp2(float64(r.IntN(12))))
	}
	if transposed {
		return Matrix[T]{data, rows, cols, 1, line}
	}
	return Matrix[T]{data, rows, cols, line, 1}
}

// twin is the definition.
func twin[T Real](c, a, b Matrix[T], onto bool) {
	for i := range c.Rows {
		for j := range c.Cols {
			var sum T
			if onto {
				sum = c.Data[i*c.Row+j*c.Col]
			}
			for k := 0; k < a.Cols; k += 256 {
				s := sum
				if k > 0 || !onto {
					s = 0
				}
				for p := k; p < min(k+256, a.Cols); p++ {
					s = fma(a.Data[i*a.Row+p*a.Col], b.Data[p*b.Row+j*b.Col], s)
				}
				if k > 0 {
					s += sum
				}
				sum = s
			}
			c.Data[i*c.Row+j*c.Col] = canonical(sum)
		}
	}
}

func bits[T Real](x []T) []uint64 {
	u := make([]uint64, len(x))
	for i, v := range x {
		switch v := any(v).(type) {
		case float64:
			u[i] = math.Float64bits(v)
		case float32:
			u[i] = uint64(math.Float32bits(v))
		}
	}
	return u
}

func testProduct[T Real](t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	team := par.NewTeam(3)
	defer team.Close()
	w, shared := NewWorkspace(nil), NewWorkspace(team)
	sizes := [][3]int{{0, 3, 2}, {3, 0, 2}, {2, 3, 0}, {1, 1, 1}, {1, 24, 5}, {24, 1, 5}, {8, 24, 16}, {9, 25, 17}, {5, 7, 300}, {64, 64, 64}, {40, 130, 270}, {200, 60, 33}, {1, 200, 9}, {1, 450, 300}, {16, 1, 64}, {37, 1, 83}, {48, 1, 4}, {33, 1, 9}, {16, 1, 7}, {17, 1, 270}, {64, 64, 256}, {30, 100, 259}, {1, 1, 5000}, {1, 1, 2048}, {2, 3, 4100}, {16, 1, 512}, {40, 1, 1001}, {1, 100, 700}, {12, 1, 300}, {1, 33, 20}, {1, 47, 300}, {1, 50, 7}, {1, 64, 600}, {1, 71, 9}, {64, 2, 256}, {37, 3, 70}, {150, 4, 300}}
	for range 60 {
		sizes = append(sizes, [3]int{1 + r.IntN(30), 1 + r.IntN(60), 1 + r.IntN(20)})
	}
	onLevels(t, func() {
		for _, s := range sizes {
			m, n, k := s[0], s[1], s[2]
			for form := range 8 {
				gap := r.IntN(3)
				c, a, b := random[T](r, m, n, gap, form&1 != 0), random[T](r, m, k, gap, form&2 != 0), random[T](r, k, n, r.IntN(3), form&4 != 0)
				if r.IntN(8) == 0 && m*k > 0 && k*n > 0 {
					a.Data[r.IntN(m*k)], b.Data[r.IntN(k*n)] = T(math.Inf(1)), -T(math.NaN())
				}
				onto := r.IntN(2) == 0
				want := c
				want.Data = append([]T(nil), c.Data...)
				twin(want, a, b, onto)
				for _, w := range []*Workspace{nil, w, shared} {
					got := c
					got.Data = append([]T(nil), c.Data...)
					require.NoError(t, Multiply(got, a, b, onto, w))
					require.Equal(t, bits(want.Data), bits(got.Data), "%v %v form %d onto %v", simd.Current(), s, form, onto)
				}
			}
		}
	})
}

// Every shape of tile, edge, stride, transposition, block and share of workers against the definition, bit for bit, also behind the edges of
// C. Catches: a chain that is split or starts elsewhere, a mask one lane off, a row address wrong, a NaN that is not canonical.
func TestMultiplyTwin(t *testing.T) {
	t.Run("float64", testProduct[float64])
	t.Run("float32", testProduct[float32])
}

func complexTwin(c, a, b Matrix[complex128], onto bool) {
	for i := range c.Rows {
		for j := range c.Cols {
			var sum complex128
			if onto {
				sum = c.Data[i*c.Row+j*c.Col]
			}
			for k := 0; k < a.Cols; k += 128 {
				re, im := real(sum), imag(sum)
				if k > 0 || !onto {
					re, im = 0, 0
				}
				for p := k; p < min(k+128, a.Cols); p++ {
					x, y := a.Data[i*a.Row+p*a.Col], b.Data[p*b.Row+j*b.Col]
					re = math.FMA(imag(x), -imag(y), math.FMA(real(x), real(y), re))
					im = math.FMA(imag(x), real(y), math.FMA(real(x), imag(y), im))
				}
				if k > 0 {
					re, im = re+real(sum), im+imag(sum)
				}
				sum = complex(re, im)
			}
			c.Data[i*c.Row+j*c.Col] = sum
		}
	}
}

// Catches: a sign of i^2, a pair torn apart by a block, a row or column share at an odd real number.
func TestComplexTwin(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	team := par.NewTeam(2)
	defer team.Close()
	random := func(rows, cols, form int) Matrix[complex128] {
		m := Matrix[complex128]{Rows: rows, Cols: cols, Row: cols + 1, Col: 1}
		switch form {
		case 1:
			m.Row, m.Col = 1, rows+2
		case 2:
			m.Row, m.Col = 3*cols, 2
		}
		m.Data = make([]complex128, (rows+2)*(3*cols+2))
		for i := range m.Data {
			m.Data[i] = complex(r.NormFloat64(), r.NormFloat64())
		}
		return m
	}
	onLevels(t, func() {
		for _, s := range [][3]int{{1, 1, 1}, {3, 5, 7}, {20, 1, 9}, {1, 30, 4}, {50, 50, 50}, {9, 70, 300}, {2, 3, 0}} {
			for form := range 27 {
				c, a, b := random(s[0], s[1], form%3), random(s[0], s[2], form/3%3), random(s[2], s[1], form/9)
				want, got := c, c
				want.Data, got.Data = append([]complex128(nil), c.Data...), append([]complex128(nil), c.Data...)
				complexTwin(want, a, b, form%2 == 0)
				require.NoError(t, MultiplyComplex(got, a, b, form%2 == 0, NewWorkspace(team)))
				require.Equal(t, want.Data, got.Data, "%v %v form %d", simd.Current(), s, form)
			}
		}
	})
	x := make([]complex64, 12)
	for i := range x {
		x[i] = complex(float32(i), float32(1-i))
	}
	c := Dense(make([]complex64, 4), 2, 2)
	require.NoError(t, MultiplyComplex(c, Dense(x, 2, 3), Dense(x[6:], 3, 2), false, nil))
	require.Equal(t, x[0]*x[6]+x[1]*x[8]+x[2]*x[10], c.Data[0]) // small integers: exact
}

// Batches of every form against the definition: one tile, several, matrices times columns, rows times columns (pairs), operands shared by all,
// turned, of few and many matrices, alone and shared among workers. Catches: a matrix done twice or by two, a stride of another operand, a rest of
// terms left out, a kernel that moves on behind its last tile.
func TestBatch(t *testing.T) {
	t.Run("float64", testBatch[float64])
	t.Run("float32", testBatch[float32])
}

func testBatch[T Real](t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	team := par.NewTeam(3)
	defer team.Close()
	w, alone := NewWorkspace(team), NewWorkspace(nil)
	sizes := [][3]int{{20, 50, 30}, {3, 3, 3}, {8, 24, 9}, {4, 4, 4}, {17, 9, 5}, {1, 1, 64}, {1, 1, 3}, {1, 1, 37}, {1, 1, 300}, {1, 1, 512}, {16, 1, 16}, {16, 1, 600}, {33, 1, 21}, {3, 1, 3}, {1, 7, 5}, {64, 64, 32}, {2, 2, 0}, {1, 30, 40}}
	onLevels(t, func() {
		for _, s := range sizes {
			for form := range 16 {
				m, cols, k := s[0], s[1], s[2]
				n := []int{0, 1, 2, 9, 43}[r.IntN(5)]
				gap := r.IntN(3)
				c, a, b := random[T](r, m, cols, gap, false), random[T](r, m, k, gap, form&1 != 0), random[T](r, k, cols, gap, form&2 != 0)
				far := func(x *Matrix[T]) int {
					stride := x.last() + gap
					x.Data = make([]T, n*stride+1)
					for i := range x.Data {
						x.Data[i] = T(r.NormFloat64())
					}
					return stride
				}
				strideC, strideA, strideB := far(&c), far(&a), far(&b)
				if form&4 != 0 {
					strideA = 0
				}
				if form&8 != 0 {
					strideB = 0
				}
				if r.IntN(4) == 0 && len(a.Data) > 1 {
					a.Data[r.IntN(len(a.Data))] = T(math.Inf(1))
				}
				onto := r.IntN(2) == 0
				want := append([]T(nil), c.Data...)
				for p := range n {
					twin(Matrix[T]{want[p*strideC:], m, cols, c.Row, c.Col}, Matrix[T]{a.Data[p*strideA:], m, k, a.Row, a.Col}, Matrix[T]{b.Data[p*strideB:], k, cols, b.Row, b.Col}, onto)
				}
				for _, w := range []*Workspace{nil, alone, w} {
					got := c
					got.Data = append([]T(nil), c.Data...)
					require.NoError(t, MultiplyBatch(n, got, a, b, strideC, strideA, strideB, onto, w))
					require.Equal(t, bits(want), bits(got.Data), "%v %v, %d of them, form %d, gap %d, onto %v", simd.Current(), s, n, form, gap, onto)
				}
			}
		}
	})
}

func TestOuter(t *testing.T) {
	onLevels(t, func() {
		c := Matrix[float32]{make([]float32, 60), 3, 19, 20, 1}
		x, y := []float32{2, float32(math.Inf(1)), -1}, make([]float32, 19)
		for j := range y {
			y[j] = float32(j)
		}
		require.NoError(t, Outer(c, x, y, false))
		require.NoError(t, Outer(c, x, y, true))
		require.Equal(t, []float32{0, 4, 8}, c.Data[:3])
		require.Equal(t, float32(-36), c.Data[58])
		require.Equal(t, math.Float32bits(float32(math.NaN())), math.Float32bits(c.Data[20]))
		require.Zero(t, c.Data[19]+c.Data[59])
		require.ErrorContains(t, Outer(c, y, y, false), "got (3, 19)")
	})
}

func TestProductsAreChecked(t *testing.T) {
	a := Dense(make([]float64, 6), 2, 3)
	require.ErrorContains(t, Multiply(a, a, a, false, nil), "got C (2, 3), A (2, 3), B (2, 3)")
	require.ErrorContains(t, Multiply(Dense(make([]float64, 3), 2, 2), a, a.T(), false, nil), "at least 4 elements for C")
	a.Row = -1
	require.ErrorContains(t, Multiply(Dense(make([]float64, 4), 2, 2), a, Dense(make([]float64, 6), 3, 2), false, nil), "not negative")
}

func TestSteadyProductsAllocateNothing(t *testing.T) {
	team := par.NewTeam(2)
	defer team.Close()
	w := NewWorkspace(team)
	for _, n := range []int{4, 40, 200} {
		x := make([]float64, 3*n*n)
		c, a, b := Dense(x, n, n), Dense(x[n*n:], n, n), Dense(x[2*n*n:], n, n)
		f := func() { require.NoError(t, Multiply(c, a, b.T(), true, w)) }
		f()
		require.Zero(t, testing.AllocsPerRun(10, f), fmt.Sprint(n))
	}
}
