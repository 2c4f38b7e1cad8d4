// Package moves holds the parameters of methods that several lattice models have, each written once for all of them.
package moves

// Follows: on curved spaces these moves are the model's own.
func (*HeatBath) Follows(string) bool { return true }

// Follows: likewise.
func (*OverRelaxation) Follows(string) bool { return true }

// Follows: likewise.
func (*Metropolis) Follows(string) bool { return true }

// Follows: likewise.
func (*Wolff) Follows(string) bool { return true }

// Follows: likewise.
func (*EventChain) Follows(string) bool { return true }
