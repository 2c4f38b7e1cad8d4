package fourier

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

func onLevels(t testing.TB, f func(l simd.Level)) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, l := range simd.Levels() {
		require.NoError(t, simd.Use(l))
		f(l)
	}
}

var shapes = [][3]int{ // outer, n, inner
	{1, 1, 1}, {3, 2, 5}, {1, 64, 1}, {1, 97, 1}, {2, 128, 1}, {9, 60, 1}, {17, 64, 1}, {1, 100, 17}, {2, 30, 3}, {5, 7, 33}, {1, 1000, 1}, {3, 1000, 2}, {1, 1024, 9},
	{1, 3000, 1}, {9, 4096, 1}, {2, 4096, 11}, {1, 4099, 1}, {2, 10007, 1}, {1, 9000, 10}, {1, 16384, 1}, {1, 20014, 1}, {4, 251, 1}, {1, 255, 3}, {20, 45, 1}, {1, 4097, 1}, {33, 34, 1},
	{9, 128, 1}, {9, 256, 1}, {10, 1024, 1}, {9, 2048, 1}, {2, 100, 24}, {1, 45, 9}, {1, 60, 16}, {1, 144, 9}, {2, 27, 17}, {1, 96, 8}, {9, 384, 1}, {1, 64, 40}, {1, 256, 17}, {2, 640, 16}, {1, 2048, 9}, {2, 5, 300}, {1, 16, 260}, {1, 7, 12}, {2, 40, 20},
}

// Whole arrays: each line has the bits of that line alone in plain Go, whatever the level, the batch, the strides and the number of threads.
func TestLines(t *testing.T) {
	testLines[float64, complex128](t)
	testLines[float32, complex64](t)
}

func noise[T Real](n int, seed uint64) []T {
	r := rand.New(rand.NewPCG(7, seed))
	x := make([]T, n)
	for k := range x {
		x[k] = T(r.NormFloat64())
	}
	return x
}

func pairs[T Real, C Number](x []T) []C {
	z := make([]C, len(x)/2)
	for k := range z {
		z[k] = C(complex(float64(x[2*k]), float64(x[2*k+1])))
	}
	return z
}

// line picks line (o, i) of n points.
func pick[E any](x []E, n, inner, o, i int) []E {
	out := make([]E, n)
	for k := range out {
		out[k] = x[(o*n+k)*inner+i]
	}
	return out
}

func testLines[T Real, C Number](t *testing.T) {
	team := par.NewTeam(3)
	defer team.Close()
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, s := range shapes {
		outer, n, inner := s[0], s[1], s[2]
		half := n/2 + 1
		x := noise[T](2*outer*n*inner, 1)
		z := pairs[T, C](x)
		h := z[:outer*half*inner]
		reals := x[:outer*n*inner]
		require.NoError(t, simd.Use(simd.Scalar))
		w := NewWorkspace(nil)
		var forward, inverse, spectra [][]C
		var back [][]T
		for o := range outer {
			for i := range inner {
				a, b, c, d := make([]C, n), make([]C, n), make([]C, half), make([]T, n)
				require.NoError(t, Complex(w, a, pick(z, n, inner, o, i), 1, n, 1, false, 1))
				require.NoError(t, Complex(w, b, pick(z, n, inner, o, i), 1, n, 1, true, 1/float64(n)))
				require.NoError(t, FromReal(w, c, pick(reals, n, inner, o, i), 1, n, 1, 0.7))
				require.NoError(t, ToReal(w, d, pick(h, half, inner, o, i), 1, n, 1, 1/float64(n)))
				forward, inverse, spectra, back = append(forward, a), append(inverse, b), append(spectra, c), append(back, d)
			}
		}
		onLevels(t, func(l simd.Level) {
			for _, w := range []*Workspace{NewWorkspace(nil), NewWorkspace(team)} {
				a, b, c, d := append(make([]C, 1), z...)[1:], make([]C, len(z)), make([]C, outer*half*inner), make([]T, outer*n*inner)
				require.NoError(t, Complex(w, a, a, outer, n, inner, false, 1))
				require.NoError(t, Complex(w, b, z, outer, n, inner, true, 1/float64(n)))
				require.NoError(t, FromReal(w, c, reals, outer, n, inner, 0.7))
				require.NoError(t, ToReal(w, d, h, outer, n, inner, 1/float64(n)))
				for o := range outer {
					for i := range inner {
						k := o*inner + i
						what := fmt.Sprintf("%v %v line %d of %T, %d workers", s, l, k, z, len(w.workers))
						require.Equal(t, forward[k], pick(a, n, inner, o, i), what)
						require.Equal(t, inverse[k], pick(b, n, inner, o, i), what)
						require.Equal(t, spectra[k], pick(c, half, inner, o, i), what)
						require.Equal(t, back[k], pick(d, n, inner, o, i), what)
					}
				}
			}
		})
	}
}

// Results that are stored past the caches, because they are many and lie on cache lines, have the bits of others. Catches: the last line left out.
func TestManyLines(t *testing.T) {
	testManyLines[float64, complex128](t)
	testManyLines[float32, complex64](t)
}

func testManyLines[T Real, C Number](t *testing.T) {
	const n, few = 64, 4
	lines := worthPast/(n*2*int(unsafe.Sizeof(T(0)))) + 3
	z := pairs[T, C](noise[T](2*n*lines, 5))
	room := make([]C, len(z)+1)
	onLevels(t, func(l simd.Level) {
		w := NewWorkspace(nil)
		for _, from := range []int{0, 1} { // on cache lines, and not
			many := room[from:][:len(z)]
			clear(many)
			require.NoError(t, Complex(w, many, z, lines, n, 1, true, 0.7))
			want := make([]C, few*n)
			for k := 0; k < lines; k += few {
				k := min(k, lines-few)
				require.NoError(t, Complex(w, want, z[k*n:], few, n, 1, true, 0.7))
				require.True(t, slices.Equal(want, many[k*n:][:few*n]), "%v lines %d of %T from %d on", l, k, z, from)
			}
		}
	})
}

