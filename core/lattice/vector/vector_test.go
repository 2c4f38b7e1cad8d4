package vector

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/checkered"
	"github.com/ergodica/ergodica/core/lattice/referee"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/twin"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/stretchr/testify/require"
)

// moment is the mean of f(t) under exp(kappa t) (1 - t^2)^((n-3)/2), by the trapezoidal rule in the angle, which is exact to rounding for n = 2 and smooth
// enough for the others.
func moment(n int, kappa float64, f func(t float64) float64) float64 {
	const points = 20000
	sum, z := 0.0, 0.0
	for i := range points + 1 {
		a := math.Pi * float64(i) / points
		w := math.Exp(kappa*(math.Cos(a)-1)) * math.Pow(math.Sin(a), float64(n-2))
		if i == 0 || i == points {
			w /= 2
		}
		z += w
		sum += w * f(math.Cos(a))
	}
	return sum / z
}

// The draws of the heat bath for one spin in a field: its first two moments along the field, those across it, and the whole distribution along it
// (Kolmogorov and Smirnov at 1e-7), for every form of the sampler. Planted and seen to fail: kappa 5 % off; a proposal accepted always; the wrong exponent
// of 1 - t^2 (n for n-1 in around).
func TestDrawsFollowTheField(t *testing.T) {
	const draws = 40000
	for _, n := range []int{2, 3, 4, 7} {
		for _, kappa := range []float64{1e-4, 0.2, 0.9, 6, 300} {
			e := make([]float64, n)
			for c := range e {
				e[c] = float64(c) - 1.3
			}
			r := math.Sqrt(dot(e, e))
			const kT = 0.7
			u := rng.New(uint64(n)).Fold(uint64(1000 * kappa)).Stream(0)
			var x, along [draws]float64
			s, field := make([]float64, n), make([]float64, n)
			across := 0.0
			for i := range x {
				for c := range field {
					field[c] = e[c] / r * kappa * kT
				}
				Draw(s, field, kT, &u)
				require.InDelta(t, 1, dot(s, s), 1e-12)
				along[i] = dot(s, e) / r
				x[i] = along[i]
				rest := s[0] - along[i]*e[0]/r // one direction across
				across += rest * rest / draws
			}
			name := fmt.Sprintf("n = %d, kappa = %v", n, kappa)
			first, second := moment(n, kappa, func(t float64) float64 { return t }), moment(n, kappa, func(t float64) float64 { return t * t })
			within(t, name, along[:], first)
			wide := (1 - second) / float64(n-1) * (1 - e[0]*e[0]/r/r)
			require.InDelta(t, wide, across, 6*wide*math.Sqrt(2.0/draws), name)
			slices.Sort(x[:])
			worst := 0.0
			for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
				at := x[int(q*draws)]
				cdf := cumulative(n, kappa, at)
				worst = max(worst, math.Abs(cdf-q))
			}
			require.Less(t, worst*math.Sqrt(draws), 2.9, name) // 2 exp(-2 x^2) = 1e-7
		}
	}
}

