package sample

import (
	"math"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// stepSize is Nesterov's dual averaging of log(step) towards a mean acceptance (M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014), with their
// constants).
type stepSize struct {
	Step, Target        float64
	Mu, Mean, Bar, Tick float64
}

const (
	shrink  = 0.05
	settle  = 10
	forget  = 0.75
	largest = 1e7
)

// restart begins anew around step.
func (a *stepSize) restart(step float64) {
	a.Step = step
	a.Mu = functions.Log1(10 * step)
	a.Mean, a.Bar, a.Tick = 0, 0, 0
}

// learn takes the acceptance of one transition.
func (a *stepSize) learn(accept float64) {
	if !(accept >= 0) {
		accept = 0
	}
	a.Tick++
	eta := 1 / (a.Tick + settle)
	a.Mean = float64((1-eta)*a.Mean) + float64(eta*(a.Target-min(accept, 1)))
	x := a.Mu - float64(a.Mean*math.Sqrt(a.Tick)/shrink)
	w := functions.Exp1(-forget * functions.Log1(a.Tick))
	a.Bar = float64(w*x) + float64((1-w)*a.Bar)
	a.Step = min(functions.Exp1(x), largest)
}

// freeze takes the average.
func (a *stepSize) freeze() {
	if a.Tick > 0 {
		a.Step = min(functions.Exp1(a.Bar), largest)
	}
}

// windows is Stan's schedule of a warm-up of n transitions: the step size alone at both ends, between them windows of doubling length after each
// of which the metric is that window's. Short warm-ups have 15 % and 10 % at the ends.
type windows struct{ first, last, end, length int64 }

func newWindows(n int64) windows {
	switch {
	case n < 20:
		return windows{n, n, n + 1, 0}
	case n < 150:
		w := windows{first: 15 * n / 100, last: n - n/10}
		w.length = w.last - w.first
		w.end = w.last
		return w
	}
	return windows{75, n - 50, 100, 25}
}

// inside tells whether transition t (from 0) is in a window, and whether it is the window's last.
func (w *windows) inside(t int64) (in, closes bool) {
	in = t >= w.first && t < w.last
	if in && t == w.end-1 {
		if w.end < w.last {
			w.length *= 2
			w.end += w.length
			if w.end+2*w.length > w.last { // the next one would not fit
				w.end = w.last
			}
		}
		return true, true
	}
	return in, false
}

// at replays the schedule up to transition t.
func (w windows) at(t int64) windows {
	for k := range t {
		w.inside(k)
	}
	return w
}
