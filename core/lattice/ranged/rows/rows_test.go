package rows

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/stretchr/testify/require"
)

func Test256IsGenerated(t *testing.T) { twin.Narrower(t) }

func numbers(n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = 1/float64(i+3) - 0.1*float64(i%7)
	}
	return x
}

// Every level has the bits of the plain loops.
func TestLevels(t *testing.T) {
	defer func() { _ = simd.Use(simd.Levels()[0]) }()
	for _, stride := range []int{8, 16, 24, 32} {
		r := New([]int32{0, 40, 13, 7}, stride, stride-stride/8%3)
		var first []float64
		for _, l := range simd.Levels() {
			require.NoError(t, simd.Use(l))
			f, g := numbers(3*4*stride), numbers(4*stride)
			table := numbers(6 * 100)
			moves, d := [][]float64{table[5:], table[3:], table[9:]}, [][3]float64{{0.3, -1.7, 0.9}, {0.1, 0.2, -0.4}, {-0.6, 1, 0.5}}
			for _, x := range moves {
				r.Check(x, 100)
			}
			r.AddTensors(f, moves, 100, d, 0, 1)
			r.AddTensors(f, moves[:1], 100, d, 1, 4)
			r.AddTensors(f, moves[1:], 100, d[1:], 1, 4)
			r.AddTensors(f, moves, 100, d, 2, 2)
			r.Add(g, numbers(80), 5, 0.7)
			f = append(f, g...)
			if first == nil {
				first = f
			}
			require.Equal(t, first, f, fmt.Sprint(l, stride))
		}
	}
}

// line is a row of four cells of width sites, whose tables and fields are any numbers.
func line(width int) *Line {
	sites := 4 * width
	places := (sites + 3) &^ 3
	cell := (3*width + 3) &^ 3
	l := &Line{M: 3*sites + 20, Places: places, Width: width, Cell: cell, Component: places + 4, KT: 0.9, Apart: sites + 2}
	table := numbers(6*l.M + places)
	for i := range sites {
		l.Tables = append(l.Tables, table[sites-1-i:])
	}
	l.Fields, l.Spins, l.Outer, l.Step, l.Changes = numbers(3*l.Component+1), make([]float64, 3*sites), numbers(3*sites), 3, numbers(4*cell)
	for i := range l.Fields {
		l.Fields[i] = 2 - 40*l.Fields[i]
	}
	for i := range sites {
		l.Spins[3*i+i%3] = float64(1 - 2*(i&1))
	}
	for v := range sites {
		l.Logs = append(l.Logs, -0.01-0.13*float64(v%5))
	}
	l.Sides = make([]float64, 3*sites)
	for v := range sites {
		l.Sides[v], l.Sides[l.Apart+v] = math.Sincos(float64(7 * v))
	}
	return l
}

// Turns of a row have the bits of the plain loops on every level, are the same to rounding in one go and site by site, and are what they are said to be. Planted and seen to fail: the next field
// without yz; a side of the wrong sign; a wait that is not multiplied by kT; the changes of a cell one place off; the field from outside of another site.
func TestLine(t *testing.T) {
	for _, width := range []int{1, 2, 3, 4} {
		for name, turn := range map[string]func(l *Line, from, to int) int{
			"draw":    func(l *Line, from, to int) int { return l.Draw(from, to) },
			"try":     func(l *Line, from, to int) int { l.Try(from, to); return to },
			"reflect": func(l *Line, from, to int) int { l.Reflect(from, to); return to },
		} {
			first := map[int]*Line{}
			twin.OnLevels(t, func(t *testing.T) {
				for _, step := range []int{1, 3, 4 * width} {
					l := line(width)
					if name == "try" {
						l.Sides = proposals(len(l.Tables))
					}
					logs, sides := l.Logs, l.Sides
					for i := 1; i < len(l.Tables); {
						x, y, z := l.Field(i)
						own := [3]float64(l.Spins[3*i:])
						before := slices.Clone(l.Fields)
						to := min(i+step, len(l.Tables))
						l.Logs = logs[i:]
						if l.Sides = sides[i:]; name == "try" {
							l.Sides = sides[3*i:]
						}
						require.Equal(t, to, turn(l, i, to), name)
						if step == 1 {
							checkTurn(t, name, l, i, [3]float64{x, y, z}, own, before)
						}
						i = to
					}
					l.Logs, l.Sides = logs, sides
					if first[step] == nil {
						first[step] = l
					}
					require.Equal(t, first[step], l, fmt.Sprint(name, width, step))
					require.InDeltaSlice(t, first[1].Spins, l.Spins, 1e-12)
					require.InDeltaSlice(t, first[1].Fields, l.Fields, 1e-12)
				}
			})
		}
	}
	// Where a wait is too long, and where there is no field, it stops.
	twin.OnLevels(t, func(t *testing.T) {
		l := line(3)
		l.Logs[5] = -1e4
		require.Equal(t, 5, l.Draw(0, 12))
		l = line(3)
		l.KT = math.Inf(1)
		require.Equal(t, 0, l.Draw(0, 12))
		l = line(3)
		clear(l.Fields)
		clear(l.Outer)
		require.Equal(t, 2, l.Draw(2, 12))
		l.Reflect(0, 12)
		require.Equal(t, line(3).Spins, l.Spins)
		require.Panics(t, func() { l.Draw(0, 13) })
	})
}

