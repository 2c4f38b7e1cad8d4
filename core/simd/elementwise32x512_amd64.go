//go:build goexperiment.simd && amd64

package simd

import (
	"math"
	"simd/archsimd"
)

// Code generated from elementwise512_amd64.go by Test256IsGenerated; DO NOT EDIT.

var (
	sign32x512 = func() (l [16]uint32) {
		for i := range l {
			l[i] = 1 << 31
		}
		return l
	}()
	nan32x512 = func() (l [16]float32) {
		for i := range l {
			l[i] = float32(math.NaN())
		}
		return l
	}()
)

func binary32x512(op operation, dst, a, b []float32, ma, mb int) int {
	i := 0
	switch op {
	case opAdd:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			store32x512(dst, i, x.Add(y))
		}
	case opSub:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			store32x512(dst, i, x.Sub(y))
		}
	case opMul:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			store32x512(dst, i, x.Mul(y))
		}
	case opDiv:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			store32x512(dst, i, x.Div(y))
		}
	case opMax:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			store32x512(dst, i, x.Max(y).Merge(x, x.Equal(x)))
		}
	case opMin:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			store32x512(dst, i, x.Min(y).Merge(x, x.Equal(x)))
		}
	case opMulZero:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			z := x.Mul(y)
			store32x512(dst, i, z.Merge(z.Merge(archsimd.Float32x16{}, x.NotEqual(archsimd.Float32x16{})), z.Equal(z)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func unary32x512(op operation, dst, a []float32) int {
	i := 0
	switch op {
	case opNeg:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, x.AsUint32x16().Xor(archsimd.LoadUint32x16(&sign32x512)).AsFloat32x16())
		}
	case opAbs:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, x.AsUint32x16().AndNot(archsimd.LoadUint32x16(&sign32x512)).AsFloat32x16())
		}
	case opSqrt:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, x.Sqrt())
		}
	case opSquare:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, x.Mul(x))
		}
	case opFloor:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, floor32x512(x))
		}
	case opCeil:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, ceil32x512(x))
		}
	case opTrunc:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, trunc32x512(x))
		}
	case opRound:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, round32x512(x))
		}
	case opCanonical:
		for ; i+16 <= len(dst); i += 16 {
			x := load32x512(a, i)
			store32x512(dst, i, x.Merge(archsimd.LoadFloat32x16(&nan32x512), x.Equal(x)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func mulAdd32x512(dst, a, b, c []float32, ma, mb, mc int) int {
	i := 0
	for ; i+16 <= len(dst); i += 16 {
		store32x512(dst, i, load32x512(a, i&ma).MulAdd(load32x512(b, i&mb), load32x512(c, i&mc)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func compare32x512(op operation, dst []byte, a, b []float32, ma, mb int) int {
	i := 0
	switch op {
	case opLess:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			storeMask32x512(dst, i, x.Less(y).ToBits())
		}
	case opLessEqual:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			storeMask32x512(dst, i, x.LessEqual(y).ToBits())
		}
	case opEqual:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			storeMask32x512(dst, i, x.Equal(y).ToBits())
		}
	case opNotEqual:
		for ; i+16 <= len(dst); i += 16 {
			x, y := load32x512(a, i&ma), load32x512(b, i&mb)
			storeMask32x512(dst, i, x.NotEqual(y).ToBits())
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func select32x512(dst []float32, mask []byte, a, b []float32, ma, mb int) int {
	i := 0
	for ; i+16 <= len(dst); i += 16 {
		store32x512(dst, i, load32x512(b, i&mb).Merge(load32x512(a, i&ma), zero32x512(mask, i)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func chain32x512(first, second operation, dst, a, b, c []float32, ma, mb, mc int) int {
	i := 0
	switch {
	case first == opAdd && second == opAdd:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Add(y).Add(z))
		}
	case first == opAdd && second == opSub:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Add(y).Sub(z))
		}
	case first == opAdd && second == opFrom:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, z.Sub(x.Add(y)))
		}
	case first == opAdd && second == opMul:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Add(y).Mul(z))
		}
	case first == opSub && second == opAdd:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Sub(y).Add(z))
		}
	case first == opSub && second == opSub:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Sub(y).Sub(z))
		}
	case first == opSub && second == opFrom:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, z.Sub(x.Sub(y)))
		}
	case first == opSub && second == opMul:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Sub(y).Mul(z))
		}
	case first == opMul && second == opAdd:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Mul(y).Add(z))
		}
	case first == opMul && second == opSub:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Mul(y).Sub(z))
		}
	case first == opMul && second == opFrom:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, z.Sub(x.Mul(y)))
		}
	case first == opMul && second == opMul:
		for ; i+16 <= len(dst); i += 16 {
			x, y, z := load32x512(a, i&ma), load32x512(b, i&mb), load32x512(c, i&mc)
			store32x512(dst, i, x.Mul(y).Mul(z))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}
