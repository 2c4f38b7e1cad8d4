//go:build !(goexperiment.simd && amd64)

package simd

func leafVector(lane *[8]float64, x, y []float64, dot bool) int { return 0 }

func leaves4(x, y []float64, dot bool) [4]float64 { return leaves4Scalar(x, y, dot) }

func widenVector(dst []float64, x []float32) int                                   { return 0 }
func narrowVector(dst []float32, x []float64) int                                  { return 0 }
func binaryVector[T Real](op operation, dst, a, b []T, ma, mb int) int             { return 0 }
func unaryVector[T Real](op operation, dst, a []T) int                             { return 0 }
func mulAddVector[T Real](dst, a, b, c []T, ma, mb, mc int) int                    { return 0 }
func chainVector[T Real](first, second Step, dst, a, b, c []T, ma, mb, mc int) int { return 0 }
func compareVector[T Real](op operation, dst []byte, a, b []T, ma, mb int) int     { return 0 }
func selectVector[T Real](dst []T, mask []byte, a, b []T, ma, mb int) int          { return 0 }

func sumColumnsVector[T Real](dst []float64, x []T, stride, rows int) int { return 0 }

func squaredDistancesVector(dst, p, x []float64, stride int) int { return 0 }

func steinTermsVector(distance, scores, mixed, p, s, x, g []float64, stride int) int { return 0 }
