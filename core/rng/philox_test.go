package rng

import "testing"

// Known answers of Random123 (kat_vectors, philox4x32 with 10 rounds): counter, key, output. Catches any change of the generator, a swapped
// counter word, a round more or less.
func TestPhiloxKnownAnswers(t *testing.T) {
	const f = 0xffffffff
	for _, v := range []struct {
		counter [4]uint32
		k0, k1  uint32
		want    [4]uint32
	}{
		{[4]uint32{}, 0, 0, [4]uint32{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
		{[4]uint32{f, f, f, f}, f, f, [4]uint32{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
		{[4]uint32{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, 0xa4093822, 0x299f31d0,
			[4]uint32{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
	} {
		if got := philox(v.counter, v.k0, v.k1); got != v.want {
			t.Errorf("philox(%x, %x, %x): expected %x, got %x", v.counter, v.k0, v.k1, v.want, got)
		}
	}
}