// Columns of an array that does not stay in the caches have the bits of a line. Catches: rows that are not where the last codelets take them from.
func TestManyColumns(t *testing.T) {
	const n, few = 64, 9
	inner := manyColumns / n / 16
	z := pairs[float64, complex128](noise[float64](2*n*inner, 6))
	onLevels(t, func(l simd.Level) {
		w := NewWorkspace(nil)
		out, want := make([]complex128, len(z)), make([]complex128, n)
		require.NoError(t, Complex(w, out, z, 1, n, inner, true, 0.7))
		for k := 0; k < inner; k += inner / few {
			require.NoError(t, Complex(w, want, pick(z, n, inner, 0, k), 1, n, 1, true, 0.7))
			require.Equal(t, want, pick(out, n, inner, 0, k), "%v column %d", l, k)
		}
	})
}

// Half spectra are those of the complex transform, and the way back from them is the inverse, within rounding.
func TestReals(t *testing.T) {
	w := NewWorkspace(nil)
	for n := 1; n < 300; n++ {
		x := noise[float64](n, uint64(n))
		z, spectrum, back := make([]complex128, n), make([]complex128, n/2+1), make([]float64, n)
		for k, v := range x {
			z[k] = complex(v, 0)
		}
		require.NoError(t, Complex(w, z, z, 1, n, 1, false, 1))
		require.NoError(t, FromReal(w, spectrum, x, 1, n, 1, 1))
		bound := 4e-16 * math.Sqrt(float64(n)) * (2 + math.Log2(float64(n)))
		for k := range spectrum {
			require.InDelta(t, real(z[k]), real(spectrum[k]), bound, "%d %d", n, k)
			require.InDelta(t, imag(z[k]), imag(spectrum[k]), bound, "%d %d", n, k)
		}
		require.NoError(t, ToReal(w, back, spectrum, 1, n, 1, 1/float64(n)))
		for k := range x {
			require.InDelta(t, x[k], back[k], bound, "%d %d", n, k)
		}
	}
}

func TestSteadyTransformsAllocateNothing(t *testing.T) {
	onLevels(t, func(l simd.Level) {
		for _, s := range shapes {
			w := NewWorkspace(nil)
			n := s[0] * s[1] * s[2]
			z, x := make([]complex128, n), make([]float64, n)
			h := make([]complex128, s[0]*(s[1]/2+1)*s[2])
			run := func() {
				require.NoError(t, Complex(w, z, z, s[0], s[1], s[2], true, 1))
				require.NoError(t, FromReal(w, h, x, s[0], s[1], s[2], 1))
				require.NoError(t, ToReal(w, x, h, s[0], s[1], s[2], 1))
			}
			run()
			require.Zero(t, testing.AllocsPerRun(2, run), "%v %v", s, l)
		}
	})
}

// What is not finite, or overflows, gives the same bits on every level, with one NaN. Catches: a NaN of the processor's that is let out.
func TestNotFinite(t *testing.T) {
	testNotFinite[float64, complex128](t, math.MaxFloat64/2)
	testNotFinite[float32, complex64](t, math.MaxFloat32/2)
}

func testNotFinite[T Real, C Number](t *testing.T, large T) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	size := 0
	for _, s := range [][3]int{{9, 16, 1}, {1, 64, 17}, {9, 60, 1}, {3, 97, 2}, {1, 1024, 1}, {1, 127, 1}, {33, 64, 1}, {1, 7, 40}, {1, 100, 16}} {
		for _, bad := range []T{T(math.NaN()), T(math.Inf(1)), T(math.Inf(-1)), large, -large, T(math.Float64frombits(0xfff8dead00000000))} {
			for at := range 5 {
				x := noise[T](2*s[0]*s[1]*s[2], 3)
				size = len(x)
				for k := at * 7 % size; k < size; k += 1 + 31*at {
					x[k] = bad
				}
				z := pairs[T, C](x)
				half := s[1]/2 + 1
				var first [4][]byte
				onLevels(t, func(l simd.Level) {
					w := NewWorkspace(nil)
					a, b, c, d := make([]C, len(z)), make([]C, len(z)), make([]C, s[0]*half*s[2]), make([]T, len(z))
					require.NoError(t, Complex(w, a, z, s[0], s[1], s[2], false, 1))
					require.NoError(t, Complex(w, b, z, s[0], s[1], s[2], true, 0.3))
					require.NoError(t, FromReal(w, c, x[:len(z)], s[0], s[1], s[2], 1))
					require.NoError(t, ToReal(w, d, z[:len(c)], s[0], s[1], s[2], 1))
					for k, bytes := range [][]byte{bytesOf(a), bytesOf(b), bytesOf(c), bytesOf(d)} {
						if first[k] == nil || l == simd.Levels()[0] {
							first[k] = bytes
						}
						require.Equal(t, first[k], bytes, "%v %v at %d, %v, transform %d of %T", s, bad, at, l, k, z)
					}
				})
			}
		}
	}
}

func bytesOf[E any](x []E) []byte {
	return unsafe.Slice((*byte)(address(x)), len(x)*int(unsafe.Sizeof(x[0])))
}