// proposals are unit vectors.
func proposals(n int) (all []float64) {
	for i := range n {
		sin, cos := math.Sincos(float64(i))
		all = append(all, 0.6*sin, -0.8, 0.6*cos)
	}
	return all
}

// What cells have comes to the places of their sites.
func TestAddCells(t *testing.T) {
	for _, sites := range []int{1, 3, 4} {
		twin.OnLevels(t, func(t *testing.T) {
			const component, n = 40, 5
			f, cells := numbers(3*component), numbers(n*16)
			AddCells(f, component, cells, sites, 16)
			want := numbers(3 * component)
			for i := range n * sites {
				for p := range 3 {
					want[p*component+i] += cells[i/sites*16+p*sites+i%sites]
				}
			}
			require.Equal(t, want, f)
		})
	}
	require.Panics(t, func() { AddCells(make([]float64, 12), 4, make([]float64, 12), 5, 12) })
}

// Proposals are unit vectors along sums, on every level the same, and a sum that is 0 leaves the spin. Planted and seen to fail: two exchanged places in a permutation.
func TestPropose(t *testing.T) {
	var first []float64
	twin.OnLevels(t, func(t *testing.T) {
		l := line(3)
		l.Sides = numbers(36)
		for p := range 3 {
			l.Sides[15+p] = 0 - 2*l.Spins[18+p]
		}
		l.Propose(1, 12, 0.5)
		require.Equal(t, numbers(36)[33:], l.Sides[33:])
		require.Equal(t, l.Spins[18:21], l.Sides[15:18])
		if first == nil {
			first = l.Sides
		}
		require.Equal(t, first, l.Sides)
		for i := range 33 {
			j, n := i/3*3, numbers(36)
			if i/3 == 5 {
				continue
			}
			sum, square := func(p int) float64 { return l.Spins[3+p] + 0.5*n[p] }, 0.0
			for p := j; p < j+3; p++ {
				square += sum(p) * sum(p)
			}
			require.InDelta(t, sum(i)/math.Sqrt(square), l.Sides[i], 1e-15)
		}
	})
}

func checkTurn(t *testing.T, name string, l *Line, i int, x, own [3]float64, before []float64) {
	t.Helper()
	s := [3]float64(l.Spins[3*i:])
	dot := func(a, b [3]float64) float64 { return a[0]*b[0] + a[1]*b[1] + a[2]*b[2] }
	r, e := math.Sqrt(dot(x, x)), -l.KT*l.Logs[0]
	require.InDelta(t, 1, dot(s, s), 1e-14)
	switch name {
	case "draw":
		require.InDelta(t, 1-e/r, dot(s, x)/r, 1e-14)
		// The side is cos b + sin c across the field.
		flat := math.Hypot(x[0], x[1])
		b := [3]float64{x[1] / flat, 0 - x[0]/flat, 0}
		c := [3]float64{x[0] * x[2] / (flat * r), x[1] * x[2] / (flat * r), 0 - flat/r}
		w := math.Sqrt(1 - (1-e/r)*(1-e/r))
		require.InDelta(t, w*l.Sides[l.Apart], dot(s, b), 1e-13)
		require.InDelta(t, w*l.Sides[0], dot(s, c), 1e-13)
	case "try":
		next := [3]float64(l.Sides)
		if dot(x, own)-dot(x, next) > e {
			next = own
		}
		require.Equal(t, next, s)
	default:
		require.InDelta(t, dot(own, x), dot(s, x), 1e-12)
		require.InDelta(t, 2*dot(own, x)/r*dot(own, x)/r-1, dot(s, own), 1e-13)
	}
	table, m := l.Tables[i], l.M
	for k := range l.Places {
		T := [3][3]float64{{table[k], table[m+k], table[2*m+k]}, {table[m+k], table[3*m+k], table[4*m+k]}, {table[2*m+k], table[4*m+k], table[5*m+k]}}
		for p := range 3 {
			require.InDelta(t, before[p*l.Component+k]+dot(T[p], s)-dot(T[p], own), l.Fields[p*l.Component+k], 1e-12)
		}
	}
	for p := range 3 {
		at := i/l.Width*l.Cell + p*l.Width + i%l.Width
		require.InDelta(t, numbers(len(l.Changes))[at]+s[p]-own[p], l.Changes[at], 1e-14)
	}
}

func BenchmarkTensor(b *testing.B) {
	from := make([]int32, 25)
	for k := range from {
		from[k] = int32(36 * k)
	}
	r := New(from, 24, 24)
	f, t := numbers(3*25*24), numbers(6*(36*25+40))
	var moves [][]float64
	for k := range 24 {
		moves = append(moves, t[k%8:])
	}
	d := make([][3]float64, len(moves))
	for b.Loop() {
		r.AddTensors(f, moves, len(t)/6, d, 0, len(from))
	}
}
