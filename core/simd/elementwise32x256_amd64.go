//go:build goexperiment.simd && amd64

package simd

import (
	"math"
	"simd/archsimd"
)

// Code generated from elementwise32x512_amd64.go by Test256IsGenerated; DO NOT EDIT.

var (
	sign32x256 = func() (l [8]uint32) {
		for i := range l {
			l[i] = 1 << 31
		}
		return l
	}()
	nan32x256 = func() (l [8]float32) {
		for i := range l {
			l[i] = float32(math.NaN())
		}
		return l
	}()
)

func binary32x256(op operation, dst, a, b []float32, ma, mb int) int {
	i := 0
	switch op {
	case opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			store32x256(dst, i, x.Add(y))
		}
	case opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			store32x256(dst, i, x.Sub(y))
		}
	case opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			store32x256(dst, i, x.Mul(y))
		}
	case opDiv:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			store32x256(dst, i, x.Div(y))
		}
	case opMax:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			store32x256(dst, i, x.Max(y).Merge(x, x.Equal(x)))
		}
	case opMin:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			store32x256(dst, i, x.Min(y).Merge(x, x.Equal(x)))
		}
	case opMulZero:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			z := x.Mul(y)
			store32x256(dst, i, z.Merge(z.Merge(archsimd.Float32x8{}, x.NotEqual(archsimd.Float32x8{})), z.Equal(z)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func unary32x256(op operation, dst, a []float32) int {
	i := 0
	switch op {
	case opNeg:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, x.AsUint32x8().Xor(archsimd.LoadUint32x8(&sign32x256)).AsFloat32x8())
		}
	case opAbs:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, x.AsUint32x8().AndNot(archsimd.LoadUint32x8(&sign32x256)).AsFloat32x8())
		}
	case opSqrt:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, x.Sqrt())
		}
	case opSquare:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, x.Mul(x))
		}
	case opFloor:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, floor32x256(x))
		}
	case opCeil:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, ceil32x256(x))
		}
	case opTrunc:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, trunc32x256(x))
		}
	case opRound:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, round32x256(x))
		}
	case opCanonical:
		for ; i+8 <= len(dst); i += 8 {
			x := load32x256(a, i)
			store32x256(dst, i, x.Merge(archsimd.LoadFloat32x8(&nan32x256), x.Equal(x)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func mulAdd32x256(dst, a, b, c []float32, ma, mb, mc int) int {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		store32x256(dst, i, load32x256(a, i&ma).MulAdd(load32x256(b, i&mb), load32x256(c, i&mc)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func compare32x256(op operation, dst []byte, a, b []float32, ma, mb int) int {
	i := 0
	switch op {
	case opLess:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			storeMask32x256(dst, i, x.Less(y).ToBits())
		}
	case opLessEqual:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			storeMask32x256(dst, i, x.LessEqual(y).ToBits())
		}
	case opEqual:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			storeMask32x256(dst, i, x.Equal(y).ToBits())
		}
	case opNotEqual:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load32x256(a, i&ma), load32x256(b, i&mb)
			storeMask32x256(dst, i, x.NotEqual(y).ToBits())
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func select32x256(dst []float32, mask []byte, a, b []float32, ma, mb int) int {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		store32x256(dst, i, load32x256(b, i&mb).Merge(load32x256(a, i&ma), zero32x256(mask, i)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func chain32x256(first, second operation, dst, a, b, c []float32, ma, mb, mc int) int {
	i := 0
	switch {
	case first == opAdd && second == opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Add(y).Add(z))
		}
	case first == opAdd && second == opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Add(y).Sub(z))
		}
	case first == opAdd && second == opFrom:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, z.Sub(x.Add(y)))
		}
	case first == opAdd && second == opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Add(y).Mul(z))
		}
	case first == opSub && second == opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Sub(y).Add(z))
		}
	case first == opSub && second == opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Sub(y).Sub(z))
		}
	case first == opSub && second == opFrom:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, z.Sub(x.Sub(y)))
		}
	case first == opSub && second == opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Sub(y).Mul(z))
		}
	case first == opMul && second == opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Mul(y).Add(z))
		}
	case first == opMul && second == opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Mul(y).Sub(z))
		}
	case first == opMul && second == opFrom:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, z.Sub(x.Mul(y)))
		}
	case first == opMul && second == opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load32x256(a, i&ma), load32x256(b, i&mb), load32x256(c, i&mc)
			store32x256(dst, i, x.Mul(y).Mul(z))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}
