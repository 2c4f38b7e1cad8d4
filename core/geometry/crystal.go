package geometry

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/spec"
)

// Crystal is a cell that is repeated: site i of cell n stands at sum_k n_k a_k + r_i, with the vectors a_k and the basis r_i. Cells are numbered in
// C order of n (the last axis runs fastest), sites cell by cell: site = cell * (sites of a cell) + i. Lengths are such that nearest neighbours of the
// named crystals are 1 apart.
//
// Bonds join the sites of the first Shells distances; neighbours at one distance are one shell, whether or not a symmetry joins them. From every
// site, in order, bonds run shell by shell, and within a shell by falling displacement of the cell (its components compared one after the
// other), to one of each pair of opposite neighbours; so the simple hypercubic crystal numbers its bonds as a hypercubic lattice does. Where a
// period is so short that two neighbours are the same site, both bonds exist; a site is not bound to its own image.
//
// On a periodic axis the last cell's neighbour is the first one. Helical lattices are one line of cells bent round: a neighbour at displacement d of
// cell number c is cell c + sum_k d_k stride_k modulo the number of cells, so that a row ends where the next one begins.
type Crystal struct {
	Name     string
	Vectors  [][]float64 // a_k, as many as they have components
	Basis    [][]float64 // r_i
	Shape    []int       // cells along each vector
	Periodic []bool      // along each vector
	Helical  bool
	Shells   int

	Distances    []float64 // of the shells
	Coordination []int     // bonds of each site of the basis, in the bulk
	Shell        []int32   // of every bond
}

// crystalSpec is what a request says of a crystal: a known name, or vectors and a basis.
type crystalSpec struct {
	Crystal  string      `spec:"crystal"`
	Vectors  [][]float64 `spec:"vectors" default:"[]"`
	Basis    [][]float64 `spec:"basis" default:"[]"`
	Shape    []int       `spec:"shape"`
	Periodic []bool      `spec:"periodic" default:"true"`
	Helical  bool        `spec:"helical" default:"false"`
	Shells   int         `spec:"shells" default:"1" range:"[1,64]"`
}

const (
	maxAxes  = 8
	maxBasis = 1 << 12
	maxReach = 1 << 22 // displacements that are looked at to find the shells
	alike    = 1e-9    // relative difference of distances that are one shell
)

// named are the cells of the crystals that have a name, nearest neighbours 1 apart.
func named(name string) (vectors, basis [][]float64, ok bool) {
	s3 := math.Sqrt(3)
	cube := func(side float64, sites ...[]float64) ([][]float64, [][]float64, bool) {
		for _, r := range sites {
			for k := range r {
				r[k] *= side
			}
		}
		return [][]float64{{side, 0, 0}, {0, side, 0}, {0, 0, side}}, sites, true
	}
	faces := func(of ...[]float64) (sites [][]float64) {
		for _, f := range [][]float64{{0, 0, 0}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}} {
			for _, r := range of {
				sites = append(sites, []float64{f[0] + r[0], f[1] + r[1], f[2] + r[2]})
			}
		}
		return sites
	}
	switch name {
	case "triangular":
		return [][]float64{{1, 0}, {0.5, s3 / 2}}, [][]float64{{0, 0}}, true
	case "honeycomb":
		return [][]float64{{s3, 0}, {s3 / 2, 1.5}}, [][]float64{{0, 0}, {s3 / 2, 0.5}}, true
	case "kagome":
		return [][]float64{{2, 0}, {1, s3}}, [][]float64{{0, 0}, {1, 0}, {0.5, s3 / 2}}, true
	case "fcc":
		return cube(math.Sqrt2, faces([]float64{0, 0, 0})...)
	case "bcc":
		return cube(2/s3, []float64{0, 0, 0}, []float64{0.5, 0.5, 0.5})
	case "diamond":
		return cube(4/s3, faces([]float64{0, 0, 0}, []float64{0.25, 0.25, 0.25})...)
	case "pyrochlore":
		return cube(2*math.Sqrt2, faces([]float64{0, 0, 0}, []float64{0, 0.25, 0.25}, []float64{0.25, 0, 0.25}, []float64{0.25, 0.25, 0})...)
	}
	return nil, nil, false
}

