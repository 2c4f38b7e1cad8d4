//go:build goexperiment.simd && amd64

package simd

import (
	"math"
	"simd/archsimd"
)

var (
	sign64x512 = func() (l [8]uint64) {
		for i := range l {
			l[i] = 1 << 63
		}
		return l
	}()
	nan64x512 = func() (l [8]float64) {
		for i := range l {
			l[i] = float64(math.NaN())
		}
		return l
	}()
)

func binary64x512(op operation, dst, a, b []float64, ma, mb int) int {
	i := 0
	switch op {
	case opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			store64x512(dst, i, x.Add(y))
		}
	case opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			store64x512(dst, i, x.Sub(y))
		}
	case opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			store64x512(dst, i, x.Mul(y))
		}
	case opDiv:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			store64x512(dst, i, x.Div(y))
		}
	case opMax:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			store64x512(dst, i, x.Max(y).Merge(x, x.Equal(x)))
		}
	case opMin:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			store64x512(dst, i, x.Min(y).Merge(x, x.Equal(x)))
		}
	case opMulZero:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			z := x.Mul(y)
			store64x512(dst, i, z.Merge(z.Merge(archsimd.Float64x8{}, x.NotEqual(archsimd.Float64x8{})), z.Equal(z)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func unary64x512(op operation, dst, a []float64) int {
	i := 0
	switch op {
	case opNeg:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, x.AsUint64x8().Xor(archsimd.LoadUint64x8(&sign64x512)).AsFloat64x8())
		}
	case opAbs:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, x.AsUint64x8().AndNot(archsimd.LoadUint64x8(&sign64x512)).AsFloat64x8())
		}
	case opSqrt:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, x.Sqrt())
		}
	case opSquare:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, x.Mul(x))
		}
	case opFloor:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, floor64x512(x))
		}
	case opCeil:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, ceil64x512(x))
		}
	case opTrunc:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, trunc64x512(x))
		}
	case opRound:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, round64x512(x))
		}
	case opCanonical:
		for ; i+8 <= len(dst); i += 8 {
			x := load64x512(a, i)
			store64x512(dst, i, x.Merge(archsimd.LoadFloat64x8(&nan64x512), x.Equal(x)))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func mulAdd64x512(dst, a, b, c []float64, ma, mb, mc int) int {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		store64x512(dst, i, load64x512(a, i&ma).MulAdd(load64x512(b, i&mb), load64x512(c, i&mc)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func compare64x512(op operation, dst []byte, a, b []float64, ma, mb int) int {
	i := 0
	switch op {
	case opLess:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			storeMask64x512(dst, i, x.Less(y).ToBits())
		}
	case opLessEqual:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			storeMask64x512(dst, i, x.LessEqual(y).ToBits())
		}
	case opEqual:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			storeMask64x512(dst, i, x.Equal(y).ToBits())
		}
	case opNotEqual:
		for ; i+8 <= len(dst); i += 8 {
			x, y := load64x512(a, i&ma), load64x512(b, i&mb)
			storeMask64x512(dst, i, x.NotEqual(y).ToBits())
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func select64x512(dst []float64, mask []byte, a, b []float64, ma, mb int) int {
	i := 0
	for ; i+8 <= len(dst); i += 8 {
		store64x512(dst, i, load64x512(b, i&mb).Merge(load64x512(a, i&ma), zero64x512(mask, i)))
	}
	archsimd.ClearAVXUpperBits()
	return i
}

func chain64x512(first, second operation, dst, a, b, c []float64, ma, mb, mc int) int {
	i := 0
	switch {
	case first == opAdd && second == opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Add(y).Add(z))
		}
	case first == opAdd && second == opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Add(y).Sub(z))
		}
	case first == opAdd && second == opFrom:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, z.Sub(x.Add(y)))
		}
	case first == opAdd && second == opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Add(y).Mul(z))
		}
	case first == opSub && second == opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Sub(y).Add(z))
		}
	case first == opSub && second == opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Sub(y).Sub(z))
		}
	case first == opSub && second == opFrom:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, z.Sub(x.Sub(y)))
		}
	case first == opSub && second == opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Sub(y).Mul(z))
		}
	case first == opMul && second == opAdd:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Mul(y).Add(z))
		}
	case first == opMul && second == opSub:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Mul(y).Sub(z))
		}
	case first == opMul && second == opFrom:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, z.Sub(x.Mul(y)))
		}
	case first == opMul && second == opMul:
		for ; i+8 <= len(dst); i += 8 {
			x, y, z := load64x512(a, i&ma), load64x512(b, i&mb), load64x512(c, i&mc)
			store64x512(dst, i, x.Mul(y).Mul(z))
		}
	}
	archsimd.ClearAVXUpperBits()
	return i
}
