//go:build !(goexperiment.simd && amd64)

package linalg

import "github.com/ergodica/ergodica/core/simd"

func run[T Real](t *tile, _ simd.Level, rows, cols int) { scalar[T](t, rows, cols) }

func wideVectors[T Real](simd.Level, int) int { return 0 }

func runWide[T Real](*tile, int, int) int { return 0 }

func columnTerms[T Real](simd.Level) int { return 0 }

func runColumn[T Real](*tile) {}

func runPairs[T Real](*tile) {}

func linesOf[T Real](simd.Level) int { return 0 }

func runLines[T Real](*tile) {}