// Crystals are the names that NewCrystal knows beside "hypercubic" and "custom".
func Crystals() []string {
	return []string{"triangular", "honeycomb", "kagome", "fcc", "bcc", "diamond", "pyrochlore"}
}

// decodeCrystal reads {"crystal": name, "shape": [...], "periodic": ..., "helical": ..., "shells": n}; "custom" has vectors and basis beside.
func decodeCrystal(raw json.RawMessage, in spec.Inputs, path string) (*Lattice, error) {
	var s crystalSpec
	if err := spec.Decode(raw, &s, in); err != nil {
		return nil, err
	}
	c := Crystal{Name: s.Crystal, Vectors: s.Vectors, Basis: s.Basis, Shape: s.Shape, Periodic: s.Periodic, Helical: s.Helical, Shells: s.Shells}
	if s.Crystal != "custom" && len(s.Vectors)+len(s.Basis) > 0 {
		return nil, spec.Expected(path, `vectors and basis of a "custom" crystal`, s.Crystal)
	}
	return NewCrystal(c)
}

// NewCrystal makes a lattice of a crystal: of a known name, "hypercubic", or "custom" with vectors and a basis of its own.
func NewCrystal(c Crystal) (*Lattice, error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	steps, err := c.steps()
	if err != nil {
		return nil, err
	}
	c.Coordination = make([]int, len(c.Basis))
	for _, s := range steps {
		c.Coordination[s.from]++
		c.Coordination[s.to]++
	}
	cells, err := array.Count(c.Shape)
	if err != nil || cells > maxSites/len(c.Basis) {
		return nil, spec.Expected("lattice", fmt.Sprintf("at most %d sites", maxSites), fmt.Sprint(c.Shape)).With("shape", c.Shape)
	}
	n := cells * len(c.Basis)
	if _, err := array.Plan(cells*len(steps), 32, fmt.Sprintf("the bonds of %d sites", n)); err != nil {
		return nil, err
	}
	ends := c.bonds(cells, steps)
	l, err := NewNetwork(n, ends)
	if err != nil {
		return nil, err
	}
	l.Crystal = &c
	return l, nil
}

func (c *Crystal) complete() error {
	d := len(c.Shape)
	if d == 0 || d > maxAxes {
		return spec.Expected("lattice", fmt.Sprintf("between 1 and %d numbers of cells", maxAxes), fmt.Sprint(c.Shape))
	}
	for _, n := range c.Shape {
		if n < 1 {
			return spec.Expected("lattice", "numbers of cells of at least 1", fmt.Sprint(c.Shape))
		}
	}
	switch c.Name {
	case "custom":
	case "hypercubic":
		c.Basis = [][]float64{make([]float64, d)}
		c.Vectors = make([][]float64, d)
		for k := range c.Vectors {
			c.Vectors[k] = make([]float64, d)
			c.Vectors[k][k] = 1
		}
	default:
		var ok bool
		if c.Vectors, c.Basis, ok = named(c.Name); !ok {
			return spec.Expected("lattice", fmt.Sprint("one of hypercubic, custom, ", Crystals()), fmt.Sprintf("%q", c.Name))
		}
	}
	if len(c.Vectors) != d {
		return spec.Errorf(spec.ShapeError, "lattice: a %s crystal has %d axes; got numbers of cells for %d", c.Name, len(c.Vectors), d)
	}
	if len(c.Basis) == 0 || len(c.Basis) > maxBasis {
		return spec.Expected("lattice", fmt.Sprintf("between 1 and %d sites in a cell", maxBasis), len(c.Basis))
	}
	for _, x := range slices.Concat(c.Vectors, c.Basis) {
		if len(x) != d {
			return spec.Errorf(spec.ShapeError, "lattice: expected vectors and positions of %d components, got one of %d", d, len(x))
		}
	}
	if len(c.Periodic) > 1 && len(c.Periodic) != d {
		return spec.Expected("periodic", fmt.Sprintf("one value or %d, one per axis", d), len(c.Periodic))
	}
	periodic := make([]bool, d)
	for k := range periodic {
		periodic[k] = len(c.Periodic) == 0 || c.Periodic[min(k, len(c.Periodic)-1)]
		if c.Helical && !periodic[k] {
			return spec.Expected("periodic", "true on all axes of a helical lattice", false)
		}
	}
	c.Periodic = periodic
	return nil
}

