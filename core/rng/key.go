// Package rng draws random numbers that depend on what they are for and not on who draws them, when, or how many at once.
//
// The generator is Philox4x32-10 (J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, SC'11: "Parallel random numbers: as easy as 1, 2,
// 3"): a keyed bijection of a 128-bit counter (block, step) into four 32-bit words. A [Key] stands for one purpose, chain or walker;
// step is its sweep; everything else is a position inside (key, step). All levels of core/simd give the same bits.
//
// One key serves every function of this package at once: plain words, streams and Bernoulli lanes count in disjoint ranges of blocks.
// Under [Enumerate] a key is scripted: discrete choices walk through all their branches, and the shipped code is what is enumerated.
package rng

// Key names an independent family of random numbers. It is a value; the zero Key is as good as any.
type Key struct {
	k      uint64
	script *script
}

// Ranges of the 64-bit block index, by its four top bits.
const (
	wordBlocks    = 0 << 60 // Words, Bits, Uniforms, Normals
	streamBlocks  = 1 << 60
	planeBlocks   = 2 << 60
	tieBlocks     = 3 << 60
	eachBlocks    = 4 << 60
	eachTieBlocks = 5 << 60
	pickBlocks    = 6 << 60
	pickTieBlocks = 7 << 60

	foldTweak = 0x9e3779b97f4a7c15
)

// New is the root key of a seed.
func New(seed uint64) Key { return Key{k: seed} }

// Word is the seed of k: New(k.Word()) draws the same.
func (k Key) Word() uint64 { return k.k }

// Fold derives an independent key for part x of what k stands for: purposes, chains, temperatures, sites.
func (k Key) Fold(x uint64) Key {
	w := block(k.k^foldTweak, x, 0)
	return Key{k: uint64(w[0]) | uint64(w[1])<<32, script: k.script}
}

// Scripted tells whether k comes from [Enumerate].
func (k Key) Scripted() bool { return k.script != nil }
