// Package tapes runs programs number by number: a tape is a list of notes, each of which reads a few places of one block of memory and writes one.
// Loops and branches are jumps. What a tape does not know itself (kernels, programs of their own) is left to its caller, a note at a time.
//
// On amd64 with AVX2 the notes become machine code, which keeps numbers in registers between labels; elsewhere, and where the system gives no
// executable memory, they are interpreted, with the same bits.
package tapes

import (
	"math"
	"unsafe"

	"github.com/ergodica/ergodica/core/expr/engine/machine"
	"github.com/ergodica/ergodica/core/simd"
)

// Kind is what a note does.
type Kind uint8

// The notes. Places are offsets in the block in bytes: of float64 and int64 (8 bytes), of bools (1), of pointers (8).
const (
	Outside Kind = iota // for the caller
	Copy1
	Copy4
	Copy8
	Copy16
	Add
	Sub
	Mul
	Div
	Max     // A if it is larger or NaN, else B
	Min     // A if it is smaller or NaN, else B
	MulZero // A B, but 0 where A is 0 and B infinite or NaN
	Neg
	Abs
	Sqrt
	Less
	LessEqual
	Equal
	NotEqual
	Select1 // B where A, else C
	Select8
	And
	Or
	Not
	AddInt
	SubInt
	LessInt
	LessEqualInt
	EqualInt
	NotEqualInt
	IntOfTruth
	FloatOfTruth
	FloatOfInt
	AddWord     // int64 or pointer: A + N
	Point       // the address of place A
	PointRow    // pointer A + N times int64 B
	Read1       // at pointer A + N
	Read4       // (so on)
	Read8       //
	Read16      //
	Write1      // of A at pointer D + N
	Write4      //
	Write8      //
	Write16     //
	WriteFloat  // float64, NaNs of one kind
	WriteSingle // float32
	Jump        // to note N
	JumpIfNot   // where A is false
	Back        // to note N, an earlier one, D units of work behind it
)

// Note is one instruction.
type Note struct {
	Kind       Kind
	D, A, B, C int32
	N          int
}

// Fuel is the place of the units of work left before a jump back ends the run, an int64.
const Fuel = 0

// First is the first free place.
const First = 64

// Tape is a list of notes, ready to run.
type Tape struct {
	notes  []Note
	loops  *machine.Loops
	resume []int32 // offsets of the code of notes; -1: none
}

// New makes a tape. The caller's notes read and write the pinned places, each a byte.
func New(notes []Note, constant, pinned map[int32]bool) *Tape {
	t := &Tape{notes: notes}
	if text, resume := assemble(notes, constant, pinned); text != nil {
		t.loops, t.resume = machine.Make(text), resume
	}
	return t
}

// Len is the number of notes.
func (t *Tape) Len() int { return len(t.notes) }

// Note is note k.
func (t *Tape) Note(k int) Note { return t.notes[k] }

// Run goes on at note k until the end (-1), a note for the caller, or a jump back without fuel; it returns that note.
func (t *Tape) Run(block unsafe.Pointer, k int) int {
	if t.loops == nil || simd.Current() == simd.Scalar {
		return t.interpret(block, k, len(t.notes))
	}
	for {
		k = t.loops.Enter(int(t.resume[k]), block)
		if k < 0 || t.notes[k].Kind == Outside || t.notes[k].Kind == Back {
			return k
		}
		t.interpret(block, k, k+1)
		k++
	}
}

func at[T any](block unsafe.Pointer, place int32) *T { return (*T)(unsafe.Add(block, place)) }

// through is where the pointer at a place leads.
func through[T any](block unsafe.Pointer, place int32, n int) *T {
	return (*T)(unsafe.Add(*at[unsafe.Pointer](block, place), n))
}

