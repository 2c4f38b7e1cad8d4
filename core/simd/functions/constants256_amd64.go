//go:build goexperiment.simd && amd64

package functions

// Each constant of the kernels in all lanes of 256 bits: AVX2 does not repeat what it reads from memory on the way to an operation.
var (
	doubles256 [len(doubles512)][4]uint64
	singles256 [len(singles512)][8]uint32
)

func init() {
	for i, c := range doubles512 {
		for j := range doubles256[i] {
			doubles256[i][j] = c
		}
	}
	for i, c := range singles512 {
		for j := range singles256[i] {
			singles256[i][j] = c
		}
	}
}
