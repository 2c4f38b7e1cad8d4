package exact

import (
	"context"
	"math"
	"slices"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/ergodica/ergodica/core/simd/functions"
)

// enumerated is what an enumeration found: thermal averages, the weights of 0..n spins up at each kT, relative to the ground state, and the
// energy levels with their degeneracies (nil where there are too many).
type enumerated struct {
	kT     []float64
	rows   []thermal
	up     [][]float64
	energy []int64 // of the levels, ascending
	states []uint64
	unit   float64
}

// count fills everything from the table of cells.
func (d *enumerated) count(ctx context.Context, w *enumerator) error {
	cells, err := w.count(ctx)
	if err != nil {
		return err
	}
	weight := make([]float64, len(cells))
	reduced := make([]float64, len(cells))
	for t, kT := range d.kT {
		d.up[t] = make([]float64, w.n+1)
		for k, c := range cells {
			reduced[k] = reducedEnergy(c.energy-cells[0].energy, d.unit, kT)
			weight[k] = float64(float64(c.states) * functions.Exp1(-reduced[k]))
			d.up[t][c.up] += weight[k]
		}
		total := simd.Sum(weight)
		mean := simd.Dot(weight, reduced) / total
		for k := range reduced {
			reduced[k] = square(reduced[k] - mean)
		}
		d.rows[t].shifted(kT, float64(float64(cells[0].energy)*d.unit), functions.Log1(total), mean, simd.Dot(weight, reduced)/total)
		d.rows[t].moments(kT, d.up[t])
	}
	for k, c := range cells {
		if k == 0 || c.energy != cells[k-1].energy {
			d.energy, d.states = append(d.energy, c.energy), append(d.states, 0)
		}
		d.states[len(d.states)-1] += c.states
	}
	return nil
}

// reducedEnergy is (E - ground)/kT, finite: a state so high has no weight.
func reducedEnergy(above int64, unit, kT float64) float64 {
	return min(float64(above)*unit/kT, 1e5)
}

func square(x float64) float64 { return x * x }

// sums are the weights of one part of the states at one temperature.
type sums struct{ weight, mean, square float64 }

// weigh makes two passes over the states: the ground state, then the weights. Levels are kept if asked for.
func (d *enumerated) weigh(ctx context.Context, w *enumerator, levels bool) error {
	parts := min(w.blocks(), enumerationParts)
	lowest := make([]int64, parts)
	err := w.parts(ctx, 0, 2, func(part, b int) {
		w.visit(b, func(energy int64, _ int) { lowest[part] = min(lowest[part], energy) })
	})
	if err != nil {
		return err
	}
	ground := slices.Min(lowest)
	if levels {
		d.sortLevels(w)
	}

	sum := make([]sums, parts*len(d.kT))
	up := make([]float64, parts*len(d.kT)*(w.n+1))
	desks := sync.Pool{New: func() any { return new(desk) }}
	err = w.parts(ctx, 1, 2, func(part, b int) {
		k := desks.Get().(*desk)
		defer desks.Put(k)
		n := 0
		w.visit(b, func(energy int64, spins int) {
			k.above[n], k.up[n] = float64(energy-ground)*d.unit, uint8(spins)
			n++
		})
		for t, kT := range d.kT {
			at := part*len(d.kT) + t
			k.weigh(n, kT, &sum[at], up[at*(w.n+1):(at+1)*(w.n+1)])
		}
	})
	if err != nil {
		return err
	}
	for t, kT := range d.kT {
		var all sums
		d.up[t] = make([]float64, w.n+1)
		for part := range parts {
			at := part*len(d.kT) + t
			all.weight += sum[at].weight
			all.mean += sum[at].mean
			all.square += sum[at].square
			for i := range d.up[t] {
				d.up[t][i] += up[at*(w.n+1)+i]
			}
		}
		if w.half {
			for i := range (w.n + 2) / 2 {
				both := d.up[t][i] + d.up[t][w.n-i]
				d.up[t][i], d.up[t][w.n-i] = both, both
			}
		}
		mean := all.mean / all.weight
		logSum := functions.Log1(all.weight)
		if w.half {
			logSum += math.Ln2
		}
		d.rows[t].shifted(kT, float64(float64(ground)*d.unit), logSum, mean, all.square/all.weight-float64(mean*mean))
		d.rows[t].moments(kT, d.up[t])
	}
	return nil
}