// The draws of a colour at once: sites that do not see each other (J = 0) in fields of three strengths, as TestDrawsFollowTheField. Planted and seen to fail: a
// rejected place that keeps its first proposal; attempts that are always accepted; kappa 5 % off; one side only.
func TestColoursFollowTheField(t *testing.T) {
	const side, sweeps, kT = 30, 45, 0.7
	l, err := geometry.NewHypercubic([]int{side, side})
	require.NoError(t, err)
	for _, n := range []int{2, 3, 5} {
		for _, kappa := range []float64{1e-4, 0.2, 0.9, 6, 300} {
			e := make([]float64, n)
			for c := range e {
				e[c] = float64(c) - 1.3
			}
			r := math.Sqrt(dot(e, e))
			fields := make([]float64, side*side*n) // of sites: a third of them the opposite way
			for i := range fields {
				fields[i] = e[i%n] / r * kappa * kT * float64(1-(i/n%3+1)/3*2)
			}
			m := &ON{Lattice: *l, N: n, J: array.Is(0), H: array.Each(fields, side*side, n)}
			require.NoError(t, m.Check())
			build, err := prepareBath(m, "checkerboard", 0)
			require.NoError(t, err)
			k, err := build(contract.Walker{Params: contract.Params{KT: kT}, Key: rng.New(uint64(n)).Fold(uint64(1000 * kappa))})
			require.NoError(t, err)
			require.IsType(t, &checkered.Kernel[float64]{}, k)
			s := make([]float64, side*side*n)
			var along, across, skew []float64
			for range sweeps {
				require.NoError(t, k.SweepTo(context.Background(), k.Sweeps()+1, nil))
				k.Read(s)
				for i := range side * side {
					v := s[i*n : (i+1)*n]
					require.InDelta(t, 1, dot(v, v), 1e-12)
					x := dot(v, fields[i*n:(i+1)*n]) / (kappa * kT)
					rest := v[0] - x*fields[i*n]/(kappa*kT)
					along, across, skew = append(along, x), append(across, rest*rest), append(skew, rest)
				}
			}
			name := fmt.Sprintf("n = %d, kappa = %v", n, kappa)
			first, second := moment(n, kappa, func(t float64) float64 { return t }), moment(n, kappa, func(t float64) float64 { return t * t })
			within(t, name+", along", along, first)
			within(t, name+", across", across, (1-second)/float64(n-1)*(1-e[0]*e[0]/r/r))
			within(t, name+", sides", skew, 0)
			slices.Sort(along)
			for _, q := range []float64{0.05, 0.25, 0.5, 0.75, 0.95} {
				at := along[int(q*float64(len(along)))]
				require.Less(t, math.Abs(cumulative(n, kappa, at)-q)*math.Sqrt(float64(len(along))), 2.9, name) // 2 exp(-2 x^2) = 1e-7
			}
		}
	}
}

// A colour's reflections, fields and energy are those of single sites, for fields and couplings of every kind; kT = 0 gives the directions of the fields.
func TestColoursAreSingleSites(t *testing.T) {
	for _, shape := range [][]int{{6}, {4, 6}, {2, 4, 6}, {3, 5}} {
		for _, n := range []int{2, 3, 5} {
			for _, kind := range []string{"plain", "field", "fields", "couplings", "all"} {
				l, err := geometry.NewHypercubic(shape, shape[0] != 3)
				require.NoError(t, err)
				u := rng.New(9).Stream(0)
				numbers := func(n int, shape ...int) array.Field {
					x := make([]float64, n)
					for i := range x {
						x[i] = u.Normal()
					}
					return array.Each(x, shape...)
				}
				m := &ON{Lattice: *l, N: n, J: array.Is(-1.3), H: array.Is(0), Periodic: l.Periodic}
				if kind == "field" {
					m.H = numbers(n, n)
				}
				if kind == "fields" || kind == "all" {
					m.H = numbers(n*l.Sites(), l.Sites(), n)
				}
				if kind == "couplings" || kind == "all" {
					m.J = numbers(l.Bonds(), l.Bonds())
				}
				require.NoError(t, m.Check())
				s := make([]float64, n*l.Sites())
				m.Draw(s, &u)
				build, err := prepareBath(m, "checkerboard", 1)
				require.NoError(t, err)
				made, err := build(contract.Walker{Params: contract.Params{KT: 0}, Key: rng.New(1)})
				require.NoError(t, err)
				k := made.(*checkered.Kernel[float64])
				k.Write(s)
				require.InDelta(t, m.energy(s), k.Energy(), 1e-12*float64(len(s)), "%v %d %s", shape, n, kind)
				twin := walkers.NewSingle(m, m.energy, walkers.NewOrder(m.graph, "checkerboard"), contract.Walker{Key: rng.New(1)}, reflection{m}, &heatBath{ON: m})
				twin.Write(s)
				require.NoError(t, k.SweepTo(context.Background(), 1, nil))
				require.NoError(t, twin.SweepTo(context.Background(), 1, nil))
				k.Read(s)
				require.InDeltaSlice(t, twin.View(), s, 1e-10, "%v %d %s", shape, n, kind)
				require.InDelta(t, m.energy(s), k.Energy(), 1e-12*float64(len(s)))
			}
		}
	}
}

