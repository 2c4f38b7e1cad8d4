//go:build !(goexperiment.simd && amd64)

package functions

func lanes64() int                                              { return 1 }
func lanes32(f function) int                                    { return 1 }
func kernel64(f function, dst, x *float64, groups int) int      { return 0 }
func kernel32(f function, dst, x *float32, groups int) int      { return 0 }
func kernel64x2(f function, dst, x, y *float64, groups int) int { return 0 }
func kernel32x2(f function, dst, x, y *float32, groups int) int { return 0 }

func kernel64pair(f function, dst, dst2, x *float64, groups int) int { return 0 }