// interpret runs notes from k until it comes to the one at end.
func (t *Tape) interpret(b unsafe.Pointer, k, end int) int {
	for ; k < end; k++ {
		o := &t.notes[k]
		switch o.Kind {
		case Outside:
			return k
		case Copy1:
			*at[byte](b, o.D) = *at[byte](b, o.A)
		case Copy4:
			*at[uint32](b, o.D) = *at[uint32](b, o.A)
		case Copy8:
			*at[uint64](b, o.D) = *at[uint64](b, o.A)
		case Copy16:
			*at[[2]uint64](b, o.D) = *at[[2]uint64](b, o.A)
		case Add:
			*at[float64](b, o.D) = *at[float64](b, o.A) + *at[float64](b, o.B)
		case Sub:
			*at[float64](b, o.D) = *at[float64](b, o.A) - *at[float64](b, o.B)
		case Mul:
			*at[float64](b, o.D) = *at[float64](b, o.A) * *at[float64](b, o.B)
		case Div:
			*at[float64](b, o.D) = *at[float64](b, o.A) / *at[float64](b, o.B)
		case Max:
			x, y := *at[float64](b, o.A), *at[float64](b, o.B)
			if x > y || x != x {
				y = x
			}
			*at[float64](b, o.D) = y
		case Min:
			x, y := *at[float64](b, o.A), *at[float64](b, o.B)
			if x < y || x != x {
				y = x
			}
			*at[float64](b, o.D) = y
		case MulZero:
			x := *at[float64](b, o.A)
			y := x * *at[float64](b, o.B)
			if y != y && x == 0 {
				y = 0
			}
			*at[float64](b, o.D) = y
		case Neg:
			*at[uint64](b, o.D) = *at[uint64](b, o.A) ^ 1<<63
		case Abs:
			*at[uint64](b, o.D) = *at[uint64](b, o.A) &^ (1 << 63)
		case Sqrt:
			*at[float64](b, o.D) = math.Sqrt(*at[float64](b, o.A))
		case Less:
			*at[bool](b, o.D) = *at[float64](b, o.A) < *at[float64](b, o.B)
		case LessEqual:
			*at[bool](b, o.D) = *at[float64](b, o.A) <= *at[float64](b, o.B)
		case Equal:
			*at[bool](b, o.D) = *at[float64](b, o.A) == *at[float64](b, o.B)
		case NotEqual:
			*at[bool](b, o.D) = *at[float64](b, o.A) != *at[float64](b, o.B)
		case Select1:
			x := o.C
			if *at[bool](b, o.A) {
				x = o.B
			}
			*at[byte](b, o.D) = *at[byte](b, x)
		case Select8:
			x := o.C
			if *at[bool](b, o.A) {
				x = o.B
			}
			*at[uint64](b, o.D) = *at[uint64](b, x)
		case And:
			*at[byte](b, o.D) = *at[byte](b, o.A) & *at[byte](b, o.B)
		case Or:
			*at[byte](b, o.D) = *at[byte](b, o.A) | *at[byte](b, o.B)
		case Not:
			*at[byte](b, o.D) = *at[byte](b, o.A) ^ 1
		case AddInt:
			*at[int64](b, o.D) = *at[int64](b, o.A) + *at[int64](b, o.B)
		case SubInt:
			*at[int64](b, o.D) = *at[int64](b, o.A) - *at[int64](b, o.B)
		case LessInt:
			*at[bool](b, o.D) = *at[int64](b, o.A) < *at[int64](b, o.B)
		case LessEqualInt:
			*at[bool](b, o.D) = *at[int64](b, o.A) <= *at[int64](b, o.B)
		case EqualInt:
			*at[bool](b, o.D) = *at[int64](b, o.A) == *at[int64](b, o.B)
		case NotEqualInt:
			*at[bool](b, o.D) = *at[int64](b, o.A) != *at[int64](b, o.B)
		case IntOfTruth:
			*at[int64](b, o.D) = int64(*at[byte](b, o.A))
		case FloatOfTruth:
			*at[float64](b, o.D) = float64(*at[byte](b, o.A))
		case FloatOfInt:
			*at[float64](b, o.D) = float64(*at[int64](b, o.A))
		case AddWord:
			*at[int](b, o.D) = *at[int](b, o.A) + o.N
		case Point:
			*at[unsafe.Pointer](b, o.D) = unsafe.Add(b, o.A)
		case PointRow:
			*at[unsafe.Pointer](b, o.D) = unsafe.Add(*at[unsafe.Pointer](b, o.A), o.N**at[int](b, o.B))
		case Read1:
			*at[byte](b, o.D) = *through[byte](b, o.A, o.N)
		case Read4:
			*at[uint32](b, o.D) = *through[uint32](b, o.A, o.N)
		case Read8:
			*at[uint64](b, o.D) = *through[uint64](b, o.A, o.N)
		case Read16:
			*at[[2]uint64](b, o.D) = *through[[2]uint64](b, o.A, o.N)
		case Write1:
			*through[byte](b, o.D, o.N) = *at[byte](b, o.A)
		case Write4:
			*through[uint32](b, o.D, o.N) = *at[uint32](b, o.A)
		case Write8:
			*through[uint64](b, o.D, o.N) = *at[uint64](b, o.A)
		case Write16:
			*through[[2]uint64](b, o.D, o.N) = *at[[2]uint64](b, o.A)
		case WriteFloat:
			x := *at[float64](b, o.A)
			if x != x {
				x = math.NaN()
			}
			*through[float64](b, o.D, o.N) = x
		case WriteSingle:
			x := *at[float32](b, o.A)
			if x != x {
				x = float32(math.NaN())
			}
			*through[float32](b, o.D, o.N) = x
		case Jump:
			k = o.N - 1
		case JumpIfNot:
			if !*at[bool](b, o.A) {
				k = o.N - 1
			}
		case Back:
			fuel := at[int64](b, Fuel)
			if *fuel -= int64(o.D); *fuel <= 0 {
				return k
			}
			k = o.N - 1
		}
	}
	return -1
}

// reads are the places that a note reads, and how many bytes it does.
func (n *Note) reads() (places [3]int32, bytes [3]int8, count int) {
	add := func(place int32, size int8) {
		places[count], bytes[count] = place, size
		count++
	}
	switch n.Kind {
	case Copy1, Not, IntOfTruth, FloatOfTruth, JumpIfNot:
		add(n.A, 1)
	case Copy4:
		add(n.A, 4)
	case Copy16:
		add(n.A, 16)
	case And, Or:
		add(n.A, 1)
		add(n.B, 1)
	case Select1:
		add(n.A, 1)
		add(n.B, 1)
		add(n.C, 1)
	case Select8:
		add(n.A, 1)
		add(n.B, 8)
		add(n.C, 8)
	case Copy8, Neg, Abs, Sqrt, FloatOfInt, AddWord, Read1, Read4, Read8, Read16:
		add(n.A, 8)
	case Write1:
		add(n.A, 1)
		add(n.D, 8)
	case Write4, WriteSingle:
		add(n.A, 4)
		add(n.D, 8)
	case Write8, WriteFloat:
		add(n.A, 8)
		add(n.D, 8)
	case Write16:
		add(n.A, 16)
		add(n.D, 8)
	case Outside, Point, Jump, Back:
	default:
		add(n.A, 8)
		add(n.B, 8)
	}
	return
}