// step leads from site from of a cell to site to of the cell at displacement by.
type step struct {
	from, to, shell int
	by              []int
	r               float64
}

// steps finds one of each pair of opposite neighbours in the first shells, by site, shell and displacement.
func (c *Crystal) steps() ([]step, error) {
	heights, err := heights(c.Vectors)
	if err != nil {
		return nil, err
	}
	spread := 0.0
	for _, r := range c.Basis {
		for _, s := range c.Basis {
			spread = max(spread, distance(r, s, nil, nil))
		}
	}
	for reach := 1; ; reach++ {
		wide := 2*reach + 1
		if d := len(c.Shape); float64(len(c.Basis)*len(c.Basis))*power(float64(wide), d) > maxReach {
			return nil, spec.Errorf(spec.SpecError, "lattice: the first %d shells reach too far", c.Shells).With("argument", "shells")
		}
		all := c.within(reach)
		sort.SliceStable(all, func(i, j int) bool { return all[i].r < all[j].r })
		if len(all) > 0 && all[0].r < 1e-9*heights {
			return nil, spec.Errorf(spec.SpecError, "lattice: two sites of the basis stand at one place")
		}
		c.Distances = nil
		used := 0
		for i := range all {
			if n := len(c.Distances); n == 0 || all[i].r > c.Distances[n-1]*(1+alike) {
				if n == c.Shells {
					break
				}
				c.Distances = append(c.Distances, all[i].r)
			}
			all[i].shell = len(c.Distances) - 1
			used = i + 1
		}
		// What lies outside is at least this far away.
		if len(c.Distances) == c.Shells && float64(float64(reach+1)*heights)-spread > c.Distances[c.Shells-1]*(1+alike) {
			all = all[:used]
			sort.SliceStable(all, func(i, j int) bool {
				a, b := all[i], all[j]
				switch {
				case a.from != b.from:
					return a.from < b.from
				case a.shell != b.shell:
					return a.shell < b.shell
				}
				if o := slices.Compare(a.by, b.by); o != 0 {
					return o > 0
				}
				return a.to < b.to
			})
			return all, nil
		}
	}
}

// within lists one of each pair of opposite steps whose displacement has no component above reach.
func (c *Crystal) within(reach int) (all []step) {
	d := len(c.Shape)
	by := make([]int, d)
	for k := range by {
		by[k] = -reach
	}
	zero := make([]int, d)
	for {
		ahead := slices.Compare(by, zero)
		for from := range c.Basis {
			for to := range c.Basis {
				if from < to || (from == to && ahead > 0) {
					all = append(all, step{from: from, to: to, by: slices.Clone(by), r: distance(c.Basis[from], c.Basis[to], by, c.Vectors)})
				}
			}
		}
		k := d - 1
		for ; k >= 0; k-- {
			if by[k]++; by[k] <= reach {
				break
			}
			by[k] = -reach
		}
		if k < 0 {
			return all
		}
	}
}

func distance(from, to []float64, by []int, vectors [][]float64) float64 {
	total := 0.0
	for x := range from {
		r := to[x] - from[x]
		for k, n := range by {
			r += float64(float64(n) * vectors[k][x])
		}
		total += float64(r * r)
	}
	return math.Sqrt(total)
}

