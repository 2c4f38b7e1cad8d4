// Package automata holds cellular automata whose cells are bits, 64 to a word.
package automata

import (
	"context"
	"io"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/par"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/spec/saved"
)

// plane is a rectangle of cells with a border of one cell. A row has words words; cell c of it is bit c + 1, so that bit 0 and the bit behind the last cell
// are border, and rows 0 and rows + 1 are too.
type plane struct {
	rows, cols, words int
	wrapRows, wrap    bool // periodic along the columns, along the rows
	x                 []uint64
	valid             []uint64 // the bits of a row that are cells
}

func newPlane(rows, cols int, wrapRows, wrap bool) *plane {
	p := &plane{rows: rows, cols: cols, words: (cols + 2 + 63) / 64, wrapRows: wrapRows, wrap: wrap}
	p.x = make([]uint64, (rows+2)*p.words)
	p.valid = make([]uint64, p.words)
	for c := range cols {
		p.valid[(c+1)/64] |= 1 << ((c + 1) % 64)
	}
	return p
}

func (p *plane) row(r int) []uint64 { return p.x[(r+1)*p.words : (r+2)*p.words] }

// close fills the border: the cells of the other side, or zeros.
func (p *plane) close() {
	end := p.cols + 1
	for r := range p.rows {
		row := p.row(r)
		for w := range row {
			row[w] &= p.valid[w]
		}
		if p.wrap {
			row[0] |= row[p.cols/64] >> (p.cols % 64) & 1
			row[end/64] |= row[0] >> 1 & 1 << (end % 64)
		}
	}
	top, bottom := p.row(-1), p.row(p.rows)
	if p.wrapRows {
		copy(top, p.row(p.rows-1))
		copy(bottom, p.row(0))
	} else {
		clear(top)
		clear(bottom)
	}
}

// rule makes the next state of a row: sure cells whose outcome is certain, and for the others the classes of those that are 1 with one probability.
type rule interface {
	// next writes outcomes of one row; class[j] gets the cells of probability j.
	next(p *plane, r int, sure []uint64, class [][]uint64)
	chances() []rng.Threshold
}

// walker is a plane in time: every step all cells follow the rule at once. Groups of 512 bits are drawn in step t by BernoulliRun.
type walker struct {
	m     walkers.Model[int8]
	rule  rule
	p     *plane
	key   rng.Key
	done  int64
	clock float64
	after []uint64    // of all rows
	class [][8]uint64 // of the groups
	row   [][]uint64  // of one row, by probability
	drawn [][8]uint64
	p53   []rng.Threshold
}

func newWalker(m walkers.Model[int8], r rule, p *plane, w contract.Walker) *walker {
	k := &walker{m: m, rule: r, p: p, key: w.Key, after: make([]uint64, p.rows*p.words), p53: r.chances()}
	for range k.p53 {
		k.row = append(k.row, make([]uint64, p.words))
	}
	if n := len(k.p53); n > 0 {
		groups := (p.rows*p.words + 7) / 8
		k.class, k.drawn = make([][8]uint64, groups*n), make([][8]uint64, groups)
	}
	return k
}

func (k *walker) step() {
	p, n := k.p, len(k.p53)
	p.close()
	for r := range p.rows {
		k.rule.next(p, r, k.after[r*p.words:(r+1)*p.words], k.row)
		for j, c := range k.row {
			for w, x := range c {
				at := r*p.words + w
				k.class[at/8*n+j][at%8] = x & p.valid[w]
			}
		}
	}
	if n > 0 {
		k.key.BernoulliRun(k.drawn, uint64(k.done), 0, k.class, k.p53)
		for at := range k.after {
			k.after[at] |= k.drawn[at/8][at%8]
		}
	}
	copy(p.x[p.words:], k.after)
	k.done++
}

// AdvanceTo makes the steps 1, 2, ... up to time.
func (k *walker) AdvanceTo(ctx context.Context, time float64) error {
	for k.done < int64(time) {
		if err := ctx.Err(); err != nil {
			return err
		}
		k.step()
	}
	k.clock = max(k.clock, time)
	return nil
}

// SweepTo takes a step for a sweep.
func (k *walker) SweepTo(ctx context.Context, target int64, _ *par.Team) error {
	return k.AdvanceTo(ctx, float64(target))
}

// Sweeps is the number of steps.
func (k *walker) Sweeps() int64 { return k.done }

// Read gives 0 or 1 for each cell.
func (k *walker) Read(dst []int8) {
	for r := range k.p.rows {
		row := k.p.row(r)
		for c := range k.p.cols {
			dst[r*k.p.cols+c] = int8(row[(c+1)/64] >> ((c + 1) % 64) & 1)
		}
	}
}

// Write replaces the cells.
func (k *walker) Write(src []int8) {
	clear(k.p.x)
	for r := range k.p.rows {
		row := k.p.row(r)
		for c := range k.p.cols {
			row[(c+1)/64] |= uint64(src[r*k.p.cols+c]&1) << ((c + 1) % 64)
		}
	}
}

// Energy: there is none.
func (k *walker) Energy() float64 { return 0 }

// SetKT: there is no temperature.
func (k *walker) SetKT(float64) {}

// Warm changes nothing.
func (k *walker) Warm() {}

// Info counts.
func (k *walker) Info() map[string]float64 { return map[string]float64{"steps": float64(k.done)} }

// Save writes cells and clock.
func (k *walker) Save(w io.Writer) error { return saved.Put(w, k.done, k.clock, k.p.x) }

// Load refuses clocks that do not agree.
func (k *walker) Load(r io.Reader) error {
	var done int64
	var clock float64
	x := make([]uint64, len(k.p.x))
	if err := saved.Get(r, &done, &clock, x); err != nil {
		return err
	}
	if done < 0 || !(clock >= 0) || done > int64(clock) {
		return spec.Errorf(spec.CheckpointError, "expected at most as many steps as time has passed, the saved state has %d at %v", done, clock)
	}
	k.done, k.clock = done, clock
	copy(k.p.x, x)
	return nil
}
