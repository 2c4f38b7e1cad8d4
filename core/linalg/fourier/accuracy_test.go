package fourier

import (
	"math"
	"math/big"
	"testing"

	"github.com/stretchr/testify/require"
)

// Factors are within 0.6 ulp of the series in 200 bits. Catches: an angle that was rounded before its sine.
func TestTurn(t *testing.T) {
	for _, n := range []int{1, 2, 3, 4, 5, 7, 8, 12, 17, 100, 1000, 1009, 4096, 99991, 1 << 20} {
		for i := range 400 {
			k := i * 7919 % n
			if i < 8 && i < n {
				k = i * n / 8
			}
			c, s := root(k, n)
			re, im := turn(k, n)
			ulp := func(x float64) float64 { return math.Nextafter(math.Abs(x), math.Inf(1)) - math.Abs(x) }
			require.LessOrEqual(t, math.Abs(re-c), 1.01*ulp(c), "%d/%d", k, n) // 0.6 before the rounding of both
			require.LessOrEqual(t, math.Abs(im-s), 1.01*ulp(s), "%d/%d", k, n)
		}
	}
}

// Against the definition in 100 bits: the error relative to the norm is below 0.5 ulp per factor of two of the length, for convolutions below 1.
func TestAccuracy(t *testing.T) {
	const bits = 100
	w := NewWorkspace(nil)
	for n := 1; n <= 72; n++ {
		x := pairs[float64, complex128](noise[float64](2*n, uint64(n)))
		got := make([]complex128, n)
		require.NoError(t, Complex(w, got, x, 1, n, 1, false, 1))
		var table [2][]*big.Float
		for k := range n {
			c, s := bigRoot(k, n, bits)
			table[0], table[1] = append(table[0], c), append(table[1], s)
		}
		product := func(a float64, b *big.Float) *big.Float {
			return new(big.Float).SetPrec(bits).Mul(new(big.Float).SetPrec(bits).SetFloat64(a), b)
		}
		var error2, norm2 float64
		for k := range n {
			re, im := new(big.Float).SetPrec(bits), new(big.Float).SetPrec(bits)
			for j, z := range x {
				c, s := table[0][j*k%n], table[1][j*k%n] // exp(-i a) = c - i s
				re.Add(re, product(real(z), c)).Add(re, product(imag(z), s))
				im.Add(im, product(imag(z), c)).Sub(im, product(real(z), s))
			}
			a, _ := re.Float64()
			b, _ := im.Float64()
			dr, _ := re.Sub(re, big.NewFloat(real(got[k]))).Float64()
			di, _ := im.Sub(im, big.NewFloat(imag(got[k]))).Float64()
			error2 += dr*dr + di*di
			norm2 += a*a + b*b
		}
		factor := 0.5
		if smoothPart(n) != n {
			factor = 1
		}
		require.LessOrEqual(t, math.Sqrt(error2/norm2), factor*0x1p-52*math.Log2(float64(n)+1), "%d", n)
	}
}
