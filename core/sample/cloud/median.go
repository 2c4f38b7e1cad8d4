package cloud

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/par"
)

// median finds the median of numbers that are not negative and are gone through several times, by counting the digits of their bits: the same number
// whoever counts. With an even count it is the mean of the two in the middle.
type median struct {
	tallies []tally
	prefix  uint64
	shift   uint
	collect bool
}

// tally is what one worker counts.
type tally struct {
	digits [1 << digit]uint32
	values []float64 // those in the range of the median
	above  float64   // the least above it
}

const (
	digit     = 13
	collected = 1 << 12 // numbers that are sorted rather than counted again
)

// add takes some of the numbers.
func (m *median) add(worker int, x []float64) {
	t := &m.tallies[worker]
	const sign = 1 << 63
	switch {
	case m.collect:
		for _, v := range x {
			if b := (math.Float64bits(v) &^ sign) >> m.shift; b == m.prefix {
				t.values = append(t.values, v)
			} else if b > m.prefix {
				t.above = min(t.above, v)
			}
		}
	case m.shift == 63-digit:
		for _, v := range x {
			t.digits[(math.Float64bits(v)&^sign)>>(63-digit)]++
		}
	default:
		width := m.width()
		for _, v := range x {
			if b := (math.Float64bits(v) &^ sign) >> m.shift; b>>width == m.prefix {
				t.digits[b&(1<<width-1)]++
			}
		}
	}
}

// width is the number of bits that are counted: fewer in the last round.
func (m *median) width() uint {
	if m.shift == 0 {
		return 63 % digit
	}
	return digit
}

// of goes through all total numbers by visit, which hands every one to add once.
func (m *median) of(team *par.Team, total int64, visit func(team *par.Team)) float64 {
	for len(m.tallies) < team.Size() {
		m.tallies = append(m.tallies, tally{})
	}
	low, high := (total-1)/2, total/2
	m.prefix, m.shift, m.collect = 0, 63-digit, false
	below, count := int64(0), int64(0)
	for {
		for w := range m.tallies {
			clear(m.tallies[w].digits[:])
		}
		visit(team)
		width := m.width()
		for b := range uint64(1) << width {
			count = 0
			for w := range m.tallies {
				count += int64(m.tallies[w].digits[b])
			}
			if below+count > low {
				m.prefix = m.prefix<<width | b
				break
			}
			below += count
		}
		if count <= collected || m.shift == 0 {
			break
		}
		m.shift = max(m.shift, digit) - digit
	}
	if m.shift == 0 && below+count > high {
		return math.Float64frombits(m.prefix)
	}
	m.collect = true
	for w := range m.tallies {
		m.tallies[w].values, m.tallies[w].above = m.tallies[w].values[:0], math.Inf(1)
	}
	visit(team)
	all, above := m.tallies[0].values, m.tallies[0].above
	for w := range m.tallies[1:] {
		t := &m.tallies[1+w]
		all, above = append(all, t.values...), min(above, t.above)
	}
	m.tallies[0].values = all
	slices.Sort(all)
	x, y := all[low-below], above
	if high-below < int64(len(all)) {
		y = all[high-below]
	}
	return x + float64(0.5*(y-x))
}
