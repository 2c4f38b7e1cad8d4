//go:build goexperiment.simd && amd64

package simd

import "simd/archsimd"

// leafVector adds whole groups of eight to the lanes and returns how many elements those are.
func leafVector(lane *[8]float64, x, y []float64, dot bool) int {
	if len(x) < 8 {
		return 0
	}
	switch Current() {
	case AVX512:
		return leaf512(lane, x, y, dot)
	case AVX2:
		return leaf256(lane, x, y, dot)
	}
	return 0
}

// leaves4 is four whole leaves at once: a single one waits for every addition.
func leaves4(x, y []float64, dot bool) [4]float64 {
	var lane [4][8]float64
	switch Current() {
	case AVX512:
		if dot {
			dot4x512(&lane, x, y)
		} else {
			sum4x512(&lane, x)
		}
	case AVX2:
		if dot {
			dot4x256(&lane, x, y)
		} else {
			sum4x256(&lane, x)
		}
	default:
		return leaves4Scalar(x, y, dot)
	}
	return [4]float64{addLanes(&lane[0]), addLanes(&lane[1]), addLanes(&lane[2]), addLanes(&lane[3])}
}

func leaf512(lane *[8]float64, x, y []float64, dot bool) int {
	i := 0
	s := archsimd.LoadFloat64x8(lane)
	if dot {
		for ; i+8 <= len(x); i += 8 {
			s = load64x512(x, i).MulAdd(load64x512(y, i), s)
		}
	} else {
		for ; i+8 <= len(x); i += 8 {
			s = s.Add(load64x512(x, i))
		}
	}
	s.Store(lane)
	archsimd.ClearAVXUpperBits()
	return i
}

func leaf256(lane *[8]float64, x, y []float64, dot bool) int {
	i := 0
	low, high := (*[4]float64)(lane[:4]), (*[4]float64)(lane[4:])
	a, b := archsimd.LoadFloat64x4(low), archsimd.LoadFloat64x4(high)
	if dot {
		for ; i+8 <= len(x); i += 8 {
			a = load64x256(x, i).MulAdd(load64x256(y, i), a)
			b = load64x256(x, i+4).MulAdd(load64x256(y, i+4), b)
		}
	} else {
		for ; i+8 <= len(x); i += 8 {
			a = a.Add(load64x256(x, i))
			b = b.Add(load64x256(x, i+4))
		}
	}
	a.Store(low)
	b.Store(high)
	archsimd.ClearAVXUpperBits()
	return i
}

func sum4x512(lane *[4][8]float64, x []float64) {
	_ = x[:4*Leaf]
	a := archsimd.LoadFloat64x8(&lane[0])
	b, c, d := a, a, a
	for i := 0; i < Leaf; i += 8 {
		a = a.Add(load64x512(x, i))
		b = b.Add(load64x512(x, i+Leaf))
		c = c.Add(load64x512(x, i+2*Leaf))
		d = d.Add(load64x512(x, i+3*Leaf))
	}
	a.Store(&lane[0])
	b.Store(&lane[1])
	c.Store(&lane[2])
	d.Store(&lane[3])
	archsimd.ClearAVXUpperBits()
}

func dot4x512(lane *[4][8]float64, x, y []float64) {
	_, _ = x[:4*Leaf], y[:4*Leaf]
	a := archsimd.LoadFloat64x8(&lane[0])
	b, c, d := a, a, a
	for i := 0; i < Leaf; i += 8 {
		a = load64x512(x, i).MulAdd(load64x512(y, i), a)
		b = load64x512(x, i+Leaf).MulAdd(load64x512(y, i+Leaf), b)
		c = load64x512(x, i+2*Leaf).MulAdd(load64x512(y, i+2*Leaf), c)
		d = load64x512(x, i+3*Leaf).MulAdd(load64x512(y, i+3*Leaf), d)
	}
	a.Store(&lane[0])
	b.Store(&lane[1])
	c.Store(&lane[2])
	d.Store(&lane[3])
	archsimd.ClearAVXUpperBits()
}

func half256(lane *[4][8]float64, leaf, half int) *[4]float64 {
	return (*[4]float64)(lane[leaf][4*half : 4*half+4])
}

func sum4x256(lane *[4][8]float64, x []float64) {
	_ = x[:4*Leaf]
	for half := range 2 {
		a := archsimd.LoadFloat64x4(half256(lane, 0, half))
		b, c, d := a, a, a
		for i := 4 * half; i < Leaf; i += 8 {
			a = a.Add(load64x256(x, i))
			b = b.Add(load64x256(x, i+Leaf))
			c = c.Add(load64x256(x, i+2*Leaf))
			d = d.Add(load64x256(x, i+3*Leaf))
		}
		a.Store(half256(lane, 0, half))
		b.Store(half256(lane, 1, half))
		c.Store(half256(lane, 2, half))
		d.Store(half256(lane, 3, half))
	}
	archsimd.ClearAVXUpperBits()
}

func dot4x256(lane *[4][8]float64, x, y []float64) {
	_, _ = x[:4*Leaf], y[:4*Leaf]
	for half := range 2 {
		a := archsimd.LoadFloat64x4(half256(lane, 0, half))
		b, c, d := a, a, a
		for i := 4 * half; i < Leaf; i += 8 {
			a = load64x256(x, i).MulAdd(load64x256(y, i), a)
			b = load64x256(x, i+Leaf).MulAdd(load64x256(y, i+Leaf), b)
			c = load64x256(x, i+2*Leaf).MulAdd(load64x256(y, i+2*Leaf), c)
			d = load64x256(x, i+3*Leaf).MulAdd(load64x256(y, i+3*Leaf), d)
		}
		a.Store(half256(lane, 0, half))
		b.Store(half256(lane, 1, half))
		c.Store(half256(lane, 2, half))
		d.Store(half256(lane, 3, half))
	}
	archsimd.ClearAVXUpperBits()
}
