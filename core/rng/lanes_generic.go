package rng

func bernoulliRun(dst [][8]uint64, key, step, group uint64, class [][8]uint64, p []Threshold) {
	var masks [classes]classMasks
	for j := range p {
		masks[j].set(p[j])
	}
	for g := range dst {
		mask := class[g*len(p) : (g+1)*len(p)]
		open := planesScalar(&dst[g], key, step, group+uint64(g), mask, masks[:])
		settle(&dst[g], &open, key, step, group+uint64(g), mask, p)
	}
}
