package lattice

import (
	"fmt"
	"strings"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/spec"
)

// scalar is an observable of one number, from the walker's kernel and the number of sites.
type scalar struct {
	name  string
	value func(k kernel, sites float64) float64
}

// scalars: energy is that of the whole lattice; magnetization is the mean spin, m = (1/N) sum_i s_i, and its powers are those of m.
var scalars = []scalar{
	{"energy", func(k kernel, _ float64) float64 { return k.energy() }},
	{"magnetization", func(k kernel, n float64) float64 { return k.magnetization() / n }},
	{"|magnetization|", func(k kernel, n float64) float64 { return max(k.magnetization(), 0-k.magnetization()) / n }},
	{"magnetization^2", func(k kernel, n float64) float64 { return power(k.magnetization()/n, 2) }},
	{"magnetization^4", func(k kernel, n float64) float64 { return power(k.magnetization()/n, 4) }},
}

// shaped are the observables with a row of more than one number.
var shaped = []struct {
	name string
	open func(e *ensemble) (contract.Observable, error)
}{
	{"configuration", (*ensemble).configuration},
	{"two_point", (*ensemble).twoPoint},
	{"structure_factor", (*ensemble).structureFactor},
	{"cluster_sizes", (*ensemble).clusterSizes},
	{"cluster_magnetization^2", (*ensemble).clusterMagnetization2},
}

func (e *ensemble) Observable(name string) (contract.Observable, error) {
	var names []string
	for _, s := range scalars {
		if s.name == name {
			n, value := float64(e.model.Lattice.Sites()), s.value
			return contract.Observable{Name: name, Dtype: array.Float64, Record: func(w int, row []byte) {
				array.Cast[float64](row)[0] = value(e.kernels[w], n)
			}}, nil
		}
		names = append(names, s.name)
	}
	for _, s := range shaped {
		if s.name == name {
			o, err := s.open(e)
			o.Name = name
			return o, err
		}
		names = append(names, s.name)
	}
	return contract.Observable{}, spec.Errorf(spec.SpecError, "observe: Ising has no observable %q; it has: %s", name, strings.Join(names, ", ")).
		With("argument", "observe").With("observables", names)
}

// configuration is the spins, +1 or -1, in the shape of the lattice.
func (e *ensemble) configuration() (contract.Observable, error) {
	o := contract.Observable{Dtype: array.Int8, Shape: e.shape, Dims: []string{"site"}, Record: e.Configuration}
	if e.model.Lattice.Shape != nil {
		o.Dims = axisNames("x", len(e.shape))
	}
	return o, nil
}

// axisNames are x0, x1, ...
func axisNames(letter string, n int) []string {
	names := make([]string, n)
	for d := range names {
		names[d] = fmt.Sprint(letter, d)
	}
	return names
}

// hypercubic refuses graphs.
func (e *ensemble) hypercubic(who string) error {
	if e.model.Lattice.Shape == nil {
		return spec.Mismatch(who, "a hypercubic lattice", fmt.Sprintf("a graph of %d sites", e.model.Lattice.Sites())).
			Try(`observe="configuration"`)
	}
	return nil
}

func power(x float64, n int) float64 {
	p := x
	for range n - 1 {
		p *= x
	}
	return p
}
