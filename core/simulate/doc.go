// Package simulate follows targets in time: positions x of R^n in the potential E(x) = u(x; 1), by stochastic and deterministic dynamics.
//
// A walker is a position, a velocity where masses are given, and a counter of steps; [ensemble] makes of walkers what the job runs. Methods with
// velocities are words of the letters A (drift), B (kick) and O (bath), in [splitting]; what a bath does is its own file.
//
// The k-th step draws its normal numbers from (key, k) alone, so that runs join, split and continue to the same bits. The step h is the largest one of
// at most dt of which a whole number fits between two records.
package simulate
