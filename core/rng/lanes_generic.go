//go:build !(goexperiment.simd && amd64)

package rng

func bernoulliRun(dst [][8]uint64, key, step, group uint64, class [][8]uint64, masks []classMasks) {
	bernoulliRunScalar(dst, key, step, group, class, masks)
}

func compareEach(less, open *[8]uint64, u *[128]uint32, p *[512]float64) {
	compareEachScalar(less, open, u, p)
}

func pickEach(dst, row []uint8, some []uint64, words *[PickLanes / 4]uint32, open *[PickLanes / 64]uint64, p *Picks) (changed, ties int) {
	return pickEachScalar(dst, row, some, words, open, p)
}
