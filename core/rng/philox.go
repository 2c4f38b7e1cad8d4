package rng

const (
	multiplier0 = 0xD2511F53
	multiplier1 = 0xCD9E8D57
	weyl0       = 0x9E3779B9
	weyl1       = 0xBB67AE85
)

// philox is the bijection itself: ten rounds on the counter c under the key (k0, k1).
func philox(c [4]uint32, k0, k1 uint32) [4]uint32 {
	for range 10 {
		p := uint64(c[0]) * multiplier0
		q := uint64(c[2]) * multiplier1
		c = [4]uint32{uint32(q>>32) ^ c[1] ^ k0, uint32(q), uint32(p>>32) ^ c[3] ^ k1, uint32(p)}
		k0 += weyl0
		k1 += weyl1
	}
	return c
}

// block is the four words at (index, step).
func block(key, index, step uint64) [4]uint32 {
	return philox([4]uint32{uint32(index), uint32(index >> 32), uint32(step), uint32(step >> 32)}, uint32(key), uint32(key>>32))
}
