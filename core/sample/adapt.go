package sample

import (
	"math"
	"slices"

	"github.com/ergodica/ergodica/core/simd/functions"
)

// stepSize is Nesterov's dual averaging of log(step) towards a mean acceptance (M. D. Hoffman, A. Gelman, JMLR 15, 1593 (2014), with their
// constants).
type stepSize struct {
	Step, Target        float64
	Mu, Mean, Bar, Tick float64
	Most                float64 // no step is longer
}

const (
	shrink  = 0.05
	settle  = 10
	forget  = 0.75
	largest = 1e7
)

// restart begins anew at step; what follows is drawn towards lead times step.
func (a *stepSize) restart(step, lead float64) {
	a.Step = step
	a.Mu = functions.Log1(lead * step)
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
	a.Step = min(functions.Exp1(x), a.Most)
}

// average is what freeze would take.
func (a *stepSize) average() float64 {
	if a.Tick == 0 {
		return a.Step
	}
	return min(functions.Exp1(a.Bar), a.Most)
}

func (a *stepSize) freeze() { a.Step = a.average() }

// windows are the transitions after which the metric is estimated anew, from what came since the last but one of them: 10, 20, 40, ..., and the
// last at 85 % of the warm-up, after which the step size alone adapts. A warm-up below 20 has none.
type windows []int64

func newWindows(n int64) (w windows) {
	if n < 20 {
		return nil
	}
	last := n - n*15/100
	for e := int64(10); e+e/3 < last; e *= 2 {
		w = append(w, e)
	}
	return append(w, last)
}

// inside tells whether transition t (from 0) is learnt from, and whether the metric changes after it.
func (w windows) inside(t int64) (in, closes bool) {
	if len(w) == 0 {
		return false, false
	}
	_, closes = slices.BinarySearch(w, t+1)
	return t < w[len(w)-1], closes
}
