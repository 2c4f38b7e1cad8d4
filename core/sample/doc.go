// Package sample draws from targets, by Markov chains in R^n.
//
// A chain is a position, a [kernel] that moves it, and counters; [ensemble] makes of chains what the job runs.
// A new method is a struct with tagged fields, a kernel in a file of its own, and a line in registry.go.
//
// A chain's k-th transition draws from the stream (key, k) alone, adaptation ends with warm-up, so that runs join, split and continue to the same bits.
package sample
