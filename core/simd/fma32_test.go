package simd_test

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	. "github.com/ergodica/ergodica/core/simd"
)

// FMA32 against exact arithmetic. Catches: two roundings, in the middle of two numbers or below the normal range.
func TestFMA32(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	number := func() float32 { return math.Float32frombits(r.Uint32()) }
	for range 200000 {
		x, y, z := number(), number(), number()
		if r.IntN(2) == 0 { // near the middle: 24 bits, then one, then a little
			x, y, z = 1+float32(r.IntN(1<<12))*0x1p-23, 0x1p-24*(1+float32(r.IntN(3)-1)*0x1p-23), 1+float32(r.IntN(1<<23))*0x1p-23
		}
		if r.IntN(4) == 0 {
			x, y, z = x*0x1p-80, y*0x1p-60, z*0x1p-130
		}
		got := FMA32(x, y, z)
		if f := float64(x)*float64(y) + float64(z); f-f != 0 {
			if w := float32(f); w != got && (w == w || got == got) {
				t.Fatalf("fma(%x, %x, %x): expected %x, got %x", x, y, z, w, got)
			}
			continue
		}
		exact := new(big.Float).SetPrec(1000).SetFloat64(float64(x))
		exact.Mul(exact, big.NewFloat(float64(y))).Add(exact, big.NewFloat(float64(z)))
		if want, _ := exact.Float32(); want != got {
			t.Fatalf("fma(%x, %x, %x): expected %x, got %x", x, y, z, want, got)
		}
	}
}