// Every level of SIMD and any team have the same bits.
func TestColoursHaveOneResult(t *testing.T) {
	for _, n := range []int{2, 3, 4} {
		var want []float64
		result := func(team *par.Team) []float64 {
			l, err := geometry.NewHypercubic([]int{130, 170})
			require.NoError(t, err)
			m := &ON{Lattice: *l, N: n, J: array.Is(1)}
			require.NoError(t, m.Check())
			build, err := prepareBath(m, "checkerboard", 2)
			require.NoError(t, err)
			k, err := build(contract.Walker{Params: contract.Params{KT: 0.8}, Key: rng.New(3)})
			require.NoError(t, err)
			s, u := make([]float64, n*l.Sites()), rng.New(4).Stream(0)
			m.Draw(s, &u)
			k.Write(s)
			require.NoError(t, k.SweepTo(context.Background(), 3, team))
			k.Read(s)
			return append(s, k.Energy())
		}
		twin.OnLevels(t, func(t *testing.T) {
			got := result(nil)
			if want == nil {
				want = got
			}
			require.Equal(t, want, got)
		})
		team := par.NewTeam(3)
		require.Equal(t, want, result(team))
		team.Close()
	}
}

func cumulative(n int, kappa, at float64) float64 {
	const points = 20000
	sum, z, end := 0.0, 0.0, math.Acos(at)
	for i := range points {
		a := math.Pi * (float64(i) + 0.5) / points
		w := math.Exp(kappa*(math.Cos(a)-1)) * math.Pow(math.Sin(a), float64(n-2))
		z += w
		switch {
		case a-0.5*math.Pi/points > end:
			sum += w
		case a+0.5*math.Pi/points > end:
			sum += w * ((a + 0.5*math.Pi/points - end) * points / math.Pi)
		}
	}
	return sum / z
}

// within asks for 6 standard errors of independent numbers (false alarm 2e-9).
func within(t *testing.T, what string, x []float64, want float64) {
	t.Helper()
	mean, v := 0.0, 0.0
	for _, y := range x {
		mean += y / float64(len(x))
	}
	for _, y := range x {
		v += (y - mean) * (y - mean) / float64(len(x)-1)
	}
	se := math.Sqrt(v / float64(len(x)))
	require.InDelta(t, want, mean, 6*se+1e-9, "%s, standard error %v", what, se)
}

func network(t testing.TB, n, sites int, ends [][2]int32, J, h array.Field) *ON {
	l, err := geometry.NewNetwork(sites, ends)
	require.NoError(t, err)
	return &ON{Lattice: *l, N: n, J: J, H: h}
}

func hypercubic(t testing.TB, n int, J, h array.Field, periodic bool, shape ...int) *ON {
	l, err := geometry.NewHypercubic(shape)
	require.NoError(t, err)
	return &ON{Lattice: *l, N: n, J: J, H: h, Periodic: []bool{periodic}}
}

// exact means of E, of s_0 along component 0 and of its square, by sums over grids of angles: three planar spins, or two spins of three components.
func exact(m *ON, kT float64) (energy, first, second float64) {
	z := 0.0
	add := func(s []float64, measure float64) {
		e := m.energy(s)
		w := measure * math.Exp(-e/kT)
		z += w
		energy, first, second = energy+w*e, first+w*s[0], second+w*s[0]*s[0]
	}
	if m.N == 2 {
		const points = 48
		for i := range points * points * points {
			var s [6]float64
			for k, x := range []int{i % points, i / points % points, i / points / points} {
				s[2*k+1], s[2*k] = math.Sincos(2 * math.Pi * float64(x) / points)
			}
			add(s[:], 1)
		}
	} else {
		const points, turns = 120, 40 // midpoints in the cosines
		for i := range points * points {
			a, b := (float64(i%points)+0.5)*2/points-1, (float64(i/points)+0.5)*2/points-1
			for k := range turns {
				sin, cos := math.Sincos(2 * math.Pi * float64(k) / turns)
				p, q := math.Sqrt(1-a*a), math.Sqrt(1-b*b)
				add([]float64{a, p, 0, b, q * cos, q * sin}, 1)
			}
		}
	}
	return energy / z, first / z, second / z
}

