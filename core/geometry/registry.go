package geometry

import (
	"context"
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/rng"
	"github.com/ergodica/ergodica/core/spec"
	"github.com/ergodica/ergodica/core/stats"
)

// Registry lists what the face asks of this package: the bonds of lattices and networks.
func Registry() []stats.Entry {
	return []stats.Entry{
		entry("Lattice", (*description).run),
		entry("RandomRegular", (*randomRegular).run),
		entry("ErdosRenyi", (*erdosRenyi).run),
		entry("Complete", (*complete).run),
		entry("Bethe", (*bethe).run),
	}
}

func entry[P any](name string, run func(p *P, out stats.Results) error) stats.Entry {
	return stats.Entry{
		Name: name,
		New:  func() any { return new(P) },
		Run: func(_ context.Context, params any, _ []*array.Array, out stats.Results) error {
			return run(params.(*P), out)
		},
	}
}

func addEdges(out stats.Results, ends [][2]int32) error {
	flat := make([]int64, 0, 2*len(ends))
	for _, e := range ends {
		flat = append(flat, int64(e[0]), int64(e[1]))
	}
	return out.Add("edges", array.Int64, []int{len(ends), 2}, []string{"bond", "end"}, flat)
}

// description gives the edges of a crystal, their shells, the shells' distances, and where everything stands.
type description struct {
	Lattice Lattice `spec:"lattice"`
}

func (p *description) run(out stats.Results) error {
	c := p.Lattice.Crystal
	if c == nil {
		return spec.Expected("lattice", "a crystal", "a lattice without positions")
	}
	d := len(c.Shape)
	if err := addEdges(out, p.Lattice.ends); err != nil {
		return err
	}
	shells := make([]int64, len(c.Shell))
	for b, s := range c.Shell {
		shells[b] = int64(s)
	}
	if err := out.Add("shells", array.Int64, []int{len(shells)}, []string{"bond"}, shells); err != nil {
		return err
	}
	if err := out.Add("distances", array.Float64, []int{len(c.Distances)}, []string{"shell"}, c.Distances); err != nil {
		return err
	}
	if err := out.Add("positions", array.Float64, []int{p.Lattice.sites, d}, []string{"site", "axis"}, c.Positions()); err != nil {
		return err
	}
	for _, t := range []struct {
		name string
		rows [][]float64
	}{{"vectors", c.Vectors}, {"basis", c.Basis}} {
		if err := out.Add(t.name, array.Float64, []int{len(t.rows), d}, []string{t.name, "axis"}, slices.Concat(t.rows...)); err != nil {
			return err
		}
	}
	return nil
}

type randomRegular struct {
	Sites  int   `spec:"sites" range:"[1,1e9]"`
	Degree int   `spec:"degree" range:"[0,1e9]"`
	Seed   int64 `spec:"seed"`
}

func (p *randomRegular) run(out stats.Results) error {
	ends, err := RandomRegular(p.Sites, p.Degree, rng.New(uint64(p.Seed)))
	if err != nil {
		return err
	}
	return addEdges(out, ends)
}

type erdosRenyi struct {
	Sites int     `spec:"sites" range:"[1,1e9]"`
	P     float64 `spec:"p" range:"[0,1]"`
	Seed  int64   `spec:"seed"`
}

func (p *erdosRenyi) run(out stats.Results) error {
	ends, err := ErdosRenyi(p.Sites, p.P, rng.New(uint64(p.Seed)))
	if err != nil {
		return err
	}
	return addEdges(out, ends)
}

type complete struct {
	Sites int `spec:"sites" range:"[1,1e9]"`
}

func (p *complete) run(out stats.Results) error {
	ends, err := Complete(p.Sites)
	if err != nil {
		return err
	}
	return addEdges(out, ends)
}

type bethe struct {
	Degree      int `spec:"degree" range:"[1,1e9]"`
	Generations int `spec:"generations" range:"[0,1e9]"`
}

func (p *bethe) run(out stats.Results) error {
	sites, ends, err := Cayley(p.Degree, p.Generations)
	if err != nil {
		return err
	}
	if err := out.Add("sites", array.Int64, []int{1}, []string{"one"}, []int64{int64(sites)}); err != nil {
		return err
	}
	return addEdges(out, ends)
}
