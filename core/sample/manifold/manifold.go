package manifold

import (
	"math"

	"github.com/ergodica/ergodica/core/contract"
	"github.com/ergodica/ergodica/core/rng"
)

// surface is one kind of manifold; x is one point on it, v a vector at it.
type surface interface {
	// dim is the manifold's dimension.
	dim() int
	// project makes v tangent.
	project(x, v []float64)
	// flow moves both for a time t, and takes away what rounding left.
	flow(x, v []float64, t float64)
	// settle puts an x that is nearly on the surface there, or a random one of normal numbers uniformly.
	settle(x []float64)
	// origin is a point.
	origin(x []float64)
	// logVolume is that of all points, by the measure of densities: area on spheres; others' is uniform and normalised.
	logVolume() float64
}

// Product is a point of several blocks. It has scratch memory of its own: one caller.
type Product struct {
	parts []part
}

// part is a block; surface is nil where it is flat.
type part struct {
	contract.Block
	from    int
	surface surface
}

// New is nil where nothing is curved.
func New(blocks contract.Blocks) *Product {
	if blocks.Curved() == nil {
		return nil
	}
	p, at := new(Product), 0
	for _, b := range blocks {
		x := part{Block: b, from: at}
		switch b.Kind {
		case "sphere":
			x.surface = sphere(b.Rows)
		case "stiefel":
			x.surface = newStiefel(b.Rows, b.Cols)
		case "so":
			x.surface = newRotations(b.Rows)
		case "su":
			x.surface = newUnitary(b.Rows)
		}
		p.parts = append(p.parts, x)
		at += b.Size()
	}
	return p
}

// each calls do for every curved point, and flat for ranges of coordinates that are not.
func (p *Product) each(do func(s surface, from, to int), flat func(from, to int)) {
	for i := range p.parts {
		x := &p.parts[i]
		if x.surface == nil {
			if flat != nil {
				flat(x.from, x.from+x.Size())
			}
			continue
		}
		for c, w := 0, x.Width(); c < x.Count; c++ {
			do(x.surface, x.from+c*w, x.from+(c+1)*w)
		}
	}
}

// Project makes v tangent at x.
func (p *Product) Project(x, v []float64) {
	for i := range p.parts {
		b := &p.parts[i]
		if b.surface == nil {
			continue
		}
		for c, w, at := 0, b.Width(), b.from; c < b.Count; c, at = c+1, at+w {
			b.surface.project(x[at:at+w], v[at:at+w])
		}
	}
}

// Flow moves x along its geodesic for a time t, v with it; where it is flat, straight on.
func (p *Product) Flow(x, v []float64, t float64) {
	for i := range p.parts {
		b := &p.parts[i]
		if b.surface == nil {
			for k := b.from; k < b.from+b.Size(); k++ {
				x[k] += float64(t * v[k])
			}
			continue
		}
		for c, w, at := 0, b.Width(), b.from; c < b.Count; c, at = c+1, at+w {
			b.surface.flow(x[at:at+w], v[at:at+w], t)
		}
	}
}

// Draw makes the curved points uniform.
func (p *Product) Draw(x []float64, s *rng.Stream) {
	p.each(func(f surface, from, to int) {
		s.Normals(x[from:to])
		f.settle(x[from:to])
	}, nil)
}

// LogVolume is that of all curved points together.
func (p *Product) LogVolume() float64 {
	sum := 0.0
	for _, b := range p.parts {
		if b.surface != nil {
			sum += float64(float64(b.Count) * b.surface.logVolume())
		}
	}
	return sum
}

// Origin puts the curved points at a fixed place.
func (p *Product) Origin(x []float64) {
	p.each(func(f surface, from, to int) { f.origin(x[from:to]) }, nil)
}

// Level makes one number, their mean, of those of a curved block's coordinates.
func (p *Product) Level(scales []float64) {
	for _, b := range p.parts {
		if b.surface == nil || b.Count == 0 {
			continue
		}
		all, sum := scales[b.from:b.from+b.Size()], 0.0
		for _, v := range all {
			sum += v
		}
		for i := range all {
			all[i] = sum / float64(len(all))
		}
	}
}

// Speed is the largest of the usual speeds of curved points, sqrt(dim / m), for inverse masses 1/m (nil: 1).
func (p *Product) Speed(inverse []float64) float64 {
	most := 0.0
	for _, b := range p.parts {
		if b.surface == nil || b.Count == 0 {
			continue
		}
		x := float64(b.surface.dim())
		if inverse != nil {
			x *= inverse[b.from]
		}
		most = max(most, math.Sqrt(x))
	}
	return most
}