// Every method on skewed tiny systems, against sums over all angles. Planted and seen to fail: kT off by 5 % in each rule; a reflection about the plane for
// one about the field; a bond of wolff without its factor 2; a chain that turns on after an event, a factor with the angle the wrong way round.
func TestEveryMethodSamplesBoltzmann(t *testing.T) {
	triangle := [][2]int32{{0, 1}, {1, 2}, {2, 0}}
	uneven := array.Each([]float64{0.8, -0.5, 1.1})
	systems := map[string]func() *ON{
		"planar":           func() *ON { return network(t, 2, 3, triangle, uneven, array.Is(0)) },
		"planar in fields": func() *ON { return network(t, 2, 3, triangle, uneven, array.Each([]float64{0.6, 0.3})) },
		"open chain": func() *ON {
			return hypercubic(t, 2, array.Each([]float64{0.8, -0.5}), array.Each([]float64{0.6, 0.3}), false, 3)
		},
		"ring of two":        func() *ON { return hypercubic(t, 3, array.Each([]float64{-1.9, 0.7}), array.Is(0.8), true, 2) },
		"spatial":            func() *ON { return network(t, 3, 2, [][2]int32{{0, 1}}, array.Is(-1.2), array.Is(0)) },
		"spatial in a field": func() *ON { return network(t, 3, 2, [][2]int32{{0, 1}}, array.Is(1.2), array.Is(0.8)) },
	}
	const kT = 0.7
	for name, fresh := range systems {
		m := fresh()
		require.NoError(t, m.Check())
		wantE, want1, want2 := exact(m, kT)
		for _, e := range Registry() {
			for _, text := range map[string][]string{"Metropolis": {`{}`, `{"order":"random","step":0.4}`}, "HeatBath": {`{}`, `{"order":"random"}`}, "Wolff": {`{}`}, "OverRelaxation": {`{"reflections":2}`}, "EventChain": {`{}`, `{"length":0.9}`}}[e.Method] {
				method := e.NewMethod()
				require.NoError(t, spec.Decode(json.RawMessage(text), method, nil))
				made, err := e.Open(fresh(), method, []contract.Walker{{Params: contract.Params{KT: kT}, Key: rng.New(5), Warmup: 500}}, contract.Start{Kind: "random"})
				if err != nil {
					require.Contains(t, []string{"Wolff", "EventChain"}, e.Method)
					continue
				}
				var k walkers.Kernel[float64]
				switch made := made.(type) {
				case *walkers.Ensemble[float64]:
					k = made.Kernels[0]
				case walkers.Timed[float64]:
					k = made.Kernels[0]
				}
				const bins, each = 200, 300
				var energy, first, second [bins]float64
				ctx := context.Background()
				require.NoError(t, k.SweepTo(ctx, 500, nil))
				k.Warm()
				s := make([]float64, m.N*m.Sites())
				for b := range bins {
					for range each {
						require.NoError(t, k.SweepTo(ctx, k.Sweeps()+1, nil))
						k.Read(s)
						energy[b] += m.energy(s) / each
						first[b] += s[0] / each
						second[b] += s[0] * s[0] / each
					}
				}
				who := fmt.Sprintf("%s: %s %s%s", name, e.Verb, e.Method, text)
				within(t, who+", energy", energy[:], wantE)
				within(t, who+", first", first[:], want1)
				within(t, who+", second", second[:], want2)
			}
		}
	}
}

// Reflections keep the energy, and each is undone by itself.
func TestReflectionsKeepTheEnergy(t *testing.T) {
	for _, n := range []int{2, 3, 5} {
		l, err := geometry.NewHypercubic([]int{6, 4})
		require.NoError(t, err)
		for _, h := range []float64{0, 0.7} {
			m := &ON{Lattice: *l, N: n, J: array.Is(-1.3), H: array.Is(h)}
			require.NoError(t, m.Check())
			s := make([]float64, 24*n)
			u := rng.New(3).Stream(0)
			m.Draw(s, &u)
			before, e := append([]float64(nil), s...), m.energy(s)
			reflection{m}.Visit(s, []int32{5}, nil)
			require.InDelta(t, e, m.energy(s), 1e-12)
			require.NotEqual(t, before, s)
			reflection{m}.Visit(s, []int32{5}, nil)
			require.InDeltaSlice(t, before, s, 1e-12)
		}
	}
}

