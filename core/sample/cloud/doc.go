// Package cloud has the methods that move a whole cloud of particles: each step of a particle depends on all others.
//
// A cloud is N particles in R^d; a [mover] advances it by one step, and [flow] makes of independent clouds what the job runs, stage by stage.
// A new method is a struct with tagged fields, a mover in a file of its own, and a line in registry.go.
//
// What a cloud does in its k-th step draws from (its key, k) alone. Sums over pairs of particles run in tiles of fixed size, whose rows are shared among
// the members of a team: no bit depends on how many they are.
package cloud
