// Package kinetics is the dynamics that models with a few values a site share, each written once for all of them: exchanges, which conserve (Kawasaki),
// events without rejection (NFoldWay), a demon that keeps the energy (CreutzDemon), protocols with work and heat (Driven). A model tells what its
// changes cost (Spins).
package kinetics
