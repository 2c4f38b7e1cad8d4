package geometry

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Lattice is what a system lives on: a hypercubic lattice of given side lengths, a crystal, or any graph. Neighbour lists of hypercubic lattices are
// built on first use.
//
// A hypercubic lattice numbers its sites in C order (the last axis runs fastest) and its bonds site by site and axis by axis: from site i
// the bond to i + e_0, then to i + e_1, ... where that neighbour exists. On a periodic axis of length 2 both bonds between the two sites
// exist, as in the transfer matrix and in Kaufman's solution; an axis of length 1 has no bonds.
type Lattice struct {
	Shape    []int    // of a hypercubic lattice, nil for a graph
	Periodic []bool   // per axis of Shape
	Crystal  *Crystal // where the sites stand, nil for a hypercubic lattice and a graph
	sites    int
	ends     [][2]int32

	once  *sync.Once
	graph *Graph
	err   error
}

// NewHypercubic makes a hypercubic lattice; periodic has one entry for all axes or one for each.
func NewHypercubic(shape []int, periodic ...bool) (*Lattice, error) {
	l := &Lattice{Shape: shape, once: new(sync.Once)}
	if len(shape) == 0 {
		return nil, spec.Expected("lattice", "at least one side length", "()")
	}
	for _, n := range shape {
		if n < 1 {
			return nil, spec.Expected("lattice", "side lengths of at least 1", fmt.Sprint(shape))
		}
	}
	n, err := array.Count(shape)
	if err != nil || n > maxSites {
		return nil, spec.Expected("lattice", fmt.Sprintf("at most %d sites", maxSites), fmt.Sprint(shape)).With("shape", shape)
	}
	l.sites = n
	return l, l.SetPeriodic(periodic)
}

// NewNetwork makes a lattice of any bonds.
func NewNetwork(sites int, ends [][2]int32) (*Lattice, error) {
	g, err := NewGraph(sites, ends)
	if err != nil {
		return nil, err
	}
	l := &Lattice{sites: sites, ends: ends, once: new(sync.Once), graph: g}
	l.once.Do(func() {})
	return l, nil
}

// SetPeriodic fixes the boundary: one entry for all axes, or one for each; none is periodic. It does nothing on a graph or a crystal.
func (l *Lattice) SetPeriodic(periodic []bool) error {
	if l.Shape == nil {
		return nil
	}
	if len(periodic) > 1 && len(periodic) != len(l.Shape) {
		return spec.Expected("periodic", fmt.Sprintf("one value or %d, one per axis", len(l.Shape)), len(periodic))
	}
	l.Periodic = make([]bool, len(l.Shape))
	for d := range l.Periodic {
		l.Periodic[d] = len(periodic) == 0 || periodic[min(d, len(periodic)-1)]
	}
	l.once = new(sync.Once)
	return nil
}

// Sites is the number of sites.
func (l *Lattice) Sites() int { return l.sites }

// Bonds is the number of bonds, without building them.
func (l *Lattice) Bonds() int {
	if l.Shape == nil {
		return len(l.ends)
	}
	total := 0
	for d, n := range l.Shape {
		switch {
		case n == 1:
		case l.Periodic[d]:
			total += l.sites
		default:
			total += l.sites / n * (n - 1)
		}
	}
	return total
}

// Graph is the lattice as a graph.
func (l *Lattice) Graph() (*Graph, error) {
	l.once.Do(func() { l.graph, l.err = l.hypercubic() })
	return l.graph, l.err
}

func (l *Lattice) hypercubic() (*Graph, error) {
	if _, err := array.Plan(l.Bonds(), 40, fmt.Sprintf("the neighbour lists of %d sites", l.sites)); err != nil {
		return nil, err
	}
	ends := make([][2]int32, 0, l.Bonds())
	stride := make([]int, len(l.Shape))
	for d, s := len(l.Shape)-1, 1; d >= 0; d-- {
		stride[d] = s
		s *= l.Shape[d]
	}
	at := make([]int, len(l.Shape))
	for i := range l.sites {
		for d, n := range l.Shape {
			switch {
			case n == 1:
			case at[d]+1 < n:
				ends = append(ends, [2]int32{int32(i), int32(i + stride[d])})
			case l.Periodic[d]:
				ends = append(ends, [2]int32{int32(i), int32(i - (n-1)*stride[d])})
			}
		}
		for d := len(at) - 1; d >= 0; d-- {
			if at[d]++; at[d] < l.Shape[d] {
				break
			}
			at[d] = 0
		}
	}
	return NewGraph(l.sites, ends)
}

// DecodeSpec reads {"shape": [...]}, {"sites": n, "edges": {"input": k}} with an integer array of shape (bonds, 2), or {"crystal": name, "shape": ...}.
func (l *Lattice) DecodeSpec(raw json.RawMessage, in spec.Inputs, path string) error {
	var o struct {
		Shape   []json.RawMessage `json:"shape"`
		Sites   json.RawMessage   `json:"sites"`
		Edges   json.RawMessage   `json:"edges"`
		Crystal *string           `json:"crystal"`
	}
	if err := json.Unmarshal(raw, &o); err != nil || (o.Shape == nil) == (o.Edges == nil) {
		return spec.Expected(path, "side lengths, a graph, or an array of edges (bonds, 2)", string(raw))
	}
	if o.Crystal != nil {
		made, err := decodeCrystal(raw, in, path)
		if err == nil {
			*l = *made
		}
		return err
	}
	if o.Shape != nil {
		shape := make([]int, len(o.Shape))
		for d, text := range o.Shape {
			n, err := spec.Integer(text, path)
			if err != nil {
				return err
			}
			shape[d] = int(n)
		}
		made, err := NewHypercubic(shape)
		if err == nil {
			*l = *made
		}
		return err
	}
	v, ok, err := spec.InputIndex(o.Edges, in, path)
	if err != nil {
		return err
	}
	edges, isArray := v.(*array.Array)
	if !ok || !isArray || len(edges.Shape) != 2 || edges.Shape[1] != 2 || (edges.Dtype != array.Int64 && edges.Dtype != array.Int32) {
		return spec.Errorf(spec.ShapeError, "%s: expected an integer array of edges, shape (bonds, 2)", path)
	}
	sites, err := spec.Integer(o.Sites, path+".sites")
	if err != nil {
		return err
	}
	ends, err := endsOf(edges, path)
	if err != nil {
		return err
	}
	made, err := NewNetwork(int(sites), ends)
	if err == nil {
		*l = *made
	}
	return err
}

func endsOf(edges *array.Array, path string) ([][2]int32, error) {
	ends := make([][2]int32, edges.Shape[0])
	if edges.Dtype == array.Int32 {
		x := array.View[int32](edges)
		for b := range ends {
			ends[b] = [2]int32{x[2*b], x[2*b+1]}
		}
		return ends, nil
	}
	x := array.View[int64](edges)
	for b := range ends {
		for side := range 2 {
			if i := x[2*b+side]; i < 0 || i >= maxSites {
				return nil, spec.Errorf(spec.SpecError, "%s: bond %d names site %d; sites run from 0 to the number of sites less one", path, b, i)
			}
			ends[b][side] = int32(x[2*b+side])
		}
	}
	return ends, nil
}
