package engine

import (
	"unsafe"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr"
	"github.com/ergodica/ergodica/core/expr/variate"
	"github.com/ergodica/ergodica/core/rng"
)

// drawBlock is how many draws of one key are a unit of work.
const drawBlock = 1024

// random makes the stages of random operations: blocks of the draws of one key.
func (pl *planner) random(s *stage, n *expr.Node) {
	keys := pl.node(n.Args[0]).Type.Len()
	each := n.Type.Len() / max(keys, 1)
	blocks := (each + drawBlock - 1) / drawBlock
	k, out := s.reads[0], s.writes[0]
	size := n.Type.Dtype.Size()
	fill := drawer(n)
	if fill != nil {
		s.cost = 2 * float64(n.Type.Len())
	} else {
		s.cost = 30 * float64(n.Type.Len())
		fill = pl.sampler(s, n, each)
	}
	s.units = keys * blocks
	s.unit = func(f *frame, u int) {
		i, first := u/blocks, u%blocks*drawBlock
		key := rng.New(*(*uint64)(f.at(k, 8*i)))
		fill(f, key, i, first, f.at(out, (i*each+first)*size), min(drawBlock, each-first))
	}
}

// filling draws n numbers of key number i from position first on.
type filling func(f *frame, key rng.Key, i, first int, out unsafe.Pointer, n int)

// drawer is for distributions without parameters.
func drawer(n *expr.Node) filling {
	double := n.Type.Dtype == array.Float64
	switch n.Op {
	case expr.OpRandomBits:
		if n.Type.Dtype == array.Int32 {
			return func(_ *frame, key rng.Key, _, first int, out unsafe.Pointer, n int) {
				key.Words(unsafe.Slice((*uint32)(out), n), 0, uint64(first))
			}
		}
		return func(_ *frame, key rng.Key, _, first int, out unsafe.Pointer, n int) {
			key.Bits(unsafe.Slice((*uint64)(out), n), 0, uint64(first))
		}
	case expr.OpRandomUniform:
		if double {
			return func(_ *frame, key rng.Key, _, first int, out unsafe.Pointer, n int) {
				key.Uniforms(unsafe.Slice((*float64)(out), n), 0, uint64(first))
			}
		}
		return func(_ *frame, key rng.Key, _, first int, out unsafe.Pointer, n int) {
			words := unsafe.Slice((*uint32)(out), n)
			key.Words(words, 0, uint64(first))
			numbers := unsafe.Slice((*float32)(out), n)
			for i, w := range words {
				numbers[i] = float32(w>>8) * 0x1p-24
			}
		}
	case expr.OpRandomNormal:
		if double {
			return func(_ *frame, key rng.Key, _, first int, out unsafe.Pointer, n int) {
				key.Normals(unsafe.Slice((*float64)(out), n), 0, uint64(first))
			}
		}
		return func(_ *frame, key rng.Key, _, first int, out unsafe.Pointer, n int) {
			var wide [drawBlock]float64
			key.Normals(wide[:n], 0, uint64(first))
			numbers := unsafe.Slice((*float32)(out), n)
			for i := range numbers {
				numbers[i] = float32(wide[i])
			}
		}
	}
	return nil
}

// sampler is for distributions with a parameter.
func (pl *planner) sampler(s *stage, n *expr.Node, each int) filling {
	x := s.reads[1]
	in := pl.node(n.Args[1]).Type.Dtype
	width := in.Size()
	parameter := func(p unsafe.Pointer) float64 {
		if width == 8 {
			return *(*float64)(p)
		}
		return float64(*(*float32)(p))
	}
	if n.Op == expr.OpRandomBinomial {
		p := s.reads[2]
		return func(f *frame, key rng.Key, i, first int, out unsafe.Pointer, n int) {
			s := &f.stream
			for j := range n {
				s.Reset(key, uint64(first+j))
				at := (i*each + first + j) * width
				*(*int64)(unsafe.Add(out, 8*j)) = variate.Binomial(s, parameter(f.at(x, at)), parameter(f.at(p, at)))
			}
		}
	}
	var one func(s *rng.Stream, a float64) float64
	switch n.Op {
	case expr.OpRandomLoggamma:
		if width == 8 {
			return func(f *frame, key rng.Key, i, first int, out unsafe.Pointer, n int) {
				a := unsafe.Slice((*float64)(f.at(x, (i*each+first)*width)), n)
				variate.LogGammas(unsafe.Slice((*float64)(out), n), a, key, uint64(first))
			}
		}
		return func(f *frame, key rng.Key, i, first int, out unsafe.Pointer, n int) {
			var a, y [drawBlock]float64
			narrow := unsafe.Slice((*float32)(f.at(x, (i*each+first)*width)), n)
			for j, v := range narrow {
				a[j] = float64(v)
			}
			variate.LogGammas(y[:n], a[:n], key, uint64(first))
			draws := unsafe.Slice((*float32)(out), n)
			for j := range draws {
				draws[j] = float32(y[j])
			}
		}
	case expr.OpRandomVonMises:
		one = variate.VonMises
	case expr.OpRandomPoisson:
		return func(f *frame, key rng.Key, i, first int, out unsafe.Pointer, n int) {
			s := &f.stream
			for j := range n {
				s.Reset(key, uint64(first+j))
				*(*int64)(unsafe.Add(out, 8*j)) = variate.Poisson(s, parameter(f.at(x, (i*each+first+j)*width)))
			}
		}
	}
	return func(f *frame, key rng.Key, i, first int, out unsafe.Pointer, n int) {
		s := &f.stream
		for j := range n {
			s.Reset(key, uint64(first+j))
			y := one(s, parameter(f.at(x, (i*each+first+j)*width)))
			if width == 8 {
				*(*float64)(unsafe.Add(out, 8*j)) = y
			} else {
				*(*float32)(unsafe.Add(out, 4*j)) = float32(y)
			}
		}
	}
}
