package rng

import (
	"math"
	"strings"
	"testing"
)

// Two draws without replacement of 3, then a coin of 1/4, then two lanes: probabilities of all branches sum to 1 and every outcome has its
// exact probability. Catches a forgotten branch, an exhausted one taken twice, p and 1-p swapped.
func TestEnumerate(t *testing.T) {
	outcome := map[[4]uint64]float64{}
	var got [4]uint64
	total, n := 0.0, 0
	err := Enumerate(1000, func(k Key) {
		s := k.Fold(7).Stream(3)
		i := s.Below(3)
		j := s.Below(2)
		got = [4]uint64{uint64(i), uint64(j), uint64(s.Less(NewThreshold(0.25))), 0}
		if s.Bernoulli(NewThreshold(0)) || !s.Bernoulli(NewThreshold(1)) || s.Below(1) != 0 {
			t.Error("a certain outcome did not happen")
		}
		var dst [8]uint64
		k.BernoulliLanes(&dst, 1, 0, [][8]uint64{{0: 1, 7: 1}, {0: 2}}, []Threshold{NewThreshold(0.125), one})
		got[3] = dst[0] | dst[7]<<2
	}, func(p float64) {
		total += p
		n++
		outcome[got] += p
	})
	if err != nil || n != 3*2*2*4 || math.Abs(total-1) > 1e-15 {
		t.Fatalf("expected 48 sequences of total probability 1, got %d, %v (%v)", n, total, err)
	}
	if p := outcome[[4]uint64{2, 1, 1, 2 | 1 | 4}]; math.Abs(p-1.0/6/4/64) > 1e-18 {
		t.Errorf("expected 1/6 1/4 1/8 1/8, got %v", p)
	}
	if p := outcome[[4]uint64{0, 0, 0, 2}]; math.Abs(p-1.0/6*3/4*49/64) > 1e-16 {
		t.Errorf("expected 1/6 3/4 7/8 7/8, got %v", p)
	}
}

func TestEnumerateRefuses(t *testing.T) {
	calls := 0
	for name, c := range map[string]struct {
		run  func(k Key)
		want string
	}{
		"too many branches": {func(k Key) { s := k.Stream(0); s.Below(20) }, "at most 10"},
		"a raw number":      {func(k Key) { s := k.Stream(0); s.Float64() }, "raw number"},
		"raw words":         {func(k Key) { k.Words(make([]uint32, 3), 0, 0) }, "Words"},
		"memory between runs": {func(k Key) {
			calls++
			s := k.Stream(0)
			s.Below(1 + calls)
		}, "more than its key"},
	} {
		err := Enumerate(10, c.run, func(float64) {})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: expected an error with %q, got %v", name, c.want, err)
		}
	}
}
