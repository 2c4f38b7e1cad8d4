// Package referee is what the tests of discrete lattice models share: every method that a registry has, on every tiny system that it accepts, against the
// exact Boltzmann weights.
package referee

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"testing"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/transition"
)

// Tiny is a system whose states can be listed: Make is a fresh one, decoded and not yet checked, Energy its slow twin.
type Tiny[T walkers.Value] struct {
	Name   string
	Make   func() any
	Values []T // of a site
	Sites  int
	Energy func(x []T) float64
}

// With adds the parameters with which methods of core/lattice/kinetics are tested beside their defaults.
func With(parameters map[string][]string) map[string][]string {
	all := map[string][]string{
		"Kawasaki": {`{"pairs":"any"}`, `{"rates":"metropolis"}`, `{"pairs":"any","rates":"metropolis"}`},
		"NFoldWay": {`{"clock":"attempts"}`, `{"rates":"metropolis"}`},
		"Driven":   {`{"times":[0,3,3,9],"h":[0,1,2,-1],"J":[1,1,0.5,0.5],"kT":[1,2,2,1]}`, `{"times":[0,3],"h":[0,1],"period":4,"rates":"metropolis","clock":"attempts"}`},
	}
	maps.Copy(all, parameters)
	return all
}

func (s Tiny[T]) states() int {
	n := 1
	for range s.Sites {
		n *= len(s.Values)
	}
	return n
}

func (s Tiny[T]) configuration(x []T, state int) {
	for i := range x {
		x[i] = s.Values[state%len(s.Values)]
		state /= len(s.Values)
	}
}

func (s Tiny[T]) state(x []T) int {
	n := 0
	for i := len(x) - 1; i >= 0; i-- {
		for a, v := range s.Values {
			if v == x[i] {
				n = n*len(s.Values) + a
			}
		}
	}
	return n
}

// sectors are the states with the same counts of values.
func (s Tiny[T]) sectors() map[string][]int {
	all, x := map[string][]int{}, make([]T, s.Sites)
	for state := range s.states() {
		s.configuration(x, state)
		slices.Sort(x)
		all[fmt.Sprint(x)] = append(all[fmt.Sprint(x)], state)
	}
	return all
}

// Balanced assembles the transition matrices of a sweep of every entry for the system under "sample", with the default parameters and those given beside,
// from all outcomes of its random choices: they leave exp(-E/kT) invariant to 1e-12, and are irreducible and aperiodic. No chance is involved, so there are
// no false alarms. It returns how many it tested.
func Balanced[T walkers.Value](t *testing.T, entries []contract.Entry, parameters map[string][]string, systems map[string][]Tiny[T], kT ...float64) (tested map[string]int) {
	tested = map[string]int{}
	for _, e := range entries {
		if e.Verb != "sample" || e.Open == nil {
			continue
		}
		for _, text := range append([]string{`{}`}, parameters[e.Method]...) {
			for _, s := range systems[e.System] {
				for _, kT := range kT {
					if balanced(t, e, text, s, kT) {
						tested[e.System+" "+e.Method]++
					}
				}
			}
		}
	}
	return tested
}

func opener[T walkers.Value](t *testing.T, e contract.Entry, parameters string, s Tiny[T], kT float64) func(k rng.Key) (walkers.Kernel[T], error) {
	method := e.NewMethod()
	none(t, spec.Decode(json.RawMessage(parameters), method, nil))
	return func(k rng.Key) (walkers.Kernel[T], error) {
		system := s.Make()
		if c, checks := system.(interface{ Check() error }); checks { // a job does so when it decodes, and Open does it again
			none(t, c.Check())
		}
		made, err := e.Open(system, method, []contract.Walker{{Params: contract.Params{KT: kT}, Key: k}}, contract.Start{Kind: "ordered"})
		if err != nil {
			return nil, err
		}
		made.Warm(0)
		return made.(*walkers.Ensemble[T]).Kernels[0], nil
	}
}

