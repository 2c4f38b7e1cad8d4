package tapes

import (
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/require"

	"github.com/ergodica/ergodica/core/simd"
)

// places of a block of the tests: numbers, integers, bools, pointers, and an array that the pointers lead to.
const (
	numbers  = First
	integers = numbers + 8*40
	bools    = integers + 8*24
	pointers = bools + 8*24
	area     = pointers + 8*4
	size     = area + 8*16
)

var strange = []float64{0, math.Copysign(0, -1), 1, -1, math.Inf(1), math.Inf(-1), math.NaN(), 0.3, -2.5, 1e300, 5e-324}

func fill(r *rand.Rand, b []byte) {
	for i := range 40 {
		x := r.NormFloat64()
		if r.IntN(3) == 0 {
			x = strange[r.IntN(len(strange))]
		}
		*at[float64](unsafe.Pointer(&b[0]), int32(numbers+8*i)) = x
	}
	for i := range 24 {
		*at[int64](unsafe.Pointer(&b[0]), int32(integers+8*i)) = r.Int64N(7) - 3
		b[bools+8*i] = byte(r.IntN(2))
	}
	for i := range 4 {
		*at[uintptr](unsafe.Pointer(&b[0]), int32(pointers+8*i)) = uintptr(unsafe.Pointer(&b[area+32*i]))
	}
}

func random(r *rand.Rand, n int) (notes []Note) {
	number := func() int32 { return int32(numbers + 8*r.IntN(40)) }
	integer := func() int32 { return int32(integers + 8*r.IntN(16)) }
	single := func() int32 { return int32(integers + 8*(16+r.IntN(8))) } // four bytes
	truth := func() int32 { return int32(bools + 8*r.IntN(24)) }
	pointer := func() int32 { return int32(pointers + 8*r.IntN(4)) }
	for range n {
		o := Note{Kind: Kind(r.IntN(int(Jump))), D: number(), A: number(), B: number(), C: number(), N: 8 * r.IntN(3)}
		switch o.Kind {
		case Outside, Point, PointRow, Read4, Write4, Read16, Write16, Copy4, WriteSingle:
			switch o.Kind {
			case Read4, Write4, Copy4, WriteSingle:
				o.D, o.A = single(), single()
				switch o.Kind {
				case Read4:
					o.A = pointer()
				case Write4, WriteSingle:
					o.D = pointer()
				}
			case Read16:
				o.A, o.D = pointer(), min(o.D, numbers+8*38)
			case Write16:
				o.D, o.A = pointer(), min(o.A, numbers+8*38)
			default:
				continue
			}
		case Copy16:
			o.D, o.A = min(o.D, numbers+8*38), min(o.A, numbers+8*38)
		case Copy1, And, Or, Not, Select1:
			o.D, o.A, o.B, o.C = truth(), truth(), truth(), truth()
		case Select8:
			o.A = truth()
		case Less, LessEqual, Equal, NotEqual:
			o.D = truth()
		case LessInt, LessEqualInt, EqualInt, NotEqualInt:
			o.D, o.A, o.B = truth(), integer(), integer()
		case AddInt, SubInt:
			o.D, o.A, o.B = integer(), integer(), integer()
		case AddWord:
			o.D, o.A = integer(), integer()
		case IntOfTruth:
			o.D, o.A = integer(), truth()
		case FloatOfTruth:
			o.A = truth()
		case FloatOfInt:
			o.A = integer()
		case Read1:
			o.D, o.A = truth(), pointer()
			o.N = 0
			notes = append(notes, Note{Kind: Write1, D: o.A, A: truth()})
		case Write1:
			o.D, o.A = pointer(), truth()
		case Read8:
			o.A = pointer()
		case Write8, WriteFloat:
			o.D = pointer()
		}
		notes = append(notes, o)
	}
	return notes
}

// finish runs to the end and counts how often fuel was wanted.
func finish(t *testing.T, run func(k int) int, tape *Tape, fuel *int64) (stops int) {
	for k := run(0); k >= 0; stops++ {
		require.Equal(t, Back, tape.notes[k].Kind)
		*fuel = 50
		k = run(tape.notes[k].N)
	}
	return stops
}

// The machine code of random tapes leaves in every place what the interpreter leaves, whatever is pinned; straight ones, longer than there are
// registers, and in loops with branches. Catches a register that is taken while its number is needed, a place that is not written where a note of
// another part reads it, an operand in the wrong order, another sign of zero. Of NaNs any is as good as another.
func TestCodeIsTheInterpreter(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for round := range 400 {
		notes := random(r, 1+r.IntN(120))
		if round%2 == 0 { // a loop of three steps with a branch in it
			k, three, going := int32(size), int32(size+8), int32(size+16)
			for i := range notes { // but for the loop's pointers
				if notes[i].Kind == AddWord {
					notes[i].N = 1
				}
			}
			half := len(notes) / 2
			loop := []Note{{Kind: LessInt, D: going, A: k, B: three}, {Kind: JumpIfNot, A: going, N: len(notes) + 5}}
			loop = append(loop, notes[:half]...)
			loop = append(loop, Note{Kind: JumpIfNot, A: bools, N: len(notes) + 3})
			loop = append(loop, notes[half:]...)
			loop = append(loop, Note{Kind: AddWord, D: k, A: k, N: 1}, Note{Kind: Back, N: 0, D: int32(len(notes))})
			notes = loop
		}
		pinned := map[int32]bool{}
		all := r.IntN(2) == 0
		for at := int32(First); at < size; at += 8 {
			if all || r.IntN(3) == 0 {
				pinned[at] = true
			}
		}
		tape := New(notes, nil, pinned)
		for range 3 {
			first := make([]byte, size+64)
			fill(r, first)
			*at[int64](unsafe.Pointer(&first[0]), size+8) = 3
			second := append([]byte{}, first...)
			for i := range 4 {
				*at[uintptr](unsafe.Pointer(&second[0]), int32(pointers+8*i)) = uintptr(unsafe.Pointer(&second[area+32*i]))
			}
			a, b := unsafe.Pointer(&first[0]), unsafe.Pointer(&second[0])
			stops := finish(t, func(k int) int { return tape.interpret(a, k, len(notes)) }, tape, at[int64](a, Fuel))
			require.Equal(t, stops, finish(t, func(k int) int { return tape.Run(b, k) }, tape, at[int64](b, Fuel)))
			for p := int32(First); p < size; p++ {
				q := p &^ 7
				if q >= pointers && q < area || q < area && !pinned[q] || q >= bools && q < pointers && p != q {
					continue
				}
				x, y := *at[float64](a, q), *at[float64](b, q)
				require.True(t, first[p] == second[p] || x != x && y != y, "round %d, place %d: %v, got %v\n%v", round, p, x, y, notes)
			}
		}
	}
	if simd.Current() != simd.Scalar {
		require.NotNil(t, New([]Note{{Kind: Add, D: numbers, A: numbers, B: numbers}}, nil, nil).loops)
	}
}
