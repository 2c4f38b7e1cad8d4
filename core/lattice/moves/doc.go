// Package moves holds the parameters of methods that several lattice models have, each written once for all of them.
package moves
