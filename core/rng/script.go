package rng

import (
	"math/bits"

	"github.com/ergodica/ergodica/core/spec"
)

// script replays a path of choices and goes on with first branches beyond its end.
type script struct {
	path []choice
	at   int
}

type choice struct {
	branch, branches int
	t                Threshold // of a choice of two; else 0 and all branches are equally likely
}

func (c choice) probability() float64 {
	switch {
	case c.t == 0:
		return 1 / float64(c.branches)
	case c.branch == 0:
		return (one - c.t).P()
	}
	return c.t.P()
}

// scriptFault is what a scripted run panics with; Enumerate returns it as an error.
type scriptFault struct{ err *spec.Error }

// Enumerate calls run once for every sequence of outcomes that its random choices can have, depth first, and path after each with the
// exact probability of that sequence (a product of float64; the sum over all calls is 1).
//
// Under the key that run gets, and under all keys folded from it, Below(n) has n branches of probability 1/n, Bernoulli and Less two,
// Pick as many as it has weights, BernoulliLanes two for every lane in a class, in the order of lanes; what has probability 0 or 1 has no branch. run must decide only by
// these: raw numbers (words, uniforms, normals) are refused. It must make the same choices in the same order for the same outcomes, in one
// goroutine, and start from the same state every time. More than limit sequences are an error.
func Enumerate(limit int, run func(k Key), path func(probability float64)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			fault, ours := r.(scriptFault)
			if !ours {
				panic(r)
			}
			err = fault.err
		}
	}()
	s := &script{}
	for n := 1; ; n++ {
		if n > limit {
			return spec.Errorf(spec.SpecError, "expected at most %d sequences of random outcomes, got more; the last one made %d choices", limit, len(s.path)).
				Try("Enumerate with a larger limit, or a smaller system")
		}
		s.at = 0
		run(Key{script: s})
		if s.at != len(s.path) {
			return spec.Errorf(spec.InternalError, "expected %d choices as in the run before, got %d: the run depends on more than its key", len(s.path), s.at)
		}
		probability := 1.0
		for _, c := range s.path {
			probability *= c.probability()
		}
		path(probability)
		for len(s.path) > 0 && s.path[len(s.path)-1].branch == s.path[len(s.path)-1].branches-1 {
			s.path = s.path[:len(s.path)-1]
		}
		if len(s.path) == 0 {
			return nil
		}
		s.path[len(s.path)-1].branch++
	}
}

func (s *script) choose(branches int, t Threshold) int {
	if s.at == len(s.path) {
		s.path = append(s.path, choice{0, branches, t})
	}
	c := s.path[s.at]
	if c.branches != branches || c.t != t {
		panic(scriptFault{spec.Errorf(spec.InternalError, "expected choice %d to have %d branches as in the run before, got %d: the run depends on more than its key", s.at, c.branches, branches)})
	}
	s.at++
	return c.branch
}

func (s *script) below(n int) int {
	if n == 1 {
		return 0
	}
	return s.choose(n, 0)
}

func (s *script) bernoulli(t Threshold) uint32 {
	switch {
	case t == 0:
		return 0
	case t >= one:
		return 1
	}
	return uint32(s.choose(2, t))
}

// pick decides index by index.
func (s *script) pick(c []float64) int {
	before := 0.0
	for i, x := range c[:len(c)-1] {
		if s.bernoulli(NewThreshold((x-before)/(c[len(c)-1]-before))) == 1 {
			return i
		}
		before = x
	}
	return len(c) - 1
}

func (s *script) lanes(dst [][8]uint64, class [][8]uint64, p []Threshold) {
	for g := range dst {
		for i := range dst[g] {
			var set, all uint64
			mask := class[g*len(p) : (g+1)*len(p)]
			for j := range mask {
				all |= mask[j][i]
			}
			for ; all != 0; all &= all - 1 {
				b := bits.TrailingZeros64(all)
				for j := range mask {
					if mask[j][i]>>b&1 != 0 {
						set |= uint64(s.bernoulli(p[j])) << b
						break
					}
				}
			}
			dst[g][i] = set
		}
	}
}

// raw refuses numbers that a script cannot enumerate.
func (k Key) raw(what string) {
	if k.script != nil {
		refuse(what)
	}
}

func refuse(what string) {
	panic(scriptFault{spec.Errorf(spec.InternalError, "a scripted key has no %s: outcomes of raw numbers cannot be enumerated", what).
		Try("Below, Bernoulli, Less, Pick or BernoulliLanes")})
}
