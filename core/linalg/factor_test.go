package linalg_test

import (
	"testing"

	"github.com/ergodica/ergodica/core/linalg"
	"github.com/ergodica/ergodica/core/linalg/definitions"
	"github.com/ergodica/ergodica/core/simd"
	"github.com/stretchr/testify/require"
)

// Every result of the plain library is what it is defined to be, within rounding: 0, 1 and primes; random, graded, singular,
// huge, tiny, NaN and infinite. Catches: a conjugation left out, a triangle that must not be read, a permutation inverted, NaN left standing.
func TestPlainMeetsDefinitions(t *testing.T) {
	require.NoError(t, definitions.Verify(linalg.Plain{}, []int{0, 1, 2, 3, 7, 13, 23}))
}

// Likewise our own kernels, in groups and alone.
func TestSmallOnesMeetDefinitions(t *testing.T) {
	before := simd.Current()
	defer func() { require.NoError(t, simd.Use(before)) }()
	for _, level := range []simd.Level{before, simd.Scalar} {
		require.NoError(t, simd.Use(level))
		require.NoError(t, definitions.Verify(nil, []int{1, 2, 3, 8, 24}))
	}
}
