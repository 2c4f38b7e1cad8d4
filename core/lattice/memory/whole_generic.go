//go:build !(goexperiment.simd && amd64)

package memory

func add(x, w []int64, down int64) { addScalar(x, w, down) }

func signed(w, down []int64) int64 { return signedScalar(w, down) }
