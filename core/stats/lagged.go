package stats

import (
	"github.com/ergodica/ergodica/core/linalg/fourier"
	"github.com/ergodica/ergodica/core/simd"
)

// directLags are found by plain sums before the Fourier transform is asked for all others at once: most records need no more.
const directLags = 64

// lagged gives S(t) = sum over chains and i of x_i x_(i+t), for centred series, as far as it is asked for.
type lagged struct {
	x   [][]float64
	sum []float64 // S(0), S(1), ... found so far
	*desk
}

// desk is the scratch memory of one worker.
type desk struct {
	transforms *fourier.Workspace
	padded     []float64
	spectrum   []complex128
	power      []complex128
	centred    []float64
	lags       []float64
	sorting
}

func newDesk() *desk { return &desk{transforms: fourier.NewWorkspace(nil)} }

// fit is s with length n, kept if it is long enough; what it holds is arbitrary.
func fit[T any](s *[]T, n int) []T {
	if cap(*s) < n {
		*s = make([]T, n)
	}
	*s = (*s)[:n]
	return *s
}

// about is the record minus centre(c) for chain c.
func (d *desk) about(x Chains, centre func(chain int) float64) *lagged {
	n := x.Draws()
	flat := fit(&d.centred, n*len(x))
	l := &lagged{x: make([][]float64, len(x)), sum: d.lags[:0], desk: d}
	for c, series := range x {
		l.x[c] = flat[c*n : (c+1)*n]
		m := centre(c)
		for i, v := range series {
			l.x[c][i] = v - m
		}
	}
	return l
}

func (l *lagged) draws() int { return len(l.x[0]) }

// at is S(t), 0 <= t < draws.
func (l *lagged) at(t int) float64 {
	for t >= len(l.sum) && len(l.sum) < directLags {
		lag := len(l.sum)
		s := 0.0
		for _, x := range l.x {
			s += simd.Dot(x[:len(x)-lag], x[lag:])
		}
		l.sum = append(l.sum, s)
	}
	if t >= len(l.sum) {
		l.transform()
	}
	l.lags = l.sum
	return l.sum[t]
}

// transform finds all lags from the power spectrum of the padded series.
func (l *lagged) transform() {
	n := l.draws()
	m := smooth(2 * n)
	padded, spectrum, power := fit(&l.padded, m), fit(&l.spectrum, m/2+1), fit(&l.power, m/2+1)
	clear(power)
	for _, x := range l.x {
		copy(padded, x)
		clear(padded[n:])
		must(fourier.FromReal(l.transforms, spectrum, padded, 1, m, 1, 1))
		for k, z := range spectrum {
			power[k] += complex(float64(real(z)*real(z))+float64(imag(z)*imag(z)), 0)
		}
	}
	must(fourier.ToReal(l.transforms, padded, power, 1, m, 1, 1/float64(m)))
	for t := len(l.sum); t < n; t++ {
		l.sum = append(l.sum, padded[t])
	}
}

// must hands an error of a transform, whose slices have the right lengths, to the job's guard.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// smooth is the smallest of 2^k, 3 2^k and 5 2^k that is at least n.
func smooth(n int) int {
	best := 0
	for _, odd := range []int{1, 3, 5} {
		m := odd
		for m < n {
			m *= 2
		}
		if m%2 == 1 {
			m *= 2
		}
		if best == 0 || m < best {
			best = m
		}
	}
	return best
}
