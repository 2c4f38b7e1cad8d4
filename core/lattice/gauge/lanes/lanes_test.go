package lanes

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

// The kernels of all levels are one text.
func TestKernelsAreOneText(t *testing.T) {
	const mark = "// Below this line"
	body := func(name string) string {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		return string(text[strings.Index(string(text), mark):])
	}
	from := body("su512_amd64.go")
	for number, name := range map[string]string{"256": "su256_amd64.go", "1": "su1.go"} {
		want := strings.ReplaceAll(strings.Replace(from, "su512_amd64.go", "THIS", 1), "512", number)
		require.Equal(t, strings.Replace(want, "THIS", "su512_amd64.go", 1), body(name), "copy the text of su512_amd64.go to %s with %s for 512", name, number)
	}
}

// Every site has one lane, and steps along the axes lead to its neighbours.
func TestLayout(t *testing.T) {
	for _, shape := range [][]int{{8, 8}, {4, 4}, {16, 2}, {8, 8, 8, 8}, {4, 4, 4, 8}, {6, 6}, {3, 5}, {2, 2}, {12, 4, 6}, {4, 3, 2}, {24, 10}} {
		l := New(shape)
		strides := make([]int, len(shape))
		for a, s := len(shape)-1, 1; a >= 0; a-- {
			strides[a] = s
			s *= shape[a]
		}
		seen := make([]int, l.Sites)
		require.Equal(t, l.Sites, l.Blocks*l.Lanes)
		for b := range l.Blocks {
			for lane := range Width {
				x := int(l.Site[b][lane])
				if lane < l.Lanes {
					seen[x]++
				} else {
					require.Equal(t, l.Site[b][0], l.Site[b][lane])
				}
				for a, n := range shape {
					at := x / strides[a] % n
					for _, step := range []struct {
						to   Near
						want int
					}{{l.Up[a][b], x + ((at+1)%n-at)*strides[a]}, {l.Down[a][b], x + ((at+n-1)%n-at)*strides[a]}} {
						from := lane
						if step.to.Swap != nil {
							from = int(step.to.Swap[lane])
						}
						require.Equal(t, step.want, int(l.Site[step.to.Block][from]), "%v", shape)
					}
				}
				if l.Even > 0 {
					parity := 0
					for a, n := range shape {
						parity += x / strides[a] % n
					}
					require.Equal(t, parity%2 == 0, b < l.Even)
				}
			}
		}
		for _, s := range seen {
			require.Equal(t, 1, s)
		}
	}
	require.Equal(t, 8, New([]int{8, 8, 8, 8}).Lanes)
	require.Equal(t, 8, New([]int{8, 8}).Lanes)
}

func matrices(g Group, n int, seed uint64) []float64 {
	x := make([]float64, n*g.Numbers()*Width)
	rng.New(seed).Normals(x, 0, 0)
	for from := 0; from < len(x); from += g.Numbers() * Width {
		for l := range Width {
			unitary(x[from:from+g.Numbers()*Width], l, int(g))
		}
	}
	return x
}

// dense is lane l of a block as a matrix.
func dense(g Group, x []float64, l int) [][]complex128 {
	n := int(g)
	m := make([][]complex128, n)
	at := func(k int) float64 { return x[Width*k+l] }
	for i := range m {
		m[i] = make([]complex128, n)
		for j := range m[i] {
			if g == 3 {
				m[i][j] = complex(at(3*i+j), at(9+3*i+j))
			}
		}
	}
	if g == 2 { // a0 + i a sigma
		m[0][0], m[0][1] = complex(at(0), at(3)), complex(at(2), at(1))
		m[1][0], m[1][1] = complex(-at(2), at(1)), complex(at(0), -at(3))
	}
	return m
}

func adjoint(a [][]complex128) [][]complex128 {
	c := make([][]complex128, len(a))
	for i := range c {
		c[i] = make([]complex128, len(a))
		for j := range c {
			c[i][j] = complex(real(a[j][i]), -imag(a[j][i]))
		}
	}
	return c
}

func product(a, b [][]complex128) [][]complex128 {
	c := make([][]complex128, len(a))
	for i := range c {
		c[i] = make([]complex128, len(a))
		for j := range c {
			for k := range c {
				c[i][j] += a[i][k] * b[k][j]
			}
		}
	}
	return c
}

func requireNear(t *testing.T, want, got [][]complex128, tolerance float64) {
	t.Helper()
	for i := range want {
		for j := range want {
			require.InDelta(t, real(want[i][j]), real(got[i][j]), tolerance)
			require.InDelta(t, imag(want[i][j]), imag(got[i][j]), tolerance)
		}
	}
}

// Products, tangents and exponentials against matrices of complex numbers, the same bits on every level.
func TestKernels(t *testing.T) {
	for _, g := range []Group{2, 3} {
		n, m := g.Numbers()*Width, g.Algebra()*Width
		a, b := matrices(g, 1, 1), matrices(g, 1, 2)
		w := make([]float64, m)
		rng.New(3).Normals(w, 0, 0)
		if g == 3 { // traceless
			for l := range Width {
				mean := (w[l] + w[Width+l] + w[2*Width+l]) / 3
				w[l], w[Width+l], w[2*Width+l] = w[l]-mean, w[Width+l]-mean, w[2*Width+l]-mean
			}
		}
		var first [][]float64
		twin.OnLevels(t, func(t *testing.T) {
			c := NewLinks(New([]int{4, 4}), g)
			c.Begin()
			var all [][]float64
			for k, f := range []func(c, a, b []float64){c.addNN, c.addNA, c.addAN} {
				x := slices.Clone(b)
				f(x, a, b)
				all = append(all, x)
				for l := range Width {
					p, q, want := dense(g, a, l), dense(g, b, l), dense(g, b, l)
					if k == 1 {
						q = adjoint(q)
					} else if k == 2 {
						p = adjoint(p)
					}
					for i, row := range product(p, q) {
						for j, z := range row {
							want[i][j] += z
						}
					}
					requireNear(t, want, dense(g, x, l), 1e-14)
				}
			}
			for _, step := range []float64{0.01, 0.4, 3} { // exp(s w) from many small steps by squaring
				x, small := slices.Clone(a), make([]float64, n)
				c.turn(x, w, step)
				all = append(all, x)
				c.matrix(small, w)
				for l := range Width {
					e := dense(g, small, l)
					power, sum := make([][]complex128, g), make([][]complex128, g)
					for i := range e {
						power[i], sum[i] = make([]complex128, g), make([]complex128, g)
						power[i][i], sum[i][i] = 1, 1
						for j := range e {
							e[i][j] *= complex(step/1024, 0)
						}
					}
					for k := 1; k < 14; k++ {
						power = product(power, e)
						for i := range e {
							for j := range e {
								power[i][j] /= complex(float64(k), 0)
								sum[i][j] += power[i][j]
							}
						}
					}
					for range 10 {
						sum = product(sum, sum)
					}
					requireNear(t, product(dense(g, a, l), sum), dense(g, x, l), 2e-12)
				}
			}
			back, p := make([]float64, m), make([]float64, n)
			c.matrix(p, w)
			q := make([]float64, n)
			c.addNN(q, a, p)
			c.tangent(back, a, q, 1)
			for k := range w {
				require.InDelta(t, w[k], back[k], 1e-14)
			}
			all = append(all, back)
			if first == nil {
				first = all
			}
			require.Equal(t, first, all)
		})
	}
}
