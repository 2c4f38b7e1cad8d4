package cloud

import (
	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// Tiles of pairs: particles i in rows, j in columns. Matrices up to kept x kept of squared distances are kept from the median to the kernel.
const (
	tileRows = 64
	tileCols = 1024
	kept     = 1024
)

// pairs computes sums over pairs of particles with weights that depend on r^2 = |x_i - x_j|^2 alone:
//
//	into_i = sum_j k(r^2_ij) a_j,  against_i = sum_j w(r^2_ij) b_j,  w = -2 dk/dr^2,
//
// for rows a (n, da) and b (n, db), in O(n) memory.
type pairs struct {
	n, d      int
	kernel    string
	points    []float64 // x (n, d)
	across    []float64 // x (d, n)
	squares   []float64 // |x_i|^2
	distances []float64 // r^2 (n, n) where n <= kept
	scaled    float64   // 1/h
	median    median
	workers   []worker

	into, against rows
	dots          bool // the last d columns of against have w x_i.x_j in place of w

	team            *par.Team
	visit           func(w int, i, j0 int, r []float64)
	fill, scan, sum func(w int)
	tally           func(w int, i, j0 int, r []float64)
	all             func(*par.Team)
}

// rows are weighted rows and where their sums go, (n, width) each.
type rows struct {
	width    int
	in, sums []float64
}

// worker is the room of one member of a team.
type worker struct {
	space               linalg.Workspace
	gram, weight, slope []float64
}

func newPairs(kernel string, n, d int) *pairs {
	p := &pairs{n: n, d: d, kernel: kernel, points: make([]float64, n*d), across: make([]float64, n*d), squares: make([]float64, n)}
	if n <= kept {
		p.distances = make([]float64, n*n)
	}
	p.fill, p.scan, p.sum = p.fillShare, p.scanShare, p.sumShare
	p.tally = func(w, i, j0 int, r []float64) {
		if from := max(i+1-j0, 0); from < len(r) {
			p.median.add(w, r[from:])
		}
	}
	p.all = func(*par.Team) { p.run(p.scan) }
	return p
}

// set takes the particles' places, about their mean where that changes nothing: products of large numbers would hide small distances.
func (p *pairs) set(x []float64, centred bool, mean []float64) {
	copy(p.points, x)
	if centred {
		simd.SumColumns(mean, x, p.d, p.n)
		for k := range mean {
			mean[k] /= float64(p.n)
		}
		for i := range p.n {
			row := p.points[i*p.d : (i+1)*p.d]
			simd.Sub(row, row, mean)
		}
	}
	for i := range p.n {
		row := p.points[i*p.d : (i+1)*p.d]
		p.squares[i] = simd.Dot(row, row)
	}
	const piece = 8 // lines of the cache
	for i0 := 0; i0 < p.n; i0 += piece {
		i1 := min(i0+piece, p.n)
		for k := range p.d {
			to := p.across[k*p.n:]
			for i := i0; i < i1; i++ {
				to[i] = p.points[i*p.d+k]
			}
		}
	}
}

func (p *pairs) hire(team *par.Team) {
	p.team = team
	for len(p.workers) < team.Size() {
		size := tileRows * min(tileCols, p.n)
		p.workers = append(p.workers, worker{gram: make([]float64, size), weight: make([]float64, size), slope: make([]float64, size)})
	}
}

func (p *pairs) run(share func(w int)) {
	if err := p.team.Run(share); err != nil {
		panic(err)
	}
}

// tile fills rows i0..i1 with columns j0..j1 of r^2 into dst, whose rows are stride apart.
func (p *pairs) tile(w *worker, dst []float64, stride, i0, i1, j0, j1 int) {
	m := j1 - j0
	c := linalg.Matrix[float64]{Data: dst, Rows: i1 - i0, Cols: m, Row: stride, Col: 1}
	b := linalg.Matrix[float64]{Data: p.across[j0:], Rows: p.d, Cols: m, Row: p.n, Col: 1}
	if err := linalg.Multiply(c, linalg.Dense(p.points[i0*p.d:i1*p.d], i1-i0, p.d), b, false, &w.space); err != nil {
		panic(err)
	}
	two, zero := [1]float64{-2}, [1]float64{0}
	for i := i0; i < i1; i++ {
		r := dst[(i-i0)*stride:][:m]
		own := [1]float64{p.squares[i]}
		simd.MulAdd(r, r, two[:], p.squares[j0:j1])
		simd.Add(r, r, own[:])
		simd.Max(r, r, zero[:])
		if i >= j0 && i < j1 {
			r[i-j0] = 0
		}
	}
}

// bandwidth is the median of r^2 over pairs, over over; where half of the particles stand in one place it is the mean.
func (p *pairs) bandwidth(team *par.Team, over float64) float64 {
	p.hire(team)
	if p.n < 2 {
		return 1
	}
	p.visit = p.tally
	if p.distances != nil {
		p.run(p.fill)
	}
	h := p.median.of(team, int64(p.n)*int64(p.n-1)/2, p.all)
	if h == 0 {
		total := make([]float64, p.n)
		p.visit = func(_, i, _ int, r []float64) { total[i] += simd.Sum(r) }
		p.run(p.scan)
		h = simd.Sum(total) / (float64(p.n) * float64(p.n))
	}
	if h == 0 {
		return 1
	}
	return h / over
}

// fillShare keeps all r^2.
func (p *pairs) fillShare(member int) {
	for i0 := member * tileRows; i0 < p.n; i0 += p.team.Size() * tileRows {
		p.tile(&p.workers[member], p.distances[i0*p.n:], p.n, i0, min(i0+tileRows, p.n), 0, p.n)
	}
}

// scanShare hands rows of tiles at or above the diagonal to visit; a row's tiles come by ascending columns.
func (p *pairs) scanShare(member int) {
	w := &p.workers[member]
	for i0 := member * tileRows; i0 < p.n; i0 += p.team.Size() * tileRows {
		i1 := min(i0+tileRows, p.n)
		if p.distances != nil {
			for i := i0; i < i1; i++ {
				p.visit(member, i, 0, p.distances[i*p.n:(i+1)*p.n])
			}
			continue
		}
		for j0 := 0; j0 < p.n; j0 += tileCols {
			j1 := min(j0+tileCols, p.n)
			p.tile(w, w.gram, j1-j0, i0, i1, j0, j1)
			for i := i0; i < i1; i++ {
				p.visit(member, i, j0, w.gram[(i-i0)*(j1-j0):][:j1-j0])
			}
		}
	}
}

// sums fills the sums with bandwidth h. The distances are those of the last bandwidth where fresh.
func (p *pairs) sums(team *par.Team, h float64, fresh bool) {
	p.hire(team)
	p.scaled = 1 / h
	if p.distances != nil && !fresh {
		p.run(p.fill)
	}
	p.run(p.sum)
}

func (p *pairs) sumShare(member int) {
	for i0 := member * tileRows; i0 < p.n; i0 += p.team.Size() * tileRows {
		for j0 := 0; j0 < p.n; j0 += tileCols {
			p.add(&p.workers[member], i0, min(i0+tileRows, p.n), j0, min(j0+tileCols, p.n))
		}
	}
}

// add adds the terms of one tile.
func (p *pairs) add(w *worker, i0, i1, j0, j1 int) {
	m, size := j1-j0, (i1-i0)*(j1-j0)
	r := w.gram[:size]
	if p.distances == nil {
		p.tile(w, r, m, i0, i1, j0, j1)
	} else {
		r = p.distances[i0*p.n : i1*p.n] // one tile has all columns: kept is not above tileCols
	}
	k, slope := w.weight[:size], w.slope[:size]
	one, inverse := [1]float64{1}, [1]float64{p.scaled}
	switch p.kernel {
	case "rbf": // w = 2 k / h
		negative := [1]float64{-p.scaled}
		simd.Mul(k, r, negative[:])
		functions.Exp(k, k)
		if p.against.width > 0 {
			inverse[0] *= 2
			simd.Mul(slope, k, inverse[:])
		}
	case "imq": // k = (1 + r^2/h)^(-1/2), w = k / (h + r^2)
		simd.MulAdd(slope, r, inverse[:], one[:])
		simd.Sqrt(k, slope)
		simd.Div(k, one[:], k)
		simd.Div(slope, k, slope)
		simd.Mul(slope, slope, inverse[:])
	}
	p.product(w, &p.into, k, i0, i1, j0, j1, 0, p.into.width)
	own := p.against.width
	if p.dots {
		own -= p.d
	}
	if own > 0 {
		p.product(w, &p.against, slope, i0, i1, j0, j1, 0, own)
	}
	if !p.dots {
		return
	}
	half := [1]float64{-0.5}
	for i := i0; i < i1; i++ { // x_i.x_j = (|x_i|^2 + |x_j|^2 - r^2) / 2
		row, dots := slope[(i-i0)*m:][:m], k[(i-i0)*m:][:m]
		squares := [1]float64{p.squares[i]}
		simd.Sub(dots, r[(i-i0)*m:][:m], p.squares[j0:j1])
		simd.Sub(dots, dots, squares[:])
		simd.Mul(dots, dots, half[:])
		simd.Mul(row, row, dots)
	}
	p.product(w, &p.against, slope, i0, i1, j0, j1, own, p.d)
}

// product adds weights times columns at..at+width of the rows.
func (p *pairs) product(w *worker, r *rows, weights []float64, i0, i1, j0, j1, at, width int) {
	view := func(data []float64, from, to int) linalg.Matrix[float64] {
		return linalg.Matrix[float64]{Data: data[from*r.width+at : to*r.width], Rows: to - from, Cols: width, Row: r.width, Col: 1}
	}
	if err := linalg.Multiply(view(r.sums, i0, i1), linalg.Dense(weights, i1-i0, j1-j0), view(r.in, j0, j1), j0 > 0, &w.space); err != nil {
		panic(err)
	}
}
