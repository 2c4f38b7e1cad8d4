// Package field holds scalar fields on lattices: they are targets, with the code that moves them fast and exact answers.
package field
