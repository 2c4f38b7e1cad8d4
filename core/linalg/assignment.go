package linalg

import "math"

// Assign gives each of n rows a column of its own among m >= n, so that the sum of cost[i][columns[i]] is smallest, for count matrices.
//
// Costs are forbidden where they are not finite; rows for which no column is left get, in order, those that nobody has. Sums are float64; of equally
// good assignments it is one that depends on the costs alone. Time O(n^2 m), for random costs far less. It is false where done was closed before the
// last.
//
// R. Jonker and A. Volgenant, Computing 38, 325 (1987): prices v of columns, lowered by bids of the rows, then shortest paths for the rows that are left.
// v stays 0 where a column has no row, which makes it right for m > n as well (D. F. Crouse, IEEE Trans. Aerosp. Electron. Syst. 52, 1679 (2016)).
func Assign[T Real](count, n, m int, columns []int64, cost []T, w *Scratch, done <-chan struct{}) (all bool) {
	if w == nil {
		w = new(Scratch)
	}
	mark := w.Mark()
	defer w.Free(mark)
	a := assignment{n: n, m: m, cost: Room[float64](w, n*m), v: Room[float64](w, m), far: Room[float64](w, m), open: Room[float64](w, m),
		done: Room[float64](w, m), row: Room[int64](w, m), from: Room[int64](w, m), list: Room[int64](w, m), free: Room[int64](w, n)}
	for k := range count {
		a.column = columns[k*n : (k+1)*n]
		for i, c := range cost[k*n*m : (k+1)*n*m] {
			if a.cost[i] = float64(c); c-c != 0 {
				a.cost[i] = math.Inf(1)
			}
		}
		if !a.solve(done) {
			return false
		}
	}
	return true
}

// assignment is one matrix with what has been found of it: v is the price of each column, row whose it is, column that of each row, -1 for none.
type assignment struct {
	n, m             int
	cost             []float64 // +inf where forbidden
	column, row      []int64
	v, open          []float64 // open: the prices of columns that are not settled, -inf of others
	far, done        []float64 // lengths of the shortest paths to open columns, and to those of list
	from, list, free []int64   // the row before a column; settled columns; rows to be seen to
}

// costs of a row.
func (a *assignment) costs(i int64) []float64 { return a.cost[int(i)*a.m : (int(i)+1)*a.m] }

func (a *assignment) solve(done <-chan struct{}) bool {
	for j := range a.v {
		a.v[j], a.row[j] = 0, -1
	}
	for i := range a.column {
		a.column[i] = -1
	}
	for i := range a.free {
		a.free[i] = int64(i)
	}
	for _, i := range a.bid(a.bid(a.free)) {
		select {
		case <-done:
			return false
		default:
		}
		a.augment(i)
	}
	next := 0
	for i, c := range a.column {
		if c >= 0 {
			continue
		}
		for a.row[next] >= 0 {
			next++
		}
		a.column[i], a.row[next] = int64(next), int64(i)
	}
	return true
}

// bid lets each row of the list take its cheapest column and lower the price of it to where the second cheapest is as good. The row that had it bids
// next if the price has fallen; else it is left, as are rows with fewer than two columns, and all when there have been many bids.
func (a *assignment) bid(list []int64) []int64 {
	kept := 0
	for k, bids := 0, 0; k < len(list); bids++ {
		i := list[k]
		first, other, price := a.cheapest(i)
		if other < 0 || bids > 8*a.n {
			list[kept] = i
			kept++
			k++
			continue
		}
		falls := price < a.v[first]
		if falls {
			a.v[first] = price
		} else if a.row[first] >= 0 { // equally good
			first = other
		}
		had := a.row[first]
		a.row[first], a.column[i] = i, int64(first)
		if had >= 0 {
			a.column[had] = -1
		}
		switch {
		case had < 0:
			k++
		case falls:
			list[k] = had
		default:
			list[kept] = had
			kept++
			k++
		}
	}
	return list[:kept]
}

// cheapest are a row's two cheapest columns, -1 where there is none, and the price of the first at which both are.
func (a *assignment) cheapest(i int64) (first, other int, price float64) {
	best, second := math.Inf(1), math.Inf(1)
	first, other = -1, -1
	costs := a.costs(i)
	for j, v := range a.v[:len(costs)] {
		switch r := costs[j] - v; {
		case r < best:
			best, second, first, other = r, best, j, first
		case r < second:
			second, other = r, j
		}
	}
	if other < 0 {
		return first, other, 0
	}
	return first, other, a.v[first] - (second - best)
}

// augment gives a row a column by the shortest path of exchanges (E. W. Dijkstra, 1959): columns are settled in the order of their distances.
func (a *assignment) augment(start int64) {
	copy(a.open, a.v)
	for j := range a.far {
		a.far[j], a.from[j] = math.Inf(1), start
	}
	settled, least, end := 0, 0.0, a.relax(start, 0)
	for end >= 0 {
		least = a.far[end]
		if a.row[end] < 0 {
			break
		}
		a.list[settled], a.done[settled] = int64(end), least
		settled++
		a.far[end], a.open[end] = math.Inf(1), math.Inf(-1) // no path to it is shorter than this
		i := a.row[end]
		end = a.relax(i, a.costs(i)[end]-a.v[end]-least)
	}
	if end < 0 {
		return
	}
	for k, j := range a.list[:settled] {
		a.v[j] += min(a.done[k]-least, 0)
	}
	for j := int64(end); ; {
		i := a.from[j]
		a.row[j] = i
		j, a.column[i] = a.column[i], j
		if i == start {
			return
		}
	}
}

// relax goes on from row i, of which h is the reduced cost less its distance, to all columns, and gives the nearest that is not settled; -1: none.
func (a *assignment) relax(i int64, h float64) (nearest int) {
	least, costs := math.Inf(1), a.costs(i)
	nearest = -1
	open, far, from := a.open[:len(costs)], a.far[:len(costs)], a.from[:len(costs)]
	for j, c := range costs {
		f := far[j]
		if d := c - open[j] - h; d < f {
			f, far[j], from[j] = d, d, i
		}
		if f < least {
			least, nearest = f, j
		}
	}
	return nearest
}
