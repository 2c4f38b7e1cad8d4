// Package gauge holds lattice gauge theories on periodic hypercubic lattices: links in U(1), SU(2) and SU(3) with the plaquette action. They are targets, with
// the moves that need their insides, and exact answers in two dimensions.
package gauge
