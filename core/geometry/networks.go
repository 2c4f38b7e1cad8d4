package geometry

import (
	"fmt"
	"math"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/simd/functions"
	"github.com/ergodica/ergodica/core/spec"
)

// RandomRegular draws a simple graph in which every site has degree bonds, by pairing free ends at random and refusing pairs that would make a loop or a
// second bond, starting again where nothing else is left (A. Steger, N. C. Wormald, Combin. Probab. Comput. 8, 377 (1999)). The law is uniform
// in the limit of large n (J. H. Kim, V. H. Vu, STOC 2003, for degree below n^(1/3)).
func RandomRegular(sites, degree int, key rng.Key) ([][2]int32, error) {
	if sites < 1 || degree < 0 || degree >= sites || sites > maxSites/max(degree, 1) || sites*degree%2 != 0 {
		return nil, spec.Errorf(spec.SpecError, "random_regular: expected a degree below the number of sites and an even product of both, got degree %d on %d sites",
			degree, sites).With("argument", "degree")
	}
	if _, err := array.Plan(sites*degree, 16, fmt.Sprintf("a graph of %d bonds", sites*degree/2)); err != nil {
		return nil, err
	}
	const tries = 1000
	for try := range uint64(tries) {
		s := key.Stream(try)
		if ends := pairing(sites, degree, &s); ends != nil {
			return ends, nil
		}
	}
	return nil, spec.Errorf(spec.ConvergenceError, "random_regular: no simple graph of degree %d on %d sites in %d tries", degree, sites, tries)
}

func pairing(sites, degree int, s *rng.Stream) [][2]int32 {
	free := make([]int32, 0, sites*degree) // ends without a partner, by their sites
	for i := range sites {
		for range degree {
			free = append(free, int32(i))
		}
	}
	near := make([][]int32, sites)
	joined := func(a, b int32) bool {
		for _, x := range near[a] {
			if x == b {
				return true
			}
		}
		return false
	}
	ends := make([][2]int32, 0, sites*degree/2)
	for refused := 0; len(free) > 0; {
		i, j := s.Below(len(free)), s.Below(len(free))
		a, b := min(free[i], free[j]), max(free[i], free[j])
		if i == j || a == b || joined(a, b) {
			if refused++; refused > 100+len(free) && !possible(free, joined) {
				return nil
			}
			continue
		}
		refused = 0
		ends = append(ends, [2]int32{a, b})
		near[a], near[b] = append(near[a], b), append(near[b], a)
		last := len(free) - 1
		free[max(i, j)] = free[last]
		free[min(i, j)] = free[last-1]
		free = free[:last-1]
	}
	return ends
}

// possible tells whether any pair of free ends may still be joined.
func possible(free []int32, joined func(a, b int32) bool) bool {
	for i, a := range free {
		for _, b := range free[:i] {
			if a != b && !joined(a, b) {
				return true
			}
		}
	}
	return false
}

// ErdosRenyi draws every one of the n (n-1)/2 possible bonds with probability p, by jumping from one to the next (V. Batagelj, U. Brandes, Phys.
// Rev. E 71, 036113 (2005)).
func ErdosRenyi(sites int, p float64, key rng.Key) ([][2]int32, error) {
	if sites < 1 || sites > maxSites || !(p >= 0 && p <= 1) {
		return nil, spec.Errorf(spec.SpecError, "erdos_renyi: expected at least one site and a probability from 0 to 1, got %d and %v", sites, p)
	}
	if p == 1 {
		return Complete(sites)
	}
	n := float64(sites)
	expected := float64(float64(p*n) * ((n - 1) / 2))
	if _, err := array.Plan(int(min(expected+float64(6*math.Sqrt(expected))+1, 1e15)), 16, fmt.Sprintf("a graph of about %.3g bonds", expected)); err != nil {
		return nil, err
	}
	var ends [][2]int32
	if p == 0 {
		return ends, nil
	}
	s := key.Stream(0)
	stay := functions.Log1p1(-p)
	row, at := 1, -1 // bond (row, at), at < row
	for {
		jump := math.Floor(-s.Exponential() / stay)
		if jump > float64(n*n) {
			return ends, nil
		}
		at += 1 + int(jump)
		for at >= row && row < sites {
			at -= row
			row++
		}
		if row >= sites {
			return ends, nil
		}
		if len(ends) >= maxSites/2 {
			return nil, spec.Expected("erdos_renyi", fmt.Sprintf("at most %d bonds", maxSites/2), "more")
		}
		ends = append(ends, [2]int32{int32(at), int32(row)})
	}
}

// Complete joins every pair (a, b), a < b, in lexicographic order.
func Complete(sites int) ([][2]int32, error) {
	if sites < 1 || sites > 1<<15 {
		return nil, spec.Expected("complete", "between 1 and 32768 sites", sites)
	}
	if _, err := array.Plan(sites*(sites-1)/2, 40, fmt.Sprintf("the complete graph of %d sites", sites)); err != nil {
		return nil, err
	}
	ends := make([][2]int32, 0, sites*(sites-1)/2)
	for a := range sites {
		for b := a + 1; b < sites; b++ {
			ends = append(ends, [2]int32{int32(a), int32(b)})
		}
	}
	return ends, nil
}

// Cayley is the finite part of the Bethe lattice within generations steps of site 0: all sites have degree bonds but those of the last generation, which
// have one. Sites are numbered generation by generation, children in the order of their parents; bond k joins site k+1 to its parent.
func Cayley(degree, generations int) (sites int, ends [][2]int32, err error) {
	if degree < 1 || generations < 0 {
		return 0, nil, spec.Errorf(spec.SpecError, "bethe: expected a degree of at least 1 and generations of at least 0, got %d and %d", degree, generations)
	}
	sites, shell := 1, 1
	for g := range generations {
		if g == 0 {
			shell = degree
		} else {
			shell *= degree - 1
		}
		if shell == 0 {
			break
		}
		if sites += shell; sites > maxSites/2 {
			return 0, nil, spec.Expected("bethe", fmt.Sprintf("at most %d sites", maxSites/2), fmt.Sprintf("degree %d, %d generations", degree, generations))
		}
	}
	if _, err := array.Plan(sites, 40, fmt.Sprintf("a tree of %d sites", sites)); err != nil {
		return 0, nil, err
	}
	ends = make([][2]int32, 0, sites-1)
	for parent, next := 0, 1; next < sites; parent++ {
		children := degree - 1
		if parent == 0 {
			children = degree
		}
		for range children {
			ends = append(ends, [2]int32{int32(parent), int32(next)})
			next++
		}
	}
	return sites, ends, nil
}