// Clusters of most of the lattice grow in several goes. Planted and seen to fail: a stream that begins anew where a cluster goes on; marks that stay when a state is read.
func TestClustersInterrupted(t *testing.T) {
	for _, e := range Registry() {
		if e.Method != "Wolff" || e.System != "lattice.ON" {
			continue
		}
		referee.Grows(t, func() contract.Ensemble {
			l, err := geometry.NewHypercubic([]int{200, 300})
			require.NoError(t, err)
			m := &ON{Lattice: *l, N: 2, J: array.Is(1)}
			made, err := e.Open(m, e.NewMethod(), []contract.Walker{{Params: contract.Params{KT: 0.4}, Key: rng.New(1)}}, contract.Start{Kind: "ordered"})
			require.NoError(t, err)
			return made
		}, 6, 10)
	}
}

func TestInterruptSaveContinue(t *testing.T) {
	referee.Resumes[float64](t, Registry(), map[string][]string{"Metropolis": {`{"order":"random"}`}, "OverRelaxation": {`{"order":"sequential"}`}}, func(string) any {
		l, err := geometry.NewHypercubic([]int{40, 30})
		require.NoError(t, err)
		return &ON{Lattice: *l, N: 3, J: array.Is(1)}
	}, 0.9, 12)
}

// A vortex is put by hand: angles that follow those of the plane about a plaquette's centre, open boundaries.
func TestVorticesAndHelicity(t *testing.T) {
	l, err := geometry.NewHypercubic([]int{6, 7}, false)
	require.NoError(t, err)
	m := &ON{Lattice: *l, N: 2, J: array.Is(1), Periodic: []bool{false}}
	require.NoError(t, m.Check())
	s := make([]float64, 2*42)
	for i := range 42 {
		s[2*i+1], s[2*i] = math.Sincos(math.Atan2(float64(i/7)-2.5, float64(i%7)-3.5) + 0.3)
	}
	vortices, err := m.vortices()
	require.NoError(t, err)
	share := make([]float64, 1)
	vortices.Fill(s, share)
	require.InDelta(t, 1.0/30, share[0], 1e-15)
	m.Ordered(s)
	vortices.Fill(s, share)
	require.Zero(t, share[0])
	p, err := geometry.NewHypercubic([]int{4, 6})
	require.NoError(t, err)
	m = &ON{Lattice: *p, N: 3, J: array.Is(1.5)}
	require.NoError(t, m.Check())
	e, err := walkers.Open(m, []contract.Walker{{Params: contract.Params{KT: 0.7}}}, contract.Start{Kind: "random"}, func(w contract.Walker) (kernel, error) {
		return walkers.NewSingle(m, m.energy, walkers.NewOrder(m.graph, "random"), w, &heatBath{ON: m}), nil
	})
	require.NoError(t, err)
	o, err := e.Observable("helicity")
	require.NoError(t, err)
	row := make([]float64, 1)
	o.Record(0, array.Bytes(row))
	// The twin: minus the second derivative of the energy, and the square of the first, under a twist about each axis of rotation, along each axis.
	s = e.View(0)
	want, x := 0.0, 1e-4
	for axis := range 3 {
		for d := range 2 {
			f := func(phi float64) float64 {
				sum := 0.0
				for i := range 24 {
					j := i/6*6 + (i%6+1)%6
					if d == 0 {
						j = (i + 6) % 24
					}
					p, q := s[3*i:3*i+3], s[3*j:3*j+3]
					a, b := (axis+1)%3, (axis+2)%3
					sin, cos := math.Sincos(phi)
					sum -= 1.5 * (p[axis]*q[axis] + p[a]*(cos*q[a]-sin*q[b]) + p[b]*(sin*q[a]+cos*q[b]))
				}
				return sum
			}
			slope, bend := (f(x)-f(-x))/(2*x), (f(x)-2*f(0)+f(-x))/(x*x)
			want += (bend - slope*slope/0.7) / 3 / (24 * 2)
		}
	}
	require.InDelta(t, want, row[0], 1e-6)
}

func TestRefuses(t *testing.T) {
	l, err := geometry.NewHypercubic([]int{3, 4})
	require.NoError(t, err)
	require.ErrorContains(t, (&ON{Lattice: *l, N: 3, H: array.Each([]float64{1, 2})}).Check(), "(3,)")
	require.ErrorContains(t, (&ON{Lattice: *l, N: 3, J: array.Each([]float64{1, 2})}).Check(), "(24,)")
}
