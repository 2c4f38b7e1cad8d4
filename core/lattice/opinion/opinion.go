// Package opinion holds models in which a site takes over what its neighbours think.
package opinion

import (
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/geometry"
	"github.com/ergodica/ergodica/core/lattice/events"
	"github.com/ergodica/ergodica/core/lattice/walkers"
	"github.com/ergodica/ergodica/core/rng"
)

// Registry lists the package's systems.
func Registry() []contract.Entry {
	return []contract.Entry{
		events.Entry[int8, Voter]("lattice.Voter", "P. Clifford, A. Sudbury, Biometrika 60, 581 (1973), doi:10.1093/biomet/60.3.581"),
		events.Entry[int8, MajorityVote]("lattice.MajorityVote", "M. J. de Oliveira, J. Stat. Phys. 66, 273 (1992), doi:10.1007/BF01060069"),
	}
}

// opinions are what the two models share: +1 and -1 on a lattice.
type opinions struct {
	events.Rates
}

// Unit of the work.
func (opinions) Unit() string { return "updates" }

// Draw tosses fair coins.
func (opinions) Draw(s []int8, u *rng.Stream) {
	for i := 0; i < len(s); i += 64 {
		bits := u.Uint64()
		for j := range s[i:min(i+64, len(s))] {
			s[i+j] = int8(bits>>j&1)<<1 - 1
		}
	}
}

// Ordered is consensus on +1.
func (opinions) Ordered(s []int8) {
	for i := range s {
		s[i] = 1
	}
}

// Admits +1 and -1.
func (opinions) Admits(s []int8) (int, bool) {
	for i, x := range s {
		if x != 1 && x != -1 {
			return i, false
		}
	}
	return 0, true
}

// Values of a configuration.
func (opinions) Values() string { return "opinions +1 or -1" }

// observables are magnetization, the mean opinion, with its powers, and the share of bonds that join different opinions.
func observables(l *geometry.Lattice) []walkers.Observable[int8] {
	of := func(name string, f func(m float64) float64) walkers.Observable[int8] {
		return walkers.Observable[int8]{Name: name, Scalar: func(e *walkers.Ensemble[int8], w int) float64 {
			total := 0
			for _, s := range e.View(w) {
				total += int(s)
			}
			return f(float64(total) / float64(l.Sites()))
		}}
	}
	return []walkers.Observable[int8]{
		of("magnetization", func(m float64) float64 { return m }),
		of("|magnetization|", func(m float64) float64 { return max(m, 0-m) }),
		of("magnetization^2", func(m float64) float64 { return float64(m * m) }),
		of("magnetization^4", func(m float64) float64 { return float64(float64(m*m) * float64(m*m)) }),
		{Name: "active", Scalar: func(e *walkers.Ensemble[int8], w int) float64 {
			g, err := l.Graph()
			if err != nil {
				return 0
			}
			s, n := e.View(w), 0
			for _, b := range g.Ends {
				if s[b[0]] != s[b[1]] {
					n++
				}
			}
			return float64(n) / float64(max(1, len(g.Ends)))
		}},
	}
}

// process has a channel for each site, and for noise another one.
type process struct {
	g      *geometry.Graph
	noise  float64
	update func(g *geometry.Graph, s []int8, i int, u, v float64) int8
	both   bool
}

func (p process) Classes() []events.Class {
	return []events.Class{{Count: p.g.Sites, Rate: 1}, {Count: p.g.Sites, Rate: p.noise}}
}
func (p process) Begin([]int8) {}
func (p process) Both() bool   { return p.both }
func (p process) State() []any { return nil }

func (p process) Fire(s []int8, channel int, u, v float64) bool {
	i, x := channel, int8(1)
	if i >= p.g.Sites {
		if i -= p.g.Sites; u < 0.5 {
			x = -1
		}
	} else {
		x = p.update(p.g, s, i, u, v)
	}
	changed := s[i] != x
	s[i] = x
	return changed
}
