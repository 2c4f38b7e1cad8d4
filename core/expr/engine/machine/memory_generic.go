//go:build !(goexperiment.simd && amd64 && (linux || darwin))

package machine

import "unsafe"

// Loops are pieces of code in executable memory; here there are none.
type Loops struct{}

// Available tells whether code runs at the SIMD level in use.
func Available() bool { return false }

// Make puts code into executable memory; nil where that is refused.
func Make([]byte) *Loops { return nil }

// Run runs a loop.
func (l *Loops) Run(int, bool, *Table, int) {}

// RunRows runs a loop over rows.
func (l *Loops) RunRows(int, *Table, int) {}

// Enter runs code that works on one block.
func (l *Loops) Enter(int, unsafe.Pointer) int { return -1 }