// desk is one worker's copy of a block of states.
type desk struct {
	above, reduced, weight [1 << blockBits]float64
	up                     [1 << blockBits]uint8
}

func (k *desk) weigh(n int, kT float64, sum *sums, up []float64) {
	reduced, weight := k.reduced[:n], k.weight[:n]
	for i, e := range k.above[:n] {
		reduced[i] = max(-e/kT, -1e5)
	}
	functions.Exp(weight, reduced)
	for i, u := range k.up[:n] {
		up[u] += weight[i]
	}
	sum.weight += simd.Sum(weight)
	sum.mean -= simd.Dot(weight, reduced)
	for i, x := range reduced {
		reduced[i] = x * x
	}
	sum.square += simd.Dot(weight, reduced)
}

// sortLevels lists the energies of all states and merges equal ones.
func (d *enumerated) sortLevels(w *enumerator) {
	all := make([]int64, 0, 1<<w.free())
	for b := range w.blocks() {
		w.visit(b, func(energy int64, _ int) { all = append(all, energy) })
	}
	slices.Sort(all)
	one := uint64(1)
	if w.half {
		one = 2
	}
	for k, e := range all {
		if k == 0 || e != all[k-1] {
			d.energy, d.states = append(d.energy, e), append(d.states, 0)
		}
		d.states[len(d.states)-1] += one
	}
}

// deliver adds the distributions of magnetization and energy.
func (d *enumerated) deliver(out contract.Results, n int, asked bool) error {
	m := make([]float64, n+1)
	choose := make([]int64, n+1)
	probability := make([]float64, 0, len(d.kT)*(n+1))
	for k, c := 0, int64(1); k <= n; k++ {
		m[k], choose[k] = float64(2*k-n)/float64(n), c
		c = c * int64(n-k) / int64(k+1)
	}
	for _, up := range d.up {
		total := simd.Sum(up)
		for _, w := range up {
			probability = append(probability, w/total)
		}
	}
	if err := d.distribution(out, "magnetization", m, choose, probability); err != nil {
		return err
	}
	if len(d.energy) == 0 || (!asked && len(d.energy) > givenLevels) {
		return nil
	}
	level := make([]float64, len(d.energy))
	states := make([]int64, len(d.energy))
	probability = make([]float64, 0, len(d.kT)*len(level))
	for k, e := range d.energy {
		level[k], states[k] = float64(e)*d.unit, int64(d.states[k])
	}
	row := make([]float64, 0, len(level))
	for _, kT := range d.kT {
		row = row[:0]
		for k, e := range d.energy {
			row = append(row, float64(d.states[k])*functions.Exp1(-reducedEnergy(e-d.energy[0], d.unit, kT)))
		}
		total := simd.Sum(row)
		for _, w := range row {
			probability = append(probability, w/total)
		}
	}
	return d.distribution(out, "energy", level, states, probability)
}

func (d *enumerated) distribution(out contract.Results, of string, level []float64, states []int64, probability []float64) error {
	shape, dims := []int{len(level)}, []string{of + "_level"}
	if err := out.Add(of+"_level", array.Float64, shape, dims, slices.Repeat(level, len(d.kT))); err != nil {
		return err
	}
	if err := out.Add(of+"_degeneracy", array.Int64, shape, dims, slices.Repeat(states, len(d.kT))); err != nil {
		return err
	}
	return out.Add(of+"_probability", array.Float64, shape, dims, probability)
}