// bonds follows the steps from every cell.
func (c *Crystal) bonds(cells int, steps []step) (ends [][2]int32) {
	d, width := len(c.Shape), len(c.Basis)
	stride := make([]int, d)
	for k, s := d-1, 1; k >= 0; k-- {
		stride[k] = s
		s *= c.Shape[k]
	}
	ends = make([][2]int32, 0, cells*len(steps))
	c.Shell = make([]int32, 0, cells*len(steps))
	at := make([]int, d)
	for cell := range cells {
		for _, s := range steps {
			to, inside := 0, true
			if c.Helical {
				to = cell
				for k, n := range s.by {
					to += n * stride[k]
				}
				to = mod(to, cells)
			} else {
				for k, n := range s.by {
					x := at[k] + n
					if !c.Periodic[k] && (x < 0 || x >= c.Shape[k]) {
						inside = false
					}
					to += mod(x, c.Shape[k]) * stride[k]
				}
			}
			a, b := int32(cell*width+s.from), int32(to*width+s.to)
			if inside && a != b {
				ends = append(ends, [2]int32{a, b})
				c.Shell = append(c.Shell, int32(s.shell))
			}
		}
		for k := d - 1; k >= 0; k-- {
			if at[k]++; at[k] < c.Shape[k] {
				break
			}
			at[k] = 0
		}
	}
	return ends
}

// Positions are those of all sites, shape (sites, axes).
func (c *Crystal) Positions() []float64 {
	d := len(c.Shape)
	cells := 1
	for _, n := range c.Shape {
		cells *= n
	}
	out := make([]float64, 0, cells*len(c.Basis)*d)
	for cell := range cells {
		at := array.Unravel(cell, c.Shape)
		for _, r := range c.Basis {
			for x := range d {
				y := r[x]
				for k, n := range at {
					y += float64(float64(n) * c.Vectors[k][x])
				}
				out = append(out, y)
			}
		}
	}
	return out
}

// heights is the least distance between opposite faces of the cell.
func heights(vectors [][]float64) (float64, error) {
	dual, err := Dual(vectors)
	if err != nil {
		return 0, err
	}
	least := math.Inf(1)
	for _, b := range dual {
		least = min(least, 1/norm(b))
	}
	return least, nil
}

func norm(v []float64) float64 { return distance(v, make([]float64, len(v)), nil, nil) }

// Dual are the vectors b_k that are perpendicular to all a_j but a_k, with product 1 with that: the reciprocal ones over 2 pi.
func Dual(vectors [][]float64) ([][]float64, error) {
	d := len(vectors)
	longest := 0.0
	m := make([][]float64, d) // vectors beside the unit matrix
	for k, v := range vectors {
		m[k] = append(slices.Clone(v), make([]float64, d)...)
		m[k][d+k] = 1
		longest = max(longest, norm(v))
	}
	for k := range d {
		pivot := k
		for j := k; j < d; j++ {
			if math.Abs(m[j][k]) > math.Abs(m[pivot][k]) {
				pivot = j
			}
		}
		m[k], m[pivot] = m[pivot], m[k]
		if !(math.Abs(m[k][k]) > 1e-9*longest) || math.IsInf(longest, 0) {
			return nil, spec.Errorf(spec.SpecError, "lattice: expected linearly independent vectors, got %v", vectors).With("argument", "vectors")
		}
		scale := m[k][k]
		for x := range m[k] {
			m[k][x] /= scale
		}
		for j := range d {
			if f := m[j][k]; j != k {
				for x := range m[j] {
					m[j][x] -= float64(f * m[k][x])
				}
			}
		}
	}
	dual := make([][]float64, d)
	for k := range dual {
		for x := range d {
			dual[k] = append(dual[k], m[x][d+k])
		}
	}
	return dual, nil
}

func mod(x, n int) int { return ((x % n) + n) % n }

func power(x float64, n int) float64 {
	p := 1.0
	for range n {
		p *= x
	}
	return p
}
