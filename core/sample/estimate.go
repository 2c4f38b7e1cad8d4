package sample

import "math"

// spread is the running mean and sum of squares of positions and gradients (Welford).
type spread struct {
	Count             []float64 // one number
	mean, wave        []float64
	meanSlope, waving []float64
}

func newSpread(n int) spread {
	row := func() []float64 { return make([]float64, n) }
	return spread{make([]float64, 1), row(), row(), row(), row()}
}

func (s *spread) learn(z, g []float64) {
	s.Count[0]++
	welford(s.mean, s.wave, z, s.Count[0])
	welford(s.meanSlope, s.waving, g, s.Count[0])
}

func welford(mean, wave, x []float64, count float64) {
	mean, wave = mean[:len(x)], wave[:len(x)]
	for i, v := range x {
		d := v - mean[i]
		mean[i] += d / count
		wave[i] += float64(d * (v - mean[i]))
	}
}

func (s *spread) clear() {
	for _, x := range s.all() {
		clear(x)
	}
}

func (s *spread) all() [][]float64 {
	return [][]float64{s.Count, s.mean, s.wave, s.meanSlope, s.waving}
}

// scale writes the diagonal D that is nearest to the covariance in Fisher's divergence, D_i = sqrt(var z_i / var g_i), as nutpie has it. It takes
// the units of the coordinates, so there is no constant that draws it towards one. A coordinate that has not moved, or whose gradient is not
// finite, keeps what it has.
func (s *spread) scale(d []float64) {
	for i := range d {
		if x := math.Sqrt(s.wave[i]) / math.Sqrt(s.waving[i]); x > 1e-300 && x < 1e300 {
			d[i] = x
		}
	}
}

// trail are positions and gradients along a chain, evenly thinned to a number of rows.
type trail struct {
	n, room int
	Rows    []int64   // rows held, ticks between them, ticks since the first, the tick that divides the older half
	x, g    []float64 // (room, n)
	at      []int64   // ticks of the rows
}

const (
	held = iota
	stride
	now
	border
)

func newTrail(n, room int) *trail {
	return &trail{n: n, room: room, Rows: []int64{0, 1, 0, 0}, x: make([]float64, room*n), g: make([]float64, room*n), at: make([]int64, room)}
}

func (t *trail) learn(z, g []float64) {
	r := t.Rows
	if r[now]%r[stride] == 0 {
		if int(r[held]) == t.room {
			t.keep(func(at int64) bool { return at%(2*r[stride]) == 0 })
			r[stride] *= 2
		}
		if r[now]%r[stride] == 0 {
			k := int(r[held])
			copy(t.x[k*t.n:], z)
			copy(t.g[k*t.n:], g)
			t.at[k] = r[now]
			r[held]++
		}
	}
	r[now]++
}

func (t *trail) keep(wanted func(at int64) bool) {
	k := 0
	for i := range int(t.Rows[held]) {
		if wanted(t.at[i]) {
			copy(t.x[k*t.n:(k+1)*t.n], t.x[i*t.n:])
			copy(t.g[k*t.n:(k+1)*t.n], t.g[i*t.n:])
			t.at[k] = t.at[i]
			k++
		}
	}
	t.Rows[held] = int64(k)
}

// turn forgets the older half, and begins a new one.
func (t *trail) turn() {
	old := t.Rows[border]
	t.keep(func(at int64) bool { return at >= old })
	t.Rows[border] = t.Rows[now]
}

// centred are the rows about their mean, over d, one coordinate a row: (n, rows).
func (t *trail) centred(x, d []float64) []float64 {
	m := int(t.Rows[held])
	out := make([]float64, t.n*m)
	for i := range t.n {
		row := out[i*m : (i+1)*m]
		mean := 0.0
		for k := range row {
			row[k] = x[k*t.n+i]
			mean += row[k] / float64(m)
		}
		for k := range row {
			row[k] = (row[k] - mean) / d[i]
		}
	}
	return out
}
