package lines

import "math"

// A long line in which y_i = a_i y_(i-1) + b_i is run in segments that do not wait for each other. What a segment makes of the number before it is
// slope y + offset; the numbers before all segments, their starts, follow from these maps in turn, and every segment runs from its own. Where a start
// is not what the segment before came to, because numbers cancelled, overflowed or vanished on the way, it is run anew from there. Segments
// have a fixed length and are the same however the line is divided, so that bits do not depend on that. b nil is y_i = a_i y_(i-1); the first
// element is b_0, or a_0.

// Segment is the number of elements of a segment, the last one apart.
const Segment = 64

// Segments is the number of segments of n elements.
func Segments(n int) int { return (n + Segment - 1) / Segment }

// inOrder gives segments of a part from segment s on, four where there are as many whole ones, in the order of the scan: in reverse copied to room.
func inOrder(x []float64, s int, reverse bool, room *[4 * Segment]float64) []float64 {
	if x == nil {
		return nil
	}
	m := min(len(x)-s*Segment, 4*Segment)
	if m < 4*Segment {
		m = min(m, Segment)
	}
	if !reverse {
		return x[s*Segment : s*Segment+m]
	}
	last := len(x) - 1 - s*Segment
	for i := range room[:m] {
		room[i] = x[last-i]
	}
	return room[:m]
}

// Maps sets slopes and offsets of the segments of a part of a line; offsets of b nil are not set.
func Maps(slope, offset, a, b []float64, reverse bool) {
	var roomA, roomB [4 * Segment]float64
	for s := 0; s < Segments(len(a)); {
		x, u := inOrder(a, s, reverse, &roomA), inOrder(b, s, reverse, &roomB)
		if !fourMaps(slope[s:], part(offset, s, len(offset)), x, u) {
			for i := 0; i < len(x); i += Segment {
				e := min(i+Segment, len(x))
				slope[s+i/Segment] = 1
				for _, v := range x[i:e] {
					slope[s+i/Segment] *= v
				}
				if b != nil {
					offset[s+i/Segment] = runOne(nil, x[i:e], u[i:e], 0, true)
				}
			}
		}
		s += Segments(len(x))
	}
}

// Starts puts the numbers before the segments of a part, of which the first one follows before, in the place of slopes, and returns what follows. The
// first segment of a line has no start, and its place gets 0.
func Starts(slope, offset []float64, before float64, first bool) float64 {
	for s, p := range slope {
		slope[s] = before
		switch {
		case first && s == 0 && offset == nil:
			slope[s], before = 0, p
		case first && s == 0:
			slope[s], before = 0, offset[s]
		case offset == nil:
			before *= p
		default:
			before = math.FMA(p, before, offset[s])
		}
	}
	return before
}

// Run sets y and the segments' ends of a part of a line from their starts. ends may be the memory of offsets.
func Run(y, ends, starts, a, b []float64, first, reverse bool) {
	var roomA, roomB, roomY [4 * Segment]float64
	for s := 0; s < Segments(len(a)); {
		x, u := inOrder(a, s, reverse, &roomA), inOrder(b, s, reverse, &roomB)
		m := len(x)
		z := roomY[:m]
		if !reverse {
			z = y[s*Segment : s*Segment+m]
		}
		if first && s == 0 || !fourRuns(z, ends[s:], starts[s:], x, u) {
			for i := 0; i < m; i += Segment {
				e := min(i+Segment, m)
				ends[s+i/Segment] = runOne(z[i:e], x[i:e], part(u, i, e), starts[s+i/Segment], first && s+i == 0)
			}
		}
		if reverse {
			last := len(y) - 1 - s*Segment
			for i, v := range z {
				y[last-i] = v
			}
		}
		s += Segments(m)
	}
}

func part(x []float64, from, to int) []float64 {
	if x == nil {
		return nil
	}
	return x[from:to]
}

// runOne runs a segment, into z if there is one, and returns its end.
func runOne(z, a, b []float64, y float64, first bool) float64 {
	for i, v := range a {
		switch {
		case first && i == 0 && b == nil:
			y = v
		case first && i == 0:
			y = b[0]
		case b == nil:
			y *= v
		default:
			y = math.FMA(v, y, b[i])
		}
		if z != nil {
			z[i] = y
		}
	}
	return y
}

// Mend runs those segments of a line anew, in turn, whose start is not the end of the one before to 256 roundings.
func Mend(y, ends, starts, a, b []float64, reverse bool) {
	var roomA, roomB, roomY [4 * Segment]float64
	for s := 1; s < len(starts); s++ {
		before := ends[s-1]
		if off := math.Abs(starts[s] - before); off <= float64(0x1p-44*math.Abs(before)) || starts[s] == before || starts[s] != starts[s] && before != before {
			continue
		}
		x, u := inOrder(a, s, reverse, &roomA), inOrder(b, s, reverse, &roomB)
		x, u = x[:min(len(x), Segment)], part(u, 0, min(len(u), Segment))
		z := roomY[:len(x)]
		if !reverse {
			z = y[s*Segment : s*Segment+len(x)]
		}
		ends[s] = runOne(z, x, u, before, false)
		if reverse {
			last := len(y) - 1 - s*Segment
			for i, v := range z {
				y[last-i] = v
			}
		}
	}
}
