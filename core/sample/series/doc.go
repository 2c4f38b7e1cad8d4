// Package series filters and smooths state-space models by particles, and samples their parameters.
//
// A model is a hidden path x_0, ..., x_{T-1} with x_0 ~ p(x_0), x_t ~ p(x_t | x_{t-1}), seen through y_t ~ p(y_t | x_t). Its functions are traced programs
// for one particle. What a filter proposes and how it weighs are programs too: (key, x_{t-1}, y_t, t, theta) -> x_t, log G_t, so that bootstrap,
// guided and Hamiltonian-move filters are one loop over one kind of step (P. Del Moral, Feynman-Kac Formulae (2004)).
//
// A cloud is N weighted particles in blocks of 1024, each of which one call moves, weighs, and sums up while it is in the nearest cache. The random
// numbers of a block are functions of the key of (chain, t, block) and the place in the block. Sums over blocks are in their order. So nothing
// depends on the number of threads.
//
// A time at which all of y_t is NaN is a missing observation: particles move by p(x_t | x_{t-1}) and keep their weights.
package series
