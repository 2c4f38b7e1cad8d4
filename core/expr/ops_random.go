package expr

import (
	"slices"

	"github.com/ergodica/ergodica/core/array"
	"github.com/ergodica/ergodica/core/expr/variate"
	"github.com/ergodica/ergodica/core/rng"
)

// Random numbers are functions of a key and a position: keys are int64, the words of rng.Key. Operand 0 is an array of keys; every key has
// its own draws, numbered from 0 in the axes that follow those of the keys, so that a batch changes no row.
func init() {
	table[OpRandomBits] = draws(ints, func(k rng.Key, at int, out *val, to int) {
		if out.Dtype == array.Int32 {
			var w [1]uint32
			k.Words(w[:], 0, uint64(at))
			out.i[to] = int64(int32(w[0]))
			return
		}
		var w [1]uint64
		k.Bits(w[:], 0, uint64(at))
		out.i[to] = int64(w[0])
	})
	table[OpRandomUniform] = draws(floats, func(k rng.Key, at int, out *val, to int) {
		if out.Dtype == array.Float32 {
			var w [1]uint32
			k.Words(w[:], 0, uint64(at))
			out.f[to] = float64(w[0]>>8) * 0x1p-24
			return
		}
		k.Uniforms(out.f[to:to+1], 0, uint64(at))
	})
	table[OpRandomNormal] = draws(floats, func(k rng.Key, at int, out *val, to int) {
		k.Normals(out.f[to:to+1], 0, uint64(at))
		out.f[to] = out.round(out.f[to])
	})
	table[OpRandomLoggamma] = parametrised(OpLoggammaSlope, func(key rng.Key, at int, x *val, out *val, k int) {
		variate.LogGammas(out.f[k:k+1], x.f[k:k+1], key, uint64(at))
		out.f[k] = out.round(out.f[k])
	})
	table[OpRandomVonMises] = parametrised(OpVonMisesSlope, func(key rng.Key, at int, x *val, out *val, k int) {
		s := key.Stream(uint64(at))
		out.f[k] = out.round(variate.VonMises(&s, x.f[k]))
	})
	table[OpRandomPoisson] = parametrised(OpInput, func(key rng.Key, at int, x *val, out *val, k int) {
		s := key.Stream(uint64(at))
		out.i[k] = variate.Poisson(&s, x.f[k])
	})
	binomial := parametrised(OpInput, nil)
	one := binomial.infer
	binomial.arity = 3
	binomial.infer = func(t []Type, a *Attrs) (Type, error) {
		if !t[1].Equal(t[2]) {
			return Type{}, shapeErr("random_binomial: expected trials and probabilities of one dtype and shape, got %v and %v", t[1], t[2])
		}
		return one(t[:2], a)
	}
	binomial.eval = func(x []*val, _ *Node, out []*val) error {
		each := x[1].Len() / max(x[0].Len(), 1)
		for k := range x[1].Len() {
			s := keyOf(x[0].i[k/each]).Stream(uint64(k % each))
			out[0].i[k] = variate.Binomial(&s, x[1].f[k], x[2].f[k])
		}
		return nil
	}
	table[OpRandomBinomial] = binomial
}

// keyOf is the key of an element.
func keyOf(word int64) rng.Key { return rng.New(uint64(word)) }

// draws is a distribution without parameters: keys of shape K give K + attribute shape.
func draws(on class, one func(k rng.Key, at int, out *val, to int)) *def {
	return &def{arity: 1, attrs: "dtype shape", dtypes: int64s,
		infer: func(t []Type, a *Attrs) (Type, error) {
			if !on.has(a.Dtype) {
				return Type{}, shapeErr("random numbers: expected dtype%s, got %q", on, a.Dtype)
			}
			if err := (Type{a.Dtype, a.Shape}).check(); err != nil {
				return Type{}, err
			}
			return Type{a.Dtype, cat(t[0].Shape, a.Shape)}, nil
		},
		vmap: func(b *Builder, n *Node, x []ID, _ []bool, _ int) ID { return b.emit(n.Op, n.Attrs, x...) },
		eval: func(x []*val, n *Node, out []*val) error {
			each := count(n.attrs().Shape)
			for i, word := range x[0].i {
				for at := range each {
					one(keyOf(word), at, out[0], i*each+at)
				}
			}
			return nil
		},
	}
}

// parametrised is a distribution with one parameter for each draw: (keys of shape K, parameters of shape K + S) give K + S. slope is the
// operation that differentiates a draw in its parameter; without one the draws are counts.
func parametrised(slope Op, one func(key rng.Key, at int, x, out *val, k int)) *def {
	d := &def{arity: 2, dtypes: int64s,
		infer: func(t []Type, _ *Attrs) (Type, error) {
			k := t[0].Rank()
			if !floats.has(t[1].Dtype) || k > t[1].Rank() || !slices.Equal(t[0].Shape, t[1].Shape[:k]) {
				return Type{}, shapeErr("random numbers: expected float parameters whose shape begins with that of the keys %v, got %v", t[0], t[1])
			}
			if slope == OpInput {
				return Type{array.Int64, t[1].Shape}, nil
			}
			return t[1], nil
		},
		vmap: func(b *Builder, n *Node, x []ID, batched []bool, size int) ID {
			return b.emit(n.Op, n.Attrs, b.batchAll(x, batched, size)...)
		},
		eval: func(x []*val, _ *Node, out []*val) error {
			each := x[1].Len() / max(x[0].Len(), 1)
			for i, word := range x[0].i {
				for at := range each {
					one(keyOf(word), at, x[1], out[0], i*each+at)
				}
			}
			return nil
		},
	}
	if slope != OpInput {
		d.jvp = func(b *Builder, _ *Node, x []ID, y ID, t []ID) ID {
			if t[1] == none {
				return none
			}
			return b.mulz(t[1], b.Apply(slope, x[1], y))
		}
	}
	return d
}

// noSecond refuses second derivatives of draws.
func noSecond(name string) func(*Builder, ID, ID, ID) ID {
	return func(*Builder, ID, ID, ID) ID {
		throw(shapeErr("%s has no second derivative in its parameter", name))
		return none
	}
}