func balanced[T walkers.Value](t *testing.T, e contract.Entry, parameters string, s Tiny[T], kT float64) bool {
	open := opener(t, e, parameters, s, kT)
	first, err := open(rng.New(1))
	var refused *spec.Error
	if errors.As(err, &refused) {
		holds(t, refused.Class == spec.SpecError && refused.Suggest != "", "%s on %s: %v has no suggestion", e.Method, s.Name, err)
		return false
	}
	none(t, err)
	measures(t, e, s, first)
	_, conserves := e.NewMethod().(interface{ Conserves() })
	x := make([]T, s.Sites)
	pi := transition.Boltzmann(s.states(), func(state int) float64 {
		s.configuration(x, state)
		return s.Energy(x)
	}, kT)
	t.Run(fmt.Sprintf("%s %s%s/%s/kT=%v", e.System, e.Method, parameters, s.Name, kT), func(t *testing.T) {
		var k walkers.Kernel[T]
		var last rng.Key
		from := 0
		p, err := transition.Matrix(s.states(), func(state int) { from = state },
			func() int {
				k.Read(x)
				return s.state(x)
			},
			func(key rng.Key) {
				if k == nil || key != last {
					made, err := open(key)
					none(t, err)
					k, last = made, key
				}
				s.configuration(x, from)
				k.Write(x)
				if conserves {
					u := key.Stream(0)
					k.(*walkers.Single[T]).Visit(0, 0, make([]int32, 1), &u)
					return
				}
				none(t, k.SweepTo(context.Background(), k.Sweeps()+1, nil))
			})
		none(t, err)
		holds(t, p.Drift(pi) < 1e-12, "pi P - pi is up to %v", p.Drift(pi))
		if !conserves {
			none(t, p.Mixing(pi))
			return
		}
		holds(t, p.Current(pi) < 1e-12, "detailed balance is broken by up to %v", p.Current(pi))
		for _, states := range s.sectors() {
			q, weights := make(transition.P, len(states)), make([]float64, len(states))
			for i, a := range states {
				weights[i] = pi[a]
				total := 0.0
				for _, b := range states {
					q[i] = append(q[i], p[a][b])
					total += p[a][b]
				}
				holds(t, math.Abs(total-1) < 1e-12, "counts are left with probability %v", 1-total)
			}
			none(t, q.Mixing(weights))
		}
	})
	return true
}

// measures compares what is read with what was written, and the kernel's energy with the twin's, in every state.
func measures[T walkers.Value](t *testing.T, e contract.Entry, s Tiny[T], k walkers.Kernel[T]) {
	x, back := make([]T, s.Sites), make([]T, s.Sites)
	for state := range s.states() {
		s.configuration(x, state)
		k.Write(x)
		k.Read(back)
		holds(t, slices.Equal(x, back), "%s on %s: wrote %v, read %v", e.Method, s.Name, x, back)
		holds(t, math.Abs(s.Energy(x)-k.Energy()) < 1e-12, "%s on %s, state %v: energy %v, the twin has %v", e.Method, s.Name, x, k.Energy(), s.Energy(x))
	}
}

// Resumes interrupts every entry of the system wherever it looks at its context, saves, loads into a fresh ensemble and goes on: the end has the bits of an
// uninterrupted run. States that end early are refused.
func Resumes[T walkers.Value](t *testing.T, entries []contract.Entry, parameters map[string][]string, make func(system string) any, kT float64, sweeps int64) {
	for _, e := range entries {
		if e.Open == nil {
			continue
		}
		for _, text := range append([]string{`{}`}, parameters[e.Method]...) {
			t.Run(fmt.Sprint(e.Verb, e.System, e.Method, text), func(t *testing.T) {
				method := e.NewMethod()
				none(t, spec.Decode(json.RawMessage(text), method, nil))
				var refused *spec.Error
				if _, err := e.Open(make(e.System), method, []contract.Walker{{Params: contract.Params{KT: kT}}}, contract.Start{}); errors.As(err, &refused) && refused.Suggest != "" {
					t.Logf("refused: %v", err)
					return
				}
				fresh := func() contract.Ensemble {
					made, err := e.Open(make(e.System), method, []contract.Walker{{Params: contract.Params{KT: kT}, Key: rng.New(1)}, {Params: contract.Params{KT: 2 * kT}, Key: rng.New(2)}}, contract.Start{Kind: "random"})
					none(t, err)
					return made
				}
				resumes(t, fresh, sweeps)
			})
		}
	}
}

func resumes(t *testing.T, fresh func() contract.Ensemble, sweeps int64) {
	ctx := context.Background()
	whole, parts := fresh(), fresh()
	for w := range whole.Size() {
		none(t, whole.SweepTo(ctx, w, sweeps, nil))
	}
	for stop := 0; ; stop = stop%3 + 1 {
		finished := true
		for w := range parts.Size() {
			if err := parts.SweepTo(&Countdown{ctx, stop}, w, sweeps, nil); err != nil {
				holds(t, errors.Is(err, context.Canceled), "%v", err)
				finished = false
			}
		}
		var saved bytes.Buffer
		none(t, parts.Save(&saved))
		text := saved.Bytes()
		parts = fresh()
		none(t, parts.Load(&saved))
		holds(t, fresh().Load(bytes.NewReader(text[:len(text)-1])) != nil, "a state that ends early was read")
		if finished {
			break
		}
	}
	holds(t, reflect.DeepEqual(whole.Info(), parts.Info()), "info %v and %v", whole.Info(), parts.Info())
	var a, b bytes.Buffer
	none(t, whole.Save(&a))
	none(t, parts.Save(&b))
	holds(t, bytes.Equal(a.Bytes(), b.Bytes()), "an interrupted run ends elsewhere")
}

// Countdown is a context that is done after so many looks at it.
type Countdown struct {
	context.Context
	Left int
}

// Err counts.
func (c *Countdown) Err() error {
	if c.Left--; c.Left < 0 {
		return context.Canceled
	}
	return nil
}

func none(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, ok bool, format string, about ...any) {
	t.Helper()
	if !ok {
		t.Fatalf(format, about...)
	}
}
